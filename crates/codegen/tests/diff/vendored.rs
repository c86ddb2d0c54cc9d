//! One edit anywhere in the vendored document is one change.

use codegen::{
    diff::{ChangeKind, Root, Step, compare},
    document::Document,
};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::support::{VENDORED, document};

/// The document as it stands, for all cases.
fn old() -> &'static Document {
    static OLD: std::sync::LazyLock<Document> = std::sync::LazyLock::new(|| document(&VENDORED));
    &OLD
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]
    #[test]
    fn one_edit_of_the_vendored_document_is_one_change(
        schema in any::<Index>(), property in any::<Index>(), edit in 0..4,
    ) {
        let mut new = VENDORED.clone();
        let schemas = new["components"]["schemas"].as_object_mut().unwrap();
        let with = |it: &&Value| it.get("properties").is_some_and(|it| it.as_object().is_some_and(|it| !it.is_empty()));
        let names: Vec<String> = schemas.iter().filter(|(_, it)| with(it)).map(|(name, _)| name.clone()).collect();
        let name = schema.get(&names);
        let schema = &mut schemas[name.as_str()];
        let properties = schema["properties"].as_object_mut().unwrap();
        let keys: Vec<String> = properties.keys().cloned().collect();
        let key = property.get(&keys);
        let step = |key: &str| Step::Key(key.to_owned());
        let at = vec![step("properties"), Step::Name(key.clone())];
        let below = |more: Step| [at.clone(), vec![more]].concat();
        let (steps, is): (_, fn(&ChangeKind) -> bool) = match edit {
            0 => {
                properties.shift_remove(key);
                (at, |it| matches!(it, ChangeKind::Removed(_)))
            }
            1 => {
                properties.insert("not there before".to_owned(), json!({}));
                let step = vec![step("properties"), Step::Name("not there before".to_owned())];
                (step, |it| matches!(it, ChangeKind::Added(_)))
            }
            2 => {
                properties[key.as_str()]["maximum"] = json!(-7);
                let was = VENDORED["components"]["schemas"][name.as_str()]["properties"][key.as_str()].get("maximum");
                (below(step("maximum")), if was.is_some() { |it| matches!(it, ChangeKind::Changed(..)) } else { |it| matches!(it, ChangeKind::Added(_)) })
            }
            _ => {
                if let Some(list) = schema["required"].as_array_mut() {
                    list.push(json!("not there"));
                }
                if schema["required"].is_null() {
                    schema["required"] = json!(["not there"]);
                }
                (vec![step("required"), Step::Member("not there".to_owned())], |it| matches!(it, ChangeKind::Added(_)))
            }
        };
        let changes = compare(old(), &document(&new));
        prop_assert_eq!(changes.len(), 1, "{:?}", changes);
        prop_assert_eq!(&changes[0].location.root, &Root::schema(name));
        prop_assert_eq!(&changes[0].location.steps, &steps);
        prop_assert!(is(&changes[0].what), "{:?}", changes);
    }
}

/// The document is large: a sixteenth of the usual number.
fn cases() -> u32 {
    (ProptestConfig::default().cases / 16).max(1)
}
