//! One call of a tool: arguments, guard, request, answer, result.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    Effect, Request, Tool, View, advice, arguments,
    arguments::ArgumentError,
    control::{self, Control},
    remarks, result,
    wait::{self, Progress},
};
use crate::{
    api::{Api, Failure, Prepared, Token},
    guard::{Gate, Guard, Refusal},
};

/// What a call came to, in the words that the model reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it failed.
    pub is_error: bool,
    /// JSON of the API, or what went wrong.
    pub text: String,
    /// What else there is to say, a line each.
    pub remarks: Vec<String>,
}

impl Outcome {
    /// A failure.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            is_error: true,
            text: text.into(),
            remarks: Vec::new(),
        }
    }
}

/// How answers are shown, whatever the tool.
#[derive(Clone, Copy, Debug)]
pub struct Display {
    /// The most bytes of a result.
    pub limit: usize,
    /// Whether secrets are shown.
    pub open: bool,
}

impl Display {
    /// A limit below this leaves too little beside the remarks.
    pub const LEAST: usize = 2 * remarks::ROOM;
}

impl Default for Display {
    fn default() -> Self {
        Self {
            limit: 45_000,
            open: false,
        }
    }
}

/// What a call is made with, whatever the tool.
#[derive(Debug)]
pub struct Context<'a, P> {
    /// Where requests go.
    pub api: &'a Api,
    /// Whose requests they are.
    pub token: &'a Token,
    /// How answers are shown.
    pub display: Display,
    /// What stands before writes.
    pub gate: Gate<'a>,
    /// Who hears how far it is.
    pub progress: &'a P,
}

/// Calls the tool. Whatever the model could mend is an outcome, not an error of the protocol.
/// Dropping the future drops everything that it does.
pub async fn call<P: Progress>(
    tool: &Tool,
    given: Map<String, Value>,
    context: Context<'_, P>,
) -> Outcome {
    match run(tool, given, &context).await {
        Ok(outcome) | Err(outcome) => outcome,
    }
}

async fn run<P: Progress>(
    tool: &Tool,
    given: Map<String, Value>,
    context: &Context<'_, P>,
) -> Result<Outcome, Outcome> {
    let mut asked = Asked::of(tool, given.clone()).map_err(|errors| refused(tool, &errors))?;
    let (guard, again) = (context.gate.guard, asked.control.allow_duplicate);
    let checked = guard
        .check(tool, context.token, &given, &mut asked.request, again)
        .map_err(|refusal| not_sent(tool, refusal))?;
    asked.remarks.extend(checked.remark().map(str::to_owned));
    if asked.control.dry_run {
        checked
            .rehearse(context.gate.person)
            .map_err(|refusal| not_sent(tool, refusal))?;
        return dry_run(tool, asked, context).await;
    }
    let passage = checked
        .enter(context.gate.person, context.api.remark())
        .await
        .map_err(|refusal| not_sent(tool, refusal))?;
    match send(tool, &given, &mut asked, context).await {
        Ok(body) => {
            passage.done();
            shown(tool, &given, &body, asked, context.display, guard)
        }
        Err(failure) => {
            passage.failed(&failure.error);
            Err(failed(tool, &failure, asked.remarks, guard))
        }
    }
}

/// What the arguments ask for.
struct Asked {
    control: Control,
    request: Request,
    /// The rows that are asked of a list.
    rows: usize,
    /// What there is to say of the arguments.
    remarks: Vec<String>,
}

impl Asked {
    fn of(tool: &Tool, mut given: Map<String, Value>) -> Result<Self, Vec<ArgumentError>> {
        let control = control::take(tool, &mut given)?;
        let mapped = arguments::map(tool, given)?;
        if let Some(fields) = &control.fields {
            result::check_fields(fields)
                .map_err(|error| vec![ArgumentError::new("fields", error.to_string())])?;
        }
        let mut request = mapped.request;
        let mut rows = usize::MAX;
        if let Some(page) = tool.view.page {
            let seen = control.cursor.as_ref().map_or(0, |cursor| cursor.seen);
            let most = arguments::most(tool, page.limit);
            rows = request.widen(page.limit, seen, most).unwrap_or(usize::MAX);
            if let Some(cursor) = &control.cursor {
                request.set(page.until, Value::from(cursor.time.clone()));
            }
        }
        Ok(Self {
            control,
            request,
            rows,
            remarks: ignored(tool, &mapped.ignored),
        })
    }
}

/// Sends the request; where the tool waits, again and again.
async fn send<P: Progress>(
    tool: &Tool,
    given: &Map<String, Value>,
    asked: &mut Asked,
    context: &Context<'_, P>,
) -> Result<Bytes, Failure> {
    let Context { api, token, .. } = context;
    let request = &asked.request;
    let Some(wait) = tool.wait else {
        let sent = api.send(token, tool.effect, |client| {
            (tool.send)(client, request.clone())
        });
        return sent.await;
    };
    let look = || api.send_once(token, |client| (tool.send)(client, request.clone()));
    let time = asked.control.timeout.min(api.limits().call);
    let waited = wait::until(wait, time, look, context.progress).await?;
    asked.remarks.extend(waited.remark(tool, given));
    Ok(waited.body)
}

fn shown(
    tool: &Tool,
    given: &Map<String, Value>,
    body: &[u8],
    asked: Asked,
    display: Display,
    guard: &Guard,
) -> Result<Outcome, Outcome> {
    let cursor = asked.control.cursor.as_ref();
    let showing = result::Showing {
        view: &tool.view,
        fields: asked.control.fields.as_deref(),
        limit: display.limit.saturating_sub(remarks::ROOM),
        open: display.open,
        seen: cursor.map(|cursor| (cursor.time.as_str(), cursor.seen)),
    };
    let mut remarks = asked.remarks;
    match result::show(body, &showing) {
        Ok(answer) => {
            remarks.extend(remarks::of(tool, given, body, &answer, asked.rows, guard));
            Ok(Outcome {
                is_error: false,
                text: answer.text,
                remarks: remarks::within_room(remarks),
            })
        }
        Err(error) => {
            if tool.effect != Effect::Read {
                remarks.push(advice::uncertain(tool, guard));
            }
            let text = format!(
                "Vapi answered with success, but not with JSON: {error}\n{}",
                advice::NO_JSON
            );
            Err(Outcome {
                remarks,
                ..Outcome::error(text)
            })
        }
    }
}

fn failed(tool: &Tool, failure: &Failure, mut remarks: Vec<String>, guard: &Guard) -> Outcome {
    let Failure { error, tries } = failure;
    let mut lines = vec![error.to_string()];
    if *tries > 1 {
        lines.push(format!("Tried {tries} times."));
    }
    lines.extend(advice::on(tool, error, guard));
    if tool.effect != Effect::Read && error.may_have_happened() {
        remarks.push(advice::uncertain(tool, guard));
    }
    Outcome {
        remarks,
        ..Outcome::error(lines.join("\n"))
    }
}

/// The request that would have been sent, secrets hidden.
async fn dry_run<P>(
    tool: &Tool,
    asked: Asked,
    context: &Context<'_, P>,
) -> Result<Outcome, Outcome> {
    const SAID: &str =
        "Dry run: nothing was sent. This is the request; it passes this server's guards now.";
    let request = asked.request;
    let preview = context
        .api
        .preview(context.token, |client| (tool.send)(client, request));
    let Prepared { method, url, body } = preview
        .await
        .map_err(|error| Outcome::error(error.to_string()))?;
    let body: Option<Value> = body.and_then(|body| serde_json::from_slice(&body).ok());
    let request = json!({ "method": method, "url": url, "body": body }).to_string();
    let showing = result::Showing {
        view: &View::WHOLE,
        fields: None,
        limit: context.display.limit.saturating_sub(remarks::ROOM),
        open: context.display.open,
        seen: None,
    };
    let answer = result::show(request.as_bytes(), &showing)
        .map_err(|error| Outcome::error(error.to_string()))?;
    let mut remarks = vec![SAID.to_owned()];
    remarks.extend(asked.remarks);
    Ok(Outcome {
        is_error: false,
        text: answer.text,
        remarks,
    })
}

fn not_sent(tool: &Tool, refusal: Refusal) -> Outcome {
    match refusal {
        Refusal::Arguments(errors) => refused(tool, &errors),
        Refusal::Forbidden(reason) => Outcome::error(format!("Nothing was sent: {reason}.")),
        Refusal::Asked => Outcome::error("Nothing was sent yet: a person is being asked."),
    }
}

fn refused(tool: &Tool, errors: &[ArgumentError]) -> Outcome {
    let lines: Vec<_> = errors.iter().map(|error| format!("- {error}")).collect();
    Outcome::error(format!(
        "Nothing was sent: {} cannot be called with these arguments.\n{}",
        tool.name,
        lines.join("\n")
    ))
}

fn ignored(tool: &Tool, ignored: &[String]) -> Vec<String> {
    if ignored.is_empty() {
        return Vec::new();
    }
    let quote = |names: Vec<&str>| {
        names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let known = quote(tool.args.iter().map(|arg| arg.name).collect());
    vec![format!(
        "Ignored, because {} has no such argument: {}. It has {known}.",
        tool.name,
        quote(ignored.iter().map(String::as_str).collect()),
    )]
}
