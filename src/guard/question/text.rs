//! Formats texts of the model for one line of a question.

use serde_json::Value;

use crate::{invisible::is_invisible, text::counted};

/// A text of the model on one line: a plain name verbatim, everything else in quotation marks.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 200;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.@:+-/".contains(c);
    if !text.is_empty() && text.len() <= LONGEST && text.chars().all(plain) {
        return text.to_owned();
    }
    cut(
        &one_line(&Value::from(head(text, LONGEST)).to_string()),
        LONGEST,
    )
}

/// The first `most` characters, and the number of further ones.
pub(super) fn head(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => {
            let (head, rest) = text.split_at(end);
            let more = counted(rest.chars().count(), "more character");
            format!("{head}… ({more})")
        }
    }
}

/// JSON in which line breaks, bidirectional and invisible characters are escaped. JSON itself
/// already escapes those of ASCII.
pub(super) fn one_line(json: &str) -> String {
    json.chars().filter(|&c| is_shown(c)).collect()
}

pub(super) fn is_shown(c: char) -> bool {
    !c.is_control() && !is_invisible(c) && !matches!(c, '\u{2028}' | '\u{2029}')
}

/// The line, truncated with a visible mark.
pub(super) fn cut(line: &str, most: usize) -> String {
    match line.char_indices().nth(most) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}… (cut)", line.get(..end).unwrap_or_default()),
    }
}
