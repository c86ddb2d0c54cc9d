//! This server's entry in a client's configuration.

use std::fmt;

use serde_json::{Value, json};

/// The variable that holds the key.
pub const TOKEN_VARIABLE: &str = "VAPI_TOKEN";

/// The variable that holds another address of the API, named as Vapi's own command line names it.
pub const BASE_URL_VARIABLE: &str = "VAPI_API_BASE_URL";

/// The name of the entry.
pub const ENTRY_NAME: &str = "vapi";

/// The flag that starts the built-in simulation of Vapi.
pub const SANDBOX_FLAG: &str = "--sandbox";
pub(super) const REGION_FLAG: &str = "--region";
pub(super) const BRIDGE: &str = "mcp-remote";
/// mcp-remote substitutes the variable. Without a space, because Windows would split the argument.
pub(super) const BRIDGE_HEADER: &str = "Authorization:${AUTH_HEADER}";
pub(super) const BRIDGE_VARIABLE: &str = "AUTH_HEADER";

/// How a client reaches the server.
#[derive(Clone, PartialEq, Eq)]
pub enum Server {
    /// The client starts this program.
    Local {
        /// The absolute path of the program.
        command: String,
    },
    /// The client starts this program with the built-in simulation.
    Sandbox {
        /// The absolute path of the program.
        command: String,
    },
    /// The client connects to this address.
    Remote {
        /// The address of its streamable HTTP transport.
        url: String,
    },
}

/// Debug output without the address, which may contain a key.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { command } => f.debug_struct("Local").field("command", command).finish(),
            Self::Sandbox { command } => {
                f.debug_struct("Sandbox").field("command", command).finish()
            }
            Self::Remote { .. } => f.debug_struct("Remote").finish_non_exhaustive(),
        }
    }
}

/// A flag that the server is started with.
#[derive(Clone, PartialEq, Eq)]
pub struct Flag {
    /// For example `--max-calls`.
    pub name: String,
    /// All its arguments: `--max-calls` and `5/hour`, or just `--read-only`.
    pub arguments: Vec<String>,
}

/// Debug output without the value, which may be a phone number.
impl fmt::Debug for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flag({})", self.name)
    }
}

/// The settings of an entry.
#[derive(Clone, Copy, Default)]
pub struct EntryOptions<'a> {
    /// The key, if it must be written in plain text.
    pub key: Option<&'a str>,
    /// Flags besides `--sandbox`.
    pub flags: &'a [Flag],
    /// Another address of the API.
    pub base_url: Option<&'a str>,
}

/// Where a server gets its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The entry contains it in plain text.
    PlainText,
    /// The variable `VAPI_TOKEN` in the environment of the client.
    Variable,
    /// Another variable, or a secret that the client stores.
    Other,
    /// It gets none.
    Missing,
}

/// The id of [`key_prompt`].
pub const INPUT_ID: &str = "vapi-token";

/// The input by which VS Code asks for the key.
pub fn key_prompt() -> Value {
    json!({
        "type": "promptString",
        "id": INPUT_ID,
        "description": "Vapi API key",
        "password": true,
    })
}
