//! The stream of events that answers one request.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::Stream;
use rmcp::{
    model::{ErrorData, ServerJsonRpcMessage},
    transport::streamable_http_server::session::ServerSseMessage,
};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::pending_requests::{PendingRequest, answered_id};

/// The events of one request. If they end without a response, because the session or the server
/// ends, the last event is an error.
pub(super) struct ResponseStream {
    request: Arc<PendingRequest>,
    events: Receiver<ServerSseMessage>,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    ended: bool,
}

impl ResponseStream {
    /// The stream ends when `stop` is cancelled.
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

    /// Continues with other events.
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
                if message.and_then(answered_id) == Some(self.request.id()) {
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
        let error = ServerJsonRpcMessage::error(session_ended(), Some(self.request.id().clone()));
        self.request.mark_answered();
        Poll::Ready(Some(ServerSseMessage::from_message(error)))
    }
}

impl Drop for ResponseStream {
    fn drop(&mut self) {
        self.request.release_stream();
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
    use rmcp::model::{EmptyResult, JsonRpcMessage, RequestId, ServerResult};
    use serde_json::json;
    use tokio::sync::mpsc;

    use super::{super::pending_requests::PendingRequests, *};

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
}
