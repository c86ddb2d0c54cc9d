//! Serves many clients over HTTP: streamable HTTP at `/mcp` and, optionally, HTTP+SSE at `/sse`.
//!
//! `listen` accepts connections, which `connections` limits. `origin_check` refuses foreign hosts
//! and origins. `middleware` authenticates each request (`auth`), applies the limits of its caller
//! (`caller`), its address and the server (`body_budget`, `fair_semaphore`), and reads its body
//! (`read_body`). Then rmcp's transport handles it with the sessions of `session_manager`, or `sse`
//! does; `session_registry` stores the owner of each session, and `pending_requests` the requests
//! without a response. The key of a request is passed to the [`Server`] in the request's extensions
//! and is not stored.

mod auth;
mod body_budget;
mod caller;
mod client_address;
mod connections;
mod counts;
mod fair_semaphore;
mod guarded_body;
mod host_pattern;
mod http_server;
pub(crate) mod listen;
mod metrics;
mod middleware;
mod origin_check;
mod pending_requests;
mod read_body;
mod response_format;
mod response_stream;
mod responses;
mod session_manager;
mod session_registry;
mod settings;
mod sse;

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::http_server::HttpServer;
pub use self::settings::{HttpError, Settings};
use crate::server::Server;

/// Maximum number of connections to the metrics port.
const MAX_METRICS_CONNECTIONS: usize = 64;

/// Serves until `stop` is cancelled and the calls in progress have ended or timed out. `announce`
/// is called with the addresses of the server and the metrics.
pub async fn serve(
    settings: Settings,
    server: Server,
    stop: CancellationToken,
    announce: impl FnOnce(SocketAddr, Option<SocketAddr>),
) -> Result<(), HttpError> {
    settings.check()?;
    let origin_check = settings.origin_check(settings.listen)?;
    let (listener, listen) = bind(settings.listen).await?;
    let limit = listen::max_connections();
    let http_server = HttpServer::new(&settings, server, origin_check, limit, stop.clone());
    let drained = CancellationToken::new();
    let drain = settings.drain;
    tokio::spawn({
        let drained = drained.clone();
        async move {
            stop.cancelled().await;
            tokio::time::sleep(drain).await;
            drained.cancel();
        }
    });
    let metrics = match settings.metrics {
        Some(address) => {
            let (listener, address) = bind(address).await?;
            let router = http_server.metrics(settings.origin_check(address)?);
            let limit = MAX_METRICS_CONNECTIONS;
            tokio::spawn(listen::accept(listener, router, limit, drained.clone()));
            Some(address)
        }
        None => None,
    };
    announce(listen, metrics);
    let connections = listen::accept(listener, http_server.router(&settings), limit, drained).await;
    http_server
        .close(connections.shutdown(), settings.grace)
        .await;
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), HttpError> {
    let failed = |error| HttpError::Listen(address, error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
