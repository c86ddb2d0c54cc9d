//! From the bytes of an answer to what a model reads, in one pass: the JSON is checked, the parts
//! to show are chosen, secrets are hidden, and what does not fit is cut and marked. Values keep
//! their bytes; only white space goes.
//!
//! `view` decides what is shown of an answer, `writer` writes it, `truncate` says what becomes of
//! what does not fit, and `last` what of it is cut last. `redact` is the table of what is hidden;
//! `prose` finds secrets within texts.
//!
//! What leaves a text leaves it before anything else is done with it: pointers to its characters,
//! and counts of them, are those of the text as it is shown.

mod json_string;
mod last;
mod look;
mod matching;
mod members;
mod prose;
mod redact;
mod schema;
mod selection;
mod showing;
mod truncate;
mod view;
mod writer;

#[cfg(test)]
mod tests;

pub use crate::json::JsonError;
use json_string::apply;
pub use look::text_at;
pub(crate) use look::{ID, Look, rows_of};
pub use matching::{Others, Sought, Wanted};
use prose::{How, Own};
pub use selection::BadPointer;
use selection::Selection;
pub use showing::{Answer, Part, Rows, Showing};
use view::Show;
pub use writer::Cut;
use writer::nested;

use crate::{invisible::visible, token::Token};

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
    let last = Selection::of(showing.view.truncate_last)?;
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
    show(body, &Showing::whole(usize::MAX, false, own)).map(|answer| answer.text)
}

/// A text that is no JSON with its secrets hidden, for the owner of this key.
pub(crate) fn hide_in_text(text: &str, own: Option<&Token>) -> String {
    let own = own.and_then(Token::unmistakable).map(Own::new);
    let text = visible(text);
    apply(
        &text,
        &prose::edits(&text, How::Prose, own.as_ref(), 0, nested),
    )
}

/// A text of ours that may repeat what others wrote: without invisible characters and the key.
pub(crate) fn hide_own(text: &str, own: &Token) -> String {
    let own = own.unmistakable().map(Own::new);
    let text = visible(text);
    apply(
        &text,
        &prose::edits(&text, How::Open, own.as_ref(), 0, nested),
    )
}
