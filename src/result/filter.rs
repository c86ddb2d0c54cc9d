//! Filters the rows of a list if the API cannot.

use unicode_normalization::char::decompose_canonical;

use super::{
    json_string,
    key_context::KeyContext,
    object::{FoundValue, Object},
    writer::Writer,
};
use crate::{
    invisible::is_invisible,
    json::{JsonError, Reader},
    model::Search,
    number::{is_decoration, is_phone_key, without_scheme},
};

/// Which rows of a list are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowFilter {
    /// Pointers into a row, and the values that a row must have there.
    pub values: Vec<(&'static str, String)>,
    /// A text that a row must contain.
    pub search: Option<TextSearch>,
}

impl RowFilter {
    /// Whether every row matches.
    pub fn accepts_everything(&self) -> bool {
        self.values.is_empty() && self.search.is_none()
    }

    /// Whether a row has the values. A row that is not an object never has them. Values of a row
    /// that does not match are added to `others`.
    pub(super) fn has_values(
        &self,
        row: Option<&Object<'_>>,
        others: &mut OtherValues,
    ) -> Result<bool, JsonError> {
        for (pointer, expected) in &self.values {
            let Some(row) = row else { return Ok(false) };
            let found: Vec<_> = values(row, pointer)?.into_iter().map(|it| it.0).collect();
            if !found.iter().any(|value| matches(value, expected)) {
                for value in found {
                    others.note(pointer, value);
                }
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Values of rows that did not match: pointers and texts, each pair once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherValues(Vec<(&'static str, String)>);

impl OtherValues {
    /// Maximum number of pairs, and of bytes of a text.
    const MAX_PAIRS: usize = 12;
    const MAX_TEXT: usize = 100;

    fn note(&mut self, pointer: &'static str, value: &[u8]) {
        if value.first() == Some(&b'"') && value.len() <= Self::MAX_TEXT {
            self.add((pointer, json_string::decoded(value).0.into_owned()));
        }
    }

    fn add(&mut self, other: (&'static str, String)) {
        if self.0.len() < Self::MAX_PAIRS && !self.0.contains(&other) {
            self.0.push(other);
        }
    }

    /// Adds the values of more rows.
    pub fn extend(&mut self, more: Self) {
        more.0.into_iter().for_each(|other| self.add(other));
    }

    /// The values at the first pointer, as a sentence.
    pub fn sentence(&self) -> Option<String> {
        let (pointer, _) = self.0.first()?;
        let here = self.0.iter().filter(|(other, _)| other == pointer);
        let texts: Vec<_> = here.map(|(_, text)| text.as_str()).collect();
        let more = match self.0.len() {
            Self::MAX_PAIRS => ", …",
            _ => ".",
        };
        let name = pointer.trim_start_matches('/');
        Some(format!(
            "Values of {name} found: {}{more}",
            texts.join(", ")
        ))
    }
}

/// A text that is searched for in the rows of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct TextSearch {
    places: &'static Search,
    folded: String,
    /// The digits, if it is a phone number or a part of one.
    digits: Option<String>,
}

impl TextSearch {
    /// Maximum number of bytes of the text.
    const MAX_TEXT: usize = 200;

    /// Maximum number of characters of a snippet before the match, and of the whole snippet.
    const MAX_BEFORE: usize = 60;
    const MAX_SNIPPET: usize = 160;

    /// A search for this text; the error is a message.
    pub fn new(places: &'static Search, text: &str) -> Result<Self, String> {
        if text.len() > Self::MAX_TEXT {
            return Err(format!("is longer than {} bytes", Self::MAX_TEXT));
        }
        let folded: String = folded(text.trim()).map(|(_, c)| c).collect();
        match folded.trim().is_empty() {
            true => Err("must contain a text to search for".to_owned()),
            false => Ok(Self {
                places,
                digits: digits(text),
                folded,
            }),
        }
    }

    /// The pointers that are shown for a matching row.
    pub(super) fn keep(&self) -> &'static [&'static str] {
        self.places.keep
    }

    /// The text around the first match in a row, as JSON. Only texts that may be shown are
    /// searched.
    pub(super) fn snippet(
        &self,
        row: &Object<'_>,
        writer: &mut Writer,
    ) -> Result<Option<String>, JsonError> {
        for pointer in self.places.at {
            for (value, hide) in values(row, pointer)? {
                let is_hidden = hide.is_some() && !writer.show_secrets;
                if value.first() != Some(&b'"') || is_hidden {
                    continue;
                }
                let is_phone_match =
                    is_phone_key(pointer) && self.is_number_in(&json_string::decoded(value).0);
                if !is_phone_match && !self.is_in(&json_string::decoded(value).0) {
                    continue;
                }
                let shown = writer.text(value, writer.text_kind(KeyContext::TOP));
                let shown = json_string::decoded(shown.raw()).0;
                let around = self.around(&shown);
                let number =
                    || is_phone_match.then(|| shown.chars().take(Self::MAX_SNIPPET).collect());
                if let Some(around) = around.or_else(number) {
                    return Ok(serde_json::to_string(&around).ok());
                }
            }
        }
        Ok(None)
    }

    fn is_in(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Whether a number in any spelling contains these digits.
    fn is_number_in(&self, number: &str) -> bool {
        let found = digits(number).zip(self.digits.as_ref());
        found.is_some_and(|(number, digits)| number.contains(digits))
    }

    /// The position of the first match, in bytes.
    fn find(&self, text: &str) -> Option<usize> {
        let all: String = folded(text).map(|(_, c)| c).collect();
        let found = all.find(&self.folded)?;
        let mut passed = 0;
        let at = folded(text).find(|(_, c)| {
            passed += c.len_utf8();
            passed > found
        });
        at.map(|(at, _)| at)
    }

    fn around(&self, text: &str) -> Option<String> {
        let found = self.find(text)?;
        let (before, after) = text.split_at_checked(found)?;
        let start = before
            .char_indices()
            .rev()
            .take(Self::MAX_BEFORE)
            .last()
            .map_or(found, |(at, _)| at);
        let left = Self::MAX_SNIPPET.saturating_sub(before.get(start..)?.chars().count());
        let end = after.char_indices().nth(left).map(|(at, _)| at);
        let shown = text.get(start..found.saturating_add(end.unwrap_or(after.len())))?;
        let mark = |cut: bool| if cut { "…" } else { "" };
        Some(format!("{}{shown}{}", mark(start > 0), mark(end.is_some())))
    }
}

/// The digits of a phone number or of a part of one.
fn digits(text: &str) -> Option<String> {
    const MIN_DIGITS: usize = 3;
    let is_left_out = |c: char| is_decoration(c) || is_invisible(c);
    let bare: String = text.chars().filter(|&c| !is_left_out(c)).collect();
    let bare = without_scheme(&bare);
    let digits = bare.strip_prefix('+').unwrap_or(bare);
    let right = digits.len() >= MIN_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    right.then(|| digits.to_owned())
}

/// The characters by which texts are compared, each with its position in the text: without case,
/// accents, invisible characters and differences between kinds of spaces or quotation marks.
fn folded(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut after_space = false;
    text.char_indices().flat_map(move |(at, c)| {
        let is_space = c.is_whitespace();
        let is_hidden = !c.is_ascii() && is_invisible(c);
        let mut plain = Vec::new();
        match c {
            _ if is_space && after_space => {}
            _ if is_space => plain.push(' '),
            _ if is_hidden => {}
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            '\u{201c}' | '\u{201d}' => plain.push('"'),
            'ß' | 'ẞ' => plain.extend(['s', 's']),
            'ς' => plain.push('σ'),
            c if c.is_ascii() => plain.push(c.to_ascii_lowercase()),
            c => c.to_lowercase().for_each(|c| {
                decompose_canonical(c, |c| {
                    if !matches!(c, '\u{300}'..='\u{36f}') {
                        plain.push(c);
                    }
                });
            }),
        }
        after_space = is_space || is_hidden && after_space;
        plain.into_iter().map(move |c| (at, c))
    })
}

/// Whether a value matches, regardless of case. A `*` matches any text.
fn matches(value: &[u8], expected: &str) -> bool {
    let text = match value.first() {
        Some(b'"') => json_string::decoded(value).0.to_lowercase(),
        Some(b'{' | b'[') | None => return false,
        Some(_) => String::from_utf8_lossy(value).to_lowercase(),
    };
    let expected = expected.trim().to_lowercase();
    let mut parts = expected.split('*');
    let start = parts.next().unwrap_or_default();
    let Some(end) = parts.next_back() else {
        return text == expected;
    };
    let Some(mut rest) = text.strip_prefix(start) else {
        return false;
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(end)
}

/// The values at a pointer in which the segment `*` is every element of a list, each with the rule
/// that hides it.
pub(super) fn values<'a>(
    row: &Object<'a>,
    pointer: &str,
) -> Result<Vec<FoundValue<'a>>, JsonError> {
    let mut parts = pointer.split("/*");
    let first = parts.next().unwrap_or_default();
    let mut found: Vec<_> = row.at(first)?.into_iter().collect();
    for part in parts {
        let mut next = Vec::new();
        for (list, hide) in found {
            let mut reader = Reader::new(list);
            if reader.peek()? != b'[' {
                continue;
            }
            reader.open(b'[')?;
            while reader.next_element()? {
                let element = reader.value()?;
                if part.is_empty() {
                    next.push((element, hide));
                } else if let Some(members) = Object::read(&mut Reader::new(element))?
                    && let Some((value, below)) = members.at(part)?
                {
                    next.push((value, hide.or(below)));
                }
            }
        }
        found = next;
    }
    Ok(found)
}
