//! Resolves pointers in the document, and reports segments that the document does not declare.

use std::borrow::Cow;

use indexmap::IndexSet;
use serde_json::{Value, json};

use crate::{
    document::{Document, Operation, object},
    lower::{items, kind},
};

/// A segment of a pointer that the document does not declare.
pub(crate) struct Missing {
    parent: String,
    pub(crate) segment: String,
    pub(crate) known: Vec<String>,
    /// Whether the parent can contain properties that the document does not declare.
    pub(crate) open: bool,
}

impl Missing {
    pub(crate) fn reason(&self, pointer: &str) -> String {
        let parent = if self.parent.is_empty() {
            "the top"
        } else {
            &self.parent
        };
        format!(
            "`{pointer}`: the document has no property `{}` at {parent}",
            self.segment
        )
    }
}

/// Whether a text is a JSON pointer.
pub(crate) fn is_pointer(text: &str) -> bool {
    text.is_empty() || text.starts_with('/')
}

/// The unescaped segments of a JSON pointer.
pub(crate) fn segments(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(unescaped)
}

/// The name in a segment of a JSON pointer.
pub(crate) fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

/// A name as a segment of a JSON pointer.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A pointer with the first element of a list for each segment `*`: elements have one schema.
pub(crate) fn of_first(pointer: &str) -> String {
    pointer.replace("/*", "/0")
}

/// The schemas at `pointer` below `roots`.
pub(crate) fn descend(
    document: &Document,
    roots: &[Value],
    pointer: &str,
) -> Result<Vec<Value>, Missing> {
    let mut here = Cow::Borrowed(roots);
    let mut parent = String::new();
    for segment in segments(pointer) {
        let Some(next) = step(document, &here, &segment) else {
            let known = property_names(&here);
            return Err(Missing {
                parent,
                segment,
                open: known.is_empty() && matches!(kind(&here), None | Some("object")),
                known: known.into_iter().map(str::to_owned).collect(),
            });
        };
        here = Cow::Owned(next);
        parent = format!("{parent}/{}", escaped(&segment));
    }
    Ok(here.into_owned())
}

/// The schemas of one property or element; `None` if none of `schemas` declares it.
pub(crate) fn step(document: &Document, schemas: &[Value], segment: &str) -> Option<Vec<Value>> {
    let element = segment.parse::<usize>().is_ok();
    let found: Vec<_> = schemas
        .iter()
        .filter_map(|schema| match schema.get("items") {
            Some(items) if element => Some(items),
            _ => schema.get("properties")?.get(segment),
        })
        .collect();
    let opened = found
        .iter()
        .flat_map(|schema| document.alternatives(schema));
    (!found.is_empty()).then(|| opened.collect())
}

pub(crate) fn property_names(schemas: &[Value]) -> Vec<&str> {
    let properties = schemas
        .iter()
        .flat_map(|schema| object(schema.get("properties")));
    let names: IndexSet<_> = properties.map(|(name, _)| name).collect();
    names.into_iter().collect()
}

/// The schemas of an operation's body: of JSON, or of a form if it takes no JSON; `None` if it takes
/// neither.
pub(crate) fn body_schema(document: &Document, operation: Operation<'_>) -> Option<Vec<Value>> {
    let schema = declared_body(document, operation)?;
    Some(
        schema
            .map(|schema| document.alternatives(schema))
            .unwrap_or_default(),
    )
}

/// The schema of an operation's body as the document declares it; `None` if the operation takes
/// neither JSON nor a form, and `Some(None)` if its body has no schema.
pub(super) fn declared_body<'a>(
    document: &'a Document,
    operation: Operation<'a>,
) -> Option<Option<&'a Value>> {
    let content = document.body(operation)?.get("content")?;
    let media = content.get("application/json");
    Some(media.or_else(|| content.get(FORM))?.get("schema"))
}

/// The media type of a form with a file.
const FORM: &str = "multipart/form-data";

/// The name of the only file in the form of an upload; `None` if there is no such form.
pub(crate) fn form_file(document: &Document, operation: Operation<'_>) -> Option<String> {
    let is_file = |schema: &Value| {
        let forms = document.alternatives(schema);
        forms
            .iter()
            .any(|form| form.get("format") == Some(&json!("binary")))
    };
    let body = body_schema(document, operation).filter(|_| document.is_upload(operation))?;
    let properties = body.iter().flat_map(|form| object(form.get("properties")));
    let mut files = properties.filter(|(_, schema)| is_file(schema));
    match (files.next(), files.next()) {
        (Some((name, _)), None) => Some(name.to_owned()),
        _ => None,
    }
}

/// The schemas of an operation's 2xx responses.
pub(crate) fn answer_schema(document: &Document, operation: Operation<'_>) -> Vec<Value> {
    object(operation.object.get("responses"))
        .filter(|(status, _)| status.starts_with('2'))
        .filter_map(|(_, response)| {
            document
                .resolved(response)
                .get("content")?
                .get("application/json")?
                .get("schema")
        })
        .flat_map(|schema| document.alternatives(schema))
        .collect()
}

/// The property of a page with its rows, and the one by which a page is recognised.
pub(crate) const PAGE: [&str; 2] = ["results", "metadata"];

/// The schemas of an element and true if the response is a list or a page, which the server reads
/// alike; otherwise the schemas of the response and false.
pub(crate) fn rows(document: &Document, answer: Vec<Value>) -> (Vec<Value>, bool) {
    let [rows, metadata] = PAGE;
    let pages = answer.iter().filter_map(|form| {
        let form = std::slice::from_ref(form);
        step(document, form, metadata)?;
        step(document, form, rows)
    });
    let lists: Vec<_> = pages
        .flatten()
        .chain(answer.iter().cloned())
        .filter(|schema| schema.get("type") == Some(&json!("array")))
        .collect();
    let elements = items(document, &lists);
    match elements.is_empty() {
        true => (answer, false),
        false => (elements, true),
    }
}
