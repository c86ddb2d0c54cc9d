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
        self.state(&part.below("`until`"), &wait.until, &roots);
        if let Some(scheduled) = &wait.scheduled {
            let part = part.below("`scheduled`");
            let state = State {
                states: scheduled.states,
                ..wait.until
            };
            self.state(&part, &state, &roots);
            self.pointer(&part, &roots, scheduled.at);
        }
        if let Some(delayed) = &wait.delayed {
            let part = part.below("`delayed`");
            for pointer in [delayed.at, delayed.requires, delayed.since] {
                self.pointer(&part, &roots, pointer);
            }
        }
    }

    /// If the document lists the possible states, these must be among them.
    fn state(&mut self, part: &Part, state: &State, roots: &[Value]) {
        if state.states.is_empty() {
            self.fault(part, "`states` is empty, so the wait would never end");
        }
        let Some(schemas) = self.pointer(part, roots, state.at) else {
            return;
        };
        let listed = schemas.iter().flat_map(|schema| array(schema.get("enum")));
        let known: Vec<_> = listed.filter_map(Value::as_str).collect();
        for name in state.states {
            if !known.is_empty() && !known.contains(name) {
                let reason = format!("`{}` cannot be `{name}` in the document", state.at);
                let problem = self.problem(part, reason);
                self.problems
                    .push(problem.near(name, known.iter().copied()));
            }
        }
    }
}
