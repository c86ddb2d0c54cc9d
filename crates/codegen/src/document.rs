//! The OpenAPI document as JSON, and queries on it.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::graph::Graph;

/// The methods of a path item, in the order of OpenAPI 3.0.
pub(crate) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The maximum size of a document, in bytes; about ten times the size of Vapi's.
pub const BYTES: usize = 32 << 20;

/// Maximum number of steps of a reference; one with more steps is considered circular.
const STEPS: usize = 8;

/// The reason why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The document is larger than [`BYTES`].
    #[error("the document has more than {BYTES} bytes, the limit of the generator")]
    Large,
    /// The bytes are not JSON.
    #[error("the document is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The JSON is not an OpenAPI 3.0 document.
    #[error("the document is not an OpenAPI 3.0 document: {0}")]
    Shape(String),
}

/// A parsed OpenAPI 3.0 document.
#[derive(Clone, Debug)]
pub struct Document {
    value: Value,
    /// The schemas in `value`, once they are resolved.
    graph: OnceLock<Arc<Graph>>,
}

/// One operation: a method of a path.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    /// The path template, such as `/call/{id}`.
    pub path: &'a str,
    /// The method in lower case.
    pub method: &'a str,
    /// The operationId; empty if the document has none.
    pub id: &'a str,
    /// The operation object.
    pub object: &'a Value,
}

impl<'a> Operation<'a> {
    /// The names in braces in the path.
    pub(crate) fn path_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.path
            .split('{')
            .skip(1)
            .filter_map(|rest| Some(rest.split_once('}')?.0))
    }

    /// The method and path, such as `GET /call/{id}`.
    pub fn address(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }
}

/// One parameter of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a> {
    /// The name that the document gives to the parameter.
    pub name: &'a str,
    /// The OpenAPI `in` of the parameter: `path`, `query`, `header` or `cookie`.
    pub place: &'a str,
    /// Whether the document requires the parameter.
    pub required: bool,
    /// The schema of the value.
    pub schema: Option<&'a Value>,
}

impl<'a> Parameter<'a> {
    /// Reads a parameter object; `None` if it has no name.
    fn read(object: &'a Value) -> Option<Self> {
        let place = object.get("in")?.as_str()?;
        let required = object.get("required").and_then(Value::as_bool);
        Some(Self {
            name: object.get("name")?.as_str()?,
            place,
            required: place == "path" || required.unwrap_or_default(),
            schema: object.get("schema"),
        })
    }
}

impl Document {
    /// Parses the bytes and checks that `openapi` is 3.0.x and `paths` is an object.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        Self::checked(json(bytes)?)
    }

    /// The same for JSON that has been parsed.
    pub(crate) fn checked(value: Value) -> Result<Self, DocumentError> {
        let version = value.get("openapi").and_then(Value::as_str);
        match version {
            Some(v) if v.starts_with("3.0.") => {}
            Some(v) => {
                return Err(DocumentError::Shape(format!(
                    "`openapi` is `{v}`, but the generator supports only 3.0.x"
                )));
            }
            None => return Err(DocumentError::Shape("it has no `openapi` version".into())),
        }
        if !value.get("paths").is_some_and(Value::is_object) {
            return Err(DocumentError::Shape("it has no `paths` object".into()));
        }
        Ok(Self::from_value(value))
    }

    /// Wraps JSON that was derived from a parsed document.
    pub(crate) fn from_value(value: Value) -> Self {
        Self {
            value,
            graph: OnceLock::new(),
        }
    }

    /// The document's JSON.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The document's JSON, mutable.
    pub(crate) fn value_mut(&mut self) -> &mut Value {
        self.graph = OnceLock::new();
        &mut self.value
    }

    /// The schemas of the document, resolved by `resolve` at the first use.
    pub(crate) fn cached_graph(&self, resolve: impl FnOnce(&Self) -> Graph) -> &Graph {
        self.graph.get_or_init(|| Arc::new(resolve(self)))
    }

    /// All operations, in the order of the document.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        object(self.value.get("paths")).flat_map(|(path, item)| {
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
        self.operations()
            .find(|operation| !id.is_empty() && operation.id == id)
    }

    /// The number of named schemas.
    pub fn schema_count(&self) -> usize {
        object(self.value.pointer("/components/schemas")).count()
    }

    /// The number of paths.
    pub fn path_count(&self) -> usize {
        object(self.value.get("paths")).count()
    }

    /// The parameters of an operation: its own, and those of its path that it does not replace.
    pub fn parameters<'a>(&'a self, operation: Operation<'a>) -> Vec<Parameter<'a>> {
        let paths = self.value.get("paths");
        let item = paths.and_then(|paths| paths.get(operation.path));
        let declared = std::iter::once(operation.object)
            .chain(item)
            .flat_map(|holder| array(holder.get("parameters")))
            .filter_map(|parameter| Parameter::read(self.resolved(parameter)));
        let mut found: Vec<Parameter<'_>> = Vec::new();
        for parameter in declared {
            let same =
                |own: &Parameter<'_>| own.name == parameter.name && own.place == parameter.place;
            if !found.iter().any(same) {
                found.push(parameter);
            }
        }
        found
    }

    /// The request body object of an operation.
    pub fn body<'a>(&'a self, operation: Operation<'a>) -> Option<&'a Value> {
        Some(self.resolved(operation.object.get("requestBody")?))
    }

    /// Whether an operation accepts only bodies that are not JSON.
    pub fn is_upload(&self, operation: Operation<'_>) -> bool {
        self.body(operation)
            .and_then(|body| body.get("content"))
            .is_some_and(|content| content.get("application/json").is_none())
    }

    /// The value that a reference points to.
    pub(crate) fn target(&self, reference: &str) -> Option<&Value> {
        self.value.pointer(reference.strip_prefix('#')?)
    }

    /// The target of a reference object, or the object itself if it is not a reference or has no
    /// target.
    pub(crate) fn resolved<'a>(&'a self, object: &'a Value) -> &'a Value {
        let step = |object: &&'a Value| self.target(object.get("$ref")?.as_str()?);
        let steps = std::iter::successors(Some(object), step);
        steps.take(STEPS).last().unwrap_or(object)
    }
}

/// Parses the bytes, at most [`BYTES`].
pub(crate) fn json(bytes: &[u8]) -> Result<Value, DocumentError> {
    if bytes.len() > BYTES {
        return Err(DocumentError::Large);
    }
    Ok(serde_json::from_slice(bytes)?)
}

/// The entries of a JSON object; none if it is something else.
pub(crate) fn object(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
}

/// The elements of a JSON array; none if it is something else.
pub(crate) fn array(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}
