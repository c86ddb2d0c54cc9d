//! The protocol: which tools there are, calls, cancellation. With `http`, which serves it over
//! rmcp's HTTP transport, the one module that knows rmcp.

mod initialize;
mod lines;
mod message;
mod person;
mod request;
mod stdio;

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use chrono::Utc;
use futures_util::FutureExt;
use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        CustomRequest, CustomResult, DiscoverResult, ErrorCode, Implementation, ListToolsResult,
        MetaObject, NumberOrString, PaginatedRequestParams, ProgressNotificationParam,
        ProgressToken, ServerCapabilities, ServerConfig, Tool as Face,
    },
    service::{Peer, RequestContext, ServerInitializeError},
};

#[cfg(feature = "http")]
pub(crate) use self::initialize::without_questions;
#[cfg(feature = "http")]
pub(crate) use self::message::{Incoming, Kind, Message, Refusal, readable};
pub(crate) use self::stdio::stdout_is_open;
use self::{
    lines::Lines,
    person::Client,
    request::{given_up, is_modern, token, trace},
    stdio::{Link, LinkedInput, LinkedOutput, stdio},
};
use crate::{
    api::{Api, AttemptObserver, Limits, Token},
    call::{
        Context, Display, Outcome,
        arguments::RawArguments,
        call, definition, instructions,
        wait::{Progress, WaitStep},
    },
    catalog::{Tool, Toolset},
    config::{Config, ConfigError},
    guard::{Gate, Guard},
    model::Effect,
    text::excerpt,
    time::format_utc,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// How long a client may keep the list of tools: it changes only with the program.
const LIST_TTL_MS: u64 = 3_600_000;

/// Bytes of a progress token; nothing is reported to a longer one.
const LONGEST_TOKEN: usize = 1024;

/// The result of a call that the server does not wait for.
const GIVEN_UP: &str = "The server ended before Vapi answered. The call may have been carried \
                        out anyway: check before you repeat it.";

/// The MCP server of one connection; cheap to clone.
#[derive(Clone, Debug)]
pub struct Server {
    api: Arc<Api>,
    config: Arc<Config>,
    faces: Arc<[Face]>,
    /// The instructions.
    instructions: Arc<str>,
    display: Display,
    toolset: Arc<Toolset>,
    guard: Guard,
    /// Whether a result of this session has already said that it comes from the sandbox.
    told: Arc<AtomicBool>,
}

/// Why a server cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The catalogue's list of tools cannot be read.
    #[error("the list of tools is broken: {0}")]
    Catalog(#[from] serde_json::Error),
    /// The configuration leads to no API.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The client did not speak the protocol. What it said may be private and is not repeated.
    #[error("the client did not start with `initialize` or a request with protocol metadata")]
    Opening,
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Connection(String),
}

impl Server {
    /// A server with this configuration.
    pub fn new(
        config: Config,
        limits: Limits,
        display: Display,
        toolset: Toolset,
        guard: Guard,
    ) -> Result<Self, ServeError> {
        let faces = toolset
            .tools()
            .map(|tool| serde_json::from_value(definition(tool, &toolset)))
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
            faces,
            instructions: instructions.into(),
            display,
            toolset: Arc::new(toolset),
            guard,
            told: Arc::default(),
        })
    }

    /// The same server for a session of its own.
    #[cfg(feature = "http")]
    pub(crate) fn for_session(&self) -> Self {
        Self {
            told: Arc::default(),
            ..self.clone()
        }
    }

    /// From now on this is told of every request to Vapi.
    pub fn watch(&self, watch: Arc<dyn AttemptObserver>) {
        self.api.observe(watch);
    }

    /// Logs a warning if the sandbox is used.
    pub(crate) fn announce(&self) {
        if self.config.sandbox {
            tracing::warn!("the sandbox answers for Vapi: no phone rings");
        }
    }

    /// Serves standard input and output until the client closes one of them. Nothing is written to
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

    /// Serves one client over these until it closes one of them.
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
        let service = match self.serve(Lines::new(input, output)).await {
            Ok(service) => service,
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(ServerInitializeError::ExpectedInitializeRequest(_)) => {
                return Err(ServeError::Opening);
            }
            Err(ServerInitializeError::TransportError { error, .. }) => {
                return Err(ServeError::Connection(error.to_string()));
            }
            Err(_) => return Err(ServeError::Opening),
        };
        service
            .waiting()
            .await
            .map(|_| ())
            .map_err(|error| ServeError::Connection(error.to_string()))
    }

    /// Calls a tool as the owner of the token, or of the configured one; dropping the future drops
    /// the request to Vapi.
    async fn call(
        &self,
        tool: &'static Tool,
        arguments: RawArguments,
        token: Option<Token>,
        person: &Client<'_>,
        progress: &impl Progress,
    ) -> Outcome {
        let token = match token.as_ref().map_or(self.config.token.as_ref(), Ok) {
            Ok(token) => token,
            Err(missing) => return Outcome::error(missing.to_string()),
        };
        let context = Context {
            api: &self.api,
            token,
            display: self.display,
            toolset: &self.toolset,
            gate: Gate {
                guard: &self.guard,
                person,
            },
            progress,
        };
        call(tool, arguments, context).await
    }

    /// What is told beside a result of this tool: in a session once, and with every write.
    fn remark(&self, tool: &Tool, is_session: bool) -> Option<String> {
        let remark = self.api.remark()?;
        let is_known = self.told.swap(true, Ordering::Relaxed);
        let repeats = !is_session || tool.effect != Effect::Read;
        (repeats || !is_known).then(|| remark.to_owned())
    }

    /// Answers a request to call a tool.
    async fn answer(
        &self,
        mut request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = self.toolset.tool(&request.name);
        let tool = tool.map_err(|missing| ErrorData::invalid_params(missing, None))?;
        let arguments = message::given(request.arguments.take());
        let person = Client::new(&self.guard, &context, request);
        let start = Instant::now();
        let listener = Listener {
            peer: context.peer.clone(),
            token: context.meta.get_progress_token().filter(is_short),
        };
        let trace = trace(&context);
        let mut outcome = tokio::select! {
            outcome = self.call(tool, arguments, token(&context), &person, &listener) => outcome,
            () = context.ct.cancelled() => {
                tracing::info!(tool = tool.name, trace = trace.as_deref(), "cancelled");
                Outcome::error("Cancelled.")
            }
            () = given_up(&context) => Outcome::error(GIVEN_UP),
        };
        tracing::info!(
            tool = tool.name,
            trace = trace.as_deref(),
            failed = outcome.is_error,
            bytes = outcome.text.len(),
            milliseconds = start.elapsed().as_millis(),
            "called"
        );
        if let Some(question) = person.question() {
            return Ok(question.into());
        }
        let is_modern = is_modern(&context);
        outcome.remarks.extend(self.remark(tool, !is_modern));
        let mut result = result(outcome);
        if is_modern {
            result.meta = Some(self.about_us());
        }
        Ok(result.into())
    }

    /// Who this is, and with what title: a sandbox is not to be mistaken for Vapi.
    fn implementation(&self) -> Implementation {
        let title = if self.config.sandbox {
            "Vapi (sandbox)"
        } else {
            "Vapi"
        };
        Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title(title)
    }

    fn info(&self, instructions: String) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(self.implementation())
            .with_instructions(instructions)
    }

    /// The name of this server, which the newer protocol wants with every result.
    fn about_us(&self) -> MetaObject {
        let mut meta = MetaObject::default();
        let name = serde_json::to_value(self.implementation()).unwrap_or_default();
        meta.insert("io.modelcontextprotocol/serverInfo".to_owned(), name);
        meta
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let now = format_utc(Utc::now());
        self.info(format!(
            "{}\nThis session started at {now}.",
            self.instructions
        ))
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        // Clients keep it longer than a time is true.
        let info = self.info(self.instructions.to_string());
        Ok(DiscoverResult::from_server_info(versions, info)
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    /// What rmcp could not read as one of the protocol's requests.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(match request.method.as_str() {
            "tools/call" => ErrorData::invalid_params(
                "tools/call takes params with `name`, a string, and `arguments`, an object",
                None,
            ),
            "tools/list" => {
                ErrorData::invalid_params("tools/list takes params with `cursor`, a string", None)
            }
            method => ErrorData::new(ErrorCode::METHOD_NOT_FOUND, excerpt(method), None),
        })
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut list = ListToolsResult::with_all_items(self.faces.to_vec());
        if is_modern(&context) {
            list = list
                .with_ttl_ms(LIST_TTL_MS)
                .with_cache_scope(CacheScope::Public);
            list.meta = Some(self.about_us());
        }
        Ok(list)
    }

    fn get_tool(&self, name: &str) -> Option<Face> {
        self.faces.iter().find(|face| face.name == name).cloned()
    }

    fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<CallToolResponse, ErrorData>> + Send {
        // rmcp moves it about, and it is large.
        Box::pin(answered(self.answer(request, context)))
    }
}

/// The answer; an error when the call panics, which rmcp would leave without one for ever.
async fn answered<T>(answer: impl Future<Output = Result<T, ErrorData>>) -> Result<T, ErrorData> {
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(|_| {
        Err(ErrorData::internal_error(
            "the server failed during this call, which may have been carried out anyway: \
             check before you repeat it",
            None,
        ))
    })
}

/// Sends progress notifications.
struct Listener {
    peer: Peer<RoleServer>,
    /// What it knows the call's progress by, when it wants to hear of it.
    token: Option<ProgressToken>,
}

impl Progress for Listener {
    async fn report(&self, step: WaitStep) {
        let Some(token) = self.token.clone() else {
            return;
        };
        let progress = ProgressNotificationParam::new(token, step.elapsed.as_secs_f64())
            .with_total(step.timeout.as_secs_f64())
            .with_message(step.state);
        // Who has gone away does not hear of it.
        let _ = self.peer.notify_progress(progress).await;
    }
}

/// Whether the token can be repeated with every report.
fn is_short(token: &ProgressToken) -> bool {
    match &token.0 {
        NumberOrString::Number(_) => true,
        NumberOrString::String(text) => text.len() <= LONGEST_TOKEN,
    }
}

/// Block 1 is what the API answered, block 2 every remark of ours.
fn result(outcome: Outcome) -> CallToolResult {
    let mut content = vec![ContentBlock::text(outcome.text)];
    if !outcome.remarks.is_empty() {
        content.push(ContentBlock::text(outcome.remarks.join("\n")));
    }
    if outcome.is_error {
        CallToolResult::error(content)
    } else {
        CallToolResult::success(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_that_panics_is_answered_with_an_error() {
        let answer: Result<(), _> = answered(async { panic!("as a test") }).await;
        assert_eq!(answer.unwrap_err().code, ErrorCode::INTERNAL_ERROR);
        assert_eq!(answered(async { Ok(1) }).await.unwrap(), 1);
    }

    #[test]
    fn a_long_progress_token_is_not_repeated() {
        let token = |length| ProgressToken(NumberOrString::String("x".repeat(length).into()));
        assert!(is_short(&ProgressToken(NumberOrString::Number(i64::MAX))));
        assert!(is_short(&token(LONGEST_TOKEN)));
        assert!(!is_short(&token(LONGEST_TOKEN + 1)));
    }
}
