//! Errors of editing a configuration file.

use std::io;

/// Errors of editing a configuration file.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file is not valid JSON or TOML.
    #[error("it cannot be parsed: {0}")]
    Syntax(String),
    /// A part of the file does not have the expected type.
    #[error("`{0}` does not have the type that the client expects")]
    UnexpectedType(&'static str),
    /// The file cannot be edited without changing other parts.
    #[error("it cannot be changed without also changing other entries; edit it by hand")]
    NotIsolated,
    /// The file was changed between reading and writing.
    #[error("another program changed it in the meantime; try again")]
    ModifiedConcurrently,
}
