//! What a reviewer must read stands before what need not be read.

use serde_json::json;

use super::api::{compared, old};

/// The ranks of the lines that tell of changes, in their order.
pub fn ranks(report: &str) -> Vec<usize> {
    let classes = ["**breaking for us**", "**worth a look**", "**harmless**"];
    let rank = |line: &str| {
        let told = line.strip_prefix("- ")?;
        classes.iter().position(|class| told.starts_with(class))
    };
    report.lines().filter_map(rank).collect()
}

#[test]
fn what_breaks_precedes_what_is_worth_a_look_and_that_what_is_harmless() {
    let mut new = old();
    let paths = new["paths"].as_object_mut().unwrap();
    paths.shift_remove("/far");
    let schemas = new["components"]["schemas"].as_object_mut().unwrap();
    for (schema, property) in [("Thing", "id"), ("Thing", "name"), ("Detail", "text")] {
        let properties = schemas[schema]["properties"].as_object_mut().unwrap();
        properties.shift_remove(property).unwrap();
    }
    schemas["Create"]["properties"]["more"] = json!({});
    schemas["Detail"]["properties"]["more"] = json!({});
    let report = compared(&old(), &new).report("old", "new");
    let heads: Vec<_> = report
        .lines()
        .filter(|line| line.starts_with('#'))
        .collect();
    assert_eq!(
        heads,
        [
            "# Vapi's API: `old` to `new`",
            "## Breaking for us",
            "### Tool `create_thing`",
            "### Tool `list_things`",
            "## Worth a look",
            "### Tool `create_thing`",
            "### Tool `list_things`",
            "### Within reach of tools, but not named by a row",
            "## Harmless",
            "### Operations",
            "### Tool `create_thing`",
            "### Within reach of tools, but not named by a row",
        ],
        "{report}"
    );
    assert!(ranks(&report).is_sorted(), "{report}");
}
