//! Keys that the document does not know, and values that a GET hides.

use super::*;
use vapi_mcp::sandbox::{MASK, Options, UNKNOWN_KEY};

fn peculiar(unknown_keys: bool, hidden_values: bool) -> Sandbox {
    let options = Options {
        unknown_keys,
        hidden_values,
    };
    Sandbox::with(options).unwrap()
}

#[tokio::test(start_paused = true)]
async fn unknown_keys_stay_unless_their_top_level_key_is_replaced() {
    let sandbox = peculiar(true, false);
    let model = json!({ "provider": "openai", "model": "gpt-4o" });
    let made = post(
        &sandbox,
        "/assistant",
        json!({ "name": "A", "model": model }),
    );
    let kept = &made[UNKNOWN_KEY];
    assert!(kept.is_object());
    assert_eq!(&made["model"][UNKNOWN_KEY], kept);
    let path = format!("/assistant/{}", made["id"].as_str().unwrap());
    let patch = |body: Value| {
        let answer = ask(&sandbox, "PATCH", &path, body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    let named = patch(json!({ "name": "B" }));
    assert_eq!(
        (&named[UNKNOWN_KEY], &named["model"]),
        (kept, &made["model"])
    );
    let same = patch(json!({ "model": made["model"] }));
    assert_eq!(same["model"], made["model"]);
    let replaced = patch(json!({ "model": model }));
    assert_eq!((&replaced[UNKNOWN_KEY], &replaced["model"]), (kept, &model));
    let other = ask(&sandbox, "PATCH", &path, json!({ "nmae": "B" }));
    assert_eq!(
        other.body["message"],
        json!(["property nmae should not exist"])
    );
}

#[tokio::test(start_paused = true)]
async fn a_hidden_value_is_wiped_when_its_top_level_key_is_sent_without_it() {
    let sandbox = peculiar(false, true);
    let server = json!({ "url": "https://example.com" });
    let made = post(
        &sandbox,
        "/assistant",
        json!({ "name": "A", "server": server }),
    );
    assert_eq!(
        (&made["server"], &made["isServerUrlSecretSet"]),
        (&server, &json!(true))
    );
    let path = format!("/assistant/{}", made["id"].as_str().unwrap());
    let stored = || sandbox.stored(&path, "/server/secret");
    assert!(stored().is_some());
    ask(&sandbox, "PATCH", &path, json!({ "name": "B" }));
    assert!(stored().is_some());
    let changed = ask(&sandbox, "PATCH", &path, json!({ "server": server })).body;
    assert_eq!(
        (stored(), &changed["isServerUrlSecretSet"]),
        (None, &json!(false))
    );
    let with_secret = json!({ "server": { "url": "https://example.com", "secret": "s" } });
    let changed = ask(&sandbox, "PATCH", &path, with_secret).body;
    assert_eq!((stored(), &changed["server"]), (Some(json!("s")), &server));
}

#[tokio::test(start_paused = true)]
async fn a_masked_value_is_lost_when_the_mask_is_sent_back() {
    let sandbox = peculiar(false, true);
    let credential = json!({ "provider": "openai", "apiKey": "k" });
    let made = post(
        &sandbox,
        "/assistant",
        json!({ "name": "A", "credentials": [credential] }),
    );
    assert_eq!(made["credentials"][0]["apiKey"], MASK);
    let path = format!("/assistant/{}", made["id"].as_str().unwrap());
    let stored = || sandbox.stored(&path, "/credentials/0/apiKey");
    assert_eq!(stored(), Some(json!("k")));
    ask(
        &sandbox,
        "PATCH",
        &path,
        json!({ "credentials": made["credentials"] }),
    );
    assert_eq!(stored(), Some(json!(MASK)));
}

#[tokio::test(start_paused = true)]
async fn a_sandbox_has_no_peculiarity_unless_it_is_asked_for() {
    let sandbox = Sandbox::new().unwrap();
    let server = json!({ "url": "https://example.com" });
    let made = post(
        &sandbox,
        "/assistant",
        json!({ "name": "A", "server": server }),
    );
    assert_eq!((&made["server"], made.get(UNKNOWN_KEY)), (&server, None));
    let path = format!("/assistant/{}", made["id"].as_str().unwrap());
    assert_eq!(sandbox.stored(&path, "/server"), Some(server));
    assert_eq!(sandbox.stored("/assistant/a", ""), None);
}
