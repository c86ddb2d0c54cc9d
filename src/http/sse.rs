//! The transport that streamable HTTP replaced: a stream of events at `/sse`, whose first event
//! names the address to which the client posts its messages.

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ::http::{StatusCode, request::Parts};
use axum::{
    Extension,
    extract::{Query, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{SinkExt, StreamExt, stream};
use rmcp::{
    ServiceExt,
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::{CancellationToken, PollSender};
use uuid::Uuid;

use super::{
    caller::Principal,
    owners::{Full, Kind, Owners},
    reply::{failure, too_much},
};
use crate::server::Server;

/// How often an idle stream shows that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Messages that may wait in either direction.
const WAITING: usize = 16;

/// The open streams.
#[derive(Debug)]
pub(super) struct Streams {
    server: Server,
    owners: Arc<Owners>,
    inboxes: Mutex<HashMap<Arc<str>, mpsc::Sender<ClientJsonRpcMessage>>>,
    stop: CancellationToken,
}

impl Streams {
    pub(super) fn new(server: Server, owners: Arc<Owners>, stop: CancellationToken) -> Self {
        Self {
            server,
            owners,
            inboxes: Mutex::default(),
            stop,
        }
    }

    fn inboxes(&self) -> MutexGuard<'_, HashMap<Arc<str>, mpsc::Sender<ClientJsonRpcMessage>>> {
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream's place, given back with the stream, which ends its calls.
struct Open {
    streams: Arc<Streams>,
    id: Arc<str>,
    stop: CancellationToken,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.stop.cancel();
        self.streams.inboxes().remove(&self.id);
        self.streams.owners.close(&self.id);
    }
}

/// `GET /sse`: opens a stream and serves the protocol on it.
pub(super) async fn open(
    State(streams): State<Arc<Streams>>,
    Extension(who): Extension<Principal>,
) -> Response {
    let id: Arc<str> = Uuid::new_v4().to_string().into();
    match streams.owners.open(Arc::clone(&id), who, Kind::Stream) {
        Ok(_) => {}
        Err(Full::Caller) => {
            return too_much("too many sessions; close some", Duration::from_secs(1));
        }
        Err(Full::All) => {
            let words = "the server has as many sessions as it can";
            return failure(StatusCode::SERVICE_UNAVAILABLE, "unavailable", words);
        }
    }
    let (inbox, messages) = mpsc::channel(WAITING);
    let (answers, outbox) = mpsc::channel::<ServerJsonRpcMessage>(WAITING);
    let stop = streams.stop.child_token();
    streams.inboxes().insert(Arc::clone(&id), inbox);
    let open = Open {
        streams: Arc::clone(&streams),
        id: Arc::clone(&id),
        stop: stop.clone(),
    };
    let sink = PollSender::new(answers).sink_map_err(io::Error::other);
    let server = streams.server.clone();
    tokio::spawn(async move {
        let transport = (sink, ReceiverStream::new(messages));
        if let Ok(service) = server.serve_with_ct(transport, stop).await {
            let _ = service.waiting().await;
        }
    });
    let address = Event::default()
        .event("endpoint")
        .data(format!("/messages?sessionId={id}"));
    let answers = ReceiverStream::new(outbox).map(|answer| {
        // Every message of rmcp is JSON.
        let json = serde_json::to_string(&answer).unwrap_or_default();
        Event::default().event("message").data(json)
    });
    // When it must stop, the service lets go of its answers only after it has given the last.
    let events = stream::once(async { address })
        .chain(answers)
        .map(move |event| {
            let _until_then = &open;
            Ok::<_, Infallible>(event)
        });
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    ([("x-accel-buffering", "no")], events).into_response()
}

#[derive(Debug, Deserialize)]
pub(super) struct Whose {
    #[serde(rename = "sessionId")]
    session: String,
}

/// `POST /messages?sessionId=…`: a message to a stream of the same caller.
pub(super) async fn post(
    State(streams): State<Arc<Streams>>,
    Extension(who): Extension<Principal>,
    Query(Whose { session }): Query<Whose>,
    parts: Parts,
    body: axum::body::Bytes,
) -> Response {
    let inbox = if streams.owners.owns(who, &session, Kind::Stream) {
        streams.inboxes().get(session.as_str()).cloned()
    } else {
        None
    };
    let Some(inbox) = inbox else {
        return failure(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is no such session",
        );
    };
    let Ok(mut message) = serde_json::from_slice::<ClientJsonRpcMessage>(&body) else {
        let words = "the body is no message of the protocol";
        return failure(StatusCode::BAD_REQUEST, "bad_request", words);
    };
    message.insert_extension(parts);
    if inbox.send(message).await.is_err() {
        return failure(StatusCode::NOT_FOUND, "not_found", "the session has ended");
    }
    (StatusCode::ACCEPTED, "Accepted").into_response()
}
