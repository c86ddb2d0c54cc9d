//! What a tool over many operations does.

/// What a tool that is not over one operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "table",
    derive(serde::Deserialize, schemars::JsonSchema, databake::Bake),
    serde(rename_all = "lowercase"),
    databake(path = model)
)]
pub enum ApiToolKind {
    /// Finds operations and settings by words.
    Search,
    /// Shows what an operation takes and answers.
    Describe,
    /// Sends an operation.
    Send,
}
