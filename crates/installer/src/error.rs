//! Why a file cannot be edited.

use std::io;

/// Why a file cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is not valid JSON or TOML.
    #[error("it cannot be parsed: {0}")]
    Syntax(String),
    /// A part of it does not have the expected type.
    #[error("`{0}` does not have the type that the client expects")]
    UnexpectedType(&'static str),
    /// It cannot be edited without changing other parts.
    #[error("it cannot be changed without changing other entries too; edit it by hand")]
    NotIsolated,
    /// It was changed between reading and writing.
    #[error("another program changed it in the meantime; try again")]
    ModifiedConcurrently,
}
