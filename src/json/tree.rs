//! JSON as a tree whose scalars and keys keep their bytes.

use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use bytes::Bytes;
use serde_json::{Map, Number, Value};

use super::{JsonError, Reader};

/// A JSON value. Numbers keep their spelling and strings their escapes, including lone surrogates;
/// objects keep the order of their keys.
#[derive(Clone, Debug)]
pub enum Tree {
    /// A string, number, boolean or null, as it was received.
    Scalar(Bytes),
    /// A list.
    List(Vec<Tree>),
    /// An object.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub struct Member {
    /// The key as it was received, with its quotes.
    key: Bytes,
    /// The key as text.
    pub name: String,
    /// The value.
    pub value: Tree,
}

impl Member {
    /// A new member.
    pub fn new(name: &str, value: Tree) -> Self {
        Self {
            key: Bytes::from(Value::from(name).to_string()),
            name: name.to_owned(),
            value,
        }
    }

    /// The member with another value.
    pub fn with(&self, value: Tree) -> Self {
        Self {
            key: self.key.clone(),
            name: self.name.clone(),
            value,
        }
    }
}

impl Tree {
    /// Reads a whole text.
    pub fn read(text: &Bytes) -> Result<Self, JsonError> {
        let mut reader = Reader::new(text);
        let tree = Self::next(text, &mut reader)?;
        reader.end()?;
        Ok(tree)
    }

    /// Reads the next value. The reader limits the depth.
    fn next(text: &Bytes, reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        match reader.peek()? {
            b'{' => {
                reader.open(b'{')?;
                let mut members = Vec::new();
                while let Some(key) = reader.next_key()? {
                    members.push(Member {
                        key: text.slice_ref(key),
                        name: decoded(key).into_owned(),
                        value: Self::next(text, reader)?,
                    });
                }
                Ok(Self::Object(members))
            }
            b'[' => {
                reader.open(b'[')?;
                let mut items = Vec::new();
                while reader.next_element()? {
                    items.push(Self::next(text, reader)?);
                }
                Ok(Self::List(items))
            }
            _ => Ok(Self::Scalar(text.slice_ref(reader.value()?))),
        }
    }

    /// Whether this is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(raw) if raw.as_ref() == b"null")
    }

    /// Whether this is true.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Scalar(raw) if raw.as_ref() == b"true")
    }

    /// The members of an object; none of another value.
    pub fn members(&self) -> &[Member] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of a list; none of another value.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key. Takes time proportional to the number of members.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let mut members = self.members().iter().rev();
        members
            .find(|member| member.name == name)
            .map(|member| &member.value)
    }

    /// The value at a pointer of plain keys.
    pub fn at(&self, pointer: &str) -> Option<&Self> {
        let mut keys = pointer.split('/').skip(1);
        keys.try_fold(self, |value, key| value.get(key))
    }

    /// The values by key.
    pub fn index(&self) -> HashMap<&str, &Self> {
        let members = self.members().iter();
        members
            .map(|member| (member.name.as_str(), &member.value))
            .collect()
    }

    /// The text of a string. Half of a surrogate pair becomes U+FFFD.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Scalar(raw) if raw.starts_with(b"\"") => Some(decoded(raw)),
            _ => None,
        }
    }

    /// The value for reading: numbers are rounded to `f64`, and half of a surrogate pair becomes
    /// U+FFFD.
    pub fn value(&self) -> Value {
        match self {
            Self::Object(members) => {
                let members = members.iter();
                let members = members.map(|member| (member.name.clone(), member.value.value()));
                Value::Object(members.collect())
            }
            Self::List(items) => items.iter().map(Self::value).collect(),
            Self::Scalar(raw) => match self.text() {
                Some(text) => Value::from(text),
                None => serde_json::from_slice(raw)
                    .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(raw))),
            },
        }
    }

    /// Writes the value.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Scalar(raw) => out.extend_from_slice(raw),
            Self::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(&member.key);
                    out.push(b':');
                    member.value.write(out);
                }
                out.push(b'}');
            }
        }
    }

    /// Whether both are the same value, regardless of spelling and of the order of keys.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scalar(one), Self::Scalar(two)) => {
                one == two
                    || match (self.text(), other.text()) {
                        (None, None) => is_same_number(one, two),
                        (one, two) => one == two,
                    }
            }
            (Self::List(one), Self::List(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.is_same(two))
            }
            (Self::Object(_), Self::Object(_)) => {
                let (one, two) = (self.index(), other.index());
                one.len() == two.len()
                    && one.iter().all(|(name, value)| {
                        two.get(name).is_some_and(|other| value.is_same(other))
                    })
            }
            _ => false,
        }
    }

    /// A hash that is the same for the same value.
    pub fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self {
            Self::Scalar(raw) => match (self.text(), number(raw)) {
                (Some(text), _) => text.hash(&mut hasher),
                (None, Some(number)) => {
                    number.as_f64().map(f64::to_bits).hash(&mut hasher);
                }
                (None, None) => raw.hash(&mut hasher),
            },
            Self::List(items) => {
                items.len().hash(&mut hasher);
                items
                    .iter()
                    .for_each(|item| hasher.write_u64(Self::hash(item)));
            }
            Self::Object(_) => {
                // A sum does not depend on the order.
                let members = self.index().into_iter().map(|(name, value)| {
                    let mut member = DefaultHasher::new();
                    name.hash(&mut member);
                    member.write_u64(Self::hash(value));
                    member.finish()
                });
                members.fold(0, u64::wrapping_add).hash(&mut hasher);
            }
        }
        hasher.finish()
    }
}

impl From<&Value> for Tree {
    fn from(value: &Value) -> Self {
        match value {
            Value::Object(members) => Self::from(members),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            scalar => Self::Scalar(Bytes::from(scalar.to_string())),
        }
    }
}

impl From<&Map<String, Value>> for Tree {
    fn from(members: &Map<String, Value>) -> Self {
        let members = members.iter();
        Self::Object(
            members
                .map(|(name, value)| Member::new(name, Self::from(value)))
                .collect(),
        )
    }
}

fn number(raw: &[u8]) -> Option<Number> {
    serde_json::from_slice(raw).ok()
}

fn is_same_number(one: &[u8], two: &[u8]) -> bool {
    let (Some(one), Some(two)) = (number(one), number(two)) else {
        return false;
    };
    match (one.is_f64(), two.is_f64()) {
        (false, false) => one == two,
        _ => one.as_f64() == two.as_f64(),
    }
}

/// The text of a JSON string with its quotes.
fn decoded(raw: &[u8]) -> Cow<'_, str> {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains(&b'\\')
        && let Ok(text) = std::str::from_utf8(inner)
    {
        return Cow::Borrowed(text);
    }
    let text: Option<String> = serde_json::from_slice(raw).ok();
    Cow::Owned(text.unwrap_or_else(|| {
        let whole = without_lone_surrogates(&String::from_utf8_lossy(raw));
        serde_json::from_str(&whole).unwrap_or_default()
    }))
}

/// A JSON string in which the escapes of half surrogate pairs are replaced.
fn without_lone_surrogates(raw: &str) -> String {
    let code = |at: usize| {
        let digits = raw.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let is_high = |at| code(at).is_some_and(|code| code & 0xFC00 == 0xD800);
    let is_low = |at| code(at).is_some_and(|code| code & 0xFC00 == 0xDC00);
    let mut whole = String::with_capacity(raw.len());
    let mut at = 0;
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match rest.strip_prefix('\\') {
            Some(_) if is_high(at) && is_low(at + 6) => 12,
            Some(_) if is_high(at) || is_low(at) => {
                whole.push_str("\\ufffd");
                at += 6;
                continue;
            }
            Some(_) => 2,
            None => rest.find('\\').unwrap_or(rest.len()),
        };
        whole.push_str(rest.get(..length).unwrap_or(rest));
        at += length.min(rest.len());
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::read(&Bytes::from(text.to_owned())).unwrap()
    }

    #[test]
    fn what_is_read_is_written_byte_for_byte() {
        let text = r#"{"b":1.0,"a":[0.10,1e400,-0,12345678901234567890123,"\u0061\/\ud83d",{}],"\ud800x":{"c":null,"c2":true},"":[]}"#;
        let mut written = Vec::new();
        tree(text).write(&mut written);
        assert_eq!(String::from_utf8(written).unwrap(), text);
        assert_eq!(tree(text).value()["a"][4], "a/\u{fffd}");
        assert_eq!(tree(text).value()["a"][1], "1e400");
    }

    #[test]
    fn spelling_and_order_make_no_difference() {
        for (one, two) in [
            ("1", "1.0"),
            ("0.10", "1e-1"),
            (r#""\u0061""#, r#""a""#),
            (r#"{"a":1,"b":[]}"#, r#"{ "b" : [ ], "a" : 1 }"#),
        ] {
            assert!(tree(one).is_same(&tree(two)), "{one} {two}");
            assert_eq!(tree(one).hash(), tree(two).hash(), "{one} {two}");
        }
        for (one, two) in [
            ("1", "2"),
            ("9007199254740993", "9007199254740992"),
            ("1", "\"1\""),
            ("null", "false"),
            ("[1,2]", "[2,1]"),
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#),
            ("[]", "{}"),
        ] {
            assert!(!tree(one).is_same(&tree(two)), "{one} {two}");
        }
    }

    #[test]
    fn text_that_is_not_json_is_refused() {
        for text in ["", "{", "[1,]", "{} x", &"[".repeat(300)] {
            assert!(Tree::read(&Bytes::from(text.to_owned())).is_err(), "{text}");
        }
    }
}
