//! Secrets planted in answers, wherever and in whatever form: none reaches the client or the log.
//! The names were collected apart from the table that the program uses.

mod answers;
mod texts;

use std::sync::{Arc, Mutex};

use crate::support::{KEY, process::Process, required};
use Form::{Any, Below, Text, Url};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use vapi_mcp::{
    catalog::{TOOLS, Tool},
    result::hide_secrets,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// In which forms a secret comes.
#[derive(Clone, Copy)]
enum Form {
    /// A text, and it is hidden as a list or an object too.
    Any,
    /// A text alone.
    Text,
    /// Texts at any depth below the key.
    Below,
    /// The login, the query and the fragment of an address.
    Url,
}

/// What is planted: the keys that lead to it, from the object in which it stands.
const SECRETS: &[(&str, Form)] = &[
    ("AccessKeyId", Any),
    ("SecretAccessKey", Any),
    ("SessionToken", Any),
    ("accessKeyId", Any),
    ("accessToken", Any),
    ("accountSid", Any),
    ("apiKey", Any),
    ("apiSecret", Any),
    ("authPassword", Any),
    ("authToken", Any),
    ("authorizationId", Any),
    ("awsAccessKeyId", Any),
    ("awsSecretAccessKey", Any),
    ("callToken", Any),
    ("clientSecret", Any),
    ("connectionString", Any),
    ("gcpKey", Any),
    ("hmacAccessKey", Any),
    ("hmacSecret", Any),
    ("jwtSecret", Any),
    ("ocpApimSubscriptionKey", Any),
    ("openAIKey", Any),
    ("password", Any),
    ("privateKey", Any),
    ("privateKeyId", Any),
    ("refreshToken", Any),
    ("secret", Any),
    ("secretAccessKey", Any),
    ("secretKey", Any),
    ("serverUrlSecret", Any),
    ("sessionToken", Any),
    ("token", Text),
    ("twilioAccountSid", Any),
    ("twilioApiKey", Any),
    ("twilioApiSecret", Any),
    ("twilioAuthToken", Any),
    ("vonageApiKey", Any),
    ("vonageApiSecret", Any),
    ("vonageApplicationPrivateKey", Any),
    ("webhookUrl", Any),
    ("Authorization", Any),
    ("proxy-authorization", Any),
    ("API_KEY", Any),
    ("APIKEY", Any),
    ("api-key", Any),
    ("x-api-key", Any),
    ("xi-api-key", Any),
    ("openai_api_key", Any),
    ("apiKeys", Any),
    ("access_token", Any),
    ("refresh-token", Any),
    ("id_token", Any),
    ("X-Auth-Token", Any),
    ("slack_bot_token", Text),
    ("cookie", Any),
    ("Set-Cookie", Any),
    ("client_secret", Any),
    ("CLIENT SECRET", Any),
    ("x-vapi-secret", Any),
    ("db_passwd", Any),
    ("user.password", Any),
    ("bearer", Text),
    ("jwt", Text),
    ("server_url", Url),
    ("web_call_url", Any),
    ("request_headers", Below),
    ("authentication", Below),
    ("authenticationSession", Below),
    ("headers", Below),
    ("responseHeaders", Below),
    ("sipHeaders", Below),
    ("authenticationPlan/clientSecret", Any),
    ("authenticationPlan/password", Any),
    ("authenticationPlan/token", Text),
    ("authenticationPlan/url", Url),
    ("apiRequest/headers/properties/Authorization/value", Any),
    ("apiRequest/headers/properties/Authorization/default", Any),
    ("apiRequest/headers/properties/Authorization/const", Any),
    ("apiRequest/headers/properties/Authorization/enum", Any),
    ("apiRequest/headers/properties/Authorization/examples", Any),
    ("phoneCallProviderDetails/sip", Any),
    ("phoneCallProviderDetails/twiml", Any),
    ("monitor/listenUrl", Any),
    ("monitor/controlUrl", Any),
    ("transport/callToken", Any),
    ("transport/websocketCallUrl", Any),
    ("websocketCallUrl", Any),
    ("callUrl", Any),
    ("webCallUrl", Any),
    ("logUrl", Any),
    ("pcapUrl", Any),
    ("presignedAssistantUrl", Any),
    ("presignedCustomerUrl", Any),
    ("presignedLogUrl", Any),
    ("presignedMonoUrl", Any),
    ("presignedPcapUrl", Any),
    ("presignedStereoUrl", Any),
    ("presignedUrl", Any),
    ("presignedVideoUrl", Any),
    ("serverUrl", Url),
    ("url", Url),
    ("llm/url", Url),
    ("server/url", Url),
    ("server/headers", Below),
];

/// What every planted value starts with.
const CANARY: &str = "canary-";

/// The number of forms that [`planted`] knows.
const FORMS: usize = 3;

/// A canary of its own for every secret, in one of its forms.
fn planted(number: usize, form: Form, variant: usize) -> Value {
    let canary = format!("{CANARY}{number}-{variant}");
    match (form, variant) {
        (Any, 1) => json!({ "inner": [canary], "key": canary }),
        (Any, 2) => json!([canary, { "value": canary }]),
        (Below, 0) => json!({ "Authorization": canary, "X-Api-Key": canary }),
        (Below, 1) => {
            json!({ "Set-Cookie": [canary, [canary]], "deep": { "er": { "x": canary } } })
        }
        (Below, _) => json!([{ "name": canary }, canary]),
        (Url, 0) => json!(format!("https://me:{canary}@example.com/path?key={canary}")),
        (Url, 1) => json!(format!("wss://{canary}@example.com:8443/a@b#{canary}")),
        (Url, _) => json!(format!("https://example.com?{canary}")),
        (Any | Text, _) => json!(canary),
    }
}

fn plant(object: &mut Value, path: &str, value: Value) {
    let mut here = object;
    for key in path.split('/') {
        if here.is_null() {
            *here = json!({});
        }
        here = &mut here[key];
    }
    *here = value;
}

/// One secret alone.
fn one(number: usize, variant: usize) -> Value {
    let (path, form) = SECRETS[number];
    let mut object = json!({});
    plant(&mut object, path, planted(number, form, variant));
    object
}

/// All secrets in one object.
fn all(variant: usize) -> Value {
    let mut object = json!({});
    for (number, (path, form)) in SECRETS.iter().enumerate() {
        plant(&mut object, path, planted(number, *form, variant));
    }
    object
}

/// The pointers to an object below the root, one for each depth.
const PLACES: [&str; 4] = ["", "/model", "/model/tools/0", "/members/0/assistant/model"];

/// An object that holds `inner` at this place.
fn placed(place: &str, inner: Value) -> Value {
    let mut value = inner;
    for key in place
        .split('/')
        .skip(1)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        value = match key.parse::<usize>() {
            Ok(_) => json!([value]),
            Err(_) => json!({ "before": 1, key: value, "after": 2 }),
        };
    }
    value["id"] = json!("an-id");
    // A tool that waits has nothing to wait for.
    value["status"] = json!("ended");
    value
}

/// A real process over a Vapi whose answer can be set.
struct Bench {
    answer: Arc<Mutex<(u16, String)>>,
    process: Process,
    _vapi: MockServer,
    _folder: TempDir,
}

impl Bench {
    async fn start() -> Self {
        let answer = Arc::new(Mutex::new((200, String::new())));
        let vapi = MockServer::start().await;
        let next = Arc::clone(&answer);
        Mock::given(matchers::any())
            .respond_with(move |_: &wiremock::Request| {
                let (status, body) = next.lock().unwrap().clone();
                ResponseTemplate::new(status).set_body_raw(body, "application/json")
            })
            .mount(&vapi)
            .await;
        let folder = TempDir::new().unwrap();
        let environment = [
            ("VAPI_TOKEN", KEY),
            ("VAPI_API_BASE_URL", &vapi.uri()),
            ("VAPI_MCP_LOG", "trace"),
            ("RUST_LOG", "trace"),
        ];
        let mut process = Process::start(folder.path(), &environment);
        process.initialize("2025-11-25").await;
        Self {
            answer,
            process,
            _vapi: vapi,
            _folder: folder,
        }
    }

    /// The tool's result for this answer; nothing planted is anywhere in the response.
    async fn call(&mut self, tool: &str, arguments: Value, status: u16, body: &Value) -> Value {
        *self.answer.lock().unwrap() = (status, body.to_string());
        let params = json!({ "name": tool, "arguments": arguments });
        let response = self.process.request("tools/call", params).await;
        assert_clean(
            &without_web_call(tool, response.clone()).to_string(),
            &format!("{tool} {arguments} on {body}"),
        );
        assert_eq!(response["result"]["isError"], status >= 300, "{response}");
        response["result"].clone()
    }

    async fn end(self) {
        let (code, log) = self.process.end().await;
        assert_eq!(code, Some(0));
        assert!(log.contains("called"), "nothing was logged");
        assert_clean(&log, "the log");
    }
}

/// The response without the one secret that is shown: the address of the web call that was made.
fn without_web_call(tool: &str, mut response: Value) -> Value {
    let text = &mut response["result"]["content"][0]["text"];
    let shown = text.as_str().map(serde_json::from_str::<Value>);
    if let ("create_call", Some(Ok(Value::Object(mut shown)))) = (tool, shown) {
        shown.remove("webCallUrl");
        *text = Value::Object(shown).to_string().into();
    }
    response
}

fn assert_clean(text: &str, of: &str) {
    assert!(!text.contains(CANARY), "{of}: {text}");
    assert!(!text.contains(KEY), "{of}: {text}");
}

fn shown(result: &Value) -> Value {
    serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
}

fn arguments(tool: &str) -> Map<String, Value> {
    let tool = vapi_mcp::catalog::find(tool).unwrap();
    let mut arguments = required(tool);
    if tool.dial.is_some() {
        arguments.insert("assistantId".to_owned(), json!("x"));
        arguments.insert("allowDuplicate".to_owned(), json!(true));
    }
    arguments
}

/// An answer to the tool that holds this, twice where it is a list.
fn answered(tool: &Tool, held: &Value) -> Value {
    if !tool.view.list {
        return held.clone();
    }
    let above = tool.view.rows.unwrap_or_default().rsplit('/');
    above
        .filter(|key| !key.is_empty())
        .fold(json!([held, held]), |below, key| match key {
            "0" => json!([below]),
            key => json!({ key: below }),
        })
}

/// Asserts that every secret is marked as hidden at its place, so that it was not merely left out.
fn assert_marked(shown: &Value) {
    for (path, form) in SECRETS {
        let value = shown.pointer(&format!("/{path}"));
        let value = value.unwrap_or_else(|| panic!("{path} is not there: {shown}"));
        let text = value.to_string();
        assert!(text.contains("[redacted]"), "{path}: {text}");
        if matches!(form, Url) {
            assert!(text.contains("example.com"), "{path}: {text}");
        }
    }
}
