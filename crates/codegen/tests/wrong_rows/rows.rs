//! What can be wrong with a row as a whole.

use super::{create, faults, get, list, row, upload};

const EXPECTED_KEYS: &str = "expected one of `name`, `aliases`, `profiles`, `title`, `description`, `operation`, `effect`, `open`, `args`, `dial`, `not_dialed`, `same_result_as`, `result`, `undocumented`, `wait`, `hints`, `overrides`";

#[test]
fn toml_that_does_not_parse_is_refused_at_its_line() {
    assert_eq!(
        faults(&list("").replace("title = ", "title ")),
        ["tools.toml:5: key with no value, expected `=`"]
    );
}

#[test]
fn a_key_that_rows_do_not_have_is_refused_with_those_they_have() {
    assert_eq!(
        faults(&list("").replace("title = ", "titel = ")),
        [format!(
            "tools.toml:5: unknown field `titel`, {EXPECTED_KEYS}"
        )]
    );
}

#[test]
fn a_file_takes_no_other_keys_than_instructions_and_tools() {
    assert_eq!(
        faults("instruction = \"Read this.\"\ntool = []"),
        [
            "tools.toml:1: unknown field `instruction`, expected one of `instructions`, `unsupported`, `tool`, `api`"
        ]
    );
}

#[test]
fn an_unknown_effect_is_refused_with_the_known_ones() {
    assert_eq!(
        faults(&row("call", "listCalls", "reed", "")),
        [
            "tools.toml:8: unknown variant `reed`, expected one of `read`, `write`, `update`, `delete`, `spend`, `dial`"
        ]
    );
}

#[test]
fn a_row_without_a_description_is_refused() {
    assert_eq!(
        faults(&list("").replace("description = \"What it does.\"\n", "")),
        ["tools.toml:3: missing field `description`"]
    );
}

#[test]
fn an_empty_description_or_title_is_none() {
    assert_eq!(
        faults(&list("").replace("What it does.", " \\n")),
        ["tools.toml:3: tool `list_calls`, public face: description is missing"]
    );
    assert_eq!(
        faults(&list("").replace("\"Title\"", "\"\"")),
        ["tools.toml:3: tool `list_calls`, public face: title is missing"]
    );
}

#[test]
fn a_description_over_1024_bytes_is_refused() {
    let long = |bytes| list("").replace("What it does.", &"a".repeat(bytes));
    assert!(super::check(&long(1024)).is_ok());
    assert_eq!(
        faults(&long(1025)),
        [
            "tools.toml:3: tool `list_calls`, public face: description has 1025 bytes; some clients refuse or truncate more than 1024"
        ]
    );
}

#[test]
fn a_name_that_another_row_has_is_refused_with_that_row() {
    let twice = list("") + &list("");
    assert_eq!(
        faults(&twice),
        [
            "tools.toml:13: tool `list_calls`: the name is taken; the row at tools.toml:3 already uses this name; rename one of the two"
        ]
    );
}

#[test]
fn a_name_that_differs_from_another_by_case_alone_is_refused_with_its_row() {
    let other = list("").replace("list_calls", "List_Calls");
    assert_eq!(
        faults(&(list("") + &other)),
        [
            "tools.toml:13: tool `List_Calls`: the name differs from `list_calls` only in case; the row at tools.toml:3 already uses this name; rename one of the two"
        ]
    );
}

#[test]
fn a_name_with_other_characters_or_over_48_of_them_is_refused() {
    for name in ["list calls", "list.calls", &"a".repeat(49)] {
        assert_eq!(
            faults(&row(name, "listCalls", "read", "")),
            [format!(
                "tools.toml:3: tool `{name}`, public face: the name `{name}` must consist of 1 to 48 of the characters a-z A-Z 0-9 _ -"
            )]
        );
    }
    assert!(super::check(&row(&"a".repeat(48), "listCalls", "read", "")).is_ok());
}

#[test]
fn an_operation_that_the_document_does_not_have_is_refused_with_those_like_it() {
    assert_eq!(
        faults(&row("list_calls", "ListCals", "read", "")),
        [
            "tools.toml:3: tool `list_calls`, `operation`: the document has no operation `ListCals`; did you mean `listCalls`?"
        ]
    );
    assert_eq!(
        faults(&row("list_calls", "nothingLikeIt", "read", "")),
        [
            "tools.toml:3: tool `list_calls`, `operation`: the document has no operation `nothingLikeIt`"
        ]
    );
}

#[test]
fn an_empty_operation_is_none() {
    assert_eq!(
        faults(&row("list_calls", "", "read", "")),
        [
            "tools.toml:3: tool `list_calls`, `operation`: it is empty; give an operationId of the document"
        ]
    );
}

#[test]
fn an_operation_that_takes_neither_json_nor_one_file_is_refused() {
    for operation in ["uploadAnything", "uploadTwo"] {
        let reason = format!("`{operation}` takes neither JSON nor a form with one file");
        assert_eq!(
            faults(&row("upload_file", operation, "write", "")),
            [format!(
                "tools.toml:3: tool `upload_file`, `operation`: {reason}"
            )]
        );
    }
}

#[test]
fn an_upload_needs_arguments_for_the_name_and_the_content_of_its_file() {
    assert_eq!(
        faults(&row("upload_file", "uploadFile", "write", "")),
        [
            "tools.toml:3: tool `upload_file`, `args`: no argument gives the name of the file",
            "tools.toml:3: tool `upload_file`, `args`: no argument gives the content of the file",
        ]
    );
    assert_eq!(
        faults(&upload(
            r#"file = { body = "/file", description = "File." }"#
        )),
        [
            "tools.toml:12: tool `upload_file`, argument `file`: `/file` is the file itself; use `file` instead of `body`"
        ]
    );
}

#[test]
fn an_operation_without_a_form_uploads_no_file() {
    assert_eq!(
        faults(&create(
            r#"text = { file = "text", description = "Text." }"#
        )),
        ["tools.toml:11: tool `create_call`, argument `text`: `createCall` uploads no file"]
    );
    assert_eq!(
        faults(&create(r#"text = { file = "url", description = "Text." }"#)),
        ["tools.toml:11: unknown variant `url`, expected one of `name`, `text`, `base64`, `path`"]
    );
}

#[test]
fn an_effect_that_does_not_go_with_the_method_is_refused_with_one_that_does() {
    for (operation, method, wanted, wrong) in [
        (
            "listCalls",
            "GET",
            "read",
            ["write", "update", "delete", "spend", "dial"],
        ),
        (
            "deleteCall",
            "DELETE",
            "delete",
            ["read", "write", "update", "spend", "dial"],
        ),
    ] {
        for effect in wrong {
            assert_eq!(
                faults(&row("it", operation, effect, "")).remove(0),
                format!(
                    "tools.toml:3: tool `it`, `effect`: `{operation}` is a {method}, which does not match this effect; did you mean `effect = \"{wanted}\"`?"
                )
            );
        }
    }
    // That a POST only reads is the row's to say.
    assert_eq!(
        faults(&row("it", "createCall", "delete", "")),
        [
            "tools.toml:3: tool `it`, `effect`: `createCall` is a POST, which does not match this effect; did you mean `effect = \"write\"`?"
        ]
    );
}

#[test]
fn a_path_parameter_that_no_argument_fills_is_named() {
    assert_eq!(
        faults(&row("get_call", "getCall", "read", "")),
        [
            "tools.toml:3: tool `get_call`, `args`: no argument fills `{id}` of /call/{id}; add an argument with `path = \"id\"`"
        ]
    );
}

#[test]
fn a_row_is_not_open_where_the_operation_has_no_body() {
    assert_eq!(
        faults(&row("list_calls", "listCalls", "read", "open = true")),
        [
            "tools.toml:3: tool `list_calls`, `open`: the operation has no body to pass properties on to"
        ]
    );
}

#[test]
fn all_faults_of_all_rows_are_reported() {
    let rest = "open = true\n[tool.args]\n\
        a = { query = \"b\", description = \"A.\" }\n\
        b = { description = \"\" }\n\
        [tool.result]\nkeep = [\"/cost\"]";
    let other = get("")
        .replace("getCall", "setCall")
        .replace("# The table.\n\n", "");
    assert_eq!(
        faults(&(row("get call", "getCall", "write", rest) + &other)),
        [
            "tools.toml:3: tool `get call`, `effect`: `getCall` is a GET, which does not match this effect; did you mean `effect = \"read\"`?",
            "tools.toml:11: tool `get call`, argument `a`: `getCall` has no query parameter `b`",
            "tools.toml:12: tool `get call`, argument `b`: it must have exactly one target; give one of `path`, `query`, `header`, `body`, `file`, `filter` and `search`",
            "tools.toml:3: tool `get call`, `args`: no argument fills `{id}` of /call/{id}; add an argument with `path = \"id\"`",
            "tools.toml:3: tool `get call`, `open`: the operation has no body to pass properties on to",
            "tools.toml:3: tool `get call`, `result.keep`: `/cost`: the document has no property `cost` at the top",
            "tools.toml:3: tool `get call`, public face: the name `get call` must consist of 1 to 48 of the characters a-z A-Z 0-9 _ -",
            "tools.toml:15: tool `get_call`, `operation`: the document has no operation `setCall`; did you mean `getCall` or `listCalls`?",
        ]
    );
}

#[test]
fn a_profile_of_one_tool_or_with_the_name_of_a_tool_is_refused() {
    let with = |profiles: &str| {
        let title = |extra: &str| format!("{extra}title = ");
        list("").replace("title = ", &title(&format!("profiles = [{profiles}]\n")))
            + &row("get", "getCall", "read", "")
                .replace("title = ", &title("profiles = [\"every\"]\n"))
            + &row("other", "getCall", "read", "")
                .replace("title = ", &title("profiles = [\"every\"]\n"))
    };
    let of_profiles = |profiles: &str| {
        let faults = faults(&with(profiles)).into_iter();
        let of_profiles = faults.filter(|fault| fault.contains("`profiles`"));
        of_profiles.collect::<Vec<_>>()
    };
    assert_eq!(of_profiles("\"every\""), [""; 0]);
    for (profile, reason) in [
        (
            "evry",
            "no other tool has the profile `evry`; did you mean `every`?",
        ),
        ("get", "`get` is the name of a tool"),
        (
            "e very",
            "`e very` must consist of letters, digits, `_`, `-` and `.`",
        ),
    ] {
        assert_eq!(
            of_profiles(&format!("\"every\", \"{profile}\"")),
            [format!(
                "tools.toml:3: tool `list_calls`, `profiles`: {reason}"
            )]
        );
    }
}
