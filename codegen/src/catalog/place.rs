//! Places in the document: where a pointer leads, and where it leaves what is known.

use serde_json::Value;

use crate::document::{Document, Operation, object};

/// Where a pointer leaves what the document knows.
pub(super) struct Missing<'a> {
    parent: String,
    pub(super) segment: String,
    pub(super) known: Vec<&'a str>,
}

impl Missing<'_> {
    pub(super) fn reason(&self, pointer: &str) -> String {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return format!("`{pointer}` is no JSON pointer; it must start with `/`");
        }
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

pub(super) fn descend<'a>(
    document: &'a Document,
    roots: &[&'a Value],
    pointer: &str,
) -> Result<Vec<&'a Value>, Missing<'a>> {
    let mut here = roots.to_vec();
    let mut parent = String::new();
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(Missing {
            parent,
            segment: pointer.to_owned(),
            known: Vec::new(),
        });
    }
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        let element = segment.parse::<usize>().is_ok();
        let next: Vec<_> = here
            .iter()
            .filter_map(|schema| match schema.get("items") {
                Some(items) if element => Some(items),
                _ => schema.get("properties")?.get(&segment),
            })
            .flat_map(|schema| document.alternatives(schema))
            .collect();
        if next.is_empty() {
            return Err(Missing {
                parent,
                segment,
                known: property_names(&here),
            });
        }
        here = next;
        parent = format!("{parent}/{segment}");
    }
    Ok(here)
}

pub(super) fn property_names<'a>(schemas: &[&'a Value]) -> Vec<&'a str> {
    let mut names = Vec::new();
    for schema in schemas {
        for (name, _) in object(schema.get("properties")) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The schemas of an operation's JSON body; nothing when it takes none.
pub(super) fn body_schema<'a>(
    document: &'a Document,
    operation: Operation<'a>,
) -> Option<Vec<&'a Value>> {
    let media = operation
        .object
        .get("requestBody")?
        .get("content")?
        .get("application/json")?;
    Some(
        media
            .get("schema")
            .map(|schema| document.alternatives(schema))
            .unwrap_or_default(),
    )
}

/// The schemas of an operation's answers with a status of 2xx.
pub(super) fn answer_schema<'a>(
    document: &'a Document,
    operation: Operation<'a>,
) -> Vec<&'a Value> {
    object(operation.object.get("responses"))
        .filter(|(status, _)| status.starts_with('2'))
        .filter_map(|(_, response)| {
            response
                .get("content")?
                .get("application/json")?
                .get("schema")
        })
        .flat_map(|schema| document.alternatives(schema))
        .collect()
}

pub(super) fn is_upload(operation: Operation<'_>) -> bool {
    let content = operation
        .object
        .get("requestBody")
        .and_then(|body| body.get("content"));
    content.is_some_and(|content| content.get("application/json").is_none())
}
