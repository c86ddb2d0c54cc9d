//! A server over a fake Vapi, and a client that shows what is on the wire.

use std::process::Stdio;

use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, ChildStdout, Command},
};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::support::{
    process::command,
    wait::{HANG, until, within},
};

/// The protocol with and without a handshake.
pub const LEGACY: &str = "2025-06-18";
pub const MODERN: &str = "2026-07-28";

pub struct Server {
    pub url: String,
    pub metrics: Option<String>,
    pub child: Child,
    pub vapi: MockServer,
    pub http: reqwest::Client,
    stdout: tokio::io::Lines<BufReader<ChildStdout>>,
    _folder: TempDir,
}

/// Answers with the key it was asked with, so that a mixed-up answer shows; with dots in it, because
/// a caller's own key is hidden.
struct Mark;

impl Respond for Mark {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let key = request.headers["authorization"].to_str().unwrap();
        let id = key.strip_prefix("Bearer ").unwrap();
        if id.starts_with("unknown") {
            return ResponseTemplate::new(401).set_body_json(json!({ "message": "Invalid Key." }));
        }
        ResponseTemplate::new(200)
            .set_body_json(json!({ "id": id.replace('-', "."), "name": "Receptionist" }))
    }
}

impl Server {
    pub async fn start(flags: &[&str]) -> Self {
        Self::with(flags, &[]).await
    }

    pub async fn with(flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let vapi = MockServer::start().await;
        Mock::given(matchers::any())
            .respond_with(Mark)
            .mount(&vapi)
            .await;
        Self::over(vapi, flags, variables).await
    }

    pub async fn over(vapi: MockServer, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let program = command(folder.path(), &[]);
        Self::run(vapi, program, folder, flags, variables).await
    }

    /// A server that may open this many files.
    #[cfg(unix)]
    pub async fn with_files(files: u32, flags: &[&str]) -> Self {
        let vapi = MockServer::start().await;
        let folder = TempDir::new().unwrap();
        let mut program = Command::new("/bin/sh");
        let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        program
            .args(["-c", &script, env!("CARGO_BIN_EXE_vapi-mcp")])
            .env_clear()
            .current_dir(folder.path())
            .kill_on_drop(true);
        Self::run(vapi, program, folder, flags, &[]).await
    }

    async fn run(
        vapi: MockServer,
        mut command: Command,
        folder: TempDir,
        flags: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        // A process has one; another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // There is no balancer to wait for.
        let drain: &[&str] = if flags.contains(&"--drain-seconds") {
            &[]
        } else {
            &["--drain-seconds", "0"]
        };
        command
            .env("VAPI_API_BASE_URL", vapi.uri())
            .args(["http", "--listen", "127.0.0.1:0"])
            .args(flags)
            .args(drain)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = within("the address", stdout.next_line()).await;
        let Some(line) = line.unwrap() else {
            let mut said = String::new();
            let mut pipe = child.stderr.take().unwrap();
            within("its last words", pipe.read_to_string(&mut said))
                .await
                .unwrap();
            panic!("it does not serve: {said}");
        };
        let url = line
            .strip_prefix("Serving ")
            .unwrap()
            .strip_suffix("/mcp")
            .unwrap();
        let metrics = if flags.contains(&"--metrics-listen") {
            let line = within("the address of the metrics", stdout.next_line()).await;
            let line = line.unwrap().unwrap();
            Some(line.strip_prefix("Metrics at ").unwrap().to_owned())
        } else {
            None
        };
        Self {
            url: url.to_owned(),
            metrics,
            child,
            vapi,
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(HANG)
                .build()
                .unwrap(),
            stdout,
            _folder: folder,
        }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// A POST of a message to `/mcp` with the headers that every client sends.
    pub fn post(&self, token: &str, message: &Value) -> RequestBuilder {
        let request = self
            .http
            .post(self.at("/mcp"))
            .header(header::ACCEPT, "application/json, text/event-stream")
            .json(message);
        if token.is_empty() {
            request
        } else {
            request.bearer_auth(token)
        }
    }

    /// A POST that lacks the last byte of its message, of which the server has begun to read.
    pub async fn begin(&self, request: RequestBuilder) -> Begun {
        let request = request.build().unwrap();
        let body = request.body().unwrap().as_bytes().unwrap();
        let (&last, begun) = body.split_last().unwrap();
        let address = self.url.strip_prefix("http://").unwrap();
        let mut head = format!(
            "POST {} HTTP/1.1\r\nHost: localhost\r\n",
            request.url().path()
        );
        for (name, value) in request.headers() {
            head += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
        let length = begun.len() + 1;
        head += &format!("Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n");
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut go_on = [0; 25];
        let read = stream.read_exact(&mut go_on);
        within("`100 Continue`", read).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(begun).await.unwrap();
        Begun { stream, last }
    }

    /// One request of the newest protocol.
    pub async fn modern(&self, token: &str, method: &str, params: Value) -> Response {
        self.modern_request(token, method, params)
            .send()
            .await
            .unwrap()
    }

    pub fn modern_request(&self, token: &str, method: &str, mut params: Value) -> RequestBuilder {
        let meta = &mut params["_meta"];
        meta["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        let name = params["name"].as_str().unwrap_or_default().to_owned();
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = self
            .post(token, &message)
            .header("mcp-protocol-version", MODERN)
            .header("mcp-method", method);
        if name.is_empty() {
            request
        } else {
            request.header("mcp-name", name)
        }
    }

    /// Opens a session of the older protocol.
    pub async fn session(&self, token: &str) -> Session<'_> {
        let response = self.post(token, &initialize(LEGACY)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let id = response.headers()["mcp-session-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let answer = message(response).await;
        assert_eq!(answer["result"]["protocolVersion"], LEGACY);
        let session = Session {
            server: self,
            token: token.to_owned(),
            id,
        };
        let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let accepted = session.post(&done).send().await.unwrap();
        assert_eq!(accepted.status(), StatusCode::ACCEPTED);
        session
    }

    /// Waits until Vapi has this many requests.
    pub async fn asked(&self, times: usize) {
        let what = format!("{times} requests at Vapi");
        until(&what, async || {
            self.vapi.received_requests().await.unwrap().len() >= times
        })
        .await;
    }

    /// Asks the process to end as a supervisor does.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let status = std::process::Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Its exit code and all that it has written to standard error.
    pub async fn ended(&mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        let mut pipe = self.child.stderr.take().unwrap();
        within("the end of standard error", pipe.read_to_string(&mut said))
            .await
            .unwrap();
        let status = within("the end of the server", self.child.wait()).await;
        let more = within("the end of standard output", self.stdout.next_line()).await;
        assert_eq!(more.unwrap(), None);
        (status.unwrap().code(), said)
    }

    pub async fn metrics_text(&self) -> String {
        let url = self.metrics.as_ref().unwrap();
        self.http
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }
}

/// A message of which the last byte has not been sent.
pub struct Begun {
    stream: TcpStream,
    last: u8,
}

impl Begun {
    /// Sends the rest; the status of the answer.
    pub async fn end(mut self) -> u16 {
        self.stream.write_all(&[self.last]).await.unwrap();
        let mut line = [0; 12];
        let answer = self.stream.read_exact(&mut line);
        within("the answer", answer).await.unwrap();
        let line = std::str::from_utf8(&line).unwrap();
        line.strip_prefix("HTTP/1.1 ").unwrap().parse().unwrap()
    }
}

pub struct Session<'a> {
    server: &'a Server,
    pub token: String,
    pub id: String,
}

impl Session<'_> {
    pub fn post(&self, message: &Value) -> RequestBuilder {
        self.server
            .post(&self.token, message)
            .header("mcp-session-id", &self.id)
            .header("mcp-protocol-version", LEGACY)
    }

    pub fn call_request(&self, id: u64, tool: &str, arguments: Value) -> RequestBuilder {
        self.post(&call(id, tool, arguments))
    }

    pub async fn call(&self, tool: &str, arguments: Value) -> Value {
        let response = self.call_request(7, tool, arguments).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        message(response).await
    }
}

pub fn initialize(version: &str) -> Value {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })
}

pub fn call(id: u64, tool: &str, arguments: Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

/// The one message of an answer, JSON or a stream of events. No event may be empty.
pub async fn message(response: Response) -> Value {
    let kind = response.headers()[header::CONTENT_TYPE]
        .to_str()
        .unwrap()
        .to_owned();
    let text = response.text().await.unwrap();
    if kind == "application/json" {
        return serde_json::from_str(&text).unwrap();
    }
    assert_eq!(kind, "text/event-stream");
    assert!(text.contains("event: message\ndata:"), "{text}");
    let data: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .collect();
    assert_eq!(data.len(), 1, "{text}");
    serde_json::from_str(data[0]).unwrap()
}

/// What the first block of a tool's result shows.
pub fn shown(answer: &Value) -> Value {
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    serde_json::from_str(text).unwrap()
}
