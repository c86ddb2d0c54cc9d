//! Truncates values that do not fit: the members of an object share the room, a list ends after an
//! element, a text after a character. Every truncated value is marked and recorded with the pointer
//! to the rest.

use super::{
    entry::{Entry, entries},
    json_string,
    key_context::KeyContext,
    object::Object,
    selection::Shown,
    writer::{Truncation, Writer},
};
use crate::{
    json::{JsonError, Reader},
    text::noun,
};

/// Maximum number of bytes of a mark, with quotes.
const MAX_MARK: usize = 64;

/// Minimum room for a member, in bytes; with less, it is left out.
pub(super) const MIN_ROOM: usize = 2 * MAX_MARK;

impl Writer {
    /// Writes a value in at most `room` bytes, truncated if necessary.
    pub(super) fn fit(
        &mut self,
        value: &[u8],
        shown: &Shown<'_>,
        context: KeyContext<'_>,
        at: &str,
        room: usize,
    ) -> Result<(), JsonError> {
        let room = room.min(self.limit.saturating_sub(self.out.len()));
        let mut reader = Reader::new(value);
        if self.within(room, |writer| writer.value(&mut reader, shown, context))? {
            return Ok(());
        }
        match Reader::new(value).peek()? {
            b'"' => self.fit_text(value, shown, context, at, room),
            b'[' => self.fit_list(value, shown, context, at, room),
            _ => match Object::read(&mut Reader::new(value))? {
                Some(members) => {
                    let entries = entries(self, &members, shown, context);
                    self.fit_entries(&entries, members.0.len(), at, room)
                }
                None => {
                    self.mark(room, "[cut: a number]");
                    Ok(())
                }
            },
        }
    }

    /// Writes an object of these entries in at most `room` bytes; `of` is the number of members of
    /// the value at `at`.
    pub(super) fn fit_entries(
        &mut self,
        entries: &[Entry<'_>],
        of: usize,
        at: &str,
        room: usize,
    ) -> Result<(), JsonError> {
        let mut left = room.saturating_sub(MAX_MARK + 16);
        let mut sizes = Vec::new();
        for entry in entries {
            let keys = entry.key.len() + 2;
            let (start, invisible_removed) = (self.out.len(), self.invisible_removed);
            let whole = self.within(left.saturating_sub(keys), |writer| entry.write(writer))?;
            let size = if whole {
                self.out.len().saturating_sub(start)
            } else {
                usize::MAX
            };
            self.out.truncate(start);
            self.invisible_removed = invisible_removed;
            // Each member has room for at least a mark. The size is that of the output: a redacted
            // value may be longer than the original.
            let Some(rest) = left.checked_sub(keys.saturating_add(MIN_ROOM.min(size))) else {
                break;
            };
            left = rest;
            sizes.push((keys, size));
        }
        let level = level(&sizes, room.saturating_sub(MAX_MARK + 16));
        self.out.push(b'{');
        for (entry, (_, size)) in entries.iter().zip(&sizes) {
            self.raw_key(&entry.key);
            if *size <= level && self.within(usize::MAX, |writer| entry.write(writer))? {
                continue;
            }
            self.fit_entry(entry, at, level)?;
        }
        let missing = entries.get(sizes.len()..).unwrap_or_default();
        if !missing.is_empty() {
            self.raw_key(b"\"[cut]\"");
            self.mark(
                MAX_MARK,
                &format!("[cut: {} of {of} {}]", missing.len(), noun(of, "member")),
            );
        }
        let mut positions = missing.iter().filter_map(|entry| entry.index);
        if let Some(from) = positions.next() {
            self.cuts.push(Truncation {
                at: at.to_owned(),
                from,
                to: positions.next_back().unwrap_or(from) + 1,
                of,
                unit: "member",
            });
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Writes the truncated value of an entry.
    pub(super) fn fit_entry(
        &mut self,
        entry: &Entry<'_>,
        above: &str,
        room: usize,
    ) -> Result<(), JsonError> {
        if entry.is_redacted(self) {
            self.mark(room, "[cut: hidden]");
            return Ok(());
        }
        entry.fit(self, above, room)
    }

    fn fit_list(
        &mut self,
        value: &[u8],
        shown: &Shown<'_>,
        context: KeyContext<'_>,
        at: &str,
        room: usize,
    ) -> Result<(), JsonError> {
        let mut reader = Reader::new(value);
        let mut elements = Vec::new();
        let mut of = 0;
        reader.open(b'[')?;
        while reader.next_element()? {
            let element = reader.value()?;
            if let Some(shown) = shown.element(of) {
                elements.push((of, element, shown));
            }
            of += 1;
        }
        let end = self.out.len() + room.saturating_sub(MAX_MARK + 3);
        self.out.push(b'[');
        let mut written = 0;
        for (index, element, shown) in &elements {
            let left = end.saturating_sub(self.out.len() + 1);
            let start = self.out.len();
            if written > 0 {
                self.out.push(b',');
            }
            if self.within(left, |writer| {
                writer.value(&mut Reader::new(element), shown, context)
            })? {
                written += 1;
                continue;
            }
            if written == 0 && left > MIN_ROOM {
                self.fit(element, shown, context, &format!("{at}/{index}"), left)?;
                written += 1;
            } else {
                self.out.truncate(start);
            }
            break;
        }
        if let Some((from, ..)) = elements.get(written) {
            let missing = elements.len() - written;
            if written > 0 {
                self.out.push(b',');
            }
            self.mark(
                MAX_MARK,
                &format!("[cut: {missing} of {of} {}]", noun(of, "element")),
            );
            self.cuts.push(Truncation {
                at: at.to_owned(),
                from: *from,
                to: elements.last().map_or(*from, |(last, ..)| *last) + 1,
                of,
                unit: "element",
            });
        }
        self.out.push(b']');
        Ok(())
    }

    fn fit_text(
        &mut self,
        raw: &[u8],
        shown: &Shown<'_>,
        context: KeyContext<'_>,
        at: &str,
        room: usize,
    ) -> Result<(), JsonError> {
        let text = self.text(raw, self.text_kind(context));
        let raw = text.raw();
        let range = shown.characters(raw);
        let of = json_string::characters(raw).count();
        let room = room.saturating_sub(MAX_MARK);
        let mut end = range.start;
        let mut bytes = 0;
        for character in json_string::characters(raw)
            .skip(range.start)
            .take(range.len())
        {
            if bytes + character.len() > room {
                break;
            }
            bytes += character.len();
            end += 1;
        }
        let kept = json_string::slice(raw, range.start..end);
        self.invisible_removed += text.invisible_removed();
        let to = range.end.min(of).max(end);
        self.out
            .extend_from_slice(kept.get(..kept.len().saturating_sub(1)).unwrap_or_default());
        self.out.extend_from_slice(
            format!(
                " [cut: {} of {of} {}]\"",
                to.saturating_sub(end),
                noun(of, "character")
            )
            .as_bytes(),
        );
        self.cuts.push(Truncation {
            at: at.to_owned(),
            from: end,
            to,
            of,
            unit: "character",
        });
        Ok(())
    }

    /// Writes a mark, which needs no escapes.
    fn mark(&mut self, room: usize, mark: &str) {
        let mark = mark.get(..room.saturating_sub(2)).unwrap_or(mark);
        self.out.push(b'"');
        self.out.extend_from_slice(mark.as_bytes());
        self.out.push(b'"');
    }

    fn raw_key(&mut self, key: &[u8]) {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        self.out.extend_from_slice(key);
        self.out.push(b':');
    }
}

/// The maximum size of each member with which all fit into `room`: small ones are whole, large ones
/// get equal shares. Sizes are those of keys and values.
pub(super) fn level(sizes: &[(usize, usize)], room: usize) -> usize {
    let keys: usize = sizes.iter().map(|(keys, _)| keys).sum();
    let mut room = room.saturating_sub(keys);
    let mut sorted: Vec<_> = sizes.iter().map(|(_, size)| *size).collect();
    sorted.sort_unstable();
    for (index, size) in sorted.iter().enumerate() {
        let share = room / (sorted.len() - index);
        if *size > share {
            return share;
        }
        room = room.saturating_sub(*size);
    }
    usize::MAX
}
