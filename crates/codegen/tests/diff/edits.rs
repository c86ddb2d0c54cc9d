//! One random edit of a document is one change of the report, with the right class.

use codegen::diff::{ChangeKind, Class, Location, Root, Step};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use super::api::{compared, old};

/// One edit: what it does, where it is to be found, and what it means.
#[derive(Clone, Debug)]
struct Edit {
    pointer: String,
    key: String,
    /// The new value of the key; nothing takes it away.
    value: Option<Value>,
    location: Location,
    kind: Kind,
    class: Class,
    /// What the report says of it on one line.
    words: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Added,
    Removed,
    Changed,
    Moved,
}

/// Schemas that a tool of ours reaches.
const REACHED: [&str; 7] = [
    "Create", "Plan", "Kind", "ModelA", "ModelB", "Thing", "Detail",
];

/// Properties without which a row does not hold.
const NAMED: [(&str, &str); 8] = [
    ("Create", "name"),
    ("Create", "plan"),
    ("Create", "mode"),
    ("Create", "model"),
    ("Plan", "at"),
    ("Thing", "id"),
    ("Thing", "state"),
    ("Thing", "plan"),
];

/// Of these, the ones whose type no row relies on, as they are shown and not sent.
const SHOWN: [(&str, &str); 2] = [("Thing", "id"), ("Thing", "state")];

/// Values that a row sends.
const SENT: [&str; 3] = ["fast", "a", "a-1"];

/// Objects that the rows send, in which nothing may be newly_required that they do not fill.
const FILLED: [&str; 2] = ["Create", "Plan"];

fn schema(name: &str, steps: Vec<Step>) -> Location {
    Location {
        root: Root::schema(name),
        steps,
    }
}

fn key(text: &str) -> Step {
    Step::Key(text.to_owned())
}

fn near(schema: &str, class: Class) -> Class {
    if REACHED.contains(&schema) {
        class
    } else {
        Class::Harmless
    }
}

/// All edits of one property, of its schema's demands and of its values.
fn edits_of(document: &Value, name: &str, property: &str) -> Vec<Edit> {
    let at = format!("/components/schemas/{name}");
    let properties = format!("{at}/properties");
    let it = &document.pointer(&properties).unwrap()[property];
    let own = schema(
        name,
        vec![key("properties"), Step::Name(property.to_owned())],
    );
    let named = NAMED.contains(&(name, property));
    let below = |list: &str, member: &str| {
        let mut location = own.clone();
        location.steps.push(key(list));
        location.steps.push(Step::Member(member.to_owned()));
        location
    };
    let words =
        |head: &str, item: &str| vec![format!("`{name}"), head.to_owned(), format!("`{item}`")];
    let mut edits = vec![
        Edit {
            pointer: properties.clone(),
            key: property.to_owned(),
            value: None,
            location: own.clone(),
            kind: Kind::Removed,
            class: near(name, if named { Class::Breaking } else { Class::Look }),
            words: words("", &format!(".{property}")),
        },
        Edit {
            pointer: properties.clone(),
            key: format!("{property}2"),
            value: Some(json!({ "type": "string" })),
            location: schema(
                name,
                vec![key("properties"), Step::Name(format!("{property}2"))],
            ),
            kind: Kind::Added,
            class: Class::Harmless,
            words: words("", &format!(".{property}2")),
        },
    ];
    let required = document.pointer(&at).unwrap().get("required").cloned();
    let mut required: Vec<Value> = required.map_or(Vec::new(), |it| it.as_array().unwrap().clone());
    let location = schema(
        name,
        vec![key("required"), Step::Member(property.to_owned())],
    );
    if required.contains(&json!(property)) {
        edits.push(Edit {
            pointer: at.clone(),
            key: "required".to_owned(),
            value: Some(json!([])),
            location: location.clone(),
            kind: Kind::Removed,
            class: Class::Harmless,
            words: words(" no longer required", property),
        });
    } else {
        required.push(json!(property));
        // The default of the row picks `ModelA` and does not have this property.
        let is_picked = (name, property) == ("ModelA", "heat");
        let newly_required = is_picked || FILLED.contains(&name) && !named;
        edits.push(Edit {
            pointer: at.clone(),
            key: "required".to_owned(),
            value: Some(json!(required)),
            location,
            kind: Kind::Added,
            class: near(
                name,
                if newly_required {
                    Class::Breaking
                } else {
                    Class::Look
                },
            ),
            words: words(" now required", property),
        });
    }
    if it.get("type").is_some() {
        let mut location = own.clone();
        location.steps.push(key("type"));
        let sends = named && !SHOWN.contains(&(name, property));
        let constant = name == "ModelA" && ["provider", "model"].contains(&property);
        let class = if sends || constant {
            Class::Breaking
        } else {
            Class::Look
        };
        edits.push(Edit {
            pointer: format!("{properties}/{property}"),
            key: "type".to_owned(),
            value: Some(json!("boolean")),
            location,
            kind: Kind::Changed,
            class: near(name, class),
            words: words(&format!(".{property}`"), "\"boolean\""),
        });
    }
    for list in ["enum", "oneOf"] {
        let Some(values) = it.get(list).and_then(Value::as_array) else {
            continue;
        };
        let mut more = values.clone();
        let added = match list {
            "enum" => json!("more"),
            _ => json!({ "$ref": "#/components/schemas/more" }),
        };
        more.push(added);
        let edit = |value: Vec<Value>, member: &str, kind, class| Edit {
            pointer: format!("{properties}/{property}"),
            key: list.to_owned(),
            value: Some(json!(value)),
            location: below(list, member),
            kind,
            class,
            words: words(&format!(".{property}`"), member),
        };
        edits.push(edit(more, "more", Kind::Added, Class::Harmless));
        // An empty list says nothing: a fix takes it away.
        for index in (0..values.len()).filter(|_| values.len() > 1) {
            let mut fewer = values.clone();
            let gone = fewer.remove(index);
            let member = gone.as_str().or(gone["$ref"].as_str()).unwrap();
            let member = member.rsplit('/').next().unwrap();
            // A value that the row sends, or the one union member that takes the default.
            let sent = SENT.contains(&member) || (name, member) == ("Create", "ModelA");
            let class = near(name, if sent { Class::Breaking } else { Class::Look });
            edits.push(edit(fewer, member, Kind::Removed, class));
        }
    }
    edits
}

fn operation(id: &str, steps: Vec<Step>) -> Location {
    Location {
        root: Root::Operation(id.to_owned()),
        steps,
    }
}

/// All edits of one operation as a whole and of its parameters.
fn edits_of_operation(document: &Value, path: &str, method: &str) -> Vec<Edit> {
    let item = format!("/paths/{}", path.replace('/', "~1"));
    let object = document.pointer(&item).unwrap()[method].clone();
    let id = object["operationId"].as_str().unwrap();
    let ours = id != "listFar";
    let ours = |class| if ours { class } else { Class::Harmless };
    let words = |head: &str, item: &str| vec![head.to_owned(), format!("`{item}`")];
    let edit = |pointer: &str, key: &str, value, location, kind, class, words| Edit {
        pointer: pointer.to_owned(),
        key: key.to_owned(),
        value,
        location,
        kind,
        class,
        words,
    };
    let here = format!("{item}/{method}");
    let mut added = object.clone();
    added["operationId"] = json!("more");
    let mut edits = vec![
        edit(
            &item,
            method,
            None,
            operation(id, Vec::new()),
            Kind::Removed,
            ours(Class::Breaking),
            words("removed", id),
        ),
        edit(
            &item,
            "patch",
            Some(added),
            operation("more", Vec::new()),
            Kind::Added,
            Class::Harmless,
            words("added", "more"),
        ),
        edit(
            "/paths",
            "/moved",
            Some(json!({ method: object })),
            operation(id, Vec::new()),
            Kind::Moved,
            ours(Class::Look),
            words("moved", id),
        ),
        edit(
            &here,
            "operationId",
            Some(json!("renamed")),
            operation("renamed", vec![key("operationId")]),
            Kind::Changed,
            ours(Class::Breaking),
            words("renamed", "operationId"),
        ),
    ];
    let known: Vec<Value> = object
        .get("parameters")
        .map_or(Vec::new(), |it| it.as_array().unwrap().clone());
    for index in 0..known.len() {
        let mut fewer = known.clone();
        let name = fewer.remove(index)["name"].as_str().unwrap().to_owned();
        let member = Step::Member(format!("query {name}"));
        let used = (id, name.as_str()) == ("listThings", "limit");
        edits.push(edit(
            &here,
            "parameters",
            Some(json!(fewer)),
            operation(id, vec![key("parameters"), member]),
            Kind::Removed,
            if used {
                Class::Breaking
            } else {
                Class::Harmless
            },
            words(id, &format!("query {name}")),
        ));
    }
    for required in [false, true] {
        let mut more = known.clone();
        more.push(json!({ "name": "more", "in": "query", "required": required, "schema": {} }));
        let member = Step::Member("query more".to_owned());
        edits.push(edit(
            &here,
            "parameters",
            Some(json!(more)),
            operation(id, vec![key("parameters"), member]),
            Kind::Added,
            ours(if required {
                Class::Breaking
            } else {
                Class::Harmless
            }),
            words(id, "query more"),
        ));
    }
    edits
}

fn edits() -> Vec<Edit> {
    let document = old();
    let mut edits = Vec::new();
    for (name, it) in document["components"]["schemas"].as_object().unwrap() {
        for (property, _) in it
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            edits.extend(edits_of(&document, name, property));
        }
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, _) in item.as_object().unwrap() {
            edits.extend(edits_of_operation(&document, path, method));
        }
    }
    edits
}

fn apply(edit: &Edit, document: &mut Value) {
    if edit.kind == Kind::Moved {
        let Root::Operation(id) = &edit.location.root else {
            unreachable!()
        };
        for (_, item) in document["paths"].as_object_mut().unwrap() {
            item.as_object_mut()
                .unwrap()
                .retain(|_, it| it["operationId"] != id.as_str());
        }
    }
    let holder = document
        .pointer_mut(&edit.pointer)
        .unwrap()
        .as_object_mut()
        .unwrap();
    match &edit.value {
        Some(value) => holder.insert(edit.key.clone(), value.clone()),
        None => holder.shift_remove(&edit.key),
    };
}

fn kind(what: &ChangeKind) -> Kind {
    match what {
        ChangeKind::Added(_) => Kind::Added,
        ChangeKind::Removed(_) => Kind::Removed,
        ChangeKind::Changed(..) => Kind::Changed,
        ChangeKind::Moved(..) => Kind::Moved,
    }
}

#[test]
fn there_are_edits_of_every_kind_and_class() {
    let edits = edits();
    assert!(edits.len() > 100, "{}", edits.len());
    for kind in [Kind::Added, Kind::Removed, Kind::Changed, Kind::Moved] {
        assert!(edits.iter().any(|edit| edit.kind == kind), "{kind:?}");
    }
    for class in [Class::Breaking, Class::Look, Class::Harmless] {
        let count = edits.iter().filter(|edit| edit.class == class).count();
        assert!(count > 20, "{class:?}: {count}");
    }
}

proptest! {
    #[test]
    fn one_edit_is_one_change_of_its_class(edit in select(edits())) {
        let before = old();
        let mut after = before.clone();
        apply(&edit, &mut after);
        let diff = compared(&before, &after);
        let report = diff.report("old", "new");
        prop_assert_eq!(diff.changes.len(), 1, "{}", report);
        let judged = &diff.changes[0];
        prop_assert_eq!(&judged.change.location, &edit.location);
        prop_assert_eq!(kind(&judged.change.what), edit.kind);
        prop_assert_eq!(judged.class, edit.class, "{}", report);
        prop_assert_eq!(diff.breaks(), edit.class == Class::Breaking, "{}", report);
        let told = |line: &&str| {
            line.starts_with(&format!("- {}: ", edit.class))
                && edit.words.iter().all(|words| line.contains(words))
        };
        prop_assert!(report.lines().any(|line| told(&line)), "{:?} in\n{}", edit.words, report);
    }
}
