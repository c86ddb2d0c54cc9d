//! Checks of properties that hold for any input; each function panics if one is violated. The fuzz
//! targets call them with inputs from libFuzzer, `tests/fuzz.rs` with the inputs in
//! `fuzz/regressions`.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Context, Display, Outcome, call, wait::NoProgress},
    catalog::{TOOLS, Toolset},
    guard::{
        Gate, Guard, confirm::NoConfirmer, destination::Destination, patterns::Allowed,
        rules::Rules, sip::Sip,
    },
    model::View,
    number::e164,
    result::{self, ShowOptions},
};

/// Maximum size of a result in these checks, in bytes; small, so that results are often truncated.
const LIMIT: usize = 12_000;

/// Calls any tool with any arguments, from the guard to the result, against the sandbox.
pub fn arguments(data: &[u8]) {
    let Some((tool, arguments)) = data.split_first() else {
        return;
    };
    let Ok(Value::Object(arguments)) = serde_json::from_slice(arguments) else {
        return;
    };
    let outcome = outcome(usize::from(*tool), arguments);
    let remarks: usize = outcome.remarks.iter().map(String::len).sum();
    assert!(
        outcome.text.len() + remarks <= LIMIT,
        "{} bytes",
        outcome.text.len() + remarks
    );
    if !outcome.is_error {
        serde_json::from_str::<Value>(&outcome.text).expect("a result is JSON");
    }
}

fn outcome(tool: usize, arguments: Map<String, Value>) -> Outcome {
    static TOKEN: LazyLock<Token> =
        LazyLock::new(|| Token::new("fuzz-fuzz-fuzz").expect("a token"));
    let tool = &TOOLS[tool % TOOLS.len()];
    let api = Api::sandbox(Limits::default()).expect("a sandbox");
    let rules = Rules {
        destinations: Some("+1,sip:*@example.com".parse().expect("destinations")),
        max_batch: Some(20),
        ..Rules::default()
    };
    let guard = Guard::new(rules).expect("random numbers");
    let context = Context {
        api: &api,
        token: &TOKEN,
        display: Display {
            limit: LIMIT,
            ..Display::default()
        },
        toolset: &Toolset::default(),
        gate: Gate {
            guard: &guard,
            person: &NoConfirmer,
        },
        progress: &NoProgress,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(call(tool, arguments, context))
}

/// Applies any pointers, one per line, to a fixed response.
pub fn fields(data: &[u8]) {
    const BODY: &str = include_str!("../tests/fixtures/get_call.json");
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let fields: Vec<String> = text.lines().map(str::to_owned).collect();
    shown(BODY.as_bytes(), Some(&fields));
}

/// Shows any response of Vapi, in full and with some pointers.
pub fn results(data: &[u8]) {
    shown(data, None);
    let fields = ["/a", "/*/b", "/a/0:3", "/*/*/c"].map(str::to_owned);
    shown(data, Some(&fields));
}

/// Checks that the result for valid JSON is valid JSON and within the limit.
fn shown(body: &[u8], fields: Option<&[String]>) {
    for limit in [200, 2_000] {
        let options = ShowOptions {
            view: &View::WHOLE,
            fields,
            limit,
            show_secrets: false,
            caller_token: None,
            already_shown: None,
            skip: 0,
        };
        if let Ok(answer) = result::show(body, &options) {
            assert!(answer.text.len() <= limit, "{} bytes", answer.text.len());
            serde_json::from_str::<Box<serde_json::value::RawValue>>(&answer.text).expect("JSON");
        }
    }
}

/// Parses any text as a phone number, a SIP address and a list of destinations.
pub fn destinations(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(number) = e164(text) {
        assert_eq!(e164(&number).as_deref(), Some(number.as_str()));
    }
    let (list, destination) = text.split_once('\n').unwrap_or(("sip:*@example.com", text));
    if let (Ok(allowed), Some(sip)) = (list.parse::<Allowed>(), Sip::parse(destination)) {
        let _ = allowed.allows(&Destination::Sip(sip));
    }
}
