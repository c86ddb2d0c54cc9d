//! The time of a call, and whether two calls are placed at about the same time.

use chrono::{DateTime, TimeDelta, Utc};

use crate::guard::clock::Now;

/// Calls with the same speaker and destination are duplicates if their times differ by less than
/// this.
pub const SAME: TimeDelta = TimeDelta::minutes(2);

/// The time of a call. A call that is due within two minutes may be placed at any time from the
/// request on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ringing {
    /// Whether the call is due within two minutes.
    pub(super) soon: bool,
    /// The earliest and latest time, on the wall clock.
    pub(super) wall: (DateTime<Utc>, DateTime<Utc>),
    /// The earliest and latest time, on the monotonic clock.
    pub(super) up: (TimeDelta, TimeDelta),
}

impl Ringing {
    pub(super) fn of(when: Option<DateTime<Utc>>, now: Now) -> Self {
        let last = when.map_or(now.wall, |when| when.max(now.wall));
        let wait = last.signed_duration_since(now.wall);
        let last_up = now.up.checked_add(&wait).unwrap_or(TimeDelta::MAX);
        if wait < SAME {
            Self {
                soon: true,
                wall: (now.wall, last),
                up: (now.up, last_up),
            }
        } else {
            Self {
                soon: false,
                wall: (last, last),
                up: (last_up, last_up),
            }
        }
    }

    /// Whether the two calls may be placed within two minutes of each other. For two calls that are
    /// due soon, the monotonic clock decides, because the wall clock may have been set in between.
    pub(super) fn meets(self, other: Self) -> bool {
        let apart = if self.soon && other.soon {
            let (last, first) = (self.up.1.min(other.up.1), self.up.0.max(other.up.0));
            since(last, first)
        } else {
            let (last, first) = (self.wall.1.min(other.wall.1), self.wall.0.max(other.wall.0));
            first.signed_duration_since(last)
        };
        apart < SAME
    }
}

/// The time between two moments.
pub(super) fn since(from: TimeDelta, to: TimeDelta) -> TimeDelta {
    to.checked_sub(&from).unwrap_or(TimeDelta::MAX)
}
