//! Standard input, so that every request gets an answer.
//!
//! A text cut inside an emoji leaves half a character behind, which JavaScript writes as `\ud83d`.
//! It is no Unicode, and the JSON parser would drop the whole message, for whose answer its sender
//! would wait for ever. Such halves become U+FFFD, as everywhere else. A request that cannot be read
//! for another reason becomes one that is refused.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use serde_json::Value;
use tokio::io::{AsyncRead, ReadBuf};

use crate::tools::result::value_at;

/// The method that stands in for a request that cannot be read.
pub(super) const UNREADABLE: &str = "vapi-mcp/unreadable";

/// A line that is still not at its end here is passed on as it is; rmcp drops it.
const LONGEST_LINE: usize = 16 << 20;

/// Lines of JSON that can be read.
#[derive(Debug)]
pub(super) struct Readable<R> {
    inner: R,
    /// The beginning of a line.
    begun: Vec<u8>,
    /// Lines to give away, and how many bytes of them are given.
    ready: Vec<u8>,
    given: usize,
}

impl<R> Readable<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            begun: Vec::new(),
            ready: Vec::new(),
            given: 0,
        }
    }

    /// Takes in what was read; nothing read is the end.
    fn take(&mut self, chunk: &[u8]) {
        self.ready.clear();
        self.given = 0;
        self.begun.extend_from_slice(chunk);
        let whole = match chunk.iter().rposition(|&byte| byte == b'\n') {
            Some(at) => self.begun.len() - chunk.len() + at + 1,
            None if chunk.is_empty() || self.begun.len() > LONGEST_LINE => self.begun.len(),
            None => 0,
        };
        let lines: Vec<u8> = self.begun.drain(..whole).collect();
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            self.ready.extend(readable(line.to_vec()));
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
        Poll::Ready(Ok(()))
    }
}

/// The line, or a request with its id that is refused.
pub(crate) fn readable(mut line: Vec<u8>) -> Vec<u8> {
    mend(&mut line);
    if serde_json::from_slice::<Value>(&line).is_ok() {
        return line;
    }
    let Some(id) = value_at(&line, "id").filter(|id| serde_json::from_slice::<Value>(id).is_ok())
    else {
        return line;
    };
    let id = String::from_utf8_lossy(id);
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{UNREADABLE}\"}}\n").into_bytes()
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

    #[test]
    fn a_request_that_cannot_be_read_is_one_that_is_refused() {
        let refused = |id: &str| {
            format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"vapi-mcp/unreadable\"}}\n")
        };
        let deep = format!(
            "{{\"params\":{}{},\"id\":\"a\"}}\n",
            "[".repeat(200),
            "]".repeat(200)
        );
        for (line, read) in [
            (deep.as_bytes(), refused("\"a\"")),
            (
                b"{\"id\":7,\"params\":{\"limit\":1e999}}\n".as_slice(),
                refused("7"),
            ),
            (b"{\"id\":7,\"params\":\"\xff\"}\n", refused("7")),
            (b"{\"id\":7}\n", "{\"id\":7}\n".to_owned()),
            (
                b"{\"id\":7,
",
                refused("7"),
            ),
            (b"no JSON\n", "no JSON\n".to_owned()),
        ] {
            assert_eq!(String::from_utf8(readable(line.to_vec())).unwrap(), read);
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
                Readable::new(mock.build()).read_to_end(&mut read).await.unwrap();
                read
            });
            prop_assert_eq!(String::from_utf8(read).unwrap(), text.split_inclusive('\n').map(mended).collect::<String>());
        }
    }
}
