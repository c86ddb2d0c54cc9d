//! The pass itself: reads values and writes what is shown of them.

use std::borrow::Cow;

use super::{
    json::{JsonError, Reader},
    secrets::{REDACTED, Rule, SCHEMA_FORM, hide_url, rule},
    selection::Selection,
};
use crate::tools::Added;

/// The key of the rows in a page.
const PAGE: &str = "results";

/// What has been written so far.
#[derive(Debug)]
pub struct Pass {
    out: Vec<u8>,
    add: &'static [Added],
}

impl Pass {
    /// Nothing written; `add` are the names of ours for every root.
    pub fn new(add: &'static [Added]) -> Self {
        Self {
            out: Vec::new(),
            add,
        }
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// The rows of a list: the elements of an array, or of `results` where the API answers by
    /// pages. An object that is neither is shown whole.
    pub fn rows(&mut self, reader: &mut Reader<'_>, keep: &Selection) -> Result<(), JsonError> {
        let mut page = reader.clone();
        if reader.peek()? == b'[' {
            self.elements(reader, |pass, reader| pass.root(reader, keep))
        } else if page.peek()? == b'{' && enter(&mut page, PAGE)? && page.peek()? == b'[' {
            self.elements(&mut page, |pass, page| pass.root(page, keep))?;
            reader.value().map(|_| ())
        } else {
            self.value(reader, Selection::ALL, "")
        }
    }

    /// A value that the view is about: what `keep` chooses, and our names where it is an object.
    pub fn root(&mut self, reader: &mut Reader<'_>, keep: &Selection) -> Result<(), JsonError> {
        if reader.peek()? != b'{' {
            return self.value(reader, keep, "");
        }
        let mut added: Vec<_> = self.add.iter().map(|added| (added, None)).collect();
        self.out.push(b'{');
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            let name = decode(key);
            let first = reader.peek()?;
            let start = reader.position();
            // A null under a name of ours gives way to the value that the name stands for.
            if first == b'n' && self.add.iter().any(|added| added.name == name) {
                reader.value()?;
                continue;
            }
            if keep.child(&name).is_some() {
                added.retain(|(added, _)| added.name != name);
            }
            self.member(reader, keep, "", key, &name)?;
            for (added, source) in &mut added {
                if segments(added.at).next() == Some(&*name) {
                    *source = Some(reader.since(start));
                }
            }
        }
        for (added, source) in added {
            if let Some(source) = source {
                self.added(added, source)?;
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Every element of an array, as `element` writes it.
    pub fn elements(
        &mut self,
        reader: &mut Reader<'_>,
        mut element: impl FnMut(&mut Self, &mut Reader<'_>) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.out.push(b'[');
        reader.open(b'[')?;
        while reader.next_element()? {
            self.comma();
            element(self, reader)?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// Every member of an object, as `value` writes its value.
    fn members(
        &mut self,
        reader: &mut Reader<'_>,
        mut value: impl FnMut(&mut Self, &mut Reader<'_>, &str) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.out.push(b'{');
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            self.key(key);
            value(self, reader, &decode(key))?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// A value of which `keep` is shown; `parent` is the key that it stands at.
    fn value(
        &mut self,
        reader: &mut Reader<'_>,
        keep: &Selection,
        parent: &str,
    ) -> Result<(), JsonError> {
        match reader.peek()? {
            b'{' => {
                self.out.push(b'{');
                reader.open(b'{')?;
                while let Some(key) = reader.next_key()? {
                    self.member(reader, keep, parent, key, &decode(key))?;
                }
                self.out.push(b'}');
            }
            b'[' => self.elements(reader, |pass, reader| pass.value(reader, keep, parent))?,
            _ => self.out.extend_from_slice(reader.value()?),
        }
        Ok(())
    }

    /// A member of an object, unless `keep` leaves it out.
    fn member(
        &mut self,
        reader: &mut Reader<'_>,
        keep: &Selection,
        parent: &str,
        key: &[u8],
        name: &str,
    ) -> Result<(), JsonError> {
        let Some(keep) = keep.child(name) else {
            reader.value()?;
            return Ok(());
        };
        self.key(key);
        match rule(parent, name) {
            // A property that a JSON schema describes: its name is a secret's, its schema is not.
            Some(_) if parent == "properties" && reader.peek()? == b'{' => self.schema(reader),
            Some(rule) => self.hidden(reader, rule, keep, name),
            None => self.value(reader, keep, name),
        }
    }

    /// A name of ours for a place inside `source`, the value at the place's first key. The rules
    /// of all keys on the way hold.
    fn added(&mut self, added: &Added, source: &[u8]) -> Result<(), JsonError> {
        let mut reader = Reader::new(source);
        let mut path = segments(added.at);
        let mut name = path.next().unwrap_or_default();
        let mut hide = rule("", name);
        for segment in path {
            if reader.peek()? != b'{' || !enter(&mut reader, segment)? {
                return Ok(());
            }
            hide = hide.or_else(|| rule(name, segment));
            name = segment;
        }
        self.key(format!("\"{}\"", added.name).as_bytes());
        let keep = Selection::of_keys(added.keep);
        match hide {
            Some(rule) => self.hidden(&mut reader, rule, &keep, name),
            None => self.value(&mut reader, &keep, name),
        }
    }

    fn hidden(
        &mut self,
        reader: &mut Reader<'_>,
        rule: Rule,
        keep: &Selection,
        name: &str,
    ) -> Result<(), JsonError> {
        let text = reader.peek()? == b'"';
        match rule {
            Rule::Value => self.redacted(reader),
            Rule::Text if text => self.redacted(reader),
            Rule::Url if text => self.url(reader),
            Rule::Text | Rule::Url => self.value(reader, keep, name),
            Rule::Headers if is_schema(reader)? => self.schema(reader),
            Rule::Each | Rule::Headers => self.scalars_redacted(reader),
        }
    }

    fn redacted(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let value = reader.value()?;
        self.out
            .extend_from_slice(if value == b"null" { value } else { REDACTED });
        Ok(())
    }

    fn scalars_redacted(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        match reader.peek()? {
            b'{' => self.members(reader, |pass, reader, _| pass.scalars_redacted(reader)),
            b'[' => self.elements(reader, Self::scalars_redacted),
            _ => self.redacted(reader),
        }
    }

    /// A JSON schema of something secret: its form is shown, and whatever could hold a value is hidden.
    fn schema(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        self.members(reader, |pass, reader, name| match (name, reader.peek()?) {
            ("properties", b'{') => {
                pass.members(reader, |pass, reader, _| match reader.peek()? {
                    b'{' => pass.schema(reader),
                    _ => pass.scalars_redacted(reader),
                })
            }
            ("items" | "additionalProperties", b'{') => pass.schema(reader),
            (name, _) if SCHEMA_FORM.contains(&name) => pass.value(reader, Selection::ALL, name),
            _ => pass.scalars_redacted(reader),
        })
    }

    fn url(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let raw = reader.value()?;
        let shown = serde_json::from_slice::<String>(raw)
            .ok()
            .and_then(|url| serde_json::to_vec(&hide_url(&url)).ok());
        self.out
            .extend_from_slice(shown.as_deref().unwrap_or(REDACTED));
        Ok(())
    }

    fn key(&mut self, raw: &[u8]) {
        self.comma();
        self.out.extend_from_slice(raw);
        self.out.push(b':');
    }

    /// A comma, unless this is the first member of its container.
    fn comma(&mut self) {
        if !matches!(self.out.last(), Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }
}

/// The keys of a JSON pointer. Pointers of the table hold no escapes.
fn segments(pointer: &str) -> impl Iterator<Item = &str> {
    pointer.split('/').skip(1)
}

/// Enters the object up to the value of this key; false when it has no such key.
pub fn enter(reader: &mut Reader<'_>, name: &str) -> Result<bool, JsonError> {
    reader.open(b'{')?;
    while let Some(key) = reader.next_key()? {
        if decode(key) == name {
            return Ok(true);
        }
        reader.value()?;
    }
    Ok(false)
}

/// Whether what comes next is a JSON schema of an object rather than a map of headers.
fn is_schema(reader: &Reader<'_>) -> Result<bool, JsonError> {
    let mut ahead = reader.clone();
    Ok(ahead.peek()? == b'{' && enter(&mut ahead, "properties")? && ahead.peek()? == b'{')
}

/// The text of a key, given with its quotes. One that is no Unicode matches no name.
fn decode(key: &[u8]) -> Cow<'_, str> {
    let inner = key.get(1..key.len() - 1).unwrap_or_default();
    if inner.contains(&b'\\') {
        return Cow::Owned(serde_json::from_slice(key).unwrap_or_default());
    }
    Cow::Borrowed(std::str::from_utf8(inner).unwrap_or_default())
}
