//! Arguments of this server, not of the API: one type both describes and parses them.

use std::{ops::RangeInclusive, sync::LazyLock, time::Duration};

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::{
    decode::whole,
    value::{check_type, meant},
};
use crate::{
    bounds::{ARGUMENTS, Bounds},
    catalog::Tool,
    faults::{ArgumentError, Faults, Path},
    model::Effect,
};

/// Additional arguments of read-only tools.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct Reading {
    /// JSON pointers to show.
    #[schemars(with = "Vec<String>")]
    fields: Option<Vec<String>>,
}

/// Additional arguments of tools with paged lists.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct Paging {
    /// From the previous page.
    #[schemars(with = "String")]
    cursor: Option<String>,
}

/// Additional arguments of tools that wait.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Waiting {
    /// How long to wait at most.
    #[schemars(with = "u64", range(min = *TIMEOUT.start(), max = *TIMEOUT.end()))]
    #[schemars(extend("default" = TIMEOUT_DEFAULT), transform = without_format)]
    timeout_seconds: Option<Number>,
}

/// Clients cancel a call after 60 seconds.
const TIMEOUT: RangeInclusive<i64> = 1..=50;
const TIMEOUT_DEFAULT: u64 = 45;

/// The formats of numbers are unknown to clients.
fn without_format(schema: &mut Schema) {
    schema.remove("format");
}

/// Additional arguments of tools that place calls.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Dialing {
    /// Only show the request; send nothing.
    #[schemars(with = "bool")]
    dry_run: Option<bool>,
    /// Place the same call again.
    #[schemars(with = "bool")]
    allow_duplicate: Option<bool>,
}

/// Selects everything that Vapi sent.
const EVERYTHING: &str = "*";

/// The name of the argument that keeps a call from being placed.
pub(super) const DRY_RUN: &str = "dryRun";

/// Maximum number of bytes of a control argument that is text: 64 pointers of 1 kB, and what is
/// around them.
const LONGEST: usize = 128 << 10;

/// Maximum number of bytes of a cursor, which is a time and a number.
const CURSOR: usize = 200;

/// The control arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Control {
    pub fields: Option<Vec<String>>,
    pub cursor: Option<Cursor>,
    pub timeout: Duration,
    pub dry_run: bool,
    pub allow_duplicate: bool,
}

/// The position in a list: after this many rows with this time.
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
                match Cursor::parse(&text).filter(|_| text.len() <= CURSOR) {
                    Some(cursor) => control.cursor = Some(cursor),
                    None => errors.push(ArgumentError::new(
                        "cursor",
                        "is not a cursor; give that of the previous page",
                    )),
                }
            }
            Ok(_) => {}
            Err(wrong) => errors.extend(wrong),
        }
    }
    if tool.wait.is_some() {
        match timeout(tool, arguments) {
            Ok(timeout) => control.timeout = timeout,
            Err(error) => errors.push(error),
        }
    }
    if tool.effect == Effect::Dial {
        for key in [DRY_RUN, "allowDuplicate"] {
            match parse::<Dialing>(tool, arguments, key) {
                Ok(given) => {
                    control.dry_run |= given.dry_run.unwrap_or_default();
                    control.allow_duplicate |= given.allow_duplicate.unwrap_or_default();
                }
                Err(wrong) => errors.extend(wrong),
            }
        }
    }
    if errors.is_empty() {
        Ok(control)
    } else {
        Err(errors)
    }
}

fn timeout(tool: &Tool, arguments: &mut Map<String, Value>) -> Result<Duration, ArgumentError> {
    const KEY: &str = "timeoutSeconds";
    let seconds = match parse::<Waiting>(tool, arguments, KEY) {
        Ok(Waiting {
            timeout_seconds: None,
        }) => Some(TIMEOUT_DEFAULT),
        Ok(Waiting {
            timeout_seconds: Some(number),
        }) => whole(&number)
            .filter(|seconds| TIMEOUT.contains(seconds))
            .and_then(|seconds| seconds.try_into().ok()),
        Err(_) => None,
    };
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let reason = format!(
            "must be an integer from {} to {}",
            TIMEOUT.start(),
            TIMEOUT.end()
        );
        ArgumentError::new(KEY, reason)
    })
}

fn parse<T: for<'de> Deserialize<'de>>(
    tool: &Tool,
    arguments: &mut Map<String, Value>,
    key: &str,
) -> Result<T, Vec<ArgumentError>> {
    let schema = schemas(tool).find_map(|(name, schema)| (name == key).then_some(schema));
    let given = arguments.shift_remove(key).unwrap_or_default();
    let mut left = Bounds {
        bytes: LONGEST,
        ..ARGUMENTS
    };
    let value = match meant(key, given, schema, &mut left) {
        Value::String(text) if is_list(schema) && is_names(&text) => Value::Array(pointers(&text)),
        Value::Array(items) if is_list(schema) => items.into_iter().flat_map(elements).collect(),
        value => value,
    };
    let mut faults = Faults::default();
    if let Some(schema) = schema.filter(|_| !value.is_null()) {
        check_type(&value, schema, Path::Top(key), &mut faults);
    }
    faults.or(())?;
    let one = Map::from_iter([(key.to_owned(), value)]);
    serde_json::from_value(Value::Object(one))
        .map_err(|error| vec![ArgumentError::new(key, error.to_string())])
}

fn is_list(schema: Option<&Value>) -> bool {
    schema.and_then(|schema| schema.get("type")) == Some(&Value::from("array"))
}

/// Whether a text looks like names and pointers, not like JSON or prose.
fn is_names(text: &str) -> bool {
    text.len() <= LONGEST
        && !text.contains(['{', '}', '"', '(', ')'])
        && !text.trim_start().starts_with('[')
}

/// The pointers in a text: one, or several with commas between them.
fn pointers(text: &str) -> Vec<Value> {
    let parts = text.split([',', '\n']).map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(|part| Value::from(pointer(part))).collect()
}

/// The pointers in an element of a list. One that starts with a slash is taken as it is.
fn elements(item: Value) -> Vec<Value> {
    match item {
        Value::String(text) if !text.is_empty() && !text.starts_with('/') && is_names(&text) => {
            pointers(&text)
        }
        item => vec![item],
    }
}

/// A pointer that may lack its slash, or be written with dots, as `$.messages[0].role`.
fn pointer(text: &str) -> String {
    if text == EVERYTHING {
        // The pointer to the answer, or to the row of a list. No key is hidden by this: after a slash
        // `*` is every key.
        return String::new();
    }
    let text = text.strip_prefix('#').unwrap_or(text);
    if text.starts_with('/') {
        return text.to_owned();
    }
    let text = text.strip_prefix("$.").unwrap_or(text);
    if text.contains('/') {
        return format!("/{text}");
    }
    let text = text.replace('[', ".").replace(']', "");
    format!("/{}", text.replace('.', "/"))
}

/// More on a control argument than there is room for in what a model reads of every tool.
pub fn help(name: &str) -> Option<&'static str> {
    (name == "fields").then_some(
        "They replace the default selection: /transcript/0:4000 is a slice of a text, \
         /messages/*/role one member of each element. The pointer * on its own shows everything that \
         Vapi sent.",
    )
}

/// The names of the control arguments of this tool.
pub(super) fn names(tool: &Tool) -> impl Iterator<Item = String> {
    schemas(tool).map(|(name, _)| name.clone())
}

/// The schemas of the control arguments of this tool, by name.
pub fn schemas(tool: &Tool) -> impl Iterator<Item = (&'static String, &'static Value)> {
    static WAITING: LazyLock<Map<String, Value>> = LazyLock::new(properties::<Waiting>);
    static READING: LazyLock<Map<String, Value>> = LazyLock::new(properties::<Reading>);
    static PAGING: LazyLock<Map<String, Value>> = LazyLock::new(properties::<Paging>);
    static DIALING: LazyLock<Map<String, Value>> = LazyLock::new(properties::<Dialing>);
    [
        (tool.wait.is_some(), &WAITING),
        (tool.effect == Effect::Read, &READING),
        (tool.view.page.is_some(), &PAGING),
        (tool.effect == Effect::Dial, &DIALING),
    ]
    .into_iter()
    .filter(|(takes, _)| *takes)
    .flat_map(|(_, schemas)| schemas.iter())
}

fn properties<T: JsonSchema>() -> Map<String, Value> {
    match schemars::schema_for!(T).get("properties") {
        Some(Value::Object(properties)) => properties.clone(),
        _ => Map::new(),
    }
}
