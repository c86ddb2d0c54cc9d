//! Environment variables, and the names of those without a flag.

use std::env;

/// The variable that sets the log level.
pub(super) const LOG_VARIABLE: &str = "VAPI_MCP_LOG";

/// The variable with the secret that callers must send if `--share-token` is set.
#[cfg(feature = "http")]
pub(super) const SECRET_VARIABLE: &str = "VAPI_MCP_CALLER_SECRET";

pub(super) fn env_var(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// The value of a variable; `None` if it is unset or blank.
pub(super) fn non_empty_env(name: &str) -> Option<String> {
    env_var(name).filter(|value| !value.trim().is_empty())
}
