//! Parsers of the values of settings.

use std::str::FromStr;

pub(super) fn parse_bool(text: &str) -> Result<bool, &'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("it must be true or false, 1 or 0, yes or no, on or off"),
    }
}

/// Ignores surrounding white space, which variables may have.
pub(super) fn parse_trimmed<T: FromStr>(text: &str) -> Result<T, T::Err> {
    text.trim().parse()
}
