//! Installs this server in the configuration of MCP clients, shows where it is installed, and
//! removes it.
//!
//! [`clients`] is the table of clients and their files. [`entry`] contains the types of this
//! server's entry in a file: [`build_entry`] builds an entry and `read_entry` reads one. `jsonc`
//! and `toml` edit a text and leave everything else in it unchanged. A [`Change`] can be reviewed
//! before `file` writes it. [`program`] finds the program that an entry starts.

pub mod build_entry;
mod change;
pub mod clients;
mod config_text;
mod diff;
pub mod entry;
mod error;
mod file;
mod jsonc;
pub mod program;
mod read_entry;
mod state;
mod toml;
mod visible_texts;

pub use self::{
    change::Change,
    error::EditError,
    state::{InstallState, install_state},
};
