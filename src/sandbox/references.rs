//! The ids of other objects in a body.

use serde_json::Value;

use super::{check::members, routes::Routes};
use crate::document::resolved;

/// An id in a body.
#[derive(Debug)]
pub(super) struct Reference<'a> {
    /// The location, as in Vapi's messages.
    place: String,
    /// The property.
    pub key: &'a str,
    pub id: &'a str,
    /// The collections of which one must contain the object.
    pub targets: &'a [String],
}

impl Reference<'_> {
    /// The problem with an id that no object can have.
    pub(super) fn problem(&self) -> Option<String> {
        (!is_uuid(self.id)).then(|| format!("{} must be a UUID", self.place))
    }
}

/// The references in a value, at all properties that the schema declares.
pub(super) fn references<'a>(
    routes: &'a Routes,
    schema: &'a Value,
    value: &'a Value,
) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    walk(routes, &alternatives([schema]), "", value, &mut found);
    found
}

/// The schemas with unions replaced by their members, each once: many unions share members.
fn alternatives<'a>(schemas: impl IntoIterator<Item = &'a Value>) -> Vec<&'a Value> {
    let mut found: Vec<&Value> = Vec::new();
    for schema in schemas {
        let schema = resolved(schema);
        for member in members(schema).unwrap_or_else(|| vec![schema]) {
            if !found.iter().any(|known| std::ptr::eq(*known, member)) {
                found.push(member);
            }
        }
    }
    found
}

fn walk<'a>(
    routes: &'a Routes,
    schemas: &[&'a Value],
    place: &str,
    value: &'a Value,
    found: &mut Vec<Reference<'a>>,
) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let declared = schemas
                    .iter()
                    .filter_map(|it| it.get("properties")?.get(key));
                let below = alternatives(declared);
                if below.is_empty() {
                    continue;
                }
                let place = match place {
                    "" => key.clone(),
                    place => format!("{place}.{key}"),
                };
                match routes.targets(key) {
                    Some(targets) => ids(key, targets, &place, value, found),
                    None => walk(routes, &below, &place, value, found),
                }
            }
        }
        Value::Array(items) => {
            let below = alternatives(schemas.iter().filter_map(|schema| schema.get("items")));
            for (index, item) in items.iter().enumerate() {
                walk(routes, &below, &format!("{place}.{index}"), item, found);
            }
        }
        _ => {}
    }
}

fn ids<'a>(
    key: &'a str,
    targets: &'a [String],
    place: &str,
    value: &'a Value,
    found: &mut Vec<Reference<'a>>,
) {
    let (place, values) = match value {
        Value::Array(items) => (format!("each value in {place}"), items.as_slice()),
        value => (place.to_owned(), std::slice::from_ref(value)),
    };
    found.extend(values.iter().filter_map(Value::as_str).map(|id| Reference {
        place: place.clone(),
        key,
        id,
        targets,
    }));
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
