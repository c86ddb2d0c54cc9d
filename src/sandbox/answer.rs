//! The responses of the sandbox.

use reqwest::{
    Body, Response,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::{Value, json};

/// A response to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// Whether the connection breaks before the body is completely sent.
    pub broken: bool,
}

impl Answer {
    pub(super) fn new(status: u16, body: impl Into<Value>) -> Self {
        Self {
            status,
            body: body.into(),
            broken: false,
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
        let text = self.body.to_string();
        let body = if self.broken {
            let reset = std::io::Error::other("the sandbox broke the connection");
            let half = text.get(..text.len() / 2).unwrap_or_default().to_owned();
            Body::wrap_stream(futures_util::stream::iter([Ok(half), Err(reset)]))
        } else {
            Body::from(text)
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = http::StatusCode::from_u16(self.status).unwrap_or_default();
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response.into()
    }
}
