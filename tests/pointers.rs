//! Whatever Vapi answers can be read through the tools: every pointer into an answer brings its
//! value, if not at once, then by the calls that the remarks name.
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use crate::support::{Fixture, KEY, context, guard, members, required};
use serde_json::{Map, Value, json};
use vapi_mcp::{
    api::{Api, Limits, Token},
    call::{Outcome, call},
    catalog::{Tool, find},
    result::hide_secrets,
};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

/// More pointers than these are checked by sample.
const ALL: usize = 400;

/// A body that Vapi answers, and the tool that shows it.
struct Source {
    name: String,
    tool: &'static Tool,
    /// Each object on its own: the answer, or its rows.
    rows: Vec<Value>,
    api: Api,
    _vapi: MockServer,
}

impl Source {
    async fn new(name: &str, tool: &str, body: Value) -> Self {
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

    async fn call(&self, tool: &str, arguments: Value) -> Outcome {
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
    async fn fetch(&self, pointer: &str) -> Vec<Tree> {
        let mut trees: Vec<Tree> = self.rows.iter().map(|_| Tree::Unknown).collect();
        let mut to_follow = Vec::new();
        let mut arguments = required(self.tool);
        arguments.insert("fields".to_owned(), json!([pointer]));
        let mut row = 0;
        loop {
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
            .any(|line| line.contains(" more places are cut"));
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
    async fn check(&self) -> usize {
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
        for pointer in all.chosen() {
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

/// What is known of a value so far.
#[derive(Debug, Default)]
enum Tree {
    #[default]
    Unknown,
    /// What is neither of the others.
    Leaf(Value),
    /// Pieces by the position of their first character.
    Text(BTreeMap<usize, String>),
    List(BTreeMap<usize, Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Adds what a pointer of these steps brought. The places of marks are put into `marks`.
    fn merge(&mut self, shown: &Value, steps: &[Step], at: &str, marks: &mut Vec<String>) {
        let (step, below) = match steps.split_first() {
            Some((step, below)) => (Some(step), below),
            None => (None, steps),
        };
        match shown {
            Value::Object(map) => {
                for (key, value) in map {
                    if key == "[cut]" {
                        marks.push(at.to_owned());
                        continue;
                    }
                    let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                    self.member(key).merge(value, below, &at, marks);
                }
                if let Tree::Unknown = self {
                    *self = Tree::Object(Vec::new());
                }
            }
            Value::Array(items) => {
                let Some(first) = step.map_or(Some(0), Step::first) else {
                    // Another row has an object where this one has a list.
                    return;
                };
                if let Tree::Unknown = self {
                    *self = Tree::List(BTreeMap::new());
                }
                for (position, value) in items.iter().enumerate() {
                    let is_mark =
                        |text: &str| text.starts_with("[cut: ") && text.ends_with(" elements]");
                    if position + 1 == items.len() && value.as_str().is_some_and(is_mark) {
                        marks.push(at.to_owned());
                        continue;
                    }
                    let index = first + position;
                    self.element(index)
                        .merge(value, below, &format!("{at}/{index}"), marks);
                }
            }
            Value::String(text) => {
                let mark = text
                    .rfind(" [cut: ")
                    .filter(|_| text.ends_with(" characters]"));
                if mark.is_some() {
                    marks.push(at.to_owned());
                }
                if let Tree::Unknown = self {
                    *self = Tree::Text(BTreeMap::new());
                }
                let Tree::Text(pieces) = self else {
                    panic!("{at} was no text before: {self:?}");
                };
                let piece = text[..mark.unwrap_or(text.len())].to_owned();
                pieces.insert(step.and_then(Step::first).unwrap_or(0), piece);
            }
            other => *self = Tree::Leaf(other.clone()),
        }
    }

    fn member(&mut self, key: &str) -> &mut Tree {
        if let Tree::Unknown = self {
            *self = Tree::Object(Vec::new());
        }
        let Tree::Object(known) = self else {
            panic!("no object before: {self:?}");
        };
        let position = known.iter().position(|(name, _)| name == key);
        let position = position.unwrap_or_else(|| {
            known.push((key.to_owned(), Tree::Unknown));
            known.len() - 1
        });
        &mut known[position].1
    }

    fn element(&mut self, index: usize) -> &mut Tree {
        if let Tree::Unknown = self {
            *self = Tree::List(BTreeMap::new());
        }
        let Tree::List(known) = self else {
            panic!("no list before: {self:?}");
        };
        known.entry(index).or_default()
    }

    /// The tree at a pointer, made where it is missing.
    fn place(&mut self, pointer: &str) -> &mut Tree {
        let mut here = self;
        for step in steps(pointer) {
            here = match (here, step) {
                (here @ Tree::List(_), Step::Key(key)) => here.element(key.parse().unwrap()),
                (here, Step::Key(key)) => here.member(&key),
                (_, Step::Slice(..)) => panic!("{pointer} is more than one place"),
            };
        }
        here
    }

    fn at(&self, pointer: &str) -> Option<&Tree> {
        let mut here = self;
        for step in steps(pointer) {
            let Step::Key(key) = step else {
                panic!("{pointer} is more than one place");
            };
            here = match here {
                Tree::Object(known) => &known.iter().find(|(name, _)| *name == key)?.1,
                Tree::List(known) => known.get(&key.parse().ok()?)?,
                _ => return None,
            };
        }
        Some(here)
    }

    /// The value, put together.
    fn value(&self) -> Value {
        match self {
            Tree::Unknown => json!("nothing is known of this"),
            Tree::Leaf(value) => value.clone(),
            Tree::Text(pieces) => visible(&Value::from(
                pieces.values().map(String::as_str).collect::<String>(),
            )),
            Tree::List(known) => known.values().map(Tree::value).collect(),
            Tree::Object(known) => {
                let members = known.iter().map(|(key, tree)| (key.clone(), tree.value()));
                Value::Object(members.collect())
            }
        }
    }
}

enum Step {
    Key(String),
    Slice(usize),
}

impl Step {
    /// The first element or character that is chosen.
    fn first(&self) -> Option<usize> {
        match self {
            Step::Key(key) => key.parse().ok(),
            Step::Slice(from) => Some(*from),
        }
    }
}

fn steps(pointer: &str) -> Vec<Step> {
    let segments = pointer.split('/').skip(1);
    segments
        .map(|segment| match segment.split_once(':') {
            Some((from, to)) if to.parse::<usize>().is_ok() && from.parse::<usize>().is_ok() => {
                Step::Slice(from.parse().unwrap())
            }
            _ => Step::Key(segment.replace("~1", "/").replace("~0", "~")),
        })
        .collect()
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

/// The value without the invisible characters that are taken out of what people said.
fn visible(value: &Value) -> Value {
    let is_visible = |c: &char| !matches!(u32::from(*c), 0x202A..=0x202E | 0x2066..=0x2069 | 0x200B | 0xFEFF | 0xE_0000..=0xE_007F);
    match value {
        Value::String(text) => text.chars().filter(is_visible).collect::<String>().into(),
        Value::Array(items) => items.iter().map(visible).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), visible(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}

/// The tool that shows answers like that of another one.
fn reading(tool: &str) -> &str {
    let tool = find(tool).unwrap();
    match tool.effect {
        vapi_mcp::model::Effect::Read => tool.name,
        _ => tool.view.show_tool.unwrap().tool,
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{folder:?}: {error}"))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn every_pointer_into_a_fixture_brings_its_value() {
    let mut compared = 0;
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")) {
        let fixture = Fixture::read(&path);
        if fixture.response.status < 300 && !fixture.response.body.is_string() {
            let name = path.file_stem().unwrap().to_string_lossy();
            let body = fixture.response.body;
            let source = Source::new(&name, reading(&fixture.tool), body).await;
            compared += source.check().await;
        }
    }
    assert!(compared >= 500, "{compared} pointers");
}

/// The tool that shows the answers of files whose names start so; other answers are shown by the
/// tools for [`OTHER`].
const TOOL_OF: [(&str, &str); 9] = [
    ("assistant_get", "get_assistant"),
    ("assistant_list", "list_assistants"),
    ("assistant_post", "get_assistant"),
    ("call_get", "get_call"),
    ("call_list", "list_calls"),
    ("call_post", "get_call"),
    ("phone_number_list", "list_phone_numbers"),
    ("phone_number_", "get_phone_number"),
    ("tool_", "get_tool"),
];

/// A list and an object of an operation that is no tool.
const OTHER: [&str; 2] = ["list_tools", "get_tool"];

#[tokio::test]
async fn every_pointer_into_a_recorded_answer_brings_its_value() {
    let Some(shared) = env::var_os("VAPI_MCP_SHARED") else {
        println!("VAPI_MCP_SHARED is not set; nothing is compared");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(shared)
        .join("recorded");
    let mut compared = 0;
    for path in files(&folder) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let body: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let known = TOOL_OF.iter().find(|(start, _)| name.starts_with(start));
        let tool = known.map_or(OTHER[usize::from(!name.contains("_list"))], |(_, tool)| {
            tool
        });
        let source = Source::new(&name, tool, body).await;
        let here = source.check().await;
        println!("{name}: {here}");
        compared += here;
    }
    assert!(compared >= 2_600, "{compared} pointers");
}

/// A call with much of everything: long texts, long lists, objects with many members, keys that a
/// pointer has to escape.
fn large_call(id: &str, seconds: usize) -> Value {
    let line = |number: usize| format!("{number} said \"é\" 😀\\\n\u{202e}");
    let text = |from: usize, count: usize| (from..from + count).map(line).collect::<String>();
    let messages: Vec<Value> = (0..60)
        .map(|n| json!({ "role": "bot", "message": text(n, 1 + 2 * n), "time": n, "nested": [[n], [n, [n]]] }))
        .collect();
    let many: Map<String, Value> = (0..1_000).map(|n| (format!("m{n}"), json!(n))).collect();
    json!({
        "id": id,
        "createdAt": format!("2026-03-04T10:00:{seconds:02}.000Z"),
        "transcript": text(0, 2_500),
        "messages": messages,
        "metadata": { "a/b": { "c~d": [1, { "": "empty" }] }, "": null, "0": "zero", "many": many,
                      "~1": text(9, 2_000), "empty": [{}, [], "", false] },
        "cost": 0.014204399999999999,
        "customer": { "number": "+15550100123", "apiKey": "s3cret" },
    })
}

#[tokio::test]
async fn a_large_answer_is_put_together_from_the_calls_that_the_remarks_name() {
    let source = Source::new("large", "get_call", large_call("x", 0)).await;
    let compared = source.check().await;
    assert!(compared >= ALL / 2, "{compared} pointers");
}

#[tokio::test]
async fn a_row_of_a_page_that_has_to_be_cut_is_put_together() {
    let row = large_call("a", 0);
    let source = Source::new("page", "list_tools", json!({ "results": [row] })).await;
    for pointer in ["/transcript", "/messages"] {
        let brought = source.fetch(pointer).await[0].at(pointer).map(Tree::value);
        assert!(
            brought.as_ref() == row.pointer(pointer).map(visible).as_ref(),
            "{pointer}"
        );
    }
}

#[tokio::test]
async fn rows_of_a_list_that_have_to_be_cut_are_put_together() {
    let rows: Vec<Value> = [("c", 30), ("b", 20), ("a", 10)]
        .map(|(id, seconds)| large_call(id, seconds))
        .into();
    let source = Source::new("rows", "list_calls", json!(rows)).await;
    for pointer in ["/transcript", "/messages", "/metadata", "/cost", ""] {
        let trees = source.fetch(pointer).await;
        for (row, tree) in rows.iter().zip(trees) {
            let hidden = hide_secrets(row.pointer(pointer).unwrap().to_string().as_bytes());
            let expected = visible(&serde_json::from_str(&hidden.unwrap()).unwrap());
            let brought = tree.at(pointer).map(Tree::value);
            assert!(brought == Some(expected), "{} {pointer}", row["id"]);
        }
    }
}

#[tokio::test]
async fn a_key_that_looks_like_a_slice_or_a_star_is_found_too() {
    let call = json!({ "id": "x", "metadata": { "1:2": "a", "*": "b", ":": "c", "plain": "d" } });
    let source = Source::new("odd keys", "get_call", call.clone()).await;
    for key in ["1:2", "*", ":"] {
        let pointer = format!("/metadata/{key}");
        let arguments = json!({ "callId": "x", "fields": [pointer] });
        let outcome = source.call("get_call", arguments).await;
        let shown: Value = serde_json::from_str(&outcome.text).unwrap();
        assert_eq!(shown["metadata"][key], call["metadata"][key], "{shown}");
    }
}
