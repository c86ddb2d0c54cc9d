//! Metrics in the format of Prometheus. No label holds an id, a token or an address.

use std::{fmt, sync::Arc, time::Duration};

use ::http::{Method, StatusCode};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::{
    caller::{Callers, Principal},
    owners::{Kind, Owners},
};
use crate::api::{AttemptObserver, Token};

/// Seconds: from an answer of our own to the longest call.
const BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

/// What is counted.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram>,
    rejected: Family<Reason, Counter>,
    attempts: Family<Status, Counter>,
    attempt_seconds: Histogram,
    calls: Gauge,
    sessions: Family<OfKind, Gauge>,
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
            "From a request to the end of its answer",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        registry.register("rejections", "Requests refused", metrics.rejected.clone());
        registry.register(
            "upstream_requests",
            "Requests to Vapi, by its status",
            metrics.attempts.clone(),
        );
        registry.register_with_unit(
            "upstream_duration",
            "From a request to Vapi to the head of its answer",
            Unit::Seconds,
            metrics.attempt_seconds.clone(),
        );
        registry.register("calls", "Tool calls in progress", metrics.calls.clone());
        registry.register(
            "sessions",
            "Sessions that are open",
            metrics.sessions.clone(),
        );
        metrics
    }

    /// A request was answered.
    pub(super) fn answered(&self, route: &'static str, method: &Method, status: StatusCode) {
        let method = match *method {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::DELETE => "DELETE",
            Method::OPTIONS => "OPTIONS",
            _ => "other",
        };
        let status = status.as_u16();
        self.requests
            .get_or_create(&Answered {
                route,
                method,
                status,
            })
            .inc();
    }

    /// An answer has come to its end.
    pub(super) fn ended(&self, route: &'static str, took: Duration) {
        self.seconds
            .get_or_create(&Route { route })
            .observe(took.as_secs_f64());
    }

    pub(super) fn rejected(&self, reason: &'static str) {
        self.rejected.get_or_create(&Reason { reason }).inc();
    }

    /// A tool call is in progress as long as the answer lives.
    pub(super) fn call(self: &Arc<Self>) -> Calling {
        self.calls.inc();
        Calling(Arc::clone(self))
    }

    /// Everything, as text.
    pub(super) fn text(&self, owners: &Owners) -> String {
        for (kind, name) in [(Kind::Session, "session"), (Kind::Stream, "sse")] {
            let count = i64::try_from(owners.count(kind)).unwrap_or(i64::MAX);
            self.sessions
                .get_or_create(&OfKind { kind: name })
                .set(count);
        }
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// One call in the gauge.
#[derive(Debug)]
pub(super) struct Calling(Arc<Metrics>);

impl Drop for Calling {
    fn drop(&mut self) {
        self.0.calls.dec();
    }
}

/// Counts Vapi's responses and remembers refused tokens.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) metrics: Arc<Metrics>,
    pub(super) callers: Arc<Callers>,
}

impl AttemptObserver for Upstream {
    fn attempted(&self, token: &Token, status: Option<StatusCode>, took: Duration) {
        let name = status.map_or_else(|| "none".to_owned(), |status| status.as_u16().to_string());
        self.metrics
            .attempts
            .get_or_create(&Status { status: name })
            .inc();
        self.metrics.attempt_seconds.observe(took.as_secs_f64());
        match status {
            Some(StatusCode::UNAUTHORIZED) => self.callers.get(Principal::of(token)).refuse(),
            Some(status) if status.is_success() => {
                self.callers.get(Principal::of(token)).accept();
            }
            _ => {}
        }
    }
}
