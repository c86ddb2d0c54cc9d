//! What the sandbox answers (`spec/sandbox.toml`), and the excerpt of the document that it needs:
//! all operations, and the schemas of the bodies and queries of those that it answers.

use std::{collections::BTreeSet, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use toml::Spanned;

use crate::{
    document::{Document, Operation, object},
    problem::Problem,
    spec::{self, line},
    structure::{Kind, visit},
};

/// The path of an object below that of its collection.
const OBJECT: &str = "/{id}";

/// The operations of a collection: the path below its own, and the methods.
const OPERATIONS: [(&str, &[&str]); 2] = [
    ("", &["get", "post"]),
    (OBJECT, &["get", "patch", "delete"]),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The paths of the collections that the sandbox keeps.
    kept: Vec<Spanned<String>>,
    /// The paths of other operations that it answers from these collections.
    #[serde(default)]
    answered: Vec<Spanned<String>>,
}

/// What the sandbox answers.
#[derive(Clone, Debug, Default)]
pub struct Sandbox {
    file: String,
    paths: Vec<Answered>,
}

#[derive(Clone, Debug)]
struct Answered {
    path: String,
    line: usize,
    is_kept: bool,
}

impl Sandbox {
    /// Reads the file.
    pub fn read(file: &Path) -> Result<Self, Vec<Problem>> {
        let name = file.display().to_string();
        let text = spec::read(file)?;
        let read: File = spec::parse(&name, &text)?;
        let paths = [(read.kept, true), (read.answered, false)]
            .into_iter()
            .flat_map(|(paths, is_kept)| paths.into_iter().map(move |path| (path, is_kept)))
            .map(|(path, is_kept)| Answered {
                line: line(&text, path.span().start),
                path: path.into_inner(),
                is_kept,
            })
            .collect();
        let sandbox = Self { file: name, paths };
        let mut known = BTreeSet::new();
        let twice = sandbox.paths.iter().filter(|it| !known.insert(&it.path));
        let problems: Vec<_> = twice
            .map(|it| sandbox.problem(it, format!("`{}` occurs twice", it.path)))
            .collect();
        if problems.is_empty() {
            Ok(sandbox)
        } else {
            Err(problems)
        }
    }

    /// The operations that it answers but the document does not have; the first of each path.
    pub fn problems(&self, document: &Document) -> Vec<Problem> {
        let all = || document.operations().map(|operation| operation.path);
        self.paths
            .iter()
            .filter_map(|answered| {
                let path = &answered.path;
                let missing = match answered.is_kept {
                    true => missing(document, path)?,
                    false if all().any(|known| known == path) => return None,
                    false => path.clone(),
                };
                let problem = format!("the document has no `{missing}`");
                let problem = self.problem(answered, problem);
                Some(match all().any(|known| known == path) {
                    true => problem,
                    false => problem.near(path, all()),
                })
            })
            .collect()
    }

    fn problem(&self, at: &Answered, reason: String) -> Problem {
        Problem::new(&self.file, reason).at_line(at.line)
    }

    /// Whether it answers operations with this path.
    fn answers(&self, path: &str) -> bool {
        let path = path.strip_suffix(OBJECT).unwrap_or(path);
        self.paths.iter().any(|answered| answered.path == path)
    }

    /// The excerpt of the document as JSON: `operations`, a list of `method`, `path`, and for those
    /// that it answers `query` and `body`, schemas; and `schemas`, those that these refer to, by
    /// name.
    pub fn excerpt(&self, document: &Document) -> String {
        let mut bare = document.value().clone();
        visit(Kind::Document, &mut bare, &mut |kind, object| {
            if kind == Kind::Schema {
                object.retain(|key, _| KEYWORDS.contains(&key.as_str()));
            }
        });
        let bare = Document::from_value(bare);
        let mut named = BTreeSet::new();
        let operations: Vec<_> = bare
            .operations()
            .map(|operation| {
                let answered = self.answers(operation.path);
                described(&bare, operation, answered, &mut named)
            })
            .collect();
        let schemas: Map<_, _> = named
            .into_iter()
            .filter_map(|name| {
                let schema = bare.target(&format!("{SCHEMAS}{name}"))?.clone();
                Some((name, schema))
            })
            .collect();
        json!({ "operations": operations, "schemas": schemas }).to_string()
    }
}

/// The schema by which the sandbox validates a value.
const KEYWORDS: [&str; 16] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "enum",
    "format",
    "items",
    "maxLength",
    "maximum",
    "minLength",
    "minimum",
    "nullable",
    "oneOf",
    "properties",
    "required",
    "type",
];

const SCHEMAS: &str = "#/components/schemas/";

/// The first operation of a collection that the document does not have.
fn missing(document: &Document, collection: &str) -> Option<String> {
    OPERATIONS.iter().find_map(|(below, methods)| {
        let path = format!("{collection}{below}");
        let is_missing = |method: &&&str| {
            let mut all = document.operations();
            !all.any(|operation| operation.path == path && operation.method == **method)
        };
        let method = methods.iter().find(is_missing)?;
        Some(format!("{} {path}", method.to_uppercase()))
    })
}

fn described(
    document: &Document,
    operation: Operation<'_>,
    answered: bool,
    named: &mut BTreeSet<String>,
) -> Value {
    let mut described = json!({ "method": operation.method, "path": operation.path });
    let Some(members) = described.as_object_mut().filter(|_| answered) else {
        return described;
    };
    let query: Map<_, _> = document
        .parameters(operation)
        .into_iter()
        .filter(|parameter| parameter.place == "query")
        .filter_map(|parameter| Some((parameter.name.to_owned(), parameter.schema?.clone())))
        .collect();
    members.insert(
        "query".to_owned(),
        json!({ "type": "object", "properties": query }),
    );
    let body = document
        .body(operation)
        .and_then(|body| body.pointer("/content/application~1json/schema"));
    if let Some(body) = body {
        collect(document, body, named);
        members.insert("body".to_owned(), body.clone());
    }
    described
}

/// Adds the names of all schemas that this one refers to, directly or indirectly.
fn collect(document: &Document, schema: &Value, named: &mut BTreeSet<String>) {
    let target = schema.get("$ref").and_then(Value::as_str);
    if let Some(name) = target.and_then(|target| target.strip_prefix(SCHEMAS))
        && named.insert(name.to_owned())
        && let Some(schema) = document.target(&format!("{SCHEMAS}{name}"))
    {
        collect(document, schema, named);
    }
    let lists = ["allOf", "anyOf", "oneOf"].into_iter();
    let below = lists
        .filter_map(|key| schema.get(key)?.as_array())
        .flatten()
        .chain(object(schema.get("properties")).map(|(_, schema)| schema))
        .chain(schema.get("items"))
        .chain(schema.get("additionalProperties"));
    for schema in below {
        collect(document, schema, named);
    }
}
