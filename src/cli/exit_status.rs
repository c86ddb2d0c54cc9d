//! The exit status of commands.

/// The result of a command that was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// The command succeeded.
    Success,
    /// The result of the tool was an error, which was printed.
    ToolError,
    /// A check or a change failed, which was printed.
    CheckFailed,
}
