//! Checks the states for which a row waits.

use model::{Effect, State, Wait};
use serde_json::Value;

use super::{
    check::{Checker, Part},
    location::answer_schema,
};
use crate::document::{Operation, array};

impl<'a> Checker<'a> {
    /// Checks the states and values of the response for which the row waits.
    pub(super) fn wait(
        &mut self,
        wait: &Wait,
        effect: Effect,
        list: bool,
        operation: Operation<'a>,
    ) {
        let part = Part::from("`wait`");
        if effect != Effect::Read {
            self.fault(&part, "only a read-only operation can be polled");
        }
        if list {
            self.fault(&part, "the response is a list, which has no state");
            return;
        }
        let roots = answer_schema(self.document, operation);
        let State { at, states } = wait.until;
        self.state(&part.below("`until`"), at, states, &roots);
        if let Some(scheduled) = &wait.scheduled {
            let part = part.below("`scheduled`");
            self.state(&part, at, scheduled.states, &roots);
            self.time(&part, &roots, scheduled.at);
        }
        if let Some(delayed) = &wait.delayed {
            let part = part.below("`delayed`");
            for pointer in [delayed.at, delayed.requires] {
                self.pointer(&part, &roots, pointer);
            }
            self.time(&part, &roots, delayed.since);
        }
    }

    /// Checks a pointer to a time, which is a text and a date-time if it has a format.
    pub(super) fn time(&mut self, part: &Part, roots: &[Value], pointer: &str) {
        let Some(schemas) = self.pointer(part, roots, pointer) else {
            return;
        };
        let is_time = |schema: &Value| {
            let format = schema.get("format").and_then(Value::as_str);
            format.is_none_or(|format| format == "date-time")
        };
        if !are_texts(&schemas) || !schemas.iter().any(is_time) {
            self.fault(
                part,
                format!("`{pointer}` cannot be a time: it is not a date-time in the document"),
            );
        }
    }

    /// If the document lists the possible states, these must be among them.
    pub(super) fn state(&mut self, part: &Part, at: &str, states: &[&str], roots: &[Value]) {
        if states.is_empty() {
            self.fault(part, "`states` is empty, so the wait would never end");
        }
        let Some(schemas) = self.pointer(part, roots, at) else {
            return;
        };
        if !are_texts(&schemas) {
            self.fault(
                part,
                format!("`{at}` cannot be a state: it is not a text in the document"),
            );
            return;
        }
        let listed = schemas.iter().flat_map(|schema| array(schema.get("enum")));
        let known: Vec<_> = listed.filter_map(Value::as_str).collect();
        for name in states {
            if !known.is_empty() && !known.contains(name) {
                let reason = format!("`{at}` cannot be `{name}` in the document");
                let problem = self.problem(part, reason);
                self.problems
                    .push(problem.near(name, known.iter().copied()));
            }
        }
    }
}

/// Whether a value can be a text: at least one schema has no other type.
fn are_texts(schemas: &[Value]) -> bool {
    let is_text = |schema: &Value| match schema.get("type").and_then(Value::as_str) {
        Some(kind) => kind == "string",
        None => schema.get("properties").is_none() && schema.get("items").is_none(),
    };
    schemas.is_empty() || schemas.iter().any(is_text)
}
