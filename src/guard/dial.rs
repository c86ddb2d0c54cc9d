//! A call in a request: who speaks, whom it rings, from which number and when.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{
    destination::{Destination, is_extension, is_unchecked_number},
    hours::Ringing,
    identity::{Identity, Mark},
    numbering::is_emergency,
    patterns::Allowed,
    sip::Sip,
    spelling::visible,
    spelling::{is_empty, normal},
};
use crate::{
    argument_error::ArgumentError,
    invisible::is_invisible,
    model::{Arg, At, Dial as Places},
    number::e164,
    time::{moment, written},
};

/// Tolerated difference between clocks.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// Maximum number of destinations of one request. More are refused before they are read.
pub const MOST: usize = 400;

/// A call, or several with one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Dial {
    pub(super) targets: Vec<Target>,
    pub(super) who: Map<String, Value>,
    pub(super) from: Map<String, Value>,
    /// References to destinations that are not visible, such as a `customerId`.
    unseen: Map<String, Value>,
    /// What was given of the first time, and its moment.
    pub(super) when: Option<(String, DateTime<Utc>)>,
    /// The last of the other times, until which it may ring.
    until: Option<DateTime<Utc>>,
    /// Whether it names somebody to ring, openly or not.
    pub(super) has_destination: bool,
    /// Whether anything given may lead to a destination, even if it is not understood.
    may_ring: bool,
    /// The elements of lists that name nobody, as arguments.
    pub(super) nameless: Vec<String>,
    /// Whether it names a number to call from.
    pub(super) has_line: bool,
    /// Whether it names another way to carry the call.
    pub(super) has_transport: bool,
}

/// Whom one call rings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// There may be two ways to the same person; none is known of some.
    pub ways: Vec<Destination>,
    /// The extension behind a number, as it was given.
    pub extension: Option<String>,
}

impl Target {
    /// A canonical form, equal for every spelling of the target; `None` if nothing is known of it.
    /// Of an extension only the digits count: pauses do not change the destination.
    fn text(&self) -> Option<Value> {
        let digits = self.extension.iter().flat_map(|text| text.chars());
        let digits: String = digits.filter(char::is_ascii_digit).collect();
        let extension = (!digits.is_empty()).then(|| format!("extension {digits}"));
        let ways = self.ways.iter().map(Destination::text);
        (!self.ways.is_empty()).then(|| ways.chain(extension).collect())
    }
}

/// How many destinations a body names, where that is more than a request may have. Looks at the
/// lengths of lists only.
pub fn too_many(places: &Places, body: &Value) -> Option<usize> {
    let count = places.to.iter().map(|to| count(body, to)).sum();
    (count > MOST).then_some(count)
}

fn count(body: &Value, pointer: &str) -> usize {
    let Some((list, rest)) = pointer.split_once("/*") else {
        return usize::from(given(body, pointer).is_some());
    };
    match body.pointer(list) {
        Some(Value::Array(items)) if rest.contains("/*") => {
            items.iter().map(|item| count(item, rest)).sum()
        }
        Some(Value::Array(items)) => items.len(),
        _ => 0,
    }
}

/// Reads the call out of the body, in which numbers are put into the form in which they are sent.
pub fn read(
    args: &[Arg],
    places: &Places,
    body: &mut Value,
    now: DateTime<Utc>,
) -> Result<Dial, Vec<ArgumentError>> {
    let mut errors = Vec::new();
    let mut targets = Vec::new();
    let mut nameless = Vec::new();
    let mut may_ring = false;
    for to in places.to {
        // An empty place is as none; an empty element of a list stands for somebody.
        visit(body, to, &mut Vec::new(), &mut |at, value| {
            may_ring = true;
            let Some(value) = value else {
                targets.push(Target::default());
                return;
            };
            match target(places, value) {
                Ok(target) => {
                    if target.ways.is_empty() && !at.is_empty() {
                        nameless.push(argument(args, &at_element(to, at)));
                    }
                    targets.push(target);
                }
                Err((key, reason)) => {
                    let place = format!("{}/{key}", at_element(to, at));
                    errors.push(ArgumentError::new(argument(args, &place), reason));
                }
            }
        });
    }
    let unseen = all(body, places.unseen);
    let has_destination =
        !unseen.is_empty() || targets.iter().any(|target| !target.ways.is_empty());
    may_ring |= !unseen.is_empty() || has_property(body, places.transport);
    targets.extend(unseen.iter().map(|_| Target::default()));
    if targets.is_empty() {
        targets.push(Target::default());
    }
    let mut when = None;
    let mut until = None;
    for (index, at) in places.when.iter().enumerate() {
        let Some(value) = body.pointer(at).filter(|value| !value.is_null()) else {
            continue;
        };
        match time(value, now) {
            Ok(time) if index == 0 => when = Some(time),
            Ok((_, moment)) => until = until.max(Some(moment)),
            Err(reason) => errors.push(ArgumentError::new(argument(args, at), reason)),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Dial {
        targets,
        who: all(body, places.who),
        from: all(body, places.from),
        unseen,
        when,
        until,
        has_destination,
        may_ring,
        nameless,
        // Whatever part of it the request gives.
        has_line: has_property(body, places.from),
        has_transport: places.transport.iter().any(|at| given(body, at).is_some()),
    })
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
            // The rules refuse an emergency number, and say why.
            None if is_emergency(&Destination::Other(number.clone()))
                || exempt && is_unchecked_number(number) =>
            {
                ways.push(Destination::Other(number.clone()));
            }
            None => {
                let reason = "is no E.164 number, such as +15550100123: a plus, the country code and the \
                              number; ask the user for what is missing";
                return Err((places.number, reason));
            }
        },
        Some(_) => {
            return Err((
                places.number,
                "must be a string, for example \"+15550100123\"",
            ));
        }
    }
    let extension = map.get(places.extension).and_then(Value::as_str);
    if extension.is_some_and(|text| !is_extension(text.trim())) {
        let reason = "must be at most 20 characters: digits, *, #, and w, p or a comma for a pause";
        return Err((places.extension, reason));
    }
    let extension = extension.filter(|text| !ways.is_empty() && !text.trim().is_empty());
    let extension = extension.map(str::to_owned);
    match map.get_mut(places.sip) {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => match Sip::parse(&seen(text)) {
            Some(sip) => {
                *text = seen(text);
                ways.push(Destination::Sip(sip));
            }
            None => {
                return Err((
                    places.sip,
                    "is not a valid SIP address, for example sip:user@example.com",
                ));
            }
        },
        Some(_) => {
            return Err((
                places.sip,
                "must be a string, for example \"sip:user@example.com\"",
            ));
        }
    }
    Ok(Target { ways, extension })
}

/// An address without the blanks around it and what nobody sees in it.
fn seen(text: &str) -> String {
    let seen: String = text.chars().filter(|&c| !is_invisible(c)).collect();
    seen.trim().to_owned()
}

/// A time and its moment, or why it is none that can be called at.
fn time(value: &Value, now: DateTime<Utc>) -> Result<(String, DateTime<Utc>), String> {
    let text = value.as_str().unwrap_or_default();
    match moment(text) {
        None => Err(format!(
            "must be a date with time and zone; the form is 2027-03-25T22:39:27Z or \
             2027-03-25T22:39:27+01:00, and it is now {}",
            written(now)
        )),
        Some(moment) if is_past(moment, now) => Err(format!(
            "is in the past: it is now {}; give a future time, in the form 2027-03-25T22:39:27Z, \
             or none for now",
            written(now)
        )),
        Some(moment) => Ok((text.to_owned(), moment)),
    }
}

impl Dial {
    /// Whom it rings: at least one, of whom nothing may be known.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// How many people it rings.
    pub fn count(&self) -> usize {
        self.targets.len()
    }

    /// Whether it is a web call: it names nobody to ring and no number to call from.
    pub fn is_web(&self) -> bool {
        !self.has_destination && !self.has_line
    }

    /// Whether it certainly has no destination. Anything given but not understood may be one.
    pub(super) fn rings_nobody(&self) -> bool {
        self.is_web() && !self.may_ring
    }

    /// Why it may not be placed under a list of destinations.
    pub fn outside(&self, allowed: &Allowed) -> Option<String> {
        if self.rings_nobody() {
            return None;
        }
        self.targets.iter().find_map(|Target { ways, .. }| {
            if ways.is_empty() {
                return Some(
                    "its destination is not visible, and this server calls only certain \
                     destinations (--allow-destinations): give the number itself"
                        .to_owned(),
                );
            }
            let refused = ways.iter().find(|to| !allowed.allows(to))?;
            Some(format!(
                "{} is not among the destinations that this server may call \
                 (--allow-destinations). Tell the user; do not try another way",
                visible(&refused.written())
            ))
        })
    }

    /// Hashes that identify the call whatever its time, one for each target: equal for the same
    /// speaker and destination in any spelling.
    pub fn prints(&self, identity: &Identity, places: &Places, body: &Value) -> Vec<Mark> {
        // Once for all targets, because a whole assistant may speak.
        let who = identity.hash("who", &normal_members(&self.who));
        let print = |to| identity.hash("dial", &json!({ "who": who.to_string(), "to": to }));
        // All that is known of a target which names nobody, but for the times.
        let rest = || match self.unseen.is_empty() {
            true => {
                let tops = places.when.iter().filter_map(|at| at.split('/').nth(1));
                let tops: Vec<_> = tops.collect();
                let members = body.as_object().into_iter().flatten();
                let members = members.filter(|(key, _)| !tops.contains(&key.as_str()));
                members
                    .filter_map(|(key, value)| Some((key.clone(), normal(value)?)))
                    .collect()
            }
            false => normal_members(&self.unseen),
        };
        let mut unnamed = None;
        let prints = self.targets.iter().map(|target| match target.text() {
            Some(text) => print(text),
            None => *unnamed.get_or_insert_with(|| print(rest())),
        });
        prints.collect()
    }

    /// Whom each of its calls rings, as it is sent; empty where that is not known.
    pub fn whom(&self) -> Vec<String> {
        let targets = self.targets.iter();
        targets
            .map(|target| match target.ways.first() {
                Some(way) => visible(&way.written()),
                None => String::new(),
            })
            .collect()
    }

    /// The requested time, if any.
    pub fn moment(&self) -> Option<DateTime<Utc>> {
        self.when.as_ref().map(|(_, moment)| *moment)
    }

    /// Between which moments it may ring, if it is sent now.
    pub(super) fn ringing(&self, now: DateTime<Utc>) -> Ringing {
        let first = self.rings(now);
        Ringing {
            first,
            last: self.until.unwrap_or(first),
        }
    }

    /// When it rings, if it is sent now.
    pub fn rings(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.moment().map_or(now, |moment| moment.max(now))
    }
}

fn normal_members(members: &Map<String, Value>) -> Value {
    let members = members.iter();
    members
        .filter_map(|(key, value)| Some((key.clone(), normal(value)?)))
        .collect()
}

/// Whether a time is in the past, within the tolerance for clocks.
pub fn is_past(moment: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now.signed_duration_since(moment) > SKEW
}

/// Visits the values at a pointer in which `*` is every element of a list, with the indices of the
/// elements on the way. What stands in the place of a list and is none is not shown.
fn visit(
    here: &mut Value,
    pointer: &str,
    at: &mut Vec<usize>,
    visitor: &mut impl FnMut(&[usize], Option<&mut Value>),
) {
    let Some((list, rest)) = pointer.split_once("/*") else {
        if let Some(value) = here.pointer_mut(pointer)
            && !(at.is_empty() && has_nothing(value))
        {
            visitor(at, Some(value));
        }
        return;
    };
    match here.pointer_mut(list) {
        Some(Value::Array(items)) => {
            for (index, item) in items.iter_mut().enumerate() {
                at.push(index);
                visit(item, rest, at, visitor);
                at.pop();
            }
        }
        Some(value) if !has_nothing(value) => visitor(at, None),
        _ => {}
    }
}

/// The pointer of an element: the indices in the place of the `*`.
fn at_element(pointer: &str, at: &[usize]) -> String {
    let mut indices = at.iter();
    let segments = pointer.split('/').map(|segment| match segment {
        "*" => indices.next().map_or(segment.to_owned(), usize::to_string),
        segment => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether the body has a property that one of these pointers leads into.
fn has_property(body: &Value, pointers: &[&str]) -> bool {
    let mut tops = pointers.iter().filter_map(|at| at.split('/').nth(1));
    tops.any(|top| body.get(top).is_some_and(|value| !is_empty(value)))
}

/// Whether a value has no members.
fn has_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The value at a pointer, unless it is empty.
fn given<'a>(body: &'a Value, pointer: &str) -> Option<&'a Value> {
    body.pointer(pointer).filter(|value| !is_empty(value))
}

fn all(body: &Value, pointers: &[&str]) -> Map<String, Value> {
    let found = pointers
        .iter()
        .filter_map(|at| Some(((*at).to_owned(), given(body, at)?.clone())));
    found.collect()
}

/// The argument that the caller used for a pointer.
fn argument(args: &[Arg], pointer: &str) -> String {
    let named = args.iter().filter_map(|arg| match arg.at {
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
    use crate::model::Effect;
    use crate::{
        api::Token,
        catalog::{TOOLS, Tool},
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
        match read(tool.args, places, &mut body, now()) {
            Ok(dial) => Ok((dial, body)),
            Err(errors) => Err(errors.iter().map(ToString::to_string).collect()),
        }
    }

    fn prints(body: Value) -> Vec<Mark> {
        let (dial, body) = dial(body).unwrap();
        let identity = Identity::of(&Token::new("key").unwrap());
        dial.prints(&identity, tool().1, &body)
    }

    #[test]
    fn numbers_are_sent_in_their_normal_form_wherever_they_stand() {
        let (read, sent) = dial(json!({
            "customer": { "number": "+1 (555) 010-0123", "name": "A. B-C" },
            "customers": [{ "number": "+44 20 7946 0958" }, { "sipUri": "\u{feff}sip:\u{200b}bob@example.com\u{a0}" }],
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
            "`customer.number`: is no E.164 number",
            "`customers[1].number`: must be a string",
            "`customers[2].sipUri`: is not a valid SIP address",
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
            json!({ "customerId": "x" }),
            json!({ "customer": good, "customerId": "x" }),
            json!({ "phoneNumberId": "p" }),
            json!({ "phoneNumberId": "p", "customer": {} }),
            json!({ "phoneNumber": { "twilioAccountSid": "x" } }),
            json!({ "transport": { "provider": "daily" } }),
            json!({ "transport": { "callSipUri": "sip:bob@example.org" } }),
            json!({ "customer": { "name": "x" } }),
            json!({ "customer": "+15550100123" }),
            json!({ "customers": good }),
            json!({ "customers": [{}] }),
            json!({ "customers": [null] }),
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
    fn a_call_that_names_neither_end_rings_nobody_and_is_outside_no_list() {
        let allowed: Allowed = "+1".parse().unwrap();
        for body in [
            json!({ "assistantId": "a" }),
            json!({ "assistantId": "a", "customer": {} }),
            json!({ "assistantId": "a", "customer": null, "customers": [], "customerId": "" }),
            json!({ "assistantId": "a", "phoneNumberId": " ", "transport": {} }),
        ] {
            let (read, _) = dial(body.clone()).unwrap();
            assert!(read.is_web(), "{body}");
            assert_eq!(read.outside(&allowed), None, "{body}");
        }
    }

    #[test]
    fn destinations_are_counted_without_a_look_at_them() {
        let places = tool().1;
        let body = |count: usize| json!({ "customer": {}, "customers": vec![json!(0); count] });
        assert_eq!(too_many(places, &body(MOST)), None);
        assert_eq!(too_many(places, &body(MOST + 1)), Some(MOST + 1));
        let both = json!({ "customer": { "name": "x" }, "customers": vec![json!(0); MOST] });
        assert_eq!(too_many(places, &both), Some(MOST + 1));
        assert_eq!(too_many(places, &json!({ "customers": {} })), None);
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
        assert_eq!(
            prints(base.clone()),
            changed("/schedulePlan/earliestAt", json!("2027-02-01T17:00:00Z")),
            "when it rings is compared by itself"
        );
        for (key, nothing) in [
            ("squad", json!({})),
            ("squad", json!({ "members": [] })),
            ("workflow", json!({})),
            ("assistant", json!({ "name": null })),
            ("squadId", json!("")),
            ("workflowId", json!(" ")),
            ("squadId", json!(null)),
        ] {
            let mut body = base.clone();
            body[key] = nothing;
            assert_eq!(prints(base.clone()), prints(body), "{key}");
            let mut body = base.clone();
            body[key] = json!("other");
            assert_ne!(prints(base.clone()), prints(body), "{key}");
        }
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
                let past = "is in the past: it is now 2027-01-31T12:00:00Z; give";
                assert!(
                    said[0].starts_with(&format!("`{argument}`: {past}")),
                    "{said:?}"
                );
            }
        }
    }
}
