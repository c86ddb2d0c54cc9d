//! Standard input and output without threads, and what happens when the client closes the output
//! but still sends.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(super) type Input = Box<dyn AsyncRead + Send + Unpin>;

pub(super) type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// Opens standard input and output. Clients on Node.js connect sockets, others pipes; both are used
/// without blocking. Anything else, such as a file, is used through threads.
pub(super) fn stdio() -> (Input, Output) {
    #[cfg(unix)]
    if let Some((input, output)) = sockets() {
        return (Box::new(input), Box::new(output));
    }
    let (input, output) = rmcp::transport::stdio_pipes();
    (Box::new(input), Box::new(output))
}

#[cfg(unix)]
fn sockets() -> Option<(tokio::net::UnixStream, tokio::net::UnixStream)> {
    use std::os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    };

    let socket = |file: BorrowedFd<'_>| {
        let stream = UnixStream::from(file.try_clone_to_owned().ok()?);
        // Fails unless it is a socket.
        stream.local_addr().ok()?;
        Some(stream)
    };
    let (input, output) = (socket(io::stdin().as_fd())?, socket(io::stdout().as_fd())?);
    input.set_nonblocking(true).ok()?;
    output.set_nonblocking(true).ok()?;
    let stream = |stream| tokio::net::UnixStream::from_std(stream).ok();
    Some((stream(input)?, stream(output)?))
}

/// Whether standard output still has a reader. True if only a write could tell.
pub(crate) fn stdout_is_open() -> bool {
    #[cfg(unix)]
    {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let stdout = io::stdout();
        let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        if poll(&mut polled, Some(&at_once)).is_err() {
            return true;
        }
        let [output] = &polled;
        let gone = PollFlags::ERR | PollFlags::HUP;
        !output.revents().intersects(gone)
    }
    #[cfg(not(unix))]
    true
}

/// Ends the input of a connection when its output fails.
#[derive(Debug, Default)]
pub(super) struct Link {
    failed: AtomicBool,
    reader: AtomicWaker,
}

impl Link {
    /// Whether a write has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    fn fail(&self) {
        self.failed.store(true, Ordering::Release);
        self.reader.wake();
    }
}

/// Input that ends once a write to the output has failed, because nobody reads the responses.
#[derive(Debug)]
pub(super) struct LinkedInput<R> {
    pub(super) inner: R,
    pub(super) link: Arc<Link>,
}

impl<R: AsyncRead + Unpin> AsyncRead for LinkedInput<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.link.reader.register(context.waker());
        if this.link.has_failed() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.inner).poll_read(context, buffer)
    }
}

/// Output that ends the input when it fails. Later writes are discarded without an error, so that
/// calls in progress can finish.
#[derive(Debug)]
pub(super) struct LinkedOutput<W> {
    pub(super) inner: W,
    pub(super) link: Arc<Link>,
}

impl<W> LinkedOutput<W> {
    /// The result of a write, or `lost` if it failed.
    fn unless_failed<T>(&self, written: io::Result<T>, lost: T) -> Poll<io::Result<T>> {
        Poll::Ready(written.or_else(|error| {
            if !self.link.has_failed() {
                tracing::warn!(%error, "the client has stopped reading");
                self.link.fail();
            }
            Ok(lost)
        }))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for LinkedOutput<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.inner).poll_write(context, bytes));
        this.unless_failed(written, bytes.len())
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = ready!(Pin::new(&mut this.inner).poll_flush(context));
        this.unless_failed(flushed, ())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn input_ends_when_the_output_fails_and_later_output_is_lost() {
        let (_client, inner) = tokio::io::duplex(64);
        let link = Arc::<Link>::default();
        let mut input = LinkedInput {
            inner,
            link: Arc::clone(&link),
        };
        let (reader, inner) = tokio::io::duplex(64);
        let mut output = LinkedOutput { inner, link };
        let waiting = tokio::spawn(async move { input.read(&mut [0; 8]).await });
        output.write_all(b"heard").await.unwrap();
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(reader);
        output.write_all(b"lost").await.unwrap();
        let ended = tokio::time::timeout(std::time::Duration::from_secs(60), waiting).await;
        assert_eq!(ended.unwrap().unwrap().unwrap(), 0);
        output.write_all(b"lost too").await.unwrap();
        output.flush().await.unwrap();
    }
}
