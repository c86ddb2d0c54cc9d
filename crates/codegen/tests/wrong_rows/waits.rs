//! What can be wrong with what a row waits for, and with a result that it shares.

use super::{check, create, faults, get, get_with, list};

const UNTIL: &str = r#"until = { at = "/status", states = ["ended"] }"#;

fn of(wait: &str) -> Vec<String> {
    faults(&get(&format!("[tool.wait]\n{wait}")))
}

fn delayed(value: &str) -> Vec<String> {
    of(&format!("{UNTIL}\ndelayed = {value}"))
}

#[test]
fn a_state_is_at_a_place_that_the_document_knows() {
    assert_eq!(
        of(r#"until = { at = "/statuss", states = ["ended"] }"#),
        [
            "tools.toml:3: tool `get_call`, `wait`, `until`: `/statuss`: the document has no property `statuss` at the top; did you mean `status`?"
        ]
    );
    assert_eq!(
        of(r#"until = { at = "status", states = ["ended"] }"#),
        [
            "tools.toml:3: tool `get_call`, `wait`, `until`: `status` is not a JSON pointer; it must start with `/`"
        ]
    );
}

#[test]
fn a_state_is_one_that_the_document_lists() {
    assert_eq!(
        of(r#"until = { at = "/status", states = ["ended", "queud"] }"#),
        [
            "tools.toml:3: tool `get_call`, `wait`, `until`: `/status` cannot be `queud` in the document; did you mean `queued`?"
        ]
    );
}

#[test]
fn there_is_a_state_to_wait_for() {
    assert_eq!(
        of(r#"until = { at = "/status", states = [] }"#),
        [
            "tools.toml:3: tool `get_call`, `wait`, `until`: `states` is empty, so the wait would never end"
        ]
    );
    assert_eq!(of(""), ["tools.toml:11: missing field `until`"]);
    assert_eq!(
        of(r#"till = "/status""#),
        ["tools.toml:12: unknown field `till`, expected one of `until`, `delayed`, `scheduled`"]
    );
}

#[test]
fn a_delayed_value_is_at_places_that_the_document_knows() {
    assert_eq!(
        delayed(r#"{ at = "/modell", requires = "/ids", since = "/ended", seconds = 3 }"#),
        [
            "tools.toml:3: tool `get_call`, `wait`, `delayed`: `/modell`: the document has no property `modell` at the top; did you mean `model`?",
            "tools.toml:3: tool `get_call`, `wait`, `delayed`: `/ids`: the document has no property `ids` at the top; did you mean `id`?",
            "tools.toml:3: tool `get_call`, `wait`, `delayed`: `/ended`: the document has no property `ended` at the top",
        ]
    );
    assert_eq!(
        delayed(r#"{ at = "/model", requires = "/id", since = "/id" }"#),
        ["tools.toml:13: missing field `seconds`"]
    );
}

#[test]
fn only_a_row_that_reads_one_object_waits() {
    let wait = format!("[tool.wait]\n{UNTIL}");
    assert_eq!(
        faults(&(create("") + &wait)),
        ["tools.toml:3: tool `create_call`, `wait`: only a read-only operation can be polled"]
    );
    assert_eq!(
        faults(&(list("") + &wait)),
        ["tools.toml:3: tool `list_calls`, `wait`: the response is a list, which has no state"]
    );
}

/// A row with a result, and one after it that shares the result of this tool.
fn sharing(name: &str, rest: &str) -> String {
    let shared = get_with(&format!("same_result_as = \"{name}\"\n"), rest);
    let shared = shared.replace("name = \"get_call\"", "name = \"wait_for_call\"");
    get("[tool.result]\nkeep = [\"/id\"]") + &shared
}

#[test]
fn a_row_shares_the_result_of_another_row() {
    assert_eq!(
        check(&sharing("get_call", "")).map(|table| table.len()),
        Ok(2)
    );
    assert_eq!(
        faults(&sharing("get_calls", "")),
        [
            "tools.toml:15: tool `wait_for_call`, `same_result_as`: the table has no tool `get_calls`; did you mean `get_call`?"
        ]
    );
}

#[test]
fn a_row_that_shares_a_result_has_none_of_its_own() {
    assert_eq!(
        faults(&sharing(
            "get_call",
            "[tool.result]\ntruncate_last = [\"/id\"]"
        )),
        [
            "tools.toml:15: tool `wait_for_call`, `same_result_as`: the row also has a `result` of its own; remove one or the other"
        ]
    );
}

#[test]
fn a_shared_result_belongs_to_the_row_that_is_named() {
    assert_eq!(
        faults(&sharing("wait_for_call", "")),
        [
            "tools.toml:15: tool `wait_for_call`, `same_result_as`: `wait_for_call` has no result of its own; name the row that defines the result"
        ]
    );
}

#[test]
fn a_shared_result_is_of_the_same_operation() {
    let text = get_with("same_result_as = \"list_calls\"\n", "") + &list("");
    assert_eq!(
        faults(&text),
        [
            "tools.toml:3: tool `get_call`, `same_result_as`: `list_calls` shows the response of `listCalls`, but this row sends `getCall`"
        ]
    );
}
