//! How a command runs and ends.

/// How a command ended if it did not fail itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Successfully.
    Success,
    /// The tool answered with an error, which was printed.
    ToolError,
    /// A check failed, which was printed.
    CheckFailed,
}

/// Runs to the end on this thread: the work is waiting for others.
pub(super) fn block_on<F: Future>(work: F) -> Result<F::Output, String> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| runtime.block_on(work))
        .map_err(|error| format!("cannot start: {error}"))
}
