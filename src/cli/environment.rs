//! Environment variables, and those that have no flag.

use std::env;

/// The log level.
pub(super) const LOG_VARIABLE: &str = "VAPI_MCP_LOG";

/// The secret that callers send with `--share-token`.
#[cfg(feature = "http")]
pub(super) const SECRET_VARIABLE: &str = "VAPI_MCP_CALLER_SECRET";

pub(super) fn env_var(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// A variable that is set and not blank.
pub(super) fn non_empty_env(name: &str) -> Option<String> {
    env_var(name).filter(|value| !value.trim().is_empty())
}
