//! HTTP responses that do not come from the MCP server itself.

use std::time::Duration;

use ::http::{StatusCode, header};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::session_manager::SessionRefusal;
use crate::server::ProtocolError;

/// `Retry-After` when a limit is reached; an estimate.
pub(super) const RETRY_AFTER_BUSY: Duration = Duration::from_secs(1);

/// An error as JSON.
pub(super) fn error_response(status: StatusCode, error: &str, message: &str) -> Response {
    (
        status,
        Json(json!({ "error": error, "error_description": message })),
    )
        .into_response()
}

/// A JSON-RPC error.
pub(super) fn protocol_error(status: StatusCode, error: &ProtocolError) -> Response {
    let kind = (header::CONTENT_TYPE, "application/json");
    (status, [kind], error.to_json()).into_response()
}

/// 400: the message is invalid. A batch gets one response, with an id if only one request was in
/// it.
pub(super) fn invalid_message(errors: &[ProtocolError]) -> Response {
    let batch = ProtocolError::invalid(None, "send one message at a time");
    let error = match errors {
        [error] => error,
        _ => &batch,
    };
    protocol_error(StatusCode::BAD_REQUEST, error)
}

/// 429: the caller exceeds a limit and may retry after `wait`.
pub(super) fn too_many_requests(message: &str, wait: Duration) -> Response {
    let mut response = error_response(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message);
    let seconds = wait
        .as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0));
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, seconds.max(1).into());
    response
}

/// 503: a limit of the server is reached.
pub(super) fn unavailable(message: &str) -> Response {
    let mut response = error_response(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, RETRY_AFTER_BUSY.as_secs().into());
    response
}

/// The session manager refused the request.
pub(super) fn session_refused(refusal: &SessionRefusal) -> Response {
    match refusal {
        SessionRefusal::CallerLimit => {
            too_many_requests("too many sessions; close some", RETRY_AFTER_BUSY)
        }
        SessionRefusal::ServerLimit => unavailable("the server has reached its limit of sessions"),
        SessionRefusal::NotFound => error_response(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is no such session",
        ),
        SessionRefusal::StreamInUse => error_response(
            StatusCode::CONFLICT,
            "conflict",
            "another connection reads this stream",
        ),
        SessionRefusal::DuplicateId(id) => {
            let message = "a request with this id is in progress in this session";
            let error = json!({ "code": -32600, "message": message });
            let message = json!({ "jsonrpc": "2.0", "id": id, "error": error });
            (StatusCode::BAD_REQUEST, Json(message)).into_response()
        }
        SessionRefusal::TooManyRequests => too_many_requests(
            "too many requests in progress in this session",
            RETRY_AFTER_BUSY,
        ),
    }
}

/// 404 as JSON, so that clients that look for OAuth metadata see that there is none.
pub(super) async fn not_found() -> Response {
    error_response(
        StatusCode::NOT_FOUND,
        "not_found",
        "not found; MCP is served at /mcp",
    )
}
