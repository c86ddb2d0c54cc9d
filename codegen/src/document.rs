//! The OpenAPI document as JSON, and the only walks over it.
//!
//! Every walk goes by position (components, operations, parameters, bodies, subschemas), never by
//! key name alone: hundreds of properties in this document are called `type` or `description`.

use std::collections::BTreeSet;

use schemars::{
    Schema,
    transform::{Transform, transform_subschemas},
};
use serde_json::{Map, Value};

/// The methods a path item may hold, in OpenAPI 3.0's order.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

const REF_PREFIX: &str = "#/components/schemas/";

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The bytes are no JSON.
    #[error("the document is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The JSON is no OpenAPI 3.0 document.
    #[error("the document is not an OpenAPI 3.0 document: {0}")]
    Shape(String),
}

/// A parsed OpenAPI 3.0 document.
#[derive(Clone, Debug)]
pub struct Document(Value);

/// One operation: a method of a path.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    /// The path template, such as `/call/{id}`.
    pub path: &'a str,
    /// The method in lower case.
    pub method: &'a str,
    /// The operationId; empty when the document gives none.
    pub id: &'a str,
    /// The operation object.
    pub object: &'a Value,
}

impl Document {
    /// Parses the bytes and checks that what follows can rely on: an `openapi` of 3.0.x and an
    /// object of paths.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let value: Value = serde_json::from_slice(bytes)?;
        let version = value.get("openapi").and_then(Value::as_str);
        match version {
            Some(v) if v.starts_with("3.0.") => {}
            Some(v) => {
                return Err(DocumentError::Shape(format!(
                    "`openapi` is `{v}`, and the generator reads 3.0.x alone"
                )));
            }
            None => return Err(DocumentError::Shape("it has no `openapi` version".into())),
        }
        if !value.get("paths").is_some_and(Value::is_object) {
            return Err(DocumentError::Shape("it has no `paths` object".into()));
        }
        Ok(Self(value))
    }

    /// Wraps JSON that was made from a parsed document.
    pub(crate) fn from_value(value: Value) -> Self {
        Self(value)
    }

    /// The document's JSON.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The document's JSON, to change.
    pub(crate) fn value_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// All operations, in the document's order.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        object(self.0.get("paths")).flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                let object = item.get(method)?;
                Some(Operation {
                    path,
                    method,
                    id: object
                        .get("operationId")
                        .and_then(Value::as_str)
                        .unwrap_or_default(),
                    object,
                })
            })
        })
    }

    /// The operation with this operationId.
    pub fn operation(&self, id: &str) -> Option<Operation<'_>> {
        self.operations().find(|operation| operation.id == id)
    }

    /// The number of named schemas.
    pub fn schema_count(&self) -> usize {
        object(self.0.pointer("/components/schemas")).count()
    }

    /// The number of paths.
    pub fn path_count(&self) -> usize {
        object(self.0.get("paths")).count()
    }

    /// The schemas that a value at `schema` may follow, with references and compositions opened:
    /// each is an inline schema without `$ref`, `allOf`, `oneOf` or `anyOf` that still matters.
    /// An `allOf` adds its members' schemas beside its own, as a reader who looks for a property
    /// needs; an unknown reference adds nothing.
    pub fn alternatives<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let mut found = Vec::new();
        self.open(schema, &mut BTreeSet::new(), &mut found);
        found
    }

    fn open<'a>(
        &'a self,
        schema: &'a Value,
        seen: &mut BTreeSet<&'a str>,
        found: &mut Vec<&'a Value>,
    ) {
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            if seen.insert(target)
                && let Some(name) = target.strip_prefix(REF_PREFIX)
                && let Some(named) = self
                    .0
                    .pointer("/components/schemas")
                    .and_then(|schemas| schemas.get(name))
            {
                self.open(named, seen, found);
            }
            return;
        }
        let members = ["allOf", "oneOf", "anyOf"]
            .iter()
            .filter_map(|key| schema.get(key)?.as_array())
            .flatten();
        let mut composed = false;
        for member in members {
            composed = true;
            self.open(member, seen, found);
        }
        if !composed || schema.get("properties").is_some() {
            found.push(schema);
        }
    }
}

/// The entries of a JSON object; none when it is something else.
pub(crate) fn object(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
}

/// The entries of a JSON object, to change; none when it is something else.
pub(crate) fn object_mut(value: Option<&mut Value>) -> impl Iterator<Item = (&str, &mut Value)> {
    value
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
}

/// The elements of a JSON array, to change; none when it is something else.
pub(crate) fn array_mut(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

/// Calls `f` with the path and every operation object.
pub(crate) fn each_operation(
    document: &mut Value,
    mut f: impl FnMut(&str, &mut Map<String, Value>),
) {
    for (path, item) in object_mut(document.get_mut("paths")) {
        for (key, operation) in object_mut(Some(item)) {
            if METHODS.contains(&key)
                && let Some(operation) = operation.as_object_mut()
            {
                f(path, operation);
            }
        }
    }
}

/// Calls `f` with every parameter object: those of operations, of path items and of components.
pub(crate) fn each_parameter(document: &mut Value, mut f: impl FnMut(&mut Value)) {
    for (_, item) in object_mut(document.get_mut("paths")) {
        array_mut(item.get_mut("parameters")).for_each(&mut f);
    }
    each_operation(document, |_, operation| {
        array_mut(operation.get_mut("parameters")).for_each(&mut f);
    });
    for (_, parameter) in object_mut(document.pointer_mut("/components/parameters")) {
        f(parameter);
    }
}

/// Calls `f` with every media type object (`content/*`), with those of request bodies and
/// responses, inline or in components.
pub(crate) fn each_media_type(document: &mut Value, mut f: impl FnMut(&mut Value)) {
    let mut content = |holder: &mut Value| {
        for (_, media) in object_mut(holder.get_mut("content")) {
            f(media);
        }
    };
    each_operation(document, |_, operation| {
        operation
            .get_mut("requestBody")
            .into_iter()
            .for_each(&mut content);
        for (_, response) in object_mut(operation.get_mut("responses")) {
            content(response);
        }
    });
    for holders in ["/components/requestBodies", "/components/responses"] {
        for (_, holder) in object_mut(document.pointer_mut(holders)) {
            content(holder);
        }
    }
}

/// Calls `f` with every schema of the document, subschemas before the schema that holds them.
pub(crate) fn each_schema(document: &mut Value, mut f: impl FnMut(&mut Map<String, Value>)) {
    let mut visit = |schema: &mut Value| each_subschema(schema, &mut f);
    for (_, schema) in object_mut(document.pointer_mut("/components/schemas")) {
        visit(schema);
    }
    each_parameter(document, |parameter| {
        parameter.get_mut("schema").into_iter().for_each(&mut visit);
    });
    each_media_type(document, |media| {
        media.get_mut("schema").into_iter().for_each(&mut visit);
    });
}

/// Calls `f` with every object schema below `schema`, innermost first, and with `schema` itself.
pub(crate) fn each_subschema(schema: &mut Value, f: impl FnMut(&mut Map<String, Value>)) {
    struct Each<F>(F);
    impl<F: FnMut(&mut Map<String, Value>)> Transform for Each<F> {
        fn transform(&mut self, schema: &mut Schema) {
            transform_subschemas(self, schema);
            if let Some(object) = schema.as_object_mut() {
                (self.0)(object);
            }
        }
    }
    if let Ok(schema) = <&mut Schema>::try_from(schema) {
        Each(f).transform(schema);
    }
}
