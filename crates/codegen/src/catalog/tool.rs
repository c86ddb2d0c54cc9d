//! A tool that was checked, and the catalogue of them.

use model::{Arg, BodyNode, Effect, View};
use serde_json::{Map, Value, json};

use crate::{problem::Problem, table::Row};

/// The checked tools.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(super) instructions: String,
    pub(super) unsupported: String,
    pub(super) tools: Vec<Tool>,
    /// Stale entries in rows. They do not fail the build, but should be removed.
    pub stale: Vec<Problem>,
}

/// A row with what the document says about it.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub(super) row: Row,
    pub(super) effect: Effect,
    /// The Rust name of the client's method.
    pub(super) method: String,
    /// The method of the operation, in lower case.
    pub(super) verb: String,
    /// The path of the operation.
    pub(super) path: String,
    pub(super) args: Vec<CheckedArg>,
    /// The top-level properties of the body that are passed on; none unless the row is open.
    pub(super) body_properties: Vec<String>,
    pub(super) has_body: bool,
    /// The places of the body at or below which a destination can occur, the body itself first.
    pub(super) places: Vec<BodyNode>,
    pub(super) view: View,
    /// The element of `tools/list`.
    pub(super) face: Value,
}

/// A checked argument.
#[derive(Clone, Debug)]
pub(super) struct CheckedArg {
    pub(super) arg: Arg,
    /// Its property in the input schema of the tool.
    pub(super) property: Value,
}

impl Catalog {
    /// The number of tools.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there is no tool.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// The elements of `tools/list`.
    pub fn faces(&self) -> Vec<Value> {
        self.tools.iter().map(|tool| tool.face.clone()).collect()
    }
}

/// The element of `tools/list`: what clients and models see of a tool.
pub(super) fn face(row: &Row, effect: Effect, args: &[CheckedArg]) -> Value {
    let properties = args
        .iter()
        .map(|arg| (arg.arg.name.to_owned(), arg.property.clone()));
    let properties: Map<_, _> = properties.collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    let required: Vec<_> = args
        .iter()
        .filter(|arg| arg.arg.required)
        .map(|arg| arg.arg.name)
        .collect();
    if !required.is_empty()
        && let Some(schema) = schema.as_object_mut()
    {
        schema.insert("required".to_owned(), json!(required));
    }
    if row.open
        && let Some(schema) = schema.as_object_mut()
    {
        schema.insert("additionalProperties".to_owned(), json!(true));
    }
    // Hints are omitted where they equal the protocol's default, except `destructiveHint`: clients
    // ask their users because of it.
    let annotations = match effect {
        Effect::Read => json!({ "readOnlyHint": true }),
        Effect::Write => json!({ "destructiveHint": false }),
        Effect::Update | Effect::Delete => {
            json!({ "destructiveHint": true, "idempotentHint": true })
        }
        Effect::Spend | Effect::Dial => json!({ "destructiveHint": true }),
    };
    json!({
        "name": row.name,
        "title": row.title,
        "description": row.description.trim(),
        "inputSchema": schema,
        "annotations": annotations,
    })
}
