//! Scans lists that the API cannot filter: pages are read one after the other, newest first, until
//! enough rows match or a limit is reached. Only rows to show are kept in memory.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::arguments::control::Cursor;
use crate::{
    api::{Api, Failure, Token},
    catalog::Action,
    model::Page,
    result::{self, ListWindow, ResultError, RowFilter, ShowOptions, ShownAnswer, ShownRows},
    text::{counted, excerpt, grouped},
};

/// Maximum number of pages of one tool call.
const MAX_PAGES: usize = 20;

/// The number of new rows that are requested for a page.
const PAGE_ROWS: usize = 100;

/// Maximum number of bytes of all pages. Another page is requested only if it may be as large as
/// the largest one so far.
const MAX_BYTES: usize = 100_000_000;

/// The parameters of a scan.
pub(super) struct Scan<'a> {
    pub action: &'a Action,
    pub page: &'static Page,
    /// Maximum number of rows that Vapi sends at once.
    pub max_page_rows: usize,
    pub deadline: Instant,
    pub filter: &'a RowFilter,
    /// Maximum number of rows to show.
    pub limit: usize,
    /// The start position; the newest row if `None`.
    pub cursor: Option<&'a Cursor>,
}

/// The rows that match, and remarks on them.
pub(super) struct Scanned {
    pub answer: ShownAnswer,
    /// Remarks on truncated values of the rows.
    pub cuts: Vec<String>,
    /// The remark on the searched part of the list and on how to continue.
    pub searched: Option<String>,
}

/// The error of a scan.
pub(super) enum ScanError {
    /// The first request failed.
    Failed(Failure),
    /// The response is not JSON.
    Unreadable(ResultError),
}

/// The reason why no further page was read.
enum End {
    /// There is no further page.
    LastPage,
    /// The requested number of rows was found, or there is no room for more.
    Enough,
    /// A limit was reached, which the text names.
    Limit(String),
}

/// Reads pages. `describe_cuts` returns the remarks on truncated values of a page.
pub(super) async fn run(
    scan: &Scan<'_>,
    api: &Api,
    token: &Token,
    options: &ShowOptions<'_>,
    describe_cuts: impl Fn(&[u8], &ShownAnswer) -> Vec<String>,
) -> Result<Scanned, ScanError> {
    let mut request = scan.action.request.clone();
    let mut position = scan.cursor.cloned();
    let mut all = Collected::default();
    let (mut bytes, mut largest) = (0_usize, 0_usize);
    let mut end = End::Limit(format!("One tool call reads at most {MAX_PAGES} pages"));
    for number in 0..MAX_PAGES {
        let seen = position.as_ref().map_or(0, |cursor| cursor.seen);
        let requested = PAGE_ROWS.saturating_add(seen).min(scan.max_page_rows);
        request.set(scan.page.limit, Value::from(requested));
        if let Some(cursor) = &position {
            request.set(scan.page.until, Value::from(cursor.time.clone()));
        }
        let sent = api.send(token, scan.action.effect, scan.deadline, |client| {
            scan.action.operation.send_request(client, &request)
        });
        let body = match sent.await {
            Ok(body) => body,
            Err(failure) if number == 0 => return Err(ScanError::Failed(failure)),
            Err(_) if Instant::now() >= scan.deadline => {
                end = End::Limit("The time limit of a tool call was reached".to_owned());
                break;
            }
            Err(failure) => {
                let error = failure.error.to_string();
                end = End::Limit(format!("The next page failed ({})", excerpt(&error)));
                break;
            }
        };
        let page = ShowOptions {
            limit: options.limit.saturating_sub(all.text.len()),
            already_shown: position
                .as_ref()
                .map(|cursor| (cursor.time.as_str(), cursor.seen)),
            ..*options
        };
        let window = ListWindow {
            filter: scan.filter,
            limit: scan.limit.saturating_sub(all.rows.shown),
            continued: all.rows.shown > 0,
        };
        let answer = result::show_window(&body, &page, window).map_err(ScanError::Unreadable)?;
        let cuts = describe_cuts(&body, &answer);
        let Some(shown) = &answer.rows else {
            // A response that is not a list is shown as it is.
            return Ok(Scanned {
                answer,
                cuts,
                searched: None,
            });
        };
        let (received, full) = (shown.received, shown.full);
        let left = received.saturating_sub(seen).saturating_sub(shown.seen);
        let last = shown.last.clone();
        all.add(answer, cuts);
        let enough = full || all.rows.shown >= scan.limit;
        if received < requested && !(enough && left > 0) {
            end = End::LastPage;
            break;
        }
        if enough {
            end = End::Enough;
            break;
        }
        let next = last.map(|(time, seen)| Cursor { time, seen });
        if next.is_none() || next == position {
            end = End::Limit("Too many rows have the same time".to_owned());
            break;
        }
        position = next;
        bytes = bytes.saturating_add(body.len());
        largest = largest.max(body.len());
        if bytes.saturating_add(largest) > MAX_BYTES {
            end = End::Limit("One tool call reads at most 100 MB".to_owned());
            break;
        }
    }
    Ok(all.finish(scan, end))
}

/// The pages so far.
#[derive(Default)]
struct Collected {
    /// The rows shown, with commas between them.
    text: String,
    rows: ShownRows,
    cuts: Vec<String>,
    invisible_removed: usize,
    has_speech: bool,
    /// The pointers that matched nothing on any page.
    unmatched: Option<Vec<(String, Vec<String>)>>,
}

impl Collected {
    fn add(&mut self, answer: ShownAnswer, cuts: Vec<String>) {
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
        self.invisible_removed += answer.invisible_removed;
        self.has_speech |= answer.has_speech;
        match &mut self.unmatched {
            Some(unmatched) => {
                unmatched.retain(|(pointer, _)| {
                    answer.unmatched.iter().any(|(other, _)| other == pointer)
                });
            }
            None => self.unmatched = Some(answer.unmatched),
        }
        self.rows.shown += rows.shown;
        self.rows.received += rows.received;
        self.rows.seen += rows.seen;
        self.rows.full = rows.full;
        if self.rows.first.is_none() {
            self.rows.first = rows.first;
        }
        self.rows.last = rows.last.or(self.rows.last.take());
        self.rows.other_values.extend(rows.other_values);
        for reason in rows.reasons {
            if !self.rows.reasons.contains(&reason) {
                self.rows.reasons.push(reason);
            }
        }
    }

    fn finish(self, scan: &Scan<'_>, end: End) -> Scanned {
        let searched = searched(scan, &self.rows, end);
        Scanned {
            answer: ShownAnswer {
                text: format!("[{}]", self.text),
                cuts: Vec::new(),
                invisible_removed: self.invisible_removed,
                has_speech: self.has_speech,
                unmatched: self.unmatched.unwrap_or_default(),
                rows: Some(self.rows),
            },
            cuts: self.cuts,
            searched: Some(searched),
        }
    }
}

/// The remark on the searched part of the list, the matches, and how to continue.
fn searched(scan: &Scan<'_>, rows: &ShownRows, end: End) -> String {
    let key = scan.page.at.trim_start_matches('/');
    let count = counted(rows.seen, "row");
    let count = match (&end, scan.cursor) {
        (End::LastPage, Some(_)) => format!("the remaining {count}"),
        (End::LastPage, None) if rows.seen == 1 => "the only row".to_owned(),
        (End::LastPage, None) => format!("all {count}"),
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
    let others = rows.other_values.sentence().filter(|_| rows.shown == 0);
    let others = others.map_or_else(String::new, |sentence| format!(" {sentence}"));
    let why = match end {
        End::LastPage if rows.seen == 0 => {
            return "There was no row to search.".to_owned();
        }
        End::LastPage => return format!("Searched {range}: {matching}.{others}"),
        End::Enough => String::new(),
        End::Limit(why) => format!(" {why}."),
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
