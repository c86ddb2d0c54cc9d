//! Lists that are filtered here: page by page, within bounds, and with a word on what was searched.

mod groups;
mod search;

use std::collections::HashMap;

use crate::support::{call_tool, members};
use serde_json::{Value, json};
use vapi_mcp::{call::Outcome, catalog::TOOLS};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

/// A Vapi with these rows, newest first. It fails from the page with this number on.
async fn upstream(rows: Vec<Value>, fails_from: usize) -> MockServer {
    let upstream = MockServer::start().await;
    let asked = std::sync::atomic::AtomicUsize::new(0);
    Mock::given(matchers::any())
        .respond_with(move |request: &Request| {
            let page = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if page >= fails_from {
                return ResponseTemplate::new(400).set_body_json(json!({ "message": "no more" }));
            }
            let query: HashMap<_, _> = request.url.query_pairs().into_owned().collect();
            let limit: usize = query["limit"].parse().unwrap();
            let until = query.get("createdAtLe");
            let page: Vec<&Value> = rows
                .iter()
                .filter(|row| {
                    until.is_none_or(|at| row["createdAt"].as_str().unwrap() <= at.as_str())
                })
                .take(limit)
                .collect();
            ResponseTemplate::new(200).set_body_json(page)
        })
        .mount(&upstream)
        .await;
    upstream
}

const NEVER: usize = usize::MAX;

/// The time of a row; several share one.
fn time(number: usize) -> String {
    format!(
        "2026-03-{:02}T10:00:00.{:03}Z",
        1 + number / 1_000,
        number % 1_000 / 3
    )
}

/// Calls, newest first; every hundredth did not get through.
fn calls(count: usize) -> Vec<Value> {
    let call = |number| {
        let reason = match number % 100 {
            7 => "call.in-progress.error-sip-outbound-call-failed-to-connect",
            _ => "customer-ended-call",
        };
        json!({
            "assistantId": "a", "id": format!("call-{number}"), "type": "outboundPhoneCall",
            "status": if number % 2 == 0 { "ended" } else { "in-progress" },
            "endedReason": reason, "createdAt": time(number), "updatedAt": time(number),
            "startedAt": "2026-03-04T10:00:06.100Z", "endedAt": "2026-03-04T10:01:10.500Z",
        })
    };
    (0..count).rev().map(call).collect()
}

fn rows(outcome: &Outcome) -> Vec<Value> {
    assert!(!outcome.is_error, "{}", outcome.text);
    serde_json::from_str(&outcome.text).unwrap()
}

fn cursor(outcome: &Outcome) -> Option<String> {
    let found = |line: &String| {
        Some(
            line.split_once("cursor \"")?
                .1
                .split('"')
                .next()?
                .to_owned(),
        )
    };
    outcome.remarks.iter().find_map(found)
}

fn said<'a>(outcome: &'a Outcome, start: &str) -> &'a str {
    let found = outcome.remarks.iter().find(|line| line.starts_with(start));
    found.unwrap_or_else(|| panic!("{start} is not in {:?}", outcome.remarks))
}

#[tokio::test]
async fn calls_are_filtered_here_and_the_range_that_was_searched_is_told() {
    let upstream = upstream(calls(2_000), NEVER).await;
    let reason = "call.in-progress.error-sip-outbound-call-failed-to-connect";
    let arguments = json!({ "endedReason": reason, "limit": 100 });
    let outcome = call_tool(&upstream, "list_calls", members(arguments)).await;
    let found = rows(&outcome);
    assert_eq!(found.len(), 20);
    assert!(found.iter().all(|row| row["endedReason"] == reason));
    let searched = said(&outcome, "Searched");
    for part in ["2,000 rows", &time(0), &time(1_999), "20 match"] {
        assert!(searched.contains(part), "{part} is not in {searched}");
    }
    let requests = upstream.received_requests().await.unwrap();
    assert_eq!(requests.len(), 20);
    assert!(requests.iter().all(|request| {
        let query = request.url.query().unwrap();
        !query.contains("endedReason") && !query.contains("status")
    }));
}

#[tokio::test]
async fn rows_that_match_come_once_each_over_all_cursors() {
    let all = calls(900);
    let upstream = upstream(all.clone(), NEVER).await;
    for (arguments, wanted) in [
        (json!({ "status": "ENDED", "limit": 7 }), "even"),
        (
            json!({ "endedReason": "call.in-progress.*", "limit": 2 }),
            "failed",
        ),
        (
            json!({ "status": "in-progress", "endedReason": "call.*", "limit": 1 }),
            "failed",
        ),
        (json!({ "endedReason": "*Error*", "limit": 5 }), "failed"),
        (
            json!({ "endedReason": "call*sip*-connect", "limit": 9 }),
            "failed",
        ),
    ] {
        let mut arguments = arguments;
        let mut seen = Vec::new();
        for page in 0.. {
            assert!(page <= all.len(), "the cursors have no end");
            let outcome = call_tool(&upstream, "list_calls", members(arguments.clone())).await;
            let found = rows(&outcome);
            assert!(found.len() <= arguments["limit"].as_u64().unwrap() as usize);
            seen.extend(
                found
                    .iter()
                    .map(|row| row["id"].as_str().unwrap().to_owned()),
            );
            match cursor(&outcome) {
                Some(next) => arguments["cursor"] = json!(next),
                None => break,
            }
            assert!(seen.len() <= all.len());
        }
        let expected: Vec<_> = (0..900)
            .rev()
            .filter(|number| match wanted {
                "even" => number % 2 == 0,
                _ => number % 100 == 7,
            })
            .map(|number| format!("call-{number}"))
            .collect();
        assert_eq!(seen, expected, "{wanted}");
    }
}

#[tokio::test]
async fn that_none_matches_is_said_of_the_range_that_was_searched_only() {
    let upstream = upstream(calls(2_100), NEVER).await;
    let arguments = json!({ "status": "queued" });
    let outcome = call_tool(&upstream, "list_calls", members(arguments.clone())).await;
    assert_eq!(rows(&outcome), Vec::<Value>::new());
    let searched = said(&outcome, "Searched");
    for part in [
        "2,000 rows",
        "none of them matches. Values of status found: in-progress, ended.",
        "at most 20 pages",
        "Older rows were not searched",
        &time(100),
    ] {
        assert!(searched.contains(part), "{part} is not in {searched}");
    }
    assert_eq!(upstream.received_requests().await.unwrap().len(), 20);
    let mut arguments = arguments;
    arguments["cursor"] = json!(cursor(&outcome).unwrap());
    let outcome = call_tool(&upstream, "list_calls", members(arguments)).await;
    let searched = said(&outcome, "Searched the remaining 100 rows");
    assert!(searched.contains(&time(0)), "{searched}");
    assert_eq!(cursor(&outcome), None);
}

#[tokio::test]
async fn less_than_one_row_is_refused_whatever_else_is_asked() {
    let upstream = upstream(calls(3), NEVER).await;
    let mut lists = 0;
    for tool in TOOLS.iter().filter(|tool| tool.view.page.is_some()) {
        lists += 1;
        for limit in [
            json!(0),
            json!(-1),
            json!("0"),
            json!(-3.0),
            json!(i64::MIN),
        ] {
            let choices = ["search", "status", "endedReason"];
            let choices = choices
                .iter()
                .filter(|choice| tool.args.iter().any(|arg| arg.name == **choice));
            let mut asked = vec![json!({ "limit": limit })];
            asked.extend(choices.map(|choice| json!({ "limit": limit, *choice: "word" })));
            for given in asked {
                let outcome = call_tool(&upstream, tool.name, members(given.clone())).await;
                assert!(outcome.is_error, "{given}");
                let told = &outcome.text;
                assert!(
                    told.contains("`limit`: must be 1 or more; leave it out for "),
                    "{given}: {told}"
                );
            }
        }
        let outcome = call_tool(&upstream, tool.name, members(json!({ "limit": 1 }))).await;
        assert!(!outcome.is_error, "{}", outcome.text);
    }
    assert!(lists >= 4, "{lists} lists");
    assert_eq!(upstream.received_requests().await.unwrap().len(), lists);
}

#[tokio::test]
async fn ignored_arguments_are_told_first_and_every_known_one_is_named() {
    let upstream = upstream(calls(3), NEVER).await;
    let long = "colour".repeat(500);
    for given in [
        json!({ "page": 2 }),
        json!({ "page": 2, "status": "ended", "limit": 1 }),
        (0..200)
            .map(|number| (format!("{long}{number}"), json!(1)))
            .collect(),
    ] {
        for tool in TOOLS.iter().filter(|tool| tool.view.page.is_some()) {
            let mut given = members(given.clone());
            given.retain(|key, _| key != "status" || tool.args.iter().any(|arg| arg.name == key));
            let outcome = call_tool(&upstream, tool.name, given).await;
            assert!(!outcome.is_error, "{}", outcome.text);
            assert!(
                outcome.remarks[0].starts_with("Ignored, because "),
                "{:?}",
                outcome.remarks
            );
            let known = &outcome.remarks[1];
            assert!(known.starts_with("It has `"), "{known}");
            let face = crate::support::face(tool);
            let properties = face["inputSchema"]["properties"].as_object().unwrap();
            for name in properties.keys() {
                assert!(
                    known.contains(&format!("`{name}`")),
                    "{name} is not in {known}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_list_without_rows_has_nothing_to_search() {
    let upstream = upstream(Vec::new(), NEVER).await;
    let outcome = call_tool(
        &upstream,
        "list_calls",
        members(json!({ "status": "ended" })),
    )
    .await;
    assert_eq!(outcome.text, "[]");
    said(&outcome, "There was no row to search.");
}

#[tokio::test]
async fn a_page_that_fails_does_not_lose_the_rows_before_it() {
    let upstream = upstream(calls(1_000), 3).await;
    let arguments = json!({ "endedReason": "call.*", "limit": 100 });
    let outcome = call_tool(&upstream, "list_calls", members(arguments)).await;
    assert_eq!(rows(&outcome).len(), 3);
    let searched = said(&outcome, "Searched 300 rows");
    assert!(searched.contains("The next page failed"), "{searched}");
    assert!(cursor(&outcome).is_some());

    let none = self::upstream(calls(10), 0).await;
    let outcome = call_tool(&none, "list_calls", members(json!({ "status": "ended" }))).await;
    assert!(outcome.is_error);
}

#[tokio::test]
async fn rows_that_do_not_fit_are_left_to_the_next_call() {
    let mut all = calls(300);
    for row in &mut all {
        row["analysis"] = json!({ "summary": "x".repeat(900) });
    }
    let upstream = upstream(all, NEVER).await;
    let mut arguments = json!({ "status": "ended", "limit": 300 });
    let mut seen = 0;
    for page in 0.. {
        assert!(page <= 300, "the cursors have no end");
        let outcome = call_tool(&upstream, "list_calls", members(arguments.clone())).await;
        assert!(outcome.text.len() <= 45_000);
        seen += rows(&outcome).len();
        match cursor(&outcome) {
            Some(next) => arguments["cursor"] = json!(next),
            None => break,
        }
        assert!(seen <= 150);
    }
    assert_eq!(seen, 150);
}

#[tokio::test]
async fn a_row_of_a_call_says_how_long_it_took_and_why_it_ended() {
    let mut all = calls(20);
    all[0]["endedReason"] = json!("brand-new-reason");
    all[1].as_object_mut().unwrap().remove("endedAt");
    all[2]["endedAt"] = json!("2026-03-04T10:00:00Z");
    all[3]["durationSeconds"] = json!("its own");
    let upstream = upstream(all, NEVER).await;
    let outcome = call_tool(&upstream, "list_calls", members(json!({}))).await;
    let found = rows(&outcome);
    assert!(
        outcome.text.starts_with(r#"[{"id":"call-19","#),
        "{}",
        outcome.text
    );
    assert!(
        found
            .iter()
            .all(|row| row.get("type").is_none() && row.get("updatedAt").is_some())
    );
    assert_eq!(found[0]["durationSeconds"], json!(64.4));
    assert_eq!(found[1].get("durationSeconds"), None);
    assert_eq!(found[2].get("durationSeconds"), None);
    let legend: Vec<_> = outcome
        .remarks
        .iter()
        .filter(|line| line.contains(": "))
        .collect();
    let of = |reason: &str| {
        legend
            .iter()
            .filter(|line| line.starts_with(reason))
            .count()
    };
    assert_eq!(of("customer-ended-call: the person hung up."), 1);
    assert_eq!(
        of("call.in-progress.error-sip-outbound-call-failed-to-connect: the call did not"),
        1
    );
    assert_eq!(of("brand-new-reason"), 0);

    let fields = json!({ "fields": ["/type", "/durationSeconds"], "limit": 1 });
    let outcome = call_tool(&upstream, "list_calls", members(fields)).await;
    assert_eq!(
        outcome.text,
        r#"[{"type":"outboundPhoneCall","durationSeconds":64.4}]"#
    );
    assert!(
        !outcome
            .remarks
            .iter()
            .any(|line| line.contains("Not in the answer")),
        "{:?}",
        outcome.remarks
    );
}
