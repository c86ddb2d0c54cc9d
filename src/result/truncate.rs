//! How values that do not fit are cut: objects share the room fairly among their members,
//! lists end after an element, texts inside. Every cut is marked in place and remembered with the
//! pointer that brings the rest.

use std::borrow::Cow;

use super::{
    json_string,
    members::Members,
    redact::{Rule, is_value_of_pair},
    selection::{Selection, Shown, escaped},
    writer::{Cut, Pass, Place, Stop, Text, chosen},
};
use crate::{
    bounds::noun,
    json::{JsonError, Reader},
    model::Added,
};

/// The bytes that a mark may take, quotes included.
const MARK: usize = 64;

/// Members with less room than this are left out.
pub(super) const LEAST: usize = 2 * MARK;

/// A member of an object that is to be written.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// The key with its quotes.
    pub key: Cow<'a, [u8]>,
    /// The last key on the way to the value in the answer, and the place above it.
    pub name: Cow<'a, str>,
    pub parent: Place<'a>,
    /// The pointer from the object to the value, where that is not its name.
    pub source: Option<&'a str>,
    /// The position among the object's members; `None` for an added name.
    pub index: Option<usize>,
    /// Whether people said what is below.
    pub said: bool,
    pub value: &'a [u8],
    pub shown: Shown<'a>,
    /// A rule of a key further up that hides the value.
    pub hide: Option<Rule>,
    /// Whether it is shown although its name is a secret's.
    pub open: bool,
}

impl<'a> Entry<'a> {
    /// A value under an added name.
    pub(super) fn added(added: &'a Added, value: &'a [u8], shown: Shown<'a>) -> Self {
        Self {
            key: Cow::Owned(format!("\"{}\"", added.name).into_bytes()),
            name: Cow::Borrowed(added.at.rsplit('/').next().unwrap_or_default()),
            parent: Place::TOP,
            source: Some(added.at),
            index: None,
            said: false,
            value,
            shown,
            hide: None,
            open: false,
        }
    }

    /// JSON that is derived from other members, under an added name.
    pub(super) fn ours(name: &'static str, value: &'a str) -> Self {
        Self {
            key: Cow::Owned(format!("\"{name}\"").into_bytes()),
            name: Cow::Borrowed(name),
            parent: Place::TOP,
            source: None,
            index: None,
            said: false,
            value: value.as_bytes(),
            shown: Shown::Whole,
            hide: None,
            open: false,
        }
    }

    /// Removes parts of the value that are shown elsewhere; returns whether anything is left.
    pub(super) fn leave_out(&mut self, elsewhere: &'a Selection) -> bool {
        if !matches!(self.shown, Shown::Whole) {
            return true;
        }
        match elsewhere.others().member(&self.name, 0) {
            None => false,
            Some(Shown::Whole) => true,
            Some(others) => {
                let members = Members::of(&mut Reader::new(self.value));
                let is_left = members.is_ok_and(|members| {
                    members.is_none_or(|members| {
                        let mut members = members.0.iter();
                        members.any(|member| others.member(&member.name, 0).is_some())
                    })
                });
                self.shown = others;
                is_left
            }
        }
    }

    pub(super) fn place(&self) -> Place<'_> {
        Place {
            open: self.open,
            ..self.parent.below(&self.name)
        }
    }

    /// The rule that hides the value, if one does.
    fn rule(&self, pass: &Pass) -> Option<Rule> {
        if self.open {
            return None;
        }
        self.hide
            .or_else(|| pass.rule(self.parent.name, &self.name))
    }

    pub(super) fn write(&self, pass: &mut Pass) -> Result<(), Stop> {
        let mut reader = Reader::new(self.value);
        match self.hide {
            Some(rule) => pass.hidden(&mut reader, rule, &self.shown, self.place()),
            None if self.open => pass.value(&mut reader, &self.shown, self.place()),
            None => pass.member_value(&mut reader, &self.shown, self.parent, &self.name),
        }
    }

    /// Writes the value in at most `room` bytes; `above` is the pointer to the object.
    pub(super) fn fit(&self, pass: &mut Pass, above: &str, room: usize) -> Result<(), JsonError> {
        let at = self.pointer(above);
        pass.fit(self.value, &self.shown, self.place(), &at, room)
    }

    /// The pointer to the value; `above` is the one to the object.
    pub(super) fn pointer(&self, above: &str) -> String {
        match self.source {
            Some(pointer) => format!("{above}{pointer}"),
            None => format!("{above}/{}", escaped(&self.name)),
        }
    }

    /// Whether the value must not be cut because it contains hidden parts.
    pub(super) fn is_whole(&self, pass: &Pass) -> bool {
        self.rule(pass).is_some()
    }
}

impl Pass {
    /// Writes a value in at most `room` bytes, cut where it must be.
    pub(super) fn fit(
        &mut self,
        value: &[u8],
        shown: &Shown<'_>,
        place: Place<'_>,
        at: &str,
        room: usize,
    ) -> Result<(), JsonError> {
        let room = room.min(self.limit.saturating_sub(self.out.len()));
        let mut reader = Reader::new(value);
        if self.within(room, |pass| pass.value(&mut reader, shown, place))? {
            return Ok(());
        }
        match Reader::new(value).peek()? {
            b'"' => self.fit_text(value, shown, place, at, room),
            b'[' => self.fit_list(value, shown, place, at, room),
            _ => match Members::of(&mut Reader::new(value))? {
                Some(members) => {
                    let entries = entries(self, &members, shown, place);
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
        let mut left = room.saturating_sub(MARK + 16);
        let mut sizes = Vec::new();
        for entry in entries {
            let keys = entry.key.len() + 2;
            let (start, taken_out) = (self.out.len(), self.taken_out);
            let whole = self.within(left.saturating_sub(keys), |pass| entry.write(pass))?;
            let size = if whole {
                self.out.len().saturating_sub(start)
            } else {
                usize::MAX
            };
            self.out.truncate(start);
            self.taken_out = taken_out;
            // Each member that is written has room for a mark at least. What counts is the size as
            // it is written: what is hidden may take more room than it had.
            let Some(rest) = left.checked_sub(keys.saturating_add(LEAST.min(size))) else {
                break;
            };
            left = rest;
            sizes.push((keys, size));
        }
        let level = level(&sizes, room.saturating_sub(MARK + 16));
        self.out.push(b'{');
        for (entry, (_, size)) in entries.iter().zip(&sizes) {
            self.raw_key(&entry.key);
            if *size <= level && self.within(usize::MAX, |pass| entry.write(pass))? {
                continue;
            }
            self.fit_entry(entry, at, level)?;
        }
        let missing = entries.get(sizes.len()..).unwrap_or_default();
        if !missing.is_empty() {
            self.raw_key(b"\"[cut]\"");
            self.mark(
                MARK,
                &format!("[cut: {} of {of} {}]", missing.len(), noun(of, "member")),
            );
        }
        let mut positions = missing.iter().filter_map(|entry| entry.index);
        if let Some(from) = positions.next() {
            self.cuts.push(Cut {
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

    /// Writes the value of an entry that is cut.
    pub(super) fn fit_entry(
        &mut self,
        entry: &Entry<'_>,
        above: &str,
        room: usize,
    ) -> Result<(), JsonError> {
        if entry.is_whole(self) {
            self.mark(room, "[cut: hidden]");
            return Ok(());
        }
        entry.fit(self, above, room)
    }

    fn fit_list(
        &mut self,
        value: &[u8],
        shown: &Shown<'_>,
        place: Place<'_>,
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
        let end = self.out.len() + room.saturating_sub(MARK + 3);
        self.out.push(b'[');
        let mut written = 0;
        for (index, element, shown) in &elements {
            let left = end.saturating_sub(self.out.len() + 1);
            let start = self.out.len();
            if written > 0 {
                self.out.push(b',');
            }
            if self.within(left, |pass| {
                pass.value(&mut Reader::new(element), shown, place)
            })? {
                written += 1;
                continue;
            }
            if written == 0 && left > LEAST {
                self.fit(element, shown, place, &format!("{at}/{index}"), left)?;
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
                MARK,
                &format!("[cut: {missing} of {of} {}]", noun(of, "element")),
            );
            self.cuts.push(Cut {
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
        place: Place<'_>,
        at: &str,
        room: usize,
    ) -> Result<(), JsonError> {
        let text = self.text(raw, self.how(place));
        let raw = text.raw();
        let range = shown.characters(raw);
        let of = json_string::characters(raw).count();
        let room = room.saturating_sub(MARK);
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
        self.taken_out += text.taken_out();
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
        self.cuts.push(Cut {
            at: at.to_owned(),
            from: end,
            to,
            of,
            unit: "character",
        });
        Ok(())
    }

    /// A mark for a cut: a text without anything to escape.
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

/// The members of an object that are shown.
pub(super) fn entries<'a>(
    pass: &mut Pass,
    members: &Members<'a>,
    shown: &Shown<'a>,
    place: Place<'a>,
) -> Vec<Entry<'a>> {
    let hides_values = !pass.open && members.name_a_secret();
    let how = pass.how(Place::TOP);
    let members = members.0.iter().enumerate();
    members
        .filter_map(|(index, member)| {
            let shown = chosen(shown, &member.name, member.key, index)?;
            let hide = hides_values && is_value_of_pair(&member.name);
            Some(Entry {
                key: match pass.text(member.key, how) {
                    Text::Same(key) => Cow::Borrowed(key),
                    Text::Edited(key, taken_out) => {
                        pass.taken_out += taken_out;
                        Cow::Owned(key.to_vec())
                    }
                },
                name: member.name.clone(),
                parent: place,
                source: None,
                index: Some(index),
                said: false,
                value: member.value,
                shown,
                hide: hide.then_some(Rule::Value),
                open: false,
            })
        })
        .collect()
}

/// The size up to which every member may go, so that all fit into `room`: the small ones whole,
/// the large ones alike.
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
