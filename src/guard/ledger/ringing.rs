//! When a call rings, and whether two calls ring at about the same time.

use chrono::{DateTime, TimeDelta, Utc};

use crate::guard::clock::Now;

/// Two calls that are the same and ring within this time of each other are taken for one.
pub const SAME: TimeDelta = TimeDelta::minutes(2);

/// When a call rings. One that is to ring within two minutes is taken to ring at any time from the
/// moment when it was asked for on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ringing {
    /// Whether it rings within two minutes.
    pub(super) soon: bool,
    /// The first and last time, by the wall clock.
    pub(super) wall: (DateTime<Utc>, DateTime<Utc>),
    /// The same by the monotonic clock.
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

    /// Whether both may ring within two minutes of each other. Of two that ring soon it is known
    /// how far they are apart, whatever the wall clock was set to in between.
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

/// The time from one moment to another.
pub(super) fn since(from: TimeDelta, to: TimeDelta) -> TimeDelta {
    to.checked_sub(&from).unwrap_or(TimeDelta::MAX)
}
