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
    model::{ClientJsonRpcMessage, JsonRpcMessage, ServerJsonRpcMessage},
};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::{CancellationToken, PollSender};
use uuid::Uuid;

use super::{
    owners::{Full, Kind, Owners, Visitor},
    pending::Pending,
    reply::{failure, jsonrpc, refused},
    sessions::Refusal,
};
use crate::server::{Refusal as Malformed, Server};

/// Interval of keep-alive events on an idle stream.
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
    Extension(visitor): Extension<Visitor>,
) -> Response {
    let id: Arc<str> = Uuid::new_v4().to_string().into();
    match streams.owners.open(Arc::clone(&id), visitor, Kind::Stream) {
        Ok(_) => {}
        Err(Full::Caller) => return refused(&Refusal::Sessions),
        Err(Full::All) => return refused(&Refusal::AllSessions),
    }
    let pending = streams.owners.find(visitor, &id, Kind::Stream);
    let pending = pending.unwrap_or_default();
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
    let server = streams.server.for_session();
    tokio::spawn(async move {
        let transport = (sink, ReceiverStream::new(messages));
        if let Ok(service) = server.serve_with_ct(transport, stop).await {
            let _ = service.waiting().await;
        }
    });
    let address = Event::default()
        .event("endpoint")
        .data(format!("/messages?sessionId={id}"));
    let answers = ReceiverStream::new(outbox).map(move |answer| {
        pending.tell(&answer);
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
    Extension(visitor): Extension<Visitor>,
    Query(Whose { session }): Query<Whose>,
    parts: Parts,
    body: axum::body::Bytes,
) -> Response {
    let gone = || refused(&Refusal::Unknown);
    let Some(pending) = streams.owners.find(visitor, &session, Kind::Stream) else {
        return gone();
    };
    let inbox = streams.inboxes().get(session.as_str()).cloned();
    let Some(inbox) = inbox else {
        return gone();
    };
    let Ok(mut message) = serde_json::from_slice::<ClientJsonRpcMessage>(&body) else {
        let words = "the body is not a valid MCP message";
        return jsonrpc(StatusCode::BAD_REQUEST, &Malformed::invalid(None, words));
    };
    message.insert_extension(parts);
    if let Err(refusal) = begin(&pending, &mut message) {
        return refused(&refusal);
    }
    if inbox.send(message).await.is_err() {
        return failure(StatusCode::NOT_FOUND, "not_found", "the session has ended");
    }
    (StatusCode::ACCEPTED, "Accepted").into_response()
}

/// Notes the message; a request is in progress as long as its handler holds what is put into it.
fn begin(pending: &Arc<Pending>, message: &mut ClientJsonRpcMessage) -> Result<(), Refusal> {
    pending.hear(message);
    if let JsonRpcMessage::Request(request) = message {
        let request = pending.begin(request.id.clone())?;
        message.insert_extension(request);
    }
    Ok(())
}
