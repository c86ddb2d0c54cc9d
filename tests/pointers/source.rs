//! A body that Vapi answers, and what its pointers bring.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{KEY, context, guard, members, required};
use serde_json::{Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Outcome, call},
    catalog::{Tool, find},
    result::hide_secrets,
};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use super::tree::{Tree, steps, visible};

/// More pointers than these are checked by sample.
pub const ALL: usize = 400;

/// A body that Vapi answers, and the tool that shows it.
pub struct Source {
    name: String,
    tool: &'static Tool,
    /// Each object on its own: the answer, or its rows.
    rows: Vec<Value>,
    api: Api,
    _vapi: MockServer,
}

impl Source {
    pub async fn new(name: &str, tool: &str, body: Value) -> Self {
        let tool = find(tool).unwrap();
        let held = match tool.view.rows {
            Some(at) => body.pointer(at).unwrap(),
            None => body.get("results").unwrap_or(&body),
        };
        let rows = match (tool.view.list, held) {
            (true, Value::Array(rows)) => rows.clone(),
            _ => vec![body.clone()],
        };
        let vapi = MockServer::start().await;
        let (served, list) = (rows.clone(), tool.view.list);
        let (paged, around) = (!body.is_array(), tool.view.rows.map(|_| body.clone()));
        Mock::given(matchers::any())
            .respond_with(move |request: &Request| {
                let path: Vec<_> = request.url.path_segments().unwrap().collect();
                let found = match path.as_slice() {
                    [_] if around.is_some() => json!(around),
                    [_] if paged => json!({ "results": listed(request, &served), "metadata": {} }),
                    [_] => json!(listed(request, &served)),
                    [_, id] if list => json!(served.iter().find(|row| row["id"] == **id)),
                    _ => served[0].clone(),
                };
                ResponseTemplate::new(200).set_body_json(found)
            })
            .mount(&vapi)
            .await;
        Self {
            name: name.to_owned(),
            tool,
            rows,
            api: Api::new(vapi.uri(), Limits::default()),
            _vapi: vapi,
        }
    }

    pub async fn call(&self, tool: &str, arguments: Value) -> Outcome {
        let outcome = call(
            find(tool).unwrap(),
            members(arguments.clone()),
            context(&self.api, &Token::new(KEY).unwrap(), &guard()),
        )
        .await;
        assert!(
            !outcome.is_error,
            "{} {arguments}: {}",
            self.name, outcome.text
        );
        let length = outcome.text.len() + outcome.remarks.iter().map(String::len).sum::<usize>();
        assert!(
            length <= 45_000,
            "{} {arguments}: {length} bytes",
            self.name
        );
        outcome
    }

    /// What a pointer brings of every row, all cuts followed.
    pub async fn fetch(&self, pointer: &str) -> Vec<Tree> {
        let mut trees: Vec<Tree> = self.rows.iter().map(|_| Tree::Unknown).collect();
        let mut to_follow = Vec::new();
        let mut arguments = required(self.tool);
        arguments.insert("fields".to_owned(), json!([pointer]));
        let mut row = 0;
        for page in 0.. {
            assert!(
                page <= self.rows.len(),
                "{} {pointer}: the cursors have no end",
                self.name
            );
            let outcome = self
                .call(self.tool.name, Value::from(arguments.clone()))
                .await;
            let shown: Value = serde_json::from_str(&outcome.text).unwrap();
            let shown = match (self.tool.view.list, shown) {
                (true, Value::Array(rows)) => rows,
                (_, one) => vec![one],
            };
            let mut marks = Vec::new();
            for shown in shown {
                let mut found = Vec::new();
                let known = self
                    .rows
                    .get(row)
                    .unwrap_or_else(|| panic!("{}: row {row}", self.name));
                trees[row].merge(
                    &ours_removed(shown, known, self.tool),
                    &steps(pointer),
                    "",
                    &mut found,
                );
                marks.extend(found.into_iter().map(|at| (row, at)));
                row += 1;
            }
            to_follow.extend(self.following(&outcome, &marks));
            let next = outcome
                .remarks
                .iter()
                .find_map(|line| line.split_once("with cursor \"")?.1.split('"').next());
            let Some(cursor) = next else {
                break;
            };
            arguments.insert("cursor".to_owned(), json!(cursor));
        }
        assert_eq!(row, self.rows.len(), "{} {pointer}: rows", self.name);
        let mut calls = 0;
        while let Some(Follow {
            row,
            tool,
            arguments,
            whole,
        }) = to_follow.pop()
        {
            calls += 1;
            assert!(
                calls < 5_000,
                "{} {pointer}: {arguments} does not end",
                self.name
            );
            let pointer = arguments["fields"][0].as_str().unwrap().to_owned();
            if whole {
                *trees[row].place(&pointer) = Tree::Unknown;
            }
            let outcome = self.call(tool, arguments).await;
            let shown: Value = serde_json::from_str(&outcome.text).unwrap();
            let mut found = Vec::new();
            let shown = ours_removed(shown, &self.rows[row], self.tool);
            trees[row].merge(&shown, &steps(&pointer), "", &mut found);
            let marks: Vec<_> = found.into_iter().map(|at| (row, at)).collect();
            to_follow.extend(self.following(&outcome, &marks));
        }
        trees
    }

    /// The calls that bring what is marked as cut: those of the remarks, and where these say that
    /// there are more places, the places themselves.
    fn following(&self, outcome: &Outcome, marks: &[(usize, String)]) -> Vec<Follow> {
        let mut follow = Vec::new();
        let mut told = BTreeSet::new();
        for line in outcome
            .remarks
            .iter()
            .filter(|line| line.starts_with("Cut: "))
        {
            let call = line.rsplit_once("; ").unwrap().1;
            let call = call
                .strip_suffix(" returns them.")
                .unwrap_or_else(|| panic!("{line}"));
            let (tool, arguments) = call.split_once(" with ").unwrap();
            let arguments: Value = serde_json::from_str(arguments).unwrap();
            let tool = find(tool).unwrap();
            let row = self.row_of(&arguments, tool);
            let pointer = arguments["fields"][0].as_str().unwrap();
            let at = pointer.rsplit_once('/').unwrap().0.to_owned();
            assert!(
                marks.contains(&(row, at.clone())),
                "{}: {line} is about another place than {marks:?}",
                self.name
            );
            told.insert((row, at));
            follow.push(Follow {
                row,
                tool: tool.name,
                arguments,
                whole: false,
            });
        }
        let more = outcome
            .remarks
            .iter()
            .any(|line| line.contains(" more values are truncated"));
        for (row, at) in marks.iter().filter(|mark| !told.contains(mark)) {
            assert!(
                more,
                "{}: nothing tells of the cut at {at}: {:?}",
                self.name, outcome.remarks
            );
            let shows_one = self.tool.view.show_tool.filter(|_| self.tool.view.list);
            let (tool, arg) = match shows_one {
                Some(rest) => (find(rest.tool).unwrap(), rest.arg),
                None => (self.tool, self.tool.args[0].name),
            };
            let id = self.rows[*row]["id"].as_str().unwrap_or("x");
            let arguments = json!({ arg: id, "fields": [at] });
            follow.push(Follow {
                row: *row,
                tool: tool.name,
                arguments,
                whole: true,
            });
        }
        follow
    }

    /// The row that a call is about.
    fn row_of(&self, arguments: &Value, tool: &Tool) -> usize {
        if !self.tool.view.list {
            return 0;
        }
        let id = &arguments[tool.args[0].name];
        let row = self.rows.iter().position(|row| row["id"] == *id);
        row.unwrap_or_else(|| panic!("{}: no row has the id of {arguments}", self.name))
    }

    /// Fetches the pointers and compares what they bring; returns how many values were compared.
    pub async fn check(&self) -> usize {
        self.check_every(1).await
    }

    /// Does so with only one of so many pointers.
    pub async fn check_every(&self, step: usize) -> usize {
        let hidden: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                serde_json::from_str(&hide_secrets(row.to_string().as_bytes()).unwrap()).unwrap()
            })
            .collect();
        let mut all = Pointers::default();
        for row in &self.rows {
            all.collect(row, "");
        }
        let mut compared = 0;
        for pointer in all.chosen().into_iter().step_by(step) {
            let trees = self.fetch(&pointer).await;
            for (row, tree) in hidden.iter().zip(trees) {
                let Some(expected) = row.pointer(&pointer) else {
                    continue;
                };
                let brought = tree.at(&pointer).map(Tree::value);
                assert!(
                    brought.as_ref() == Some(&visible(expected)),
                    "{} {pointer}: {} and not {}",
                    self.name,
                    brought.map_or("nothing".to_owned(), |value| short(&value)),
                    short(expected)
                );
                compared += 1;
            }
        }
        compared
    }
}

/// A call that brings what was cut of a row; all of its place, or what is missing there.
struct Follow {
    row: usize,
    tool: &'static str,
    arguments: Value,
    whole: bool,
}

/// The pointers of an answer, and those of them that lead to containers of scalars.
#[derive(Default)]
struct Pointers {
    all: Vec<String>,
    seen: BTreeSet<String>,
    parents: BTreeSet<String>,
}

impl Pointers {
    fn collect(&mut self, value: &Value, at: &str) {
        if self.seen.insert(at.to_owned()) {
            self.all.push(at.to_owned());
        }
        let below: Vec<(String, &Value)> = match value {
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
                .collect(),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, value)| (index.to_string(), value))
                .collect(),
            _ => return,
        };
        for (key, value) in below {
            if !value.is_object() && !value.is_array() {
                self.parents.insert(at.to_owned());
            }
            self.collect(value, &format!("{at}/{key}"));
        }
    }

    /// All, or every container of scalars and a sample of the others.
    fn chosen(self) -> Vec<String> {
        if self.all.len() <= ALL {
            return self.all;
        }
        let step = self.all.len() / (ALL - 50);
        let sample = self.all.iter().step_by(step).cloned();
        let chosen: BTreeSet<String> = sample.chain(self.parents).collect();
        chosen.into_iter().collect()
    }
}

/// The rows that a list request asks for, as Vapi answers it.
fn listed<'a>(request: &Request, rows: &'a [Value]) -> Vec<&'a Value> {
    let query: BTreeMap<_, _> = request.url.query_pairs().into_owned().collect();
    let limit = query["limit"].parse().unwrap();
    rows.iter()
        .filter(
            |row| match (query.get("createdAtLe"), row["createdAt"].as_str()) {
                (Some(until), Some(time)) => time <= until.as_str(),
                _ => true,
            },
        )
        .take(limit)
        .collect()
}

/// The shown object without the names that the row adds.
fn ours_removed(mut shown: Value, known: &Value, tool: &Tool) -> Value {
    if let Value::Object(shown) = &mut shown {
        for added in tool.view.add {
            if known.get(added.name).is_none_or(Value::is_null) {
                shown.shift_remove(added.name);
            }
        }
    }
    shown
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}
