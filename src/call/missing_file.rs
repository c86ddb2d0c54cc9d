//! Why a file was not found: its object is unknown, or the object has no such file.

use tokio::time::Instant;

use super::{advice::NO_SUCH_ID, context::Context};
use crate::{
    api::{ApiError, Failure},
    catalog::{Action, OPERATIONS},
    model::Effect,
    result::ParsedAnswer,
    text::excerpt,
};

/// When an object has files.
const WRITTEN: &str = "Vapi writes files some time after a call has ended, and only those that the \
                       assistant's settings ask for.";

/// The pointer to the state of an object.
const STATUS: &str = "/status";

/// The advice on a link that was not found. Reads the object to which the file would belong.
pub(super) async fn explanation<P>(
    action: &Action,
    error: &ApiError,
    context: &Context<'_, P>,
    deadline: Instant,
) -> Option<String> {
    if !(action.operation.redirects && is_not_found(error)) {
        return None;
    }
    let (path, _) = action.operation.path.rsplit_once('/')?;
    let mut reads = OPERATIONS.iter().filter(|it| it.method == "get");
    let owner = reads.find(|it| it.path == path)?;
    let Context { api, token, .. } = context;
    let sent = api.send(token, Effect::Read, deadline, |client| {
        owner.send_request(client, &action.request)
    });
    Some(match sent.await {
        Ok(body) => {
            let status = ParsedAnswer::of(&body).text(STATUS);
            let status = status.map_or_else(String::new, |status| {
                format!(" (its status is {})", excerpt(&status))
            });
            format!("This id exists{status}, but this file does not, or not yet. {WRITTEN}")
        }
        Err(Failure { error, .. }) if is_not_found(&error) => NO_SUCH_ID.to_owned(),
        Err(_) => format!(
            "Either nothing in this account and region has this id, or this file does not exist, or \
             not yet. {WRITTEN}"
        ),
    })
}

fn is_not_found(error: &ApiError) -> bool {
    matches!(error, ApiError::Status { status, .. } if status.as_u16() == 404)
}
