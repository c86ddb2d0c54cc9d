//! A tool that was checked, and the catalogue of them.

use serde_json::{Map, Value, json};

use crate::{
    problem::Problem,
    table::{Arg, Effect, Row, Search},
};

/// The checked tools.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(super) instructions: String,
    pub(super) unsupported: String,
    pub(super) tools: Vec<Tool>,
    /// Stale entries in rows. They do not fail the build, but should be removed.
    pub stale: Vec<Problem>,
}

/// A row with what the document says of it.
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
    /// The places of the body at or below which a destination can stand, the body itself first.
    pub(super) places: Vec<Node>,
    /// Whether the answer is a list.
    pub(super) list: bool,
    /// The element of `tools/list`.
    pub(super) face: Value,
}

#[derive(Clone, Debug)]
pub(super) struct CheckedArg {
    pub(super) name: String,
    pub(super) arg: Arg,
    pub(super) at: At,
    pub(super) required: bool,
    pub(super) date_time: bool,
    pub(super) schema: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    Path(String),
    Query(String),
    Body(String),
    /// A pointer into a row of the answer.
    Filter(String),
    /// Places in a row of the answer.
    Search(Search),
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
    let mut properties = Map::new();
    for arg in args {
        let mut schema = arg.schema.as_object().cloned().unwrap_or_default();
        if let Some(default) = &arg.arg.default {
            schema.insert("default".to_owned(), default.clone());
        }
        schema.insert("description".to_owned(), json!(arg.arg.description.trim()));
        properties.insert(arg.name.clone(), Value::Object(schema));
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    let required: Vec<_> = args
        .iter()
        .filter(|arg| arg.required)
        .map(|arg| &arg.name)
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
    // What is left out has the protocol's default: no tool is one that only reads. That a tool may
    // destroy is a default too, and said all the same: it is what a client asks its user about.
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

/// The kind of a place of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    /// No destination, but one can stand below.
    Nothing,
    /// A destination that `dial.to` names.
    Called,
    /// A destination that no key of the row names.
    Undeclared,
    /// A destination to which a call can be transferred.
    Transfer,
}

/// A place of a body at or below which a destination can stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Node {
    pub(super) holds: Holds,
    /// The properties below which a destination can stand, each with its node, in order.
    pub(super) below: Vec<(String, usize)>,
    /// The other properties that the document knows, in order.
    pub(super) plain: Vec<String>,
    /// The node of the elements of a list.
    pub(super) items: Option<usize>,
    /// The node of the properties that the document does not name.
    pub(super) others: Option<usize>,
}
