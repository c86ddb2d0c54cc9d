//! The two clocks of the guard. The wall clock determines when a scheduled call is due; it may be
//! set forwards or back at any time. The age of a call is measured by the monotonic clock, so that
//! setting the wall clock neither resets a count nor makes it last longer.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::to_datetime;

/// A point in time, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock.
    pub wall: DateTime<Utc>,
    /// The monotonic clock: the time since the start of this process; negative for earlier events.
    pub up: TimeDelta,
}

impl Now {
    /// Converts the wall-clock time of a past event. A time in the future is taken as now.
    pub fn of_past(self, wall: DateTime<Utc>) -> Self {
        let ago = self.wall.signed_duration_since(wall).max(TimeDelta::zero());
        Self {
            wall,
            up: self.up.checked_sub(&ago).unwrap_or(TimeDelta::MIN),
        }
    }
}

/// Returns the current time on both clocks.
pub(super) type Clocks = Arc<dyn Fn() -> Now + Send + Sync>;

/// The clocks of this machine.
pub(super) fn system() -> Clocks {
    let start = Instant::now();
    Arc::new(move || Now {
        wall: to_datetime(SystemTime::now()),
        up: TimeDelta::from_std(start.elapsed()).unwrap_or(TimeDelta::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::saturating_add;

    #[test]
    fn what_the_wall_clock_puts_into_the_future_was_done_now() {
        let now = Now {
            wall: DateTime::UNIX_EPOCH,
            up: TimeDelta::seconds(5),
        };
        let ago = now.of_past(saturating_add(now.wall, TimeDelta::seconds(-60)));
        assert_eq!(ago.up, TimeDelta::seconds(-55));
        assert_eq!(now.of_past(DateTime::<Utc>::MAX_UTC).up, now.up);
        assert!(now.of_past(DateTime::<Utc>::MIN_UTC).up < TimeDelta::zero());
    }
}
