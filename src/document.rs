//! The schemas of Vapi's document that are part of the program.

use serde_json::Value;

use crate::{
    model::facts::{Body, Operation},
    reference::facts,
};

/// The schema of the JSON body of an operation; the method can have any case.
pub(crate) fn body_schema(method: &str, path: &str) -> Option<&'static Value> {
    let is_it = |it: &&Operation| it.path == path && it.method.eq_ignore_ascii_case(method);
    match &facts().ok()?.operations.iter().find(is_it)?.body {
        Some(Body::Json(schema)) => Some(schema),
        _ => None,
    }
}

/// The schema behind references and compositions of a single schema.
pub(crate) fn resolved<'a>(schema: &'a Value) -> &'a Value {
    const STEPS: usize = 8;
    let Ok(facts) = facts() else {
        return schema;
    };
    let step = |schema: &&'a Value| -> Option<&'a Value> {
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            return facts.schemas.get(target.rsplit('/').next()?);
        }
        match schema.get("allOf")?.as_array()?.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    };
    let steps = std::iter::successors(Some(schema), step);
    steps.take(STEPS).last().unwrap_or(schema)
}
