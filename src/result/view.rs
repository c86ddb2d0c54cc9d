//! What a tool's view shows of an answer: the rows of a list that fit, or one value with the
//! added names beside its own.

use super::{
    look::{ID, ROWS, rows_of},
    members::Members,
    prose::Own,
    selection::{Selection, Shown},
    showing::{Part, Rows, Showing},
    truncate::{Entry, entries},
    writer::{Pass, Place},
};
use crate::{
    json::{JsonError, Reader},
    model::{Added, Derived},
    time::moment,
    token::Token,
};

/// The key of the snippet around a match.
const SNIPPET: &str = "snippet";

/// More reasons are not explained.
const REASONS: usize = 20;

/// Applies the view in the pass.
pub(super) struct Show<'a> {
    pub pass: Pass,
    showing: &'a Showing<'a>,
    part: Part<'a>,
    shown: Shown<'a>,
    added: &'a [Selection],
    last: &'a Selection,
    /// The snippet around the match in the current row, as JSON.
    snippet: Option<String>,
    /// Whether any spoken words are shown.
    pub said: bool,
}

/// A value to be shown: its bytes and, for an object, its members.
struct Subject<'a> {
    raw: &'a [u8],
    members: Option<Members<'a>>,
}

impl<'a> Subject<'a> {
    /// Reads the value that comes next, once.
    fn read(reader: &mut Reader<'a>) -> Result<Self, JsonError> {
        Ok(match Members::of(reader)? {
            Some(members) => Self {
                raw: &[],
                members: Some(members),
            },
            None => Self {
                raw: reader.value()?,
                members: None,
            },
        })
    }

    fn text_at(&self, pointer: &str) -> Option<String> {
        let (found, _) = self.members.as_ref()?.below(pointer).ok()??;
        serde_json::from_slice(found).ok()
    }
}

/// The caller's key, if it is one that no text holds by chance.
fn own(showing: &Showing<'_>) -> Option<Own> {
    showing.own.and_then(Token::unmistakable).map(Own::new)
}

impl<'a> Show<'a> {
    pub(super) fn new(
        showing: &'a Showing<'a>,
        part: Part<'a>,
        shown: Shown<'a>,
        added: &'a [Selection],
        last: &'a Selection,
    ) -> Self {
        Self {
            pass: Pass::new(showing.limit, showing.open, own(showing)),
            showing,
            part,
            shown,
            added,
            last,
            snippet: None,
            said: false,
        }
    }

    /// Shows an answer; for a list, tells how far.
    pub(super) fn answer(&mut self, body: &'a [u8]) -> Result<Option<Rows>, JsonError> {
        let mut reader = Reader::new(body);
        if self.showing.view.rows.is_some() {
            let rows = rows_of(body, self.showing.view);
            if rows.len() < body.len() && rows.first() == Some(&b'[') {
                reader.value()?;
                reader.end()?;
                return self.rows(&mut Reader::new(rows)).map(Some);
            }
            self.shown = Shown::Whole;
        } else if self.showing.view.list && reader.peek()? == b'[' {
            let rows = self.rows(&mut reader)?;
            reader.end()?;
            return Ok(Some(rows));
        }
        let subject = Subject::read(&mut reader)?;
        reader.end()?;
        if self.showing.view.list {
            let page = subject.members.as_ref().and_then(|page| page.get(ROWS));
            if let Some(rows) = page.filter(|rows| rows.first() == Some(&b'[')) {
                return self.rows(&mut Reader::new(rows)).map(Some);
            }
            if self.showing.fields.is_none() {
                // What is no list is shown as it is: the row's choice is meant for rows.
                self.shown = Shown::Whole;
            }
        }
        self.subject(&subject, "", self.showing.limit)?;
        Ok(None)
    }

    /// The elements of an array, as many as there is room for.
    fn rows(&mut self, reader: &mut Reader<'a>) -> Result<Rows, JsonError> {
        let mut rows = Rows::default();
        let mut to_skip = self.showing.seen.map_or(0, |(_, count)| count);
        self.pass.out.push(b'[');
        reader.open(b'[')?;
        while reader.next_element()? {
            rows.received += 1;
            if rows.full || rows.shown >= self.part.most {
                reader.value()?;
                continue;
            }
            let row = Subject::read(reader)?;
            let page = self.showing.view.page;
            let time = page.and_then(|page| row.text_at(page.at));
            let seen = self
                .showing
                .seen
                .filter(|(at, _)| time.as_deref() == Some(at));
            if to_skip > 0 && seen.is_some() {
                to_skip -= 1;
                continue;
            }
            if rows.first.is_none() {
                rows.first.clone_from(&time);
            }
            let wanted = self.part.wanted;
            let snippet = match (&wanted.search, &row.members) {
                (Some(sought), Some(members)) => sought.snippet(members, &mut self.pass)?,
                _ => None,
            };
            let is_found = wanted.search.is_none() || snippet.is_some();
            self.snippet = snippet;
            if is_found && wanted.admits(row.members.as_ref(), &mut rows.others)? {
                rows.full = !self.row(&row, &rows)?;
                if rows.full {
                    continue;
                }
                rows.shown += 1;
                self.reason(&row, &mut rows.reasons);
            }
            rows.seen += 1;
            let before = match &rows.last {
                Some((last, count)) if Some(last) == time.as_ref() => *count,
                _ => seen.map_or(0, |(_, count)| count),
            };
            rows.last = time.map(|time| (time, before.saturating_add(1)));
        }
        self.pass.out.push(b']');
        Ok(rows)
    }

    /// Records the reason in a row, if it is shown and new.
    fn reason(&self, row: &Subject<'_>, reasons: &mut Vec<String>) {
        let Some(pointer) = self.showing.view.explain else {
            return;
        };
        let is_shown = self
            .showing
            .fields
            .is_none_or(|fields| fields.iter().any(|field| field == pointer));
        if is_shown
            && reasons.len() < REASONS
            && let Some(reason) = row.text_at(pointer)
            && !reasons.contains(&reason)
        {
            reasons.push(reason);
        }
    }

    /// Writes a row, unless there is no room for it. The first is cut rather than left out.
    fn row(&mut self, row: &Subject<'a>, before: &Rows) -> Result<bool, JsonError> {
        let first = before.shown == 0 && !self.part.goes_on;
        let start = self.pass.out.len();
        let room = self.showing.limit.saturating_sub(start + 2);
        if before.shown > 0 {
            self.pass.out.push(b',');
        }
        let cuts = self.pass.cuts.len();
        let (taken_out, said) = (self.pass.taken_out, self.said);
        self.subject(
            row,
            &format!("/{}", before.received.saturating_sub(1)),
            room,
        )?;
        let fits = first || (self.pass.out.len() - start <= room && self.pass.cuts.len() == cuts);
        if !fits {
            self.pass.out.truncate(start);
            self.pass.cuts.truncate(cuts);
            (self.pass.taken_out, self.said) = (taken_out, said);
        }
        Ok(fits)
    }

    /// What is selected of a value and, for an object, the added names.
    fn subject(&mut self, subject: &Subject<'a>, at: &str, room: usize) -> Result<(), JsonError> {
        match &subject.members {
            Some(members) => self.object(members, at, room),
            None => {
                let shown = self.shown.clone();
                self.pass.fit(subject.raw, &shown, Place::TOP, at, room)
            }
        }
    }

    fn object(&mut self, members: &Members<'a>, at: &str, room: usize) -> Result<(), JsonError> {
        let view = self.showing.view;
        let derived = self.derived(members);
        let snippet = self.snippet.take();
        let added = self.added(members)?;
        let elsewhere = match self.is_chosen() {
            true => Selection::default(),
            false => elsewhere(members, &added),
        };
        let mut found = entries(&mut self.pass, members, &self.shown, Place::TOP);
        found.retain_mut(|entry| entry.leave_out(&elsewhere));
        for entry in &mut found {
            entry.said = self.may_tell(entry);
            entry.open = view.reveal.contains(&&*entry.name);
        }
        for (Added { name, .. }, entry) in added {
            found.retain(|entry| entry.name != *name);
            found.push(entry);
        }
        found.extend(
            derived
                .iter()
                .map(|(derived, value)| Entry::ours(derived.name, value)),
        );
        found.extend(snippet.iter().map(|text| Entry::ours(SNIPPET, text)));
        if view.page.is_some() {
            // A row is known by its id.
            found.sort_by_key(|entry| entry.index.is_none() || entry.name != ID);
        }
        self.said |= found.iter().any(|entry| entry.said);
        let (start, cuts) = (self.pass.out.len(), self.pass.cuts.len());
        let fits = self.pass.within(room, |pass| {
            pass.push(b"{")?;
            for entry in &found {
                pass.comma()?;
                pass.push(&entry.key)?;
                pass.push(b":")?;
                entry.write(pass)?;
            }
            pass.push(b"}")
        })?;
        let has_last = !view.truncate_last.is_empty();
        if fits || (has_last && self.pass.fit_all_but(self.last, &found, at, room)?) {
            return Ok(());
        }
        self.pass.out.truncate(start);
        self.pass.cuts.truncate(cuts);
        // What stands here only under an added name must not be the first to go.
        found.sort_by_key(|entry| entry.source.is_none());
        self.pass.fit_entries(&found, members.0.len(), at, room)
    }

    /// The added members that are derived from others, if they are shown.
    fn derived(&self, members: &Members<'_>) -> Vec<(&'a Derived, String)> {
        let time = |pointer| {
            let (found, _) = members.below(pointer).ok()??;
            moment(&serde_json::from_slice::<String>(found).ok()?)
        };
        let value = |derived: &'a Derived| {
            if members.get(derived.name).is_some() {
                return None;
            }
            if self.is_chosen() {
                // Who asks for the whole gets what Vapi sent.
                let Shown::Parts(_) = self.shown else {
                    return None;
                };
                self.shown.member(derived.name, usize::MAX)?.found();
            }
            let passed = time(derived.to)?.signed_duration_since(time(derived.from)?);
            let seconds = passed.num_milliseconds() as f64 / 1_000.0;
            (seconds >= 0.0).then(|| (derived, seconds.to_string()))
        };
        self.showing.view.derive.iter().filter_map(value).collect()
    }

    /// The added names that the object does not have.
    fn added(&self, members: &Members<'a>) -> Result<Vec<(&'a Added, Entry<'a>)>, JsonError> {
        let mut found = Vec::new();
        for (added, selection) in self.showing.view.add.iter().zip(self.added) {
            let (None | Some(b"null")) = members.get(added.name) else {
                continue;
            };
            let Some((value, hide)) = members.below(added.at)? else {
                continue;
            };
            // Only now, because a name that is asked for counts as found.
            let chosen = match self.is_chosen() {
                true => self.shown.named(added.name),
                false => Some(selection.shown()),
            };
            if let Some(shown) = chosen {
                let entry = Entry {
                    hide: hide.filter(|_| !self.showing.open),
                    said: self.is_said(added),
                    ..Entry::added(added, value, shown)
                };
                found.push((added, entry));
            }
        }
        Ok(found)
    }

    /// Whether added names are shown only if they are selected.
    fn is_chosen(&self) -> bool {
        self.showing.fields.is_some() || self.part.wanted.search.is_some()
    }

    /// Whether a member of the answer may hold what people said: one that is known to, and of those
    /// that the caller chose every one but the single values that the row keeps.
    fn may_tell(&self, entry: &Entry<'_>) -> bool {
        let view = self.showing.view;
        let mut kept = view.keep.unwrap_or_default().iter();
        let is_single = !matches!(entry.value.first(), Some(b'{' | b'['));
        view.untrusted.contains(&&*entry.name)
            || self.showing.fields.is_some()
                && !view.untrusted.is_empty()
                && !(is_single && kept.any(|at| at.strip_prefix('/') == Some(&entry.name)))
    }

    fn is_said(&self, added: &Added) -> bool {
        let said = self.showing.view.untrusted;
        let top = added.at.split('/').nth(1).unwrap_or_default();
        said.contains(&top) || said.contains(&added.name)
    }
}

/// The places whose values are shown in full under added names.
fn elsewhere(members: &Members<'_>, added: &[(&Added, Entry<'_>)]) -> Selection {
    let mut places = Vec::new();
    for (added, entry) in added {
        match added.keep {
            Some(keys) if entry.value.first() == Some(&b'{') => {
                places.extend(keys.iter().map(|key| format!("{}/{key}", added.at)));
            }
            _ => places.push(added.at.to_owned()),
        }
    }
    places.retain(|place| members.has_one(place));
    let places: Vec<_> = places.iter().map(String::as_str).collect();
    Selection::of(&places).unwrap_or_default()
}
