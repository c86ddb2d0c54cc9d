//! A new tool before it is written as a row and fixtures.

use model::Effect;
use serde_json::Value;

use super::argument::Argument;
use crate::{document::Operation, operations::Row};

/// A tool before it is written.
pub(super) struct Draft<'a> {
    pub(super) name: String,
    pub(super) operation: Operation<'a>,
    pub(super) effect: Effect,
    pub(super) facts: Option<&'a Row>,
    pub(super) args: Vec<Argument>,
    /// Pointers to destinations in the body that the request does not call.
    pub(super) not_dialed: Vec<String>,
    pub(super) answer: Answer,
    /// For a change that is merged into the stored object, the operation that reads the object.
    pub(super) read_before: Option<Operation<'a>>,
}

/// The shown part of the response.
pub(super) struct Answer {
    /// The schemas of the response, or of a row of it.
    pub(super) schemas: Vec<Value>,
    pub(super) list: bool,
    /// The pointer to the rows, if they are not the response itself.
    pub(super) rows: Option<String>,
}
