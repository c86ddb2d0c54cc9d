//! The routes of the HTTP server, and its shutdown.

use std::{sync::Arc, time::Duration};

use ::http::{HeaderName, Method, Request, StatusCode, header};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    middleware::Next,
    response::Response,
    routing::{get, post},
};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::{
    auth::Authenticator,
    body_budget::{BODY_MEMORY, BodyMemory},
    caller::{CallerLimits, CallerRegistry},
    fair_semaphore::FairSemaphore,
    metrics::{self, Metrics, UpstreamObserver},
    middleware::{self, AppState, MAX_UNVERIFIED_CALLS},
    origin_check::{Forbidden, OriginCheck},
    responses::not_found,
    session_manager::OwnedSessionManager,
    session_registry::{SessionLimits, SessionRegistry},
    settings::Settings,
    sse::{self, SseTransport},
};
use crate::guard::digest::caller_id;
use crate::server::Server;

/// Time for connections to deliver the responses after all calls have ended.
const DELIVERY_GRACE: Duration = Duration::from_secs(2);

/// Time for aborted calls to return a result, and after that to return a JSON-RPC error.
const ABORT_GRACE: Duration = Duration::from_millis(500);

/// The state of the server until it ends.
pub(super) struct HttpServer {
    server: Server,
    origin_check: Arc<OriginCheck>,
    state: Arc<AppState>,
    registry: Arc<SessionRegistry>,
    /// Cancelled to stop the server.
    stop: CancellationToken,
    /// Cancelled to answer all pending requests with an error.
    abort_requests: CancellationToken,
    /// Cancelled to close all sessions and streams.
    close_sessions: CancellationToken,
}

impl HttpServer {
    pub(super) fn new(
        settings: &Settings,
        server: Server,
        origin_check: OriginCheck,
        connections: usize,
        stop: CancellationToken,
    ) -> Self {
        let callers = Arc::new(CallerRegistry::new(CallerLimits {
            rate: settings.max_rate_per_caller,
            calls: settings.max_calls_per_caller,
            streams: settings.max_sessions_per_caller,
        }));
        let metrics = Arc::new(Metrics::new());
        server.set_observer(Arc::new(UpstreamObserver {
            metrics: Arc::clone(&metrics),
            callers: Arc::clone(&callers),
        }));
        let authenticator = Authenticator {
            shared_token: settings.shared_token.clone(),
            caller_secret: settings.caller_secret.as_ref().map(caller_id),
        };
        let session_limits = SessionLimits {
            total: settings.max_sessions,
            per_caller: settings.max_sessions_per_caller,
        };
        Self {
            server,
            origin_check: Arc::new(origin_check),
            state: Arc::new(AppState {
                authenticator,
                callers,
                metrics,
                body_budget: Arc::new(BodyMemory::new(BODY_MEMORY)),
                // Half of the connections are reserved for requests, because streams stay open.
                streams: Arc::new(FairSemaphore::new(
                    settings.max_sessions.min(connections / 2),
                )),
                unverified_calls: Arc::new(FairSemaphore::new(MAX_UNVERIFIED_CALLS)),
                in_progress: TaskTracker::new(),
                abort_calls: CancellationToken::new(),
            }),
            registry: Arc::new(SessionRegistry::new(session_limits)),
            stop,
            abort_requests: CancellationToken::new(),
            close_sessions: CancellationToken::new(),
        }
    }

    pub(super) fn router(&self, settings: &Settings) -> Router {
        let streamable = self.streamable(settings);
        let mut protocol = Router::new()
            .route_service("/mcp", streamable.clone())
            .route_service("/mcp/", streamable);
        if settings.sse {
            let transport = SseTransport::new(
                self.server.clone(),
                Arc::clone(&self.registry),
                self.close_sessions.child_token(),
            );
            let older = Router::new()
                .route("/sse", get(sse::open))
                .route("/sse/", get(sse::open))
                .route("/messages", post(sse::post))
                .route("/messages/", post(sse::post))
                .layer(DefaultBodyLimit::disable())
                .with_state(Arc::new(transport));
            protocol = protocol.merge(older);
        }
        protocol
            .route_layer(axum::middleware::from_fn_with_state(
                Arc::clone(&self.state),
                middleware::authorize,
            ))
            .fallback(not_found)
            .layer(cors(Arc::clone(&self.origin_check)))
            .layer(axum::middleware::from_fn_with_state(
                Arc::clone(&self.origin_check),
                check_host_and_origin,
            ))
            .merge(self.health(&self.origin_check))
            .layer(axum::middleware::from_fn_with_state(
                Arc::clone(&self.state.metrics),
                metrics::record_request,
            ))
    }

    /// rmcp's transport, wrapped by the checks of host, origin and size.
    fn streamable(
        &self,
        settings: &Settings,
    ) -> StreamableHttpService<Server, OwnedSessionManager> {
        let server = self.server.clone();
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_sse_retry(None)
            .with_json_response(true)
            .with_legacy_session_mode(!settings.stateless)
            .with_cancellation_token(self.close_sessions.child_token());
        let sessions =
            OwnedSessionManager::new(Arc::clone(&self.registry), self.abort_requests.clone());
        StreamableHttpService::new(move || Ok(server.for_session()), Arc::new(sessions), config)
    }

    /// The routes of the probes, which may use any host name.
    fn health(&self, origin_check: &Arc<OriginCheck>) -> Router {
        let stop = self.stop.clone();
        let ready = move || async move {
            if stop.is_cancelled() {
                (StatusCode::SERVICE_UNAVAILABLE, "ending\n")
            } else {
                (StatusCode::OK, "ready\n")
            }
        };
        let alive = || async { "alive\n" };
        Router::new()
            .route("/healthz", get(alive))
            .route("/healthz/", get(alive))
            .route("/readyz", get(ready.clone()))
            .route("/readyz/", get(ready))
            .layer(cors(Arc::clone(origin_check)))
            .layer(axum::middleware::from_fn_with_state(
                Arc::clone(origin_check),
                check_origin,
            ))
    }

    pub(super) fn metrics(&self, origin_check: OriginCheck) -> Router {
        let origin_check = Arc::new(origin_check.allowing_ip_addresses());
        let metrics = Arc::clone(&self.state.metrics);
        let registry = Arc::clone(&self.registry);
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let show =
            move || async move { ([(header::CONTENT_TYPE, kind)], metrics.encode(&registry)) };
        Router::new()
            .route("/metrics", get(show))
            .fallback(not_found)
            .layer(axum::middleware::from_fn_with_state(
                Arc::clone(&origin_check),
                check_host_and_origin,
            ))
            .merge(self.health(&origin_check))
    }

    /// Waits for the calls in progress, then closes everything.
    pub(super) async fn close(
        &self,
        connections: impl Future<Output = ()> + Send,
        grace: Duration,
    ) {
        let in_progress = &self.state.in_progress;
        in_progress.close();
        let ended = async {
            let waited = tokio::time::timeout(grace, in_progress.wait()).await;
            if waited.is_err() {
                tracing::warn!(calls = in_progress.len(), "calls in progress are aborted");
                self.state.abort_calls.cancel();
                let _ = tokio::time::timeout(ABORT_GRACE, in_progress.wait()).await;
                self.abort_requests.cancel();
                let _ = tokio::time::timeout(ABORT_GRACE, in_progress.wait()).await;
            }
            self.close_sessions.cancel();
            tokio::time::sleep(DELIVERY_GRACE).await;
        };
        tokio::select! {
            () = connections => {}
            () = ended => {}
        }
    }
}

/// Refuses requests with an unknown host or a foreign origin.
async fn check_host_and_origin(
    State(origin_check): State<Arc<OriginCheck>>,
    request: Request<Body>,
    next: Next,
) -> Result<Response, Forbidden> {
    origin_check.check(request.uri(), request.headers())?;
    Ok(next.run(request).await)
}

/// Refuses requests with a foreign origin.
async fn check_origin(
    State(origin_check): State<Arc<OriginCheck>>,
    request: Request<Body>,
    next: Next,
) -> Result<Response, Forbidden> {
    origin_check.check_origin(request.headers())?;
    Ok(next.run(request).await)
}

/// CORS headers for the allowed origins.
fn cors(origin_check: Arc<OriginCheck>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            origin_check.allows_origin(origin)
        }))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // Clients may send arguments as headers, whose names are not known here.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            HeaderName::from_static("mcp-session-id"),
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
        ])
        .max_age(Duration::from_secs(3600))
}
