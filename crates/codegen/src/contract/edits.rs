//! Changes of the document after which it allows what the live API sends.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::difference::Kind;
use crate::{
    catalog::location::escaped,
    document::{Document, array},
    fixes::set,
};

/// A change of the document, as [`set`] applies it.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The pointer; it ends with `-` if the value is added to a list.
    pub at: String,
    /// The new value.
    pub value: Value,
}

/// Stands for a value that the maintainer has to fill in, because no value is recorded.
const PLACEHOLDER: &str = "VALUE";

/// The differences at one schema.
#[derive(Default)]
struct AtSchema<'a> {
    /// The types of undeclared properties.
    undeclared: BTreeMap<&'a str, BTreeSet<&'static str>>,
    missing: BTreeSet<&'a str>,
    types: BTreeSet<&'static str>,
    has_value: bool,
    is_union: bool,
}

/// The changes for these differences: pointers to schemas, and what differs.
pub(super) fn of<'a>(
    document: &Document,
    found: impl Iterator<Item = (&'a str, &'a Kind)>,
) -> Vec<Edit> {
    let mut schemas: BTreeMap<&str, AtSchema<'_>> = BTreeMap::new();
    for (at, kind) in found {
        let schema = schemas.entry(at).or_default();
        match kind {
            Kind::Undeclared(name, found) => {
                schema.undeclared.entry(name).or_default().insert(*found);
            }
            Kind::Missing(name) => {
                schema.missing.insert(name);
            }
            Kind::Type(found) => {
                schema.types.insert(*found);
            }
            Kind::Value(_) => schema.has_value = true,
            Kind::Union => schema.is_union = true,
        }
    }
    let mut changed = document.value().clone();
    let mut edits = Vec::new();
    // A change of a schema's type moves what is below it, so it comes last.
    for (at, schema) in schemas.iter().rev() {
        for edit in schema.edits(&changed, at) {
            // A schema that is merged from several has no location.
            if set(&mut changed, &edit.at, edit.value.clone()) > 0 {
                edits.push(edit);
            }
        }
    }
    edits
}

impl AtSchema<'_> {
    fn edits(&self, document: &Value, at: &str) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut edit = |at: String, value: Value| edits.push(Edit { at, value });
        for (name, types) in &self.undeclared {
            match *name {
                "*" => edit(format!("{at}/additionalProperties"), json!({})),
                name => edit(format!("{at}/properties/{}", escaped(name)), schema(types)),
            }
        }
        if !self.missing.is_empty() {
            let pointer = format!("{at}/required");
            let required = array(document.pointer(&pointer));
            let is_sent =
                |name: &&Value| !name.as_str().is_some_and(|it| self.missing.contains(it));
            let required: Vec<_> = required.filter(is_sent).cloned().collect();
            edit(pointer, required.into());
        }
        if self.has_value {
            edit(format!("{at}/enum/-"), PLACEHOLDER.into());
        }
        if self.is_union {
            edit(format!("{at}/-"), json!({ "type": "object" }));
        }
        let declared = document.pointer(at).filter(|_| !self.types.is_empty());
        if let Some(declared) = declared {
            let others: Vec<_> = self.types.iter().filter(|it| **it != "null").collect();
            let mut wider = match (others.as_slice(), declared) {
                ([], Value::Object(declared)) => declared.clone(),
                _ => Map::from_iter([("oneOf".to_owned(), json!([declared]))]),
            };
            if let Some(Value::Array(alternatives)) = wider.get_mut("oneOf") {
                let others = others
                    .iter()
                    .map(|found| schema(&BTreeSet::from([**found])));
                alternatives.extend(others);
            }
            if self.types.contains("null") {
                wider.insert("nullable".to_owned(), json!(true));
            }
            edit(at.to_owned(), wider.into());
        }
        edits
    }
}

/// A schema of values with these JSON types.
fn schema(types: &BTreeSet<&'static str>) -> Value {
    let mut schema = Map::new();
    let mut others = types.iter().filter(|it| **it != "null");
    if let (Some(only), None) = (others.next(), others.next()) {
        schema.insert("type".to_owned(), json!(only));
        if *only == "array" {
            schema.insert("items".to_owned(), json!({}));
        }
    }
    if types.contains("null") {
        schema.insert("nullable".to_owned(), json!(true));
    }
    schema.into()
}
