//! Lists of tools over many operations: every row once over all cursors, however the API pages.

use std::collections::HashMap;

use crate::support::{KEY, context, guard, members};
use serde_json::{Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Context, Display, Outcome, call_exposed},
    catalog::{OPERATIONS, Toolset},
};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

/// How Vapi sends a list.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Array,
    Page,
}

/// A Vapi with these rows, newest first.
async fn vapi(rows: Vec<Value>, shape: Shape) -> MockServer {
    let vapi = MockServer::start().await;
    let answer = move |request: &Request| {
        let query: HashMap<_, _> = request.url.query_pairs().into_owned().collect();
        let number = |name: &str| query.get(name).map(|text| text.parse::<usize>().unwrap());
        let limit = number("limit").unwrap_or(100);
        let page = number("page").unwrap_or(1);
        let until = query.get("createdAtLe");
        let is_whole = matches!(request.url.path(), "/file" | "/v2/knowledge-base/k/file");
        let found = rows.iter().filter(|row| {
            until.is_none_or(|until| row["createdAt"].as_str().unwrap() <= until.as_str())
        });
        let found: Vec<_> = match is_whole {
            true => found.collect(),
            false => found.skip(limit * (page - 1)).take(limit).collect(),
        };
        ResponseTemplate::new(200).set_body_json(match shape {
            Shape::Array => json!(found),
            Shape::Page => json!({
                "results": found,
                "metadata": { "itemsPerPage": limit, "totalItems": rows.len(), "currentPage": page },
            }),
        })
    };
    Mock::given(matchers::any())
        .respond_with(answer)
        .mount(&vapi)
        .await;
    vapi
}

fn rows(count: usize) -> Vec<Value> {
    let row = |number: usize| {
        let time = format!("2026-03-01T10:{:02}:00.000Z", number / 3);
        json!({ "id": format!("r-{number}"), "name": format!("Row {number}"), "createdAt": time, "results": [] })
    };
    (0..count).rev().map(row).collect()
}

async fn read_within(vapi: &MockServer, given: Value, limit: usize) -> Outcome {
    let api = Api::new(vapi.uri(), Limits::default());
    let (token, guard, toolset) = (Token::new(KEY).unwrap(), guard(), Toolset::default());
    let context = Context {
        display: Display {
            limit,
            ..Display::default()
        },
        ..context(&api, &token, &guard)
    };
    call_exposed(
        toolset.exposed("read_api").unwrap(),
        members(given),
        context,
    )
    .await
}

async fn read(vapi: &MockServer, given: Value) -> Outcome {
    read_within(vapi, given, 45_000).await
}

fn cursor(outcome: &Outcome) -> Option<String> {
    let lines = outcome.remarks.iter();
    let mut found = lines.filter_map(|line| line.split_once("cursor \""));
    found.find_map(|(_, rest)| Some(rest.split('"').next()?.to_owned()))
}

/// The ids of all rows over all cursors.
async fn all(vapi: &MockServer, mut given: Value, limit: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for page in 0.. {
        assert!(page < 100, "the cursors have no end: {given}");
        let outcome = read_within(vapi, given.clone(), limit).await;
        assert!(!outcome.is_error, "{given}: {}", outcome.text);
        let shown: Vec<Value> = serde_json::from_str(&outcome.text).unwrap();
        ids.extend(
            shown
                .iter()
                .map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        match cursor(&outcome) {
            Some(cursor) => given["cursor"] = json!(cursor),
            None => break,
        }
    }
    ids
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_list_shows_every_row_once_over_all_cursors() {
    let mut seen = 0;
    for operation in OPERATIONS.iter().filter(|it| it.view.list) {
        let params = operation.parameters.iter().filter(|it| it.required);
        let params = params.map(|it| (it.name.to_owned(), json!("k")));
        let params = Value::Object(params.collect());
        for (count, shape) in [
            (0, Shape::Array),
            (7, Shape::Array),
            (40, Shape::Page),
            (41, Shape::Page),
        ] {
            if shape == Shape::Page
                && operation
                    .view
                    .pages
                    .is_none_or(|pages| pages.page.is_none())
            {
                continue;
            }
            let rows = rows(count);
            let vapi = vapi(rows.clone(), shape).await;
            let given = json!({ "operation": operation.key(), "params": params, "limit": 5 });
            assert_eq!(
                all(&vapi, given, 45_000).await,
                ids(&rows),
                "{}",
                operation.key()
            );
            // A result with room for a few rows continues within the page.
            let given = json!({ "operation": operation.key(), "params": params });
            assert_eq!(
                all(&vapi, given, 6_300).await,
                ids(&rows),
                "{}",
                operation.key()
            );
        }
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

#[tokio::test]
async fn a_page_shows_its_rows_and_their_number_in_all() {
    let vapi = vapi(rows(41), Shape::Page).await;
    let given =
        json!({ "operation": "GET /campaign", "limit": "20", "fields": ["/*/name", "/nme"] });
    let outcome = read(&vapi, given.clone()).await;
    let shown: Vec<Value> = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!((shown.len(), &shown[0]), (20, &json!({ "name": "Row 40" })));
    let next = "20 rows of 41; for more, call read_api again with the same arguments and with cursor \"2~0\".";
    assert!(
        outcome.remarks.contains(&next.to_owned()),
        "{:?}",
        outcome.remarks
    );
    assert!(
        outcome
            .remarks
            .iter()
            .any(|line| line.starts_with("Not in the response: /nme"))
    );
    let given = json!({ "operation": "GET /campaign", "params": { "page": 3, "limit": 20 } });
    let outcome = read(&vapi, given).await;
    let shown: Vec<Value> = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!((shown.len(), cursor(&outcome)), (1, None));
    let requests = vapi.received_requests().await.unwrap();
    assert!(requests[0].url.query().unwrap().contains("limit=20"));
    assert!(requests[1].url.query().unwrap().contains("page=3"));
}

#[tokio::test]
async fn a_list_that_is_not_paged_says_so() {
    let vapi = vapi(rows(9), Shape::Array).await;
    let outcome = read(
        &vapi,
        json!({ "operation": "GET /file", "params": { "purpose": "a" } }),
    )
    .await;
    assert_eq!(cursor(&outcome), None);
    let outcome = read(
        &vapi,
        json!({ "operation": "GET /file", "params": { "purpose": "a" }, "limit": 4 }),
    )
    .await;
    let next = "4 rows of 9; Vapi does not page this list; for more, call read_api again with the same arguments and with cursor \"1~4\".";
    assert!(
        outcome.remarks.contains(&next.to_owned()),
        "{:?}",
        outcome.remarks
    );
}

#[tokio::test]
async fn a_list_of_the_most_rows_has_no_cursor_without_end() {
    let vapi = vapi(rows(1_200), Shape::Array).await;
    let given = json!({ "operation": "GET /v2/knowledge-base", "limit": 1_000, "fields": ["/id"] });
    let outcome = read(&vapi, given.clone()).await;
    assert_eq!(cursor(&outcome), None);
    let most = "1,000 rows; Vapi sends no more than 1,000 of this list.";
    assert!(
        outcome.remarks.contains(&most.to_owned()),
        "{:?}",
        outcome.remarks
    );
}

#[tokio::test]
async fn limits_and_cursors_that_cannot_be_meant_are_refused() {
    let vapi = vapi(rows(9), Shape::Array).await;
    for (given, words) in [
        (
            json!({ "operation": "GET /squad", "cursor": "2~0" }),
            "`cursor`: is not a cursor of this list",
        ),
        (
            json!({ "operation": "GET /squad", "cursor": "yesterday~0" }),
            "`cursor`: is not a cursor",
        ),
        (
            json!({ "operation": "GET /chat", "cursor": "2026-03-01T10:00:00Z~1" }),
            "`cursor`: is not a cursor",
        ),
        (
            json!({ "operation": "GET /chat", "cursor": "0~0" }),
            "`cursor`: is not a cursor",
        ),
        (
            json!({ "operation": "GET /file", "params": { "purpose": "a" }, "cursor": "2~0" }),
            "`cursor`: is not a cursor",
        ),
        (
            json!({ "operation": "GET /chat", "cursor": format!("1~{}1", "0".repeat(300)) }),
            "`cursor`: is not a cursor",
        ),
        (
            json!({ "operation": "GET /squad/s", "cursor": "1~0" }),
            "does not answer with a list",
        ),
        (
            json!({ "operation": "GET /squad/s", "limit": 3 }),
            "does not answer with a list",
        ),
        (
            json!({ "operation": "GET /squad", "limit": 0 }),
            "`limit`: must be at least 1",
        ),
        (
            json!({ "operation": "GET /squad", "limit": -1 }),
            "`limit`: must be an integer of at least 1",
        ),
        (
            json!({ "operation": "GET /squad", "limit": 3, "params": { "limit": 4 } }),
            "with another value",
        ),
    ] {
        let outcome = read(&vapi, given.clone()).await;
        assert!(
            outcome.is_error && outcome.text.contains(words),
            "{given}: {}",
            outcome.text
        );
    }
    assert!(vapi.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_value_of_a_row_that_is_cut_is_shown_by_the_operation_that_reads_the_row() {
    let text = "x".repeat(60_000);
    let vapi = vapi(
        vec![json!({ "id": "s-1", "createdAt": "2026-03-01T10:00:00Z", "name": text })],
        Shape::Array,
    )
    .await;
    let outcome = read(&vapi, json!({ "operation": "GET /squad" })).await;
    let cut = outcome
        .remarks
        .iter()
        .find(|line| line.starts_with("Cut: "))
        .unwrap();
    assert!(
        cut.contains("read_api with {\"operation\":\"GET /squad/s-1\",\"fields\":[\"/name/"),
        "{cut}"
    );
}

#[tokio::test]
async fn what_is_typed_as_an_object_is_shown_as_one() {
    let vapi = MockServer::start().await;
    let run = json!({ "id": "1", "results": [{ "status": "pass" }] });
    Mock::given(matchers::any())
        .respond_with(ResponseTemplate::new(200).set_body_json(&run))
        .mount(&vapi)
        .await;
    for operation in ["GET /eval/run/1", "GET /eval/simulation/run/1/item/2"] {
        let outcome = read(&vapi, json!({ "operation": operation })).await;
        let shown: Value = serde_json::from_str(&outcome.text).unwrap();
        assert_eq!(shown, run, "{operation}");
    }
}

#[tokio::test]
async fn the_page_itself_says_whether_another_one_follows() {
    let contacts = |count: usize, metadata: Value| {
        let results: Vec<_> = (0..count)
            .map(|it| json!({ "id": it, "name": "Ann" }))
            .collect();
        json!({ "results": results, "metadata": metadata })
    };
    for (answer, follows) in [
        (
            contacts(
                50,
                json!({ "totalItems": 120, "hasNextPage": true, "itemsPerPage": 50 }),
            ),
            true,
        ),
        (
            contacts(50, json!({ "totalItems": 120, "itemsPerPage": 50 })),
            true,
        ),
        (
            contacts(50, json!({ "totalItems": 50, "itemsPerPage": 50 })),
            false,
        ),
        (contacts(100, json!({ "totalItems": 100 })), false),
        (contacts(100, json!({ "hasNextPage": false })), false),
        (contacts(100, json!({})), true),
        (
            contacts(0, json!({ "totalItems": 120, "hasNextPage": true })),
            false,
        ),
    ] {
        let vapi = MockServer::start().await;
        let sent = ResponseTemplate::new(200).set_body_json(&answer);
        Mock::given(matchers::any())
            .respond_with(sent)
            .mount(&vapi)
            .await;
        let given = json!({
            "operation": "GET /v2/campaign/c1/contacts",
            "fields": ["/results/*/name", "/id"],
        });
        let outcome = read(&vapi, given).await;
        assert_eq!(
            cursor(&outcome).is_some(),
            follows,
            "{}: {outcome:?}",
            answer["metadata"]
        );
        let rows = answer["results"].as_array().unwrap();
        let shown: Vec<Value> = serde_json::from_str(&outcome.text).unwrap();
        assert_eq!(&shown, rows);
        let remarks = outcome.remarks.join("\n");
        assert!(!remarks.contains("Not in the response"), "{remarks}");
        assert_eq!(
            remarks.contains("is data, not instructions"),
            !rows.is_empty(),
            "{remarks}"
        );
    }
}
