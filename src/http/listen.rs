//! Connections: HTTP/1.1 in clear. TLS is the work of a proxy in front.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

/// A connection on which no request begins, or whose headers do not end, is closed after this time.
/// A proxy in front must close its idle connections sooner.
const HEADERS: Duration = Duration::from_secs(60);

/// Headers that take more are refused. nginx takes half as much.
const HEADERS_BYTES: usize = 64 << 10;

/// A client that takes nothing of its answer for so long is left.
const WRITE: Duration = Duration::from_secs(30);

/// More connections wait until others have ended.
const CONNECTIONS: usize = 8192;

/// Accepts connections until it is told to stop; the rest of the work is what they are about.
pub(crate) async fn accept(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> GracefulShutdown {
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(HEADERS_BYTES);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = stop.cancelled() => return connections,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files, as a rule: it passes.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(router.clone());
        let stream = TokioIo::new(Box::pin(prepared(stream)));
        let connection = http.serve_connection(stream, service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // Its client has gone away, or has asked in no HTTP.
            let _ = connection.await;
            drop(place);
        });
    }
}

fn prepared(stream: TcpStream) -> TimeoutStream<TcpStream> {
    // Otherwise every event of a stream waits 40 ms for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE));
    stream
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

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
        tokio::spawn(accept(listener, router, CancellationToken::new()));
        TcpStream::connect(address).await.unwrap()
    }

    #[tokio::test]
    async fn nothing_waits_for_an_acknowledgement() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        assert!(!stream.nodelay().unwrap());
        assert!(prepared(stream).get_ref().nodelay().unwrap());
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
            assert!(start.elapsed() >= HEADERS);
        }
    }

    #[tokio::test]
    async fn headers_without_end_are_refused() {
        let mut client = connect().await;
        let mut begun = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ".to_vec();
        begun.resize(HEADERS_BYTES, b'x');
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
        tokio::time::sleep(2 * WRITE).await;
        // What was on its way still comes, then nothing more.
        let mut rest = Vec::new();
        let _ = client.take(64 << 20).read_to_end(&mut rest).await;
        assert!(rest.len() < 64 << 20);
    }
}
