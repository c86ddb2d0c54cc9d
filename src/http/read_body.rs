//! Reads the bodies of requests within limits of size and time.

use std::time::Duration;

use ::http::StatusCode;
use axum::{
    BoxError,
    body::Body,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::Instant;

use super::{
    body_budget::{Reservation, TooSlow},
    caller::Caller,
    responses::error_response,
};

/// The maximum size of a body, in bytes.
const MAX_BODY: usize = 4 << 20;

/// Timeout for receiving the complete body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Timeout for receiving a body while other bodies of its caller wait to be read.
const SLOW_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// Interval at which the server checks whether a slow body blocks others.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The reason why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the message is larger than 4 MiB")]
    TooLarge,
    #[error("the message did not arrive in time or was incomplete")]
    Incomplete,
    #[error("the message arrived slowly while other messages waited; send it again")]
    TooSlow,
}

impl BodyError {
    /// The value of the metric's `reason` label.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge => "large_message",
            Self::Incomplete => "unfinished_message",
            Self::TooSlow => "slow_message",
        }
    }
}

impl From<BoxError> for BodyError {
    fn from(error: BoxError) -> Self {
        if error.is::<LengthLimitError>() {
            Self::TooLarge
        } else {
            Self::Incomplete
        }
    }
}

impl From<TooSlow> for BodyError {
    fn from(_: TooSlow) -> Self {
        Self::TooSlow
    }
}

impl IntoResponse for BodyError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::TooLarge => error_response(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &text),
            Self::Incomplete | Self::TooSlow => {
                error_response(StatusCode::REQUEST_TIMEOUT, "timeout", &text)
            }
        }
    }
}

/// Reads a body; its memory is reserved as the data arrives.
pub(super) async fn read_body(
    caller: &Caller,
    mut reservation: Reservation,
    body: Body,
) -> Result<Vec<u8>, BodyError> {
    let read = async {
        let _permit = caller.acquire_read().await;
        let deadline = Instant::now() + SLOW_BODY_TIMEOUT;
        let mut body = Limited::new(body, MAX_BODY);
        let mut message = Vec::new();
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame.transpose()?,
                () = reservation.evicted() => return Err(BodyError::TooSlow),
                () = blocks_others(caller, deadline) => return Err(BodyError::TooSlow),
            };
            let Some(frame) = frame else {
                return Ok(message);
            };
            let data = frame.into_data().unwrap_or_default();
            reservation.add(data.len()).await?;
            message.extend_from_slice(&data);
        }
    };
    let read = tokio::time::timeout(BODY_TIMEOUT, read).await;
    read.unwrap_or(Err(BodyError::Incomplete))
}

/// Resolves when the deadline has passed and another body of the caller waits.
async fn blocks_others(caller: &Caller, deadline: Instant) {
    tokio::time::sleep_until(deadline).await;
    while !caller.has_queued_reads() {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use crate::guard::digest::caller_id;
    use std::{convert::Infallible, num::NonZeroU32, sync::Arc};

    use axum::body::Bytes;
    use futures_util::{StreamExt, stream};

    use super::{
        super::{
            body_budget::{BODY_MEMORY, BodyMemory, MemoryLimits, UNCOUNTED},
            caller::{CallerLimits, CallerRegistry},
            client_address::ClientAddress,
        },
        *,
    };
    use crate::api::Token;

    fn caller() -> Arc<Caller> {
        let callers = CallerRegistry::new(CallerLimits {
            rate: NonZeroU32::MIN,
            calls: 1,
            streams: 1,
        });
        callers.get(caller_id(&Token::new("one").unwrap()))
    }

    /// Reads a message of which only this beginning arrives.
    async fn read_unfinished(
        caller: &Caller,
        begun: &'static [u8],
        body_budget: &Arc<BodyMemory>,
    ) -> BodyError {
        let begun = stream::iter([Ok::<_, Infallible>(Bytes::from_static(begun))]);
        let body = Body::from_stream(begun.chain(stream::pending()));
        let reservation = body_budget.reserve(caller.id(), ClientAddress::unknown());
        read_body(caller, reservation, body).await.unwrap_err()
    }

    /// The paused clock advances when all tasks are idle.
    #[tokio::test(start_paused = true)]
    async fn a_message_that_does_not_end_is_refused() {
        let start = Instant::now();
        let error = read_unfinished(&caller(), b"{", &Arc::new(BodyMemory::new(BODY_MEMORY))).await;
        assert!(matches!(error, BodyError::Incomplete), "{error:?}");
        assert_eq!(start.elapsed(), BODY_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_message_makes_room_for_another() {
        static LARGE: [u8; UNCOUNTED + 1] = [b' '; UNCOUNTED + 1];
        let most = MemoryLimits {
            per_caller: LARGE.len(),
            ..BODY_MEMORY
        };
        let (body_budget, caller) = (Arc::new(BodyMemory::new(most)), caller());
        let start = Instant::now();
        let (first, second) = tokio::join!(read_unfinished(&caller, &LARGE, &body_budget), async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let reservation = body_budget.reserve(caller.id(), ClientAddress::unknown());
            read_body(&caller, reservation, Body::from(LARGE.as_slice())).await
        });
        assert!(matches!(first, BodyError::TooSlow), "{first:?}");
        assert_eq!(second.unwrap().len(), LARGE.len());
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn slow_messages_of_a_caller_do_not_hold_up_its_others() {
        let (body_budget, caller) = (Arc::new(BodyMemory::new(BODY_MEMORY)), caller());
        let slow = (0..40).map(|_| read_unfinished(&caller, b"{", &body_budget));
        let start = Instant::now();
        let (slow, message) = tokio::join!(futures_util::future::join_all(slow), async {
            let reservation = body_budget.reserve(caller.id(), ClientAddress::unknown());
            let message = read_body(&caller, reservation, Body::from("{}")).await;
            (message.unwrap(), start.elapsed())
        });
        assert_eq!(message, (b"{}".to_vec(), SLOW_BODY_TIMEOUT));
        assert!(slow.iter().any(|error| matches!(error, BodyError::TooSlow)));
    }
}
