//! Shows a response according to the tool's view: the rows of a list that fit, or one value with
//! added names next to its own keys.

use super::{
    caller_key::CallerKey,
    entry::{Entry, entries},
    key_context::KeyContext,
    lookup::{ID, ROWS, rows_of},
    object::Object,
    options::{ListWindow, ShowOptions, ShownRows},
    selection::{Selection, Shown},
    writer::Writer,
};
use crate::{
    json::{JsonError, Reader},
    model::{Added, Derived},
    time::parse_instant,
    token::Token,
};

/// The added name of the text around a match.
const SNIPPET: &str = "snippet";

/// Maximum number of reasons that are explained.
const MAX_REASONS: usize = 20;

/// Applies a view.
pub(super) struct Renderer<'a> {
    pub writer: Writer,
    options: &'a ShowOptions<'a>,
    window: ListWindow<'a>,
    shown: Shown<'a>,
    added: &'a [Selection],
    last: &'a Selection,
    /// The snippet around the match in the current row, as JSON.
    snippet: Option<String>,
    /// Whether any spoken words are shown.
    pub has_speech: bool,
}

/// A value to be shown: its bytes and, for an object, its members.
struct Item<'a> {
    raw: &'a [u8],
    members: Option<Object<'a>>,
}

impl<'a> Item<'a> {
    /// Reads the next value.
    fn read(reader: &mut Reader<'a>) -> Result<Self, JsonError> {
        Ok(match Object::read(reader)? {
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
        let (found, _) = self.members.as_ref()?.at(pointer).ok()??;
        serde_json::from_slice(found).ok()
    }
}

/// The caller's key, if it is long enough to be recognised in texts.
fn caller_key(options: &ShowOptions<'_>) -> Option<CallerKey> {
    let key = options.caller_token.and_then(Token::recognisable);
    key.map(CallerKey::new)
}

impl<'a> Renderer<'a> {
    pub(super) fn new(
        options: &'a ShowOptions<'a>,
        window: ListWindow<'a>,
        shown: Shown<'a>,
        added: &'a [Selection],
        last: &'a Selection,
    ) -> Self {
        Self {
            writer: Writer::new(options.limit, options.show_secrets, caller_key(options)),
            options,
            window,
            shown,
            added,
            last,
            snippet: None,
            has_speech: false,
        }
    }

    /// Shows a response; for a list, returns the rows.
    pub(super) fn answer(&mut self, body: &'a [u8]) -> Result<Option<ShownRows>, JsonError> {
        let mut reader = Reader::new(body);
        if self.options.view.rows.is_some() {
            let rows = rows_of(body, self.options.view);
            if rows.len() < body.len() && rows.first() == Some(&b'[') {
                reader.value()?;
                reader.end()?;
                return self.rows(&mut Reader::new(rows)).map(Some);
            }
            self.shown = Shown::Whole;
        } else if self.options.view.list && reader.peek()? == b'[' {
            let rows = self.rows(&mut reader)?;
            reader.end()?;
            return Ok(Some(rows));
        }
        let item = Item::read(&mut reader)?;
        reader.end()?;
        if self.options.view.list {
            let page = item.members.as_ref().and_then(|page| page.get(ROWS));
            if let Some(rows) = page.filter(|rows| rows.first() == Some(&b'[')) {
                return self.rows(&mut Reader::new(rows)).map(Some);
            }
            if self.options.fields.is_none() {
                // A response that is not a list is shown in full, because the view's selection
                // applies to rows.
                self.shown = Shown::Whole;
            }
        }
        self.item(&item, "", self.options.limit)?;
        Ok(None)
    }

    /// Shows as many elements of an array as there is room for.
    fn rows(&mut self, reader: &mut Reader<'a>) -> Result<ShownRows, JsonError> {
        let mut rows = ShownRows::default();
        let mut to_skip = self.options.already_shown.map_or(0, |(_, count)| count);
        self.writer.out.push(b'[');
        reader.open(b'[')?;
        while reader.next_element()? {
            rows.received += 1;
            let is_skipped = rows.received <= self.options.skip;
            if is_skipped || rows.full || rows.shown >= self.window.limit {
                reader.value()?;
                continue;
            }
            let row = Item::read(reader)?;
            let page = self.options.view.page;
            let time = page.and_then(|page| row.text_at(page.at));
            let seen = self
                .options
                .already_shown
                .filter(|(at, _)| time.as_deref() == Some(at));
            if to_skip > 0 && seen.is_some() {
                to_skip -= 1;
                continue;
            }
            if rows.first.is_none() {
                rows.first.clone_from(&time);
            }
            let filter = self.window.filter;
            let snippet = match (&filter.search, &row.members) {
                (Some(search), Some(members)) => search.snippet(members, &mut self.writer)?,
                _ => None,
            };
            let is_found = filter.search.is_none() || snippet.is_some();
            self.snippet = snippet;
            if is_found && filter.has_values(row.members.as_ref(), &mut rows.other_values)? {
                rows.full = !self.row(&row, &rows)?;
                if rows.full {
                    continue;
                }
                rows.shown += 1;
                self.add_reason(&row, &mut rows.reasons);
            }
            rows.seen += 1;
            let before = match &rows.last {
                Some((last, count)) if Some(last) == time.as_ref() => *count,
                _ => seen.map_or(0, |(_, count)| count),
            };
            rows.last = time.map(|time| (time, before.saturating_add(1)));
        }
        self.writer.out.push(b']');
        Ok(rows)
    }

    /// Adds the reason in a row, if it is shown and new.
    fn add_reason(&self, row: &Item<'_>, reasons: &mut Vec<String>) {
        let Some(pointer) = self.options.view.explain else {
            return;
        };
        let is_shown = self
            .options
            .fields
            .is_none_or(|fields| fields.iter().any(|field| field == pointer));
        if is_shown
            && reasons.len() < MAX_REASONS
            && let Some(reason) = row.text_at(pointer)
            && !reasons.contains(&reason)
        {
            reasons.push(reason);
        }
    }

    /// Writes a row if there is room, and returns whether it was written. The first row is
    /// truncated if it does not fit.
    fn row(&mut self, row: &Item<'a>, before: &ShownRows) -> Result<bool, JsonError> {
        let first = before.shown == 0 && !self.window.continued;
        let start = self.writer.out.len();
        let room = self.options.limit.saturating_sub(start + 2);
        if before.shown > 0 {
            self.writer.out.push(b',');
        }
        let cuts = self.writer.cuts.len();
        let (invisible_removed, has_speech) = (self.writer.invisible_removed, self.has_speech);
        self.item(
            row,
            &format!("/{}", before.received.saturating_sub(1)),
            room,
        )?;
        let fits =
            first || (self.writer.out.len() - start <= room && self.writer.cuts.len() == cuts);
        if !fits {
            self.writer.out.truncate(start);
            self.writer.cuts.truncate(cuts);
            (self.writer.invisible_removed, self.has_speech) = (invisible_removed, has_speech);
        }
        Ok(fits)
    }

    /// Writes the selected parts of a value and, for an object, the added names.
    fn item(&mut self, item: &Item<'a>, at: &str, room: usize) -> Result<(), JsonError> {
        match &item.members {
            Some(members) => self.object(members, at, room),
            None => {
                let shown = self.shown.clone();
                self.writer.fit(item.raw, &shown, KeyContext::TOP, at, room)
            }
        }
    }

    fn object(&mut self, members: &Object<'a>, at: &str, room: usize) -> Result<(), JsonError> {
        let view = self.options.view;
        let derived = self.derived(members);
        let snippet = self.snippet.take();
        let added = self.added(members)?;
        let elsewhere = match self.is_selected() {
            true => Selection::default(),
            false => elsewhere(members, &added),
        };
        let mut found = entries(&mut self.writer, members, &self.shown, KeyContext::TOP);
        found.retain_mut(|entry| entry.exclude(&elsewhere));
        for entry in &mut found {
            entry.is_speech = self.may_be_speech(entry);
            entry.unredacted = view.reveal.contains(&&*entry.name);
        }
        for (Added { name, .. }, entry) in added {
            found.retain(|entry| entry.name != *name);
            found.push(entry);
        }
        found.extend(
            derived
                .iter()
                .map(|(derived, value)| Entry::derived(derived.name, value)),
        );
        found.extend(snippet.iter().map(|text| Entry::derived(SNIPPET, text)));
        if view.page.is_some() {
            // The id comes first, because it identifies the row.
            found.sort_by_key(|entry| entry.index.is_none() || entry.name != ID);
        }
        self.has_speech |= found.iter().any(|entry| entry.is_speech);
        let (start, cuts) = (self.writer.out.len(), self.writer.cuts.len());
        let fits = self.writer.within(room, |writer| {
            writer.push(b"{")?;
            for entry in &found {
                writer.comma()?;
                writer.push(&entry.key)?;
                writer.push(b":")?;
                entry.write(writer)?;
            }
            writer.push(b"}")
        })?;
        let has_last = !view.truncate_last.is_empty();
        if fits || (has_last && self.writer.fit_all_but(self.last, &found, at, room)?) {
            return Ok(());
        }
        self.writer.out.truncate(start);
        self.writer.cuts.truncate(cuts);
        // Added names come first, because the last members are left out first.
        found.sort_by_key(|entry| entry.source.is_none());
        self.writer.fit_entries(&found, members.0.len(), at, room)
    }

    /// The derived members that are shown.
    fn derived(&self, members: &Object<'_>) -> Vec<(&'a Derived, String)> {
        let time = |pointer| {
            let (found, _) = members.at(pointer).ok()??;
            parse_instant(&serde_json::from_slice::<String>(found).ok()?)
        };
        let value = |derived: &'a Derived| {
            if members.get(derived.name).is_some() {
                return None;
            }
            if self.is_selected() {
                // If everything is selected, only values that Vapi sent are shown.
                let Shown::Parts(_) = self.shown else {
                    return None;
                };
                self.shown.member(derived.name, usize::MAX)?.mark_matched();
            }
            let passed = time(derived.to)?.signed_duration_since(time(derived.from)?);
            let seconds = passed.num_milliseconds() as f64 / 1_000.0;
            (seconds >= 0.0).then(|| (derived, seconds.to_string()))
        };
        self.options.view.derive.iter().filter_map(value).collect()
    }

    /// The added names that are missing from the object.
    fn added(&self, members: &Object<'a>) -> Result<Vec<(&'a Added, Entry<'a>)>, JsonError> {
        let mut found = Vec::new();
        for (added, selection) in self.options.view.add.iter().zip(self.added) {
            let (None | Some(b"null")) = members.get(added.name) else {
                continue;
            };
            let Some((value, hide)) = members.at(added.at)? else {
                continue;
            };
            // Called only now, because this marks the pointer as matched.
            let selected = match self.is_selected() {
                true => self.shown.named(added.name),
                false => Some(selection.shown()),
            };
            if let Some(shown) = selected {
                let entry = Entry {
                    hide: hide.filter(|_| !self.options.show_secrets),
                    is_speech: self.is_speech(added),
                    ..Entry::added(added, value, shown)
                };
                found.push((added, entry));
            }
        }
        Ok(found)
    }

    /// Whether the caller selected the parts to show; added names must then also be selected.
    fn is_selected(&self) -> bool {
        self.options.fields.is_some() || self.window.filter.search.is_some()
    }

    /// Whether a member may contain spoken words: every member that the view names and, if the
    /// caller selected the parts, every other member except scalars that the view shows by default.
    fn may_be_speech(&self, entry: &Entry<'_>) -> bool {
        let view = self.options.view;
        let mut kept = view.keep.unwrap_or_default().iter();
        let is_scalar = !matches!(entry.value.first(), Some(b'{' | b'['));
        view.untrusted.contains(&&*entry.name)
            || self.options.fields.is_some()
                && !view.untrusted.is_empty()
                && !(is_scalar && kept.any(|at| at.strip_prefix('/') == Some(&entry.name)))
    }

    fn is_speech(&self, added: &Added) -> bool {
        let untrusted = self.options.view.untrusted;
        let top = added.at.split('/').nth(1).unwrap_or_default();
        untrusted.contains(&top) || untrusted.contains(&added.name)
    }
}

/// The parts of an object that are shown in full under added names.
fn elsewhere(members: &Object<'_>, added: &[(&Added, Entry<'_>)]) -> Selection {
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
