//! Validates a body against the schema that the document has for it: converts values with an
//! unambiguous meaning, and refuses wrong JSON types and keys that are almost known ones.
//!
//! Everything else is passed on, because the API and not the document decides: unknown keys, unknown
//! values of enumerations, and missing values.

mod near_key;
mod place;
#[cfg(test)]
mod tests;
mod unknown_key;

use model::facts::{Body, Operation};
use serde_json::{Map, Value};

use self::{
    place::{Place, Places, View},
    unknown_key::UnknownKeys,
};
use super::{
    MAX_DEPTH,
    coerce::{as_integer, may_be_json, normalized, parse_json_string},
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
        Some(Body::Upload(_) | Body::Undocumented(_)) | None => Ok(Vec::new()),
    }
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
    /// Checks a value with the key `key`. `above` is the object that it belongs to.
    fn value(
        &mut self,
        value: &mut Value,
        key: &str,
        place: &Place<'a>,
        above: &View<'a>,
        path: ArgumentPath<'_>,
        levels: usize,
    ) {
        let Some(levels) = levels.checked_sub(1) else {
            return;
        };
        self.coerce(value, key, place, levels);
        if !place.accepts(value) {
            self.errors.add(|| {
                path.error(format!(
                    "must be {}, and {} was given",
                    alternatives(place),
                    json_type(value)
                ))
            });
            return;
        }
        match value {
            Value::Object(members) => self.object(members, place, Some(above), path, levels),
            Value::Array(items) if !place.items.is_empty() => {
                let elements = self.places.of(&place.items);
                for (index, item) in items.iter_mut().enumerate() {
                    let path = ArgumentPath::Index(&path, index);
                    self.value(item, key, &elements, above, path, levels);
                }
            }
            _ => {}
        }
    }

    fn object(
        &mut self,
        members: &mut Map<String, Value>,
        place: &Place<'a>,
        above: Option<&View<'a>>,
        path: ArgumentPath<'_>,
        levels: usize,
    ) {
        let view = place.view(members);
        for (key, value) in members {
            let path = path.key(key);
            match view.schemas(key) {
                Some(schemas) => {
                    let below = self.places.of(schemas);
                    self.value(value, key, &below, &view, path, levels);
                }
                None if view.is_free => {}
                None => self.refuse_near_key(key, place, &view, above, path),
            }
        }
    }

    /// Refuses an unknown key if it is almost a known one, and notes it otherwise.
    fn refuse_near_key(
        &mut self,
        key: &str,
        place: &Place<'a>,
        view: &View<'a>,
        above: Option<&View<'a>>,
        path: ArgumentPath<'_>,
    ) {
        let others = place.forms_with(key);
        // What another form has is no typing error.
        let near = match others.is_empty() {
            true => self.unknown.near(key, view),
            false => Vec::new(),
        };
        if near.is_empty() {
            let places = &mut self.places;
            self.unknown
                .add(path, || place::owners(key, others, view, above, places));
            return;
        }
        self.errors.add(|| {
            let meant: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
            path.error(format!(
                "is not known; did you mean {}?",
                meant.join(" or ")
            ))
        });
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

/// The types that a place accepts, for a message.
fn alternatives(place: &Place<'_>) -> String {
    let names: Vec<_> = place.types.names().into_iter().map(with_article).collect();
    names.join(" or ")
}
