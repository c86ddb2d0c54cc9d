//! An object by its members: read once, so that whatever is asked of it later costs no second
//! reading of the whole.

use std::borrow::Cow;

use super::{
    json_string::name,
    redact::{Rule, is_name_of_pair, is_secret, rule},
    selection::{is_name, unescaped},
};
use crate::json::{JsonError, Reader};

/// The members of an object, in their order.
#[derive(Debug)]
pub(super) struct Members<'a>(pub Vec<Member<'a>>);

/// A member of an object.
#[derive(Debug)]
pub(super) struct Member<'a> {
    /// The key with its quotes.
    pub key: &'a [u8],
    /// The key as a text.
    pub name: Cow<'a, str>,
    pub value: &'a [u8],
}

/// A value, and how a key on the way to it hides it.
pub(super) type Found<'a> = (&'a [u8], Option<Rule>);

impl<'a> Members<'a> {
    /// Reads the object that comes next; nothing is read when something else comes.
    pub(super) fn of(reader: &mut Reader<'a>) -> Result<Option<Self>, JsonError> {
        if reader.peek()? != b'{' {
            return Ok(None);
        }
        let mut members = Vec::new();
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            members.push(Member {
                key,
                name: name(key),
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

    /// Whether exactly one value stands at a pointer of plain keys: no key on the way comes twice.
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
            let Ok(Some(below)) = Self::of(&mut Reader::new(member.value)) else {
                return false;
            };
            inner = Some(below);
        }
        false
    }

    /// Whether one of the members says that the value beside it is a secret.
    pub(super) fn name_a_secret(&self) -> bool {
        let mut names = self.0.iter().filter(|member| is_name_of_pair(&member.name));
        names.any(|member| member.value.first() == Some(&b'"') && is_secret(&name(member.value)))
    }

    /// The value at a pointer of plain keys, with the rule of the first key on the way that hides
    /// it.
    pub(super) fn below(&self, pointer: &str) -> Result<Option<Found<'a>>, JsonError> {
        let mut keys = pointer.split('/').skip(1);
        let mut parent = keys.next().unwrap_or_default();
        let Some(mut value) = self.get(parent) else {
            return Ok(None);
        };
        let mut hide = rule("", parent);
        for key in keys {
            let object = Members::of(&mut Reader::new(value))?;
            let Some(next) = object.and_then(|object| object.get(key)) else {
                return Ok(None);
            };
            hide = hide.or_else(|| rule(parent, key));
            (parent, value) = (key, next);
        }
        Ok(Some((value, hide)))
    }
}

/// The keys beside the first key of a pointer that the value does not have: those much like it. Of
/// lists, the first elements tell. What leads on is entered and not read twice.
pub(super) fn keys_near(value: &[u8], pointer: &str) -> Result<Vec<String>, JsonError> {
    let mut reader = Reader::new(value);
    'segments: for segment in pointer.split('/').skip(1) {
        while reader.peek()? == b'[' {
            reader.open(b'[')?;
            if !reader.next_element()? {
                return Ok(Vec::new());
            }
            if !is_name(segment) {
                continue 'segments;
            }
        }
        if reader.peek()? != b'{' {
            break;
        }
        let wanted = unescaped(segment);
        let mut like = Alike::to(&wanted);
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            let key = name(key);
            if key == wanted {
                continue 'segments;
            }
            like.see(&key);
            reader.value()?;
        }
        return Ok(like.best());
    }
    Ok(Vec::new())
}

/// The names that are most like one, of a bounded number of bounded length: comparing takes longer
/// than reading.
struct Alike {
    wanted: String,
    seen: usize,
    scored: Vec<(f64, String)>,
}

impl Alike {
    /// Names after these are not compared.
    const NAMES: usize = 500;
    /// Longer names are not compared, in bytes.
    const LONGEST: usize = 64;

    fn to(wanted: &str) -> Self {
        let wanted = if wanted.len() > Self::LONGEST {
            String::new()
        } else {
            wanted.to_lowercase()
        };
        Self {
            wanted,
            seen: 0,
            scored: Vec::new(),
        }
    }

    fn see(&mut self, name: &str) {
        const ALIKE: f64 = 0.75;
        if self.wanted.is_empty() || self.seen >= Self::NAMES || name.len() > Self::LONGEST {
            return;
        }
        self.seen += 1;
        let score = strsim::jaro_winkler(&self.wanted, &name.to_lowercase());
        if score >= ALIKE {
            self.scored.push((score, name.to_owned()));
        }
    }

    fn best(mut self) -> Vec<String> {
        const MOST: usize = 3;
        self.scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        self.scored
            .into_iter()
            .take(MOST)
            .map(|(_, name)| name)
            .collect()
    }
}
