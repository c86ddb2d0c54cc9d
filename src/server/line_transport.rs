//! The transport of newline-delimited JSON, which passes each message through [`normalize`].
//!
//! rmcp's own transport answers unreadable requests without their id, and even notifications.

use std::{io, sync::Arc};

use rmcp::{
    RoleServer,
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::Transport,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    sync::Mutex,
    task::JoinHandle,
};

use super::message::{Incoming, ProtocolError, normalize};

/// The maximum length of a line, in bytes. Longer lines are dropped.
const MAX_LINE: usize = 16 << 20;

#[derive(Debug)]
pub(super) struct LineTransport<R, W> {
    input: LineReader<R>,
    output: Arc<Mutex<Option<W>>>,
    /// The error response that is being written.
    pending_error: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct LineReader<R> {
    inner: BufReader<R>,
    /// The beginning of an incomplete line.
    partial: Vec<u8>,
    /// Whether the rest of the current line is being dropped.
    dropping: bool,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    fn new(inner: R) -> Self {
        Self {
            inner: BufReader::new(inner),
            partial: Vec::new(),
            dropping: false,
        }
    }

    /// The next line, or `None` at the end of the input. Cancel safe: a partial line is preserved.
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let chunk = self.inner.fill_buf().await?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let consumed = end.map_or(chunk.len(), |end| end + 1);
            if !self.dropping {
                self.partial
                    .extend_from_slice(chunk.get(..consumed).unwrap_or_default());
            }
            self.inner.consume(consumed);
            if end.is_some() {
                let line = std::mem::take(&mut self.partial);
                if !std::mem::take(&mut self.dropping) && !line.trim_ascii().is_empty() {
                    return Ok(Some(line));
                }
            } else if self.partial.len() > MAX_LINE {
                self.partial = Vec::new();
                self.dropping = true;
                tracing::warn!("a message larger than 16 MiB was dropped");
            }
        }
    }
}

impl<R, W> LineTransport<R, W>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    pub(super) fn new(input: R, output: W) -> Self {
        Self {
            input: LineReader::new(input),
            output: Arc::new(Mutex::new(Some(output))),
            pending_error: None,
        }
    }

    /// The message for rmcp, if the line contains one.
    fn parse(&mut self, line: Vec<u8>) -> Option<ClientJsonRpcMessage> {
        let message = match normalize(line) {
            Incoming::Message(message) => message,
            Incoming::Ignored => {
                tracing::debug!("ignored an invalid notification");
                return None;
            }
            Incoming::Rejected(errors) => {
                self.reject(errors);
                return None;
            }
        };
        match serde_json::from_slice(&message.text) {
            Ok(message) => Some(message),
            Err(error) => {
                tracing::debug!(%error, "invalid message");
                if message.id.is_some() {
                    let text = "the message is not a valid MCP request";
                    self.reject(vec![ProtocolError::invalid(message.id, text)]);
                }
                None
            }
        }
    }

    /// Writes error responses. Input that is not JSON gets none, because its sender may not expect
    /// JSON either.
    fn reject(&mut self, errors: Vec<ProtocolError>) {
        let mut text = String::new();
        for error in errors.iter().filter(|error| !error.is_unparsable()) {
            text.push_str(&error.to_json());
            text.push('\n');
        }
        if text.is_empty() {
            return;
        }
        let output = Arc::clone(&self.output);
        // Reading can be cancelled at any time, but writing must not be.
        self.pending_error = Some(tokio::spawn(async move {
            // The output notices the failure itself.
            let _ = write(&output, text.as_bytes()).await;
        }));
    }
}

async fn write<W: AsyncWrite + Unpin>(output: &Mutex<Option<W>>, line: &[u8]) -> io::Result<()> {
    let mut output = output.lock().await;
    let Some(output) = output.as_mut() else {
        return Err(io::ErrorKind::NotConnected.into());
    };
    output.write_all(line).await?;
    output.flush().await
}

impl<R, W> Transport<RoleServer> for LineTransport<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let output = Arc::clone(&self.output);
        async move {
            let mut line = serde_json::to_vec(&message)?;
            line.push(b'\n');
            write(&output, &line).await
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            // Continues reading only after the last error is written, so that errors do not
            // accumulate.
            if let Some(pending_error) = &mut self.pending_error {
                let _ = pending_error.await;
                self.pending_error = None;
            }
            let line = match self.input.next().await {
                Ok(line) => line?,
                Err(error) => {
                    tracing::error!(%error, "cannot read the input");
                    return None;
                }
            };
            if let Some(message) = self.parse(line) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        drop(self.output.lock().await.take());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads the lines of an input that arrives in these chunks.
    fn read(chunks: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut mock = tokio_test::io::Builder::new();
            for chunk in chunks {
                mock.read(chunk);
            }
            let mut input = LineReader::new(mock.build());
            let mut lines = Vec::new();
            while let Some(line) = input.next().await.unwrap() {
                lines.push(line);
            }
            lines
        })
    }

    #[test]
    fn a_line_without_an_end_is_dropped_and_the_next_one_is_read() {
        let long = vec![b' '; MAX_LINE + 2];
        assert_eq!(read(&[long, b"rest\n{}\n".to_vec()]), [b"{}\n"]);
    }

    proptest! {
        #[test]
        fn however_the_bytes_arrive_the_lines_come_through(
            lines in prop::collection::vec("[a\\\\ud8def0 \\n]{0,30}", 0..8),
            size in 1_usize..9,
        ) {
            let text = lines.concat();
            let chunks: Vec<_> = text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
            let whole = text
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n') && !line.trim().is_empty())
                .map(|line| line.as_bytes().to_vec());
            prop_assert_eq!(read(&chunks), whole.collect::<Vec<_>>());
        }
    }
}
