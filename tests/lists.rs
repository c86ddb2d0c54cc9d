//! Lists that are filtered here: page by page, within bounds, and with a word on what was searched.

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
        loop {
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
    loop {
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

/// Assistants, newest first; one mentions parrots in its prompt.
fn assistants(count: usize) -> Vec<Value> {
    let assistant = |number| {
        let prompt = match number {
            123 => format!(
                "{} You sell Parrots\n\u{a0}and  CAFE\u{301} au lait. {}",
                "a ".repeat(500),
                "b ".repeat(500)
            ),
            _ => "You are a helpful assistant. ".repeat(30),
        };
        json!({
            "id": format!("assistant-{number}"), "name": format!("Desk {number}"), "createdAt": time(number),
            "model": { "provider": "openai", "messages": [{ "role": "system", "content": prompt }] },
            "firstMessage": format!("Guten Tag, Straße {number}."),
        })
    };
    (0..count).rev().map(assistant).collect()
}

#[tokio::test]
async fn the_assistant_that_mentions_a_word_is_found_among_a_thousand_in_one_call() {
    let upstream = upstream(assistants(1_000), NEVER).await;
    for text in ["parrots", "PARROTS AND", "parrots and café", "lait. b b"] {
        let outcome = call_tool(
            &upstream,
            "list_assistants",
            members(json!({ "search": text })),
        )
        .await;
        let found = rows(&outcome);
        assert_eq!(found.len(), 1, "{text}");
        let row = found[0].as_object().unwrap();
        assert_eq!(row.keys().collect::<Vec<_>>(), ["id", "name", "snippet"]);
        assert_eq!(row["id"], "assistant-123");
        let snippet = row["snippet"].as_str().unwrap();
        assert!(
            snippet.contains("lait") && snippet.chars().count() <= 162,
            "{snippet}"
        );
        assert!(outcome.text.len() + outcome.remarks.concat().len() < 1_000);
        let searched = said(&outcome, "Searched all 1,000 rows");
        assert!(searched.contains("1 matches"), "{searched}");
    }
}

#[tokio::test]
async fn names_and_first_messages_are_searched_too_and_nothing_else() {
    let upstream = upstream(assistants(150), NEVER).await;
    for (text, count) in [
        ("desk 12", 11),
        ("STRASSE 7.", 1),
        ("strasse 7.", 1),
        ("openai", 0),
        ("zebra", 0),
    ] {
        let arguments = json!({ "search": text });
        let outcome = call_tool(&upstream, "list_assistants", members(arguments)).await;
        assert_eq!(rows(&outcome).len(), count, "{text}");
        said(&outcome, "Searched all 150 rows");
    }
    let arguments = json!({ "search": "desk", "limit": 2, "fields": ["/firstMessage"] });
    let outcome = call_tool(&upstream, "list_assistants", members(arguments)).await;
    let found = rows(&outcome);
    assert_eq!(
        found[0],
        json!({ "firstMessage": "Guten Tag, Straße 149.", "snippet": "Desk 149" })
    );
    assert!(cursor(&outcome).is_some());
    assert!(said(&outcome, "Searched 2 rows").contains("Older rows were not searched"));
}

#[tokio::test]
async fn a_secret_is_neither_found_nor_shown_beside_what_is_found() {
    let secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";
    let rows_ = vec![json!({
        "id": "a", "name": "n", "createdAt": time(1),
        "model": { "messages": [{ "content": format!("Parrots use the key {secret} for all.") }] },
    })];
    let upstream = upstream(rows_, NEVER).await;
    let arguments = json!({ "search": "parrots use" });
    let outcome = call_tool(&upstream, "list_assistants", members(arguments)).await;
    assert_eq!(rows(&outcome).len(), 1);
    assert!(!outcome.text.contains("abcdefghijkl"), "{}", outcome.text);
    let arguments = json!({ "search": &secret[..20] });
    let outcome = call_tool(&upstream, "list_assistants", members(arguments)).await;
    assert_eq!(rows(&outcome).len(), 0);
}

#[tokio::test]
async fn tools_are_searched_by_name_and_description() {
    let all = vec![
        json!({ "id": "t2", "createdAt": time(2), "type": "function", "function": { "name": "book_table", "description": "Books a table." } }),
        json!({ "id": "t1", "createdAt": time(1), "type": "apiRequest", "name": "weather", "description": "Tells the weather at a table." }),
        json!({ "id": "t0", "createdAt": time(0), "type": "endCall" }),
    ];
    let upstream = upstream(all, NEVER).await;
    let outcome = call_tool(
        &upstream,
        "list_tools",
        members(json!({ "search": "Table" })),
    )
    .await;
    assert_eq!(
        rows(&outcome),
        [
            json!({ "id": "t2", "name": "book_table", "snippet": "book_table" }),
            json!({ "id": "t1", "name": "weather", "snippet": "Tells the weather at a table." }),
        ]
    );
}

#[tokio::test]
async fn a_text_that_cannot_be_looked_for_is_refused_before_anything_is_sent() {
    let upstream = upstream(assistants(1), NEVER).await;
    for text in [" \u{301}".to_owned(), "x".repeat(201)] {
        let outcome = call_tool(
            &upstream,
            "list_assistants",
            members(json!({ "search": text })),
        )
        .await;
        assert!(
            outcome.is_error && outcome.text.contains("Nothing was sent"),
            "{}",
            outcome.text
        );
    }
    assert_eq!(upstream.received_requests().await.unwrap().len(), 0);
}

/// An answer of the analytics: groups of eight assistants.
fn groups() -> Value {
    let group = |number| {
        json!({
            "assistantId": format!("aaaaaaaa-0000-4000-8000-00000000000{number}"),
            "calls": number, "totalCost": 1.25, "averageDuration": 2.5, "totalDuration": 20.0,
        })
    };
    let range = json!({ "start": time(0), "end": time(1) });
    json!([{ "name": "calls", "timeRange": range, "result": (1..=8).map(group).collect::<Vec<_>>() }])
}

#[tokio::test]
async fn what_each_assistant_cost_is_one_call_and_a_kilobyte() {
    let upstream = crate::support::vapi(ResponseTemplate::new(200).set_body_json(groups())).await;
    for group in [json!("assistantId"), json!(["assistantId"])] {
        let arguments =
            json!({ "groupBy": group, "createdAfter": "2026-03-01T00:00:00Z", "step": "" });
        let outcome = call_tool(&upstream, "summarize_calls", members(arguments)).await;
        assert_eq!(rows(&outcome).len(), 8);
        assert!(
            outcome.text.len() + outcome.remarks.concat().len() <= 1_200,
            "{}",
            outcome.text.len()
        );
    }
    let requests = upstream.received_requests().await.unwrap();
    assert_eq!(requests.len(), 2);
    let sent: Value = requests[0].body_json().unwrap();
    assert_eq!(sent["queries"][0]["groupBy"], json!(["assistantId"]));
    assert_eq!(
        sent["queries"][0]["timeRange"],
        json!({ "start": "2026-03-01T00:00:00Z" })
    );
}

#[tokio::test]
async fn the_groups_of_one_assistant_are_chosen_here() {
    let upstream = crate::support::vapi(ResponseTemplate::new(200).set_body_json(groups())).await;
    let one = "aaaaaaaa-0000-4000-8000-000000000003";
    let arguments = json!({ "groupBy": ["status"], "createdAfter": "2026-03-01T00:00:00Z", "assistantId": one });
    let outcome = call_tool(&upstream, "summarize_calls", members(arguments)).await;
    let found = rows(&outcome);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["calls"], 3);
    let sent: Value = upstream.received_requests().await.unwrap()[0]
        .body_json()
        .unwrap();
    assert_eq!(
        sent["queries"][0]["groupBy"],
        json!(["status", "assistantId"])
    );
    assert!(!sent.to_string().contains(one));
    let arguments = json!({ "groupBy": "assistantId", "createdAfter": "2026-03-01T00:00:00Z", "assistantId": "other" });
    let outcome = call_tool(&upstream, "summarize_calls", members(arguments)).await;
    assert_eq!(outcome.text, "[]");
    said(&outcome, "None of the 8 rows that Vapi sent matches.");
    for (given, sent) in [
        ("status, type", json!(["status", "type"])),
        ("status,assistantId", json!(["status", "assistantId"])),
    ] {
        let arguments = json!({ "groupBy": given, "createdAfter": "2026-03-01T00:00:00Z" });
        call_tool(&upstream, "summarize_calls", members(arguments)).await;
        let requests = upstream.received_requests().await.unwrap();
        let body: Value = requests.last().unwrap().body_json().unwrap();
        assert_eq!(body["queries"][0]["groupBy"], sent);
    }
    let arguments = json!({ "groupBy": "status,colour", "createdAfter": "2026-03-01T00:00:00Z" });
    let outcome = call_tool(&upstream, "summarize_calls", members(arguments)).await;
    assert!(
        outcome.text.contains(
            "must be an array of assistantId, endedReason, status, type, and a string was given"
        ),
        "{}",
        outcome.text
    );
}

#[tokio::test]
async fn a_post_that_only_reads_is_retried_and_served_read_only() {
    let upstream = MockServer::start().await;
    Mock::given(matchers::path("/analytics"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(1)
        .mount(&upstream)
        .await;
    Mock::given(matchers::path("/analytics"))
        .respond_with(ResponseTemplate::new(200).set_body_json(groups()))
        .mount(&upstream)
        .await;
    let rules = vapi_mcp::guard::rules::Rules {
        read_only: true,
        ..Default::default()
    };
    let guard = vapi_mcp::guard::Guard::new(rules).unwrap();
    let arguments =
        members(json!({ "groupBy": "assistantId", "createdAfter": "2026-03-01T00:00:00Z" }));
    let outcome =
        crate::support::call_guarded(&upstream, "summarize_calls", arguments, &guard).await;
    assert_eq!(rows(&outcome).len(), 8);
    assert_eq!(upstream.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn phone_numbers_are_searched_by_name_number_and_address() {
    let all = vec![
        json!({ "id": "p1", "createdAt": time(1), "name": "Front", "number": "+15550100123" }),
        json!({ "id": "p0", "createdAt": time(0), "name": "Back", "sipUri": "sip:desk@example.com" }),
    ];
    let upstream = upstream(all, NEVER).await;
    for (text, id) in [
        ("front", "p1"),
        ("fro\u{200b}nt", "p1"),
        ("0100123", "p1"),
        ("555 010", "p1"),
        ("tel:+1 (555) 010-0123", "p1"),
        ("DESK@", "p0"),
    ] {
        let arguments = json!({ "search": text });
        let outcome = call_tool(&upstream, "list_phone_numbers", members(arguments)).await;
        let found = rows(&outcome);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0]["id"], id);
    }
}
