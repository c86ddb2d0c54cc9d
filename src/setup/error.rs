//! Why a file cannot be edited.

use std::io;

/// Why a file cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is not in its language.
    #[error("it cannot be parsed: {0}")]
    Syntax(String),
    /// A part of it is something else than a table of servers.
    #[error("`{0}` does not have the type that the client expects")]
    Form(&'static str),
    /// It is written in a way that cannot be kept.
    #[error("it cannot be changed without changing other entries too; edit it by hand")]
    Layout,
    /// Somebody else wrote it between looking and writing.
    #[error("another program changed it in the meantime; try again")]
    Raced,
}
