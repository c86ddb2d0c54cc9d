//! `vapi-mcp http`: serves many remote clients over HTTP.

use std::{
    io::{self, IsTerminal},
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use clap::{Args, ValueEnum};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{
    environment::{SECRET_VARIABLE, non_empty_env},
    exit_status::ExitStatus,
    options::Options,
    terminal_io::print,
    value_parser::{parse_bool, parse_trimmed},
};
use crate::{
    api::{Limits, Token},
    catalog::Toolset,
    config::MissingToken,
    guard::{
        Guard,
        rules::{LocalFiles, Rules},
    },
    http::{Settings, serve},
    server::Server,
};

/// Default of `--drain-seconds` outside a terminal. Together with the default of
/// `--shutdown-timeout`, it stays within the 30 seconds that Kubernetes allows.
const DEFAULT_DRAIN: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Plain text
    Text,
    /// One JSON object per line
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Environment:
  VAPI_MCP_CALLER_SECRET  with --share-token: the secret that callers must send as bearer token

Callers send their Vapi key with every request: Authorization: Bearer KEY. The server speaks plain
HTTP: terminate TLS in a reverse proxy.")]
pub(super) struct Http {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787", value_parser = parse_trimmed::<SocketAddr>)]
    listen: SocketAddr,
    /// Address on which to serve Prometheus metrics, at /metrics; not served by default
    #[arg(long, value_name = "ADDRESS", value_parser = parse_trimmed::<SocketAddr>)]
    metrics_listen: Option<SocketAddr>,
    /// Serve without sessions, for older clients behind a load balancer without sticky sessions
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool)]
    stateless: Option<bool>,
    /// Also serve the older HTTP+SSE transport at /sse
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool)]
    sse: Option<bool>,
    /// Use VAPI_TOKEN for callers that send no key
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool)]
    share_token: Option<bool>,
    /// Host names to accept besides those of this machine: name or name:port; *.name for all
    /// subdomains, * for any host
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    allowed_hosts: Vec<String>,
    /// Browser origins to accept besides those of this machine: https://name or https://*.name
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
    allowed_origins: Vec<String>,
    /// Maximum number of sessions
    #[arg(long, value_name = "COUNT", default_value = "2000", value_parser = parse_trimmed::<NonZeroUsize>)]
    max_sessions: NonZeroUsize,
    /// Maximum number of sessions per key
    #[arg(long, value_name = "COUNT", default_value = "100", value_parser = parse_trimmed::<NonZeroUsize>)]
    max_sessions_per_token: NonZeroUsize,
    /// Maximum number of requests per second per key, with bursts of up to twice that number
    #[arg(long, value_name = "COUNT", default_value = "50", value_parser = parse_trimmed::<NonZeroU32>)]
    rate_per_token: NonZeroU32,
    /// Maximum number of concurrent tool calls per key
    #[arg(long, value_name = "COUNT", default_value = "32", value_parser = parse_trimmed::<NonZeroUsize>)]
    calls_per_token: NonZeroUsize,
    /// Seconds after SIGTERM during which /readyz returns 503 while requests are still served, so
    /// that load balancers stop sending requests before the port closes [default: 3, or 0 in a
    /// terminal]
    #[arg(long, value_name = "SECONDS", value_parser = parse_trimmed::<u32>)]
    drain_seconds: Option<u32>,
    /// Seconds that calls in progress have to finish after that
    #[arg(long, value_name = "SECONDS", default_value = "25", value_parser = parse_trimmed::<u32>)]
    shutdown_timeout: u32,
    /// Log format
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        ignore_case = true
    )]
    pub(super) log_format: LogFormat,
}

/// The rules for callers who are not on this machine.
pub(super) fn remote(rules: Rules) -> Result<Rules, String> {
    match rules.files {
        LocalFiles::Below(_) => Err(
            "--files cannot be used with http: callers could read the files of this machine"
                .to_owned(),
        ),
        LocalFiles::None | LocalFiles::Remote => Ok(Rules {
            files: LocalFiles::Remote,
            ..rules
        }),
    }
}

impl Http {
    pub(super) fn run(
        mut self,
        options: &Options,
        toolset: Toolset,
        guard: Guard,
    ) -> Result<ExitStatus, String> {
        let display = options.display()?;
        if display.show_secrets {
            return Err(
                "--show-secrets cannot be used with http: callers would see the secrets of their \
                        accounts"
                    .to_owned(),
            );
        }
        let mut config = options.config()?;
        // The server itself has no key: each request carries its own.
        let token = std::mem::replace(&mut config.token, Err(MissingToken::Unset));
        if config.sandbox {
            self.share_token = Some(true);
        }
        let settings = self.settings(token)?;
        let server = Server::new(config, Limits::default(), display, toolset, guard)
            .map_err(|error| error.to_string())?;
        server.announce();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("cannot start: {error}"))?;
        let ended = runtime.block_on(async {
            let mut signals = Signals::new()?;
            let stop = CancellationToken::new();
            let serve = serve(settings, server, stop.clone(), announce);
            let second_signal = async {
                signals.next().await;
                stop.cancel();
                signals.next().await;
            };
            tokio::select! {
                ended = serve => ended.map_err(|error| error.to_string()),
                () = second_signal => Err("ended by a second signal; calls in progress were aborted".to_owned()),
            }
        });
        // This does not wait for tasks that are still running.
        runtime.shutdown_background();
        ended.map(|()| ExitStatus::Success)
    }

    fn settings(self, token: Result<Token, MissingToken>) -> Result<Settings, String> {
        let caller_secret = match non_empty_env(SECRET_VARIABLE) {
            Some(secret) => Some(
                Token::new(&secret)
                    .map_err(|error| format!("{SECRET_VARIABLE} cannot be used: {error}"))?,
            ),
            None => None,
        };
        let shared_token = match (self.share_token.unwrap_or_default(), token) {
            (true, token) => Some(token.map_err(|missing| missing.to_string())?),
            (false, Ok(_)) => {
                tracing::warn!(
                    "VAPI_TOKEN is not used: callers send their own key; see --share-token"
                );
                None
            }
            (false, Err(_)) => None,
        };
        let at_a_terminal = io::stderr().is_terminal();
        let drain = self
            .drain_seconds
            .unwrap_or(if at_a_terminal { 0 } else { DEFAULT_DRAIN });
        Ok(Settings {
            listen: self.listen,
            metrics: self.metrics_listen,
            stateless: self.stateless.unwrap_or_default(),
            sse: self.sse.unwrap_or_default(),
            hosts: trimmed_entries(self.allowed_hosts),
            origins: trimmed_entries(self.allowed_origins),
            shared_token,
            caller_secret,
            max_sessions: self.max_sessions.get(),
            max_sessions_per_caller: self.max_sessions_per_token.get(),
            max_rate_per_caller: self.rate_per_token,
            max_calls_per_caller: self.calls_per_token.get(),
            drain: Duration::from_secs(drain.into()),
            grace: Duration::from_secs(self.shutdown_timeout.into()),
        })
    }
}

/// Prints the addresses to standard output, which the protocol does not use over HTTP.
fn announce(listen: SocketAddr, metrics: Option<SocketAddr>) {
    let mut text = format!("Serving http://{listen}/mcp");
    if let Some(metrics) = metrics {
        text.push_str(&format!("\nMetrics at http://{metrics}/metrics"));
    }
    // A failure is ignored, because the text is only informative.
    let _ = print(io::stdout(), &text);
}

/// The signals that end the server: SIGINT, SIGHUP and SIGTERM.
#[cfg(unix)]
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` if it is ignored, for example under `nohup`.
    hangup: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Replaces the default handlers, which would end the process.
    fn new() -> Result<Self, String> {
        let on = |kind| signal(kind).map_err(|error| format!("cannot start: {error}"));
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hangup: if is_hangup_ignored() {
                None
            } else {
                Some(on(SignalKind::hangup())?)
            },
        })
    }

    /// Waits for the next signal.
    async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether the process was started with SIGHUP ignored. Always false except on Linux.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return false;
    };
    let mut lines = status.lines();
    let ignored = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is signal 1, SIGHUP.
    ignored.is_some_and(|mask| mask & 1 == 1)
}

/// The signal that ends the server: Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Result<Self, String> {
        Ok(Self)
    }

    /// Waits for the next Ctrl-C.
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// The trimmed, non-empty entries of a list.
fn trimmed_entries(entries: Vec<String>) -> Vec<String> {
    let entries = entries.iter().map(|entry| entry.trim());
    entries
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect()
}
