//! The request of an operation: its parameters by name, and its body.

use std::fmt;

use bytes::Bytes;
use progenitor_client::Error;
use serde_json::{Map, Value, json};

use crate::api::{ApiError, RequestBody, UploadedFile};

/// The parameters and body of an operation.
#[derive(Clone, PartialEq)]
pub struct Request {
    parameters: Vec<(&'static str, Value)>,
    body: Value,
    /// The field of the form that holds the file, and the file, until the form is serialized.
    file: Option<(&'static str, UploadedFile)>,
    /// The form without the content of its file, once it is serialized.
    form: Option<Value>,
    /// The body as it is sent, once it is serialized.
    serialized: Option<RequestBody>,
}

/// Omits the values, which contain private input.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.parameters.iter().map(|(name, _)| name);
        f.debug_set().entries(names).finish()
    }
}

impl Default for Request {
    fn default() -> Self {
        Self::new(Vec::new(), Map::new())
    }
}

impl Request {
    /// Creates a request with these path and query parameters and this JSON body; an operation
    /// without a body ignores the body.
    pub fn new(parameters: Vec<(&'static str, Value)>, body: Map<String, Value>) -> Self {
        Self {
            parameters,
            body: Value::Object(body),
            file: None,
            form: None,
            serialized: None,
        }
    }

    /// Sets a parameter.
    pub fn set(&mut self, name: &'static str, value: Value) {
        self.parameters.retain(|(known, _)| *known != name);
        self.parameters.push((name, value));
    }

    /// The path and query parameters.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.parameters.iter().map(|(name, value)| (*name, value))
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        let found = self.parameters.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    /// The value of a parameter that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.parameter(name)?.as_str()
    }

    /// The value of a numeric parameter.
    pub fn number(&self, name: &str) -> Option<usize> {
        let (_, value) = self.parameters.iter().find(|(known, _)| *known == name)?;
        usize::try_from(value.as_u64()?).ok()
    }

    /// Adds to a numeric parameter, up to the maximum, and returns the sum.
    pub fn add_rows(&mut self, name: &'static str, rows: usize, maximum: usize) -> Option<usize> {
        let (_, value) = self
            .parameters
            .iter_mut()
            .find(|(known, _)| *known == name)?;
        let given = usize::try_from(value.as_u64()?).ok()?;
        let sum = given.saturating_add(rows).min(maximum).max(given);
        *value = Value::from(sum);
        Some(sum)
    }

    /// The value of a parameter as an argument of the generated client.
    #[allow(
        clippy::result_large_err,
        reason = "the generated client has this error"
    )]
    pub fn argument<'a, T: Argument<'a>>(&'a self, name: &str) -> Result<T, Error<()>> {
        let wrong = || format!("the parameter `{name}` is missing or has another type");
        T::of(self.parameter(name)).ok_or_else(|| Error::InvalidRequest(wrong()))
    }

    /// The body, an object.
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// The body, before it is serialized.
    pub fn body_mut(&mut self) -> &mut Value {
        &mut self.body
    }

    /// Makes the body a form, with the file in this field.
    pub fn upload(&mut self, field: &'static str, file: UploadedFile) {
        self.file = Some((field, file));
    }

    /// Sets the body as JSON and drops its values.
    pub fn set_serialized(&mut self, json: Bytes) {
        self.body = Value::Object(Map::new());
        self.serialized = Some(RequestBody::from_json(json));
    }

    /// Serializes the body and drops its values, which would take many times as much memory while a
    /// request waits.
    pub async fn serialize_body(&mut self) -> Result<(), ApiError> {
        let has_properties = self.body.as_object().is_some_and(|body| !body.is_empty());
        if self.file.is_none() && !has_properties {
            return Ok(());
        }
        let mut body = std::mem::replace(&mut self.body, Value::Object(Map::new()));
        self.serialized = match self.file.take() {
            Some((field, file)) => {
                let form = RequestBody::form(&body, field, &file).await?;
                let UploadedFile {
                    name,
                    media_type,
                    content,
                } = file;
                if let Value::Object(fields) = &mut body {
                    let file = json!({
                        "filename": name, "contentType": media_type, "bytes": content.len(),
                    });
                    fields.insert(field.to_owned(), file);
                }
                self.form = Some(body);
                Some(form)
            }
            None => RequestBody::json(&body),
        };
        Ok(())
    }

    /// The serialized form, with a description of its file instead of the content; `None` if the
    /// body is JSON.
    pub fn form(&self) -> Option<&Value> {
        self.form.as_ref()
    }

    /// The body as it is sent, once it is serialized.
    pub fn serialized_body(&self) -> Option<&RequestBody> {
        self.serialized.as_ref()
    }
}

/// The types of arguments in the generated client, each with its conversion from JSON.
pub trait Argument<'a>: Sized {
    /// Converts the value of a parameter; `None` if it has another type, or is missing but required.
    fn of(value: Option<&'a Value>) -> Option<Self>;
}

impl<'a, T: Argument<'a>> Argument<'a> for Option<T> {
    fn of(value: Option<&'a Value>) -> Option<Self> {
        match value {
            Some(_) => T::of(value).map(Some),
            None => Some(None),
        }
    }
}

macro_rules! arguments {
    ($($type:ty: $convert:expr;)*) => {$(
        impl<'a> Argument<'a> for $type {
            fn of(value: Option<&'a Value>) -> Option<Self> {
                value.and_then($convert)
            }
        }
    )*};
}

arguments! {
    &'a str: Value::as_str;
    bool: Value::as_bool;
    i64: Value::as_i64;
    f64: Value::as_f64;
    &'a Value: Some;
    Vec<String>: |list| {
        let items = list.as_array()?.iter();
        items.map(|item| item.as_str().map(str::to_owned)).collect()
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::RequestPreview;

    #[test]
    fn a_request_can_be_printed_without_its_values() {
        let body = json!({ "secret": "s3cret" }).as_object().unwrap().clone();
        let request = Request::new(vec![("id", "s3cret".into())], body);
        let shown = format!("{request:?}");
        assert_eq!(shown, "{\"id\"}");
        let prepared = RequestPreview {
            method: "GET".to_owned(),
            url: "https://api.vapi.ai/call?id=s3cret".to_owned(),
            body: Some("s3cret".into()),
        };
        let shown = format!("{prepared:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
