//! What every request has, whatever the operation: key, headers, time limit, connection.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::{
    Request, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, HeaderValue},
    redirect,
};

use super::{client::Client, error::ApiError, preview::RequestPreview, proxy};
#[cfg(feature = "sandbox")]
use crate::sandbox::Sandbox;
use crate::token::Token;

/// Observes every attempt.
pub trait AttemptObserver: fmt::Debug + Send + Sync {
    /// Called after an attempt with the status of the answer, if there was one, and the time it took.
    fn attempted(&self, token: &Token, status: Option<StatusCode>, took: Duration);
}

/// Time limit of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The caller's key and the settings of a request: the inner type of the generated client.
#[derive(Clone, Debug)]
pub struct ClientContext {
    token: Token,
    attempt: Duration,
    observer: Option<Arc<dyn AttemptObserver>>,
    /// Receives the request, which is then not sent.
    preview: Option<Arc<OnceLock<RequestPreview>>>,
    /// Replaces the body that the generated client serializes.
    body: Arc<OnceLock<SerializedBody>>,
    #[cfg(feature = "sandbox")]
    sandbox: Option<Arc<Sandbox>>,
}

/// A body, which debug output does not show.
struct SerializedBody(Bytes);

impl fmt::Debug for SerializedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SerializedBody")
    }
}

impl ClientContext {
    /// The context of requests with this key.
    pub fn new(
        token: Token,
        attempt: Duration,
        observer: Option<Arc<dyn AttemptObserver>>,
    ) -> Self {
        Self {
            token,
            attempt,
            observer,
            preview: None,
            body: Arc::default(),
            #[cfg(feature = "sandbox")]
            sandbox: None,
        }
    }

    /// Sends the requests to the sandbox, if there is one.
    #[cfg(feature = "sandbox")]
    pub(super) fn with_sandbox(mut self, sandbox: Option<Arc<Sandbox>>) -> Self {
        self.sandbox = sandbox;
        self
    }

    /// Keeps the request in `preview` instead of sending it.
    pub(super) fn previewing(mut self, preview: Arc<OnceLock<RequestPreview>>) -> Self {
        self.preview = Some(preview);
        self
    }

    /// Sends this body instead of the one that the generated client serializes.
    pub(crate) fn set_body(&self, body: Bytes) {
        let _ = self.body.set(SerializedBody(body));
    }

    fn prepare(&self, request: &mut Request) {
        if let (Some(SerializedBody(serialized)), Some(body)) =
            (self.body.get(), request.body_mut())
        {
            *body = serialized.clone().into();
        }
        let headers = request.headers_mut();
        // progenitor sends the document's `info.version`, which Vapi does not ask for.
        headers.remove("api-version");
        headers.insert(AUTHORIZATION, self.token.authorization());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        *request.timeout_mut() = Some(self.attempt);
    }
}

impl ClientHooks<ClientContext> for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        let context = self.inner();
        context.prepare(request);
        match &context.preview {
            None => Ok(()),
            Some(preview) => {
                let _ = preview.set(RequestPreview::of(request));
                Err(Error::Custom("the request is only previewed".to_owned()))
            }
        }
    }

    async fn exec(&self, request: Request, _: &OperationInfo) -> reqwest::Result<Response> {
        let start = Instant::now();
        let answer = self.execute(request).await;
        if let Some(observer) = &self.inner().observer {
            let status = answer.as_ref().ok().map(Response::status);
            observer.attempted(&self.inner().token, status, start.elapsed());
        }
        answer
    }
}

impl Client {
    async fn execute(&self, request: Request) -> reqwest::Result<Response> {
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

/// The HTTP client of this address, which all callers share.
pub(super) fn http_client(base_url: &str) -> Result<reqwest::Client, ApiError> {
    if !base_url.starts_with("https://") {
        return plain_client();
    }
    let proxy = proxy::from_environment().map_err(|error| ApiError::Request(error.to_string()))?;
    let builder = match proxy {
        // It replaces the proxies that reqwest reads from the environment.
        Some(proxy) => builder().proxy(proxy),
        None => builder().no_proxy(),
    };
    builder.build().map_err(ApiError::from_builder)
}

/// An HTTP client for addresses without TLS, which are on this machine, and for requests that are
/// not sent. It needs no CA certificates and uses no proxy: the key would leave the machine in
/// plain text.
pub(super) fn plain_client() -> Result<reqwest::Client, ApiError> {
    let builder = builder().no_proxy().tls_certs_only([]);
    builder.build().map_err(ApiError::from_builder)
}

fn builder() -> reqwest::ClientBuilder {
    // A process has one provider; if another one is installed, it stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // reqwest itself resends only requests that were never started, or that HTTP/2 refused before they
    // were processed.
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        // Vapi's edge network refuses requests without one.
        .user_agent(concat!("vapi-mcp/", env!("CARGO_PKG_VERSION")))
        // A redirected write could be carried out twice, and would send private data elsewhere.
        .redirect(redirect::Policy::none())
}
