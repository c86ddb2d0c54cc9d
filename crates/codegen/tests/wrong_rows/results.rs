//! What can be wrong with what a row shows of the answer.

use super::{check, create, faults, get, list};

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
fn what_is_shown_in_spite_of_its_name_is_a_key_of_the_answer() {
    let right = r#"show = ["/status", { at = "/webCallUrl", undocumented = true }]"#;
    assert!(check(&get(&format!("[tool.result]\n{right}"))).is_ok());
    assert_eq!(
        of(r#"show = ["/customer/number", "/statsu"]"#),
        [
            "tools.toml:3: tool `get_call`, `result.show`: `/customer/number` is not a key of the answer itself",
            "tools.toml:3: tool `get_call`, `result.show`: `/statsu`: the document has no property `statsu` at the top; did you mean `status`?"
        ]
    );
}

#[test]
fn what_is_cut_last_is_a_place_of_the_answer() {
    assert!(check(&get("[tool.result]\nlast = [\"/status\"]")).is_ok());
    assert_eq!(
        of(r#"last = ["/statsu", "status"]"#),
        [
            "tools.toml:3: tool `get_call`, `result.last`: `/statsu`: the document has no property `statsu` at the top; did you mean `status`?",
            "tools.toml:3: tool `get_call`, `result.last`: `status` is not a JSON pointer; it must start with `/`"
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
fn a_place_of_another_form_is_refused_with_the_right_ones() {
    for (place, reason) in [
        (
            "1",
            "invalid type: integer `1`, expected a JSON pointer or a table with `at`",
        ),
        (
            "[]",
            "invalid type: sequence, expected a JSON pointer or a table with `at`",
        ),
        ("{ undocumented = true }", "missing field `at`"),
        (
            r#"{ at = "/cost", undocumentd = true }"#,
            "unknown field `undocumentd`, expected `at` or `undocumented`",
        ),
        (
            r#"{ at = "/cost", undocumented = "yes" }"#,
            "invalid type: string \"yes\", expected a boolean",
        ),
    ] {
        assert_eq!(
            of(&format!("keep = [\n\"/id\",\n{place},\n]")),
            [format!("tools.toml:14: {reason}")]
        );
    }
}

#[test]
fn a_place_that_the_document_omits_is_a_json_pointer_too() {
    assert_eq!(
        of(r#"keep = [{ at = "cost", undocumented = true }]"#),
        [
            "tools.toml:3: tool `get_call`, `result.keep`: `cost` is not a JSON pointer; it must start with `/`"
        ]
    );
}

#[test]
fn a_mark_that_the_document_has_made_untrue_is_stale_and_no_fault() {
    let row = get("[tool.result]\nkeep = [{ at = \"/status\", undocumented = true }]");
    let stale: Vec<_> = check(&row)
        .unwrap()
        .stale
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        stale,
        [
            "tools.toml:3: tool `get_call`, `result.keep`: the document now declares `/status`; remove `undocumented`"
        ]
    );
}

#[test]
fn a_mark_on_what_the_document_omits_is_neither_stale_nor_a_fault() {
    let row = get("[tool.result]\nkeep = [{ at = \"/model/cost\", undocumented = true }]");
    assert_eq!(check(&row).unwrap().stale, []);
}

#[test]
fn a_place_that_says_it_is_documented_is_checked_like_any_other() {
    assert_eq!(
        of(r#"keep = [{ at = "/statuss", undocumented = false }]"#),
        of(r#"keep = ["/statuss"]"#)
    );
    assert!(
        check(&create(
            "[tool.result]\nkeep = [{ at = \"/status\", undocumented = false }]"
        ))
        .is_ok()
    );
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
fn the_tool_that_shows_the_rest_is_one_of_the_table() {
    assert_eq!(
        of(r#"rest = { tool = "get_cal", arg = "callId" }"#),
        [
            "tools.toml:3: tool `get_call`, `result.rest`: the table has no tool `get_cal`; did you mean `get_call`?"
        ]
    );
    assert_eq!(
        of(r#"rest = { tool = "get_call", arg = "call" }"#),
        ["tools.toml:3: tool `get_call`, `result.rest`: `get_call` has no argument `call`"]
    );
}
