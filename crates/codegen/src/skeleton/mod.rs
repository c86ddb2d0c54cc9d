//! The skeleton of a new tool: its row, and the fixtures that the tests require. Texts that only a
//! person can write are placeholders, which the lint refuses.

mod argument;
mod draft;
mod file;
mod fixture;
mod name;
mod row;
mod sample;
mod sources;

use model::Effect;

use crate::{
    catalog::{
        destinations::Destinations,
        location::{answer_schema, rows, step},
    },
    document::Operation,
    problem::Problem,
};
use argument::Argument;
use draft::{Answer, Draft};

pub use file::add;
pub use sources::Sources;

/// The row and the fixtures of a new tool.
#[derive(Clone, Debug)]
pub struct Skeleton {
    /// The name of the tool.
    pub name: String,
    /// The row, as TOML.
    pub row: String,
    /// The fixtures of a success and of a failure: the name of each file, and its JSON.
    pub fixtures: [(String, String); 2],
}

impl<'a> Sources<'a> {
    /// Makes the skeleton of a tool that sends an operation, which is given as its operationId or
    /// as method and path. Without a name, the tool is named after the path.
    pub fn skeleton(self, wanted: &str, name: Option<&str>) -> Result<Skeleton, Box<Problem>> {
        let operation = self.operation(wanted)?;
        let operations = &self.supplement.operations;
        let facts = operations.row(operation);
        let answer = self.answer(operation);
        let name = name.map_or_else(|| name::tool(operation, answer.list), str::to_owned);
        let rows = &self.table.rows;
        if let Some(taken) = rows.iter().find(|it| it.row.name == name) {
            let reason = format!("the table already has a tool `{name}`");
            let problem = Problem::new(&taken.file, reason).at_line(taken.line);
            return Err(Box::new(problem.remedy("give another one with `--name`")));
        }
        let refused = |reason: &str| {
            let reason = format!("`{}` {reason}", operation.address());
            Err(Box::new(Problem::new("spec/vapi.json", reason)))
        };
        let effect = operations.effect(operation);
        if self.document.is_upload(operation) {
            return refused("uploads a file: copy the row that does so");
        }
        if facts.is_some_and(|row| row.answer.is_some()) {
            return refused("redirects to a file: the tools over many operations show its address");
        }
        if effect == Effect::Delete {
            return refused("deletes an object: the tools over many operations check its name");
        }
        if !effect.fits(operation.method) {
            return refused("has an effect that no row of its method can have");
        }
        if effect == Effect::Dial && row::dialed(facts).is_none() {
            return refused("calls people without the locations that `[tool.dial]` requires");
        }
        let args = argument::all(self, operation, facts);
        let sets_body = args.iter().any(Argument::is_in_body);
        // A change without a body only stops something.
        let is_stop = facts.is_some_and(|row| row.stops.is_some());
        let has_body =
            self.document.body(operation).is_some() || facts.is_some_and(|row| row.body.is_some());
        let is_change = operation.method == "patch" && has_body;
        if is_change && !sets_body && !is_stop {
            return refused("changes an object, but no argument can set a property of its body");
        }
        let draft = Draft {
            args,
            not_dialed: self.not_dialed(operation, effect),
            name,
            operation,
            effect,
            facts,
            answer,
            read_before: operations
                .shown_by(self.document, operation)
                .filter(|_| is_change && sets_body),
        };
        Ok(Skeleton {
            row: draft.row(self),
            fixtures: draft.fixtures(self.document),
            name: draft.name,
        })
    }

    fn operation(self, wanted: &str) -> Result<Operation<'a>, Box<Problem>> {
        let mut operations = self.document.operations();
        let by_address = wanted.contains(' ');
        let is_wanted = |it: &Operation<'_>| match by_address {
            true => it.address() == wanted,
            false => it.id == wanted,
        };
        if let Some(found) = operations.find(is_wanted) {
            return Ok(found);
        }
        let known: Vec<_> = self.document.operations().collect();
        let addresses: Vec<_> = known.iter().map(Operation::address).collect();
        let names: Vec<_> = match by_address {
            true => addresses.iter().map(String::as_str).collect(),
            false => known.iter().map(|it| it.id).collect(),
        };
        let reason = format!("the document has no operation `{wanted}`");
        let problem = Problem::new("spec/vapi.json", reason);
        Err(Box::new(problem.near(wanted, names)))
    }

    fn answer(self, operation: Operation<'a>) -> Answer {
        let whole = answer_schema(self.document, operation);
        let key = &self.supplement.answers.rows;
        let inner = step(self.document, &whole, key).map(|inner| rows(self.document, inner));
        if let Some((schemas, true)) = inner {
            return Answer {
                schemas,
                list: true,
                rows: Some(format!("/{key}")),
            };
        }
        let (schemas, list) = rows(self.document, whole);
        Answer {
            schemas,
            list,
            rows: None,
        }
    }

    /// Pointers that cover every destination in the body. A location covers others of the same
    /// schema only when it is named itself, so that naming some can reveal more.
    fn not_dialed(self, operation: Operation<'_>, effect: Effect) -> Vec<String> {
        let mut named = Vec::new();
        while effect != Effect::Dial
            && let Some(found) = Destinations::of(self.document, operation, &[], &named)
            && !found.not_called.is_empty()
        {
            named.extend(found.not_called);
        }
        named
    }
}
