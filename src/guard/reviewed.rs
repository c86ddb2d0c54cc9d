//! What a body may hold while destinations are limited: no property that could name a destination
//! without being checked, and no transfer to a destination that is not allowed.
//!
//! Where destinations can stand is known from the document ([`Tool::places`]). What the document
//! does not know of such a place is refused, and elsewhere everything that reads as a destination
//! is checked as well. Without a rule, only transfers of calls to emergency and premium-rate
//! numbers are refused.

use std::{iter::Enumerate, slice, str::Chars};

use serde_json::{Map, Value, map};

use super::{destination::Destination, rules::Rules, sip::Sip, spelling::visible};
use crate::{
    model::{BodyNode, DialSpec, Effect, Holds},
    number::e164,
    tools::{TOOLS, Tool},
};

/// A part of a body that may lead to a destination besides those that are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A property that the document does not know, where destinations can stand.
    Unknown,
    /// A destination that no key of the row names.
    Undeclared,
    /// A string that holds JSON, where an object or list is expected.
    Json,
    /// A destination for transfers; `None` when it is no string.
    Transfer(Option<&'a str>),
}

/// Where something was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'p, 'a>(&'p [Frame<'a>]);

impl Path<'_, '_> {
    /// The place as an argument, such as `assistant.hooks[0].do`; the last parts of a long one.
    pub(super) fn told(self) -> String {
        const PARTS: usize = 16;
        const LONGEST: usize = 60;
        let skipped = self.0.len().saturating_sub(PARTS);
        let mut told = String::new();
        for frame in self.0.iter().skip(skipped) {
            match frame.segment {
                Segment::Index(index) => told.push_str(&format!("[{index}]")),
                Segment::Key(key) => {
                    if !told.is_empty() {
                        told.push('.');
                    }
                    told.extend(key.chars().take(LONGEST).filter(|c| is_plain(*c)));
                    if key.chars().nth(LONGEST).is_some() {
                        told.push('…');
                    }
                }
            }
        }
        match skipped {
            0 => told,
            _ => format!("…{told}"),
        }
    }
}

fn is_plain(c: char) -> bool {
    c != '`' && !visible(c.encode_utf8(&mut [0; 4])).is_empty()
}

/// Visits the body without recursion; the first error of `seen` ends it.
pub(super) fn walk<'a>(
    tool: &Tool,
    body: &'a Value,
    seen: &mut dyn FnMut(Path<'_, 'a>, Found<'a>) -> Result<(), String>,
) -> Result<(), String> {
    let (Some(root), Some(keys)) = (tool.places.first(), Keys::of_table()) else {
        return Ok(());
    };
    let walk = Walk {
        places: tool.places,
        dials: tool.dial.is_some(),
        keys,
    };
    let mut frames: Vec<Frame<'a>> = Vec::new();
    frames.extend(walk.enter(body, Some(root), false));
    while let Some(frame) = frames.last_mut() {
        let Some((segment, value)) = frame.next() else {
            frames.pop();
            continue;
        };
        if value.is_null() {
            continue;
        }
        let (place, found) = walk.child(frame, segment, value);
        let named = match segment {
            Segment::Key(key) => keys.are_in(key) && !frame.knows(key),
            Segment::Index(_) => frame.named,
        };
        let inner = walk.value(place, value, named);
        for found in found.into_iter().chain(inner) {
            seen(Path(&frames), found)?;
        }
        frames.extend(walk.enter(value, place, named));
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Walk {
    places: &'static [BodyNode],
    /// Whether the tool calls anybody.
    dials: bool,
    keys: Keys,
}

/// The keys of a destination's number and SIP address.
#[derive(Clone, Copy)]
struct Keys {
    exact: [&'static str; 2],
}

impl Keys {
    fn of_table() -> Option<Self> {
        let dial: &DialSpec = TOOLS.iter().find_map(|tool| tool.dial)?;
        Some(Self {
            exact: [dial.number, dial.sip],
        })
    }

    /// Whether one of them is part of a name, whatever its case and separators.
    fn are_in(self, name: &str) -> bool {
        /// Longer names are no names of properties.
        const LONGEST: usize = 200;
        if name.len() > LONGEST {
            return false;
        }
        let name = folded(name);
        self.exact.iter().any(|key| name.contains(&folded(key)))
    }
}

fn folded(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

#[derive(Clone, Copy, Debug)]
enum Segment<'a> {
    Key(&'a str),
    Index(usize),
}

/// An object or list that is being looked through.
#[derive(Debug)]
struct Frame<'a> {
    children: Children<'a>,
    segment: Segment<'a>,
    /// Its place, where destinations can stand there or below.
    place: Option<&'static BodyNode>,
    /// Whether its key names destinations.
    named: bool,
}

#[derive(Debug)]
enum Children<'a> {
    Object(map::Iter<'a>),
    List(Enumerate<slice::Iter<'a, Value>>),
}

impl<'a> Frame<'a> {
    /// Whether the document knows what the key stands for.
    fn knows(&self, key: &str) -> bool {
        let plain = self.place.map_or(&[][..], |place| place.plain);
        plain.binary_search(&key).is_ok()
    }

    fn next(&mut self) -> Option<(Segment<'a>, &'a Value)> {
        let (segment, value) = match &mut self.children {
            Children::Object(members) => {
                let (key, value) = members.next()?;
                (Segment::Key(key.as_str()), value)
            }
            Children::List(items) => {
                let (index, value) = items.next()?;
                (Segment::Index(index), value)
            }
        };
        self.segment = segment;
        Some((segment, value))
    }
}

impl Walk {
    fn node(self, index: u16) -> Option<&'static BodyNode> {
        self.places.get(usize::from(index))
    }

    /// An object or list; nothing for a scalar.
    fn enter<'a>(
        self,
        value: &'a Value,
        place: Option<&'static BodyNode>,
        named: bool,
    ) -> Option<Frame<'a>> {
        let (children, place) = match value {
            Value::Object(members) => (Children::Object(members.iter()), self.single(place)),
            Value::Array(items) => (Children::List(items.iter().enumerate()), place),
            _ => return None,
        };
        Some(Frame {
            children,
            segment: Segment::Index(0),
            place,
            named,
        })
    }

    /// The place of an object where the document expects a list of such.
    fn single(self, place: Option<&'static BodyNode>) -> Option<&'static BodyNode> {
        let mut place = place?;
        // A list of lists ends within the nodes there are.
        for _ in self.places {
            match place.items {
                Some(items) if place.below.is_empty() && place.plain.is_empty() => {
                    place = self.node(items)?;
                }
                _ => break,
            }
        }
        Some(place)
    }

    /// The place of a child, and what its key or its value tells at once.
    fn child<'a>(
        self,
        parent: &Frame<'a>,
        segment: Segment<'a>,
        value: &'a Value,
    ) -> (Option<&'static BodyNode>, Option<Found<'a>>) {
        let Some(place) = parent.place else {
            return (None, None);
        };
        let key = match segment {
            // Where the document expects no list, each element is held to be what it expects.
            Segment::Index(_) => {
                let items = place.items.and_then(|items| self.node(items));
                return (items.or(Some(place)), None);
            }
            Segment::Key(key) => key,
        };
        if let Ok(at) = place.below.binary_search_by(|(name, _)| (*name).cmp(key)) {
            let below = place.below.get(at).and_then(|(_, node)| self.node(*node));
            return (below, None);
        }
        if parent.knows(key) {
            let is_checked = match place.holds {
                Holds::Transfer => true,
                Holds::Undeclared => !self.dials,
                Holds::Called | Holds::Nothing => false,
            };
            let found = (is_checked && self.keys.exact.contains(&key))
                .then(|| Found::Transfer(value.as_str()));
            return (None, found);
        }
        match place.others.and_then(|others| self.node(others)) {
            Some(others) => (Some(others), None),
            None => (None, self.dials.then_some(Found::Unknown)),
        }
    }

    /// What a value tells of itself.
    fn value<'a>(
        self,
        place: Option<&'static BodyNode>,
        value: &'a Value,
        named: bool,
    ) -> Option<Found<'a>> {
        match (value, place) {
            (Value::Object(_), Some(_)) => {
                let place = self.single(place)?;
                let refused = place.holds == Holds::Undeclared && self.dials;
                refused.then_some(Found::Undeclared)
            }
            (Value::String(text), Some(place)) => {
                if text.trim_start().starts_with(['{', '[', '"']) {
                    return Some(Found::Json);
                }
                let called = place.holds == Holds::Called;
                (!called && is_like_destination(text)).then_some(Found::Transfer(Some(text)))
            }
            (Value::String(text), None) => {
                (named && is_like_destination(text)).then_some(Found::Transfer(Some(text)))
            }
            _ => None,
        }
    }
}

/// Whether a text reads as a telephone number with its country code, or as a SIP address.
fn is_like_destination(text: &str) -> bool {
    const DIGITS: usize = 7;
    const LONGEST: usize = 2_000;
    let text = text.trim();
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    if scheme.is_some_and(|scheme| {
        let schemes = ["sip", "sips", "tel"];
        schemes
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    }) {
        return true;
    }
    let is_international = text.starts_with('+') || text.starts_with("00");
    let digits = |chars: Chars<'_>| chars.filter(char::is_ascii_digit).count();
    is_international
        && text.len() <= LONGEST
        && !text.contains(char::is_alphabetic)
        && digits(text.chars()) >= DIGITS
}

/// Whether every destination is held against a list.
fn has_list(rules: &Rules) -> bool {
    rules.destinations.is_some() || rules.denied.is_some()
}

/// The rule that limits destinations, as its flag.
fn flag(rules: &Rules) -> Option<&'static str> {
    let flags = [
        (rules.destinations.is_some(), "--allow-destinations"),
        (rules.denied.is_some(), "--deny-destinations"),
        (rules.max_batch.is_some(), "--max-batch"),
        (rules.call_hours.is_some(), "--call-hours"),
    ];
    flags.iter().find_map(|(set, flag)| set.then_some(*flag))
}

/// What a text dials, where it is an international number or a SIP address.
fn destination(text: &str) -> Option<Destination> {
    let number = e164(text).map(Destination::Number);
    number.or_else(|| Sip::parse(text).map(Destination::Sip))
}

/// Why a call may not be transferred there.
fn refusal(rules: &Rules, to: Option<&str>, place: &str, flag: &str) -> Option<String> {
    let Some(destination) = to.and_then(destination) else {
        return Some(format!(
            "`{place}` is not a telephone number such as +15550100123 or a SIP address, so that it \
             cannot be checked against {flag}; variables such as {{{{name}}}} cannot be checked \
             either. Give the number itself"
        ));
    };
    let list = rules.destinations.as_ref();
    if list.is_some_and(|allowed| !allowed.allows(&destination)) {
        return Some(format!(
            "{} at `{place}` is not among the destinations that this server may call ({flag}). Tell \
             the user; do not try another way",
            visible(&destination.written())
        ));
    }
    let reason = rules.forbids(&destination)?;
    Some(format!("`{place}`: {reason}"))
}

/// Why a body may not be sent under these rules.
pub(super) fn review(tool: &Tool, rules: &Rules, body: &Value) -> Result<(), String> {
    let Some(flag) = flag(rules) else {
        return match tool.effect {
            Effect::Dial => never_called(tool, rules, body),
            _ => Ok(()),
        };
    };
    // Without a list only calls are limited.
    if tool.effect != Effect::Dial && !has_list(rules) {
        return Ok(());
    }
    walk(tool, body, &mut |path, found| {
        let place = || path.told();
        Err(match found {
            Found::Unknown => format!(
                "this server does not know the property `{}`, and under {flag} it could name a \
                 destination that nothing checks. Leave it out; if it is needed, the operator must \
                 update this server or remove {flag}",
                place()
            ),
            Found::Undeclared => format!(
                "`{}` names a destination that this server does not check, which {flag} forbids. \
                 Leave it out",
                place()
            ),
            Found::Json => format!(
                "`{}` is a string that holds JSON, which cannot be checked under {flag}. Give the \
                 value itself instead",
                place()
            ),
            Found::Transfer(to) if !has_list(rules) => return never(rules, to, &place()),
            Found::Transfer(to) => match refusal(rules, to, &place(), flag) {
                Some(reason) => reason,
                None => return Ok(()),
            },
        })
    })
}

/// What holds for transfers of a call whatever the rules: emergency and premium-rate numbers.
fn never_called(tool: &Tool, rules: &Rules, body: &Value) -> Result<(), String> {
    walk(tool, body, &mut |path, found| match found {
        Found::Transfer(to) => never(rules, to, &path.told()),
        _ => Ok(()),
    })
}

fn never(rules: &Rules, to: Option<&str>, place: &str) -> Result<(), String> {
    let dialed =
        |text: &str| destination(text).unwrap_or_else(|| Destination::Other(text.to_owned()));
    let reason = to.and_then(|to| rules.forbids(&dialed(to)));
    match reason {
        Some(reason) => Err(format!("`{place}`: {reason}")),
        None => Ok(()),
    }
}

/// Reviews the body of a request in place.
pub(super) fn review_members(
    tool: &Tool,
    rules: &Rules,
    body: Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let body = Value::Object(body);
    review(tool, rules, &body)?;
    match body {
        Value::Object(body) => Ok(body),
        _ => Ok(Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(effect: Effect) -> &'static Tool {
        let mut tools = TOOLS.iter();
        tools
            .find(|tool| tool.effect == effect && !tool.places.is_empty())
            .unwrap()
    }

    fn rules(list: Option<&str>, batch: Option<usize>) -> Rules {
        Rules {
            destinations: list.map(|list| list.parse().unwrap()),
            max_batch: batch,
            ..Rules::default()
        }
    }

    fn under_list(body: &Value) -> Result<(), String> {
        review(
            tool(Effect::Dial),
            &rules(Some("+1,sip:*@example.com"), None),
            body,
        )
    }

    fn call(more: Value) -> Value {
        let mut body = json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" } });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    }

    #[test]
    fn a_property_that_the_document_does_not_know_is_refused_where_destinations_can_stand() {
        let to = json!({ "number": "+442079460958" });
        for (more, place) in [
            (json!({ "recipients": [to] }), "recipients"),
            (json!({ "Customers": [to] }), "Customers"),
            (json!({ "recipients": "+1" }), "recipients"),
            (
                json!({ "customer": { "number": "+15550100123", "next": to } }),
                "customer.next",
            ),
            (
                json!({ "customers": [{ "number": "+15550100124", "numbers": ["+44"] }] }),
                "customers[0].numbers",
            ),
            (
                json!({ "phoneNumber": { "forwardTo": "+442079460958" } }),
                "phoneNumber.forwardTo",
            ),
            (
                json!({ "assistant": { "forwardingPhoneNumber": "+442079460958" } }),
                "assistant.forwardingPhoneNumber",
            ),
            (
                json!({ "assistantOverrides": { "x": 1 } }),
                "assistantOverrides.x",
            ),
            (
                json!({ "customer": { "number": "+15550100123", "assistantOverrides": { "x": 1 } } }),
                "customer.assistantOverrides.x",
            ),
            (
                json!({ "squad": { "members": [{ "assistant": { "model": { "x": 1 } } }] } }),
                "squad.members[0].assistant.model.x",
            ),
            (
                json!({ "assistant": { "model": { "tools": [{ "type": "transferCall", "Destinations": [] }] } } }),
                "assistant.model.tools[0].Destinations",
            ),
            (json!({ "assistant": [{ "x": 1 }] }), "assistant[0].x"),
        ] {
            let body = call(more);
            for rules in [rules(Some("+1,+44"), None), rules(None, Some(9))] {
                let said = review(tool(Effect::Dial), &rules, &body).unwrap_err();
                let start =
                    format!("this server does not know the property `{place}`, and under --");
                assert!(said.starts_with(&start), "{said}");
            }
            assert_eq!(review(tool(Effect::Dial), &Rules::default(), &body), Ok(()));
        }
    }

    #[test]
    fn what_the_document_knows_passes_and_null_is_nothing() {
        for more in [
            json!({}),
            json!({ "recipients": null, "name": "n", "schedulePlan": { "earliestAt": "2027-02-01T12:00:00Z" } }),
            json!({ "transport": { "provider": "twilio", "anything": 1 } }),
            json!({ "assistantOverrides": { "variableValues": { "order": { "number": "A-12" }, "x": "+442079460958" }, "metadata": { "a": [1] } } }),
            json!({ "assistant": { "voice": { "provider": "x", "new": 1 }, "model": { "provider": "openai", "tools": [
                { "type": "function", "function": { "name": "f", "parameters": { "type": "object", "properties": { "number": { "type": "string" } } } } },
                { "type": "transferCall", "destinations": [
                    { "type": "number", "number": "+1 (555) 010-0124", "extension": "12" },
                    { "type": "sip", "sipUri": "sip:bob@example.com" },
                    { "type": "assistant", "assistantName": "b" },
                ] },
            ] } } }),
            json!({ "phoneNumber": { "twilioPhoneNumber": "+442079460958", "twilioAccountSid": "x" } }),
        ] {
            assert_eq!(under_list(&call(more.clone())), Ok(()), "{more}");
        }
    }

    #[test]
    fn a_call_is_never_transferred_to_an_emergency_or_premium_rate_number() {
        for number in ["911", "+44999", "+19005550100", "112"] {
            let to = json!([{ "type": "number", "number": number }]);
            let tools = json!([{ "type": "transferCall", "destinations": to }]);
            let body = call(json!({ "assistantOverrides": { "tools:append": tools } }));
            for rules in [rules(None, None), rules(None, Some(5))] {
                let reason = review(tool(Effect::Dial), &rules, &body).unwrap_err();
                let place = "`assistantOverrides.tools:append[0].destinations[0].number`: ";
                assert!(reason.starts_with(place), "{reason}");
            }
        }
        for number in ["+442079460958", "{{transferTo}}", "operator"] {
            let to = json!([{ "type": "number", "number": number }]);
            let tools = json!([{ "type": "transferCall", "destinations": to }]);
            let body = call(json!({ "assistantOverrides": { "tools:append": tools } }));
            let reviewed = review(tool(Effect::Dial), &rules(None, None), &body);
            assert_eq!(reviewed, Ok(()), "{number}");
        }
    }

    #[test]
    fn a_transfer_is_held_against_the_list_wherever_it_stands() {
        let to = json!({ "type": "number", "number": "+442079460958" });
        let sip = json!({ "type": "sip", "sipUri": "sip:bob@example.org" });
        let tools = json!([{ "type": "transferCall", "destinations": [{ "type": "number", "number": "+15550100123" }, to] }]);
        let hook = |to: &Value| json!([{ "on": "call.ending", "do": [{ "type": "tool", "tool": { "type": "transferCall", "destinations": [to] } }] }]);
        for (more, place) in [
            (
                json!({ "assistant": { "model": { "tools": tools } } }),
                "assistant.model.tools[0].destinations[1].number",
            ),
            (
                json!({ "assistant": { "model": { "tools": [{ "destinations": to }] } } }),
                "assistant.model.tools[0].destinations.number",
            ),
            (
                json!({ "assistant": { "hooks": hook(&sip) } }),
                "assistant.hooks[0].do[0].tool.destinations[0].sipUri",
            ),
            (
                json!({ "assistantOverrides": { "tools:append": tools } }),
                "assistantOverrides.tools:append[0].destinations[1].number",
            ),
            (
                json!({ "squadOverrides": { "model": { "tools": tools } } }),
                "squadOverrides.model.tools[0].destinations[1].number",
            ),
            (
                json!({ "squad": { "members": [{ "assistant": { "model": { "tools": tools } } }] } }),
                "squad.members[0].assistant.model.tools[0].destinations[1].number",
            ),
            (
                json!({ "squad": { "members": [{ "assistantOverrides": { "hooks": hook(&to) } }] } }),
                "squad.members[0].assistantOverrides.hooks[0].do[0].tool.destinations[0].number",
            ),
            (
                json!({ "workflow": { "nodes": [{ "type": "tool", "tool": tools[0] }] } }),
                "workflow.nodes[0].tool.destinations[1].number",
            ),
            (
                json!({ "phoneNumber": { "fallbackDestination": to } }),
                "phoneNumber.fallbackDestination.number",
            ),
            (
                json!({ "phoneNumber": { "hooks": [{ "do": [{ "type": "transfer", "destination": sip }] }] } }),
                "phoneNumber.hooks[0].do[0].destination.sipUri",
            ),
            (
                json!({ "customers": [{ "number": "+15550100124", "assistantOverrides": { "tools:append": tools } }] }),
                "customers[0].assistantOverrides.tools:append[0].destinations[1].number",
            ),
            (
                json!({ "assistant": { "voice": { "x": { "Number": "0044 20 7946 0958" } } } }),
                "assistant.voice.x.Number",
            ),
            (
                json!({ "assistant": { "metadata": { "people": [to] } } }),
                "assistant.metadata.people[0].number",
            ),
            (
                json!({ "assistant": { "voice": { "phone_numbers": ["+442079460958"] } } }),
                "assistant.voice.phone_numbers[0]",
            ),
            (
                json!({ "transport": { "provider": "daily", "callSipUri": "SIP:bob@example.org" } }),
                "transport.callSipUri",
            ),
        ] {
            let body = call(more);
            let said = under_list(&body).unwrap_err();
            assert!(said.contains(&format!("`{place}`")), "{place}: {said}");
            assert_eq!(
                review(tool(Effect::Dial), &rules(None, Some(1)), &body),
                Ok(()),
                "{body}"
            );
        }
    }

    #[test]
    fn a_transfer_that_cannot_be_compared_is_refused() {
        for to in [
            json!("{{number}}"),
            json!("+1{{rest}}"),
            json!("555 0100"),
            json!(15_550_100_123_u64),
            json!(["+15550100123"]),
            json!("+15550100123\u{0}x"),
        ] {
            let more = json!({ "assistant": { "model": { "tools": [{ "type": "transferCall", "destinations": [{ "type": "number", "number": to }] }] } } });
            let said = under_list(&call(more)).unwrap_err();
            assert!(
                said.starts_with(
                    "`assistant.model.tools[0].destinations[0].number` is not a telephone number"
                ),
                "{said}"
            );
        }
        for more in [
            json!({ "assistant": { "model": "{\"tools\":[]}" } }),
            json!({ "assistant": { "model": { "tools": " [{}]" } } }),
            json!({ "phoneNumber": { "fallbackDestination": "{}" } }),
        ] {
            let said = under_list(&call(more)).unwrap_err();
            assert!(said.contains("is a string that holds JSON"), "{said}");
        }
        let said = under_list(&call(
            json!({ "phoneNumber": { "fallbackDestination": "+442079460958" } }),
        ));
        assert!(
            said.unwrap_err()
                .starts_with("+442079460958 at `phoneNumber.fallbackDestination`")
        );
    }

    #[test]
    fn a_transfer_obeys_denied_and_premium_destinations() {
        let more = |number: &str| json!({ "assistantOverrides": { "tools:append": [{ "type": "transferCall", "destinations": [{ "type": "number", "number": number }] }] } });
        let denying = Rules {
            denied: Some("+44".parse().unwrap()),
            ..Rules::default()
        };
        let said =
            |number: &str, rules: &Rules| review(tool(Effect::Dial), rules, &call(more(number)));
        assert_eq!(said("+15550100199", &denying), Ok(()));
        for wrong in ["+442079460958", "{{number}}"] {
            let said = said(wrong, &denying).unwrap_err();
            assert!(said.contains("--deny-destinations"), "{said}");
        }
        let unknown = call(json!({ "recipients": [] }));
        let refused = review(tool(Effect::Dial), &denying, &unknown).unwrap_err();
        assert!(refused.contains("under --deny-destinations"), "{refused}");
        let list = rules(Some("+1"), None);
        assert!(
            said("+19005550100", &list)
                .unwrap_err()
                .contains("premium-rate")
        );
    }

    #[test]
    fn a_saved_assistant_transfers_to_what_is_allowed_and_may_hold_new_properties() {
        let saved = |number: &str| json!({ "name": "x", "new": 1, "model": { "tools": [{ "type": "transferCall", "destinations": [{ "type": "number", "number": number }] }] } });
        let write =
            |number: &str, rules: &Rules| review(tool(Effect::Write), rules, &saved(number));
        let list = rules(Some("+1"), None);
        assert_eq!(write("+15550100123", &list), Ok(()));
        assert!(
            write("+442079460958", &list)
                .unwrap_err()
                .contains("`model.tools[0].destinations[0].number`")
        );
        assert_eq!(write("+442079460958", &rules(None, Some(1))), Ok(()));
        assert_eq!(write("+442079460958", &Rules::default()), Ok(()));
    }

    #[test]
    fn a_place_is_told_briefly_and_on_one_line() {
        let mut deep = json!({ "number": "+442079460958" });
        for _ in 0..60 {
            deep = json!({ "a": [deep] });
        }
        let said = under_list(&call(json!({ "assistant": { "metadata": deep } }))).unwrap_err();
        assert!(said.contains("`…") && said.len() < 400, "{said}");
        let said = under_list(&call(json!({ "x\u{202e}\n`y".repeat(100): 1 }))).unwrap_err();
        assert!(
            said.len() < 400 && !said.contains(['\n', '\u{202e}']),
            "{said}"
        );
    }
}
