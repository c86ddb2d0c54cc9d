//! The context of a tool call.

use super::outcome::Display;
use crate::{
    api::{Api, Token},
    catalog::Toolset,
    guard::Gate,
};

/// The context of every tool call.
#[derive(Debug)]
pub struct Context<'a, P> {
    /// Vapi's API.
    pub api: &'a Api,
    /// The caller's token.
    pub token: &'a Token,
    /// How results are shown.
    pub display: Display,
    /// The tools that are exposed to the caller.
    pub toolset: &'a Toolset,
    /// The guard.
    pub gate: Gate<'a>,
    /// Receives the progress of the call.
    pub progress: &'a P,
}
