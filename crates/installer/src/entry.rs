//! This server's entry in a client's configuration.

use std::fmt;

use serde_json::{Value, json};

/// The variable that holds the key.
pub const TOKEN_VARIABLE: &str = "VAPI_TOKEN";

/// The variable with another base URL of the API, named as in Vapi's own command line.
pub const BASE_URL_VARIABLE: &str = "VAPI_API_BASE_URL";

/// The name of the entry.
pub const ENTRY_NAME: &str = "vapi";

/// The flag that starts the built-in simulation of Vapi.
pub const SANDBOX_FLAG: &str = "--sandbox";
pub(super) const REGION_FLAG: &str = "--region";
pub(super) const BRIDGE: &str = "mcp-remote";
/// mcp-remote substitutes the variable. There is no space, because Windows would split the
/// argument.
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
    /// The client connects to this URL.
    Remote {
        /// The URL of the streamable HTTP transport.
        url: String,
    },
}

/// Omits the URL, which may contain a key.
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

/// A flag with which the server is started.
#[derive(Clone, PartialEq, Eq)]
pub struct Flag {
    /// The name, for example `--max-calls`.
    pub name: String,
    /// The arguments that set the flag: `--max-calls` and `5/hour`, or only `--read-only`.
    pub arguments: Vec<String>,
}

/// Omits the value, which may be a phone number.
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
    /// Another base URL of the API.
    pub base_url: Option<&'a str>,
}

/// The source of a server's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The entry contains the key in plain text.
    PlainText,
    /// The variable `VAPI_TOKEN` in the environment of the client.
    Variable,
    /// Another variable, or a secret that the client stores.
    Other,
    /// The server gets no key.
    Missing,
}

/// The id of [`key_prompt`].
pub const INPUT_ID: &str = "vapi-token";

/// The input definition with which VS Code asks for the key.
pub fn key_prompt() -> Value {
    json!({
        "type": "promptString",
        "id": INPUT_ID,
        "description": "Vapi API key",
        "password": true,
    })
}
