//! A call as it stands in a request: who speaks, whom it rings, from which number and when.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{
    destination::{Allowed, Destination, Sip, e164},
    identity::{Identity, Mark},
    question,
};
use crate::tools::{At, Dial as Places, Tool, arguments::ArgumentError, time::moment};

/// Clocks differ by so much.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// A call, or several with one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Dial {
    pub(super) targets: Vec<Target>,
    pub(super) who: Map<String, Value>,
    pub(super) from: Map<String, Value>,
    /// What names a target, but not openly.
    unseen: Map<String, Value>,
    /// What was given of the first time, and its moment.
    pub(super) when: Option<(String, DateTime<Utc>)>,
}

/// Whom one call rings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// There may be two ways to the same person; none is known of some.
    pub(super) ways: Vec<Destination>,
    /// The extension behind a number, as it was given.
    pub(super) extension: Option<String>,
}

impl Target {
    /// What is the same however the target was written; nothing when nothing is known of it. Of an
    /// extension the digits count alone: pauses lead to nobody else.
    fn text(&self) -> Option<Value> {
        let digits = self.extension.iter().flat_map(|text| text.chars());
        let digits: String = digits.filter(char::is_ascii_digit).collect();
        let extension = (!digits.is_empty()).then(|| format!("extension {digits}"));
        let ways = self.ways.iter().map(Destination::text);
        (!self.ways.is_empty()).then(|| ways.chain(extension).collect())
    }
}

/// Reads the call out of the body, in which numbers are put into the form in which they are sent.
pub fn read(
    tool: &Tool,
    places: &Places,
    body: &mut Value,
    now: DateTime<Utc>,
) -> Result<Dial, Vec<ArgumentError>> {
    let mut errors = Vec::new();
    let mut targets = Vec::new();
    let stand = places.to.iter().flat_map(|to| expanded(body, to));
    for at in stand.collect::<Vec<_>>() {
        if at.contains("/*") {
            targets.push(Target::default());
            continue;
        }
        let Some(value) = body.pointer_mut(&at).filter(|value| !value.is_null()) else {
            continue;
        };
        match target(places, value) {
            Ok(target) => targets.push(target),
            Err((key, reason)) => {
                errors.push(ArgumentError::new(
                    argument(tool, &format!("{at}/{key}")),
                    reason,
                ));
            }
        }
    }
    let unseen = places.unseen.iter().filter(|at| given(body, at).is_some());
    targets.extend(unseen.map(|_| Target::default()));
    if targets.is_empty() {
        targets.push(Target::default());
    }
    let mut when = None;
    for (index, at) in places.when.iter().enumerate() {
        let Some(value) = given(body, at) else {
            continue;
        };
        match time(value, now) {
            Ok(time) if index == 0 => when = Some(time),
            Ok(_) => {}
            Err(reason) => errors.push(ArgumentError::new(argument(tool, at), reason)),
        }
    }
    if errors.is_empty() {
        Ok(Dial {
            targets,
            who: all(body, places.who),
            from: all(body, places.from),
            unseen: all(body, places.unseen),
            when,
        })
    } else {
        Err(errors)
    }
}

/// The destinations of one target; or the key that is wrong, and why.
fn target<'a>(places: &'a Places, value: &mut Value) -> Result<Target, (&'a str, &'static str)> {
    let mut ways = Vec::new();
    let exempt = value.get(places.exempt) == Some(&Value::Bool(false));
    let Value::Object(map) = value else {
        return Ok(Target::default());
    };
    match map.get_mut(places.number) {
        None | Some(Value::Null) => {}
        Some(Value::String(number)) => match e164(number) {
            Some(normal) => {
                number.clone_from(&normal);
                ways.push(Destination::Number(normal));
            }
            None if exempt => ways.push(Destination::Other(number.clone())),
            None => {
                let reason = "has not the form of E.164, as +15550100123: a plus, the country code and \
                              the number; ask the user for a number that has not";
                return Err((places.number, reason));
            }
        },
        Some(_) => return Err((places.number, "must be a string, as \"+15550100123\"")),
    }
    let extension = map.get(places.extension).and_then(Value::as_str);
    let extension = extension.filter(|text| !ways.is_empty() && !text.trim().is_empty());
    match map.get(places.sip) {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => match Sip::parse(text) {
            Some(sip) => ways.push(Destination::Sip(sip)),
            None => return Err((places.sip, "is no SIP address, as sip:user@example.com")),
        },
        Some(_) => return Err((places.sip, "must be a string, as \"sip:user@example.com\"")),
    }
    Ok(Target {
        ways,
        extension: extension.map(str::to_owned),
    })
}

/// A time and its moment, or why it is none that can be called at.
fn time(value: &Value, now: DateTime<Utc>) -> Result<(String, DateTime<Utc>), &'static str> {
    let text = value.as_str().unwrap_or_default();
    match moment(text) {
        None => Err(
            "must be a date with time and zone; the form is 2027-03-25T22:39:27Z or 2027-03-25T22:39:27+01:00",
        ),
        Some(moment) if is_past(moment, now) => Err(
            "is in the past; give a time to come, in the form 2027-03-25T22:39:27Z, or none for now",
        ),
        Some(moment) => Ok((text.to_owned(), moment)),
    }
}

impl Dial {
    /// How many people it rings.
    pub fn count(&self) -> usize {
        self.targets.len()
    }

    /// Why it may not be placed under a list of destinations.
    pub fn outside(&self, allowed: &Allowed) -> Option<String> {
        self.targets.iter().find_map(|Target { ways, .. }| {
            if ways.is_empty() {
                return Some(
                    "it does not say openly whom it rings, and this server calls certain \
                     destinations alone (--allow-destinations): give the number itself"
                        .to_owned(),
                );
            }
            let refused = ways.iter().find(|to| !allowed.allows(to))?;
            Some(format!(
                "{} is not among the destinations that this server may call \
                 (--allow-destinations). Tell the user; do not try another way",
                question::visible(&refused.written())
            ))
        })
    }

    /// What is the same of two calls that are the same, one for each target.
    pub fn prints(&self, identity: &Identity, body: &Value) -> Vec<Mark> {
        let when = self.when.as_ref().map(|(_, moment)| moment.timestamp());
        let prints = self.targets.iter().map(|target| {
            let to = target
                .text()
                .unwrap_or_else(|| match self.unseen.is_empty() {
                    // All that is known of it.
                    true => body.clone(),
                    false => Value::Object(self.unseen.clone()),
                });
            identity.hash("dial", &json!({ "who": self.who, "to": to, "when": when }))
        });
        prints.collect()
    }

    /// The moment that it was asked for, when it was.
    pub fn moment(&self) -> Option<DateTime<Utc>> {
        self.when.as_ref().map(|(_, moment)| *moment)
    }
}

/// Whether a moment has gone by, clocks allowed for.
pub fn is_past(moment: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    moment + SKEW < now
}

/// The pointers that a pointer with `*` stands for; the pointer itself where there is no list.
fn expanded(body: &Value, pointer: &str) -> Vec<String> {
    let Some((list, rest)) = pointer.split_once("/*") else {
        return vec![pointer.to_owned()];
    };
    match given(body, list) {
        Some(Value::Array(items)) => (0..items.len())
            .flat_map(|index| expanded(body, &format!("{list}/{index}{rest}")))
            .collect(),
        Some(_) => vec![pointer.to_owned()],
        None => Vec::new(),
    }
}

fn given<'a>(body: &'a Value, pointer: &str) -> Option<&'a Value> {
    body.pointer(pointer).filter(|value| !value.is_null())
}

fn all(body: &Value, pointers: &[&str]) -> Map<String, Value> {
    let found = pointers
        .iter()
        .filter_map(|at| Some(((*at).to_owned(), given(body, at)?.clone())));
    found.collect()
}

/// The name by which the caller gave what stands at a pointer.
fn argument(tool: &Tool, pointer: &str) -> String {
    let named = tool.args.iter().filter_map(|arg| match arg.at {
        At::Body(at) => {
            let below = pointer.strip_prefix(at)?;
            (below.is_empty() || below.starts_with('/')).then_some((at.len(), arg.name, below))
        }
        _ => None,
    });
    let (name, below) = match named.max_by_key(|(length, ..)| *length) {
        Some((_, name, below)) => (name, below),
        None => ("", pointer),
    };
    let path = below
        .split('/')
        .skip(1)
        .fold(name.to_owned(), |path, segment| {
            match segment.parse::<usize>() {
                Ok(index) => format!("{path}[{index}]"),
                Err(_) => format!("{path}.{segment}"),
            }
        });
    path.trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::Token,
        tools::{Effect, TOOLS},
    };

    fn now() -> DateTime<Utc> {
        moment("2027-01-31T12:00:00Z").unwrap()
    }

    fn tool() -> (&'static Tool, &'static Places) {
        let tool = TOOLS
            .iter()
            .find(|tool| tool.effect == Effect::Dial)
            .unwrap();
        (tool, tool.dial.unwrap())
    }

    fn dial(mut body: Value) -> Result<(Dial, Value), Vec<String>> {
        let (tool, places) = tool();
        match read(tool, places, &mut body, now()) {
            Ok(dial) => Ok((dial, body)),
            Err(errors) => Err(errors.iter().map(ToString::to_string).collect()),
        }
    }

    fn prints(body: Value) -> Vec<Mark> {
        let (dial, body) = dial(body).unwrap();
        dial.prints(&Identity::of(&Token::new("key").unwrap()), &body)
    }

    #[test]
    fn numbers_are_sent_in_their_normal_form_wherever_they_stand() {
        let (read, sent) = dial(json!({
            "customer": { "number": "+1 (555) 010-0123", "name": "A. B-C" },
            "customers": [{ "number": "+44 20 7946 0958" }, { "sipUri": "sip:bob@example.com" }],
            "name": "+1 (555)",
        }))
        .unwrap();
        assert_eq!(read.count(), 3);
        assert_eq!(
            sent,
            json!({
                "customer": { "number": "+15550100123", "name": "A. B-C" },
                "customers": [{ "number": "+442079460958" }, { "sipUri": "sip:bob@example.com" }],
                "name": "+1 (555)",
            })
        );
    }

    #[test]
    fn what_is_no_destination_is_told_by_its_place() {
        let said = dial(json!({
            "customer": { "number": "555 0100" },
            "customers": [{ "number": "+15550100123" }, { "number": 15550100123_u64 }, { "sipUri": "bob" }],
        }))
        .unwrap_err();
        let starts = [
            "`customer.number`: has not the form",
            "`customers[1].number`: must be a string",
            "`customers[2].sipUri`: is no SIP",
        ];
        assert_eq!(said.len(), 3, "{said:?}");
        for (line, start) in said.iter().zip(starts) {
            assert!(line.starts_with(start), "{line}");
        }
    }

    #[test]
    fn another_form_passes_where_the_check_is_off_but_no_list_allows_it() {
        let body = |enabled: Value| json!({ "customer": { "number": "5550100", "numberE164CheckEnabled": enabled } });
        let (read, sent) = dial(body(json!(false))).unwrap();
        assert_eq!(sent["customer"]["number"], "5550100");
        assert!(read.outside(&"+1,+5".parse().unwrap()).is_some());
        for enabled in [json!(true), json!("false"), json!(null)] {
            assert!(dial(body(enabled)).is_err());
        }
        let (read, _) = dial(
            json!({ "customer": { "number": "+1 555 010 0123", "numberE164CheckEnabled": false } }),
        )
        .unwrap();
        assert_eq!(read.outside(&"+1".parse().unwrap()), None);
    }

    #[test]
    fn a_destination_that_cannot_be_told_is_outside_every_list() {
        let allowed: Allowed = "+1,sip:*@example.com".parse().unwrap();
        let good = json!({ "number": "+15550100123" });
        assert_eq!(
            dial(json!({ "customer": good }))
                .unwrap()
                .0
                .outside(&allowed),
            None
        );
        for body in [
            json!({}),
            json!({ "customerId": "x" }),
            json!({ "customer": good, "customerId": "x" }),
            json!({ "customer": {} }),
            json!({ "customer": { "name": "x" } }),
            json!({ "customer": "+15550100123" }),
            json!({ "customer": null }),
            json!({ "customers": good }),
            json!({ "customers": [] }),
            json!({ "customers": [good, {}] }),
            json!({ "customers": [good, { "number": "+442079460958" }] }),
            json!({ "customer": { "number": "+15550100123", "sipUri": "sip:bob@example.org" } }),
            json!({ "customer": good, "customers": [{ "number": "+442079460958" }] }),
        ] {
            let (read, _) = dial(body.clone()).unwrap();
            assert!(read.outside(&allowed).is_some(), "{body}");
        }
    }

    #[test]
    fn the_same_call_has_the_same_print_however_it_was_written() {
        let base = json!({
            "assistantId": "a", "customer": { "number": "+15550100123" },
            "schedulePlan": { "earliestAt": "2027-02-01T12:00:00Z" },
        });
        let changed = |pointer: &str, value: Value| {
            let mut body = base.clone();
            *body.pointer_mut(pointer).unwrap() = value;
            prints(body)
        };
        assert_eq!(
            prints(base.clone()),
            changed("/customer/number", json!("+1 555 010 0123"))
        );
        assert_eq!(
            prints(base.clone()),
            changed(
                "/customer",
                json!({ "number": "+15550100123", "name": "x" })
            )
        );
        assert_eq!(
            prints(base.clone()),
            changed(
                "/schedulePlan/earliestAt",
                json!("2027-02-01T13:00:00+01:00")
            )
        );
        assert_ne!(
            prints(base.clone()),
            changed("/customer/number", json!("+15550100124"))
        );
        assert_ne!(prints(base.clone()), changed("/assistantId", json!("b")));
        assert_ne!(
            prints(base.clone()),
            changed("/schedulePlan/earliestAt", json!("2027-02-01T12:00:01Z"))
        );
        let inline = |prompt: &str| {
            prints(
                json!({ "assistant": { "prompt": prompt }, "customer": { "number": "+15550100123" } }),
            )
        };
        assert_eq!(inline("x"), inline("x"));
        assert_ne!(inline("x"), inline("y"));
        assert_eq!(
            prints(json!({ "customerId": "a" })),
            prints(json!({ "customerId": "a" }))
        );
        assert_ne!(
            prints(json!({ "customerId": "a" })),
            prints(json!({ "customerId": "b" }))
        );
        let extension = |extension: Value| {
            changed(
                "/customer",
                json!({ "number": "+15550100123", "extension": extension }),
            )
        };
        assert_ne!(extension(json!("12")), prints(base.clone()));
        assert_ne!(extension(json!("12")), extension(json!("13")));
        for same in [" 12", "1-2", "12#", "ww12"] {
            assert_eq!(extension(json!("12")), extension(json!(same)), "{same}");
        }
        for none in [json!(""), json!(" "), json!("w"), json!(null), json!(12)] {
            assert_eq!(extension(none.clone()), prints(base.clone()), "{none}");
        }
        let sip = |customer: Value| prints(json!({ "assistantId": "a", "customer": customer }));
        assert_eq!(
            sip(json!({ "sipUri": "sip:bob@example.com", "extension": "12" })),
            sip(json!({ "sipUri": "sip:bob@example.com" }))
        );
        let batch = prints(
            json!({ "assistantId": "a", "customers": [{ "number": "+15550100123" }, { "number": "+15550100124" }] }),
        );
        let single =
            prints(json!({ "assistantId": "a", "customer": { "number": "+15550100124" } }));
        assert_eq!(batch[1..], single[..]);
    }

    #[test]
    fn a_time_is_to_come_and_has_a_zone() {
        let at =
            |key: &str, time: Value| dial(json!({ "schedulePlan": { key: time } })).map(|_| ());
        for time in [
            "2027-01-31T11:59:01Z",
            "2027-01-31T12:00:00Z",
            "2027-02-01T02:00:00+14:00",
            "20270201T000000Z",
        ] {
            assert_eq!(at("earliestAt", json!(time)), Ok(()), "{time}");
        }
        for (key, argument) in [("earliestAt", "scheduledAt"), ("latestAt", "latestAt")] {
            for time in [
                json!("2027-02-01T00:00:00"),
                json!("2027-02-01"),
                json!("tomorrow"),
                json!(1_801_000_000),
            ] {
                let said = at(key, time.clone()).unwrap_err();
                assert_eq!(said.len(), 1);
                assert!(
                    said[0].starts_with(&format!(
                        "`{argument}`: must be a date with time and zone; the form is 2027-"
                    )),
                    "{said:?}"
                );
            }
            for time in [
                "2027-01-31T11:58:59Z",
                "2027-01-31T12:30:00+01:00",
                "2020-01-01T00:00:00Z",
            ] {
                let said = at(key, json!(time)).unwrap_err();
                assert!(
                    said[0].starts_with(&format!("`{argument}`: is in the past; give")),
                    "{said:?}"
                );
            }
        }
    }
}
