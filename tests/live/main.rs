//! Reads the live API, or a stand-in for it, and compares the responses with the document and the
//! rows.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail"
)]

mod reader;
#[cfg(feature = "sandbox")]
mod sandbox;

use std::{env, path::Path, time::Duration};

use clap::ValueEnum;
use codegen::contract::Contract;
use vapi_mcp::{
    api::Limits,
    config::{Config, Region},
};

use self::reader::{Reader, Reading};

/// The variable with the region, as for the server.
const REGION: &str = "VAPI_MCP_REGION";

/// The pause between two requests.
const PAUSE: Duration = Duration::from_millis(250);

/// The limits of one request, with its retries.
const LIMITS: Limits = Limits {
    attempt: Duration::from_secs(30),
    call: Duration::from_secs(55),
    body: 32 << 20,
};

fn contract() -> Contract {
    let spec = Path::new("spec");
    Contract::read(spec).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[tokio::test]
#[ignore = "reads the live API with the key in VAPI_TOKEN"]
async fn the_live_api_answers_as_the_document_and_the_rows_say() {
    let region = env::var(REGION).ok().filter(|name| !name.is_empty());
    let region = region.map(|name| {
        Region::from_str(&name, true).unwrap_or_else(|error| panic!("{REGION}: {error}"))
    });
    let variable = |name: &str| env::var(name).ok();
    let config =
        Config::read(region, variable, Path::new(".env")).unwrap_or_else(|error| panic!("{error}"));
    let token = config
        .token
        .clone()
        .unwrap_or_else(|error| panic!("{error}"));
    let api = config.api(LIMITS).unwrap_or_else(|error| panic!("{error}"));
    let mut contract = contract();
    let reader = Reader {
        api: &api,
        token: &token,
        pause: PAUSE,
    };
    let Reading {
        failed,
        unread,
        stopped,
        ..
    } = reader.read(&mut contract).await;
    println!("{contract}");
    for (title, lines) in [("Failed", failed), ("Not read", unread)] {
        if !lines.is_empty() {
            println!("## {title}\n\n- {}\n", lines.join("\n- "));
        }
    }
    assert_eq!(stopped, None, "the API was not read to the end");
    let count = contract.count();
    assert_eq!(count, 0, "differences; the report says what to paste");
}
