//! Pages, references, files and artifacts.

use super::*;
use whole::upload;

fn names(page: &Value) -> Vec<&str> {
    let results = page["results"].as_array().unwrap().iter();
    results.map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_page_has_its_results_and_says_how_many_there_are() {
    let sandbox = Sandbox::new().unwrap();
    for index in 0..5 {
        let body = json!({ "name": format!("S{index}"), "metrics": [] });
        post(&sandbox, "/observability/scorecard", body);
    }
    let page = |query: &str| get(&sandbox, &format!("/observability/scorecard?{query}"));
    assert_eq!(names(&page("limit=2")), ["S4", "S3"]);
    assert_eq!(names(&page("limit=2&page=3")), ["S0"]);
    assert_eq!(names(&page("limit=2&sortOrder=ASC")), ["S0", "S1"]);
    assert_eq!(names(&page("page=9")), Vec::<&str>::new());
    let second = page("limit=2&page=2");
    assert_eq!(
        second["metadata"],
        json!({ "itemsPerPage": 2, "totalItems": 5, "currentPage": 2, "totalPages": 3, "hasNextPage": true })
    );
    assert_eq!(page("limit=2&page=3")["metadata"]["hasNextPage"], false);
    let third = second["results"][0]["createdAt"].as_str().unwrap();
    let later = page(&format!("createdAtGt={third}"));
    assert_eq!(later["metadata"]["totalItems"], 2);
    let id = second["results"][0]["id"].as_str().unwrap();
    assert_eq!(names(&page(&format!("id={id}"))), ["S2"]);
    let answer = ask(
        &sandbox,
        "GET",
        "/observability/scorecard?page=0",
        Value::Null,
    );
    assert_eq!(
        answer.body["message"],
        json!(["page must not be less than 1"])
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_takes_the_filters_that_the_document_declares() {
    let sandbox = Sandbox::new().unwrap();
    let squads: Vec<_> = ["A", "B", "C"]
        .iter()
        .map(|name| post(&sandbox, "/squad", json!({ "name": name, "members": [] })))
        .collect();
    let id = |index: usize| squads[index]["id"].as_str().unwrap();
    let list = get(&sandbox, &format!("/squad?idAny={}&idAny={}", id(0), id(2)));
    let found: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(found, ["C", "A"]);
    let required = ask(&sandbox, "GET", "/file", Value::Null);
    assert_eq!(
        required.body["message"],
        json!(["purpose must be a string"])
    );
    let numbers = get(&sandbox, "/v2/phone-number?search=SANDBOX");
    assert_eq!(names(&numbers), ["Sandbox number"]);
    assert_eq!(
        names(&get(&sandbox, "/v2/phone-number?search=other")),
        Vec::<&str>::new()
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_can_only_name_what_exists() {
    let sandbox = Sandbox::new().unwrap();
    let nobody = "5a4db0c5-0000-4000-8000-999999999999";
    let number = first_id(&sandbox, "/phone-number");
    let model = json!({ "provider": "openai", "model": "gpt-4o", "toolIds": [nobody] });
    for (method, path, body, message) in [
        (
            "POST",
            "/assistant".to_owned(),
            json!({ "model": model }),
            json!(format!(
                "Couldn't Get Tool. `toolIds` {nobody} Does Not Exist."
            )),
        ),
        (
            "POST",
            "/squad".to_owned(),
            json!({ "members": [{ "assistantId": nobody }] }),
            json!(format!(
                "Couldn't Get Assistant. `assistantId` {nobody} Does Not Exist."
            )),
        ),
        (
            "PATCH",
            format!("/phone-number/{number}"),
            json!({ "provider": "vapi", "squadId": nobody }),
            json!(format!(
                "Couldn't Get Squad. `squadId` {nobody} Does Not Exist."
            )),
        ),
        (
            "POST",
            "/squad".to_owned(),
            json!({ "members": [{ "assistant": { "model": { "provider": "openai", "model": "gpt-4o", "toolIds": ["t"] } } }] }),
            json!(["each value in members.0.assistant.model.toolIds must be a UUID"]),
        ),
        (
            "POST",
            "/eval/simulation/suite".to_owned(),
            json!({ "name": "S", "simulationIds": [], "targetAssignments": [{ "targetId": nobody, "targetType": "squad" }] }),
            json!(format!(
                "Couldn't Get Assistant. `targetId` {nobody} Does Not Exist."
            )),
        ),
    ] {
        let answer = ask(&sandbox, method, &path, body);
        assert_eq!(
            (answer.status, &answer.body["message"]),
            (400, &message),
            "{path}"
        );
    }
    // What the document does not declare is data and no reference.
    let metadata = json!({ "metadata": { "toolIds": [nobody] } });
    post(&sandbox, "/assistant", metadata);
}

#[tokio::test(start_paused = true)]
async fn an_uploaded_file_is_processed_and_keeps_its_name() {
    let sandbox = Sandbox::new().unwrap();
    let made = upload(&sandbox, "menu.txt", "assistant", "Tea: 2\r\n--xy").body;
    assert_eq!(
        (
            &made["name"],
            &made["bytes"],
            &made["mimetype"],
            &made["status"]
        ),
        (
            &json!("menu.txt"),
            &json!(12),
            &json!("text/plain"),
            &json!("processing")
        )
    );
    let refused = upload(&sandbox, "menu.txt", "menu", "Soup").body;
    let purposes = "assistant, composer-attachment, knowledge-base-v2";
    assert_eq!(
        refused["message"],
        json!([format!(
            "purpose must be one of the following values: {purposes}"
        )])
    );
    sleep(OVER).await;
    let list = get(&sandbox, "/file?purpose=assistant");
    assert_eq!(
        (list.as_array().unwrap().len(), &list[0]["status"]),
        (1, &json!("done"))
    );
    assert_eq!(get(&sandbox, "/file?purpose=knowledge-base-v2"), json!([]));
    let url = Url::parse(&format!("{ADDRESS}/file")).unwrap();
    for (body, message) in [
        ("{}", "The body is not multipart/form-data"),
        ("--x\r\n", "The body is not multipart/form-data"),
        (
            "--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\na",
            "The body is not multipart/form-data",
        ),
        ("--x\r\nfile\r\n--x--\r\n", "A part has no headers"),
        (
            "--x\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\na\r\n--x--\r\n",
            "file should not be empty",
        ),
        (
            "--x\r\ncontent-disposition: form-data; name=\"b\"\r\n\r\na\r\n--x--\r\n",
            "property b should not exist",
        ),
    ] {
        let answer = sandbox.answer("POST", &url, body.as_bytes());
        assert_eq!(
            (answer.status, &answer.body["message"]),
            (400, &json!(message)),
            "{body}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_knowledge_base_itself_tells_its_tool_which_goes_with_it() {
    let sandbox = Sandbox::new().unwrap();
    let tools = get(&sandbox, "/tool").as_array().unwrap().len();
    let base = post(&sandbox, "/v2/knowledge-base", json!({ "name": "K" }));
    assert_eq!(base.get("toolId"), None);
    let path = format!("/v2/knowledge-base/{}", base["id"].as_str().unwrap());
    let tool = get(&sandbox, &path)["toolId"].as_str().unwrap().to_owned();
    assert_eq!(
        get(&sandbox, &format!("/tool/{tool}"))["knowledgeBaseId"],
        base["id"]
    );
    let empty = upload(&sandbox, "empty.txt", "knowledge-base-v2", "").body;
    let body = json!({ "fileId": empty["id"] });
    post(&sandbox, &format!("{path}/file"), body.clone());
    assert_eq!(
        ask(&sandbox, "POST", &format!("{path}/file"), body).status,
        400
    );
    sleep(OVER).await;
    assert_eq!(get(&sandbox, &path)["files"][0]["status"], "failed");
    assert_eq!(ask(&sandbox, "DELETE", &path, Value::Null).status, 200);
    assert_eq!(
        ask(&sandbox, "GET", &format!("{path}/file"), Value::Null).status,
        404
    );
    assert_eq!(get(&sandbox, "/tool").as_array().unwrap().len(), tools);
}

#[tokio::test(start_paused = true)]
async fn a_recording_is_a_redirect_to_a_file_that_is_there_after_the_call() {
    let sandbox = Sandbox::new().unwrap();
    let call = path_of(&ring(&sandbox, "+15550100123").body);
    let busy = path_of(&ring(&sandbox, "+15550100101").body);
    let early = ask(
        &sandbox,
        "GET",
        &format!("{call}/mono-recording"),
        Value::Null,
    );
    assert_eq!(early.status, 404);
    sleep(OVER).await;
    for (file, media_type, magic) in [
        ("mono-recording", "audio/wav", &b"RIFF"[..]),
        ("stereo-recording", "audio/wav", b"RIFF"),
        ("assistant-recording", "audio/wav", b"RIFF"),
        ("customer-recording", "audio/wav", b"RIFF"),
        ("video-recording", "video/mp4", b"\0\0\0\x10ftyp"),
        ("pcap", "application/vnd.tcpdump.pcap", b"\xd4\xc3\xb2\xa1"),
        ("call-logs", "application/gzip", b"\x1f\x8b\x08"),
    ] {
        let answer = ask(&sandbox, "GET", &format!("{call}/{file}"), Value::Null);
        assert_eq!(answer.status, 302);
        let location = Url::parse(&answer.location.unwrap()).unwrap();
        assert!(location.as_str().starts_with(ADDRESS), "{location}");
        let query = location.query().unwrap();
        assert!(
            query.starts_with("X-Amz-Date=20") && query.ends_with("&X-Amz-Expires=3600"),
            "{query}"
        );
        let served = sandbox.answer("GET", &location, b"").file.unwrap();
        assert_eq!(served.media_type, media_type);
        assert!(served.bytes.starts_with(magic), "{file}");
    }
    assert_eq!(
        ask(
            &sandbox,
            "GET",
            &format!("{busy}/mono-recording"),
            Value::Null
        )
        .status,
        404
    );
    let recording = get(&sandbox, &call)["recordingUrl"]
        .as_str()
        .unwrap()
        .to_owned();
    let served = sandbox
        .answer("GET", &Url::parse(&recording).unwrap(), b"")
        .file
        .unwrap();
    // A header of 44 bytes, and a second of 8,000 samples with two bytes each.
    assert_eq!(served.bytes.len(), 44 + 16_000);
    assert_eq!(
        ask(&sandbox, "GET", "/artifact/a/passwd.wav", Value::Null).status,
        404
    );
}

#[tokio::test(start_paused = true)]
async fn a_delete_of_a_call_deletes_the_calls_of_its_body_instead() {
    let sandbox = Sandbox::new().unwrap();
    let calls = ["+15550100123", "+15550100124", "+15550100126"].map(|it| ring(&sandbox, it).body);
    let body = json!({ "ids": [calls[1]["id"], calls[2]["id"]] });
    assert_eq!(
        ask(&sandbox, "DELETE", &path_of(&calls[0]), body).status,
        200
    );
    let left = get(&sandbox, "/call");
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["id"], calls[0]["id"]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_object_is_no_longer_referred_to() {
    let sandbox = Sandbox::new().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let tool = post(&sandbox, "/tool", json!({ "type": "endCall" }));
    let model = json!({ "provider": "openai", "model": "gpt-4o", "toolIds": [tool["id"]] });
    let assistant = post(
        &sandbox,
        "/assistant",
        json!({ "name": "A", "model": model }),
    );
    let members = json!([{ "assistantId": assistant["id"] }]);
    let squad = post(
        &sandbox,
        "/squad",
        json!({ "name": "S", "members": members }),
    );
    let chat = json!({ "assistantId": assistant["id"], "input": "Hi" });
    let chat = post(&sandbox, "/chat", chat);
    let shown =
        |path: &str, object: &Value| get(&sandbox, &format!("{path}/{}", text(&object["id"])));
    let delete = |path: &str, object: &Value| {
        let path = format!("{path}/{}", text(&object["id"]));
        assert_eq!(ask(&sandbox, "DELETE", &path, Value::Null).status, 200);
    };
    delete("/tool", &tool);
    assert_eq!(
        shown("/assistant", &assistant)["model"]["toolIds"],
        json!([])
    );
    delete("/assistant", &assistant);
    assert_eq!(shown("/squad", &squad)["members"], json!([]));
    assert_eq!(shown("/chat", &chat)["assistantId"], assistant["id"]);
}
