//! The two clocks that calls are judged by. The wall clock says when a scheduled call rings; it may
//! be set forwards or back at any time. How long ago something was done is told by the monotonic
//! clock, so that setting the wall clock neither clears a count nor keeps one for ever.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::to_datetime;

/// A moment by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock.
    pub wall: DateTime<Utc>,
    /// The monotonic clock: the time since this process began to count, negative for what was done
    /// before.
    pub up: TimeDelta,
}

impl Now {
    /// The moment of something that the wall clock gives the time of. What claims to be of the
    /// future was done now.
    pub fn of_past(self, wall: DateTime<Utc>) -> Self {
        let ago = self.wall.signed_duration_since(wall).max(TimeDelta::zero());
        Self {
            wall,
            up: self.up.checked_sub(&ago).unwrap_or(TimeDelta::MIN),
        }
    }
}

/// Tells the time.
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
