//! Options for showing a response, and the shown result.

use super::{
    filter::{OtherValues, RowFilter},
    writer::Truncation,
};
use crate::{model::View, token::Token};

/// Options for showing a response.
#[derive(Clone, Copy, Debug)]
pub struct ShowOptions<'a> {
    /// The view of the tool's row.
    pub view: &'a View,
    /// The pointers that the caller selected; the view's selection if `None`.
    pub fields: Option<&'a [String]>,
    /// Maximum number of bytes to write.
    pub limit: usize,
    /// Whether secrets are shown.
    pub show_secrets: bool,
    /// The caller's key. It is never shown, unless it is shorter than 8 characters.
    pub caller_token: Option<&'a Token>,
    /// Rows that were shown before: a time, and how many rows with this time.
    pub already_shown: Option<(&'a str, usize)>,
    /// The number of rows at the beginning that were shown before.
    pub skip: usize,
}

impl<'a> ShowOptions<'a> {
    /// Shows everything to the owner of this key.
    pub fn everything(limit: usize, show_secrets: bool, caller_token: Option<&'a Token>) -> Self {
        Self {
            view: &View::WHOLE,
            fields: None,
            limit,
            show_secrets,
            caller_token,
            already_shown: None,
            skip: 0,
        }
    }
}

/// A response as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownAnswer {
    /// JSON.
    pub text: String,
    /// The truncated values.
    pub cuts: Vec<Truncation>,
    /// The number of invisible characters that were removed.
    pub invisible_removed: usize,
    /// Whether any spoken words are shown.
    pub has_speech: bool,
    /// The pointers that matched nothing, each with similar keys that exist.
    pub unmatched: Vec<(String, Vec<String>)>,
    /// For a list, the rows that were read and shown.
    pub rows: Option<ShownRows>,
}

/// The rows of a list that were read and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownRows {
    /// The number of rows that are shown.
    pub shown: usize,
    /// The number of rows that Vapi sent.
    pub received: usize,
    /// Whether a row was left out because there was no room.
    pub full: bool,
    /// The time of the first row that was read.
    pub first: Option<String>,
    /// The time of the last row that was shown or did not match, and the number of rows with this
    /// time so far.
    pub last: Option<(String, usize)>,
    /// The number of rows that were shown or did not match.
    pub seen: usize,
    /// The first distinct reasons in the shown rows that the view explains.
    pub reasons: Vec<String>,
    /// Values of the rows that did not match.
    pub other_values: OtherValues,
}

/// The part of a list that is shown.
#[derive(Clone, Copy, Debug)]
pub struct ListWindow<'a> {
    /// The filter of the rows.
    pub filter: &'a RowFilter,
    /// Maximum number of rows.
    pub limit: usize,
    /// Whether rows of an earlier page are shown before these. The very first row is truncated if
    /// it does not fit; later ones are left out.
    pub continued: bool,
}
