//! A difference between a stored object and its changed copy, as it is shown.

use serde_json::{Map, Value};

use super::hide_secrets;
use crate::{json::escaped, text::excerpt};

/// A difference between a stored object and its changed copy.
#[derive(Clone, PartialEq)]
pub struct Difference {
    /// The path of the value.
    pub at: Vec<Segment>,
    /// The stored value, if there is one.
    pub from: Option<Value>,
    /// The new value; `None` if it is removed.
    pub to: Option<Value>,
}

/// Omits the values, which are private.
impl std::fmt::Debug for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path())
    }
}

/// A part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A member of an object.
    Key(String),
    /// An element of a list.
    Index(usize),
}

impl Difference {
    /// The path, such as `model.messages[0].content`. Long keys are shortened.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for segment in &self.at {
            match segment {
                Segment::Index(index) => path.push_str(&format!("[{index}]")),
                Segment::Key(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&excerpt(key));
                }
            }
        }
        path
    }

    /// The JSON pointer of the value.
    pub fn pointer(&self) -> String {
        let segments = self.at.iter().map(|segment| match segment {
            Segment::Index(index) => format!("/{index}"),
            Segment::Key(key) => format!("/{}", escaped(key)),
        });
        segments.collect()
    }

    /// The difference without the values of secrets.
    pub fn without_secrets(&self) -> Self {
        let hidden = |value: &Option<Value>| value.as_ref().map(|value| self.hidden(value));
        Self {
            at: self.at.clone(),
            from: hidden(&self.from),
            to: hidden(&self.to),
        }
    }

    /// Both values as JSON without secrets, each with at most this number of characters. Of long
    /// texts, only the end of what they have in common at the start is shown.
    pub fn shown(&self, most: usize) -> (Option<String>, Option<String>) {
        let Self { from, to, .. } = self.without_secrets();
        let start = match (&from, &to) {
            (Some(Value::String(from)), Some(Value::String(to))) => same_start(from, to, most),
            _ => 0,
        };
        let shown = |value: Option<Value>| {
            let value = match value? {
                Value::String(text) if start > 0 => {
                    Value::from(format!("…{}", text.get(start..).unwrap_or_default()))
                }
                value => value,
            };
            let json = value.to_string();
            Some(match json.char_indices().nth(most) {
                None => json,
                Some((end, _)) => format!("{}… (cut)", json.get(..end).unwrap_or_default()),
            })
        };
        (shown(from), shown(to))
    }

    /// The value without secrets. Whether it is one depends on the keys of its parents.
    fn hidden(&self, value: &Value) -> Value {
        let keys = self.at.iter().filter_map(|segment| match segment {
            Segment::Key(key) => Some(key),
            Segment::Index(_) => None,
        });
        let keys: Vec<_> = keys.collect();
        let whole = keys.iter().rev().fold(value.clone(), |value, key| {
            Value::Object(Map::from_iter([((*key).clone(), value)]))
        });
        let hidden = hide_secrets(whole.to_string().as_bytes()).ok();
        let hidden: Option<Value> = hidden.and_then(|json| serde_json::from_str(&json).ok());
        let inner = keys
            .iter()
            .try_fold(hidden.as_ref(), |value, key| Some(value?.get(*key)));
        inner
            .flatten()
            .cloned()
            .unwrap_or_else(|| Value::from("[redacted]"))
    }
}

/// The number of bytes at the start that two long texts have in common, except the last characters
/// of them.
fn same_start(from: &str, to: &str, most: usize) -> usize {
    /// The number of common characters that are shown.
    const SHOWN: usize = 20;
    if from.len().max(to.len()) <= most {
        return 0;
    }
    let both = from.char_indices().zip(to.chars());
    let same = both.take_while(|((_, one), two)| one == two);
    let starts: Vec<_> = same.map(|((at, _), _)| at).collect();
    let kept = starts.len().saturating_sub(SHOWN);
    starts.get(kept).copied().filter(|_| kept > 0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn difference(path: &[&str], from: Value, to: Value) -> Difference {
        let at = path.iter().map(|key| Segment::Key((*key).to_owned()));
        Difference {
            at: at.collect(),
            from: Some(from).filter(|it| !it.is_null()),
            to: Some(to).filter(|it| !it.is_null()),
        }
    }

    #[test]
    fn a_difference_shows_both_values_without_secrets() {
        let shown = difference(&["model", "temperature"], json!(0.7), json!(0.2)).shown(50);
        assert_eq!(shown, (Some("0.7".to_owned()), Some("0.2".to_owned())));
        let secret = difference(&["server", "secret"], json!("s3cret"), json!(null));
        assert_eq!(secret.shown(50), (Some("\"[redacted]\"".to_owned()), None));
        assert!(!format!("{secret:?}").contains("s3cret"));
        let headers = difference(&["server", "headers", "x"], json!(null), json!("s3cret"));
        assert_eq!(headers.shown(50).1.as_deref(), Some("\"[redacted]\""));
    }

    #[test]
    fn of_a_long_text_the_changed_part_is_shown() {
        let start = "You are a helpful assistant. ".repeat(20);
        let (from, to) = (format!("{start}Be kind."), format!("{start}Be brief."));
        let (from, to) = difference(&["prompt"], json!(from), json!(to)).shown(60);
        assert_eq!(from.as_deref(), Some("\"…lpful assistant. Be kind.\""));
        assert_eq!(to.as_deref(), Some("\"…lpful assistant. Be brief.\""));
        let long = difference(&["prompt"], json!("x"), json!("é".repeat(500))).shown(60);
        assert_eq!(long.1.unwrap().chars().count(), 67);
    }
}
