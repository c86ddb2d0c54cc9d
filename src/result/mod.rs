//! From the bytes of an answer to what a model reads, in one pass: the JSON is checked, the parts
//! to show are chosen, secrets are hidden, and what does not fit is cut and marked. Values keep
//! their bytes; only white space goes.
//!
//! `view` decides what is shown of an answer, `pass` writes it, `cut` says what becomes of
//! what does not fit, and `last` what of it is cut last. `secrets` is the table of what is hidden; `prose` finds secrets within texts.
//!
//! What leaves a text leaves it before anything else is done with it: pointers to its characters,
//! and counts of them, are those of the text as it is shown.

mod cut;
mod last;
mod matching;
mod members;
mod pass;
mod prose;
mod schema;
mod secrets;
mod selection;
mod view;
mod words;

#[cfg(test)]
mod tests;

pub use crate::json::JsonError;
use crate::json::Reader;
pub use cut::Cut;
pub use matching::{Others, Sought, Wanted};
use members::Members;
use prose::{How, Own};
pub use selection::BadPointer;
use selection::Selection;
use view::Show;
use words::apply;

use crate::model::View;
use crate::{api::Token, invisible::visible};

/// Why an answer cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResultError {
    /// It is not JSON.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// It is not Unicode.
    #[error("the text is not UTF-8")]
    Encoding,
    /// The caller chose by something else than pointers.
    #[error("{0}")]
    Fields(#[from] BadPointer),
}

/// How an answer is shown.
#[derive(Debug)]
pub struct Showing<'a> {
    /// What the row says.
    pub view: &'a View,
    /// The pointers that the caller chose; the row's own choice when there are none.
    pub fields: Option<&'a [String]>,
    /// The most bytes to write.
    pub limit: usize,
    /// Whether secrets are shown.
    pub open: bool,
    /// The key of the caller, which is never shown, unless it is shorter than 8 characters.
    pub own: Option<&'a Token>,
    /// Rows that were shown before: how many at this time.
    pub seen: Option<(&'a str, usize)>,
}

/// An answer as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// JSON.
    pub text: String,
    /// What was cut.
    pub cuts: Vec<Cut>,
    /// How many invisible characters were taken out of its texts.
    pub taken_out: usize,
    /// Whether anything that people said is shown.
    pub said: bool,
    /// The pointers that led to nothing, and the keys that are there instead.
    pub unmet: Vec<(String, Vec<String>)>,
    /// For a list, how far it is shown.
    pub rows: Option<Rows>,
}

/// How far a list is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The rows shown.
    pub shown: usize,
    /// The rows that the API sent.
    pub received: usize,
    /// Whether there was no room for the last of them.
    pub full: bool,
    /// The time of the first row that was looked at.
    pub first: Option<String>,
    /// The time of the last row that was shown or not wanted, and how many rows at this time have
    /// been up to it.
    pub last: Option<(String, usize)>,
    /// The rows that were shown or not wanted.
    pub seen: usize,
    /// The distinct reasons in the rows shown that the view explains, the first of them.
    pub reasons: Vec<String>,
    /// What the rows hold that are not wanted.
    pub others: Others,
}

/// Of a list, the part of it that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Which rows.
    pub wanted: &'a Wanted,
    /// How many of them at most.
    pub most: usize,
    /// Whether rows have been shown before these; the first row of all is cut rather than left out.
    pub goes_on: bool,
}

/// The answer as the tool's view shows it.
pub fn show(body: &[u8], showing: &Showing<'_>) -> Result<Answer, ResultError> {
    let part = Part {
        wanted: &Wanted::default(),
        most: usize::MAX,
        goes_on: false,
    };
    show_part(body, showing, part)
}

/// The same, and of a list only a part.
pub fn show_part(
    body: &[u8],
    showing: &Showing<'_>,
    part: Part<'_>,
) -> Result<Answer, ResultError> {
    let found = part.wanted.search.as_ref().map(Sought::keep);
    let selection = match (showing.fields, found.or(showing.view.keep)) {
        (Some(fields), _) => Selection::of(&texts(fields))?,
        (None, Some(keep)) => Selection::of(keep)?,
        (None, None) => Selection::everything(),
    };
    let added: Vec<Selection> = showing
        .view
        .add
        .iter()
        .map(|added| match added.keep {
            Some(keys) => Selection::of_keys(keys),
            None => Selection::everything(),
        })
        .collect();
    let last = Selection::of(showing.view.last)?;
    let mut show = Show::new(showing, part, selection.shown(), &added, &last);
    let rows = show.answer(body)?;
    let within = if rows.is_some() {
        rows_of(body, showing.view)
    } else {
        body
    };
    let unmet = match showing.fields {
        Some(_) => unmet(&selection, within),
        None => Vec::new(),
    };
    let Show { pass, said, .. } = show;
    Ok(Answer {
        text: String::from_utf8(pass.out).map_err(|_| ResultError::Encoding)?,
        cuts: pass.cuts,
        taken_out: pass.taken_out,
        said,
        unmet,
        rows,
    })
}

/// The pointers that led to nothing, the first of them with keys that may have been meant.
fn unmet(selection: &Selection, within: &[u8]) -> Vec<(String, Vec<String>)> {
    /// Each costs a reading of the answer.
    const EXPLAINED: usize = 3;
    let pointers = selection.unmet().into_iter().enumerate();
    pointers
        .map(|(index, pointer)| {
            let near = if index < EXPLAINED {
                members::keys_near(within, &pointer).unwrap_or_default()
            } else {
                Vec::new()
            };
            (pointer, near)
        })
        .collect()
}

fn texts(fields: &[String]) -> Vec<&str> {
    fields.iter().map(String::as_str).collect()
}

/// Whether these are pointers that can be followed.
pub fn check_fields(fields: &[String]) -> Result<(), BadPointer> {
    selection::check(&texts(fields))
}

/// Any JSON, whole, with its secrets hidden.
pub fn hide_secrets(body: &[u8]) -> Result<String, ResultError> {
    hide_secrets_of(body, None)
}

/// The same for an answer to the owner of this key, which is hidden too.
pub(crate) fn hide_secrets_of(body: &[u8], own: Option<&Token>) -> Result<String, ResultError> {
    show(
        body,
        &Showing {
            view: &View::WHOLE,
            fields: None,
            limit: usize::MAX,
            open: false,
            own,
            seen: None,
        },
    )
    .map(|answer| answer.text)
}

/// A text that is no JSON with its secrets hidden, for the owner of this key.
pub(crate) fn hide_in_text(text: &str, own: Option<&Token>) -> String {
    let own = own.and_then(Token::unmistakable).map(Own::new);
    let text = visible(text);
    apply(&text, &prose::edits(&text, How::Prose, own.as_ref(), 0))
}

/// A text of ours that may repeat what others wrote: without invisible characters and the key.
pub(crate) fn hide_own(text: &str, own: &Token) -> String {
    let own = own.unmistakable().map(Own::new);
    let text = visible(text);
    apply(&text, &prose::edits(&text, How::Open, own.as_ref(), 0))
}

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
pub(super) fn rows_of<'a>(body: &'a [u8], view: &View) -> &'a [u8] {
    let rows = match view.rows {
        Some(pointer) => below(body, pointer),
        None => value_at(body, view::PAGE),
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
pub(crate) fn value_at<'a>(object: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut reader = Reader::new(object);
    reader.open(b'{').ok()?;
    while let Some(found) = reader.next_key().ok()? {
        let value = reader.value().ok()?;
        if pass::name(found) == key {
            return Some(value);
        }
    }
    None
}
