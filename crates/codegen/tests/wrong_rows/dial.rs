//! What can be wrong with where a row says whom it rings.

use super::{check, faults, row};

const DIAL: &str = r#"
[tool.dial]
to = ["/customer", "/customers/*"]
number = "number"
extension = "extension"
sip = "sipUri"
e164_check = "checked"
by_id = ["/label"]
speaker = ["/assistantId"]
from = ["/notes"]
transport = ["/model/provider"]
when = ["/plan/startAt"]
"#;

/// A row of this effect, with the one argument that is required.
fn of(effect: &str, dial: &str) -> String {
    let args = "[tool.args]\nname = { body = \"/name\", description = \"Name.\" }\n";
    row("create_call", "placeCall", effect, &format!("{args}{dial}"))
}

/// The faults of a row in which one text stands for another.
fn changed(right: &str, wrong: &str) -> Vec<String> {
    assert!(DIAL.contains(right), "{right}");
    faults(&of("dial", &DIAL.replace(right, wrong)))
}

#[test]
fn a_row_that_dials_says_whom_it_rings() {
    assert!(check(&of("dial", DIAL)).is_ok());
    assert_eq!(
        faults(&of("dial", "")),
        [
            "tools.toml:3: tool `create_call`, `dial`: a row with this effect must state who is called; add `[tool.dial]`"
        ]
    );
}

#[test]
fn no_other_row_says_whom_it_rings() {
    assert_eq!(
        faults(&of("write", DIAL)),
        ["tools.toml:3: tool `create_call`, `dial`: it can only be used with `effect = \"dial\"`"]
    );
}

#[test]
fn an_operation_without_a_body_names_nobody() {
    let args = "[tool.args]\nid = { path = \"id\", description = \"Id.\" }\nforce = { query = \"force\", description = \"Force.\" }\n";
    let text = row(
        "replay_call",
        "replayCall",
        "dial",
        &format!("{args}{DIAL}"),
    );
    assert_eq!(
        faults(&text),
        ["tools.toml:3: tool `replay_call`, `dial`: `replayCall` has no body"]
    );
}

#[test]
fn a_place_that_the_document_does_not_know_is_refused_with_those_like_it() {
    for (right, wrong, fault) in [
        (
            "\"/customer\"",
            "\"/custmer\"",
            "`to`: `/custmer`: the document has no property `custmer` at the top; did you mean `customer` or `customers`?",
        ),
        (
            "\"/assistantId\"",
            "\"/asistantId\"",
            "`speaker`: `/asistantId`: the document has no property `asistantId` at the top; did you mean `assistantId`?",
        ),
        (
            "\"/notes\"",
            "\"/note\"",
            "`from`: `/note`: the document has no property `note` at the top; did you mean `notes`?",
        ),
        (
            "\"/label\"",
            "\"/lable\"",
            "`by_id`: `/lable`: the document has no property `lable` at the top; did you mean `label`?",
        ),
        (
            "\"/model/provider\"",
            "\"/model/provder\"",
            "`transport`: `/model/provder`: the document has no property `provder` at /model; did you mean `provider`?",
        ),
        (
            "/plan/startAt",
            "/plan/starAt",
            "`when`: `/plan/starAt`: the document has no property `starAt` at /plan; did you mean `startAt`?",
        ),
        (
            "/plan/startAt",
            "plan",
            "`when`: `plan` is not a JSON pointer; it must start with `/`",
        ),
        ("[\"/plan/startAt\"]", "[]", "`when`: it is empty"),
    ] {
        assert_eq!(
            changed(right, wrong),
            [format!("tools.toml:3: tool `create_call`, `dial`, {fault}")]
        );
    }
}

#[test]
fn the_keys_of_a_destination_are_known_at_every_place() {
    let fault = |at: &str| {
        format!(
            "tools.toml:3: tool `create_call`, `dial`, `number`: `{at}/nummber`: the document has no property `nummber` at {at}; did you mean `number`?"
        )
    };
    assert_eq!(
        changed("\"number\"", "\"nummber\""),
        [fault("/customer"), fault("/customers/0")]
    );
}

#[test]
fn every_key_is_needed_and_no_other_is_known() {
    assert_eq!(
        changed("sip = \"sipUri\"\n", ""),
        ["tools.toml:12: missing field `sip`"]
    );
    let said = changed("sip = ", "sipp = ");
    assert!(
        said.iter()
            .any(|line| line.contains("unknown field `sipp`")),
        "{said:?}"
    );
}

#[test]
fn the_places_that_it_names_have_the_types_that_a_guard_reads() {
    for (right, wrong, fault) in [
        (
            "\"/customer\", ",
            "\"/name\", \"/customer\", ",
            "`to`: `/name` is not object in the document",
        ),
        (
            "\"/customers/*\"",
            "\"/customers\"",
            "`to`: `/customers` is not object in the document",
        ),
        (
            "[\"/assistantId\"]",
            "[\"/assistantId\", \"/tags\"]",
            "`speaker`: `/tags` is not string or object in the document",
        ),
        (
            "[\"/assistantId\"]",
            "[\"/assistantId\", \"/either\"]",
            "`speaker`: `/either` is not string or object in the document",
        ),
        (
            "[\"/notes\"]",
            "[\"/tries\"]",
            "`from`: `/tries` is not string or object in the document",
        ),
        (
            "[\"/label\"]",
            "[\"/urgent\"]",
            "`by_id`: `/urgent` is not string or object in the document",
        ),
        (
            "[\"/plan/startAt\"]",
            "[\"/plan\"]",
            "`when`: `/plan` is not string in the document",
        ),
    ] {
        assert_eq!(
            changed(right, wrong),
            [format!("tools.toml:3: tool `create_call`, `dial`, {fault}")]
        );
    }
    for (key, right, wrong, kind) in [
        ("number", "\"number\"", "\"checked\"", "string"),
        ("extension", "\"extension\"", "\"checked\"", "string"),
        ("sip", "\"sipUri\"", "\"checked\"", "string"),
        ("e164_check", "\"checked\"", "\"number\"", "boolean"),
    ] {
        let name = wrong.trim_matches('"');
        let fault = |at: &str| {
            format!(
                "tools.toml:3: tool `create_call`, `dial`, `{key}`: `{at}/{name}` is not {kind} in the document"
            )
        };
        let (right, wrong) = (format!("{key} = {right}"), format!("{key} = {wrong}"));
        assert_eq!(
            changed(&right, &wrong),
            [fault("/customer"), fault("/customers/0")]
        );
    }
}
