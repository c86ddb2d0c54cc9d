//! Standard input as a client means it: a text cut inside an emoji leaves half a character behind,
//! which JavaScript writes as `\ud83d`. It is no Unicode, so the JSON parser would refuse the whole
//! message, and its sender would wait for ever. Such halves become U+FFFD, as everywhere else.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

/// A line longer than this is passed on unmended; the protocol's reader drops it.
const LONGEST_LINE: usize = 16 << 20;

/// Lines of JSON with lone surrogates replaced.
#[derive(Debug)]
pub(super) struct WholeCharacters<R> {
    inner: R,
    /// What was read: first what may be given away, then the beginning of a line.
    read: Vec<u8>,
    /// The length of what may be given away, and of what has been.
    ready: usize,
    given: usize,
}

impl<R> WholeCharacters<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            read: Vec::new(),
            ready: 0,
            given: 0,
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for WholeCharacters<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.given == this.ready {
            this.read.drain(..this.ready);
            (this.given, this.ready) = (0, 0);
            let mut chunk = [0; 8192];
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut chunk))?;
            let chunk = chunk.filled();
            let lines = chunk
                .iter()
                .rposition(|&byte| byte == b'\n')
                .map(|at| this.read.len() + at + 1);
            this.read.extend_from_slice(chunk);
            this.ready = match lines {
                Some(end) => end,
                None if chunk.is_empty() || this.read.len() > LONGEST_LINE => this.read.len(),
                None => 0,
            };
            mend(this.read.get_mut(..this.ready).unwrap_or_default());
            if chunk.is_empty() {
                break;
            }
        }
        let rest = this.read.get(this.given..this.ready).unwrap_or_default();
        let fits = rest.get(..buffer.remaining()).unwrap_or(rest);
        buffer.put_slice(fits);
        this.given += fits.len();
        Poll::Ready(Ok(()))
    }
}

/// Replaces every lone surrogate in the escapes of JSON text by U+FFFD, which is as long.
fn mend(text: &mut [u8]) {
    let mut at = 0;
    while let Some(escape) = text
        .get(at..)
        .and_then(|rest| rest.iter().position(|&byte| byte == b'\\'))
    {
        at += escape;
        at += match (unit(text, at), unit(text, at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                if let Some(digits) = text.get_mut(at + 2..at + 6) {
                    digits.copy_from_slice(b"fffd");
                }
                6
            }
            _ => 2,
        };
    }
}

/// The UTF-16 unit of the escape at this place; nothing when there is none.
fn unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt;

    use super::*;

    fn mended(text: &str) -> String {
        let mut text = text.as_bytes().to_vec();
        mend(&mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn only_lone_surrogates_are_replaced() {
        for (text, same) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""a\uDE00b""#, r#""a\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n""#, r#""\ufffd\n""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
            (r#""\u00e9 \u+123 \ud8""#, r#""\u00e9 \u+123 \ud8""#),
            ("\\", "\\"),
        ] {
            assert_eq!(mended(text), same);
        }
    }

    proptest! {
        #[test]
        fn however_the_bytes_arrive_the_lines_come_through(
            lines in prop::collection::vec("[a\\\\ud8def0\\n]{0,30}", 0..8),
            size in 1_usize..9,
        ) {
            let text = lines.concat();
            let chunks: Vec<_> = text.as_bytes().chunks(size).map(|chunk| Ok::<_, io::Error>(chunk.to_vec())).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let read = runtime.block_on(async {
                let mut mock = tokio_test::io::Builder::new();
                for chunk in chunks.iter().flatten() {
                    mock.read(chunk);
                }
                let mut read = Vec::new();
                WholeCharacters::new(mock.build()).read_to_end(&mut read).await.unwrap();
                read
            });
            prop_assert_eq!(String::from_utf8(read).unwrap(), text.split_inclusive('\n').map(mended).collect::<String>());
        }
    }
}
