//! Who may be called, and when.

use super::*;

#[tokio::test]
async fn numbers_are_sent_in_their_normal_form_and_malformed_ones_not_at_all() {
    let guarded = Guarded::new(&[]).await;
    let mut process = guarded.start().await;
    accepted(&mut process, call("+1 (555) 010-0123")).await;
    assert_eq!(guarded.sent().await["customer"]["number"], NUMBER);
    let said = refused(&mut process, call("555 0100")).await;
    assert!(
        said.contains("`customer.number`: is no E.164 number, such as +15550100123"),
        "{said}"
    );
    assert_eq!(guarded.requests().await, 1);
    let customer = json!({ "number": "5550100", "numberE164CheckEnabled": false });
    let free = with(call(NUMBER), "customer", customer);
    accepted(&mut process, free).await;
    assert_eq!(guarded.sent().await["customer"]["number"], "5550100");
}

#[tokio::test]
async fn destinations_outside_the_list_are_not_called() {
    let guarded = Guarded::new(&[
        "--allow-destinations",
        "+1,sip:*@example.com",
        "--max-batch",
        "2",
    ])
    .await;
    let mut process = guarded.start().await;
    for (customer, said) in [
        (
            json!({ "customer": { "number": "+442079460958" } }),
            "+442079460958 is not among the destinations",
        ),
        (
            json!({ "customer": { "sipUri": "sip:a@example.org" } }),
            "is not among the destinations",
        ),
        (
            json!({ "customer": { "number": "15550100123", "numberE164CheckEnabled": false } }),
            "is not among",
        ),
        (
            json!({ "customerId": "c" }),
            "its destination is not visible",
        ),
        (
            json!({ "customers": [{ "number": NUMBER }, { "number": "+442079460958" }] }),
            "+442079460958 is not",
        ),
        (
            json!({ "customers": [{ "number": NUMBER }, { "number": "+15550100124" }, { "number": "+15550100125" }] }),
            "it has 3 destinations, and this server allows at most 2",
        ),
    ] {
        let told = refused(&mut process, customer).await;
        assert!(
            told.starts_with("Nothing was sent: ") && told.contains(said),
            "{told}"
        );
    }
    assert_eq!(guarded.requests().await, 0);
    accepted(
        &mut process,
        json!({ "assistantId": "a", "phoneNumberId": "p", "customers": [{ "number": NUMBER }, { "sipUri": "sip:a@example.com" }] }),
    )
    .await;
    assert_eq!(guarded.requests().await, 1);
}

#[tokio::test]
async fn emergency_and_premium_rate_numbers_are_not_called_whatever_the_flags() {
    for flags in [
        &[][..],
        &["--allow-destinations", "+1,+4,+9,sip:*@example.com"][..],
    ] {
        let guarded = Guarded::new(flags).await;
        let mut process = guarded.start().await;
        let free = |number: &str| json!({ "number": number, "numberE164CheckEnabled": false });
        for customer in [
            json!({ "number": "911" }),
            json!({ "number": "+1911" }),
            free("911"),
            free("9-1-1"),
            free("tel:112"),
            free("+44 999"),
            json!({ "sipUri": "sip:911@example.com" }),
            json!({ "sipUri": "sip:+1911@example.com" }),
            json!({ "number": NUMBER, "sipUri": "sip:%39%31%31@example.com" }),
        ] {
            let said = refused(&mut process, with(call(NUMBER), "customer", customer)).await;
            assert!(
                said.starts_with("Nothing was sent: ")
                    && said.contains("is an emergency number")
                    && said.contains("tell the user to dial it themselves"),
                "{said}"
            );
        }
        for customer in [
            json!({ "number": "+1 900 555 0100" }),
            json!({ "number": "+449012345678" }),
            json!({ "number": "+499001234567" }),
            json!({ "sipUri": "sip:+19005550100@example.com" }),
        ] {
            let said = refused(&mut process, with(call(NUMBER), "customer", customer)).await;
            assert!(said.contains("is a premium-rate number (+"), "{said}");
        }
        assert_eq!(guarded.requests().await, 0);
        accepted(&mut process, call("+911125550123")).await;
        accepted(&mut process, call("+18005550123")).await;
    }
    let guarded = Guarded::new(&["--allow-destinations", "+1900"]).await;
    let mut process = guarded.start().await;
    accepted(&mut process, call("+19005550100")).await;
}

#[tokio::test]
async fn a_denied_destination_is_not_called_though_it_is_allowed() {
    let flags = ["--allow-destinations", "+1,sip:*@example.com"];
    let denied = ["--deny-destinations", "+1555010,sip:boss@*"];
    let guarded = Guarded::new(&[flags, denied].concat()).await;
    let mut process = guarded.start().await;
    for customer in [
        json!({ "number": NUMBER }),
        json!({ "sipUri": "sip:Boss@example.com" }),
    ] {
        let said = refused(&mut process, with(call(NUMBER), "customer", customer)).await;
        assert!(
            said.contains("that this server never calls (--deny-destinations)"),
            "{said}"
        );
    }
    accepted(&mut process, call("+15550200123")).await;
    let guarded = Guarded::new(&denied).await;
    let mut process = guarded.start().await;
    let hidden = json!({ "assistantId": "a", "phoneNumberId": "p", "customerId": "c" });
    let said = refused(&mut process, hidden).await;
    assert!(
        said.contains("--deny-destinations cannot be checked"),
        "{said}"
    );
    assert_eq!(guarded.requests().await, 0);
}

#[tokio::test]
async fn nobody_is_called_outside_the_hours() {
    let guarded = Guarded::new(&["--call-hours", "9-20"]).await;
    let mut process = guarded.start().await;
    let day = (chrono::Utc::now() + chrono::TimeDelta::days(2)).format("%Y-%m-%d");
    let at = |number: &str, time: &str| {
        with(call(number), "scheduledAt", json!(format!("{day}T{time}Z")))
    };
    let said = refused(&mut process, at("+4930901820", "02:00:00")).await;
    assert!(
        said.contains("+4930901820: it would be 0")
            && said.contains("in Europe/Berlin")
            && said.contains("The next allowed time is "),
        "{said}"
    );
    let early = with(
        at("+4930901820", "12:00:00"),
        "latestAt",
        json!(format!("{day}T23:00:00Z")),
    );
    let said = refused(&mut process, early).await;
    assert!(said.contains("it may ring at any time from "), "{said}");
    let sip = with(
        at(NUMBER, "12:00:00"),
        "customer",
        json!({ "sipUri": "sip:bob@example.com" }),
    );
    let said = refused(&mut process, sip).await;
    assert!(said.contains("its time zone is not known"), "{said}");
    assert_eq!(guarded.requests().await, 0);
    accepted(&mut process, at("+4930901820", "12:00:00")).await;
}

#[tokio::test]
async fn a_time_that_has_gone_by_or_has_no_zone_is_refused() {
    let guarded = Guarded::new(&[]).await;
    let mut process = guarded.start().await;
    for key in ["scheduledAt", "latestAt"] {
        let said = refused(
            &mut process,
            with(call(NUMBER), key, json!("2020-01-01T00:00:00Z")),
        )
        .await;
        assert!(said.contains(&format!("`{key}`: is in the past")), "{said}");
        let said = refused(
            &mut process,
            with(call(NUMBER), key, json!("2099-01-01T00:00:00")),
        )
        .await;
        assert!(
            said.contains(&format!(
                "`{key}`: must be a date with time and zone; the form is 2027-03-25T22:39:27Z"
            )),
            "{said}"
        );
    }
    assert_eq!(guarded.requests().await, 0);
    accepted(
        &mut process,
        with(call(NUMBER), "scheduledAt", json!("2099-01-01T00:00:00Z")),
    )
    .await;
}
