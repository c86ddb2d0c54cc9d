//! The HTTP server as a process, spoken to over real sockets; a binary of its own, because it needs
//! the feature `http`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail"
)]

#[path = "../support/mod.rs"]
mod support;

mod answered;
mod callers;
mod calls;
mod client;
mod doors;
mod ending;
mod guards;
mod limits;
#[cfg(feature = "sandbox")]
mod sandbox;
mod seen;
mod sse;
mod start;
mod strangers;
