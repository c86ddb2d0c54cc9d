//! The parts of a document on which a row of the tool table relies.

use model::{CreatedSpec, View};
use serde_json::Value;

use super::{
    compare::label,
    location::Location,
    trace::{Located, Scope},
    usage::{Role, RowKind, RowRef, Usage, Use},
};
use crate::{
    catalog::{
        location::{escaped, of_first},
        requirements::leaves,
    },
    structure::Kind,
    table::{ArgRow, LocatedRow},
};

/// Collects the uses of one row in one document.
struct Collector<'a, 'b> {
    usage: &'a mut Usage,
    scope: &'a Scope<'b>,
    located: &'a LocatedRow,
    request: Vec<Located<'b>>,
    answers: Vec<Located<'b>>,
    rows: Vec<Located<'b>>,
}

/// The uses of a row in all documents that have its operation.
pub(super) fn of_row(located: &LocatedRow, scopes: &[Scope<'_>]) -> Usage {
    let mut usage = Usage::new(RowRef {
        kind: RowKind::Tool,
        row: located.row.name.clone(),
        file: located.file.clone(),
        line: located.line,
    });
    for scope in scopes {
        let (rows, lists) = scope.rows(located.row.result.rows);
        usage.operations.insert(scope.root.clone());
        usage.reach.extend(scope.reach());
        let mut collector = Collector {
            request: scope.request(),
            answers: scope.answers(),
            rows,
            usage: &mut usage,
            scope,
            located,
        };
        collector.arguments();
        collector.dial();
        collector.view(lists);
        collector.wait();
    }
    usage
}

impl Collector<'_, '_> {
    /// A use in the line of the row in which its pointer is written.
    fn used(&self, part: &str, at: &str, role: Role) -> Use {
        Use {
            part: part.to_owned(),
            line: self.located.line_of(part, at),
            at: at.to_owned(),
            role,
        }
    }

    fn body(&mut self, part: &str, at: &str, role: Role) {
        let used = self.used(part, at, role);
        self.usage.follow(self.scope, &self.request, at, used);
    }

    fn row(&mut self, part: &str, at: &str, role: Role) {
        let used = self.used(part, at, role);
        let pointer = of_first(at);
        self.usage.follow(self.scope, &self.rows, &pointer, used);
    }

    fn answer(&mut self, part: &str, at: &str, role: Role) {
        let used = self.used(part, at, role);
        self.usage.follow(self.scope, &self.answers, at, used);
    }

    fn parameter(&mut self, part: &str, place: &str, name: &str, role: Role) {
        let used = self.used(part, name, role);
        self.usage.parameter(self.scope, place, name, used);
    }

    fn arguments(&mut self) {
        let located = self.located;
        for (name, arg) in &located.row.args {
            let part = format!("argument `{name}`");
            let arg = arg.get_ref();
            for (place, parameter) in [
                ("path", &arg.path),
                ("query", &arg.query),
                ("header", &arg.header),
            ] {
                if let Some(parameter) = parameter {
                    self.parameter(&part, place, parameter, Role::Argument);
                }
            }
            self.body_argument(&part, arg);
            if let Some(at) = &arg.filter {
                self.row(&part, at, Role::Place);
            }
            for at in arg.search.iter().flat_map(|it| it.at.iter().chain(it.keep)) {
                self.row(&part, at, Role::Shown);
            }
        }
        // The body itself is a use of every row that sends one.
        if !self.request.is_empty() {
            let used = self.used("`operation`", "", Role::Argument);
            self.usage.follow(self.scope, &self.request, "", used);
        }
    }

    fn body_argument(&mut self, part: &str, arg: &ArgRow) {
        let own = arg.body.iter().chain(arg.moved.values());
        for at in own {
            self.body(part, at, Role::Argument);
        }
        let default = arg.body.as_ref().zip(arg.default.as_ref());
        let beside = arg.constants.iter().chain(&arg.fill);
        for (at, value) in default.into_iter().chain(beside) {
            for (leaf, value) in leaves(at, value) {
                self.constant(part, at, &leaf, value);
            }
        }
        for (at, text) in &arg.append {
            self.constant(part, at, &format!("{at}/0"), &Value::from(text.as_str()));
        }
    }

    fn constant(&mut self, part: &str, at: &str, leaf: &str, value: &Value) {
        let role = Role::Constant(label(Kind::Plain, value, 0));
        let used = self.used(part, at, role);
        self.usage.follow(self.scope, &self.request, leaf, used);
    }

    fn dial(&mut self) {
        let row = &{ self.located }.row;
        for at in row.not_dialed.keys() {
            self.body("`not_dialed`", at, Role::Destination);
        }
        if !row.not_dialed.is_empty() || row.dial.is_some() {
            self.body("`dial`", "", Role::Destination);
        }
        if let Some(overrides) = &row.overrides {
            let single = [overrides.id, overrides.inline];
            let places = overrides.at.iter().chain(&single);
            for at in places.chain(overrides.ambiguous) {
                self.body("`overrides`", at, Role::Place);
            }
        }
        let Some(dial) = &row.dial else { return };
        for to in dial.to {
            self.body("`dial`, `to`", to, Role::Destination);
            for (key, name) in [
                ("number", dial.number),
                ("extension", dial.extension),
                ("sip", dial.sip),
                ("e164_check", dial.e164_check),
            ] {
                let at = format!("{to}/{}", escaped(name));
                self.body(&format!("`dial`, `{key}`"), &at, Role::Place);
            }
        }
        for (key, pointers, role) in [
            ("by_id", dial.by_id, Role::Place),
            ("many_by_id", dial.many_by_id, Role::Place),
            ("speaker", dial.speaker, Role::Place),
            ("from", dial.from, Role::Place),
            ("transport", dial.transport, Role::State),
            ("when", dial.when, Role::Time),
            ("content", dial.content, Role::Place),
            ("given", dial.given, Role::Place),
        ] {
            for at in pointers {
                self.body(&format!("`dial`, `{key}`"), at, role.clone());
            }
        }
    }

    fn view(&mut self, lists: Vec<Location>) {
        let view = &{ self.located }.row.result;
        let used = self.used("`result`", "", Role::Answer);
        let id = self.usage.add(used.clone());
        self.usage.end(id, lists);
        self.usage.follow(self.scope, &self.rows, "", used);
        if let Some(at) = view.rows {
            self.answer("`result.rows`", at, Role::Place);
        }
        for (part, pointers) in [
            ("`result.keep`", view.keep.unwrap_or_default()),
            ("`result.truncate_last`", view.truncate_last),
        ] {
            for at in pointers {
                self.row(part, at, Role::Shown);
            }
        }
        for (part, keys) in [
            ("`result.untrusted`", view.untrusted),
            ("`result.reveal`", view.reveal),
        ] {
            for key in keys {
                self.row(part, &format!("/{}", escaped(key)), Role::Shown);
            }
        }
        for added in view.add {
            let part = format!("`result.add`, `{}`", added.name);
            self.row(&part, added.at, Role::Shown);
            for key in added.keep.into_iter().flatten() {
                let at = format!("{}/{}", added.at, escaped(key));
                self.row(&part, &at, Role::Shown);
            }
        }
        for derived in view.derive {
            let part = format!("`result.derive`, `{}`", derived.name);
            for at in [derived.from, derived.to] {
                self.row(&part, at, Role::Time);
            }
        }
        if let Some(at) = view.explain {
            self.row("`result.explain`", at, Role::Reason);
        }
        if let Some(created) = view.created {
            self.created(created);
        }
        self.list(view);
    }

    fn created(&mut self, created: &CreatedSpec) {
        let part = "`result.created`";
        let recipients = created.recipient.iter().map(|at| (*at, Role::Shown));
        let own = [
            (created.id, Role::Shown),
            (created.state, Role::State),
            (created.starts_at, Role::Time),
        ];
        for (at, role) in own.into_iter().chain(recipients) {
            self.row(part, at, role.clone());
            self.row(part, &format!("{}/0{at}", created.results), role);
        }
        self.row(
            part,
            &format!("{}/0{}", created.errors, created.error),
            Role::Shown,
        );
    }

    /// The parameters of a list.
    fn list(&mut self, view: &View) {
        if let Some(page) = view.page {
            self.row("`result.page`", page.at, Role::Time);
            for name in [page.until, page.limit] {
                self.parameter("`result.page`", "query", name, Role::Argument);
            }
            super::operation_usage::list_parameters(self.usage, self.scope, self.located.line);
        }
    }

    fn wait(&mut self) {
        let Some(wait) = &{ self.located }.row.wait else {
            return;
        };
        self.answer("`wait`, `until`", wait.until.at, Role::State);
        if let Some(scheduled) = &wait.scheduled {
            self.answer("`wait`, `scheduled`", wait.until.at, Role::State);
            self.answer("`wait`, `scheduled`", scheduled.at, Role::Time);
        }
        if let Some(delayed) = &wait.delayed {
            for at in [delayed.at, delayed.requires] {
                self.answer("`wait`, `delayed`", at, Role::Shown);
            }
            self.answer("`wait`, `delayed`", delayed.since, Role::Time);
        }
    }
}
