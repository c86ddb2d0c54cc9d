//! Many calls at once on a Vapi that fails in every way, from clients that cancel and go away:
//! every call gets its one answer, no write reaches Vapi twice, and nothing is left behind.
//! `VAPI_MCP_SOAK_SECONDS` says for how long; from five minutes on, memory is held to its bound.
use std::{
    collections::{HashMap, HashSet},
    env, fs,
    path::Path,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::support::{
    KEY,
    faults::{
        Act::{self, Say, Serve},
        Then::{Close, Hold, Keep, Reset},
        Upstream, answer,
    },
    process::command,
    wait::{HANG, until, within},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin},
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, timeout},
};

const PROCESSES: usize = 3;

/// Calls of a process at one time; more than are sent to Vapi at one time.
const WORKERS: usize = 12;

/// What memory may grow by between the first minute and the end, in kB.
const GROWTH: i64 = 2_000;

static MARKS: AtomicUsize = AtomicUsize::new(0);

fn seconds() -> u64 {
    env::var("VAPI_MCP_SOAK_SECONDS").map_or(4, |seconds| seconds.parse().unwrap())
}

/// The fate of this request, the same whenever it is asked for.
fn fate(request: usize) -> u8 {
    fastrand::Rng::with_seed(request as u64).u8(..40)
}

/// Of the fates the one after which a write is sent again.
const LIMITED: u8 = 0;

fn act(request: usize) -> Act {
    let json = "content-type: application/json\r\n";
    let status = |status| Say(answer(status, "", b""), Keep);
    let large = || answer("200 OK", json, &[b' '; 200_000]);
    match fate(request) {
        LIMITED => status("429 Too Many Requests"),
        1 => Say(vec![], Hold),
        2 => Say(
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[".into(),
            Hold,
        ),
        3 => Say(vec![], Reset),
        4 => Say(vec![], Close),
        5 => Say(large()[..100_000].into(), Reset),
        6 => Say(large()[..100_000].into(), Close),
        7 => Say(answer("200 OK", json, b"{\"id\":\"x1\"}"), Close),
        8 => Say(answer("200 OK", "", b"<html>"), Keep),
        9 => Say(b"\x16\x03\x01".into(), Close),
        10 => status("502 Bad Gateway"),
        11 => status("503 Service Unavailable"),
        12 => Say(large(), Keep),
        _ => Serve,
    }
}

/// A process and the client that speaks to it.
struct Client {
    child: Child,
    stdin: tokio::sync::Mutex<Option<ChildStdin>>,
    ids: AtomicI64,
    waiting: Arc<Mutex<HashMap<i64, oneshot::Sender<()>>>>,
    cancelled: Mutex<HashSet<i64>>,
    /// How many answers each request got, once standard output is closed.
    answers: JoinHandle<HashMap<i64, usize>>,
}

impl Client {
    async fn start(folder: &Path, vapi: &str) -> Self {
        let mut child = command(folder, &[("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", vapi)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let waiting: Arc<Mutex<HashMap<i64, oneshot::Sender<()>>>> = Arc::default();
        let (waited, stdout) = (waiting.clone(), child.stdout.take().unwrap());
        let answers = tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            let mut answers = HashMap::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                let message: Value = serde_json::from_str(&line).unwrap();
                let id = message["id"].as_i64().expect("not an answer");
                *answers.entry(id).or_default() += 1;
                if let Some(waiter) = waited.lock().unwrap().remove(&id) {
                    let _ = waiter.send(());
                }
            }
            answers
        });
        let client = Self {
            stdin: tokio::sync::Mutex::new(child.stdin.take()),
            child,
            ids: AtomicI64::new(0),
            waiting,
            cancelled: Mutex::default(),
            answers,
        };
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "soak", "version": "1" } });
        client.ask("initialize", params, HANG).await;
        client
            .send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
            .await;
        client
    }

    async fn send(&self, message: &Value) {
        let mut stdin = self.stdin.lock().await;
        let line = format!("{message}\n");
        stdin
            .as_mut()
            .unwrap()
            .write_all(line.as_bytes())
            .await
            .unwrap();
    }

    /// Sends a request, and cancels it when there is no answer in this time.
    async fn ask(&self, method: &str, params: Value, patience: Duration) {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let (waiter, answered) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, waiter);
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .await;
        if timeout(patience, answered).await.is_err() {
            assert!(patience < HANG, "no answer to {method}");
            self.cancelled.lock().unwrap().insert(id);
            self.waiting.lock().unwrap().remove(&id);
            let params = json!({ "requestId": id });
            self.send(
                &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }),
            )
            .await;
        }
    }

    /// One call of some tool, with some patience.
    async fn call(&self) {
        let mark = format!("mark-{}.", MARKS.fetch_add(1, Ordering::Relaxed));
        let (tool, arguments) = match fastrand::u8(..8) {
            0 | 1 => ("create_assistant", json!({ "name": mark })),
            2 | 3 => (
                "create_call",
                json!({ "assistantId": mark, "phoneNumberId": "p", "customer": { "number": "+15550100123" } }),
            ),
            4 => (
                "wait_for_call",
                json!({ "callId": "c1", "timeoutSeconds": 1 }),
            ),
            5 => ("get_call", json!({ "callId": "c1" })),
            _ => ("list_calls", json!({})),
        };
        let patience = match fastrand::u8(..4) {
            0 => Duration::from_millis(fastrand::u64(..30)),
            _ => Duration::from_millis(fastrand::u64(1_000..3_000)),
        };
        self.ask(
            "tools/call",
            json!({ "name": tool, "arguments": arguments }),
            patience,
        )
        .await;
    }

    /// What the process holds: a figure of `/proc/PID/status` in kB.
    fn memory(&self) -> i64 {
        let status = fs::read_to_string(self.proc("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap()
    }

    /// How many files and threads it has.
    fn open(&self) -> (usize, usize) {
        let count = |of| fs::read_dir(self.proc(of)).unwrap().count();
        (count("fd"), count("task"))
    }

    fn proc(&self, of: &str) -> String {
        format!("/proc/{}/{of}", self.child.id().unwrap())
    }

    /// Closes standard input, waits for the end of the process, and returns how many requests there
    /// were and how many were cancelled. Without `left`, each of the others was answered.
    async fn end(mut self, left: bool) -> (usize, usize) {
        drop(self.stdin.lock().await.take());
        let ended = within("the end of the program", self.child.wait()).await;
        assert!(ended.unwrap().success());
        let answers = within("the last answer", self.answers).await.unwrap();
        let cancelled = self.cancelled.into_inner().unwrap();
        let requests = self.ids.into_inner();
        for id in 0..requests {
            let count = answers.get(&id).copied().unwrap_or_default();
            assert!(count <= 1, "{count} answers to {id}");
            assert!(
                count == 1 || left || cancelled.contains(&id),
                "no answer to {id}"
            );
        }
        (usize::try_from(requests).unwrap(), cancelled.len())
    }
}

/// Calls until the time is up; returns memory in kB after the first minute and at the end.
async fn busy(client: &Client, until: Instant) -> (i64, i64) {
    let working = join_all((0..WORKERS).map(async |_| {
        while Instant::now() < until {
            client.call().await;
        }
    }));
    let first = async {
        let minute = Instant::now() + Duration::from_secs(60);
        tokio::time::sleep_until(minute.min(until)).await;
        client.memory()
    };
    let (_, first) = tokio::join!(working, first);
    (first, client.memory())
}

/// Clients that go away in the middle of their calls, one after the other; returns how many.
async fn visitors(folder: &Path, vapi: &str, until: Instant) -> usize {
    let mut visits = 0;
    while Instant::now() < until {
        let mut client = Client::start(folder, vapi).await;
        let calls = join_all((0..4).map(async |_| client.call().await));
        let stay = Duration::from_millis(fastrand::u64(..300));
        let _ = timeout(stay, calls).await;
        if fastrand::bool() {
            client.child.kill().await.unwrap();
        } else {
            client.end(true).await;
        }
        visits += 1;
    }
    visits
}

/// Waits until the process has no more files and threads than these.
async fn settled(client: &Client, before: (usize, usize)) {
    let what = format!("no more files and threads than {before:?}");
    let settled = async || client.open().0 <= before.0 && client.open().1 <= before.1;
    until(&what, settled).await;
}

/// No write came twice, but for those that were told to come again.
fn assert_once(requests: &[String]) -> usize {
    let mut written = HashSet::new();
    for (number, request) in requests.iter().enumerate() {
        let Some(at) = request.find("mark-") else {
            continue;
        };
        let mark = request[at..].split('.').next().unwrap();
        if fate(number) != LIMITED {
            assert!(written.insert(mark), "{mark} came twice");
        }
    }
    written.len()
}

#[tokio::test]
async fn nothing_is_lost_nor_done_twice_nor_left_behind() {
    let time = Duration::from_secs(seconds());
    let folder = TempDir::new().unwrap();
    let vapi = Upstream::start(act).await;
    let uri = vapi.uri();
    let clients = join_all((0..PROCESSES).map(|_| Client::start(folder.path(), &uri))).await;
    let before: Vec<_> = clients.iter().map(Client::open).collect();
    let end = Instant::now() + time;
    let (memory, visits) = tokio::join!(
        join_all(clients.iter().map(|client| busy(client, end))),
        visitors(folder.path(), &uri, end),
    );
    let requests = vapi.requests();
    let writes = assert_once(&requests);
    // With Vapi go the connections that were kept for later.
    drop(vapi);
    for (client, before) in clients.iter().zip(&before) {
        settled(client, *before).await;
    }
    let (mut calls, mut cancelled) = (0, 0);
    for client in clients {
        let (asked, gone) = client.end(false).await;
        calls += asked;
        cancelled += gone;
    }
    println!(
        "{time:?}, {PROCESSES} processes: {calls} calls, {cancelled} of them cancelled, {visits} clients gone; \
         {} requests at Vapi, {writes} writes; kB after the first minute and at the end: {memory:?}; \
         files and threads as before: {before:?}",
        requests.len()
    );
    assert!(writes > 0 && cancelled > 0 && visits > 0);
    if time >= Duration::from_secs(300) {
        for (first, last) in memory {
            assert!(
                last - first < GROWTH,
                "memory grew from {first} to {last} kB"
            );
        }
    }
}
