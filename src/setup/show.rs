//! An edit as a person looks at it.

use similar::TextDiff;

/// Stands for a text that is not ours to show: other servers have keys too.
const HIDDEN: &str = "…";

/// The lines that differ, and no others: a line may be the middle of a text that is somebody's key.
/// A text in quotation marks is shown if it is one of `shown` or the name of a value.
pub(super) fn diff(before: &str, after: &str, shown: &[String]) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut out = String::new();
    for hunk in diff.unified_diff().context_radius(0).iter_hunks() {
        for change in hunk.iter_changes() {
            out.push_str(&format!(
                "{}{}",
                change.tag(),
                masked(change.value(), shown)
            ));
            if !out.ends_with('\n') {
                out.push('\n');
            }
        }
    }
    out
}

fn masked(line: &str, shown: &[String]) -> String {
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
        let ours = |known: &String| known == inner || escaped(known) == inner;
        out.push_str(before);
        if is_name || shown.iter().any(ours) {
            out.push_str(text);
        } else {
            out.push_str(HIDDEN);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// How a text stands between quotation marks, in JSON and in TOML.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The bytes from a quotation mark to the one that closes it, or to the end.
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
