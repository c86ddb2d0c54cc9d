//! Writing what is shown of a value, within a limit. A value that does not fit is taken back;
//! [`super::cut`] then says what becomes of it.

use std::borrow::Cow;

use super::{
    cut::Cut,
    json::{JsonError, Reader},
    members::Members,
    secrets::{REDACTED, Rule, SCHEMA_FORM, hide_url, rule},
    selection::Shown,
    words,
};

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

/// Where a value stands, as far as it matters for showing it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The key that it stands at; that of the list for an element.
    pub name: &'a str,
    /// Whether it holds what people said.
    pub said: bool,
}

impl Place<'_> {
    /// The place of a whole answer.
    pub(super) const TOP: Self = Self {
        name: "",
        said: false,
    };
}

/// What has been written so far.
#[derive(Debug)]
pub(super) struct Pass {
    pub out: Vec<u8>,
    /// The length that `out` must not exceed.
    pub limit: usize,
    /// Whether secrets are shown.
    pub open: bool,
    /// How many invisible characters were taken out of what people said.
    pub taken_out: usize,
    pub cuts: Vec<Cut>,
}

impl Pass {
    pub(super) fn new(limit: usize, open: bool) -> Self {
        Self {
            out: Vec::new(),
            limit,
            open,
            taken_out: 0,
            cuts: Vec::new(),
        }
    }

    /// Writes bytes, unless they exceed the limit.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if bytes.len() > self.limit.saturating_sub(self.out.len()) {
            return Err(Stop::Full);
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Runs `write` with at most `allowance` bytes; what it wrote is taken back when that is too
    /// little. Returns whether it fitted.
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
            b'{' => {
                self.push(b"{")?;
                reader.open(b'{')?;
                let mut index = 0;
                while let Some(key) = reader.next_key()? {
                    let name = decode(key);
                    match shown.member(&name, index) {
                        Some(shown) => self.member(reader, &shown, place, key, &name)?,
                        None => {
                            reader.value()?;
                        }
                    }
                    index += 1;
                }
                self.push(b"}")
            }
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
                let range = shown.characters(raw);
                let raw = if range == (0..usize::MAX) {
                    Cow::Borrowed(raw)
                } else {
                    Cow::Owned(words::slice(raw, range))
                };
                self.text(&raw, place)
            }
            _ => {
                let raw = reader.value()?;
                self.push(raw)
            }
        }
    }

    /// A text with its quotes. Of what people said, invisible characters are left out.
    fn text(&mut self, raw: &[u8], place: Place<'_>) -> Result<(), Stop> {
        if place.said
            && let Some((visible, taken_out)) = words::visible(raw)
        {
            self.taken_out += taken_out;
            return self.push(&visible);
        }
        self.push(raw)
    }

    /// A member of an object.
    pub(super) fn member(
        &mut self,
        reader: &mut Reader<'_>,
        shown: &Shown<'_>,
        parent: Place<'_>,
        key: &[u8],
        name: &str,
    ) -> Result<(), Stop> {
        self.key(key)?;
        self.member_value(reader, shown, parent, name)
    }

    /// The value of a member.
    pub(super) fn member_value(
        &mut self,
        reader: &mut Reader<'_>,
        shown: &Shown<'_>,
        parent: Place<'_>,
        name: &str,
    ) -> Result<(), Stop> {
        let place = Place {
            name,
            said: parent.said,
        };
        match self.rule(parent.name, name) {
            // A property that a JSON schema describes: its name is a secret's, its schema is not.
            Some(_) if parent.name == "properties" && reader.peek()? == b'{' => {
                shown.found();
                self.schema(reader)
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
        if matches!(rule, Rule::Text | Rule::Url) && reader.peek()? != b'"' {
            return self.value(reader, shown, place);
        }
        shown.found();
        match rule {
            Rule::Value | Rule::Text => self.redacted(reader),
            Rule::Url => self.url(reader),
            Rule::Headers if is_schema(reader)? => self.schema(reader),
            Rule::Each | Rule::Headers => self.scalars_redacted(reader),
        }
    }

    fn redacted(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        let value = reader.value()?;
        self.push(if value == b"null" { value } else { REDACTED })
    }

    fn scalars_redacted(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        match reader.peek()? {
            b'{' => self.members(reader, |pass, reader, _| pass.scalars_redacted(reader)),
            b'[' => {
                self.push(b"[")?;
                reader.open(b'[')?;
                while reader.next_element()? {
                    self.comma()?;
                    self.scalars_redacted(reader)?;
                }
                self.push(b"]")
            }
            _ => self.redacted(reader),
        }
    }

    /// A JSON schema of something secret: its form is shown, and whatever could hold a value is
    /// hidden.
    fn schema(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        self.members(reader, |pass, reader, name| match (name, reader.peek()?) {
            ("properties", b'{') => {
                pass.members(reader, |pass, reader, _| match reader.peek()? {
                    b'{' => pass.schema(reader),
                    _ => pass.scalars_redacted(reader),
                })
            }
            ("items" | "additionalProperties", b'{') => pass.schema(reader),
            (name, _) if SCHEMA_FORM.contains(&name) => {
                pass.value(reader, &Shown::Whole, Place { name, said: false })
            }
            _ => pass.scalars_redacted(reader),
        })
    }

    /// Every member of an object, as `value` writes its value.
    fn members(
        &mut self,
        reader: &mut Reader<'_>,
        mut value: impl FnMut(&mut Self, &mut Reader<'_>, &str) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.push(b"{")?;
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            self.key(key)?;
            value(self, reader, &decode(key))?;
        }
        self.push(b"}")
    }

    fn url(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        let raw = reader.value()?;
        let shown = serde_json::from_slice::<String>(raw)
            .ok()
            .and_then(|url| serde_json::to_vec(&hide_url(&url)).ok());
        self.push(shown.as_deref().unwrap_or(REDACTED))
    }

    pub(super) fn key(&mut self, raw: &[u8]) -> Result<(), Stop> {
        self.comma()?;
        self.push(raw)?;
        self.push(b":")
    }

    /// A comma, unless this is the first member of its container.
    pub(super) fn comma(&mut self) -> Result<(), Stop> {
        match self.out.last() {
            None | Some(b'{' | b'[') => Ok(()),
            Some(_) => self.push(b","),
        }
    }
}

/// Whether what comes next is a JSON schema of an object rather than a map of headers.
fn is_schema(reader: &Reader<'_>) -> Result<bool, JsonError> {
    let members = Members::of(&mut reader.clone())?;
    let properties = members.and_then(|members| members.get("properties"));
    Ok(properties.is_some_and(|value| value.first() == Some(&b'{')))
}

/// The text of a key, given with its quotes. One that is no Unicode matches no name.
pub(super) fn decode(key: &[u8]) -> Cow<'_, str> {
    let inner = key.get(1..key.len() - 1).unwrap_or_default();
    if inner.contains(&b'\\') {
        return Cow::Owned(serde_json::from_slice(key).unwrap_or_default());
    }
    Cow::Borrowed(std::str::from_utf8(inner).unwrap_or_default())
}
