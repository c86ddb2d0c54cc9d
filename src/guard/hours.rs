//! The hours of the day in which people may be called, where they are.

use std::{collections::HashMap, fmt, str::FromStr, sync::LazyLock};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Timelike, Utc};
use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};

use super::{destination::Destination, numbering::lines};
use crate::time::written;

/// The zones of a number by its first digits: the longest prefix counts.
static ZONES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    lines(include_str!("../../spec/numbering/zones.txt"))
        .flat_map(|(zones, prefixes)| prefixes.map(move |prefix| (prefix, zones)))
        .collect()
});

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The hours of a day in which calls may ring, as the clocks of the called show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallHours {
    /// The first minute of the day.
    from: u32,
    /// The minute of the day that ends them, up to 1,440.
    to: u32,
}

/// When a call may ring: at any moment between these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ringing {
    /// The first moment.
    pub first: DateTime<Utc>,
    /// The last moment; the same when there is only one.
    pub last: DateTime<Utc>,
}

impl CallHours {
    /// Why a destination may not be called then.
    pub fn refuses(self, to: &Destination, ringing: Ringing) -> Option<String> {
        let Some(zones) = zones(to) else {
            return Some(format!(
                "its time zone is not known, and this server calls only within certain hours \
                 (--call-hours {self}). Tell the user"
            ));
        };
        let (zone, name) = zones
            .iter()
            .find(|(zone, _)| !self.contains(zone.as_ref(), ringing))?;
        let first = local(zone.as_ref(), ringing.first);
        let then = match (first, ringing.first == ringing.last) {
            (None, _) => format!("the time in {name} is not known"),
            (Some(first), true) => format!("it would be {} in {name}", first.format("%H:%M")),
            (Some(first), false) => {
                let last = local(zone.as_ref(), ringing.last).unwrap_or(first);
                let form = "%Y-%m-%d %H:%M";
                let (first, last) = (first.format(form), last.format(form));
                format!("it may ring at any time from {first} to {last} in {name}")
            }
        };
        let several = match zones.len() {
            1 => String::new(),
            count => {
                format!(
                    " (the number may be in {count} time zones, and it must be within the hours in all of them)"
                )
            }
        };
        let next = match self.next(&zones, ringing.first) {
            Some(next) => format!(
                "The next allowed time is {}: ask the user whether to schedule it then",
                written(next)
            ),
            None => "No time of day is within the hours in all of them. Tell the user".to_owned(),
        };
        Some(format!(
            "{then}{several}, and this server calls only between {} and {} (--call-hours {self}). \
             {next}",
            clock(self.from),
            clock(self.to),
        ))
    }

    /// Whether all moments lie within the hours of one day. A zone that is not known has none.
    fn contains(self, zone: Option<&TimeZone>, ringing: Ringing) -> bool {
        let Some((first, last)) = local(zone, ringing.first).zip(local(zone, ringing.last)) else {
            return false;
        };
        if (self.from, self.to) == (0, 24 * 60) {
            return ringing.first <= ringing.last;
        }
        let seconds = |time: NaiveDateTime| time.num_seconds_from_midnight();
        let (opens, closes) = (self.from * 60, self.to * 60);
        ringing.first <= ringing.last
            && first.date() == last.date()
            && (opens..closes).contains(&seconds(first))
            && (opens..=closes).contains(&seconds(last))
    }

    /// The next quarter of an hour that is inside in all zones.
    fn next(
        self,
        zones: &[(Option<TimeZone>, &str)],
        after: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        const QUARTER: i64 = 15 * 60;
        const DAYS: i64 = 2;
        let start = after.timestamp().div_euclid(QUARTER).checked_add(1)?;
        (0..DAYS * 96).find_map(|step| {
            let moment = start.checked_add(step)?.checked_mul(QUARTER)?;
            let moment = DateTime::from_timestamp(moment, 0)?;
            let ringing = Ringing {
                first: moment,
                last: moment,
            };
            let inside =
                |(zone, _): &(Option<TimeZone>, &str)| self.contains(zone.as_ref(), ringing);
            zones.iter().all(inside).then_some(moment)
        })
    }
}

/// The zones in which a destination may be, each with its name; `None` when nothing tells.
fn zones(to: &Destination) -> Option<Vec<(Option<TimeZone>, &'static str)>> {
    let Destination::Number(number) = to else {
        return None;
    };
    let digits = number.strip_prefix('+')?;
    let names = (1..=digits.len())
        .rev()
        .find_map(|end| ZONES.get(digits.get(..end)?))?;
    let zones = names.split(',').map(|name| (DATABASE.get(name).ok(), name));
    Some(zones.collect())
}

fn local(zone: Option<&TimeZone>, moment: DateTime<Utc>) -> Option<NaiveDateTime> {
    let timestamp = Timestamp::from_second(moment.timestamp()).ok()?;
    let offset = TimeDelta::seconds(zone?.to_offset(timestamp).seconds().into());
    moment.naive_utc().checked_add_signed(offset)
}

impl fmt::Display for CallHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from % 60, self.to % 60) {
            (0, 0) => write!(f, "{}-{}", self.from / 60, self.to / 60),
            _ => write!(f, "{}-{}", clock(self.from), clock(self.to)),
        }
    }
}

fn clock(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl FromStr for CallHours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hours = || {
            let (from, to) = text.split_once('-')?;
            let (from, to) = (minute(from)?, minute(to)?);
            (from < to).then_some(Self { from, to })
        };
        hours().ok_or_else(|| {
            format!(
                "`{text}` are not hours of one day; use the form 9-20 or 09:30-20:00, up to 24:00"
            )
        })
    }
}

/// The minute of the day.
fn minute(text: &str) -> Option<u32> {
    let text = text.trim();
    let (hours, minutes) = text
        .split_once(':')
        .map_or((text, None), |(hours, minutes)| (hours, Some(minutes)));
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let right = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| text.parse().ok()).flatten()
    };
    let hours: u32 = number(hours, 1..=2)?;
    let minutes: u32 = match minutes {
        Some(minutes) => number(minutes, 2..=2)?,
        None => 0,
    };
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= 24 * 60).then_some(minute)
}

#[cfg(test)]
mod tests {
    use super::{super::sip::Sip, *};
    use crate::time::moment;

    fn refused(hours: &str, number: &str, times: &[&str]) -> Option<String> {
        let ringing = Ringing {
            first: moment(times[0]).unwrap(),
            last: moment(times[times.len() - 1]).unwrap(),
        };
        let to = Destination::Number(number.to_owned());
        hours.parse::<CallHours>().unwrap().refuses(&to, ringing)
    }

    #[test]
    fn hours_are_of_one_day() {
        for (text, from, to, shown) in [
            ("9-20", 540, 1200, "9-20"),
            ("09:30-20:00", 570, 1200, "09:30-20:00"),
            (" 8 - 21:15 ", 480, 1275, "08:00-21:15"),
            ("0-24", 0, 1440, "0-24"),
            ("00:00-24:00", 0, 1440, "0-24"),
        ] {
            let hours: CallHours = text.parse().unwrap();
            assert_eq!((hours.from, hours.to), (from, to), "{text}");
            assert_eq!(hours.to_string(), shown);
        }
        for wrong in [
            "", "9", "9-", "-20", "20-9", "9-9", "9-25", "9-24:01", "9:60-20", "9:5-20", "+9-20",
            "9-20-21", "nine-20", "9h-20h", "009-20", "9.5-20", "9–20", "22-6", "-1-5", "9-2٠",
        ] {
            let error = wrong.parse::<CallHours>().unwrap_err();
            assert!(
                error.contains("are not hours of one day; use the form 9-20"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_call_rings_within_the_hours_where_the_number_is() {
        for (number, inside, outside) in [
            // Winter and summer: the clocks change.
            (
                "+12125550123",
                "2027-01-15T14:00:00Z",
                "2027-01-15T13:59:59Z",
            ),
            (
                "+12125550123",
                "2027-07-15T13:00:00Z",
                "2027-07-15T12:59:59Z",
            ),
            (
                "+12125550123",
                "2027-01-16T00:59:59Z",
                "2027-01-16T01:00:00Z",
            ),
            (
                "+13105550123",
                "2027-01-15T17:00:00Z",
                "2027-01-15T16:00:00Z",
            ),
            (
                "+16025550123",
                "2027-07-15T16:00:00Z",
                "2027-07-15T15:00:00Z",
            ),
            (
                "+18085550123",
                "2027-01-15T19:00:00Z",
                "2027-01-15T18:00:00Z",
            ),
            (
                "+442079460958",
                "2027-01-15T09:00:00Z",
                "2027-01-15T08:00:00Z",
            ),
            (
                "+442079460958",
                "2027-07-15T08:00:00Z",
                "2027-07-15T20:00:00Z",
            ),
            (
                "+4930901820",
                "2027-01-15T08:00:00Z",
                "2027-01-15T07:00:00Z",
            ),
            (
                "+919812345678",
                "2027-01-15T03:30:00Z",
                "2027-01-15T03:29:00Z",
            ),
            (
                "+819012345678",
                "2027-01-15T00:00:00Z",
                "2027-01-15T11:00:00Z",
            ),
            (
                "+61291234567",
                "2027-01-14T22:30:00Z",
                "2027-01-14T21:00:00Z",
            ),
            (
                "+61861234567",
                "2027-01-15T01:00:00Z",
                "2027-01-15T00:00:00Z",
            ),
            // Area codes and mobile prefixes of several zones: all have to be inside.
            (
                "+18505550123",
                "2027-01-15T15:00:00Z",
                "2027-01-15T14:30:00Z",
            ),
            (
                "+18505550123",
                "2027-01-16T00:30:00Z",
                "2027-01-16T01:30:00Z",
            ),
            (
                "+34612345678",
                "2027-01-15T09:00:00Z",
                "2027-01-15T08:30:00Z",
            ),
            (
                "+61412345678",
                "2027-01-15T02:30:00Z",
                "2027-01-14T22:30:00Z",
            ),
            (
                "+79161234567",
                "2027-01-15T07:30:00Z",
                "2027-01-15T10:30:00Z",
            ),
        ] {
            assert_eq!(
                refused("9-20", number, &[inside]),
                None,
                "{number} {inside}"
            );
            let said = refused("9-20", number, &[outside]);
            assert!(said.is_some(), "{number} {outside}");
        }
    }

    #[test]
    fn a_refusal_says_the_local_time_and_the_next_one_inside() {
        assert_eq!(
            refused("9-20", "+4930901820", &["2027-01-15T02:12:00Z"]).unwrap(),
            "it would be 03:12 in Europe/Berlin, and this server calls only between 09:00 and 20:00 \
             (--call-hours 9-20). The next allowed time is 2027-01-15T08:00:00Z: ask the user whether \
             to schedule it then"
        );
        let said = refused("09:30-20:00", "+18505550123", &["2027-01-15T14:45:00Z"]).unwrap();
        assert!(
            said.contains(
                "08:45 in America/Chicago (the number may be in 2 time zones, and it must be"
            ) && said.contains("time is 2027-01-15T15:30:00Z"),
            "{said}"
        );
        let said = refused("10-12", "+18005550123", &["2027-01-15T14:45:00Z"]).unwrap();
        assert!(
            said.contains("No time of day is within the hours in all of them"),
            "{said}"
        );
    }

    #[test]
    fn a_call_that_may_ring_at_any_time_of_a_window_is_inside_for_all_of_it() {
        let number = "+442079460958";
        let inside = ["2027-01-15T09:00:00Z", "2027-01-15T20:00:00Z"];
        assert_eq!(refused("9-20", number, &inside), None);
        for outside in [
            ["2027-01-15T09:00:00Z", "2027-01-15T20:00:01Z"],
            ["2027-01-15T08:59:00Z", "2027-01-15T12:00:00Z"],
            ["2027-01-15T10:00:00Z", "2027-01-16T10:00:00Z"],
            ["2027-01-15T12:00:00Z", "2027-01-15T11:00:00Z"],
        ] {
            let said = refused("9-20", number, &outside).unwrap();
            assert!(
                said.contains("it may ring at any time from 2027-01-15 "),
                "{said}"
            );
        }
    }

    #[test]
    fn a_destination_whose_zone_is_not_known_is_refused() {
        let hours: CallHours = "0-24".parse().unwrap();
        let now = moment("2027-01-15T12:00:00Z").unwrap();
        let ringing = Ringing {
            first: now,
            last: now,
        };
        for to in [
            Destination::Sip(Sip::parse("sip:+12125550123@example.com").unwrap()),
            Destination::Other("12125550123".to_owned()),
            Destination::Number("+881612345678".to_owned()),
            Destination::Number("+9991234567".to_owned()),
        ] {
            let said = hours.refuses(&to, ringing).unwrap();
            assert!(said.contains("its time zone is not known"), "{said}");
        }
    }

    #[test]
    fn every_zone_of_the_table_is_in_the_database() {
        assert!(ZONES.len() > 1_000);
        for (prefix, zones) in ZONES.iter() {
            assert!(prefix.bytes().all(|byte| byte.is_ascii_digit()), "{prefix}");
            for zone in zones.split(',') {
                assert!(DATABASE.get(zone).is_ok(), "{zone}");
            }
        }
    }

    #[test]
    fn no_moment_is_too_far() {
        for moment in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let ringing = Ringing {
                first: moment,
                last: moment,
            };
            let to = Destination::Number("+12125550123".to_owned());
            let hours: CallHours = "9-20".parse().unwrap();
            assert!(hours.refuses(&to, ringing).is_some());
        }
    }
}
