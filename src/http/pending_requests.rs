//! The requests of one session that have no response yet.
//!
//! rmcp finds the stream for a response by the id of its request. If an id were used twice at the
//! same time, or again right after it was cancelled, one request could get the response to the
//! other. An id therefore stays in use until its request is answered or its handler has ended.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rmcp::model::{
    CancelledNotificationParam, ClientJsonRpcMessage, ClientNotification, JsonRpcMessage,
    RequestId, ServerJsonRpcMessage,
};
use tokio_util::sync::CancellationToken;

/// Maximum number of concurrent requests of one session.
pub(super) const MAX_REQUESTS: usize = 64;

/// How long a response may still arrive after a cancelled request or a session has ended.
const LATE_RESPONSE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct PendingRequests {
    slots: Mutex<HashMap<RequestId, Slot>>,
    /// Cancelled when the session ends.
    ended: CancellationToken,
}

#[derive(Debug)]
enum Slot {
    InProgress(Weak<PendingRequest>),
    /// Cancelled and finished; the id is free from this time on.
    Cancelled(Instant),
}

/// One request, held by its handler and by the stream of its response.
#[derive(Debug)]
pub(super) struct PendingRequest {
    pending: Arc<PendingRequests>,
    id: RequestId,
    /// rmcp's number of the stream on which it is answered.
    stream: OnceLock<u64>,
    /// Whether a client reads that stream.
    is_open: AtomicBool,
    is_answered: AtomicBool,
    is_cancelled: AtomicBool,
}

/// Why a request cannot begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BeginError {
    /// A request with this id is in progress.
    DuplicateId(RequestId),
    /// The session has reached its limit.
    TooMany,
}

/// Why a stream cannot be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResumeError {
    /// Another client reads it.
    InUse,
    /// Its request was answered, or never existed.
    Gone,
}

impl PendingRequests {
    /// Registers a request.
    pub(super) fn begin(
        self: &Arc<Self>,
        id: RequestId,
    ) -> Result<Arc<PendingRequest>, BeginError> {
        let mut slots = self.slots();
        let now = Instant::now();
        slots.retain(|_, slot| !matches!(slot, Slot::Cancelled(free) if *free <= now));
        if slots.contains_key(&id) {
            return Err(BeginError::DuplicateId(id));
        }
        if slots.len() >= MAX_REQUESTS {
            return Err(BeginError::TooMany);
        }
        let request = Arc::new(PendingRequest {
            pending: Arc::clone(self),
            id: id.clone(),
            stream: OnceLock::new(),
            is_open: AtomicBool::new(true),
            is_answered: AtomicBool::new(false),
            is_cancelled: AtomicBool::new(false),
        });
        slots.insert(id, Slot::InProgress(Arc::downgrade(&request)));
        Ok(request)
    }

    /// Whether a request is in progress.
    pub(super) fn is_busy(&self) -> bool {
        let slots = self.slots();
        slots
            .values()
            .any(|slot| matches!(slot, Slot::InProgress(_)))
    }

    /// The request whose stream has this number, which the caller now reads.
    pub(super) fn resume(&self, stream: u64) -> Result<Arc<PendingRequest>, ResumeError> {
        let in_progress = |slot: &Slot| match slot {
            Slot::InProgress(request) => request.upgrade(),
            Slot::Cancelled(_) => None,
        };
        // Dropping a request locks the slots, so no request may be dropped while they are locked.
        let requests: Vec<_> = self.slots().values().filter_map(in_progress).collect();
        let mut requests = requests.into_iter();
        let found = requests.find(|request| request.stream.get() == Some(&stream));
        let found = found.ok_or(ResumeError::Gone)?;
        if found.is_open.swap(true, Relaxed) {
            return Err(ResumeError::InUse);
        }
        Ok(found)
    }

    /// Ends the session.
    pub(super) fn close(&self) {
        self.ended.cancel();
    }

    /// The result of `answer`, or `None` if the session ends first: rmcp may never answer a message
    /// that reaches a session while it ends.
    pub(super) async fn unless_ended<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        let ended = async {
            self.ended.cancelled().await;
            tokio::time::sleep(LATE_RESPONSE).await;
        };
        tokio::select! {
            biased;
            answer = answer => Some(answer),
            () = ended => None,
        }
    }

    /// Marks the request that a message cancels, which then gets no response.
    pub(super) fn note_client_message(&self, message: &ClientJsonRpcMessage) {
        if let JsonRpcMessage::Notification(message) = message
            && let ClientNotification::CancelledNotification(cancelled) = &message.notification
            && let CancelledNotificationParam {
                request_id: Some(id),
                ..
            } = &cancelled.params
            && let Some(request) = self.find(id)
        {
            request.is_cancelled.store(true, Relaxed);
        }
    }

    /// Marks the request that a message answers.
    pub(super) fn note_server_message(&self, message: &ServerJsonRpcMessage) {
        if let Some(request) = answered_id(message).and_then(|id| self.find(id)) {
            request.mark_answered();
        }
    }

    fn find(&self, id: &RequestId) -> Option<Arc<PendingRequest>> {
        match self.slots().get(id)? {
            Slot::InProgress(request) => request.upgrade(),
            Slot::Cancelled(_) => None,
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<RequestId, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PendingRequest {
    pub(super) fn id(&self) -> &RequestId {
        &self.id
    }

    /// No client reads its stream any more.
    pub(super) fn release_stream(&self) {
        self.is_open.store(false, Relaxed);
    }

    /// Sets rmcp's number of the stream on which it is answered.
    pub(super) fn set_stream(&self, stream: Option<u64>) {
        if let Some(stream) = stream {
            let _ = self.stream.set(stream);
        }
    }

    /// Frees the id: the response is about to be sent.
    pub(super) fn mark_answered(&self) {
        if !self.is_answered.swap(true, Relaxed) {
            self.pending.slots().remove(&self.id);
        }
    }

    /// Whether the client still expects a response.
    pub(super) fn awaits_response(&self) -> bool {
        !self.is_answered.load(Relaxed) && !self.is_cancelled.load(Relaxed)
    }
}

impl Drop for PendingRequest {
    fn drop(&mut self) {
        if self.is_answered.load(Relaxed) {
            return;
        }
        let mut slots = self.pending.slots();
        if self.is_cancelled.load(Relaxed) {
            let free = Instant::now() + LATE_RESPONSE;
            slots.insert(self.id.clone(), Slot::Cancelled(free));
        } else {
            slots.remove(&self.id);
        }
    }
}

/// The id of the request that the message answers.
pub(super) fn answered_id(message: &ServerJsonRpcMessage) -> Option<&RequestId> {
    match message {
        JsonRpcMessage::Response(response) => Some(&response.id),
        JsonRpcMessage::Error(error) => error.id.as_ref(),
        JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::{EmptyResult, ServerResult};
    use serde_json::json;

    use super::*;

    fn id(number: i64) -> RequestId {
        RequestId::Number(number)
    }

    fn answer(number: i64) -> ServerJsonRpcMessage {
        ServerJsonRpcMessage::response(ServerResult::EmptyResult(EmptyResult {}), id(number))
    }

    fn cancel(pending: &PendingRequests, number: i64) {
        let message = json!({
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": { "requestId": number },
        });
        pending.note_client_message(&serde_json::from_value(message).unwrap());
    }

    #[test]
    fn an_id_is_held_until_it_is_answered() {
        let pending = Arc::new(PendingRequests::default());
        let request = pending.begin(id(1)).unwrap();
        assert_eq!(
            pending.begin(id(1)).unwrap_err(),
            BeginError::DuplicateId(id(1))
        );
        assert!(pending.is_busy());
        pending.note_server_message(&answer(1));
        assert!(!pending.is_busy());
        let next = pending.begin(id(1)).unwrap();
        drop(request);
        assert!(
            pending.begin(id(1)).is_err(),
            "the first has let it go before"
        );
        drop(next);
        pending.begin(id(1)).unwrap();
    }

    #[test]
    fn the_id_of_a_cancelled_request_is_held_a_little_longer() {
        let pending = Arc::new(PendingRequests::default());
        let request = pending.begin(id(1)).unwrap();
        cancel(&pending, 1);
        assert!(pending.begin(id(1)).is_err(), "its handler may go on");
        drop(request);
        assert!(
            pending.begin(id(1)).is_err(),
            "its answer may be on its way"
        );
        assert!(!pending.is_busy());
        let ended = Instant::now().checked_sub(LATE_RESPONSE).unwrap();
        pending.slots().insert(id(1), Slot::Cancelled(ended));
        pending.begin(id(1)).unwrap();
    }

    #[test]
    fn a_session_has_a_bounded_number_of_requests() {
        let pending = Arc::new(PendingRequests::default());
        let numbers = 0..i64::try_from(MAX_REQUESTS).unwrap();
        let held: Vec<_> = numbers
            .map(|number| pending.begin(id(number)).unwrap())
            .collect();
        assert_eq!(pending.begin(id(-1)).unwrap_err(), BeginError::TooMany);
        drop(held);
        pending.begin(id(-1)).unwrap();
    }

    #[tokio::test]
    async fn a_stream_is_resumed_once_nobody_reads_it() {
        let pending = Arc::new(PendingRequests::default());
        let request = pending.begin(id(1)).unwrap();
        request.set_stream(Some(5));
        assert_eq!(pending.resume(5).unwrap_err(), ResumeError::InUse);
        assert_eq!(pending.resume(6).unwrap_err(), ResumeError::Gone);
        request.release_stream();
        pending.resume(5).unwrap();
        assert_eq!(pending.resume(5).unwrap_err(), ResumeError::InUse);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_session_that_has_ended() {
        let pending = PendingRequests::default();
        assert_eq!(pending.unless_ended(async { 1 }).await, Some(1));
        let nothing = pending.unless_ended(std::future::pending::<()>());
        let (answer, ()) = tokio::join!(nothing, async { pending.close() });
        assert_eq!(answer, None);
        assert_eq!(pending.unless_ended(async { 2 }).await, Some(2));
    }
}
