//! What goes with every request: everything that is about the connection and nothing about any
//! operation.

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

use super::{client::Client, error::ApiError, prepared::Prepared, proxy};
#[cfg(feature = "sandbox")]
use crate::sandbox::Sandbox;
use crate::token::Token;

/// Observes every attempt.
pub trait RequestObserver: fmt::Debug + Send + Sync {
    /// Vapi answered with this status after this time, or with none.
    fn on_attempt(&self, token: &Token, status: Option<StatusCode>, duration: Duration);
}

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Who calls, and for how long an attempt may take: the inner type of the generated client.
#[derive(Clone, Debug)]
pub struct RequestContext {
    token: Token,
    attempt: Duration,
    observer: Option<Arc<dyn RequestObserver>>,
    /// Receives a request that is built but not sent.
    preview: Option<Arc<OnceLock<Prepared>>>,
    /// The body that goes with the request, where it is written already.
    body: Arc<OnceLock<SerializedBody>>,
    #[cfg(feature = "sandbox")]
    sandbox: Option<Arc<Sandbox>>,
}

/// A body, which no debug output shows.
struct SerializedBody(Bytes);

impl fmt::Debug for SerializedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SerializedBody")
    }
}

impl RequestContext {
    /// A context with this key.
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
            #[cfg(feature = "sandbox")]
            sandbox: None,
        }
    }

    /// The same context, whose requests go to the sandbox, if there is one, and nowhere else.
    #[cfg(feature = "sandbox")]
    pub(super) fn with_sandbox(mut self, sandbox: Option<Arc<Sandbox>>) -> Self {
        self.sandbox = sandbox;
        self
    }

    /// The same context, whose requests are not sent but shown.
    pub(super) fn with_preview(mut self, preview: Arc<OnceLock<Prepared>>) -> Self {
        self.preview = Some(preview);
        self
    }

    /// Sends this body in place of the one that the generated client is given.
    pub(crate) fn set_body(&self, body: Bytes) {
        let _ = self.body.set(SerializedBody(body));
    }

    fn prepare(&self, request: &mut Request) {
        if let (Some(SerializedBody(written)), Some(body)) = (self.body.get(), request.body_mut()) {
            *body = written.clone().into();
        }
        let headers = request.headers_mut();
        // progenitor sends the document's `info.version`, which Vapi does not ask for.
        headers.remove("api-version");
        headers.insert(AUTHORIZATION, self.token.authorization());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        *request.timeout_mut() = Some(self.attempt);
    }
}

impl ClientHooks<RequestContext> for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        let context = self.inner();
        context.prepare(request);
        match &context.preview {
            None => Ok(()),
            Some(preview) => {
                let _ = preview.set(Prepared::of(request));
                Err(Error::Custom("it was only to be looked at".to_owned()))
            }
        }
    }

    async fn exec(&self, request: Request, _: &OperationInfo) -> reqwest::Result<Response> {
        let start = Instant::now();
        let answer = self.deliver(request).await;
        if let Some(observer) = &self.inner().observer {
            let status = answer.as_ref().ok().map(Response::status);
            observer.on_attempt(&self.inner().token, status, start.elapsed());
        }
        answer
    }
}

impl Client {
    async fn deliver(&self, request: Request) -> reqwest::Result<Response> {
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

/// The HTTP client behind all callers of this address.
pub(super) fn http_client(base_url: &str) -> Result<reqwest::Client, ApiError> {
    if !base_url.starts_with("https://") {
        return plain_client();
    }
    let proxy = proxy::from_environment().map_err(|error| ApiError::Request(error.to_string()))?;
    let builder = match proxy {
        // It replaces the library's own reading of the variables.
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
    // A process has one provider; when somebody has chosen another, theirs stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // What it sends again by itself was never begun, or refused by HTTP/2 before it was read.
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        // The edge in front of the API refuses requests without one.
        .user_agent(concat!("vapi-mcp/", env!("CARGO_PKG_VERSION")))
        // A write that is sent on to another address could be done twice, and a person's data
        // would go to whom they do not know.
        .redirect(redirect::Policy::none())
}
