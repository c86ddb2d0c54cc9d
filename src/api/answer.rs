//! Responses: the bytes of a response, or the message of an error.

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use chrono::DateTime;
use futures_util::{Stream, StreamExt};
use progenitor_client::Error;
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde_json::Value;

use super::error::ApiError;
use crate::{
    clock,
    result::{hide_in_text, hide_secrets_of},
    token::Token,
};

/// Maximum number of bytes of an error's body that are read; messages are shorter.
const MAX_ERROR_BODY: usize = 256 << 10;

impl ApiError {
    /// Converts an error of the generated client, whose own message contains headers and bodies and
    /// is never shown. The body of an error is read here.
    pub(super) async fn from_client(error: Error<()>, attempt: Duration, token: &Token) -> Self {
        match error {
            Error::UnexpectedResponse(response) => {
                let status = response.status();
                let retry_after = retry_after(response.headers());
                let body = collect(response.bytes_stream(), None, MAX_ERROR_BODY, attempt).await;
                Self::Status {
                    status,
                    message: body
                        .map(|body| message(status, &body, token))
                        .unwrap_or_default(),
                    retry_after,
                }
            }
            Error::CommunicationError(error)
            | Error::ResponseBodyError(error)
            | Error::InvalidUpgrade(error) => Self::transport(error, attempt),
            Error::InvalidRequest(reason) | Error::Custom(reason) => Self::Request(reason),
            Error::ErrorResponse(response) => Self::Status {
                status: response.status(),
                message: String::new(),
                retry_after: None,
            },
            Error::InvalidResponsePayload(_, error) => Self::Interrupted(error.to_string()),
        }
    }
}

/// Reads a body to its end, or fails once it is larger than `limit`.
pub(super) async fn collect(
    body: impl Stream<Item = reqwest::Result<Bytes>>,
    length: Option<u64>,
    limit: usize,
    attempt: Duration,
) -> Result<Bytes, ApiError> {
    /// The largest buffer that is allocated because of a `Content-Length` header.
    const TRUSTED: usize = 1 << 20;
    let expected = length
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or(0);
    if expected > limit {
        return Err(ApiError::TooLarge { limit });
    }
    let mut read = BytesMut::with_capacity(expected.min(TRUSTED));
    let mut body = std::pin::pin!(body);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| ApiError::transport(error, attempt))?;
        if read.len().saturating_add(chunk.len()) > limit {
            return Err(ApiError::TooLarge { limit });
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.freeze())
}

/// `Retry-After` is given in seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    let left = date.signed_duration_since(clock::to_datetime(SystemTime::now()));
    Some(left.to_std().unwrap_or_default())
}

/// The message in an error's body: `message`, a string or a list of strings, with the rest of the
/// body; or plain text. Empty for an HTML page or broken JSON, in which secrets cannot be
/// recognised.
fn message(status: StatusCode, body: &[u8], token: &Token) -> String {
    const MAX_LENGTH: usize = 2_000;
    let message = match hide_secrets_of(body, Some(token)) {
        Ok(shown) => json_message(status, shown),
        Err(_) => {
            let text = String::from_utf8_lossy(body);
            let text = text.trim();
            let plain = !text.contains(['<', '{', '[', '\u{fffd}']);
            if plain {
                hide_in_text(text, Some(token))
            } else {
                String::new()
            }
        }
    };
    // The message becomes part of one line.
    let message = message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c });
    message.take(MAX_LENGTH).collect()
}

fn json_message(status: StatusCode, shown: String) -> String {
    let Ok(Value::Object(mut error)) = serde_json::from_str(&shown) else {
        return shown;
    };
    let message = match error.shift_remove("message") {
        Some(Value::String(message)) => message,
        Some(Value::Array(messages)) => {
            let lines: Vec<_> = messages
                .into_iter()
                .map(|line| {
                    line.as_str()
                        .map_or_else(|| line.to_string(), str::to_owned)
                })
                .collect();
            lines.join("; ")
        }
        Some(other) => other.to_string(),
        None => String::new(),
    };
    // The status line already contains these.
    error.shift_remove("statusCode");
    if error.get("error").and_then(Value::as_str) == status.canonical_reason() {
        error.shift_remove("error");
    }
    if error.is_empty() {
        return message;
    }
    let rest = Value::Object(error).to_string();
    if message.is_empty() {
        rest
    } else {
        format!("{message} {rest}")
    }
}
