//! Looks up single values of a response.

use super::{json_string::key_text, object::Object};
use crate::{invisible::visible, json::Reader, model::View};

include!(concat!(env!("OUT_DIR"), "/answers.rs"));

/// A response that is read once for all lookups. Lookups in a response that is not an object find
/// nothing.
#[derive(Debug)]
pub(crate) struct ParsedAnswer<'a>(Option<Object<'a>>);

impl<'a> ParsedAnswer<'a> {
    /// Reads the response.
    pub(crate) fn of(body: &'a [u8]) -> Self {
        Self(Object::read(&mut Reader::new(body)).ok().flatten())
    }

    /// The bytes of the value at a pointer of plain keys.
    pub(crate) fn raw(&self, pointer: &str) -> Option<&'a [u8]> {
        let (found, _) = self.0.as_ref()?.at(pointer).ok()??;
        Some(found)
    }

    /// The text at a pointer of plain keys.
    pub(crate) fn text(&self, pointer: &str) -> Option<String> {
        let text: String = serde_json::from_slice(self.raw(pointer)?).ok()?;
        Some(visible(&text).into_owned())
    }
}

/// The rows of a list: those of a page, or the response itself, unless the view says otherwise.
pub(crate) fn rows_of<'a>(body: &'a [u8], view: &View) -> &'a [u8] {
    let rows = match view.rows {
        Some(pointer) => at_pointer(body, pointer),
        None => value_at(body, ROWS),
    };
    rows.unwrap_or(body)
}

/// The bytes of the value at a pointer of keys and list indices.
fn at_pointer<'a>(body: &'a [u8], pointer: &str) -> Option<&'a [u8]> {
    let mut value = body;
    for segment in pointer.split('/').skip(1) {
        value = match segment.parse::<usize>() {
            Ok(index) => {
                let mut reader = Reader::new(value);
                reader.open(b'[').ok()?;
                for _ in 0..index {
                    reader.next_element().ok()?.then(|| reader.value())?.ok()?;
                }
                reader.next_element().ok()?.then(|| reader.value())?.ok()?
            }
            Err(_) => value_at(value, segment)?,
        };
    }
    Some(value)
}

/// The bytes of the value at a key of an object, even if the text after it is not JSON.
pub(super) fn value_at<'a>(object: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut reader = Reader::new(object);
    reader.open(b'{').ok()?;
    while let Some(found) = reader.next_key().ok()? {
        let value = reader.value().ok()?;
        if key_text(found) == key {
            return Some(value);
        }
    }
    None
}
