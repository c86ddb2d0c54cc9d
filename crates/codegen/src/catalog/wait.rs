//! Checks what a row waits for.

use serde_json::Value;

use super::{
    check::{Checker, Part},
    place::answer_schema,
};
use crate::{
    document::{Operation, array},
    table::{Effect, Until, Wait},
};

impl<'a> Checker<'a> {
    /// Checks what is waited for in the answer.
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
            self.fault(&part, "the answer is a list, which has no state");
            return;
        }
        let roots = answer_schema(self.document, operation);
        self.until(&part.below("`until`"), &wait.until, &roots);
        if let Some(far) = &wait.far {
            let state = Until {
                at: wait.until.at.clone(),
                is: far.is.clone(),
            };
            self.until(&part.below("`far`"), &state, &roots);
            self.pointer(&part.below("`far`"), &roots, &far.at);
        }
        if let Some(late) = &wait.late {
            let part = part.below("`late`");
            for pointer in [&late.at, &late.needs, &late.since] {
                self.pointer(&part, &roots, pointer);
            }
        }
    }

    /// A state is one that the document knows, where it lists them.
    fn until(&mut self, part: &Part, until: &Until, roots: &[Value]) {
        if until.is.is_empty() {
            self.fault(part, "`is` names no state, so the wait would never end");
        }
        let Some(schemas) = self.pointer(part, roots, &until.at) else {
            return;
        };
        let listed = schemas.iter().flat_map(|schema| array(schema.get("enum")));
        let known: Vec<_> = listed.filter_map(Value::as_str).collect();
        for state in &until.is {
            if !known.is_empty() && !known.contains(&state.as_str()) {
                let reason = format!("`{}` is never `{state}`", until.at);
                let problem = self.problem(part, reason);
                self.problems
                    .push(problem.near(state, known.iter().copied()));
            }
        }
    }
}
