//! Checks the destinations of a row that places calls.

use serde_json::Value;

use super::{
    check::{Checker, Part},
    place::escaped,
    reach::all_are,
};
use crate::table::{Dial, Effect, Row};

impl Checker<'_> {
    /// A row that places calls must say where its destinations are; no other row may.
    pub(super) fn dial(&mut self, row: &Row, effect: Effect, body: Option<&[Value]>) {
        let part = Part::from("`dial`");
        match (&row.dial, effect, body) {
            (None, Effect::Dial, _) => {
                let problem = self
                    .problem(part, "a row with this effect must say whom it calls")
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

    fn places(&mut self, dial: &Dial, body: &[Value]) {
        for (name, pointers) in [
            ("to", &dial.to),
            ("who", &dial.who),
            ("from", &dial.from),
            ("when", &dial.when),
        ] {
            if pointers.is_empty() {
                self.fault(key(name), "it is empty");
            }
        }
        for to in &dial.to {
            let to = element(to);
            if !self.typed("to", body, &to, &["object"]) {
                continue;
            }
            for (name, of, kind) in [
                ("number", &dial.number, "string"),
                ("extension", &dial.extension, "string"),
                ("sip", &dial.sip, "string"),
                ("exempt", &dial.exempt, "boolean"),
            ] {
                self.typed(name, body, &format!("{to}/{}", escaped(of)), &[kind]);
            }
        }
        for (name, pointers, kinds) in [
            ("unseen", &dial.unseen, &["string", "object"][..]),
            ("who", &dial.who, &["string", "object"]),
            ("from", &dial.from, &["string", "object"]),
            ("transport", &dial.transport, &["string", "object"]),
            ("when", &dial.when, &["string"]),
        ] {
            for pointer in pointers {
                self.typed(name, body, pointer, kinds);
            }
        }
    }

    /// Whether the place is known and of one of these types; of a time, the format counts as well.
    fn typed(&mut self, name: &str, body: &[Value], pointer: &str, types: &[&str]) -> bool {
        let part = key(name);
        let Some(schemas) = self.pointer(&part, body, pointer) else {
            return false;
        };
        if !all_are(&schemas, types) {
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

/// Elements of a list have one schema, so the first stands for all.
fn element(pointer: &str) -> String {
    pointer.replace("/*", "/0")
}
