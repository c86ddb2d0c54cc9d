//! Arguments that are ours and not the API's: what is advertised is what is parsed.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Effect, Tool,
    arguments::{ArgumentError, check_type, meant},
};

/// What a reading tool takes beside its row's arguments.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct Reading {
    /// JSON pointers to show.
    #[schemars(with = "Vec<String>")]
    fields: Option<Vec<String>>,
}

/// What a tool takes whose list goes on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct Paging {
    /// From the page before.
    #[schemars(with = "String")]
    cursor: Option<String>,
}

/// The control arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Control {
    pub fields: Option<Vec<String>>,
    pub cursor: Option<Cursor>,
}

/// Where a list goes on: after so many rows of this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub time: String,
    pub seen: usize,
}

impl Cursor {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (time, seen) = text.trim().rsplit_once('~')?;
        Some(Self {
            time: time.to_owned(),
            seen: seen.parse().ok()?,
        })
    }

    pub(super) fn text(&self) -> String {
        format!("{}~{}", self.time, self.seen)
    }
}

/// Takes the control arguments of this tool out of the arguments.
pub(super) fn take(
    tool: &Tool,
    arguments: &mut Map<String, Value>,
) -> Result<Control, Vec<ArgumentError>> {
    let mut control = Control::default();
    let mut errors = Vec::new();
    if tool.effect == Effect::Read {
        match parse::<Reading>(tool, arguments, "fields") {
            Ok(Reading { fields }) => control.fields = fields.filter(|fields| !fields.is_empty()),
            Err(wrong) => errors.extend(wrong),
        }
    }
    if tool.view.page.is_some() {
        match parse::<Paging>(tool, arguments, "cursor") {
            Ok(Paging { cursor: Some(text) }) if !text.trim().is_empty() => {
                match Cursor::parse(&text) {
                    Some(cursor) => control.cursor = Some(cursor),
                    None => errors.push(ArgumentError::new(
                        "cursor",
                        "is no cursor; give the one of the page before",
                    )),
                }
            }
            Ok(_) => {}
            Err(wrong) => errors.extend(wrong),
        }
    }
    if errors.is_empty() {
        Ok(control)
    } else {
        Err(errors)
    }
}

fn parse<T: for<'de> Deserialize<'de>>(
    tool: &Tool,
    arguments: &mut Map<String, Value>,
    key: &str,
) -> Result<T, Vec<ArgumentError>> {
    let schemas = schemas(tool);
    let schema = schemas.get(key);
    let value = match meant(arguments.shift_remove(key).unwrap_or_default(), schema) {
        // One pointer instead of a list of one.
        Value::String(pointer) if pointer.starts_with('/') => Value::from(vec![pointer]),
        value => value,
    };
    let mut errors = Vec::new();
    if let Some(schema) = schema.filter(|_| !value.is_null()) {
        check_type(&value, schema, key, &mut errors);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let one = Map::from_iter([(key.to_owned(), value)]);
    serde_json::from_value(Value::Object(one))
        .map_err(|error| vec![ArgumentError::new(key, error.to_string())])
}

/// The schemas of the control arguments of this tool, by name.
pub fn schemas(tool: &Tool) -> Map<String, Value> {
    let mut schemas = Map::new();
    if tool.effect == Effect::Read {
        schemas.extend(properties(schemars::schema_for!(Reading)));
    }
    if tool.view.page.is_some() {
        schemas.extend(properties(schemars::schema_for!(Paging)));
    }
    schemas
}

fn properties(schema: schemars::Schema) -> Map<String, Value> {
    match schema.get("properties") {
        Some(Value::Object(properties)) => properties.clone(),
        _ => Map::new(),
    }
}
