//! The demonstration's steps are checked against the catalogue.
use std::{fs, path::Path};

use codegen::{Generated, demo, generate};
fn generated() -> Generated {
    generate(Path::new("../../spec")).unwrap()
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
    assert!(demo::read(Path::new("../../spec/demo.toml"), &catalog).is_ok());
}
