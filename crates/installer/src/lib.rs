//! Installs this server in the configuration of MCP clients, shows where it is installed, and
//! removes it.
//!
//! [`clients`] is the table of clients and their files. [`entry`] is what a file says of this
//! server: [`build_entry`] builds it and `read_entry` reads it. `jsonc` and `toml` edit a text and
//! leave everything else in it as it was. A [`Change`] can be reviewed before `file` writes it.
//! [`program`] finds the program that an entry starts.

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
