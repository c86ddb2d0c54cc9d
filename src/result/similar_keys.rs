//! Similar keys, for pointers that match nothing.

use super::{json_string::key_text, selection::is_name};
use crate::json::{JsonError, Reader, unescaped};

/// Keys that are similar to the first key of a pointer that the value does not have. In lists, the
/// first element is searched.
pub(super) fn similar_keys(value: &[u8], pointer: &str) -> Result<Vec<String>, JsonError> {
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
        let missing = unescaped(segment);
        let mut similar = SimilarKeys::to(&missing);
        reader.open(b'{')?;
        while let Some(key) = reader.next_key()? {
            let key = key_text(key);
            if key == missing {
                continue 'segments;
            }
            similar.add(&key);
            reader.value()?;
        }
        return Ok(similar.best());
    }
    Ok(Vec::new())
}

/// The keys that are most similar to a missing one. Their number and length are limited, because
/// comparing takes longer than reading.
struct SimilarKeys {
    missing: String,
    compared: usize,
    scored: Vec<(f64, String)>,
}

impl SimilarKeys {
    /// Maximum number of keys that are compared.
    const MAX_KEYS: usize = 500;
    /// Longer keys are not compared, in bytes.
    const MAX_LENGTH: usize = 64;

    fn to(missing: &str) -> Self {
        let missing = if missing.len() > Self::MAX_LENGTH {
            String::new()
        } else {
            missing.to_lowercase()
        };
        Self {
            missing,
            compared: 0,
            scored: Vec::new(),
        }
    }

    fn add(&mut self, name: &str) {
        const MIN_SCORE: f64 = 0.75;
        if self.missing.is_empty()
            || self.compared >= Self::MAX_KEYS
            || name.len() > Self::MAX_LENGTH
        {
            return;
        }
        self.compared += 1;
        let score = strsim::jaro_winkler(&self.missing, &name.to_lowercase());
        if score >= MIN_SCORE {
            self.scored.push((score, name.to_owned()));
        }
    }

    fn best(mut self) -> Vec<String> {
        const MAX_KEYS: usize = 3;
        self.scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        self.scored
            .into_iter()
            .take(MAX_KEYS)
            .map(|(_, name)| name)
            .collect()
    }
}
