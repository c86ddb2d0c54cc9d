//! Turns the bytes of a response into the result for the model, in one pass: the JSON is checked,
//! the parts to show are selected, secrets are hidden, and values that do not fit are truncated and
//! marked. Other values keep their bytes; only white space is removed.
//!
//! `render` applies the tool's view, `writer` writes values, `truncate` shortens values that do not
//! fit, and `truncate_last` keeps the most important parts as long as possible. `redact` is the table of
//! secret names, `hide` hides their values, and `text_secrets` finds secrets within texts.
//!
//! Invisible characters are removed first: pointers to characters, and counts of them, are those of
//! the text that is shown.

mod caller_key;
mod difference;
mod entry;
mod filter;
mod hide;
mod json_string;
mod key_context;
mod lookup;
mod named_values;
mod normalized_name;
mod object;
mod options;
mod redact;
mod render;
mod schema;
mod selection;
mod shown_text;
mod similar_keys;
mod text_patterns;
mod text_secrets;
mod truncate;
mod truncate_last;
mod writer;

#[cfg(test)]
mod tests;

pub use crate::json::JsonError;
pub use difference::{Difference, Segment};
pub use filter::{OtherValues, RowFilter, TextSearch};
pub(crate) use lookup::{ID, ParsedAnswer, rows_of};
pub use options::{ListWindow, ShowOptions, ShownAnswer, ShownRows};
pub use selection::PointerError;
pub use writer::Truncation;

use caller_key::CallerKey;
use json_string::apply;
use render::Renderer;
use selection::Selection;
use text_secrets::TextKind;
use writer::nested_edits;

use crate::{invisible::visible, token::Token};

/// The reason why a response cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResultError {
    /// The response is not JSON.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// The response is not UTF-8.
    #[error("the text is not UTF-8")]
    Encoding,
    /// The caller's pointers cannot be used.
    #[error("{0}")]
    Fields(#[from] PointerError),
}

/// Shows a response.
pub fn show(body: &[u8], options: &ShowOptions<'_>) -> Result<ShownAnswer, ResultError> {
    let window = ListWindow {
        filter: &RowFilter::default(),
        limit: usize::MAX,
        continued: false,
    };
    show_window(body, options, window)
}

/// Shows a response; for a list, only a part.
pub fn show_window(
    body: &[u8],
    options: &ShowOptions<'_>,
    window: ListWindow<'_>,
) -> Result<ShownAnswer, ResultError> {
    let found = window.filter.search.as_ref().map(TextSearch::keep);
    let selection = match (options.fields, found.or(options.view.keep)) {
        (Some(fields), _) => Selection::of(&texts(fields))?,
        (None, Some(keep)) => Selection::of(keep)?,
        (None, None) => Selection::everything(),
    };
    let added: Vec<Selection> = options
        .view
        .add
        .iter()
        .map(|added| match added.keep {
            Some(keys) => Selection::of_keys(keys),
            None => Selection::everything(),
        })
        .collect();
    let last = Selection::of(options.view.truncate_last)?;
    let mut renderer = Renderer::new(options, window, selection.shown(), &added, &last);
    let rows = renderer.answer(body)?;
    let within = if rows.is_some() {
        rows_of(body, options.view)
    } else {
        body
    };
    let unmatched = match options.fields {
        Some(_) => unmatched(&selection, within),
        None => Vec::new(),
    };
    let Renderer {
        writer, has_speech, ..
    } = renderer;
    Ok(ShownAnswer {
        text: String::from_utf8(writer.out).map_err(|_| ResultError::Encoding)?,
        cuts: writer.cuts,
        invisible_removed: writer.invisible_removed,
        has_speech,
        unmatched,
        rows,
    })
}

/// The pointers that matched nothing. For the first ones, similar keys are suggested.
fn unmatched(selection: &Selection, within: &[u8]) -> Vec<(String, Vec<String>)> {
    /// Maximum number of pointers with similar keys: each costs a reading of the response.
    const MAX_EXPLAINED: usize = 3;
    let pointers = selection.unmatched().into_iter().enumerate();
    pointers
        .map(|(index, pointer)| {
            let similar = if index < MAX_EXPLAINED {
                similar_keys::similar_keys(within, &pointer).unwrap_or_default()
            } else {
                Vec::new()
            };
            (pointer, similar)
        })
        .collect()
}

fn texts(fields: &[String]) -> Vec<&str> {
    fields.iter().map(String::as_str).collect()
}

/// Checks the pointers of a caller.
pub fn check_fields(fields: &[String]) -> Result<(), PointerError> {
    selection::check(&texts(fields))
}

/// Any JSON with its secrets hidden.
pub fn hide_secrets(body: &[u8]) -> Result<String, ResultError> {
    hide_secrets_of(body, None)
}

/// Any JSON with its secrets and the caller's key hidden.
pub(crate) fn hide_secrets_of(body: &[u8], caller: Option<&Token>) -> Result<String, ResultError> {
    show(body, &ShowOptions::everything(usize::MAX, false, caller)).map(|answer| answer.text)
}

/// A text that is not JSON with its secrets and the caller's key hidden.
pub(crate) fn hide_in_text(text: &str, caller: Option<&Token>) -> String {
    edited(text, TextKind::Prose, caller)
}

/// A message of this server, which may repeat texts of others, without invisible characters and the
/// caller's key.
pub(crate) fn hide_caller_key(text: &str, caller: &Token) -> String {
    edited(text, TextKind::Unredacted, Some(caller))
}

fn edited(text: &str, kind: TextKind, caller: Option<&Token>) -> String {
    let caller_key = caller.and_then(Token::recognisable).map(CallerKey::new);
    let text = visible(text);
    let edits = text_secrets::edits(&text, kind, caller_key.as_ref(), 0, nested_edits);
    apply(&text, &edits)
}
