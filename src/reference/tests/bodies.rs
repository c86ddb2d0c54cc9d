//! Realistic bodies can be written after a few descriptions.
//!
//! A reader asks for the operation, then for the places that were folded, all of them at once, until
//! every property of the body has been shown.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{
    alternatives::{Kind, Schemas},
    describe,
    facts::facts,
    find_operation,
    location::Location,
    union::discriminator,
};
use model::facts::Body;

/// Maximum number of descriptions.
const CALLS: usize = 3;

/// Maximum number of bytes of all of them.
const BYTES: usize = 14_000;

/// The pointers of the values of a body that hold no others, as one asks for them.
fn leaves<'a>(
    schemas: Schemas<'a>,
    place: Location<'a>,
    value: &Value,
    found: &mut BTreeSet<String>,
) {
    let objects: Vec<_> = place
        .forms
        .iter()
        .filter(|it| it.kind() == Kind::Object)
        .cloned()
        .collect();
    let mut place = place;
    let mut implied = None;
    if let Some(union) = discriminator(schemas, &objects)
        && let Some(word) = value.get(union.key).and_then(Value::as_str)
    {
        let choice = format!(":{word}");
        let top = Location {
            plain: String::new(),
            chosen: String::new(),
            ..place.clone()
        };
        if let Ok(chosen) = top.follow(schemas, &choice) {
            place.forms = chosen.forms;
            place.chosen.push_str(&choice);
            implied = Some(union.key);
        }
    }
    let children: Vec<(&str, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, it)| (key.as_str(), it)).collect(),
        Value::Array(elements) => elements.iter().map(|it| ("*", it)).collect(),
        _ => Vec::new(),
    };
    let mut any = false;
    for (name, child) in children {
        if implied == Some(name) || (name == "*" && !child.is_object()) {
            continue;
        }
        let top = Location {
            plain: String::new(),
            chosen: String::new(),
            ..place.clone()
        };
        match top.follow(schemas, &format!("/{name}")) {
            Ok(mut below) if !below.chosen.contains("/*/") => {
                any = true;
                below.chosen = format!("{}{}", place.chosen, below.chosen);
                leaves(schemas, below, child, found);
            }
            _ => assert!(
                place.forms.iter().any(|it| it.properties.is_empty()),
                "`{}` has no `{name}`",
                place.chosen
            ),
        }
    }
    if !any {
        found.insert(place.chosen);
    }
}

/// The pointers of the lines of a description.
pub(super) fn shown(text: &str, side: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut above: Vec<String> = Vec::new();
    for line in text.lines() {
        let depth = line.bytes().take_while(|byte| *byte == b' ').count() / 2;
        let Some((name, shape)) = line.trim_start().split_once(": ") else {
            continue;
        };
        let lists = "/*".repeat(shape.bytes().take_while(|byte| *byte == b'[').count());
        if depth == 0 {
            let is_head = name == side || name.starts_with(['/', ':']);
            if is_head {
                let at = if name == side { "" } else { name };
                above = vec![format!("{at}{lists}")];
                found.push(at.to_owned());
            }
            continue;
        }
        let name = name.trim_end_matches('*');
        above.truncate(depth);
        let mark = if name.starts_with(':') { "" } else { "/" };
        let Some(parent) = above.get(depth - 1) else {
            continue;
        };
        let at = format!("{parent}{mark}{name}");
        above.push(format!("{at}{lists}"));
        found.push(at);
    }
    found
}

/// Whether a line shows a place. Properties that the members of a union have in common are shown
/// without the choice of one.
fn shows(line: &str, place: &str) -> bool {
    let (line, place): (Vec<_>, Vec<_>) = (line.split('/').collect(), place.split('/').collect());
    let same = |(line, place): (&&str, &&str)| {
        line == place
            || place
                .strip_prefix(*line)
                .is_some_and(|rest| rest.starts_with(':'))
    };
    line.len() == place.len() && line.iter().zip(&place).all(same)
}

/// The pointer to ask for: the last place above that is shown, or the elements of that list.
fn next(lines: &[String], leaf: &str) -> String {
    let segments: Vec<_> = leaf.split('/').collect();
    for count in (1..segments.len()).rev() {
        let above = segments[..count].join("/");
        if lines.iter().any(|line| shows(line, &above)) {
            let elements = segments[count..]
                .iter()
                .take_while(|it| it.starts_with('*'))
                .count();
            return segments[..count + elements].join("/");
        }
    }
    segments[0].to_owned()
}

#[test]
fn a_realistic_body_is_known_after_three_descriptions() {
    let facts = facts().unwrap();
    let schemas = Schemas(&facts.schemas);
    let bodies: Value = serde_json::from_str(include_str!("bodies.json")).unwrap();
    let bodies = bodies.as_array().unwrap();
    assert!(bodies.len() >= 15);
    for case in bodies {
        let (title, body) = (case["title"].as_str().unwrap(), &case["body"]);
        let operation = find_operation(case["operation"].as_str().unwrap())
            .unwrap()
            .operation;
        let Some(Body::Json(schema)) = &operation.body else {
            panic!("{title}: no body")
        };
        let mut wanted = BTreeSet::new();
        leaves(
            schemas,
            Location::top(schemas.open(schema)),
            body,
            &mut wanted,
        );
        let (mut calls, mut bytes, mut lines) = (0, 0, Vec::new());
        let mut at: Vec<String> = Vec::new();
        loop {
            let asked: Vec<_> = at.iter().map(String::as_str).collect();
            let text = describe(operation, &asked, false, None).unwrap();
            calls += 1;
            bytes += text.len();
            lines.extend(shown(&text, "body"));
            let missing = |leaf: &&String| !lines.iter().any(|line| shows(line, leaf));
            let missing: Vec<_> = wanted.iter().filter(missing).collect();
            let places: BTreeSet<_> = missing.iter().map(|leaf| next(&lines, leaf)).collect();
            if places.is_empty() {
                break;
            }
            assert!(calls < CALLS, "{title}: {missing:#?} after {at:#?}");
            at = places.into_iter().take(8).collect();
        }
        println!(
            "{title}: {} places, {calls} calls, {bytes} bytes",
            wanted.len()
        );
        assert!(bytes <= BYTES, "{title}: {bytes} bytes");
    }
}
