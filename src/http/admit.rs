//! The way in: whose request it is, whether it may be asked now, and what must not outlive it.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use ::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::{
    BoxError,
    body::{Body, Bytes},
    extract::State,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

use super::{
    caller::{Caller, Callers, Principal},
    held::Held,
    metrics::{Calling, Metrics},
    reply::{Denied, NoMessage, failure, too_much},
    sessions::{ASKING, Asking},
};
use crate::{api::Token, server::readable};

/// A message that is larger is refused.
const LARGEST_BODY: usize = 4 << 20;

/// What a message may take without a place among the large ones.
const SMALL_BODY: usize = 64 << 10;

/// Larger messages that are read at once, of all callers: keys can be made up without end.
pub(super) const LARGE_BODIES: usize = 64;

/// The whole message must have come after this time.
const SLOWEST_BODY: Duration = Duration::from_secs(30);

/// How long to wait when all places are taken, which nobody can know.
const BUSY: Duration = Duration::from_secs(1);

/// Whose key is used for whom.
#[derive(Debug)]
pub(super) struct Keys {
    /// The key of this server, for callers without one.
    pub(super) shared: Option<Token>,
    /// What those callers must send in its place.
    pub(super) secret: Option<Principal>,
}

/// What decides on every request.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) keys: Keys,
    pub(super) callers: Arc<Callers>,
    pub(super) metrics: Arc<Metrics>,
    /// Places for reading large messages.
    pub(super) large: Semaphore,
    /// The messages that are being answered; closed when no more may begin.
    pub(super) under_way: TaskTracker,
}

/// One call of a tool, until both its handler and its answer have ended.
#[derive(Debug)]
#[expect(dead_code, reason = "held, not read")]
struct Call(OwnedSemaphorePermit, TaskTrackerToken, Calling);

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
    let who = caller.principal();
    request.extensions_mut().insert(token);
    request.extensions_mut().insert(who);
    if request.method() == Method::GET {
        let Some(stream) = caller.stream() else {
            return busy("streams", "too many open streams", BUSY);
        };
        let response = ask(&door, who, next.run(request)).await;
        return response.map(|body| Held::body(body, stream));
    }
    let (parts, body) = request.into_parts();
    let body = match read(&caller, &door.large, body).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let is_call = match is_call(&body) {
        Ok(is_call) => is_call,
        Err(none) => return none.into_response(),
    };
    let under_way = door.under_way.token();
    // The end waits for what is under way, and nothing may begin once it has stopped waiting.
    if door.under_way.is_closed() {
        let words = "the server is ending; nothing was done";
        return failure(StatusCode::SERVICE_UNAVAILABLE, "unavailable", words);
    }
    let mut request = Request::from_parts(parts, Body::from(body));
    if !is_call {
        let is_end = request.method() == Method::DELETE;
        let mut response = ask(&door, who, next.run(request)).await;
        // The official Python client takes only these for success.
        if is_end && response.status() == StatusCode::ACCEPTED {
            *response.status_mut() = StatusCode::OK;
        }
        return response;
    }
    let Some(permit) = caller.call() else {
        return busy("calls", "too many calls at the same time", BUSY);
    };
    // The handler may outlive the connection, and the answer the handler.
    let call = Arc::new(Call(permit, under_way, door.metrics.call()));
    request.extensions_mut().insert(Arc::clone(&call));
    let response = ask(&door, who, next.run(request)).await;
    response.map(|body| Held::body(body, call))
}

/// Runs the request as its caller, and gives the answer the status that the sessions want.
async fn ask(door: &Door, who: Principal, answer: impl Future<Output = Response>) -> Response {
    let status = Arc::new(OnceLock::new());
    let asking = Asking {
        who,
        status: Arc::clone(&status),
    };
    let response = ASKING.scope(asking, answer).await;
    match status.get() {
        Some(&StatusCode::TOO_MANY_REQUESTS) => {
            door.metrics.rejected("sessions");
            too_much("too many sessions; close some", BUSY)
        }
        Some(&StatusCode::SERVICE_UNAVAILABLE) => {
            door.metrics.rejected("all_sessions");
            let words = "the server has as many sessions as it can";
            failure(StatusCode::SERVICE_UNAVAILABLE, "unavailable", words)
        }
        Some(&status) => failure(status, "not_found", "there is no such session"),
        None => response,
    }
}

/// The whole body, in which what JSON cannot hold is mended or refused as on standard input.
async fn read(caller: &Caller, large: &Semaphore, body: Body) -> Result<Bytes, Response> {
    let words = "the message did not come in time or was cut off";
    let cut_off = || failure(StatusCode::REQUEST_TIMEOUT, "timeout", words);
    let read = async {
        let _turn = caller.read().await;
        let mut body = Limited::new(body, LARGEST_BODY);
        let (mut message, mut place) = (Vec::new(), None);
        while let Some(frame) = body.frame().await.transpose()? {
            let data = frame.into_data().unwrap_or_default();
            if place.is_none() && message.len() + data.len() > SMALL_BODY {
                place = large.acquire().await.ok();
            }
            message.extend_from_slice(&data);
        }
        Ok::<_, BoxError>(message)
    };
    let read = tokio::time::timeout(SLOWEST_BODY, read);
    match read.await.map_err(|_| cut_off())? {
        Ok(message) => Ok(readable(message).into()),
        Err(error) if error.is::<LengthLimitError>() => {
            let words = "the message is larger than 4 MiB";
            Err(failure(StatusCode::PAYLOAD_TOO_LARGE, "too_large", words))
        }
        Err(_) => Err(cut_off()),
    }
}

/// Whether the message is a call of a tool, the only thing here that takes time. What cannot be told
/// counts as one; what is no message is refused.
fn is_call(message: &[u8]) -> Result<bool, NoMessage> {
    #[derive(Deserialize)]
    struct Peek<'a> {
        #[serde(borrow)]
        method: Option<Cow<'a, str>>,
    }
    match message.trim_ascii_start().first() {
        None => return Ok(false),
        Some(b'[') => return Err(NoMessage::List),
        Some(_) => {}
    }
    match serde_json::from_slice::<Peek<'_>>(message) {
        Ok(peek) => Ok(peek.method.is_some_and(|method| method == "tools/call")),
        Err(error) if error.is_data() => Ok(true),
        Err(_) => Err(NoMessage::NotJson),
    }
}

/// Counts every request and how long its answer takes.
pub(super) async fn count(
    State(metrics): State<Arc<Metrics>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let route = match request.uri().path() {
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
    use std::{convert::Infallible, num::NonZeroU32, pin::pin};

    use futures_util::{StreamExt, stream};

    use super::{super::caller::Allowance, *};

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

    /// Reads a message that begins so and does not end.
    async fn read_begun(begun: &'static [u8], large: &Semaphore) -> StatusCode {
        let begun = stream::iter([Ok::<_, Infallible>(Bytes::from_static(begun))]);
        let body = Body::from_stream(begun.chain(stream::pending()));
        let callers = Callers::new(Allowance {
            rate: NonZeroU32::MIN,
            calls: 1,
            streams: 1,
        });
        let caller = callers.get(Principal::of(&token("one")));
        read(&caller, large, body).await.unwrap_err().status()
    }

    /// The clock is moved on when there is nothing else to do.
    #[tokio::test(start_paused = true)]
    async fn a_message_that_does_not_end_is_refused() {
        let start = tokio::time::Instant::now();
        let status = read_begun(b"{", &Semaphore::new(0)).await;
        assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(start.elapsed(), SLOWEST_BODY);
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_message_takes_a_place_while_it_is_read() {
        static LARGE: [u8; SMALL_BODY + 1] = [b' '; SMALL_BODY + 1];
        let large = Semaphore::new(1);
        let mut reading = pin!(read_begun(&LARGE, &large));
        tokio::select! {
            status = &mut reading => panic!("{status}"),
            () = tokio::time::sleep(SLOWEST_BODY / 2) => {}
        }
        assert_eq!(large.available_permits(), 0);
        assert_eq!(reading.await, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(large.available_permits(), 1);
    }

    #[test]
    fn only_a_call_of_a_tool_counts_as_one_and_what_may_be_one() {
        for call in [
            br#"{"id":1,"method":"tools\/call","params":{}}"#.as_slice(),
            br#"{"id":1,"method":"ping","method":"tools/call"}"#,
        ] {
            assert!(is_call(call).unwrap());
        }
        for other in [
            br#"{"method":"notifications/cancelled"}"#.as_slice(),
            br#"{"id":1,"method":"ping"}"#,
            br#"{"id":1,"result":{"method":"tools/call"}}"#,
            b"",
        ] {
            assert!(!is_call(other).unwrap());
        }
        for (none, why) in [
            (b"{".as_slice(), NoMessage::NotJson),
            (b"\xff", NoMessage::NotJson),
            (b"[{}]", NoMessage::List),
            (b" [", NoMessage::List),
        ] {
            assert_eq!(is_call(none), Err(why));
        }
    }
}
