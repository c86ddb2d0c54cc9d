//! The diff of an edit without secrets.

use std::ops::Range;

use similar::{DiffableStr, TextDiff};

/// The replacement for strings that may be secret, such as the keys of other servers.
const HIDDEN: &str = "…";

/// The text of a file and its redacted form.
pub(super) struct RedactedText<'a> {
    text: &'a str,
    /// The lines without the hidden ranges.
    redacted: String,
}

impl<'a> RedactedText<'a> {
    /// `hidden` are ranges of the text in ascending order.
    pub(super) fn new(text: &'a str, hidden: &[Range<usize>]) -> Self {
        let mut redacted = String::new();
        let mut at = 0;
        for range in hidden {
            redacted.push_str(text.get(at..range.start).unwrap_or_default());
            redacted.push_str(&redact(text.get(range.clone()).unwrap_or_default()));
            at = range.end;
        }
        redacted.push_str(text.get(at..).unwrap_or_default());
        Self { text, redacted }
    }
}

/// Replaces each line with a placeholder.
fn redact(text: &str) -> String {
    let lines = text.split_inclusive(['\r', '\n']);
    let redacted = lines.map(|line| {
        let inner = line.trim_end_matches(['\r', '\n']);
        let end = line.get(inner.len()..).unwrap_or_default();
        format!("{}{end}", if inner.is_empty() { "" } else { HIDDEN })
    });
    redacted.collect()
}

/// The lines that differ, without context lines, which could contain a secret. A quoted string is
/// shown if it is in `visible` or is the name of a member.
pub(super) fn diff(
    before: &RedactedText<'_>,
    after: &RedactedText<'_>,
    visible: &[String],
) -> String {
    let diff = TextDiff::from_lines(before.text, after.text);
    let old = before.redacted.tokenize_lines();
    let new = after.redacted.tokenize_lines();
    let mut out = String::new();
    for hunk in diff.unified_diff().context_radius(0).iter_hunks() {
        for change in hunk.iter_changes() {
            let removed = change.old_index().and_then(|at| old.get(at));
            let line = removed.or_else(|| new.get(change.new_index()?));
            let line = line.copied().unwrap_or(HIDDEN);
            let line = line.trim_end_matches(['\r', '\n']);
            let line = redact_quoted(line, visible);
            out.push_str(&format!("{}{}\n", change.tag(), line));
        }
    }
    out
}

fn redact_quoted(line: &str, visible: &[String]) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(['"', '\'']) {
        let (before, quoted) = rest.split_at(start);
        let length = quoted_length(quoted);
        let (text, after) = quoted.split_at(length);
        let inner = text
            .get(1..text.len().saturating_sub(1))
            .unwrap_or_default();
        let (head, tail) = (before.trim(), after.trim_start());
        let is_value = head.ends_with([',', '[', ':', '=']);
        let in_heading = head.starts_with('[') && tail.starts_with(['.', ']']);
        let is_name = !is_value && (in_heading || tail.starts_with([':', '=']));
        let is_visible = |text: &String| text == inner || escaped(text) == inner;
        out.push_str(before);
        if is_name || visible.iter().any(is_visible) {
            out.push_str(text);
        } else {
            out.push_str(HIDDEN);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Escapes a string as in JSON and TOML.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The length of the quoted string at the start of the text, or to its end, in bytes.
fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    let mut marks = text.char_indices();
    let Some((_, mark)) = marks.next() else {
        return 0;
    };
    for (at, c) in marks {
        if c == mark && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped && mark == '"';
    }
    text.len()
}
