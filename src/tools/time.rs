//! The forms of ISO 8601.

use chrono::NaiveDate;

/// Whether the text is a date, or a date and a time with or without a zone, in one of ISO 8601's
/// forms: calendar, week and ordinal dates, with separators or without.
pub(super) fn is_iso_8601(text: &str) -> bool {
    let text = text.trim();
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at), text.get(at + 1..)),
        None => (Some(text), None),
    };
    date.is_some_and(is_date) && time.is_none_or(is_time_with_zone)
}

fn is_date(text: &str) -> bool {
    let calendar = |form: &str| NaiveDate::parse_from_str(text, form).is_ok();
    match text.len() {
        10 => calendar("%Y-%m-%d") || calendar("%G-W%V-%u"),
        8 => calendar("%Y%m%d") || calendar("%Y-%j") || calendar("%GW%V%u"),
        7 => calendar("%Y%j"),
        _ => false,
    }
}

fn is_time_with_zone(text: &str) -> bool {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return is_time(time);
    }
    match text.rfind(['+', '-']) {
        Some(at) => {
            let (time, zone) = text.split_at(at);
            is_time(time)
                && zone
                    .get(1..)
                    .is_some_and(|zone| matches!(zone.len(), 2 | 4 | 5) && is_time(zone))
        }
        None => is_time(text),
    }
}

/// `hh`, `hh:mm`, `hh:mm:ss`, the same without colons, each with a fraction of its last part.
fn is_time(text: &str) -> bool {
    let (whole, fraction) = match text.find(['.', ',']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    let parts: Vec<&str> = match whole.contains(':') {
        true => whole.split(':').collect(),
        false => [whole.get(0..2), whole.get(2..4), whole.get(4..6)]
            .into_iter()
            .flatten()
            .collect(),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let length = if whole.contains(':') {
        parts.len() * 3 - 1
    } else {
        parts.len() * 2
    };
    let in_range = parts.iter().zip([24, 59, 60]).all(|(part, most)| {
        part.len() == 2 && digits(part) && part.parse::<u8>().is_ok_and(|part| part <= most)
    });
    (1..=3).contains(&parts.len())
        && length == whole.len()
        && in_range
        && fraction.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_standard_is_known() {
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
            "2027-W12-4",
            "2027W124",
            "2027-084",
            "2027084",
            "2027-03-25 22:39:27",
            "2027-03-25 22:39",
            " 2027-03-25t22:39:27z ",
            "2028-02-29",
        ] {
            assert!(is_iso_8601(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_told_apart() {
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
            "2027-W54-1",
            "2027-366",
            "2027",
            "2027-03-25Tnoon",
            "2027-03-25T22:39:27 Europe/Rome",
        ] {
            assert!(!is_iso_8601(text), "{text}");
        }
    }
}
