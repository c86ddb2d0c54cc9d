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
