//! The settings of the HTTP server.

use std::{io, net::SocketAddr, num::NonZeroU32, time::Duration};

use super::origin_check::OriginCheck;
use crate::api::Token;

/// The settings of the HTTP server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Address to serve metrics on, if any.
    pub metrics: Option<SocketAddr>,
    /// Whether to keep no sessions for clients of protocol versions before 2026-07-28.
    pub stateless: bool,
    /// Whether to serve HTTP+SSE too.
    pub sse: bool,
    /// Allowed hosts besides those of this machine: `name` or `name:port`; `*.name` for all
    /// subdomains, `*` for any host.
    pub hosts: Vec<String>,
    /// Allowed browser origins besides those of this machine: `https://name` or `https://*.name`.
    pub origins: Vec<String>,
    /// The key for callers that send none.
    pub shared_token: Option<Token>,
    /// The secret that such callers must send instead.
    pub caller_secret: Option<Token>,
    /// Maximum number of sessions.
    pub max_sessions: usize,
    /// Maximum number of sessions of one caller.
    pub max_sessions_per_caller: usize,
    /// Maximum number of requests per second of one caller.
    pub max_rate_per_caller: NonZeroU32,
    /// Maximum number of concurrent tool calls of one caller.
    pub max_calls_per_caller: usize,
    /// How long `/readyz` answers 503 before the port closes, so that load balancers notice.
    pub drain: Duration,
    /// How long calls in progress may then take to finish.
    pub grace: Duration,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Anybody on the network could use the key of this server.
    #[error(
        "with --share-token, anybody who can reach {0} can use VAPI_TOKEN; listen only on this \
         machine and under its own names, or set VAPI_MCP_CALLER_SECRET to a secret that callers \
         must send as their bearer token"
    )]
    SharedTokenExposed(String),
    /// The secret would be sent to Vapi as if it were the key of a caller.
    #[error("VAPI_MCP_CALLER_SECRET has no effect without --share-token")]
    SecretWithoutSharedToken,
    /// An allowed host or origin is malformed.
    #[error(
        "`{0}` is not a host (`name`, `name:port`, `*.name` or `*`) or not an origin \
         (`https://name` or `https://*.name`)"
    )]
    InvalidHostOrOrigin(String),
    /// The server cannot listen on the address.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
}

impl Settings {
    /// Checks that strangers cannot use the shared key. A server with other host names than those
    /// of this machine is reachable from elsewhere, usually through a proxy.
    pub(super) fn check(&self) -> Result<(), HttpError> {
        match (&self.shared_token, &self.caller_secret) {
            (None, Some(_)) => Err(HttpError::SecretWithoutSharedToken),
            (Some(_), None) if !self.listen.ip().is_loopback() => {
                Err(HttpError::SharedTokenExposed(self.listen.to_string()))
            }
            (Some(_), None) if !self.hosts.is_empty() => {
                Err(HttpError::SharedTokenExposed(self.hosts.join(", ")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn origin_check(&self, listen: SocketAddr) -> Result<OriginCheck, HttpError> {
        OriginCheck::new(listen, &self.hosts, &self.origins).map_err(HttpError::InvalidHostOrOrigin)
    }
}
