//! The tool table: the rows of `spec/tools/*.toml`, as they are written.

use std::{collections::BTreeMap, fmt, fs, path::Path};

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, generate::SchemaSettings, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;
use toml::Spanned;

use crate::{
    problem::Problem,
    spec::{self, line},
};

/// One file of the table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TableFile {
    /// What a model is told before it sees a tool.
    #[serde(default)]
    instructions: String,
    /// What a model is told that calls a tool which does not exist: what no tool does, and where the
    /// user can do it.
    #[serde(default)]
    unsupported: String,
    /// The tools, in the order in which clients show them.
    #[schemars(with = "Vec<Row>")]
    tool: Vec<Spanned<Row>>,
}

/// One tool.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The tool's name, as clients call it.
    pub name: String,
    /// Other names for what it does, by which models call it.
    #[serde(default)]
    pub also: Vec<String>,
    /// The name a person reads.
    pub title: String,
    /// What it does, when to use it and what it costs, for a model that has to choose.
    pub description: String,
    /// The operationId of the operation that it sends.
    pub operation: String,
    /// What a call of it does; annotations and guards follow from it. When not given, it follows from
    /// the method: GET reads, POST writes, PUT and PATCH update, DELETE deletes.
    pub effect: Option<Effect>,
    /// Whether properties of the body beyond the arguments are accepted and passed on.
    #[serde(default)]
    pub open: bool,
    /// The arguments, in the order in which clients show them.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Arg>")]
    pub args: IndexMap<String, Spanned<Arg>>,
    /// Where a row that dials says whom it rings, and what else a guard has to know.
    pub dial: Option<Dial>,
    /// Where its body can name destinations that are not called, each with the reason: JSON pointers
    /// into the body. Only a destination in an inline assistant needs no reason.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub not_dialed: IndexMap<String, String>,
    /// What is shown of the answer; all of it when not given.
    #[serde(default)]
    pub result: View,
    /// What is waited for before an answer is shown; nothing when not given.
    pub wait: Option<Wait>,
    /// Arguments that are often given and not known, each with what takes their place.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub hints: IndexMap<String, String>,
    /// Where its body overrides parts of something that exists.
    pub over: Option<Over>,
}

/// Where a body overrides parts of something that exists, and may use the names of another row for
/// them: JSON pointers into the body.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Over {
    /// The tool whose names are understood.
    pub like: String,
    /// The tool that shows what exists.
    pub read: Rest,
    /// The overrides; the segment `*` is every element of a list.
    pub places: Vec<String>,
    /// The id of what exists.
    pub id: String,
    /// Where it stands whole instead.
    pub whole: String,
    /// With one of these there are several, and the names are refused.
    pub several: Vec<String>,
    /// What is given then.
    pub instead: String,
}

/// What a guard reads of the body of a call before it is placed: JSON pointers into the body.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dial {
    /// Where the destinations stand; the segment `*` is every element of a list.
    pub to: Vec<String>,
    /// The key of a destination's telephone number.
    pub number: String,
    /// The key of the extension behind a destination's telephone number.
    pub extension: String,
    /// The key of a destination's SIP address.
    pub sip: String,
    /// The key of a destination that is false when its number may have another form than E.164.
    pub exempt: String,
    /// Where else a destination may be named that is not to be seen in the body.
    #[serde(default)]
    pub unseen: Vec<String>,
    /// Where it says who speaks.
    pub who: Vec<String>,
    /// Where it says from which number. Whatever else stands in the same property of the body gives
    /// a number too.
    pub from: Vec<String>,
    /// Where it names another way to carry the call than from a number: with one, neither a number
    /// nor a destination is missing.
    #[serde(default)]
    pub transport: Vec<String>,
    /// The times: the first is when it rings.
    pub when: Vec<String>,
}

/// What a call of a tool does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Creates something.
    Write,
    /// Overwrites something.
    Update,
    /// Removes something.
    Delete,
    /// Costs money.
    Spend,
    /// Rings a person and costs money.
    Dial,
}

impl Effect {
    /// That of an operation with this method, in lower case, unless a row says otherwise.
    pub(crate) fn of_method(method: &str) -> Self {
        match method {
            "get" | "head" | "options" => Self::Read,
            "delete" => Self::Delete,
            "put" | "patch" => Self::Update,
            _ => Self::Write,
        }
    }

    /// Whether an operation with this method may be said to have it. What a POST does is the row's to
    /// say, but not that it deletes.
    pub(crate) fn fits(self, method: &str) -> bool {
        match Self::of_method(method) {
            Self::Read => self == Self::Read,
            Self::Delete => self == Self::Delete,
            Self::Update => !matches!(self, Self::Read | Self::Delete),
            _ => self != Self::Delete,
        }
    }

    /// Its name in a row.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Spend => "spend",
            Self::Dial => "dial",
        }
    }
}

/// One argument and its one place in the request.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arg {
    /// The path parameter that it fills.
    pub path: Option<String>,
    /// The query parameter that it fills.
    pub query: Option<String>,
    /// The JSON pointer into the body that it fills.
    pub body: Option<String>,
    /// The JSON pointer into a row of the answer whose value it chooses rows by. The server does
    /// that, page by page.
    pub filter: Option<String>,
    /// Where the text is looked for in the rows of the answer. The server does that, page by page.
    pub search: Option<Search>,
    /// Texts that lists of the body must hold when it is given: JSON pointer to text.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub append: IndexMap<String, String>,
    /// What it means, for a model that has to fill it in.
    pub description: String,
    /// Its JSON schema, when the one that follows from the document is not what a model needs.
    pub schema: Option<Value>,
    /// Whether it must be given, though the document does not say so.
    #[serde(default)]
    pub required: bool,
    /// What is sent when neither it nor its place is given.
    pub default: Option<Value>,
    /// Constants that are set with it: JSON pointer into the body to value.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub beside: IndexMap<String, Value>,
    /// Empty strings and lists that count as not given: the argument itself, or pointers below it.
    #[serde(default)]
    pub omit_empty: OmitEmpty,
    /// Whether it may come as a string that holds JSON.
    #[serde(default)]
    pub json_string: bool,
    /// Other names that it is accepted under.
    #[serde(default)]
    pub alias: Vec<String>,
    /// The tool whose names for parts of its body are understood inside it.
    pub like: Option<String>,
}

/// A search through the rows of a list, whatever the case of letters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The places that are searched in a row; the segment `*` is every element of a list.
    pub at: Vec<Place>,
    /// The places that are shown of a row that is found, beside a snippet around the text.
    pub keep: Vec<String>,
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

impl Default for OmitEmpty {
    fn default() -> Self {
        Self::Whole(false)
    }
}

/// By hand, as the one below: an untagged enum would say that nothing matched, and not what does.
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

/// What is shown of an answer, or of each element when the answer is a list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The tool of the same operation that shows the same; nothing else is given beside it.
    pub like: Option<String>,
    /// Where the rows of a list stand in the answer; at its top, or in a page, when not given.
    pub rows: Option<String>,
    /// The places that are shown; everything when not given.
    pub keep: Option<Vec<Place>>,
    /// Places that are shown under a name of ours instead of their own, where the answer has no such
    /// key.
    #[serde(default)]
    pub add: Vec<Added>,
    /// Members of ours that follow from others, where the answer has both of them and no such key.
    #[serde(default)]
    pub derive: Vec<Derived>,
    /// Top-level keys, of the answer or of ours, whose texts are what people said.
    #[serde(default)]
    pub said: Vec<String>,
    /// Top-level keys that are shown although secrets have such names, because the caller made
    /// them with this call.
    #[serde(default)]
    pub show: Vec<Place>,
    /// The places that are cut last where an answer does not fit; the segment `*` is every element
    /// of a list.
    #[serde(default)]
    pub last: Vec<Place>,
    /// How a list goes on after its last row.
    pub page: Option<Page>,
    /// The tool that shows one of these by its id, where that is another one.
    pub rest: Option<Rest>,
    /// The tool that is called next with the id of what was just created.
    pub follow: Option<Rest>,
    /// What an answer tells of each thing that was created.
    pub placed: Option<Created>,
    /// The pointer to the reason why a call ended, which is explained; in a list, once for each
    /// distinct reason.
    pub explain: Option<String>,
}

/// What the answer of a row that creates tells of each thing: JSON pointers, below the answer itself
/// or below an element of its list of results.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Created {
    /// The id.
    pub id: String,
    /// The state, a text.
    pub state: String,
    /// The states in which it is over.
    pub over: Vec<String>,
    /// The states in which it has not begun and will begin at once.
    pub soon: Vec<String>,
    /// The states in which it begins at a later time.
    pub later: Vec<String>,
    /// That time.
    pub rings: String,
    /// Whom it is for: the first that is there.
    pub to: Vec<String>,
    /// The list of what was created, in the answer to a batch.
    pub results: String,
    /// The list of what was not created.
    pub errors: String,
    /// The reason, below an element of that list.
    pub error: String,
}

/// How a list, newest first, goes on.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The pointer to a row's time.
    pub at: String,
    /// The query parameter that bounds this time, the bound included.
    pub until: String,
    /// The query parameter for the number of rows.
    pub limit: String,
}

/// What a tool waits for: it sends its request again and again until the answer has it, or the time
/// that the caller gave is up.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The state that ends the wait.
    pub until: Until,
    /// What comes some time after that state, and is waited for too.
    pub late: Option<Late>,
    /// A state that is left at a time which may be far off, and is not waited for.
    pub far: Option<Far>,
}

/// A state that is left at a time which the answer tells.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Far {
    /// The texts that are this state.
    pub is: Vec<String>,
    /// The pointer to the time.
    pub at: String,
}

/// A state of an answer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Until {
    /// The pointer to a text.
    pub at: String,
    /// The texts that are this state.
    pub is: Vec<String>,
}

/// What an answer holds some time after it has reached its state.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// The pointer to it.
    pub at: String,
    /// The pointer to what an answer must have for it to come at all.
    pub needs: String,
    /// The pointer to the time at which the state was reached.
    pub since: String,
    /// How many seconds after that time it is waited for.
    pub seconds: u64,
}

/// The tool that shows one object by its id.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rest {
    /// Its name.
    pub tool: String,
    /// Its argument for the id.
    pub arg: String,
}

/// A place in an answer: a JSON pointer, or a table where there is more to say.
// `remote` leaves the table's form to serde, as a function beside the trait's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schemars(transform = or_pointer)]
pub struct Place {
    /// The JSON pointer.
    pub at: String,
    /// Whether the live API sends it, and the document omits it.
    #[serde(default)]
    pub undocumented: bool,
}

impl Place {
    /// The place in the first element of every list on the way, for the segment `*`.
    pub fn of_first(&self) -> Self {
        Self {
            at: self.at.replace("/*", "/0"),
            ..self.clone()
        }
    }

    /// The key, where the pointer leads to a member of the answer itself.
    pub fn key(&self) -> Option<&str> {
        let key = self.at.strip_prefix('/')?;
        (!key.is_empty() && !key.contains(['/', '~'])).then_some(key)
    }
}

/// Beside the table's form, the pointer alone.
fn or_pointer(form: &mut Schema) {
    let description = form.remove("description");
    *form = json_schema!({ "anyOf": [{ "type": "string" }, form] });
    if let Some(description) = description {
        form.insert("description".to_owned(), description);
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Place;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON pointer or a table with `at`")
            }
            fn visit_str<E>(self, at: &str) -> Result<Place, E> {
                Ok(Place {
                    at: at.to_owned(),
                    undocumented: false,
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Place, A::Error> {
                Place::deserialize(MapAccessDeserializer::new(table))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// A place that is shown under a name of ours.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Added {
    /// Our name: a key of the shown object.
    pub name: String,
    /// The JSON pointer of the value.
    pub at: String,
    /// The keys of the value that are shown; all when not given.
    pub keep: Option<Vec<String>>,
}

/// A member of ours: the seconds between two times of the answer.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    /// Our name: a key of the shown object.
    pub name: String,
    /// The JSON pointer of the earlier time.
    pub from: String,
    /// The JSON pointer of the later time.
    pub to: String,
}

/// The whole table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What a model is told before it sees a tool: the words of all files.
    pub instructions: String,
    /// What a model is told that calls a tool which does not exist: the words of all files.
    pub unsupported: String,
    /// The rows of all files.
    pub rows: Vec<Placed>,
}

impl Table {
    /// Adds the words and rows of one more file.
    fn extend(&mut self, more: Self) {
        for (words, more) in [
            (&mut self.instructions, more.instructions),
            (&mut self.unsupported, more.unsupported),
        ] {
            if !words.is_empty() && !more.is_empty() {
                words.push('\n');
            }
            words.push_str(&more);
        }
        self.rows.extend(more.rows);
    }
}

/// A row and where it stands.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The file, as it is named in messages.
    pub file: String,
    /// The line of the row's first key.
    pub line: usize,
    /// The lines of its arguments, by name.
    pub args: IndexMap<String, usize>,
    /// The row.
    pub row: Row,
}

/// The JSON schema of a file of the table, for editors: draft 7, which those that read TOML know.
pub fn schema() -> String {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<TableFile>().to_value();
    schema.sort_all_objects();
    format!("{schema:#}\n")
}

/// Reads all `*.toml` files of the folder, in the order of their names.
pub fn read(folder: &Path) -> Result<Table, Vec<Problem>> {
    let unreadable = |error: std::io::Error| {
        vec![Problem::new(
            folder.display(),
            format!("cannot be read: {error}"),
        )]
    };
    let mut files: Vec<_> = fs::read_dir(folder)
        .map_err(unreadable)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    let mut table = Table::default();
    let mut problems = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let parsed = spec::read(&file).and_then(|text| parse(&name, &text));
        match parsed {
            Ok(parsed) => table.extend(parsed),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(table)
    } else {
        Err(problems)
    }
}

/// Parses one file of the table; `name` stands for it in messages.
pub fn parse(name: &str, text: &str) -> Result<Table, Vec<Problem>> {
    let file: TableFile = spec::parse(name, text)?;
    let rows = file.tool.into_iter().map(|row| {
        let args = row.get_ref().args.iter();
        Placed {
            file: name.to_owned(),
            line: line(text, row.span().start),
            args: args
                .map(|(name, arg)| (name.clone(), line(text, arg.span().start)))
                .collect(),
            row: row.into_inner(),
        }
    });
    Ok(Table {
        instructions: file.instructions,
        unsupported: file.unsupported,
        rows: rows.collect(),
    })
}
