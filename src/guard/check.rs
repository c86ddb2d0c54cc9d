//! Checks a request against the rules and the calls that were placed before.

use serde_json::{Map, Value};

use super::{
    dial,
    digest::TokenHasher,
    ledger::PlannedCalls,
    missing_argument,
    permit::{ArgumentsRecord, Asks, Checked, Sends, Write},
    question,
    refusal::Refusal,
    review,
    state::Guard,
};
use crate::{api::Token, catalog::Action};

/// Whether the request only stops something.
fn only_stops(action: &Action) -> bool {
    let body = action.request.body().as_object();
    body.is_some_and(|body| action.operation.only_stops(body))
}

impl Guard {
    /// The hash and question of a tool call, stored instead of its arguments.
    pub fn record(
        &self,
        action: &Action,
        token: &Token,
        given: &Map<String, Value>,
    ) -> ArgumentsRecord {
        if action.reads() {
            return ArgumentsRecord::default();
        }
        let is_asked = action.dial.is_none() && self.asks(action);
        ArgumentsRecord {
            arguments: TokenHasher::of(token).hash_call(action.name, given),
            question: if is_asked {
                question::of_write(action, given)
            } else {
                String::new()
            },
        }
    }

    /// Checks a request against the rules, and normalises its numbers. Reads are always allowed.
    pub fn check(
        &self,
        action: &mut Action,
        token: &Token,
        given: &ArgumentsRecord,
        duplicates: bool,
    ) -> Result<Checked<'_>, Refusal> {
        let rules = &self.0.rules;
        let writes = !action.reads();
        let asks = match (self.asks(action), only_stops(action)) {
            (false, _) => Asks::Never,
            (true, false) => Asks::Always,
            (true, true) => Asks::IfPossible,
        };
        let sends = Sends {
            tool: action.name,
            operation: action.operation,
            effect: action.effect,
        };
        if writes && rules.read_only {
            return Err(Refusal::Forbidden(
                "this server allows only reads (--read-only)".to_owned(),
            ));
        }
        let Some(places) = action.dial else {
            if writes {
                review::review(action, rules, action.request.body()).map_err(Refusal::Forbidden)?;
            }
            let mut write = writes.then(|| Write::of(token, given).limited(action, rules));
            if let Some(write) = &mut write {
                if let Some(update) = &action.update {
                    write.bind(action.request.body());
                    if self.asks(action) {
                        write.question = question::of_update(action, update);
                    }
                }
                self.check_counts(write)?;
            }
            self.can_log(writes)?;
            return Ok(Checked {
                guard: self,
                sends,
                asks,
                write,
            });
        };
        let now = self.now();
        if let Some(count) = dial::too_many(places, action.request.body()) {
            return Err(Refusal::Forbidden(format!(
                "it has {count} destinations, but a tool call may have at most {}; split it into smaller batches",
                dial::most(places)
            )));
        }
        let read = dial::read(action.args, places, action.request.body_mut(), now.wall);
        let dial = read.map_err(Refusal::Arguments)?;
        let body = action.request.body();
        rules.permit(&dial, now.wall).map_err(Refusal::Forbidden)?;
        review::review(action, rules, body).map_err(Refusal::Forbidden)?;
        // What else a request needs differs between operations; Vapi says it.
        let missing = match action.is_chosen() {
            true => Vec::new(),
            false => missing_argument::missing(&dial, places),
        };
        if !missing.is_empty() {
            return Err(Refusal::Incomplete(missing));
        }
        let mut write = Write::of(token, given).limited(action, rules);
        let fingerprints = dial.fingerprints(&write.hasher, places, &action.request);
        write.calls = PlannedCalls::new(fingerprints, dial.moment())
            .of_kind(action.operation.resource())
            .ringing(dial.whom());
        write.limits.rate = rules.max_calls;
        write.limits.duplicates = duplicates;
        if self.asks(action) {
            write.question = question::of_dial(action, places, &dial, body);
        }
        if action.update.is_some() {
            write.bind(body);
        }
        write.is_web = dial.is_web() && !action.is_chosen();
        write.dial = Some(dial);
        self.check_counts(&write)?;
        self.can_log(true)?;
        Ok(Checked {
            guard: self,
            sends,
            asks,
            write: Some(write),
        })
    }

    fn check_counts(&self, write: &Write) -> Result<(), Refusal> {
        let caller = write.hasher.caller();
        let checked = self
            .ledger()
            .check(caller, &write.calls, write.limits, self.now());
        checked.map_err(|excess| self.refusal(&excess))
    }
}
