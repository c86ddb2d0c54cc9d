//! Documents with random faults: every one is checked to its end, or refused.

use std::{fs, sync::LazyLock};

use codegen::{
    check::check,
    diff::diff,
    document::Document,
    supplement::Supplement,
    table::{self, Table},
    vendor,
};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::support::{VENDORED, root};

static SUPPLEMENT: LazyLock<Supplement> =
    LazyLock::new(|| Supplement::read(&root().join("spec")).unwrap());

static TABLE: LazyLock<Table> = LazyLock::new(|| table::read(&root().join("spec/tools")).unwrap());

/// The part of the vendored document that some of the tools reach, so that many can be tried.
static PART: LazyLock<Value> = LazyLock::new(|| {
    let mut part = VENDORED.clone();
    let paths = part["paths"].as_object_mut().unwrap();
    paths.retain(|path, _| ["/call", "/call/{id}", "/tool/{id}", "/file"].contains(&path.as_str()));
    let kept = [
        "Call",
        "CreateCallDTO",
        "CreateCustomerDTO",
        "SchedulePlan",
        "Analysis",
        "Artifact",
    ];
    let schemas = part["components"]["schemas"].as_object_mut().unwrap();
    schemas.retain(|name, _| kept.contains(&name.as_str()));
    part
});

/// Values that stand where they should not, or mean more there than they should.
fn odd() -> impl Strategy<Value = Value> {
    let texts = [
        "",
        "\"",
        "}",
        "{",
        "{}",
        "{id",
        "\\",
        "\n",
        "/",
        "~2",
        "#/",
        "#/paths",
        "é\u{0}",
        "crate",
        "self",
        "Self",
        "_",
        "3",
        "$ref",
        "array",
        "object",
        "null",
        "default",
        "2XX",
        "header",
        "cookie",
        "form",
        "\"; panic!(); //",
        "multipart/form-data",
        "date-time",
        "binary",
        "#/components/schemas/Call",
        "#/components/parameters/none",
    ];
    let parts = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!([]),
        json!({}),
        json!([null]),
        json!([{}]),
        json!({ "": {} }),
        json!({ "$ref": "#/components/schemas/Call" }),
        json!({ "$ref": "#/nowhere" }),
        json!({ "$ref": "#" }),
        json!({ "oneOf": [] }),
        json!({ "allOf": [true, null, 7] }),
        json!({ "type": ["string", "null"] }),
        json!({ "type": "array" }),
        json!({ "in": "path", "name": "x/y{z}", "schema": {} }),
        json!({ "in": "query", "name": "", "schema": { "type": "object" } }),
    ];
    prop_oneof![
        proptest::sample::select(texts.map(|text| json!(text)).to_vec()),
        proptest::sample::select(parts.to_vec()),
        any::<String>().prop_map(|text| json!(text)),
    ]
}

/// What is done to the object or list at a random place.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(Value),
    Remove,
    Rename(Value),
    Copy(Index),
}

fn mutation() -> impl Strategy<Value = (Index, Index, Mutation)> {
    let what = prop_oneof![
        3 => odd().prop_map(Mutation::Replace),
        1 => Just(Mutation::Remove),
        1 => odd().prop_map(Mutation::Rename),
        1 => any::<Index>().prop_map(Mutation::Copy),
    ];
    (any::<Index>(), any::<Index>(), what)
}

/// The pointers of all objects and lists that hold anything.
fn holders(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut below = |key: &str, value: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        holders(value, &format!("{at}/{key}"), found);
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| below(key, value));
            found.push(at.to_owned());
        }
        Value::Array(list) if !list.is_empty() => {
            let list = list.iter().enumerate();
            list.for_each(|(index, value)| below(&index.to_string(), value));
            found.push(at.to_owned());
        }
        _ => {}
    }
}

/// Half of the places are outside the schemas, of which there are many more.
fn place(document: &Value, index: &Index) -> Option<String> {
    let mut found = Vec::new();
    holders(document, "", &mut found);
    let (schemas, others): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|place| place.starts_with("/components/schemas/"));
    let places = if index.index(2) == 0 || schemas.is_empty() {
        others
    } else {
        schemas
    };
    (!places.is_empty()).then(|| index.get(&places).clone())
}

fn mutate(document: &mut Value, (at, element, what): &(Index, Index, Mutation)) {
    let Some(at) = place(document, at) else {
        return;
    };
    let copy = match what {
        Mutation::Copy(from) => place(document, from).and_then(|it| document.pointer(&it).cloned()),
        _ => None,
    };
    match document.pointer_mut(&at).unwrap() {
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let key = element.get(&keys).as_str();
            match what {
                Mutation::Replace(value) => map[key] = value.clone(),
                Mutation::Copy(_) => map[key] = copy.unwrap_or_default(),
                Mutation::Remove => drop(map.shift_remove(key)),
                Mutation::Rename(name) => {
                    let value = map.shift_remove(key).unwrap();
                    map.insert(name.as_str().unwrap_or("3").to_owned(), value);
                }
            }
        }
        Value::Array(list) => {
            let index = element.index(list.len());
            match what {
                Mutation::Replace(value) => list[index] = value.clone(),
                Mutation::Copy(_) => list[index] = copy.unwrap_or_default(),
                Mutation::Remove => drop(list.remove(index)),
                Mutation::Rename(_) => list.push(list[index].clone()),
            }
        }
        _ => {}
    }
}

/// A check generates everything: an eighth of the usual number.
fn cases() -> u32 {
    (ProptestConfig::default().cases / 8).max(1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]
    #[test]
    fn a_document_with_random_faults_is_checked_or_refused(
        mutations in prop::collection::vec(mutation(), 1..6)
    ) {
        let mut document = PART.clone();
        for mutation in &mutations {
            mutate(&mut document, mutation);
        }
        if let Ok(vendored) = vendor::vendor(document.to_string().as_bytes(), "it", "2027-01-31") {
            let check = check(&vendored, &TABLE, &SUPPLEMENT).unwrap();
            prop_assert!(check.to_string().contains("## Generated"));
            let old = Document::parse(PART.to_string().as_bytes()).unwrap();
            let new = Document::parse(vendored.document.as_bytes()).unwrap();
            prop_assert!(!diff(&old, &new, &TABLE, &Supplement::default()).report("old", "new").is_empty());
        }
    }
}

/// Bytes may be anything at all.
#[test]
fn a_document_with_any_byte_replaced_is_vendored_or_refused() {
    let text = fs::read(root().join("spec/source.toml")).unwrap();
    for (index, byte) in text.iter().take(200).enumerate() {
        let mut bytes = PART.to_string().into_bytes();
        let at = index * (bytes.len() / 200);
        bytes[at] = *byte;
        let _ = vendor::vendor(&bytes, "it", "2027-01-31");
    }
}
