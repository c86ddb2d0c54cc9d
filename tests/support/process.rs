//! The program itself, spoken to in JSON-RPC over real pipes.

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
};

use super::wait::within;

pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<Lines<BufReader<ChildStdout>>>,
    /// All of it, read as it comes: a full pipe would stop the program.
    stderr: JoinHandle<String>,
    next_id: i64,
}

/// The program with nothing of this environment but what is given.
pub fn command(folder: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vapi-mcp"));
    command
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder)
        .kill_on_drop(true);
    command
}

impl Process {
    pub fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        Self::with_flags(folder, variables, &[])
    }

    pub fn with_flags(folder: &Path, variables: &[(&str, &str)], flags: &[&str]) -> Self {
        Self::spawn(command(folder, variables).args(flags))
    }

    /// Starts it by this command, which may have a shell before it.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut pipe = child.stderr.take().unwrap();
        let stderr = tokio::spawn(async move {
            let mut text = String::new();
            pipe.read_to_string(&mut text).await.unwrap();
            text
        });
        Self {
            stdin: child.stdin.take(),
            stdout: Some(stdout),
            stderr,
            child,
            next_id: 1,
        }
    }

    /// Its id while it runs.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    pub async fn send(&mut self, message: Value) {
        self.send_line(&message.to_string()).await;
    }

    /// Sends a line that serde_json would not write.
    pub async fn send_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        let line = format!("{line}\n");
        within(
            "standard input to be read",
            stdin.write_all(line.as_bytes()),
        )
        .await
        .unwrap();
    }

    /// The next line of standard output, which must be JSON-RPC.
    pub async fn receive(&mut self) -> Value {
        let stdout = self.stdout.as_mut().unwrap();
        let line = within("a message", stdout.next_line()).await.unwrap();
        let message: Value =
            serde_json::from_str(&line.expect("standard output was closed")).unwrap();
        assert_eq!(message["jsonrpc"], "2.0");
        message
    }

    /// Sends a request and returns the whole response.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .await;
        let response = self.receive().await;
        assert_eq!(response["id"], id, "{response}");
        response
    }

    pub async fn initialize(&mut self, version: &str) -> Value {
        let client = json!({ "name": "test", "version": "1" });
        let params =
            json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        let response = self.request("initialize", params).await;
        self.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
            .await;
        response["result"].clone()
    }

    pub async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let response = self
            .request(
                "tools/call",
                json!({ "name": tool, "arguments": arguments }),
            )
            .await;
        response["result"].clone()
    }

    /// Stops reading its standard output.
    pub fn close_stdout(&mut self) {
        drop(self.stdout.take());
    }

    /// Stops reading its standard error.
    pub async fn close_stderr(&mut self) {
        self.stderr.abort();
        let _ = (&mut self.stderr).await;
    }

    /// Waits for it to end by itself, while standard input stays open.
    pub async fn ended(&mut self) {
        let ended = within("the end of the program", self.child.wait()).await;
        ended.unwrap();
    }

    /// Closes standard input, waits for the end, and returns the exit code and standard error.
    pub async fn end(mut self) -> (Option<i32>, String) {
        drop(self.stdin.take());
        let stderr = within("the end of standard error", self.stderr).await;
        let status = within("the end of the program", self.child.wait()).await;
        (status.unwrap().code(), stderr.unwrap())
    }
}
