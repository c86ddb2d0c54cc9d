//! The context of a tool call.

use super::outcome::Display;
use crate::{
    api::{Api, Token},
    guard::Gate,
};

/// What a call is made with, whatever the tool.
#[derive(Debug)]
pub struct Context<'a, P> {
    /// Where requests go.
    pub api: &'a Api,
    /// Whose requests they are.
    pub token: &'a Token,
    /// How answers are shown.
    pub display: Display,
    /// What stands before writes.
    pub gate: Gate<'a>,
    /// Who hears how far it is.
    pub progress: &'a P,
}
