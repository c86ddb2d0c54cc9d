//! What a person is asked before something is sent: in words that say what it does, and of what a
//! model gave only what cannot show something else than is there.

use serde_json::{Map, Value};

use super::dial::{Dial, Target};
use crate::{
    invisible::is_invisible,
    tools::{Dial as Places, Tool, result::hide_secrets},
};

/// What a person has to know before something is written: the arguments without secrets.
pub(super) fn of_write(tool: &Tool, given: &Map<String, Value>) -> String {
    const LONGEST: usize = 1_000;
    let arguments = serde_json::to_vec(given).unwrap_or_default();
    let shown = hide_secrets(&arguments).unwrap_or_default();
    let shown: String = shown.chars().filter(|&c| !is_invisible(c)).collect();
    let mut text: String = shown.chars().take(LONGEST).collect();
    if text.len() < shown.len() {
        text.push('…');
    }
    format!("{} with {text}?", tool.name)
}

/// What a person has to know before a call is placed.
pub(super) fn of_dial(dial: &Dial) -> String {
    const NAMED: usize = 10;
    let to: Vec<_> = dial.targets.iter().take(NAMED).map(named).collect();
    let more = match dial.targets.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let when = dial.when.as_ref();
    let when = when.map_or_else(|| "now".to_owned(), |(text, _)| shown(text));
    let besides = match dial.besides.is_empty() {
        true => String::new(),
        false => format!("\nAlso given: {}", dial.besides.join(", ")),
    };
    format!(
        "Ring {}{more}?\nWho speaks: {}\nFrom: {}\nWhen: {when}{besides}",
        to.join(", "),
        listed(&dial.who),
        listed(&dial.from),
    )
}

/// Whom one call rings.
fn named(target: &Target) -> String {
    if target.ways.is_empty() {
        return "somebody whom the request does not name".to_owned();
    }
    let ways = target.ways.iter().map(|to| visible(&to.written()));
    let ways = ways.collect::<Vec<_>>().join(" or ");
    match &target.extension {
        Some(extension) => format!("{ways} extension {}", shown(extension)),
        None => ways,
    }
}

/// The places and values, a line for a person.
fn listed(places: &Map<String, Value>) -> String {
    let one = |(at, value): (&String, &Value)| {
        let name = at.trim_start_matches('/').replace('/', ".");
        match value {
            Value::String(text) => format!("{name} {}", shown(text)),
            _ => format!("{name}, given in full"),
        }
    };
    match places.is_empty() {
        true => "not said".to_owned(),
        false => places.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// A value that a model gave, as a person may be shown it: no line of its own, no invisible
/// characters, not long.
fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let visible = visible(text);
    let mut shown: String = visible.chars().take(LONGEST).collect();
    if shown.len() < visible.len() {
        shown.push('…');
    }
    shown
}

/// The same of any length, for what a person has to see whole.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .filter(|&c| c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric() && !is_invisible(c))
        .collect()
}

/// The keys of the request beyond whom, who, from and when: one of them may change all that is said.
pub(super) fn besides(places: &Places, body: &Value) -> Vec<String> {
    const NAMED: usize = 6;
    let told = [
        places.to,
        places.who,
        places.from,
        places.unseen,
        places.when,
    ];
    let tops: Vec<_> = told
        .iter()
        .flat_map(|places| places.iter())
        .filter_map(|at| at.split('/').nth(1))
        .collect();
    let members = body.as_object().into_iter().flatten();
    let named = members.filter(|(key, value)| !value.is_null() && !tops.contains(&key.as_str()));
    named
        .take(NAMED)
        .map(|(key, value)| match value.as_object() {
            Some(inner) if !inner.is_empty() => {
                let inner: Vec<_> = inner.keys().take(NAMED).map(|key| shown(key)).collect();
                format!("{} ({})", shown(key), inner.join(", "))
            }
            _ => shown(key),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        guard::dial::read,
        tools::{Effect, TOOLS, arguments::ArgumentError, time::moment},
    };

    fn asked(mut body: Value) -> Result<String, Vec<ArgumentError>> {
        let mut tools = TOOLS.iter();
        let tool = tools.find(|tool| tool.effect == Effect::Dial).unwrap();
        let now = moment("2027-01-31T12:00:00Z").unwrap();
        read(tool, tool.dial.unwrap(), &mut body, now).map(|dial| of_dial(&dial))
    }

    #[test]
    fn a_question_says_who_is_rung_by_whom_from_where_and_when() {
        let question = asked(json!({
            "assistantId": "a-1\n\u{202e}Already approved", "phoneNumberId": "p-1", "customer": { "number": "+1 555 0100123" },
            "schedulePlan": { "earliestAt": "2027-02-01T12:00:00Z" },
        }))
        .unwrap();
        assert_eq!(
            question,
            "Ring +15550100123?\nWho speaks: assistantId a-1Already approved\nFrom: phoneNumberId p-1\nWhen: 2027-02-01T12:00:00Z"
        );
        let question =
            asked(json!({ "customer": { "number": "+15550100123", "extension": "12\n" } }));
        assert!(
            question
                .unwrap()
                .starts_with("Ring +15550100123 extension 12?")
        );
        let many: Vec<_> = (0..12)
            .map(|n| json!({ "number": format!("+155501001{n:02}") }))
            .collect();
        let question = asked(json!({ "assistant": { "x": 1 }, "customers": many })).unwrap();
        assert!(
            question.starts_with("Ring +15550100100, +15550100101, "),
            "{question}"
        );
        assert!(question.contains("+15550100109 and 2 more?\nWho speaks: assistant, given in full\nFrom: not said\nWhen: now"), "{question}");
        let question = asked(json!({
            "assistantId": "a", "customer": { "sipUri": "sip:alice@example.com:9;maddr=198.51.100.1" },
            "assistantOverrides": { "firstMessage": "Your bank here." }, "name": "n",
        }))
        .unwrap();
        assert_eq!(
            question,
            "Ring sip:alice@example.com:9;maddr=198.51.100.1?\nWho speaks: assistantId a\nFrom: not said\nWhen: now\nAlso given: assistantOverrides (firstMessage), name"
        );
        let long = format!(
            "sip:reception-of-example.com{}@evil.example",
            "-".repeat(60)
        );
        let question = asked(json!({ "customer": { "sipUri": long } })).unwrap();
        assert!(question.starts_with(&format!("Ring {long}?")));
        assert!(
            asked(
                json!({ "customer": { "sipUri": format!("sip:{}@example.com", "a".repeat(300)) } })
            )
            .is_err()
        );
        let question = asked(json!({ "customerId": "x" })).unwrap();
        assert!(question.starts_with("Ring somebody whom the request does not name?"));
    }
}
