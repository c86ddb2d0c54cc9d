//! Merges a change into a stored object: the body to send, and what it changes.

use std::{borrow::Cow, collections::HashSet};

use serde_json::{Map, Value};

use super::{
    differences::Differences,
    hidden,
    object::{Merger, is_nothing},
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    json::{Member, Tree},
    reference::{Form, Schemas, discriminator},
    result::Segment,
};

/// A change merged into a stored object.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// The top-level members to send; empty if nothing changes.
    pub body: Vec<Member>,
    pub differences: Differences,
    /// Properties that are removed because another form of a union does not have them.
    pub dropped: Vec<String>,
    /// Properties that are sent back although the document does not declare them.
    pub unknown: Vec<String>,
    /// Lists that are replaced and held values that Vapi hides.
    pub replaced: Vec<String>,
    /// Top-level keys that are sent unchanged because the document requires them.
    pub required: Vec<String>,
}

/// The body's schema: one schema, and the named schemas to which it refers.
#[derive(Clone, Copy)]
pub(super) struct BodySchema<'s> {
    pub schemas: Schemas<'s>,
    /// `None` if the document does not declare the body.
    pub body: Option<&'s Value>,
}

/// Merges a change into a stored object.
pub(super) fn merge(
    stored: &Tree,
    change: &Map<String, Value>,
    schema: BodySchema<'_>,
) -> Result<Merged, Vec<ArgumentError>> {
    let forms = forms(stored, change, schema);
    let mut merger = Merger {
        schemas: schema.schemas,
        errors: ArgumentErrors::default(),
        dropped: Vec::new(),
        unknown: Vec::new(),
        replaced: Vec::new(),
        placeholders: placeholders(stored, change),
    };
    let mut merged = Merged::default();
    let before = stored.index();
    for (name, given) in change {
        let old = before.get(name.as_str()).copied();
        let path = ArgumentPath::Top(name);
        let new = match (old, given) {
            (Some(old), Value::Null) if !old.is_null() => Some(Tree::from(given)),
            (_, Value::Null) => None,
            (Some(old @ Tree::Object(_)), Value::Object(inner)) => {
                if changes(old, inner) || removes_flagged(stored, name, inner) {
                    refuse_flagged(stored, name, old, inner, &mut merger.errors);
                    let forms = below(schema.schemas, &forms, name);
                    Some(merger.object(old, inner, forms, path))
                } else {
                    None
                }
            }
            (Some(old), given) if old.is_same(&Tree::from(given)) => None,
            (old, given) => merger.given(old, given, path),
        };
        if let Some(new) = new {
            let shown = Some(&new).filter(|new| !new.is_null());
            let at = &mut vec![Segment::Key(name.clone())];
            merged.differences.between(old, shown, at);
            merged.body.push(Member::new(name, new));
        }
    }
    if !merged.body.is_empty() {
        for name in required(&forms) {
            let is_sent = merged.body.iter().any(|member| member.name == name);
            if let Some(old) = before.get(name).filter(|_| !is_sent)
                && let Some(copy) = merger.copied(name, old, &forms, ArgumentPath::Top(name))
            {
                merged.body.push(Member::new(name, copy));
                merged.required.push(name.to_owned());
            }
        }
    }
    merged.dropped = merger.dropped;
    merged.unknown = merger.unknown;
    merged.replaced = merger.replaced;
    merger.errors.or(merged)
}

/// The forms of the body for this object.
fn forms<'s>(stored: &Tree, change: &Map<String, Value>, schema: BodySchema<'s>) -> Vec<Form<'s>> {
    let all = schema
        .body
        .map_or_else(Vec::new, |body| schema.schemas.open(body));
    let Some(union) = discriminator(schema.schemas, &all) else {
        return all;
    };
    let given = change.get(union.key).and_then(Value::as_str);
    let known = stored.get(union.key).and_then(Tree::text);
    let value = given.map(Into::into).or(known);
    let member = union
        .members
        .iter()
        .find(|(known, _)| Some(*known) == value.as_deref());
    match member {
        Some((_, positions)) => {
            let forms = positions.iter().filter_map(|at| all.get(*at));
            forms.cloned().collect()
        }
        None => all,
    }
}

/// The texts that stand for hidden values in the stored members to be changed.
fn placeholders(stored: &Tree, change: &Map<String, Value>) -> HashSet<String> {
    let mut found = HashSet::new();
    let changed = stored.members().iter();
    let changed = changed.filter(|member| change.contains_key(&member.name));
    let mut left: Vec<_> = changed.map(|member| &member.value).collect();
    while let Some(value) = left.pop() {
        if hidden::is_masked(value) {
            found.extend(value.text().map(Cow::into_owned));
        }
        left.extend(value.members().iter().map(|member| &member.value));
        left.extend(value.items());
    }
    found
}

fn below<'s>(schemas: Schemas<'s>, forms: &[Form<'s>], name: &str) -> Vec<Form<'s>> {
    schemas.open_all(forms.iter().filter_map(|form| form.property(name)))
}

/// The keys that every form requires.
fn required<'s>(forms: &[Form<'s>]) -> Vec<&'s str> {
    let Some((first, rest)) = forms.split_first() else {
        return Vec::new();
    };
    let names = first.required.iter().copied();
    names
        .filter(|name| rest.iter().all(|form| form.required.contains(name)))
        .collect()
}

/// Whether a change to an object changes anything.
fn changes(stored: &Tree, change: &Map<String, Value>) -> bool {
    let index = stored.index();
    let flags = stored.members().iter();
    let mut flagged = flags.filter_map(|member| hidden::flagged(&member.name, &member.value));
    flagged.any(|hidden| hidden::gives(change, &hidden))
        || change
            .iter()
            .any(|(name, given)| match (index.get(name.as_str()), given) {
                (None, given) => !is_nothing(given),
                (Some(_), Value::Null) => true,
                (Some(old @ Tree::Object(_)), Value::Object(inner)) => changes(old, inner),
                (Some(_), given) if is_nothing(given) => false,
                (Some(old), given) => !old.is_same(&Tree::from(given)),
            })
}

/// Whether a change to an object sets or removes a hidden value that a flag beside the object
/// declares.
fn removes_flagged(stored: &Tree, name: &str, change: &Map<String, Value>) -> bool {
    let flags = stored.members().iter();
    let mut flagged = flags.filter_map(|member| hidden::flagged(&member.name, &member.value));
    flagged.any(|hidden| hidden::can_hold(name, &hidden) && hidden::gives(change, &hidden))
}

/// Refuses a change to an object with a hidden value that a flag beside the object declares.
fn refuse_flagged(
    stored: &Tree,
    name: &str,
    old: &Tree,
    change: &Map<String, Value>,
    errors: &mut ArgumentErrors,
) {
    for Member {
        name: flag, value, ..
    } in stored.members()
    {
        let Some(hidden) = hidden::flagged(flag, value) else {
            continue;
        };
        let is_known = hidden::gives(change, &hidden) || hidden::shows(old, &hidden);
        if hidden::can_hold(name, &hidden) && !is_known {
            errors.add(|| {
                let part = hidden::short_name(&hidden);
                let reason = format!(
                    "is set (`{flag}`), but Vapi does not show it, and changing `{name}` would \
                     erase it; give it too, or null to remove it"
                );
                ArgumentError::new(format!("{name}.{part}"), reason)
            });
        }
    }
}
