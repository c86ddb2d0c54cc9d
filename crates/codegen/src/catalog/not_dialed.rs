//! Checks that a row covers every destination that its body can contain.

use model::BodyNode;
use serde_json::Value;

use super::{
    check::{Checker, Part},
    destinations::{Coverage, Places},
    location::is_pointer,
};
use crate::{document::Operation, graph::LOCATIONS, lint::UNWRITTEN, table::Row};

impl Checker<'_> {
    /// Checks that the row covers every destination that its body can contain, and returns the
    /// locations that the server checks.
    pub(super) fn destinations(
        &mut self,
        row: &Row,
        operation: Operation<'_>,
        body: Option<&[Value]>,
    ) -> Vec<BodyNode> {
        let part = Part::from("`not_dialed`");
        for (pointer, reason) in &row.not_dialed {
            if !is_pointer(pointer) {
                self.has_form(&part, pointer);
            } else if reason.trim().is_empty() {
                self.fault(&part, format!("`{pointer}` has no reason"));
            } else if reason.starts_with(UNWRITTEN) {
                self.fault(
                    &part,
                    format!("the reason of `{pointer}` is not written yet"),
                );
            } else if row
                .dial
                .iter()
                .any(|dial| dial.to.contains(&pointer.as_str()))
            {
                self.fault(&part, format!("`dial.to` names `{pointer}`"));
            } else if let Some(body) = body {
                self.pointer(&part, body, &pointer.replace("/*", "/0"));
            } else {
                self.fault(&part, format!("`{}` has no body", row.operation));
            }
        }
        // An error that was reported above may be the cause of further errors here.
        if !self.problems.is_empty() {
            return Vec::new();
        }
        if body.is_none() {
            return Vec::new();
        }
        let Some(places) = Places::explore(self.document, operation, Coverage::of(row)) else {
            let reason =
                format!("its body or the whole document has more than {LOCATIONS} locations");
            self.fault("`operation`", reason);
            return Vec::new();
        };
        let dials = row.dial.is_some();
        let uncovered = places.uncovered(dials);
        if !uncovered.is_empty() {
            self.uncovered(row, &uncovered);
        }
        self.unneeded(row, operation);
        places.nodes(dials)
    }

    fn uncovered(&mut self, row: &Row, places: &[String]) {
        const NAMED: usize = 3;
        let names = places.iter().take(NAMED).map(|at| match at.as_str() {
            "" => "the top".to_owned(),
            at => format!("`{at}`"),
        });
        let names = names.collect::<Vec<_>>().join(", ");
        let more = match places.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let example = places.first().map_or("", String::as_str);
        let reason = format!(
            "the body of `{}` can name destinations at {names}{more}, which no guard checks",
            row.operation
        );
        let remedy = match row.dial {
            Some(_) => "add them to `dial.to`",
            None => "set `effect = \"dial\"` and add `[tool.dial]`",
        };
        let problem = self.problem("`not_dialed`", reason).remedy(format!(
            "{remedy}, or state why no call is placed: not_dialed = {{ \"{example}\" = \"…\" }}"
        ));
        self.problems.push(problem);
    }

    /// A reason that covers no destination is stale.
    fn unneeded(&mut self, row: &Row, operation: Operation<'_>) {
        for pointer in row.not_dialed.keys() {
            let mut without = row.clone();
            without.not_dialed.shift_remove(pointer);
            let coverage = Coverage::of(&without);
            let places = Places::explore(self.document, operation, coverage);
            let is_needed = places.is_some_and(|it| !it.uncovered(row.dial.is_some()).is_empty());
            if !is_needed {
                let problem = self
                    .problem("`not_dialed`", format!("`{pointer}` covers no destination"))
                    .remedy("remove it");
                self.stale.push(problem);
            }
        }
    }
}
