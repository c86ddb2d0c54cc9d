//! The HTTP server as a process, spoken to over real sockets.
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
