//! Single values of an answer, by pointer.

use super::{json_string::name, members::Members};
use crate::{invisible::visible, json::Reader, model::View};

include!(concat!(env!("OUT_DIR"), "/answers.rs"));

/// An answer that is read once for everything that is looked up in it. Nothing is found in an
/// answer that is not an object.
#[derive(Debug)]
pub(crate) struct Look<'a>(Option<Members<'a>>);

impl<'a> Look<'a> {
    /// Reads the answer.
    pub(crate) fn of(body: &'a [u8]) -> Self {
        Self(Members::of(&mut Reader::new(body)).ok().flatten())
    }

    /// The bytes of the value at a pointer of plain keys.
    pub(crate) fn raw(&self, pointer: &str) -> Option<&'a [u8]> {
        let (found, _) = self.0.as_ref()?.below(pointer).ok()??;
        Some(found)
    }

    /// The text at a pointer of plain keys.
    pub(crate) fn text(&self, pointer: &str) -> Option<String> {
        let text: String = serde_json::from_slice(self.raw(pointer)?).ok()?;
        Some(visible(&text).into_owned())
    }
}

/// The text at a pointer of plain keys in an answer.
pub fn text_at(body: &[u8], pointer: &str) -> Option<String> {
    Look::of(body).text(pointer)
}

/// The rows of a list: those of a page, or the answer itself, unless the view says otherwise.
pub(crate) fn rows_of<'a>(body: &'a [u8], view: &View) -> &'a [u8] {
    let rows = match view.rows {
        Some(pointer) => below(body, pointer),
        None => value_at(body, ROWS),
    };
    rows.unwrap_or(body)
}

/// The bytes of the value at a pointer of keys and of positions in lists.
fn below<'a>(body: &'a [u8], pointer: &str) -> Option<&'a [u8]> {
    let mut here = body;
    for segment in pointer.split('/').skip(1) {
        here = match segment.parse::<usize>() {
            Ok(position) => {
                let mut reader = Reader::new(here);
                reader.open(b'[').ok()?;
                for _ in 0..position {
                    reader.next_element().ok()?.then(|| reader.value())?.ok()?;
                }
                reader.next_element().ok()?.then(|| reader.value())?.ok()?
            }
            Err(_) => value_at(here, segment)?,
        };
    }
    Some(here)
}

/// The bytes of the value at a key of an object, even when what follows it is no JSON.
pub(super) fn value_at<'a>(object: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut reader = Reader::new(object);
    reader.open(b'{').ok()?;
    while let Some(found) = reader.next_key().ok()? {
        let value = reader.value().ok()?;
        if name(found) == key {
            return Some(value);
        }
    }
    None
}
