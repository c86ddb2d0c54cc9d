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
    address::Address,
    caller::{Caller, Callers, Principal},
    connections::Connection,
    frames::{self, Accepted},
    held::Held,
    metrics::{Calling, Metrics},
    owners::Visitor,
    reply::{BUSY, Denied, failure, jsonrpc, malformed, refused, too_much, unavailable},
    room::{Place, Room, TooSlow},
    sessions::{ASKING, Asking, Refusal},
    shares::{Share, Shares},
};
use crate::{
    api::Token,
    server::{Incoming, Kind, Message, Refusal as Malformed, readable, without_questions},
};

/// A message that is larger is refused.
const LARGEST_BODY: usize = 4 << 20;

/// The whole message must have come after this time.
const SLOWEST_BODY: Duration = Duration::from_secs(30);

/// A message that takes longer is refused when others of its caller wait to be read.
const SLOW_BODY: Duration = Duration::from_secs(5);

/// How often a slow message looks whether others wait.
const AGAIN: Duration = Duration::from_millis(100);

/// Calls in progress at the same time whose keys Vapi has not accepted yet: such keys can be made
/// up, and a call of one may wait for a person before Vapi sees it.
pub(super) const UNKNOWN_CALLS: usize = 512;

/// Whose key is used for whom.
#[derive(Debug)]
pub(super) struct Keys {
    /// The key of this server, for callers without one.
    pub(super) shared: Option<Token>,
    /// The secret that such callers must send instead.
    pub(super) secret: Option<Principal>,
}

/// What decides on every request.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) keys: Keys,
    pub(super) callers: Arc<Callers>,
    pub(super) metrics: Arc<Metrics>,
    /// Room for the messages that are being read.
    pub(super) room: Arc<Room>,
    /// Streams that are open, of all callers.
    pub(super) streams: Arc<Shares>,
    /// Calls in progress of keys that Vapi has not accepted.
    pub(super) unknown_calls: Arc<Shares>,
    /// The messages that are being answered; closed when no more may begin.
    pub(super) under_way: TaskTracker,
    /// Cancelled when calls in progress are aborted.
    pub(super) give_up: CancellationToken,
}

/// One tool call, until both its handler and its answer have ended.
#[derive(Debug)]
#[expect(dead_code, reason = "held, not read")]
struct Call(
    OwnedSemaphorePermit,
    Option<Share>,
    TaskTrackerToken,
    Calling,
);

impl Keys {
    /// The key that a request with these headers is served with.
    fn choose(&self, headers: &HeaderMap) -> Result<Token, Denied> {
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        let bearer = match (given.next(), given.next()) {
            (None, _) => None,
            (Some(given), None) => {
                let given = given.to_str().map_err(|_| Denied::Unusable)?;
                let (scheme, key) = given.trim().split_once(' ').ok_or(Denied::Missing)?;
                if !scheme.eq_ignore_ascii_case("bearer") {
                    return Err(Denied::Missing);
                }
                Some(Token::new(key).map_err(|_| Denied::Unusable)?)
            }
            _ => return Err(Denied::Unusable),
        };
        match (bearer, &self.shared, self.secret) {
            (Some(given), Some(shared), Some(secret)) if Principal::of(&given) == secret => {
                Ok(shared.clone())
            }
            (Some(given), ..) => Ok(given),
            (None, Some(shared), None) => Ok(shared.clone()),
            (None, ..) => Err(Denied::Missing),
        }
    }
}

/// Lets a request in as its caller, with the key in its extensions and in no header any more.
pub(super) async fn admit(
    State(door): State<Arc<Door>>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let deny = |denied: Denied| {
        door.metrics.rejected(denied.reason());
        denied.into_response()
    };
    let token = match door.keys.choose(request.headers()) {
        Ok(token) => token,
        Err(denied) => return deny(denied),
    };
    request.headers_mut().remove(header::AUTHORIZATION);
    let caller = door.callers.get(Principal::of(&token));
    if caller.is_refused() {
        return deny(Denied::Refused);
    }
    let busy = |reason: &'static str, words: &str, wait: Duration| {
        door.metrics.rejected(reason);
        too_much(words, wait)
    };
    if let Err(wait) = caller.ask() {
        return busy("rate", "too many requests a second", wait);
    }
    let connection = request.extensions().get::<Arc<Connection>>().cloned();
    let visitor = Visitor {
        who: caller.principal(),
        address: connection
            .as_ref()
            .map_or_else(Address::unknown, |connection| connection.address()),
        is_known: caller.is_known(),
    };
    let full = |reason: &'static str, words: &str| {
        door.metrics.rejected(reason);
        unavailable(words)
    };
    request.extensions_mut().insert(token);
    request.extensions_mut().insert(visitor);
    let is_streamable = request.uri().path().starts_with("/mcp");
    if request.method() == Method::GET {
        if is_streamable {
            if !Accepted::of(request.headers()).events {
                let refusal = Malformed::invalid(None, "the answer is text/event-stream");
                return jsonrpc(StatusCode::NOT_ACCEPTABLE, &refusal);
            }
            frames::prepare(request.headers_mut());
        }
        let Some(stream) = caller.stream() else {
            return busy("streams", "too many open streams", BUSY);
        };
        let Some(share) = door.streams.take(visitor.address) else {
            return full(
                "all_streams",
                "the server has reached its limit of open streams",
            );
        };
        let mut response = ask(&door, visitor, next.run(request)).await;
        if is_streamable {
            response = frames::readable(response, Accepted::EVENTS, None).await;
        }
        let working = connection.as_ref().map(Connection::work);
        return response.map(|body| Held::body(body, (stream, share, working)));
    }
    let (mut parts, body) = request.into_parts();
    let body = match read(&caller, door.room.place(visitor.who, visitor.address), body).await {
        Ok(body) => body,
        Err(unread) => {
            door.metrics.rejected(unread.reason());
            return unread.into_response();
        }
    };
    // Until here the connection waited for its client and could be closed to make room.
    let working = connection.as_ref().map(Connection::work);
    let accepted = Accepted::of(&parts.headers);
    let message = if parts.method == Method::POST {
        match message(body, &mut parts.headers, is_streamable) {
            Ok(message) => message,
            Err(answer) => return *answer,
        }
    } else {
        Message {
            text: Vec::new(),
            kind: Kind::Other,
            id: None,
        }
    };
    let under_way = door.under_way.token();
    // The end waits for what is in progress, and nothing may begin once it has stopped waiting.
    if door.under_way.is_closed() {
        return unavailable("the server is shutting down; nothing was done");
    }
    let mut request = Request::from_parts(parts, Body::from(message.text));
    let answer = async |response: Response| {
        if is_streamable {
            frames::readable(response, accepted, message.id).await
        } else {
            response
        }
    };
    if message.kind != Kind::Call {
        let is_end = request.method() == Method::DELETE;
        let response = ask(&door, visitor, next.run(request)).await;
        let mut response = answer(response).await;
        // The official Python client takes only these for success.
        if is_end && response.status() == StatusCode::ACCEPTED {
            *response.status_mut() = StatusCode::OK;
        }
        return response.map(|body| Held::body(body, working));
    }
    let Some(permit) = caller.call() else {
        return busy("calls", "too many calls at the same time", BUSY);
    };
    let share = if visitor.is_known {
        None
    } else if let Some(share) = door.unknown_calls.take(visitor.address) {
        Some(share)
    } else {
        let words = "too many calls at the same time of keys that Vapi has not accepted yet";
        return full("unknown_calls", words);
    };
    // The handler may outlive the connection, and the answer the handler.
    let call = Arc::new(Call(permit, share, under_way, door.metrics.call()));
    request.extensions_mut().insert(Arc::clone(&call));
    request.extensions_mut().insert(door.give_up.clone());
    let response = ask(&door, visitor, next.run(request)).await;
    let response = answer(response).await;
    response.map(|body| Held::body(body, (call, working)))
}

/// The message of a POST, and headers of which nothing keeps it from being read; or the answer to
/// what is none.
fn message(
    body: Vec<u8>,
    headers: &mut HeaderMap,
    is_streamable: bool,
) -> Result<Message, Box<Response>> {
    let mut message = match readable(body) {
        Incoming::Message(message) => message,
        Incoming::Refused(refusals) => return Err(Box::new(malformed(&refusals))),
        Incoming::Ignored => return Err(Box::new(StatusCode::ACCEPTED.into_response())),
    };
    let refused = |status: StatusCode, words: &'static str| {
        let malformed = Malformed::invalid(message.id.clone(), words);
        Box::new(jsonrpc(status, &malformed))
    };
    if !frames::is_json(headers) {
        let words = "the Content-Type header must be application/json";
        return Err(refused(StatusCode::BAD_REQUEST, words));
    }
    if !is_streamable {
        return Ok(message);
    }
    let accepted = Accepted::of(headers);
    if !accepted.json && !accepted.events {
        let words = "the answer is application/json or text/event-stream";
        return Err(refused(StatusCode::NOT_ACCEPTABLE, words));
    }
    frames::prepare(headers);
    if message.kind == Kind::Initialize {
        // The version is negotiated by the message, and whatever session there was, this opens one.
        headers.remove("mcp-protocol-version");
        headers.remove("mcp-session-id");
        if !accepted.events {
            message.text = without_questions(message.text);
        }
    }
    Ok(message)
}

/// Runs the request as its caller, and gives the answer that the sessions want.
async fn ask(door: &Door, visitor: Visitor, answer: impl Future<Output = Response>) -> Response {
    let refusal = Arc::new(OnceLock::new());
    let asking = Asking {
        visitor,
        refusal: Arc::clone(&refusal),
    };
    let response = ASKING.scope(asking, answer).await;
    let Some(refusal) = refusal.get() else {
        return response;
    };
    match refusal {
        Refusal::Sessions => door.metrics.rejected("sessions"),
        Refusal::AllSessions => door.metrics.rejected("all_sessions"),
        Refusal::Requests => door.metrics.rejected("requests"),
        Refusal::Unknown | Refusal::Open | Refusal::Id(_) => {}
    }
    refused(refusal)
}

/// Why a message was not read.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("the message is larger than 4 MiB")]
    Large,
    #[error("the message did not arrive in time or was incomplete")]
    CutOff,
    #[error("the message arrived slowly while others waited; send it again")]
    Slow,
}

impl Unread {
    fn reason(&self) -> &'static str {
        match self {
            Self::Large => "large_message",
            Self::CutOff => "unfinished_message",
            Self::Slow => "slow_message",
        }
    }
}

impl From<BoxError> for Unread {
    fn from(error: BoxError) -> Self {
        if error.is::<LengthLimitError>() {
            Self::Large
        } else {
            Self::CutOff
        }
    }
}

impl From<TooSlow> for Unread {
    fn from(_: TooSlow) -> Self {
        Self::Slow
    }
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        let words = self.to_string();
        match self {
            Self::Large => failure(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &words),
            Self::CutOff | Self::Slow => failure(StatusCode::REQUEST_TIMEOUT, "timeout", &words),
        }
    }
}

/// The whole body.
async fn read(caller: &Caller, mut place: Place, body: Body) -> Result<Vec<u8>, Unread> {
    let read = async {
        let _turn = caller.read().await;
        let overdue = Instant::now() + SLOW_BODY;
        let mut body = Limited::new(body, LARGEST_BODY);
        let mut message = Vec::new();
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame.transpose()?,
                () = place.lost() => return Err(Unread::Slow),
                () = is_in_the_way(caller, overdue) => return Err(Unread::Slow),
            };
            let Some(frame) = frame else {
                return Ok(message);
            };
            let data = frame.into_data().unwrap_or_default();
            place.add(data.len()).await?;
            message.extend_from_slice(&data);
        }
    };
    let read = tokio::time::timeout(SLOWEST_BODY, read).await;
    read.unwrap_or(Err(Unread::CutOff))
}

/// Resolves when the message that is being read is overdue and another of its caller waits.
async fn is_in_the_way(caller: &Caller, overdue: Instant) {
    tokio::time::sleep_until(overdue).await;
    while !caller.has_waiting() {
        tokio::time::sleep(AGAIN).await;
    }
}

/// Counts every request and how long its answer takes.
pub(super) async fn count(
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
    metrics.answered(route, &method, response.status());
    if method == Method::GET {
        // A stream is as long as its client likes.
        return response;
    }
    let ended = Ended {
        metrics,
        route,
        start,
    };
    response.map(|body| Held::body(body, ended))
}

/// The end of an answer, when it is dropped.
struct Ended {
    metrics: Arc<Metrics>,
    route: &'static str,
    start: Instant,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.metrics.ended(self.route, self.start.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, num::NonZeroU32};

    use axum::body::Bytes;
    use futures_util::{StreamExt, stream};

    use super::{
        super::{
            caller::Allowance,
            room::{MOST, Most, SMALL},
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

    fn chosen(keys: &Keys, given: &[&'static str]) -> Result<String, Denied> {
        let token = keys.choose(&headers(given))?;
        Ok(token.authorization().to_str().unwrap().to_owned())
    }

    #[test]
    fn every_request_brings_its_own_key() {
        let keys = Keys {
            shared: None,
            secret: None,
        };
        for given in ["Bearer mine", "bearer  mine ", "BEARER mine"] {
            assert_eq!(chosen(&keys, &[given]).unwrap(), "Bearer mine");
        }
        for (given, denied) in [
            (&[][..], Denied::Missing),
            (&["Basic bWU6bWU="], Denied::Missing),
            (&["Bearer"], Denied::Missing),
            (&["Bearer  "], Denied::Missing),
            (&["Bearer two words"], Denied::Unusable),
            (&["Bearer ${VAPI_TOKEN}"], Denied::Unusable),
            (&["Bearer one", "Bearer two"], Denied::Unusable),
        ] {
            assert_eq!(chosen(&keys, given).unwrap_err(), denied, "{given:?}");
        }
    }

    #[test]
    fn the_servers_key_serves_who_has_none_or_who_knows_the_secret() {
        let open = Keys {
            shared: Some(token("ours")),
            secret: None,
        };
        assert_eq!(chosen(&open, &[]).unwrap(), "Bearer ours");
        assert_eq!(chosen(&open, &["Bearer mine"]).unwrap(), "Bearer mine");

        let closed = Keys {
            shared: Some(token("ours")),
            secret: Some(Principal::of(&token("secret"))),
        };
        assert_eq!(chosen(&closed, &["Bearer secret"]).unwrap(), "Bearer ours");
        assert_eq!(chosen(&closed, &["Bearer mine"]).unwrap(), "Bearer mine");
        assert_eq!(chosen(&closed, &[]).unwrap_err(), Denied::Missing);
    }

    fn caller() -> Arc<Caller> {
        let callers = Callers::new(Allowance {
            rate: NonZeroU32::MIN,
            calls: 1,
            streams: 1,
        });
        callers.get(Principal::of(&token("one")))
    }

    /// Reads a message that begins so and does not end.
    async fn read_begun(caller: &Caller, begun: &'static [u8], room: &Arc<Room>) -> Unread {
        let begun = stream::iter([Ok::<_, Infallible>(Bytes::from_static(begun))]);
        let body = Body::from_stream(begun.chain(stream::pending()));
        let place = room.place(caller.principal(), Address::unknown());
        read(caller, place, body).await.unwrap_err()
    }

    /// The clock is moved on when there is nothing else to do.
    #[tokio::test(start_paused = true)]
    async fn a_message_that_does_not_end_is_refused() {
        let start = Instant::now();
        let unread = read_begun(&caller(), b"{", &Arc::new(Room::new(MOST))).await;
        assert!(matches!(unread, Unread::CutOff), "{unread:?}");
        assert_eq!(start.elapsed(), SLOWEST_BODY);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_message_makes_room_for_another() {
        static LARGE: [u8; SMALL + 1] = [b' '; SMALL + 1];
        let most = Most {
            key: LARGE.len(),
            ..MOST
        };
        let (room, caller) = (Arc::new(Room::new(most)), caller());
        let start = Instant::now();
        let (first, second) = tokio::join!(read_begun(&caller, &LARGE, &room), async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let place = room.place(caller.principal(), Address::unknown());
            read(&caller, place, Body::from(LARGE.as_slice())).await
        });
        assert!(matches!(first, Unread::Slow), "{first:?}");
        assert_eq!(second.unwrap().len(), LARGE.len());
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn slow_messages_of_a_caller_do_not_hold_up_its_others() {
        let (room, caller) = (Arc::new(Room::new(MOST)), caller());
        let slow = (0..40).map(|_| read_begun(&caller, b"{", &room));
        let start = Instant::now();
        let (slow, message) = tokio::join!(futures_util::future::join_all(slow), async {
            let place = room.place(caller.principal(), Address::unknown());
            let message = read(&caller, place, Body::from("{}")).await;
            (message.unwrap(), start.elapsed())
        });
        assert_eq!(message, (b"{}".to_vec(), SLOW_BODY));
        assert!(slow.iter().any(|unread| matches!(unread, Unread::Slow)));
    }
}
