//! The body of a request as bytes: JSON, or a form with a file (RFC 7578).

use std::{fmt, time::Duration};

use bytes::Bytes;
use reqwest::{
    Body,
    header::HeaderValue,
    multipart::{Form, Part},
};
use serde_json::Value;

use super::{answer::collect, error::ApiError};

/// A serialized body, which can be sent several times.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestBody {
    pub(super) media_type: HeaderValue,
    pub(super) bytes: Bytes,
}

/// Omits the bytes, which contain private input.
impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody")
            .field("media_type", &self.media_type)
            .finish_non_exhaustive()
    }
}

/// A file to upload.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// The name.
    pub name: String,
    /// The media type, such as `text/plain`.
    pub media_type: String,
    /// The content.
    pub content: Bytes,
}

/// Omits name and content, which are private input.
impl fmt::Debug for UploadedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadedFile")
            .field("bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}

impl RequestBody {
    /// A body of JSON.
    pub fn json(body: &Value) -> Option<Self> {
        serde_json::to_vec(body)
            .ok()
            .map(|json| Self::from_json(json.into()))
    }

    /// A body of serialized JSON.
    pub fn from_json(bytes: Bytes) -> Self {
        Self {
            media_type: HeaderValue::from_static("application/json"),
            bytes,
        }
    }

    /// A form with these properties, each a field, and a file in the field `field`.
    pub async fn form(
        properties: &Value,
        field: &'static str,
        file: &UploadedFile,
    ) -> Result<Self, ApiError> {
        let wrong = |error: reqwest::Error| ApiError::Request(error.to_string());
        let mut form = Form::new();
        for (name, value) in properties.as_object().into_iter().flatten() {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            form = form.text(name.clone(), text);
        }
        let part = Part::stream(Body::from(file.content.clone())).file_name(file.name.clone());
        let form = form.part(field, part.mime_str(&file.media_type).map_err(wrong)?);
        let media_type = format!("multipart/form-data; boundary={}", form.boundary());
        let media_type = HeaderValue::try_from(media_type)
            .map_err(|error| ApiError::Request(error.to_string()))?;
        // All parts are in memory, so nothing waits and nothing fails.
        let bytes = collect(form.into_stream(), None, usize::MAX, Duration::ZERO).await?;
        Ok(Self { media_type, bytes })
    }
}
