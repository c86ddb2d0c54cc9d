//! The part of a response that tools over many operations show: a list has rows and pages, and a
//! redirect has a URL.

use model::{Page, Pages, View};
use serde_json::Value;

use crate::{
    catalog::location::{answer_schema, property_names, rows},
    document::{Document, Operation},
};

/// The property of a row, and the query parameters, of lists that are paged by time.
pub(crate) const BY_TIME: Page = Page {
    at: "/createdAt",
    until: "createdAtLe",
    limit: "limit",
};

/// The query parameter with the number of a page.
pub(crate) const PAGE_NUMBER: &str = "page";

/// The view of an operation that answers with JSON. If a tool reads it, the same parts are shown, under
/// the names of the document.
pub(super) fn view(document: &Document, operation: Operation<'_>, named: Option<&View>) -> View {
    let view = pages(document, operation);
    match named.filter(|named| operation.method == "get" && named.rows.is_none()) {
        Some(named) => View {
            keep: named.keep,
            untrusted: named.untrusted,
            truncate_last: named.truncate_last,
            explain: named.explain,
            ..view
        },
        None => view,
    }
}

fn pages(document: &Document, operation: Operation<'_>) -> View {
    let rows = list_rows(document, operation);
    if operation.method != "get" || rows.is_empty() {
        return View::WHOLE;
    }
    let parameters = document.parameters(operation);
    let has = |name: &&'static str| {
        let mut query = parameters.iter().filter(|it| it.place == "query");
        query.any(|it| it.name == *name)
    };
    let page = Some(PAGE_NUMBER).filter(has);
    let limit = Some(BY_TIME.limit).filter(has);
    let time = BY_TIME.at.trim_start_matches('/');
    let is_timed = has(&BY_TIME.until) && property_names(&rows).contains(&time);
    if page.is_none() && limit.is_some() && is_timed {
        return View {
            list: true,
            page: Some(&BY_TIME),
            ..View::WHOLE
        };
    }
    View {
        list: true,
        pages: Some(match (page, limit) {
            (Some(PAGE_NUMBER), Some(_)) => &Pages {
                page: Some(PAGE_NUMBER),
                limit: Some(BY_TIME.limit),
            },
            (_, Some(_)) => &Pages {
                page: None,
                limit: Some(BY_TIME.limit),
            },
            _ => &Pages {
                page: None,
                limit: None,
            },
        }),
        ..View::WHOLE
    }
}

/// The schemas of the rows of a response that is an array or a page; empty if it is neither.
pub(crate) fn list_rows(document: &Document, operation: Operation<'_>) -> Vec<Value> {
    match rows(document, answer_schema(document, operation)) {
        (elements, true) => elements,
        (_, false) => Vec::new(),
    }
}
