use super::{super::sip::Sip, *};
use crate::time::parse_instant;

fn refused(hours: &str, number: &str, times: &[&str]) -> Option<String> {
    let ringing = Ringing {
        first: parse_instant(times[0]).unwrap(),
        last: parse_instant(times[times.len() - 1]).unwrap(),
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
            error.contains("is not a range of hours within one day; use the format 9-20"),
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
        "it would be 03:12 in Europe/Berlin, but this server allows calls only between 09:00 and 20:00 \
         (--call-hours 9-20). The next allowed time is 2027-01-15T08:00:00Z: ask the user whether \
         to schedule it then"
    );
    let said = refused("09:30-20:00", "+18505550123", &["2027-01-15T14:45:00Z"]).unwrap();
    assert!(
        said.contains(
            "08:45 in America/Chicago (the number may be in 2 time zones, and the call must be"
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
            said.contains("the call may be placed at any time from 2027-01-15 "),
            "{said}"
        );
    }
}

#[test]
fn a_destination_whose_zone_is_not_known_is_refused() {
    let hours: CallHours = "0-24".parse().unwrap();
    let now = parse_instant("2027-01-15T12:00:00Z").unwrap();
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
