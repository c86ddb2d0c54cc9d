//! The requests of the protocol: the list of tools, and tool calls.

use std::{panic::AssertUnwindSafe, sync::atomic::Ordering, time::Instant};

use chrono::Utc;
use futures_util::FutureExt;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        CustomRequest, CustomResult, DiscoverResult, ErrorCode, Implementation, ListToolsResult,
        MetaObject, PaginatedRequestParams, ServerCapabilities, ServerConfig,
        Tool as ToolDefinition,
    },
    service::RequestContext,
};

use super::{
    Server,
    elicitation::ElicitingClient,
    message,
    progress::{ProgressNotifier, is_token_short},
    request_metadata::{aborted, is_stateless, token, trace},
};
use crate::{
    api::Token,
    call::{Context, Outcome, arguments::ReceivedArguments, call_exposed, wait::Progress},
    catalog::Exposed,
    guard::Gate,
    model::Effect,
    text::excerpt,
    time::format_utc,
};

/// How long a client may cache the list of tools, which changes only with the program.
const LIST_TTL_MS: u64 = 3_600_000;

/// The result of a call that the shutdown aborts.
const ABORTED: &str = "The server ended before Vapi responded. The call may have been carried \
                        out anyway: check before you repeat it.";

impl Server {
    /// Calls a tool with the token of the request or, if it has none, the configured one. Dropping
    /// the future cancels the request to Vapi.
    async fn call(
        &self,
        tool: Exposed,
        arguments: ReceivedArguments,
        token: Option<Token>,
        person: &ElicitingClient<'_>,
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
        call_exposed(tool, arguments, context).await
    }

    /// The remark that results come from the sandbox: once per session, and with every write.
    fn remark(&self, tool: Exposed, is_session: bool) -> Option<String> {
        let remark = self.api.remark()?;
        let was_announced = self.sandbox_announced.swap(true, Ordering::Relaxed);
        let repeats = !is_session || tool.effect() != Effect::Read;
        (repeats || !was_announced).then(|| remark.to_owned())
    }

    /// Handles a request to call a tool.
    async fn answer(
        &self,
        mut request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = self.toolset.exposed(&request.name);
        let tool = tool.map_err(|missing| ErrorData::invalid_params(missing, None))?;
        let arguments = message::arguments_of(request.arguments.take());
        let person = ElicitingClient::new(&self.guard, &context, request);
        let start = Instant::now();
        let progress = ProgressNotifier {
            peer: context.peer.clone(),
            token: context.meta.get_progress_token().filter(is_token_short),
        };
        let trace = trace(&context);
        let mut outcome = tokio::select! {
            outcome = self.call(tool, arguments, token(&context), &person, &progress) => outcome,
            () = context.ct.cancelled() => {
                tracing::info!(tool = tool.name(), trace = trace.as_deref(), "cancelled");
                Outcome::error("Cancelled.")
            }
            () = aborted(&context) => Outcome::error(ABORTED),
        };
        tracing::info!(
            tool = tool.name(),
            trace = trace.as_deref(),
            failed = outcome.is_error,
            bytes = outcome.text.len(),
            milliseconds = start.elapsed().as_millis(),
            "called"
        );
        if let Some(question) = person.question() {
            return Ok(question.into());
        }
        let is_stateless = is_stateless(&context);
        outcome.remarks.extend(self.remark(tool, !is_stateless));
        let mut result = result(outcome);
        if is_stateless {
            result.meta = Some(self.server_info());
        }
        Ok(result.into())
    }

    /// The name and title of this server. The title shows whether the sandbox is used.
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

    /// The metadata that names this server, which protocol version 2026-07-28 requires with every
    /// result.
    fn server_info(&self) -> MetaObject {
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
        // This result does not contain the time, because clients cache it.
        let info = self.info(self.instructions.to_string());
        Ok(DiscoverResult::from_server_info(versions, info)
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    /// Requests that rmcp could not deserialize.
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
        let mut list = ListToolsResult::with_all_items(self.definitions.to_vec());
        if is_stateless(&context) {
            list = list
                .with_ttl_ms(LIST_TTL_MS)
                .with_cache_scope(CacheScope::Public);
            list.meta = Some(self.server_info());
        }
        Ok(list)
    }

    fn get_tool(&self, name: &str) -> Option<ToolDefinition> {
        self.definitions
            .iter()
            .find(|definition| definition.name == name)
            .cloned()
    }

    fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<CallToolResponse, ErrorData>> + Send {
        // The future is large, and rmcp moves it.
        Box::pin(catch_panic(self.answer(request, context)))
    }
}

/// Turns a panic into an error, because rmcp would otherwise never answer the request.
async fn catch_panic<T>(
    answer: impl Future<Output = Result<T, ErrorData>>,
) -> Result<T, ErrorData> {
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(|_| {
        Err(ErrorData::internal_error(
            "the server failed during this call, which may have been carried out anyway: \
             check before you repeat it",
            None,
        ))
    })
}

/// Block 1 is the response of the API, block 2 the remarks of this server. A response without a body
/// has no block, because clients refuse empty ones.
fn result(outcome: Outcome) -> CallToolResult {
    let mut content = Vec::new();
    if !outcome.text.is_empty() || outcome.remarks.is_empty() {
        content.push(ContentBlock::text(outcome.text));
    }
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

    #[test]
    fn an_empty_answer_has_no_block_of_its_own() {
        let texts = |text: &str, remark: &str| {
            let remarks = (!remark.is_empty()).then(|| remark.to_owned());
            let outcome = Outcome {
                is_error: false,
                text: text.to_owned(),
                remarks: remarks.into_iter().collect(),
            };
            let blocks = result(outcome).content.into_iter();
            let texts = blocks.map(|block| block.as_text().unwrap().text.clone());
            texts.collect::<Vec<_>>()
        };
        assert_eq!(texts("", "Remark."), ["Remark."]);
        assert_eq!(texts("{}", "Remark."), ["{}", "Remark."]);
        assert_eq!(texts("", ""), [""]);
    }

    #[tokio::test]
    async fn a_call_that_panics_is_answered_with_an_error() {
        let answer: Result<(), _> = catch_panic(async { panic!("as a test") }).await;
        assert_eq!(answer.unwrap_err().code, ErrorCode::INTERNAL_ERROR);
        assert_eq!(catch_panic(async { Ok(1) }).await.unwrap(), 1);
    }
}
