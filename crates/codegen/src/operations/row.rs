//! The rows of `spec/operations.toml`, as they are written.

use std::path::Path;

use indexmap::IndexMap;
use model::Effect;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use crate::{
    document::{Document, Operation},
    problem::Problem,
    spec::{self, line},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    synonyms: Vec<Vec<String>>,
    #[serde(default)]
    destination: Destination,
    #[serde(default)]
    agent: Vec<Agent>,
    #[serde(default)]
    group: Vec<Group>,
    operation: IndexMap<Spanned<String>, Row>,
}

/// The keys of a destination, and its schemas.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// The key of the telephone number.
    pub number: String,
    /// The key of the extension behind the number.
    pub extension: String,
    /// The key of the SIP address.
    pub sip: String,
    /// The key that is false if the number may have another form than E.164.
    pub exempt: String,
    /// The schemas of a destination that is called.
    pub called: Vec<String>,
    /// The schemas of a destination that a call is transferred to.
    pub transferred: Vec<String>,
}

/// Schemas of inline agents, which contain each other without end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Their names.
    pub schemas: Vec<String>,
    /// Where each of them holds destinations for transfers.
    pub stored: Vec<String>,
    /// Where each of them contains agents.
    pub agents: Vec<String>,
}

/// A subject that operations are about.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The tags of the document that belong to it.
    pub tags: Vec<String>,
    /// What it is.
    pub does: String,
    /// Words that people use for it.
    #[serde(default)]
    pub also: String,
}

/// One operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What it does for the user, at most 120 characters.
    pub does: String,
    /// Its effect, if it differs from that of the method.
    pub effect: Option<Effect>,
    /// What a delete loses, and what an update replaces.
    pub loses: Option<String>,
    /// How it reaches people.
    pub dial: Option<Dial>,
    /// Places of destinations that the body stores and that are reached later.
    #[serde(default)]
    pub stored: Vec<String>,
    /// The same, named by an id only.
    #[serde(default)]
    pub stored_unseen: Vec<String>,
    /// Places of inline agents; an empty pointer is the body itself.
    #[serde(default)]
    pub agents: Vec<String>,
    /// Numbers of the account itself, which nobody is called at.
    #[serde(default)]
    pub own: Vec<String>,
    /// Why a body with places that look like a customer does not dial at once.
    pub why: Option<String>,
    /// Whether the request only ends something: always, or with these keys alone.
    pub stops: Option<Value>,
    /// A place of the body whose ids take the place of the path's id.
    pub replaces_id: Option<String>,
    /// Values that are not sent, each with the reason.
    #[serde(default)]
    pub refuse: Value,
    /// The kind of answer if it is not JSON: `redirect`.
    pub answer: Option<String>,
    /// `undocumented` if it takes a JSON body that the document does not declare.
    pub body: Option<String>,
    /// What such a body holds.
    pub takes: Option<String>,
    /// A named tool that serves better.
    pub tool: Option<String>,
    /// The newer operation for the same purpose.
    pub prefer: Option<String>,
    /// The group, where the document's tag is not suitable.
    pub group: Option<String>,
    /// Words that people use for it.
    #[serde(default)]
    pub also: String,
    /// Query parameters whose name does not say enough.
    #[serde(default)]
    pub params: IndexMap<String, String>,
    /// Settings deep in the body, by JSON pointer.
    #[serde(default)]
    pub notes: IndexMap<String, String>,
    /// The read that shows everything that an update could replace.
    pub merge_from: Option<String>,
    /// The operation whose notes hold here too, where the place exists.
    pub notes_from: Option<String>,
}

/// How a request reaches people: JSON pointers into its body.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dial {
    /// The destinations.
    #[serde(default)]
    pub to: Vec<String>,
    /// Places that name somebody who is not in the body.
    #[serde(default)]
    pub unseen: Vec<String>,
    /// The places without which nobody is reached; if empty, somebody always is.
    #[serde(default)]
    pub given: Vec<String>,
    /// Who speaks.
    #[serde(default)]
    pub who: Vec<String>,
    /// From which number.
    #[serde(default)]
    pub from: Vec<String>,
    /// Another way to carry the call.
    #[serde(default)]
    pub transport: Vec<String>,
    /// The times.
    #[serde(default)]
    pub when: Vec<String>,
}

impl Dial {
    /// All places that it names.
    pub(super) fn places(&self) -> impl Iterator<Item = &String> {
        let lists = [
            &self.to,
            &self.unseen,
            &self.given,
            &self.who,
            &self.from,
            &self.transport,
            &self.when,
        ];
        lists.into_iter().flatten()
    }
}

/// The whole table.
#[derive(Clone, Debug, Default)]
pub struct Operations {
    pub(super) file: String,
    pub(super) synonyms: Vec<Vec<String>>,
    pub(super) destination: Destination,
    pub(super) agents: Vec<Agent>,
    pub(super) groups: Vec<Group>,
    /// The rows by method and path, each with its line.
    pub(super) rows: IndexMap<String, (usize, Row)>,
}

impl Operations {
    /// Reads the file.
    pub fn read(file: &Path) -> Result<Self, Vec<Problem>> {
        let name = file.display().to_string();
        let text = spec::read(file)?;
        let read: File = spec::parse(&name, &text)?;
        let rows = read.operation.into_iter().map(|(key, row)| {
            let line = line(&text, key.span().start);
            (key.into_inner(), (line, row))
        });
        Ok(Self {
            file: name,
            synonyms: read.synonyms,
            destination: read.destination,
            agents: read.agent,
            groups: read.group,
            rows: rows.collect(),
        })
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

    /// The notes on the body of an operation: its own, and those of another operation that hold
    /// for it too.
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
