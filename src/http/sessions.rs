//! Sessions of the protocol before 2026-07-28, each bound to the caller that opened it.
//!
//! rmcp keeps the sessions. It awaits these methods inside the HTTP request, so who asks is told by
//! a task-local; what it cannot express as a status is handed back the same way.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};

use ::http::StatusCode;
use futures_util::Stream;
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        ServerSseMessage, SessionId, SessionManager,
        local::{self, LocalSessionManager, LocalSessionManagerError},
    },
};

use super::{
    caller::Principal,
    owners::{Full, Kind, Owners},
};

/// A session that nobody asks anything of is closed after this time. An open stream does not count
/// as asking, so it is long.
const IDLE: Duration = Duration::from_secs(3600);

tokio::task_local! {
    /// The HTTP request that is being answered.
    pub(super) static ASKING: Asking;
}

/// Who asks, and the status that the answer must have, if rmcp gave it another.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) who: Principal,
    pub(super) status: Arc<OnceLock<StatusCode>>,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    /// There is no room for it.
    #[error("no place is free")]
    Full,
    /// It is another's, or there is none.
    #[error("session not found")]
    Unknown,
    /// rmcp says so.
    #[error(transparent)]
    Session(#[from] LocalSessionManagerError),
}

/// rmcp's sessions, shown to their owners alone: for others they do not exist.
#[derive(Debug)]
pub(super) struct Sessions {
    inner: LocalSessionManager,
    owners: Arc<Owners>,
}

impl Sessions {
    pub(super) fn new(owners: Arc<Owners>) -> Self {
        let mut inner = LocalSessionManager::default();
        let config = &mut inner.session_config;
        config.keep_alive = Some(IDLE);
        // Clients are known that take the empty first event for an answer. Without it none knows an
        // event to resume from, so answers that were delivered need not be kept.
        config.sse_retry = None;
        config.completed_cache_ttl = Duration::ZERO;
        Self { inner, owners }
    }
}

/// Sets the status of the answer to the request that is being served.
fn answer_with(status: StatusCode) {
    let _ = ASKING.try_with(|asking| asking.status.set(status));
}

/// A session can end between rmcp's question whether it is there and its next one.
fn answer_if_gone(error: &LocalSessionManagerError) {
    if matches!(
        error,
        LocalSessionManagerError::SessionNotFound(_)
            | LocalSessionManagerError::SessionError(local::SessionError::SessionServiceTerminated)
    ) {
        answer_with(StatusCode::NOT_FOUND);
    }
}

impl SessionManager for Sessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let who = ASKING
            .try_with(|asking| asking.who)
            .map_err(|_| SessionError::Unknown)?;
        let (id, transport) = self.inner.create_session().await?;
        match self.owners.open(Arc::clone(&id), who, Kind::Session) {
            Ok(lost) => {
                if let Some(lost) = lost {
                    self.inner.close_session(&lost).await?;
                }
                Ok((id, transport))
            }
            Err(full) => {
                answer_with(match full {
                    Full::Caller => StatusCode::TOO_MANY_REQUESTS,
                    Full::All => StatusCode::SERVICE_UNAVAILABLE,
                });
                self.inner.close_session(&id).await?;
                Err(SessionError::Full)
            }
        }
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        let mine = ASKING.try_with(|asking| self.owners.owns(asking.who, id, Kind::Session));
        Ok(mine.unwrap_or(false) && self.inner.has_session(id).await?)
    }

    /// Comes from a request, which may be another's, and from rmcp when a session has ended.
    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        if let Ok(false) = ASKING.try_with(|asking| self.owners.owns(asking.who, id, Kind::Session))
        {
            answer_with(StatusCode::NOT_FOUND);
            return Err(SessionError::Unknown);
        }
        self.owners.close(id);
        Ok(self.inner.close_session(id).await?)
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        Ok(self.inner.initialize_session(id, message).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let stream = self.inner.create_stream(id, message).await;
        Ok(stream.inspect_err(answer_if_gone)?)
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), SessionError> {
        let accepted = self.inner.accept_message(id, message).await;
        Ok(accepted.inspect_err(answer_if_gone)?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(self.inner.create_standalone_stream(id).await?)
    }

    fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> impl Future<
        Output = Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError>,
    > + Send {
        let resumed = self.inner.resume(id, last_event_id);
        async { Ok(resumed.await?) }
    }
}
