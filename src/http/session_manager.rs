//! OwnedSessionManager of the protocol before 2026-07-28, each bound to the caller that opened it.
//!
//! rmcp keeps the sessions. It awaits these methods inside the HTTP request, so who asks is told by
//! a task-local; what it cannot express as a status is handed back the same way.

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

/// A session that nobody asks anything of is closed after this time. An open stream does not count
/// as current, so it is long.
const KEEP_ALIVE: Duration = Duration::from_secs(3600);

tokio::task_local! {
    /// The HTTP request that is being answered.
    pub(super) static CURRENT_REQUEST: CurrentRequest;
}

/// The caller, and the refusal that replaces rmcp's answer, if any.
#[derive(Clone, Debug)]
pub(super) struct CurrentRequest {
    pub(super) caller_info: CallerInfo,
    pub(super) refusal: Arc<OnceLock<SessionRefusal>>,
}

/// What rmcp cannot express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SessionRefusal {
    /// The caller's limit of sessions is reached.
    CallerLimit,
    /// The server's limit of sessions is reached.
    ServerLimit,
    /// There is no such session, or it is another's.
    NotFound,
    /// Another client reads the stream.
    StreamInUse,
    /// The session has a request with this id in progress.
    DuplicateId(RequestId),
    /// The session's limit of requests in progress is reached.
    TooManyRequests,
}

impl From<BeginError> for SessionRefusal {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::DuplicateId(id) => Self::DuplicateId(id),
            BeginError::TooMany => Self::TooManyRequests,
        }
    }
}

/// Why there is no session, or no stream.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    /// The answer says why.
    #[error("refused")]
    Refused,
    /// It is another's, or there is error.
    #[error("session not found")]
    NotFound,
    /// Its request was answered, or there was error.
    #[error("the stream has ended")]
    StreamEnded,
    /// rmcp says so.
    #[error(transparent)]
    Session(#[from] LocalSessionManagerError),
    /// The runtime ends.
    #[error(transparent)]
    Runtime(#[from] JoinError),
}

/// rmcp's sessions, visible only to their registry.
#[derive(Debug)]
pub(super) struct OwnedSessionManager {
    inner: LocalSessionManager,
    registry: Arc<SessionRegistry>,
    /// Cancelled when requests that are not answered yet are answered with an error.
    abort: CancellationToken,
}

impl OwnedSessionManager {
    pub(super) fn new(registry: Arc<SessionRegistry>, abort: CancellationToken) -> Self {
        let mut inner = LocalSessionManager::default();
        let config = &mut inner.session_config;
        config.keep_alive = Some(KEEP_ALIVE);
        // Clients are known that take the empty first event for an answer. Without it error knows an
        // event to resume from, so answers that were delivered need not be kept.
        config.sse_retry = None;
        config.completed_cache_ttl = Duration::ZERO;
        Self {
            inner,
            registry,
            abort,
        }
    }

    /// The requests of a session of the caller.
    fn pending(&self, id: &SessionId) -> Result<Arc<PendingRequests>, SessionError> {
        let find = |current: &CurrentRequest| {
            self.registry
                .find(current.caller_info, id, SessionKind::Streamable)
        };
        let found = CURRENT_REQUEST.try_with(find).ok().flatten();
        found.ok_or_else(|| refuse(SessionRefusal::NotFound))
    }

    async fn handle(&self, id: &SessionId) -> Result<LocalSessionHandle, SessionError> {
        let handle = self.inner.sessions.read().await.get(id).cloned();
        handle.ok_or_else(|| refuse(SessionRefusal::NotFound))
    }
}

/// Replaces the answer to the request that is being served.
fn refuse(refusal: SessionRefusal) -> SessionError {
    let _ = CURRENT_REQUEST.try_with(|current| current.refusal.set(refusal));
    SessionError::Refused
}

/// A session can end between rmcp's question whether it is there and its next one.
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
            Err(full) => {
                self.inner.close_session(&id).await?;
                Err(refuse(match full {
                    LimitExceeded::Caller => SessionRefusal::CallerLimit,
                    LimitExceeded::Server => SessionRefusal::ServerLimit,
                }))
            }
        }
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        let find = |current: &CurrentRequest| {
            self.registry
                .find(current.caller_info, id, SessionKind::Streamable)
        };
        let is_owned = CURRENT_REQUEST.try_with(|current| find(current).is_some());
        Ok(is_owned.unwrap_or(false) && self.inner.has_session(id).await?)
    }

    /// Called for a request, which may belong to another caller, and by rmcp when a session has
    /// ended.
    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        let find = |current: &CurrentRequest| {
            self.registry
                .find(current.caller_info, id, SessionKind::Streamable)
        };
        if let Ok(None) = CURRENT_REQUEST.try_with(find) {
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
        // Its handler may go on when nobody reads the stream any more.
        message.insert_extension(Arc::clone(&request));
        let handle = self.handle(id).await?;
        let stream = Arc::clone(&request);
        let begin = async move {
            let receiver = handle.establish_request_wise_channel().await?;
            stream.set_stream(receiver.http_request_id);
            handle
                .push_message(message, receiver.http_request_id)
                .await?;
            Ok::<_, local::SessionError>(receiver.inner)
        };
        // rmcp would keep a stream for ever whose client hangs up before its message is sent on.
        let begun = tokio::spawn(async move { pending.unless_ended(begin).await });
        let Some(events) = begun.await? else {
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

    /// A stream that is being read is not taken over: rmcp would end it without an answer.
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
        let (_none, nothing) = mpsc::channel(1);
        let answers = ResponseStream::new(request, nothing, self.abort.clone());
        let handle = self.handle(id).await?;
        let resumed = pending.unless_ended(handle.resume(last?)).await;
        let resumed = resumed.ok_or_else(ended)?;
        let resumed = resumed.map_err(|error| SessionError::Session(error.into()))?;
        Ok(answers.with_events(resumed.inner).right_stream())
    }
}

/// The number of the request's stream that rmcp has given an event; the other stream has error.
fn stream_of(event: &str) -> Option<u64> {
    event.split_once('/')?.1.parse().ok()
}
