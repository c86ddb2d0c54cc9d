//! Edits after which a row no longer holds.

use codegen::diff::Class;
use serde_json::json;

use super::{
    Edit, add_parameter, all_are, answer, drop_value, header, operation, parameter, property,
    remove, require, schema,
};

/// Places that a row names and that are gone.
pub const PLACES: &[Edit] = &[
    (
        "the time of a page",
        "list_assistants",
        "`result.page`",
        |d| remove(d, "Assistant", "createdAt"),
    ),
    (
        "the parameter of a page",
        "list_calls",
        "`result.page`",
        |d| {
            let parameters = operation(d, "get", "/call")["parameters"]
                .as_array_mut()
                .unwrap();
            parameters.retain(|it| it["name"] != "createdAtLe");
        },
    ),
    (
        "the state of a wait",
        "wait_for_call",
        "`wait`, `until`",
        |d| remove(d, "Call", "status"),
    ),
    (
        "a value of the state of a wait",
        "wait_for_call",
        "`wait`, `until`",
        |d| drop_value(&mut property(d, "Call", "status")["enum"], "ended"),
    ),
    (
        "the time of a wait",
        "wait_for_call",
        "`wait`, `delayed`",
        |d| remove(d, "Call", "endedAt"),
    ),
    (
        "a delayed value",
        "wait_for_call",
        "`wait`, `delayed`",
        |d| remove(d, "Call", "analysis"),
    ),
    (
        "the scheduled time",
        "wait_for_call",
        "`wait`, `scheduled`",
        |d| remove(d, "SchedulePlan", "earliestAt"),
    ),
    ("what callers said", "get_call", "`result.untrusted`", |d| {
        remove(d, "Call", "messages")
    }),
    (
        "the number of a destination",
        "create_call",
        "`dial`, `number`",
        |d| remove(d, "CreateCustomerDTO", "number"),
    ),
    (
        "a list of destinations",
        "create_call",
        "`dial`, `to`",
        |d| remove(d, "CreateCallDTO", "customers"),
    ),
    (
        "the assistant that speaks",
        "create_call",
        "`dial`, `speaker`",
        |d| remove(d, "CreateCallDTO", "workflow"),
    ),
    ("the transport", "create_call", "`dial`, `transport`", |d| {
        remove(d, "CreateCallDTO", "transport")
    }),
    (
        "overrides of an assistant",
        "create_call",
        "`overrides`",
        |d| remove(d, "CreateCallDTO", "assistantOverrides"),
    ),
    (
        "an added value",
        "get_call",
        "`result.add`, `transcript`",
        |d| remove(d, "Artifact", "transcript"),
    ),
    (
        "a derived value",
        "list_calls",
        "`result.derive`, `durationSeconds`",
        |d| remove(d, "Call", "startedAt"),
    ),
    (
        "the reason of a call",
        "list_calls",
        "`result.explain`",
        |d| remove(d, "Call", "endedReason"),
    ),
    (
        "the errors of a batch",
        "create_call",
        "`result.created`",
        |d| remove(d, "CallBatchResponse", "errors"),
    ),
    (
        "a constant's place",
        "summarize_calls",
        "argument `groupBy`",
        |d| remove(d, "AnalyticsQuery", "operations"),
    ),
    ("a constant", "summarize_calls", "argument `groupBy`", |d| {
        drop_value(&mut property(d, "AnalyticsQuery", "table")["enum"], "call")
    }),
    (
        "a default",
        "create_assistant",
        "argument `transcriber`",
        |d| property(d, "DeepgramTranscriber", "provider")["enum"] = json!(["deepgram-2"]),
    ),
    (
        "a value that stops",
        "PATCH /session/{id}",
        "`stops`",
        |d| {
            drop_value(
                &mut property(d, "UpdateSessionDTO", "status")["enum"],
                "completed",
            )
        },
    ),
    (
        "a stored destination",
        "POST /phone-number",
        "`stored`",
        |d| {
            remove(d, "CreateTwilioPhoneNumberDTO", "fallbackDestination");
            for name in [
                "CreateByoPhoneNumberDTO",
                "CreateVonagePhoneNumberDTO",
                "CreateVapiPhoneNumberDTO",
                "CreateTelnyxPhoneNumberDTO",
            ] {
                remove(d, name, "fallbackDestination");
            }
        },
    ),
    (
        "the id of a stored destination",
        "POST /session",
        "`stored_unseen`",
        |d| remove(d, "CreateSessionDTO", "customerId"),
    ),
    (
        "a value that must not be sent",
        "POST /chat",
        "`refuse`",
        |d| remove(d, "CreateChatDTO", "stream"),
    ),
    (
        "a value that is filled",
        "POST /chat/responses",
        "`fill`",
        |d| remove(d, "OpenAIResponsesRequest", "stream"),
    ),
    (
        "the recipients of a campaign",
        "POST /campaign",
        "`dial`",
        |d| remove(d, "CreateCampaignDTO", "customers"),
    ),
    (
        "an explained parameter",
        "GET /v2/campaign",
        "`params`",
        |d| {
            let parameters = operation(d, "get", "/v2/campaign")["parameters"]
                .as_array_mut()
                .unwrap();
            parameters.retain(|it| it["name"] != "includeCounters");
        },
    ),
    ("an explained setting", "POST /assistant", "`notes`", |d| {
        remove(d, "CreateAssistantDTO", "backgroundSound");
    }),
    (
        "an argument's parameter that is renamed",
        "list_calls",
        "argument `phoneNumberId`",
        |d| parameter(d, "/call", "phoneNumberId")["name"] = json!("numberId"),
    ),
];

/// Requirements that a row does not meet.
pub const REQUIREMENTS: &[Edit] = &[
    ("a required property", "create_assistant", "", |d| {
        require(d, "CreateAssistantDTO", "server")
    }),
    ("a required property of a call", "create_call", "", |d| {
        require(d, "CreateCallDTO", "name2")
    }),
    (
        "a required property beside an argument",
        "create_call",
        "",
        |d| require(d, "SchedulePlan", "timeZone"),
    ),
    (
        "a required property in the model of the default",
        "create_assistant",
        "",
        |d| require(d, "OpenAIModel", "temperature"),
    ),
    (
        "a required property in the voice of the default",
        "create_assistant",
        "",
        |d| require(d, "ElevenLabsVoice", "stability"),
    ),
    (
        "a required property in the transcriber of the default",
        "create_assistant",
        "",
        |d| require(d, "DeepgramTranscriber", "language"),
    ),
    (
        "a required property of a constant's object",
        "summarize_calls",
        "",
        |d| require(d, "AnalyticsQuery", "version"),
    ),
    ("a required part of a form", "upload_file", "", |d| {
        schema(d, "CreateFileDTO")["required"] = json!(["file", "owner"])
    }),
    ("a required header of a tool", "get_assistant", "", |d| {
        add_parameter(d, "get", "/assistant/{id}", header("X-Api-Version", true))
    }),
    (
        "a required header of an operation",
        "POST /squad",
        "",
        |d| add_parameter(d, "post", "/squad", header("Idempotency-Key", true)),
    ),
    ("a required header of a path", "list_tools", "", |d| {
        d["paths"]["/tool"]["parameters"] = json!([header("X-Org", true)])
    }),
    ("a required cookie", "list_phone_numbers", "", |d| {
        let cookie = json!({ "in": "cookie", "name": "session", "required": true, "schema": { "type": "string" } });
        add_parameter(d, "get", "/phone-number", cookie);
    }),
    ("a required parameter", "list_calls", "", |d| {
        let query = json!({ "in": "query", "name": "orgId", "required": true, "schema": { "type": "string" } });
        add_parameter(d, "get", "/call", query);
    }),
    ("a parameter that becomes required", "list_calls", "", |d| {
        parameter(d, "/call", "id")["required"] = json!(true)
    }),
];

/// Types that the server cannot read or send.
pub const TYPES: &[Edit] = &[
    (
        "the type of a time of a wait",
        "wait_for_call",
        "`wait`, `delayed`",
        |d| *property(d, "Call", "endedAt") = json!({ "type": "number" }),
    ),
    (
        "the type of a state",
        "wait_for_call",
        "`wait`, `until`",
        |d| *property(d, "Call", "status") = json!({ "type": "object" }),
    ),
    (
        "the type of the time of a page",
        "list_calls",
        "`result.page`",
        |d| *property(d, "Call", "createdAt") = json!({ "type": "integer" }),
    ),
    (
        "the format of the time of a page",
        "list_calls",
        "`result.page`",
        |d| property(d, "Call", "createdAt")["format"] = json!("date"),
    ),
    (
        "the type of a time to call",
        "create_call",
        "`dial`, `when`",
        |d| *property(d, "SchedulePlan", "latestAt") = json!({ "type": "number" }),
    ),
    (
        "the type of a destination",
        "create_call",
        "`dial`, `to`",
        |d| *property(d, "CreateCallDTO", "customer") = json!({ "type": "string" }),
    ),
    (
        "the type of a number",
        "create_call",
        "`dial`, `number`",
        |d| *property(d, "CreateCustomerDTO", "number") = json!({ "type": "object" }),
    ),
    (
        "the type of a derived time",
        "list_calls",
        "`result.derive`",
        |d| *property(d, "Call", "startedAt") = json!({ "type": "number" }),
    ),
    (
        "the type of an argument with a schema",
        "create_call",
        "argument `customers`",
        |d| *property(d, "CreateCallDTO", "customers") = json!({ "type": "object" }),
    ),
    (
        "a constant of an argument",
        "create_assistant",
        "argument `instructions`",
        |d| {
            property(d, "OpenAIMessage", "role")["enum"] = json!(["developer"]);
        },
    ),
];

/// Operations that a row cannot send any more.
pub const OPERATIONS: &[Edit] = &[
    ("an operation that is gone", "get_tool", "", |d| {
        d["paths"]["/tool/{id}"]
            .as_object_mut()
            .unwrap()
            .shift_remove("get");
    }),
    (
        "an operation of the whole API that is gone",
        "DELETE /squad/{id}",
        "",
        |d| {
            d["paths"]["/squad/{id}"]
                .as_object_mut()
                .unwrap()
                .shift_remove("delete");
        },
    ),
    ("an operation with another name", "list_tools", "", |d| {
        operation(d, "get", "/tool")["operationId"] = json!("ToolController_list")
    }),
    ("an operation that is not described", "", "", |d| {
        let mut added = operation(d, "get", "/squad").clone();
        added["operationId"] = json!("TeamController_findAll");
        d["paths"]["/team"] = json!({ "get": added });
    }),
    (
        "two described operations with one name",
        "list_tools",
        "",
        |d| operation(d, "get", "/squad")["operationId"] = json!("ToolController_findAll"),
    ),
    (
        "a used parameter in an unknown style",
        "list_calls",
        "",
        |d| parameter(d, "/call", "limit")["style"] = json!("pipeDelimited"),
    ),
    (
        "a list that is neither a list nor a page",
        "list_calls",
        "",
        |d| {
            let list = answer(d, "/call").take();
            *answer(d, "/call") = json!({ "type": "object", "properties": { "calls": list } });
        },
    ),
    ("the only tag with a group", "GET /squad", "", |d| {
        operation(d, "get", "/squad")["tags"] = json!(["Teams"])
    }),
    (
        "a body that can name a destination without saying so",
        "POST /observability/scorecard",
        "",
        |d| {
            schema(d, "CreateScorecardDTO")["properties"]["notify"] =
                json!({ "$ref": "#/components/schemas/CreateCustomerDTO" })
        },
    ),
];

#[test]
fn a_place_that_is_gone_is_breaking() {
    all_are(PLACES, Class::Breaking);
}

#[test]
fn a_requirement_that_no_row_meets_is_breaking() {
    all_are(REQUIREMENTS, Class::Breaking);
}

#[test]
fn a_type_that_the_server_cannot_read_is_breaking() {
    all_are(TYPES, Class::Breaking);
}

#[test]
fn an_operation_that_no_row_can_send_is_breaking() {
    all_are(OPERATIONS, Class::Breaking);
}
