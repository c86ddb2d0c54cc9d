//! Arguments that are ours and not the API's: what is advertised is what is parsed.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Effect, Tool, arguments::ArgumentError};

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

/// What a tool takes that dials.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Dialing {
    /// Only show the request.
    #[schemars(with = "bool")]
    dry_run: Option<bool>,
    /// Repeat a call.
    #[schemars(with = "bool")]
    allow_duplicate: Option<bool>,
}

/// The control arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Control {
    pub fields: Option<Vec<String>>,
    pub cursor: Option<Cursor>,
    pub dry_run: bool,
    pub allow_duplicate: bool,
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
        match parse::<Reading>(arguments, "fields") {
            Ok(Reading { fields }) => control.fields = fields.filter(|fields| !fields.is_empty()),
            Err(error) => errors.push(error),
        }
    }
    if tool.view.page.is_some() {
        match parse::<Paging>(arguments, "cursor") {
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
            Err(error) => errors.push(error),
        }
    }
    if tool.effect == Effect::Dial {
        for key in ["dryRun", "allowDuplicate"] {
            unquote(arguments, key);
            match parse::<Dialing>(arguments, key) {
                Ok(given) => {
                    control.dry_run |= given.dry_run.unwrap_or_default();
                    control.allow_duplicate |= given.allow_duplicate.unwrap_or_default();
                }
                Err(error) => errors.push(error),
            }
        }
    }
    if errors.is_empty() {
        Ok(control)
    } else {
        Err(errors)
    }
}

fn parse<T: for<'de> Deserialize<'de>>(
    arguments: &mut Map<String, Value>,
    key: &str,
) -> Result<T, ArgumentError> {
    let value = arguments.shift_remove(key).unwrap_or_default();
    let one = Map::from_iter([(key.to_owned(), value)]);
    serde_json::from_value(Value::Object(one))
        .map_err(|error| ArgumentError::new(key, error.to_string()))
}

/// Models write booleans as strings too.
fn unquote(arguments: &mut Map<String, Value>, key: &str) {
    if let Some(value) = arguments.get_mut(key)
        && let Some(text) = value.as_str()
    {
        match text.trim().to_lowercase().as_str() {
            "true" => *value = Value::Bool(true),
            "false" => *value = Value::Bool(false),
            "" => *value = Value::Null,
            _ => {}
        }
    }
}

/// The names of the control arguments of this tool.
pub(super) fn names(tool: &Tool) -> impl Iterator<Item = String> {
    schemas(tool).into_iter().map(|(name, _)| name)
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
    if tool.effect == Effect::Dial {
        schemas.extend(properties(schemars::schema_for!(Dialing)));
    }
    schemas
}

fn properties(schema: schemars::Schema) -> Map<String, Value> {
    match schema.get("properties") {
        Some(Value::Object(properties)) => properties.clone(),
        _ => Map::new(),
    }
}
