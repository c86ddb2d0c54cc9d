//! Checks the rows against the document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::row::{Dial, Operations, Row};
use crate::{
    catalog::{
        location::{answer_schema, body_schema, segments},
        validate::{accepts, are_of},
    },
    document::{Document, Operation, array},
    problem::Problem,
};

/// Maximum length of an operation's description for models, in characters.
const LONGEST: usize = 120;

impl Operations {
    /// The problems: operations without a row, rows without an operation, and pointers that are not
    /// in the body. Without a file there are none.
    pub fn problems(&self, document: &Document) -> Vec<Problem> {
        if self.file.is_empty() {
            return Vec::new();
        }
        let mut problems = self.schema_problems(document);
        let known: BTreeSet<String> = document.operations().map(|it| it.address()).collect();
        for (key, (line, _)) in &self.rows {
            if !known.contains(key) {
                let problem = Problem::new(&self.file, format!("the document has no `{key}`"));
                let known = known.iter().map(String::as_str);
                problems.push(problem.at_line(*line).in_row(key).near(key, known));
            }
        }
        problems.extend(self.referrer_problems(document));
        for operation in document.operations() {
            match self.rows.get(&operation.address()) {
                Some((line, row)) => {
                    self.row_problems(document, operation, *line, row, &mut problems)
                }
                None => problems.push(self.missing(document, operation)),
            }
        }
        problems
    }

    fn missing(&self, document: &Document, operation: Operation<'_>) -> Problem {
        let address = operation.address();
        let problem = Problem::new(&self.file, format!("`{address}` has no row"));
        match self.destinations(document, operation).not_called.first() {
            Some(first) => problem.remedy(format!(
                "add a row that says what it does; its body reaches a destination at `{first}`, so say in \
                 `dial` how it is called, or in `why` when it is"
            )),
            None => problem.remedy("add a row that says what it does"),
        }
    }

    /// Lists in which references are looked for that the document does not have, or that need an id.
    fn referrer_problems(&self, document: &Document) -> Vec<Problem> {
        let is_list = |key: &&String| {
            let mut operations = document.operations();
            operations.any(|it| it.address() == **key && it.method == "get" && !key.contains('{'))
        };
        let wrong = self.referrers.iter().filter(|key| !is_list(key));
        let problem =
            |key| Problem::new(&self.file, format!("`referrers`: there is no list `{key}`"));
        wrong.map(problem).collect()
    }

    /// Schemas and locations of destinations and inline agents that are not in the document.
    fn schema_problems(&self, document: &Document) -> Vec<Problem> {
        let fault = |reason: String| Problem::new(&self.file, reason);
        let destination = &self.destination;
        let destinations = destination.called.iter().chain(&destination.transferred);
        let keys = [
            &destination.number,
            &destination.extension,
            &destination.sip,
            &destination.exempt,
        ];
        let mut problems = Vec::new();
        for name in destinations {
            if document.graph().named(name).is_none() {
                problems.push(fault(format!("the document has no schema `{name}`")));
            }
        }
        for key in keys {
            let mut called = destination.called.iter().chain(&destination.transferred);
            if !called.any(|name| document.schema_has(name, &format!("/{key}"))) {
                problems.push(fault(format!(
                    "no destination of the document has the key `{key}`"
                )));
            }
        }
        for agent in &self.agents {
            for name in &agent.schemas {
                for at in agent.stored.iter().chain(&agent.agents) {
                    if !document.schema_has(name, at) {
                        problems.push(fault(format!("the schema `{name}` has no `{at}`")));
                    }
                }
            }
        }
        problems
    }

    fn row_problems(
        &self,
        document: &Document,
        operation: Operation<'_>,
        line: usize,
        row: &Row,
        problems: &mut Vec<Problem>,
    ) {
        let address = operation.address();
        let mut fault = |at: &str, reason: String| {
            let problem = Problem::new(&self.file, reason).at_line(line);
            problems.push(problem.in_row(&address).at(at));
        };
        if row.does.chars().count() > LONGEST || row.does.trim().is_empty() {
            fault("`does`", format!("must have 1 to {LONGEST} characters"));
        }
        let dial = row.dial.iter().flat_map(|dial| dial.places());
        let places = [
            ("`dial`", dial.collect::<Vec<_>>()),
            ("`stored`", row.stored.iter().collect()),
            ("`stored_unseen`", row.stored_unseen.iter().collect()),
            ("`agents`", row.agents.iter().collect()),
            ("`own`", row.own.iter().collect()),
            (
                "`stops`",
                row.stops.iter().flat_map(|stops| stops.keys()).collect(),
            ),
            ("`replaces_id`", row.replaces_id.iter().collect()),
            ("`refuse`", row.refuse.keys().collect()),
            ("`fill`", row.fill.keys().collect()),
            ("`notes`", row.notes.keys().collect()),
        ];
        for (key, places) in places {
            for place in places {
                if !document.has_place(operation, place) {
                    fault(key, format!("the body has no `{place}`"));
                }
            }
        }
        self.type_problems(document, operation, line, row, problems);
        let mut fault = |at: &str, reason: String| {
            let problem = Problem::new(&self.file, reason).at_line(line);
            problems.push(problem.in_row(&address).at(at));
        };
        for (at, value) in &row.fill {
            let schemas = document.body_at(operation, at);
            if !accepts(document, &schemas, value) {
                fault("`fill`", format!("`{at}` cannot be {value}"));
            }
        }
        for (at, values) in row.stops.iter().flatten() {
            for value in values {
                if !document.has_value(operation, at, value) {
                    fault("`stops`", format!("`{at}` has no value `{value}`"));
                }
            }
        }
        if let Some(dial) = &row.dial {
            let has_unseen = !dial.unseen.is_empty() || !dial.unseen_many.is_empty();
            if has_unseen && dial.instead.is_none() {
                let reason = "say in `instead` what to do if recipients must be visible";
                fault("`dial`", reason.to_owned());
            }
            if dial.most == Some(0) {
                fault("`dial`", "`most` must be at least 1".to_owned());
            }
        }
        for (key, other) in [
            ("`notes_from`", &row.notes_from),
            ("`prefer`", &row.prefer),
            ("`merge_from`", &row.merge_from),
        ] {
            if let Some(other) = other
                .as_ref()
                .filter(|other| !self.rows.contains_key(*other))
            {
                fault(key, format!("there is no row `{other}`"));
            }
        }
        if let Some(at) = &row.merge_at {
            let shown_by = self.shown_by(document, operation);
            let answer = shown_by.map(|it| answer_schema(document, it));
            if answer.is_none_or(|answer| document.schemas_at(answer, at).is_empty()) {
                fault("`merge_at`", format!("no read shows the object at `{at}`"));
            }
        }
        if row.why.is_none()
            && let Some(first) = self.destinations(document, operation).not_called.first()
        {
            let reason = format!(
                "the body reaches a destination at `{first}`: say in `dial` how it is called, or \
                 in `why` when it is"
            );
            fault("`why`", reason);
        }
        let parameters = document.parameters(operation);
        for name in row.params.keys() {
            if !parameters.iter().any(|parameter| parameter.name == name) {
                fault("`params`", format!("it has no parameter `{name}`"));
            }
        }
        if self.group(operation).is_none() {
            fault("`group`", "no group contains its tag".to_owned());
        }
    }

    /// Places of destinations, numbers and times whose types in the document are not those that the
    /// guards read.
    fn type_problems(
        &self,
        document: &Document,
        operation: Operation<'_>,
        line: usize,
        row: &Row,
        problems: &mut Vec<Problem>,
    ) {
        const ID: &[&str] = &["string", "object"];
        let none = Dial::default();
        let dial = row.dial.as_ref().unwrap_or(&none);
        for (key, places, types) in [
            ("`dial`", &dial.to, &["object"][..]),
            ("`dial`", &dial.who, ID),
            ("`dial`", &dial.from, ID),
            ("`dial`", &dial.transport, ID),
            ("`dial`", &dial.when, &["string"]),
            ("`stored`", &row.stored, &["object"]),
        ] {
            for place in places {
                let schemas = document.body_at(operation, place);
                if !schemas.is_empty() && !are_of(&schemas, types) {
                    let reason = format!("`{place}` cannot be {} in the body", types.join(" or "));
                    let problem = Problem::new(&self.file, reason).at_line(line);
                    problems.push(problem.in_row(&operation.address()).at(key));
                }
            }
        }
    }

    /// The index of the group of an operation.
    pub(super) fn group(&self, operation: Operation<'_>) -> Option<usize> {
        if let Some(name) = self.row(operation).and_then(|row| row.group.as_ref()) {
            return self.groups.iter().position(|group| group.name == *name);
        }
        let tags = operation.object.get("tags").and_then(Value::as_array);
        let mut tags = tags.into_iter().flatten().filter_map(Value::as_str).rev();
        tags.find_map(|tag| {
            self.groups
                .iter()
                .position(|group| group.tags.iter().any(|it| it == tag))
        })
    }
}

impl Document {
    /// Whether one of the alternatives of an operation's body has this location; the segment `*`
    /// matches every element of a list and every property that the schema does not name.
    pub(super) fn has_place(&self, operation: Operation<'_>, pointer: &str) -> bool {
        let graph = self.graph();
        graph
            .body(&operation.address())
            .is_some_and(|body| graph.has_place(body, segments(pointer)))
    }

    /// The schemas at a location of an operation's body.
    pub(super) fn body_at(&self, operation: Operation<'_>, pointer: &str) -> Vec<Value> {
        let body = body_schema(self, operation).unwrap_or_default();
        self.schemas_at(body, pointer)
    }

    /// Whether the enumeration at a location of an operation's body has this value.
    fn has_value(&self, operation: Operation<'_>, pointer: &str, value: &str) -> bool {
        let schemas = self.body_at(operation, pointer);
        let mut values = schemas.iter().flat_map(|schema| array(schema.get("enum")));
        values.any(|it| it == value)
    }

    /// Whether one of the alternatives of a named schema has this location.
    fn schema_has(&self, name: &str, pointer: &str) -> bool {
        let graph = self.graph();
        graph
            .named(name)
            .is_some_and(|schema| graph.has_place(schema, segments(pointer)))
    }

    /// The schemas at a location below these schemas.
    fn schemas_at(&self, mut here: Vec<Value>, pointer: &str) -> Vec<Value> {
        for segment in segments(pointer) {
            let next = here.iter().filter_map(|schema| match segment.as_str() {
                "*" => schema
                    .get("items")
                    .or_else(|| schema.get("additionalProperties")),
                name => schema.get("properties")?.get(name),
            });
            here = next.flat_map(|schema| self.alternatives(schema)).collect();
        }
        here
    }
}
