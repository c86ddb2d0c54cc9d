//! `vapi-mcp http`: serves many remote clients over HTTP.

use std::{
    io::{self, IsTerminal},
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    str::FromStr,
    time::Duration,
};

use clap::{Args, ValueEnum};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Ended, Options, call::print, either};
use crate::{
    api::{Limits, Token},
    config::NoToken,
    guard::Guard,
    http::{Settings, serve},
    server::Server,
};

/// Where it listens unless told otherwise.
const LISTEN: &str = "127.0.0.1:8787";

/// Seconds that load balancers have to see that the server is ending, where nobody waits for that
/// at a terminal. Together with the time for calls it stays within the 30 seconds of Kubernetes.
const DRAIN: u32 = 3;

/// What callers send where the server's own key serves them.
pub(super) const SECRET_VARIABLE: &str = "VAPI_MCP_CALLER_SECRET";

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        <Self as ValueEnum>::from_str(name, true)
    }
}

/// Every flag has a variable: `VAPI_MCP_` and its name in capitals.
#[derive(Debug, Args)]
#[command(after_help = "\
Each flag has a variable, such as VAPI_MCP_ALLOWED_HOSTS for --allowed-hosts.
  VAPI_MCP_CALLER_SECRET  with --share-token: what callers must send as their bearer token

Callers send their Vapi key with every request: Authorization: Bearer KEY. It serves HTTP in clear;
TLS is the work of a proxy in front.")]
pub(super) struct Http {
    /// Where to listen [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where to show Prometheus metrics at /metrics; nowhere if not given
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,
    /// Keep no sessions, for clients of older protocols behind a balancer
    #[arg(long)]
    stateless: bool,
    /// Serve the older HTTP+SSE transport at /sse too
    #[arg(long)]
    sse: bool,
    /// Serve callers who bring no key with VAPI_TOKEN
    #[arg(long)]
    share_token: bool,
    /// Names of this server besides those of this machine: name or name:port; *.name for every name
    /// below it, * for any name
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    allowed_hosts: Vec<String>,
    /// Web pages that may ask besides those of this machine: https://name or https://*.name
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
    allowed_origins: Vec<String>,
    /// The most sessions in all [default: 2000]
    #[arg(long, value_name = "COUNT")]
    max_sessions: Option<NonZeroUsize>,
    /// The most sessions of one key [default: 100]
    #[arg(long, value_name = "COUNT")]
    max_sessions_per_token: Option<NonZeroUsize>,
    /// The most requests a second of one key; twice as many may come at once [default: 50]
    #[arg(long, value_name = "COUNT")]
    rate_per_token: Option<NonZeroU32>,
    /// The most calls of tools at the same time of one key [default: 32]
    #[arg(long, value_name = "COUNT")]
    calls_per_token: Option<NonZeroUsize>,
    /// How long /readyz answers 503 on SIGTERM while the server still serves, so that load balancers
    /// take it out before it closes its port [default: 3, or 0 on a terminal]
    #[arg(long, value_name = "SECONDS")]
    drain_seconds: Option<u32>,
    /// How long calls under way may take to end after that [default: 25]
    #[arg(long, value_name = "SECONDS")]
    shutdown_timeout: Option<u32>,
    /// How logs are written [default: text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

impl Http {
    /// How logs are written.
    pub(super) fn log_format(&self) -> Result<LogFormat, String> {
        Ok(either(self.log_format, "VAPI_MCP_LOG_FORMAT")?.unwrap_or_default())
    }

    pub(super) fn run(mut self, options: &Options, guard: Guard) -> Result<Ended, String> {
        let display = options.display()?;
        if display.open {
            return Err(
                "--show-secrets does not go with http: everybody's secrets would be shown to \
                        whoever has their key"
                    .to_owned(),
            );
        }
        let mut config = options.config()?;
        // The server behind the door has no key: each request brings the one it is served with.
        let own = std::mem::replace(&mut config.token, Err(NoToken::Unset));
        self.share_token |= config.sandbox;
        let settings = self.settings(own)?;
        let server = Server::new(config, Limits::default(), display, guard)
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
            let at_once = async {
                signals.next().await;
                stop.cancel();
                signals.next().await;
            };
            tokio::select! {
                ended = serve => ended.map_err(|error| error.to_string()),
                () = at_once => Err("ended by a second signal; calls under way were given up".to_owned()),
            }
        });
        // Whatever still runs is not waited for.
        runtime.shutdown_background();
        ended.map(|()| Ended::Well)
    }

    fn settings(self, own: Result<Token, NoToken>) -> Result<Settings, String> {
        let share = self.share_token || is_set("VAPI_MCP_SHARE_TOKEN")?;
        let secret = match either::<String>(None, SECRET_VARIABLE)? {
            Some(secret) => Some(
                Token::new(&secret)
                    .map_err(|error| format!("{SECRET_VARIABLE} cannot be used: {error}"))?,
            ),
            None => None,
        };
        let shared = match (share, own) {
            (true, own) => Some(own.map_err(|missing| missing.to_string())?),
            (false, Ok(_)) => {
                tracing::warn!(
                    "VAPI_TOKEN is not used: callers bring their own key; see --share-token"
                );
                None
            }
            (false, Err(_)) => None,
        };
        let count = |given: Option<NonZeroUsize>, name, usual| {
            Ok::<_, String>(either(given, name)?.map_or(usual, NonZeroUsize::get))
        };
        let drain = either(self.drain_seconds, "VAPI_MCP_DRAIN_SECONDS")?;
        let drain = drain.unwrap_or(if io::stderr().is_terminal() { 0 } else { DRAIN });
        let grace = either(self.shutdown_timeout, "VAPI_MCP_SHUTDOWN_TIMEOUT")?.unwrap_or(25);
        let usual = LISTEN
            .parse()
            .map_err(|_| format!("cannot listen on {LISTEN}"))?;
        Ok(Settings {
            listen: either(self.listen, "VAPI_MCP_LISTEN")?.unwrap_or(usual),
            metrics: either(self.metrics_listen, "VAPI_MCP_METRICS_LISTEN")?,
            stateless: self.stateless || is_set("VAPI_MCP_STATELESS")?,
            sse: self.sse || is_set("VAPI_MCP_SSE")?,
            hosts: list(self.allowed_hosts, "VAPI_MCP_ALLOWED_HOSTS")?,
            origins: list(self.allowed_origins, "VAPI_MCP_ALLOWED_ORIGINS")?,
            shared,
            secret,
            sessions: count(self.max_sessions, "VAPI_MCP_MAX_SESSIONS", 2000)?,
            sessions_each: count(
                self.max_sessions_per_token,
                "VAPI_MCP_MAX_SESSIONS_PER_TOKEN",
                100,
            )?,
            rate: either(self.rate_per_token, "VAPI_MCP_RATE_PER_TOKEN")?
                .unwrap_or(NonZeroU32::MIN.saturating_add(49)),
            calls: count(self.calls_per_token, "VAPI_MCP_CALLS_PER_TOKEN", 32)?,
            drain: Duration::from_secs(drain.into()),
            grace: Duration::from_secs(grace.into()),
        })
    }
}

/// Standard output is not the protocol's here.
fn announce(listen: SocketAddr, metrics: Option<SocketAddr>) {
    let mut text = format!("Serving http://{listen}/mcp");
    if let Some(metrics) = metrics {
        text.push_str(&format!("\nMetrics at http://{metrics}/metrics"));
    }
    // Nobody need read it.
    let _ = print(io::stdout(), &text);
}

/// What asks the process to end: an interruption, the end of the terminal or of the session, and
/// whatever supervises it.
#[cfg(unix)]
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// Nothing where it is ignored, as under `nohup`.
    hangup: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    /// From now on none ends the process by itself.
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

    /// Comes with the next of them.
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

/// Whether whoever started the process wants it to survive the end of the terminal. Linux tells;
/// elsewhere it is not known.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return false;
    };
    let mut lines = status.lines();
    let ignored = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit stands for signal 1, SIGHUP.
    ignored.is_some_and(|mask| mask & 1 == 1)
}

/// What asks the process to end.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Result<Self, String> {
        Ok(Self)
    }

    /// Comes with the next interruption.
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// A variable of `true` or `1`, where there is no flag that says so.
fn is_set(name: &'static str) -> Result<bool, String> {
    match either::<String>(None, name)?.as_deref() {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(other) => Err(format!("{name} is `{other}`; it can be true or false")),
    }
}

fn list(flag: Vec<String>, name: &'static str) -> Result<Vec<String>, String> {
    if !flag.is_empty() {
        return Ok(flag);
    }
    let given = either::<String>(None, name)?.unwrap_or_default();
    let entries = given.split(',').map(str::trim);
    Ok(entries
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect())
}
