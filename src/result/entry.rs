//! The members of an object that are to be written.

use std::borrow::Cow;

use super::{
    key_context::KeyContext,
    object::Object,
    redact::{Rule, is_value_of_pair},
    selection::{Selection, Shown},
    shown_text::Text,
    writer::{Stop, Writer, selected},
};
use crate::{
    json::{JsonError, Reader, escaped},
    model::Added,
};

/// A member of an object that is to be written.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// The key with its quotes.
    pub key: Cow<'a, [u8]>,
    /// The last key of the pointer to the value.
    pub name: Cow<'a, str>,
    /// The context of the object that contains the value.
    pub parent: KeyContext<'a>,
    /// The pointer from the object to the value, if that is not its key.
    pub source: Option<&'a str>,
    /// The index among the object's members; `None` for an added name.
    pub index: Option<usize>,
    /// Whether the value contains spoken words.
    pub is_speech: bool,
    pub value: &'a [u8],
    pub shown: Shown<'a>,
    /// A rule of an enclosing key that hides the value.
    pub hide: Option<Rule>,
    /// Whether the value is shown although its name is that of a secret.
    pub unredacted: bool,
}

impl<'a> Entry<'a> {
    /// A value under an added name.
    pub(super) fn added(added: &'a Added, value: &'a [u8], shown: Shown<'a>) -> Self {
        Self {
            key: Cow::Owned(format!("\"{}\"", added.name).into_bytes()),
            name: Cow::Borrowed(added.at.rsplit('/').next().unwrap_or_default()),
            parent: KeyContext::TOP,
            source: Some(added.at),
            index: None,
            is_speech: false,
            value,
            shown,
            hide: None,
            unredacted: false,
        }
    }

    /// Derived JSON under an added name.
    pub(super) fn derived(name: &'static str, value: &'a str) -> Self {
        Self {
            key: Cow::Owned(format!("\"{name}\"").into_bytes()),
            name: Cow::Borrowed(name),
            parent: KeyContext::TOP,
            source: None,
            index: None,
            is_speech: false,
            value: value.as_bytes(),
            shown: Shown::Whole,
            hide: None,
            unredacted: false,
        }
    }

    /// Excludes parts of the value that are shown elsewhere. Returns whether anything is left.
    pub(super) fn exclude(&mut self, elsewhere: &'a Selection) -> bool {
        if !matches!(self.shown, Shown::Whole) {
            return true;
        }
        match elsewhere.complement().member(&self.name, 0) {
            None => false,
            Some(Shown::Whole) => true,
            Some(others) => {
                let members = Object::read(&mut Reader::new(self.value));
                let is_left = members.is_ok_and(|members| {
                    members.is_none_or(|members| {
                        let mut members = members.0.iter();
                        members.any(|member| others.member(&member.name, 0).is_some())
                    })
                });
                self.shown = others;
                is_left
            }
        }
    }

    pub(super) fn context(&self) -> KeyContext<'_> {
        KeyContext {
            unredacted: self.unredacted,
            ..self.parent.below(&self.name)
        }
    }

    /// The rule that hides the value, if one does.
    fn rule(&self, writer: &Writer) -> Option<Rule> {
        if self.unredacted {
            return None;
        }
        self.hide
            .or_else(|| writer.rule(self.parent.name, &self.name))
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), Stop> {
        let mut reader = Reader::new(self.value);
        match self.hide {
            Some(rule) => writer.hidden(&mut reader, rule, &self.shown, self.context()),
            None if self.unredacted => writer.value(&mut reader, &self.shown, self.context()),
            None => writer.member_value(&mut reader, &self.shown, self.parent, &self.name),
        }
    }

    /// Writes the value in at most `room` bytes; `above` is the pointer to the object.
    pub(super) fn fit(
        &self,
        writer: &mut Writer,
        above: &str,
        room: usize,
    ) -> Result<(), JsonError> {
        let at = self.pointer(above);
        writer.fit(self.value, &self.shown, self.context(), &at, room)
    }

    /// The pointer to the value; `above` is the pointer to the object that contains it.
    pub(super) fn pointer(&self, above: &str) -> String {
        match self.source {
            Some(pointer) => format!("{above}{pointer}"),
            None => format!("{above}/{}", escaped(&self.name)),
        }
    }

    /// Whether the value is redacted; it is then shown in full or not at all.
    pub(super) fn is_redacted(&self, writer: &Writer) -> bool {
        self.rule(writer).is_some()
    }
}

/// The members of an object that are shown.
pub(super) fn entries<'a>(
    writer: &mut Writer,
    members: &Object<'a>,
    shown: &Shown<'a>,
    context: KeyContext<'a>,
) -> Vec<Entry<'a>> {
    let hides_values = !writer.show_secrets && members.names_a_secret();
    let kind = writer.text_kind(KeyContext::TOP);
    let members = members.0.iter().enumerate();
    members
        .filter_map(|(index, member)| {
            let shown = selected(shown, &member.name, member.key, index)?;
            let hide = hides_values && is_value_of_pair(&member.name);
            Some(Entry {
                key: match writer.text(member.key, kind) {
                    Text::Same(key) => Cow::Borrowed(key),
                    Text::Edited(key, invisible_removed) => {
                        writer.invisible_removed += invisible_removed;
                        Cow::Owned(key.to_vec())
                    }
                },
                name: member.name.clone(),
                parent: context,
                source: None,
                index: Some(index),
                is_speech: false,
                value: member.value,
                shown,
                hide: hide.then_some(Rule::Value),
                unredacted: false,
            })
        })
        .collect()
}
