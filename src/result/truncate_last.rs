//! Objects with parts that are truncated last: the other values share the remaining room.

use super::{
    entry::{Entry, entries},
    key_context::KeyContext,
    object::Object,
    selection::{Selection, Shown},
    truncate::{MIN_ROOM, level},
    writer::{Stop, Writer},
};
use crate::json::{JsonError, Reader};

/// A part of the output of an object.
enum Part<'a> {
    /// Keys and brackets, which are never truncated.
    Fixed(&'a [u8]),
    /// A value, and whether it is truncated last.
    Value(Value<'a>, bool),
}

enum Value<'a> {
    /// The value of a member, with the pointer to its object.
    Member(&'a Entry<'a>, &'a str),
    /// An element of a list, with the pointer to it.
    Element {
        value: &'a [u8],
        shown: &'a Shown<'a>,
        context: KeyContext<'a>,
        at: String,
    },
}

impl Value<'_> {
    fn write(&self, writer: &mut Writer) -> Result<(), Stop> {
        match self {
            Self::Member(entry, _) => entry.write(writer),
            Self::Element {
                value,
                shown,
                context,
                ..
            } => writer.value(&mut Reader::new(value), shown, *context),
        }
    }

    fn fit(&self, writer: &mut Writer, room: usize) -> Result<(), JsonError> {
        match self {
            Self::Member(entry, above) => writer.fit_entry(entry, above, room),
            Self::Element {
                value,
                shown,
                context,
                at,
            } => writer.fit(value, shown, *context, at, room),
        }
    }
}

/// The written size of each value, in order, and whether it is cut last.
type Sizes = Vec<(usize, bool)>;

impl Writer {
    /// Writes an object of these entries in at most `room` bytes. The parts that `last` selects are
    /// truncated only if everything else is already truncated. Returns whether the object was
    /// written, which requires room for a mark for each value.
    pub(super) fn fit_all_but(
        &mut self,
        last: &Selection,
        entries: &[Entry<'_>],
        at: &str,
        room: usize,
    ) -> Result<bool, JsonError> {
        let last = last.shown();
        let (mut fixed, mut sizes) = (0, Sizes::new());
        let invisible_removed = self.invisible_removed;
        let measured = self.walk(entries, &last, at, &mut |writer, part| {
            match part {
                Part::Fixed(bytes) => fixed += bytes.len(),
                Part::Value(value, is_last) => {
                    let start = writer.out.len();
                    let size = match writer.within(room, |writer| value.write(writer))? {
                        true => writer.out.len().saturating_sub(start),
                        false => usize::MAX,
                    };
                    writer.out.truncate(start);
                    sizes.push((size, is_last));
                }
            }
            if fixed > room {
                Err(Stop::Full)
            } else {
                Ok(())
            }
        });
        self.invisible_removed = invisible_removed;
        match measured {
            Err(Stop::Json(error)) => return Err(error),
            Err(Stop::Full) => return Ok(false),
            Ok(()) => {}
        }
        let Some((others_level, last_level)) = levels(&sizes, room.saturating_sub(fixed)) else {
            return Ok(false);
        };
        let mut sizes = sizes.into_iter();
        let written = self.walk(entries, &last, at, &mut |writer, part| {
            match part {
                Part::Fixed(bytes) => writer.out.extend_from_slice(bytes),
                Part::Value(value, is_last) => {
                    let level = if is_last { last_level } else { others_level };
                    match sizes.next() {
                        Some((size, _)) if size <= level => value.write(writer)?,
                        _ => value.fit(writer, level)?,
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

    /// Visits the parts of an object in their order.
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
            // The pointers in `last` do not apply to added names.
            let below = match entry.source {
                None if !entry.is_redacted(self) => last.member(&entry.name, usize::MAX),
                _ => None,
            };
            match &below {
                Some(below @ Shown::Parts(_)) => {
                    let at = entry.pointer(above);
                    let value = (entry.value, &entry.shown, entry.context());
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

    /// Visits the parts of a value that contains a part to truncate last.
    fn walk_below(
        &mut self,
        (value, shown, context): (&[u8], &Shown<'_>, KeyContext<'_>),
        last: &Shown<'_>,
        at: &str,
        visit: &mut dyn FnMut(&mut Self, Part<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut reader = Reader::new(value);
        if let Some(members) = Object::read(&mut reader)? {
            let found = entries(self, &members, shown, context);
            return self.walk(&found, last, at, visit);
        }
        if reader.peek()? != b'[' {
            let at = at.to_owned();
            let value = Value::Element {
                value,
                shown,
                context,
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
                        self.walk_below((value, &shown, context), below, &at, visit)?;
                    }
                    below => {
                        let value = Value::Element {
                            value,
                            shown: &shown,
                            context,
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

/// Maximum number of bytes of each value that is truncated first, and of each that is truncated
/// last. `None` if even the marks exceed the room.
fn levels(sizes: &[(usize, bool)], room: usize) -> Option<(usize, usize)> {
    let of = |truncate_last: bool| {
        let sizes = sizes
            .iter()
            .filter(|(_, is_last)| *is_last == truncate_last);
        sizes.map(|(size, _)| (0, *size)).collect::<Vec<_>>()
    };
    let sum = |sizes: &[(usize, usize)], most: usize| {
        let sizes = sizes.iter().map(|(_, size)| *size);
        sizes.fold(0, |sum: usize, size| sum.saturating_add(size.min(most)))
    };
    let (others, last) = (of(false), of(true));
    let marks = sum(&others, MIN_ROOM);
    let whole = sum(&last, usize::MAX);
    if marks.saturating_add(whole) <= room {
        return Some((level(&others, room.saturating_sub(whole)), usize::MAX));
    }
    let left = room.checked_sub(marks)?;
    (!last.is_empty() && sum(&last, MIN_ROOM) <= left).then(|| (MIN_ROOM, level(&last, left)))
}
