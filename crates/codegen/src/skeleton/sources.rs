//! What a skeleton is made from.

use crate::{document::Document, supplement::Supplement, table::Table};

/// Everything from which a skeleton is made; the fixes are applied to the document.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The document.
    pub document: &'a Document,
    /// The existing rows, from which names and descriptions of common arguments are taken.
    pub table: &'a Table,
    /// What else is known about the operations.
    pub supplement: &'a Supplement,
}
