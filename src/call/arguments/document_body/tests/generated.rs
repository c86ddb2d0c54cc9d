//! Valid bodies that are made from the document, independent of the code under test.

use serde_json::{Map, Value, json};

use super::declared;
use crate::reference::facts;

/// A generator of numbers that are always the same.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`, or 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }
}

/// This many bodies of every operation, each with the operation.
pub(super) fn bodies(count: usize) -> Vec<(String, Value)> {
    let mut random = Random::new(11);
    let mut bodies = Vec::new();
    for (operation, schema) in declared() {
        for _ in 0..count {
            bodies.push((operation.clone(), value(schema, 7, &mut random)));
        }
    }
    bodies
}

/// A value with this schema. Objects nested more than `levels` deep have only their required properties.
fn value(schema: &Value, levels: usize, random: &mut Random) -> Value {
    let schema = Value::Object(flat(schema, random));
    if let Some(values) = schema["enum"]
        .as_array()
        .filter(|_| schema["type"] != "array")
    {
        return values[random.below(values.len())].clone();
    }
    match schema["type"].as_str() {
        Some("string") => json!("text"),
        Some("number" | "integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("array") if levels == 0 => json!([]),
        Some("array") => json!([value(&schema["items"], levels - 1, random)]),
        Some("object") | None => {
            let mut object = Map::new();
            for (key, of) in schema["properties"].as_object().into_iter().flatten() {
                let mut required = schema["required"].as_array().into_iter().flatten();
                let is_required = required.any(|name| name == key);
                if levels > 0 && (is_required || random.below(3) == 0) {
                    object.insert(key.clone(), value(of, levels - 1, random));
                }
            }
            Value::Object(object)
        }
        Some(other) => panic!("{other}"),
    }
}

/// The schema without references and compositions: of a union, one member.
fn flat(schema: &Value, random: &mut Random) -> Map<String, Value> {
    let mut flat_schema = Map::new();
    let merge = |from: Map<String, Value>, into: &mut Map<String, Value>| {
        for (key, value) in from {
            match (into.get_mut(&key), value) {
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
                (_, value) => {
                    into.insert(key, value);
                }
            }
        }
    };
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap();
        return flat(&facts().unwrap().schemas[name], random);
    }
    let own = schema.as_object().cloned().unwrap_or_default();
    let is_composition = |key: &str| matches!(key, "allOf" | "oneOf" | "anyOf");
    merge(
        own.into_iter()
            .filter(|(key, _)| !is_composition(key))
            .collect(),
        &mut flat_schema,
    );
    for member in schema["allOf"].as_array().into_iter().flatten() {
        merge(flat(member, random), &mut flat_schema);
    }
    for union in ["oneOf", "anyOf"] {
        if let Some(members) = schema[union].as_array() {
            merge(
                flat(&members[random.below(members.len())], random),
                &mut flat_schema,
            );
        }
    }
    flat_schema
}
