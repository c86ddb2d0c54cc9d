//! Errors of the ledger: duplicates and exceeded limits.

use super::calls::{EarlierCall, MOST};
use crate::guard::rules::Rate;

/// Why a call may not be placed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The same call was placed before.
    #[error(
        "the same call (same speaker, destination and time) was placed {0}. If the user wants a \
         second call anyway, give allowDuplicate: true; otherwise look up the first call"
    )]
    Duplicate(Box<EarlierCall>),
    /// The request names a destination twice.
    #[error(
        "it contains the same destination twice; give the destination once, or give allowDuplicate: true"
    )]
    Repeated,
    /// The limit of `--max-calls` would be exceeded.
    #[error("this server places at most {}, {used} {} used and {wanted} more would be too many{}", rate.calls(), are(*.used), again(*.free))]
    Rate {
        /// The allowed rate.
        rate: Rate,
        /// The number of calls that count now.
        used: usize,
        /// The number of requested calls.
        wanted: usize,
        /// Minutes until the calls are within the limit; `None` if they never are.
        free: Option<i64>,
    },
    /// The maximum number of stored calls is reached.
    #[error("this server remembers at most {MOST} calls per key, and cannot count more")]
    Full,
}

pub(super) fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

pub(super) fn again(minutes: Option<i64>) -> String {
    match minutes {
        Some(minutes) => format!("; try again in {minutes} min"),
        None => String::new(),
    }
}
