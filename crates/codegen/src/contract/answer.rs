//! The alternatives of responses, and of what the pointers of a row refer to.

use serde_json::Value;

use super::form::{Form, forms};
use crate::{
    catalog::location::{escaped, segments},
    document::{Document, Operation, object},
    table::LocatedRow,
};

/// The schemas of an operation's 2xx responses with JSON, each with its location.
pub(super) fn answer_schemas<'a>(
    document: &'a Document,
    operation: Operation<'a>,
) -> Vec<(String, &'a Value)> {
    let (path, method) = (escaped(operation.path), operation.method);
    object(operation.object.get("responses"))
        .filter(|(status, _)| status.starts_with('2'))
        .filter_map(|(status, response)| {
            let schema = "content/application~1json/schema";
            let found = document.resolved(response).pointer(&format!("/{schema}"))?;
            let at = format!("/paths/{path}/{method}/responses/{status}/{schema}");
            Some((at, found))
        })
        .collect()
}

/// The alternatives of an operation's 2xx responses with JSON.
pub(super) fn answer_forms<'a>(document: &'a Document, operation: Operation<'a>) -> Vec<Form<'a>> {
    let schemas = answer_schemas(document, operation).into_iter();
    let forms = schemas.flat_map(|(at, schema)| forms(document, schema, &at));
    forms.collect()
}

/// The pointer in a response to which the pointers of a row are relative.
pub(super) fn base(document: &Document, located: &LocatedRow, operation: Operation<'_>) -> String {
    let mut base = located.row.result.rows.unwrap_or_default().to_owned();
    if base.is_empty() {
        let forms = answer_forms(document, operation);
        let is_list = forms
            .iter()
            .any(|form| form.get("type").is_some_and(|it| it == "array"));
        if is_list {
            base.push_str("/*");
        }
    }
    base
}

/// The alternatives of what the pointers of a row refer to.
pub(super) fn row_forms<'a>(
    document: &'a Document,
    located: &LocatedRow,
    operation: Operation<'a>,
) -> Vec<Form<'a>> {
    let mut here = answer_forms(document, operation);
    for segment in segments(&base(document, located, operation)) {
        here = below(document, &here, &segment);
    }
    here
}

/// The alternatives one segment of a pointer below others.
pub(super) fn below<'a>(document: &'a Document, here: &[Form<'a>], segment: &str) -> Vec<Form<'a>> {
    let below = here.iter().flat_map(|form| form.below(document, segment));
    below.collect()
}
