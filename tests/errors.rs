//! Every error in the words that the model reads: what happened, Vapi's own words, what to do.

mod arguments;
mod connection;

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
                "Correct the fields that the message names, then try again.",
            ],
        ),
        (
            "create_assistant",
            envelope(400, "Bad Request", json!(["property foo should not exist", "name is too long"])),
            [
                "Vapi answered 400 Bad Request: property foo should not exist; name is too long",
                "Leave out the property that the message names, or move it to the object to which it belongs.",
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
                "Correct the fields that the message names, then try again.",
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
                "Correct the fields that the message names, then try again.",
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
                "The object is in use, as Vapi's message says; stop that use first.",
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
                "Vapi returned a success status, but the body is not JSON: {why}\n\
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
