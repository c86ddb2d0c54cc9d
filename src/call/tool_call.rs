//! A tool call with parsed arguments: the action, and everything that is needed to show its
//! response.

use std::io;

use serde_json::{Map, Value};

use super::{
    arguments::{
        self, Arguments, FileArguments,
        control::{self, Control},
    },
    paging::Paging,
};
use crate::{
    argument_error::ArgumentError,
    bounds::MAX_ARGUMENTS,
    catalog::{Action, Tool},
    model::{Effect, Page},
    result::{self, RowFilter},
    text::{excerpt, grouped},
};

pub(super) struct ToolCall {
    pub control: Control,
    pub action: Action,
    /// The arguments that are short enough to be repeated in a remark.
    pub repeatable: Map<String, Value>,
    /// The arguments of the file to upload.
    pub file: FileArguments,
    /// The names of the arguments that were given.
    pub names: Vec<String>,
    /// The arguments that were set to their defaults, each with the default as JSON.
    pub defaults: Vec<(&'static str, &'static str)>,
    /// Which rows of a list are shown.
    pub filter: RowFilter,
    /// Maximum number of rows to show.
    pub limit: usize,
    /// The number of rows that are requested.
    pub requested_rows: usize,
    /// Maximum number of rows that Vapi sends at once.
    pub max_page_rows: usize,
    /// The requested part of a list that is not paged by time.
    pub paging: Option<Paging>,
    /// Remarks on the arguments.
    pub remarks: Vec<String>,
}

impl ToolCall {
    pub(super) fn new(
        tool: &'static Tool,
        arguments: Arguments,
    ) -> Result<Self, Vec<ArgumentError>> {
        let Arguments {
            mut members,
            removed,
        } = arguments;
        let repeatable = repeatable(&members);
        let names = names(tool, &members);
        let mut control = control::take(tool, &mut members)?;
        let mapped = arguments::map(tool, members)?;
        if let Some(fields) = &control.fields {
            result::check_fields(fields)
                .map_err(|error| vec![ArgumentError::new("fields", error.to_string())])?;
        }
        if tool.view.list {
            control.fields = control
                .fields
                .map(|fields| control::of_rows(fields, &tool.view));
        }
        let mut remarks = ignored(tool, &mapped.ignored);
        remarks.extend(removed_by_name(&removed));
        if tool.effect == Effect::Update {
            remarks.extend(unchanged(&mapped.empty));
        }
        let mut call = Self {
            control,
            action: Action {
                request: mapped.request,
                ..Action::of(tool)
            },
            repeatable,
            file: mapped.file,
            names,
            defaults: mapped.defaults,
            filter: mapped.filter,
            limit: usize::MAX,
            requested_rows: usize::MAX,
            max_page_rows: usize::MAX,
            paging: None,
            remarks,
        };
        if let Some(page) = tool.view.page {
            call.request_rows(page, arguments::maximum(tool, page.limit));
        }
        Ok(call)
    }

    /// A call of an action that a tool over many operations sends.
    pub(super) fn of_action(
        action: Action,
        control: Control,
        repeatable: Map<String, Value>,
    ) -> Self {
        Self {
            control,
            action,
            repeatable,
            file: FileArguments::default(),
            names: Vec::new(),
            defaults: Vec::new(),
            filter: RowFilter::default(),
            limit: usize::MAX,
            requested_rows: usize::MAX,
            max_page_rows: usize::MAX,
            paging: None,
            remarks: Vec::new(),
        }
    }

    /// Requests the rows that the caller wants and, in addition, those at the cursor that were
    /// already shown.
    pub(super) fn request_rows(&mut self, page: &Page, max_page_rows: usize) {
        let request = &mut self.action.request;
        let cursor = self.control.cursor.as_ref();
        self.max_page_rows = max_page_rows;
        self.limit = request.number(page.limit).unwrap_or(usize::MAX);
        self.requested_rows = request
            .add_rows(
                page.limit,
                cursor.map_or(0, |cursor| cursor.seen),
                max_page_rows,
            )
            .unwrap_or(usize::MAX);
        if let Some(cursor) = cursor {
            request.set(page.until, Value::from(cursor.time.clone()));
        }
    }

    /// The paging of a list whose rows this server has to filter.
    pub(super) fn page_to_scan(&self) -> Option<&'static Page> {
        let page = self.action.view.page;
        page.filter(|_| !self.filter.accepts_everything())
    }
}

/// The names of the arguments given; those inside another argument are prefixed with its name.
fn names(tool: &Tool, given: &Map<String, Value>) -> Vec<String> {
    let outer = tool.args.iter().filter(|arg| arg.arguments_of.is_some());
    let outer = outer.filter_map(|arg| Some((arg, given.get(arg.name)?.as_object()?)));
    let inner = outer.flat_map(|(arg, members)| {
        let keys = members.keys().take(MAX_ARGUMENTS);
        keys.map(|key| format!("{}.{key}", arg.name))
    });
    let known = tool.args.iter().map(|arg| arg.name);
    let known = known.filter(|name| given.contains_key(*name));
    known.map(str::to_owned).chain(inner).collect()
}

/// The arguments whose JSON is short enough for a remark.
pub(super) fn repeatable(given: &Map<String, Value>) -> Map<String, Value> {
    /// Maximum number of bytes of one, and of all.
    const ONE: usize = 500;
    const ALL: usize = 2_000;
    let mut left = ALL;
    let mut repeatable = Map::new();
    for (key, value) in given {
        let mut counter = BoundedCounter(ONE.min(left));
        let start = counter.0;
        if key.len() <= ONE && serde_json::to_writer(&mut counter, value).is_ok() {
            left -= start - counter.0;
            repeatable.insert(key.clone(), value.clone());
        }
    }
    repeatable
}

/// A writer that discards its input and fails once more than this many bytes are written.
struct BoundedCounter(usize);

impl io::Write for BoundedCounter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.0.checked_sub(bytes.len());
        self.0 = left.ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The remark on arguments that a client added.
pub(super) fn removed_by_name(removed: &[&str]) -> Option<String> {
    (!removed.is_empty()).then(|| {
        format!(
            "Dropped, because clients add them and Vapi does not support them: {}.",
            quoted(removed.iter().map(ToString::to_string))
        )
    })
}

/// The remark on empty values, which change nothing.
fn unchanged(empty: &[&str]) -> Option<String> {
    (!empty.is_empty()).then(|| {
        format!(
            "Not changed, because an empty value counts as not given: {}.",
            quoted(empty.iter().map(ToString::to_string))
        )
    })
}

/// The remarks on arguments that the tool does not have; the first of them by name.
fn ignored(tool: &Tool, ignored: &[String]) -> Vec<String> {
    const MAX_NAMED: usize = 10;
    if ignored.is_empty() {
        return Vec::new();
    }
    let own = tool.args.iter().map(|arg| arg.name.to_owned());
    let known = quoted(own.chain(control::names(tool)));
    let mut named = quoted(ignored.iter().take(MAX_NAMED).map(|name| excerpt(name)));
    if ignored.len() > MAX_NAMED {
        named = format!("{named} and {} more", grouped(ignored.len() - MAX_NAMED));
    }
    // On a separate line, so that it is not truncated because of long names in the first one.
    vec![
        format!(
            "Ignored, because {} has no such argument: {named}.",
            tool.name
        ),
        format!("It has {known}."),
    ]
}

fn quoted(names: impl Iterator<Item = String>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
