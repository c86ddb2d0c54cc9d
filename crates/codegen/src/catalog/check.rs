//! Checks each row against the document and the lint.

use std::collections::HashMap;

use model::{ArgTarget, Effect, FilePart, View};
use serde_json::Value;

use super::{
    api, inherit,
    location::{body_schema, descend, escaped, form_file, is_pointer, property_names},
    profiles, rows,
    tool::{Catalog, CheckedArg, Tool, face},
};
use crate::{
    document::{Document, Operation},
    lint,
    problem::Problem,
    table::{ArgRow, LocatedRow, Row, Table},
};

/// Checks every row against the fixed document, and all rows against each other.
pub fn check(document: &Document, mut table: Table) -> Result<Catalog, Vec<Problem>> {
    let mut problems = rows::problems(&table);
    problems.append(&mut profiles::problems(&table));
    problems.append(&mut inherit::share(&mut table.rows));
    let mut tools = Vec::new();
    let mut stale = Vec::new();
    for located in &table.rows {
        let mut checker = Checker {
            document,
            located,
            problems: Vec::new(),
            stale: Vec::new(),
        };
        tools.extend(checker.tool());
        problems.append(&mut checker.problems);
        stale.append(&mut checker.stale);
    }
    let (api, mut faults) = api::check(table.api);
    problems.append(&mut faults);
    if problems.is_empty() {
        Ok(Catalog {
            api,
            instructions: table.instructions,
            unsupported: table.unsupported,
            tools,
            stale,
        })
    } else {
        Err(problems)
    }
}

/// The part of a row to which a problem refers.
#[derive(Clone)]
pub(super) struct Part {
    name: String,
    /// The line of the part, if it is known.
    line: Option<usize>,
}

impl Part {
    /// A nested part.
    pub(super) fn below(&self, name: &str) -> Self {
        Self {
            name: format!("{}, {name}", self.name),
            line: self.line,
        }
    }
}

impl From<&str> for Part {
    fn from(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            line: None,
        }
    }
}

impl From<&Part> for Part {
    fn from(part: &Part) -> Self {
        part.clone()
    }
}

/// The check of one row.
pub(super) struct Checker<'a> {
    pub(super) document: &'a Document,
    located: &'a LocatedRow,
    pub(super) problems: Vec<Problem>,
    pub(super) stale: Vec<Problem>,
}

impl<'a> Checker<'a> {
    pub(super) fn problem(&self, part: impl Into<Part>, reason: impl Into<String>) -> Problem {
        let part = part.into();
        Problem::new(&self.located.file, reason)
            .at_line(part.line.unwrap_or(self.located.line))
            .in_row(&self.located.row.name)
            .at(part.name)
    }

    pub(super) fn fault(&mut self, part: impl Into<Part>, reason: impl Into<String>) {
        let problem = self.problem(part, reason);
        self.problems.push(problem);
    }

    /// The pointer to the rows of the response, if the row states one.
    pub(super) fn rows_at(&self) -> Option<&'static str> {
        self.located.row.result.rows
    }

    /// Whether the row states that this pointer into the response is undocumented.
    pub(super) fn is_undocumented(&self, pointer: &str) -> bool {
        let undocumented = &self.located.row.undocumented;
        undocumented.iter().any(|at| at == pointer)
    }

    /// The part of the row that declares an argument.
    pub(super) fn part(&self, argument: &str) -> Part {
        Part {
            name: format!("argument `{argument}`"),
            line: self.located.args.get(argument).copied(),
        }
    }

    /// Whether a part of the row, or a part of it, already has a problem.
    pub(super) fn has_problem(&self, part: &Part) -> bool {
        let mut problems = self.problems.iter();
        problems.any(|problem| problem.part().starts_with(&part.name))
    }

    fn tool(&mut self) -> Option<Tool> {
        let row = &self.located.row;
        let operation = self.operation(row)?;
        let effect = self.effect(row, operation);
        let body = body_schema(self.document, operation);
        let args: Vec<_> = row
            .args
            .iter()
            .filter_map(|(name, arg)| {
                self.argument(name, arg.get_ref(), operation, body.as_deref())
            })
            .collect();
        self.places_taken_once(&args);
        self.names_taken_once(&args);
        self.are_filled(row, operation, "path", |arg| arg.path.as_deref());
        self.are_filled(row, operation, "query", |arg| arg.query.as_deref());
        if row.open && body.is_none() {
            self.fault(
                "`open`",
                "the operation has no body to pass properties on to",
            );
        }
        if let Some(body) = &body {
            self.requirements(row, operation, body);
        }
        self.overrides(row, body.as_deref());
        self.file_is_given(operation, &args);
        self.dial(row, effect, body.as_deref());
        let list = self.view(row, operation);
        if let Some(wait) = &row.wait {
            self.wait(wait, effect, list, operation);
        }
        let face = face(row, effect, &args);
        for fault in lint::tool(&face) {
            self.fault("public face", fault);
        }
        let places = self.destinations(row, operation, body.as_deref());
        let passed_on = body.as_deref().filter(|_| row.open).unwrap_or_default();
        Some(Tool {
            effect,
            body_properties: property_names(passed_on)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            places,
            view: View { list, ..row.result },
            row: row.clone(),
            args,
            face,
        })
    }

    fn operation(&mut self, row: &Row) -> Option<Operation<'a>> {
        let id = &row.operation;
        let Some(operation) = self.document.operation(id) else {
            let problem = if id.is_empty() {
                self.problem("`operation`", "it is empty")
                    .remedy("give an operationId of the document")
            } else {
                let ids = self.document.operations().map(|operation| operation.id);
                let reason = format!("the document has no operation `{id}`");
                self.problem("`operation`", reason).near(id, ids)
            };
            self.problems.push(problem);
            return None;
        };
        if self.document.is_upload(operation) && form_file(self.document, operation).is_none() {
            let reason = format!("`{id}` takes neither JSON nor a form with one file");
            self.fault("`operation`", reason);
            return None;
        }
        Some(operation)
    }

    fn effect(&mut self, row: &Row, operation: Operation<'_>) -> Effect {
        let usual = Effect::of_method(operation.method);
        let effect = row.effect.unwrap_or(usual);
        if !effect.fits(operation.method) {
            let reason = format!(
                "`{}` is a {}, which does not match this effect",
                row.operation,
                operation.method.to_uppercase()
            );
            let remedy = format!("did you mean `effect = \"{}\"`?", usual.name());
            self.problems
                .push(self.problem("`effect`", reason).remedy(remedy));
        }
        effect
    }

    /// Checks that the arguments of an upload give the file.
    fn file_is_given(&mut self, operation: Operation<'_>, args: &[CheckedArg]) {
        let Some(file) = form_file(self.document, operation) else {
            return;
        };
        let gives = |part: FilePart| args.iter().any(|arg| arg.arg.at == ArgTarget::File(part));
        if !gives(FilePart::Name) {
            self.fault("`args`", "no argument gives the name of the file");
        }
        if ![FilePart::Text, FilePart::Base64, FilePart::Path]
            .into_iter()
            .any(gives)
        {
            self.fault("`args`", "no argument gives the content of the file");
        }
        let at = format!("/{}", escaped(&file));
        let in_body = args
            .iter()
            .find(|arg| matches!(arg.arg.at, ArgTarget::Body(pointer) if pointer == at));
        if let Some(arg) = in_body {
            let problem = self
                .problem(
                    self.part(arg.arg.name),
                    format!("`{at}` is the file itself"),
                )
                .remedy("use `file` instead of `body`");
            self.problems.push(problem);
        }
    }

    fn places_taken_once(&mut self, args: &[CheckedArg]) {
        for (index, arg) in args.iter().enumerate() {
            // Several arguments may set members of the body itself.
            if arg.arg.at == ArgTarget::Body("") {
                continue;
            }
            let mut earlier = args.iter().take(index).map(|earlier| &earlier.arg);
            if let Some(earlier) = earlier.find(|earlier| earlier.at == arg.arg.at) {
                let reason = format!(
                    "it has the same target as `{}`; did you mean an alias?",
                    earlier.name
                );
                self.fault(self.part(arg.arg.name), reason);
            }
        }
    }

    fn names_taken_once(&mut self, args: &[CheckedArg]) {
        let mut taken: HashMap<&str, &str> = HashMap::new();
        for arg in args.iter().map(|arg| &arg.arg) {
            for name in std::iter::once(&arg.name).chain(arg.aliases) {
                if let Some(owner) = taken.insert(name, arg.name) {
                    let reason = format!("the name `{name}` is taken by `{owner}`");
                    self.fault(self.part(arg.name), reason);
                }
            }
        }
    }

    /// Checks that every required parameter of this kind has an argument. If a misspelt parameter
    /// has already been reported, it probably explains the missing one.
    fn are_filled<'b>(
        &mut self,
        row: &'b Row,
        operation: Operation<'_>,
        kind: &str,
        named: fn(&'b ArgRow) -> Option<&'b str>,
    ) {
        let mut parameters = self.document.parameters(operation);
        parameters.retain(|parameter| parameter.place == kind);
        let args = row.args.values();
        let given: Vec<_> = args.filter_map(|arg| named(arg.get_ref())).collect();
        let known = |name: &&str| parameters.iter().any(|parameter| parameter.name == *name);
        if !given.iter().all(known) {
            return;
        }
        for parameter in &parameters {
            let name = parameter.name;
            if parameter.required && !given.contains(&name) {
                let what = match kind {
                    "path" => format!("`{{{name}}}` of {}", operation.path),
                    _ => format!("`{name}`, which `{}` requires", operation.id),
                };
                let problem = self
                    .problem("`args`", format!("no argument fills {what}"))
                    .remedy(format!("add an argument with `{kind} = \"{name}\"`"));
                self.problems.push(problem);
            }
        }
    }

    /// The schemas at `pointer` below `roots`.
    pub(super) fn pointer(
        &mut self,
        part: &Part,
        roots: &[Value],
        pointer: &str,
    ) -> Option<Vec<Value>> {
        if !self.has_form(part, pointer) {
            return None;
        }
        match descend(self.document, roots, pointer) {
            Ok(found) => Some(found),
            Err(missing) => {
                let known = missing.known.iter().map(String::as_str);
                let problem = self.problem(part, missing.reason(pointer));
                let problem = problem.near(&missing.segment, known);
                self.problems.push(problem);
                None
            }
        }
    }

    /// Whether a text is a JSON pointer; if not, adds a problem.
    pub(super) fn has_form(&mut self, part: &Part, pointer: &str) -> bool {
        let right = is_pointer(pointer);
        if !right {
            let reason = format!("`{pointer}` is not a JSON pointer; it must start with `/`");
            self.fault(part, reason);
        }
        right
    }
}
