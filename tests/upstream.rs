//! Vapi at its worst, over real sockets: what the model is told, and that nothing hangs.
use std::time::Duration;

use crate::support::{KEY, context, guard, members};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Outcome, call},
    catalog::find,
};

const LIMITS: Limits = Limits {
    attempt: Duration::from_millis(400),
    call: Duration::from_secs(20),
    body: 1 << 20,
};

const UNCERTAIN: &str = "It may have been carried out anyway. Look it up with list_calls before you retry, or it may be done twice.";

/// Calls a read and a write on an upstream that answers every connection with these bytes, then
/// closes it, or keeps it open.
async fn outcomes(answer: &'static [u8], close: bool, limits: Limits) -> [Outcome; 2] {
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
    let api = Api::new(uri, limits);
    let outcomes = [read(&api).await, write(&api).await];
    serving.abort();
    outcomes
}

async fn read(api: &Api) -> Outcome {
    call(
        find("list_calls").unwrap(),
        members(json!({})),
        context(api, &Token::new(KEY).unwrap(), &guard()),
    )
    .await
}

async fn write(api: &Api) -> Outcome {
    let arguments = members(
        json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15550100123" } }),
    );
    call(
        find("create_call").unwrap(),
        arguments,
        context(api, &Token::new(KEY).unwrap(), &guard()),
    )
    .await
}

fn assert_error(outcomes: &[Outcome; 2], text: &str) {
    for outcome in outcomes {
        assert!(outcome.is_error);
        assert!(outcome.text.starts_with(text), "{}", outcome.text);
    }
    assert_eq!(outcomes[0].remarks, Vec::<String>::new());
    assert_eq!(outcomes[1].remarks, [UNCERTAIN]);
}

#[tokio::test]
async fn silence_ends_with_the_attempt() {
    let outcomes = outcomes(b"", false, LIMITS).await;
    assert_error(&outcomes, "Vapi did not answer within 0.4 s");
}

#[tokio::test]
async fn the_call_has_a_deadline_of_its_own() {
    let limits = Limits {
        attempt: Duration::from_secs(60),
        call: Duration::from_millis(300),
        ..LIMITS
    };
    let outcomes = outcomes(
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[",
        false,
        limits,
    )
    .await;
    assert_error(&outcomes, "Vapi did not answer within 0.3 s");
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_told() {
    assert_error(
        &outcomes(b"", true, LIMITS).await,
        "the connection to Vapi broke before",
    );
}

#[tokio::test]
async fn an_answer_cut_short_is_told() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[1,";
    assert_error(
        &outcomes(answer, true, LIMITS).await,
        "the connection to Vapi broke before",
    );
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 99000000\r\n\r\n";
    assert_error(
        &outcomes(announced, false, LIMITS).await,
        "Vapi's response is larger than 1 MB",
    );
    let limits = Limits { body: 3, ..LIMITS };
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[1\r\n2\r\n,2\r\n1\r\n]\r\n0\r\n\r\n";
    assert_error(
        &outcomes(chunked, false, limits).await,
        "Vapi's response is larger than 3 bytes",
    );
}

#[tokio::test]
async fn an_answer_after_a_redirect_is_not_fetched() {
    let answer = b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n";
    let [read, write] = outcomes(answer, true, LIMITS).await;
    let told = "Vapi answered 307 Temporary Redirect\n\
                This is not the address of Vapi's API: check VAPI_API_BASE_URL.";
    assert_eq!(read.text, told);
    assert_eq!(write.text, told);
}

#[tokio::test]
async fn a_refused_connection_certainly_did_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let api = Api::new(format!("http://{address}"), LIMITS);
    for outcome in [read(&api).await, write(&api).await] {
        assert!(
            outcome.text.starts_with("Vapi could not be reached: "),
            "{}",
            outcome.text
        );
        assert!(outcome.text.contains("refused"), "{}", outcome.text);
        assert_eq!(outcome.remarks, Vec::<String>::new());
    }
}

#[tokio::test]
async fn success_without_json_may_have_been_a_success() {
    let page = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n<html/> ";
    assert_error(
        &outcomes(page, true, LIMITS).await,
        "Vapi returned a success status, but the body is not JSON: ",
    );
    let empty = b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";
    assert_error(
        &outcomes(empty, true, LIMITS).await,
        "Vapi returned a success status, but the body is not JSON: ",
    );
}

#[tokio::test]
async fn an_error_that_cannot_be_read_shows_nothing_of_its_body() {
    for answer in [
        b"HTTP/1.1 400 Bad Request\r\ncontent-length: 21\r\n\r\n{\"apiKey\":\"s3cret\"}}x"
            .as_slice(),
        b"HTTP/1.1 400 Bad Request\r\ncontent-length: 20\r\n\r\n\xff{\"apiKey\":\"s3cret\"}",
        b"HTTP/1.1 400 Bad Request\r\ncontent-length: 13\r\n\r\n<p>s3cret</p>",
    ] {
        let [read, write] = outcomes(answer, true, LIMITS).await;
        assert_eq!(
            read.text,
            "Vapi answered 400 Bad Request\n\
             Vapi gave no reason that can be shown; check the arguments."
        );
        assert_eq!(write.text, read.text);
    }
}
