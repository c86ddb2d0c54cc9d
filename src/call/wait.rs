//! Waiting: a request that is sent again, with growing pauses, until its answer has what the tool
//! waits for or the time is up.

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use chrono::DateTime;
use serde_json::{Map, Value, value::RawValue};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{
    api::{ApiError, after},
    clock,
    model::{Delayed, Wait},
    result::Look,
};

/// The first pause, and the first after the state was reached.
const FIRST: Duration = Duration::from_secs(1);

/// No pause is longer, unless Vapi asks for it.
const LONGEST: Duration = Duration::from_secs(5);

/// The last request is sent this long before the time is up, so that it can be answered.
const LAST: Duration = Duration::from_millis(500);

/// How far a wait is.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// How long it has taken; more with every step.
    pub elapsed: Duration,
    /// How long it may take.
    pub time: Duration,
    /// The state that the answer is in.
    pub state: String,
}

/// Receives the progress of a tool call.
pub trait Progress: Sync {
    /// Reports one step.
    fn report(&self, step: Step) -> impl Future<Output = ()> + Send;
}

/// Nobody.
#[derive(Clone, Copy, Debug)]
pub struct Unheard;

impl Progress for Unheard {
    async fn report(&self, _: Step) {}
}

/// The last answer of a wait, and why the wait ended.
#[derive(Debug)]
pub(super) struct Waited {
    pub body: Bytes,
    end: End,
}

#[derive(Debug)]
enum End {
    /// Everything is there, or will not arrive.
    Complete,
    /// The late value did not arrive.
    Without(&'static Delayed),
    /// It is in a state that lasts, until this time if known.
    Far { state: String, at: Option<String> },
    /// The time was up.
    TimeUp {
        stage: Stage,
        /// Why the last request failed, if it did.
        failure: Option<ApiError>,
    },
}

/// The progress of an answer.
#[derive(Debug)]
enum Stage {
    /// In another state.
    Before(String),
    /// In the state, but without the late value.
    Late(&'static Delayed),
    /// There is nothing to wait for.
    Complete,
}

/// Polls until everything that `wait` names is there, for at most this time. Transient failures
/// are retried; any other failure ends the wait.
pub(super) async fn until<F, A>(
    wait: &'static Wait,
    time: Duration,
    look: F,
    progress: &impl Progress,
) -> Result<Waited, ApiError>
where
    F: Fn() -> A,
    A: Future<Output = Result<Bytes, ApiError>>,
{
    let mut clock = Clock::start(time);
    let mut seen = None;
    let mut failure = None;
    while let Ok(looked) = timeout_at(clock.deadline, look()).await {
        let mut asked = Duration::ZERO;
        match looked {
            Ok(body) => {
                let answer = Look::of(&body);
                let state = answer
                    .text(wait.until.at)
                    .unwrap_or_else(|| "unknown".to_owned());
                let stage = stage(wait, &state, &body, &answer);
                let end = match stage {
                    Stage::Complete => Some(End::Complete),
                    Stage::Late(late) => clock.too_late(late, &answer),
                    Stage::Before(ref state) => far(wait, state, &answer),
                };
                if let Some(end) = end {
                    return Ok(Waited { body, end });
                }
                // Only now, because the answer itself tells of the last step: when clients hear of
                // a step just before the answer, they no longer know the call.
                let elapsed = clock.start.elapsed();
                let step = Step {
                    elapsed,
                    time,
                    state,
                };
                progress.report(step).await;
                failure = None;
                seen = Some((body, stage));
            }
            Err(error) if error.may_pass() => {
                asked = error.retry_after().unwrap_or_default();
                failure = Some(error);
            }
            Err(error) => return Err(error),
        }
        let Some(next) = clock.next(asked) else {
            sleep_until(clock.deadline).await;
            break;
        };
        sleep_until(next).await;
    }
    match (seen, failure) {
        (Some((body, stage)), failure) => Ok(Waited {
            body,
            end: End::TimeUp { stage, failure },
        }),
        (None, Some(failure)) => Err(failure),
        (None, None) => Err(ApiError::TimedOut(time)),
    }
}

/// The end of a wait for something that begins later. What begins within the longest pause is
/// waited for.
fn far(wait: &Wait, state: &str, answer: &Look<'_>) -> Option<End> {
    let far = wait
        .scheduled
        .as_ref()
        .filter(|far| far.states.contains(&state))?;
    let at = answer.text(far.at);
    let time = at
        .as_deref()
        .and_then(|time| DateTime::parse_from_rfc3339(time).ok());
    let now = clock::wall(SystemTime::now());
    let left = time.map(|time| time.signed_duration_since(now).to_std().unwrap_or_default());
    if left.is_some_and(|left| left <= LONGEST) {
        return None;
    }
    let state = state.to_owned();
    Some(End::Far { state, at })
}

fn stage(wait: &'static Wait, state: &str, body: &[u8], answer: &Look<'_>) -> Stage {
    if serde_json::from_slice::<&RawValue>(body).is_err() {
        // It will not become JSON by waiting; whoever shows it says so.
        return Stage::Complete;
    }
    if !wait.until.states.contains(&state) {
        return Stage::Before(state.to_owned());
    }
    match &wait.delayed {
        Some(late) if holds(answer, late.requires) && !holds(answer, late.at) => Stage::Late(late),
        _ => Stage::Complete,
    }
}

/// Whether there is anything at the pointer.
fn holds(answer: &Look<'_>, pointer: &str) -> bool {
    answer
        .raw(pointer)
        .is_some_and(|value| !matches!(value, b"null" | b"\"\"" | b"{}" | b"[]"))
}

/// The schedule of requests.
struct Clock {
    start: Instant,
    deadline: Instant,
    pause: Duration,
    /// When to stop waiting for the late value, once the state is reached.
    late_until: Option<Instant>,
}

impl Clock {
    fn start(time: Duration) -> Self {
        let start = Instant::now();
        Self {
            start,
            deadline: after(time),
            pause: FIRST,
            late_until: None,
        }
    }

    /// The end of a wait for a late value that did not arrive.
    fn too_late(&mut self, late: &'static Delayed, answer: &Look<'_>) -> Option<End> {
        let now = Instant::now();
        match self.late_until {
            Some(until) if until <= now => Some(End::Without(late)),
            Some(_) => None,
            None => {
                let left = left(late, answer);
                self.late_until = Some(after(left));
                self.pause = FIRST;
                // Nothing is to be said of what was over before anybody asked.
                left.is_zero().then_some(End::Complete)
            }
        }
    }

    /// The time of the next request, after any `Retry-After`; `None` if there is no time left
    /// for it.
    fn next(&mut self, asked: Duration) -> Option<Instant> {
        let now = Instant::now();
        let wanted = after(self.pause);
        self.pause = (self.pause.saturating_mul(3) / 2).min(LONGEST);
        let last = self.deadline.checked_sub(LAST).unwrap_or(now);
        let late_until = self.late_until.filter(|until| *until > now);
        let next = wanted.min(late_until.unwrap_or(last)).min(last);
        let earliest = now.checked_add(asked)?;
        (next > now && earliest <= last).then(|| next.max(earliest))
    }
}

/// How much is left of the time in which it may come. The clock of this machine may be wrong: it
/// shortens the time and never makes it longer.
fn left(late: &Delayed, answer: &Look<'_>) -> Duration {
    let most = Duration::from_secs(late.seconds);
    let since = answer
        .text(late.since)
        .and_then(|time| DateTime::parse_from_rfc3339(&time).ok());
    let now = clock::wall(SystemTime::now());
    let gone = since.and_then(|since| now.signed_duration_since(since).to_std().ok());
    most.saturating_sub(gone.unwrap_or_default())
}

impl Waited {
    /// The remark on a wait that did not get everything.
    pub(super) fn remark(&self, tool: &str, given: &Map<String, Value>) -> Option<String> {
        let (stage, failure) = match &self.end {
            End::Complete => return None,
            End::Without(late) => {
                return Some(format!(
                    "{} was not available within {} s; it may become available later, or not at all.",
                    late.at, late.seconds
                ));
            }
            End::Far { state, at } => {
                let at = at
                    .as_ref()
                    .map_or_else(String::new, |at| format!(" and rings at {at}"));
                return Some(format!(
                    "It is {state}{at}: nobody has been called yet. After that: {tool} {}.",
                    Value::Object(given.clone())
                ));
            }
            End::TimeUp { stage, failure } => (stage, failure),
        };
        let missing = match stage {
            Stage::Before(state) => format!("it is still {state}"),
            Stage::Late(late) => format!("{} is not there yet", late.at),
            Stage::Complete => return None,
        };
        let failed = failure
            .as_ref()
            .map(|failure| format!(" The last check failed: {failure}."))
            .unwrap_or_default();
        Some(format!(
            "The time is up, and {missing}. To continue waiting, call {} again with {}.{failed}",
            tool,
            Value::Object(given.clone())
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, sync::Mutex};

    use chrono::SecondsFormat;
    use reqwest::StatusCode;
    use serde_json::json;

    use super::*;
    use crate::model::State;

    static WAIT: Wait = Wait {
        until: State {
            at: "/state",
            states: &["done", "failed"],
        },
        delayed: Some(Delayed {
            at: "/review/text",
            requires: "/begun",
            since: "/done",
            seconds: 10,
        }),
        scheduled: None,
    };

    static SHORT: Wait = Wait {
        until: State {
            at: "/state",
            states: &["done"],
        },
        delayed: None,
        scheduled: None,
    };

    /// Everything that was told, in its order.
    #[derive(Default)]
    struct Heard(Mutex<Vec<Step>>);

    impl Progress for Heard {
        async fn report(&self, step: Step) {
            self.0.lock().unwrap().push(step);
        }
    }

    type Look = Result<Value, ApiError>;

    /// Waits over these looks, the last of them again and again, each of which takes 100 ms;
    /// returns when the looks were, in tenths of a second, and what came of them.
    async fn over(
        wait: &'static Wait,
        seconds: u64,
        looks: Vec<Look>,
    ) -> (Vec<u128>, Result<Waited, ApiError>) {
        let start = Instant::now();
        let at = Mutex::new(Vec::new());
        let looks = Mutex::new(VecDeque::from(looks));
        let look = || async {
            at.lock().unwrap().push(start.elapsed().as_millis() / 100);
            tokio::time::sleep(Duration::from_millis(100)).await;
            let mut looks = looks.lock().unwrap();
            let look = if looks.len() > 1 {
                looks.pop_front()
            } else {
                None
            };
            match look {
                Some(look) => look,
                None => match looks.front() {
                    Some(Ok(body)) => Ok(body.clone()),
                    _ => Err(status(502, None)),
                },
            }
            .map(|body| Bytes::from(body.to_string()))
        };
        let heard = Heard::default();
        let waited = until(wait, Duration::from_secs(seconds), look, &heard).await;
        let steps = heard.0.into_inner().unwrap();
        assert!(
            steps.is_sorted_by(|a, b| a.elapsed < b.elapsed),
            "{steps:?}"
        );
        assert!(start.elapsed() <= Duration::from_secs(seconds));
        (at.into_inner().unwrap(), waited)
    }

    fn status(status: u16, retry_after: Option<u64>) -> ApiError {
        ApiError::Status {
            status: StatusCode::from_u16(status).unwrap(),
            message: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    fn state(state: &str) -> Look {
        Ok(json!({ "state": state }))
    }

    /// Done this many seconds ago, without what comes late.
    fn done(ago: u64) -> Look {
        let time = SystemTime::now() - Duration::from_secs(ago);
        let time = chrono::DateTime::<chrono::Utc>::from(time);
        let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
        Ok(json!({ "state": "done", "begun": "then", "done": time, "review": {} }))
    }

    fn reviewed() -> Look {
        Ok(json!({ "state": "done", "begun": "then", "review": { "text": "Well done." } }))
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_and_start_anew_with_the_state() {
        let looks = (0..7)
            .map(|_| state("going"))
            .chain([done(0), done(0), done(0), reviewed()]);
        let (at, waited) = over(&WAIT, 50, looks.collect()).await;
        assert_eq!(at[..7], [0, 11, 27, 50, 85, 136, 187]);
        assert_eq!(at[7..], [238, 249, 265, 288]);
        assert!(matches!(waited.unwrap().end, End::Complete));
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_late_is_not_waited_for_where_it_cannot_come() {
        for look in [
            reviewed(),
            state("failed"),
            Ok(json!({ "state": "done", "begun": null })),
            done(11),
        ] {
            let (at, waited) = over(&WAIT, 50, vec![look]).await;
            assert_eq!(at, [0]);
            assert!(matches!(waited.unwrap().end, End::Complete));
        }
        let (at, _) = over(&SHORT, 50, vec![done(0)]).await;
        assert_eq!(at, [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_late_is_waited_for_a_bounded_time_after_the_state() {
        // The clock of the machine, which tells how much is left, does not stand still.
        for (ago, last) in [(0, 101), (8, 21)] {
            let (at, waited) = over(&WAIT, 50, vec![done(ago)]).await;
            assert!(at.len() > 1 && at.iter().all(|at| *at <= last), "{at:?}");
            assert!(matches!(waited.unwrap().end, End::Without(_)));
        }
        // The clock of this machine is behind.
        let Ok(mut ahead) = done(0) else { panic!() };
        ahead["done"] = "2999-01-01T00:00:00.000Z".into();
        let (at, _) = over(&WAIT, 50, vec![Ok(ahead)]).await;
        assert_eq!(at.last(), Some(&101));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_look_is_just_before_the_time_is_up() {
        for (seconds, looks) in [
            (1, vec![0, 5]),
            (2, vec![0, 11, 15]),
            (4, vec![0, 11, 27, 35]),
        ] {
            let (at, waited) = over(&WAIT, seconds, vec![state("going")]).await;
            assert_eq!(at, looks);
            assert!(matches!(
                waited.unwrap().end,
                End::TimeUp {
                    stage: Stage::Before(_),
                    ..
                }
            ));
        }
        let (_, waited) = over(&WAIT, 4, vec![done(0)]).await;
        assert!(matches!(
            waited.unwrap().end,
            End::TimeUp {
                stage: Stage::Late(_),
                ..
            }
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_may_pass_does_not_end_the_wait() {
        let looks = vec![
            Err(ApiError::Unreachable("refused".to_owned())),
            Err(status(503, None)),
            Err(status(429, Some(7))),
            state("going"),
            Err(status(408, None)),
            state("failed"),
        ];
        let (at, waited) = over(&WAIT, 50, looks).await;
        assert_eq!(at, [0, 11, 27, 98, 132, 183]);
        assert!(matches!(waited.unwrap().end, End::Complete));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_stays_is_told_when_the_time_is_up() {
        let (at, waited) = over(&WAIT, 2, vec![Err(status(502, None))]).await;
        assert_eq!(at, [0, 11, 15]);
        assert!(waited.unwrap_err().may_pass());
        let (at, waited) = over(
            &WAIT,
            5,
            vec![state("going"), Err(status(429, Some(60))), state("done")],
        )
        .await;
        assert_eq!(at, [0, 11], "Vapi is not asked before it wants to be");
        assert!(matches!(
            waited.unwrap().end,
            End::TimeUp {
                failure: Some(_),
                ..
            }
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_pause_that_vapi_asks_for_ends_with_the_time() {
        for asked in [61, u64::MAX] {
            let looks = vec![state("going"), Err(status(429, Some(asked))), state("done")];
            let (at, waited) = over(&WAIT, 5, looks).await;
            assert_eq!(at, [0, 11]);
            assert!(waited.is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_beyond_the_time_for_what_comes_late_is_looked_past() {
        let looks = vec![
            done(8),
            Err(status(502, None)),
            Err(status(502, None)),
            reviewed(),
        ];
        let (at, waited) = over(&WAIT, 50, looks).await;
        assert_eq!(at.len(), 4);
        assert!(*at.last().unwrap() < 100, "{at:?}");
        assert!(matches!(waited.unwrap().end, End::Complete));
    }

    #[tokio::test(start_paused = true)]
    async fn any_other_failure_ends_the_wait() {
        for code in [400, 401, 404, 500] {
            let looks = vec![state("going"), Err(status(code, None)), state("done")];
            let (at, waited) = over(&WAIT, 50, looks).await;
            assert_eq!(at, [0, 11]);
            assert!(waited.is_err());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_without_an_answer_ends_with_the_time() {
        let never = || std::future::pending::<Result<Bytes, ApiError>>();
        let start = Instant::now();
        let waited = until(&WAIT, Duration::from_secs(3), never, &Unheard).await;
        assert_eq!(start.elapsed(), Duration::from_secs(3));
        assert!(matches!(waited, Err(ApiError::TimedOut(time)) if time == Duration::from_secs(3)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_json_is_not_waited_over() {
        let page = || std::future::ready(Ok(Bytes::from_static(b"<p>")));
        let waited = until(&WAIT, Duration::from_secs(3), page, &Unheard).await;
        assert!(matches!(waited.unwrap().end, End::Complete));
    }

    #[test]
    fn what_is_empty_is_nothing() {
        for (body, there) in [
            (r#"{"a":{"b":{"c":1}}}"#, true),
            (r#"{"a":{"b":"\ud83d"}}"#, true),
            (r#"{"a":{"b":0}}"#, true),
            (r#"{"a":{"b":{}}}"#, false),
            (r#"{"a":{"b":null}}"#, false),
            (r#"{"a":{}}"#, false),
            (r#"{"a":[1]}"#, false),
            ("{", false),
        ] {
            assert_eq!(
                holds(&crate::result::Look::of(body.as_bytes()), "/a/b"),
                there,
                "{body}"
            );
        }
    }
}
