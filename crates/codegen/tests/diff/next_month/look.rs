//! Edits that break nothing and at which a maintainer should look.

use codegen::diff::Class;
use serde_json::json;

use super::{Edit, add_parameter, all_are, answer, operation, parameter, property, push, schema};

/// Changes of what a row uses.
pub const USES: &[Edit] = &[
    (
        "a deprecated property that is shown",
        "get_call",
        "`result.keep`",
        |d| property(d, "Call", "cost")["deprecated"] = json!(true),
    ),
    (
        "a deprecated property that is sent",
        "create_assistant",
        "argument `firstMessage`",
        |d| property(d, "CreateAssistantDTO", "firstMessage")["deprecated"] = json!(true),
    ),
    (
        "a deprecated property above",
        "create_call",
        "argument `scheduledAt`",
        |d| property(d, "CreateCallDTO", "schedulePlan")["deprecated"] = json!(true),
    ),
    (
        "a deprecated schema",
        "create_call",
        "argument `scheduledAt`",
        |d| schema(d, "SchedulePlan")["deprecated"] = json!(true),
    ),
    (
        "a deprecated parameter",
        "list_calls",
        "argument `limit`",
        |d| parameter(d, "/call", "limit")["deprecated"] = json!(true),
    ),
    (
        "a deprecated setting that is explained",
        "POST /assistant",
        "`notes`",
        |d| property(d, "CreateAssistantDTO", "backgroundSound")["deprecated"] = json!(true),
    ),
    (
        "a new value of a state",
        "wait_for_call",
        "`wait`, `until`",
        |d| push(&mut property(d, "Call", "status")["enum"], json!("paused")),
    ),
    (
        "a new value of what can be stopped",
        "PATCH /session/{id}",
        "`stops`",
        |d| {
            push(
                &mut property(d, "UpdateSessionDTO", "status")["enum"],
                json!("paused"),
            )
        },
    ),
    (
        "a new reason without an explanation",
        "list_calls",
        "`result.explain`",
        |d| {
            push(
                &mut property(d, "Call", "endedReason")["enum"],
                json!("eclipse-of-the-moon"),
            )
        },
    ),
    (
        "a read-only property that is sent",
        "create_assistant",
        "argument `name`",
        |d| property(d, "CreateAssistantDTO", "name")["readOnly"] = json!(true),
    ),
    (
        "a read-only property above",
        "create_call",
        "argument `latestAt`",
        |d| property(d, "CreateCallDTO", "schedulePlan")["readOnly"] = json!(true),
    ),
    (
        "a write-only property that is shown",
        "get_call",
        "`result.keep`",
        |d| property(d, "Call", "endedMessage")["writeOnly"] = json!(true),
    ),
    (
        "a state that can be null",
        "wait_for_call",
        "`wait`, `until`",
        |d| property(d, "Call", "status")["nullable"] = json!(true),
    ),
    (
        "a constant of an argument",
        "create_call",
        "argument `name`",
        |d| property(d, "CreateCallDTO", "name")["const"] = json!("call"),
    ),
    (
        "a time without a format",
        "wait_for_call",
        "`wait`, `delayed`",
        |d| {
            property(d, "Call", "endedAt")
                .as_object_mut()
                .unwrap()
                .shift_remove("format")
                .unwrap();
        },
    ),
    (
        "the default of a setting that is sent",
        "create_assistant",
        "argument `firstMessageMode`",
        |d| {
            property(d, "CreateAssistantDTO", "firstMessageMode")["default"] =
                json!("assistant-waits-for-user")
        },
    ),
    ("a shorter text", "create_call", "argument `name`", |d| {
        property(d, "CreateCallDTO", "name")["maxLength"] = json!(8)
    }),
    (
        "the type of what is shown",
        "get_call",
        "`result.keep`",
        |d| *property(d, "Call", "cost") = json!({ "type": "string" }),
    ),
    (
        "a value that an argument can have no more",
        "create_assistant",
        "argument `firstMessageMode`",
        |d| {
            let values =
                property(d, "CreateAssistantDTO", "firstMessageMode")["enum"].as_array_mut();
            values.unwrap().pop().unwrap();
        },
    ),
];

/// Additions to what can call people.
pub const DESTINATIONS: &[Edit] = &[
    ("a property of a call", "create_call", "`dial`", |d| {
        schema(d, "CreateCallDTO")["properties"]["fax"] = json!({ "type": "string" })
    }),
    (
        "a property of a destination",
        "create_call",
        "`dial`",
        |d| schema(d, "CreateCustomerDTO")["properties"]["whatsapp"] = json!({ "type": "string" }),
    ),
    (
        "a property of a campaign",
        "POST /campaign",
        "`dial`",
        |d| {
            schema(d, "CreateCampaignDTO")["properties"]["contactList"] =
                json!({ "type": "string" })
        },
    ),
    (
        "a property of a session that stores a destination",
        "POST /session",
        "",
        |d| schema(d, "CreateSessionDTO")["properties"]["callback"] = json!({ "type": "string" }),
    ),
    ("a property of a transfer", "POST /tool", "", |d| {
        schema(d, "TransferDestinationNumber")["properties"]["backup"] = json!({ "type": "string" })
    }),
    (
        "a property of an assistant that can transfer",
        "POST /assistant",
        "",
        |d| {
            schema(d, "CreateAssistantDTO")["properties"]["escalation"] =
                json!({ "type": "string" })
        },
    ),
    ("a transport", "create_call", "`dial`, `transport`", |d| {
        let found = property(d, "CreateCallDTO", "transport").clone();
        assert!(!found.is_null());
        push(
            &mut property(d, "TwilioTransport", "provider")["enum"],
            json!("twilio-2"),
        );
    }),
];

/// Changes of operations and of the whole document.
pub const OPERATIONS: &[Edit] = &[
    ("a deprecated operation", "list_calls", "", |d| {
        operation(d, "get", "/call")["deprecated"] = json!(true)
    }),
    (
        "a deprecated operation of the whole API",
        "GET /squad",
        "",
        |d| operation(d, "get", "/squad")["deprecated"] = json!(true),
    ),
    ("an operation without security", "GET /squad", "", |d| {
        operation(d, "get", "/squad")
            .as_object_mut()
            .unwrap()
            .shift_remove("security")
            .unwrap();
    }),
    (
        "an operation with another security",
        "create_call",
        "",
        |d| operation(d, "post", "/call")["security"] = json!([{ "oauth": ["calls"] }]),
    ),
    ("another security scheme", "", "", |d| {
        d["components"]["securitySchemes"]["bearer"]["scheme"] = json!("basic")
    }),
    ("security of the whole document", "", "", |d| {
        d["security"] = json!([{ "oauth": [] }])
    }),
    ("another server", "", "", |d| {
        d["servers"] = json!([{ "url": "https://api2.vapi.ai" }])
    }),
    ("no server", "", "", |d| {
        d.as_object_mut().unwrap().shift_remove("servers").unwrap();
    }),
    ("a server of an operation", "create_call", "", |d| {
        operation(d, "post", "/call")["servers"] = json!([{ "url": "https://dial.vapi.ai" }])
    }),
    ("a server of a path", "GET /squad", "", |d| {
        d["paths"]["/squad"]["servers"] = json!([{ "url": "https://squads.vapi.ai" }])
    }),
    ("a new order of a list", "list_calls", "", |d| {
        let order = json!({ "in": "query", "name": "sortOrder", "required": false, "schema": { "type": "string", "default": "ASC" } });
        add_parameter(d, "get", "/call", order);
    }),
    ("a new default of a list", "GET /squad", "", |d| {
        parameter(d, "/squad", "limit")["schema"]["default"] = json!(10)
    }),
    (
        "a new default of a parameter that no row names",
        "list_calls",
        "its order",
        |d| {
            parameter(d, "/call", "updatedAtGt")["schema"]["default"] =
                json!("2027-01-31T00:00:00Z")
        },
    ),
    (
        "a list that becomes a page",
        "list_calls",
        "`result`",
        |d| {
            let list = answer(d, "/call").take();
            *answer(d, "/call") = json!({
                "type": "object", "required": ["results", "metadata"],
                "properties": { "results": list, "metadata": { "type": "object" } },
            });
        },
    ),
    (
        "a list of the whole API that becomes a page",
        "GET /squad",
        "",
        |d| {
            let list = answer(d, "/squad").take();
            *answer(d, "/squad") = json!({ "type": "object", "properties": {
            "results": list,
            "metadata": { "type": "object", "properties": { "currentPage": { "type": "number" } } },
        } });
        },
    ),
    (
        "a redirect that becomes an answer",
        "GET /call/{id}/pcap",
        "",
        |d| {
            operation(d, "get", "/call/{id}/pcap")["responses"]["200"] =
                json!({ "content": { "application/json": { "schema": { "type": "object" } } } })
        },
    ),
    (
        "an undocumented body that is documented",
        "POST /provider/{provider}/{resourceName}",
        "",
        |d| {
            operation(d, "post", "/provider/{provider}/{resourceName}")["requestBody"] =
                json!({ "content": { "application/json": { "schema": { "type": "object" } } } })
        },
    ),
    ("a new operation with the name of a used one", "", "", |d| {
        let used = operation(d, "get", "/assistant").clone();
        d["paths"]["/aaa"] = json!({ "get": used });
    }),
    ("a new operation that no client can send", "", "", |d| {
        let mut added = operation(d, "get", "/squad").clone();
        added["operationId"] = json!("TeamController_findAll");
        push(
            &mut added["parameters"],
            json!({ "in": "query", "name": "where", "required": true, "style": "deepObject", "schema": { "type": "object" } }),
        );
        d["paths"]["/team"] = json!({ "get": added });
    }),
    ("OpenAPI 3.0.3", "", "", |d| d["openapi"] = json!("3.0.3")),
];

#[test]
fn a_change_of_what_a_row_uses_deserves_a_look() {
    all_are(USES, Class::Look);
}

#[test]
fn an_addition_to_what_can_call_people_deserves_a_look() {
    all_are(DESTINATIONS, Class::Look);
}

#[test]
fn a_change_of_an_operation_or_the_document_deserves_a_look() {
    all_are(OPERATIONS, Class::Look);
}
