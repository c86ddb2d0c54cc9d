//! Control arguments: they belong to this server, not to the API. One type both describes and
//! parses each of them.

use std::{ops::RangeInclusive, sync::LazyLock, time::Duration};

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::{
    coerce::as_integer,
    value::{check_type, coerced},
};
use crate::{
    argument_error::{ArgumentError, ArgumentErrors, ArgumentPath},
    bounds::{ARGUMENTS, Bounds},
    catalog::Tool,
    model::{Effect, View},
    time::parse_instant,
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

/// The allowed timeouts in seconds; clients cancel a tool call after 60 s.
const TIMEOUT: RangeInclusive<i64> = 1..=50;
const TIMEOUT_DEFAULT: u64 = 45;

/// Clients do not support the formats of numbers.
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

/// The pointer to everything that Vapi sent.
const EVERYTHING: &str = "*";

/// The argument that requests a preview instead of a call.
pub(super) const DRY_RUN: &str = "dryRun";

/// The argument that permits a call that was placed before.
pub(super) const ALLOW_DUPLICATE: &str = "allowDuplicate";

/// The argument that selects parts of the response.
pub(super) const FIELDS: &str = "fields";

/// The control arguments of tools over many operations.
pub(super) const OF_API_TOOLS: [&str; 4] = [DRY_RUN, ALLOW_DUPLICATE, FIELDS, "cursor"];

/// Maximum number of bytes of a control argument that is a text: 64 pointers of 1 kB with
/// separators.
const MAX_TEXT: usize = 128 << 10;

/// Maximum number of bytes of a cursor, which is a time and a number.
pub(crate) const MAX_CURSOR: usize = 200;

/// The control arguments of a call.
#[derive(Debug, Default)]
pub(crate) struct Control {
    pub fields: Option<Vec<String>>,
    pub cursor: Option<Cursor>,
    pub timeout: Duration,
    pub dry_run: bool,
    pub allow_duplicate: bool,
    /// The name of the object to delete.
    pub name: Option<String>,
}

/// A position in a list: after this many rows with this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub time: String,
    pub seen: usize,
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let (time, seen) = text.trim().rsplit_once('~')?;
        Some(Self {
            time: time.to_owned(),
            seen: seen.parse().ok()?,
        })
    }

    /// The same if its time is one.
    pub(crate) fn of_time(text: &str) -> Option<Self> {
        Self::parse(text).filter(|cursor| parse_instant(&cursor.time).is_some())
    }

    pub(crate) fn text(&self) -> String {
        format!("{}~{}", self.time, self.seen)
    }
}

/// Removes the control arguments of a tool from the arguments and parses them.
pub(crate) fn take(
    tool: &Tool,
    arguments: &mut Map<String, Value>,
) -> Result<Control, Vec<ArgumentError>> {
    let mut control = Control::default();
    let mut errors = Vec::new();
    if tool.effect == Effect::Read {
        match parse::<Reading>(tool, arguments, FIELDS) {
            Ok(Reading { fields }) => control.fields = fields.filter(|fields| !fields.is_empty()),
            Err(wrong) => errors.extend(wrong),
        }
    }
    if tool.view.page.is_some() {
        match parse::<Paging>(tool, arguments, "cursor") {
            Ok(Paging { cursor: Some(text) }) if !text.trim().is_empty() => {
                match Cursor::parse(&text).filter(|_| text.len() <= MAX_CURSOR) {
                    Some(cursor) => control.cursor = Some(cursor),
                    None => errors.push(ArgumentError::new(
                        "cursor",
                        "is not a cursor; give the cursor of the previous page",
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
        for key in [DRY_RUN, ALLOW_DUPLICATE] {
            match parse::<Dialing>(tool, arguments, key) {
                Ok(given) => {
                    control.dry_run |= given.dry_run.unwrap_or_default();
                    control.allow_duplicate |= given.allow_duplicate.unwrap_or_default();
                }
                Err(wrong) => errors.extend(wrong),
            }
        }
    }
    if takes_unlisted_dry_run(tool) {
        match parse::<Dialing>(tool, arguments, DRY_RUN) {
            Ok(given) => control.dry_run = given.dry_run.unwrap_or_default(),
            Err(wrong) => errors.extend(wrong),
        }
    }
    if errors.is_empty() {
        Ok(control)
    } else {
        Err(errors)
    }
}

/// Whether the tool takes `dryRun` without listing it.
fn takes_unlisted_dry_run(tool: &Tool) -> bool {
    tool.effect == Effect::Update || tool.operation.is_upload
}

fn timeout(tool: &Tool, arguments: &mut Map<String, Value>) -> Result<Duration, ArgumentError> {
    const KEY: &str = "timeoutSeconds";
    let seconds = match parse::<Waiting>(tool, arguments, KEY) {
        Ok(Waiting {
            timeout_seconds: None,
        }) => Some(TIMEOUT_DEFAULT),
        Ok(Waiting {
            timeout_seconds: Some(number),
        }) => as_integer(&number)
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
    let mut schemas = schemas(tool).chain(DIALING.iter());
    let schema = schemas.find_map(|(name, schema)| (name == key).then_some(schema));
    let given = arguments.shift_remove(key).unwrap_or_default();
    parse_as(schema, key, given)
}

/// The JSON pointers of `fields`, however they are written.
pub(crate) fn parse_fields(
    schema: Option<&Value>,
    given: Value,
) -> Result<Option<Vec<String>>, Vec<ArgumentError>> {
    let Reading { fields } = parse_as(schema, FIELDS, given)?;
    Ok(fields.filter(|fields| !fields.is_empty()))
}

/// The pointers to parts of a row: those that start with every row of the list, or of the `results` of
/// a page, refer to one row.
pub(crate) fn of_rows(fields: Vec<String>, view: &View) -> Vec<String> {
    let is_page = view.pages.is_some_and(|pages| pages.page.is_some());
    let of_row = |pointer: String| {
        let results = pointer.strip_prefix("/results").filter(|_| is_page);
        match results.unwrap_or(&pointer).strip_prefix("/*") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest.to_owned(),
            _ => pointer,
        }
    };
    fields.into_iter().map(of_row).collect()
}

fn parse_as<T: for<'de> Deserialize<'de>>(
    schema: Option<&Value>,
    key: &str,
    given: Value,
) -> Result<T, Vec<ArgumentError>> {
    let mut left = Bounds {
        bytes: MAX_TEXT,
        ..ARGUMENTS
    };
    let value = match coerced(key, given, schema, &mut left) {
        Value::String(text) if is_list(schema) && is_pointers(&text) => {
            Value::Array(pointers(&text))
        }
        Value::Array(items) if is_list(schema) => items.into_iter().flat_map(elements).collect(),
        value => value,
    };
    let mut errors = ArgumentErrors::default();
    if let Some(schema) = schema.filter(|_| !value.is_null()) {
        check_type(&value, schema, ArgumentPath::Top(key), &mut errors);
    }
    errors.or(())?;
    let one = Map::from_iter([(key.to_owned(), value)]);
    serde_json::from_value(Value::Object(one))
        .map_err(|error| vec![ArgumentError::new(key, error.to_string())])
}

fn is_list(schema: Option<&Value>) -> bool {
    schema.and_then(|schema| schema.get("type")) == Some(&Value::from("array"))
}

/// Whether a text looks like keys or pointers, not like JSON or prose.
fn is_pointers(text: &str) -> bool {
    text.len() <= MAX_TEXT
        && !text.contains(['{', '}', '"', '(', ')'])
        && !text.trim_start().starts_with('[')
}

/// The pointers in a text, separated by commas or line breaks.
fn pointers(text: &str) -> Vec<Value> {
    let parts = text.split([',', '\n']).map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(|part| Value::from(pointer(part))).collect()
}

/// The pointers in an element of a list. A text that starts with a slash is one pointer.
fn elements(item: Value) -> Vec<Value> {
    match item {
        Value::String(text) if !text.is_empty() && !text.starts_with('/') && is_pointers(&text) => {
            pointers(&text)
        }
        item => vec![item],
    }
}

/// The JSON pointer for a text, which may lack the leading slash or have the format
/// `$.messages[0].role`.
fn pointer(text: &str) -> String {
    if text == EVERYTHING {
        // The pointer to the whole response, or to the whole row of a list. A key named `*` can
        // still be selected: after a slash, `*` is every key.
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

/// Help on a control argument that is too long for the tool definitions.
pub fn help(name: &str) -> Option<&'static str> {
    (name == FIELDS).then_some(
        "They replace the default selection: /transcript/0:4000 is a slice of a text, \
         /messages/*/role one member of each element. The pointer * on its own shows everything that \
         Vapi sent.",
    )
}

/// The names of the control arguments of this tool. A change and an upload take
/// `dryRun` without listing it.
pub(crate) fn names(tool: &Tool) -> impl Iterator<Item = String> {
    let unlisted = takes_unlisted_dry_run(tool).then(|| DRY_RUN.to_owned());
    schemas(tool).map(|(name, _)| name.clone()).chain(unlisted)
}

static DIALING: LazyLock<Map<String, Value>> = LazyLock::new(properties::<Dialing>);

/// The schemas of the control arguments of this tool, by name.
pub fn schemas(tool: &Tool) -> impl Iterator<Item = (&'static String, &'static Value)> {
    static WAITING: LazyLock<Map<String, Value>> = LazyLock::new(properties::<Waiting>);
    static READING: LazyLock<Map<String, Value>> = LazyLock::new(properties::<Reading>);
    static PAGING: LazyLock<Map<String, Value>> = LazyLock::new(properties::<Paging>);
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
