//! Keyed digests of tokens and arguments, so that counts and logs contain neither in plain text.

use std::{fmt, io};

use ring::{digest, hmac};
use serde_json::{Map, Value};

use crate::api::Token;

/// An HMAC-SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl Digest {
    /// Parses the output of `Display`.
    pub fn parse(text: &str) -> Option<Self> {
        unhex(text)?.try_into().ok().map(Self)
    }
}

/// The digest of a token, which identifies the caller.
pub type CallerId = Digest;

/// The digest of this token.
pub fn caller_id(token: &Token) -> CallerId {
    TokenHasher::of(token).caller()
}

/// Computes digests keyed with a token, so that they cannot be verified without it.
#[derive(Clone)]
pub struct TokenHasher {
    key: hmac::Key,
    caller: CallerId,
}

impl fmt::Debug for TokenHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHasher")
    }
}

impl TokenHasher {
    /// The hasher of this token.
    pub fn of(token: &Token) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.authorization().as_bytes());
        let caller = Signed::new(&key, "caller").digest();
        Self { key, caller }
    }

    /// The digest of the token itself.
    pub fn caller(&self) -> CallerId {
        self.caller
    }

    /// HMAC-SHA-256 of a value, keyed with the token and independent of the order of keys. `what`
    /// separates the hashes of different kinds of values.
    pub fn hash(&self, what: &str, value: &Value) -> Digest {
        let mut signed = Signed::new(&self.key, what);
        signed.value(value);
        signed.digest()
    }

    /// The hash of a tool call and the content of the file that it uploads.
    pub fn hash_content(&self, call: Digest, content: &[u8]) -> Digest {
        let mut signed = Signed::new(&self.key, "content");
        signed.bytes(&call.0);
        signed.bytes(content);
        signed.digest()
    }

    /// The hash of a tool and all its arguments: that of `{"arguments":…,"tool":…}` as a `call`.
    pub fn hash_call(&self, tool: &str, arguments: &Map<String, Value>) -> Digest {
        let mut signed = Signed::new(&self.key, "call");
        signed.bytes(b"{\"arguments\":");
        signed.object(arguments);
        signed.bytes(b",\"tool\":");
        signed.text(tool);
        signed.bytes(b"}");
        signed.digest()
    }
}

/// Writes JSON with sorted keys directly into an HMAC context, without a copy.
struct Signed(hmac::Context);

impl Signed {
    fn new(key: &hmac::Key, what: &str) -> Self {
        let mut signed = Self(hmac::Context::with_key(key));
        signed.bytes(what.as_bytes());
        signed.bytes(&[0]);
        signed
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        // Writing to the context cannot fail.
        let _ = serde_json::to_writer(&mut *self, text);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Array(items) => {
                self.bytes(b"[");
                for (index, item) in items.iter().enumerate() {
                    self.comma(index);
                    self.value(item);
                }
                self.bytes(b"]");
            }
            Value::Object(map) => self.object(map),
            scalar => {
                let _ = serde_json::to_writer(&mut *self, scalar);
            }
        }
    }

    fn object(&mut self, map: &Map<String, Value>) {
        let mut sorted: Vec<_> = map.iter().collect();
        sorted.sort_by_key(|(key, _)| *key);
        self.bytes(b"{");
        for (index, (key, value)) in sorted.into_iter().enumerate() {
            self.comma(index);
            self.text(key);
            self.bytes(b":");
            self.value(value);
        }
        self.bytes(b"}");
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.bytes(b",");
        }
    }

    fn digest(self) -> Digest {
        let mut mark = [0; digest::SHA256_OUTPUT_LEN];
        for (to, from) in mark.iter_mut().zip(self.0.sign().as_ref()) {
            *to = *from;
        }
        Digest(mark)
    }
}

impl io::Write for Signed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lower-case hexadecimal, two digits per byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decodes the output of `hex`.
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

    fn hasher(key: &str) -> TokenHasher {
        TokenHasher::of(&Token::new(key).unwrap())
    }

    #[test]
    fn a_hash_depends_on_token_kind_and_value_alone() {
        let (a, b) = (hasher("key-a"), hasher("key-b"));
        let value = json!({ "x": [1, { "b": 1, "a": 2 }], "y": null });
        let turned = json!({ "y": null, "x": [1, { "a": 2, "b": 1 }] });
        assert_eq!(
            a.hash("call", &value),
            hasher("key-a").hash("call", &turned)
        );
        assert_ne!(a.hash("call", &value), b.hash("call", &value));
        assert_ne!(a.hash("call", &value), a.hash("dial", &value));
        assert_ne!(
            a.hash("call", &value),
            a.hash("call", &json!({ "x": [{ "a": 2, "b": 1 }, 1], "y": null }))
        );
        assert_ne!(a.caller(), b.caller());
    }

    #[test]
    fn a_call_is_hashed_as_its_canonical_json() {
        let hasher = hasher("key");
        let given = json!({ "b": [1, "\u{7}é\"", { "y": null, "x": 1.5 }], "a": {}, "": [] });
        let canonical =
            r#"{"arguments":{"":[],"a":{},"b":[1,"\u0007é\"",{"x":1.5,"y":null}]},"tool":"t"}"#;
        let mut signed = Signed::new(&hasher.key, "call");
        signed.bytes(canonical.as_bytes());
        let signed = signed.digest();
        assert_eq!(hasher.hash_call("t", given.as_object().unwrap()), signed);
        assert_eq!(
            hasher.hash("call", &json!({ "tool": "t", "arguments": given })),
            signed
        );
    }

    #[test]
    fn a_mark_reads_back() {
        let caller = hasher("key").caller();
        assert_eq!(Digest::parse(&caller.to_string()), Some(caller));
        for wrong in ["", "0", "zz", "00", "+0"] {
            assert_eq!(Digest::parse(wrong), None);
        }
    }

    #[test]
    fn nothing_of_a_token_is_printed() {
        let shown = format!("{:?} {}", hasher("s3cret"), hasher("s3cret").caller());
        assert!(!shown.contains("s3cret"));
    }
}
