//! Editors know the form of a row by the schema beside the table.

use std::{fs, path::PathBuf};

use crate::support::{root, schema};
use codegen::table;
use serde_json::{Value, json};

fn tools() -> PathBuf {
    root().join("spec/tools")
}

/// The files of the table.
fn files() -> Vec<String> {
    let entries = fs::read_dir(tools()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let tables = paths.filter(|path| path.extension().is_some_and(|it| it == "toml"));
    tables
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn the_schema_is_that_of_the_row_type() {
    let kept = fs::read_to_string(tools().join("schema.json")).unwrap_or_default();
    assert!(
        kept == table::schema(),
        "spec/tools/schema.json is not that of the row type; `cargo spec goldens` writes it anew"
    );
}

#[test]
fn every_file_of_the_table_names_the_schema_and_follows_it() {
    let files = files();
    assert!(!files.is_empty());
    for file in files {
        assert!(file.starts_with("#:schema ./schema.json\n"), "{file}");
        let table: Value = toml::from_str(&file).unwrap();
        assert_eq!(schema::validate(&table), Ok(()));
    }
}

#[test]
fn every_key_has_its_words() {
    let schema: Value = serde_json::from_str(&table::schema()).unwrap();
    let mut keys = 0;
    let forms = schema["definitions"].as_object().unwrap();
    for form in forms.values().chain([&schema]) {
        let of_table = form.pointer("/anyOf/1").unwrap_or(form);
        let Some(properties) = of_table["properties"].as_object() else {
            continue;
        };
        for (key, property) in properties {
            let words = property["description"].as_str();
            assert!(words.is_some_and(|it| !it.is_empty()), "{key}: {form:#}");
            keys += 1;
        }
    }
    assert!(keys > 40, "{keys}");
    let row = &schema["definitions"]["Row"];
    assert_eq!(
        row["properties"]["name"],
        json!({ "type": "string", "description": "The tool's name, as clients call it." })
    );
}
