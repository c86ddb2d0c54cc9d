//! What can be wrong with an argument.

use super::{check, create, faults, list, row};

/// The faults of a row that lists, without what every message starts with.
fn of_list(args: &str) -> Vec<String> {
    bare("tools.toml:3: tool `list_calls`, ", faults(&list(args)))
}

/// The faults of a row that creates, without what every message starts with.
fn of_create(args: &str) -> Vec<String> {
    bare("tools.toml:3: tool `create_call`, ", faults(&create(args)))
}

fn bare(start: &str, messages: Vec<String>) -> Vec<String> {
    let strip = |message: String| message.strip_prefix(start).unwrap_or(&message).to_owned();
    messages.into_iter().map(strip).collect()
}

#[test]
fn a_key_that_arguments_do_not_have_is_refused_with_those_they_have() {
    assert_eq!(
        of_list(r#"limit = { query = "limit", descripton = "Most rows." }"#),
        [
            "tools.toml:10: unknown field `descripton`, expected one of `path`, `query`, `body`, `description`, `schema`, `required`, `default`, `beside`, `omit_empty`, `json_string`, `alias`"
        ]
    );
}

#[test]
fn an_argument_is_described_in_1_to_1024_bytes() {
    assert_eq!(
        of_list(r#"limit = { query = "limit" }"#),
        ["tools.toml:10: missing field `description`"]
    );
    assert_eq!(
        of_list(r#"limit = { query = "limit", description = " " }"#),
        ["public face: /properties/limit description is missing"]
    );
    let long = "a".repeat(1025);
    assert_eq!(
        of_list(&format!(
            r#"limit = {{ query = "limit", description = "{long}" }}"#
        )),
        [
            "public face: /properties/limit description has 1025 bytes; some clients refuse or cut more than 1024"
        ]
    );
}

#[test]
fn the_key_of_an_argument_has_plain_characters() {
    assert_eq!(
        of_list(r#""row limit" = { query = "limit", description = "Most rows." }"#),
        [
            "public face: inputSchema/properties: the key `row limit` must have 1 to 64 of the characters a-z A-Z 0-9 _ . -"
        ]
    );
}

#[test]
fn an_argument_fills_one_place_and_not_none_or_two() {
    let fault = [
        "argument `limit`: it must fill exactly one place; give one of `path`, `query` and `body`",
    ];
    assert_eq!(of_list(r#"limit = { description = "Most rows." }"#), fault);
    assert_eq!(
        of_list(r#"limit = { query = "limit", body = "/limit", description = "Most rows." }"#),
        fault
    );
}

#[test]
fn a_path_parameter_that_the_operation_does_not_have_is_refused_with_those_like_it() {
    let ids = "[tool.args]\ncallId = { path = \"ids\", description = \"Its id.\" }";
    assert_eq!(
        faults(&row("get_call", "getCall", "read", ids)),
        [
            "tools.toml:3: tool `get_call`, argument `callId`: `getCall` has no path parameter `ids`; did you mean `id`?",
            "tools.toml:3: tool `get_call`, `args`: no argument fills `{id}` of /call/{id}; add an argument with `path = \"id\"`",
        ]
    );
}

#[test]
fn a_query_parameter_that_the_operation_does_not_have_is_refused_with_those_like_it() {
    assert_eq!(
        of_list(r#"since = { query = "createdAt", description = "Since when." }"#),
        [
            "argument `since`: `listCalls` has no query parameter `createdAt`; did you mean `createdAtGe` or `createdAtLt`?"
        ]
    );
}

#[test]
fn a_body_argument_needs_an_operation_with_a_body() {
    assert_eq!(
        of_list(r#"name = { body = "/name", description = "Name." }"#),
        ["argument `name`: `listCalls` has no body"]
    );
}

#[test]
fn a_pointer_that_leads_nowhere_is_refused_where_it_leaves_the_document() {
    for (pointer, reason) in [
        (
            "/assistantID",
            "no property `assistantID` at the top; did you mean `assistantId`?",
        ),
        (
            "/model/mesages/0/content",
            "no property `mesages` at /model; did you mean `messages`?",
        ),
        (
            "/model/messages/0/text",
            "no property `text` at /model/messages/0",
        ),
        ("/urgent/very", "no property `very` at /urgent"),
    ] {
        assert_eq!(
            of_create(&format!(
                r#"it = {{ body = "{pointer}", description = "It." }}"#
            )),
            [format!(
                "argument `it`: `{pointer}`: the document has {reason}"
            )]
        );
    }
}

#[test]
fn a_pointer_starts_with_a_slash() {
    assert_eq!(
        of_create(r#"it = { body = "assistantId", description = "It." }"#),
        ["argument `it`: `assistantId` is no JSON pointer; it must start with `/`"]
    );
}

#[test]
fn a_constant_goes_beside_a_body_argument_to_a_place_that_exists() {
    assert_eq!(
        of_create(
            r#"it = { body = "/model", beside = { "/model/providr" = "openai" }, description = "It." }"#
        ),
        [
            "argument `it`, `beside`: `/model/providr`: the document has no property `providr` at /model; did you mean `provider`?"
        ]
    );
    assert_eq!(
        of_list(
            r#"limit = { query = "limit", beside = { "/name" = "a" }, description = "Most rows." }"#
        ),
        ["argument `limit`: `beside` goes with `body` alone"]
    );
}

#[test]
fn a_stated_schema_names_no_property_that_the_document_does_not_know() {
    let stated = |schema: &str, at: &str| {
        of_create(&format!(
            r#"it = {{ body = "{at}", schema = {schema}, description = "It." }}"#
        ))
    };
    assert_eq!(
        stated(
            r#"{ type = "object", properties = { providr = { type = "string" } } }"#,
            "/model"
        ),
        [
            "argument `it`, `schema`: the document knows no property `providr` there; did you mean `provider`?"
        ]
    );
    assert_eq!(
        stated(
            r#"{ type = "array", items = { type = "object", properties = { rol = { type = "string" } } } }"#,
            "/model/messages"
        ),
        [
            "argument `it`, `schema`: the document knows no property `rol` there; did you mean `role`?"
        ]
    );
}

#[test]
fn a_place_without_a_single_type_needs_a_stated_schema() {
    assert_eq!(
        of_create(r#"either = { body = "/either", description = "It." }"#),
        ["argument `either`: the document gives its place no single type; state `schema`"]
    );
}

#[test]
fn a_default_and_its_parts_have_the_types_that_the_argument_shows() {
    for (at, default, told) in [
        ("/assistantId", "1", "1"),
        ("/urgent", r#""yes""#, r#""yes""#),
        ("/tries", "1.5", "1.5"),
        ("/tags", r#"["a", 1]"#, r#"["a",1]"#),
        ("/model", "{ provider = 1 }", r#"{"provider":1}"#),
        ("/model", r#"{ messages = ["a"] }"#, r#"{"messages":["a"]}"#),
    ] {
        assert_eq!(
            of_create(&format!(
                r#"it = {{ body = "{at}", default = {default}, description = "It." }}"#
            )),
            [format!(
                "argument `it`: the default {told} is not of its type"
            )]
        );
    }
}

#[test]
fn a_required_argument_has_no_default() {
    assert_eq!(
        of_create(
            r#"it = { body = "/assistantId", required = true, default = "a", description = "It." }"#
        ),
        ["argument `it`: a required argument has no default"]
    );
    let name = "[tool.args]\nname = { body = \"/name\", default = \"a\", description = \"Name.\" }";
    assert_eq!(
        faults(&row("create_call", "createCall", "write", name)),
        ["tools.toml:3: tool `create_call`, argument `name`: a required argument has no default"]
    );
}

#[test]
fn two_arguments_do_not_fill_one_place() {
    assert_eq!(
        of_list(
            r#"
            limit = { query = "limit", description = "Most rows." }
            rows = { query = "limit", description = "Most rows." }
            "#
        ),
        ["argument `rows`: it fills the place of `limit`; an alias may be meant"]
    );
}

#[test]
fn an_alias_is_no_other_argument_and_no_other_alias() {
    let taken = |alias: &str| {
        of_list(&format!(
            r#"
            limit = {{ query = "limit", alias = ["rows"], description = "Most rows." }}
            since = {{ query = "createdAtGe", alias = ["{alias}"], description = "Since when." }}
            "#
        ))
    };
    for alias in ["limit", "rows"] {
        assert_eq!(
            taken(alias),
            [format!(
                "argument `since`: the name `{alias}` is taken by `limit`"
            )]
        );
    }
}

#[test]
fn what_the_document_requires_is_required_of_the_caller() {
    let faces = check(&create("")).unwrap().faces();
    assert_eq!(
        faces[0]["inputSchema"]["required"],
        serde_json::json!(["name"])
    );
}
