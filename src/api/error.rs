//! The errors between a request and its response.

use std::{env, error::Error as _, io, time::Duration};

use reqwest::StatusCode;

use super::keyed_semaphore::MAX_CONCURRENT_PER_KEY;
use crate::text::noun;

/// The reason why an operation has no response. The message contains no secret and can be shown to
/// a model.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Vapi answered with a status other than 2xx.
    #[error("Vapi answered {}{}", status_line(*status), after_colon(message))]
    Status {
        /// The HTTP status.
        status: StatusCode,
        /// Vapi's own message, secrets hidden; empty if there is none.
        message: String,
        /// The delay that `Retry-After` asks for.
        retry_after: Option<Duration>,
    },
    /// No complete response arrived in time.
    #[error("Vapi did not answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// No connection could be established.
    #[error("Vapi could not be reached: {0}")]
    Unreachable(String),
    /// The certificate of Vapi or of a proxy was not accepted, or the server does not support TLS.
    #[error("no secure connection to Vapi could be made: {0}")]
    Insecure(String),
    /// There is no CA certificate with which to verify Vapi's certificate.
    #[error("no secure connection to Vapi could be made: {}", no_authorities())]
    NoAuthorities,
    /// The connection ended before the response did.
    #[error("the connection to Vapi broke before the response was complete: {0}")]
    Interrupted(String),
    /// Not sent, because earlier requests with the same key took too long.
    #[error(
        "nothing was sent: {MAX_CONCURRENT_PER_KEY} other requests with this key were not answered in time"
    )]
    Busy,
    /// Not sent, because the client has disconnected.
    #[error("nothing was sent: the client has closed its end of the connection")]
    ClientGone,
    /// The response is larger than the limit.
    #[error("Vapi's response is larger than {}, the limit", size(*limit))]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The response is a file instead of a redirect to one; its media type, if that is known.
    #[error("Vapi sent the file itself{} instead of a link to it; nothing was downloaded", in_brackets(.0.as_deref()))]
    File(Option<String>),
    /// The request could not be built.
    #[error("the request could not be built: {0}")]
    Request(String),
}

/// The failure of a tool call, after all attempts.
#[derive(Debug)]
pub struct Failure {
    /// The error of the last attempt.
    pub error: ApiError,
    /// The number of attempts.
    pub tries: u32,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self { error, tries: 1 }
    }
}

impl ApiError {
    /// Whether Vapi may have processed the request. Only a 4xx status other than 408 means that it
    /// did not.
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            Self::Status { status, .. } => !status.is_client_error() || status.as_u16() == 408,
            Self::TimedOut(_) | Self::Interrupted(_) | Self::TooLarge { .. } | Self::File(_) => {
                true
            }
            Self::Unreachable(_)
            | Self::Insecure(_)
            | Self::NoAuthorities
            | Self::Busy
            | Self::ClientGone
            | Self::Request(_) => false,
        }
    }

    /// Whether the same request may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status.as_u16(), 408 | 429 | 502..=504),
            Self::TimedOut(_) | Self::Unreachable(_) | Self::Interrupted(_) | Self::Busy => true,
            Self::Insecure(_)
            | Self::NoAuthorities
            | Self::TooLarge { .. }
            | Self::File(_)
            | Self::ClientGone
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
        // Checked first, because a timeout while connecting means that nothing was sent.
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

    /// Converts the error of an HTTP client that could not be built. The only possible TLS error
    /// here is missing CA certificates.
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
        // `source` of an I/O error skips the wrapped error.
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

/// The innermost cause, which contains no URL.
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

/// The status with its name, if it has one; statuses of Vapi's edge network have no name.
fn status_line(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(name) => format!("{} {name}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

fn in_brackets(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!(" ({text})"))
}

fn after_colon(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}
