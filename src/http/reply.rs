//! Responses that the server gives before the protocol is involved.

use std::time::Duration;

use ::http::{HeaderValue, StatusCode, header};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::sessions;
use crate::server::Refusal;

/// `Retry-After` when all places are taken; an estimate.
pub(super) const BUSY: Duration = Duration::from_secs(1);

/// Why a caller is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// There is no bearer token.
    Missing,
    /// The token is malformed.
    Unusable,
    /// Vapi refused it a short time ago.
    Refused,
}

impl Denied {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Missing => "no_token",
            Self::Unusable => "unusable_token",
            Self::Refused => "refused_token",
        }
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        // A key of Vapi is no OAuth token: no metadata is named that would start such a flow. RFC
        // 6750: no error code for who has not tried.
        let (challenge, error, words) = match self {
            Self::Missing => (
                "Bearer realm=\"vapi-mcp\"",
                "unauthorized",
                "send your private Vapi API key: Authorization: Bearer <key>",
            ),
            Self::Unusable => (
                "Bearer realm=\"vapi-mcp\", error=\"invalid_token\", \
                 error_description=\"this is not a Vapi API key\"",
                "invalid_token",
                "this is not a Vapi API key",
            ),
            Self::Refused => (
                "Bearer realm=\"vapi-mcp\", error=\"invalid_token\", \
                 error_description=\"Vapi refused this key\"",
                "invalid_token",
                "Vapi refused this key",
            ),
        };
        let mut response = failure(StatusCode::UNAUTHORIZED, error, words);
        let challenge = HeaderValue::from_static(challenge);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        response
    }
}

/// An error as JSON.
pub(super) fn failure(status: StatusCode, error: &str, words: &str) -> Response {
    (
        status,
        Json(json!({ "error": error, "error_description": words })),
    )
        .into_response()
}

/// An error of the protocol.
pub(super) fn jsonrpc(status: StatusCode, refusal: &Refusal) -> Response {
    let kind = (header::CONTENT_TYPE, "application/json");
    (status, [kind], refusal.to_json()).into_response()
}

/// The message is none of the protocol. A list of them gets one answer, which has an id only where
/// it is clear whose.
pub(super) fn malformed(refusals: &[Refusal]) -> Response {
    let whole = Refusal::invalid(None, "send one message at a time");
    let refusal = match refusals {
        [refusal] => refusal,
        _ => &whole,
    };
    jsonrpc(StatusCode::BAD_REQUEST, refusal)
}

/// 429: the caller exceeds a limit and may retry after `wait`.
pub(super) fn too_much(words: &str, wait: Duration) -> Response {
    let mut response = failure(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", words);
    let seconds = wait
        .as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0));
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, seconds.max(1).into());
    response
}

/// 503: a limit of the whole server is reached.
pub(super) fn unavailable(words: &str) -> Response {
    let mut response = failure(StatusCode::SERVICE_UNAVAILABLE, "unavailable", words);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, BUSY.as_secs().into());
    response
}

/// The session does not take a request.
pub(super) fn refused(refusal: &sessions::Refusal) -> Response {
    use sessions::Refusal;
    match refusal {
        Refusal::Sessions => too_much("too many sessions; close some", BUSY),
        Refusal::AllSessions => unavailable("the server has reached its limit of sessions"),
        Refusal::Unknown => failure(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is no such session",
        ),
        Refusal::Open => failure(
            StatusCode::CONFLICT,
            "conflict",
            "another connection reads this stream",
        ),
        Refusal::Id(id) => {
            let words = "a request with this id is in progress in this session";
            let error = json!({ "code": -32600, "message": words });
            let message = json!({ "jsonrpc": "2.0", "id": id, "error": error });
            (StatusCode::BAD_REQUEST, Json(message)).into_response()
        }
        Refusal::Requests => too_much("too many requests in progress in this session", BUSY),
    }
}

/// There is nothing here. JSON, so that clients that look for OAuth metadata see that there is
/// none.
pub(super) async fn nothing() -> Response {
    failure(
        StatusCode::NOT_FOUND,
        "not_found",
        "not found; MCP is served at /mcp",
    )
}
