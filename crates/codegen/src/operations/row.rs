//! The rows of `spec/operations.toml`, before any check.

use std::{collections::BTreeMap, path::Path};

use indexmap::IndexMap;
use model::Effect;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use crate::{
    document::{Document, Operation},
    problem::Problem,
    spec::{self, Lines, line_of},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    synonyms: Vec<Vec<String>>,
    #[serde(default)]
    referrers: Vec<String>,
    #[serde(default)]
    destination: Destination,
    #[serde(default)]
    agent: Vec<Agent>,
    #[serde(default)]
    group: Vec<Group>,
    operation: IndexMap<Spanned<String>, Row>,
}

/// The keys and schemas of destinations.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// The key of the phone number.
    pub number: String,
    /// The key of the extension.
    pub extension: String,
    /// The key of the SIP address.
    pub sip: String,
    /// The key that turns off the E.164 check of the number if its value is false.
    pub exempt: String,
    /// The schemas of a destination that is called.
    pub called: Vec<String>,
    /// The schemas of a destination to which a call is transferred.
    pub transferred: Vec<String>,
}

/// Schemas of inline agents, which can contain each other recursively.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// The names of the schemas.
    pub schemas: Vec<String>,
    /// Pointers to transfer destinations in these schemas.
    pub stored: Vec<String>,
    /// Pointers to agents in these schemas.
    pub agents: Vec<String>,
}

/// A group of operations on one subject.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The name of the group.
    pub name: String,
    /// The tags of the document that belong to the group.
    pub tags: Vec<String>,
    /// A description of the subject.
    pub does: String,
    /// Words that people use for it.
    #[serde(default)]
    pub also: String,
}

/// The row of one operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// A description for the user, at most 120 characters.
    pub does: String,
    /// The effect, if it differs from the default of the method.
    pub effect: Option<Effect>,
    /// The data that a delete removes or an update replaces.
    pub loses: Option<String>,
    /// How the operation calls people.
    pub dial: Option<Dial>,
    /// Pointers to destinations that the body stores and that are called later.
    #[serde(default)]
    pub stored: Vec<String>,
    /// Pointers to ids of such destinations.
    #[serde(default)]
    pub stored_unseen: Vec<String>,
    /// Pointers to inline agents; an empty pointer is the body itself.
    #[serde(default)]
    pub agents: Vec<String>,
    /// Pointers to the account's own numbers, which are not called.
    #[serde(default)]
    pub own: Vec<String>,
    /// The reason why a body with properties like those of a customer does not place a call
    /// immediately.
    pub why: Option<String>,
    /// Pointers, each with values: a request whose body has only these properties, with one of
    /// these values, only stops something.
    pub stops: Option<BTreeMap<String, Vec<String>>>,
    /// A pointer to ids in the body that replace the id in the path.
    pub replaces_id: Option<String>,
    /// Values that must not be sent, each with the reason.
    #[serde(default)]
    pub refuse: BTreeMap<String, String>,
    /// Values of top-level properties that are sent if the body has none, by pointer.
    #[serde(default)]
    pub fill: BTreeMap<String, Value>,
    /// Headers with fixed values that are sent with every request, by name.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The kind of response if it is not JSON: `redirect`.
    pub answer: Option<String>,
    /// `undocumented` if the operation takes a JSON body that the document does not declare.
    pub body: Option<String>,
    /// The content of such a body.
    pub takes: Option<String>,
    /// A named tool that is better suited.
    pub tool: Option<String>,
    /// The newer operation for the same purpose.
    pub prefer: Option<String>,
    /// The group, if the document's tag is not suitable.
    pub group: Option<String>,
    /// Words that people use for it.
    #[serde(default)]
    pub also: String,
    /// Explanations of query parameters whose names are not clear.
    #[serde(default)]
    pub params: IndexMap<String, String>,
    /// Notes on nested settings in the body, by JSON pointer.
    #[serde(default)]
    pub notes: IndexMap<String, String>,
    /// The read operation that shows everything that an update could replace.
    pub merge_from: Option<String>,
    /// A pointer to the object in that operation's answer, if it is not the answer itself.
    pub merge_at: Option<String>,
    /// The operation whose notes also apply here, if the location exists.
    pub notes_from: Option<String>,
}

/// How a request calls people: JSON pointers into its body.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dial {
    /// The destinations.
    #[serde(default)]
    pub to: Vec<String>,
    /// References to one recipient whose number is not in the body.
    #[serde(default)]
    pub unseen: Vec<String>,
    /// Properties that let any number of recipients be called whose numbers are not in the body.
    #[serde(default)]
    pub unseen_many: Vec<String>,
    /// What to do instead if recipients must be visible, as an imperative.
    pub instead: Option<String>,
    /// The maximum number of destinations per request; 400 if `None`.
    pub most: Option<u64>,
    /// The request calls people only if its body has one of these properties; if the list is empty, it
    /// always does.
    #[serde(default)]
    pub given: Vec<String>,
    /// The speaker.
    #[serde(default)]
    pub who: Vec<String>,
    /// The number to call from.
    #[serde(default)]
    pub from: Vec<String>,
    /// A transport that replaces the phone.
    #[serde(default)]
    pub transport: Vec<String>,
    /// The call times.
    #[serde(default)]
    pub when: Vec<String>,
    /// What the recipient is told.
    #[serde(default)]
    pub content: Vec<String>,
}

impl Dial {
    /// All pointers of this value.
    pub(super) fn places(&self) -> impl Iterator<Item = &String> {
        let lists = [
            &self.to,
            &self.unseen,
            &self.unseen_many,
            &self.given,
            &self.who,
            &self.from,
            &self.transport,
            &self.when,
            &self.content,
        ];
        lists.into_iter().flatten()
    }
}

/// The whole table.
#[derive(Clone, Debug, Default)]
pub struct Operations {
    pub(crate) file: String,
    text: String,
    pub(super) synonyms: Vec<Vec<String>>,
    /// The lists whose objects refer to other objects.
    pub(super) referrers: Vec<String>,
    pub(crate) destination: Destination,
    pub(super) agents: Vec<Agent>,
    pub(super) groups: Vec<Group>,
    /// The rows, by method and path, each with its line.
    pub(crate) rows: IndexMap<String, (usize, Row)>,
}

impl Operations {
    /// Reads the file.
    pub fn read(file: &Path) -> Result<Self, Vec<Problem>> {
        let name = file.display().to_string();
        let text = spec::read(file)?;
        let read: File = spec::parse(&name, &text)?;
        let lines = Lines::of(&text);
        let rows = read.operation.into_iter().map(|(key, row)| {
            let line = lines.number(key.span().start);
            (key.into_inner(), (line, row))
        });
        let rows = rows.collect();
        Ok(Self {
            file: name,
            text,
            synonyms: read.synonyms,
            referrers: read.referrers,
            destination: read.destination,
            agents: read.agent,
            groups: read.group,
            rows,
        })
    }

    /// The name of the file in messages.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// The inline agents with this schema.
    pub(crate) fn agent(&self, schema: &str) -> Option<&Agent> {
        let mut agents = self.agents.iter();
        agents.find(|agent| agent.schemas.iter().any(|name| name == schema))
    }

    /// All rows, each with the method and path of its operation.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, &Row)> {
        let rows = self.rows.iter();
        rows.map(|(address, (_, row))| (address.as_str(), row))
    }

    /// The line in which the row that starts in line `first` names a location.
    pub(crate) fn line_of(&self, first: usize, part: &str, at: &str) -> usize {
        let quoted = format!("\"{at}\"");
        let found = line_of(&self.text, first, &[part, &quoted]);
        let mut lines = self
            .text
            .lines()
            .skip(first)
            .take(found.saturating_sub(first));
        let ends = |line: &str| {
            let is_table = line.starts_with("[operation");
            is_table && !line.ends_with(".notes]") && !line.ends_with(".params]")
        };
        if at.is_empty() || lines.any(ends) {
            first
        } else {
            found
        }
    }

    /// The row of an operation.
    pub fn row(&self, operation: Operation<'_>) -> Option<&Row> {
        self.rows.get(&operation.address()).map(|(_, row)| row)
    }

    /// The effect of an operation.
    pub fn effect(&self, operation: Operation<'_>) -> Effect {
        let row = self.row(operation);
        row.and_then(|row| row.effect)
            .unwrap_or_else(|| Effect::of_method(operation.method))
    }

    /// The notes on the body of an operation: its own, and those of another operation that also
    /// apply to it.
    pub(super) fn notes<'a>(
        &'a self,
        document: &'a Document,
        operation: Operation<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let row = self.row(operation);
        let other = row.and_then(|row| self.rows.get(row.notes_from.as_ref()?));
        let other = other.into_iter().flat_map(|(_, other)| &other.notes);
        let own = row.into_iter().flat_map(|row| &row.notes);
        let shared = other.filter(move |(at, _)| document.has_place(operation, at));
        own.chain(shared)
            .map(|(at, words)| (at.as_str(), words.as_str()))
    }
}
