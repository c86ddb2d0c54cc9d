//! One call of a tool: arguments, request, answer, result.

use serde_json::{Map, Value};

use super::{
    Effect, Tool, advice, arguments,
    arguments::ArgumentError,
    control, remarks, result,
    wait::{self, Progress},
};
use crate::api::{Api, Token};

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

impl Default for Display {
    fn default() -> Self {
        Self {
            limit: 45_000,
            open: false,
        }
    }
}

/// Calls the tool. Whatever the model could mend is an outcome, not an error of the protocol.
/// Dropping the future drops everything that it does.
pub async fn call(
    tool: &Tool,
    mut given: Map<String, Value>,
    api: &Api,
    token: &Token,
    display: Display,
    progress: &impl Progress,
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
        let most = arguments::most(tool, page.limit);
        asked = mapped
            .request
            .widen(page.limit, seen, most)
            .unwrap_or(usize::MAX);
        if let Some(cursor) = &control.cursor {
            mapped
                .request
                .set(page.until, Value::from(cursor.time.clone()));
        }
    }
    let mut first = self::ignored(tool, &mapped.ignored);
    let answered = match tool.wait {
        None => {
            api.send(token, |client| (tool.send)(client, mapped.request))
                .await
        }
        Some(wait) => {
            let look = || {
                let request = mapped.request.clone();
                api.send(token, move |client| (tool.send)(client, request))
            };
            let time = control.timeout.min(api.limits().call);
            let waited = wait::until(wait, time, look, progress).await;
            waited.map(|waited| {
                first.extend(waited.remark(tool, &all));
                waited.body
            })
        }
    };
    let body = match answered {
        Ok(body) => body,
        Err(error) => {
            let text = match advice::on(tool, &error) {
                Some(advice) => format!("{error}\n{advice}"),
                None => error.to_string(),
            };
            let mut outcome = Outcome::error(text);
            outcome.remarks = first;
            if tool.effect != Effect::Read && error.may_have_happened() {
                outcome.remarks.push(advice::uncertain(tool));
            }
            return outcome;
        }
    };
    let showing = result::Showing {
        view: &tool.view,
        fields: control.fields.as_deref(),
        limit: display.limit.saturating_sub(remarks::ROOM),
        open: display.open,
        seen: control
            .cursor
            .as_ref()
            .map(|cursor| (cursor.time.as_str(), cursor.seen)),
    };
    match result::show(&body, &showing) {
        Ok(answer) => Outcome {
            is_error: false,
            remarks: first
                .into_iter()
                .chain(remarks::of(tool, &all, &body, &answer, asked))
                .collect(),
            text: answer.text,
        },
        Err(error) => {
            let mut outcome = Outcome::error(format!(
                "Vapi answered with success, but not with JSON: {error}\n{}",
                advice::NO_JSON
            ));
            outcome.remarks = first;
            if tool.effect != Effect::Read {
                outcome.remarks.push(advice::uncertain(tool));
            }
            outcome
        }
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
