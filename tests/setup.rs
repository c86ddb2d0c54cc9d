//! This server in the configuration of MCP clients.
mod command;
mod edits;
mod entries;
#[cfg(unix)]
mod files;
mod home;
mod properties;
