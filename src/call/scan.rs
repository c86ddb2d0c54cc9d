//! Rows that the API cannot filter: pages are read one after the other, newest first, until enough
//! rows match or a bound is reached. Of a page only the rows that are shown stay.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::control::Cursor;
use crate::{
    api::{Api, Failure, Token},
    bounds::{counted, excerpt, grouped},
    catalog::Action,
    model::Page,
    result::{self, Answer, Part, ResultError, Rows, Showing, Wanted},
};

/// Maximum number of pages of one call.
const PAGES: usize = 20;

/// The rows of a page.
const ROWS: usize = 100;

/// Maximum number of bytes of all pages: none is asked for that would exceed them if it were as
/// large as the largest before it.
const BYTES: usize = 100_000_000;

/// What is looked for.
pub(super) struct Scan<'a> {
    pub action: &'a Action,
    pub page: &'static Page,
    /// The most rows that Vapi sends at once.
    pub largest: usize,
    pub deadline: Instant,
    pub wanted: &'a Wanted,
    /// Maximum number of rows to show.
    pub most: usize,
    /// Where the list is entered; at its newest row when there is none.
    pub cursor: Option<&'a Cursor>,
}

/// The rows that were found, and remarks on them.
pub(super) struct Found {
    pub answer: Answer,
    /// What was cut of the rows.
    pub cuts: Vec<String>,
    /// Which part of the list was searched, and how to go on.
    pub searched: Option<String>,
}

/// Why the search failed.
pub(super) enum Stop {
    /// The first request failed.
    Failed(Failure),
    /// The answer is not JSON.
    Unreadable(ResultError),
}

/// Why no further page was read.
enum End {
    /// There is none.
    Last,
    /// As many rows match as were asked for, or as there is room for.
    Enough,
    /// A bound of one call; which.
    Bound(String),
}

/// Reads pages. `cuts` says what was cut of a page's rows.
pub(super) async fn run(
    scan: &Scan<'_>,
    api: &Api,
    token: &Token,
    showing: &Showing<'_>,
    cuts: impl Fn(&[u8], &Answer) -> Vec<String>,
) -> Result<Found, Stop> {
    let mut request = scan.action.request.clone();
    let mut at = scan.cursor.cloned();
    let mut all = Collected::default();
    let (mut bytes, mut largest) = (0_usize, 0_usize);
    let mut end = End::Bound(format!("One tool call reads at most {PAGES} pages"));
    for number in 0..PAGES {
        let seen = at.as_ref().map_or(0, |cursor| cursor.seen);
        let rows = ROWS.saturating_add(seen).min(scan.largest);
        request.set(scan.page.limit, Value::from(rows));
        if let Some(cursor) = &at {
            request.set(scan.page.until, Value::from(cursor.time.clone()));
        }
        let sent = api.send(token, scan.action.effect, scan.deadline, |client| {
            scan.action.operation.sending(client, &request)
        });
        let body = match sent.await {
            Ok(body) => body,
            Err(failure) if number == 0 => return Err(Stop::Failed(failure)),
            Err(_) if Instant::now() >= scan.deadline => {
                end = End::Bound("The time limit of a tool call was reached".to_owned());
                break;
            }
            Err(failure) => {
                let error = failure.error.to_string();
                end = End::Bound(format!("The next page failed ({})", excerpt(&error)));
                break;
            }
        };
        let page = Showing {
            limit: showing.limit.saturating_sub(all.text.len()),
            seen: at
                .as_ref()
                .map(|cursor| (cursor.time.as_str(), cursor.seen)),
            ..*showing
        };
        let part = Part {
            wanted: scan.wanted,
            most: scan.most.saturating_sub(all.rows.shown),
            goes_on: all.rows.shown > 0,
        };
        let answer = result::show_part(&body, &page, part).map_err(Stop::Unreadable)?;
        let cut = cuts(&body, &answer);
        let Some(shown) = &answer.rows else {
            // What is no list is shown as it is.
            return Ok(Found {
                answer,
                cuts: cut,
                searched: None,
            });
        };
        let (received, full) = (shown.received, shown.full);
        let left = received.saturating_sub(seen).saturating_sub(shown.seen);
        let last = shown.last.clone();
        all.add(answer, cut);
        let enough = full || all.rows.shown >= scan.most;
        if received < rows && !(enough && left > 0) {
            end = End::Last;
            break;
        }
        if enough {
            end = End::Enough;
            break;
        }
        let next = last.map(|(time, seen)| Cursor { time, seen });
        if next.is_none() || next == at {
            end = End::Bound("Too many rows have the same time".to_owned());
            break;
        }
        at = next;
        bytes = bytes.saturating_add(body.len());
        largest = largest.max(body.len());
        if bytes.saturating_add(largest) > BYTES {
            end = End::Bound("One tool call reads at most 100 MB".to_owned());
            break;
        }
    }
    Ok(all.found(scan, end))
}

/// The pages so far.
#[derive(Default)]
struct Collected {
    /// The rows shown, with commas between them.
    text: String,
    rows: Rows,
    cuts: Vec<String>,
    taken_out: usize,
    said: bool,
    /// The pointers that led to nothing on any page.
    unmet: Option<Vec<(String, Vec<String>)>>,
}

impl Collected {
    fn add(&mut self, answer: Answer, cuts: Vec<String>) {
        let Some(rows) = answer.rows else { return };
        let inner = answer.text.strip_prefix('[');
        let inner = inner.and_then(|text| text.strip_suffix(']'));
        if let Some(inner) = inner.filter(|inner| !inner.is_empty()) {
            if !self.text.is_empty() {
                self.text.push(',');
            }
            self.text.push_str(inner);
        }
        self.cuts.extend(cuts);
        self.taken_out += answer.taken_out;
        self.said |= answer.said;
        match &mut self.unmet {
            Some(unmet) => {
                unmet.retain(|(pointer, _)| answer.unmet.iter().any(|(other, _)| other == pointer));
            }
            None => self.unmet = Some(answer.unmet),
        }
        self.rows.shown += rows.shown;
        self.rows.received += rows.received;
        self.rows.seen += rows.seen;
        self.rows.full = rows.full;
        if self.rows.first.is_none() {
            self.rows.first = rows.first;
        }
        self.rows.last = rows.last.or(self.rows.last.take());
        self.rows.others.extend(rows.others);
        for reason in rows.reasons {
            if !self.rows.reasons.contains(&reason) {
                self.rows.reasons.push(reason);
            }
        }
    }

    fn found(self, scan: &Scan<'_>, end: End) -> Found {
        let searched = searched(scan, &self.rows, end);
        Found {
            answer: Answer {
                text: format!("[{}]", self.text),
                cuts: Vec::new(),
                taken_out: self.taken_out,
                said: self.said,
                unmet: self.unmet.unwrap_or_default(),
                rows: Some(self.rows),
            },
            cuts: self.cuts,
            searched: Some(searched),
        }
    }
}

/// Which part of the list was searched, what it holds, and how to go on.
fn searched(scan: &Scan<'_>, rows: &Rows, end: End) -> String {
    let key = scan.page.at.trim_start_matches('/');
    let count = counted(rows.seen, "row");
    let count = match (&end, scan.cursor) {
        (End::Last, Some(_)) => format!("the remaining {count}"),
        (End::Last, None) if rows.seen == 1 => "the only row".to_owned(),
        (End::Last, None) => format!("all {count}"),
        _ => count,
    };
    let oldest = rows.last.as_ref().map(|(time, _)| time.as_str());
    let range = match (oldest, rows.first.as_deref()) {
        (Some(oldest), Some(newest)) => format!("{count}, {key} from {oldest} to {newest}"),
        _ => count,
    };
    let matching = match (rows.shown, rows.seen) {
        (0, 1) => "it does not match".to_owned(),
        (1, 1) => "it matches".to_owned(),
        (0, _) => "none of them matches".to_owned(),
        (1, _) => "1 matches".to_owned(),
        (shown, _) => format!("{} match", grouped(shown)),
    };
    let others = rows.others.told().filter(|_| rows.shown == 0);
    let others = others.map_or_else(String::new, |told| format!(" {told}"));
    let why = match end {
        End::Last if rows.seen == 0 => {
            return "There was no row to search.".to_owned();
        }
        End::Last => return format!("Searched {range}: {matching}.{others}"),
        End::Enough => String::new(),
        End::Bound(why) => format!(" {why}."),
    };
    let cursor = rows.last.clone().or_else(|| {
        let cursor = scan.cursor?;
        Some((cursor.time.clone(), cursor.seen))
    });
    let next = cursor.map_or_else(String::new, |(time, seen)| {
        let cursor = Cursor { time, seen }.text();
        format!(
            " To search them, call {} again with the same arguments and with cursor {}.",
            scan.action.name,
            json!(cursor)
        )
    });
    format!("Searched {range}: {matching}.{others}{why} Older rows were not searched.{next}")
}
