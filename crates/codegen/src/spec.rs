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

/// The line of an offset.
pub(crate) fn line(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|&byte| byte == b'\n')
        .count()
        + 1
}
