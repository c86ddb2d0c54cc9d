//! The reasons why a request is not sent.

use super::missing_argument::MissingArgument;
use crate::argument_error::ArgumentError;

/// The reason why a request was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The arguments are invalid.
    Arguments(Vec<ArgumentError>),
    /// The call is incomplete.
    Incomplete(Vec<MissingArgument>),
    /// A rule forbids the request.
    Forbidden(String),
    /// The same call was placed before; the reason, and if it is known, what placed the first call:
    /// the kind of object, such as `campaign`, and its id.
    Duplicate(String, Option<(&'static str, String)>),
    /// The user is being asked.
    Asked,
}

pub(super) fn not_logged(reason: &str) -> Refusal {
    Refusal::Forbidden(format!(
        "the audit log cannot be written ({reason}), and this server does not write without it"
    ))
}
