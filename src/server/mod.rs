//! The protocol: the list of tools, tool calls, cancellation. Only this module and `http` use rmcp.

mod elicitation;
mod handler;
mod initialize;
mod line_transport;
mod message;
mod progress;
mod request_metadata;
mod stdio;

use std::sync::{Arc, atomic::AtomicBool};

use rmcp::{ServiceExt, model::Tool as ToolDefinition, service::ServerInitializeError};
use tokio::io::{AsyncRead, AsyncWrite};

#[cfg(feature = "http")]
pub(crate) use self::initialize::without_elicitation;
#[cfg(feature = "http")]
pub(crate) use self::message::{Incoming, Message, MessageKind, ProtocolError, normalize};
pub(crate) use self::stdio::stdout_is_open;
use self::{
    line_transport::LineTransport,
    stdio::{Link, LinkedInput, LinkedOutput, stdio},
};
use crate::{
    api::{Api, Limits, RequestObserver},
    call::{Display, exposed_definition, instructions},
    catalog::Toolset,
    config::{Config, ConfigError},
    guard::Guard,
};

/// The MCP server of one connection; cheap to clone.
#[derive(Clone, Debug)]
pub struct Server {
    api: Arc<Api>,
    config: Arc<Config>,
    definitions: Arc<[ToolDefinition]>,
    instructions: Arc<str>,
    display: Display,
    toolset: Arc<Toolset>,
    guard: Guard,
    /// Whether a result of this session has said that it comes from the sandbox.
    sandbox_announced: Arc<AtomicBool>,
}

/// The reason why a server cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The list of tools in the catalogue is malformed.
    #[error("the list of tools is malformed: {0}")]
    Catalog(#[from] serde_json::Error),
    /// The configuration is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The first message was not valid. The error does not contain the message, which may be
    /// private.
    #[error("the client did not start with `initialize` or a request with protocol metadata")]
    NoHandshake,
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Connection(String),
}

impl Server {
    /// Creates a server. Fails if the configuration or the catalogue is invalid.
    pub fn new(
        config: Config,
        limits: Limits,
        display: Display,
        toolset: Toolset,
        guard: Guard,
    ) -> Result<Self, ServeError> {
        let definitions = toolset
            .all()
            .map(|tool| serde_json::from_value(exposed_definition(tool, &toolset)))
            .collect::<Result<_, _>>()?;
        let mut instructions = instructions(&toolset);
        #[cfg(feature = "sandbox")]
        if config.sandbox {
            instructions = format!("{}\n{instructions}", crate::sandbox::INSTRUCTIONS);
        }
        if let Some(rules) = guard.rules().told(&toolset) {
            instructions = format!("{instructions}\n{rules}");
        }
        Ok(Self {
            api: Arc::new(config.api(limits)?),
            config: Arc::new(config),
            definitions,
            instructions: instructions.into(),
            display,
            toolset: Arc::new(toolset),
            guard,
            sandbox_announced: Arc::default(),
        })
    }

    /// A copy of the server for another session.
    #[cfg(feature = "http")]
    pub(crate) fn for_session(&self) -> Self {
        Self {
            sandbox_announced: Arc::default(),
            ..self.clone()
        }
    }

    /// Sets the observer of every request to Vapi. Only the first call has an effect.
    pub fn set_observer(&self, observer: Arc<dyn RequestObserver>) {
        self.api.set_observer(observer);
    }

    /// Logs a warning if the sandbox is used.
    pub(crate) fn announce(&self) {
        if self.config.sandbox {
            tracing::warn!("the sandbox is used instead of Vapi: no phone rings");
        }
    }

    /// Serves standard input and output until the client closes one of them. Writes are not sent to
    /// Vapi once nobody reads the output.
    pub async fn serve_stdio(self) -> Result<(), ServeError> {
        self.announce();
        let link = Arc::<Link>::default();
        let writes = Arc::clone(&link);
        self.api
            .write_only_while(move || !writes.has_failed() && stdout_is_open());
        let (input, output) = stdio();
        self.serve_linked(input, output, link).await
    }

    /// Serves one client until it closes the input or the output.
    pub async fn serve_on(
        self,
        input: impl AsyncRead + Send + Unpin + 'static,
        output: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Result<(), ServeError> {
        self.serve_linked(input, output, Arc::default()).await
    }

    async fn serve_linked(
        self,
        input: impl AsyncRead + Send + Unpin + 'static,
        output: impl AsyncWrite + Send + Unpin + 'static,
        link: Arc<Link>,
    ) -> Result<(), ServeError> {
        let input = LinkedInput {
            inner: input,
            link: Arc::clone(&link),
        };
        let output = LinkedOutput {
            inner: output,
            link,
        };
        let service = match self.serve(LineTransport::new(input, output)).await {
            Ok(service) => service,
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(ServerInitializeError::ExpectedInitializeRequest(_)) => {
                return Err(ServeError::NoHandshake);
            }
            Err(ServerInitializeError::TransportError { error, .. }) => {
                return Err(ServeError::Connection(error.to_string()));
            }
            Err(_) => return Err(ServeError::NoHandshake),
        };
        service
            .waiting()
            .await
            .map(|_| ())
            .map_err(|error| ServeError::Connection(error.to_string()))
    }
}
