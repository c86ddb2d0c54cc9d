//! Time in the sandbox.

use std::time::SystemTime;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use tokio::time::Instant;

pub(super) use crate::clock::saturating_add;
use crate::clock::to_datetime;

/// A wall clock that advances with tokio's clock, which tests can pause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: DateTime<Utc>,
    started: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            start: to_datetime(SystemTime::now()),
            started: Instant::now(),
        }
    }
}

impl Clock {
    pub(super) fn now(&self) -> DateTime<Utc> {
        let elapsed = TimeDelta::from_std(self.started.elapsed()).unwrap_or_default();
        saturating_add(self.start, elapsed)
    }
}

/// A time in Vapi's format.
pub(super) fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time or a date, in UTC unless it has a zone.
pub(super) fn read(text: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    zoned
        .or_else(|_| {
            NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|t| t.and_utc())
        })
        .or_else(|_| {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")?;
            Ok::<_, chrono::ParseError>(day.and_time(chrono::NaiveTime::MIN).and_utc())
        })
        .ok()
}
