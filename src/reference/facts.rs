//! The facts about operations that are part of the program, compressed.

use std::sync::LazyLock;

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use model::facts::Facts;

static FACTS: LazyLock<Result<Facts, Unreadable>> =
    LazyLock::new(|| read(include_bytes!(concat!(env!("OUT_DIR"), "/facts.bin"))));

/// Maximum number of bytes after decompression, about eight times those of Vapi's API.
const LONGEST: usize = 4 << 20;

/// Why the embedded facts cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the facts about Vapi's operations cannot be read: {0}; build the program again")]
pub struct Unreadable(String);

/// The facts. The first call decompresses and parses them.
pub fn facts() -> Result<&'static Facts, Unreadable> {
    FACTS.as_ref().map_err(Clone::clone)
}

fn read(compressed: &[u8]) -> Result<Facts, Unreadable> {
    let json = decompress_to_vec_zlib_with_limit(compressed, LONGEST)
        .map_err(|error| Unreadable(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|error| Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use miniz_oxide::deflate::compress_to_vec_zlib;

    use super::*;

    #[test]
    fn facts_that_cannot_be_read_are_an_error_and_not_an_empty_api() {
        for compressed in [
            Vec::new(),
            b"{}".to_vec(),
            compress_to_vec_zlib(b"{}", 6),
            compress_to_vec_zlib(&vec![b' '; LONGEST + 1], 6),
        ] {
            let error = read(&compressed).unwrap_err().to_string();
            assert!(error.contains("cannot be read: "), "{error}");
        }
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        let facts = facts().unwrap();
        let text = serde_json::to_string(facts).unwrap();
        let references: Vec<_> = text.split("#/components/schemas/").skip(1).collect();
        assert!(references.len() > 1000);
        for reference in references {
            let name = reference.split('"').next().unwrap();
            assert!(facts.schemas.contains_key(name), "{name}");
        }
    }
}
