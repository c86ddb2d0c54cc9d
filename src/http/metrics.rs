//! Prometheus metrics. No label contains an id, a token or an address.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use ::http::{Method, Request, StatusCode};
use axum::{body::Body, extract::State, middleware::Next, response::Response};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode as encode_text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::{
    caller::CallerRegistry,
    guarded_body::GuardedBody,
    session_registry::{SessionKind, SessionRegistry},
};
use crate::api::{RequestObserver, Token};
use crate::guard::digest::caller_id;

/// In seconds, from responses without a request to Vapi to the longest calls.
const BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabel, Histogram>,
    rejected: Family<ReasonLabel, Counter>,
    attempts: Family<StatusLabel, Counter>,
    attempt_seconds: Histogram,
    calls: Gauge,
    sessions: Family<KindLabel, Gauge>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    pub(super) fn new() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let mut metrics = Self {
            registry: Registry::with_prefix("vapi_mcp"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            rejected: Family::default(),
            attempts: Family::default(),
            attempt_seconds: histogram(),
            calls: Gauge::default(),
            sessions: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "HTTP requests", metrics.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time from a request to the end of its response",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        registry.register("rejections", "Rejected requests", metrics.rejected.clone());
        registry.register(
            "upstream_requests",
            "Requests to Vapi by status of the response",
            metrics.attempts.clone(),
        );
        registry.register_with_unit(
            "upstream_duration",
            "Time from a request to Vapi to the headers of its response",
            Unit::Seconds,
            metrics.attempt_seconds.clone(),
        );
        registry.register("calls", "Tool calls in progress", metrics.calls.clone());
        registry.register("sessions", "Open sessions", metrics.sessions.clone());
        metrics
    }

    pub(super) fn record_response(&self, route: &'static str, method: &Method, status: StatusCode) {
        let method = match *method {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::DELETE => "DELETE",
            Method::OPTIONS => "OPTIONS",
            _ => "other",
        };
        let status = status.as_u16();
        self.requests
            .get_or_create(&RequestLabels {
                route,
                method,
                status,
            })
            .inc();
    }

    pub(super) fn record_duration(&self, route: &'static str, duration: Duration) {
        self.seconds
            .get_or_create(&RouteLabel { route })
            .observe(duration.as_secs_f64());
    }

    pub(super) fn record_rejection(&self, reason: &'static str) {
        self.rejected.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Counts a tool call as in progress until the result is dropped.
    pub(super) fn start_call(self: &Arc<Self>) -> ActiveCall {
        self.calls.inc();
        ActiveCall(Arc::clone(self))
    }

    /// All metrics in the OpenMetrics text format.
    pub(super) fn encode(&self, sessions: &SessionRegistry) -> String {
        for (kind, name) in [
            (SessionKind::Streamable, "session"),
            (SessionKind::Sse, "sse"),
        ] {
            let count = i64::try_from(sessions.count(kind)).unwrap_or(i64::MAX);
            self.sessions
                .get_or_create(&KindLabel { kind: name })
                .set(count);
        }
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode_text(&mut text, &self.registry);
        text
    }
}

/// A tool call in progress.
#[derive(Debug)]
pub(super) struct ActiveCall(Arc<Metrics>);

impl Drop for ActiveCall {
    fn drop(&mut self) {
        self.0.calls.dec();
    }
}

/// Counts the requests to Vapi, and notes which tokens Vapi accepts and rejects.
#[derive(Debug)]
pub(super) struct UpstreamObserver {
    pub(super) metrics: Arc<Metrics>,
    pub(super) callers: Arc<CallerRegistry>,
}

impl RequestObserver for UpstreamObserver {
    fn on_attempt(&self, token: &Token, status: Option<StatusCode>, duration: Duration) {
        let name = status.map_or_else(|| "none".to_owned(), |status| status.as_u16().to_string());
        self.metrics
            .attempts
            .get_or_create(&StatusLabel { status: name })
            .inc();
        self.metrics.attempt_seconds.observe(duration.as_secs_f64());
        match status {
            Some(StatusCode::UNAUTHORIZED) => self.callers.get(caller_id(token)).mark_rejected(),
            Some(status) if status.is_success() => {
                self.callers.get(caller_id(token)).mark_verified();
            }
            _ => {}
        }
    }
}

/// Counts every request, and measures the time until its response has been sent.
pub(super) async fn record_request(
    State(metrics): State<Arc<Metrics>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let route = match path.strip_suffix('/').unwrap_or(path) {
        "/mcp" => "/mcp",
        "/sse" => "/sse",
        "/messages" => "/messages",
        _ => "other",
    };
    let method = request.method().clone();
    let start = Instant::now();
    let response = next.run(request).await;
    metrics.record_response(route, &method, response.status());
    if method == Method::GET {
        // The client decides how long a stream lasts.
        return response;
    }
    let guard = DurationGuard {
        metrics,
        route,
        start,
    };
    response.map(|body| GuardedBody::wrap(body, guard))
}

/// Records the duration of a request when it is dropped with the body of the response.
struct DurationGuard {
    metrics: Arc<Metrics>,
    route: &'static str,
    start: Instant,
}

impl Drop for DurationGuard {
    fn drop(&mut self) {
        self.metrics
            .record_duration(self.route, self.start.elapsed());
    }
}
