//! What is cut last of an object that does not fit: the other values share the room that these
//! leave.

use super::{
    members::Members,
    selection::{Selection, Shown},
    truncate::{Entry, LEAST, entries, level},
    writer::{Pass, Place, Stop},
};
use crate::json::{JsonError, Reader};

/// A part of the object on the way to what is cut last.
enum Part<'a> {
    /// Keys and brackets.
    Fixed(&'a [u8]),
    /// A value, and whether it is cut last.
    Value(Value<'a>, bool),
}

enum Value<'a> {
    /// That of a member, with the pointer to its object.
    Member(&'a Entry<'a>, &'a str),
    /// An element of a list, with the pointer to it.
    Element {
        value: &'a [u8],
        shown: &'a Shown<'a>,
        place: Place<'a>,
        at: String,
    },
}

impl Value<'_> {
    fn write(&self, pass: &mut Pass) -> Result<(), Stop> {
        match self {
            Self::Member(entry, _) => entry.write(pass),
            Self::Element {
                value,
                shown,
                place,
                ..
            } => pass.value(&mut Reader::new(value), shown, *place),
        }
    }

    fn fit(&self, pass: &mut Pass, room: usize) -> Result<(), JsonError> {
        match self {
            Self::Member(entry, above) => pass.fit_entry(entry, above, room),
            Self::Element {
                value,
                shown,
                place,
                at,
            } => pass.fit(value, shown, *place, at, room),
        }
    }
}

/// The written size of each value, in order, and whether it is cut last.
type Sizes = Vec<(usize, bool)>;

impl Pass {
    /// Writes an object of these entries in at most `room` bytes, so that what `last` chooses is
    /// cut only where everything else is cut already. Returns whether it did; where there is no
    /// room for a mark in each place, nothing is written.
    pub(super) fn fit_all_but(
        &mut self,
        last: &Selection,
        entries: &[Entry<'_>],
        at: &str,
        room: usize,
    ) -> Result<bool, JsonError> {
        let last = last.shown();
        let (mut fixed, mut sizes) = (0, Sizes::new());
        let taken_out = self.taken_out;
        let measured = self.walk(entries, &last, at, &mut |pass, part| {
            match part {
                Part::Fixed(bytes) => fixed += bytes.len(),
                Part::Value(value, is_last) => {
                    let start = pass.out.len();
                    let size = match pass.within(room, |pass| value.write(pass))? {
                        true => pass.out.len().saturating_sub(start),
                        false => usize::MAX,
                    };
                    pass.out.truncate(start);
                    sizes.push((size, is_last));
                }
            }
            if fixed > room {
                Err(Stop::Full)
            } else {
                Ok(())
            }
        });
        self.taken_out = taken_out;
        match measured {
            Err(Stop::Json(error)) => return Err(error),
            Err(Stop::Full) => return Ok(false),
            Ok(()) => {}
        }
        let Some((others_level, last_level)) = levels(&sizes, room.saturating_sub(fixed)) else {
            return Ok(false);
        };
        let mut sizes = sizes.into_iter();
        let written = self.walk(entries, &last, at, &mut |pass, part| {
            match part {
                Part::Fixed(bytes) => pass.out.extend_from_slice(bytes),
                Part::Value(value, is_last) => {
                    let level = if is_last { last_level } else { others_level };
                    match sizes.next() {
                        Some((size, _)) if size <= level => value.write(pass)?,
                        _ => value.fit(pass, level)?,
                    }
                }
            }
            Ok(())
        });
        match written {
            Err(Stop::Json(error)) => Err(error),
            Err(Stop::Full) => Ok(false),
            Ok(()) => Ok(true),
        }
    }

    /// Shows `visit` the parts of an object in their order.
    fn walk(
        &mut self,
        entries: &[Entry<'_>],
        last: &Shown<'_>,
        above: &str,
        visit: &mut dyn FnMut(&mut Self, Part<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        visit(self, Part::Fixed(b"{"))?;
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 {
                visit(self, Part::Fixed(b","))?;
            }
            visit(self, Part::Fixed(&entry.key))?;
            visit(self, Part::Fixed(b":"))?;
            // Under a name of ours it stands for a part that the pointers do not name.
            let below = match entry.source {
                None if !entry.is_whole(self) => last.member(&entry.name, usize::MAX),
                _ => None,
            };
            match &below {
                Some(below @ Shown::Parts(_)) => {
                    let at = entry.pointer(above);
                    let value = (entry.value, &entry.shown, entry.place());
                    self.walk_below(value, below, &at, visit)?;
                }
                below => {
                    let value = Value::Member(entry, above);
                    visit(self, Part::Value(value, below.is_some()))?;
                }
            }
        }
        visit(self, Part::Fixed(b"}"))
    }

    /// The same for a value that holds something that is cut last, or nothing that it chooses.
    fn walk_below(
        &mut self,
        (value, shown, place): (&[u8], &Shown<'_>, Place<'_>),
        last: &Shown<'_>,
        at: &str,
        visit: &mut dyn FnMut(&mut Self, Part<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut reader = Reader::new(value);
        if let Some(members) = Members::of(&mut reader)? {
            let found = entries(self, &members, shown, place);
            return self.walk(&found, last, at, visit);
        }
        if reader.peek()? != b'[' {
            let at = at.to_owned();
            let value = Value::Element {
                value,
                shown,
                place,
                at,
            };
            return visit(self, Part::Value(value, false));
        }
        visit(self, Part::Fixed(b"["))?;
        reader.open(b'[')?;
        let (mut index, mut written) = (0, 0);
        while reader.next_element()? {
            let value = reader.value()?;
            if let Some(shown) = shown.element(index) {
                if written > 0 {
                    visit(self, Part::Fixed(b","))?;
                }
                written += 1;
                let at = format!("{at}/{index}");
                match &last.element(index) {
                    Some(below @ Shown::Parts(_)) => {
                        self.walk_below((value, &shown, place), below, &at, visit)?;
                    }
                    below => {
                        let value = Value::Element {
                            value,
                            shown: &shown,
                            place,
                            at,
                        };
                        visit(self, Part::Value(value, below.is_some()))?;
                    }
                }
            }
            index += 1;
        }
        visit(self, Part::Fixed(b"]"))
    }
}

/// Maximum number of bytes of each value, first of those that are not cut last; none where marks in
/// their places take more than the room.
fn levels(sizes: &[(usize, bool)], room: usize) -> Option<(usize, usize)> {
    let of = |wanted: bool| {
        let sizes = sizes.iter().filter(|(_, is_last)| *is_last == wanted);
        sizes.map(|(size, _)| (0, *size)).collect::<Vec<_>>()
    };
    let sum = |sizes: &[(usize, usize)], most: usize| {
        let sizes = sizes.iter().map(|(_, size)| *size);
        sizes.fold(0, |sum: usize, size| sum.saturating_add(size.min(most)))
    };
    let (others, last) = (of(false), of(true));
    let marks = sum(&others, LEAST);
    let whole = sum(&last, usize::MAX);
    if marks.saturating_add(whole) <= room {
        return Some((level(&others, room.saturating_sub(whole)), usize::MAX));
    }
    let left = room.checked_sub(marks)?;
    (!last.is_empty() && sum(&last, LEAST) <= left).then(|| (LEAST, level(&last, left)))
}
