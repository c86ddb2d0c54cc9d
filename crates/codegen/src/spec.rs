//! The files of `spec/` that are written by hand, as TOML.

use std::{fs, path::Path};

use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The text of a file.
pub(crate) fn read(file: &Path) -> Result<String, Vec<Problem>> {
    fs::read_to_string(file).map_err(|error| {
        vec![Problem::new(
            file.display(),
            format!("cannot be read: {error}"),
        )]
    })
}

/// Parses a file; `name` is its name in messages.
pub(crate) fn parse<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Vec<Problem>> {
    toml::from_str(text).map_err(|error| {
        let problem = Problem::new(name, error.message());
        vec![match error.span() {
            Some(span) => problem.at_line(Lines::of(text).number(span.start)),
            None => problem,
        }]
    })
}

/// The line, from `first` on, in which these texts follow each other; of those that do not, as far as
/// they do.
pub(crate) fn line_of(text: &str, first: usize, texts: &[&str]) -> usize {
    let mut found = first;
    let mut lines = text
        .lines()
        .enumerate()
        .skip(first.saturating_sub(1))
        .peekable();
    for wanted in texts {
        let mut rest = lines.clone();
        while let Some((index, line)) = rest.peek() {
            if line.contains(wanted) {
                found = index + 1;
                lines = rest;
                break;
            }
            rest.next();
        }
    }
    found
}

/// The part of a text before the first of these beginnings of lines below `first`.
pub(crate) fn until<'a>(text: &'a str, first: usize, starts: &[&str]) -> &'a str {
    let mut length = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index >= first && starts.iter().any(|start| line.starts_with(start)) {
            break;
        }
        length += line.len();
    }
    text.get(..length).unwrap_or(text)
}

/// The lines of a text.
pub(crate) struct Lines {
    /// The offsets of the line breaks.
    breaks: Vec<usize>,
}

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        Self {
            breaks: text.match_indices('\n').map(|(at, _)| at).collect(),
        }
    }

    /// The number of the line at an offset; the first is 1.
    pub(crate) fn number(&self, offset: usize) -> usize {
        self.breaks.partition_point(|at| *at < offset) + 1
    }
}
