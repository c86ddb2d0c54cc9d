//! The sandbox: what is made there, what becomes of calls, what it refuses, and that its answers are
//! like Vapi's.
use std::{collections::BTreeSet, path::Path, time::Duration};

use crate::support::process::{Process, command};
use codegen::document::Document;
use reqwest::Url;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;
use vapi_mcp::{
    catalog::TOOLS,
    sandbox::{ADDRESS, Answer, REMARK, Sandbox},
};

/// What Vapi sends and its document does not know, as recorded; the sandbox sends these of it.
const UNDOCUMENTED: [&str; 6] = [
    "/call transcript",
    "/call recordingUrl",
    "/call summary",
    "/call subscriptionLimits",
    "/call webCallUrl",
    "/assistant isServerUrlSecretSet",
];

/// Long enough for every call to be over.
const OVER: Duration = Duration::from_secs(30);

fn ask(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> Answer {
    let url = Url::parse(&format!("{ADDRESS}{path}")).unwrap();
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    sandbox.answer(method, &url, &body)
}

fn get(sandbox: &Sandbox, path: &str) -> Value {
    let answer = ask(sandbox, "GET", path, Value::Null);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

fn post(sandbox: &Sandbox, path: &str, body: Value) -> Value {
    let answer = ask(sandbox, "POST", path, body);
    assert_eq!(answer.status, 201, "{path}: {}", answer.body);
    answer.body
}

fn first_id(sandbox: &Sandbox, path: &str) -> String {
    get(sandbox, path)[0]["id"].as_str().unwrap().to_owned()
}

/// A call to this number with what is there from the start.
fn call_to(sandbox: &Sandbox, number: &str) -> Value {
    json!({
        "assistantId": first_id(sandbox, "/assistant"),
        "phoneNumberId": first_id(sandbox, "/phone-number"),
        "customer": { "number": number },
    })
}

fn ring(sandbox: &Sandbox, number: &str) -> Answer {
    ask(sandbox, "POST", "/call", call_to(sandbox, number))
}

fn path_of(call: &Value) -> String {
    format!("/call/{}", call["id"].as_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_call_without_both_ends_is_a_web_call() {
    let sandbox = Sandbox::new().unwrap();
    let assistant = first_id(&sandbox, "/assistant");
    let placed = post(&sandbox, "/call", json!({ "assistantId": assistant }));
    assert_eq!(placed["type"], "webCall");
    assert_eq!(placed["status"], "queued");
    assert_eq!(placed["webCallUrl"], placed["transport"]["callUrl"]);
    assert_eq!(placed.get("phoneCallProvider"), None);
    assert_eq!(get(&sandbox, &path_of(&placed))["type"], "webCall");
}

#[tokio::test(start_paused = true)]
async fn what_is_made_is_listed_changed_and_removed() {
    let sandbox = Sandbox::new().unwrap();
    for (path, body, change) in [
        (
            "/assistant",
            json!({ "name": "A", "firstMessage": "Hi" }),
            json!({ "name": "B", "firstMessage": null }),
        ),
        (
            "/tool",
            json!({ "type": "endCall" }),
            json!({ "messages": [] }),
        ),
        (
            "/phone-number",
            json!({ "provider": "vapi", "name": "A" }),
            json!({ "provider": "vapi", "name": "B" }),
        ),
        (
            "/squad",
            json!({ "members": [{ "assistant": { "name": "A" } }] }),
            json!({ "members": [] }),
        ),
    ] {
        let made = post(&sandbox, path, body.clone());
        for (key, value) in body.as_object().unwrap() {
            assert_eq!(&made[key], value);
        }
        assert!(made["id"].as_str().unwrap().starts_with("5a4db0c5-"));
        let one = format!("{path}/{}", made["id"].as_str().unwrap());
        assert_eq!(get(&sandbox, &one), made);
        assert_eq!(get(&sandbox, path)[0], made);
        sleep(Duration::from_secs(1)).await;
        let changed = ask(&sandbox, "PATCH", &one, change.clone()).body;
        for (key, value) in change.as_object().unwrap() {
            assert_eq!(
                changed.get(key),
                Some(value).filter(|value| !value.is_null()),
                "{changed}"
            );
        }
        assert_eq!(changed["createdAt"], made["createdAt"]);
        assert!(changed["updatedAt"].as_str() > made["updatedAt"].as_str());
        assert_eq!(ask(&sandbox, "DELETE", &one, Value::Null).body, changed);
        for method in ["GET", "PATCH", "DELETE"] {
            let body = if method == "PATCH" {
                change.clone()
            } else {
                Value::Null
            };
            assert_eq!(ask(&sandbox, method, &one, body).status, 404);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lists_are_newest_first_and_cut_by_limit_time_and_owner() {
    let sandbox = Sandbox::new().unwrap();
    let times: Vec<_> = (0..5)
        .map(|index| {
            post(
                &sandbox,
                "/assistant",
                json!({ "name": format!("{index}") }),
            )["createdAt"]
                .clone()
        })
        .collect();
    let distinct: BTreeSet<_> = times.iter().map(|time| time.as_str().unwrap()).collect();
    assert_eq!(distinct.len(), 5, "a list is paged by its times");
    let names = |query: String| -> String {
        let list = get(&sandbox, &format!("/assistant?{query}"));
        let names = list.as_array().unwrap().iter();
        names
            .map(|one| one["name"].as_str().unwrap())
            .filter(|name| name.len() == 1)
            .collect()
    };
    let third = times[2].as_str().unwrap();
    for (query, wanted) in [
        ("limit=2".to_owned(), "43"),
        ("limit=0".to_owned(), ""),
        (format!("createdAtGt={third}"), "43"),
        (format!("createdAtGe={third}"), "432"),
        (format!("createdAtLt={third}"), "10"),
        (format!("createdAtLe={third}&limit=1"), "2"),
        (format!("updatedAtGe={third}"), "432"),
    ] {
        assert_eq!(names(query.clone()), wanted, "{query}");
    }
    let call = ring(&sandbox, "+15550100123").body;
    let mine = format!(
        "/call?assistantId={}",
        call["assistantId"].as_str().unwrap()
    );
    assert_eq!(get(&sandbox, &mine)[0]["id"], call["id"]);
    let other = get(&sandbox, "/assistant")[1]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        get(&sandbox, &format!("/call?assistantId={other}")),
        json!([])
    );
    for (query, problem) in [
        ("limit=1001", "limit must not be greater than 1000"),
        (
            "limit=x",
            "limit must be a number conforming to the specified constraints",
        ),
        (
            "createdAtGt=soon",
            "createdAtGt must be a valid ISO 8601 date string",
        ),
        ("offset=1", "property offset should not exist"),
    ] {
        let answer = ask(&sandbox, "GET", &format!("/assistant?{query}"), Value::Null);
        assert_eq!(
            (answer.status, &answer.body["message"]),
            (400, &json!([problem]))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_rings_is_talked_ends_and_is_analysed() {
    let sandbox = Sandbox::new().unwrap();
    let mut body = call_to(&sandbox, "+15550100123");
    body["assistantOverrides"] =
        json!({ "firstMessage": "Hello {{name}}!", "variableValues": { "name": "Ada" } });
    let placed = post(&sandbox, "/call", body);
    assert_eq!(placed["status"], "queued");
    assert_eq!(placed["subscriptionLimits"]["concurrencyLimit"], 10);
    let path = path_of(&placed);
    let mut seen = Vec::new();
    let mut ended_without_analysis = false;
    let mut call = Value::Null;
    for _ in 0..100 {
        sleep(Duration::from_millis(100)).await;
        call = get(&sandbox, &path);
        let status = call["status"].as_str().unwrap().to_owned();
        ended_without_analysis |= status == "ended" && call.get("analysis").is_none();
        if seen.last() != Some(&status) {
            seen.push(status);
        }
    }
    assert_eq!(seen, ["queued", "ringing", "in-progress", "ended"]);
    assert!(ended_without_analysis, "an analysis comes after the end");
    assert_eq!(call["endedReason"], "customer-ended-call");
    assert!(
        call["transcript"]
            .as_str()
            .unwrap()
            .starts_with("AI: Hello Ada!\nUser: ")
    );
    assert_eq!(call["transcript"], call["artifact"]["transcript"]);
    assert_eq!(call["messages"][0]["role"], "system");
    let costs: f64 = call["costs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["cost"].as_f64().unwrap())
        .sum();
    assert!(costs > 0.0 && (costs - call["cost"].as_f64().unwrap()).abs() < 1e-9);
    assert_eq!(call["costBreakdown"]["total"], call["cost"]);
    let times: Vec<_> = ["createdAt", "startedAt", "endedAt", "updatedAt"]
        .map(|key| call[key].as_str().unwrap())
        .into();
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_call_waits_for_its_time() {
    let sandbox = Sandbox::new().unwrap();
    let mut body = call_to(&sandbox, "+15550100123");
    body["schedulePlan"] = json!({ "earliestAt": "2999-01-01T00:00:00Z" });
    let placed = post(&sandbox, "/call", body);
    sleep(OVER).await;
    assert_eq!(get(&sandbox, &path_of(&placed))["status"], "scheduled");
}

#[tokio::test(start_paused = true)]
async fn some_numbers_fail_as_vapi_does() {
    let sandbox = Sandbox::new().unwrap();
    for (number, reason) in [
        ("+15550100101", "customer-busy"),
        ("+15550100102", "customer-did-not-answer"),
        ("+15550100103", "voicemail"),
        (
            "+15550100104",
            "call.in-progress.error-sip-outbound-call-failed-to-connect",
        ),
        (
            "+15550100106",
            "call.start.error-subscription-concurrency-limit-reached",
        ),
    ] {
        let placed = ring(&sandbox, number);
        assert_eq!(placed.status, 201);
        let blocked = &placed.body["subscriptionLimits"]["concurrencyBlocked"];
        assert_eq!(blocked, &json!(number.ends_with('6')));
        sleep(OVER).await;
        let call = get(&sandbox, &path_of(&placed.body));
        assert_eq!(
            (&call["status"], &call["endedReason"]),
            (&json!("ended"), &json!(reason))
        );
        assert_eq!(call["cost"], 0);
        for absent in [
            "startedAt",
            "endedAt",
            "transcript",
            "messages",
            "analysis",
            "artifact",
        ] {
            assert_eq!(call.get(absent), None);
        }
    }
    let refused = ring(&sandbox, "+15550100105");
    assert_eq!(refused.status, 400);
    assert!(
        refused.body["message"]
            .as_str()
            .unwrap()
            .contains("daily limit")
    );
    assert!(refused.body["subscriptionLimits"].is_object());
    let before = get(&sandbox, "/call").as_array().unwrap().len();
    assert!(ring(&sandbox, "+15550100107").broken);
    assert_eq!(
        get(&sandbox, "/call").as_array().unwrap().len(),
        before + 1,
        "it was placed all the same"
    );
}

#[tokio::test(start_paused = true)]
async fn its_calls_are_summed_up_by_what_they_have_in_common() {
    let sandbox = Sandbox::new().unwrap();
    let assistant = first_id(&sandbox, "/assistant");
    let number = first_id(&sandbox, "/phone-number");
    for whom in ["+15550100123", "+15550100124", "+15550100101"] {
        let body = json!({ "assistantId": assistant, "phoneNumberId": number, "customer": { "number": whom } });
        post(&sandbox, "/call", body);
    }
    sleep(OVER).await;
    let operations = json!([
        { "operation": "count", "column": "id", "alias": "calls" },
        { "operation": "sum", "column": "cost", "alias": "totalCost" },
        { "operation": "avg", "column": "duration" },
    ]);
    let query = |group: &str, range: Value| {
        let query = json!({ "table": "call", "name": "n", "groupBy": [group], "operations": operations, "timeRange": range });
        let answer = ask(
            &sandbox,
            "POST",
            "/analytics",
            json!({ "queries": [query] }),
        );
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body[0]["result"].clone()
    };
    let calls = get(&sandbox, "/call");
    let costs = calls.as_array().unwrap().iter();
    let total: f64 = costs.map(|call| call["cost"].as_f64().unwrap()).sum();
    let groups = query("assistantId", json!({}));
    assert_eq!(groups.as_array().unwrap().len(), 1);
    assert_eq!(groups[0]["assistantId"], json!(assistant));
    assert_eq!(groups[0]["calls"], 3);
    assert!(total > 0.0 && (groups[0]["totalCost"].as_f64().unwrap() - total).abs() < 1e-3);
    assert!(groups[0]["avgduration"].as_f64().unwrap() > 0.0);
    let groups = query("endedReason", json!({ "step": "day" }));
    let counts: Vec<_> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["calls"].as_u64())
        .collect();
    assert_eq!(counts, [Some(1), Some(2)]);
    assert!(groups[0]["date"].as_str().unwrap().ends_with("T00:00:00Z"));
    assert_eq!(
        query("status", json!({ "end": "2020-01-01T00:00:00Z" })),
        json!([])
    );
    let unknown = json!({ "queries": [{ "table": "cals", "name": "n", "operations": [] }] });
    assert_eq!(ask(&sandbox, "POST", "/analytics", unknown).status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_batch_answers_for_each_customer() {
    let sandbox = Sandbox::new().unwrap();
    let mut body = call_to(&sandbox, "+15550100123");
    body.as_object_mut().unwrap().remove("customer");
    body["customers"] = json!([{ "number": "+15550100123" }, { "number": "+15550100105" }]);
    let placed = post(&sandbox, "/call", body);
    assert_eq!(placed["results"][0]["customer"]["number"], "+15550100123");
    assert_eq!(placed["errors"][0]["customer"]["number"], "+15550100105");
    assert_eq!(placed["subscriptionLimits"]["remainingConcurrentCalls"], 9);
}

#[tokio::test(start_paused = true)]
async fn each_person_of_a_batch_hears_their_own_values() {
    let sandbox = Sandbox::new().unwrap();
    let mut body = call_to(&sandbox, "+15550100123");
    let members = body.as_object_mut().unwrap();
    for key in ["customer", "assistantId"] {
        members.remove(key);
    }
    body["assistant"] = json!({
        "name": "A", "firstMessage": "Hello {{name}}, {{ shop }} here. {{unknown}} {{",
        "model": { "provider": "openai", "model": "gpt-4o", "messages": [{ "role": "system", "content": "You call {{name}} of {{age}}." }] },
    });
    body["assistantOverrides"] = json!({ "variableValues": { "shop": "The shop", "name": "you" } });
    let person = |number: &str, values: Value| json!({ "number": number, "assistantOverrides": { "variableValues": values } });
    body["customers"] = json!([
        person("+15550100123", json!({ "name": "Ann", "age": 30 })),
        person("+15550100124", json!({ "name": "{{shop}}" })),
        { "number": "+15550100126" },
    ]);
    let placed = post(&sandbox, "/call", body);
    sleep(OVER).await;
    for (index, greeting, prompt) in [
        (
            0,
            "AI: Hello Ann, The shop here. {{unknown}} {{\n",
            "You call Ann of 30.",
        ),
        (
            1,
            "AI: Hello {{shop}}, The shop here. {{unknown}} {{\n",
            "You call {{shop}} of {{age}}.",
        ),
        (
            2,
            "AI: Hello you, The shop here. {{unknown}} {{\n",
            "You call you of {{age}}.",
        ),
    ] {
        let id = placed["results"][index]["id"].as_str().unwrap();
        let call = get(&sandbox, &format!("/call/{id}"));
        let transcript = call["transcript"].as_str().unwrap();
        assert!(transcript.starts_with(greeting), "{transcript}");
        assert_eq!(call["messages"][0]["message"], prompt);
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_follow_the_document_is_refused_in_vapis_words() {
    let sandbox = Sandbox::new().unwrap();
    let (assistant, number) = (
        first_id(&sandbox, "/assistant"),
        first_id(&sandbox, "/phone-number"),
    );
    let nobody = "5a4db0c5-0000-4000-8000-999999999999";
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
            json!({ "assistantId": assistant, "phoneNumberId": number, "customer": { "number": "+15550100123" }, "schedulePlan": {} }),
            json!(["schedulePlan.earliestAt must be a string"]),
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
async fn what_it_does_not_do_it_says() {
    let sandbox = Sandbox::new().unwrap();
    let answer = ask(&sandbox, "GET", "/campaign", Value::Null);
    assert_eq!(answer.status, 501);
    assert_eq!(
        answer.body["message"],
        "The sandbox does not support GET /campaign; it keeps /assistant, /call, /phone-number, /squad, /tool."
    );
    assert_eq!(ask(&sandbox, "GET", "/campagne", Value::Null).status, 404);
    assert_eq!(ask(&sandbox, "PUT", "/assistant", Value::Null).status, 404);
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
            json!({ "customer": { "number": "+15550100123" }, "squadId": squad["id"], "name": "n", "schedulePlan": { "earliestAt": "2020-01-01T00:00:00Z" } }),
        ),
    ] {
        let mut body = whom;
        body["phoneNumberId"] = json!(number_id);
        if body.get("squadId").is_none() {
            body["assistantId"] = assistant["id"].clone();
        }
        answers.push(("/call", "/call", "post", post(&sandbox, "/call", body)));
    }
    let web = post(&sandbox, "/call", json!({ "assistantId": assistant["id"] }));
    answers.push(("/call", "/call", "post", web));
    answers.push(("/assistant", "/assistant", "post", assistant));
    sleep(OVER).await;
    for (collection, one) in [
        ("/assistant", "/assistant/{id}"),
        ("/call", "/call/{id}"),
        ("/phone-number", "/phone-number/{id}"),
        ("/squad", "/squad/{id}"),
        ("/tool", "/tool/{id}"),
    ] {
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
    let text = std::fs::read("spec/vapi.json").unwrap();
    let document = Document::parse(&text).unwrap();
    let tables = codegen::table::read(Path::new("spec/tools")).unwrap();
    let mut looked = 0;
    for placed in &tables.rows {
        let row = &placed.row;
        let path = document.operation(&row.operation).unwrap().path;
        let collection = path.trim_end_matches("/{id}");
        if ask(&Sandbox::new().unwrap(), "GET", collection, Value::Null).status == 501 {
            continue;
        }
        let view = TOOLS.iter().find(|tool| tool.name == row.name).unwrap();
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
            assert!(found, "{}: nothing at {pointer}", row.name);
            looked += 1;
        }
    }
    assert!(looked > 80, "{looked}");
}

#[tokio::test(start_paused = true)]
async fn its_answers_hold_nothing_beyond_the_document_and_the_recordings() {
    let text = std::fs::read("spec/vapi.json").unwrap();
    let document = Document::parse(&text).unwrap();
    let mut beyond = BTreeSet::new();
    for (collection, path, method, answer) in everything().await {
        let pointer = format!("/paths/{}/{method}/responses", path.replace('/', "~1"));
        let responses = document.value().pointer(&pointer).unwrap();
        let status = if method == "post" { "201" } else { "200" };
        let schema = &responses[status]["content"]["application/json"]["schema"];
        for strange in unknown(&document, schema, &answer) {
            beyond.insert(format!("{collection} {strange}"));
        }
    }
    let known: BTreeSet<_> = UNDOCUMENTED
        .iter()
        .map(|known| (*known).to_owned())
        .collect();
    assert_eq!(beyond, known);
}

/// The keys of a value that no alternative of the schema knows, nor any that it requires: the
/// shortest list that any alternative leaves.
fn unknown(document: &Document, schema: &Value, value: &Value) -> Vec<String> {
    let alternatives = document.alternatives(schema);
    let of_one = |schema: &Value| match value {
        Value::Object(members) => {
            let Some(known) = schema.get("properties") else {
                let free = schema["type"] == "object" || schema.get("type").is_none();
                return if free {
                    Vec::new()
                } else {
                    vec!["(an object)".to_owned()]
                };
            };
            let mut strange = Vec::new();
            for (key, value) in members {
                match known.get(key) {
                    None => strange.push(key.clone()),
                    Some(schema) => strange.extend(
                        unknown(document, schema, value)
                            .into_iter()
                            .map(|below| format!("{key}/{below}")),
                    ),
                }
            }
            let required = schema["required"].as_array().into_iter().flatten();
            let missing = required.filter(|key| !members.contains_key(key.as_str().unwrap()));
            strange.extend(missing.map(|key| format!("without {key}")));
            strange
        }
        Value::Array(items) => match schema.get("items") {
            Some(schema) => items
                .iter()
                .flat_map(|item| unknown(document, schema, item))
                .collect(),
            None => vec!["(a list)".to_owned()],
        },
        scalar => {
            let kind = match scalar {
                Value::String(_) => "string",
                Value::Bool(_) => "boolean",
                _ => "number",
            };
            let fits = schema.get("type").is_none_or(|known| known == kind)
                && schema["enum"]
                    .as_array()
                    .is_none_or(|texts| texts.contains(scalar));
            if fits {
                Vec::new()
            } else {
                vec![format!("({scalar})")]
            }
        }
    };
    alternatives
        .iter()
        .map(of_one)
        .min_by_key(Vec::len)
        .unwrap_or_default()
}

#[tokio::test]
async fn the_server_says_wherever_it_matters_that_this_is_a_sandbox() {
    let folder = TempDir::new().unwrap();
    let mut server = Process::with_flags(folder.path(), &[], &["--sandbox"]);
    let hello = server.initialize("2025-06-18").await;
    assert_eq!(hello["serverInfo"]["title"], "Vapi (sandbox)");
    assert!(
        hello["instructions"]
            .as_str()
            .unwrap()
            .starts_with("SANDBOX: ")
    );
    // With the first result of a session, and with every write.
    for (tool, arguments, fails, told) in [
        ("list_assistants", json!({}), false, true),
        ("list_assistants", json!({}), false, false),
        ("get_call", json!({ "callId": "a" }), true, false),
        ("create_call", json!({ "customer": 1 }), true, true),
        ("create_assistant", json!({ "name": "A" }), false, true),
        ("list_calls", json!({}), false, false),
    ] {
        let result = server.call(tool, arguments).await;
        assert_eq!(result["isError"], fails, "{result}");
        let remarks = result["content"].as_array().unwrap();
        let mut lines = remarks
            .iter()
            .flat_map(|block| block["text"].as_str().unwrap().lines());
        assert_eq!(lines.any(|line| line == REMARK), told, "{result}");
    }
    let (code, log) = server.end().await;
    assert_eq!(code, Some(0));
    assert!(log.contains("sandbox"), "{log}");
}

#[tokio::test]
async fn a_person_who_is_asked_is_told_that_it_is_a_sandbox() {
    let folder = TempDir::new().unwrap();
    let flags = ["--sandbox", "--confirm", "write"];
    let mut server = Process::with_flags(folder.path(), &[], &flags);
    let client = json!({ "name": "test", "version": "1" });
    let able = json!({ "elicitation": {} });
    let hello =
        json!({ "protocolVersion": "2025-11-25", "capabilities": able, "clientInfo": client });
    server.request("initialize", hello).await;
    let call = json!({ "name": "create_assistant", "arguments": { "name": "Desk" } });
    server
        .send(json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call }))
        .await;
    let question = server.receive().await;
    let message = question["params"]["message"].as_str().unwrap();
    let expected = format!("{REMARK}\ncreate_assistant with {{\"name\":\"Desk\"}}?");
    assert_eq!(message, expected);
}

#[tokio::test]
async fn with_a_key_and_an_address_nothing_is_sent_all_the_same() {
    let vapi = crate::support::vapi(wiremock::ResponseTemplate::new(200)).await;
    let folder = TempDir::new().unwrap();
    let uri = vapi.uri();
    for (flag, variable) in [("--sandbox", ""), ("--sandbox=true", "false"), ("", "true")] {
        let variables = [
            ("VAPI_TOKEN", crate::support::KEY),
            ("VAPI_API_BASE_URL", uri.as_str()),
            ("VAPI_MCP_SANDBOX", variable),
        ];
        let words = ["call", "list_assistants", flag];
        let output = command(folder.path(), &variables)
            .args(words.iter().filter(|word| !word.is_empty()))
            .output()
            .await
            .unwrap();
        assert!(output.status.success());
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(list[0]["name"], "Sandbox assistant");
        assert!(String::from_utf8(output.stderr).unwrap().contains(REMARK));
    }
    assert_eq!(vapi.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn the_demonstration_needs_no_key_and_ends_with_a_configuration() {
    let folder = TempDir::new().unwrap();
    let output = command(folder.path(), &[])
        .arg("demo")
        .output()
        .await
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}'), "plain in a pipe");
    for part in [
        "customer-ended-call",
        "AI: Good morning",
        "cost",
        "mcpServers",
        "VAPI_TOKEN",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// reqwest is a client of HTTP; what serves it is another feature of the same libraries.
#[test]
fn without_http_no_http_server_is_linked() {
    let tree = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "-e",
            "normal,features",
            "-p",
            "vapi-mcp",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("hyper feature \"client\""), "{tree}");
    for server in [
        "axum",
        "hyper feature \"server\"",
        "hyper-util feature \"server",
    ] {
        assert!(!tree.contains(server), "{server}");
    }
}
