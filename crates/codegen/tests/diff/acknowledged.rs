//! A change at which a maintainer has looked is not reported again.

use codegen::diff::{Acknowledged, Class};
use serde_json::json;

use super::api::{compared, old};

#[test]
fn acknowledged_looks_are_counted_and_not_shown_until_they_change_again() {
    let mut new = old();
    let schemas = &mut new["components"]["schemas"];
    schemas["Create"]["properties"]["name"]["deprecated"] = json!(true);
    schemas["Detail"]["properties"]["text"]["type"] = json!("number");
    let mut found = compared(&old(), &new);
    assert_eq!(found.count(Class::Look), 2);
    let mut acknowledged = Acknowledged::default();
    assert_eq!(acknowledged.add(&found), 2);
    assert_eq!(acknowledged.add(&found), 0);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), acknowledged.text()).unwrap();
    assert_eq!(Acknowledged::read(file.path()).unwrap(), acknowledged);
    found.acknowledge(&acknowledged);
    assert_eq!(found.count(Class::Look), 0);
    let report = found.report("old", "new");
    assert!(
        report.contains("0 **worth a look**, 0 **harmless**, 2 acknowledged; 0 rows broken.\n"),
        "{report}"
    );
    assert!(!report.contains("## Worth a look"), "{report}");
    assert_eq!(found.json()["acknowledged"].as_array().unwrap().len(), 2);
    new["components"]["schemas"]["Detail"]["properties"]["text"]["type"] = json!("boolean");
    let mut found = compared(&old(), &new);
    found.acknowledge(&acknowledged);
    assert_eq!(found.count(Class::Look), 1);
}

#[test]
fn what_breaks_cannot_be_acknowledged() {
    let mut new = old();
    let create = new["components"]["schemas"]["Create"]["properties"].as_object_mut();
    create.unwrap().shift_remove("mode").unwrap();
    let mut found = compared(&old(), &new);
    let mut acknowledged = Acknowledged::default();
    assert_eq!(acknowledged.add(&found), 0);
    found.acknowledge(&acknowledged);
    assert!(found.breaks());
    assert_eq!(found.count(Class::Breaking), 1);
}

#[test]
fn without_a_file_nothing_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let none = Acknowledged::read(&folder.path().join("acknowledged.toml")).unwrap();
    assert_eq!(none, Acknowledged::default());
    std::fs::write(folder.path().join("odd.toml"), "looked = []").unwrap();
    assert!(Acknowledged::read(&folder.path().join("odd.toml")).is_err());
}
