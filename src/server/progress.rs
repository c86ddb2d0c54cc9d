//! Progress notifications.

use rmcp::{
    RoleServer,
    model::{NumberOrString, ProgressNotificationParam, ProgressToken},
    service::Peer,
};

use crate::call::wait::{Progress, WaitStep};

/// The maximum length of a progress token, in bytes. With a longer token, no progress is reported.
const MAX_PROGRESS_TOKEN: usize = 1024;

/// Sends progress notifications.
pub(super) struct ProgressNotifier {
    pub(super) peer: Peer<RoleServer>,
    /// `None` if the client wants no progress.
    pub(super) token: Option<ProgressToken>,
}

impl Progress for ProgressNotifier {
    async fn report(&self, step: WaitStep) {
        let Some(token) = self.token.clone() else {
            return;
        };
        let progress = ProgressNotificationParam::new(token, step.elapsed.as_secs_f64())
            .with_total(step.timeout.as_secs_f64())
            .with_message(step.state);
        // The client may have disconnected.
        let _ = self.peer.notify_progress(progress).await;
    }
}

/// Whether the token is short enough to be repeated in every notification.
pub(super) fn is_token_short(token: &ProgressToken) -> bool {
    match &token.0 {
        NumberOrString::Number(_) => true,
        NumberOrString::String(text) => text.len() <= MAX_PROGRESS_TOKEN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_progress_token_is_not_repeated() {
        let token = |length| ProgressToken(NumberOrString::String("x".repeat(length).into()));
        assert!(is_token_short(&ProgressToken(NumberOrString::Number(
            i64::MAX
        ))));
        assert!(is_token_short(&token(MAX_PROGRESS_TOKEN)));
        assert!(!is_token_short(&token(MAX_PROGRESS_TOKEN + 1)));
    }
}
