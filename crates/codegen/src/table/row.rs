//! A row of the table, as it is written.

use std::{collections::BTreeMap, fmt};

use indexmap::IndexMap;
use model::{DialSpec, Effect, Overrides, Search, View, Wait};
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
    /// Other names by which models call it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The name that people see.
    pub title: String,
    /// What it does, when to use it and what it costs, for a model that chooses a tool.
    pub description: String,
    /// The operationId of the operation that it sends.
    pub operation: String,
    /// What a call does; annotations and guards follow from it. By default it follows from the
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
    /// Places of the body that can contain destinations that are not called, each with the reason:
    /// JSON pointers into the body. Destinations in an inline assistant need no reason.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub not_dialed: IndexMap<String, String>,
    /// The tool of the same operation whose `result` this row shares, instead of its own.
    pub same_result_as: Option<String>,
    /// What is shown of the answer; by default, all of it.
    #[serde(default)]
    pub result: View,
    /// Pointers of this row that the live API sends and the document does not declare; the segment
    /// `*` is every element of a list.
    #[serde(default)]
    pub undocumented: Vec<String>,
    /// What the tool waits for before it shows an answer; by default, nothing.
    pub wait: Option<Wait>,
    /// Unknown arguments that models often give, each with what to use instead.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub hints: IndexMap<String, String>,
    /// Where the body overrides parts of an existing object.
    pub overrides: Option<Overrides>,
}

/// One argument. It fills exactly one place: `path`, `query`, `body`, `filter` or `search`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArgRow {
    /// The path parameter that it fills.
    pub path: Option<String>,
    /// The query parameter that it fills.
    pub query: Option<String>,
    /// The JSON pointer into the body that it fills.
    pub body: Option<String>,
    /// The JSON pointer into a row of the answer by whose value the server filters the rows.
    pub filter: Option<String>,
    /// Where the server searches the rows of the answer for the text.
    pub search: Option<Search>,
    /// Texts that lists of the body must contain when the argument is given: JSON pointer to text.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub append: IndexMap<String, String>,
    /// What it means, for a model that fills it in.
    pub description: String,
    /// Its JSON schema, if the one from the document is not what a model needs.
    pub schema: Option<Value>,
    /// Whether it is required although the document does not require it.
    #[serde(default)]
    pub required: bool,
    /// What is sent when neither the argument nor a value at its place is given.
    pub default: Option<Value>,
    /// Constants that are set with it: JSON pointer into the body to value.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub constants: IndexMap<String, Value>,
    /// Empty strings and lists that count as not given: `true` for the argument itself, or
    /// pointers below it.
    #[serde(default)]
    pub omit_empty: OmitEmpty,
    /// Whether it may be given as a string that contains JSON.
    #[serde(default)]
    pub json_string: bool,
    /// Other accepted names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The tool whose argument names are accepted inside it.
    pub arguments_of: Option<String>,
}

/// Which empty values of an argument count as not given.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum OmitEmpty {
    /// The argument itself, or nothing.
    Whole(bool),
    /// The places at these pointers below the argument.
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

/// By hand, because the error of a derived untagged enum does not say what it expects.
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
