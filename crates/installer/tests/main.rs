//! What is written into the files of MCP clients.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod edits;
mod entries;
mod home;
mod properties;
