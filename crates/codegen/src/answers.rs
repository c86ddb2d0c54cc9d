//! The keys that responses have in common (`spec/answers.toml`), checked against the responses in
//! the document.

use std::path::Path;

use quote::quote;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use crate::{
    catalog::location::{answer_schema, descend, escaped},
    document::Document,
    problem::Problem,
    spec::{self, Lines},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rows: Spanned<String>,
    id: Spanned<String>,
}

/// The keys that responses have in common.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    file: String,
    /// The key of the rows of a page.
    pub(crate) rows: String,
    /// The key of the id of an object.
    id: String,
    /// The lines of both keys in the file; `None` without a file.
    lines: Option<(usize, usize)>,
}

impl Answers {
    /// Reads the file.
    pub fn read(file: &Path) -> Result<Self, Vec<Problem>> {
        let name = file.display().to_string();
        let text = spec::read(file)?;
        let File { rows, id } = spec::parse(&name, &text)?;
        let lines = Lines::of(&text);
        let at = |key: &Spanned<String>| lines.number(key.span().start);
        Ok(Self {
            file: name,
            lines: Some((at(&rows), at(&id))),
            rows: rows.into_inner(),
            id: id.into_inner(),
        })
    }

    /// Reports keys that no response in the document has.
    pub fn problems(&self, document: &Document) -> Vec<Problem> {
        let Some((rows_line, id_line)) = self.lines else {
            return Vec::new();
        };
        let (rows, id) = (escaped(&self.rows), escaped(&self.id));
        let wanted = [
            (
                format!("/{rows}/0"),
                rows_line,
                format!("no response in the document has a list at `{}`", self.rows),
            ),
            (
                format!("/0/{id}"),
                id_line,
                format!("no list in the document has rows with `{}`", self.id),
            ),
        ];
        let wrong = wanted.into_iter().filter(|(pointer, ..)| {
            let mut answers = document
                .operations()
                .map(|operation| answer_schema(document, operation));
            !answers.any(|answer| descend(document, &answer, pointer).is_ok())
        });
        wrong
            .map(|(_, line, reason)| Problem::new(&self.file, reason).at_line(line))
            .collect()
    }

    /// The objects of a response: the rows of a list or page, or the response itself.
    pub fn objects<'v>(&self, answer: &'v Value) -> Vec<&'v Value> {
        let page = answer.get(&self.rows).and_then(Value::as_array);
        match answer.as_array().or(page) {
            Some(rows) => rows.iter().collect(),
            None => vec![answer],
        }
    }

    /// The id of an object, a text.
    pub fn id_of<'v>(&self, object: &'v Value) -> Option<&'v str> {
        object.get(&self.id)?.as_str()
    }

    /// The pointer to the id of an object.
    pub(crate) fn id_pointer(&self) -> String {
        format!("/{}", escaped(&self.id))
    }

    /// Rust items: a constant for each key.
    pub fn source(&self) -> String {
        let Self { rows, id, .. } = self;
        let items = quote! {
            /// The key of the rows of a page.
            pub(crate) const ROWS: &str = #rows;
            /// The key of the id of an object.
            pub(crate) const ID: &str = #id;
        };
        items.to_string()
    }
}
