//! The responses of the sandbox.

use reqwest::{
    Body, Response,
    header::{CONTENT_TYPE, HeaderValue, LOCATION},
};
use serde_json::{Value, json};

/// The base URL of the sandbox, which does not exist.
pub const ADDRESS: &str = "https://sandbox.invalid";

/// A response to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// Whether the connection breaks before the body is completely sent.
    pub broken: bool,
    /// The address of a redirect.
    pub location: Option<String>,
    /// A file instead of the body.
    pub file: Option<Box<Served>>,
}

/// A file that the sandbox serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The media type.
    pub media_type: &'static str,
    /// The content.
    pub bytes: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: u16, body: impl Into<Value>) -> Self {
        Self {
            status,
            body: body.into(),
            broken: false,
            location: None,
            file: None,
        }
    }

    pub(super) fn redirect(location: String) -> Self {
        Self {
            location: Some(location),
            ..Self::new(302, Value::Null)
        }
    }

    pub(super) fn file(file: Served) -> Self {
        Self {
            file: Some(Box::new(file)),
            ..Self::new(200, Value::Null)
        }
    }

    /// An error as Vapi reports it: `message` is a text or a list of texts.
    pub(super) fn refusal(status: u16, message: impl Into<Value>) -> Self {
        let error = match status {
            400 => "Bad Request",
            404 => "Not Found",
            _ => "Not Implemented",
        };
        let message = message.into();
        let body = json!({ "message": message, "error": error, "statusCode": status });
        Self::new(status, body)
    }

    /// The response as an HTTP response.
    pub(crate) fn into_response(self) -> Response {
        let text = match &self.location {
            Some(_) => String::new(),
            None => self.body.to_string(),
        };
        let mut media_type = "application/json; charset=utf-8";
        let body = if self.broken {
            let reset = std::io::Error::other("the sandbox broke the connection");
            let half = text.get(..text.len() / 2).unwrap_or_default().to_owned();
            Body::wrap_stream(futures_util::stream::iter([Ok(half), Err(reset)]))
        } else if let Some(file) = self.file {
            media_type = file.media_type;
            Body::from(file.bytes)
        } else {
            Body::from(text)
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = http::StatusCode::from_u16(self.status).unwrap_or_default();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        let location = self.location.map(HeaderValue::try_from);
        if let Some(Ok(location)) = location {
            headers.insert(LOCATION, location);
        }
        response.into()
    }
}
