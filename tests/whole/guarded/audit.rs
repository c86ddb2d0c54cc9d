//! The lines of the audit log.

use serde_json::{Value, json};
use vapi_mcp::guard::rules::Rules;

use super::{Guarded, campaign, chat, stop};
use crate::support::KEY;

#[tokio::test]
async fn the_audit_log_names_the_operation_without_its_ids() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("audit.jsonl");
    let rules = || Rules {
        audit_log: Some(path.clone()),
        ..Rules::default()
    };
    let server = Guarded::new(rules()).await;
    let number = json!({ "operation": "POST /phone-number", "body": { "provider": "vapi" } });
    for (tool, given) in [
        ("spend_api", number),
        ("spend_api", campaign(&["+15550100111"])),
        ("spend_api", chat("Hello.")),
        ("update_api", stop()),
        (
            "delete_api",
            json!({ "operation": "DELETE /call/secret-1" }),
        ),
        ("create_assistant", json!({ "name": "Ada" })),
    ] {
        let outcome = server.call(tool, given).await;
        assert!(!outcome.is_error, "{}", outcome.text);
    }
    drop(server);
    let log = std::fs::read_to_string(&path).unwrap();
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let operations: Vec<_> = lines
        .filter_map(|line: Value| Some(line.get("operation")?.as_str()?.to_owned()))
        .collect();
    assert_eq!(
        operations,
        [
            "POST /phone-number",
            "POST /v2/campaign",
            "POST /chat",
            "PATCH /v2/campaign/{id}",
            "DELETE /call/{id}",
            "POST /assistant",
        ]
    );
    for private in ["5550100", "secret-1", "Hello", "Ada", "/c1", KEY] {
        assert!(!log.contains(private), "{log}");
    }
    // After a restart, the kind is known, and the id is not.
    let server = Guarded::new(rules()).await;
    let told = "a campaign with the same speaker, destination and time was sent";
    let given = campaign(&["+15550100111"]);
    server.refuses("spend_api", given.clone(), told).await;
    server
        .refuses("spend_api", given, "its id is not known")
        .await;
}
