//! The verdict on a document: which rows hold, and what can be generated. The build, the check and the
//! comparison of two documents all rely on it, so that they never disagree.

use crate::{
    catalog::{self, Catalog},
    client::{self, Client, ClientError},
    document::Document,
    fixes::{self, Applied},
    left_out::{self, LeftOut, Unusable, Users},
    problem::Problem,
    supplement::Supplement,
    table::Table,
};

/// The verdict on one document.
#[derive(Debug)]
pub(crate) struct Assessment {
    /// The document with its fixes, without what was left out.
    pub(crate) document: Document,
    /// The fixes that were applied to the document.
    pub(crate) applied: Vec<Applied>,
    /// The parts of the document for which nothing can be generated and that no row uses.
    pub(crate) left_out: Vec<LeftOut>,
    /// The checked tools; none if a row has a problem.
    pub(crate) catalog: Option<Catalog>,
    /// The problems of the rows of tools.
    pub(crate) rows: Vec<Problem>,
    /// The problems of the other files in `spec/`.
    pub(crate) supplement: Vec<Problem>,
}

/// The verdict on one document, and its client.
#[derive(Debug)]
pub(crate) struct Generation {
    /// The verdict.
    pub(crate) assessment: Assessment,
    /// The client, without the unusable operations that rows use.
    pub(crate) client: Result<Client, ClientError>,
}

impl Assessment {
    /// Every problem that fails a build.
    pub(crate) fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.rows.iter().chain(&self.supplement)
    }
}

/// Checks all rows against a document and generates its client.
pub(crate) fn generate(document: &Document, table: &Table, supplement: &Supplement) -> Generation {
    let users = Users {
        table,
        operations: &supplement.operations,
    };
    let (mut document, applied) = fixed(document);
    let mut unusable = left_out::separate(&mut document, users);
    let mut client = client_of(&document, &unusable.used);
    if client.is_err() {
        let refused = left_out::refused_by_client(&mut document, users);
        client = client_of(&document, &[&*unusable.used, &*refused.used].concat());
        unusable.left_out.extend(refused.left_out);
        unusable.problems.extend(refused.problems);
    }
    Generation {
        assessment: check_rows(document, applied, unusable, table, supplement),
        client,
    }
}

/// Checks all rows against a document of which a client is known to have been generated.
pub(crate) fn assess(document: &Document, table: &Table, supplement: &Supplement) -> Assessment {
    let users = Users {
        table,
        operations: &supplement.operations,
    };
    let (mut document, applied) = fixed(document);
    let unusable = left_out::separate(&mut document, users);
    check_rows(document, applied, unusable, table, supplement)
}

fn fixed(document: &Document) -> (Document, Vec<Applied>) {
    let mut document = document.clone();
    let applied = fixes::apply(fixes::bugs::BUGS, document.value_mut());
    (document, applied)
}

fn check_rows(
    document: Document,
    applied: Vec<Applied>,
    unusable: Unusable,
    table: &Table,
    supplement: &Supplement,
) -> Assessment {
    let Unusable {
        left_out, problems, ..
    } = unusable;
    let headers = supplement.operations.header_problems(&document, table);
    let is_tool = |problem: &Problem| {
        let mut rows = table.rows.iter();
        rows.any(|it| Some(it.row.name.as_str()) == problem.row())
    };
    let problems = problems.into_iter().chain(headers);
    let (mut rows, mut other): (Vec<_>, Vec<_>) = problems.partition(is_tool);
    let catalog = match catalog::check(&document, table.clone()) {
        Ok(catalog) => Some(catalog).filter(|_| rows.is_empty()),
        Err(problems) => {
            rows.extend(problems);
            None
        }
    };
    other.extend(supplement.problems(&document));
    Assessment {
        document,
        applied,
        left_out,
        catalog,
        rows,
        supplement: other,
    }
}

/// The client without these unusable operations.
fn client_of(document: &Document, without: &[String]) -> Result<Client, ClientError> {
    if without.is_empty() {
        return client::generate(document);
    }
    let mut usable = document.clone();
    for address in without {
        left_out::take_out(&mut usable, address);
    }
    client::generate(&usable)
}
