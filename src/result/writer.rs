//! Writes what is shown of a value, within a limit. A value that does not fit is removed again,
//! and [`super::cut`] then shortens it. JSON within a text goes the same way, though
//! nothing is written of it but what replaces a part of the text.

use std::{borrow::Cow, collections::HashMap, ops::Range, rc::Rc};

use super::{
    json_string::{self, Edit, name},
    prose::{self, How, Own},
    redact::{
        REDACTED, Rule, is_artifact, is_artifact_address, is_name_of_pair, is_secret,
        is_value_of_pair, rule,
    },
    selection::Shown,
};
use crate::json::{JsonError, Reader};

/// Why writing stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The answer is no JSON.
    Json(JsonError),
    /// The limit was reached.
    Full,
}

impl From<JsonError> for Stop {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

/// A cut: its place and the missing part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The pointer to the value that was cut.
    pub at: String,
    /// The first part that is missing.
    pub from: usize,
    /// The end of what is missing.
    pub to: usize,
    /// How many parts there are.
    pub of: usize,
    /// One of what is counted.
    pub unit: &'static str,
}

/// The context of a value: its key and position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// Its key; for an element, the key of the list.
    pub name: &'a str,
    /// Whether it belongs to a recording or an artifact.
    pub artifact: bool,
    /// Whether it is shown although its name is a secret's.
    pub open: bool,
}

impl<'a> Place<'a> {
    /// The position of a whole answer.
    pub(super) const TOP: Place<'static> = Place {
        name: "",
        artifact: false,
        open: false,
    };

    /// The position of a member of this value.
    pub(super) fn below(self, name: &str) -> Place<'_> {
        Place {
            name,
            artifact: self.artifact || is_artifact(name),
            open: false,
        }
    }
}

/// A text as it is shown.
#[derive(Clone, Debug)]
pub(super) enum Text<'a> {
    /// As it came.
    Same(&'a [u8]),
    /// Without what is not shown, and how many invisible characters that were.
    Edited(Rc<[u8]>, usize),
}

impl Text<'_> {
    pub(super) fn raw(&self) -> &[u8] {
        match self {
            Self::Same(raw) => raw,
            Self::Edited(raw, _) => raw,
        }
    }

    pub(super) fn taken_out(&self) -> usize {
        match self {
            Self::Same(_) => 0,
            Self::Edited(_, count) => *count,
        }
    }
}

/// The bytes of a text that was edited, and how many invisible characters left it.
type Edited = (Rc<[u8]>, usize);

/// Texts of at least this length are edited once and cached.
const LONG: usize = 2_048;

/// The output so far.
#[derive(Debug)]
pub(super) struct Pass {
    pub out: Vec<u8>,
    /// The length that `out` must not exceed.
    pub limit: usize,
    /// Whether secrets are shown.
    pub open: bool,
    /// The key of the caller.
    pub own: Option<Own>,
    /// How many invisible characters were taken out.
    pub taken_out: usize,
    pub cuts: Vec<Cut>,
    /// How many texts the one stands in that is read; none for an answer itself.
    depth: u32,
    /// The edits of such a text.
    edits: Vec<Edit>,
    /// Cache of long texts as they are shown, by their position in memory.
    long: HashMap<(usize, How), Option<Edited>>,
}

impl Pass {
    pub(super) fn new(limit: usize, open: bool, own: Option<Own>) -> Self {
        Self {
            out: Vec::new(),
            limit,
            open,
            own,
            taken_out: 0,
            cuts: Vec::new(),
            depth: 0,
            edits: Vec::new(),
            long: HashMap::new(),
        }
    }

    fn is_within_text(&self) -> bool {
        self.depth > 0
    }

    /// Writes bytes of the answer or of its structure, unless they exceed the limit. Within a
    /// text they are there already.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.is_within_text() {
            return Ok(());
        }
        if bytes.len() > self.limit.saturating_sub(self.out.len()) {
            return Err(Stop::Full);
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes bytes in the place of those that the reader has just read.
    pub(super) fn replace(
        &mut self,
        reader: &Reader<'_>,
        raw: &[u8],
        by: &[u8],
    ) -> Result<(), Stop> {
        if !self.is_within_text() {
            return self.push(by);
        }
        if raw != by {
            let end = reader.position();
            self.edit(end.saturating_sub(raw.len())..end, by);
        }
        Ok(())
    }

    fn edit(&mut self, range: Range<usize>, by: &[u8]) {
        let by = Cow::Owned(String::from_utf8_lossy(by).into_owned());
        self.edits.push(Edit { range, by });
    }

    /// Runs `write` with at most `allowance` bytes; its output is removed if that is not
    /// enough. Returns whether it fitted.
    pub(super) fn within(
        &mut self,
        allowance: usize,
        write: impl FnOnce(&mut Self) -> Result<(), Stop>,
    ) -> Result<bool, JsonError> {
        let start = self.out.len();
        let (limit, taken_out) = (self.limit, self.taken_out);
        self.limit = limit.min(start.saturating_add(allowance));
        let written = write(self);
        self.limit = limit;
        match written {
            Ok(()) => Ok(true),
            Err(Stop::Full) => {
                self.out.truncate(start);
                self.taken_out = taken_out;
                Ok(false)
            }
            Err(Stop::Json(error)) => Err(error),
        }
    }

    /// A value of which `shown` is written.
    pub(super) fn value(
        &mut self,
        reader: &mut Reader<'_>,
        shown: &Shown<'_>,
        place: Place<'_>,
    ) -> Result<(), Stop> {
        match reader.peek()? {
            b'{' => self.object(reader, shown, place),
            b'[' => {
                self.push(b"[")?;
                reader.open(b'[')?;
                let mut index = 0;
                while reader.next_element()? {
                    match shown.element(index) {
                        Some(shown) => {
                            self.comma()?;
                            self.value(reader, &shown, place)?;
                        }
                        None => {
                            reader.value()?;
                        }
                    }
                    index += 1;
                }
                self.push(b"]")
            }
            b'"' => {
                let raw = reader.value()?;
                let text = self.text(raw, self.how(place));
                let range = shown.characters(text.raw());
                let part = if range == (0..usize::MAX) {
                    Cow::Borrowed(text.raw())
                } else {
                    Cow::Owned(json_string::slice(text.raw(), range))
                };
                self.taken_out += text.taken_out();
                self.replace(reader, raw, &part)
            }
            _ => {
                let raw = reader.value()?;
                self.push(raw)
            }
        }
    }

    fn object(
        &mut self,
        reader: &mut Reader<'_>,
        shown: &Shown<'_>,
        place: Place<'_>,
    ) -> Result<(), Stop> {
        self.push(b"{")?;
        reader.open(b'{')?;
        let mut pair = Pair::default();
        let mut index = 0;
        while let Some(key) = reader.next_key()? {
            let name = name(key);
            let before = reader.position();
            match chosen(shown, &name, key, index) {
                Some(shown) => {
                    self.key(reader, key)?;
                    let start = self.out.len();
                    let is_value = is_value_of_pair(&name);
                    if is_value && pair.is_secret && !self.open {
                        self.hidden(reader, Rule::Value, &shown, place.below(&name))?;
                    } else {
                        self.member_value(reader, &shown, place, &name)?;
                    }
                    if is_value {
                        pair.values
                            .push((start..self.out.len(), before..reader.position()));
                    }
                }
                None => {
                    reader.value()?;
                }
            }
            if !self.open && is_name_of_pair(&name) {
                let value = reader.since(before).trim_ascii_start();
                if value.first() == Some(&b'"') && is_secret(&json_string::said(value).0) {
                    pair.is_secret = true;
                    self.hide_written(&mut pair.values, reader)?;
                }
            }
            index += 1;
        }
        self.push(b"}")
    }

    /// Hides values that were written before the name that makes them secret was read.
    fn hide_written(&mut self, values: &mut Vec<Written>, reader: &Reader<'_>) -> Result<(), Stop> {
        // The last first, so that the places of the others stay.
        while let Some((written, read)) = values.pop() {
            let raw = reader.between(read.clone());
            let value = raw.trim_ascii_start();
            if !is_hideable(value) {
                continue;
            }
            if self.is_within_text() {
                let range = read.end.saturating_sub(value.len())..read.end;
                self.edits
                    .retain(|edit| edit.range.start < range.start || edit.range.end > range.end);
                self.edit(range, REDACTED);
            } else {
                self.out.splice(written, REDACTED.iter().copied());
                if self.out.len() > self.limit {
                    return Err(Stop::Full);
                }
            }
        }
        Ok(())
    }

    /// How a text at this place is read.
    pub(super) fn how(&self, place: Place<'_>) -> How {
        if self.open || place.open {
            How::Open
        } else if is_artifact_address(place.artifact, place.name) {
            How::Address
        } else {
            How::Prose
        }
    }

    /// A text with its quotes, without what is not shown of it.
    pub(super) fn text<'a>(&mut self, raw: &'a [u8], how: How) -> Text<'a> {
        if is_word(raw) && self.own.as_ref().is_none_or(|own| raw.len() < own.length()) {
            return Text::Same(raw);
        }
        let is_long = raw.len() >= LONG && !self.is_within_text();
        let place = (raw.as_ptr().addr(), how);
        if is_long && let Some(known) = self.long.get(&place) {
            return match known {
                Some((edited, taken_out)) => Text::Edited(Rc::clone(edited), *taken_out),
                None => Text::Same(raw),
            };
        }
        let (said, taken_out) = json_string::said(raw);
        let edits = prose::edits(&said, how, self.own.as_ref(), self.depth, nested);
        let edited = (taken_out > 0 || !edits.is_empty())
            .then(|| (Rc::from(json_string::edited(raw, &edits)), taken_out));
        if is_long {
            self.long.insert(place, edited.clone());
        }
        match edited {
            Some((edited, taken_out)) => Text::Edited(edited, taken_out),
            None => Text::Same(raw),
        }
    }

    /// The value of a member.
    pub(super) fn member_value(
        &mut self,
        reader: &mut Reader<'_>,
        shown: &Shown<'_>,
        parent: Place<'_>,
        name: &str,
    ) -> Result<(), Stop> {
        let place = parent.below(name);
        match self.rule(parent.name, name) {
            // A property that a JSON schema describes: its name is a secret's, its schema is not.
            Some(_) if parent.name == "properties" && reader.peek()? == b'{' => {
                shown.found();
                self.property(reader)
            }
            Some(rule) => self.hidden(reader, rule, shown, place),
            None => self.value(reader, shown, place),
        }
    }

    /// How the value of this key is hidden, if it is.
    pub(super) fn rule(&self, parent: &str, name: &str) -> Option<Rule> {
        if self.open { None } else { rule(parent, name) }
    }

    pub(super) fn hidden(
        &mut self,
        reader: &mut Reader<'_>,
        rule: Rule,
        shown: &Shown<'_>,
        place: Place<'_>,
    ) -> Result<(), Stop> {
        match (rule, reader.peek()?) {
            (Rule::Value, _) | (Rule::Text, b'"') => {
                shown.found();
                self.redacted(reader)
            }
            (Rule::Url, b'"') => {
                shown.found();
                self.whole_text(reader, How::Url)
            }
            (Rule::Text | Rule::Url, b'[') => self.listed(reader, rule, shown, place),
            (Rule::Text | Rule::Url, _) => self.value(reader, shown, place),
            (Rule::Each | Rule::Headers, _) => {
                shown.found();
                match rule {
                    Rule::Headers => self.headers(reader),
                    _ => self.scalars_redacted(reader),
                }
            }
        }
    }

    /// The elements of a list under a name whose strings are hidden.
    fn listed(
        &mut self,
        reader: &mut Reader<'_>,
        rule: Rule,
        shown: &Shown<'_>,
        place: Place<'_>,
    ) -> Result<(), Stop> {
        self.push(b"[")?;
        reader.open(b'[')?;
        let mut index = 0;
        while reader.next_element()? {
            match (shown.element(index), reader.peek()?) {
                (Some(shown), b'"') => {
                    self.comma()?;
                    self.hidden(reader, rule, &shown, place)?;
                }
                (Some(shown), _) => {
                    self.comma()?;
                    self.value(reader, &shown, place)?;
                }
                (None, _) => {
                    reader.value()?;
                }
            }
            index += 1;
        }
        self.push(b"]")
    }

    pub(super) fn redacted(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        let value = reader.value()?;
        let shown = if is_hideable(value) { REDACTED } else { value };
        self.replace(reader, value, shown)
    }

    /// A text, all of it.
    pub(super) fn whole_text(&mut self, reader: &mut Reader<'_>, how: How) -> Result<(), Stop> {
        let raw = reader.value()?;
        let text = self.text(raw, how);
        self.taken_out += text.taken_out();
        self.replace(reader, raw, text.raw())
    }

    /// Writes a key that the reader has just read.
    pub(super) fn key(&mut self, reader: &Reader<'_>, raw: &[u8]) -> Result<(), Stop> {
        self.comma()?;
        let text = self.text(raw, self.how(Place::TOP));
        self.taken_out += text.taken_out();
        if self.is_within_text() {
            if let Text::Edited(by, _) = &text {
                // The key's bytes are a part of what is read.
                let start = reader.position_of(raw);
                self.edit(start..start + raw.len(), by);
            }
            return Ok(());
        }
        self.push(text.raw())?;
        self.push(b":")
    }

    /// Writes a comma, unless this is the first member of its container.
    pub(super) fn comma(&mut self) -> Result<(), Stop> {
        match self.out.last() {
            None | Some(b'{' | b'[') => Ok(()),
            Some(_) => self.push(b","),
        }
    }
}

/// Where a value was written, and where it was read.
type Written = (Range<usize>, Range<usize>);

/// A name/value object such as `{"name": …, "value": …}`.
#[derive(Default)]
struct Pair {
    is_secret: bool,
    values: Vec<Written>,
}

/// What is shown of a member, which may be chosen by its name as it came too.
pub(super) fn chosen<'a>(
    shown: &Shown<'a>,
    name: &str,
    key: &[u8],
    index: usize,
) -> Option<Shown<'a>> {
    shown.member(name, index).or_else(|| {
        let exact = serde_json::from_slice::<String>(key).ok()?;
        (exact != name).then(|| shown.member(&exact, index))?
    })
}

/// Whether a value can be a secret.
fn is_hideable(value: &[u8]) -> bool {
    !matches!(value, b"null" | b"true" | b"false")
}

/// Whether a text with its quotes is nothing but letters and digits, and few of them: most keys,
/// and names of states.
fn is_word(raw: &[u8]) -> bool {
    const LONGEST: usize = 34;
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    raw.len() <= LONGEST && inner.iter().all(u8::is_ascii_alphanumeric)
}

/// The edits of JSON at the start of a text that is nested in `depth` others.
pub(super) fn nested(text: &[u8], levels: u32, own: Option<Own>, depth: u32) -> Vec<Edit> {
    let mut pass = Pass {
        depth,
        ..Pass::new(usize::MAX, false, own)
    };
    let mut reader = Reader::bounded(text, levels);
    match pass.value(&mut reader, &Shown::Whole, Place::TOP) {
        Ok(()) => {
            pass.edits.sort_by_key(|edit| edit.range.start);
            pass.edits
        }
        Err(_) => Vec::new(),
    }
}
