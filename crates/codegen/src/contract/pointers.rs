//! The pointers that rows name, and whether the responses have values there.

use std::collections::BTreeMap;

use model::View;
use serde_json::Value;

use super::answer::base;
use crate::{
    answers::Answers,
    catalog::location::{escaped, segments},
    document::Document,
    supplement::Supplement,
    table::LocatedRow,
};

/// The pointers of one row.
#[derive(Clone, Debug)]
pub(super) struct RowPointers {
    /// The file and line of the row, and its name.
    pub(super) row: String,
    source: Source,
    /// Each with whether a response had a value there.
    pointers: BTreeMap<String, bool>,
    /// The number of objects in which they were looked for.
    pub(super) objects: usize,
}

/// The responses that a row is about.
#[derive(Clone, Debug)]
enum Source {
    /// Those of the operation with this address; the pointers are below a base.
    Answer(String, String),
    /// Objects that the operations of this path list and show.
    Objects(String),
}

impl RowPointers {
    /// The pointers of all rows.
    pub(super) fn of(
        document: &Document,
        rows: &[LocatedRow],
        supplement: &Supplement,
    ) -> Vec<Self> {
        let Supplement {
            answers,
            operations,
            ..
        } = supplement;
        let tools = rows
            .iter()
            .flat_map(|located| tool(document, located, answers));
        let mut stored: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut shown = Vec::new();
        for (address, row) in operations.rows() {
            let (_, path) = address.split_once(' ').unwrap_or_default();
            let dial = row.dial.iter();
            let dial = dial.flat_map(|it| [&it.to, &it.unseen, &it.who, &it.from, &it.when]);
            let places = [&row.stored, &row.stored_unseen, &row.own, &row.agents];
            let places = places.into_iter().chain(dial).flatten();
            let places = places.filter(|pointer| !pointer.is_empty()).cloned();
            let stored = stored.entry(collection(path)).or_default();
            stored.extend(places);
            if row.agents.iter().any(String::is_empty) {
                let agent = body_name(document, address);
                let agent = agent.and_then(|name| operations.agent(name));
                stored.extend(agent.into_iter().flat_map(|it| it.stored.iter().cloned()));
            }
            if let Some(at) = &row.merge_at {
                let by = row.merge_from.clone();
                let by = by.unwrap_or_else(|| format!("GET {path}"));
                let name = format!("{}, `{address}`, `merge_at`", operations.file());
                let source = Source::Answer(by, String::new());
                shown.push(Self::new(name, source, [at.clone()]));
            }
        }
        let stored = stored.into_iter().map(|(path, places)| {
            let name = format!("{}, operations of `{path}`", operations.file());
            Self::new(name, Source::Objects(path.to_owned()), places)
        });
        let all = tools.chain(stored).chain(shown);
        all.filter(|row| !row.pointers.is_empty()).collect()
    }

    fn new(row: String, source: Source, pointers: impl IntoIterator<Item = String>) -> Self {
        let pointers = pointers.into_iter().map(|pointer| (pointer, false));
        Self {
            row,
            source,
            pointers: pointers.collect(),
            objects: 0,
        }
    }

    /// Looks for the pointers in a response to the operation with this address.
    pub(super) fn look(&mut self, address: &str, answer: &Value, objects: &[&Value]) {
        let (_, path) = address.split_once(' ').unwrap_or_default();
        let mut at_base = Vec::new();
        let objects = match &self.source {
            Source::Answer(of, base) if of == address => {
                at_base.push(answer);
                descend(&mut at_base, base);
                at_base.as_slice()
            }
            Source::Objects(of) if of == collection(path) => objects,
            _ => return,
        };
        self.objects = self.objects.saturating_add(objects.len());
        for (pointer, is_found) in &mut self.pointers {
            *is_found = *is_found || objects.iter().any(|object| has(object, pointer));
        }
    }

    /// The pointers that no response had, if there were any responses.
    pub(super) fn absent(&self) -> Vec<&str> {
        let absent = self.pointers.iter().filter(|(_, is_found)| !**is_found);
        let absent = absent.filter(|_| self.objects > 0);
        absent.map(|(pointer, _)| pointer.as_str()).collect()
    }
}

/// The pointers of a tool: those into its response, if it reads, and those to destinations in its
/// body, which are looked for in the stored objects.
fn tool(document: &Document, located: &LocatedRow, answers: &Answers) -> Vec<RowPointers> {
    let row = &located.row;
    let Some(operation) = document.operation(&row.operation) else {
        return Vec::new();
    };
    let name = format!("{}:{}, tool `{}`", located.file, located.line, row.name);
    let mut pointers = Vec::new();
    if operation.method == "get" {
        let view = match row.same_result_as {
            Some(_) => View::WHOLE,
            None => row.result,
        };
        let args = row.args.values().map(|arg| arg.get_ref());
        let args = args.flat_map(|arg| {
            let search = arg.search.iter().flat_map(|it| it.at.iter().chain(it.keep));
            arg.filter.as_deref().into_iter().chain(search.copied())
        });
        let wait = row.wait.iter().flat_map(|wait| {
            let delayed = wait.delayed.iter();
            let delayed = delayed.flat_map(|it| [it.at, it.requires, it.since]);
            let scheduled = wait.scheduled.iter().map(|it| it.at);
            [wait.until.at].into_iter().chain(delayed).chain(scheduled)
        });
        let named = args.chain(wait).map(str::to_owned);
        let source = Source::Answer(operation.address(), base(document, located, operation));
        // By its id, another tool shows an object of the response.
        let id = row.result.show_tool.map(|_| answers.id_pointer());
        let all = shown(&view).into_iter().chain(named).chain(id);
        pointers.push(RowPointers::new(name.clone(), source, all));
    }
    if let Some(dial) = &row.dial {
        let source = Source::Objects(collection(operation.path).to_owned());
        let places = [dial.to, dial.by_id, dial.speaker, dial.from, dial.when];
        let places = places.concat().into_iter().map(str::to_owned);
        pointers.push(RowPointers::new(name, source, places));
    }
    pointers
}

/// The name of the schema of an operation's body.
fn body_name<'a>(document: &'a Document, address: &str) -> Option<&'a str> {
    let mut operations = document.operations();
    let operation = operations.find(|operation| operation.address() == address)?;
    let body = document.body(operation)?;
    let reference = body.pointer("/content/application~1json/schema/$ref")?;
    Some(reference.as_str()?.rsplit_once('/')?.1)
}

/// The pointers into a response that a view names.
fn shown(view: &View) -> Vec<String> {
    let added = view.add.iter().flat_map(|added| {
        let keys = added.keep.into_iter().flatten();
        let below = keys.map(|key| format!("{}/{}", added.at, escaped(key)));
        below.chain([added.at.to_owned()])
    });
    let revealed = view.reveal.iter().map(|key| format!("/{}", escaped(key)));
    let derived = view.derive.iter().flat_map(|it| [it.from, it.to]);
    let kept = view.keep.into_iter().flatten().copied();
    let one = view.explain.into_iter().chain(view.page.map(|it| it.at));
    let plain = kept.chain(view.truncate_last.iter().copied());
    let plain = plain.chain(derived).chain(one).map(str::to_owned);
    plain.chain(added).chain(revealed).collect()
}

/// A path without the parameter of a single object: `/call` for `/call/{id}`.
fn collection(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((above, last)) if last.starts_with('{') => above,
        _ => path,
    }
}

/// Whether there is a value other than null at a pointer.
fn has(value: &Value, pointer: &str) -> bool {
    let mut here = vec![value];
    descend(&mut here, pointer);
    here.iter().any(|value| !value.is_null())
}

/// Replaces values by those at a pointer below them.
fn descend(here: &mut Vec<&Value>, pointer: &str) {
    for segment in segments(pointer) {
        *here = here
            .iter()
            .flat_map(|value| match (*value, segment.as_str()) {
                (Value::Array(elements), "*") => elements.iter().collect(),
                (Value::Object(members), "*") => members.values().collect(),
                (Value::Array(elements), index) => {
                    let index = index.parse().ok();
                    index
                        .and_then(|it: usize| elements.get(it))
                        .into_iter()
                        .collect()
                }
                (value, name) => value.get(name).into_iter().collect::<Vec<_>>(),
            })
            .collect();
    }
}
