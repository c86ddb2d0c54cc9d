//! Who calls, as a hash: what is counted and what is logged never shows a key or an argument.

use std::fmt;

use ring::{digest, hmac};
use serde_json::{Map, Value};

use crate::api::Token;

/// A hash of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark(pub [u8; 32]);

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl Mark {
    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        unhex(text)?.try_into().ok().map(Self)
    }
}

/// The owner of a token: what is kept of it, and what is hashed with it.
#[derive(Clone)]
pub struct Identity {
    key: hmac::Key,
    mark: Mark,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// The owner of this token.
    pub fn of(token: &Token) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.authorization().as_bytes());
        let mark = sign(&key, "caller", b"");
        Self { key, mark }
    }

    /// The owner's name among others.
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// HMAC-SHA-256 of a value under the token, the same whatever the order of its keys. `what`
    /// keeps the hashes of different things apart.
    pub fn hash(&self, what: &str, value: &Value) -> Mark {
        sign(&self.key, what, canonical(value).to_string().as_bytes())
    }
}

fn sign(key: &hmac::Key, what: &str, bytes: &[u8]) -> Mark {
    let mut context = hmac::Context::with_key(key);
    context.update(what.as_bytes());
    context.update(&[0]);
    context.update(bytes);
    let mut mark = [0; digest::SHA256_OUTPUT_LEN];
    for (to, from) in mark.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    Mark(mark)
}

/// The value with the keys of its objects in order.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(canonical).collect(),
        Value::Object(map) => {
            let mut sorted: Vec<_> = map.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            let sorted = sorted
                .into_iter()
                .map(|(key, value)| (key.clone(), canonical(value)));
            Value::Object(sorted.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Two digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that `hex` wrote.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !digits || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity(key: &str) -> Identity {
        Identity::of(&Token::new(key).unwrap())
    }

    #[test]
    fn a_hash_depends_on_token_kind_and_value_alone() {
        let (a, b) = (identity("key-a"), identity("key-b"));
        let value = json!({ "x": [1, { "b": 1, "a": 2 }], "y": null });
        let turned = json!({ "y": null, "x": [1, { "a": 2, "b": 1 }] });
        assert_eq!(
            a.hash("call", &value),
            identity("key-a").hash("call", &turned)
        );
        assert_ne!(a.hash("call", &value), b.hash("call", &value));
        assert_ne!(a.hash("call", &value), a.hash("dial", &value));
        assert_ne!(
            a.hash("call", &value),
            a.hash("call", &json!({ "x": [{ "a": 2, "b": 1 }, 1], "y": null }))
        );
        assert_ne!(a.mark(), b.mark());
    }

    #[test]
    fn a_mark_reads_back() {
        let mark = identity("key").mark();
        assert_eq!(Mark::parse(&mark.to_string()), Some(mark));
        for wrong in ["", "0", "zz", "00", "+0"] {
            assert_eq!(Mark::parse(wrong), None);
        }
    }

    #[test]
    fn nothing_of_a_token_is_printed() {
        let shown = format!("{:?} {}", identity("s3cret"), identity("s3cret").mark());
        assert!(!shown.contains("s3cret"));
    }
}
