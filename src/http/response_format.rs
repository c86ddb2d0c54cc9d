//! Converts the responses of rmcp's transport to the format that a client accepts.
//!
//! rmcp sends events without a name, which some clients ignore, sends events even to clients that
//! accept only JSON, and sends errors as plain text.

use ::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use serde_json::Value;

use super::responses::{self, protocol_error};
use crate::server::ProtocolError;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// The `Accept` header that rmcp requires.
const JSON_AND_EVENTS: &str = "application/json, text/event-stream";

const MESSAGE_EVENT: &[u8] = b"event: message\n";

/// The maximum length of a plain-text error, in bytes.
const MAX_ERROR_TEXT: usize = 4096;

/// The response formats that a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accept {
    pub(super) json: bool,
    pub(super) events: bool,
}

impl Accept {
    /// Accepts only events, as for the stream of a session.
    pub(super) const EVENTS: Self = Self {
        json: false,
        events: true,
    };

    /// Without an `Accept` header, any format is accepted.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut ranges = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter(|range| !range.trim().is_empty())
            .peekable();
        let mut accept = Self {
            json: ranges.peek().is_none(),
            events: ranges.peek().is_none(),
        };
        for range in ranges.filter(|range| !is_excluded(range)) {
            let kind = range.split(';').next().unwrap_or_default().trim();
            let kind = kind.to_ascii_lowercase();
            accept.json |= matches!(
                kind.as_str(),
                "*/*" | "*" | "application/*" | "application/json"
            );
            accept.events |= matches!(kind.as_str(), "*/*" | "*" | "text/*" | "text/event-stream");
        }
        accept
    }
}

/// Whether the media range has a weight of zero.
fn is_excluded(range: &str) -> bool {
    let mut parameters = range
        .split(';')
        .skip(1)
        .filter_map(|one| one.split_once('='));
    parameters.any(|(name, value)| {
        name.trim().eq_ignore_ascii_case("q")
            && value
                .trim()
                .parse::<f32>()
                .is_ok_and(|weight| weight <= 0.0)
    })
}

/// Whether the content type is missing or JSON. Types that a form of a web page can send are not
/// accepted.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let kind = kind.to_str().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    kind.strip_prefix("application/").is_some_and(|kind| {
        matches!(kind, "json" | "json-rpc" | "jsonrequest") || kind.ends_with("+json")
    })
}

/// Replaces headers that rmcp would refuse.
pub(super) fn normalize_headers(headers: &mut HeaderMap) {
    headers.insert(header::ACCEPT, HeaderValue::from_static(JSON_AND_EVENTS));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
}

/// Converts a response. `id` is the id of the request as JSON.
pub(super) async fn convert(response: Response, accept: Accept, id: Option<String>) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is = |name: &str| kind.is_some_and(|kind| kind == name);
    let status = response.status();
    if is(EVENTS) {
        return if accept.events {
            response.map(|body| Body::new(body.map_frame(|frame| frame.map_data(with_event_name))))
        } else {
            as_json(response, id).await
        };
    }
    if status.is_client_error() || status.is_server_error() {
        return if is(JSON) {
            response
        } else {
            as_protocol_error(response, id).await
        };
    }
    if is(JSON) && !accept.json {
        return as_event(response).await;
    }
    response
}

/// Converts a plain-text error to a JSON-RPC error.
async fn as_protocol_error(response: Response, id: Option<String>) -> Response {
    let (mut parts, body) = response.into_parts();
    let text = axum::body::to_bytes(body, MAX_ERROR_TEXT).await;
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    let text = match parts.status {
        // rmcp returns this status for JSON that is not a message.
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            parts.status = StatusCode::BAD_REQUEST;
            "the body is not a valid MCP message".to_owned()
        }
        StatusCode::BAD_REQUEST if text.contains("Session ID is required") => {
            "the Mcp-Session-Id header is missing: open a session with `initialize`, or send the \
             `_meta` of protocol version 2026-07-28 with each request"
                .to_owned()
        }
        _ => text,
    };
    let response = protocol_error(parts.status, &ProtocolError::invalid(id, text));
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    (parts.headers, response).into_response()
}

/// Extracts the final response from an SSE stream as JSON, without the events before it.
async fn as_json(response: Response, id: Option<String>) -> Response {
    let (mut parts, body) = response.into_parts();
    let mut body = Body::new(body);
    while let Some(Ok(frame)) = body.frame().await {
        let Some(answer) = frame.data_ref().and_then(|event| answer(event)) else {
            continue;
        };
        parts
            .headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::from(Bytes::copy_from_slice(answer)));
    }
    // Usually because the request was cancelled.
    let error = ProtocolError::invalid(id, "the request got no response");
    protocol_error(StatusCode::OK, &error)
}

/// The data of an event, if it is a response.
fn answer(event: &[u8]) -> Option<&[u8]> {
    let data = event.strip_prefix(b"data: ")?;
    let data = data.split(|&byte| byte == b'\n').next()?;
    let message: Value = serde_json::from_slice(data).ok()?;
    let is_answer = message.get("result").is_some() || message.get("error").is_some();
    (is_answer && message.get("method").is_none()).then_some(data)
}

/// Converts a JSON response to a stream with one event.
async fn as_event(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        return responses::unavailable("the response was incomplete");
    };
    let body = [MESSAGE_EVENT, b"data: ", &body.to_bytes(), b"\n\n"].concat();
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

/// Adds the default name to an event without a name. rmcp writes each event as one frame.
fn with_event_name(event: Bytes) -> Bytes {
    if event.starts_with(b"data:") {
        [MESSAGE_EVENT, &event].concat().into()
    } else {
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(values: &[&'static str]) -> (bool, bool) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT, HeaderValue::from_static(value));
        }
        let accepted = Accept::of(&headers);
        (accepted.json, accepted.events)
    }

    #[test]
    fn who_takes_anything_takes_both() {
        for both in [
            &[][..],
            &[""],
            &["*/*"],
            &["text/html, */*;q=0.1"],
            &["application/json, text/event-stream"],
            &["application/json", "TEXT/event-stream; q=0.5"],
            &["application/*, text/*"],
        ] {
            assert_eq!(accepted(both), (true, true), "{both:?}");
        }
        assert_eq!(accepted(&["application/json"]), (true, false));
        assert_eq!(accepted(&["text/event-stream"]), (false, true));
        assert_eq!(
            accepted(&["application/json, text/event-stream;q=0.0"]),
            (true, false)
        );
        assert_eq!(accepted(&["text/html"]), (false, false));
    }

    #[test]
    fn a_kind_that_a_form_can_have_is_no_message() {
        let is_json = |kind| {
            let kind = HeaderValue::from_static(kind);
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]))
        };
        for kind in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json-rpc",
            "application/vnd.api+json",
        ] {
            assert!(is_json(kind), "{kind}");
        }
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
        ] {
            assert!(!is_json(kind), "{kind}");
        }
        assert!(super::is_json(&HeaderMap::new()));
    }

    #[test]
    fn comments_and_named_events_stay_as_they_are() {
        for (event, read) in [
            ("data: {}\n\n", "event: message\ndata: {}\n\n"),
            (":\n\n", ":\n\n"),
            ("event: x\ndata: {}\n\n", "event: x\ndata: {}\n\n"),
        ] {
            assert_eq!(with_event_name(Bytes::from_static(event.as_bytes())), read);
        }
    }

    #[test]
    fn an_answer_is_told_from_what_comes_before_it() {
        let answer = |text: &'static str| answer(text.as_bytes());
        assert_eq!(answer("data: {\"method\":\"x\"}\nid: 0\n\n"), None);
        assert_eq!(answer(":\n\n"), None);
        assert_eq!(
            answer("data: {\"id\":1,\"result\":{}}\nid: 0\n\n"),
            Some(b"{\"id\":1,\"result\":{}}".as_slice())
        );
    }
}
