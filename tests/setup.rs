//! This server in the configuration of MCP clients.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

#[path = "setup/command.rs"]
mod command;
#[path = "setup/edits.rs"]
mod edits;
#[path = "setup/entries.rs"]
mod entries;
#[cfg(unix)]
#[path = "setup/files.rs"]
mod files;
#[path = "setup/home.rs"]
mod home;
#[path = "setup/properties.rs"]
mod properties;
mod support;
