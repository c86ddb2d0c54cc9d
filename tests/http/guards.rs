//! The guards before calls of many callers: each has counts of its own.

use serde_json::{Value, json};

use crate::client::{Server, shown};

fn dial(number: usize) -> Value {
    json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": format!("+1555010{number:04}") } })
}

#[tokio::test]
async fn each_caller_has_counts_of_its_own_in_all_of_its_sessions() {
    let server = Server::start(&["--max-calls", "2/hour"]).await;
    for token in ["one", "two"] {
        let (first, second) = (server.session(token).await, server.session(token).await);
        let placed = first.call("create_call", dial(1)).await;
        assert_eq!(shown(&placed)["id"], token, "{placed}");
        let refused = second.call("create_call", dial(1)).await;
        let text = refused["result"]["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("allowDuplicate"), "{text}");
        let placed = second.call("create_call", dial(2)).await;
        assert_eq!(shown(&placed)["id"], token, "{placed}");
        let refused = first.call("create_call", dial(3)).await;
        let text = refused["result"]["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("at most 2 calls per hour"), "{text}");
        assert_eq!(refused["result"]["isError"], true);
    }
    assert_eq!(server.vapi.received_requests().await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_is_hidden_is_hidden_from_every_caller() {
    let server = Server::start(&["--read-only"]).await;
    let session = server.session("one").await;
    let answer = session.call("create_call", dial(1)).await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("--read-only"), "{message}");
    assert!(server.vapi.received_requests().await.unwrap().is_empty());
}
