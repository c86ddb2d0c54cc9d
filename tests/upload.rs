//! Uploads: a form with the content of an argument or of a local file.

use std::{fs, path::Path};

use crate::support::{
    KEY, call_guarded, call_tool, context, form, guard, members, process::Process,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Outcome, call_exposed},
    catalog::Toolset,
    guard::{
        Guard,
        rules::{LocalFiles, Rules},
    },
};
use wiremock::{MockServer, Request, ResponseTemplate};

async fn vapi() -> MockServer {
    let file = json!({ "id": "f-1", "name": "menu.txt", "status": "processing", "key": "private" });
    crate::support::vapi(ResponseTemplate::new(201).set_body_json(file)).await
}

/// A guard that allows the files below this folder.
fn below(folder: &Path) -> Guard {
    Guard::new(Rules {
        files: LocalFiles::Below(folder.to_owned()),
        ..Rules::default()
    })
    .unwrap()
}

async fn upload(vapi: &MockServer, guard: &Guard, given: Value) -> Outcome {
    call_guarded(vapi, "upload_file", members(given), guard).await
}

async fn requests(vapi: &MockServer) -> Vec<Request> {
    vapi.received_requests().await.unwrap()
}

#[tokio::test]
async fn a_text_is_sent_as_a_file_in_a_form() {
    let vapi = vapi().await;
    let given = json!({
        "name": "menü \"1\".md", "purpose": "knowledge-base-v2", "content": "# Menu\n\nSoup",
    });
    let outcome = upload(&vapi, &guard(), given).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(
        shown,
        json!({ "id": "f-1", "name": "menu.txt", "status": "processing" })
    );
    let requests = requests(&vapi).await;
    let [request] = requests.as_slice() else {
        panic!("{requests:?}");
    };
    assert_eq!(request.method, "POST");
    assert_eq!(request.url.path(), "/file");
    assert_eq!(request.headers["authorization"], format!("Bearer {KEY}"));
    let expected = [
        (
            "Content-Disposition: form-data; name=\"purpose\"",
            "knowledge-base-v2",
        ),
        (
            "Content-Disposition: form-data; name=\"file\"; filename=\"menü \\\"1\\\".md\"\r\n\
             Content-Type: text/markdown",
            "# Menu\n\nSoup",
        ),
    ];
    let expected = expected.map(|(headers, content)| (headers.to_owned(), content.to_owned()));
    assert_eq!(form(request), expected);
}

#[tokio::test]
async fn base64_and_local_files_are_sent_as_bytes() {
    let folder = TempDir::new().unwrap();
    let bytes = b"\x00\xff\r\n--boundary--\r\n";
    fs::create_dir(folder.path().join("docs")).unwrap();
    let file = folder.path().join("docs/menu.pdf");
    fs::write(&file, bytes).unwrap();
    let guard = below(folder.path());
    for content in [
        json!({ "contentBase64": "AP8NCi0tYm91bmRhcnktLQ0K" }),
        json!({ "path": "docs/menu.pdf" }),
        json!({ "path": "./docs//menu.pdf" }),
        json!({ "path": file }),
        json!({ "path": "docs/menu.pdf", "content": "", "contentBase64": "" }),
    ] {
        let vapi = vapi().await;
        let mut given = content;
        given["name"] = json!("menu.pdf");
        let outcome = upload(&vapi, &guard, given.clone()).await;
        assert!(!outcome.is_error, "{given}: {}", outcome.text);
        let requests = requests(&vapi).await;
        let body = &requests[0].body;
        let is_inside = body.windows(bytes.len()).any(|window| window == bytes);
        assert!(is_inside, "{given}");
        let text = String::from_utf8_lossy(body);
        assert!(
            text.contains("Content-Type: application/pdf\r\n\r\n"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_name_and_exactly_one_content_are_needed() {
    let vapi = vapi().await;
    let long = "a".repeat(256);
    for (given, reason) in [
        (json!({ "content": "a" }), "`name`: is required"),
        (
            json!({ "name": "a.txt" }),
            "`name`: there is no content; give one of content, contentBase64, path",
        ),
        (
            json!({ "name": "a.txt", "content": "" }),
            "`name`: there is no content; give one of content, contentBase64, path",
        ),
        (
            json!({ "name": "a.txt", "content": "a", "path": "a.txt" }),
            "`name`: has two contents, content and path; give only one of content, contentBase64, path",
        ),
        (
            json!({ "name": "a.txt", "contentBase64": "a!" }),
            "`contentBase64`: is not base64: ",
        ),
        (
            json!({ "name": "a.txt", "content": { "a": 1 } }),
            "`content`: must be a string",
        ),
        (json!({ "name": " ", "content": "a" }), "`name`: is empty"),
        (
            json!({ "name": long, "content": "a" }),
            "`name`: is longer than 255 bytes",
        ),
        (
            json!({ "name": "../a.txt", "content": "a" }),
            "`name`: must be the name of a file, without `/`, `\\` and control characters",
        ),
        (
            json!({ "name": "a\r\nX-Header: b", "content": "a" }),
            "`name`: must be the name of a file, without `/`, `\\` and control characters",
        ),
        (
            json!({ "name": "a.txt", "content": "a", "purpose": ["assistant"] }),
            "`purpose`: must be a string",
        ),
    ] {
        let outcome = call_tool(&vapi, "upload_file", members(given.clone())).await;
        assert!(outcome.is_error, "{given}");
        assert!(outcome.text.contains(reason), "{given}: {}", outcome.text);
    }
    assert!(requests(&vapi).await.is_empty());
}

#[tokio::test]
async fn no_local_file_is_read_without_a_folder() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a.txt");
    fs::write(&file, "private").unwrap();
    let vapi = vapi().await;
    let given = json!({ "name": "a.txt", "path": file });
    let outcome = call_tool(&vapi, "upload_file", members(given.clone())).await;
    assert!(outcome.is_error);
    assert!(
        outcome
            .text
            .contains("give the content itself, or ask the user to add --files"),
        "{}",
        outcome.text
    );
    let remote = Guard::new(Rules {
        files: LocalFiles::Remote,
        ..Rules::default()
    });
    let outcome = upload(&vapi, &remote.unwrap(), given).await;
    assert!(outcome.is_error);
    assert!(
        outcome.text.contains("not on the user's machine"),
        "{}",
        outcome.text
    );
    assert!(requests(&vapi).await.is_empty());
}

/// A folder for files, with a file beside it.
#[cfg(unix)]
fn folder_with_a_neighbour() -> TempDir {
    let parent = TempDir::new().unwrap();
    fs::create_dir(parent.path().join("files")).unwrap();
    fs::create_dir(parent.path().join("files-2")).unwrap();
    for outside in ["private.txt", "files-2/private.txt"] {
        fs::write(parent.path().join(outside), "private").unwrap();
    }
    fs::write(parent.path().join("files/inside.txt"), "public").unwrap();
    parent
}

#[cfg(unix)]
#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    use std::os::unix::fs::symlink;
    let parent = folder_with_a_neighbour();
    let folder = parent.path().join("files");
    let at = |name: &str| parent.path().join(name).display().to_string();
    symlink("../private.txt", folder.join("link.txt")).unwrap();
    symlink("..", folder.join("up")).unwrap();
    symlink(at("private.txt"), folder.join("absolute.txt")).unwrap();
    symlink("nowhere.txt", folder.join("dangling.txt")).unwrap();
    symlink("inside.txt", folder.join("within.txt")).unwrap();
    let outside = "is not below the folder of --files";
    let vapi = vapi().await;
    for (path, reason) in [
        ("../private.txt", "must not contain `..`"),
        ("./../files/../private.txt", "must not contain `..`"),
        ("nothing/../../private.txt", "must not contain `..`"),
        (&at("files/../private.txt"), "must not contain `..`"),
        (&at("private.txt"), outside),
        (&at("files-2/private.txt"), outside),
        // Whether a file outside exists is not told.
        (&at("nothing.txt"), outside),
        ("/etc/passwd", outside),
        ("link.txt", outside),
        ("up/private.txt", outside),
        ("absolute.txt", outside),
        ("dangling.txt", "there is no such file"),
        ("nothing.txt", "there is no such file"),
        ("inside.txt/", "cannot be opened"),
        ("a\0b", "cannot be opened"),
        (".", "it is a directory, not a regular file"),
        ("up/files", "it is a directory, not a regular file"),
    ] {
        let given = json!({ "name": "a.txt", "path": path });
        let outcome = upload(&vapi, &below(&folder), given).await;
        assert!(outcome.is_error, "{path}");
        assert!(outcome.text.contains(reason), "{path}: {}", outcome.text);
        assert!(
            !outcome.text.contains("private\""),
            "{path}: {}",
            outcome.text
        );
    }
    assert!(requests(&vapi).await.is_empty());
    // A folder that is reached through a link is the folder itself.
    let linked = parent.path().join("linked");
    symlink(&folder, &linked).unwrap();
    for (folder, path) in [
        (&folder, "within.txt".to_owned()),
        (&linked, "inside.txt".to_owned()),
        (&linked, at("linked/inside.txt")),
        (&linked, at("files/inside.txt")),
    ] {
        let given = json!({ "name": "a.txt", "path": path });
        let outcome = upload(&vapi, &below(folder), given).await;
        assert!(!outcome.is_error, "{path}: {}", outcome.text);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_regular_files_of_a_bounded_size_are_read() {
    use std::{os::unix::fs::symlink, os::unix::net::UnixListener, process::Command};
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(
        Command::new("mkfifo")
            .arg(at("fifo"))
            .status()
            .unwrap()
            .success()
    );
    let _socket = UnixListener::bind(at("socket")).unwrap();
    fs::write(at("empty.txt"), "").unwrap();
    // Sparse, so that it costs no space.
    let large = fs::File::create(at("large.txt")).unwrap();
    large.set_len(20_000_001).unwrap();
    symlink("/dev/zero", at("device")).unwrap();
    let vapi = vapi().await;
    for (path, reason) in [
        ("fifo", "it is a FIFO (named pipe), not a regular file"),
        ("socket", "it is a socket, not a regular file"),
        ("empty.txt", "is empty"),
        ("large.txt", "it is larger than 20000000 bytes"),
        ("device", "is not below the folder of --files"),
    ] {
        let given = json!({ "name": "a.txt", "path": path });
        let outcome = upload(&vapi, &below(folder.path()), given).await;
        assert!(outcome.is_error, "{path}");
        assert!(outcome.text.contains(reason), "{path}: {}", outcome.text);
    }
    let devices = json!({ "name": "a.txt", "path": "zero" });
    let outcome = upload(&vapi, &below(Path::new("/dev")), devices).await;
    assert!(
        outcome.text.contains("it is a device, not a regular file"),
        "{}",
        outcome.text
    );
    let given = json!({ "name": "a.txt", "path": "a.txt" });
    let outcome = upload(&vapi, &below(&at("nowhere")), given).await;
    assert!(
        outcome
            .text
            .contains("the folder of --files cannot be opened"),
        "{}",
        outcome.text
    );
    assert!(requests(&vapi).await.is_empty());
}

#[tokio::test]
async fn a_dry_run_shows_the_form_and_sends_nothing() {
    let vapi = vapi().await;
    let given = json!({
        "name": "menu.txt", "content": "private menu", "purpose": "assistant", "dryRun": true,
    });
    let outcome = call_tool(&vapi, "upload_file", members(given)).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let shown: Value = serde_json::from_str(&outcome.text).unwrap();
    let file = json!({ "filename": "menu.txt", "contentType": "text/plain", "bytes": 12 });
    assert_eq!(shown["method"], "POST");
    assert_eq!(shown["url"], format!("{}/file", vapi.uri()));
    assert_eq!(
        shown["body"],
        json!({ "purpose": "assistant", "file": file })
    );
    assert!(requests(&vapi).await.is_empty());
}

#[tokio::test]
async fn an_upload_is_repeated_only_if_it_was_not_processed() {
    for (status, sent) in [(429, 2), (503, 1), (500, 1)] {
        let vapi = MockServer::start().await;
        wiremock::Mock::given(wiremock::matchers::any())
            .respond_with(ResponseTemplate::new(status))
            .up_to_n_times(1)
            .mount(&vapi)
            .await;
        wiremock::Mock::given(wiremock::matchers::any())
            .respond_with(ResponseTemplate::new(201).set_body_json(json!({ "id": "f-1" })))
            .mount(&vapi)
            .await;
        let given = json!({ "name": "a.txt", "content": "the same" });
        let outcome = call_tool(&vapi, "upload_file", members(given)).await;
        assert_eq!(outcome.is_error, sent == 1, "{status}: {}", outcome.text);
        let requests = requests(&vapi).await;
        assert_eq!(requests.len(), sent, "{status}");
        for request in &requests {
            assert_eq!(form(request).last().unwrap().1, "the same");
        }
    }
}

#[tokio::test]
async fn the_tools_over_many_operations_name_the_tool_that_uploads() {
    let vapi = vapi().await;
    let api = Api::new(vapi.uri(), Limits::default());
    let (token, guard) = (Token::new(KEY).unwrap(), guard());
    for (tools, hint) in [
        (None, "; use upload_file"),
        (
            Some("create_api"),
            "; there is no tool `upload_file` here: --tools excludes it",
        ),
    ] {
        let toolset = Toolset::new(false, tools.map(|names| names.parse().unwrap()));
        let tool = toolset.exposed("create_api").unwrap();
        let given = json!({ "operation": "POST /file", "body": { "name": "a.txt" } });
        let context = vapi_mcp::call::Context {
            toolset: &toolset,
            ..context(&api, &token, &guard)
        };
        let outcome = call_exposed(tool, members(given), context).await;
        let refusal = format!("`POST /file` uploads a file, which create_api cannot send{hint}");
        assert!(
            outcome.is_error && outcome.text.contains(&refusal),
            "{}",
            outcome.text
        );
    }
    assert!(requests(&vapi).await.is_empty());
}

/// A server in this folder.
async fn start(folder: &Path, vapi: &MockServer, flags: &[&str]) -> Process {
    let uri = vapi.uri();
    let variables = [("VAPI_TOKEN", KEY), ("VAPI_API_BASE_URL", uri.as_str())];
    Process::with_flags(folder, &variables, flags)
}

/// The result of `upload_file`.
async fn called(folder: &Path, vapi: &MockServer, flags: &[&str], given: Value) -> Value {
    let mut process = start(folder, vapi, flags).await;
    process.initialize("2025-06-18").await;
    let result = process.call("upload_file", given).await;
    process.end().await;
    result
}

#[tokio::test]
async fn the_flag_names_the_folder_and_the_guards_hold() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("docs")).unwrap();
    fs::write(folder.path().join("docs/menu.txt"), "secret menu").unwrap();
    let vapi = vapi().await;
    let given = json!({ "name": "menu.txt", "path": "menu.txt" });
    let flags = ["--files", "docs", "--audit-log", "audit.jsonl"];
    let result = called(folder.path(), &vapi, &flags, given.clone()).await;
    assert_eq!(result["isError"], false, "{result}");
    assert_eq!(requests(&vapi).await.len(), 1);
    let log = fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    assert!(
        log.contains("\"tool\":\"upload_file\",\"effect\":\"write\""),
        "{log}"
    );
    assert!(
        log.contains("\"outcome\":\"done\"") && !log.contains("menu"),
        "{log}"
    );
    let flags = ["--files", "docs", "--confirm", "write"];
    let result = called(folder.path(), &vapi, &flags, given.clone()).await;
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("the user must confirm it (--confirm)"),
        "{text}"
    );
    // The tool does not exist there, which is an error of the protocol.
    let flags = ["--files", "docs", "--read-only"];
    let result = called(folder.path(), &vapi, &flags, given).await;
    assert_eq!(result, Value::Null);
    assert_eq!(requests(&vapi).await.len(), 1);
}

#[tokio::test]
async fn an_approval_is_for_the_content_of_the_file() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("menu.txt");
    let vapi = vapi().await;
    let flags = ["--files", ".", "--confirm", "write"];
    let mut process = start(folder.path(), &vapi, &flags).await;
    let mut call = async |back: Value| {
        let mut params = json!({
            "name": "upload_file",
            "arguments": { "name": "menu.txt", "path": "menu.txt" },
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } },
                "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            },
        });
        for (key, value) in members(back) {
            params[key] = value;
        }
        process.request("tools/call", params).await["result"].clone()
    };
    for (asked, approved, sent) in [("soup", "salad", 0), ("soup", "soup", 1)] {
        fs::write(&file, asked).unwrap();
        let question = call(json!({})).await;
        assert_eq!(question["resultType"], "input_required", "{question}");
        assert!(question.to_string().contains("menu.txt"), "{question}");
        fs::write(&file, approved).unwrap();
        let back = json!({
            "requestState": question["requestState"],
            "inputResponses": { "confirm": { "action": "accept" } },
        });
        call(back).await;
        assert_eq!(requests(&vapi).await.len(), sent, "{approved}");
    }
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn the_sandbox_stores_an_uploaded_file() {
    let api = Api::sandbox(Limits::default()).unwrap();
    let (token, guard, toolset) = (Token::new(KEY).unwrap(), guard(), Toolset::default());
    let call = async |tool: &str, given: Value| {
        let tool = toolset.exposed(tool).unwrap();
        let outcome = call_exposed(tool, members(given), context(&api, &token, &guard)).await;
        assert!(!outcome.is_error, "{}", outcome.text);
        serde_json::from_str::<Value>(&outcome.text).unwrap()
    };
    let given = json!({ "name": "menu.csv", "content": "soup,5", "purpose": "knowledge-base-v2" });
    let uploaded = call("upload_file", given).await;
    let operation = format!("GET /file/{}", uploaded["id"].as_str().unwrap());
    let stored = call("read_api", json!({ "operation": operation })).await;
    assert_eq!(stored["name"], "menu.csv");
    assert_eq!(stored["mimetype"], "text/csv");
    assert_eq!(stored["bytes"], 6);
    assert_eq!(stored["purpose"], "knowledge-base-v2");
}
