//! Writes the shown parts of a value, within a limit. A value that does not fit is removed again,
//! and `truncate` shortens it. JSON within a text is read in the same way, but only edits are
//! written.

use std::{borrow::Cow, collections::HashMap, ops::Range, rc::Rc};

use super::{
    caller_key::CallerKey,
    json_string::{self, Edit, key_text},
    key_context::KeyContext,
    redact::{Rule, is_artifact_address, is_name_of_pair, is_secret, is_value_of_pair},
    selection::Shown,
    shown_text::Text,
    text_secrets::{self, TextKind},
};
use crate::json::{JsonError, Reader};

/// The reason why writing stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The response is not JSON.
    Json(JsonError),
    /// The limit was reached.
    Full,
}

impl From<JsonError> for Stop {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

/// A truncated value: its location, and the range of missing parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// The pointer to the truncated value.
    pub at: String,
    /// The first missing part.
    pub from: usize,
    /// The end of the missing range, exclusive.
    pub to: usize,
    /// The number of all parts.
    pub of: usize,
    /// The noun for one part.
    pub unit: &'static str,
}

/// An edited text, and the number of invisible characters that were removed.
type Edited = (Rc<[u8]>, usize);

/// Texts of at least this many bytes are edited once and cached.
const MIN_CACHED: usize = 2_048;

/// The output so far.
#[derive(Debug)]
pub(super) struct Writer {
    pub out: Vec<u8>,
    /// The length that `out` must not exceed.
    pub limit: usize,
    /// Whether secrets are shown.
    pub show_secrets: bool,
    /// The caller's key, which is always hidden.
    pub caller_key: Option<CallerKey>,
    /// The number of invisible characters that were removed.
    pub invisible_removed: usize,
    pub cuts: Vec<Truncation>,
    /// The number of texts in which the current one is nested; 0 for a response.
    depth: u32,
    /// The edits of a nested text.
    pub edits: Vec<Edit>,
    /// Long texts as they are shown, by their address in memory.
    cache: HashMap<(usize, TextKind), Option<Edited>>,
}

impl Writer {
    pub(super) fn new(limit: usize, show_secrets: bool, caller_key: Option<CallerKey>) -> Self {
        Self {
            out: Vec::new(),
            limit,
            show_secrets,
            caller_key,
            invisible_removed: 0,
            cuts: Vec::new(),
            depth: 0,
            edits: Vec::new(),
            cache: HashMap::new(),
        }
    }

    pub(super) fn is_nested(&self) -> bool {
        self.depth > 0
    }

    /// Writes bytes, unless they exceed the limit. In a nested text only edits are written.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.is_nested() {
            return Ok(());
        }
        if bytes.len() > self.limit.saturating_sub(self.out.len()) {
            return Err(Stop::Full);
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes bytes instead of those that were just read.
    pub(super) fn replace(
        &mut self,
        reader: &Reader<'_>,
        raw: &[u8],
        by: &[u8],
    ) -> Result<(), Stop> {
        if !self.is_nested() {
            return self.push(by);
        }
        if raw != by {
            let end = reader.at();
            self.edit(end.saturating_sub(raw.len())..end, by);
        }
        Ok(())
    }

    /// Records an edit of a nested text.
    pub(super) fn edit(&mut self, range: Range<usize>, by: &[u8]) {
        let by = Cow::Owned(String::from_utf8_lossy(by).into_owned());
        self.edits.push(Edit { range, by });
    }

    /// Runs `write` with at most `allowance` bytes; removes its output if that is not enough.
    /// Returns whether the output fitted.
    pub(super) fn within(
        &mut self,
        allowance: usize,
        write: impl FnOnce(&mut Self) -> Result<(), Stop>,
    ) -> Result<bool, JsonError> {
        let start = self.out.len();
        let (limit, invisible_removed) = (self.limit, self.invisible_removed);
        self.limit = limit.min(start.saturating_add(allowance));
        let written = write(self);
        self.limit = limit;
        match written {
            Ok(()) => Ok(true),
            Err(Stop::Full) => {
                self.out.truncate(start);
                self.invisible_removed = invisible_removed;
                Ok(false)
            }
            Err(Stop::Json(error)) => Err(error),
        }
    }

    /// Writes the shown part of the next value.
    pub(super) fn value(
        &mut self,
        reader: &mut Reader<'_>,
        shown: &Shown<'_>,
        context: KeyContext<'_>,
    ) -> Result<(), Stop> {
        match reader.peek()? {
            b'{' => self.object(reader, shown, context),
            b'[' => self.list(reader, shown, |writer, reader, shown| {
                writer.value(reader, shown, context)
            }),
            b'"' => {
                let raw = reader.value()?;
                let text = self.text(raw, self.text_kind(context));
                let range = shown.characters(text.raw());
                let part = if range == (0..usize::MAX) {
                    Cow::Borrowed(text.raw())
                } else {
                    Cow::Owned(json_string::slice(text.raw(), range))
                };
                self.invisible_removed += text.invisible_removed();
                self.replace(reader, raw, &part)
            }
            _ => {
                let raw = reader.value()?;
                self.push(raw)
            }
        }
    }

    /// Writes the shown elements of a list, each with `write`.
    pub(super) fn list(
        &mut self,
        reader: &mut Reader<'_>,
        shown: &Shown<'_>,
        mut write: impl FnMut(&mut Self, &mut Reader<'_>, &Shown<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.push(b"[")?;
        reader.open(b'[')?;
        let mut index = 0;
        while reader.next_element()? {
            match shown.element(index) {
                Some(shown) => {
                    self.comma()?;
                    write(self, reader, &shown)?;
                }
                None => {
                    reader.value()?;
                }
            }
            index += 1;
        }
        self.push(b"]")
    }

    fn object(
        &mut self,
        reader: &mut Reader<'_>,
        shown: &Shown<'_>,
        context: KeyContext<'_>,
    ) -> Result<(), Stop> {
        self.push(b"{")?;
        reader.open(b'{')?;
        let mut pair = Pair::default();
        let mut index = 0;
        while let Some(key) = reader.next_key()? {
            let name = key_text(key);
            let before = reader.at();
            match selected(shown, &name, key, index) {
                Some(shown) => {
                    self.key(reader, key)?;
                    let start = self.out.len();
                    let is_value = is_value_of_pair(&name);
                    if is_value && pair.is_secret && !self.show_secrets {
                        self.hidden(reader, Rule::Value, &shown, context.below(&name))?;
                    } else {
                        self.member_value(reader, &shown, context, &name)?;
                    }
                    if is_value {
                        pair.values
                            .push((start..self.out.len(), before..reader.at()));
                    }
                }
                None => {
                    reader.value()?;
                }
            }
            if !self.show_secrets && is_name_of_pair(&name) {
                let value = reader.since(before).trim_ascii_start();
                if value.first() == Some(&b'"') && is_secret(&json_string::decoded(value).0) {
                    pair.is_secret = true;
                    self.hide_written(&mut pair.values, reader)?;
                }
            }
            index += 1;
        }
        self.push(b"}")
    }

    /// How a text in this context is redacted.
    pub(super) fn text_kind(&self, context: KeyContext<'_>) -> TextKind {
        if self.show_secrets || context.unredacted {
            TextKind::Unredacted
        } else if is_artifact_address(context.artifact, context.name) {
            TextKind::Address
        } else {
            TextKind::Prose
        }
    }

    /// A JSON string as it is shown.
    pub(super) fn text<'a>(&mut self, raw: &'a [u8], kind: TextKind) -> Text<'a> {
        if is_short_word(raw)
            && self
                .caller_key
                .as_ref()
                .is_none_or(|key| raw.len() < key.length())
        {
            return Text::Same(raw);
        }
        let is_long = raw.len() >= MIN_CACHED && !self.is_nested();
        let address = (raw.as_ptr().addr(), kind);
        if is_long && let Some(known) = self.cache.get(&address) {
            return match known {
                Some((edited, invisible_removed)) => {
                    Text::Edited(Rc::clone(edited), *invisible_removed)
                }
                None => Text::Same(raw),
            };
        }
        let (decoded, invisible_removed) = json_string::decoded(raw);
        let edits = text_secrets::edits(
            &decoded,
            kind,
            self.caller_key.as_ref(),
            self.depth,
            nested_edits,
        );
        let edited = (invisible_removed > 0 || !edits.is_empty()).then(|| {
            (
                Rc::from(json_string::edited(raw, &edits)),
                invisible_removed,
            )
        });
        if is_long {
            self.cache.insert(address, edited.clone());
        }
        match edited {
            Some((edited, invisible_removed)) => Text::Edited(edited, invisible_removed),
            None => Text::Same(raw),
        }
    }

    /// Writes the value of a member.
    pub(super) fn member_value(
        &mut self,
        reader: &mut Reader<'_>,
        shown: &Shown<'_>,
        parent: KeyContext<'_>,
        name: &str,
    ) -> Result<(), Stop> {
        let context = parent.below(name);
        match self.rule(parent.name, name) {
            // The JSON schema of a property is not secret, even if the property has the name of a
            // secret.
            Some(_) if parent.name == "properties" && reader.peek()? == b'{' => {
                shown.mark_matched();
                self.property(reader)
            }
            Some(rule) => self.hidden(reader, rule, shown, context),
            None => self.value(reader, shown, context),
        }
    }

    /// Writes a key that the reader has just read.
    pub(super) fn key(&mut self, reader: &Reader<'_>, raw: &[u8]) -> Result<(), Stop> {
        self.comma()?;
        let text = self.text(raw, self.text_kind(KeyContext::TOP));
        self.invisible_removed += text.invisible_removed();
        if self.is_nested() {
            if let Text::Edited(by, _) = &text {
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

/// The ranges of a value in the output and in the input.
pub(super) type Written = (Range<usize>, Range<usize>);

/// A name/value object such as `{"name": …, "value": …}`.
#[derive(Default)]
struct Pair {
    is_secret: bool,
    values: Vec<Written>,
}

/// The shown part of a member, which may also be selected by the exact spelling of its key.
pub(super) fn selected<'a>(
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

/// Whether a JSON string consists of a few letters and digits, as most keys and states do.
fn is_short_word(raw: &[u8]) -> bool {
    const MAX_LENGTH: usize = 34;
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    raw.len() <= MAX_LENGTH && inner.iter().all(u8::is_ascii_alphanumeric)
}

/// The edits of JSON at the start of a text that is nested in `depth` others.
pub(super) fn nested_edits(
    text: &[u8],
    levels: u32,
    caller_key: Option<CallerKey>,
    depth: u32,
) -> Vec<Edit> {
    let mut writer = Writer {
        depth,
        ..Writer::new(usize::MAX, false, caller_key)
    };
    let mut reader = Reader::bounded(text, levels);
    match writer.value(&mut reader, &Shown::Whole, KeyContext::TOP) {
        Ok(()) => {
            writer.edits.sort_by_key(|edit| edit.range.start);
            writer.edits
        }
        Err(_) => Vec::new(),
    }
}
