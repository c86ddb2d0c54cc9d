//! JSON schemas of what is secret: their form is shown, and whatever carries a value is hidden.

use super::{
    json_string::name,
    members::Members,
    prose::How,
    redact::{REDACTED, SCHEMA_FORM, SCHEMA_MARKS, SCHEMA_NAMES, SCHEMA_VALUES},
    selection::Shown,
    writer::{Pass, Place, Stop},
};
use crate::json::{JsonError, Reader};

impl Pass {
    /// The schema of a property whose name is a secret's. What is no schema is hidden.
    pub(super) fn property(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        if is_schema(reader)? {
            self.schema(reader)
        } else {
            self.scalars_redacted(reader)
        }
    }

    /// Headers, or the JSON schema of an object that holds them.
    pub(super) fn headers(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        if !has_properties(reader)? {
            return self.scalars_redacted(reader);
        }
        self.members(reader, |pass, reader, name| match (name, reader.peek()?) {
            ("properties", b'{') => {
                pass.members(reader, |pass, reader, _| match reader.peek()? {
                    b'{' => pass.property(reader),
                    _ => pass.scalars_redacted(reader),
                })
            }
            (name, _) if SCHEMA_FORM.contains(&name) => {
                pass.value(reader, &Shown::Whole, Place::TOP.below(name))
            }
            _ => pass.scalars_redacted(reader),
        })
    }

    fn schema(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        self.members(reader, |pass, reader, name| {
            let first = reader.peek()?;
            if SCHEMA_VALUES.contains(&name) {
                pass.scalars_redacted(reader)
            } else if SCHEMA_NAMES.contains(&name) && first == b'{' {
                pass.members(reader, |pass, reader, _| pass.below(reader))
            } else {
                pass.below(reader)
            }
        })
    }

    /// Schemas in a schema, alone or in a list, and texts.
    fn below(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        match reader.peek()? {
            b'{' => self.schema(reader),
            b'[' => self.elements(reader, Self::below),
            b'"' => self.whole_text(reader, How::Prose),
            _ => {
                let raw = reader.value()?;
                self.push(raw)
            }
        }
    }

    pub(super) fn scalars_redacted(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        match reader.peek()? {
            b'{' => self.members(reader, |pass, reader, _| pass.scalars_redacted(reader)),
            b'[' => self.elements(reader, Self::scalars_redacted),
            b't' | b'f' => {
                let value = reader.value()?;
                self.replace(reader, value, REDACTED)
            }
            _ => self.redacted(reader),
        }
    }

    fn elements(
        &mut self,
        reader: &mut Reader<'_>,
        mut value: impl FnMut(&mut Self, &mut Reader<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.push(b"[")?;
        reader.open(b'[')?;
        while reader.next_element()? {
            self.comma()?;
            value(self, reader)?;
        }
        self.push(b"]")
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
            self.key(reader, key)?;
            value(self, reader, &name(key))?;
        }
        self.push(b"}")
    }
}

/// Whether what comes next is a JSON schema of an object rather than a map of headers.
fn has_properties(reader: &Reader<'_>) -> Result<bool, JsonError> {
    let members = Members::of(&mut reader.clone())?;
    let properties = members.and_then(|members| members.get("properties"));
    Ok(properties.is_some_and(|value| value.first() == Some(&b'{')))
}

/// Whether the object that comes next is a JSON schema.
fn is_schema(reader: &Reader<'_>) -> Result<bool, JsonError> {
    let Some(Members(members)) = Members::of(&mut reader.clone())? else {
        return Ok(false);
    };
    Ok(members.is_empty()
        || members
            .iter()
            .any(|member| SCHEMA_MARKS.contains(&&*member.name)))
}
