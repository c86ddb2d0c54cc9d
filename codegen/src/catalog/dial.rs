//! The check of where a row that dials says whom it rings.

use serde_json::Value;

use super::{
    check::{Checker, Part},
    place::escaped,
};
use crate::table::{Dial, Effect, Row};

impl Checker<'_> {
    /// A row that dials says where its destinations stand, and no other row does.
    pub(super) fn dial(&mut self, row: &Row, body: Option<&[Value]>) {
        let part = Part::from("`dial`");
        match (&row.dial, row.effect, body) {
            (None, Effect::Dial, _) => {
                let problem = self
                    .problem(part, "a row with this effect must say whom it rings")
                    .remedy("add `[tool.dial]`");
                self.problems.push(problem);
            }
            (Some(dial), Effect::Dial, Some(body)) => self.places(dial, body),
            (Some(_), Effect::Dial, None) => {
                self.fault(part, format!("`{}` has no body", row.operation));
            }
            (Some(_), _, _) => self.fault(part, "it goes with `effect = \"dial\"` alone"),
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
            if self.pointer(&key("to"), body, &to).is_none() {
                continue;
            }
            for (name, of) in [
                ("number", &dial.number),
                ("extension", &dial.extension),
                ("sip", &dial.sip),
                ("exempt", &dial.exempt),
            ] {
                self.pointer(&key(name), body, &format!("{to}/{}", escaped(of)));
            }
        }
        for (name, pointers) in [
            ("unseen", &dial.unseen),
            ("who", &dial.who),
            ("from", &dial.from),
            ("transport", &dial.transport),
            ("when", &dial.when),
        ] {
            for pointer in pointers {
                self.pointer(&key(name), body, pointer);
            }
        }
    }
}

fn key(name: &str) -> Part {
    Part::from("`dial`").below(&format!("`{name}`"))
}

/// What the document knows of every element, it knows of the first.
fn element(pointer: &str) -> String {
    pointer.replace("/*", "/0")
}
