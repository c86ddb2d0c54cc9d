//! Resolves compositions: turns a schema with `$ref`, `allOf`, `oneOf` and `anyOf` into alternative
//! inline schemas; a valid value matches at least one of them.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::document::{Document, array};

/// Maximum depth of compositions, which bounds the recursion. Vapi's compositions are a few levels
/// deep.
const DEPTH: usize = 64;

/// Maximum number of alternatives, because unions of unions multiply.
const ALTERNATIVES: usize = 4_096;

impl Document {
    /// The inline schemas that a value of `schema` may match, without references and compositions.
    /// Members of an `allOf` are merged; those of a `oneOf` or `anyOf` are alternatives. Unknown
    /// references are ignored.
    pub fn alternatives(&self, schema: &Value) -> Vec<Value> {
        let opened = open(self, schema, &mut Vec::new(), 0);
        let owned = opened.into_iter().map(Cow::into_owned);
        owned.map(Value::Object).collect()
    }
}

/// The keywords of a schema without references and compositions; borrowed unless they are merged.
type Keywords<'a> = Cow<'a, Map<String, Value>>;

const COMPOSITIONS: [&str; 3] = ["allOf", "oneOf", "anyOf"];

/// Keywords next to a composition apply to all of its members. Unresolvable, circular and too deep
/// references are ignored.
fn open<'a>(
    document: &'a Document,
    schema: &'a Value,
    within: &mut Vec<&'a str>,
    depth: usize,
) -> Vec<Keywords<'a>> {
    let Some(object) = schema.as_object().filter(|_| depth < DEPTH) else {
        return Vec::new();
    };
    if let Some(target) = object.get("$ref").and_then(Value::as_str) {
        return match document.target(target) {
            Some(named) if !within.contains(&target) => {
                within.push(target);
                let opened = open(document, named, within, depth + 1);
                within.pop();
                opened
            }
            _ => Vec::new(),
        };
    }
    if !COMPOSITIONS.iter().any(|key| object.contains_key(*key)) {
        return vec![Cow::Borrowed(object)];
    }
    let own = object
        .iter()
        .filter(|(key, _)| !COMPOSITIONS.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let mut opened = vec![Cow::Owned(own)];
    for member in array(object.get("allOf")) {
        opened = each_with_each(opened, &open(document, member, within, depth + 1));
    }
    for union in ["oneOf", "anyOf"] {
        let members: Vec<_> = array(object.get(union))
            .flat_map(|member| open(document, member, within, depth + 1))
            .collect();
        opened = each_with_each(opened, &members);
    }
    opened
}

fn each_with_each<'a>(left: Vec<Keywords<'a>>, right: &[Keywords<'a>]) -> Vec<Keywords<'a>> {
    if right.is_empty() {
        return left;
    }
    let pairs = left
        .iter()
        .flat_map(|left| right.iter().map(move |right| both(left, right)));
    pairs.take(ALTERNATIVES).collect()
}

/// The schema of values that match both `ours` and `theirs`.
fn both<'a>(ours: &Keywords<'a>, theirs: &Keywords<'a>) -> Keywords<'a> {
    if ours.is_empty() {
        return theirs.clone();
    }
    let mut both = ours.clone().into_owned();
    merge(&mut both, theirs, narrow);
    Cow::Owned(both)
}

/// Adds the entries of `theirs`; `narrow` combines two values of the same key.
fn merge(
    ours: &mut Map<String, Value>,
    theirs: &Map<String, Value>,
    narrow: fn(&str, &mut Value, &Value),
) {
    for (key, theirs) in theirs {
        match ours.get_mut(key) {
            None => {
                ours.insert(key.clone(), theirs.clone());
            }
            Some(ours) if ours == theirs => {}
            Some(ours) => narrow(key, ours, theirs),
        }
    }
}

/// Narrows the value of a keyword by its value in another schema. If no value can express both,
/// such as two types, the other schema wins.
fn narrow(keyword: &str, ours: &mut Value, theirs: &Value) {
    match (keyword, &mut *ours, theirs) {
        ("properties", Value::Object(ours), Value::Object(theirs)) => merge(ours, theirs, all_of),
        ("items", ours, theirs) => all_of(keyword, ours, theirs),
        ("required", Value::Array(ours), Value::Array(theirs)) => {
            let more: Vec<_> = theirs.iter().filter(|name| !ours.contains(name)).collect();
            ours.extend(more.into_iter().cloned());
        }
        ("enum", Value::Array(ours), Value::Array(theirs)) => {
            ours.retain(|value| theirs.contains(value));
        }
        ("minimum", ours, theirs) if ours.as_f64() >= theirs.as_f64() => {}
        ("maximum" | "maxLength", ours, theirs) if ours.as_f64() <= theirs.as_f64() => {}
        (_, ours, theirs) => *ours = theirs.clone(),
    }
}

/// The `allOf` is resolved only when the property is read. Its members are distinct schemas of the
/// document, so one that is merged again at every level does not grow without end.
fn all_of(_: &str, ours: &mut Value, theirs: &Value) {
    let mut all: Vec<&Value> = Vec::new();
    for member in members(ours).into_iter().chain(members(theirs)) {
        if !all.contains(&member) {
            all.push(member);
        }
    }
    *ours = json!({ "allOf": all });
}

/// The members of a schema that is nothing but an `allOf`; otherwise the schema itself.
fn members(schema: &Value) -> Vec<&Value> {
    let is_only = schema.as_object().is_some_and(|object| object.len() == 1);
    match schema.get("allOf").and_then(Value::as_array) {
        Some(members) if is_only && !members.is_empty() => members.iter().collect(),
        _ => vec![schema],
    }
}
