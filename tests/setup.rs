//! This server in the configuration of MCP clients.
mod command;
#[cfg(unix)]
mod files;
