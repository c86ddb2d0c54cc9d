//! The asynchronous runtime of commands that serve one client.

/// Runs a future to its end on this thread.
pub(super) fn block_on<F: Future>(work: F) -> Result<F::Output, String> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| runtime.block_on(work))
        .map_err(|error| format!("cannot start: {error}"))
}
