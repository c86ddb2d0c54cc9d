//! Validates a body against the schema that the document has for it: converts values with an
//! unambiguous meaning, and refuses wrong JSON types and keys that are almost known ones.
//!
//! Everything else is passed on, because the API and not the document decides: unknown keys, unknown
//! values of enumerations, and missing values.

mod misplaced;
mod near_key;
mod place;
#[cfg(test)]
mod tests;
mod unknown_key;

use model::facts::{Body, Operation};
use serde_json::{Map, Value};

use self::{
    misplaced::Scope,
    near_key::NearKeys,
    place::{Place, Places},
    unknown_key::UnknownKeys,
};
use super::{
    MAX_DEPTH,
    coerce::{as_integer, may_be_json, normalized, parse_json_string},
    near_names::control_of_writes,
    value::{json_type, with_article},
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    bounds::Bounds,
    number::is_phone_key,
    reference::{Schemas, facts},
};

/// The name of the argument with the body.
const ARGUMENT: &str = "body";

/// Where a system prompt belongs.
const PROMPT: &str = "the system prompt is the message with the role `system` in";

/// Maximum number of places of a key; of a key that has more, it is not known which is meant.
const MAX_MEANT: usize = 3;

/// Validates a body that the caller gave for an operation, and coerces its values. JSON in strings
/// counts towards `left`.
///
/// The remarks tell of keys that the document does not have at their location.
pub(crate) fn validate_body(
    operation: &'static Operation,
    body: &mut Map<String, Value>,
    left: &mut Bounds,
) -> Result<Vec<String>, Vec<ArgumentError>> {
    let facts = facts().map_err(|error| vec![ArgumentError::new(ARGUMENT, error.to_string())])?;
    match &operation.body {
        Some(Body::Json(schema)) => validate(Schemas(&facts.schemas), schema, body, left),
        Some(Body::Upload(_) | Body::Undocumented(_)) | None => {
            let mut errors = ArgumentErrors::default();
            for key in body.keys() {
                if let Some(control) = control_of_writes(key) {
                    let top = ArgumentPath::Top(ARGUMENT);
                    errors.add(|| misplaced_control(top.key(key), control));
                }
            }
            errors.or(Vec::new())
        }
    }
}

/// The schemas of the document and of the operation's body; none if the document declares no JSON.
fn json_body(operation: &'static Operation) -> Option<(Schemas<'static>, &'static Value)> {
    match &operation.body {
        Some(Body::Json(schema)) => Some((Schemas(&facts().ok()?.schemas), schema)),
        Some(Body::Upload(_) | Body::Undocumented(_)) | None => None,
    }
}

/// Whether the document has this property at the top of the operation's body.
pub(crate) fn is_body_property(operation: &'static Operation, name: &str) -> bool {
    json_body(operation).is_some_and(|(schemas, schema)| {
        let forms = schemas.open(schema);
        forms.iter().any(|form| form.property(name).is_some())
    })
}

/// The properties that every form of the operation's body must have.
pub(crate) fn required_properties(operation: &'static Operation) -> Vec<&'static str> {
    let Some((schemas, schema)) = json_body(operation) else {
        return Vec::new();
    };
    let forms = schemas.open(schema);
    let Some((first, others)) = forms.split_first() else {
        return Vec::new();
    };
    let mut names = first.required.clone();
    names.retain(|name| others.iter().all(|form| form.required.contains(name)));
    names
}

fn validate<'a>(
    schemas: Schemas<'a>,
    schema: &'a Value,
    body: &mut Map<String, Value>,
    left: &mut Bounds,
) -> Result<Vec<String>, Vec<ArgumentError>> {
    let mut walk = Walk {
        places: Places::new(schemas),
        left,
        errors: ArgumentErrors::default(),
        unknown: UnknownKeys::default(),
    };
    let place = walk.places.of(&[schema]);
    walk.object(body, &place, None, ArgumentPath::Top(ARGUMENT), MAX_DEPTH);
    let remarks = walk.unknown.remark().into_iter().collect();
    walk.errors.or(remarks)
}

struct Walk<'a, 'l> {
    places: Places<'a>,
    left: &'l mut Bounds,
    errors: ArgumentErrors,
    unknown: UnknownKeys,
}

impl<'a> Walk<'a, '_> {
    /// Checks a value with the key `key` of the object `within`.
    fn value(
        &mut self,
        value: &mut Value,
        key: &str,
        place: &Place<'a>,
        within: &Scope<'_, 'a>,
        path: ArgumentPath<'_>,
        levels: usize,
    ) {
        let Some(levels) = levels.checked_sub(1) else {
            return;
        };
        self.coerce(value, key, place, levels);
        if !place.accepts(value) {
            self.refuse_type(value, key, place, within, path);
            return;
        }
        match value {
            Value::Object(members) => self.object(members, place, Some(within), path, levels),
            Value::Array(items) if !place.items.is_empty() => {
                let elements = self.places.of(&place.items);
                for (index, item) in items.iter_mut().enumerate() {
                    let path = ArgumentPath::Index(&path, index);
                    self.value(item, key, &elements, within, path, levels);
                }
            }
            _ => {}
        }
    }

    fn object(
        &mut self,
        members: &mut Map<String, Value>,
        place: &Place<'a>,
        above: Option<&Scope<'_, 'a>>,
        path: ArgumentPath<'_>,
        levels: usize,
    ) {
        let view = place.view(members);
        let scope = Scope {
            view: &view,
            path,
            above,
        };
        for (key, value) in members {
            match view.schemas(key) {
                Some(schemas) => {
                    let below = self.places.of(schemas);
                    self.value(value, key, &below, &scope, path.key(key), levels);
                }
                None if view.is_free => {}
                None => self.unknown_key(key, place, &scope),
            }
        }
    }

    /// Refuses a value of a wrong type, with the places of its key at which it may be meant.
    fn refuse_type(
        &mut self,
        value: &Value,
        key: &str,
        place: &Place<'a>,
        within: &Scope<'_, 'a>,
        path: ArgumentPath<'_>,
    ) {
        let is_member = matches!(path, ArgumentPath::Key(_, _));
        let others = match is_member && self.unknown.may_look_for() {
            true => within.places_of(key, Some(value), &mut self.places),
            false => Vec::new(),
        };
        self.errors.add(|| {
            let meant = match others.len() {
                1..=MAX_MEANT => format!("; did you mean {}?", meant(&others)),
                _ => String::new(),
            };
            path.error(format!(
                "must be {}, and {} was given{meant}",
                alternatives(place),
                json_type(value)
            ))
        });
    }

    /// Refuses an unknown key if it is almost a known one or belongs to another place, and notes it
    /// otherwise.
    fn unknown_key(&mut self, key: &str, place: &Place<'a>, scope: &Scope<'_, 'a>) {
        let path = scope.path.key(key);
        if let Some(control) = control_of_writes(key) {
            self.errors.add(|| misplaced_control(path, control));
            return;
        }
        if !self.unknown.may_compare() {
            self.unknown.add(path, String::new);
            return;
        }
        if scope.is_prompt_beside_messages(key) {
            self.unknown.add(path, || format!("{PROMPT} `messages`"));
            return;
        }
        let prompts = scope.prompts(key, &mut self.places);
        if !prompts.is_empty() {
            self.errors
                .add(|| path.error(format!("is not known; {PROMPT} {}", meant(&prompts))));
            return;
        }
        let forms = place.forms_with(key);
        let elsewhere = match forms.is_empty() {
            _ if !self.unknown.may_look_for() => Vec::new(),
            true => scope.places_of(key, None, &mut self.places),
            false => scope.properties_with(key, &mut self.places),
        };
        // What another form has is no typing error.
        let mut near = match forms.is_empty() {
            true => UnknownKeys::near(key, scope.view),
            false => NearKeys::default(),
        };
        if near.names.is_empty() {
            near.names.extend(scope.by_other_name(key));
        } else if near.by_ending && !elsewhere.is_empty() {
            near.names.clear();
        }
        let is_refused = match elsewhere.len() {
            0 => !near.names.is_empty(),
            1..=MAX_MEANT => true,
            _ => !near.names.is_empty(),
        };
        if !is_refused {
            let owners = || match (forms.is_empty(), elsewhere.is_empty()) {
                (false, _) => format!("known for {}", quoted(&forms)),
                (true, false) => format!("known as {}", quoted(&elsewhere)),
                (true, true) => String::new(),
            };
            self.unknown.add(path, owners);
            return;
        }
        let mut names: Vec<_> = near.names.iter().map(|name| (*name).to_owned()).collect();
        if elsewhere.len() <= MAX_MEANT {
            names.extend(elsewhere);
        }
        self.errors
            .add(|| path.error(format!("is not known; did you mean {}?", meant(&names))));
    }

    /// Converts a value whose type is wrong but whose meaning is clear, and a phone number to E.164.
    fn coerce(&mut self, value: &mut Value, key: &str, place: &Place<'a>, levels: usize) {
        let types = &place.types;
        match value {
            _ if types.any => {}
            Value::String(text) if types.text => {
                if let Some(number) = normalized(text).filter(|_| is_phone_key(key)) {
                    *text = number;
                }
            }
            Value::String(text) if (types.object || types.list) && may_be_json(text) => {
                let limit = Bounds {
                    levels: levels.min(self.left.levels),
                    ..*self.left
                };
                let (object, list) = (types.object, types.list);
                if let Some(parsed) = parse_json_string(text, object, list, limit, self.left) {
                    *value = parsed;
                }
            }
            Value::String(text) if !place.accepts_anything() => {
                if let Some(scalar) = scalar(text).filter(|scalar| place.accepts(scalar)) {
                    *value = scalar;
                }
            }
            Value::Number(number) if types.text && !place.accepts(&Value::from(0)) => {
                if let Some(integer) = as_integer(number).filter(|_| !is_phone_key(key)) {
                    *value = Value::from(integer.to_string());
                }
            }
            _ => {}
        }
    }
}

/// The number or boolean that a short string contains.
fn scalar(text: &str) -> Option<Value> {
    const LONGEST: usize = 40;
    if text.len() > LONGEST {
        return None;
    }
    let parsed: Value = serde_json::from_str(text.trim()).ok()?;
    (parsed.is_number() || parsed.is_boolean()).then_some(parsed)
}

/// The error of a control argument inside the body: an intended dry run would be sent.
fn misplaced_control(path: ArgumentPath<'_>, control: &str) -> ArgumentError {
    path.error(format!(
        "has no effect here; give `{control}` beside `{ARGUMENT}`"
    ))
}

/// The names from which the reader chooses.
fn meant(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" or ")
}

/// The first names of a list.
fn quoted(names: &[impl AsRef<str>]) -> String {
    let names = names.iter().take(MAX_MEANT);
    let names: Vec<_> = names.map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ")
}

/// The types that a place accepts, for a message.
fn alternatives(place: &Place<'_>) -> String {
    let names: Vec<_> = place.types.names().into_iter().map(with_article).collect();
    names.join(" or ")
}
