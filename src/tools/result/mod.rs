//! From the bytes of an answer to what a model reads, in one pass: the JSON is checked, the parts
//! to show are chosen, secrets are hidden. Values keep their bytes; only white space goes.

mod json;
mod pass;
mod secrets;
mod selection;

pub use json::JsonError;
use json::Reader;
use pass::Pass;
use selection::Selection;

use super::View;

/// Why an answer cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResultError {
    /// It is not JSON.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// It is not Unicode.
    #[error("the text is not UTF-8")]
    Encoding,
}

/// The answer as the tool's view shows it.
pub fn show(body: &[u8], view: &View) -> Result<String, ResultError> {
    let keep = Selection::of(view.keep);
    let mut pass = Pass::new(view.add);
    let mut reader = Reader::new(body);
    if view.list && reader.peek()? == b'[' {
        pass.elements(&mut reader, |pass, reader| pass.root(reader, &keep))?;
    } else {
        pass.root(&mut reader, &keep)?;
    }
    reader.end()?;
    String::from_utf8(pass.into_bytes()).map_err(|_| ResultError::Encoding)
}

/// Any JSON, whole, with its secrets hidden.
pub fn hide_secrets(body: &[u8]) -> Result<String, ResultError> {
    let everything = View {
        list: false,
        keep: None,
        add: &[],
    };
    show(body, &everything)
}
