//! What can go wrong between a request and its answer.

use std::{
    env,
    error::Error as _,
    io,
    time::{Duration, SystemTime},
};

use chrono::DateTime;
use progenitor_client::Error;
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde_json::Value;

use super::{Token, collect, turns::AT_ONCE};
use crate::clock;
use crate::{
    bounds::noun,
    result::{hide_in_text, hide_secrets_of},
};

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
    /// Vapi's certificate, or that of a proxy, was not accepted, or TLS is not spoken there.
    #[error("no secure connection to Vapi could be made: {0}")]
    Insecure(String),
    /// There is no CA certificate to check Vapi's certificate with.
    #[error("no secure connection to Vapi could be made: {}", no_authorities())]
    NoAuthorities,
    /// The connection ended before the answer did.
    #[error("the connection to Vapi broke before the whole answer had come: {0}")]
    Interrupted(String),
    /// Its turn did not come in time, and it was not sent.
    #[error("nothing was sent: {AT_ONCE} other requests with this key were not answered in time")]
    Busy,
    /// Nobody would hear of the answer, and it was not sent.
    #[error("nothing was sent: the client has closed its end of the connection")]
    Unheard,
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
    pub(super) async fn from_client(error: Error<()>, attempt: Duration, token: &Token) -> Self {
        match error {
            Error::UnexpectedResponse(response) => {
                let status = response.status();
                let retry_after = retry_after(response.headers());
                let body = collect(response.bytes_stream(), None, ERROR_BODY, attempt).await;
                Self::Status {
                    status,
                    message: body
                        .map(|body| words(status, &body, token))
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

    /// Whether Vapi may have done what was asked for, though there is no answer that says so. Only a
    /// status of 4xx says that it did not; 408 says that Vapi waited in vain for something.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Status { status, .. } => !status.is_client_error() || status.as_u16() == 408,
            Self::TimedOut(_) | Self::Interrupted(_) | Self::TooLarge { .. } => true,
            Self::Unreachable(_)
            | Self::Insecure(_)
            | Self::NoAuthorities
            | Self::Busy
            | Self::Unheard
            | Self::Request(_) => false,
        }
    }

    /// Whether the same request may be answered a little later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status.as_u16(), 408 | 429 | 502..=504),
            Self::TimedOut(_) | Self::Unreachable(_) | Self::Interrupted(_) | Self::Busy => true,
            Self::Insecure(_)
            | Self::NoAuthorities
            | Self::TooLarge { .. }
            | Self::Unheard
            | Self::Request(_) => false,
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
            match tls_error(&error) {
                Some(reason) if will_recur(reason) => Self::Insecure(reason.to_string()),
                _ => Self::Unreachable(cause(error)),
            }
        } else if error.is_timeout() {
            Self::TimedOut(attempt)
        } else if error.is_builder() {
            Self::Request(cause(error))
        } else {
            Self::Interrupted(cause(error))
        }
    }

    /// From an HTTP client that could not be built. Of TLS, only the CA certificates can fail it.
    pub(super) fn from_builder(error: reqwest::Error) -> Self {
        match tls_error(&error) {
            Some(_) => Self::NoAuthorities,
            None => Self::Request(cause(error)),
        }
    }
}

fn no_authorities() -> String {
    let set = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter();
    let set: Vec<_> = set.filter(|name| env::var_os(name).is_some()).collect();
    match set.as_slice() {
        [] => "this system has no CA certificates".to_owned(),
        names => format!(
            "no CA certificate could be read from {}",
            names.join(" or ")
        ),
    }
}

/// The TLS error among the causes of an error.
fn tls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // What such an error wraps is not its source.
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

/// Whether the next connection would fail in the same way.
fn will_recur(error: &rustls::Error) -> bool {
    use rustls::Error::{
        InvalidCertificate, InvalidMessage, NoCertificatesPresented, PeerIncompatible,
        UnsupportedNameType,
    };
    matches!(
        error,
        InvalidCertificate(_)
            | InvalidMessage(_)
            | NoCertificatesPresented
            | PeerIncompatible(_)
            | UnsupportedNameType
    )
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
        format!("{bytes} {}", noun(bytes, "byte"))
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
fn words(status: StatusCode, body: &[u8], token: &Token) -> String {
    const LONGEST: usize = 2_000;
    let words = match hide_secrets_of(body, Some(token)) {
        Ok(shown) => words_of_json(status, shown),
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
    // They are a part of a line of ours, and make none of their own.
    let words = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    words.take(LONGEST).collect()
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
