//! Every error in the words that the model reads: what happened, Vapi's own words, what to do.
use std::time::Duration;

use crate::support::{KEY, call_among, call_tool, context, guard, members, required, vapi};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Outcome, call},
    catalog::find,
};
use wiremock::ResponseTemplate;

const PAGE: &str = "<html><head><title>Bad Gateway</title></head><body>cloudflare</body></html>";

const TRY_LATER: &str =
    "This is an error on Vapi's side, and may be temporary: https://status.vapi.ai.";

fn arguments(tool: &str) -> Map<String, Value> {
    let tool = find(tool).unwrap();
    if tool.dial.is_some() {
        return members(
            json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" } }),
        );
    }
    required(tool)
}

async fn told(tool: &str, answer: ResponseTemplate) -> Outcome {
    let outcome = call_tool(&vapi(answer).await, tool, arguments(tool)).await;
    assert!(outcome.is_error, "{}", outcome.text);
    outcome
}

fn envelope(status: u16, error: &str, message: Value) -> ResponseTemplate {
    let body = json!({ "message": message, "error": error, "statusCode": status });
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn every_refusal_says_what_happened_why_and_what_to_do() {
    let limits = json!({ "concurrencyBlocked": false, "concurrencyLimit": 13, "remainingConcurrentCalls": 12 });
    for (tool, answer, lines) in [
        (
            "list_calls",
            envelope(401, "Unauthorized", json!("Invalid Key.")),
            [
                "Vapi answered 401 Unauthorized: Invalid Key.",
                "Check VAPI_TOKEN: a private key (not a public one) of this region; accounts in the EU need --region eu.",
            ],
        ),
        (
            "create_call",
            envelope(402, "Payment Required", json!("Purchase credits.")),
            [
                "Vapi answered 402 Payment Required: Purchase credits.",
                "The account needs credits or a payment method: Vapi's dashboard, Billing.",
            ],
        ),
        (
            "get_assistant",
            envelope(403, "Forbidden", json!("Key doesn't allow assistantId 'x'")),
            [
                "Vapi answered 403 Forbidden: Key doesn't allow assistantId 'x'",
                "The key or the account has no permission for this; Vapi's dashboard shows what a key may do.",
            ],
        ),
        (
            "list_calls",
            ResponseTemplate::new(403).set_body_raw("error code: 1010", "text/plain"),
            [
                "Vapi answered 403 Forbidden: error code: 1010",
                "Vapi's edge network blocks this network or a proxy on the way; try another.",
            ],
        ),
        (
            "get_call",
            envelope(404, "Not Found", json!("Call not found.")),
            [
                "Vapi answered 404 Not Found: Call not found.",
                "Nothing in this account and region has this id; list_calls lists what exists.",
            ],
        ),
        (
            "list_calls",
            envelope(404, "Not Found", json!("Cannot GET /v1/call")),
            [
                "Vapi answered 404 Not Found: Cannot GET /v1/call",
                "This is not the address of Vapi's API: check VAPI_API_BASE_URL.",
            ],
        ),
        (
            "create_call",
            envelope(400, "Bad Request", json!("Couldn't Get Assistant. `assistantId` x Does Not Exist.")),
            [
                "Vapi answered 400 Bad Request: Couldn't Get Assistant. `assistantId` x Does Not Exist.",
                "list_assistants lists the existing ids.",
            ],
        ),
        (
            "create_call",
            envelope(400, "Bad Request", json!("Couldn't Get Squad. `squadId` x Does Not Exist.")),
            [
                "Vapi answered 400 Bad Request: Couldn't Get Squad. `squadId` x Does Not Exist.",
                "Correct what it names, then try again.",
            ],
        ),
        (
            "create_assistant",
            envelope(400, "Bad Request", json!(["property foo should not exist", "name is too long"])),
            [
                "Vapi answered 400 Bad Request: property foo should not exist; name is too long",
                "Leave out the property that it names, or move it to where it belongs.",
            ],
        ),
        (
            "create_call",
            envelope(400, "Bad Request", json!(["customer.number must be a valid phone number in the E.164 format."])),
            [
                "Vapi answered 400 Bad Request: customer.number must be a valid phone number in the E.164 format.",
                "Give the number with + and country code, for example +15550100123.",
            ],
        ),
        (
            "create_call",
            envelope(400, "Bad Request", json!(["phoneNumberId must be a UUID"])),
            [
                "Vapi answered 400 Bad Request: phoneNumberId must be a UUID",
                "Correct what it names, then try again.",
            ],
        ),
        (
            "create_assistant",
            ResponseTemplate::new(400).set_body_raw(PAGE, "text/html"),
            [
                "Vapi answered 400 Bad Request",
                "Vapi gave no reason that can be shown; check the arguments.",
            ],
        ),
        (
            "create_call",
            ResponseTemplate::new(400).set_body_json(
                json!({ "message": "Numbers Have A Daily Outbound Call Limit.", "subscriptionLimits": limits }),
            ),
            [
                r#"Vapi answered 400 Bad Request: Numbers Have A Daily Outbound Call Limit. {"subscriptionLimits":{"concurrencyBlocked":false,"concurrencyLimit":13,"remainingConcurrentCalls":12}}"#,
                "Numbers bought from Vapi have a low daily limit: call from an imported number, or tomorrow.",
            ],
        ),
        (
            "create_call",
            ResponseTemplate::new(400)
                .set_body_json(json!({ "message": "Need Either `assistant` Or `assistantId`.", "subscriptionLimits": limits })),
            [
                r#"Vapi answered 400 Bad Request: Need Either `assistant` Or `assistantId`. {"subscriptionLimits":{"concurrencyBlocked":false,"concurrencyLimit":13,"remainingConcurrentCalls":12}}"#,
                "Correct what it names, then try again.",
            ],
        ),
        (
            "create_call",
            ResponseTemplate::new(400).set_body_json(json!({ "error": "Over Concurrency Limit" })),
            [
                r#"Vapi answered 400 Bad Request: {"error":"Over Concurrency Limit"}"#,
                "The account's limit of concurrent calls is reached: wait until one ends.",
            ],
        ),
        (
            "create_assistant",
            ResponseTemplate::new(409).set_body_json(json!({ "error": "assistant_pinned", "message": "It is pinned." })),
            [
                r#"Vapi answered 409 Conflict: It is pinned. {"error":"assistant_pinned"}"#,
                "It is in use, as Vapi's message says; end that first.",
            ],
        ),
        (
            "list_tools",
            envelope(429, "Too Many Requests", json!("Rate limit exceeded")).insert_header("retry-after", "70"),
            [
                "Vapi answered 429 Too Many Requests: Rate limit exceeded",
                "Wait 70 s, then try again.",
            ],
        ),
        (
            "list_tools",
            envelope(429, "Too Many Requests", json!("Rate limit exceeded")),
            [
                "Vapi answered 429 Too Many Requests: Rate limit exceeded\nTried 3 times.",
                "Wait a few seconds, then try again.",
            ],
        ),
        (
            "get_tool",
            envelope(500, "Internal Server Error", json!("Internal server error")),
            [
                "Vapi answered 500 Internal Server Error: Internal server error",
                TRY_LATER,
            ],
        ),
        (
            "get_tool",
            ResponseTemplate::new(502).set_body_raw(PAGE, "text/html"),
            ["Vapi answered 502 Bad Gateway\nTried 3 times.", TRY_LATER],
        ),
        (
            "get_tool",
            ResponseTemplate::new(522).set_body_raw(PAGE, "text/html"),
            ["Vapi answered 522", TRY_LATER],
        ),
    ] {
        let outcome = told(tool, answer).await;
        assert_eq!(outcome.text, lines.join("\n"));
        assert_eq!(outcome.remarks, Vec::<String>::new(), "{}", outcome.text);
    }
}

#[tokio::test]
async fn success_that_is_no_json_is_no_success() {
    for (body, why) in [
        (PAGE, "a value is missing at byte 0"),
        ("", "unexpected end of the text at byte 0"),
        ("{\"id\":", "unexpected end of the text at byte 6"),
    ] {
        let outcome = told("get_tool", ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!(
            outcome.text,
            format!(
                "Vapi answered with success, but not with JSON: {why}\n\
                 A proxy or gateway may have answered instead of Vapi: check the network and VAPI_API_BASE_URL."
            )
        );
    }
}

fn uncertain(list: &str) -> String {
    format!(
        "It may have been carried out anyway. Look it up with {list} before you retry, or it may be done twice."
    )
}

#[tokio::test]
async fn a_write_without_a_clear_answer_says_where_to_look_it_up() {
    for (tool, list) in [
        ("create_call", "list_calls"),
        ("create_assistant", "list_assistants"),
    ] {
        for answer in [
            ResponseTemplate::new(500),
            ResponseTemplate::new(502).set_body_raw(PAGE, "text/html"),
            ResponseTemplate::new(201).set_body_raw(PAGE, "text/html"),
        ] {
            assert_eq!(told(tool, answer).await.remarks, [uncertain(list)]);
        }
    }
}

/// What a read with rows, a read of one object and a write tell of a Vapi that answers so.
async fn of_connection(answer: &'static [u8], close: bool, limits: Limits) -> [Outcome; 3] {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", upstream.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut connection, _) = upstream.accept().await.unwrap();
            let mut request = [0; 65536];
            assert!(connection.read(&mut request).await.unwrap() > 0);
            connection.write_all(answer).await.unwrap();
            if !close {
                open.push(connection);
            }
        }
    });
    let outcomes = of_address(uri, limits).await;
    serving.abort();
    outcomes
}

async fn of_address(uri: String, limits: Limits) -> [Outcome; 3] {
    let api = Api::new(uri, limits);
    let (token, guard) = (Token::new(KEY).unwrap(), guard());
    let mut outcomes = Vec::new();
    for tool in ["list_calls", "get_call", "create_call"] {
        let context = context(&api, &token, &guard);
        outcomes.push(call(find(tool).unwrap(), arguments(tool), context).await);
    }
    outcomes.try_into().unwrap()
}

const SHORT: Limits = Limits {
    attempt: Duration::from_millis(400),
    call: Duration::from_secs(20),
    body: 1 << 20,
};

fn assert_told(outcomes: &[Outcome; 3], texts: [&str; 3], remarks: &[String]) {
    for (outcome, text) in outcomes.iter().zip(texts) {
        assert!(outcome.is_error);
        assert_eq!(outcome.text, text);
    }
    assert_eq!(outcomes[0].remarks, Vec::<String>::new());
    assert_eq!(outcomes[1].remarks, Vec::<String>::new());
    assert_eq!(outcomes[2].remarks, remarks);
}

#[tokio::test]
async fn a_vapi_that_does_not_answer_is_told_with_the_time_that_was_waited() {
    let text =
        "Vapi did not answer within 0.4 s\nVapi may be slow or down: https://status.vapi.ai.";
    let outcomes = of_connection(b"", false, SHORT).await;
    assert_told(&outcomes, [text; 3], &[uncertain("list_calls")]);
}

#[tokio::test]
async fn a_connection_cut_inside_an_answer_is_told() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n[{\"id\":";
    let outcomes = of_connection(answer, true, SHORT).await;
    let told = |tried: &str| {
        format!(
            "the connection to Vapi broke before the response was complete: end of file before \
             message length reached\n{tried}Vapi may be slow or down: https://status.vapi.ai."
        )
    };
    let (read, write) = (told("Tried 3 times.\n"), told(""));
    assert_told(
        &outcomes,
        [&read, &read, &write],
        &[uncertain("list_calls")],
    );
}

#[tokio::test]
async fn an_answer_that_is_too_large_says_how_to_ask_for_less_where_one_can() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 99000000\r\n\r\n";
    let outcomes = of_connection(answer, true, SHORT).await;
    let happened = "Vapi's answer is larger than 1 MB, the limit\n";
    let list = format!("{happened}Request less: a smaller limit, or a narrower range of time.");
    let one = format!("{happened}No argument makes it smaller; Vapi's dashboard shows it.");
    assert_told(&outcomes, [&list, &one, &one], &[uncertain("list_calls")]);
}

#[tokio::test]
async fn a_refused_connection_is_told_and_certainly_did_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = TcpStream::connect(address).await.unwrap_err();
    let text = format!(
        "Vapi could not be reached: {refused}\nTried 3 times.\n\
         Check the network of the machine that runs this server."
    );
    let outcomes = of_address(format!("http://{address}"), SHORT).await;
    assert_told(&outcomes, [&text; 3], &[]);
}

#[tokio::test]
async fn bad_arguments_are_told_by_place_with_what_is_expected_and_what_was_given() {
    let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    for (tool, given, lines) in [
        (
            "list_calls",
            json!({ "limit": "many", "assistant_id": "x", "createdAfter": "soon" }),
            vec![
                "`assistant_id`: is not known; did you mean `assistantId`?",
                "`limit`: must be an integer, and a string was given",
                "`createdAfter`: is not a valid ISO 8601 time; use the form 2027-03-25T22:39:27Z",
            ],
        ),
        (
            "create_call",
            json!({ "customer": { "number": 1 }, "name": "[redacted]" }),
            vec![
                "`name`: contains [redacted], which replaces a secret in results; leave it out, or give the secret",
                "`customer.number`: must be a string, and a number was given",
            ],
        ),
        (
            "get_call",
            json!({ "callId": null }),
            vec!["`callId`: is required"],
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": { "a": 1 } }),
            vec!["`fields`: must be an array, and an object was given"],
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": "{\"a\":1}" }),
            vec!["`fields`: must be an array, and a string was given"],
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": [1] }),
            vec!["`fields[0]`: must be a string, and a number was given"],
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": ["the (whole) transcript"] }),
            vec![
                "`fields`: `the (whole) transcript` is not a JSON pointer; it must start with `/`, for example `/messages/0:20`",
            ],
        ),
        (
            "list_calls",
            json!({ "cursor": 3 }),
            vec!["`cursor`: is not a cursor; give that of the previous page"],
        ),
        (
            "list_calls",
            json!({ "cursor": "next" }),
            vec!["`cursor`: is not a cursor; give that of the previous page"],
        ),
    ] {
        let outcome = call_tool(&vapi, tool, members(given)).await;
        let mut expected =
            format!("Nothing was sent: {tool} cannot be called with these arguments.");
        for line in lines {
            expected.push_str("\n- ");
            expected.push_str(line);
        }
        // The present time, of as many characters as any other.
        let told = match outcome.text.split_once("; it is now ") {
            Some((before, after)) => format!("{before}{}", &after["2027-03-25T22:39:27Z".len()..]),
            None => outcome.text,
        };
        assert_eq!(told, expected);
        assert!(outcome.is_error);
    }
    assert!(vapi.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn arguments_whose_meaning_is_certain_are_accepted() {
    for (tool, given, sent, shown) in [
        (
            "get_call",
            json!({ "callId": " x ", "fields": "[\"/a\"]" }),
            "/call/x",
            json!({ "a": 1 }),
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": "/b" }),
            "/call/x",
            json!({ "b": 2 }),
        ),
        (
            "get_call",
            json!({ "callId": "x", "fields": null }),
            "/call/x",
            json!({}),
        ),
        (
            "list_calls",
            json!({ "assistantId": " a ", "limit": "3", "cursor": null, "createdAfter": null, "fields": [""] }),
            "/call?assistantId=a&limit=3",
            json!({ "a": 1, "b": 2 }),
        ),
    ] {
        let vapi = vapi(ResponseTemplate::new(200).set_body_json(json!({ "a": 1, "b": 2 }))).await;
        let outcome = call_tool(&vapi, tool, members(given)).await;
        assert!(!outcome.is_error, "{}", outcome.text);
        assert_eq!(serde_json::from_str::<Value>(&outcome.text).unwrap(), shown);
        let url = &vapi.received_requests().await.unwrap()[0].url;
        assert_eq!(
            url.as_str().split_once("/call").unwrap().1,
            &sent["/call".len()..]
        );
    }
    let upstream = vapi(ResponseTemplate::new(201).set_body_json(json!({}))).await;
    let given = json!({ "assistantId": " a ", "phoneNumberId": "b\n", "squadId": null, "name": " kept ", "customer": { "number": "+15550100123" } });
    call_tool(&upstream, "create_call", members(given)).await;
    let body: Value =
        serde_json::from_slice(&upstream.received_requests().await.unwrap()[0].body).unwrap();
    assert_eq!(
        body,
        json!({ "assistantId": "a", "phoneNumberId": "b", "name": " kept ", "customer": { "number": "+15550100123" } })
    );
}

#[tokio::test]
async fn a_tool_that_is_not_served_is_not_named() {
    let queued = json!({ "id": "c1", "status": "queued" });
    let long = json!([{ "id": "a1", "model": { "messages": "x".repeat(90_000) } }]);
    let everything = json!({ "fields": ["/model/messages"] });
    for (tool, given, answer, other) in [
        (
            "create_call",
            arguments("create_call"),
            ResponseTemplate::new(201).set_body_json(queued),
            "wait_for_call",
        ),
        (
            "create_call",
            arguments("create_call"),
            ResponseTemplate::new(500),
            "list_calls",
        ),
        (
            "create_call",
            arguments("create_call"),
            envelope(400, "Bad Request", json!("assistantId x does not exist.")),
            "list_assistants",
        ),
        (
            "get_call",
            arguments("get_call"),
            envelope(404, "Not Found", json!("Couldn't Find Call.")),
            "list_calls",
        ),
        (
            "list_assistants",
            members(everything),
            ResponseTemplate::new(200).set_body_json(long),
            "get_assistant",
        ),
    ] {
        let vapi = vapi(answer).await;
        let said = |outcome: Outcome| format!("{}\n{}", outcome.text, outcome.remarks.join("\n"));
        let all = said(call_tool(&vapi, tool, given.clone()).await);
        let alone = said(call_among(&vapi, tool, tool, given).await);
        assert!(all.contains(other), "{other}: {all}");
        assert!(!alone.contains(other), "{other}: {alone}");
    }
}
