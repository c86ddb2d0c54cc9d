//! The older transport.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::client::{LEGACY, Server, call, initialize, shown};
use crate::support::wait;

/// A stream of events, read one by one.
struct Stream {
    server: String,
    http: reqwest::Client,
    token: String,
    address: String,
    events: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>>>>,
    text: String,
}

impl Stream {
    async fn open(server: &Server, token: &str) -> Self {
        let response = server
            .http
            .get(server.at("/sse"))
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "text/event-stream"
        );
        let mut stream = Self {
            server: server.url.clone(),
            http: server.http.clone(),
            token: token.to_owned(),
            address: String::new(),
            events: Box::pin(response.bytes_stream()),
            text: String::new(),
        };
        let (event, address) = stream.event().await;
        assert_eq!(event, "endpoint");
        stream.address = address;
        stream
    }

    /// The name and the data of the next event.
    async fn event(&mut self) -> (String, String) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines
                        .find_map(|line| line.strip_prefix(name))
                        .map(|v| v.trim().to_owned())
                };
                let found = field("event:").zip(field("data:"));
                self.text = rest.to_owned();
                if let Some(found) = found {
                    return found;
                }
                continue;
            }
            let chunk = wait::within("an event", self.events.next()).await;
            self.text
                .push_str(std::str::from_utf8(&chunk.expect("it ended").unwrap()).unwrap());
        }
    }

    async fn message(&mut self) -> Value {
        let (event, data) = self.event().await;
        assert_eq!(event, "message");
        serde_json::from_str(&data).unwrap()
    }

    async fn post_as(&self, token: &str, message: &Value) -> Response {
        let url = format!("{}{}", self.server, self.address);
        self.http
            .post(url)
            .bearer_auth(token)
            .json(message)
            .send()
            .await
            .unwrap()
    }

    async fn post(&self, message: &Value) {
        let response = self.post_as(&self.token, message).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
    }

    async fn initialize(&mut self) {
        self.post(&initialize(LEGACY)).await;
        assert_eq!(self.message().await["result"]["protocolVersion"], LEGACY);
        self.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
            .await;
    }
}

#[tokio::test]
async fn a_client_of_the_older_transport_is_served() {
    let server = Server::start(&["--sse"]).await;
    let mut stream = Stream::open(&server, "one").await;
    stream.initialize().await;
    stream
        .post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }))
        .await;
    assert_eq!(
        stream.message().await["result"]["tools"]
            .as_array()
            .unwrap()
            .len(),
        vapi_mcp::catalog::Toolset::default().all().count()
    );
    stream
        .post(&call(2, "get_assistant", json!({ "assistantId": "a" })))
        .await;
    assert_eq!(shown(&stream.message().await)["id"], "one");
    let broken = stream.post_as("one", &json!({ "hello": "there" })).await;
    assert_eq!(broken.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_stream_does_not_exist_for_another_token_nor_after_its_end() {
    let server = Server::start(&["--sse"]).await;
    let mut stream = Stream::open(&server, "one").await;
    stream.initialize().await;
    let ping = json!({ "jsonrpc": "2.0", "id": 9, "method": "ping" });
    assert_eq!(
        stream.post_as("two", &ping).await.status(),
        StatusCode::NOT_FOUND
    );
    // Nor is it a session of the other transport.
    let id = stream.address.split_once('=').unwrap().1.to_owned();
    let request = server.post("one", &ping).header("mcp-session-id", &id);
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    let delete = server.http.delete(server.at("/mcp")).bearer_auth("one");
    let deleted = delete.header("mcp-session-id", &id).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NOT_FOUND);
    stream.post(&ping).await;
    assert_eq!(stream.message().await["id"], 9);

    let Stream {
        events, address, ..
    } = stream;
    drop(events);
    let post = || {
        server
            .http
            .post(server.at(&address))
            .bearer_auth("one")
            .json(&ping)
            .send()
    };
    wait::until("the end of the stream", async || {
        post().await.unwrap().status() == StatusCode::NOT_FOUND
    })
    .await;
}

#[tokio::test]
async fn closing_the_stream_or_cancelling_ends_a_call() {
    let vapi = MockServer::start().await;
    let slow = ResponseTemplate::new(200)
        .set_body_json(json!([]))
        .set_delay(Duration::from_secs(600));
    Mock::given(matchers::any())
        .respond_with(slow)
        .mount(&vapi)
        .await;
    let flags = [
        "--sse",
        "--calls-per-token",
        "1",
        "--metrics-listen",
        "127.0.0.1:0",
    ];
    let server = Server::over(vapi, &flags, &[]).await;
    let idle = async || {
        wait::until("the end of the call", async || {
            server.metrics_text().await.contains("vapi_mcp_calls 0")
        })
        .await;
    };
    let mut stream = Stream::open(&server, "one").await;
    stream.initialize().await;
    stream.post(&call(1, "list_calls", json!({}))).await;
    let refused = stream
        .post_as("one", &call(2, "list_calls", json!({})))
        .await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let params = json!({ "requestId": 1 });
    stream
        .post(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }))
        .await;
    idle().await;
    stream.post(&call(3, "list_calls", json!({}))).await;
    drop(stream);
    idle().await;
}

#[tokio::test]
async fn calls_under_way_are_answered_before_the_server_ends() {
    let vapi = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_body_json(json!({ "id": "late" }));
    Mock::given(matchers::any())
        .respond_with(late.set_delay(Duration::from_secs(1)))
        .mount(&vapi)
        .await;
    let mut server = Server::over(vapi, &["--sse"], &[]).await;
    let mut streams = Vec::new();
    for key in 0..16 {
        let mut stream = Stream::open(&server, &format!("key{key}")).await;
        stream.initialize().await;
        streams.push(stream);
    }
    for stream in &streams {
        let call = call(1, "get_assistant", json!({ "assistantId": "a" }));
        stream.post(&call).await;
    }
    server.terminate();
    for mut stream in streams {
        assert_eq!(shown(&stream.message().await)["id"], "late");
    }
    assert_eq!(server.ended().await.0, Some(0));
}

#[tokio::test]
async fn streams_and_sessions_share_the_places_of_a_caller() {
    let server = Server::start(&["--sse", "--max-sessions-per-token", "2"]).await;
    let _stream = Stream::open(&server, "one").await;
    server.session("one").await;
    let more = server
        .http
        .get(server.at("/sse"))
        .bearer_auth("one")
        .send()
        .await
        .unwrap();
    assert_eq!(more.status(), StatusCode::TOO_MANY_REQUESTS);
    let session = server
        .post("one", &initialize(LEGACY))
        .send()
        .await
        .unwrap();
    assert_eq!(session.status(), StatusCode::TOO_MANY_REQUESTS);
    Stream::open(&server, "two").await;
}
