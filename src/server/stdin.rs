//! Standard input, line by line, each as [`readable`] leaves it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

use super::message::readable;

/// A line that is still not at its end here is dropped up to its end.
const LONGEST_LINE: usize = 16 << 20;

/// Lines of JSON that can be read.
#[derive(Debug)]
pub(super) struct Readable<R> {
    inner: R,
    /// The beginning of a line.
    begun: Vec<u8>,
    /// Whether the rest of the line is dropped.
    dropping: bool,
    /// Lines to give away, and how many bytes of them are given.
    ready: Vec<u8>,
    given: usize,
}

impl<R> Readable<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            begun: Vec::new(),
            dropping: false,
            ready: Vec::new(),
            given: 0,
        }
    }

    /// Takes in what was read; nothing read is the end.
    fn take(&mut self, chunk: &[u8]) {
        self.ready = Vec::new();
        self.given = 0;
        for part in chunk.split_inclusive(|&byte| byte == b'\n') {
            let ends = part.ends_with(b"\n");
            if self.dropping {
                self.dropping = !ends;
                continue;
            }
            self.begun.extend_from_slice(part);
            if ends {
                self.give();
            } else if self.begun.len() > LONGEST_LINE {
                self.begun = Vec::new();
                self.dropping = true;
                tracing::warn!("a message larger than 16 MiB was dropped");
            }
        }
        if chunk.is_empty() {
            self.give();
        }
    }

    /// Gives away the line that has come.
    fn give(&mut self) {
        let line = readable(std::mem::take(&mut self.begun));
        if self.ready.is_empty() {
            self.ready = line;
        } else {
            self.ready.extend_from_slice(&line);
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Readable<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.given == this.ready.len() {
            let mut chunk = [0; 8192];
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut chunk))?;
            this.take(chunk.filled());
            if chunk.filled().is_empty() {
                break;
            }
        }
        let rest = this.ready.get(this.given..).unwrap_or_default();
        let fits = rest.get(..buffer.remaining()).unwrap_or(rest);
        buffer.put_slice(fits);
        this.given += fits.len();
        if this.given == this.ready.len() {
            this.ready = Vec::new();
            this.given = 0;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt;

    use super::{super::message::tests::mended, *};

    /// What comes out of the lines when they arrive in these chunks.
    fn read(chunks: &[Vec<u8>]) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut mock = tokio_test::io::Builder::new();
            for chunk in chunks {
                mock.read(chunk);
            }
            let mut read = Vec::new();
            Readable::new(mock.build())
                .read_to_end(&mut read)
                .await
                .unwrap();
            read
        })
    }

    #[test]
    fn a_line_without_an_end_is_dropped_and_the_next_one_is_read() {
        let long = vec![b' '; LONGEST_LINE + 2];
        assert_eq!(read(&[long, b"rest\n{}\n".to_vec()]), b"{}\n");
    }

    proptest! {
        #[test]
        fn however_the_bytes_arrive_the_lines_come_through(
            lines in prop::collection::vec("[a\\\\ud8def0\\n]{0,30}", 0..8),
            size in 1_usize..9,
        ) {
            let text = lines.concat();
            let chunks: Vec<_> = text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
            let read = read(&chunks);
            prop_assert_eq!(String::from_utf8(read).unwrap(), text.split_inclusive('\n').map(mended).collect::<String>());
        }
    }
}
