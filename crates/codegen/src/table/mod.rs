//! The tool table: reads the rows of `spec/tools/*.toml`.

mod api_row;
mod row;

use std::{fs, path::Path, sync::Arc};

use indexmap::IndexMap;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Deserialize;
use toml::Spanned;

pub use api_row::ApiRow;
pub use row::{ArgRow, OmitEmpty, Row};

use crate::{
    problem::Problem,
    spec::{self, Lines, line_of, until},
};

/// One file of the table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TableFile {
    /// The server's instructions, which clients show a model before it sees a tool.
    #[serde(default)]
    instructions: String,
    /// The error text for a call of a tool that does not exist: which actions no tool supports, and
    /// where the user can perform them.
    #[serde(default)]
    unsupported: String,
    /// The tools, in the order in which clients show them.
    #[serde(default)]
    #[schemars(with = "Vec<Row>")]
    tool: Vec<Spanned<Row>>,
    /// The tools over many operations, which clients show after the others.
    #[serde(default)]
    #[schemars(with = "Vec<ApiRow>")]
    api: Vec<Spanned<ApiRow>>,
}

/// The whole table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The server's instructions, from all files.
    pub instructions: String,
    /// The error text for a call of a tool that does not exist, from all files.
    pub unsupported: String,
    /// The rows of all files.
    pub rows: Vec<LocatedRow>,
    /// The tools over many operations of all files, each with its file and line.
    pub api: Vec<(String, usize, ApiRow)>,
}

impl Table {
    /// Adds the texts and rows of one more file.
    fn extend(&mut self, more: Self) {
        for (text, more) in [
            (&mut self.instructions, more.instructions),
            (&mut self.unsupported, more.unsupported),
        ] {
            if !text.is_empty() && !more.is_empty() {
                text.push('\n');
            }
            text.push_str(&more);
        }
        self.rows.extend(more.rows);
        self.api.extend(more.api);
    }
}

/// A row with its file and line.
#[derive(Clone, Debug)]
pub struct LocatedRow {
    /// The name of the file in messages.
    pub file: String,
    /// The line of the row's first key.
    pub line: usize,
    /// The lines of its arguments, by name.
    pub args: IndexMap<String, usize>,
    /// The text of the file up to the end of the row.
    pub(crate) text: Arc<str>,
    /// The row.
    pub row: Row,
}

impl LocatedRow {
    /// The line in which a part of the row, such as `` `result.page` ``, names a location.
    pub(crate) fn line_of(&self, part: &str, at: &str) -> usize {
        let words = part.split('`').skip(1).step_by(2);
        let argument = words.clone().next().and_then(|name| self.args.get(name));
        let start = argument.copied().unwrap_or(self.line);
        if at.is_empty() {
            return start;
        }
        let key = words.last().unwrap_or_default();
        let key = key.rsplit('.').next().unwrap_or_default();
        let quoted = format!("\"{at}\"");
        match argument {
            Some(line) => *line,
            None => line_of(&self.text, start, &[key, &quoted]),
        }
    }
}

/// The JSON schema of a file of the table, for editors. TOML plug-ins support draft 7.
pub fn schema() -> String {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<TableFile>().to_value();
    schema.sort_all_objects();
    format!("{schema:#}\n")
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
        let parsed = spec::read(&file).and_then(|text| parse(&name, &text));
        match parsed {
            Ok(parsed) => table.extend(parsed),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(table)
    } else {
        Err(problems)
    }
}

/// Parses one file of the table; `name` is its name in messages.
pub fn parse(name: &str, text: &str) -> Result<Table, Vec<Problem>> {
    let file: TableFile = spec::parse(name, text)?;
    let lines = Lines::of(text);
    let rows = file.tool.into_iter().map(|row| {
        let args = row.get_ref().args.iter();
        let first = lines.number(row.span().start);
        LocatedRow {
            file: name.to_owned(),
            line: first,
            text: until(text, first, &["[[tool]]", "[[api]]"]).into(),
            args: args
                .map(|(name, arg)| (name.clone(), lines.number(arg.span().start)))
                .collect(),
            row: row.into_inner(),
        }
    });
    let api = file.api.into_iter().map(|row| {
        let line = lines.number(row.span().start);
        (name.to_owned(), line, row.into_inner())
    });
    Ok(Table {
        api: api.collect(),
        instructions: file.instructions,
        unsupported: file.unsupported,
        rows: rows.collect(),
    })
}
