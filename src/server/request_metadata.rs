//! The metadata of a request.

use rmcp::{RoleServer, model::ProtocolVersion, service::RequestContext};
#[cfg(feature = "http")]
use tokio_util::sync::CancellationToken;

use crate::api::Token;

/// Resolves when the shutdown aborts the call.
pub(super) async fn aborted(context: &RequestContext<RoleServer>) {
    #[cfg(feature = "http")]
    if let Some(parts) = context.extensions.get::<http::request::Parts>()
        && let Some(end) = parts.extensions.get::<CancellationToken>()
    {
        return end.cancelled().await;
    }
    let _ = context;
    std::future::pending().await
}

/// The token of an HTTP request; `None` with other transports.
pub(super) fn token(context: &RequestContext<RoleServer>) -> Option<Token> {
    #[cfg(feature = "http")]
    if let Some(parts) = context.extensions.get::<http::request::Parts>() {
        return parts.extensions.get().cloned();
    }
    let _ = context;
    None
}

/// The W3C trace context of the request, from its metadata or else from its HTTP header.
pub(super) fn trace(context: &RequestContext<RoleServer>) -> Option<String> {
    let trace = context.meta.get_traceparent();
    #[cfg(feature = "http")]
    let trace = trace.or_else(|| {
        let parts = context.extensions.get::<http::request::Parts>()?;
        parts.headers.get("traceparent")?.to_str().ok()
    });
    // Anything else may be private and must not be logged.
    let is_trace = |trace: &&str| {
        trace.len() == 55
            && trace
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
    };
    trace.filter(is_trace).map(str::to_owned)
}

/// Whether the request carries its own protocol version, as since 2026-07-28, when the protocol
/// became stateless.
pub(super) fn is_stateless(context: &RequestContext<RoleServer>) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}
