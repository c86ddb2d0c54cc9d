//! `vapi-mcp doctor`: checks the installation and says what to do.

use std::{
    fmt::Write as _,
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anstyle::{AnsiColor, Style};
use chrono::DateTime;
use clap::Args;
use installer::{State, clients::CLIENTS, state};
use progenitor_client::Error;
use reqwest::{
    StatusCode,
    header::{DATE, HeaderMap},
};
use serde::{Serialize, de::IgnoredAny};
use serde_json::{Map, Value, json};

use super::{
    call::print,
    ended::{Ended, block_on},
    options::Options,
    settings::Unknown,
    setup::{Told, folders, told},
};
use crate::{
    api::{Api, ApiError, Limits, Token},
    call::definition,
    catalog::{Request, TOOLS, Tool, Toolset},
    config::{Config, NoToken, Region, TOKEN_VARIABLE},
    guard::rules::{Effects, Rules},
    model::Effect,
    terminal::{line, plain},
};

/// At most this many of a kind are counted.
const COUNTED: usize = 100;

/// An answer that takes longer is slow.
const SLOW: Duration = Duration::from_secs(2);

/// A clock that is off by more than this makes times of calls wrong.
const WRONG: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Finding {
    Ok,
    Warning,
    Failure,
}

/// The result of one check.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    finding: Finding,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Check {
    fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            name,
            finding: Finding::Ok,
            text: text.into(),
            remedy: None,
        }
    }

    fn warning(name: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            finding: Finding::Warning,
            remedy: Some(remedy.into()),
            ..Self::ok(name, text)
        }
    }

    fn failure(name: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            finding: Finding::Failure,
            ..Self::warning(name, text, remedy)
        }
    }
}

impl Doctor {
    pub(super) fn run(
        self,
        options: &Options,
        toolset: &Toolset,
        rules: &Rules,
        unknown: Vec<Unknown>,
    ) -> Result<Ended, String> {
        let mut checks = Vec::new();
        match options.config() {
            Ok(config) => block_on(account(config, &mut checks))?,
            Err(error) => checks.push(Check::failure(
                "configuration",
                error,
                "correct or unset the variables named here",
            )),
        }
        checks.push(guards(toolset, rules));
        checks.extend(
            unknown
                .into_iter()
                .map(|unknown| Check::warning("setting", unknown.to_string(), unknown.remedy())),
        );
        clients(&mut checks);
        let well = checks.iter().all(|check| check.finding != Finding::Failure);
        let text = if self.json {
            plain(&json!({ "ok": well, "checks": checks }).to_string()).into_owned()
        } else {
            shown(&checks)
        };
        print(anstream::stdout(), text.trim_end())?;
        Ok(if well { Ended::Well } else { Ended::Unwell })
    }
}

/// What the first answer showed, even if it was an error.
#[derive(Clone, Copy, Debug)]
struct Heard {
    took: Duration,
    /// How far this machine's clock is from Vapi's, and which way.
    clock: Option<(Duration, &'static str)>,
}

/// Checks key, region, connection and account.
async fn account(config: Config, checks: &mut Vec<Check>) {
    checks.push(if config.sandbox {
        Check::ok("region", "none: the sandbox answers for Vapi")
    } else {
        region(&config.base_url)
    });
    let limits = Limits {
        attempt: Duration::from_secs(10),
        call: Duration::from_secs(15),
        ..Limits::default()
    };
    let api = match config.api(limits) {
        Ok(api) => api,
        Err(error) => {
            let remedy = "build or install the program again";
            checks.push(Check::failure("configuration", error.to_string(), remedy));
            return;
        }
    };
    let token = match config.token {
        Ok(token) => token,
        Err(missing) => {
            checks.push(no_key(missing));
            return;
        }
    };
    let mut held = Vec::new();
    for (index, tool) in lists().enumerate() {
        let (heard, counted) = count(&api, &token, tool).await;
        if index == 0 {
            checks.extend(first(heard, counted.as_ref().err()));
        }
        match counted {
            Ok(counted) => held.push(counted),
            Err(error) if index > 0 => {
                let remedy = "try again, or ask Vapi's support";
                checks.push(Check::warning("account", error.to_string(), remedy));
            }
            Err(_) => return,
        }
    }
    checks.push(Check::ok("account", held.join(", ")));
}

fn region(base_url: &str) -> Check {
    let name = match base_url {
        url if url == Region::Us.base_url() => "United States",
        url if url == Region::Eu.base_url() => "European Union",
        _ => "a custom address",
    };
    Check::ok("region", format!("{name}, {base_url}"))
}

fn no_key(missing: NoToken) -> Check {
    let text = match missing {
        NoToken::Dotenv(reason) => format!(
            "{TOKEN_VARIABLE} is not set, and the file .env cannot be used: {reason}; no request \
             was sent to Vapi"
        ),
        NoToken::Unset => format!("{TOKEN_VARIABLE} is not set, so no request was sent to Vapi"),
        NoToken::Bad(error) => format!("{TOKEN_VARIABLE} cannot be used: {error}"),
    };
    Check::failure(
        "key",
        text,
        "put your private Vapi API key (dashboard, API Keys) into the variable, or into a .env file \
         here",
    )
}

/// The list tools that need no arguments.
fn lists() -> impl Iterator<Item = &'static Tool> {
    TOOLS.iter().filter(|tool| {
        tool.effect == Effect::Read
            && tool.view.list
            && tool.args.iter().all(|arg| !arg.required)
            && tool.view.page.is_some()
    })
}

/// How many there are of what the tool lists, in words.
async fn count(
    api: &Api,
    token: &Token,
    tool: &'static Tool,
) -> (Option<Heard>, Result<String, ApiError>) {
    let heard = Arc::new(OnceLock::new());
    let listening = Arc::clone(&heard);
    let limit = tool
        .view
        .page
        .map(|page| (page.limit, Value::from(COUNTED)));
    let request = Request::new(limit.into_iter().collect(), Map::new());
    let body = api
        .send_once(token, api.deadline(), move |client| {
            Box::pin(async move {
                let start = Instant::now();
                let answer = (tool.operation.send)(client, request).await;
                let headers = match &answer {
                    Ok(answer) => Some(answer.headers()),
                    Err(Error::UnexpectedResponse(answer)) => Some(answer.headers()),
                    Err(_) => None,
                };
                if let Some(headers) = headers {
                    let _ = listening.set(Heard {
                        took: start.elapsed(),
                        clock: clock(headers),
                    });
                }
                answer
            })
        })
        .await;
    let what = title(tool);
    let counted = body.map(
        |body| match serde_json::from_slice::<Vec<IgnoredAny>>(&body) {
            Ok(rows) if rows.len() >= COUNTED => format!("{what}: {COUNTED} or more"),
            Ok(rows) => format!("{what}: {}", rows.len()),
            Err(_) => format!("{what}: not available"),
        },
    );
    (heard.get().copied(), counted)
}

/// What the tool lists: its title without the verb.
fn title(tool: &Tool) -> String {
    let face = definition(tool, &Toolset::default());
    let title = face
        .get("title")
        .and_then(Value::as_str)
        .unwrap_or(tool.name);
    title.strip_prefix("List ").unwrap_or(title).to_owned()
}

/// The difference between this machine's clock and the answer's `Date`.
fn clock(headers: &HeaderMap) -> Option<(Duration, &'static str)> {
    let date = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    let theirs = u64::try_from(date.timestamp()).ok()?;
    let ours = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let way = if ours < theirs { "behind" } else { "ahead of" };
    Some((Duration::from_secs(ours.abs_diff(theirs)), way))
}

/// What the first answer tells of the connection, the key and the clock.
fn first(heard: Option<Heard>, error: Option<&ApiError>) -> Vec<Check> {
    let Some(heard) = heard else {
        let text = error.map(ToString::to_string).unwrap_or_default();
        let remedy = match error {
            Some(ApiError::Insecure(_)) => {
                "if a proxy or a virus scanner inspects TLS here, name a PEM file that holds its CA \
                 certificate with SSL_CERT_FILE; otherwise check the clock and VAPI_API_BASE_URL"
            }
            Some(ApiError::NoAuthorities) => {
                "install the package ca-certificates, or name a PEM file of CA certificates with \
                 SSL_CERT_FILE"
            }
            _ => "check the network, HTTPS_PROXY if you need a proxy, and VAPI_API_BASE_URL",
        };
        return vec![Check::failure("connection", text, remedy)];
    };
    vec![connection(heard.took), key(error), time(heard.clock)]
}

fn connection(took: Duration) -> Check {
    let text = format!("answered after {} ms", took.as_millis());
    if took <= SLOW {
        return Check::ok("connection", text);
    }
    Check::warning(
        "connection",
        text,
        "every tool call takes at least as long; check the network and the region",
    )
}

fn key(error: Option<&ApiError>) -> Check {
    match error {
        None => Check::ok("key", "accepted"),
        Some(ApiError::Status { status, .. })
            if matches!(*status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) =>
        {
            Check::failure(
                "key",
                format!("Vapi refuses it ({})", status.as_u16()),
                "put a private key of this region (dashboard, API Keys) into VAPI_TOKEN; an account \
                 in the European Union needs --region eu",
            )
        }
        Some(error) => Check::failure("key", error.to_string(), "try again in a while"),
    }
}

fn time(clock: Option<(Duration, &'static str)>) -> Check {
    let Some((difference, way)) = clock else {
        return Check::ok("clock", "not compared: the response had no date");
    };
    let seconds = difference.as_secs();
    if difference <= WRONG {
        return Check::ok("clock", format!("within {seconds} s of Vapi's"));
    }
    Check::warning(
        "clock",
        format!("{seconds} s {way} Vapi's"),
        "set this machine's clock: calls would be placed at wrong times",
    )
}

fn guards(toolset: &Toolset, rules: &Rules) -> Check {
    let given = in_force(toolset, rules);
    if given.is_empty() {
        return Check::ok(
            "guards",
            "none: every tool is exposed, and every number except emergency and premium-rate numbers may be called",
        );
    }
    Check::ok("guards", given.join(" "))
}

/// The rules that forbid something, by their flags.
fn in_force(toolset: &Toolset, rules: &Rules) -> Vec<String> {
    let given = [
        rules.read_only.then(|| "--read-only".to_owned()),
        toolset
            .is_filtered()
            .then(|| format!("--tools ({} exposed)", toolset.tools().count())),
        rules
            .destinations
            .as_ref()
            .map(|_| "--allow-destinations".to_owned()),
        rules
            .denied
            .as_ref()
            .map(|_| "--deny-destinations".to_owned()),
        rules
            .call_hours
            .map(|hours| format!("--call-hours {hours}")),
        rules.max_calls.map(|rate| format!("--max-calls {rate}")),
        rules.max_batch.map(|count| format!("--max-batch {count}")),
        (rules.confirm != Effects::default()).then(|| "--confirm".to_owned()),
        rules
            .audit_log
            .as_ref()
            .map(|file| format!("--audit-log {}", file.display())),
    ];
    given.into_iter().flatten().collect()
}

/// The clients on this machine and how each has this server.
fn clients(checks: &mut Vec<Check>) {
    let folders = match folders() {
        Ok(folders) => folders,
        Err(error) => {
            checks.push(Check::warning("clients", error, "set it"));
            return;
        }
    };
    let before = checks.len();
    for client in &CLIENTS {
        let name = client.name;
        match state(client, &folders) {
            State::NotInstalled | State::Absent => {}
            State::Unreadable(error) => {
                let path = client.file(&folders);
                checks.push(Check::failure(
                    "client",
                    format!("{name}: {}: {error}", path.display()),
                    "correct or replace the file",
                ));
            }
            State::Present { server, secret } => {
                let Told { text, remedy } = told(client, &server, secret);
                let text = format!("{name}: {text}");
                checks.push(match remedy {
                    None => Check::ok("client", text),
                    Some(remedy) => Check::warning("client", text, remedy),
                });
            }
        }
    }
    if checks.len() == before {
        let text = "this server is not installed in any client";
        checks.push(Check::warning("client", text, "vapi-mcp setup"));
    }
}

fn shown(checks: &[Check]) -> String {
    let mut out = String::new();
    for check in checks {
        let (word, colour) = match check.finding {
            Finding::Ok => ("ok", AnsiColor::Green),
            Finding::Warning => ("warning", AnsiColor::Yellow),
            Finding::Failure => ("failure", AnsiColor::Red),
        };
        let style: Style = colour.on_default();
        let (name, text) = (check.name, line(&check.text));
        let _ = writeln!(out, "{style}{word:7}{style:#}  {name:10}  {text}");
        if let Some(remedy) = &check.remedy {
            let _ = writeln!(out, "{:21}{}", "", line(remedy));
        }
    }
    out
}
