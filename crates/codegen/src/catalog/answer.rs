//! Checks what a row shows of the answer.

use serde_json::Value;

use super::{
    check::{Checker, Part},
    place::{answer_schema, descend, escaped, rows},
};
use crate::{
    document::Operation,
    table::{Added, Created, Derived, Page, Place, View},
};

impl<'a> Checker<'a> {
    /// Checks what is shown of the answer, and returns whether the answer is a list.
    pub(super) fn view(&mut self, view: &View, operation: Operation<'a>) -> bool {
        if let Some(pointer) = &view.rows {
            let answer = answer_schema(self.document, operation);
            self.pointer(&Part::from("`result.rows`"), &answer, pointer);
        }
        let (roots, list) = self.rows(operation, view.rows.as_deref());
        if view.like.is_some() {
            // The row that it was taken from is checked.
            return list;
        }
        for place in view.keep.iter().flatten() {
            self.kept(&Part::from("`result.keep`"), place, &roots);
        }
        for place in &view.show {
            self.shown(place, &roots);
        }
        for place in &view.last {
            self.kept(&Part::from("`result.last`"), &place.of_first(), &roots);
        }
        for added in &view.add {
            self.added(added, &roots);
        }
        for Derived { name, from, to } in &view.derive {
            let part = Part::from("`result.derive`").below(&format!("`{name}`"));
            for pointer in [from, to] {
                self.pointer(&part, &roots, pointer);
            }
        }
        if let Some(pointer) = &view.explain {
            self.pointer(&Part::from("`result.explain`"), &roots, pointer);
        }
        if let Some(created) = &view.placed {
            self.created(created, &roots);
        }
        if let Some(page) = &view.page {
            self.page(page, list, &roots, operation);
        }
        list
    }

    /// The schemas of a row of the answer and true, or those of the answer where it is no list.
    pub(super) fn rows(&self, operation: Operation<'a>, at: Option<&str>) -> (Vec<Value>, bool) {
        let mut answer = answer_schema(self.document, operation);
        if let Some(pointer) = at {
            answer = descend(self.document, &answer, pointer).unwrap_or_default();
        }
        rows(self.document, answer)
    }

    fn created(&mut self, created: &Created, roots: &[Value]) {
        let part = Part::from("`result.placed`");
        let own = [&created.id, &created.state, &created.rings];
        for pointer in own.into_iter().chain(&created.to) {
            self.pointer(&part, roots, pointer);
            let of_batch = format!("{}/0{pointer}", created.results);
            self.pointer(&part, roots, &of_batch);
        }
        let error = format!("{}/0{}", created.errors, created.error);
        self.pointer(&part, roots, &error);
    }

    fn page(&mut self, page: &Page, list: bool, roots: &[Value], operation: Operation<'a>) {
        let part = Part::from("`result.page`");
        if !list {
            self.fault(part.clone(), "the answer is not a list");
        }
        self.pointer(&part, roots, &page.at);
        for name in [&page.until, &page.limit] {
            self.parameter(&part, operation, "query", name);
        }
    }

    fn shown(&mut self, place: &Place, roots: &[Value]) {
        let part = Part::from("`result.show`");
        if place.key().is_none() {
            let problem = format!("`{}` is not a key of the answer itself", place.at);
            self.fault(part, problem);
            return;
        }
        self.kept(&part, place, roots);
    }

    pub(super) fn kept(&mut self, part: &Part, place: &Place, roots: &[Value]) {
        let at = &place.at;
        if !place.undocumented {
            self.pointer(part, roots, at);
        } else if self.has_form(part, at) && descend(self.document, roots, at).is_ok() {
            let problem = self
                .problem(part, format!("the document now declares `{at}`"))
                .remedy("remove `undocumented`");
            self.stale.push(problem);
        }
    }

    fn added(&mut self, added: &Added, roots: &[Value]) {
        let part = Part::from("`result.add`").below(&format!("`{}`", added.name));
        if self.pointer(&part, roots, &added.at).is_some() {
            for key in added.keep.iter().flatten() {
                let pointer = format!("{}/{}", added.at, escaped(key));
                self.pointer(&part, roots, &pointer);
            }
        }
    }
}
