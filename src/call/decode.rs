//! Converts values of another JSON type: models and clients write objects and lists as strings
//! that contain JSON, and strings of digits as numbers. Telephone numbers lose what
//! people write between their digits.
//!
//! Which type belongs where is known from the document. It is read only when a value may need it.

use std::collections::HashSet;

use serde_json::{Map, Number, Value};

use crate::{
    bounds::Bounds,
    catalog::Tool,
    document::{body_schema, resolved},
    number::{e164, is_number},
};

/// Values deeper than this are left as they are.
const DEEPEST: usize = 64;

/// The most schemas that are looked at for the alternatives of one place.
const ALTERNATIVES: usize = 4_096;

/// The schemas of one place, without references and compositions.
type Schemas = Vec<&'static Value>;

/// Decodes the value of an argument, or of a property of the body, everywhere in it. Strings that
/// hold JSON take from `left` what they hold.
pub(super) fn decode(tool: &Tool, at: &str, value: &mut Value, left: &mut Bounds) {
    if !may_need(value, DEEPEST) {
        return;
    }
    let Some(root) = body_schema(tool.operation.method, tool.operation.path) else {
        return;
    };
    let schemas = at
        .split('/')
        .skip(1)
        .fold(alternatives(&[root]), |schemas, key| child(&schemas, key));
    let key = at.rsplit('/').next().unwrap_or_default();
    settle(value, key, &schemas, DEEPEST, left);
}

/// Whether anything in it may have been written as another type.
fn may_need(value: &Value, levels: usize) -> bool {
    let Some(levels) = levels.checked_sub(1) else {
        return false;
    };
    match value {
        Value::String(text) => is_like_json(text) || bare(text).is_some(),
        Value::Number(_) => true,
        Value::Array(items) => items.iter().any(|item| may_need(item, levels)),
        Value::Object(map) => map.values().any(|value| may_need(value, levels)),
        Value::Null | Value::Bool(_) => false,
    }
}

/// The telephone number that a text decorates.
fn bare(text: &str) -> Option<String> {
    e164(text).filter(|number| number != text)
}

fn is_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"'])
}

fn settle(
    value: &mut Value,
    key: &str,
    schemas: &[&'static Value],
    levels: usize,
    left: &mut Bounds,
) {
    let Some(levels) = levels.checked_sub(1).filter(|_| !schemas.is_empty()) else {
        return;
    };
    match value {
        Value::String(text) if is_like_json(text) => {
            let kinds = Kinds::of(schemas);
            if kinds.text || kinds.any {
                return;
            }
            let most = Bounds { levels, ..*left };
            if let Some(read) = read(text, kinds.object, kinds.list, most, left) {
                *value = read;
                below(value, key, schemas, levels, left);
            }
        }
        Value::String(text) if is_number(key) && Kinds::of(schemas).text => {
            if let Some(number) = bare(text) {
                *text = number;
            }
        }
        Value::Number(number) => {
            let kinds = Kinds::of(schemas);
            let is_text = kinds.text && !kinds.number && !kinds.any;
            if let Some(whole) = whole(number).filter(|_| is_text && !is_number(key)) {
                *value = Value::from(whole.to_string());
            }
        }
        _ => below(value, key, schemas, levels, left),
    }
}

fn below(
    value: &mut Value,
    key: &str,
    schemas: &[&'static Value],
    levels: usize,
    left: &mut Bounds,
) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if may_need(value, levels) {
                    settle(value, key, &child(schemas, key), levels, left);
                }
            }
        }
        Value::Array(items) => {
            let schemas = elements(schemas);
            for item in items {
                settle(item, key, &schemas, levels, left);
            }
        }
        _ => {}
    }
}

/// The object or list that a string holds as JSON, or as JSON of such a string.
pub(super) fn read(
    text: &str,
    object: bool,
    list: bool,
    mut most: Bounds,
    left: &mut Bounds,
) -> Option<Value> {
    const ENCODED: usize = 2;
    let mut text = text.trim().to_owned();
    for _ in 0..ENCODED {
        let before = most.bytes;
        most.check(&text).ok()?;
        left.bytes = left.bytes.saturating_sub(before - most.bytes);
        match serde_json::from_str(&text).ok()? {
            Value::String(inner) => inner.trim().clone_into(&mut text),
            read @ Value::Object(_) if object => return keep(read, most, left),
            read @ Value::Array(_) if list => return keep(read, most, left),
            _ => return None,
        }
    }
    None
}

fn keep(read: Value, most: Bounds, left: &mut Bounds) -> Option<Value> {
    left.objects = most.objects;
    left.members = most.members;
    Some(read)
}

/// The JSON types that a place takes.
#[derive(Default)]
struct Kinds {
    object: bool,
    list: bool,
    text: bool,
    number: bool,
    any: bool,
}

impl Kinds {
    fn of(schemas: &[&'static Value]) -> Self {
        let mut kinds = Self::default();
        for schema in schemas {
            match kind(schema) {
                Some("object") => kinds.object = true,
                Some("array") => kinds.list = true,
                Some("string") => kinds.text = true,
                Some("number" | "integer") => kinds.number = true,
                Some(_) => {}
                None => kinds.any = true,
            }
        }
        kinds
    }
}

fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type").and_then(Value::as_str) {
        None if schema.get("properties").is_some() => Some("object"),
        kind => kind,
    }
}

/// The schemas themselves, and those of unions in them, each once: the models of all providers take
/// the same tools.
fn alternatives(schemas: &[&'static Value]) -> Schemas {
    let mut open: Vec<(&'static Value, usize)> =
        schemas.iter().map(|schema| (*schema, 0)).collect();
    let mut found: Schemas = Vec::new();
    let mut met = HashSet::new();
    while let Some((schema, depth)) = open.pop() {
        let schema = resolved(schema);
        if !met.insert(std::ptr::from_ref(schema)) {
            continue;
        }
        let unions = ["oneOf", "anyOf", "allOf"];
        let members: Vec<_> = unions
            .iter()
            .filter_map(|key| schema.get(*key)?.as_array())
            .flatten()
            .collect();
        if members.is_empty() {
            found.push(schema);
        } else if depth < 8 {
            open.extend(members.into_iter().map(|member| (member, depth + 1)));
        }
        if met.len() + open.len() > ALTERNATIVES {
            return Vec::new();
        }
    }
    found
}

fn child(schemas: &[&'static Value], key: &str) -> Schemas {
    let members: Vec<_> = schemas
        .iter()
        .filter_map(|schema| {
            let known = schema.get("properties").and_then(|known| known.get(key));
            let index = || schema.get("items").filter(|_| key.parse::<usize>().is_ok());
            let others = || {
                schema
                    .get("additionalProperties")
                    .filter(|it| it.is_object())
            };
            known.or_else(index).or_else(others)
        })
        .collect();
    alternatives(&members)
}

fn elements(schemas: &[&'static Value]) -> Schemas {
    let items: Vec<_> = schemas
        .iter()
        .filter_map(|schema| schema.get("items"))
        .collect();
    alternatives(&items)
}

/// What n8n puts beside the arguments of a call.
const FOREIGN: [&str; 5] = ["toolCallId", "sessionId", "action", "chatInput", "tool"];

/// Takes out what a client added to the arguments, and returns its names: certainly so when two of
/// its names come together, or the first one does.
pub(super) fn drop_foreign(tool: &Tool, given: &mut Map<String, Value>) -> Vec<&'static str> {
    let is_known = |key: &str| {
        tool.operation.body_properties.contains(&key)
            || tool
                .args
                .iter()
                .any(|arg| arg.name == key || arg.aliases.contains(&key))
    };
    let found: Vec<_> = FOREIGN
        .into_iter()
        .filter(|key| given.contains_key(*key) && !is_known(key))
        .collect();
    let is_sure = found.len() > 1 || found.first() == FOREIGN.first();
    if !is_sure {
        return Vec::new();
    }
    for key in &found {
        given.shift_remove(*key);
    }
    found
}

/// The number as an integer; `20.0` is one.
pub(super) fn whole(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let float = number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && float.abs() <= EXACT)?;
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        Some(float as i64)
    })
}
