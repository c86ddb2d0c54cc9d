//! What can go wrong between a request and its answer.

use std::{
    error::Error as _,
    time::{Duration, SystemTime},
};

use chrono::DateTime;
use progenitor_client::Error;
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde_json::Value;

use super::{collect, turns::AT_ONCE};
use crate::{clock, tools::result::hide_secrets};

/// More of an error's body is not read; the rest would help nobody.
const ERROR_BODY: usize = 256 << 10;

/// Why an operation has no answer. Its text holds no secret and can be shown to a model.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Vapi answered with a status other than 2xx.
    #[error("Vapi answered {}{}", named(*status), said(message))]
    Status {
        /// The status.
        status: StatusCode,
        /// Vapi's own words, secrets hidden; empty when it had none.
        message: String,
        /// How long Vapi asks to wait.
        retry_after: Option<Duration>,
    },
    /// No whole answer came in time.
    #[error("Vapi did not answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// There was no connection.
    #[error("Vapi could not be reached: {0}")]
    Unreachable(String),
    /// The connection ended before the answer did.
    #[error("the connection to Vapi broke before the whole answer had come: {0}")]
    Interrupted(String),
    /// Its turn did not come in time, and it was not sent.
    #[error("nothing was sent: {AT_ONCE} other requests with this key were not answered in time")]
    Busy,
    /// The answer is larger than what is read.
    #[error("Vapi's answer is larger than {}, the most that is read", size(*limit))]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The request cannot be put into HTTP.
    #[error("the request could not be built: {0}")]
    Request(String),
}

/// Why a call has no answer.
#[derive(Debug)]
pub struct Failure {
    /// What happened last.
    pub error: ApiError,
    /// How many requests were sent, or tried to.
    pub tries: u32,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self { error, tries: 1 }
    }
}

impl ApiError {
    /// From the error of the generated client, whose own text holds headers and bodies and is
    /// never shown. Reads an error's body, which is still on its way.
    pub(super) async fn from_client(error: Error<()>, attempt: Duration) -> Self {
        match error {
            Error::UnexpectedResponse(response) => {
                let status = response.status();
                let retry_after = retry_after(response.headers());
                let body = collect(response.bytes_stream(), None, ERROR_BODY, attempt).await;
                Self::Status {
                    status,
                    message: body.map(|body| words(status, &body)).unwrap_or_default(),
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

    /// Whether Vapi may have done what was asked for, though there is no answer that says so. Only a
    /// status of 4xx says that it did not; 408 says that Vapi waited in vain for something.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Status { status, .. } => !status.is_client_error() || status.as_u16() == 408,
            Self::TimedOut(_) | Self::Interrupted(_) | Self::TooLarge { .. } => true,
            Self::Unreachable(_) | Self::Busy | Self::Request(_) => false,
        }
    }

    /// Whether the same request may be answered a little later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status.as_u16(), 408 | 429 | 502..=504),
            Self::TimedOut(_) | Self::Unreachable(_) | Self::Interrupted(_) | Self::Busy => true,
            Self::TooLarge { .. } | Self::Request(_) => false,
        }
    }

    /// How long Vapi asks to wait before the next request.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(super) fn transport(error: reqwest::Error, attempt: Duration) -> Self {
        // First of all: without a connection nothing was sent, though its time was up.
        if error.is_connect() {
            Self::Unreachable(cause(error))
        } else if error.is_timeout() {
            Self::TimedOut(attempt)
        } else if error.is_builder() {
            Self::Request(cause(error))
        } else {
            Self::Interrupted(cause(error))
        }
    }
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    let left = date.signed_duration_since(clock::wall(SystemTime::now()));
    Some(left.to_std().unwrap_or_default())
}

/// The innermost reason, which names no URL.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        innermost = inner.to_string();
        source = inner.source();
    }
    innermost
}

fn size(bytes: usize) -> String {
    if bytes >= 1 << 20 {
        format!("{} MB", bytes >> 20)
    } else {
        format!("{bytes} bytes")
    }
}

/// The status with its name, when it has one: those of the edge in front of Vapi have none.
fn named(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(name) => format!("{} {name}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

fn said(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

/// Vapi's words in an error's body, as far as they are worth reading: `message`, a string or a list
/// of strings, with what else the body holds; a plain text as it is; nothing of a page of HTML, nor
/// of broken JSON, in which secrets cannot be told.
fn words(status: StatusCode, body: &[u8]) -> String {
    const LONGEST: usize = 2_000;
    let words = match hide_secrets(body) {
        Ok(shown) => words_of_json(status, shown),
        Err(_) => {
            let text = String::from_utf8_lossy(body);
            let text = text.trim();
            let plain = !text.contains(['<', '{', '[', '\u{fffd}']);
            if plain {
                text.to_owned()
            } else {
                String::new()
            }
        }
    };
    words.chars().take(LONGEST).collect()
}

fn words_of_json(status: StatusCode, shown: String) -> String {
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
    // What the status line says already.
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
