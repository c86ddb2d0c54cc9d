//! JSON schemas of secrets: their structure is shown, and keywords that may carry a value are
//! hidden.

use super::{
    json_string::key_text,
    key_context::KeyContext,
    object::Object,
    redact::{REDACTED, SCHEMA_FORM, SCHEMA_MARKS, SCHEMA_NAMES, SCHEMA_VALUES},
    selection::Shown,
    text_secrets::TextKind,
    writer::{Stop, Writer},
};
use crate::json::{JsonError, Reader};

impl Writer {
    /// Writes the schema of a property whose name is that of a secret. Anything else is hidden.
    pub(super) fn property(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        if is_schema(reader)? {
            self.schema(reader)
        } else {
            self.redact_scalars(reader)
        }
    }

    /// Writes redacted headers, or the JSON schema of an object that contains headers.
    pub(super) fn headers(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        if !has_properties(reader)? {
            return self.redact_scalars(reader);
        }
        self.members(reader, |writer, reader, name| {
            match (name, reader.peek()?) {
                ("properties", b'{') => {
                    writer.members(reader, |writer, reader, _| match reader.peek()? {
                        b'{' => writer.property(reader),
                        _ => writer.redact_scalars(reader),
                    })
                }
                (name, _) if SCHEMA_FORM.contains(&name) => {
                    writer.value(reader, &Shown::Whole, KeyContext::TOP.below(name))
                }
                _ => writer.redact_scalars(reader),
            }
        })
    }

    fn schema(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        self.members(reader, |writer, reader, name| {
            let first = reader.peek()?;
            if SCHEMA_VALUES.contains(&name) {
                writer.redact_scalars(reader)
            } else if SCHEMA_NAMES.contains(&name) && first == b'{' {
                writer.members(reader, |writer, reader, _| writer.keyword_value(reader))
            } else {
                writer.keyword_value(reader)
            }
        })
    }

    /// Writes the value of a keyword: schemas, or a text.
    fn keyword_value(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        match reader.peek()? {
            b'{' => self.schema(reader),
            b'[' => self.list(reader, &Shown::Whole, |writer, reader, _| {
                writer.keyword_value(reader)
            }),
            b'"' => self.whole_text(reader, TextKind::Prose),
            _ => {
                let raw = reader.value()?;
                self.push(raw)
            }
        }
    }

    pub(super) fn redact_scalars(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        match reader.peek()? {
            b'{' => self.members(reader, |writer, reader, _| writer.redact_scalars(reader)),
            b'[' => self.list(reader, &Shown::Whole, |writer, reader, _| {
                writer.redact_scalars(reader)
            }),
            b't' | b'f' => {
                let value = reader.value()?;
                self.replace(reader, value, REDACTED)
            }
            _ => self.redact(reader),
        }
    }

    /// Writes an object whose values are written by `value`.
    fn members(
        &mut self,
        reader: &mut Reader<'_>,
        mut value: impl FnMut(&mut Self, &mut Reader<'_>, &str) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.push(b"{")?;
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            self.key(reader, key)?;
            value(self, reader, &key_text(key))?;
        }
        self.push(b"}")
    }
}

/// Whether the next value is the JSON schema of an object and not a map of headers.
fn has_properties(reader: &Reader<'_>) -> Result<bool, JsonError> {
    let members = Object::read(&mut reader.clone())?;
    let properties = members.and_then(|members| members.get("properties"));
    Ok(properties.is_some_and(|value| value.first() == Some(&b'{')))
}

/// Whether the next value is a JSON schema.
fn is_schema(reader: &Reader<'_>) -> Result<bool, JsonError> {
    let Some(Object(members)) = Object::read(&mut reader.clone())? else {
        return Ok(false);
    };
    Ok(members.is_empty()
        || members
            .iter()
            .any(|member| SCHEMA_MARKS.contains(&&*member.name)))
}
