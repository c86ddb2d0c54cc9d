//! The difference of two documents: every change is told, with what it means for our tools.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may give up, and tells when it skips"
)]

#[path = "../support/mod.rs"]
mod support;

mod api;
mod edits;
mod naive;
mod order;
mod vendored;
