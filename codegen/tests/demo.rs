//! The steps of the demonstration are held to the catalogue, and the excerpt for the sandbox is whole.
use std::{fs, path::Path};

use codegen::{Generated, demo, generate};
use serde_json::Value;

fn generated() -> Generated {
    generate(Path::new("../spec")).unwrap()
}

#[test]
fn a_step_that_no_tool_knows_is_named_by_file_and_line() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("demo.toml");
    let catalog = generated().catalog;
    for (step, problem) in [
        ("tool = \"get_cal\"", "there is no tool `get_cal`"),
        (
            "tool = \"get_call\"\nargs = { callid = \"a\" }",
            "get_call has no argument `callid`",
        ),
    ] {
        fs::write(&file, format!("# a\n\n[[step]]\nsay = \"a\"\n{step}\n")).unwrap();
        let problems = demo::read(&file, &catalog).unwrap_err();
        let told = problems[0].to_string();
        assert!(told.contains("demo.toml:3"), "{told}");
        assert!(told.contains(problem), "{told}");
    }
    assert!(demo::read(Path::new("../spec/demo.toml"), &catalog).is_ok());
}

/// All references lead somewhere, and a megabyte is more than the program has to spare for it.
#[test]
fn the_excerpt_for_the_sandbox_is_whole_and_small() {
    let excerpt = generated().sandbox;
    assert!(excerpt.len() < 400_000, "{} bytes", excerpt.len());
    let value: Value = serde_json::from_str(&excerpt).unwrap();
    let mut targets = 0;
    for reference in excerpt.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(value["schemas"].get(name).is_some(), "{name}");
        targets += 1;
    }
    assert!(targets > 1000);
    let kept = value["operations"].as_array().unwrap().iter();
    let kept: Vec<_> = kept
        .filter(|operation| operation["query"].is_object())
        .collect();
    assert_eq!(
        kept.len(),
        26,
        "five operations of five collections, and analytics"
    );
    for operation in kept {
        let writes = ["post", "patch"].contains(&operation["method"].as_str().unwrap());
        assert!(!writes || operation["body"].is_object(), "{operation}");
    }
}
