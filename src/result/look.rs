//! Single values of an answer, by pointer.

use super::{members::Members, words::name};
use crate::{invisible::visible, json::Reader, model::View};

include!(concat!(env!("OUT_DIR"), "/answers.rs"));

/// The bytes of the value at a pointer of plain keys, when there is one.
pub(crate) fn raw_at<'a>(body: &'a [u8], pointer: &str) -> Option<&'a [u8]> {
    let object = Members::of(&mut Reader::new(body)).ok()??;
    let (found, _) = object.below(pointer).ok()??;
    Some(found)
}

/// The text at a pointer of plain keys, when there is one.
pub fn text_at(body: &[u8], pointer: &str) -> Option<String> {
    let text: String = serde_json::from_slice(raw_at(body, pointer)?).ok()?;
    Some(visible(&text).into_owned())
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
