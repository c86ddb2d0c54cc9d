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
            Some(span) => problem.at_line(line(text, span.start)),
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

/// The line of an offset.
pub(crate) fn line(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|&byte| byte == b'\n')
        .count()
        + 1
}
