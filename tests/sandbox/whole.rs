//! Every operation of the API, with answers as the document declares them.

use codegen::contract::Contract;

use super::*;

/// What Vapi sends beyond its document: as recorded, and in the list of insights, whose schema leaves
/// the queries out.
const KNOWN: [&str; 8] = [
    "/assistant/{id} /isServerUrlSecretSet ",
    "/assistant /*/isServerUrlSecretSet ",
    "POST /assistant /isServerUrlSecretSet ",
    "/recordingUrl ",
    "/summary ",
    "/transcript ",
    "POST /call /subscriptionLimits ",
    "GET /reporting/insight /results/*/queries ",
];

/// A sandbox with everything that was asked of it.
struct Asked {
    sandbox: Sandbox,
    contract: Contract,
    operations: BTreeSet<String>,
    /// What the answers hold beyond the document, or without what it requires.
    beyond: BTreeSet<String>,
}

impl Asked {
    fn new() -> Self {
        Self {
            sandbox: Sandbox::new().unwrap(),
            contract: Contract::read(Path::new("spec")).unwrap(),
            operations: BTreeSet::new(),
            beyond: BTreeSet::new(),
        }
    }

    /// Asks for `METHOD /path`, with the path's parameters in their order and a query.
    fn ask(&mut self, operation: &str, params: &[&Value], query: &str, body: Value) -> Value {
        let (method, template) = operation.split_once(' ').unwrap();
        let mut params = params.iter();
        let path = template.split('/').map(|part| match part.starts_with('{') {
            true => params.next().unwrap().as_str().unwrap(),
            false => part,
        });
        let path = path.collect::<Vec<_>>().join("/") + query;
        let answer = ask(&self.sandbox, method, &path, body);
        let wanted = if method == "POST" && template != "/analytics" {
            201
        } else {
            200
        };
        assert_eq!(answer.status, wanted, "{operation}: {}", answer.body);
        self.operations.insert(operation.to_owned());
        for difference in self.contract.differences(operation, &answer.body) {
            self.beyond.insert(format!("{operation} {difference}"));
        }
        answer.body
    }

    fn create(&mut self, path: &str, body: Value) -> Value {
        self.ask(&format!("POST {path}"), &[], "", body)["id"].clone()
    }

    /// Lists, shows, changes and deletes an object.
    fn live(&mut self, path: &str, id: &Value, query: &str, change: Value) {
        let list = self.ask(&format!("GET {path}"), &[], query, Value::Null);
        let list = list
            .get("results")
            .unwrap_or(&list)
            .as_array()
            .unwrap()
            .clone();
        assert!(list.iter().any(|one| one["id"] == *id), "{path}");
        let one = format!("{path}/{{id}}");
        let shown = self.ask(&format!("GET {one}"), &[id], "", Value::Null);
        assert_eq!(shown["id"], *id);
        if !change.is_null() {
            let query = if path == "/structured-output" {
                "?schemaOverride=false"
            } else {
                ""
            };
            let changed = self.ask(&format!("PATCH {one}"), &[id], query, change.clone());
            for (key, value) in change.as_object().unwrap() {
                assert_eq!(changed[key], *value, "{path}");
            }
        }
        self.ask(&format!("DELETE {one}"), &[id], "", Value::Null);
        let gone = format!("{path}/{}", id.as_str().unwrap());
        assert_eq!(ask(&self.sandbox, "GET", &gone, Value::Null).status, 404);
    }
}

/// The operations that answer with a redirect.
fn artifacts(document: &Document) -> BTreeSet<String> {
    let all = document.operations().map(|operation| operation.address());
    all.filter(|it| it.starts_with("GET /call/{id}/")).collect()
}

#[tokio::test(start_paused = true)]
async fn every_operation_answers_as_the_document_declares() {
    let mut it = Asked::new();
    let name = json!({ "name": "B" });
    let assistant = it.create("/assistant", json!({ "name": "A" }));
    let squad = it.create(
        "/squad",
        json!({ "members": [{ "assistantId": assistant }] }),
    );
    let tool = it.create("/tool", json!({ "type": "endCall" }));
    let number = it.create(
        "/phone-number",
        json!({ "provider": "vapi", "name": "Desk" }),
    );
    let found = it.ask("GET /v2/phone-number", &[], "?search=desk", Value::Null);
    assert_eq!(found["results"][0]["id"], number);

    // Calls.
    let customer = json!({ "number": "+15550100123" });
    let body = json!({ "assistantId": assistant, "phoneNumberId": number, "customer": customer });
    let call = it.create("/call", body);
    it.ask("PATCH /call/{id}", &[&call], "", name.clone());
    sleep(OVER).await;
    it.ask("GET /call", &[], "", Value::Null);
    it.ask("GET /call/{id}", &[&call], "", Value::Null);
    let query = json!({ "table": "call", "name": "n", "operations": [{ "operation": "count", "column": "id" }] });
    it.ask("POST /analytics", &[], "", json!({ "queries": [query] }));

    // Structured outputs, scorecards and evals.
    let schema = json!({ "type": "object", "properties": { "ok": { "type": "boolean" } } });
    let output = it.create(
        "/structured-output",
        json!({ "name": "S", "schema": schema }),
    );
    let run = json!({ "structuredOutputId": output, "callIds": [call], "previewEnabled": true });
    let preview = it.ask("POST /structured-output/run", &[], "", run);
    assert_eq!(
        preview[output.as_str().unwrap()]["result"],
        json!({ "ok": true })
    );
    let metric = json!({ "structuredOutputId": output, "conditions": [] });
    let scorecard = it.create("/observability/scorecard", json!({ "metrics": [metric] }));
    it.live("/observability/scorecard", &scorecard, "", name.clone());
    let messages = json!([{ "role": "user", "content": "Hi" }]);
    let eval = json!({ "type": "chat.mockConversation", "messages": messages });
    let eval = it.create("/eval", eval);
    let target = json!({ "type": "assistant", "assistantId": assistant });
    let run = it.create(
        "/eval/run",
        json!({ "type": "eval", "evalId": eval, "target": target }),
    );
    sleep(OVER).await;
    it.live("/eval/run", &run, "", Value::Null);
    it.live("/eval", &eval, "", name.clone());

    // Simulations.
    let personality = it.create(
        "/eval/simulation/personality",
        json!({ "name": "P", "assistant": { "name": "Caller" } }),
    );
    let evaluation = json!({ "structuredOutputId": output, "comparator": "=", "value": true });
    let scenario = it.create(
        "/eval/simulation/scenario",
        json!({ "name": "S", "instructions": "Ask.", "evaluations": [evaluation] }),
    );
    let simulation = it.create(
        "/eval/simulation",
        json!({ "personalityId": personality, "scenarioId": scenario }),
    );
    let suite = it.create(
        "/eval/simulation/suite",
        json!({ "name": "S", "simulationIds": [simulation] }),
    );
    let entry = json!({ "type": "simulationSuite", "simulationSuiteId": suite });
    let run = json!({ "simulations": [entry], "target": target, "iterations": 2 });
    let run = it.ask("POST /eval/simulation/run", &[], "", run);
    assert_eq!(run["simulationRunItemIds"].as_array().unwrap().len(), 2);
    it.ask("GET /eval/simulation/concurrency", &[], "", Value::Null);
    let item = &run["simulationRunItemIds"][0];
    let cancelled = it.ask(
        "PATCH /eval/simulation/run/{id}/item/{itemId}",
        &[&run["id"], item],
        "",
        Value::Null,
    );
    assert_eq!(cancelled["status"], "canceled");
    sleep(OVER).await;
    it.ask("GET /eval/simulation/run", &[], "?page=1", Value::Null);
    let ended = it.ask(
        "GET /eval/simulation/run/{id}",
        &[&run["id"]],
        "",
        Value::Null,
    );
    assert_eq!(ended["status"], "ended");
    assert_eq!(ended["itemCounts"]["passed"], 1);
    assert_eq!(ended["itemCounts"]["canceled"], 1);
    let items = it.ask(
        "GET /eval/simulation/run/{id}/item",
        &[&run["id"]],
        "",
        Value::Null,
    );
    let one = &run["simulationRunItemIds"][1];
    let shown = it.ask(
        "GET /eval/simulation/run/{id}/item/{itemId}",
        &[&run["id"], one],
        "",
        Value::Null,
    );
    assert!(items.as_array().unwrap().contains(&shown));
    assert_eq!(shown["results"]["evaluations"][0]["extractedValue"], true);
    it.ask(
        "POST /eval/simulation/run/{id}/item/{itemId}/generate",
        &[&run["id"], one],
        "?force=true",
        Value::Null,
    );
    it.ask(
        "PATCH /eval/simulation/run/{id}",
        &[&run["id"]],
        "",
        Value::Null,
    );
    it.ask(
        "POST /eval/simulation/scenario/generate",
        &[],
        "",
        json!({ "assistantId": assistant }),
    );
    it.live("/eval/simulation/suite", &suite, "", name.clone());
    it.live("/eval/simulation", &simulation, "?page=1", name.clone());
    it.live("/eval/simulation/scenario", &scenario, "", name.clone());
    it.live(
        "/eval/simulation/personality",
        &personality,
        "",
        name.clone(),
    );
    it.live("/structured-output", &output, "", name.clone());

    // Campaigns.
    for path in ["/campaign", "/v2/campaign"] {
        let body = json!({
            "name": "C", "assistantId": assistant, "phoneNumberId": number, "customers": [customer],
        });
        let campaign = it.create(path, body);
        sleep(OVER).await;
        if path == "/v2/campaign" {
            let contacts = "GET /v2/campaign/{id}/contacts";
            let contacts = it.ask(contacts, &[&campaign], "", Value::Null);
            assert_eq!(contacts["results"][0]["status"], "contact.completed");
        }
        let query = if path == "/v2/campaign" {
            "?includeCounters=true"
        } else {
            ""
        };
        it.live(path, &campaign, query, name.clone());
    }

    // Chats and sessions.
    let chat = it.create(
        "/chat",
        json!({ "assistantId": assistant, "input": "Hello" }),
    );
    it.live("/chat", &chat, "", Value::Null);
    let body = json!({ "assistantId": assistant, "input": "Hello" });
    it.ask("POST /chat/responses", &[], "", body);
    let session = it.create("/session", json!({ "assistantId": assistant }));
    it.live("/session", &session, "", json!({ "status": "completed" }));

    // Insights and boards.
    let query =
        json!({ "type": "vapiql-json", "table": "call", "operation": "count", "column": "id" });
    let insight = json!({ "type": "bar", "queries": [query] });
    it.ask("POST /reporting/insight/preview", &[], "", insight.clone());
    let insight = it.create("/reporting/insight", insight);
    it.ask(
        "POST /reporting/insight/{id}/run",
        &[&insight],
        "",
        json!({}),
    );
    let board = json!({ "name": "B", "layout": { "columns": 6 } });
    let board = it.create("/reporting/board", board);
    let default = "GET /reporting/board/default/metrics-overview";
    let first = it.ask(default, &[], "", Value::Null);
    assert_eq!(it.ask(default, &[], "", Value::Null), first);
    it.live("/reporting/board", &board, "", json!({ "name": "C" }));
    it.live(
        "/reporting/insight",
        &insight,
        "",
        json!({ "type": "bar", "name": "C" }),
    );

    // Pronunciation dictionaries.
    let of = [&json!("11labs"), &json!("pronunciation-dictionary")];
    let resources = "/provider/{provider}/{resourceName}";
    let rules = json!([{ "stringToReplace": "Vapi", "type": "alias", "alias": "vah pee" }]);
    let body = json!({ "name": "D", "rules": rules });
    let made = it.ask(&format!("POST {resources}"), &of, "", body);
    let list = it.ask(&format!("GET {resources}"), &of, "", Value::Null);
    assert_eq!(list["results"], json!([made]));
    let one = [of[0], of[1], &made["id"]];
    it.ask(&format!("GET {resources}/{{id}}"), &one, "", Value::Null);
    let changed = it.ask(
        &format!("PATCH {resources}/{{id}}"),
        &one,
        "",
        json!({ "name": "E" }),
    );
    assert_eq!(changed["resource"]["name"], "E");
    assert_eq!(changed["resource"]["rules"], rules);
    let other = format!(
        "/provider/cartesia/{}/{}",
        of[1].as_str().unwrap(),
        made["id"].as_str().unwrap()
    );
    assert_eq!(ask(&it.sandbox, "GET", &other, Value::Null).status, 404);
    it.ask(&format!("DELETE {resources}/{{id}}"), &one, "", Value::Null);

    // Files and knowledge bases.
    let file =
        upload(&it.sandbox, "prices.txt", "knowledge-base-v2", "Bread: 3").body["id"].clone();
    it.operations.insert("POST /file".to_owned());
    let base = it.create("/v2/knowledge-base", json!({ "name": "K" }));
    let files = "/v2/knowledge-base/{id}/file";
    it.ask(
        &format!("POST {files}"),
        &[&base],
        "",
        json!({ "fileId": file }),
    );
    sleep(OVER).await;
    let attached = it.ask(&format!("GET {files}"), &[&base], "", Value::Null);
    assert_eq!(attached[0]["status"], "ready");
    let retried = format!("POST {files}/{{fileId}}/retry");
    assert_eq!(
        it.ask(&retried, &[&base, &file], "", Value::Null)["status"],
        "indexing"
    );
    it.ask(
        &format!("DELETE {files}/{{fileId}}"),
        &[&base, &file],
        "",
        Value::Null,
    );
    it.live("/v2/knowledge-base", &base, "", name.clone());
    it.live("/file", &file, "?purpose=knowledge-base-v2", name.clone());

    it.ask("DELETE /call/{id}", &[&call], "", Value::Null);
    it.live(
        "/tool",
        &tool,
        "",
        json!({ "type": "endCall", "messages": [] }),
    );
    it.live(
        "/phone-number",
        &number,
        "",
        json!({ "provider": "vapi", "name": "E" }),
    );
    it.live("/squad", &squad, "", json!({ "members": [] }));
    it.live("/assistant", &assistant, "", name);

    let document = it.contract.document();
    let all = document.operations().map(|operation| operation.address());
    let missing: Vec<_> = all
        .filter(|it_| !it.operations.contains(it_) && !artifacts(document).contains(it_))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
    let is_known = |strange: &&String| KNOWN.iter().any(|known| strange.contains(known));
    let beyond: Vec<_> = it.beyond.iter().filter(|it| !is_known(it)).collect();
    assert_eq!(beyond, Vec::<&String>::new());
}

/// Uploads a file as a form.
pub(super) fn upload(sandbox: &Sandbox, name: &str, purpose: &str, content: &str) -> Answer {
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/plain\r\n\r\n{content}\r\n--x--\r\n"
    );
    let url = Url::parse(&format!("{ADDRESS}/file")).unwrap();
    sandbox.answer("POST", &url, body.as_bytes())
}
