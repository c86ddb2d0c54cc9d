//! Lists of tools over many operations: which rows are requested, and how to get the next ones.

use serde_json::{Value, json};

use super::{
    arguments::control::{Cursor, MAX_CURSOR},
    tool_call::ToolCall,
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors},
    catalog::Action,
    model::Pages,
    result::{ParsedAnswer, ShownRows},
    text::{counted, grouped},
};

/// The pointer to the number of all rows of a paged list.
const TOTAL: &str = "/metadata/totalItems";

/// The pointer to whether a page follows.
const HAS_NEXT: &str = "/metadata/hasNextPage";

/// A position in a list that is not paged by time: on this page, after this many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub page: u64,
    pub seen: usize,
}

impl Position {
    const FIRST: Self = Self { page: 1, seen: 0 };

    fn parse(text: &str) -> Option<Self> {
        let (page, seen) = text.trim().split_once('~')?;
        let position = Self {
            page: page.parse().ok()?,
            seen: seen.parse().ok()?,
        };
        (position.page > 0).then_some(position)
    }

    fn text(self) -> String {
        format!("{}~{}", self.page, self.seen)
    }
}

/// The requested part of a list that is not paged by time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paging {
    pages: &'static Pages,
    /// The position before the first row that is shown.
    pub start: Position,
    /// Maximum number of rows to show.
    pub limit: usize,
    /// The number of rows that are requested.
    requested: usize,
    /// Maximum number of rows that Vapi sends at once.
    maximum: usize,
}

/// The arguments of a call that select rows.
pub(super) struct RowArguments {
    /// Maximum number of rows.
    pub limit: Option<usize>,
    /// The cursor of the previous result.
    pub cursor: Option<String>,
    /// The maximum number of rows if none is given.
    pub default: usize,
    /// Maximum number of rows that Vapi sends at once.
    pub maximum: usize,
}

/// Requests the selected rows of a list.
pub(super) fn select(call: &mut ToolCall, given: RowArguments) -> Result<(), Vec<ArgumentError>> {
    let view = call.action.view;
    let cursor = given.cursor.filter(|text| !text.trim().is_empty());
    let mut errors = ArgumentErrors::default();
    if !view.list {
        let key = call.action.operation.key();
        for (name, is_given) in [
            ("limit", given.limit.is_some()),
            ("cursor", cursor.is_some()),
        ] {
            if is_given {
                let reason = format!("`{key}` does not answer with a list; leave it out");
                errors.add(|| ArgumentError::new(name, reason));
            }
        }
        return errors.or(());
    }
    let limit = view.page.map(|page| page.limit);
    let limit = limit.or_else(|| view.pages.and_then(|pages| pages.limit));
    let in_params = limit.and_then(|name| call.action.request.number(name));
    if let (Some(one), Some(other)) = (given.limit, in_params)
        && one != other
    {
        let reason = "is also given in `params`, with another value";
        errors.add(|| ArgumentError::new("limit", reason));
    }
    let wanted = given.limit.or(in_params);
    if wanted == Some(0) {
        errors.add(|| ArgumentError::new("limit", "must be at least 1"));
    }
    let cursor = cursor.filter(|text| {
        let fits = text.len() <= MAX_CURSOR;
        let is_known = match view.page {
            Some(_) => Cursor::of_time(text).is_some(),
            None => Position::parse(text).is_some_and(|it| is_possible(it, view.pages)),
        };
        if !(fits && is_known) {
            let reason = "is not a cursor of this list; give the one of the previous result";
            errors.add(|| ArgumentError::new("cursor", reason));
        }
        fits && is_known
    });
    errors.or(())?;
    if let Some(name) = limit {
        let rows = wanted.unwrap_or(given.default);
        call.action.request.set(name, Value::from(rows));
    }
    match (view.page, view.pages) {
        (Some(page), _) => {
            call.control.cursor = cursor.as_deref().and_then(Cursor::of_time);
            call.request_rows(page, given.maximum);
        }
        (None, Some(pages)) => {
            let start = cursor.as_deref().and_then(Position::parse);
            let wanted = wanted.or_else(|| limit.map(|_| given.default));
            let paging = Paging::new(call, pages, start, wanted, given.maximum);
            call.paging = Some(paging);
        }
        (None, None) => {}
    }
    Ok(())
}

/// Whether a list can have this position: without page numbers, it has one page.
fn is_possible(position: Position, pages: Option<&Pages>) -> bool {
    position.page == 1 || pages.is_some_and(|pages| pages.page.is_some())
}

impl Paging {
    fn new(
        call: &mut ToolCall,
        pages: &'static Pages,
        start: Option<Position>,
        wanted: Option<usize>,
        maximum: usize,
    ) -> Self {
        let request = &mut call.action.request;
        if let (Some(name), Some(start)) = (pages.page, start) {
            request.set(name, Value::from(start.page));
        }
        let page = pages.page.and_then(|name| request.number(name));
        let page = page.and_then(|page| u64::try_from(page).ok());
        let start = start.unwrap_or(Position {
            page: page.unwrap_or(Position::FIRST.page),
            ..Position::FIRST
        });
        // Without page numbers, the rows that were shown are requested again.
        let requested = match (pages.page, pages.limit) {
            (None, Some(name)) => request.add_rows(name, start.seen, maximum),
            (Some(_), Some(_)) => wanted,
            (_, None) => None,
        };
        Self {
            pages,
            start,
            limit: wanted.unwrap_or(usize::MAX),
            requested: requested.unwrap_or(usize::MAX),
            maximum,
        }
    }

    /// How to get the next rows, if there may be any.
    pub(super) fn remark(
        &self,
        action: &Action,
        answer: &ParsedAnswer<'_>,
        rows: &ShownRows,
    ) -> Option<String> {
        let taken = self.start.seen.saturating_add(rows.seen);
        let total = answer
            .raw(TOTAL)
            .and_then(|raw| serde_json::from_slice(raw).ok());
        let total: Option<usize> = match self.pages.limit {
            Some(_) => total,
            None => Some(rows.received),
        };
        let of_total = total.map_or_else(String::new, |total| format!(" of {}", grouped(total)));
        let is_full_page = rows.received >= self.requested;
        let next = if taken < rows.received {
            Position {
                seen: taken,
                ..self.start
            }
        } else if self.pages.page.is_some() {
            if !is_full_page || answer.raw(HAS_NEXT) == Some(b"false") {
                return None;
            }
            Position {
                page: self.start.page.saturating_add(1),
                seen: 0,
            }
        } else if is_full_page && self.requested < self.maximum {
            Position {
                seen: taken,
                ..self.start
            }
        } else if is_full_page {
            let rows = counted(rows.shown, "row");
            return Some(format!(
                "{rows}; Vapi sends no more than {} of this list.",
                grouped(self.maximum)
            ));
        } else {
            return None;
        };
        let paged = match self.pages.page {
            Some(_) => "",
            None => "Vapi does not page this list; ",
        };
        Some(format!(
            "{}{of_total}; {paged}for more, call {} again with the same arguments and with cursor {}.",
            counted(rows.shown, "row"),
            action.name,
            json!(next.text())
        ))
    }
}

/// The pointers to parts of a row: those that start with every row of the list refer to one row.
pub(super) fn of_rows(fields: Vec<String>) -> Vec<String> {
    let of_row = |pointer: String| match pointer.strip_prefix("/*") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest.to_owned(),
        _ => pointer,
    };
    fields.into_iter().map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        let position = Position { page: 3, seen: 12 };
        assert_eq!(Position::parse(&position.text()), Some(position));
        for text in [
            "",
            "3",
            "~",
            "0~0",
            "-1~0",
            "3~",
            "3~x",
            "3~1~2",
            "2026-03-01T00:00:00Z~1",
            "99999999999999999999~0",
        ] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_without_page_numbers_has_one_page() {
        const WHOLE: Pages = Pages {
            page: None,
            limit: None,
        };
        const NUMBERED: Pages = Pages {
            page: Some("page"),
            limit: Some("limit"),
        };
        let second = Position { page: 2, seen: 0 };
        assert!(is_possible(second, Some(&NUMBERED)));
        assert!(!is_possible(second, Some(&WHOLE)));
        assert!(is_possible(Position { page: 1, seen: 7 }, Some(&WHOLE)));
    }
}
