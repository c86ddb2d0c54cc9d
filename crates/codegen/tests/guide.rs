//! The figures and samples of `docs/maintaining.md` are those of the commands.

use std::fs;

use codegen::{check::check, diff::diff, supplement::Supplement, table, vendor};

use crate::support::{VENDORED, document, revisions, root};

/// The code blocks of the guide.
fn blocks() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/maintaining.md")).unwrap();
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.map(str::to_owned).collect()
}

/// The only block with this line.
fn block(line: &str) -> String {
    let mut found = blocks();
    found.retain(|block| block.lines().any(|it| it.starts_with(line)));
    assert_eq!(found.len(), 1, "{line}");
    found.remove(0)
}

/// Checks that every line of a sample, up to its `…`, is the beginning of a line of the text.
fn occurs(sample: &str, text: &str) {
    let lines: Vec<_> = sample.lines().skip(1).filter(|it| !it.is_empty()).collect();
    assert!(lines.len() > 1, "{sample}");
    for line in lines {
        let start = line.split('…').next().unwrap();
        assert!(
            text.lines().any(|it| it.starts_with(start)),
            "{line} is not in\n{text}"
        );
    }
}

#[test]
fn the_sample_of_a_check_is_that_of_the_vendored_document() {
    let vendored = vendor::vendor(VENDORED.to_string().as_bytes(), "vapi", "2027-01-31").unwrap();
    let table = table::read(&root().join("spec/tools")).unwrap();
    let supplement = Supplement::read(&root().join("spec")).unwrap();
    let checked = check(&vendored, &table, &supplement).unwrap();
    occurs(&block("## Rows: "), &checked.to_string());
}

#[test]
fn the_sample_of_a_broken_row_is_what_a_diff_reports() {
    let mut new = VENDORED.clone();
    let assistant = new["components"]["schemas"]["Assistant"]["properties"].as_object_mut();
    assistant.unwrap().shift_remove("createdAt").unwrap();
    let table = table::read(&root().join("spec/tools")).unwrap();
    let supplement = Supplement::read(&root().join("spec")).unwrap();
    let found = diff(&document(&VENDORED), &document(&new), &table, &supplement);
    let folder = format!("{}/", root().display());
    let report = found.report("old", "new").replace(&folder, "");
    occurs(&block("Broken rows: `create_assistant`"), &report);
}

#[test]
#[ignore = "reads published documents in the folder VAPI_MCP_SHARED"]
fn the_sample_of_a_report_is_that_of_its_revisions() {
    let documents = revisions();
    let revision = |date: &str| {
        let mut files = documents.iter();
        let (_, bytes) = files
            .find(|(file, _)| file.ends_with(format!("{date}.json")))
            .unwrap();
        let vendored = vendor::vendor(bytes, "vapi", date).unwrap();
        document(&serde_json::from_str(&vendored.document).unwrap())
    };
    let table = table::read(&root().join("spec/tools")).unwrap();
    let supplement = Supplement::read(&root().join("spec")).unwrap();
    let (old, new) = ("2026-07-30", "2026-08-18");
    let found = diff(&revision(old), &revision(new), &table, &supplement);
    occurs(&block("# Vapi's API: "), &found.report(old, new));
}
