//! Hides the values of secret names.

use super::{
    key_context::KeyContext,
    redact::{REDACTED, Rule, rule},
    selection::Shown,
    text_secrets::TextKind,
    writer::{Stop, Writer, Written},
};
use crate::json::Reader;

impl Writer {
    /// The rule that hides the value of a key, if one does.
    pub(super) fn rule(&self, parent: &str, name: &str) -> Option<Rule> {
        if self.show_secrets {
            None
        } else {
            rule(parent, name)
        }
    }

    /// Writes a value that a rule hides.
    pub(super) fn hidden(
        &mut self,
        reader: &mut Reader<'_>,
        rule: Rule,
        shown: &Shown<'_>,
        context: KeyContext<'_>,
    ) -> Result<(), Stop> {
        match (rule, reader.peek()?) {
            (Rule::Value, _) | (Rule::Text, b'"') => {
                shown.mark_matched();
                self.redact(reader)
            }
            (Rule::Url, b'"') => {
                shown.mark_matched();
                self.whole_text(reader, TextKind::Url)
            }
            // Only the strings of a list are hidden.
            (Rule::Text | Rule::Url, b'[') => self.list(reader, shown, |writer, reader, shown| {
                match reader.peek()? {
                    b'"' => writer.hidden(reader, rule, shown, context),
                    _ => writer.value(reader, shown, context),
                }
            }),
            (Rule::Text | Rule::Url, _) => self.value(reader, shown, context),
            (Rule::Each | Rule::Headers, _) => {
                shown.mark_matched();
                match rule {
                    Rule::Headers => self.headers(reader),
                    _ => self.redact_scalars(reader),
                }
            }
        }
    }

    /// Writes a value as redacted, unless it is null or a boolean.
    pub(super) fn redact(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        let value = reader.value()?;
        let shown = if is_hideable(value) { REDACTED } else { value };
        self.replace(reader, value, shown)
    }

    /// Writes a whole text.
    pub(super) fn whole_text(
        &mut self,
        reader: &mut Reader<'_>,
        kind: TextKind,
    ) -> Result<(), Stop> {
        let raw = reader.value()?;
        let text = self.text(raw, kind);
        self.invisible_removed += text.invisible_removed();
        self.replace(reader, raw, text.raw())
    }

    /// Hides values that were written before the name that makes them secret.
    pub(super) fn hide_written(
        &mut self,
        values: &mut Vec<Written>,
        reader: &Reader<'_>,
    ) -> Result<(), Stop> {
        // The last value first, so that the ranges of the others stay valid.
        while let Some((written, read)) = values.pop() {
            let raw = reader.between(read.clone());
            let value = raw.trim_ascii_start();
            if !is_hideable(value) {
                continue;
            }
            if self.is_nested() {
                let range = read.end.saturating_sub(value.len())..read.end;
                self.edits
                    .retain(|edit| edit.range.start < range.start || edit.range.end > range.end);
                self.edit(range, REDACTED);
            } else {
                self.out.splice(written, REDACTED.iter().copied());
                if self.out.len() > self.limit {
                    return Err(Stop::Full);
                }
            }
        }
        Ok(())
    }
}

/// Whether a value can be a secret.
fn is_hideable(value: &[u8]) -> bool {
    !matches!(value, b"null" | b"true" | b"false")
}
