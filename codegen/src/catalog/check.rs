//! The check of the rows: against the document, against each other, against the lint.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    At, Catalog, CheckedArg, Tool, face,
    place::{answer_schema, body_schema, descend, is_upload, property_names},
};
use crate::{
    client::rust_name,
    document::{Document, Operation, object},
    lint,
    lower::lower,
    problem::Problem,
    table::{Arg, Effect, Place, Placed, Row, Table},
};

/// Checks every row against the document whose bugs are mended, and all rows against each other.
pub fn check(document: &Document, table: Table) -> Result<Catalog, Vec<Problem>> {
    let mut problems = repeated_names(&table.rows);
    let mut tools = Vec::new();
    let mut stale = Vec::new();
    for placed in table.rows {
        let mut checker = Checker {
            document,
            file: placed.file,
            line: placed.line,
            row: placed.row.name.clone(),
            problems: Vec::new(),
            stale: Vec::new(),
        };
        if let Some(tool) = checker.tool(placed.row) {
            tools.push(tool);
        }
        problems.append(&mut checker.problems);
        stale.append(&mut checker.stale);
    }
    if problems.is_empty() {
        Ok(Catalog {
            instructions: table.instructions,
            tools,
            stale,
        })
    } else {
        Err(problems)
    }
}

fn repeated_names(rows: &[Placed]) -> Vec<Problem> {
    let mut first: HashMap<&str, &Placed> = HashMap::new();
    let mut problems = Vec::new();
    for placed in rows {
        if let Some(earlier) = first.insert(&placed.row.name, placed) {
            problems.push(
                Problem::new(&placed.file, "the name is taken")
                    .at_line(placed.line)
                    .in_row(&placed.row.name)
                    .remedy(format!(
                        "the row at {}:{} has it; give one of them another name",
                        earlier.file, earlier.line
                    )),
            );
        }
    }
    problems
}

/// The check of one row.
struct Checker<'a> {
    document: &'a Document,
    file: String,
    line: usize,
    row: String,
    problems: Vec<Problem>,
    stale: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn problem(&self, place: impl Into<String>, reason: impl Into<String>) -> Problem {
        Problem::new(&self.file, reason)
            .at_line(self.line)
            .in_row(&self.row)
            .at(place)
    }

    fn fault(&mut self, place: impl Into<String>, reason: impl Into<String>) {
        let problem = self.problem(place, reason);
        self.problems.push(problem);
    }

    fn tool(&mut self, row: Row) -> Option<Tool> {
        let operation = self.operation(&row)?;
        self.effect(&row, operation);
        let body = body_schema(self.document, operation);
        let args: Vec<_> = row
            .args
            .iter()
            .filter_map(|(name, arg)| self.arg(name, arg, operation, body.as_deref()))
            .collect();
        self.places_taken_once(&args);
        self.names_taken_once(&args);
        self.path_is_filled(operation, &args);
        if row.open && body.is_none() {
            self.fault(
                "`open`",
                "the operation has no body to pass properties on to",
            );
        }
        let list = self.view(&row, operation);
        let face = face(&row, &args);
        for fault in lint::tool(&face) {
            self.fault("public face", fault);
        }
        Some(Tool {
            method: rust_name(operation.id),
            body_properties: body
                .as_ref()
                .filter(|_| row.open)
                .map(|body| {
                    property_names(body)
                        .into_iter()
                        .map(str::to_owned)
                        .collect()
                })
                .unwrap_or_default(),
            has_body: body.is_some(),
            row,
            args,
            list,
            face,
        })
    }

    fn operation(&mut self, row: &Row) -> Option<Operation<'a>> {
        let found = self.document.operation(&row.operation);
        match found {
            None => {
                let ids = self.document.operations().map(|operation| operation.id);
                let problem = self
                    .problem(
                        "`operation`",
                        format!("the document has no operation `{}`", row.operation),
                    )
                    .near(&row.operation, ids);
                self.problems.push(problem);
            }
            Some(operation) if is_upload(operation) => {
                self.fault(
                    "`operation`",
                    format!(
                        "`{}` takes no JSON body, and the client leaves it out",
                        row.operation
                    ),
                );
                return None;
            }
            Some(_) => {}
        }
        found
    }

    fn effect(&mut self, row: &Row, operation: Operation<'_>) {
        let (fits, wanted) = match row.effect {
            Effect::Read => (operation.method == "get", "write"),
            Effect::Delete => (operation.method == "delete", "write"),
            Effect::Write | Effect::Dial => (operation.method != "get", "read"),
        };
        if !fits {
            let problem = self
                .problem(
                    "`effect`",
                    format!(
                        "`{}` is a {}, which does not go with this effect",
                        row.operation,
                        operation.method.to_uppercase()
                    ),
                )
                .remedy(format!("`effect = \"{wanted}\"` may be meant"));
            self.problems.push(problem);
        }
    }

    fn arg(
        &mut self,
        name: &str,
        arg: &Arg,
        operation: Operation<'a>,
        body: Option<&[&'a Value]>,
    ) -> Option<CheckedArg> {
        let place = format!("argument `{name}`");
        let at = match (&arg.path, &arg.query, &arg.body) {
            (Some(path), None, None) => At::Path(path.clone()),
            (None, Some(query), None) => At::Query(query.clone()),
            (None, None, Some(body)) => At::Body(body.clone()),
            _ => {
                let problem = self
                    .problem(&place, "it must fill exactly one place")
                    .remedy("give one of `path`, `query` and `body`");
                self.problems.push(problem);
                return None;
            }
        };
        let target = match &at {
            At::Path(parameter) => self.parameter(&place, operation, "path", parameter)?,
            At::Query(parameter) => self.parameter(&place, operation, "query", parameter)?,
            At::Body(pointer) => {
                let Some(body) = body else {
                    self.fault(&place, format!("`{}` has no body", operation.id));
                    return None;
                };
                self.pointer(&place, body, pointer)?
            }
        };
        for pointer in arg.beside.keys() {
            match (&at, body) {
                (At::Body(_), Some(body)) => {
                    self.pointer(format!("{place}, `beside`"), body, pointer);
                }
                _ => self.fault(&place, "`beside` goes with `body` alone"),
            }
        }
        let date_time = target
            .iter()
            .any(|schema| schema.get("format") == Some(&json!("date-time")));
        let schema = match &arg.schema {
            Some(stated) => {
                self.stated(&place, stated, &target);
                stated.clone()
            }
            None => lower(self.document, &target),
        };
        if schema.get("type").is_none() {
            let problem = self
                .problem(&place, "the document gives its place no single type")
                .remedy("state `schema`");
            self.problems.push(problem);
        }
        for value in [&arg.default].into_iter().flatten() {
            if !fits(value, &schema) {
                self.fault(&place, format!("the default {value} is not of its type"));
            }
        }
        let required = arg.required || self.is_required(&at, body);
        if required && arg.default.is_some() {
            self.fault(&place, "a required argument has no default");
        }
        Some(CheckedArg {
            name: name.to_owned(),
            arg: arg.clone(),
            at,
            required,
            date_time,
            schema,
        })
    }

    fn is_required(&self, at: &At, body: Option<&[&Value]>) -> bool {
        match at {
            At::Path(_) => true,
            At::Query(_) => false,
            At::Body(pointer) => {
                let name = pointer.trim_start_matches('/');
                body.is_some_and(|body| {
                    body.iter().all(|schema| {
                        let required = schema.get("required").and_then(Value::as_array);
                        required.is_some_and(|required| required.iter().any(|r| r == name))
                    })
                })
            }
        }
    }

    fn parameter(
        &mut self,
        place: &str,
        operation: Operation<'a>,
        kind: &str,
        name: &str,
    ) -> Option<Vec<&'a Value>> {
        let parameters = || {
            operation
                .object
                .get("parameters")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter(|parameter| parameter.get("in") == Some(&json!(kind)))
        };
        let named = |parameter: &&'a Value| parameter.get("name") == Some(&json!(name));
        if let Some(parameter) = parameters().find(named) {
            let schema = parameter.get("schema").unwrap_or(&Value::Null);
            return Some(self.document.alternatives(schema));
        }
        let known = parameters().filter_map(|parameter| parameter.get("name")?.as_str());
        let problem = self
            .problem(
                place,
                format!("`{}` has no {kind} parameter `{name}`", operation.id),
            )
            .near(name, known);
        self.problems.push(problem);
        None
    }

    /// The schemas at `pointer` below `roots`.
    fn pointer(
        &mut self,
        place: impl Into<String>,
        roots: &[&'a Value],
        pointer: &str,
    ) -> Option<Vec<&'a Value>> {
        match descend(self.document, roots, pointer) {
            Ok(found) => Some(found),
            Err(missing) => {
                let problem = self.problem(place, missing.reason(pointer));
                let problem = problem.near(&missing.segment, missing.known.iter().copied());
                self.problems.push(problem);
                None
            }
        }
    }

    /// A stated schema may say less than the document, but nothing that it does not know.
    fn stated(&mut self, place: &str, stated: &Value, target: &[&'a Value]) {
        let items: Vec<_> = target
            .iter()
            .filter_map(|schema| schema.get("items"))
            .flat_map(|items| self.document.alternatives(items))
            .collect();
        let (stated, target) = match stated.get("items") {
            Some(stated) if !items.is_empty() => (stated, items.as_slice()),
            _ => (stated, target),
        };
        let known = property_names(target);
        if known.is_empty() {
            return;
        }
        for (name, _) in object(stated.get("properties")) {
            if !known.contains(&name) {
                let problem = self
                    .problem(
                        format!("{place}, `schema`"),
                        format!("the document knows no property `{name}` there"),
                    )
                    .near(name, known.iter().copied());
                self.problems.push(problem);
            }
        }
    }

    fn places_taken_once(&mut self, args: &[CheckedArg]) {
        for (index, arg) in args.iter().enumerate() {
            if let Some(earlier) = args.iter().take(index).find(|earlier| earlier.at == arg.at) {
                self.fault(
                    format!("argument `{}`", arg.name),
                    format!(
                        "it fills the place of `{}`; an alias may be meant",
                        earlier.name
                    ),
                );
            }
        }
    }

    fn names_taken_once(&mut self, args: &[CheckedArg]) {
        let mut taken: HashMap<&str, &str> = HashMap::new();
        for arg in args {
            let aliases = arg.arg.alias.iter().map(String::as_str);
            for name in std::iter::once(arg.name.as_str()).chain(aliases) {
                if let Some(owner) = taken.insert(name, &arg.name) {
                    self.fault(
                        format!("argument `{}`", arg.name),
                        format!("the name `{name}` is taken by `{owner}`"),
                    );
                }
            }
        }
    }

    fn path_is_filled(&mut self, operation: Operation<'_>, args: &[CheckedArg]) {
        let parameters = operation.object.get("parameters").and_then(Value::as_array);
        for parameter in parameters.into_iter().flatten() {
            if parameter.get("in") != Some(&json!("path")) {
                continue;
            }
            let name = parameter
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if !args.iter().any(|arg| arg.at == At::Path(name.to_owned())) {
                let problem = self
                    .problem(
                        "`args`",
                        format!("no argument fills `{{{name}}}` of {}", operation.path),
                    )
                    .remedy(format!("add an argument with `path = \"{name}\"`"));
                self.problems.push(problem);
            }
        }
    }

    /// Checks what is shown of the answer, and returns whether the answer is a list.
    fn view(&mut self, row: &Row, operation: Operation<'a>) -> bool {
        let answer = answer_schema(self.document, operation);
        let items: Vec<_> = answer
            .iter()
            .filter(|schema| schema.get("type") == Some(&json!("array")))
            .filter_map(|schema| schema.get("items"))
            .flat_map(|items| self.document.alternatives(items))
            .collect();
        let list = !items.is_empty();
        let roots = if list { items } else { answer };
        for place in row.result.keep.iter().flatten() {
            match place {
                Place::Known(at)
                | Place::Full {
                    at,
                    undocumented: false,
                } => {
                    self.pointer("`result.keep`", &roots, at);
                }
                Place::Full {
                    at,
                    undocumented: true,
                } => {
                    if descend(self.document, &roots, at).is_ok() {
                        let problem = self
                            .problem("`result.keep`", format!("the document knows `{at}` now"))
                            .remedy("take `undocumented` away");
                        self.stale.push(problem);
                    }
                }
            }
        }
        for added in &row.result.add {
            let place = format!("`result.add`, `{}`", added.name);
            if let Some(found) = self.pointer(&place, &roots, &added.at) {
                for key in added.keep.iter().flatten() {
                    self.pointer(&place, &found, &format!("/{key}"));
                }
            }
        }
        list
    }
}

/// Whether a value has the schema's type, and values of objects and arrays theirs.
fn fits(value: &Value, schema: &Value) -> bool {
    let kind = schema
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (kind, value) {
        ("object", Value::Object(map)) => map.iter().all(|(name, value)| {
            let property = schema.get("properties").and_then(|p| p.get(name));
            property.is_none_or(|property| fits(value, property))
        }),
        ("array", Value::Array(items)) => schema
            .get("items")
            .is_none_or(|schema| items.iter().all(|item| fits(item, schema))),
        ("string", Value::String(_))
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_)) => true,
        ("integer", Value::Number(number)) => number.is_i64(),
        (kind, _) => kind.is_empty(),
    }
}
