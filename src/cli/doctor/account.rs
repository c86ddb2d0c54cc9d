//! Checks that call Vapi: the key, the connection, the clock and the account.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use chrono::DateTime;
use progenitor_client::Error;
use reqwest::{
    StatusCode,
    header::{DATE, HeaderMap},
};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::check::Check;
use crate::{
    api::{Api, ApiError, Limits, Token},
    call::definition,
    catalog::{Request, TOOLS, Tool, Toolset},
    config::{Config, MissingToken, Region, TOKEN_VARIABLE},
    model::Effect,
};

/// Maximum number of rows that are counted in a list.
const MAX_COUNTED: usize = 100;

/// The response time above which the connection is reported as slow.
const SLOW_RESPONSE: Duration = Duration::from_secs(2);

/// The clock difference above which scheduled calls would be placed at wrong times.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Facts from the first response, even if it is an error.
#[derive(Clone, Copy, Debug)]
struct FirstResponse {
    duration: Duration,
    /// The difference between this machine's clock and Vapi's, and its direction.
    clock: Option<(Duration, &'static str)>,
}

/// Checks the key, the region, the connection and the account.
pub(super) async fn account(config: Config, checks: &mut Vec<Check>) {
    checks.push(if config.sandbox {
        Check::ok("region", "none: the sandbox is used instead of Vapi")
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
        Err(error) => {
            checks.push(no_key(error));
            return;
        }
    };
    let mut counts = Vec::new();
    for (index, tool) in lists().enumerate() {
        let (response, counted) = count(&api, &token, tool).await;
        if index == 0 {
            checks.extend(first_response(response, counted.as_ref().err()));
        }
        match counted {
            Ok(counted) => counts.push(counted),
            Err(error) if index > 0 => {
                let remedy = "try again, or ask Vapi's support";
                checks.push(Check::warning("account", error.to_string(), remedy));
            }
            Err(_) => return,
        }
    }
    checks.push(Check::ok("account", counts.join(", ")));
}

fn region(base_url: &str) -> Check {
    let name = match base_url {
        url if url == Region::Us.base_url() => "United States",
        url if url == Region::Eu.base_url() => "European Union",
        _ => "a custom base URL",
    };
    Check::ok("region", format!("{name}, {base_url}"))
}

fn no_key(error: MissingToken) -> Check {
    let text = match error {
        MissingToken::Dotenv(reason) => format!(
            "{TOKEN_VARIABLE} is not set, and the file .env cannot be used: {reason}; no request \
             was sent to Vapi"
        ),
        MissingToken::Unset => {
            format!("{TOKEN_VARIABLE} is not set, so no request was sent to Vapi")
        }
        MissingToken::Invalid(error) => format!("{TOKEN_VARIABLE} cannot be used: {error}"),
    };
    Check::failure(
        "key",
        text,
        "set the variable to your private Vapi API key (dashboard, API Keys), or put the key into \
         a .env file in this folder",
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

/// Calls a list tool and counts the rows.
async fn count(
    api: &Api,
    token: &Token,
    tool: &'static Tool,
) -> (Option<FirstResponse>, Result<String, ApiError>) {
    let response = Arc::new(OnceLock::new());
    let recorded = Arc::clone(&response);
    let limit = tool
        .view
        .page
        .map(|page| (page.limit, Value::from(MAX_COUNTED)));
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
                    let _ = recorded.set(FirstResponse {
                        duration: start.elapsed(),
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
            Ok(rows) if rows.len() >= MAX_COUNTED => format!("{what}: {MAX_COUNTED} or more"),
            Ok(rows) => format!("{what}: {}", rows.len()),
            Err(_) => format!("{what}: not available"),
        },
    );
    (response.get().copied(), counted)
}

/// The objects that the tool lists: its title without the verb.
fn title(tool: &Tool) -> String {
    let face = definition(tool, &Toolset::default());
    let title = face
        .get("title")
        .and_then(Value::as_str)
        .unwrap_or(tool.name);
    title.strip_prefix("List ").unwrap_or(title).to_owned()
}

/// The difference between this machine's clock and the `Date` header of the response, and its
/// direction.
fn clock(headers: &HeaderMap) -> Option<(Duration, &'static str)> {
    let date = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    let theirs = u64::try_from(date.timestamp()).ok()?;
    let ours = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let direction = if ours < theirs { "behind" } else { "ahead of" };
    Some((Duration::from_secs(ours.abs_diff(theirs)), direction))
}

/// Checks the connection, the key and the clock with the first response.
fn first_response(response: Option<FirstResponse>, error: Option<&ApiError>) -> Vec<Check> {
    let Some(response) = response else {
        let text = error.map(ToString::to_string).unwrap_or_default();
        let remedy = match error {
            Some(ApiError::Insecure(_)) => {
                "if a proxy or a virus scanner inspects TLS on this network, set SSL_CERT_FILE to a PEM file \
                 that contains its CA certificate; otherwise check the clock and VAPI_API_BASE_URL"
            }
            Some(ApiError::NoAuthorities) => {
                "install the package ca-certificates, or set SSL_CERT_FILE to a PEM file of CA \
                 certificates"
            }
            _ => "check the network, HTTPS_PROXY if you need a proxy, and VAPI_API_BASE_URL",
        };
        return vec![Check::failure("connection", text, remedy)];
    };
    vec![
        connection(response.duration),
        key(error),
        time(response.clock),
    ]
}

fn connection(duration: Duration) -> Check {
    let text = format!("answered after {} ms", duration.as_millis());
    if duration <= SLOW_RESPONSE {
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
                format!("Vapi rejected the key ({})", status.as_u16()),
                "set VAPI_TOKEN to a private key of this region (dashboard, API Keys); an account \
                 in the European Union needs --region eu",
            )
        }
        Some(error) => Check::failure("key", error.to_string(), "try again later"),
    }
}

fn time(clock: Option<(Duration, &'static str)>) -> Check {
    let Some((difference, direction)) = clock else {
        return Check::ok("clock", "not compared: the response had no date");
    };
    let seconds = difference.as_secs();
    if difference <= MAX_CLOCK_SKEW {
        return Check::ok("clock", format!("within {seconds} s of Vapi's"));
    }
    Check::warning(
        "clock",
        format!("{seconds} s {direction} Vapi's"),
        "correct this machine's clock; otherwise scheduled calls are placed at wrong times",
    )
}
