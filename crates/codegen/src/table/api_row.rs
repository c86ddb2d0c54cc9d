//! A tool over many operations, as it is written.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use model::{ApiToolKind, Effect};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A tool over many operations of the API.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiRow {
    /// The tool's name, as clients call it.
    pub name: String,
    /// Other names by which models call it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The profiles of `--tools` that contain the tool.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// The name that people see.
    pub title: String,
    /// What it does and when to use it, for a model that chooses a tool.
    pub description: String,
    /// What it does, for the server.
    pub kind: ApiToolKind,
    /// The effect of a call, which the annotations follow.
    pub effect: Effect,
    /// The effects of the operations that it sends.
    #[serde(default)]
    pub sends: Vec<Effect>,
    /// The arguments, in the order in which clients show them.
    #[schemars(with = "BTreeMap<String, ApiArgRow>")]
    pub args: IndexMap<String, ApiArgRow>,
}

/// One argument of such a tool.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiArgRow {
    /// What it means, for a model that fills it in.
    pub description: String,
    /// Its JSON schema.
    pub schema: Value,
    /// Whether it is required.
    #[serde(default)]
    pub required: bool,
}
