//! Vapi doing everything wrong that a socket can: what the model is told, how many requests reach
//! Vapi, and that nothing is done twice and nothing hangs. With `--nocapture` the table is printed.
use std::time::Duration;

use crate::support::{
    KEY, context,
    faults::{
        Act::{self, Drip, Flood, Say, Serve, Unread},
        Then::{Close, Hold, Keep, Reset},
        Upstream, answer, script,
    },
    guard, members,
    process::Process,
    wait,
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Outcome, call},
    catalog::find,
};

const LIMITS: Limits = Limits {
    attempt: Duration::from_secs(3),
    call: Duration::from_secs(25),
    body: 1 << 20,
};

const JSON: &str = "content-type: application/json\r\n";
const HTML: &[u8] = b"<!doctype html><title>Just a moment...</title>";

async fn ask(api: &Api, tool: &str, arguments: Value) -> Outcome {
    let token = Token::new(KEY).unwrap();
    let guard = guard();
    let outcome = call(
        find(tool).unwrap(),
        members(arguments),
        context(api, &token, &guard),
    );
    wait::within("the outcome", outcome).await
}

/// Two tools that read and two that write, with their arguments.
fn tools() -> [(&'static str, Value); 4] {
    let customer = json!({ "number": "+15550100123" });
    [
        ("list_calls", json!({})),
        ("get_call", json!({ "callId": "c1" })),
        (
            "create_call",
            json!({ "assistantId": "a", "phoneNumberId": "p", "customer": customer }),
        ),
        ("create_assistant", json!({ "name": "a" })),
    ]
}

/// Every fault by its name: what becomes of the first request, the second and so on; nothing where
/// there is no Vapi.
fn faults() -> Vec<(&'static str, Vec<Act>)> {
    let head = |rest: &str| format!("HTTP/1.1 200 OK\r\n{JSON}{rest}").into_bytes();
    let status = |status: &str, headers: &str| Say(answer(status, headers, b""), Keep);
    let limited = |headers: &str| {
        let body = br#"{"message":"Rate limit exceeded","statusCode":429}"#;
        Say(answer("429 Too Many Requests", headers, body), Keep)
    };
    let ok = |headers: &str, body: &[u8]| Say(answer("200 OK", headers, body), Keep);
    vec![
        ("connection refused", vec![]),
        ("no answer", vec![Say(vec![], Hold)]),
        ("never read", vec![Unread]),
        ("closed without an answer", vec![Say(vec![], Close)]),
        ("reset without an answer", vec![Say(vec![], Reset)]),
        ("reset once, then well", vec![Say(vec![], Reset), Serve]),
        (
            "silent after half the headers",
            vec![Say(b"HTTP/1.1 200 OK\r\ncontent-ty".into(), Hold)],
        ),
        (
            "silent after the headers",
            vec![Say(head("content-length: 9\r\n\r\n"), Hold)],
        ),
        (
            "silent within the body",
            vec![Say(head("content-length: 9\r\n\r\n[1"), Hold)],
        ),
        (
            "reset within the body",
            vec![Say(head("content-length: 9\r\n\r\n[1"), Reset)],
        ),
        (
            "body shorter than announced",
            vec![Say(head("content-length: 9\r\n\r\n[]"), Close)],
        ),
        (
            "chunks without an end",
            vec![Say(
                head("transfer-encoding: chunked\r\n\r\n2\r\n[]\r\n"),
                Close,
            )],
        ),
        (
            "chunks that are none",
            vec![Say(
                head("transfer-encoding: chunked\r\n\r\nzz\r\n[]\r\n"),
                Close,
            )],
        ),
        (
            "one byte a second",
            vec![Drip(head("content-length: 2\r\n\r\n[]"))],
        ),
        (
            "no HTTP",
            vec![Say(b"\x16\x03\x01\x02\x00\x01\x00\x01".into(), Close)],
        ),
        ("408", vec![status("408 Request Timeout", "")]),
        ("429", vec![limited(JSON)]),
        ("429, once", vec![limited(JSON), Serve]),
        (
            "429, once, Retry-After: 1",
            vec![limited("retry-after: 1\r\n"), Serve],
        ),
        (
            "429, Retry-After: 3600",
            vec![limited("retry-after: 3600\r\n")],
        ),
        (
            "429, Retry-After: a date past",
            vec![
                limited("retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n"),
                Serve,
            ],
        ),
        ("500", vec![status("500 Internal Server Error", "")]),
        (
            "502 with a page of HTML",
            vec![Say(
                answer("502 Bad Gateway", "content-type: text/html\r\n", HTML),
                Close,
            )],
        ),
        (
            "503, once",
            vec![status("503 Service Unavailable", ""), Serve],
        ),
        (
            "503, Retry-After: 3600",
            vec![status("503 Service Unavailable", "retry-after: 3600\r\n")],
        ),
        ("504", vec![status("504 Gateway Timeout", "")]),
        (
            "200 with a page of HTML",
            vec![ok("content-type: text/html\r\n", HTML)],
        ),
        ("200 with garbage", vec![ok(JSON, b"\x00\xff\xfe{]")]),
        ("200 with half of JSON", vec![ok(JSON, b"[{\"id\":")]),
        ("200 with nothing", vec![ok(JSON, b"")]),
        (
            "200 with JSON as plain text",
            vec![ok("content-type: text/plain\r\n", b"[]")],
        ),
        (
            "200 with JSON as an image",
            vec![ok("content-type: image/png\r\n", b"[]")],
        ),
        (
            "200 with broken gzip",
            vec![ok("content-encoding: gzip\r\n", b"[]")],
        ),
        (
            "204",
            vec![Say(b"HTTP/1.1 204 No Content\r\n\r\n".into(), Keep)],
        ),
        (
            "307",
            vec![status(
                "307 Temporary Redirect",
                "location: http://127.0.0.1:9/\r\n",
            )],
        ),
        ("100 MB, announced", vec![Flood { announced: true }]),
        ("100 MB, not announced", vec![Flood { announced: false }]),
    ]
}

/// Nothing more comes, so that the attempt takes all of its time.
fn is_silent(act: &Act) -> bool {
    matches!(act, Unread | Drip(_) | Say(_, Hold))
}

async fn upstream(acts: &[Act]) -> Upstream {
    if acts.is_empty() {
        Upstream::refusing()
    } else {
        Upstream::start(script(acts.to_vec())).await
    }
}

/// How many requests of a call came, and what the model reads.
async fn row(fault: &str, acts: &[Act], tool: &str, arguments: Value) -> String {
    let upstream = upstream(acts).await;
    let mut limits = LIMITS;
    if acts.iter().any(is_silent) {
        limits.attempt = Duration::from_secs(1);
    }
    let api = Api::new(upstream.uri(), limits);
    let outcome = ask(&api, tool, arguments).await;
    let requests = upstream.requests().len();
    let place = match tool {
        "create_call" => Some("list_calls"),
        "create_assistant" => Some("list_assistants"),
        _ => None,
    };
    let most = match place {
        Some(_) if !fault.starts_with("429") => 1,
        _ => 3,
    };
    assert!(requests <= most, "{fault}, {tool}: {requests} requests");
    let uncertain = match outcome.remarks.as_slice() {
        [] => "",
        [remark] if remark.starts_with("By default: ") => "",
        [remark] => {
            assert_eq!(*remark, uncertain(place.unwrap()));
            "yes"
        }
        more => panic!("{fault}, {tool}: {more:?}"),
    };
    let mut text = outcome.text.replace('\n', "<br>");
    if let Some(at) = text.find(" (os error") {
        // Numbers differ between systems.
        let end = text[at..].find(')').unwrap();
        text.replace_range(at..=at + end, "");
    }
    let text = if outcome.is_error {
        text
    } else {
        // An answer, which has not to be told from words.
        format!("`{text}`")
    };
    format!("{requests} | {uncertain} | {text} |")
}

fn uncertain(place: &str) -> String {
    format!(
        "It may have been carried out anyway. Look it up with {place} before you retry, or it \
         may be done twice."
    )
}

#[tokio::test]
async fn each_fault_is_told_and_no_write_is_sent_twice() {
    let faults = faults();
    let cases = faults.iter().flat_map(|(fault, acts)| {
        tools()
            .map(async |(tool, arguments)| (*fault, tool, row(fault, acts, tool, arguments).await))
    });
    let rows: Vec<_> = stream::iter(cases).buffered(32).collect().await;
    let mut table = "| fault | tools | requests | uncertain | what the model reads |\n\
                     |---|---|---|---|---|"
        .to_owned();
    // Tools that fare alike share a row.
    for alike in rows.chunk_by(|one, other| (one.0, &one.2) == (other.0, &other.2)) {
        let (fault, _, row) = &alike[0];
        let tools: Vec<_> = alike.iter().map(|(_, tool, _)| *tool).collect();
        table += &format!("\n| {fault} | {} | {row}", tools.join(", "));
    }
    println!("{table}");
    insta::assert_snapshot!("table", table);
}

/// The other end closes a connection that is kept for the next request just as that arrives.
#[tokio::test]
async fn a_write_on_a_connection_that_is_being_closed_is_sent_once() {
    let [read, _, write, _] = tools();
    let upstream = Upstream::start(script(vec![Serve, Say(vec![], Reset), Serve])).await;
    let api = Api::new(upstream.uri(), LIMITS);
    ask(&api, read.0, read.1.clone()).await;
    let written = ask(&api, write.0, write.1).await;
    assert!(written.is_error);
    assert_eq!(written.remarks, [uncertain("list_calls")]);
    assert_eq!(upstream.requests().len(), 2);

    let upstream = Upstream::start(script(vec![Serve, Say(vec![], Reset), Serve])).await;
    let api = Api::new(upstream.uri(), LIMITS);
    ask(&api, read.0, read.1.clone()).await;
    let again = ask(&api, read.0, read.1).await;
    assert!(!again.is_error, "{again:?}");
    assert_eq!(upstream.requests().len(), 3);
}

/// However the closing and the next write fall together.
#[tokio::test]
async fn no_write_is_sent_twice_in_many_races_with_the_end_of_a_connection() {
    let upstream = Upstream::start(|_| {
        let body = b"{\"id\":\"x1\"}";
        Say(answer("201 Created", JSON, body), Close)
    })
    .await;
    let api = Api::new(upstream.uri(), LIMITS);
    let mut done = 0;
    for round in 0..300_u64 {
        let written = ask(
            &api,
            "create_assistant",
            json!({ "name": format!("round-{round}.") }),
        );
        let outcome = written.await;
        done += usize::from(!outcome.is_error);
        assert!(
            !outcome.is_error || outcome.remarks == [uncertain("list_assistants")],
            "{outcome:?}"
        );
        tokio::time::sleep(Duration::from_micros(round % 10 * 30)).await;
    }
    let requests = upstream.requests();
    assert!(done > 0 && requests.len() >= done);
    for round in 0..300 {
        let marker = format!("round-{round}.");
        let sent = requests.iter().filter(|request| request.contains(&marker));
        assert!(sent.count() <= 1, "{marker} was sent twice");
    }
}

#[tokio::test]
async fn the_deadline_of_the_call_ends_its_repetitions() {
    let limits = Limits {
        attempt: Duration::from_secs(60),
        call: Duration::from_secs(7),
        ..LIMITS
    };
    let unavailable = Say(answer("503 Service Unavailable", "", b""), Keep);
    let upstream = Upstream::start(script(vec![unavailable, Say(vec![], Hold)])).await;
    let start = tokio::time::Instant::now();
    let api = Api::new(upstream.uri(), limits);
    let (outcome, ()) = tokio::join!(ask(&api, "list_calls", json!({})), async {
        let repeated = async || upstream.requests().len() == 2;
        wait::until("the second request", repeated).await;
        // Nothing more comes, so that the clock may go on to the deadline.
        tokio::time::pause();
    });
    assert!(start.elapsed() >= limits.call);
    assert!(
        outcome
            .text
            .starts_with("Vapi did not answer within 7 s\nTried 2 times.\n"),
        "{}",
        outcome.text
    );
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn at_most_eight_requests_of_a_key_are_on_their_way() {
    let upstream = Upstream::start(|_| Say(vec![], Hold)).await;
    let limits = Limits {
        call: Duration::from_secs(10),
        ..LIMITS
    };
    let api = Api::new(upstream.uri(), limits);
    let calls = stream::iter(0..20)
        .map(|_| ask(&api, "list_calls", json!({})))
        .buffer_unordered(20);
    let mut calls = std::pin::pin!(calls);
    let first = calls.next();
    let seen = async {
        tokio::time::sleep(limits.attempt / 2).await;
        upstream.requests().len()
    };
    let (first, seen) = tokio::join!(first, seen);
    assert_eq!(seen, 8);
    assert!(
        first
            .unwrap()
            .text
            .starts_with("Vapi did not answer within 3 s")
    );
    let rest: Vec<_> = calls.collect().await;
    let busy = |outcome: &&Outcome| outcome.text.starts_with("nothing was sent");
    assert_eq!(rest.iter().filter(busy).count(), 4, "{rest:?}");
}

#[tokio::test]
async fn the_program_itself_repeats_reads_and_no_writes() {
    let folder = TempDir::new().unwrap();
    let cut = answer("200 OK", JSON, b"[]");
    let cut = cut[..cut.len() - 1].to_vec();
    let faults = [
        (vec![Say(vec![], Reset), Serve], 2, 1),
        (vec![Say(cut, Close)], 3, 1),
        (
            vec![Say(
                answer("429 Too Many Requests", "retry-after: 60\r\n", b""),
                Keep,
            )],
            1,
            1,
        ),
        (
            vec![Say(answer("429 Too Many Requests", "", b""), Keep), Serve],
            2,
            2,
        ),
        (vec![Say(HTML.to_vec(), Close)], 3, 1),
    ];
    let cases = faults
        .iter()
        .flat_map(|fault| tools().map(|tool| (fault, tool)));
    let runs = cases.map(async |((acts, reads, writes), (tool, arguments))| {
        let vapi = upstream(acts).await;
        let environment = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", &vapi.uri())];
        let mut process = Process::start(folder.path(), &environment);
        process.initialize("2025-11-25").await;
        let result = process.call(tool, arguments).await;
        let expected = if tool.starts_with("create") {
            writes
        } else {
            reads
        };
        let requests = vapi.requests().len();
        assert_eq!(requests, *expected, "{tool}: {acts:?} {result}");
        assert_eq!(process.end().await, (Some(0), String::new()));
    });
    stream::iter(runs).buffer_unordered(8).collect::<()>().await;
}
