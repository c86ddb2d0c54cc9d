//! Values of settings, and the variables that have no flag.

use std::{env, str::FromStr};

/// What is logged.
pub(super) const LOG_VARIABLE: &str = "VAPI_MCP_LOG";

#[cfg(feature = "http")]
/// The secret that callers send with `--share-token`.
#[cfg(feature = "http")]
pub(super) const SECRET_VARIABLE: &str = "VAPI_MCP_CALLER_SECRET";

pub(super) fn env_var(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// A variable that is not empty.
pub(super) fn non_empty_env(name: &str) -> Option<String> {
    env_var(name).filter(|value| !value.trim().is_empty())
}

/// A value of a boolean setting.
pub(super) fn parse_bool(text: &str) -> Result<bool, &'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("it must be true or false, 1 or 0, yes or no, on or off"),
    }
}

/// A value without the white space around it, which variables may have.
pub(super) fn parse_trimmed<T: FromStr>(text: &str) -> Result<T, T::Err> {
    text.trim().parse()
}
