//! Checked tools and their catalogue.

use model::{Arg, BodyNode, Effect, View};
use serde_json::Value;

use super::{api::ApiTool, definition::definition};
use crate::{problem::Problem, table::Row};

/// The checked tools.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(super) instructions: String,
    pub(super) unsupported: String,
    pub(super) tools: Vec<Tool>,
    pub(super) api: Vec<ApiTool>,
    /// Stale entries in rows. They do not fail the build, but should be removed.
    pub stale: Vec<Problem>,
}

/// A row with additional information from the document.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub(super) row: Row,
    pub(super) effect: Effect,
    pub(super) args: Vec<CheckedArg>,
    /// The top-level properties of the body that are passed on; none unless the row is open.
    pub(super) body_properties: Vec<String>,
    /// The locations in the body at or below which a destination can occur, the body itself first.
    pub(super) places: Vec<BodyNode>,
    pub(super) view: View,
    /// The element of `tools/list`.
    pub(super) face: Value,
}

/// A checked argument.
#[derive(Clone, Debug)]
pub(super) struct CheckedArg {
    pub(super) arg: Arg,
    /// The property of the argument in the input schema of the tool.
    pub(super) property: Value,
    /// Whether it is part of the input schema.
    pub(super) listed: bool,
}

impl Catalog {
    /// The number of tools.
    pub fn len(&self) -> usize {
        self.tools.len() + self.api.len()
    }

    /// Whether there is no tool.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements of `tools/list`.
    pub fn faces(&self) -> Vec<Value> {
        let tools = self.tools.iter().map(|tool| &tool.face);
        let api = self.api.iter().map(|tool| &tool.face);
        tools.chain(api).cloned().collect()
    }
}

/// The element of `tools/list`: the definition of a tool that clients and models receive.
pub(super) fn face(row: &Row, effect: Effect, args: &[CheckedArg]) -> Value {
    let properties = args
        .iter()
        .filter(|arg| arg.listed)
        .map(|arg| (arg.arg.name.to_owned(), arg.property.clone()));
    let required = args.iter().filter(|arg| arg.arg.required);
    let required: Vec<_> = required.map(|arg| arg.arg.name).collect();
    definition(
        &row.name,
        &row.title,
        &row.description,
        effect,
        properties.collect(),
        &required,
        row.open,
    )
}
