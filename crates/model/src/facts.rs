//! The facts about Vapi's operations that the server describes to a model. The generator writes
//! them as compressed JSON; the server reads them when they are first needed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Effect;

/// All operations, and the schemas that they refer to.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Facts {
    /// In the document's order.
    pub operations: Vec<Operation>,
    /// By name, as in a reference `#/components/schemas/NAME`.
    pub schemas: BTreeMap<String, Value>,
}

/// One operation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Operation {
    /// In upper case.
    pub method: String,
    /// The template, such as `/call/{id}`.
    pub path: String,
    /// The operationId.
    pub id: String,
    /// What it does for the user; empty if that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub does: String,
    /// What it does to the account and the world.
    pub effect: Effect,
    /// Pointers to the times of the calls that the body places: when they start, and when they stop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
    /// What a delete loses, and what an update replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loses: Option<String>,
    /// A named tool that serves better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Path and query parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// The request body; none if it takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The answer; none if it has no content that the document declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// Notes on places of the body: JSON pointers with `*` for every element.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<(String, String)>,
    /// Places of the body that are not sent, each with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refuse: BTreeMap<String, String>,
}

impl Operation {
    /// Its method and path, such as `GET /call/{id}`.
    pub fn address(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// One parameter.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Where it goes: `path` or `query`.
    #[serde(rename = "in")]
    pub place: String,
    /// Whether it is required.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The schema of its value, without references.
    pub schema: Value,
    /// What it means, if the name does not say enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A request body.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// JSON with this schema.
    Json(Value),
    /// A form with a file, with this schema.
    Upload(Value),
    /// JSON that the document does not declare, and what it holds.
    Undocumented(String),
}

/// An answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// JSON with this schema.
    Json(Value),
    /// A redirect to a signed address.
    Redirect,
}
