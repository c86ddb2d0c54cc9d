//! Remarks on truncated values, with the tool calls that return the rest.

use serde_json::{Map, Value, json, value::RawValue};

use super::next_call::is_exposed;
use crate::{
    catalog::{Action, OPERATIONS, Toolset},
    model::View,
    result::{ID, ParsedAnswer, Truncation, rows_of},
    text::noun,
};

/// Maximum number of cuts that are listed.
const MAX_LISTED: usize = 5;

pub(crate) fn cuts(
    action: &Action,
    arguments: &Map<String, Value>,
    body: &[u8],
    cuts: &[Truncation],
    toolset: &Toolset,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut ids = None;
    let row_path = row_path(action);
    for cut in cuts.iter().take(MAX_LISTED) {
        // A pointer into a list starts with the number of the row.
        let (row, at) = match (
            action.view.list,
            cut.at.strip_prefix('/').map(|at| at.split_once('/')),
        ) {
            (true, Some(Some((row, at)))) => (Some(row), format!("/{at}")),
            (true, Some(None)) => (cut.at.strip_prefix('/'), String::new()),
            _ => (None, cut.at.clone()),
        };
        let rest = format!("{at}/{}:{}", cut.from, cut.to);
        let call = match (action.view.show_tool, row_path) {
            (Some(one), _) if !is_exposed(one, toolset) => None,
            (Some(one), _) => ids
                .get_or_insert_with(|| Ids::of(action.view, body))
                .at(row)
                .map(|id| (one.tool, json!({ one.arg: id, "fields": [rest] }))),
            (None, Some(path)) => ids
                .get_or_insert_with(|| Ids::of(action.view, body))
                .at(row)
                .map(|id| {
                    let operation = format!("GET {path}/{id}");
                    (
                        action.name,
                        json!({ "operation": operation, "fields": [rest] }),
                    )
                }),
            (None, None) => {
                let mut arguments = arguments.clone();
                arguments.insert("fields".to_owned(), json!([rest]));
                Some((action.name, Value::Object(arguments)))
            }
        };
        let missing = cut.to.saturating_sub(cut.from);
        let (are, them) = match missing {
            1 => ("is", "it"),
            _ => ("are", "them"),
        };
        // A batch has no id with which it could be requested again.
        let call = call.map_or_else(String::new, |(tool, arguments)| {
            format!("; {tool} with {arguments} returns {them}")
        });
        lines.push(format!(
            "Cut: {missing} of {} {} of {} {are} missing{call}.",
            cut.of,
            noun(cut.of, cut.unit),
            if at.is_empty() { "the whole" } else { &at },
        ));
    }
    match cuts.len().saturating_sub(MAX_LISTED) {
        0 => {}
        1 => lines.push("1 more value is truncated and marked; select it with fields.".to_owned()),
        more => lines.push(format!(
            "{more} more values are truncated and marked; select them with fields."
        )),
    }
    lines
}

/// The path of a list if an operation shows a row by its id, which follows the path.
fn row_path(action: &Action) -> Option<&'static str> {
    let path = action.operation.path;
    let is_row = |other: &str| {
        let rest = other
            .strip_prefix(path)
            .and_then(|rest| rest.strip_prefix("/{"));
        rest.is_some_and(|rest| !rest.contains('/'))
    };
    let mut reads = OPERATIONS.iter().filter(|it| it.method == "get");
    let has_row = action.view.list && !path.contains('{') && reads.any(|it| is_row(it.path));
    has_row.then_some(path)
}

/// The id of a response, or the ids of the rows of a list.
struct Ids<'a> {
    id: Option<String>,
    rows: Vec<&'a RawValue>,
}

impl<'a> Ids<'a> {
    fn of(view: &View, body: &'a [u8]) -> Self {
        match view.list {
            true => Self {
                id: None,
                rows: serde_json::from_slice(rows_of(body, view)).unwrap_or_default(),
            },
            false => Self {
                id: ParsedAnswer::of(body).text(&format!("/{ID}")),
                rows: Vec::new(),
            },
        }
    }

    fn at(&self, row: Option<&str>) -> Option<String> {
        let Some(row) = row else {
            return self.id.clone();
        };
        let row = self.rows.get(row.parse::<usize>().ok()?)?;
        ParsedAnswer::of(row.get().as_bytes()).text(&format!("/{ID}"))
    }
}
