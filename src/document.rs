//! The excerpt of Vapi's document that is part of the program: operations, bodies and schemas.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::Value;

static DOCUMENT: LazyLock<Result<Document, DocumentError>> =
    LazyLock::new(|| parse(include_str!(concat!(env!("OUT_DIR"), "/document.json"))));

/// The reason why the embedded excerpt of the document cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The excerpt does not have the expected structure.
    #[error("the excerpt of Vapi's document cannot be read: {0}; build the program again")]
    Form(String),
    /// The excerpt has no operations.
    #[error("the excerpt of Vapi's document has no operation; build the program again")]
    Empty,
}

/// The excerpt of the document.
pub(crate) fn document() -> Result<&'static Document, DocumentError> {
    DOCUMENT.as_ref().map_err(Clone::clone)
}

/// The schema of the body of an operation.
pub(crate) fn body_schema(method: &str, path: &str) -> Option<&'static Value> {
    let (operation, _) = document().ok()?.find(method, path)?;
    operation.body.as_ref()
}

/// The schema behind references and compositions of a single schema.
pub(crate) fn resolved(schema: &Value) -> &Value {
    match DOCUMENT.as_ref() {
        Ok(document) => document.resolved(schema),
        Err(_) => schema,
    }
}

fn parse(excerpt: &str) -> Result<Document, DocumentError> {
    let document: Document =
        serde_json::from_str(excerpt).map_err(|error| DocumentError::Form(error.to_string()))?;
    match document.operations.is_empty() {
        true => Err(DocumentError::Empty),
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
    /// The HTTP method in lower case.
    pub method: String,
    /// The path template, such as `/call/{id}`.
    pub path: String,
    /// The schema of its query, as an object; `None` if the sandbox does not support the operation.
    #[cfg(feature = "sandbox")]
    pub query: Option<Value>,
    /// The schema of its body.
    pub body: Option<Value>,
}

impl Operation {
    /// The path of the collection that it belongs to.
    #[cfg(feature = "sandbox")]
    pub(crate) fn collection(&self) -> &str {
        self.path.strip_suffix("/{id}").unwrap_or(&self.path)
    }

    /// Matches a path against the template; returns the id in the path, if the template has one.
    fn matches<'a>(&self, path: &'a str) -> Option<Option<&'a str>> {
        let mut id = None;
        let mut segments = path.split('/');
        for part in self.path.split('/') {
            let segment = segments.next()?;
            if part.starts_with('{') {
                id = Some(segment);
            } else if part != segment {
                return None;
            }
        }
        segments.next().is_none().then_some(id)
    }
}

impl Document {
    /// The operation of a path, and the id in the path.
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
            // A literal path takes precedence over a template.
            .min_by_key(|(_, id)| id.is_some())
    }

    /// The collections that the sandbox supports.
    #[cfg(feature = "sandbox")]
    pub(crate) fn collections(&self) -> Vec<&str> {
        let mut collections: Vec<_> = self
            .operations
            .iter()
            .filter(|operation| operation.query.is_some() && operation.method == "get")
            .map(Operation::collection)
            .collect();
        collections.sort_unstable();
        collections.dedup();
        collections
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
    fn an_unreadable_excerpt_is_an_error() {
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
