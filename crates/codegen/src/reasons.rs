//! Explanations of `endedReason` values (`spec/reasons.toml`), checked against the values in the
//! document.

use std::{collections::BTreeSet, path::Path};

use indexmap::IndexMap;
use quote::quote;
use serde::Deserialize;
use toml::Spanned;

use crate::{
    document::{Document, array},
    problem::Problem,
    spec::{self, Lines},
    structure::{Kind, each_object},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The property whose values are explained.
    property: String,
    /// Prefixes of reasons, each with an explanation.
    meaning: IndexMap<Spanned<String>, String>,
    /// Prefixes of reasons that only earlier revisions of the document have.
    #[serde(default)]
    earlier: IndexMap<Spanned<String>, String>,
}

/// Prefixes of reasons, each with an explanation.
#[derive(Clone, Debug, Default)]
pub struct Reasons {
    file: String,
    property: String,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    start: String,
    meaning: String,
    line: usize,
    is_earlier: bool,
}

impl Reasons {
    /// Reads the file.
    pub fn read(file: &Path) -> Result<Self, Vec<Problem>> {
        let name = file.display().to_string();
        let text = spec::read(file)?;
        let read: File = spec::parse(&name, &text)?;
        let lines = Lines::of(&text);
        let rows = [(read.meaning, false), (read.earlier, true)]
            .into_iter()
            .flat_map(|(rows, is_earlier)| rows.into_iter().map(move |row| (row, is_earlier)))
            .map(|((start, meaning), is_earlier)| Row {
                line: lines.number(start.span().start),
                start: start.into_inner(),
                meaning,
                is_earlier,
            });
        let reasons = Self {
            file: name,
            property: read.property,
            rows: rows.collect(),
        };
        let mut known = BTreeSet::new();
        let problems: Vec<_> = reasons
            .rows
            .iter()
            .filter_map(|row| {
                let start = &row.start;
                let wrong = if !known.insert(start) {
                    format!("`{start}` occurs twice")
                } else if start.is_empty() {
                    "an empty prefix matches every reason".to_owned()
                } else if row.meaning.trim().is_empty() {
                    format!("`{start}` has no explanation")
                } else {
                    return None;
                };
                Some(reasons.problem(row, wrong))
            })
            .collect();
        if problems.is_empty() {
            Ok(reasons)
        } else {
            Err(problems)
        }
    }

    /// The prefixes that no longer match the document, and the reasons in the document without an
    /// explanation.
    pub fn stale(&self, document: &Document) -> Vec<Problem> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let values = self.values(document);
        let mut counts = BTreeSet::new();
        let mut unexplained = Vec::new();
        for value in &values {
            let fits = self.rows.iter().filter(|row| value.starts_with(&row.start));
            match fits.max_by_key(|row| row.start.len()) {
                Some(row) => {
                    counts.insert(&row.start);
                }
                None => unexplained.push(Problem::new(
                    &self.file,
                    format!("no prefix matches `{value}`, which is in the document"),
                )),
            }
        }
        let rows = self.rows.iter().filter_map(|row| {
            let start = &row.start;
            let wrong = match (counts.contains(start), row.is_earlier) {
                (false, false) => {
                    format!("`{start}` matches no `{}` of the document", self.property)
                }
                (true, true) => format!("`{start}` is in the document again"),
                _ => return None,
            };
            let table = if row.is_earlier { "meaning" } else { "earlier" };
            let remedy = format!("move it to `[{table}]`");
            Some(self.problem(row, wrong).remedy(remedy))
        });
        rows.chain(unexplained).collect()
    }

    /// Whether a prefix matches a value.
    pub(crate) fn explain(&self, value: &str) -> bool {
        self.rows.iter().any(|row| value.starts_with(&row.start))
    }

    /// A Rust expression: a slice of prefixes and explanations.
    pub fn source(&self) -> String {
        let rows = self
            .rows
            .iter()
            .map(|Row { start, meaning, .. }| quote!((#start, #meaning)));
        quote!(&[#(#rows),*]).to_string()
    }

    /// All values that the property has in the document.
    fn values(&self, document: &Document) -> BTreeSet<String> {
        let mut values = BTreeSet::new();
        each_object(Kind::Document, document.value(), &mut |kind, object| {
            let properties = object.get("properties").filter(|_| kind == Kind::Schema);
            let property = properties.and_then(|properties| properties.get(&self.property));
            let texts = array(property.and_then(|property| property.get("enum")));
            values.extend(texts.filter_map(|text| text.as_str().map(str::to_owned)));
        });
        values
    }

    fn problem(&self, row: &Row, reason: String) -> Problem {
        Problem::new(&self.file, reason).at_line(row.line)
    }
}
