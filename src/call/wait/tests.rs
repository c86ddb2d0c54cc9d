use std::{collections::VecDeque, sync::Mutex};

use chrono::SecondsFormat;
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::Instant;

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

/// All reported steps, in their order.
#[derive(Default)]
struct Steps(Mutex<Vec<WaitStep>>);

impl Progress for Steps {
    async fn report(&self, step: WaitStep) {
        self.0.lock().unwrap().push(step);
    }
}

type Poll = Result<Value, ApiError>;

/// Waits with these responses, the last of them repeated, each of which takes 100 ms. Returns the
/// times of the requests, in tenths of a second, and the outcome.
async fn wait_for(
    wait: &'static Wait,
    seconds: u64,
    polls: Vec<Poll>,
) -> (Vec<u128>, Result<Waited, ApiError>) {
    let start = Instant::now();
    let at = Mutex::new(Vec::new());
    let polls = Mutex::new(VecDeque::from(polls));
    let poll = || async {
        at.lock().unwrap().push(start.elapsed().as_millis() / 100);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut polls = polls.lock().unwrap();
        let poll = if polls.len() > 1 {
            polls.pop_front()
        } else {
            None
        };
        match poll {
            Some(poll) => poll,
            None => match polls.front() {
                Some(Ok(body)) => Ok(body.clone()),
                _ => Err(status(502, None)),
            },
        }
        .map(|body| Bytes::from(body.to_string()))
    };
    let steps = Steps::default();
    let waited = until(wait, Duration::from_secs(seconds), poll, &steps).await;
    let steps = steps.0.into_inner().unwrap();
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

fn state(state: &str) -> Poll {
    Ok(json!({ "state": state }))
}

/// Done this many seconds ago, without the late value.
fn done(ago: u64) -> Poll {
    let time = SystemTime::now() - Duration::from_secs(ago);
    let time = chrono::DateTime::<chrono::Utc>::from(time);
    let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
    Ok(json!({ "state": "done", "begun": "then", "done": time, "review": {} }))
}

fn reviewed() -> Poll {
    Ok(json!({ "state": "done", "begun": "then", "review": { "text": "Well done." } }))
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_and_restart_when_the_state_is_reached() {
    let polls = (0..7)
        .map(|_| state("going"))
        .chain([done(0), done(0), done(0), reviewed()]);
    let (at, waited) = wait_for(&WAIT, 50, polls.collect()).await;
    assert_eq!(at[..7], [0, 11, 27, 50, 85, 136, 187]);
    assert_eq!(at[7..], [238, 249, 265, 288]);
    assert!(matches!(waited.unwrap().end, End::Complete));
}

#[tokio::test(start_paused = true)]
async fn a_late_value_that_cannot_arrive_is_not_waited_for() {
    for poll in [
        reviewed(),
        state("failed"),
        Ok(json!({ "state": "done", "begun": null })),
        done(11),
    ] {
        let (at, waited) = wait_for(&WAIT, 50, vec![poll]).await;
        assert_eq!(at, [0]);
        assert!(matches!(waited.unwrap().end, End::Complete));
    }
    let (at, _) = wait_for(&SHORT, 50, vec![done(0)]).await;
    assert_eq!(at, [0]);
}

#[tokio::test(start_paused = true)]
async fn a_late_value_is_waited_for_a_limited_time() {
    // The wall clock, which decides how much time is left, is not paused.
    for (ago, last) in [(0, 101), (8, 21)] {
        let (at, waited) = wait_for(&WAIT, 50, vec![done(ago)]).await;
        assert!(at.len() > 1 && at.iter().all(|at| *at <= last), "{at:?}");
        assert!(matches!(waited.unwrap().end, End::MissingLate(_)));
    }
    // The clock of this machine is behind.
    let Ok(mut ahead) = done(0) else { panic!() };
    ahead["done"] = "2999-01-01T00:00:00.000Z".into();
    let (at, _) = wait_for(&WAIT, 50, vec![Ok(ahead)]).await;
    assert_eq!(at.last(), Some(&101));
}

#[tokio::test(start_paused = true)]
async fn the_last_request_is_sent_just_before_the_time_is_up() {
    for (seconds, polls) in [
        (1, vec![0, 5]),
        (2, vec![0, 11, 15]),
        (4, vec![0, 11, 27, 35]),
    ] {
        let (at, waited) = wait_for(&WAIT, seconds, vec![state("going")]).await;
        assert_eq!(at, polls);
        assert!(matches!(
            waited.unwrap().end,
            End::TimeUp {
                missing: Missing::State(_),
                ..
            }
        ));
    }
    let (_, waited) = wait_for(&WAIT, 4, vec![done(0)]).await;
    assert!(matches!(
        waited.unwrap().end,
        End::TimeUp {
            missing: Missing::Late(_),
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_transient_failure_does_not_end_the_wait() {
    let polls = vec![
        Err(ApiError::Unreachable("refused".to_owned())),
        Err(status(503, None)),
        Err(status(429, Some(7))),
        state("going"),
        Err(status(408, None)),
        state("failed"),
    ];
    let (at, waited) = wait_for(&WAIT, 50, polls).await;
    assert_eq!(at, [0, 11, 27, 98, 132, 183]);
    assert!(matches!(waited.unwrap().end, End::Complete));
}

#[tokio::test(start_paused = true)]
async fn a_lasting_failure_is_reported_when_the_time_is_up() {
    let (at, waited) = wait_for(&WAIT, 2, vec![Err(status(502, None))]).await;
    assert_eq!(at, [0, 11, 15]);
    assert!(waited.unwrap_err().is_transient());
    let (at, waited) = wait_for(
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
async fn a_long_retry_after_ends_with_the_timeout() {
    for asked in [61, u64::MAX] {
        let polls = vec![state("going"), Err(status(429, Some(asked))), state("done")];
        let (at, waited) = wait_for(&WAIT, 5, polls).await;
        assert_eq!(at, [0, 11]);
        assert!(waited.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_time_of_the_late_value_is_tolerated() {
    let polls = vec![
        done(8),
        Err(status(502, None)),
        Err(status(502, None)),
        reviewed(),
    ];
    let (at, waited) = wait_for(&WAIT, 50, polls).await;
    assert_eq!(at.len(), 4);
    assert!(*at.last().unwrap() < 100, "{at:?}");
    assert!(matches!(waited.unwrap().end, End::Complete));
}

#[tokio::test(start_paused = true)]
async fn any_other_failure_ends_the_wait() {
    for code in [400, 401, 404, 500] {
        let polls = vec![state("going"), Err(status(code, None)), state("done")];
        let (at, waited) = wait_for(&WAIT, 50, polls).await;
        assert_eq!(at, [0, 11]);
        assert!(waited.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_ends_with_the_time() {
    let never = || std::future::pending::<Result<Bytes, ApiError>>();
    let start = Instant::now();
    let waited = until(&WAIT, Duration::from_secs(3), never, &NoProgress).await;
    assert_eq!(start.elapsed(), Duration::from_secs(3));
    assert!(matches!(waited, Err(ApiError::TimedOut(time)) if time == Duration::from_secs(3)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_json_ends_the_wait() {
    let page = || std::future::ready(Ok(Bytes::from_static(b"<p>")));
    let waited = until(&WAIT, Duration::from_secs(3), page, &NoProgress).await;
    assert!(matches!(waited.unwrap().end, End::Complete));
}

#[test]
fn empty_values_do_not_count() {
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
            has_value(&crate::result::ParsedAnswer::of(body.as_bytes()), "/a/b"),
            there,
            "{body}"
        );
    }
}
