//! Decides when the next request of a wait is sent.

use std::time::{Duration, SystemTime};

use chrono::DateTime;
use tokio::time::Instant;

use crate::{api::deadline_after, clock, model::Delayed, result::ParsedAnswer};

/// The initial polling interval, and the initial interval after the state was reached.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Maximum polling interval, unless Vapi asks for a longer pause.
pub(super) const MAX_PAUSE: Duration = Duration::from_secs(5);

/// The last request is sent this long before the time is up, so that there is time for the
/// response.
const LAST_REQUEST: Duration = Duration::from_millis(500);

/// The schedule of requests.
pub(super) struct Schedule {
    pub start: Instant,
    pub deadline: Instant,
    pause: Duration,
    /// The deadline for the delayed value, once the state is reached.
    late_deadline: Option<Instant>,
}

/// The state of the wait for a late value.
pub(super) enum LateValue {
    /// The value may still arrive.
    Pending,
    /// The value did not arrive in time.
    Missed,
    /// The time for the value had expired before the first request.
    OutOfTime,
}

impl Schedule {
    pub(super) fn start(timeout: Duration) -> Self {
        Self {
            start: Instant::now(),
            deadline: deadline_after(timeout),
            pause: FIRST_PAUSE,
            late_deadline: None,
        }
    }

    /// Whether to wait longer for the late value of a response that has reached its state.
    pub(super) fn late_value(&mut self, late: &Delayed, answer: &ParsedAnswer<'_>) -> LateValue {
        match self.late_deadline {
            Some(deadline) if deadline <= Instant::now() => LateValue::Missed,
            Some(_) => LateValue::Pending,
            None => {
                let left = time_left(late, answer);
                self.late_deadline = Some(deadline_after(left));
                self.pause = FIRST_PAUSE;
                match left.is_zero() {
                    true => LateValue::OutOfTime,
                    false => LateValue::Pending,
                }
            }
        }
    }

    /// The time of the next request, after any `Retry-After`; `None` if there is no time left
    /// for it.
    pub(super) fn next(&mut self, retry_after: Duration) -> Option<Instant> {
        let now = Instant::now();
        let planned = deadline_after(self.pause);
        self.pause = (self.pause.saturating_mul(3) / 2).min(MAX_PAUSE);
        let last = self.deadline.checked_sub(LAST_REQUEST).unwrap_or(now);
        let late_deadline = self.late_deadline.filter(|deadline| *deadline > now);
        let next = planned.min(late_deadline.unwrap_or(last)).min(last);
        let earliest = now.checked_add(retry_after)?;
        (next > now && earliest <= last).then(|| next.max(earliest))
    }
}

/// The remaining time for the delayed value. A wrong clock of this machine can shorten this time,
/// but not extend it.
fn time_left(late: &Delayed, answer: &ParsedAnswer<'_>) -> Duration {
    let limit = Duration::from_secs(late.seconds);
    let since = answer
        .text(late.since)
        .and_then(|time| DateTime::parse_from_rfc3339(&time).ok());
    let now = clock::to_datetime(SystemTime::now());
    let elapsed = since.and_then(|since| now.signed_duration_since(since).to_std().ok());
    limit.saturating_sub(elapsed.unwrap_or_default())
}
