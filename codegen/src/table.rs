//! The tool table: the rows of `spec/tools/*.toml`, as they are written.

use std::{fs, path::Path};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use crate::problem::Problem;

/// One file of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    /// What a model is told before it sees a tool.
    #[serde(default)]
    instructions: String,
    tool: Vec<Spanned<Row>>,
}

/// One tool.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The tool's name, as clients call it.
    pub name: String,
    /// The name a person reads.
    pub title: String,
    /// What it does, when to use it and what it costs, for a model that has to choose.
    pub description: String,
    /// The operationId of the operation that it sends.
    pub operation: String,
    /// What a call of it does; annotations and guards follow from it.
    pub effect: Effect,
    /// Whether properties of the body beyond the arguments are accepted and passed on.
    #[serde(default)]
    pub open: bool,
    /// The arguments, in the order in which clients show them.
    #[serde(default)]
    pub args: IndexMap<String, Arg>,
    /// What is shown of the answer; all of it when not given.
    #[serde(default)]
    pub result: View,
}

/// What a call of a tool does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Creates or changes something.
    Write,
    /// Removes something.
    Delete,
    /// Rings a person and costs money.
    Dial,
}

/// One argument and its one place in the request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arg {
    /// The path parameter that it fills.
    pub path: Option<String>,
    /// The query parameter that it fills.
    pub query: Option<String>,
    /// The JSON pointer into the body that it fills.
    pub body: Option<String>,
    /// What it means, for a model that has to fill it in.
    pub description: String,
    /// Its JSON schema, when the one that follows from the document is not what a model needs.
    pub schema: Option<Value>,
    /// Whether it must be given, though the document does not say so.
    #[serde(default)]
    pub required: bool,
    /// What is sent when neither it nor its place is given.
    pub default: Option<Value>,
    /// Constants that are set with it: JSON pointer into the body to value.
    #[serde(default)]
    pub beside: IndexMap<String, Value>,
    /// Empty strings and lists that count as not given: the argument itself, or pointers below it.
    #[serde(default)]
    pub omit_empty: OmitEmpty,
    /// Whether it may come as a string that holds JSON.
    #[serde(default)]
    pub json_string: bool,
    /// Other names that it is accepted under.
    #[serde(default)]
    pub alias: Vec<String>,
}

/// Which empty values of an argument count as not given.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OmitEmpty {
    /// The argument itself, or nothing.
    Whole(bool),
    /// The places at these pointers below the argument.
    Below(Vec<String>),
}

impl Default for OmitEmpty {
    fn default() -> Self {
        Self::Whole(false)
    }
}

/// What is shown of an answer, or of each element when the answer is a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The places that are shown; everything when not given.
    pub keep: Option<Vec<Place>>,
    /// Places that are shown once more under a name of ours, where the answer has no such key.
    #[serde(default)]
    pub add: Vec<Added>,
}

/// A place in an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Place {
    /// A place that the document describes.
    Known(String),
    /// A place that may be missing from the document.
    Full {
        /// The JSON pointer.
        at: String,
        /// The live API sends it, and the document omits it.
        undocumented: bool,
    },
}

/// A place that is shown under a name of ours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Added {
    /// Our name: a key of the shown object.
    pub name: String,
    /// The JSON pointer of the value.
    pub at: String,
    /// The keys of the value that are shown; all when not given.
    pub keep: Option<Vec<String>>,
}

/// The whole table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What a model is told before it sees a tool: the words of all files.
    pub instructions: String,
    /// The rows of all files.
    pub rows: Vec<Placed>,
}

/// A row and where it stands.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The file, as it is named in messages.
    pub file: String,
    /// The line of the row's first key.
    pub line: usize,
    /// The row.
    pub row: Row,
}

/// Reads all `*.toml` files of the folder, in the order of their names.
pub fn read(folder: &Path) -> Result<Table, Vec<Problem>> {
    let unreadable = |error: std::io::Error| {
        vec![Problem::new(
            folder.display(),
            format!("cannot be read: {error}"),
        )]
    };
    let mut files: Vec<_> = fs::read_dir(folder)
        .map_err(unreadable)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    let mut table = Table::default();
    let mut problems = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let parsed = fs::read_to_string(&file)
            .map_err(|error| vec![Problem::new(&name, format!("cannot be read: {error}"))])
            .and_then(|text| parse(&name, &text));
        match parsed {
            Ok(parsed) => {
                table.instructions.push_str(&parsed.instructions);
                table.rows.extend(parsed.rows);
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(table)
    } else {
        Err(problems)
    }
}

/// Parses one file of the table; `name` stands for it in messages.
pub fn parse(name: &str, text: &str) -> Result<Table, Vec<Problem>> {
    let file: TableFile = toml::from_str(text).map_err(|error| {
        let problem = Problem::new(name, error.message());
        vec![match error.span() {
            Some(span) => problem.at_line(line(text, span.start)),
            None => problem,
        }]
    })?;
    let rows = file.tool.into_iter().map(|row| Placed {
        file: name.to_owned(),
        line: line(text, row.span().start),
        row: row.into_inner(),
    });
    Ok(Table {
        instructions: file.instructions,
        rows: rows.collect(),
    })
}

fn line(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|&byte| byte == b'\n')
        .count()
        + 1
}
