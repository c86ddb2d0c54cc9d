//! Chats, which the sandbox answers, and sessions.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_chat_is_answered_and_goes_on_from_another() {
    let sandbox = Sandbox::new().unwrap();
    let assistant = first_id(&sandbox, "/assistant");
    let body = json!({ "assistantId": assistant, "input": "Are you open?" });
    let first = post(&sandbox, "/chat", body);
    let text = first["output"][0]["content"].as_str().unwrap();
    assert!(
        text.contains("Sandbox assistant") && text.contains("Are you open?"),
        "{text}"
    );
    assert_eq!(first["messages"].as_array().unwrap().len(), 2);
    let body = json!({ "previousChatId": first["id"], "input": "And tomorrow?" });
    let second = post(&sandbox, "/chat", body);
    assert_eq!(second["assistantId"], json!(assistant));
    assert_eq!(second["messages"].as_array().unwrap().len(), 4);
    let body = json!({ "previousChatId": second["id"], "input": "Thanks" });
    let response = post(&sandbox, "/chat/responses", body);
    assert_eq!(
        (&response["object"], &response["status"]),
        (&json!("response"), &json!("completed"))
    );
    assert!(
        response["output"][0]["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("Thanks")
    );
    let chats = get(
        &sandbox,
        &format!("/chat?previousChatId={}", first["id"].as_str().unwrap()),
    );
    assert_eq!(chats["metadata"]["totalItems"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_holds_the_messages_of_its_chats_and_expires() {
    let sandbox = Sandbox::new().unwrap();
    let assistant = first_id(&sandbox, "/assistant");
    let body = json!({ "assistantId": assistant, "expirationSeconds": 60 });
    let session = post(&sandbox, "/session", body);
    assert_eq!(session["status"], "active");
    for input in ["One", "Two"] {
        post(
            &sandbox,
            "/chat",
            json!({ "sessionId": session["id"], "input": input }),
        );
    }
    let path = format!("/session/{}", session["id"].as_str().unwrap());
    assert_eq!(
        get(&sandbox, &path)["messages"].as_array().unwrap().len(),
        4
    );
    let longer = ask(
        &sandbox,
        "PATCH",
        &path,
        json!({ "expirationSeconds": 120 }),
    );
    assert_eq!(longer.body["status"], "active");
    sleep(Duration::from_secs(90)).await;
    assert_eq!(get(&sandbox, &path)["status"], "active");
    sleep(Duration::from_secs(60)).await;
    assert_eq!(get(&sandbox, &path)["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn a_chat_by_text_message_opens_a_session_with_its_customer() {
    let sandbox = Sandbox::new().unwrap();
    let number = first_id(&sandbox, "/phone-number");
    let customer = json!({ "number": "+15550100123" });
    let transport = json!({ "type": "twilio.sms", "phoneNumberId": number, "customer": customer });
    let body = json!({ "assistantId": first_id(&sandbox, "/assistant"), "input": "Hi", "transport": transport });
    let chat = post(&sandbox, "/chat", body);
    let session = get(
        &sandbox,
        &format!("/session/{}", chat["sessionId"].as_str().unwrap()),
    );
    assert_eq!(session["customer"], customer);
    let found = get(&sandbox, "/session?number=%2B15550100123");
    assert_eq!(found["results"][0]["id"], session["id"]);
    assert_eq!(
        get(&sandbox, "/session?number=%2B15550100124")["results"],
        json!([])
    );
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_cannot_be_answered_is_refused() {
    let sandbox = Sandbox::new().unwrap();
    let assistant = first_id(&sandbox, "/assistant");
    let session = post(&sandbox, "/session", json!({ "assistantId": assistant }));
    let chat = post(
        &sandbox,
        "/chat",
        json!({ "assistantId": assistant, "input": "Hi" }),
    );
    for (body, status, message) in [
        (
            json!({ "input": "Hi" }),
            400,
            "Couldn't Get Assistant. Need Either ",
        ),
        (
            json!({ "input": "Hi", "sessionId": session["id"], "previousChatId": chat["id"] }),
            400,
            "Only One Of `sessionId` And `previousChatId`",
        ),
        (
            json!({ "input": "Hi", "assistantId": assistant, "stream": true }),
            501,
            "The sandbox does not stream",
        ),
    ] {
        let answer = ask(&sandbox, "POST", "/chat", body);
        assert_eq!(answer.status, status);
        let told = answer.body["message"].as_str().unwrap();
        assert!(told.starts_with(message), "{told}");
    }
}
