//! What a model reads about Vapi's operations.

mod bodies;

use super::{describe, facts, find_operation};

/// The text about places of an operation.
fn described(operation: &str, at: &[&str]) -> Result<String, String> {
    let found = find_operation(operation).unwrap();
    describe(found.operation, at, false, None)
}

#[test]
fn the_first_step_is_small_for_every_operation() {
    let mut sizes = Vec::new();
    for operation in &facts().unwrap().operations {
        let text = describe(operation, &[], false, None).unwrap();
        assert!(
            text.starts_with(&format!("{}: ", operation.address())),
            "{text}"
        );
        assert!(
            text.len() <= 4_500,
            "{}: {} bytes",
            operation.address(),
            text.len()
        );
        sizes.push((text.len(), operation.address()));
        let answer = describe(operation, &[], true, None).unwrap();
        assert!(
            answer.len() <= 4_500,
            "{}: {} bytes",
            operation.address(),
            answer.len()
        );
    }
    sizes.sort();
    println!(
        "median {:?}, largest {:?}",
        sizes[sizes.len() / 2],
        sizes.last()
    );
    assert!(sizes[sizes.len() / 2].0 <= 250);
}

#[test]
fn the_head_says_what_an_operation_does_loses_and_takes() {
    let text = described("GET /call", &[]).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("GET /call: "), "{text}");
    assert_eq!(lines[1], "effect: read");
    for part in [
        "limit: integer 0..1000; ",
        "; createdAtGt|Lt|Ge|Le: date-time; updatedAtGt|Lt|Ge|Le: date-time",
    ] {
        assert!(lines[2].contains(part), "{text}");
    }
    assert_eq!(lines[3..], ["body: none"]);
    for (operation, part) in [
        ("DELETE /squad/{id}", "\neffect: delete; loses: "),
        (
            "POST /call",
            "\neffect: dial, reaches people and costs money",
        ),
        (
            "GET /call/{id}/mono-recording",
            "\nanswer: a link to the file",
        ),
        ("GET /file", "\nquery: purpose* ("),
        (
            "POST /file",
            "\nform with a file: {\n  file*: string binary",
        ),
        ("POST /chat", "\n  stream: boolean = false  // refused: "),
        (
            "POST /provider/{provider}/{resourceName}",
            "\nbody: not in Vapi's document. ",
        ),
    ] {
        let text = described(operation, &[]).unwrap();
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_place_is_opened_by_its_pointer_and_the_words_that_choose() {
    for (operation, at, line) in [
        (
            "POST /assistant",
            "/model:openai",
            "\n  temperature: number 0..2  // ",
        ),
        ("POST /assistant", "model:OpenAI/", "\n/model:OpenAI: {"),
        (
            "POST /assistant",
            "/model:openai/tools/*:function",
            "\n  function: {\n    name*: ",
        ),
        (
            "POST /assistant",
            "/model:openai/tools/0:function",
            "\n  function: {",
        ),
        (
            "POST /assistant",
            "/model:openai/tools:function",
            "\n  function: {",
        ),
        (
            "POST /assistant",
            "/hooks/*:CallHookCallEnding",
            "\n  on*: \"call.ending\"",
        ),
        (
            "POST /call",
            "/assistantOverrides/tools:append/*:endCall",
            "\n  type*: \"endCall\"",
        ),
        (
            "POST /tool",
            ":transferCall",
            "\n    :number: {\n      number*: string, max 40",
        ),
        (
            "POST /squad",
            "/members/assistantId",
            "\n/members/*/assistantId: string",
        ),
    ] {
        let text = described(operation, &[at]).unwrap_or_else(|error| panic!("{at}: {error}"));
        assert!(text.contains(line), "{at}: {text}");
        assert!(text.starts_with(&format!("{operation}\n")), "{text}");
    }
    let found = find_operation("GET /assistant").unwrap();
    let text = describe(found.operation, &[], true, None).unwrap();
    assert!(text.starts_with("GET /assistant\nanswer: [{\n"), "{text}");
    let text = describe(found.operation, &["/*/model:openai"], true, None).unwrap();
    assert!(text.contains("\n/*/model:openai: {"), "{text}");
}

#[test]
fn a_wrong_pointer_says_what_is_there() {
    for (operation, at, said) in [
        (
            "POST /assistant",
            "/modle",
            "the top has no `modle`; did you mean `model`? It has: analysisPlan, ",
        ),
        (
            "POST /assistant",
            "/model:opnai",
            "`/model` has no form `opnai`; did you mean `openai`? It has: ",
        ),
        (
            "POST /assistant",
            "/voice:zzz",
            "`/voice` has no form `zzz`; it has: azure, ",
        ),
        ("POST /assistant", "/metadata/x", "`/metadata` is free-form"),
        ("POST /assistant", "/name/x", "`/name` has nothing below it"),
        (
            "POST /assistant",
            "/model:openai/tools/*:sms/urls",
            "`/model:openai/tools/*:sms` has no `urls`",
        ),
        ("GET /call", "/x", "body: none"),
    ] {
        let error = described(operation, &[at]).unwrap_err();
        assert!(error.contains(said), "{at}: {error}");
    }
    let text = described("POST /assistant", &["/modle", "/server"]).unwrap();
    assert!(
        text.contains("did you mean `model`?") && text.contains("\n/server: {"),
        "{text}"
    );
    let error = described("POST /assistant", &["/a", "/b"]).unwrap_err();
    assert!(error.contains("`a`") && error.contains("`b`"), "{error}");
}

#[test]
fn pointers_are_limited_in_number_and_length_and_the_text_in_bytes() {
    let error = described("POST /assistant", &["/name"; 9]).unwrap_err();
    assert!(error.contains("at most 8 pointers"), "{error}");
    let error = described("POST /assistant", &[&"/x".repeat(151)]).unwrap_err();
    assert!(error.contains("more than 300 bytes"), "{error}");
    let wide = [
        "/credentials/*",
        "/model",
        "/voice",
        "/model/tools/*",
        "/assistant",
        "/",
        "",
        "/*",
    ];
    for operation in ["POST /assistant", "POST /call", "POST /squad"] {
        let found = find_operation(operation).unwrap();
        for answer in [false, true] {
            let (Ok(text) | Err(text)) = describe(found.operation, &wide, answer, None);
            assert!(text.len() <= 14_000, "{operation}: {} bytes", text.len());
        }
    }
    // Agents contain each other without end.
    let deep = "/assistantOverrides/model/tools/*/destinations/*".repeat(5);
    let text = described("POST /call", &[deep.as_str(); 8]).unwrap();
    assert!(text.len() <= 14_000, "{} bytes", text.len());
}

#[test]
fn every_place_that_is_shown_can_be_opened() {
    let mut opened = 0;
    for operation in &facts().unwrap().operations {
        let text = describe(operation, &[], false, None).unwrap();
        let places = bodies::shown(&text, "body");
        let mut last = "";
        for place in places.iter().filter(|place| !place.is_empty()) {
            let text = describe(operation, &[place], false, None);
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", operation.address()));
            assert!(text.len() <= 4_500, "{place}: {} bytes", text.len());
            opened += 1;
            last = place;
        }
        if !last.is_empty() {
            let wrong = format!("{last}/no such key");
            assert!(
                describe(operation, &[&wrong], false, None).is_err(),
                "{wrong}"
            );
        }
    }
    assert!(opened > 500, "{opened}");
}
