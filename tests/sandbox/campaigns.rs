//! Campaigns, which call their contacts.

use super::*;
use crate::support::{start_of, with_value};

fn campaign(sandbox: &Sandbox, numbers: &[&str]) -> Value {
    let customers: Vec<_> = numbers
        .iter()
        .map(|number| json!({ "number": number }))
        .collect();
    json!({
        "name": "C",
        "assistantId": first_id(sandbox, "/assistant"),
        "phoneNumberId": first_id(sandbox, "/phone-number"),
        "customers": customers,
    })
}

fn statuses(sandbox: &Sandbox, id: &Value, query: &str) -> Vec<String> {
    let path = format!("/v2/campaign/{}/contacts{query}", id.as_str().unwrap());
    let page = get(sandbox, &path);
    let contacts = page["results"].as_array().unwrap().iter();
    contacts
        .map(|contact| contact["status"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_campaign_calls_its_contacts_one_after_the_other_and_ends() {
    let sandbox = Sandbox::new().unwrap();
    let body = campaign(&sandbox, &["+15550100123", "+15550100101", "+15550100105"]);
    let made = post(&sandbox, "/campaign", body);
    assert_eq!(made["status"], "scheduled");
    let id = made["id"].as_str().unwrap();
    let path = format!("/campaign/{id}");
    assert_eq!(get(&sandbox, &path)["status"], "in-progress");
    let pending = ["contact.dispatched", "contact.pending", "contact.pending"];
    assert_eq!(statuses(&sandbox, &made["id"], ""), pending);
    sleep(OVER).await;
    let ended = get(&sandbox, &path);
    assert_eq!(
        (
            &ended["status"],
            &ended["endedReason"],
            &ended["callsCounterEnded"]
        ),
        (&json!("ended"), &json!("campaign.ended.success"), &json!(2))
    );
    let over = ["contact.completed", "contact.failed", "contact.failed"];
    assert_eq!(statuses(&sandbox, &made["id"], ""), over);
    assert_eq!(
        statuses(&sandbox, &made["id"], "?status=contact.failed&limit=1"),
        over[1..2]
    );
    let calls = get(&sandbox, "/call");
    let calls = calls.as_array().unwrap();
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call["campaignId"] == made["id"]));
    assert!(calls[0]["createdAt"].as_str() > calls[1]["createdAt"].as_str());
    let summary = get(&sandbox, &format!("/v2{path}?includeCounters=true"));
    assert_eq!(summary["contactCounters"]["failed"], 2);
    assert_eq!(
        summary["callMetrics"],
        json!({ "dialed": 2, "connected": 1 })
    );
    assert_eq!(summary.get("customers"), None);
    assert_eq!(get(&sandbox, &path)["customers"], made["customers"]);
}

#[tokio::test(start_paused = true)]
async fn a_campaign_that_is_stopped_calls_nobody_else() {
    let sandbox = Sandbox::new().unwrap();
    for (path, status) in [("/campaign", "ended"), ("/v2/campaign", "cancelled")] {
        let body = campaign(&sandbox, &["+15550100123", "+15550100124"]);
        let made = post(&sandbox, path, body);
        let one = format!("{path}/{}", made["id"].as_str().unwrap());
        get(&sandbox, &one);
        let stopped = ask(&sandbox, "PATCH", &one, json!({ "status": status })).body;
        assert_eq!(
            (&stopped["status"], &stopped["endedReason"]),
            (&json!(status), &json!("campaign.in-progress.ended-by-user"))
        );
        sleep(OVER).await;
        let contacts = statuses(&sandbox, &made["id"], "");
        assert_eq!(contacts, ["contact.completed", "contact.skipped"]);
        assert_eq!(get(&sandbox, &one)["status"], status);
    }
    assert_eq!(get(&sandbox, "/call").as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_campaign_keeps_to_its_schedule() {
    let sandbox = Sandbox::new().unwrap();
    let mut body = campaign(&sandbox, &["+15550100123"]);
    body = with_value(body, start_of("POST /campaign"), "2999-01-01T00:00:00Z");
    let made = post(&sandbox, "/campaign", body);
    let path = format!("/campaign/{}", made["id"].as_str().unwrap());
    sleep(OVER).await;
    assert_eq!(get(&sandbox, &path)["status"], "scheduled");
    assert_eq!(get(&sandbox, "/call"), json!([]));
    let stopped = ask(&sandbox, "PATCH", &path, json!({ "status": "cancelled" })).body;
    assert_eq!(stopped["endedReason"], "campaign.scheduled.ended-by-user");
}

#[tokio::test(start_paused = true)]
async fn a_copy_of_a_campaign_calls_contacts_that_it_does_not_show() {
    let sandbox = Sandbox::new().unwrap();
    let first = post(&sandbox, "/campaign", campaign(&sandbox, &["+15550100123"]));
    let copy = json!({ "name": "D", "duplicateFromCampaignId": first["id"] });
    let copy = post(&sandbox, "/campaign", copy);
    assert_eq!(copy.get("customers"), None);
    sleep(OVER).await;
    assert_eq!(statuses(&sandbox, &copy["id"], ""), ["contact.completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_campaign_calls_nobody_else() {
    let sandbox = Sandbox::new().unwrap();
    let body = campaign(&sandbox, &["+15550100123", "+15550100124"]);
    let made = post(&sandbox, "/campaign", body);
    let path = format!("/campaign/{}", made["id"].as_str().unwrap());
    get(&sandbox, &path);
    assert_eq!(ask(&sandbox, "DELETE", &path, Value::Null).status, 200);
    sleep(OVER).await;
    assert_eq!(get(&sandbox, "/call").as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_campaign_needs_contacts_and_somebody_who_calls_them() {
    let sandbox = Sandbox::new().unwrap();
    let whole = campaign(&sandbox, &["+15550100123"]);
    for (key, message) in [
        (
            "customers",
            "Couldn't Get Customers. Need Either `customers` Or `dialPlan`.",
        ),
        (
            "phoneNumberId",
            "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `dialPlan`.",
        ),
        (
            "assistantId",
            "Couldn't Get Assistant. Need Either `assistantId`, `squadId`, Or `workflowId`.",
        ),
    ] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(key);
        let answer = ask(&sandbox, "POST", "/v2/campaign", body);
        assert_eq!(
            (answer.status, &answer.body["message"]),
            (400, &json!(message))
        );
    }
    let wrong = ask(&sandbox, "POST", "/campaign", campaign(&sandbox, &["555"]));
    let message = "customers.0.number must be a valid phone number in the E.164 format.";
    assert_eq!(wrong.body["message"], json!([message]));
}
