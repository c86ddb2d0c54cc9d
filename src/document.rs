//! The excerpt of Vapi's document that is part of the program: operations, bodies and schemas.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::Value;

static DOCUMENT: LazyLock<Result<Document, Unreadable>> =
    LazyLock::new(|| parse(include_str!(concat!(env!("OUT_DIR"), "/document.json"))));

/// Why the embedded excerpt of the document cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It does not have the expected form.
    #[error("the excerpt of Vapi's document cannot be read: {0}; build the program again")]
    Form(String),
    /// There is nothing to answer.
    #[error("the excerpt of Vapi's document has no operation; build the program again")]
    Empty,
}

/// The excerpt of the document.
pub(crate) fn document() -> Result<&'static Document, Unreadable> {
    DOCUMENT.as_ref().map_err(Clone::clone)
}

/// What the body of an operation is like, where the excerpt tells.
pub(crate) fn body_schema(method: &str, path: &str) -> Option<&'static Value> {
    let (operation, _) = document().ok()?.find(method, path)?;
    operation.body.as_ref()
}

/// A schema of the excerpt without the references and the compositions of one before it.
pub(crate) fn resolved(schema: &Value) -> &Value {
    match DOCUMENT.as_ref() {
        Ok(document) => document.resolved(schema),
        Err(_) => schema,
    }
}

fn parse(excerpt: &str) -> Result<Document, Unreadable> {
    let document: Document =
        serde_json::from_str(excerpt).map_err(|error| Unreadable::Form(error.to_string()))?;
    match document.operations.is_empty() {
        true => Err(Unreadable::Empty),
        false => Ok(document),
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    operations: Vec<Operation>,
    schemas: HashMap<String, Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    /// In lower case.
    pub method: String,
    /// The template, such as `/call/{id}`.
    pub path: String,
    /// What its query is like, as an object; none where the sandbox does not answer it.
    #[cfg(feature = "sandbox")]
    pub query: Option<Value>,
    /// What its body is like.
    pub body: Option<Value>,
}

impl Operation {
    /// The path of the collection that it belongs to.
    #[cfg(feature = "sandbox")]
    pub(crate) fn collection(&self) -> &str {
        self.path.strip_suffix("/{id}").unwrap_or(&self.path)
    }

    /// The id in a path of this operation: none without one in the template; nothing at all for the
    /// path of another.
    fn matches<'a>(&self, path: &'a str) -> Option<Option<&'a str>> {
        let mut id = None;
        let mut given = path.split('/');
        for part in self.path.split('/') {
            let here = given.next()?;
            if part.starts_with('{') {
                id = Some(here);
            } else if part != here {
                return None;
            }
        }
        given.next().is_none().then_some(id)
    }
}

impl Document {
    /// The operation of this path, and the id in it.
    pub(crate) fn find<'a>(
        &self,
        method: &str,
        path: &'a str,
    ) -> Option<(&Operation, Option<&'a str>)> {
        let of_method = self
            .operations
            .iter()
            .filter(|operation| operation.method.eq_ignore_ascii_case(method));
        of_method
            .filter_map(|operation| Some((operation, operation.matches(path)?)))
            // A path that is written out goes before a template.
            .min_by_key(|(_, id)| id.is_some())
    }

    /// The collections that are kept.
    #[cfg(feature = "sandbox")]
    pub(crate) fn kept(&self) -> Vec<&str> {
        let mut kept: Vec<_> = self
            .operations
            .iter()
            .filter(|operation| operation.query.is_some() && operation.method == "get")
            .map(Operation::collection)
            .collect();
        kept.sort_unstable();
        kept.dedup();
        kept
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        const STEPS: usize = 8;
        let step = |schema: &&'a Value| {
            if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
                return self.schemas.get(target.rsplit('/').next()?);
            }
            match schema.get("allOf")?.as_array()?.as_slice() {
                [only] => Some(only),
                _ => None,
            }
        };
        let steps = std::iter::successors(Some(schema), step);
        steps.take(STEPS).last().unwrap_or(schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_that_cannot_be_read_is_no_empty_api() {
        for (excerpt, said) in [
            ("", "cannot be read: EOF"),
            ("{\"operations\":[", "cannot be read: EOF"),
            ("{}", "cannot be read: missing field `operations`"),
            (
                "{\"operations\":[]}",
                "cannot be read: missing field `schemas`",
            ),
            (
                "{\"operations\":[{\"path\":\"/call\"}],\"schemas\":{}}",
                "missing field `method`",
            ),
            ("{\"operations\":[],\"schemas\":{}}", "has no operation"),
        ] {
            let error = parse(excerpt).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(document().is_ok());
    }
}
