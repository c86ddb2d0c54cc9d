//! Accepts connections: plain HTTP/1.1. Terminate TLS in a reverse proxy.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::Router;
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use super::{
    client_address::ClientAddress,
    connections::{ConnectionPermit, Connections},
};

/// How long a connection may wait for the complete headers of a request. A proxy in front must
/// close its idle connections sooner.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum size of the headers, in bytes, as in nginx.
const MAX_HEADER_BYTES: usize = 32 << 10;

/// A client that reads nothing of its response for this long is disconnected.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum number of connections.
const MAX_CONNECTIONS: usize = 8192;

/// The number of open files that `MAX_CONNECTIONS` needs.
#[cfg(unix)]
const OPEN_FILES: u64 = 10_240;

/// Maximum number of connections under the limit of open files, which is raised if possible. A
/// quarter of the files is reserved for everything else.
pub(crate) fn max_connections() -> usize {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        let target = limit.maximum.unwrap_or(OPEN_FILES).min(OPEN_FILES);
        if limit.current.is_some_and(|current| current < target) {
            limit.current = Some(target);
            // If it fails, the maximum is lower.
            let _ = setrlimit(Resource::Nofile, limit);
        }
        if let Some(files) = getrlimit(Resource::Nofile).current {
            let files = usize::try_from(files).unwrap_or(usize::MAX);
            return (files - files / 4).clamp(4, MAX_CONNECTIONS);
        }
    }
    MAX_CONNECTIONS
}

/// Accepts connections, at most `limit` at a time, until `stop` is cancelled. The result waits for
/// the open ones.
pub(crate) async fn accept(
    listener: TcpListener,
    router: Router,
    limit: usize,
    stop: CancellationToken,
) -> GracefulShutdown {
    let shutdown = GracefulShutdown::new();
    let open_connections = Connections::new(limit);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return shutdown,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Usually too many open files, which is temporary.
                tracing::warn!(%error, "cannot accept a connection");
                open_connections.evict_idle();
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(permit) = open_connections.try_add(ClientAddress::of(peer.ip())) else {
            // All connections are busy. The client sees at once that it was not served.
            drop(stream);
            continue;
        };
        let service = connection_service(&permit, router.clone());
        let stream = TokioIo::new(Box::pin(configured(stream)));
        let connection = shutdown.watch(http.serve_connection(stream, service));
        tokio::spawn(async move {
            tokio::select! {
                // The client has disconnected, or does not speak HTTP.
                _ = connection => {}
                () = permit.connection.evicted() => {}
            }
        });
    }
}

/// The router for one connection, which is added to the extensions of its requests.
fn connection_service(
    permit: &ConnectionPermit,
    router: Router,
) -> impl Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future: Send,
> + Send
+ 'static {
    let connection = Arc::clone(&permit.connection);
    let router = TowerToHyperService::new(router);
    service_fn(move |mut request: Request<Incoming>| {
        connection.mark_idle();
        request.extensions_mut().insert(Arc::clone(&connection));
        router.call(request)
    })
}

fn configured(stream: TcpStream) -> TimeoutStream<TcpStream> {
    // Otherwise each event of a stream would wait up to 40 ms for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    stream
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use bytes::Bytes;
    use futures_util::stream;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::Instant,
    };

    use super::*;

    /// A connection to a server whose one answer never ends.
    async fn connect() -> TcpStream {
        let endless = || async {
            let chunks =
                stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 4096])));
            Body::from_stream(chunks)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(endless));
        tokio::spawn(accept(listener, router, 2, CancellationToken::new()));
        TcpStream::connect(address).await.unwrap()
    }

    #[tokio::test]
    async fn nothing_waits_for_an_acknowledgement() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        assert!(!stream.nodelay().unwrap());
        assert!(configured(stream).get_ref().nodelay().unwrap());
        drop(client);
    }

    /// The clock is moved on when there is nothing else to do.
    #[tokio::test(start_paused = true)]
    async fn who_does_not_end_a_request_or_begins_none_is_left() {
        for begun in ["", "GET / HTTP/1.1\r\nHost: localhost\r\n"] {
            let mut client = connect().await;
            client.write_all(begun.as_bytes()).await.unwrap();
            let start = Instant::now();
            let mut read = Vec::new();
            client.read_to_end(&mut read).await.unwrap();
            assert!(read.is_empty());
            assert!(start.elapsed() >= HEADER_TIMEOUT);
        }
    }

    #[tokio::test]
    async fn headers_without_end_are_refused() {
        let mut client = connect().await;
        let mut begun = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ".to_vec();
        begun.resize(MAX_HEADER_BYTES, b'x');
        client.write_all(&begun).await.unwrap();
        let mut status = [0; 12];
        client.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 431");
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_take_the_answer_is_left() {
        let mut client = connect().await;
        let request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        client.write_all(request).await.unwrap();
        let mut some = [0; 16];
        client.read_exact(&mut some).await.unwrap();
        tokio::time::sleep(2 * WRITE_TIMEOUT).await;
        // What was on its way still comes, then nothing more.
        let mut rest = Vec::new();
        let _ = client.take(64 << 20).read_to_end(&mut rest).await;
        assert!(rest.len() < 64 << 20);
    }
}
