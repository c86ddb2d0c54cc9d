//! Sessions of protocol versions before 2026-07-28. Each belongs to the caller that opened it.
//!
//! rmcp keeps the sessions and calls these methods while it handles an HTTP request. A task-local
//! carries the caller in, and refusals that rmcp cannot express out.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use rmcp::{
    model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        ServerSseMessage, SessionId, SessionManager,
        local::{self, LocalSessionHandle, LocalSessionManager, LocalSessionManagerError},
    },
};
use tokio::{sync::mpsc, task::JoinError};
use tokio_util::sync::CancellationToken;

use super::{
    pending_requests::{BeginError, PendingRequests, ResumeError},
    response_stream::ResponseStream,
    session_registry::{CallerInfo, LimitExceeded, SessionKind, SessionRegistry},
};

/// How long a session without requests is kept. Long, because an open stream does not count as a
/// request.
const KEEP_ALIVE: Duration = Duration::from_secs(3600);

tokio::task_local! {
    /// The HTTP request that is being handled.
    pub(super) static CURRENT_REQUEST: CurrentRequest;
}

/// The caller, and the refusal that replaces rmcp's response, if any.
#[derive(Clone, Debug)]
pub(super) struct CurrentRequest {
    pub(super) caller_info: CallerInfo,
    pub(super) refusal: Arc<OnceLock<SessionRefusal>>,
}

/// Refusals that rmcp cannot express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SessionRefusal {
    /// The caller has reached its limit of sessions.
    CallerLimit,
    /// The server has reached its limit of sessions.
    ServerLimit,
    /// There is no such session, or it belongs to another caller.
    NotFound,
    /// Another client reads the stream.
    StreamInUse,
    /// The session has a request with this id in progress.
    DuplicateId(RequestId),
    /// The session has reached its limit of requests in progress.
    TooManyRequests,
}

impl From<LimitExceeded> for SessionRefusal {
    fn from(limit: LimitExceeded) -> Self {
        match limit {
            LimitExceeded::Caller => Self::CallerLimit,
            LimitExceeded::Server => Self::ServerLimit,
        }
    }
}

impl From<BeginError> for SessionRefusal {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::DuplicateId(id) => Self::DuplicateId(id),
            BeginError::TooMany => Self::TooManyRequests,
        }
    }
}

/// Why rmcp gets no session or no stream.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    /// [`CurrentRequest::refusal`] says why.
    #[error("refused")]
    Refused,
    #[error("session not found")]
    NotFound,
    /// Its request was answered, or never existed.
    #[error("the stream has ended")]
    StreamEnded,
    #[error(transparent)]
    Session(#[from] LocalSessionManagerError),
    #[error(transparent)]
    Runtime(#[from] JoinError),
}

/// rmcp's sessions, visible only to their owners.
#[derive(Debug)]
pub(super) struct OwnedSessionManager {
    inner: LocalSessionManager,
    registry: Arc<SessionRegistry>,
    /// Cancelled to answer all pending requests with an error.
    abort: CancellationToken,
}

impl OwnedSessionManager {
    pub(super) fn new(registry: Arc<SessionRegistry>, abort: CancellationToken) -> Self {
        let mut inner = LocalSessionManager::default();
        let config = &mut inner.session_config;
        config.keep_alive = Some(KEEP_ALIVE);
        // Some clients take an empty first event for the response. Without it, no client can resume
        // a stream that has ended, so completed responses need not be kept.
        config.sse_retry = None;
        config.completed_cache_ttl = Duration::ZERO;
        Self {
            inner,
            registry,
            abort,
        }
    }

    /// The pending requests of a session that belongs to the caller.
    fn pending(&self, id: &SessionId) -> Result<Arc<PendingRequests>, SessionError> {
        let found = self.find(id).flatten();
        found.ok_or_else(|| refuse(SessionRefusal::NotFound))
    }

    /// The same, or `None` outside of a request.
    fn find(&self, id: &SessionId) -> Option<Option<Arc<PendingRequests>>> {
        let kind = SessionKind::Streamable;
        let find = |current: &CurrentRequest| self.registry.find(current.caller_info, id, kind);
        CURRENT_REQUEST.try_with(find).ok()
    }

    async fn handle(&self, id: &SessionId) -> Result<LocalSessionHandle, SessionError> {
        let handle = self.inner.sessions.read().await.get(id).cloned();
        handle.ok_or_else(|| refuse(SessionRefusal::NotFound))
    }
}

/// Replaces rmcp's response to the current request.
fn refuse(refusal: SessionRefusal) -> SessionError {
    let _ = CURRENT_REQUEST.try_with(|current| current.refusal.set(refusal));
    SessionError::Refused
}

/// A session can end between two calls by rmcp.
fn refuse_if_gone(error: LocalSessionManagerError) -> SessionError {
    match error {
        LocalSessionManagerError::SessionNotFound(_)
        | LocalSessionManagerError::SessionError(local::SessionError::SessionServiceTerminated) => {
            refuse(SessionRefusal::NotFound)
        }
        error => error.into(),
    }
}

impl SessionManager for OwnedSessionManager {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let caller_info = CURRENT_REQUEST
            .try_with(|current| current.caller_info)
            .map_err(|_| SessionError::NotFound)?;
        let (id, transport) = self.inner.create_session().await?;
        match self
            .registry
            .open(Arc::clone(&id), caller_info, SessionKind::Streamable)
        {
            Ok(evicted) => {
                if let Some(evicted) = evicted {
                    self.inner.close_session(&evicted).await?;
                }
                Ok((id, transport))
            }
            Err(limit) => {
                self.inner.close_session(&id).await?;
                Err(refuse(limit.into()))
            }
        }
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        let is_owned = self.find(id).flatten().is_some();
        Ok(is_owned && self.inner.has_session(id).await?)
    }

    /// Called for a request, possibly of another caller, and by rmcp when a session has ended.
    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        if let Some(None) = self.find(id) {
            return Err(refuse(SessionRefusal::NotFound));
        }
        self.registry.close(id);
        Ok(self.inner.close_session(id).await?)
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        let initialized = self.inner.initialize_session(id, message);
        let initialized = self.pending(id)?.unless_ended(initialized).await;
        Ok(initialized.ok_or_else(|| refuse(SessionRefusal::NotFound))??)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        mut message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let JsonRpcMessage::Request(request) = &message else {
            return Err(SessionError::StreamEnded);
        };
        let pending = self.pending(id)?;
        let request = pending.begin(request.id.clone());
        let request = request.map_err(|error| refuse(error.into()))?;
        // The handler may outlive the stream.
        message.insert_extension(Arc::clone(&request));
        let handle = self.handle(id).await?;
        let stream = Arc::clone(&request);
        let start = async move {
            let receiver = handle.establish_request_wise_channel().await?;
            stream.set_stream(receiver.http_request_id);
            handle
                .push_message(message, receiver.http_request_id)
                .await?;
            Ok::<_, local::SessionError>(receiver.inner)
        };
        // If this were cancelled before the message is passed on, rmcp would keep the stream for
        // ever.
        let started = tokio::spawn(async move { pending.unless_ended(start).await });
        let Some(events) = started.await? else {
            return Err(refuse(SessionRefusal::NotFound));
        };
        let events = events.map_err(|error| refuse_if_gone(error.into()))?;
        Ok(ResponseStream::new(request, events, self.abort.clone()))
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), SessionError> {
        self.pending(id)?.note_client_message(&message);
        let accepted = self.inner.accept_message(id, message).await;
        accepted.map_err(refuse_if_gone)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let stream = self.inner.create_standalone_stream(id);
        let stream = self.pending(id)?.unless_ended(stream).await;
        let stream = stream.ok_or_else(|| refuse(SessionRefusal::NotFound))?;
        stream.map_err(refuse_if_gone)
    }

    /// A stream that is being read cannot be resumed: rmcp would end it without a response.
    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let pending = self.pending(id)?;
        let ended = || refuse(SessionRefusal::NotFound);
        let Some(stream) = stream_of(&last_event_id) else {
            let resumed = self.inner.resume(id, last_event_id);
            let resumed = pending.unless_ended(resumed).await;
            return Ok(resumed.ok_or_else(ended)??.left_stream());
        };
        let request = pending.resume(stream).map_err(|error| match error {
            ResumeError::InUse => refuse(SessionRefusal::StreamInUse),
            ResumeError::Gone => SessionError::StreamEnded,
        })?;
        let last = last_event_id.parse::<local::EventId>();
        let last = last.map_err(|error| SessionError::Session(error.into()));
        // Dropping this lets the next client resume.
        let (_sender, no_events) = mpsc::channel(1);
        let stream = ResponseStream::new(request, no_events, self.abort.clone());
        let handle = self.handle(id).await?;
        let resumed = pending.unless_ended(handle.resume(last?)).await;
        let resumed = resumed.ok_or_else(ended)?;
        let resumed = resumed.map_err(|error| SessionError::Session(error.into()))?;
        Ok(stream.with_events(resumed.inner).right_stream())
    }
}

/// The number of the stream in an event id of rmcp. Ids of the standalone stream have none.
fn stream_of(event: &str) -> Option<u64> {
    event.split_once('/')?.1.parse().ok()
}
