//! Standard input and output without a thread for each, and what follows when the client closes
//! the output while it still sends.

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

/// What messages are read from.
pub(super) type Input = Box<dyn AsyncRead + Send + Unpin>;

/// What messages are written to.
pub(super) type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// Standard input and output. Clients that run on Node connect them by sockets, others by pipes;
/// both are waited for without blocking. Where they are neither, such as files, threads read and
/// write them.
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
        // Only a socket has an address.
        stream.local_addr().ok()?;
        Some(stream)
    };
    let (input, output) = (socket(io::stdin().as_fd())?, socket(io::stdout().as_fd())?);
    input.set_nonblocking(true).ok()?;
    output.set_nonblocking(true).ok()?;
    let stream = |stream| tokio::net::UnixStream::from_std(stream).ok();
    Some((stream(input)?, stream(output)?))
}

/// Whether somebody may still read standard output; true where only a failed write can tell.
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

/// What the two ends of a connection know of each other.
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

/// Input that ends once a write to its output has failed: nobody hears the answers any more.
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

/// Output that ends its input when it fails.
#[derive(Debug)]
pub(super) struct LinkedOutput<W> {
    pub(super) inner: W,
    pub(super) link: Arc<Link>,
}

impl<W> LinkedOutput<W> {
    fn told<T>(&self, ended: io::Result<T>) -> Poll<io::Result<T>> {
        if ended.is_err() {
            self.link.fail();
        }
        Poll::Ready(ended)
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
        this.told(written)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = ready!(Pin::new(&mut this.inner).poll_flush(context));
        this.told(flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}
