//! How an answer is to be shown, and what was shown of it.

use super::{
    matching::{Others, Wanted},
    writer::Cut,
};
use crate::{model::View, token::Token};

/// How an answer is shown.
#[derive(Debug)]
pub struct Showing<'a> {
    /// What the row says.
    pub view: &'a View,
    /// The pointers that the caller chose; the row's own choice when there are none.
    pub fields: Option<&'a [String]>,
    /// Maximum number of bytes to write.
    pub limit: usize,
    /// Whether secrets are shown.
    pub open: bool,
    /// The key of the caller, which is never shown, unless it is shorter than 8 characters.
    pub own: Option<&'a Token>,
    /// Rows that were shown before: how many at this time.
    pub seen: Option<(&'a str, usize)>,
}

impl<'a> Showing<'a> {
    /// Everything, for the owner of this key.
    pub fn whole(limit: usize, open: bool, own: Option<&'a Token>) -> Self {
        Self {
            view: &View::WHOLE,
            fields: None,
            limit,
            open,
            own,
            seen: None,
        }
    }
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
    /// Whether any spoken words are shown.
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
