//! Calls of the sandbox, and what becomes of them.

use super::*;
use crate::support::{target, with_value};

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
    body = with_value(
        body,
        target("create_call", "scheduledAt"),
        "2999-01-01T00:00:00Z",
    );
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
