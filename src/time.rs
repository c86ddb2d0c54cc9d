//! Parses times from clients, and formats times for messages.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};

/// Whether the text is an ISO 8601 calendar date, or a date and time with or without a zone, with
/// or without separators.
pub(super) fn is_iso_8601(text: &str) -> bool {
    read(text).is_some()
}

/// A time for messages: in UTC, with seconds.
pub(crate) fn format_utc(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The instant that a text with a date, a time and a zone denotes.
pub(crate) fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    let (date, time) = read(text)?;
    let (time, zone) = time?;
    let local = date.and_time(NaiveTime::MIN).checked_add_signed(time)?;
    Some(local.checked_sub_signed(zone?)?.and_utc())
}

/// A time since midnight, and the UTC offset of its zone.
type TimeAndZone = (TimeDelta, Option<TimeDelta>);

fn read(text: &str) -> Option<(NaiveDate, Option<TimeAndZone>)> {
    let text = text.trim();
    match text.find(['T', 't', ' ']) {
        Some(at) => {
            let time = time_with_zone(text.get(at + 1..)?)?;
            Some((date(text.get(..at)?)?, Some(time)))
        }
        None => Some((date(text)?, None)),
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    let format = match text.len() {
        10 => "%Y-%m-%d",
        8 => "%Y%m%d",
        _ => return None,
    };
    NaiveDate::parse_from_str(text, format).ok()
}

fn time_with_zone(text: &str) -> Option<TimeAndZone> {
    if let Some(text) = text.strip_suffix(['Z', 'z']) {
        return Some((time(text)?, Some(TimeDelta::zero())));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((time(text)?, None));
    };
    let (clock, zone) = text.split_at(at);
    let (sign, zone) = zone.split_at_checked(1)?;
    let ahead = time(zone).filter(|_| matches!(zone.len(), 2 | 4 | 5))?;
    Some((time(clock)?, Some(if sign == "-" { -ahead } else { ahead })))
}

/// Parses `hh`, `hh:mm` or `hh:mm:ss`, with or without colons, and with an optional fraction of the
/// last part.
fn time(text: &str) -> Option<TimeDelta> {
    let (whole, fraction) = match text.find(['.', ',']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, "0"),
    };
    let parts: Vec<&str> = match whole.contains(':') {
        true => whole.split(':').collect(),
        false => [whole.get(0..2), whole.get(2..4), whole.get(4..6)]
            .into_iter()
            .flatten()
            .collect(),
    };
    let length = if whole.contains(':') {
        parts.len() * 3 - 1
    } else {
        parts.len() * 2
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=3).contains(&parts.len()) || length != whole.len() || !digits(fraction) {
        return None;
    }
    let mut sum = TimeDelta::zero();
    let mut unit = 0;
    for (part, (most, seconds)) in parts.iter().zip([(24, 3_600), (59, 60), (60, 1)]) {
        let count = part.parse::<i32>().ok();
        let count = count.filter(|count| part.len() == 2 && digits(part) && *count <= most)?;
        sum += TimeDelta::seconds(seconds) * count;
        unit = seconds;
    }
    let digits: String = fraction.chars().take(9).collect();
    let billionths = format!("{digits:0<9}").parse::<i64>().ok()?;
    Some(sum + TimeDelta::nanoseconds(unit * billionths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_with_and_without_separators_are_accepted() {
        for text in [
            "2027-03-25T22:39:27.771Z",
            "2027-03-25T22:39:27,771Z",
            "2027-03-25T22:39:27+01:00",
            "2027-03-25T22:39:27-0130",
            "2027-03-25T22:39:27+01",
            "2027-03-25T22:39Z",
            "2027-03-25T22Z",
            "2027-03-25T24:00:00Z",
            "2027-03-25T22:39:27",
            "2027-03-25",
            "20270325",
            "20270325T223927Z",
            "20270325T2239",
            "2027-03-25 22:39:27",
            "2027-03-25 22:39",
            " 2027-03-25t22:39:27z ",
            "2028-02-29",
        ] {
            assert!(is_iso_8601(text), "{text}");
        }
    }

    #[test]
    fn an_instant_has_a_date_a_time_and_a_zone() {
        let wanted = DateTime::parse_from_rfc3339("2027-03-25T22:30:00.5Z")
            .unwrap()
            .to_utc();
        for text in [
            "2027-03-25T22:30:00.5Z",
            "2027-03-25 22:30:00,500z",
            "2027-03-25T23:30:00.5+01:00",
            "2027-03-25T17:00:00.5-0530",
            "20270326T003000.5+02",
        ] {
            assert_eq!(parse_instant(text), Some(wanted), "{text}");
        }
        assert_eq!(
            parse_instant("2027-03-25T22.5Z"),
            parse_instant("2027-03-25T22:30Z")
        );
        assert_eq!(
            parse_instant("2027-03-25T24:00Z"),
            parse_instant("2027-03-26T00:00:00Z")
        );
        for text in [
            "2027-03-25",
            "2027-03-25T22:30:00",
            "tomorrow",
            "2027-03-25T22:30:00 Europe/Rome",
        ] {
            assert_eq!(parse_instant(text), None, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "tomorrow",
            "2027-13-01",
            "2027-02-29",
            "2027-02-30T00:00:00Z",
            "25.03.2027",
            "03/25/2027",
            "1742942367",
            "2027-03-25T25:00:00Z",
            "2027-03-25T22:60Z",
            "2027-03-25T",
            "2027-03-25TZ",
            "2027-03-25T22:39:27+",
            "2027-03-25T2:39Z",
            "2027-03-25T22:39:27.Z",
            "2027-03-25T22:39:27:11Z",
            "2027-03-25T223Z",
            "2027-W12-4",
            "2027W124",
            "2027-084",
            "2027084",
            "2027",
            "2027-03-25Tnoon",
            "2027-03-25T22:39:27 Europe/Rome",
        ] {
            assert!(!is_iso_8601(text), "{text}");
        }
    }
}
