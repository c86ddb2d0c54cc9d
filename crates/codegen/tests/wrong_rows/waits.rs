//! What can be wrong with what a row waits for, and with a result that is like another's.

use super::{check, create, faults, get, list};

const UNTIL: &str = r#"until = { at = "/status", is = ["ended"] }"#;

fn of(wait: &str) -> Vec<String> {
    faults(&get(&format!("[tool.wait]\n{wait}")))
}

fn late(late: &str) -> Vec<String> {
    of(&format!("{UNTIL}\nlate = {late}"))
}

#[test]
fn a_state_is_at_a_place_that_the_document_knows() {
    assert_eq!(
        of(r#"until = { at = "/statuss", is = ["ended"] }"#),
        [
            "tools.toml:3: tool `get_call`, `wait`, `until`: `/statuss`: the document has no property `statuss` at the top; did you mean `status`?"
        ]
    );
    assert_eq!(
        of(r#"until = { at = "status", is = ["ended"] }"#),
        [
            "tools.toml:3: tool `get_call`, `wait`, `until`: `status` is not a JSON pointer; it must start with `/`"
        ]
    );
}

#[test]
fn a_state_is_one_that_the_document_lists() {
    assert_eq!(
        of(r#"until = { at = "/status", is = ["ended", "queud"] }"#),
        [
            "tools.toml:3: tool `get_call`, `wait`, `until`: `/status` is never `queud`; did you mean `queued`?"
        ]
    );
}

#[test]
fn there_is_a_state_to_wait_for() {
    assert_eq!(
        of(r#"until = { at = "/status", is = [] }"#),
        [
            "tools.toml:3: tool `get_call`, `wait`, `until`: `is` names no state, so the wait would never end"
        ]
    );
    assert_eq!(of(""), ["tools.toml:11: missing field `until`"]);
    assert_eq!(
        of(r#"till = "/status""#),
        ["tools.toml:12: unknown field `till`, expected one of `until`, `late`, `far`"]
    );
}

#[test]
fn what_comes_late_is_at_places_that_the_document_knows() {
    assert_eq!(
        late(r#"{ at = "/modell", needs = "/ids", since = "/ended", seconds = 3 }"#),
        [
            "tools.toml:3: tool `get_call`, `wait`, `late`: `/modell`: the document has no property `modell` at the top; did you mean `model`?",
            "tools.toml:3: tool `get_call`, `wait`, `late`: `/ids`: the document has no property `ids` at the top; did you mean `id`?",
            "tools.toml:3: tool `get_call`, `wait`, `late`: `/ended`: the document has no property `ended` at the top",
        ]
    );
    assert_eq!(
        late(r#"{ at = "/model", needs = "/id", since = "/id" }"#),
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
        ["tools.toml:3: tool `list_calls`, `wait`: the answer is a list, which has no state"]
    );
}

/// A row with a view, and one after it whose result is this.
fn beside(result: &str) -> String {
    let other = get("").replace("get_call", "wait_for_call");
    let other = format!("{other}[tool.result]\n{result}");
    get("[tool.result]\nkeep = [\"/id\"]") + &other
}

#[test]
fn a_result_is_like_that_of_a_row() {
    assert_eq!(
        check(&beside("like = \"get_call\"")).map(|table| table.len()),
        Ok(2)
    );
    assert_eq!(
        faults(&beside("like = \"get_calls\"")),
        [
            "tools.toml:15: tool `wait_for_call`, `result.like`: the table has no tool `get_calls`; did you mean `get_call`?"
        ]
    );
}

#[test]
fn a_result_that_is_like_another_has_nothing_of_its_own() {
    assert_eq!(
        faults(&beside("like = \"get_call\"\nlast = [\"/id\"]")),
        [
            "tools.toml:15: tool `wait_for_call`, `result.like`: the result is like another, and has keys of its own; remove one or the other"
        ]
    );
}

#[test]
fn a_result_is_like_one_that_says_what_is_shown() {
    assert_eq!(
        faults(&beside("like = \"wait_for_call\"")),
        [
            "tools.toml:15: tool `wait_for_call`, `result.like`: `wait_for_call` has no result of its own; name the row that says what is shown"
        ]
    );
}

#[test]
fn a_result_is_like_another_of_the_same_operation() {
    let text = get("[tool.result]\nlike = \"list_calls\"") + &list("");
    assert_eq!(
        faults(&text),
        [
            "tools.toml:3: tool `get_call`, `result.like`: `list_calls` shows the answer of `listCalls`, and this row sends `getCall`"
        ]
    );
}
