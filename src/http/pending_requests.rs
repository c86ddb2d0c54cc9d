//! The requests of one session that are not answered yet.
//!
//! rmcp finds the stream of an answer by the id of its request. An id that is used twice at the
//! same time, or again right after it was cancelled, would give one request the answer of the
//! other, so an id is held until its request is answered and its handler has ended.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures_util::Stream;
use rmcp::{
    model::{
        CancelledNotificationParam, ClientJsonRpcMessage, ClientNotification, ErrorData,
        JsonRpcMessage, RequestId, ServerJsonRpcMessage,
    },
    transport::streamable_http_server::session::ServerSseMessage,
};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Requests of one session at the same time.
pub(super) const MAX_REQUESTS: usize = 64;

/// An answer may still arrive this long after a cancelled request or a session has ended.
const LATE_RESPONSE: Duration = Duration::from_secs(1);

/// The requests of one session.
#[derive(Debug, Default)]
pub(super) struct PendingRequests {
    slots: Mutex<HashMap<RequestId, Slot>>,
    /// Cancelled when the session has ended.
    ended: CancellationToken,
}

#[derive(Debug)]
enum Slot {
    InProgress(Weak<PendingRequest>),
    /// Cancelled and finished; the id is free again.
    Cancelled(Instant),
}

/// One request. Its handler and the stream of its answer hold it.
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
    /// Another with this id is in progress.
    DuplicateId(RequestId),
    /// The limit is reached.
    TooMany,
}

/// Why a stream cannot be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResumeError {
    /// A client reads it.
    InUse,
    /// Its request was answered, or there was none.
    Gone,
}

impl PendingRequests {
    /// A request begins.
    pub(super) fn begin(
        self: &Arc<Self>,
        id: RequestId,
    ) -> Result<Arc<PendingRequest>, BeginError> {
        let mut all = self.slots();
        let now = Instant::now();
        all.retain(|_, slot| !matches!(slot, Slot::Cancelled(free) if *free <= now));
        if all.contains_key(&id) {
            return Err(BeginError::DuplicateId(id));
        }
        if all.len() >= MAX_REQUESTS {
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
        all.insert(id, Slot::InProgress(Arc::downgrade(&request)));
        Ok(request)
    }

    /// Whether something is in progress.
    pub(super) fn is_busy(&self) -> bool {
        let all = self.slots();
        all.values().any(|slot| matches!(slot, Slot::InProgress(_)))
    }

    /// The request whose stream has this number, to be read by another client.
    pub(super) fn resume(&self, stream: u64) -> Result<Arc<PendingRequest>, ResumeError> {
        let in_progress = |slot: &Slot| match slot {
            Slot::InProgress(request) => request.upgrade(),
            Slot::Cancelled(_) => None,
        };
        // A request that is dropped locks the slots, so none may be dropped before they are unlocked.
        let all: Vec<_> = self.slots().values().filter_map(in_progress).collect();
        let mut all = all.into_iter();
        let found = all.find(|request| request.stream.get() == Some(&stream));
        let found = found.ok_or(ResumeError::Gone)?;
        if found.is_open.swap(true, Relaxed) {
            return Err(ResumeError::InUse);
        }
        Ok(found)
    }

    /// The session has ended.
    pub(super) fn close(&self) {
        self.ended.cancel();
    }

    /// What the session answers, if it does not end before. A message that reaches rmcp's session
    /// while it ends can be held by whoever waits for the answer to it, which then never comes.
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

    /// Notes what a client says of its requests: whoever cancels one gets no answer to it.
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

    /// Notes what a client is told.
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
    /// ResponseStream go to the stream of this number.
    pub(super) fn set_stream(&self, stream: Option<u64>) {
        if let Some(stream) = stream {
            let _ = self.stream.set(stream);
        }
    }

    /// The answer is about to be sent, so its client may use the id again.
    fn mark_answered(&self) {
        if !self.is_answered.swap(true, Relaxed) {
            self.pending.slots().remove(&self.id);
        }
    }

    /// Whether its client waits for an answer.
    fn awaits_response(&self) -> bool {
        !self.is_answered.load(Relaxed) && !self.is_cancelled.load(Relaxed)
    }
}

impl Drop for PendingRequest {
    fn drop(&mut self) {
        if self.is_answered.load(Relaxed) {
            return;
        }
        let mut all = self.pending.slots();
        if self.is_cancelled.load(Relaxed) {
            let free = Instant::now() + LATE_RESPONSE;
            all.insert(self.id.clone(), Slot::Cancelled(free));
        } else {
            all.remove(&self.id);
        }
    }
}

/// The events of one request. When they end without an answer, because the session or the server
/// ends, the last one is an error.
pub(super) struct ResponseStream {
    request: Arc<PendingRequest>,
    events: Receiver<ServerSseMessage>,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    ended: bool,
}

impl ResponseStream {
    /// Ends when `stop` is cancelled.
    pub(super) fn new(
        request: Arc<PendingRequest>,
        events: Receiver<ServerSseMessage>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            request,
            events,
            stop: Box::pin(stop.cancelled_owned()),
            ended: false,
        }
    }

    /// The same with other events.
    pub(super) fn with_events(mut self, events: Receiver<ServerSseMessage>) -> Self {
        self.events = events;
        self
    }
}

impl Stream for ResponseStream {
    type Item = ServerSseMessage;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<ServerSseMessage>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match self.events.poll_recv(context) {
            Poll::Ready(Some(event)) => {
                let message = event.message.as_deref();
                if message.and_then(answered_id) == Some(&self.request.id) {
                    self.request.mark_answered();
                }
                return Poll::Ready(Some(event));
            }
            Poll::Ready(None) => {}
            Poll::Pending => std::task::ready!(self.stop.as_mut().poll(context)),
        }
        self.ended = true;
        if !self.request.awaits_response() {
            return Poll::Ready(None);
        }
        let error = ServerJsonRpcMessage::error(session_ended(), Some(self.request.id.clone()));
        self.request.mark_answered();
        Poll::Ready(Some(ServerSseMessage::from_message(error)))
    }
}

impl Drop for ResponseStream {
    fn drop(&mut self) {
        self.request.is_open.store(false, Relaxed);
    }
}

/// The id of the request that the message answers.
fn answered_id(message: &ServerJsonRpcMessage) -> Option<&RequestId> {
    match message {
        JsonRpcMessage::Response(response) => Some(&response.id),
        JsonRpcMessage::Error(error) => error.id.as_ref(),
        JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
    }
}

fn session_ended() -> ErrorData {
    ErrorData::internal_error(
        "the session ended before this request was answered; a call may have been carried out \
         anyway: check before you repeat it",
        None,
    )
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};
    use rmcp::model::{EmptyResult, ServerResult};
    use serde_json::json;
    use tokio::sync::mpsc;

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

    /// What is read of a stream whose session ends after these answers.
    async fn read(
        request: &Arc<PendingRequest>,
        answers: Vec<ServerJsonRpcMessage>,
    ) -> Vec<ServerSseMessage> {
        let (sender, events) = mpsc::channel(4);
        for answer in answers {
            let event = ServerSseMessage::from_message(answer);
            sender.send(event).await.unwrap();
        }
        drop(sender);
        let stop = CancellationToken::new();
        ResponseStream::new(Arc::clone(request), events, stop)
            .collect()
            .await
    }

    fn is_error(event: &ServerSseMessage) -> bool {
        matches!(event.message.as_deref(), Some(JsonRpcMessage::Error(_)))
    }

    #[tokio::test]
    async fn a_stream_that_ends_without_an_answer_ends_with_an_error() {
        let pending = Arc::new(PendingRequests::default());
        let request = pending.begin(id(1)).unwrap();
        let events = read(&request, vec![answer(1)]).await;
        assert_eq!(events.len(), 1);
        assert!(!is_error(&events[0]));

        let request = pending.begin(id(1)).unwrap();
        let events = read(&request, vec![answer(2)]).await;
        assert_eq!(events.len(), 2);
        assert!(is_error(&events[1]), "the answer was another's");

        let request = pending.begin(id(1)).unwrap();
        cancel(&pending, 1);
        assert!(read(&request, vec![]).await.is_empty());
    }

    #[tokio::test]
    async fn a_stream_that_is_stopped_ends_with_an_error() {
        let pending = Arc::new(PendingRequests::default());
        let (_sender, events) = mpsc::channel(1);
        let stop = CancellationToken::new();
        let request = pending.begin(id(1)).unwrap();
        let mut answers = ResponseStream::new(request, events, stop.clone());
        assert!(answers.next().now_or_never().is_none());
        stop.cancel();
        assert!(is_error(&answers.next().await.unwrap()));
        assert!(answers.next().await.is_none());
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
        let (_sender, events) = mpsc::channel(1);
        let stop = CancellationToken::new();
        drop(ResponseStream::new(Arc::clone(&request), events, stop));
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
