//! Waiting: a request is repeated, with increasing pauses, until its response is complete or the
//! time is up.

mod schedule;

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use chrono::DateTime;
use serde_json::{Map, Value, value::RawValue};
use tokio::time::{sleep_until, timeout_at};

use self::schedule::{LateValue, MAX_PAUSE, Schedule};
use crate::{
    api::ApiError,
    clock,
    model::{Delayed, Wait},
    result::ParsedAnswer,
};

/// The progress of a wait.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitStep {
    /// The time since the wait began; greater with every step.
    pub elapsed: Duration,
    /// The maximum duration of the wait.
    pub timeout: Duration,
    /// The state in the last response.
    pub state: String,
}

/// Receives the progress of a tool call.
pub trait Progress: Sync {
    /// Reports one step.
    fn report(&self, step: WaitStep) -> impl Future<Output = ()> + Send;
}

/// Ignores progress.
#[derive(Clone, Copy, Debug)]
pub struct NoProgress;

impl Progress for NoProgress {
    async fn report(&self, _: WaitStep) {}
}

/// The last response of a wait, and the reason for its end.
#[derive(Debug)]
pub(super) struct Waited {
    pub body: Bytes,
    end: End,
}

#[derive(Debug)]
enum End {
    /// The response is complete, or will never be.
    Complete,
    /// The state was reached, but the delayed value did not arrive.
    MissingLate(&'static Delayed),
    /// The call is scheduled for later, for this time if it is known.
    Scheduled { state: String, at: Option<String> },
    /// The time was up.
    TimeUp {
        missing: Missing,
        /// The error of the last request, if it failed.
        failure: Option<ApiError>,
    },
}

/// The missing part of a response.
#[derive(Debug)]
enum Missing {
    /// The state to wait for: the response still has this one.
    State(String),
    /// The delayed value, although the state was reached.
    Late(&'static Delayed),
    /// Nothing.
    Nothing,
}

/// Polls until the response has the state and the value that `wait` names, for at most `timeout`.
/// Transient failures are retried; any other failure ends the wait.
pub(super) async fn until<F, A>(
    wait: &'static Wait,
    timeout: Duration,
    poll: F,
    progress: &impl Progress,
) -> Result<Waited, ApiError>
where
    F: Fn() -> A,
    A: Future<Output = Result<Bytes, ApiError>>,
{
    let mut schedule = Schedule::start(timeout);
    let mut last = None;
    let mut failure = None;
    while let Ok(polled) = timeout_at(schedule.deadline, poll()).await {
        let mut retry_after = Duration::ZERO;
        match polled {
            Ok(body) => {
                let answer = ParsedAnswer::of(&body);
                let state = answer
                    .text(wait.until.at)
                    .unwrap_or_else(|| "unknown".to_owned());
                let missing = missing(wait, &state, &body, &answer);
                let end = match missing {
                    Missing::Nothing => Some(End::Complete),
                    Missing::Late(late) => match schedule.late_value(late, &answer) {
                        LateValue::Pending => None,
                        LateValue::Missed => Some(End::MissingLate(late)),
                        // If the time for the value had expired before this tool call, there is
                        // nothing to report.
                        LateValue::OutOfTime => Some(End::Complete),
                    },
                    Missing::State(ref state) => scheduled(wait, state, &answer),
                };
                if let Some(end) = end {
                    return Ok(Waited { body, end });
                }
                // The last step is not reported: some clients reject progress that arrives just
                // before the result.
                let elapsed = schedule.start.elapsed();
                let step = WaitStep {
                    elapsed,
                    timeout,
                    state,
                };
                progress.report(step).await;
                failure = None;
                last = Some((body, missing));
            }
            Err(error) if error.is_transient() => {
                retry_after = error.retry_after().unwrap_or_default();
                failure = Some(error);
            }
            Err(error) => return Err(error),
        }
        let Some(next) = schedule.next(retry_after) else {
            sleep_until(schedule.deadline).await;
            break;
        };
        sleep_until(next).await;
    }
    match (last, failure) {
        (Some((body, missing)), failure) => Ok(Waited {
            body,
            end: End::TimeUp { missing, failure },
        }),
        (None, Some(failure)) => Err(failure),
        (None, None) => Err(ApiError::TimedOut(timeout)),
    }
}

/// The end of a wait for a scheduled call, unless the call is due within the longest polling
/// interval.
fn scheduled(wait: &Wait, state: &str, answer: &ParsedAnswer<'_>) -> Option<End> {
    let later = wait
        .scheduled
        .as_ref()
        .filter(|later| later.states.contains(&state))?;
    let at = answer.text(later.at);
    let time = at
        .as_deref()
        .and_then(|time| DateTime::parse_from_rfc3339(time).ok());
    let now = clock::to_datetime(SystemTime::now());
    let left = time.map(|time| time.signed_duration_since(now).to_std().unwrap_or_default());
    if left.is_some_and(|left| left <= MAX_PAUSE) {
        return None;
    }
    let state = state.to_owned();
    Some(End::Scheduled { state, at })
}

fn missing(wait: &'static Wait, state: &str, body: &[u8], answer: &ParsedAnswer<'_>) -> Missing {
    if serde_json::from_slice::<&RawValue>(body).is_err() {
        // Waiting does not help; the error is reported when the response is shown.
        return Missing::Nothing;
    }
    if !wait.until.states.contains(&state) {
        return Missing::State(state.to_owned());
    }
    match &wait.delayed {
        Some(late) if has_value(answer, late.requires) && !has_value(answer, late.at) => {
            Missing::Late(late)
        }
        _ => Missing::Nothing,
    }
}

/// Whether there is a value at the pointer that is not empty.
fn has_value(answer: &ParsedAnswer<'_>, pointer: &str) -> bool {
    answer
        .raw(pointer)
        .is_some_and(|value| !matches!(value, b"null" | b"\"\"" | b"{}" | b"[]"))
}

impl Waited {
    /// The remark on an incomplete response.
    pub(super) fn remark(&self, tool: &str, arguments: &Map<String, Value>) -> Option<String> {
        let (missing, failure) = match &self.end {
            End::Complete => return None,
            End::MissingLate(late) => {
                return Some(format!(
                    "{} was not available within {} s; it may become available later, or not at all.",
                    late.at, late.seconds
                ));
            }
            End::Scheduled { state, at } => {
                let at = at
                    .as_ref()
                    .map_or_else(String::new, |at| format!(" for {at}"));
                return Some(format!(
                    "The call is {state}{at}: nobody has been called yet. After the call: {tool} {}.",
                    Value::Object(arguments.clone())
                ));
            }
            End::TimeUp { missing, failure } => (missing, failure),
        };
        let missing = match missing {
            Missing::State(state) => format!("it is still {state}"),
            Missing::Late(late) => format!("{} is not available yet", late.at),
            Missing::Nothing => return None,
        };
        let failed = failure
            .as_ref()
            .map(|failure| format!(" The last check failed: {failure}."))
            .unwrap_or_default();
        Some(format!(
            "The time is up, and {missing}. To continue waiting, call {} again with {}.{failed}",
            tool,
            Value::Object(arguments.clone())
        ))
    }
}

#[cfg(test)]
mod tests;
