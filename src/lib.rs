//! vapi-mcp: a Model Context Protocol server for the Vapi voice AI API, generated from the API's
//! OpenAPI document.
//!
//! A tool call arrives at [`server`], which implements the protocol; [`call`] turns its arguments
//! into an action and the response into text; [`guard`] decides whether it may be sent; [`api`]
//! sends it. [`config`] contains the address of the API and the key.

pub mod api;
pub mod argument_error;
mod bounds;
pub mod call;
pub mod catalog;
pub mod cli;
mod clock;
pub mod config;
mod document;
pub mod guard;
#[cfg(feature = "http")]
pub mod http;
mod invisible;
mod json;
pub mod number;
pub mod reference;
pub mod result;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod server;
mod terminal;
mod text;
mod time;
pub mod token;

pub use model;
