//! The parts of every request that do not depend on its operation: key, headers, timeout, observer.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::{
    Request, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    redirect,
};

use super::{body::RequestBody, client::Client, error::ApiError, preview::RequestPreview, proxy};
#[cfg(feature = "sandbox")]
use crate::sandbox::Sandbox;
use crate::token::Token;

/// Observes requests to Vapi.
pub trait RequestObserver: fmt::Debug + Send + Sync {
    /// Called after each attempt; `status` is `None` if there was no response.
    fn on_attempt(&self, token: &Token, status: Option<StatusCode>, duration: Duration);
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The key, timeout and observer of a request. The inner type of the generated client.
#[derive(Clone, Debug)]
pub struct RequestContext {
    token: Token,
    attempt: Duration,
    observer: Option<Arc<dyn RequestObserver>>,
    /// If set, receives the request, which is then not sent.
    preview: Option<Arc<OnceLock<RequestPreview>>>,
    /// The body, if it is already serialized.
    body: Arc<OnceLock<RequestBody>>,
    /// Whether the response redirects to a file.
    expects_link: Arc<AtomicBool>,
    #[cfg(feature = "sandbox")]
    sandbox: Option<Arc<Sandbox>>,
}

impl RequestContext {
    /// Creates a context; `attempt` is the timeout of one request.
    pub fn new(
        token: Token,
        attempt: Duration,
        observer: Option<Arc<dyn RequestObserver>>,
    ) -> Self {
        Self {
            token,
            attempt,
            observer,
            preview: None,
            body: Arc::default(),
            expects_link: Arc::default(),
            #[cfg(feature = "sandbox")]
            sandbox: None,
        }
    }

    /// Sends requests to the sandbox, if there is one, instead of Vapi.
    #[cfg(feature = "sandbox")]
    pub(super) fn with_sandbox(mut self, sandbox: Option<Arc<Sandbox>>) -> Self {
        self.sandbox = sandbox;
        self
    }

    /// Captures the request instead of sending it.
    pub(super) fn with_preview(mut self, preview: Arc<OnceLock<RequestPreview>>) -> Self {
        self.preview = Some(preview);
        self
    }

    /// Replaces the body that the generated client serializes.
    pub(crate) fn set_body(&self, body: RequestBody) {
        let _ = self.body.set(body);
    }

    /// Declares that the response redirects to a file. Its URL becomes the response.
    pub(crate) fn expect_link(&self) {
        self.expects_link.store(true, Ordering::Relaxed);
    }

    /// Whether the response redirects to a file.
    pub(super) fn expects_link(&self) -> bool {
        self.expects_link.load(Ordering::Relaxed)
    }

    /// Completes a request; returns the reason if it is not to be sent.
    fn prepare(&self, request: &mut Request) -> Result<(), String> {
        if let Some(body) = self.body.get() {
            *request.body_mut() = Some(body.bytes.clone().into());
            let headers = request.headers_mut();
            headers.insert(CONTENT_TYPE, body.media_type.clone());
        }
        let headers = request.headers_mut();
        // progenitor adds the document's `info.version`, which Vapi does not use.
        headers.remove("api-version");
        headers.insert(AUTHORIZATION, self.token.authorization());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        *request.timeout_mut() = Some(self.attempt);
        match &self.preview {
            None => Ok(()),
            Some(preview) => {
                let _ = preview.set(RequestPreview::of(request));
                Err("the request is a preview and was not sent".to_owned())
            }
        }
    }
}

// The generated client has a copy of these two functions for each operation: what they do is
// elsewhere.
impl ClientHooks<RequestContext> for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        self.inner().prepare(request).map_err(Error::Custom)
    }

    async fn exec(&self, request: Request, _: &OperationInfo) -> reqwest::Result<Response> {
        Box::pin(self.deliver(request)).await
    }
}

impl Client {
    async fn deliver(&self, request: Request) -> reqwest::Result<Response> {
        let start = Instant::now();
        let answer = self.answer(request).await;
        if let Some(observer) = &self.inner().observer {
            let status = answer.as_ref().ok().map(Response::status);
            observer.on_attempt(&self.inner().token, status, start.elapsed());
        }
        answer
    }

    async fn answer(&self, request: Request) -> reqwest::Result<Response> {
        #[cfg(feature = "sandbox")]
        if let Some(sandbox) = &self.inner().sandbox {
            let body = request.body().and_then(reqwest::Body::as_bytes);
            let answer = sandbox.answer(
                request.method().as_str(),
                request.url(),
                body.unwrap_or_default(),
            );
            return Ok(answer.into_response());
        }
        self.client().execute(request).await
    }
}

/// The HTTP client for this address, shared by all callers.
pub(super) fn http_client(base_url: &str) -> Result<reqwest::Client, ApiError> {
    if !base_url.starts_with("https://") {
        return plain_client();
    }
    let proxy = proxy::from_environment().map_err(|error| ApiError::Request(error.to_string()))?;
    let builder = match proxy {
        // Replaces the proxy detection of the library.
        Some(proxy) => builder().proxy(proxy),
        None => builder().no_proxy(),
    };
    builder.build().map_err(ApiError::from_builder)
}

/// An HTTP client without TLS, for this machine and for requests that are not sent. It uses no
/// proxy, because the key would leave the machine in plain text.
pub(super) fn plain_client() -> Result<reqwest::Client, ApiError> {
    let builder = builder().no_proxy().tls_certs_only([]);
    builder.build().map_err(ApiError::from_builder)
}

fn builder() -> reqwest::ClientBuilder {
    // A process has one provider; one that is already installed is kept.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // reqwest itself retries only requests that the server has not processed.
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        // Vapi's edge refuses requests without a user agent.
        .user_agent(concat!("vapi-mcp/", env!("CARGO_PKG_VERSION")))
        // A redirected write could be processed twice, and personal data would be sent to another
        // address.
        .redirect(redirect::Policy::none())
}
