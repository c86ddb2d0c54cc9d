//! Wall-clock times with saturating arithmetic: chrono's `+` and `-` panic on overflow.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};

/// The date and time of a system time, or the nearest date that chrono can represent.
pub fn to_datetime(time: SystemTime) -> DateTime<Utc> {
    let (since, earliest) = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => (TimeDelta::from_std(since), false),
        Err(before) => (
            TimeDelta::from_std(before.duration()).map(|since| -since),
            true,
        ),
    };
    let limit = match earliest {
        true => DateTime::<Utc>::MIN_UTC,
        false => DateTime::<Utc>::MAX_UTC,
    };
    since
        .ok()
        .and_then(|since| DateTime::UNIX_EPOCH.checked_add_signed(since))
        .unwrap_or(limit)
}

/// The time this much later, or the nearest that chrono can represent.
pub fn saturating_add(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    let limit = match by < TimeDelta::zero() {
        true => DateTime::<Utc>::MIN_UTC,
        false => DateTime::<Utc>::MAX_UTC,
    };
    time.checked_add_signed(by).unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_time_of_the_system_has_a_date() {
        let year = Duration::from_secs(31_556_952);
        for years in [0, 1, 1_970, 10_000, 200_000, 300_000, 100_000_000] {
            if let Some(time) = UNIX_EPOCH.checked_add(year * years) {
                assert!(to_datetime(time) >= DateTime::UNIX_EPOCH);
            }
            if let Some(time) = UNIX_EPOCH.checked_sub(year * years) {
                assert!(to_datetime(time) <= DateTime::UNIX_EPOCH);
            }
        }
        assert_eq!(
            to_datetime(UNIX_EPOCH + Duration::from_millis(1_500)),
            DateTime::from_timestamp_millis(1_500).unwrap()
        );
        assert_eq!(
            to_datetime(UNIX_EPOCH - Duration::from_millis(1_500)),
            DateTime::from_timestamp_millis(-1_500).unwrap()
        );
    }

    #[test]
    fn no_sum_goes_beyond_the_last_date() {
        let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        let minute = TimeDelta::minutes(1);
        assert_eq!(saturating_add(last, minute), last);
        assert_eq!(saturating_add(first, TimeDelta::MAX), last);
        assert_eq!(saturating_add(first, -minute), first);
        assert_eq!(
            saturating_add(saturating_add(first, minute), -minute),
            first
        );
    }
}
