//! A relay on this machine: passes the requests of the server's own client on to Vapi and stores
//! each exchange, so that the recording is identical to the data that was sent.

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::scrub::Scrubber;

/// One request and its response.
#[derive(Clone, Debug)]
pub struct Exchange {
    method: String,
    target: String,
    sent: Vec<u8>,
    status: u16,
    content_type: String,
    answer: Vec<u8>,
}

/// A running relay, which ends with the program.
pub struct Relay {
    address: String,
    last: Arc<Mutex<Option<Exchange>>>,
}

impl Relay {
    /// Listens on a free port and passes every request on to `upstream`.
    pub async fn start(upstream: &str) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|error| error.to_string())?;
        let port = listener
            .local_addr()
            .map_err(|error| error.to_string())?
            .port();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        let last = Arc::new(Mutex::new(None));
        let (kept, upstream) = (Arc::clone(&last), upstream.to_owned());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let exchange = pass_on(stream, &upstream, &http).await;
                if let (Ok(exchange), Ok(mut kept)) = (exchange, kept.lock()) {
                    *kept = Some(exchange);
                }
            }
        });
        Ok(Self {
            address: format!("http://127.0.0.1:{port}"),
            last,
        })
    }

    /// The relay's own address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Takes the last exchange, if it was not yet taken.
    pub fn take(&self) -> Option<Exchange> {
        self.last.lock().ok()?.take()
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Reads one HTTP/1.1 request, forwards it, returns the response, and closes the connection.
async fn pass_on(
    stream: TcpStream,
    upstream: &str,
    http: &reqwest::Client,
) -> Result<Exchange, Failure> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut words = line.split_whitespace();
    let method = words.next().ok_or("no method")?.to_owned();
    let target = words.next().ok_or("no target")?.to_owned();
    let mut request = http.request(method.parse()?, format!("{upstream}{target}"));
    let mut length = 0;
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse()?,
            "host" | "accept-encoding" | "connection" => {}
            name => request = request.header(name, value),
        }
    }
    let mut sent = vec![0; length];
    stream.read_exact(&mut sent).await?;
    let answer = request.body(sent.clone()).send().await?;
    let status = answer.status().as_u16();
    let content_type = answer
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/octet-stream")
        .to_owned();
    let answer = answer.bytes().await?.to_vec();
    let exchange = Exchange {
        method,
        target,
        sent,
        status,
        content_type,
        answer,
    };
    let head = format!(
        "HTTP/1.1 {status} Recorded\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        exchange.content_type,
        exchange.answer.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&exchange.answer).await?;
    stream.flush().await?;
    Ok(exchange)
}

impl Exchange {
    /// The fixture's `request`.
    pub fn request(&self, scrubber: &mut Scrubber) -> Value {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let path: Vec<String> = path
            .split('/')
            .map(|segment| scrubber.path_segment(segment))
            .collect();
        let mut request = Map::new();
        request.insert("method".to_owned(), json!(self.method));
        request.insert("path".to_owned(), json!(path.join("/")));
        let pairs = reqwest::Url::parse(&format!("http://relay/?{query}"));
        let query: Map<String, Value> = pairs
            .iter()
            .flat_map(reqwest::Url::query_pairs)
            .map(|(name, value)| {
                let value = Value::from(scrubber.query(&value));
                (name.into_owned(), value)
            })
            .collect();
        if !query.is_empty() {
            request.insert("query".to_owned(), Value::Object(query));
        }
        if let Ok(body) = serde_json::from_slice(&self.sent) {
            request.insert("body".to_owned(), scrubber.scrub(body));
        }
        Value::Object(request)
    }

    /// The fixture's `response`. Of a body that is not JSON, only the length is kept.
    pub fn response(&self, scrubber: &mut Scrubber) -> Value {
        let body = serde_json::from_slice(&self.answer)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&self.answer).into_owned()));
        json!({ "status": self.status, "content_type": self.content_type, "body": scrubber.scrub(body) })
    }
}
