//! `cargo spec new`: the row and the fixtures with which a tool begins.

use std::{collections::BTreeSet, fs, sync::LazyLock};

use codegen::{
    catalog,
    lint::UNWRITTEN,
    skeleton::{Skeleton, Sources},
    supplement::Supplement,
    table::{self, Table},
};
use serde_json::Value;

use crate::support::{MENDED, root};

/// The table without tools for squads, which these tests begin.
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = table::read(&root().join("spec/tools")).unwrap();
    table
        .rows
        .retain(|it| !it.row.operation.starts_with("SquadController"));
    table
});

static SUPPLEMENT: LazyLock<Supplement> =
    LazyLock::new(|| Supplement::read(&root().join("spec")).unwrap());

fn skeleton(operation: &str, name: Option<&str>) -> Result<Skeleton, String> {
    let sources = Sources {
        document: &MENDED,
        table: &TABLE,
        supplement: &SUPPLEMENT,
    };
    let made = sources.skeleton(operation, name);
    made.map_err(|problem| problem.to_string())
}

/// The problems of the table with these rows in it.
fn problems(rows: &str) -> Vec<String> {
    let more = table::parse("new.toml", rows).unwrap();
    let mut all = TABLE.clone();
    all.rows.extend(more.rows);
    let problems = catalog::check(&MENDED, all).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_list_gets_the_arguments_and_columns_that_lists_have() {
    let made = skeleton("GET /squad", None).unwrap();
    assert_eq!(made.name, "list_squads");
    insta::assert_snapshot!("skeleton_of_a_list", made.row);
    let guide = fs::read_to_string(root().join("docs/maintaining.md")).unwrap();
    let guide: Vec<_> = guide.lines().map(str::trim_start).collect();
    assert!(
        guide.join("\n").contains(made.row.trim()),
        "docs/maintaining.md shows another row under \"Add a tool\":\n{}",
        made.row
    );
    let [success, failure] = &made.fixtures;
    assert_eq!(success.0, "list_squads.json");
    assert_eq!(failure.0, "list_squads_unauthorized.json");
    insta::assert_snapshot!("fixture_of_a_list", success.1);
    let by_id = skeleton("SquadController_findAll", None).unwrap();
    assert_eq!(by_id.row, made.row);
}

#[test]
fn a_change_is_merged_into_the_stored_object() {
    let made = skeleton("PATCH /squad/{id}", None).unwrap();
    assert_eq!(made.name, "update_squad");
    let [success, failure] = made.fixtures.map(|(_, text)| text);
    let success: Value = serde_json::from_str(&success).unwrap();
    assert_eq!(success["request"]["method"], "PATCH");
    assert!(success["stored"].is_object(), "{success}");
    let failure: Value = serde_json::from_str(&failure).unwrap();
    assert_eq!(failure["request"]["method"], "GET");
    assert_eq!(failure["response"]["status"], 404);
}

/// A build fails until a person has written the texts.
#[test]
fn a_row_is_refused_until_its_texts_are_written() {
    let made = skeleton("POST /squad", None).unwrap();
    let found = problems(&made.row);
    assert!(!found.is_empty());
    for problem in found {
        assert!(problem.contains("is not written yet"), "{problem}");
    }
}

#[test]
fn a_skeleton_of_any_operation_is_a_valid_row_once_its_texts_are_written() {
    let mut rows = String::new();
    let mut refused = BTreeSet::new();
    let mut made = 0;
    for (index, operation) in MENDED.operations().enumerate() {
        let address = operation.address();
        match skeleton(&address, Some(&format!("tool_{index}"))) {
            Ok(skeleton) => {
                made += 1;
                rows.push_str(&skeleton.row.replace(UNWRITTEN, "Something"));
                for (file, text) in skeleton.fixtures {
                    assert!(text.len() < 20_000, "{address}: {file}: {}", text.len());
                    for (at, _) in text.match_indices('+') {
                        assert!(text[at..].starts_with("+1555010"), "{address}: {text}");
                    }
                }
            }
            Err(reason) => {
                let (_, reason) = reason.split_once("` ").unwrap();
                refused.insert(reason.to_owned());
            }
        }
    }
    assert_eq!(problems(&rows), Vec::<String>::new());
    assert!(made >= 90, "{made} skeletons");
    let reasons = [
        "changes an object, but no argument can set a property of its body",
        "deletes an object: the tools over many operations check its name",
        "has an effect that no row of its method can have",
        "redirects to a file: the tools over many operations show its address",
        "uploads a file: copy the row that does so",
    ];
    assert_eq!(refused, reasons.map(str::to_owned).into());
}

#[test]
fn names_of_operations_and_tools_are_checked() {
    let wrong = skeleton("GET /squads", None).unwrap_err();
    assert!(wrong.contains("did you mean `GET /squad`"), "{wrong}");
    let wrong = skeleton("SquadController_findAl", None).unwrap_err();
    assert!(
        wrong.contains("did you mean `SquadController_findAll`"),
        "{wrong}"
    );
    let taken = skeleton("GET /tool", None).unwrap_err();
    assert!(taken.contains("already has a tool `list_tools`"), "{taken}");
    assert!(taken.contains("--name"), "{taken}");
}
