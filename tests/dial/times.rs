//! Calls at a time.

use super::*;
use crate::support::{target, with_value};

#[tokio::test]
async fn a_call_at_a_time_is_the_same_within_two_minutes_of_it() {
    let at = |time: &str| with(json!({ "scheduledAt": time }));
    let at_body = target("create_call", "scheduledAt");
    assert_same(&[
        at("2099-03-25T09:00:00Z"),
        at("2099-03-25T10:00:00+01:00"),
        at("2099-03-25 09:00:00,5z"),
        at("20990325T0900Z"),
        at("2099-03-25T09:01:59Z"),
        at("2099-03-25T08:58:01Z"),
        with(with_value(json!({}), at_body, "2099-03-25T09:00:00Z")),
    ])
    .await;
}

#[tokio::test]
async fn a_time_within_two_minutes_is_now_and_is_sent_as_it_was_given() {
    let desk = Desk::new().await;
    let soon = with(json!({ "scheduledAt": desk.later(90) }));
    desk.accepted(&base()).await;
    assert!(desk.refused(&soon).await.contains("the same call"));
    desk.wait(600);
    let soon = with(json!({ "scheduledAt": desk.later(90) }));
    desk.accepted(&soon).await;
    assert_eq!(
        desk.sent()
            .await
            .pointer(target("create_call", "scheduledAt")),
        soon.get("scheduledAt")
    );
    assert!(desk.refused(&base()).await.contains("the same call"));
    // It rings at 90 s.
    desk.wait(150);
    assert!(desk.refused(&base()).await.contains("the same call"));
    desk.wait(60);
    desk.accepted(&base()).await;
    desk.accepted(&with(json!({ "scheduledAt": desk.later(120) })))
        .await;
}

#[tokio::test]
async fn a_call_for_next_week_is_the_same_tomorrow() {
    const DAY: i64 = 86_400;
    let desk = Desk::new().await;
    let call = with(json!({ "scheduledAt": desk.later(7 * DAY) }));
    desk.accepted(&call).await;
    for _ in 0..6 {
        desk.wait(DAY);
        assert!(desk.refused(&call).await.contains("the same call"));
    }
    desk.accepted(&with(json!({ "scheduledAt": desk.later(DAY + 120) })))
        .await;
    desk.wait(DAY);
    // It rings now.
    assert!(desk.refused(&base()).await.contains("the same call"));
    desk.wait(300);
    desk.accepted(&base()).await;
}

#[tokio::test]
async fn a_scheduled_call_is_known_after_a_restart_until_it_has_rung() {
    let folder = tempfile::TempDir::new().unwrap();
    let rules = || Rules {
        audit_log: Some(folder.path().join("audit.jsonl")),
        ..Rules::default()
    };
    let desk = Desk::with(rules()).await;
    let call = with(json!({ "scheduledAt": desk.later(7 * 86_400) }));
    desk.accepted(&call).await;
    let again = Desk::with(rules()).await;
    assert!(again.refused(&call).await.contains("the same call"));
    again.accepted(&base()).await;
    let again = Desk::with(rules()).await;
    assert!(again.refused(&base()).await.contains("the same call"));
    assert!(again.refused(&call).await.contains("the same call"));
}

#[tokio::test]
async fn no_time_of_the_clock_ends_a_call_without_an_answer() {
    let year_0 = DateTime::from_timestamp(-62_167_219_200, 0).unwrap();
    let leap = DateTime::parse_from_rfc3339("2016-12-31T23:59:60Z").unwrap();
    for time in [
        DateTime::<Utc>::MIN_UTC,
        year_0,
        DateTime::UNIX_EPOCH,
        leap.to_utc(),
        DateTime::parse_from_rfc3339("9999-12-31T23:59:59Z")
            .unwrap()
            .to_utc(),
        DateTime::<Utc>::MAX_UTC,
    ] {
        let folder = tempfile::TempDir::new().unwrap();
        let rules = Rules {
            audit_log: Some(folder.path().join("audit.jsonl")),
            max_calls: Some("3/day".parse().unwrap()),
            ..Rules::default()
        };
        let guard = Guard::with_clock(rules, Arc::new(move || time)).unwrap();
        let vapi = vapi(ResponseTemplate::new(201).set_body_json(json!({ "id": "c" }))).await;
        for given in [
            base(),
            with(json!({ "scheduledAt": "0000-01-01T00:00:00+14:00" })),
            with(json!({ "scheduledAt": "9999-12-31T24:00:00-23:59" })),
            with(json!({ "scheduledAt": "9999-12-31T23:59:59Z", "latestAt": "0000-01-01T00:00Z" })),
        ] {
            let outcome = call_guarded(&vapi, "create_call", members(given), &guard).await;
            assert!(!outcome.text.is_empty());
        }
        let outcome = call_guarded(&vapi, "create_call", members(base()), &guard).await;
        assert!(
            outcome.text.contains("the same call"),
            "{time}: {}",
            outcome.text
        );
    }
}
