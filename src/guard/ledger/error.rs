//! Errors of the ledger: duplicates and exceeded limits.

use std::fmt;

use super::calls::{EarlierCall, MOST};
use crate::guard::rules::Rate;

/// Why a call may not be placed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The same call was placed before.
    #[error(
        "{subject} {0}. If the user wants {both}, give allowDuplicate: true; otherwise look up the \
         first {kind}",
        subject = .0.subject(), both = .0.both(), kind = .0.kind
    )]
    Duplicate(Box<EarlierCall>),
    /// The request names a destination twice.
    #[error(
        "it contains the same destination twice; give the destination once, or give allowDuplicate: true"
    )]
    Repeated,
    /// The limit of `--max-calls` would be exceeded.
    #[error("this server places at most {}, {}", .0.rate.calls(), .0)]
    Rate(Excess),
    /// The limit of `--max-spend` would be exceeded.
    #[error("this server sends at most {} that cost money, {}", .0.rate.of("request"), .0)]
    Spend(Excess),
    /// The maximum number of stored calls is reached.
    #[error("this server remembers at most {MOST} calls per key, and cannot count more")]
    Full,
}

/// A rate that would be exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    /// The allowed rate.
    pub rate: Rate,
    /// The number that counts now.
    pub used: usize,
    /// The number of what is requested.
    pub wanted: usize,
    /// Minutes until the request is within the limit; `None` if it never is.
    pub free: Option<i64>,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { used, wanted, .. } = self;
        write!(
            f,
            "{used} {} used and {wanted} more would be too many{}",
            are(*used),
            again(self.free)
        )
    }
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
