//! Why something is not sent.

use super::missing::Missing;
use crate::argument_error::ArgumentError;

/// Why a call is not sent. Nothing has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its arguments are wrong.
    Arguments(Vec<ArgumentError>),
    /// They are not enough for a call.
    Incomplete(Vec<Missing>),
    /// It is not allowed.
    Forbidden(String),
    /// It was sent before; the reason, and the id of what it created if that is known.
    Duplicate(String, Option<String>),
    /// A person is being asked.
    Asked,
}

pub(super) fn not_logged(reason: &str) -> Refusal {
    Refusal::Forbidden(format!(
        "the audit log cannot be written ({reason}), and without it this server writes nothing"
    ))
}
