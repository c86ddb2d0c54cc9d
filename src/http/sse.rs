//! HTTP+SSE, the transport that streamable HTTP replaced: a stream of events at `/sse`, whose first
//! event names the address to which the client posts its messages.

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
    pending_requests::PendingRequests,
    responses::{error_response, protocol_error, session_refused},
    session_manager::SessionRefusal,
    session_registry::{CallerInfo, SessionKind, SessionRegistry},
};
use crate::server::{ProtocolError, Server};

/// Interval of keep-alive events on an idle stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Maximum number of queued messages in each direction.
const QUEUE: usize = 16;

/// The open streams.
#[derive(Debug)]
pub(super) struct SseTransport {
    server: Server,
    registry: Arc<SessionRegistry>,
    inboxes: Mutex<HashMap<Arc<str>, mpsc::Sender<ClientJsonRpcMessage>>>,
    stop: CancellationToken,
}

impl SseTransport {
    pub(super) fn new(
        server: Server,
        registry: Arc<SessionRegistry>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            server,
            registry,
            inboxes: Mutex::default(),
            stop,
        }
    }

    fn inboxes(&self) -> MutexGuard<'_, HashMap<Arc<str>, mpsc::Sender<ClientJsonRpcMessage>>> {
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Unregisters a stream and aborts its calls when it is dropped.
struct OpenStream {
    transport: Arc<SseTransport>,
    id: Arc<str>,
    stop: CancellationToken,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.stop.cancel();
        self.transport.inboxes().remove(&self.id);
        self.transport.registry.close(&self.id);
    }
}

/// `GET /sse`: opens a stream and serves the protocol on it.
pub(super) async fn open(
    State(transport): State<Arc<SseTransport>>,
    Extension(caller_info): Extension<CallerInfo>,
) -> Response {
    let id: Arc<str> = Uuid::new_v4().to_string().into();
    let registry = &transport.registry;
    if let Err(limit) = registry.open(Arc::clone(&id), caller_info, SessionKind::Sse) {
        return session_refused(&limit.into());
    }
    let pending = registry.find(caller_info, &id, SessionKind::Sse);
    let pending = pending.unwrap_or_default();
    let (inbox, messages) = mpsc::channel(QUEUE);
    let (answers, outbox) = mpsc::channel::<ServerJsonRpcMessage>(QUEUE);
    let stop = transport.stop.child_token();
    transport.inboxes().insert(Arc::clone(&id), inbox);
    let open = OpenStream {
        transport: Arc::clone(&transport),
        id: Arc::clone(&id),
        stop: stop.clone(),
    };
    let sink = PollSender::new(answers).sink_map_err(io::Error::other);
    let server = transport.server.for_session();
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
        pending.note_server_message(&answer);
        // Serializing a message of rmcp cannot fail.
        let json = serde_json::to_string(&answer).unwrap_or_default();
        Event::default().event("message").data(json)
    });
    // On shutdown, the service closes its channel only after its last message.
    let events = stream::once(async { address })
        .chain(answers)
        .map(move |event| {
            let _guard = &open;
            Ok::<_, Infallible>(event)
        });
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    ([("x-accel-buffering", "no")], events).into_response()
}

#[derive(Debug, Deserialize)]
pub(super) struct MessageQuery {
    #[serde(rename = "sessionId")]
    session: String,
}

/// `POST /messages?sessionId=…`: receives a message for a stream of the same caller.
pub(super) async fn post(
    State(transport): State<Arc<SseTransport>>,
    Extension(caller_info): Extension<CallerInfo>,
    Query(MessageQuery { session }): Query<MessageQuery>,
    parts: Parts,
    body: axum::body::Bytes,
) -> Response {
    let not_found = || session_refused(&SessionRefusal::NotFound);
    let Some(pending) = transport
        .registry
        .find(caller_info, &session, SessionKind::Sse)
    else {
        return not_found();
    };
    let inbox = transport.inboxes().get(session.as_str()).cloned();
    let Some(inbox) = inbox else {
        return not_found();
    };
    let Ok(mut message) = serde_json::from_slice::<ClientJsonRpcMessage>(&body) else {
        let error = ProtocolError::invalid(None, "the body is not a valid MCP message");
        return protocol_error(StatusCode::BAD_REQUEST, &error);
    };
    message.insert_extension(parts);
    if let Err(refusal) = begin(&pending, &mut message) {
        return session_refused(&refusal);
    }
    if inbox.send(message).await.is_err() {
        return error_response(StatusCode::NOT_FOUND, "not_found", "the session has ended");
    }
    (StatusCode::ACCEPTED, "Accepted").into_response()
}

/// Registers the message. A request is pending while its handler holds the extension.
fn begin(
    pending: &Arc<PendingRequests>,
    message: &mut ClientJsonRpcMessage,
) -> Result<(), SessionRefusal> {
    pending.note_client_message(message);
    if let JsonRpcMessage::Request(request) = message {
        let request = pending.begin(request.id.clone())?;
        message.insert_extension(request);
    }
    Ok(())
}
