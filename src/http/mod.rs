//! The protocol for many clients at once over HTTP: streamable HTTP at `/mcp`, and at `/sse` the
//! transport before it.
//!
//! A connection comes in at `listen`, which counts it among its `connections`. Its requests pass
//! `gate`, which knows the names this server has and the web pages that may ask, and `admit`, which
//! finds out whose a request is (`caller`) and whether that caller may ask now. What callers take
//! of the server is bounded for each key, each address and in total: messages that are read by
//! `room`, the rest by `caller` and `shares`. Then rmcp's transport takes over with the sessions of
//! `sessions`, or `sse`; both know from `owners` who owns what, and from `pending` which requests
//! are not answered yet. The key of a request travels in its extensions to the one [`Server`]
//! behind all of them, and is kept nowhere.

mod address;
mod admit;
mod caller;
mod connections;
mod frames;
mod gate;
mod held;
pub(crate) mod listen;
mod metrics;
mod owners;
mod pending;
mod reply;
mod room;
mod sessions;
mod shares;
mod sse;

use std::{io, net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use ::http::{HeaderName, Method, Request, StatusCode, header};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use self::{
    admit::{Door, Keys, UNKNOWN_CALLS},
    caller::{Allowance, Callers, Principal},
    gate::Gate,
    metrics::{Metrics, Upstream},
    owners::{Owners, Places},
    reply::{failure, nothing},
    room::{MOST, Room},
    sessions::Sessions,
    shares::Shares,
    sse::Streams,
};
use crate::{api::Token, server::Server};

/// After all calls have ended, connections have this long to deliver the responses.
const GOODBYE: Duration = Duration::from_secs(2);

/// Calls that are given up have this long to be answered as such, then once more with an error of
/// the protocol.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Connections to the metrics.
const METRICS_CONNECTIONS: usize = 64;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Address to serve metrics on, if any.
    pub metrics: Option<SocketAddr>,
    /// Whether to keep no sessions for clients of the protocol before 2026-07-28.
    pub stateless: bool,
    /// Whether to serve HTTP+SSE too.
    pub sse: bool,
    /// Names of this server besides those of this machine: `name` or `name:port`, `*.name` for
    /// every name below it, `*` for every name.
    pub hosts: Vec<String>,
    /// Origins of web pages that may ask besides those of this machine: `https://name` or
    /// `https://*.name`.
    pub origins: Vec<String>,
    /// The key for callers that send none.
    pub shared: Option<Token>,
    /// The secret that such callers must send instead.
    pub secret: Option<Token>,
    /// Maximum number of sessions.
    pub sessions: usize,
    /// Maximum number of sessions of one caller.
    pub sessions_each: usize,
    /// Maximum number of requests a second of one caller.
    pub rate: NonZeroU32,
    /// Maximum number of tool calls of one caller at the same time.
    pub calls: usize,
    /// How long `/readyz` answers 503 while the server still serves, so that load balancers
    /// notice before the port closes.
    pub drain: Duration,
    /// Seconds that calls in progress then have to finish.
    pub grace: Duration,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Anybody on the network could call with the key of this server.
    #[error(
        "--share-token serves whoever reaches {0}; listen only on this machine and under its own \
         names, or set VAPI_MCP_CALLER_SECRET to what callers must send as their bearer token"
    )]
    Shared(String),
    /// Callers would send it, and it would be sent to Vapi as their key.
    #[error("VAPI_MCP_CALLER_SECRET has no effect without --share-token")]
    Secret,
    /// An entry of a list is malformed.
    #[error(
        "`{0}` is not a host (`name`, `name:port`, `*.name` or `*`) or not an origin \
         (`https://name` or `https://*.name`)"
    )]
    Name(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
}

/// Serves until `stop` is cancelled and the calls in progress have ended, or the time for that is
/// over. `announce` is told where it listens.
pub async fn serve(
    settings: Settings,
    server: Server,
    stop: CancellationToken,
    announce: impl FnOnce(SocketAddr, Option<SocketAddr>),
) -> Result<(), HttpError> {
    settings.check()?;
    let gate = settings.gate(settings.listen)?;
    let (listener, listen) = bind(settings.listen).await?;
    let most = listen::connections();
    let house = House::new(&settings, server, gate, most, stop.clone());
    let drained = CancellationToken::new();
    let drain = settings.drain;
    tokio::spawn({
        let drained = drained.clone();
        async move {
            stop.cancelled().await;
            tokio::time::sleep(drain).await;
            drained.cancel();
        }
    });
    let metrics = match settings.metrics {
        Some(address) => {
            let (listener, address) = bind(address).await?;
            let router = house.metrics(settings.gate(address)?);
            let most = METRICS_CONNECTIONS;
            tokio::spawn(listen::accept(listener, router, most, drained.clone()));
            Some(address)
        }
        None => None,
    };
    announce(listen, metrics);
    let connections = listen::accept(listener, house.router(&settings), most, drained).await;
    house.close(connections.shutdown(), settings.grace).await;
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), HttpError> {
    let failed = |error| HttpError::Listen(address, error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

impl Settings {
    /// Whether the keys are safe. Who gives names besides those of this machine has a proxy in
    /// front, or a network that knows them.
    fn check(&self) -> Result<(), HttpError> {
        match (&self.shared, &self.secret) {
            (None, Some(_)) => Err(HttpError::Secret),
            (Some(_), None) if !self.listen.ip().is_loopback() => {
                Err(HttpError::Shared(self.listen.to_string()))
            }
            (Some(_), None) if !self.hosts.is_empty() => {
                Err(HttpError::Shared(self.hosts.join(", ")))
            }
            _ => Ok(()),
        }
    }

    fn gate(&self, listen: SocketAddr) -> Result<Gate, HttpError> {
        Gate::new(listen, &self.hosts, &self.origins).map_err(HttpError::Name)
    }
}

/// Everything that lives as long as the server.
struct House {
    server: Server,
    gate: Arc<Gate>,
    door: Arc<Door>,
    owners: Arc<Owners>,
    /// Cancelled when the server must stop.
    stop: CancellationToken,
    /// Cancelled when requests that are still not answered are answered with an error.
    cut: CancellationToken,
    /// Cancelled when sessions and streams must end too.
    end: CancellationToken,
}

impl House {
    fn new(
        settings: &Settings,
        server: Server,
        gate: Gate,
        connections: usize,
        stop: CancellationToken,
    ) -> Self {
        let callers = Arc::new(Callers::new(Allowance {
            rate: settings.rate,
            calls: settings.calls,
            streams: settings.sessions_each,
        }));
        let metrics = Arc::new(Metrics::new());
        server.watch(Arc::new(Upstream {
            metrics: Arc::clone(&metrics),
            callers: Arc::clone(&callers),
        }));
        let keys = Keys {
            shared: settings.shared.clone(),
            secret: settings.secret.as_ref().map(Principal::of),
        };
        let places = Places {
            all: settings.sessions,
            each: settings.sessions_each,
        };
        Self {
            server,
            gate: Arc::new(gate),
            door: Arc::new(Door {
                keys,
                callers,
                metrics,
                room: Arc::new(Room::new(MOST)),
                // Streams stay open, and leave half of the connections to requests.
                streams: Arc::new(Shares::new(settings.sessions.min(connections / 2))),
                unknown_calls: Arc::new(Shares::new(UNKNOWN_CALLS)),
                under_way: TaskTracker::new(),
                give_up: CancellationToken::new(),
            }),
            owners: Arc::new(Owners::new(places)),
            stop,
            cut: CancellationToken::new(),
            end: CancellationToken::new(),
        }
    }

    fn router(&self, settings: &Settings) -> Router {
        let streamable = self.streamable(settings);
        let mut protocol = Router::new()
            .route_service("/mcp", streamable.clone())
            .route_service("/mcp/", streamable);
        if settings.sse {
            let streams = Streams::new(
                self.server.clone(),
                Arc::clone(&self.owners),
                self.end.child_token(),
            );
            let older = Router::new()
                .route("/sse", get(sse::open))
                .route("/sse/", get(sse::open))
                .route("/messages", post(sse::post))
                .route("/messages/", post(sse::post))
                .layer(DefaultBodyLimit::disable())
                .with_state(Arc::new(streams));
            protocol = protocol.merge(older);
        }
        protocol
            .route_layer(middleware::from_fn_with_state(
                Arc::clone(&self.door),
                admit::admit,
            ))
            .fallback(nothing)
            .layer(cors(Arc::clone(&self.gate)))
            .layer(middleware::from_fn_with_state(
                Arc::clone(&self.gate),
                known,
            ))
            .merge(self.health(&self.gate))
            .layer(middleware::from_fn_with_state(
                Arc::clone(&self.door.metrics),
                admit::count,
            ))
    }

    /// rmcp's transport. Hosts, origins and sizes were checked before it.
    fn streamable(&self, settings: &Settings) -> StreamableHttpService<Server, Sessions> {
        let server = self.server.clone();
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_sse_retry(None)
            .with_json_response(true)
            .with_legacy_session_mode(!settings.stateless)
            .with_cancellation_token(self.end.child_token());
        let sessions = Sessions::new(Arc::clone(&self.owners), self.cut.clone());
        StreamableHttpService::new(move || Ok(server.for_session()), Arc::new(sessions), config)
    }

    /// Probes, which need not know the name of the server.
    fn health(&self, gate: &Arc<Gate>) -> Router {
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
            .layer(cors(Arc::clone(gate)))
            .layer(middleware::from_fn_with_state(Arc::clone(gate), probed))
    }

    fn metrics(&self, gate: Gate) -> Router {
        let gate = Arc::new(gate.with_addresses());
        let metrics = Arc::clone(&self.door.metrics);
        let owners = Arc::clone(&self.owners);
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let show = move || async move { ([(header::CONTENT_TYPE, kind)], metrics.text(&owners)) };
        Router::new()
            .route("/metrics", get(show))
            .fallback(nothing)
            .layer(middleware::from_fn_with_state(Arc::clone(&gate), known))
            .merge(self.health(&gate))
    }

    /// Shuts down: first calls, then everything else.
    async fn close(&self, connections: impl Future<Output = ()> + Send, grace: Duration) {
        let under_way = &self.door.under_way;
        under_way.close();
        let ended = async {
            let waited = tokio::time::timeout(grace, under_way.wait()).await;
            if waited.is_err() {
                tracing::warn!(calls = under_way.len(), "calls in progress are aborted");
                self.door.give_up.cancel();
                let _ = tokio::time::timeout(LAST_WORDS, under_way.wait()).await;
                self.cut.cancel();
                let _ = tokio::time::timeout(LAST_WORDS, under_way.wait()).await;
            }
            self.end.cancel();
            tokio::time::sleep(GOODBYE).await;
        };
        tokio::select! {
            () = connections => {}
            () = ended => {}
        }
    }
}

/// Turns away requests for another server, and those of unknown web pages.
async fn known(State(gate): State<Arc<Gate>>, request: Request<Body>, next: Next) -> Response {
    match gate.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(stranger) => failure(StatusCode::FORBIDDEN, "forbidden", &stranger.to_string()),
    }
}

/// Turns away unknown web pages only.
async fn probed(State(gate): State<Arc<Gate>>, request: Request<Body>, next: Next) -> Response {
    match gate.check_origin(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(stranger) => failure(StatusCode::FORBIDDEN, "forbidden", &stranger.to_string()),
    }
}

/// The CORS headers for allowed origins.
fn cors(gate: Arc<Gate>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            gate.may_ask(origin)
        }))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // The protocol adds headers for arguments, whose names are not known here.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            HeaderName::from_static("mcp-session-id"),
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
        ])
        .max_age(Duration::from_secs(3600))
}
