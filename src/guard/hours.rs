//! The hours of the day in which people may be called, in their local time.

use std::{collections::HashMap, fmt, str::FromStr, sync::LazyLock};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Timelike, Utc};
use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};

use super::{destination::Destination, numbering::lines};
use crate::time::format_utc;

/// Time zones by number prefix; the longest matching prefix counts.
static ZONES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    lines(include_str!("../../spec/numbering/zones.txt"))
        .flat_map(|(zones, prefixes)| prefixes.map(move |prefix| (prefix, zones)))
        .collect()
});

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The hours of a day in which calls are allowed, in the recipient's local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallHours {
    /// The first minute of the day.
    from: u32,
    /// The minute of the day at which they end, exclusive, at most 1,440.
    to: u32,
}

/// The period in which a call may be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ringing {
    /// The first moment.
    pub first: DateTime<Utc>,
    /// The last moment; equal to `first` if the time is exact.
    pub last: DateTime<Utc>,
}

impl CallHours {
    /// The reason why a destination may not be called in this period, if there is one.
    pub fn refuses(self, to: &Destination, ringing: Ringing) -> Option<String> {
        let Some(zones) = zones(to) else {
            return Some(format!(
                "its time zone is not known, but this server allows calls only within certain hours \
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
                format!("the call may be placed at any time from {first} to {last} in {name}")
            }
        };
        let several = match zones.len() {
            1 => String::new(),
            count => {
                format!(
                    " (the number may be in {count} time zones, and the call must be within the hours in all of them)"
                )
            }
        };
        let next = match self.next(&zones, ringing.first) {
            Some(next) => format!(
                "The next allowed time is {}: ask the user whether to schedule it then",
                format_utc(next)
            ),
            None => "No time of day is within the hours in all of them. Tell the user".to_owned(),
        };
        Some(format!(
            "{then}{several}, but this server allows calls only between {} and {} (--call-hours {self}). \
             {next}",
            clock(self.from),
            clock(self.to),
        ))
    }

    /// Whether the whole period is within the hours of one day. False for an unknown zone.
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

    /// The next quarter of an hour that is within the hours in all zones.
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

/// The possible time zones of a destination, each with its name; `None` if they are not known.
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
                "`{text}` is not a range of hours within one day; use the format 9-20 or 09:30-20:00, up to 24:00"
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
mod tests;
