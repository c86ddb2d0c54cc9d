//! A request that is built but not sent.

use std::fmt;

use bytes::Bytes;

/// A request as it would be sent, without its headers.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestPreview {
    /// The HTTP method.
    pub method: String,
    /// The complete URL.
    pub url: String,
    /// The serialized body.
    pub body: Option<Bytes>,
}

/// Omits URL and body, which contain private input.
impl fmt::Debug for RequestPreview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestPreview")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl RequestPreview {
    pub(super) fn of(request: &reqwest::Request) -> Self {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        Self {
            method: request.method().to_string(),
            url: request.url().to_string(),
            body: body.map(Bytes::copy_from_slice),
        }
    }
}
