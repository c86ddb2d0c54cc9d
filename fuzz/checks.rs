//! What must hold for any bytes: each function panics if it does not. The fuzz targets call them with
//! what libFuzzer makes up, `tests/fuzz.rs` with the inputs kept in `fuzz/regressions`.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Context, Display, Outcome, call, wait::NoProgress},
    catalog::{TOOLS, Toolset},
    guard::{
        Gate, Guard, confirm::Nobody, destination::Destination, patterns::Allowed, rules::Rules,
        sip::Sip,
    },
    model::View,
    number::e164,
    result::{self, ShowOptions},
};

/// The most bytes of any result here; small, so that cuts are frequent.
const LIMIT: usize = 12_000;

/// A call of any tool with any arguments, from the guard to the result, with the sandbox as Vapi.
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
            person: &Nobody,
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

/// Any pointers, one a line, into a fixed answer.
pub fn fields(data: &[u8]) {
    const BODY: &str = include_str!("../tests/fixtures/get_call.json");
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let fields: Vec<String> = text.lines().map(str::to_owned).collect();
    shown(BODY.as_bytes(), Some(&fields));
}

/// Any answer of Vapi, shown whole and by some pointers.
pub fn results(data: &[u8]) {
    shown(data, None);
    let fields = ["/a", "/*/b", "/a/0:3", "/*/*/c"].map(str::to_owned);
    shown(data, Some(&fields));
}

/// What is shown of valid JSON is valid JSON and within the limit.
fn shown(body: &[u8], fields: Option<&[String]>) {
    for limit in [200, 2_000] {
        let options = ShowOptions {
            view: &View::WHOLE,
            fields,
            limit,
            show_secrets: false,
            caller_token: None,
            already_shown: None,
        };
        if let Ok(answer) = result::show(body, &options) {
            assert!(answer.text.len() <= limit, "{} bytes", answer.text.len());
            serde_json::from_str::<Box<serde_json::value::RawValue>>(&answer.text).expect("JSON");
        }
    }
}

/// Any text as a telephone number, a SIP address and a list of destinations.
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
