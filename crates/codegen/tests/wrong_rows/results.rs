//! What can be wrong with what a row shows of the answer.

use super::{check, faults, get, get_with, list};

fn of(result: &str) -> Vec<String> {
    faults(&get(&format!("[tool.result]\n{result}")))
}

#[test]
fn a_kept_place_that_the_document_does_not_know_is_refused_with_those_like_it() {
    assert_eq!(
        of(r#"keep = ["/id", "/statuss"]"#),
        [
            "tools.toml:3: tool `get_call`, `result.keep`: `/statuss`: the document has no property `statuss` at the top; did you mean `status`?"
        ]
    );
    assert_eq!(
        of(r#"keep = ["/model/prvider"]"#),
        [
            "tools.toml:3: tool `get_call`, `result.keep`: `/model/prvider`: the document has no property `prvider` at /model; did you mean `provider`?"
        ]
    );
}

#[test]
fn a_kept_place_is_a_json_pointer() {
    assert_eq!(
        of(r#"keep = ["status"]"#),
        [
            "tools.toml:3: tool `get_call`, `result.keep`: `status` is not a JSON pointer; it must start with `/`"
        ]
    );
}

#[test]
fn what_is_revealed_is_a_key_of_the_answer() {
    let right = r#"reveal = ["status", "webCallUrl"]"#;
    let row = get_with(
        "undocumented = [\"/webCallUrl\"]\n",
        &format!("[tool.result]\n{right}"),
    );
    assert!(check(&row).is_ok());
    assert_eq!(
        of(r#"reveal = ["/customer/number", "statsu"]"#),
        [
            "tools.toml:3: tool `get_call`, `result.reveal`: `/~1customer~1number`: the document has no property `/customer/number` at the top",
            "tools.toml:3: tool `get_call`, `result.reveal`: `/statsu`: the document has no property `statsu` at the top; did you mean `status`?"
        ]
    );
}

#[test]
fn what_is_truncated_last_is_a_place_of_the_answer() {
    assert!(check(&get("[tool.result]\ntruncate_last = [\"/status\"]")).is_ok());
    assert_eq!(
        of(r#"truncate_last = ["/statsu", "status"]"#),
        [
            "tools.toml:3: tool `get_call`, `result.truncate_last`: `/statsu`: the document has no property `statsu` at the top; did you mean `status`?",
            "tools.toml:3: tool `get_call`, `result.truncate_last`: `status` is not a JSON pointer; it must start with `/`"
        ]
    );
}

#[test]
fn the_places_of_a_list_are_those_of_its_elements() {
    let keep = |pointer: &str| list("") + &format!("[tool.result]\nkeep = [\"{pointer}\"]");
    assert!(check(&keep("/status")).is_ok());
    assert_eq!(
        faults(&keep("/0/status")),
        [
            "tools.toml:3: tool `list_calls`, `result.keep`: `/0/status`: the document has no property `0` at the top"
        ]
    );
}

#[test]
fn an_added_place_that_the_document_does_not_know_is_refused_with_those_like_it() {
    assert_eq!(
        of(r#"add = [{ name = "llm", at = "/modle" }]"#),
        [
            "tools.toml:3: tool `get_call`, `result.add`, `llm`: `/modle`: the document has no property `modle` at the top; did you mean `model`?"
        ]
    );
}

#[test]
fn an_added_place_has_a_name() {
    assert_eq!(
        of(r#"add = [{ at = "/model" }]"#),
        ["tools.toml:12: missing field `name`"]
    );
}

#[test]
fn the_keys_that_an_added_place_keeps_are_those_of_the_document() {
    assert_eq!(
        of(r#"add = [{ name = "llm", at = "/model", keep = ["providr"] }]"#),
        [
            "tools.toml:3: tool `get_call`, `result.add`, `llm`: `/model/providr`: the document has no property `providr` at /model; did you mean `provider`?"
        ]
    );
    assert_eq!(
        of(r#"add = [{ name = "llm", at = "/model", keep = ["a/b~c"] }]"#),
        [
            "tools.toml:3: tool `get_call`, `result.add`, `llm`: `/model/a~1b~0c`: the document has no property `a/b~c` at /model"
        ]
    );
}

#[test]
fn a_place_is_a_text() {
    assert_eq!(
        of("keep = [\n\"/id\",\n1,\n]"),
        ["tools.toml:14: invalid type: integer `1`, expected a string"]
    );
}

fn undocumented(pointer: &str, result: &str) -> String {
    get_with(
        &format!("undocumented = [\"{pointer}\"]\n"),
        &format!("[tool.result]\n{result}"),
    )
}

#[test]
fn an_undocumented_place_is_a_json_pointer_too() {
    assert_eq!(
        faults(&undocumented("cost", "keep = [\"cost\"]")),
        [
            "tools.toml:3: tool `get_call`, `undocumented`: `cost` is not a JSON pointer; it must start with `/`"
        ]
    );
}

#[test]
fn an_undocumented_place_that_the_document_now_declares_is_stale_and_no_fault() {
    let stale: Vec<_> = check(&undocumented("/status", "keep = [\"/status\"]"))
        .unwrap()
        .stale
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        stale,
        [
            "tools.toml:3: tool `get_call`, `undocumented`: the document now declares `/status`; remove it"
        ]
    );
}

#[test]
fn an_undocumented_place_that_the_document_omits_is_neither_stale_nor_a_fault() {
    let row = undocumented("/model/cost", "keep = [\"/model/cost\"]");
    assert_eq!(check(&row).unwrap().stale, []);
}

#[test]
fn a_list_goes_on_by_what_the_operation_has() {
    let page = |page: &str| faults(&(list("") + &format!("[tool.result]\npage = {page}")));
    assert_eq!(
        page(r#"{ at = "/createdAtt", until = "createdAtLee", limit = "limit" }"#),
        [
            "tools.toml:3: tool `list_calls`, `result.page`: `/createdAtt`: the document has no property `createdAtt` at the top",
            "tools.toml:3: tool `list_calls`, `result.page`: `listCalls` has no query parameter `createdAtLee`; did you mean `createdAtGe` or `createdAtLt`?",
        ]
    );
}

#[test]
fn what_is_no_list_does_not_go_on() {
    let found = of(r#"page = { at = "/createdAt", until = "x", limit = "y" }"#);
    assert_eq!(
        found.first().map(String::as_str),
        Some("tools.toml:3: tool `get_call`, `result.page`: the answer is not a list")
    );
}

#[test]
fn what_is_explained_is_a_place_of_the_answer() {
    assert_eq!(
        of(r#"explain = "/endedReson""#),
        [
            "tools.toml:3: tool `get_call`, `result.explain`: `/endedReson`: the document has no property `endedReson` at the top"
        ]
    );
}

#[test]
fn the_tool_that_shows_one_object_is_one_of_the_table() {
    assert_eq!(
        of(r#"show_tool = { tool = "get_cal", arg = "callId" }"#),
        [
            "tools.toml:3: tool `get_call`, `result.show_tool`: the table has no tool `get_cal`; did you mean `get_call`?"
        ]
    );
    assert_eq!(
        of(r#"show_tool = { tool = "get_call", arg = "call" }"#),
        ["tools.toml:3: tool `get_call`, `result.show_tool`: `get_call` has no argument `call`"]
    );
}
