//! How a command ends.

/// The result of a command that could be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// The command succeeded.
    Success,
    /// The result of the tool was an error, which was printed.
    ToolError,
    /// A check or a change failed, which was printed.
    CheckFailed,
}
