//! One call of a tool: arguments, request, answer, result.

use serde_json::{Map, Value};

use super::{Effect, Tool, arguments, result};
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

/// What is said of a write without an answer: Vapi has no way to recognise a repetition.
const UNCERTAIN: &str = "It may have been done all the same. Look it up before you try again: a \
                         repetition would be done a second time.";

/// Calls the tool. Whatever the model could mend is an outcome, not an error of the protocol.
pub async fn call(tool: &Tool, given: Map<String, Value>, api: &Api, token: &Token) -> Outcome {
    let mapped = match arguments::map(tool, given) {
        Ok(mapped) => mapped,
        Err(errors) => {
            let lines: Vec<_> = errors.iter().map(|error| format!("- {error}")).collect();
            return Outcome::error(format!(
                "Nothing was sent: {} cannot be called with these arguments.\n{}",
                tool.name,
                lines.join("\n")
            ));
        }
    };
    let remarks = remarks(tool, &mapped.ignored);
    let answer = match api
        .send(token, |client| (tool.send)(client, mapped.request))
        .await
    {
        Ok(answer) => answer,
        Err(error) => {
            let mut outcome = Outcome::error(error.to_string());
            outcome.remarks = remarks;
            if tool.effect != Effect::Read && error.may_have_happened() {
                outcome.remarks.push(UNCERTAIN.to_owned());
            }
            return outcome;
        }
    };
    match result::show(&answer, &tool.view) {
        Ok(text) => Outcome {
            is_error: false,
            text,
            remarks,
        },
        Err(error) => {
            let mut outcome = Outcome::error(format!(
                "Vapi answered with success, but not with JSON: {error}"
            ));
            outcome.remarks = remarks;
            if tool.effect != Effect::Read {
                outcome.remarks.push(UNCERTAIN.to_owned());
            }
            outcome
        }
    }
}

fn remarks(tool: &Tool, ignored: &[String]) -> Vec<String> {
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
