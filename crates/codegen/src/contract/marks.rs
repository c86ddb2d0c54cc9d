//! Marks of rows: properties that the live API sends but the document does not declare.

use std::collections::HashSet;

use super::answer::{base, below, row_forms};
use crate::{catalog::location::segments, document::Document, table::LocatedRow};

/// The properties that rows mark as undocumented: the pointers to the schemas that would have to
/// declare them, and the names.
pub(super) fn marked(document: &Document, rows: &[LocatedRow]) -> HashSet<(String, String)> {
    let mut marked = HashSet::new();
    for located in rows {
        let Some(operation) = document.operation(&located.row.operation) else {
            continue;
        };
        let roots = row_forms(document, located, operation);
        for pointer in &located.row.undocumented {
            let mut here = roots.clone();
            let mut segments: Vec<_> = segments(pointer).collect();
            let Some(name) = segments.pop() else { continue };
            for segment in segments {
                here = below(document, &here, &segment);
            }
            marked.extend(here.into_iter().map(|form| (form.at, name.clone())));
        }
    }
    marked
}

/// The marks for a property at a pointer in the response to the operation with this address: the
/// indices of the rows, each with the pointer in that row.
pub(super) fn of(
    document: &Document,
    rows: &[LocatedRow],
    address: &str,
    pointer: &str,
) -> Vec<(usize, String)> {
    let marks = rows.iter().enumerate().filter_map(|(index, located)| {
        let operation = document.operation(&located.row.operation)?;
        let base = base(document, located, operation);
        let below = pointer.strip_prefix(&base)?;
        let is_its = operation.address() == address && below.starts_with('/');
        is_its.then(|| (index, below.to_owned()))
    });
    marks.collect()
}
