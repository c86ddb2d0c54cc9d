//! Why a call may not be placed again, or not yet.

use super::calls::{EarlierCall, MOST};
use crate::guard::rules::Rate;

/// Why a call may not be placed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// It is placed already.
    #[error(
        "the same call (who speaks, whom it rings, when) was placed {0}. If the user wants a \
         second one all the same, give allowDuplicate: true; else look the first one up"
    )]
    Duplicate(Box<EarlierCall>),
    /// One request names a destination twice.
    #[error("it contains the same destination twice; give it once, or allowDuplicate: true")]
    Repeated,
    /// There are too many.
    #[error("this server places at most {}, {used} {} used and {wanted} more would be too many{}", rate.calls(), are(*.used), again(*.free))]
    Rate {
        /// The limit.
        rate: Rate,
        /// How many count already.
        used: usize,
        /// How many were asked for.
        wanted: usize,
        /// In how many minutes enough are free; never, when more were asked for than there are.
        free: Option<i64>,
    },
    /// More are not kept.
    #[error("this server remembers at most {MOST} calls of one key, and would lose count of more")]
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
