//! Vapi's API: the generated client, the context of every request, and responses and errors.
//!
//! `OUT_DIR/api.rs` assembles URLs, queries and bodies; `request_context` adds what every request
//! has; [`Api::send`] runs one operation within the call's deadline, retries it where `retry`
//! allows, and returns its bytes.

mod answer;
mod body;
mod client;
mod error;
mod keyed_semaphore;
mod link;
mod preview;
pub(crate) mod proxy;
mod request_context;
mod retry;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
use tokio::time::{Instant, sleep, timeout_at};

use self::{
    answer::collect,
    keyed_semaphore::KeyedSemaphore,
    retry::{FailedAttempt, MIN_TIME_LEFT},
};
use crate::{clock, model::Effect};

pub use crate::token::{Token, TokenError};
pub use body::{RequestBody, UploadedFile};
pub use client::Client;
pub use error::{ApiError, Failure};
pub use preview::RequestPreview;
pub use proxy::BadProxy;
pub use request_context::{RequestContext, RequestObserver};

/// The response to an operation that is being sent.
pub type ResponseFuture<'a> =
    Pin<Box<dyn Future<Output = Result<ResponseValue<ByteStream>, Error<()>>> + Send + 'a>>;

/// The limits of one tool call.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The time of one attempt: connecting, sending and reading the whole response.
    pub attempt: Duration,
    /// The time of one tool call.
    pub call: Duration,
    /// Maximum size of a response, in bytes after decompression.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(30),
            call: Duration::from_secs(55),
            body: 64 << 20,
        }
    }
}

/// Vapi's API at one base URL. The HTTP client is created with the first call.
pub struct Api {
    base_url: String,
    limits: Limits,
    http: OnceLock<reqwest::Client>,
    observer: OnceLock<Arc<dyn RequestObserver>>,
    client_connected: OnceLock<Box<dyn Fn() -> bool + Send + Sync>>,
    #[cfg(feature = "sandbox")]
    sandbox: Option<Arc<crate::sandbox::Sandbox>>,
    semaphore: KeyedSemaphore,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("base_url", &self.base_url)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Api {
    /// Creates an API with this base URL, given without a trailing slash.
    pub fn new(base_url: impl Into<String>, limits: Limits) -> Self {
        Self {
            base_url: base_url.into(),
            limits,
            http: OnceLock::new(),
            observer: OnceLock::new(),
            client_connected: OnceLock::new(),
            #[cfg(feature = "sandbox")]
            sandbox: None,
            semaphore: KeyedSemaphore::default(),
        }
    }

    /// Creates an API that uses a sandbox: nothing is sent over the network.
    #[cfg(feature = "sandbox")]
    pub fn sandbox(limits: Limits) -> Result<Self, crate::sandbox::DocumentError> {
        Ok(Self {
            sandbox: Some(Arc::new(crate::sandbox::Sandbox::new()?)),
            ..Self::new(crate::sandbox::ADDRESS, limits)
        })
    }

    /// A remark for results of this API and questions to the user.
    pub fn remark(&self) -> Option<&'static str> {
        #[cfg(feature = "sandbox")]
        if self.sandbox.is_some() {
            return Some(crate::sandbox::REMARK);
        }
        None
    }

    /// The limits of its tool calls.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The deadline of a tool call that starts now, for all its requests.
    pub fn deadline(&self) -> Instant {
        deadline_after(self.limits.call)
    }

    /// Sets the observer of every attempt. Only the first call has an effect.
    pub fn set_observer(&self, observer: Arc<dyn RequestObserver>) {
        let _ = self.observer.set(observer);
    }

    /// Sets a condition for sending writes: whether the client can still receive the response. Only
    /// the first call has an effect.
    pub fn write_only_while(&self, client_connected: impl Fn() -> bool + Send + Sync + 'static) {
        let _ = self.client_connected.set(Box::new(client_connected));
    }

    /// Runs one operation with this token and returns the response's bytes. Transient failures
    /// are retried where that is safe.
    pub async fn send(
        &self,
        token: &Token,
        effect: Effect,
        deadline: Instant,
        operation: impl Fn(&Client) -> ResponseFuture<'_>,
    ) -> Result<Bytes, Failure> {
        let mut tries = 1_u32;
        loop {
            let error = match self.attempt(token, effect, deadline, &operation).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            let failed = FailedAttempt {
                effect,
                tries,
                error: &error,
                left: deadline.saturating_duration_since(Instant::now()),
            };
            let Some(pause) = failed.pause(fastrand::f64()) else {
                return Err(Failure { error, tries });
            };
            tracing::debug!(tries, "sent again");
            sleep(pause).await;
            tries = tries.saturating_add(1);
        }
    }

    /// Runs one read-only operation once, without retries.
    pub async fn send_once(
        &self,
        token: &Token,
        deadline: Instant,
        operation: impl FnOnce(&Client) -> ResponseFuture<'_>,
    ) -> Result<Bytes, ApiError> {
        self.attempt(token, Effect::Read, deadline, operation).await
    }

    async fn attempt(
        &self,
        token: &Token,
        effect: Effect,
        deadline: Instant,
        operation: impl FnOnce(&Client) -> ResponseFuture<'_>,
    ) -> Result<Bytes, ApiError> {
        let Limits {
            attempt,
            call,
            body,
        } = self.limits;
        let context = RequestContext::new(token.clone(), attempt, self.observer.get().cloned());
        #[cfg(feature = "sandbox")]
        let context = context.with_sandbox(self.sandbox.clone());
        let client = Client::new_with_client(&self.base_url, self.http()?, context);
        let last = deadline.checked_sub(MIN_TIME_LEFT).unwrap_or(deadline);
        let _permit = timeout_at(last, self.semaphore.acquire(token))
            .await
            .map_err(|_| ApiError::Busy)?;
        // Checked only now, because the client may have disconnected while the request was waiting.
        let is_connected = self
            .client_connected
            .get()
            .is_none_or(|connected| connected());
        if effect != Effect::Read && !is_connected {
            return Err(ApiError::ClientGone);
        }
        let answer = async {
            let sent = operation(&client).await;
            let expects_link = client.inner().expects_link();
            match sent {
                Ok(answer) if expects_link && is_file(&answer) => {
                    Err(ApiError::File(link::media_type(answer.headers())))
                }
                Err(Error::UnexpectedResponse(answer))
                    if expects_link && answer.status().is_redirection() =>
                {
                    let now = clock::to_datetime(SystemTime::now());
                    let link = link::link(answer.status(), answer.headers(), now);
                    link.ok_or_else(|| ApiError::Status {
                        status: answer.status(),
                        message: "the response has no URL of a file".to_owned(),
                        retry_after: None,
                    })
                }
                Ok(answer) => {
                    let length = answer.content_length();
                    collect(answer.into_inner_stream(), length, body, attempt).await
                }
                Err(error) => Err(ApiError::from_client(error, attempt, token).await),
            }
        };
        timeout_at(deadline, answer)
            .await
            .unwrap_or(Err(ApiError::TimedOut(call)))
    }

    /// Returns the request that an operation would send, without sending it.
    pub async fn preview(
        &self,
        token: &Token,
        operation: impl FnOnce(&Client) -> ResponseFuture<'_>,
    ) -> Result<RequestPreview, ApiError> {
        let preview = Arc::new(OnceLock::new());
        let context = RequestContext::new(token.clone(), self.limits.attempt, None)
            .with_preview(preview.clone());
        let client =
            Client::new_with_client(&self.base_url, request_context::plain_client()?, context);
        let ended = operation(&client).await;
        match (preview.get(), ended) {
            (Some(preview), _) => Ok(preview.clone()),
            (None, Err(error)) => {
                Err(ApiError::from_client(error, self.limits.attempt, token).await)
            }
            (None, Ok(_)) => Err(ApiError::Request("it has no form".to_owned())),
        }
    }

    /// The shared connection pool.
    fn http(&self) -> Result<reqwest::Client, ApiError> {
        if let Some(http) = self.http.get() {
            return Ok(http.clone());
        }
        #[cfg(feature = "sandbox")]
        let is_sandbox = self.sandbox.is_some();
        #[cfg(not(feature = "sandbox"))]
        let is_sandbox = false;
        let http = match is_sandbox {
            true => request_context::plain_client()?,
            false => request_context::http_client(&self.base_url)?,
        };
        Ok(self.http.get_or_init(|| http).clone())
    }
}

/// Whether a response is neither empty nor JSON.
fn is_file(answer: &ResponseValue<ByteStream>) -> bool {
    answer.content_length() != Some(0)
        && answer.status().as_u16() != 204
        && !link::is_json(answer.headers())
}

/// The instant after this time; for very long times, an instant some years from now.
pub(crate) fn deadline_after(time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(time.min(FAR)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn every_duration_gives_a_deadline() {
        let now = Instant::now();
        assert_eq!(
            deadline_after(Duration::from_secs(55)),
            now + Duration::from_secs(55)
        );
        assert!(deadline_after(Duration::MAX) > now + Duration::from_secs(365 * 24 * 60 * 60));
        let limits = Limits {
            call: Duration::MAX,
            ..Limits::default()
        };
        let api = Api::new("http://127.0.0.1:9", limits);
        let token = Token::new("key").unwrap();
        let sent = api.send_once(&token, api.deadline(), |_| {
            Box::pin(async { Err(Error::Custom("it was sent".to_owned())) })
        });
        assert!(matches!(sent.await, Err(ApiError::Request(_))));
    }

    #[tokio::test]
    async fn writes_are_sent_only_while_the_client_is_connected() {
        let api = Api::new("http://127.0.0.1:9", Limits::default());
        api.write_only_while(|| false);
        let token = Token::new("key").unwrap();
        for effect in [Effect::Write, Effect::Delete, Effect::Dial] {
            let sent = api.send(&token, effect, api.deadline(), |_| panic!("it was sent"));
            let failure = sent.await.unwrap_err();
            assert!(matches!(failure.error, ApiError::ClientGone));
            assert!(!failure.error.may_have_taken_effect());
            assert_eq!(failure.tries, 1);
        }
        let sent = api.send(&token, Effect::Read, api.deadline(), |_| {
            Box::pin(async { Err(Error::Custom("it was sent".to_owned())) })
        });
        let failure = sent.await.unwrap_err();
        assert!(matches!(failure.error, ApiError::Request(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_too_long_for_its_permit_sends_nothing() {
        let api = Api::new("http://127.0.0.1:9", Limits::default());
        let token = Token::new("key").unwrap();
        let mut permits = Vec::new();
        for _ in 0..keyed_semaphore::MAX_CONCURRENT_PER_KEY {
            permits.push(api.semaphore.acquire(&token).await);
        }
        let start = Instant::now();
        let sent = api.send(&token, Effect::Dial, api.deadline(), |_| {
            panic!("it was sent")
        });
        let failure = sent.await.unwrap_err();
        assert!(matches!(failure.error, ApiError::Busy));
        assert!(!failure.error.may_have_taken_effect());
        assert_eq!(failure.tries, 1);
        assert_eq!(start.elapsed(), Limits::default().call - MIN_TIME_LEFT);
    }
}
