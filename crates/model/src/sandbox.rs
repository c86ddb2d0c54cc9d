//! The operations that the sandbox supports. The generator reads them from `spec/sandbox.toml` and
//! checks them against the document; the server reads them when a sandbox starts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// All supported operations.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// The collections of objects.
    #[serde(default, rename = "collection")]
    pub collections: Vec<Collection>,
    /// For properties of bodies that contain ids, the collections of the objects.
    #[serde(default)]
    pub references: BTreeMap<String, Vec<String>>,
    /// Operations with special behavior, such as `POST /call`.
    #[serde(default)]
    pub operations: BTreeMap<String, Behavior>,
}

/// A collection of objects: the operations of its path and of the paths of its objects.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// The path template.
    pub path: String,
    /// Other path templates of the same objects.
    #[serde(default)]
    pub also: Vec<String>,
    /// The name of an object in error messages.
    pub name: String,
    /// The members of objects that contain the values of path parameters, by parameter.
    #[serde(default)]
    pub within: BTreeMap<String, String>,
    /// The members that a new object has if the body does not contain them.
    #[serde(default)]
    pub adds: Map<String, Value>,
}

impl Collection {
    /// Its path templates.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.path)
            .chain(&self.also)
            .map(String::as_str)
    }
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behavior {
    /// Lists the objects of a collection.
    List,
    /// Shows an object.
    Show,
    /// Creates an object from the body.
    Create,
    /// Replaces the members of an object that are in the body.
    Update,
    /// Deletes an object.
    Delete,
    /// Aggregates calls.
    Analyze,
    /// Places calls.
    PlaceCalls,
    /// Deletes calls.
    DeleteCalls,
    /// Redirects to a file of a call.
    Artifact,
    /// Creates a campaign, which calls its contacts.
    StartCampaign,
    /// Changes or stops a campaign.
    UpdateCampaign,
    /// Deletes a campaign, which calls nobody from then on.
    DeleteCampaign,
    /// Lists campaigns without their contacts.
    ListCampaignSummaries,
    /// Shows a campaign without its contacts.
    ShowCampaignSummary,
    /// Lists the contacts of a campaign.
    ListContacts,
    /// Replies to a chat message.
    Chat,
    /// Replies to a chat message in the format of OpenAI.
    Respond,
    /// Creates a session, which expires.
    OpenSession,
    /// Changes a session.
    UpdateSession,
    /// Stores a file.
    Upload,
    /// Creates a knowledge base and its tool.
    CreateKnowledgeBase,
    /// Shows a knowledge base with its files.
    ShowKnowledgeBase,
    /// Deletes a knowledge base with its files and its tool.
    DeleteKnowledgeBase,
    /// Attaches a file to a knowledge base.
    AttachFile,
    /// Detaches a file from a knowledge base.
    DetachFile,
    /// Indexes a file of a knowledge base again.
    RetryFile,
    /// Extracts structured outputs from calls.
    ExtractOutputs,
    /// Runs an eval.
    RunEval,
    /// Runs simulations.
    RunSimulations,
    /// Lists simulation runs: a page has a summary of each.
    ListRuns,
    /// Cancels a simulation run.
    CancelRun,
    /// Cancels an item of a simulation run.
    CancelItem,
    /// Suggests improvements for an item of a simulation run.
    GenerateSuggestions,
    /// Drafts scenarios.
    GenerateScenarios,
    /// Tells how many simulations can run.
    Concurrency,
    /// Computes an insight that is not stored.
    PreviewInsight,
    /// Computes a stored insight.
    RunInsight,
    /// Shows the default board, which it creates when it is first needed.
    DefaultBoard,
    /// Creates an object at a voice provider.
    CreateResource,
    /// Changes an object at a voice provider.
    UpdateResource,
}
