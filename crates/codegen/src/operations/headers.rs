//! Checks that the headers and cookies that operations require are sent.

use super::row::Operations;
use crate::{
    document::{Document, Operation, Parameter},
    fixes::bugs::is_own_header_name,
    problem::Problem,
    table::Table,
};

impl Operations {
    /// The problems of rows of tools and of operations whose requests lack a required header or cookie.
    pub(crate) fn header_problems(&self, document: &Document, table: &Table) -> Vec<Problem> {
        let mut problems = Vec::new();
        for operation in document.operations() {
            let parameters = document.parameters(operation);
            let required = parameters.iter().filter(|it| {
                it.required
                    && matches!(it.place, "header" | "cookie")
                    && !(it.place == "header" && is_own_header_name(it.name))
            });
            for parameter in required {
                self.missing_header(operation, *parameter, table, &mut problems);
            }
        }
        problems
    }

    fn missing_header(
        &self,
        operation: Operation<'_>,
        parameter: Parameter<'_>,
        table: &Table,
        problems: &mut Vec<Problem>,
    ) {
        let Parameter { name, place, .. } = parameter;
        let row = self.row(operation);
        let is_header = place == "header";
        if is_header && row.is_some_and(|row| row.headers.contains_key(name)) {
            return;
        }
        let reason = format!(
            "`{}` requires the {place} `{name}`, but the row has no value for it",
            operation.id
        );
        let remedy = match place {
            "header" => format!(
                "add an argument with `header = \"{name}\"`, or the value to `headers` of `{}` in \
                 operations.toml",
                operation.address()
            ),
            _ => "the client sends no cookies, so the row cannot be used".to_owned(),
        };
        for located in &table.rows {
            let row = &located.row;
            let mut args = row.args.values();
            let is_given =
                is_header && args.any(|arg| arg.get_ref().header.as_deref() == Some(name));
            if row.operation == operation.id && !is_given {
                let problem = Problem::new(&located.file, &reason).at_line(located.line);
                let problem = problem.in_row(&row.name).at("`args`");
                problems.push(problem.remedy(&remedy));
            }
        }
        // A parameter that the row explains is given by callers of the whole API.
        if !row.is_some_and(|row| is_header && row.params.contains_key(name)) {
            let problem = self.problem(operation, "`headers`", &reason);
            problems.extend(problem.map(|it| it.remedy(&remedy)));
        }
    }

    /// A problem of the row of an operation, if it has one.
    pub(crate) fn problem(
        &self,
        operation: Operation<'_>,
        part: &str,
        reason: &str,
    ) -> Option<Problem> {
        let address = operation.address();
        let (line, _) = self.rows.get(&address)?;
        let problem = Problem::new(&self.file, reason).at_line(*line);
        Some(problem.in_row(&address).at(part))
    }
}
