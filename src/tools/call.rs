//! One call of a tool: arguments, request, answer, result.

use serde_json::{Map, Value, json};

use super::{
    Effect, Tool, View, advice, arguments, arguments::ArgumentError, control, remarks, result,
};
use crate::{
    api::{Api, Prepared, Token},
    guard::{Gate, Refusal},
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

/// What is said of a write without an answer: Vapi has no way to recognise a repetition.
const UNCERTAIN: &str = "It may have been done all the same. Look it up before you try again: a \
                         repetition would be done a second time.";

/// How answers are shown, whatever the tool.
#[derive(Clone, Copy, Debug)]
pub struct Display {
    /// The most bytes of a result.
    pub limit: usize,
    /// Whether secrets are shown.
    pub open: bool,
}

impl Default for Display {
    fn default() -> Self {
        Self {
            limit: 45_000,
            open: false,
        }
    }
}

/// The bytes that are kept for remarks.
const REMARKS: usize = 3_000;

/// Calls the tool. Whatever the model could mend is an outcome, not an error of the protocol.
pub async fn call(
    tool: &Tool,
    mut given: Map<String, Value>,
    api: &Api,
    token: &Token,
    display: Display,
    gate: Gate<'_>,
) -> Outcome {
    let all = given.clone();
    let mapped = control::take(tool, &mut given)
        .and_then(|control| Ok((control, arguments::map(tool, given)?)))
        .and_then(
            |(control, mapped)| match control.fields.as_deref().map(result::check_fields) {
                Some(Err(error)) => Err(vec![ArgumentError::new("fields", error.to_string())]),
                _ => Ok((control, mapped)),
            },
        );
    let (control, mut mapped) = match mapped {
        Ok(mapped) => mapped,
        Err(errors) => return refused(tool, &errors),
    };
    let mut asked = usize::MAX;
    if let Some(page) = tool.view.page {
        let seen = control.cursor.as_ref().map_or(0, |cursor| cursor.seen);
        asked = mapped.request.widen(page.limit, seen).unwrap_or(usize::MAX);
        if let Some(cursor) = &control.cursor {
            mapped
                .request
                .set(page.until, Value::from(cursor.time.clone()));
        }
    }
    let ignored = self::ignored(tool, &mapped.ignored);
    let (guard, again) = (gate.guard, control.allow_duplicate);
    let checked = match guard.check(tool, token, &all, &mut mapped.request, again) {
        Ok(checked) => checked,
        Err(refusal) => return not_sent(tool, refusal),
    };
    if control.dry_run {
        let preview = api.preview(token, |client| (tool.send)(client, mapped.request));
        return match preview.await {
            Ok(prepared) => dry_run(&prepared, ignored, display),
            Err(error) => Outcome::error(error.to_string()),
        };
    }
    let passage = match checked.enter(gate.person).await {
        Ok(passage) => passage,
        Err(refusal) => return not_sent(tool, refusal),
    };
    let body = match api
        .send(token, |client| (tool.send)(client, mapped.request))
        .await
    {
        Ok(body) => {
            passage.done();
            body
        }
        Err(error) => {
            passage.failed(&error);
            let text = match advice::on(tool, &error) {
                Some(advice) => format!("{error}\n{advice}"),
                None => error.to_string(),
            };
            let mut outcome = Outcome::error(text);
            outcome.remarks = ignored;
            if tool.effect != Effect::Read && error.may_have_happened() {
                outcome.remarks.push(UNCERTAIN.to_owned());
            }
            return outcome;
        }
    };
    let showing = result::Showing {
        view: &tool.view,
        fields: control.fields.as_deref(),
        limit: display.limit.saturating_sub(REMARKS),
        open: display.open,
        seen: control
            .cursor
            .as_ref()
            .map(|cursor| (cursor.time.as_str(), cursor.seen)),
    };
    match result::show(&body, &showing) {
        Ok(answer) => Outcome {
            is_error: false,
            remarks: ignored
                .into_iter()
                .chain(remarks::of(tool, &all, &body, &answer, asked))
                .collect(),
            text: answer.text,
        },
        Err(error) => {
            let mut outcome = Outcome::error(format!(
                "Vapi answered with success, but not with JSON: {error}"
            ));
            outcome.remarks = ignored;
            if tool.effect != Effect::Read {
                outcome.remarks.push(UNCERTAIN.to_owned());
            }
            outcome
        }
    }
}

fn not_sent(tool: &Tool, refusal: Refusal) -> Outcome {
    match refusal {
        Refusal::Arguments(errors) => refused(tool, &errors),
        Refusal::Forbidden(reason) => Outcome::error(format!("Nothing was sent: {reason}.")),
        Refusal::Asked => Outcome::error("Nothing was sent yet: a person is being asked."),
    }
}

/// The request that would have been sent, secrets hidden.
fn dry_run(prepared: &Prepared, ignored: Vec<String>, display: Display) -> Outcome {
    let body: Option<Value> = prepared
        .body
        .as_ref()
        .and_then(|body| serde_json::from_slice(body).ok());
    let request = json!({ "method": prepared.method, "url": prepared.url, "body": body });
    let showing = result::Showing {
        view: &View::WHOLE,
        fields: None,
        limit: display.limit.saturating_sub(REMARKS),
        open: display.open,
        seen: None,
    };
    match result::show(request.to_string().as_bytes(), &showing) {
        Ok(answer) => {
            let said = "Dry run: nothing was sent. This is the request; it passes this server's guards now.";
            let mut remarks = vec![said.to_owned()];
            remarks.extend(ignored);
            Outcome {
                is_error: false,
                text: answer.text,
                remarks,
            }
        }
        Err(error) => Outcome::error(error.to_string()),
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
