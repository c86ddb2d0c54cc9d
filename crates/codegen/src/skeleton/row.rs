//! Writes the row of a new tool.

use model::{Effect, Page};
use serde_json::{Value, json};

use super::{
    argument::{Argument, Target},
    draft::Draft,
    name,
    sources::Sources,
};
use crate::{
    catalog::location::{escaped, step},
    document::Operation,
    lint::UNWRITTEN,
    operations::{Dial, Row},
    table::ArgRow,
};

/// The properties that rows of a list show, if the document declares them.
pub(super) const SHOWN: [&str; 7] = [
    "id",
    "name",
    "type",
    "status",
    "number",
    "createdAt",
    "updatedAt",
];

/// The locations that `[tool.dial]` must have; those that are elements of lists cannot be named there,
/// except the destinations. `None` if one of the keys would be empty.
pub(super) fn dialed(facts: Option<&Row>) -> Option<[(&'static str, Vec<&String>); 4]> {
    let dial: &Dial = facts?.dial.as_ref()?;
    let single = |list| -> Vec<&String> {
        let list: &Vec<String> = list;
        list.iter().filter(|at| !at.contains('*')).collect()
    };
    let keys = [
        ("to", dial.to.iter().collect()),
        ("speaker", single(&dial.who)),
        ("from", single(&dial.from)),
        ("when", single(&dial.when)),
    ];
    keys.iter()
        .all(|(_, list)| !list.is_empty())
        .then_some(keys)
}

impl Draft<'_> {
    /// The row, as TOML. It starts with an empty line.
    pub(super) fn row(&self, sources: Sources<'_>) -> String {
        let does = self.facts.map_or("", |facts| facts.does.as_str());
        let mut lines = vec![
            String::new(),
            "[[tool]]".to_owned(),
            entry("name", &json!(self.name)),
            entry("title", &json!(name::title(&self.name))),
            entry("operation", &json!(self.operation.id)),
            entry("effect", &json!(self.effect.name())),
            entry("description", &json!(format!("{UNWRITTEN}: {does}"))),
        ];
        let mut section = |name: &str, entries: Vec<String>| {
            if !entries.is_empty() {
                lines.extend([String::new(), format!("[tool.{name}]")]);
                lines.extend(entries);
            }
        };
        section("args", self.args.iter().map(argument).collect());
        let why = self.facts.and_then(|facts| facts.why.clone());
        let why = why
            .unwrap_or_else(|| format!("{UNWRITTEN}: the reason why this request calls nobody."));
        let reasons = self.not_dialed.iter();
        section(
            "not_dialed",
            reasons.map(|at| entry(&text(at), &json!(why))).collect(),
        );
        section("dial", self.dial(sources));
        section("result", self.result(sources));
        lines.push(String::new());
        lines.join("\n")
    }

    fn dial(&self, sources: Sources<'_>) -> Vec<String> {
        let facts = self.facts.filter(|_| self.effect == Effect::Dial);
        let Some(dial) = facts.and_then(|facts| facts.dial.as_ref()) else {
            return Vec::new();
        };
        let keys = &sources.supplement.operations.destination;
        let mut entries = vec![
            entry("number", &json!(keys.number)),
            entry("extension", &json!(keys.extension)),
            entry("sip", &json!(keys.sip)),
            entry("e164_check", &json!(keys.exempt)),
        ];
        for (key, list) in dialed(facts).into_iter().flatten() {
            entries.push(entry(key, &json!(list)));
        }
        for (key, list) in [
            ("by_id", &dial.unseen),
            ("many_by_id", &dial.unseen_many),
            ("transport", &dial.transport),
            ("content", &dial.content),
            ("given", &dial.given),
        ] {
            if !list.is_empty() {
                entries.push(entry(key, &json!(list)));
            }
        }
        if let Some(instead) = &dial.instead {
            entries.push(entry("instead", &json!(instead)));
        }
        if let Some(most) = dial.most {
            entries.push(entry("most", &json!(most)));
        }
        entries
    }

    fn result(&self, sources: Sources<'_>) -> Vec<String> {
        let mut entries = Vec::new();
        let document = sources.document;
        let declares = |name: &str| step(document, &self.answer.schemas, name).is_some();
        if let Some(rows) = &self.answer.rows {
            entries.push(entry("rows", &json!(rows)));
        }
        let parameters = document.parameters(self.operation);
        let takes = |name| {
            parameters
                .iter()
                .any(|it| it.place == "query" && it.name == name)
        };
        let pages = self.answer.list && self.answer.rows.is_none();
        if let Some(page) = sources.page().filter(|page| {
            let at = page.at.trim_start_matches('/');
            pages && declares(at) && takes(page.until) && takes(page.limit)
        }) {
            let page = json!({ "at": page.at, "until": page.until, "limit": page.limit });
            entries.push(entry("page", &page));
        }
        if let Some((tool, arg)) = self.shown_by(sources) {
            entries.push(entry("show_tool", &json!({ "tool": tool, "arg": arg })));
        }
        let keep: Vec<_> = SHOWN.into_iter().filter(|name| declares(name)).collect();
        let is_whole = self.operation.method == "get" && !self.answer.list;
        if !is_whole && !keep.is_empty() {
            let keep: Vec<_> = keep.iter().map(|name| format!("/{name}")).collect();
            entries.push(entry("keep", &json!(keep)));
        }
        entries
    }

    /// The tool that shows one object of the collection, and its argument for the id.
    fn shown_by<'b>(&self, sources: Sources<'b>) -> Option<(&'b str, &'b str)> {
        let is_whole = self.operation.method == "get" && !self.answer.list;
        let path = self.operation.path.trim_end_matches("/{id}");
        let one = format!("{path}/{{id}}");
        let mut rows = sources.table.rows.iter().map(|located| &located.row);
        let row = rows.find(|row| {
            let operation = sources.document.operation(&row.operation);
            let shows = |it: Operation<'_>| it.method == "get" && it.path == one;
            operation.is_some_and(shows) && row.wait.is_none()
        })?;
        let by_id = |arg: &ArgRow| arg.path.is_some();
        let (arg, _) = row.args.iter().find(|(_, arg)| by_id(arg.get_ref()))?;
        (!is_whole).then_some((row.name.as_str(), arg.as_str()))
    }
}

impl<'a> Sources<'a> {
    /// How existing rows page lists by time.
    fn page(self) -> Option<&'a Page> {
        let mut rows = self.table.rows.iter();
        rows.find_map(|located| located.row.result.page)
    }
}

fn argument(arg: &Argument) -> String {
    let (key, to) = match &arg.target {
        Target::Path(name) => ("path", name.clone()),
        Target::Query(name) => ("query", name.clone()),
        Target::Body(name) => ("body", format!("/{}", escaped(name))),
    };
    let own = [(key.to_owned(), json!(to))];
    let description = [("description".to_owned(), json!(arg.description))];
    let keys = arg.keys.clone();
    let value = own.into_iter().chain(keys).chain(description).collect();
    entry(&arg.name, &Value::Object(value))
}

fn entry(key: &str, value: &Value) -> String {
    format!("{key} = {}", inline(value))
}

/// A value in one line of TOML, which has no null.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entries = map.iter().filter(|(_, value)| !value.is_null());
            let entries: Vec<_> = entries.map(|(key, value)| entry(key, value)).collect();
            match entries.is_empty() {
                true => "{}".to_owned(),
                false => format!("{{ {} }}", entries.join(", ")),
            }
        }
        Value::Array(list) => {
            let elements: Vec<_> = list.iter().map(inline).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::String(it) => text(it),
        other => other.to_string(),
    }
}

/// A text in quotation marks.
fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}
