//! The words for operations, and how well they are found.

use std::{collections::BTreeSet, fs, path::Path};

use codegen::{document::Document, operations::Operations};
use miniz_oxide::inflate::decompress_to_vec_zlib;
use model::facts::{Answer, Body, Facts};

use crate::support::{GENERATED, root};

fn vendored() -> (Document, Operations) {
    let document = fs::read(root().join("spec/vapi.json")).unwrap();
    let operations = Operations::read(&root().join("spec/operations.toml")).unwrap();
    (Document::parse(&document).unwrap(), operations)
}

#[test]
fn every_operation_has_a_row_whose_places_are_in_its_body() {
    let (document, operations) = vendored();
    let problems = operations.problems(&document);
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn references_are_looked_for_only_in_lists_of_the_document() {
    let (document, _) = vendored();
    let text = fs::read_to_string(root().join("spec/operations.toml")).unwrap();
    for wrong in ["GET /squads", "POST /squad", "GET /squad/{id}"] {
        let file = tempfile::NamedTempFile::new().unwrap();
        let changed = text.replacen("\"GET /squad\",", &format!("\"{wrong}\","), 1);
        fs::write(file.path(), changed).unwrap();
        let problems = Operations::read(file.path()).unwrap().problems(&document);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        let said = format!("`referrers`: there is no list `{wrong}`");
        assert!(problems[0].to_string().contains(&said), "{}", problems[0]);
    }
}

#[test]
fn a_row_says_what_stops_something_and_what_to_do_about_people_who_cannot_be_seen() {
    let (document, _) = vendored();
    let text = fs::read_to_string(root().join("spec/operations.toml")).unwrap();
    for (right, wrong, said) in [
        (
            "stops = { \"/status\" = [\"completed\"] }",
            "stops = { \"/status\" = [\"closed\"] }",
            "`PATCH /session/{id}`, `stops`: `/status` has no value `closed`",
        ),
        (
            "stops = { \"/status\" = [\"completed\"] }",
            "stops = { \"/state\" = [] }",
            "`PATCH /session/{id}`, `stops`: the body has no `/state`",
        ),
        (
            "instead = \"give the number itself in `customer`\"",
            "",
            "`POST /call`, `dial`: say in `instead` what to do if recipients must be visible",
        ),
        (
            "unseen_many = [\"/duplicateFromCampaignId\"]",
            "unseen_many = [\"/copyOf\"]",
            "`POST /v2/campaign`, `dial`: the body has no `/copyOf`",
        ),
        (
            "most = 10000",
            "most = 0",
            "`POST /v2/campaign`, `dial`: `most` must be at least 1",
        ),
    ] {
        assert!(text.contains(right), "{right}");
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text.replacen(right, wrong, 1)).unwrap();
        let problems = Operations::read(file.path()).unwrap().problems(&document);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].to_string().contains(said), "{}", problems[0]);
    }
}

/// The wishes of a file, each with the operations that fulfil it.
fn wishes(file: &Path, document: &Document) -> Vec<(String, BTreeSet<String>)> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("intent\t"));
    lines
        .map(|line| {
            let parts: Vec<_> = line.split('\t').collect();
            if parts[1].contains(" /") {
                return (
                    parts[0].to_owned(),
                    parts[1].split(" | ").map(str::to_owned).collect(),
                );
            }
            let of_id = |id: &str| document.operation(id).unwrap().address();
            (
                parts[1].to_owned(),
                parts[2].split(',').map(of_id).collect(),
            )
        })
        .collect()
}

/// The share of wishes whose operation is among the first five, and among those or the places.
fn recall(files: &[&Path]) -> (f64, f64) {
    let (document, operations) = vendored();
    let (index, places) = operations.index(&document);
    let keys: Vec<_> = document.operations().map(|it| it.address()).collect();
    let (mut five, mut both, mut all) = (0.0, 0.0, 0.0);
    for file in files {
        let (mut here, mut wider, mut count) = (0.0, 0.0, 0.0);
        for (wish, wanted) in wishes(file, &document) {
            let found = index.search(&wish, 5, 2);
            let name = |id: &u16| keys[usize::from(*id)].clone();
            let mut top: BTreeSet<_> = found.operations.iter().map(name).collect();
            let hit = !top.is_disjoint(&wanted);
            for place in &found.places {
                top.extend(
                    places[usize::from(*place)]
                        .operations
                        .iter()
                        .take(2)
                        .map(name),
                );
            }
            count += 1.0;
            here += f64::from(u8::from(hit));
            wider += f64::from(u8::from(!top.is_disjoint(&wanted)));
            if !hit {
                println!(
                    "   missed: {wish}: {wanted:?} {:?}",
                    found.operations.iter().map(name).collect::<Vec<_>>()
                );
            }
        }
        println!(
            "{}: {:.0} % and {:.0} % of {count}",
            file.display(),
            100.0 * here / count,
            100.0 * wider / count
        );
        five += here;
        both += wider;
        all += count;
    }
    (five / all, both / all)
}

#[test]
fn what_people_want_is_found_in_their_words() {
    let files = ["c", "d", "e", "f"].map(|name| format!("tests/intents/intents_{name}.tsv"));
    let files: Vec<_> = files.iter().map(Path::new).collect();
    let (five, both) = recall(&files);
    assert!(five >= 0.85 && both >= 0.9, "{five} {both}");
}

#[test]
fn the_facts_are_whole_and_small() {
    let bytes = GENERATED.facts.len();
    assert!(bytes < 80_000, "{bytes} bytes");
    let json = decompress_to_vec_zlib(&GENERATED.facts).unwrap();
    let facts: Facts = serde_json::from_slice(&json).unwrap();
    assert_eq!(facts.operations.len(), 137);
    let text = String::from_utf8(json).unwrap();
    let targets: BTreeSet<_> = text
        .split("\"$ref\":\"#/components/schemas/")
        .skip(1)
        .map(|reference| reference.split('"').next().unwrap())
        .collect();
    let schemas: BTreeSet<_> = facts.schemas.keys().map(String::as_str).collect();
    assert_eq!(targets, schemas);
    let find = |address: &str| {
        let mut operations = facts.operations.iter();
        operations.find(|it| it.address() == address).unwrap()
    };
    // The document does not declare this parameter.
    let delete = find("DELETE /call/{id}");
    assert!(
        delete
            .parameters
            .iter()
            .any(|it| it.name == "id" && it.required)
    );
    assert!(matches!(find("POST /file").body, Some(Body::Upload(_))));
    let dictionary = find("POST /provider/{provider}/{resourceName}");
    assert!(matches!(&dictionary.body, Some(Body::Undocumented(takes)) if !takes.is_empty()));
    assert!(find("GET /call").body.is_none());
    let recording = find("GET /call/{id}/mono-recording");
    assert!(matches!(recording.answer, Some(Answer::Redirect)));
    let shared = &find("PATCH /assistant/{id}").notes;
    assert!(shared.iter().any(|(at, _)| at == "/model/temperature"));
    let refused = &find("POST /chat").refuse;
    assert!(refused.contains_key("/stream"));
}
