//! Checks the destinations of a row that places calls.

use model::{DialSpec, Effect};
use serde_json::Value;

use super::{
    check::{Checker, Part},
    location::{escaped, of_first},
    validate::are_of,
};
use crate::table::Row;

impl Checker<'_> {
    /// A row that places calls must state where its destinations are; no other row may.
    pub(super) fn dial(&mut self, row: &Row, effect: Effect, body: Option<&[Value]>) {
        let part = Part::from("`dial`");
        match (&row.dial, effect, body) {
            (None, Effect::Dial, _) => {
                let problem = self
                    .problem(part, "a row with this effect must state who is called")
                    .remedy("add `[tool.dial]`");
                self.problems.push(problem);
            }
            (Some(dial), Effect::Dial, Some(body)) => self.places(dial, body),
            (Some(_), Effect::Dial, None) => {
                self.fault(part, format!("`{}` has no body", row.operation));
            }
            (Some(_), _, _) => self.fault(part, "it can only be used with `effect = \"dial\"`"),
            (None, _, _) => {}
        }
    }

    fn places(&mut self, dial: &DialSpec, body: &[Value]) {
        for (name, pointers) in [
            ("to", dial.to),
            ("speaker", dial.speaker),
            ("from", dial.from),
            ("when", dial.when),
        ] {
            if pointers.is_empty() {
                self.fault(key(name), "it is empty");
            }
        }
        for to in dial.to {
            let to = of_first(to);
            if !self.typed("to", body, &to, &["object"]) {
                continue;
            }
            for (name, of, kind) in [
                ("number", dial.number, "string"),
                ("extension", dial.extension, "string"),
                ("sip", dial.sip, "string"),
                ("e164_check", dial.e164_check, "boolean"),
            ] {
                self.typed(name, body, &format!("{to}/{}", escaped(of)), &[kind]);
            }
        }
        for (name, pointers, kinds) in [
            ("by_id", dial.by_id, &["string", "object"][..]),
            ("speaker", dial.speaker, &["string", "object"]),
            ("from", dial.from, &["string", "object"]),
            ("transport", dial.transport, &["string", "object"]),
            ("when", dial.when, &["string"]),
        ] {
            for pointer in pointers {
                self.typed(name, body, pointer, kinds);
            }
        }
    }

    /// Checks that the document declares the pointer with one of these types, and times as
    /// date-times.
    fn typed(&mut self, name: &str, body: &[Value], pointer: &str, types: &[&str]) -> bool {
        let part = key(name);
        let Some(schemas) = self.pointer(&part, body, pointer) else {
            return false;
        };
        if !are_of(&schemas, types) {
            let reason = format!("`{pointer}` is not {} in the document", types.join(" or "));
            self.fault(part, reason);
            return false;
        }
        let formats = schemas.iter().filter_map(|schema| schema.get("format"));
        let is_time = |format: &Value| format == "date-time";
        if name == "when" && !formats.into_iter().all(is_time) {
            self.fault(
                part,
                format!("`{pointer}` is not a date-time in the document"),
            );
            return false;
        }
        true
    }
}

fn key(name: &str) -> Part {
    Part::from("`dial`").below(&format!("`{name}`"))
}
