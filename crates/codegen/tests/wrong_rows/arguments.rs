//! What can be wrong with an argument.

use super::{create, faults, list, row};

/// The faults of a row that lists, without what every message starts with.
pub fn of_list(args: &str) -> Vec<String> {
    bare("tool `list_calls`, ", faults(&list(args)))
}

/// The faults of a row that creates, without what every message starts with.
pub fn of_create(args: &str) -> Vec<String> {
    bare("tool `create_call`, ", faults(&create(args)))
}

fn bare(start: &str, messages: Vec<String>) -> Vec<String> {
    let strip = |message: String| match message.split_once(start) {
        Some((_, bare)) => bare.to_owned(),
        None => message,
    };
    messages.into_iter().map(strip).collect()
}

#[test]
fn a_fault_of_an_argument_is_told_with_its_line() {
    let second = r#"
limit = { query = "limit", description = "Most rows." }

since = { query = "createdAtGE", description = "Since when." }

[tool.args.until]
query = "createdAtLt"
aliases = ["limit"]
description = "Until when."
"#;
    assert_eq!(
        faults(&list(second)),
        [
            "tools.toml:13: tool `list_calls`, argument `since`: `listCalls` has no query parameter `createdAtGE`; did you mean `createdAtGe` or `createdAtLt`?",
            "tools.toml:15: tool `list_calls`, argument `until`: the name `limit` is taken by `limit`",
        ]
    );
}

#[test]
fn a_key_that_arguments_do_not_have_is_refused_with_those_they_have() {
    assert_eq!(
        of_list(r#"limit = { query = "limit", descripton = "Most rows." }"#),
        [
            "tools.toml:10: unknown field `descripton`, expected one of `path`, `query`, `header`, `body`, `filter`, `search`, `file`, `append`, `description`, `schema`, `required`, `default`, `constants`, `fill`, `moved`, `unlisted`, `omit_empty`, `json_string`, `aliases`, `arguments_of`"
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
            "public face: /properties/limit description has 1025 bytes; some clients refuse or truncate more than 1024"
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
        "argument `limit`: it must have exactly one target; give one of `path`, `query`, `header`, `body`, `file`, `filter` and `search`",
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
            "tools.toml:10: tool `get_call`, argument `callId`: `getCall` has no path parameter `ids`; did you mean `id`?"
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
        ["argument `it`: `assistantId` is not a JSON pointer; it must start with `/`"]
    );
}

#[test]
fn a_constant_goes_beside_a_body_argument_to_a_place_that_exists() {
    assert_eq!(
        of_create(
            r#"it = { body = "/model", constants = { "/model/providr" = "openai" }, description = "It." }"#
        ),
        [
            "argument `it`, `constants`: `/model/providr`: the document has no property `providr` at /model; did you mean `provider`?"
        ]
    );
    assert_eq!(
        of_create(
            r#"it = { body = "/assistantId", constants = { "/assistantId" = "a" }, description = "It." }"#
        ),
        [
            "argument `it`, `constants`: `/assistantId` is the target of the argument itself; use `default` for the value of an omitted argument"
        ]
    );
    assert_eq!(
        of_list(
            r#"limit = { query = "limit", constants = { "/name" = "a" }, description = "Most rows." }"#
        ),
        ["argument `limit`: `constants` can only be used with `body`"]
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
        ["argument `rows`: it has the same target as `limit`; did you mean an alias?"]
    );
}

#[test]
fn an_alias_is_no_other_argument_and_no_other_alias() {
    let taken = |alias: &str| {
        of_list(&format!(
            r#"
            limit = {{ query = "limit", aliases = ["rows"], description = "Most rows." }}
            since = {{ query = "createdAtGe", aliases = ["{alias}"], description = "Since when." }}
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
fn an_alias_has_the_characters_of_an_argument() {
    for alias in ["", "two words", "größe", &"a".repeat(65)] {
        assert_eq!(
            of_list(&format!(
                r#"limit = {{ query = "limit", aliases = ["{alias}"], description = "Most rows." }}"#
            )),
            [format!(
                "argument `limit`: the alias `{alias}` must have 1 to 64 of the characters a-z A-Z 0-9 _ . -"
            )]
        );
    }
}

#[test]
fn what_is_omitted_when_empty_is_named_by_a_pointer_to_a_place_of_the_argument() {
    let omitted = |at: &str, pointer: &str| {
        of_create(&format!(
            r#"it = {{ body = "{at}", omit_empty = ["{pointer}"], description = "It." }}"#
        ))
    };
    assert_eq!(
        omitted("/model", "/providr"),
        [
            "argument `it`, `omit_empty`: `/providr`: the document has no property `providr` at the top; did you mean `provider`?"
        ]
    );
    assert_eq!(
        omitted("/model/messages", "/0/text"),
        ["argument `it`, `omit_empty`: `/0/text`: the document has no property `text` at /0"]
    );
    assert_eq!(
        omitted("/urgent", "/very"),
        ["argument `it`, `omit_empty`: `/very`: the document has no property `very` at the top"]
    );
    for at in ["/model", "/notes"] {
        for pointer in ["provider", "any/place"] {
            assert_eq!(
                omitted(at, pointer),
                [format!(
                    "argument `it`, `omit_empty`: `{pointer}` is not a JSON pointer; it must start with `/`"
                )]
            );
        }
    }
}

#[test]
fn omit_empty_of_another_type_is_refused_with_those_it_takes() {
    let message = |value: &str| {
        of_list(&format!(
            r#"limit = {{ query = "limit", omit_empty = {value}, description = "Most rows." }}"#
        ))
    };
    let forms = "expected true, false or a list of JSON pointers";
    assert_eq!(
        message(r#""yes""#),
        [format!(
            "tools.toml:10: invalid type: string \"yes\", {forms}"
        )]
    );
    assert_eq!(
        message("{ at = true }"),
        [format!("tools.toml:10: invalid type: map, {forms}")]
    );
    assert_eq!(
        message("[true]"),
        ["tools.toml:10: invalid type: boolean `true`, expected a string"]
    );
}

#[test]
fn a_required_query_parameter_that_no_argument_fills_is_named() {
    let replay = |args: &str| {
        let id = "id = { path = \"id\", description = \"Id.\" }";
        row(
            "replay_call",
            "replayCall",
            "write",
            &format!("[tool.args]\n{id}\n{args}"),
        )
    };
    assert_eq!(
        faults(&replay("")),
        [
            "tools.toml:3: tool `replay_call`, `args`: no argument fills `force`, which `replayCall` requires; add an argument with `query = \"force\"`"
        ]
    );
    assert_eq!(
        faults(&replay(
            r#"force = { query = "forced", description = "Even if busy." }"#
        )),
        [
            "tools.toml:11: tool `replay_call`, argument `force`: `replayCall` has no query parameter `forced`; did you mean `force`?"
        ]
    );
}
