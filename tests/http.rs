//! The HTTP server as a process, spoken to over real sockets.
#![cfg(feature = "http")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod support;

#[path = "http/answered.rs"]
mod answered;
#[path = "http/callers.rs"]
mod callers;
#[path = "http/calls.rs"]
mod calls;
#[path = "http/client.rs"]
mod client;
#[path = "http/doors.rs"]
mod doors;
#[path = "http/ending.rs"]
mod ending;
#[path = "http/guards.rs"]
mod guards;
#[path = "http/limits.rs"]
mod limits;
#[cfg(feature = "sandbox")]
#[path = "http/sandbox.rs"]
mod sandbox;
#[path = "http/seen.rs"]
mod seen;
#[path = "http/sse.rs"]
mod sse;
#[path = "http/start.rs"]
mod start;
#[path = "http/strangers.rs"]
mod strangers;
