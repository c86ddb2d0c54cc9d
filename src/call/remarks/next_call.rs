//! Finds the tool call that shows the progress of a created object.

use serde_json::{Value, json};

use crate::{
    catalog::Toolset,
    model::{ToolRef, View},
};

/// Whether the tool is exposed. Other tools are never named.
pub(super) fn is_exposed(rest: &ToolRef, toolset: &Toolset) -> bool {
    toolset.find(rest.tool).is_some()
}

/// The tool call that shows the progress of a created object.
pub(crate) fn next_call(view: &View, id: &str, toolset: &Toolset) -> Option<(&'static str, Value)> {
    let mut calls = [view.next_tool, view.show_tool].into_iter().flatten();
    let call = calls.find(|rest| is_exposed(rest, toolset))?;
    Some((call.tool, json!({ call.arg: id })))
}
