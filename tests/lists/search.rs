//! Rows that mention a text.

use super::*;

/// Assistants, newest first; one mentions parrots in its prompt.
fn assistants(count: usize) -> Vec<Value> {
    let assistant = |number| {
        let prompt = match number {
            123 => format!(
                "{} You sell Parrots\n\u{a0}and  CAFE\u{301} au lait. {}",
                "a ".repeat(500),
                "b ".repeat(500)
            ),
            _ => "You are a helpful assistant. ".repeat(30),
        };
        json!({
            "id": format!("assistant-{number}"), "name": format!("Desk {number}"), "createdAt": time(number),
            "model": { "provider": "openai", "messages": [{ "role": "system", "content": prompt }] },
            "firstMessage": format!("Guten Tag, Straße {number}."),
        })
    };
    (0..count).rev().map(assistant).collect()
}

#[tokio::test]
async fn the_assistant_that_mentions_a_word_is_found_among_a_thousand_in_one_call() {
    let upstream = upstream(assistants(1_000), NEVER).await;
    for text in ["parrots", "PARROTS AND", "parrots and café", "lait. b b"] {
        let outcome = call_tool(
            &upstream,
            "list_assistants",
            members(json!({ "search": text })),
        )
        .await;
        let found = rows(&outcome);
        assert_eq!(found.len(), 1, "{text}");
        let row = found[0].as_object().unwrap();
        assert_eq!(row.keys().collect::<Vec<_>>(), ["id", "name", "snippet"]);
        assert_eq!(row["id"], "assistant-123");
        let snippet = row["snippet"].as_str().unwrap();
        assert!(
            snippet.contains("lait") && snippet.chars().count() <= 162,
            "{snippet}"
        );
        assert!(outcome.text.len() + outcome.remarks.concat().len() < 1_000);
        let searched = said(&outcome, "Searched all 1,000 rows");
        assert!(searched.contains("1 matches"), "{searched}");
    }
}

#[tokio::test]
async fn names_and_first_messages_are_searched_too_and_nothing_else() {
    let upstream = upstream(assistants(150), NEVER).await;
    for (text, count) in [
        ("desk 12", 11),
        ("STRASSE 7.", 1),
        ("strasse 7.", 1),
        ("openai", 0),
        ("zebra", 0),
    ] {
        let arguments = json!({ "search": text });
        let outcome = call_tool(&upstream, "list_assistants", members(arguments)).await;
        assert_eq!(rows(&outcome).len(), count, "{text}");
        said(&outcome, "Searched all 150 rows");
    }
    let arguments = json!({ "search": "desk", "limit": 2, "fields": ["/firstMessage"] });
    let outcome = call_tool(&upstream, "list_assistants", members(arguments)).await;
    let found = rows(&outcome);
    assert_eq!(
        found[0],
        json!({ "firstMessage": "Guten Tag, Straße 149.", "snippet": "Desk 149" })
    );
    assert!(cursor(&outcome).is_some());
    assert!(said(&outcome, "Searched 2 rows").contains("Older rows were not searched"));
}

#[tokio::test]
async fn a_secret_is_neither_found_nor_shown_beside_what_is_found() {
    let secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";
    let rows_ = vec![json!({
        "id": "a", "name": "n", "createdAt": time(1),
        "model": { "messages": [{ "content": format!("Parrots use the key {secret} for all.") }] },
    })];
    let upstream = upstream(rows_, NEVER).await;
    let arguments = json!({ "search": "parrots use" });
    let outcome = call_tool(&upstream, "list_assistants", members(arguments)).await;
    assert_eq!(rows(&outcome).len(), 1);
    assert!(!outcome.text.contains("abcdefghijkl"), "{}", outcome.text);
    let arguments = json!({ "search": &secret[..20] });
    let outcome = call_tool(&upstream, "list_assistants", members(arguments)).await;
    assert_eq!(rows(&outcome).len(), 0);
}

#[tokio::test]
async fn tools_are_searched_by_name_and_description() {
    let all = vec![
        json!({ "id": "t2", "createdAt": time(2), "type": "function", "function": { "name": "book_table", "description": "Books a table." } }),
        json!({ "id": "t1", "createdAt": time(1), "type": "apiRequest", "name": "weather", "description": "Tells the weather at a table." }),
        json!({ "id": "t0", "createdAt": time(0), "type": "endCall" }),
    ];
    let upstream = upstream(all, NEVER).await;
    let outcome = call_tool(
        &upstream,
        "list_tools",
        members(json!({ "search": "Table" })),
    )
    .await;
    assert_eq!(
        rows(&outcome),
        [
            json!({ "id": "t2", "name": "book_table", "snippet": "book_table" }),
            json!({ "id": "t1", "name": "weather", "snippet": "Tells the weather at a table." }),
        ]
    );
}

#[tokio::test]
async fn a_text_that_cannot_be_looked_for_is_refused_before_anything_is_sent() {
    let upstream = upstream(assistants(1), NEVER).await;
    for text in [" \u{301}".to_owned(), "x".repeat(201)] {
        let outcome = call_tool(
            &upstream,
            "list_assistants",
            members(json!({ "search": text })),
        )
        .await;
        assert!(
            outcome.is_error && outcome.text.contains("Nothing was sent"),
            "{}",
            outcome.text
        );
    }
    assert_eq!(upstream.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn phone_numbers_are_searched_by_name_number_and_address() {
    let all = vec![
        json!({ "id": "p1", "createdAt": time(1), "name": "Front", "number": "+15550100123" }),
        json!({ "id": "p0", "createdAt": time(0), "name": "Back", "sipUri": "sip:desk@example.com" }),
    ];
    let upstream = upstream(all, NEVER).await;
    for (text, id) in [
        ("front", "p1"),
        ("fro\u{200b}nt", "p1"),
        ("0100123", "p1"),
        ("555 010", "p1"),
        ("tel:+1 (555) 010-0123", "p1"),
        ("DESK@", "p0"),
    ] {
        let arguments = json!({ "search": text });
        let outcome = call_tool(&upstream, "list_phone_numbers", members(arguments)).await;
        let found = rows(&outcome);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0]["id"], id);
    }
}
