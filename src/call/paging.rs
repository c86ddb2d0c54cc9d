//! Lists that are not paged by time: the part that is requested, and how to get the next rows.

use serde_json::{Value, json};

use crate::{
    catalog::{Action, Request},
    model::Pages,
    result::{ParsedAnswer, ShownRows},
    text::{counted, grouped},
};

/// The pointer to the number of all rows of a paged list.
const TOTAL: &str = "/metadata/totalItems";

/// The pointer to the number of rows of a full page.
const PER_PAGE: &str = "/metadata/itemsPerPage";

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

    pub(super) fn parse(text: &str) -> Option<Self> {
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

/// Whether a list can have this position: without page numbers, it has one page.
pub(super) fn is_possible(position: Position, pages: Option<&Pages>) -> bool {
    position.page == 1 || pages.is_some_and(|pages| pages.page.is_some())
}

impl Paging {
    /// Requests `wanted` rows from this position on.
    pub(super) fn new(
        request: &mut Request,
        pages: &'static Pages,
        start: Option<Position>,
        wanted: Option<usize>,
        maximum: usize,
    ) -> Self {
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
        let number = |at: &str| -> Option<usize> { serde_json::from_slice(answer.raw(at)?).ok() };
        let total = number(TOTAL);
        let total = match self.pages.limit {
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
            // Vapi may send fewer rows at once than were requested.
            let per_page = number(PER_PAGE).unwrap_or(self.requested);
            let pages_before = usize::try_from(self.start.page.saturating_sub(1));
            let before = pages_before.ok().and_then(|it| it.checked_mul(per_page));
            let taken = before.and_then(|it| it.checked_add(rows.received));
            let follows = match (answer.raw(HAS_NEXT), taken, total) {
                (Some(b"true"), ..) => true,
                (Some(b"false"), ..) => false,
                (_, Some(taken), Some(total)) => taken < total,
                _ => is_full_page,
            };
            if !follows || rows.received == 0 {
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
