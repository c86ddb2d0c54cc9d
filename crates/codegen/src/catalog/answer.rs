//! Checks which parts of the response a row shows.

use model::{Added, CreatedSpec, Derived, Page};
use serde_json::Value;

use super::{
    check::{Checker, Part},
    location::{answer_schema, descend, escaped, of_first, rows},
};
use crate::{document::Operation, table::Row};

impl<'a> Checker<'a> {
    /// Checks the shown parts of the response, and returns whether the response is a list.
    pub(super) fn view(&mut self, row: &Row, operation: Operation<'a>) -> bool {
        let view = &row.result;
        if let Some(pointer) = view.rows {
            let answer = answer_schema(self.document, operation);
            self.pointer(&Part::from("`result.rows`"), &answer, pointer);
        }
        let (roots, list) = self.rows(operation, view.rows);
        self.undocumented(row, &roots);
        if row.same_result_as.is_some() {
            // A shared result is checked in its own row.
            return list;
        }
        for pointer in view.keep.into_iter().flatten() {
            self.shown(&Part::from("`result.keep`"), pointer, &roots);
        }
        for key in view.reveal {
            let pointer = format!("/{}", escaped(key));
            self.shown(&Part::from("`result.reveal`"), &pointer, &roots);
        }
        for key in view.untrusted {
            let pointer = format!("/{}", escaped(key));
            if !view.add.iter().any(|added| added.name == *key) {
                self.shown(&Part::from("`result.untrusted`"), &pointer, &roots);
            }
        }
        for pointer in view.truncate_last {
            self.shown(&Part::from("`result.truncate_last`"), pointer, &roots);
        }
        for added in view.add {
            self.added(added, &roots);
        }
        for Derived { name, from, to } in view.derive {
            let part = Part::from("`result.derive`").below(&format!("`{name}`"));
            for pointer in [from, to] {
                self.time(&part, &roots, pointer);
            }
        }
        if let Some(pointer) = view.explain {
            self.pointer(&Part::from("`result.explain`"), &roots, pointer);
        }
        if let Some(created) = view.created {
            self.created(created, &roots);
        }
        if let Some(page) = view.page {
            self.page(page, list, &roots, operation);
        }
        list
    }

    /// Checks that the document does not declare the pointers that the row lists as undocumented.
    fn undocumented(&mut self, row: &Row, roots: &[Value]) {
        let part = Part::from("`undocumented`");
        for pointer in &row.undocumented {
            if self.has_form(&part, pointer)
                && descend(self.document, roots, &of_first(pointer)).is_ok()
            {
                let problem = self
                    .problem(&part, format!("the document now declares `{pointer}`"))
                    .remedy("remove it");
                self.stale.push(problem);
            }
        }
    }

    /// The schemas of a row and true if the response is a list; otherwise the schemas of the
    /// response and false.
    pub(super) fn rows(&self, operation: Operation<'a>, at: Option<&str>) -> (Vec<Value>, bool) {
        let mut answer = answer_schema(self.document, operation);
        if let Some(pointer) = at {
            answer = descend(self.document, &answer, pointer).unwrap_or_default();
        }
        rows(self.document, answer)
    }

    fn created(&mut self, created: &CreatedSpec, roots: &[Value]) {
        let part = Part::from("`result.created`");
        let of_batch = |pointer: &str| format!("{}/0{pointer}", created.results);
        for pointer in std::iter::once(&created.id).chain(created.recipient) {
            self.pointer(&part, roots, pointer);
            self.pointer(&part, roots, &of_batch(pointer));
        }
        for pointer in [created.starts_at, &of_batch(created.starts_at)] {
            self.time(&part, roots, pointer);
        }
        let known = [created.finished, created.queued, created.scheduled].concat();
        for pointer in [created.state, &of_batch(created.state)] {
            self.state(&part, pointer, &known, roots);
        }
        let error = format!("{}/0{}", created.errors, created.error);
        self.pointer(&part, roots, &error);
    }

    fn page(&mut self, page: &Page, list: bool, roots: &[Value], operation: Operation<'a>) {
        let part = Part::from("`result.page`");
        if !list {
            self.fault(part.clone(), "the response is not a list");
        }
        self.time(&part, roots, page.at);
        for name in [page.until, page.limit] {
            self.parameter(&part, operation, "query", name);
        }
    }

    /// Checks a pointer to a shown part of a row of the response.
    pub(super) fn shown(&mut self, part: &Part, pointer: &str, roots: &[Value]) {
        if !self.is_undocumented(pointer) {
            self.pointer(part, roots, &of_first(pointer));
        }
    }

    fn added(&mut self, added: &Added, roots: &[Value]) {
        let part = Part::from("`result.add`").below(&format!("`{}`", added.name));
        if self.pointer(&part, roots, added.at).is_some() {
            for key in added.keep.into_iter().flatten() {
                let pointer = format!("{}/{}", added.at, escaped(key));
                self.pointer(&part, roots, &pointer);
            }
        }
    }
}
