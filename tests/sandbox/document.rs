//! The sandbox's answers beside Vapi's document.

use codegen::contract::Contract;

use super::*;
use crate::support::{dotted, target, with_value};
use codegen::{skeleton::Sources, supplement::Supplement};
use vapi_mcp::catalog::Tool;

/// What Vapi sends and its document does not know, as recorded; the sandbox sends these of it.
const UNDOCUMENTED: [&str; 6] = [
    "/call /transcript is not declared (string)",
    "/call /recordingUrl is not declared (string)",
    "/call /summary is not declared (string)",
    "/call /subscriptionLimits is not declared (object)",
    "/call /webCallUrl is not declared (string)",
    "/assistant /isServerUrlSecretSet is not declared (boolean)",
];

#[tokio::test(start_paused = true)]
async fn what_does_not_follow_the_document_is_refused_in_vapis_words() {
    let sandbox = Sandbox::new().unwrap();
    let (assistant, number) = (
        first_id(&sandbox, "/assistant"),
        first_id(&sandbox, "/phone-number"),
    );
    let nobody = "5a4db0c5-0000-4000-8000-999999999999";
    let start = target("create_call", "scheduledAt");
    let (plan, _) = start.rsplit_once('/').unwrap();
    for (path, body, message) in [
        (
            "/assistant",
            json!({ "nmae": "A" }),
            json!(["property nmae should not exist"]),
        ),
        (
            "/assistant",
            json!({ "name": 1 }),
            json!(["name must be a string"]),
        ),
        (
            "/assistant",
            json!({ "name": "x".repeat(41) }),
            json!(["name must be shorter than or equal to 40 characters"]),
        ),
        (
            "/assistant",
            json!({ "maxDurationSeconds": 1 }),
            json!(["maxDurationSeconds must not be less than 10"]),
        ),
        (
            "/assistant",
            json!({ "server": [] }),
            json!(["server must be an object"]),
        ),
        (
            "/assistant",
            json!({ "voice": { "provider": "11labs", "voiceId": "a", "speeed": 1 } }),
            json!(["voice.property speeed should not exist"]),
        ),
        (
            "/assistant",
            json!({ "model": { "provider": "openai", "model": "gpt-4o", "messages": [{ "role": "chef" }] } }),
            json!([
                "model.messages.0.role must be one of the following values: assistant, function, user, system, tool",
                "model.messages.0.content must be a string"
            ]),
        ),
        (
            "/assistant",
            json!([]),
            json!(
                "The body is not a JSON object: invalid type: sequence, expected a map at line 1 column 0"
            ),
        ),
        ("/tool", json!({ "type": "hammer" }), json!(null)),
        ("/tool", json!({}), json!(null)),
        (
            "/call",
            json!({ "assistantId": "a", "phoneNumberId": number, "customer": { "number": "555" } }),
            json!([
                "assistantId must be a UUID",
                "customer.number must be a valid phone number in the E.164 format."
            ]),
        ),
        (
            "/call",
            json!({ "assistantId": nobody, "phoneNumberId": number, "customer": { "number": "+15550100123" } }),
            json!(format!(
                "Couldn't Get Assistant. `assistantId` {nobody} Does Not Exist."
            )),
        ),
        (
            "/call",
            json!({ "assistantId": assistant, "customer": { "number": "+15550100123" } }),
            json!("Couldn't Get Phone Number. Need Either `phoneNumberId`, `phoneNumber`."),
        ),
        (
            "/call",
            json!({ "assistantId": assistant, "phoneNumberId": number }),
            json!(
                "Couldn't Get Customer. Need Either `customer` Or `customers`, With `number` Or `sipUri`."
            ),
        ),
        (
            "/call",
            with_value(
                json!({ "assistantId": assistant, "phoneNumberId": number, "customer": { "number": "+15550100123" } }),
                plan,
                json!({}),
            ),
            json!([format!("{} must be a string", dotted(start))]),
        ),
    ] {
        let answer = ask(&sandbox, "POST", path, body.clone());
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.body["error"], "Bad Request");
        assert_eq!(answer.body["statusCode"], 400);
        if message.is_null() {
            let said = answer.body["message"][0].as_str().unwrap();
            assert!(
                said.starts_with("type must be one of the following values: "),
                "{said}"
            );
        } else {
            assert_eq!(answer.body["message"], message, "{body}");
        }
    }
    assert_eq!(get(&sandbox, "/call"), json!([]));
}

#[tokio::test]
async fn what_vapi_does_not_have_is_not_found() {
    let sandbox = Sandbox::new().unwrap();
    assert_eq!(ask(&sandbox, "GET", "/campagne", Value::Null).status, 404);
    assert_eq!(ask(&sandbox, "PUT", "/assistant", Value::Null).status, 404);
}

/// The collection of the objects that a tool is about.
fn collection(tool: &Tool) -> &'static str {
    tool.operation.path.trim_end_matches("/{id}")
}

fn is_supported(collection: &str) -> bool {
    let answer = ask(&Sandbox::new().unwrap(), "GET", collection, Value::Null);
    answer.status == 200
}

/// A body from which the sandbox makes an object of a collection: that of the fixture with which a
/// tool would begin.
fn invented(collection: &str) -> Value {
    let spec = Path::new("spec");
    let document = std::fs::read(spec.join("vapi.json")).unwrap();
    let sources = Sources {
        document: &Document::parse(&document).unwrap(),
        table: &codegen::table::read(&spec.join("tools")).unwrap(),
        supplement: &Supplement::read(spec).unwrap(),
    };
    let skeleton = sources.skeleton(&format!("POST {collection}"), Some("invented"));
    let [(_, fixture), _] = skeleton.unwrap().fixtures;
    let fixture: Value = serde_json::from_str(&fixture).unwrap();
    fixture["request"]["body"].clone()
}

/// Every answer of a sandbox in which there is something of everything: collection, operation's
/// path and method, object.
async fn everything() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let sandbox = Sandbox::new().unwrap();
    let mut answers = Vec::new();
    let tool = first_id(&sandbox, "/tool");
    let model = json!({ "provider": "openai", "model": "gpt-4o", "toolIds": [tool] });
    let voice = json!({ "provider": "11labs", "voiceId": "a", "model": "eleven_turbo_v2_5" });
    let assistant = post(
        &sandbox,
        "/assistant",
        json!({ "name": "A", "model": model, "voice": voice }),
    );
    let squad = post(
        &sandbox,
        "/squad",
        json!({ "name": "S", "members": [{ "assistantId": assistant["id"] }] }),
    );
    let server = json!({ "url": "https://example.com", "headers": { "a": "b" } });
    let made = post(
        &sandbox,
        "/tool",
        json!({ "type": "apiRequest", "method": "GET", "url": "https://example.com", "name": "n", "description": "d" }),
    );
    answers.push(("/tool", "/tool", "post", made));
    let function = json!({ "name": "f", "description": "d", "parameters": { "type": "object", "properties": {} } });
    post(
        &sandbox,
        "/tool",
        json!({ "type": "function", "function": function, "server": server }),
    );
    let number = post(
        &sandbox,
        "/phone-number",
        json!({
            "provider": "vapi", "sipUri": "sip:a@example.com", "assistantId": assistant["id"], "squadId": squad["id"], "workflowId": "w",
        }),
    );
    answers.push(("/phone-number", "/phone-number", "post", number.clone()));
    for (number_id, whom) in [
        (
            first_id(&sandbox, "/phone-number"),
            json!({ "customer": { "number": "+15550100106", "name": "Ada" } }),
        ),
        (
            first_id(&sandbox, "/phone-number"),
            json!({ "customer": { "sipUri": "sip:ada@example.com" } }),
        ),
        (
            number["id"].as_str().unwrap().to_owned(),
            json!({ "customer": { "number": "+15550100123" }, "squadId": squad["id"], "name": "n" }),
        ),
    ] {
        let start = target("create_call", "scheduledAt");
        let mut body = with_value(whom, start, "2020-01-01T00:00:00Z");
        body["phoneNumberId"] = json!(number_id);
        if body.get("squadId").is_none() {
            body["assistantId"] = assistant["id"].clone();
        }
        answers.push(("/call", "/call", "post", post(&sandbox, "/call", body)));
    }
    let form = "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nassistant\r\n\
                --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                Content-Type: text/plain\r\n\r\nA\r\n--x--\r\n";
    let url = Url::parse(&format!("{ADDRESS}/file")).unwrap();
    let file = sandbox.answer("POST", &url, form.as_bytes()).body;
    answers.push(("/file", "/file", "post", file));
    let web = post(&sandbox, "/call", json!({ "assistantId": assistant["id"] }));
    answers.push(("/call", "/call", "post", web));
    answers.push(("/assistant", "/assistant", "post", assistant));
    let known = [
        ("/assistant", "/assistant/{id}"),
        ("/call", "/call/{id}"),
        ("/phone-number", "/phone-number/{id}"),
        ("/squad", "/squad/{id}"),
        ("/tool", "/tool/{id}"),
    ];
    let collections: BTreeSet<_> = TOOLS.iter().map(collection).collect();
    for collection in collections {
        let is_known = collection == "/file" || known.iter().any(|(path, _)| *path == collection);
        if !is_known && is_supported(collection) {
            let made = post(&sandbox, collection, invented(collection));
            answers.push((collection, collection, "post", made));
        }
    }
    sleep(OVER).await;
    for (collection, one) in known {
        for object in get(&sandbox, collection).as_array().unwrap() {
            let path = one.replace("{id}", object["id"].as_str().unwrap());
            answers.push((collection, one, "get", get(&sandbox, &path)));
        }
    }
    answers
}

#[tokio::test(start_paused = true)]
async fn its_answers_hold_every_pointer_that_the_table_reads() {
    let answers = everything().await;
    let tables = codegen::table::read(Path::new("spec/tools")).unwrap();
    let mut looked = 0;
    for placed in &tables.rows {
        let row = &placed.row;
        let view = TOOLS.iter().find(|tool| tool.name == row.name).unwrap();
        let collection = collection(view);
        if ask(&Sandbox::new().unwrap(), "GET", collection, Value::Null).status == 501 {
            continue;
        }
        let keep = view.view.keep.unwrap_or_default().iter().copied();
        let mut pointers: BTreeSet<_> = keep.chain(view.view.explain).collect();
        for added in view.view.add {
            pointers.insert(added.at);
        }
        pointers.extend(view.view.page.map(|page| page.at));
        if let Some(wait) = view.wait {
            pointers.insert(wait.until.at);
            pointers.extend(
                wait.delayed
                    .iter()
                    .flat_map(|late| [late.at, late.requires, late.since]),
            );
        }
        for pointer in pointers {
            let found = answers
                .iter()
                .any(|(of, _, _, answer)| *of == collection && answer.pointer(pointer).is_some());
            assert!(
                found,
                "{}: no object of {collection} in the sandbox has `{pointer}`; make one that has in \
                 `everything` in tests/sandbox/document.rs, or let src/sandbox give it a value",
                row.name
            );
            looked += 1;
        }
    }
    assert!(looked > 80, "{looked}");
}

#[tokio::test(start_paused = true)]
async fn its_answers_hold_nothing_beyond_the_document_and_the_recordings() {
    let contract = Contract::read(Path::new("spec")).unwrap();
    let mut beyond = BTreeSet::new();
    for (collection, path, method, answer) in everything().await {
        let address = format!("{} {path}", method.to_uppercase());
        for difference in contract.differences(&address, &answer) {
            beyond.insert(format!("{collection} {difference}"));
        }
    }
    let known: BTreeSet<_> = UNDOCUMENTED
        .iter()
        .map(|known| (*known).to_owned())
        .collect();
    assert_eq!(beyond, known);
}
