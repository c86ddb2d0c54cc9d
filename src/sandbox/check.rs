//! Validates a request against the document, with Vapi's error messages.

use model::facts::Parameter;
use reqwest::Url;
use serde_json::{Map, Value, json};

use super::clock;
use crate::document::resolved;

/// The errors of a value under this schema, one line each.
pub(super) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    at("", schema, value)
}

/// The problems with the path parameters.
pub(super) fn path(parameters: &[Parameter], given: &[(&str, &str)]) -> Vec<String> {
    let schema = |name: &str| {
        let mut parameters = parameters.iter();
        let parameter = parameters.find(|it| it.place == "path" && it.name == name)?;
        Some(&parameter.schema)
    };
    let checked = given
        .iter()
        .filter_map(|(name, text)| Some(at(name, schema(name)?, &Value::from(*text))));
    checked.flatten().collect()
}

/// The parameters of the URL, or the problems with them.
pub(super) fn query(
    parameters: &[Parameter],
    url: &Url,
) -> Result<Map<String, Value>, Vec<String>> {
    let known = parameters
        .iter()
        .filter(|parameter| parameter.place == "query");
    let required = known.clone().filter(|parameter| parameter.required);
    let required: Vec<_> = required.map(|parameter| parameter.name.as_str()).collect();
    let properties: Map<_, _> = known
        .map(|parameter| (parameter.name.clone(), parameter.schema.clone()))
        .collect();
    let mut given = Map::new();
    for (name, text) in url.query_pairs() {
        let schema = properties.get(name.as_ref());
        match schema.and_then(kind) {
            Some("array") => {
                let list = given
                    .entry(name)
                    .or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(list) = list {
                    list.push(Value::from(text.as_ref()));
                }
            }
            kind => {
                let value = typed(kind, &text);
                given.insert(name.into_owned(), value);
            }
        }
    }
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    let given = Value::Object(given);
    match (problems(&schema, &given), given) {
        (problems, Value::Object(given)) if problems.is_empty() => Ok(given),
        (problems, _) => Err(problems),
    }
}

/// The value of a parameter; a text if it does not have the type.
fn typed(kind: Option<&str>, text: &str) -> Value {
    let value = match kind {
        Some("number" | "integer") => text.parse().ok().map(Value::Number),
        Some("boolean") => text.parse().ok().map(Value::Bool),
        _ => None,
    };
    value.unwrap_or_else(|| Value::from(text))
}

fn at(place: &str, schema: &Value, value: &Value) -> Vec<String> {
    let schema = resolved(schema);
    if let Some(members) = members(schema) {
        return union(place, &members, value);
    }
    match (kind(schema), value) {
        (Some("object"), Value::Object(object)) => properties(place, schema, object),
        (Some("object"), _) => vec![format!("{place} must be an object")],
        (Some("array"), Value::Array(list)) => elements(place, schema, list),
        (Some("array"), _) => vec![format!("{place} must be an array")],
        (Some("string"), Value::String(text)) => string(place, schema, text),
        (Some("string"), _) => match texts(schema) {
            Some(texts) => vec![one_of(place, &texts)],
            None => vec![format!("{place} must be a string")],
        },
        (Some("number" | "integer"), Value::Number(number)) => bounds(place, schema, number),
        (Some("number" | "integer"), _) => vec![format!(
            "{place} must be a number conforming to the specified constraints"
        )],
        (Some("boolean"), value) if !value.is_boolean() => {
            vec![format!("{place} must be a boolean value")]
        }
        _ => Vec::new(),
    }
}

fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type").and_then(Value::as_str) {
        None if schema.get("properties").is_some() => Some("object"),
        kind => kind,
    }
}

/// The members of a union, including those of nested unions.
pub(super) fn members(schema: &Value) -> Option<Vec<&Value>> {
    let list = schema.get("oneOf").or_else(|| schema.get("anyOf"))?;
    let plain = list.as_array()?.iter().map(resolved);
    let flat = plain.flat_map(|member| members(member).unwrap_or_else(|| vec![member]));
    Some(flat.collect())
}

/// The problems with the best-matching member of a union.
fn union(place: &str, all: &[&Value], value: &Value) -> Vec<String> {
    let mut left = all.to_vec();
    if let Some(object) = value.as_object() {
        left.retain(|member| kind(member) == Some("object"));
        if let Some((key, texts)) = discriminator(&left) {
            let given = object.get(key);
            if given.is_none() && left.iter().all(|member| requires(member, key))
                || given.is_some_and(|given| !texts.contains(&given.as_str().unwrap_or_default()))
            {
                return vec![one_of(&below(place, key), &texts)];
            }
            left.retain(|member| given.is_none() || accepts(member, key, given));
        }
    }
    let candidates = if left.is_empty() { all } else { &left };
    candidates
        .iter()
        .map(|member| at(place, member, value))
        .min_by_key(Vec::len)
        .unwrap_or_default()
}

/// The discriminator of a union, with all its values: a property that every member declares with
/// different values. If there are several, the one with the fewest values.
fn discriminator<'a>(members: &[&'a Value]) -> Option<(&'a str, Vec<&'a str>)> {
    let (first, rest) = members.split_first()?;
    let keys = first.get("properties")?.as_object()?.keys();
    keys.filter_map(|key| {
        let mut all = texts_of(first, key)?;
        for member in rest {
            all.extend(texts_of(member, key)?);
        }
        Some((key.as_str(), all))
    })
    .min_by_key(|(_, texts)| texts.len())
}

fn accepts(member: &Value, key: &str, given: Option<&Value>) -> bool {
    let texts = texts_of(member, key).unwrap_or_default();
    given.is_some_and(|given| texts.iter().any(|text| given == text))
}

fn texts_of<'a>(schema: &'a Value, key: &str) -> Option<Vec<&'a str>> {
    texts(resolved(schema.get("properties")?.get(key)?))
}

fn texts(schema: &Value) -> Option<Vec<&str>> {
    let list = schema.get("enum")?.as_array()?;
    Some(list.iter().filter_map(Value::as_str).collect())
}

fn one_of(place: &str, texts: &[&str]) -> String {
    let mut texts = texts.to_vec();
    texts.dedup();
    format!(
        "{place} must be one of the following values: {}",
        texts.join(", ")
    )
}

fn requires(schema: &Value, key: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|required| required.iter().any(|name| name == key))
}

fn below(place: &str, key: &str) -> String {
    if place.is_empty() {
        key.to_owned()
    } else {
        format!("{place}.{key}")
    }
}

fn properties(place: &str, schema: &Value, object: &Map<String, Value>) -> Vec<String> {
    let Some(known) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for (key, value) in object {
        match known.get(key) {
            // Null counts as absent, unless the property is required.
            Some(_) if value.is_null() && !requires(schema, key) => {}
            Some(schema) => problems.extend(at(&below(place, key), schema, value)),
            None if schema
                .get("additionalProperties")
                .is_some_and(|more| more != false) => {}
            None => problems.push(below(place, &format!("property {key} should not exist"))),
        }
    }
    for (key, schema) in known.iter().filter(|(key, _)| requires(schema, key)) {
        if !object.contains_key(key) {
            problems.extend(at(&below(place, key), schema, &Value::Null));
        }
    }
    problems
}

fn elements(place: &str, schema: &Value, list: &[Value]) -> Vec<String> {
    let Some(schema) = schema.get("items") else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let place = if value.is_object() {
            format!("{place}.{index}")
        } else {
            format!("each value in {place}")
        };
        problems.extend(at(&place, schema, value));
    }
    problems.dedup();
    problems
}

fn string(place: &str, schema: &Value, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(texts) = texts(schema).filter(|texts| !texts.contains(&text)) {
        problems.push(one_of(place, &texts));
    }
    let length = text.chars().count();
    let bound = |key: &str| schema.get(key)?.as_u64()?.try_into().ok();
    if let Some(most) = bound("maxLength").filter(|most: &usize| length > *most) {
        problems.push(format!(
            "{place} must be shorter than or equal to {most} characters"
        ));
    }
    if let Some(least) = bound("minLength").filter(|least: &usize| length < *least) {
        problems.push(format!(
            "{place} must be longer than or equal to {least} characters"
        ));
    }
    let is_time = schema
        .get("format")
        .is_some_and(|format| format == "date-time");
    if is_time && clock::read(text).is_none() {
        problems.push(format!("{place} must be a valid ISO 8601 date string"));
    }
    problems
}

fn bounds(place: &str, schema: &Value, number: &serde_json::Number) -> Vec<String> {
    let number = number.as_f64().unwrap_or_default();
    let bound = |key: &str| schema.get(key)?.as_f64();
    let mut problems = Vec::new();
    if let Some(least) = bound("minimum").filter(|least| number < *least) {
        problems.push(format!("{place} must not be less than {least}"));
    }
    if let Some(most) = bound("maximum").filter(|most| number > *most) {
        problems.push(format!("{place} must not be greater than {most}"));
    }
    problems
}
