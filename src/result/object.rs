//! An object, read once into its members.

use std::borrow::Cow;

use super::{
    json_string::key_text,
    redact::{Rule, is_name_of_pair, is_secret, rule},
};
use crate::json::{JsonError, Reader};

/// The members of an object, in their original order.
#[derive(Debug)]
pub(super) struct Object<'a>(pub Vec<Member<'a>>);

/// A member of an object.
#[derive(Debug)]
pub(super) struct Member<'a> {
    /// The key with its quotes.
    pub key: &'a [u8],
    /// The key as a text.
    pub name: Cow<'a, str>,
    pub value: &'a [u8],
}

/// A value, and the rule of a parent key that hides it.
pub(super) type FoundValue<'a> = (&'a [u8], Option<Rule>);

impl<'a> Object<'a> {
    /// Reads the next value if it is an object; otherwise nothing is read.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Option<Self>, JsonError> {
        if reader.peek()? != b'{' {
            return Ok(None);
        }
        let mut members = Vec::new();
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            members.push(Member {
                key,
                name: key_text(key),
                value: reader.value()?,
            });
        }
        Ok(Some(Self(members)))
    }

    /// The value at a key.
    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        let found = self.0.iter().find(|member| member.name == name);
        found.map(|member| member.value)
    }

    /// Whether a pointer of plain keys resolves to exactly one value: no key on its path is
    /// repeated.
    pub(super) fn has_one(&self, pointer: &str) -> bool {
        let mut inner: Option<Self> = None;
        let mut keys = pointer.split('/').skip(1).peekable();
        while let Some(key) = keys.next() {
            let members = inner.as_ref().unwrap_or(self);
            let mut found = members.0.iter().filter(|member| member.name == key);
            let (Some(member), None) = (found.next(), found.next()) else {
                return false;
            };
            if keys.peek().is_none() {
                return true;
            }
            let Ok(Some(below)) = Self::read(&mut Reader::new(member.value)) else {
                return false;
            };
            inner = Some(below);
        }
        false
    }

    /// Whether a member contains the name of a secret whose value is in another member.
    pub(super) fn names_a_secret(&self) -> bool {
        let mut names = self.0.iter().filter(|member| is_name_of_pair(&member.name));
        names
            .any(|member| member.value.first() == Some(&b'"') && is_secret(&key_text(member.value)))
    }

    /// The value at a pointer of plain keys, with the rule of the first key that hides it.
    pub(super) fn at(&self, pointer: &str) -> Result<Option<FoundValue<'a>>, JsonError> {
        let mut keys = pointer.split('/').skip(1);
        let mut parent = keys.next().unwrap_or_default();
        let Some(mut value) = self.get(parent) else {
            return Ok(None);
        };
        let mut hide = rule("", parent);
        for key in keys {
            let object = Object::read(&mut Reader::new(value))?;
            let Some(next) = object.and_then(|object| object.get(key)) else {
                return Ok(None);
            };
            hide = hide.or_else(|| rule(parent, key));
            (parent, value) = (key, next);
        }
        Ok(Some((value, hide)))
    }
}
