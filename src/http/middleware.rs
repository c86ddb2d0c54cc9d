//! The middleware in front of the protocol: authentication, limits, and the resources that are
//! released when a request ends.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use ::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::{
    body::Body,
    extract::State,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use super::{
    auth::{AuthError, Authenticator},
    body_budget::BodyMemory,
    caller::{Caller, CallerRegistry},
    client_address::ClientAddress,
    connections::Connection,
    fair_semaphore::{FairSemaphore, Permit},
    guarded_body::GuardedBody,
    metrics::{ActiveCall, Metrics},
    read_body::read_body,
    response_format::{self, Accept},
    responses::{
        RETRY_AFTER_BUSY, invalid_message, protocol_error, session_refused, too_many_requests,
        unavailable,
    },
    session_manager::{CURRENT_REQUEST, CurrentRequest, SessionRefusal},
    session_registry::CallerInfo,
};
use crate::guard::digest::caller_id;
use crate::server::{
    Incoming, Message, MessageKind, ProtocolError, normalize, without_elicitation,
};

/// Maximum number of concurrent tool calls with keys that Vapi has not yet accepted. Anybody can
/// invent such keys, and a tool call may wait for a confirmation before Vapi sees its key.
pub(super) const MAX_UNVERIFIED_CALLS: usize = 512;

/// State that is shared between requests.
#[derive(Debug)]
pub(super) struct AppState {
    pub(super) authenticator: Authenticator,
    pub(super) callers: Arc<CallerRegistry>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) body_budget: Arc<BodyMemory>,
    /// The open streams of all callers.
    pub(super) streams: Arc<FairSemaphore>,
    /// Tool calls in progress with keys that Vapi has not yet accepted.
    pub(super) unverified_calls: Arc<FairSemaphore>,
    /// The requests in progress; closed when the server no longer accepts requests.
    pub(super) in_progress: TaskTracker,
    /// Cancelled to abort the tool calls in progress.
    pub(super) abort_calls: CancellationToken,
}

/// Resources that a tool call holds until its handler has ended and its response has been sent.
#[derive(Debug)]
#[expect(dead_code, reason = "held, not read")]
struct CallGuard(
    OwnedSemaphorePermit,
    Option<Permit>,
    TaskTrackerToken,
    ActiveCall,
);

impl AppState {
    /// A 429 response, counted under `reason`.
    fn too_many(&self, reason: &'static str, text: &str, wait: Duration) -> Response {
        self.metrics.record_rejection(reason);
        too_many_requests(text, wait)
    }

    /// A 503 response, counted under `reason`.
    fn unavailable(&self, reason: &'static str, text: &str) -> Response {
        self.metrics.record_rejection(reason);
        unavailable(text)
    }
}

/// Authenticates and limits a request. The key moves from the headers to the extensions.
pub(super) async fn authorize(
    State(state): State<Arc<AppState>>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let deny = |error: AuthError| {
        state.metrics.record_rejection(error.reason());
        error.into_response()
    };
    let token = match state.authenticator.authenticate(request.headers()) {
        Ok(token) => token,
        Err(error) => return deny(error),
    };
    request.headers_mut().remove(header::AUTHORIZATION);
    let caller = state.callers.get(caller_id(&token));
    if caller.is_rejected() {
        return deny(AuthError::Rejected);
    }
    if let Err(wait) = caller.try_request() {
        return state.too_many("rate", "too many requests per second", wait);
    }
    let connection = request.extensions().get::<Arc<Connection>>().cloned();
    let authorized = Authorized {
        info: CallerInfo {
            id: caller.id(),
            address: connection
                .as_ref()
                .map_or_else(ClientAddress::unknown, |connection| connection.address()),
            is_verified: caller.is_verified(),
        },
        caller,
        connection,
        is_streamable: request.uri().path().starts_with("/mcp"),
    };
    request.extensions_mut().insert(token);
    request.extensions_mut().insert(authorized.info);
    if request.method() == Method::GET {
        authorized.open_stream(&state, request, next).await
    } else {
        authorized.serve_message(&state, request, next).await
    }
}

/// An authenticated request.
struct Authorized {
    caller: Arc<Caller>,
    info: CallerInfo,
    connection: Option<Arc<Connection>>,
    /// Whether the transport is streamable HTTP, not HTTP+SSE.
    is_streamable: bool,
}

impl Authorized {
    /// Handles a GET, whose response is a stream of events.
    async fn open_stream(
        self,
        state: &AppState,
        mut request: Request<Body>,
        next: Next,
    ) -> Response {
        if self.is_streamable {
            if !Accept::of(request.headers()).events {
                let error = ProtocolError::invalid(
                    None,
                    "the Accept header must allow text/event-stream, the type of the response",
                );
                return protocol_error(StatusCode::NOT_ACCEPTABLE, &error);
            }
            response_format::normalize_headers(request.headers_mut());
        }
        let Some(stream) = self.caller.try_open_stream() else {
            return state.too_many("streams", "too many open streams", RETRY_AFTER_BUSY);
        };
        let Some(permit) = state.streams.try_acquire(self.info.address) else {
            let text = "the server has reached its limit of open streams";
            return state.unavailable("all_streams", text);
        };
        let mut response = run_handler(state, self.info, next.run(request)).await;
        if self.is_streamable {
            response = response_format::convert(response, Accept::EVENTS, None).await;
        }
        let busy = self.connection.as_ref().map(Connection::mark_busy);
        response.map(|body| GuardedBody::wrap(body, (stream, permit, busy)))
    }

    /// Handles a POST or DELETE.
    async fn serve_message(self, state: &AppState, request: Request<Body>, next: Next) -> Response {
        let (mut parts, body) = request.into_parts();
        let CallerInfo { id, address, .. } = self.info;
        let reservation = state.body_budget.reserve(id, address);
        let body = match read_body(&self.caller, reservation, body).await {
            Ok(body) => body,
            Err(error) => {
                state.metrics.record_rejection(error.reason());
                return error.into_response();
            }
        };
        // Before this point, the connection waited for its client and could be evicted.
        let busy = self.connection.as_ref().map(Connection::mark_busy);
        let accept = Accept::of(&parts.headers);
        let message = if parts.method == Method::POST {
            match parse_message(body, &mut parts.headers, self.is_streamable) {
                Ok(message) => message,
                Err(response) => return *response,
            }
        } else {
            Message {
                text: Vec::new(),
                kind: MessageKind::Other,
                id: None,
            }
        };
        let _in_progress = state.in_progress.token();
        // The shutdown waits for requests in progress; none may begin after it has stopped waiting.
        if state.in_progress.is_closed() {
            return unavailable("the server is shutting down; nothing was done");
        }
        let mut request = Request::from_parts(parts, Body::from(message.text));
        let call = if message.kind == MessageKind::ToolCall {
            // The handler, which may outlive the connection, and the response both hold a
            // reference.
            let call = match self.begin_call(state) {
                Ok(call) => Arc::new(call),
                Err(response) => return *response,
            };
            request.extensions_mut().insert(Arc::clone(&call));
            request.extensions_mut().insert(state.abort_calls.clone());
            Some(call)
        } else {
            None
        };
        let is_delete = request.method() == Method::DELETE;
        let mut response = run_handler(state, self.info, next.run(request)).await;
        if self.is_streamable {
            response = response_format::convert(response, accept, message.id).await;
        }
        // The official Python client accepts only 200 and 204.
        if is_delete && response.status() == StatusCode::ACCEPTED {
            *response.status_mut() = StatusCode::OK;
        }
        response.map(|body| GuardedBody::wrap(body, (call, busy)))
    }

    fn begin_call(&self, state: &AppState) -> Result<CallGuard, Box<Response>> {
        let Some(permit) = self.caller.try_start_call() else {
            let text = "too many concurrent tool calls";
            return Err(Box::new(state.too_many("calls", text, RETRY_AFTER_BUSY)));
        };
        let unverified = if self.info.is_verified {
            None
        } else if let Some(permit) = state.unverified_calls.try_acquire(self.info.address) {
            Some(permit)
        } else {
            let text = "too many concurrent tool calls with keys that Vapi has not yet accepted";
            return Err(Box::new(state.unavailable("unknown_calls", text)));
        };
        Ok(CallGuard(
            permit,
            unverified,
            state.in_progress.token(),
            state.metrics.start_call(),
        ))
    }
}

/// Parses the message of a POST and normalises its headers for rmcp, or returns the response to an
/// invalid message.
fn parse_message(
    body: Vec<u8>,
    headers: &mut HeaderMap,
    is_streamable: bool,
) -> Result<Message, Box<Response>> {
    let mut message = match normalize(body) {
        Incoming::Message(message) => message,
        Incoming::Rejected(errors) => return Err(Box::new(invalid_message(&errors))),
        Incoming::Ignored => return Err(Box::new(StatusCode::ACCEPTED.into_response())),
    };
    let refuse = |status: StatusCode, text: &'static str| {
        let error = ProtocolError::invalid(message.id.clone(), text);
        Box::new(protocol_error(status, &error))
    };
    if !response_format::is_json(headers) {
        let text = "the Content-Type header must be application/json";
        return Err(refuse(StatusCode::BAD_REQUEST, text));
    }
    if !is_streamable {
        return Ok(message);
    }
    let accepted = Accept::of(headers);
    if !accepted.json && !accepted.events {
        let text = "the Accept header must allow application/json or text/event-stream, the types of the response";
        return Err(refuse(StatusCode::NOT_ACCEPTABLE, text));
    }
    response_format::normalize_headers(headers);
    if message.kind == MessageKind::Initialize {
        // `initialize` negotiates the version and opens a session, so these headers are ignored.
        headers.remove("mcp-protocol-version");
        headers.remove("mcp-session-id");
        if !accepted.events {
            message.text = without_elicitation(message.text);
        }
    }
    Ok(message)
}

/// Runs the handler for a caller. A refusal by the session manager replaces its response.
async fn run_handler(
    state: &AppState,
    caller_info: CallerInfo,
    answer: impl Future<Output = Response>,
) -> Response {
    let refusal = Arc::new(OnceLock::new());
    let current = CurrentRequest {
        caller_info,
        refusal: Arc::clone(&refusal),
    };
    let response = CURRENT_REQUEST.scope(current, answer).await;
    let Some(refusal) = refusal.get() else {
        return response;
    };
    match refusal {
        SessionRefusal::CallerLimit => state.metrics.record_rejection("sessions"),
        SessionRefusal::ServerLimit => state.metrics.record_rejection("all_sessions"),
        SessionRefusal::TooManyRequests => state.metrics.record_rejection("requests"),
        SessionRefusal::NotFound | SessionRefusal::StreamInUse | SessionRefusal::DuplicateId(_) => {
        }
    }
    session_refused(refusal)
}
