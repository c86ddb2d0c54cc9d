//! A row of the table, before any check.

use std::{collections::BTreeMap, fmt};

use indexmap::IndexMap;
use model::{DialSpec, Effect, FilePart, Overrides, Search, View, Wait};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use serde_json::Value;
use toml::Spanned;

/// One tool.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The tool's name, as clients call it.
    pub name: String,
    /// Other names under which models call the tool.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The profiles of `--tools` that contain the tool.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// The name that is displayed to users.
    pub title: String,
    /// The description for models that choose a tool: what the tool does, when to use it and what
    /// it costs.
    pub description: String,
    /// The operationId of the operation to send.
    pub operation: String,
    /// The effect of a call, which determines annotations and guards. The default depends on the
    /// method: GET reads, POST writes, PUT and PATCH update, DELETE deletes.
    pub effect: Option<Effect>,
    /// Whether properties of the body other than the arguments are accepted and passed on.
    #[serde(default)]
    pub open: bool,
    /// The arguments, in the order in which clients show them.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, ArgRow>")]
    pub args: IndexMap<String, Spanned<ArgRow>>,
    /// Where the body states who is called and what else a guard checks; required if the effect is
    /// `dial`.
    pub dial: Option<DialSpec>,
    /// JSON pointers into the body at which it can contain destinations that are not called, each
    /// with the reason. Destinations in an inline assistant need no reason.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub not_dialed: IndexMap<String, String>,
    /// Another tool of the same operation, whose `result` this row uses instead of its own.
    pub same_result_as: Option<String>,
    /// The parts of the response that are shown; by default, all of it.
    #[serde(default)]
    pub result: View,
    /// Pointers in this row to properties that the live API sends but the document does not
    /// declare; the segment `*` matches every element of a list.
    #[serde(default)]
    pub undocumented: Vec<String>,
    /// The state for which the tool waits before it shows a response; by default, none.
    pub wait: Option<Wait>,
    /// Unknown arguments that models often give, each with what to use instead.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub hints: IndexMap<String, String>,
    /// Where the body overrides parts of an existing object.
    pub overrides: Option<Overrides>,
}

/// One argument. It has exactly one target: `path`, `query`, `header`, `body`, `file`, `filter` or
/// `search`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArgRow {
    /// The path parameter that the argument sets.
    pub path: Option<String>,
    /// The query parameter that the argument sets.
    pub query: Option<String>,
    /// The header parameter that the argument sets.
    pub header: Option<String>,
    /// The JSON pointer into the body that the argument sets.
    pub body: Option<String>,
    /// A JSON pointer into a row of the response; the server filters the rows by the value at this
    /// pointer.
    pub filter: Option<String>,
    /// The properties in which the server searches the rows of the response for the text.
    pub search: Option<Search>,
    /// The part of the uploaded file that the argument gives.
    pub file: Option<FilePart>,
    /// Texts that lists of the body must contain when the argument is given: JSON pointer to text.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub append: IndexMap<String, String>,
    /// The description for models that set the argument.
    pub description: String,
    /// The JSON schema, if the schema from the document is not suitable for models.
    pub schema: Option<Value>,
    /// Whether the argument is required although the document does not require it.
    #[serde(default)]
    pub required: bool,
    /// The value that is sent if neither the argument nor a value at its target is given.
    pub default: Option<Value>,
    /// Constants that are set together with the argument: JSON pointer into the body to value.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub constants: IndexMap<String, Value>,
    /// Values that are set together with the argument if there is none: JSON pointer into the body
    /// to value.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub fill: IndexMap<String, Value>,
    /// Members of the argument, an object, that are set elsewhere: name to JSON pointer into the
    /// body.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub moved: IndexMap<String, String>,
    /// Whether the argument is accepted although the tool's schema does not list it.
    #[serde(default)]
    pub unlisted: bool,
    /// Empty strings and lists that count as not given: `true` for the argument itself, or
    /// pointers below it.
    #[serde(default)]
    pub omit_empty: OmitEmpty,
    /// Whether the argument may be given as a string that contains JSON.
    #[serde(default)]
    pub json_string: bool,
    /// Other accepted names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The tool whose argument names are accepted inside this argument.
    pub arguments_of: Option<String>,
}

/// Which empty values of an argument count as not given.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum OmitEmpty {
    /// The argument itself (`true`), or nothing.
    Whole(bool),
    /// The values at these pointers below the argument.
    Below(Vec<String>),
}

impl OmitEmpty {
    /// The pointers below the argument; `""` is the argument itself.
    pub(crate) fn pointers(&self) -> Vec<&str> {
        match self {
            Self::Whole(true) => vec![""],
            Self::Whole(false) => Vec::new(),
            Self::Below(pointers) => pointers.iter().map(String::as_str).collect(),
        }
    }
}

impl Default for OmitEmpty {
    fn default() -> Self {
        Self::Whole(false)
    }
}

/// Implemented by hand, because the error of a derived untagged enum does not name the expected
/// types.
impl<'de> Deserialize<'de> for OmitEmpty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = OmitEmpty;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a list of JSON pointers")
            }
            fn visit_bool<E>(self, whole: bool) -> Result<OmitEmpty, E> {
                Ok(OmitEmpty::Whole(whole))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OmitEmpty, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OmitEmpty::Below)
            }
        }
        deserializer.deserialize_any(Form)
    }
}
