//! Unions: how their members are told apart and chosen.

use serde_json::Value;

use super::alternatives::{Form, Kind, Schemas};

/// A reference with more steps is circular.
const STEPS: usize = 8;

/// The property by which the objects of a union are told apart.
pub(crate) struct Discriminator<'a> {
    pub key: &'a str,
    /// Its values, each with the positions of the forms that have it.
    pub members: Vec<(&'a str, Vec<usize>)>,
}

/// The property that has a closed set of values in all objects: the one with the fewest values.
pub(crate) fn discriminator<'a>(
    schemas: Schemas<'a>,
    forms: &[Form<'a>],
) -> Option<Discriminator<'a>> {
    let objects = || {
        let all = forms.iter().enumerate();
        all.filter(|(_, form)| form.kind() == Kind::Object)
    };
    let (_, first) = objects().next()?;
    objects().nth(1)?;
    let candidates = first.properties.iter().filter_map(|(key, _)| {
        let mut members: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut count = 0;
        for (position, form) in objects() {
            for value in values(schemas, form.property(key)?)? {
                let value = value.as_str()?;
                count += 1;
                match members.iter_mut().find(|(known, _)| *known == value) {
                    Some((_, positions)) => positions.push(position),
                    None => members.push((value, vec![position])),
                }
            }
        }
        // Values that forms share tell them apart only if these forms have no others.
        let own = |position: usize| {
            let having = members
                .iter()
                .filter(|(_, forms)| forms.contains(&position));
            having.count()
        };
        let mut shared = members.iter().filter(|(_, forms)| forms.len() > 1);
        let tells = shared.all(|(_, forms)| forms.iter().all(|form| own(*form) == 1));
        (tells && members.len() > 1).then_some((count, Discriminator { key, members }))
    });
    let best = candidates.min_by_key(|(count, _)| *count);
    best.map(|(_, discriminator)| discriminator)
}

/// The closed set of values of a schema, if it has one.
fn values<'a>(schemas: Schemas<'a>, schema: &'a Value) -> Option<&'a Vec<Value>> {
    let mut schema = schema;
    for _ in 0..STEPS {
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return Some(values).filter(|values| !values.is_empty());
        }
        schema = match schemas.target(schema) {
            Some((_, target)) => target,
            None => schema.get("allOf")?.as_array()?.first()?,
        };
    }
    None
}

/// The name by which a form without a discriminator is chosen.
pub(super) fn label<'a>(form: &Form<'a>) -> &'a str {
    let kind = match form.kind() {
        Kind::Object => "object",
        Kind::List => "array",
        Kind::Scalar => form.type_name().unwrap_or("any"),
    };
    form.name.unwrap_or(kind)
}

/// The discriminator, if there is one, and the words that choose these objects, if each has one of
/// its own.
pub(super) fn members<'a>(
    schemas: Schemas<'a>,
    forms: &[Form<'a>],
) -> Option<(Option<&'a str>, Vec<&'a str>)> {
    if let Some(it) = discriminator(schemas, forms) {
        let in_order = it.members.iter().enumerate();
        let own = in_order.map(|(form, (value, forms))| (*forms == [form]).then_some(*value));
        let words = own.collect::<Option<Vec<_>>>()?;
        return (words.len() == forms.len()).then_some((Some(it.key), words));
    }
    let words: Vec<_> = forms.iter().map(label).collect();
    let is_alone = |word: &&str| words.iter().filter(|it| it == &word).count() == 1;
    words.iter().all(is_alone).then_some((None, words))
}

/// The forms that a word after `:` chooses: by the value of the discriminator, by name or by type.
/// The error lists what can be chosen.
pub(super) fn choose<'a>(
    schemas: Schemas<'a>,
    forms: &[Form<'a>],
    word: &str,
) -> Result<Vec<Form<'a>>, Vec<&'a str>> {
    let discriminator = discriminator(schemas, forms);
    let members = discriminator.as_ref().map(|it| it.members.as_slice());
    let members = members.unwrap_or_default();
    let by_value = |same: fn(&str, &str) -> bool| {
        let found = members.iter().find(|(value, _)| same(value, word));
        found.map(|(_, positions)| {
            let chosen = positions.iter().filter_map(|position| forms.get(*position));
            chosen.cloned().collect::<Vec<_>>()
        })
    };
    let by_label = || {
        let named = forms.iter().filter(|form| {
            label(form).eq_ignore_ascii_case(word) || form.type_name() == Some(word)
        });
        Some(named.cloned().collect::<Vec<_>>()).filter(|named| !named.is_empty())
    };
    by_value(|value, word| value == word)
        .or_else(|| by_value(|value, word| value.eq_ignore_ascii_case(word)))
        .or_else(by_label)
        .ok_or_else(|| match members {
            [] => forms.iter().map(label).collect(),
            members => members.iter().map(|(value, _)| *value).collect(),
        })
}
