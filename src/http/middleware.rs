//! Admission of requests: authentication, limits, and what is released when a request ends.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use ::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::{
    BoxError,
    body::Body,
    extract::State,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use super::{
    body_memory::{BodyMemory, Reservation, TooSlow},
    caller::{Caller, CallerId, CallerRegistry},
    client_address::ClientAddress,
    connections::Connection,
    fair_semaphore::{FairSemaphore, Permit},
    guarded_body::GuardedBody,
    metrics::{ActiveCall, Metrics},
    response_format::{self, Accept},
    responses::{
        AuthError, RETRY_AFTER_BUSY, error_response, invalid_message, protocol_error,
        session_refused, too_many_requests, unavailable,
    },
    session_manager::{CURRENT_REQUEST, CurrentRequest, SessionRefusal},
    session_registry::CallerInfo,
};
use crate::{
    api::Token,
    server::{Incoming, Message, MessageKind, ProtocolError, normalize, without_elicitation},
};

/// A message that is larger is refused.
const MAX_BODY: usize = 4 << 20;

/// The whole message must have come after this time.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A message that takes longer is refused when others of its caller wait to be read.
const SLOW_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a slow message looks whether others wait.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Calls in progress at the same time whose authenticator Vapi has not accepted yet: such authenticator can be made
/// up, and a call of one may wait for a person before Vapi sees it.
pub(super) const MAX_UNVERIFIED_CALLS: usize = 512;

/// Whose key is used for whom.
#[derive(Debug)]
pub(super) struct Authenticator {
    /// The key of this server, for callers without one.
    pub(super) shared_token: Option<Token>,
    /// The secret that such callers must send instead.
    pub(super) caller_secret: Option<CallerId>,
}

/// What decides on every request.
#[derive(Debug)]
pub(super) struct AppState {
    pub(super) authenticator: Authenticator,
    pub(super) callers: Arc<CallerRegistry>,
    pub(super) metrics: Arc<Metrics>,
    /// BodyMemory for the messages that are being read.
    pub(super) body_memory: Arc<BodyMemory>,
    /// Streams that are open, of all callers.
    pub(super) streams: Arc<FairSemaphore>,
    /// Calls in progress of authenticator that Vapi has not accepted.
    pub(super) unverified_calls: Arc<FairSemaphore>,
    /// The messages that are being answered; closed when no more may begin.
    pub(super) in_progress: TaskTracker,
    /// Cancelled when calls in progress are aborted.
    pub(super) abort_calls: CancellationToken,
}

/// One tool call, until both its handler and its answer have ended.
#[derive(Debug)]
#[expect(dead_code, reason = "held, not read")]
struct CallGuard(
    OwnedSemaphorePermit,
    Option<Permit>,
    TaskTrackerToken,
    ActiveCall,
);

impl Authenticator {
    /// The key that a request with these headers is served with.
    fn authenticate(&self, headers: &HeaderMap) -> Result<Token, AuthError> {
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        let bearer = match (given.next(), given.next()) {
            (None, _) => None,
            (Some(given), None) => {
                let given = given.to_str().map_err(|_| AuthError::Malformed)?;
                let (scheme, key) = given.trim().split_once(' ').ok_or(AuthError::Missing)?;
                if !scheme.eq_ignore_ascii_case("bearer") {
                    return Err(AuthError::Missing);
                }
                Some(Token::new(key).map_err(|_| AuthError::Malformed)?)
            }
            _ => return Err(AuthError::Malformed),
        };
        match (bearer, &self.shared_token, self.caller_secret) {
            (Some(given), Some(shared_token), Some(secret)) if CallerId::of(&given) == secret => {
                Ok(shared_token.clone())
            }
            (Some(given), ..) => Ok(given),
            (None, Some(shared_token), None) => Ok(shared_token.clone()),
            (None, ..) => Err(AuthError::Missing),
        }
    }
}

/// Lets a request in as its caller, with the key in its extensions and in no header any more.
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
    let caller = state.callers.get(CallerId::of(&token));
    if caller.is_rejected() {
        return deny(AuthError::Rejected);
    }
    let too_many = |reason: &'static str, message_text: &str, wait: Duration| {
        state.metrics.record_rejection(reason);
        too_many_requests(message_text, wait)
    };
    if let Err(wait) = caller.try_request() {
        return too_many("rate", "too many requests a second", wait);
    }
    let connection = request.extensions().get::<Arc<Connection>>().cloned();
    let caller_info = CallerInfo {
        id: caller.id(),
        address: connection
            .as_ref()
            .map_or_else(ClientAddress::unknown, |connection| connection.address()),
        is_verified: caller.is_verified(),
    };
    let full = |reason: &'static str, message_text: &str| {
        state.metrics.record_rejection(reason);
        unavailable(message_text)
    };
    request.extensions_mut().insert(token);
    request.extensions_mut().insert(caller_info);
    let is_streamable = request.uri().path().starts_with("/mcp");
    if request.method() == Method::GET {
        if is_streamable {
            if !Accept::of(request.headers()).events {
                let refusal = ProtocolError::invalid(None, "the answer is text/event-stream");
                return protocol_error(StatusCode::NOT_ACCEPTABLE, &refusal);
            }
            response_format::normalize_headers(request.headers_mut());
        }
        let Some(stream) = caller.try_open_stream() else {
            return too_many("streams", "too many open streams", RETRY_AFTER_BUSY);
        };
        let Some(stream_permit) = state.streams.try_acquire(caller_info.address) else {
            return full(
                "all_streams",
                "the server has reached its limit of open streams",
            );
        };
        let mut response = run_handler(&state, caller_info, next.run(request)).await;
        if is_streamable {
            response = response_format::convert(response, Accept::EVENTS, None).await;
        }
        let busy = connection.as_ref().map(Connection::mark_busy);
        return response.map(|body| GuardedBody::wrap(body, (stream, stream_permit, busy)));
    }
    let (mut parts, body) = request.into_parts();
    let body = match read_body(
        &caller,
        state
            .body_memory
            .reserve(caller_info.id, caller_info.address),
        body,
    )
    .await
    {
        Ok(body) => body,
        Err(error) => {
            state.metrics.record_rejection(error.reason());
            return error.into_response();
        }
    };
    // Until here the connection waited for its client and could be closed to make body_memory.
    let busy = connection.as_ref().map(Connection::mark_busy);
    let accepted = Accept::of(&parts.headers);
    let message = if parts.method == Method::POST {
        match message(body, &mut parts.headers, is_streamable) {
            Ok(message) => message,
            Err(answer) => return *answer,
        }
    } else {
        Message {
            text: Vec::new(),
            kind: MessageKind::Other,
            id: None,
        }
    };
    let in_progress = state.in_progress.token();
    // The end waits for what is in progress, and nothing may begin once it has stopped waiting.
    if state.in_progress.is_closed() {
        return unavailable("the server is shutting down; nothing was done");
    }
    let mut request = Request::from_parts(parts, Body::from(message.text));
    let answer = async |response: Response| {
        if is_streamable {
            response_format::convert(response, accepted, message.id).await
        } else {
            response
        }
    };
    if message.kind != MessageKind::ToolCall {
        let is_end = request.method() == Method::DELETE;
        let response = run_handler(&state, caller_info, next.run(request)).await;
        let mut response = answer(response).await;
        // The official Python client takes only these for success.
        if is_end && response.status() == StatusCode::ACCEPTED {
            *response.status_mut() = StatusCode::OK;
        }
        return response.map(|body| GuardedBody::wrap(body, busy));
    }
    let Some(call_permit) = caller.try_start_call() else {
        return too_many("calls", "too many calls at the same time", RETRY_AFTER_BUSY);
    };
    let unverified_permit = if caller_info.is_verified {
        None
    } else if let Some(permit) = state.unverified_calls.try_acquire(caller_info.address) {
        Some(permit)
    } else {
        let message_text =
            "too many calls at the same time of authenticator that Vapi has not accepted yet";
        return full("unknown_calls", message_text);
    };
    // The handler may outlive the connection, and the answer the handler.
    let call = Arc::new(CallGuard(
        call_permit,
        unverified_permit,
        in_progress,
        state.metrics.start_call(),
    ));
    request.extensions_mut().insert(Arc::clone(&call));
    request.extensions_mut().insert(state.abort_calls.clone());
    let response = run_handler(&state, caller_info, next.run(request)).await;
    let response = answer(response).await;
    response.map(|body| GuardedBody::wrap(body, (call, busy)))
}

/// The message of a POST, and headers of which nothing keeps it from being read; or the answer to
/// what is none.
fn message(
    body: Vec<u8>,
    headers: &mut HeaderMap,
    is_streamable: bool,
) -> Result<Message, Box<Response>> {
    let mut message = match normalize(body) {
        Incoming::Message(message) => message,
        Incoming::Rejected(errors) => return Err(Box::new(invalid_message(&errors))),
        Incoming::Ignored => return Err(Box::new(StatusCode::ACCEPTED.into_response())),
    };
    let refused = |status: StatusCode, message_text: &'static str| {
        let error = ProtocolError::invalid(message.id.clone(), message_text);
        Box::new(protocol_error(status, &error))
    };
    if !response_format::is_json(headers) {
        let message_text = "the Content-Type header must be application/json";
        return Err(refused(StatusCode::BAD_REQUEST, message_text));
    }
    if !is_streamable {
        return Ok(message);
    }
    let accepted = Accept::of(headers);
    if !accepted.json && !accepted.events {
        let message_text = "the answer is application/json or text/event-stream";
        return Err(refused(StatusCode::NOT_ACCEPTABLE, message_text));
    }
    response_format::normalize_headers(headers);
    if message.kind == MessageKind::Initialize {
        // The version is negotiated by the message, and whatever session there was, this opens one.
        headers.remove("mcp-protocol-version");
        headers.remove("mcp-session-id");
        if !accepted.events {
            message.text = without_elicitation(message.text);
        }
    }
    Ok(message)
}

/// Runs the request as its caller, and gives the answer that the sessions want.
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

/// Why a message was not read.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("the message is larger than 4 MiB")]
    TooLarge,
    #[error("the message did not arrive in time or was incomplete")]
    Incomplete,
    #[error("the message arrived slowly while others waited; send it again")]
    TooSlow,
}

impl BodyError {
    fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge => "large_message",
            Self::Incomplete => "unfinished_message",
            Self::TooSlow => "slow_message",
        }
    }
}

impl From<BoxError> for BodyError {
    fn from(error: BoxError) -> Self {
        if error.is::<LengthLimitError>() {
            Self::TooLarge
        } else {
            Self::Incomplete
        }
    }
}

impl From<TooSlow> for BodyError {
    fn from(_: TooSlow) -> Self {
        Self::TooSlow
    }
}

impl IntoResponse for BodyError {
    fn into_response(self) -> Response {
        let message_text = self.to_string();
        match self {
            Self::TooLarge => {
                error_response(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &message_text)
            }
            Self::Incomplete | Self::TooSlow => {
                error_response(StatusCode::REQUEST_TIMEOUT, "timeout", &message_text)
            }
        }
    }
}

/// The whole body.
async fn read_body(
    caller: &Caller,
    mut reservation: Reservation,
    body: Body,
) -> Result<Vec<u8>, BodyError> {
    let read = async {
        let _permit = caller.acquire_read().await;
        let deadline = Instant::now() + SLOW_BODY_TIMEOUT;
        let mut body = Limited::new(body, MAX_BODY);
        let mut message = Vec::new();
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame.transpose()?,
                () = reservation.evicted() => return Err(BodyError::TooSlow),
                () = blocks_others(caller, deadline) => return Err(BodyError::TooSlow),
            };
            let Some(frame) = frame else {
                return Ok(message);
            };
            let data = frame.into_data().unwrap_or_default();
            reservation.add(data.len()).await?;
            message.extend_from_slice(&data);
        }
    };
    let read = tokio::time::timeout(BODY_TIMEOUT, read).await;
    read.unwrap_or(Err(BodyError::Incomplete))
}

/// Resolves when the message that is being read is deadline and another of its caller waits.
async fn blocks_others(caller: &Caller, deadline: Instant) {
    tokio::time::sleep_until(deadline).await;
    while !caller.has_queued_reads() {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Counts every request and how long its answer takes.
pub(super) async fn record_request(
    State(metrics): State<Arc<Metrics>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let route = match path.strip_suffix('/').unwrap_or(path) {
        "/mcp" => "/mcp",
        "/sse" => "/sse",
        "/messages" => "/messages",
        _ => "other",
    };
    let method = request.method().clone();
    let start = Instant::now();
    let response = next.run(request).await;
    metrics.record_response(route, &method, response.status());
    if method == Method::GET {
        // A stream is as long as its client likes.
        return response;
    }
    let guard = DurationGuard {
        metrics,
        route,
        start,
    };
    response.map(|body| GuardedBody::wrap(body, guard))
}

/// The end of an answer, when it is dropped.
struct DurationGuard {
    metrics: Arc<Metrics>,
    route: &'static str,
    start: Instant,
}

impl Drop for DurationGuard {
    fn drop(&mut self) {
        self.metrics
            .record_duration(self.route, self.start.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, num::NonZeroU32};

    use axum::body::Bytes;
    use futures_util::{StreamExt, stream};

    use super::{
        super::{
            body_memory::{BODY_MEMORY, MemoryLimits, UNCOUNTED},
            caller::CallerLimits,
        },
        *,
    };

    fn headers(given: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in given {
            headers.append(header::AUTHORIZATION, (*value).parse().unwrap());
        }
        headers
    }

    fn token(key: &str) -> Token {
        Token::new(key).unwrap()
    }

    fn authenticated(
        authenticator: &Authenticator,
        given: &[&'static str],
    ) -> Result<String, AuthError> {
        let token = authenticator.authenticate(&headers(given))?;
        Ok(token.authorization().to_str().unwrap().to_owned())
    }

    #[test]
    fn every_request_brings_its_own_key() {
        let authenticator = Authenticator {
            shared_token: None,
            caller_secret: None,
        };
        for given in ["Bearer mine", "bearer  mine ", "BEARER mine"] {
            assert_eq!(
                authenticated(&authenticator, &[given]).unwrap(),
                "Bearer mine"
            );
        }
        for (given, denied) in [
            (&[][..], AuthError::Missing),
            (&["Basic bWU6bWU="], AuthError::Missing),
            (&["Bearer"], AuthError::Missing),
            (&["Bearer  "], AuthError::Missing),
            (&["Bearer two message_text"], AuthError::Malformed),
            (&["Bearer ${VAPI_TOKEN}"], AuthError::Malformed),
            (&["Bearer one", "Bearer two"], AuthError::Malformed),
        ] {
            assert_eq!(
                authenticated(&authenticator, given).unwrap_err(),
                denied,
                "{given:?}"
            );
        }
    }

    #[test]
    fn the_servers_key_serves_who_has_none_or_who_knows_the_secret() {
        let open = Authenticator {
            shared_token: Some(token("ours")),
            caller_secret: None,
        };
        assert_eq!(authenticated(&open, &[]).unwrap(), "Bearer ours");
        assert_eq!(
            authenticated(&open, &["Bearer mine"]).unwrap(),
            "Bearer mine"
        );

        let closed = Authenticator {
            shared_token: Some(token("ours")),
            caller_secret: Some(CallerId::of(&token("secret"))),
        };
        assert_eq!(
            authenticated(&closed, &["Bearer secret"]).unwrap(),
            "Bearer ours"
        );
        assert_eq!(
            authenticated(&closed, &["Bearer mine"]).unwrap(),
            "Bearer mine"
        );
        assert_eq!(authenticated(&closed, &[]).unwrap_err(), AuthError::Missing);
    }

    fn caller() -> Arc<Caller> {
        let callers = CallerRegistry::new(CallerLimits {
            rate: NonZeroU32::MIN,
            calls: 1,
            streams: 1,
        });
        callers.get(CallerId::of(&token("one")))
    }

    /// Reads a message that begins so and does not end.
    async fn read_unfinished(
        caller: &Caller,
        begun: &'static [u8],
        body_memory: &Arc<BodyMemory>,
    ) -> BodyError {
        let begun = stream::iter([Ok::<_, Infallible>(Bytes::from_static(begun))]);
        let body = Body::from_stream(begun.chain(stream::pending()));
        let reservation = body_memory.reserve(caller.id(), ClientAddress::unknown());
        read_body(caller, reservation, body).await.unwrap_err()
    }

    /// The clock is moved on when there is nothing else to do.
    #[tokio::test(start_paused = true)]
    async fn a_message_that_does_not_end_is_rejected() {
        let start = Instant::now();
        let error = read_unfinished(&caller(), b"{", &Arc::new(BodyMemory::new(BODY_MEMORY))).await;
        assert!(matches!(error, BodyError::Incomplete), "{error:?}");
        assert_eq!(start.elapsed(), BODY_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_message_makes_room_for_another() {
        static LARGE: [u8; UNCOUNTED + 1] = [b' '; UNCOUNTED + 1];
        let most = MemoryLimits {
            per_caller: LARGE.len(),
            ..BODY_MEMORY
        };
        let (body_memory, caller) = (Arc::new(BodyMemory::new(most)), caller());
        let start = Instant::now();
        let (first, second) = tokio::join!(read_unfinished(&caller, &LARGE, &body_memory), async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let reservation = body_memory.reserve(caller.id(), ClientAddress::unknown());
            read_body(&caller, reservation, Body::from(LARGE.as_slice())).await
        });
        assert!(matches!(first, BodyError::TooSlow), "{first:?}");
        assert_eq!(second.unwrap().len(), LARGE.len());
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn slow_messages_of_a_caller_do_not_hold_up_its_others() {
        let (body_memory, caller) = (Arc::new(BodyMemory::new(BODY_MEMORY)), caller());
        let slow = (0..40).map(|_| read_unfinished(&caller, b"{", &body_memory));
        let start = Instant::now();
        let (slow, message) = tokio::join!(futures_util::future::join_all(slow), async {
            let reservation = body_memory.reserve(caller.id(), ClientAddress::unknown());
            let message = read_body(&caller, reservation, Body::from("{}")).await;
            (message.unwrap(), start.elapsed())
        });
        assert_eq!(message, (b"{}".to_vec(), SLOW_BODY_TIMEOUT));
        assert!(slow.iter().any(|error| matches!(error, BodyError::TooSlow)));
    }
}
