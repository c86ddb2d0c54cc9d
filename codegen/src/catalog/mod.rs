//! The catalogue: the rows of the table, checked against the document and written as Rust.

use serde_json::{Map, Value, json};

use crate::{
    problem::Problem,
    table::{Arg, Effect, Row, Search},
};

mod answer;
mod argument;
mod check;
mod dial;
pub(crate) mod fit;
mod like;
pub(crate) mod place;
mod reach;
mod rust;
mod wait;

pub use check::check;

/// The checked tools.
#[derive(Clone, Debug)]
pub struct Catalog {
    instructions: String,
    unsupported: String,
    tools: Vec<Tool>,
    /// Marks in rows that the document has made untrue: no fault of the build, but to be mended.
    pub stale: Vec<Problem>,
}

/// A row with what the document says of it.
#[derive(Clone, Debug)]
struct Tool {
    row: Row,
    /// The Rust name of the client's method.
    method: String,
    /// The method of the operation, in lower case.
    verb: String,
    /// The path of the operation.
    path: String,
    args: Vec<CheckedArg>,
    /// The top-level properties of the body that are passed on; none unless the row is open.
    body_properties: Vec<String>,
    has_body: bool,
    /// The places of the body at or below which a destination can stand, the body itself first.
    places: Vec<reach::Node>,
    /// Whether the answer is a list.
    list: bool,
    /// The element of `tools/list`.
    face: Value,
}

#[derive(Clone, Debug)]
struct CheckedArg {
    name: String,
    arg: Arg,
    at: At,
    required: bool,
    date_time: bool,
    schema: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
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
fn face(row: &Row, args: &[CheckedArg]) -> Value {
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
    let annotations = match row.effect {
        Effect::Read => json!({ "readOnlyHint": true }),
        Effect::Write => json!({ "destructiveHint": false }),
        Effect::Delete => json!({ "destructiveHint": true, "idempotentHint": true }),
        Effect::Dial => json!({ "destructiveHint": true }),
    };
    json!({
        "name": row.name,
        "title": row.title,
        "description": row.description.trim(),
        "inputSchema": schema,
        "annotations": annotations,
    })
}
