//! Standard input and output without a thread for each.

use tokio::io::{AsyncRead, AsyncWrite};

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
    use std::{
        io,
        os::{
            fd::{AsFd, BorrowedFd},
            unix::net::UnixStream,
        },
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
