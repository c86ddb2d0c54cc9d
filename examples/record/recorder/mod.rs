//! Calls tools and records their exchanges.

mod relay;
mod scrub;

use std::{fs, path::Path};

use relay::Relay;
use scrub::Scrubber;
use serde_json::{Map, Value, json};
use vapi_mcp::{
    api::{Api, Limits},
    call::{Context, Display, call, wait::NoProgress},
    catalog::{Toolset, find},
    config::Config,
    guard::{Gate, Guard, confirm::NoConfirmer, rules::Rules},
};

/// Calls the tools, each optionally followed by its arguments, and writes a fixture for each into
/// the folder. Returns the names of the files.
pub async fn record(
    config: Config,
    folder: &Path,
    calls: &[String],
) -> Result<Vec<String>, String> {
    let token = config.token.as_ref().map_err(ToString::to_string)?;
    let relay = Relay::start(&config.base_url).await?;
    let api = Api::new(relay.address(), Limits::default());
    let guard = Guard::new(Rules::default()).map_err(|error| error.to_string())?;
    let gate = Gate {
        guard: &guard,
        person: &NoConfirmer,
    };
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/vapi.json");
    let document = fs::read(document).map_err(|error| format!("{document}: {error}"))?;
    let mut scrubber = Scrubber::new(&document)?;
    let mut calls = calls.iter().peekable();
    let mut files = Vec::new();
    while let Some(name) = calls.next() {
        let tool = find(name).ok_or_else(|| format!("there is no tool `{name}`"))?;
        let arguments: Map<String, Value> = match calls.next_if(|word| word.starts_with('{')) {
            Some(json) => serde_json::from_str(json).map_err(|error| format!("{json}: {error}"))?,
            None => Map::new(),
        };
        let outcome = call(
            tool,
            arguments.clone(),
            Context {
                api: &api,
                token,
                display: Display::default(),
                toolset: &Toolset::default(),
                gate,
                progress: &NoProgress,
            },
        )
        .await;
        let Some(exchange) = relay.take() else {
            return Err(format!("nothing was sent for {name}: {}", outcome.text));
        };
        let fixture = json!({
            "origin": "recorded from the live API, scrubbed: secrets, ids, numbers, names and texts are invented, lengths kept",
            "tool": name,
            "arguments": scrubber.scrub(Value::Object(arguments)),
            "request": exchange.request(&mut scrubber),
            "response": exchange.response(&mut scrubber),
        });
        let file = folder.join(format!("recorded_{:02}_{name}.json", files.len() + 1));
        let text = serde_json::to_string_pretty(&fixture).map_err(|error| error.to_string())?;
        fs::write(&file, text + "\n").map_err(|error| format!("{}: {error}", file.display()))?;
        files.push(file.display().to_string());
    }
    Ok(files)
}
