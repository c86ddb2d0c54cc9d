//! What to do about an error: a line after what happened and Vapi's own words.

use super::{At, TOOLS, Tool};
use crate::api::ApiError;

/// What to do about this error of this tool, when there is something to say.
pub(super) fn on(tool: &Tool, error: &ApiError) -> Option<String> {
    let ApiError::Status {
        status,
        message,
        retry_after,
    } = error
    else {
        return match error {
            ApiError::TimedOut(_) | ApiError::Interrupted(_) => {
                Some("Vapi may be slow or down: https://status.vapi.ai.".to_owned())
            }
            ApiError::Unreachable(_) => {
                Some("Check the network of the machine that runs this server.".to_owned())
            }
            ApiError::TooLarge { .. } => {
                Some("Ask for less: a smaller limit, or a narrower time.".to_owned())
            }
            _ => None,
        };
    };
    let words = message.to_lowercase();
    let says = |text: &str| words.contains(text);
    let line = match status.as_u16() {
        400 if says("daily") && says("limit") => {
            "Numbers bought on Vapi may make few calls a day: call from an imported number, or tomorrow.".to_owned()
        }
        400 if says("concurrency") => "The account's calls at one time are used up: wait until one ends.".to_owned(),
        400 if says("does not exist") => missing(&words)?,
        400 if says("e.164") => "Give the number with + and country code, as +15550100123.".to_owned(),
        400 if says("should not exist") => "Leave out the property that it names, or move it to where it belongs.".to_owned(),
        401 => "Check VAPI_TOKEN: a private key (not a public one) of this region; accounts in the EU need --region eu.".to_owned(),
        402 => "The account needs credits or a payment method: Vapi's dashboard, Billing.".to_owned(),
        403 if says("1010") => "The edge in front of Vapi refuses this network or a proxy on the way; try another.".to_owned(),
        403 => "The key or the account has no right to this.".to_owned(),
        404 => unknown(tool)?,
        409 => "It is in use in the way that Vapi says; end that first.".to_owned(),
        429 => match retry_after {
            Some(wait) => format!("Wait {} s, then try again.", wait.as_secs()),
            None => "Wait some seconds, then try again.".to_owned(),
        },
        500.. => "That is a fault on Vapi's side; it may be gone in a minute: https://status.vapi.ai.".to_owned(),
        _ => return None,
    };
    Some(line)
}

/// The list in which the ids of this tool's objects are found: the one that names its argument.
fn unknown(tool: &Tool) -> Option<String> {
    let takes = |name| {
        let mut args = tool.args.iter();
        args.any(|arg| arg.name == name && matches!(arg.at, At::Path(_)))
    };
    let list = TOOLS
        .iter()
        .find(|list| list.view.list && list.view.rest.is_some_and(|rest| takes(rest.arg)))?;
    Some(format!(
        "Nothing in this account and region has this id; {} shows what there is.",
        list.name
    ))
}

/// The list in which the ids are found that the message names.
fn missing(words: &str) -> Option<String> {
    let list = TOOLS.iter().find(|list| {
        list.view
            .rest
            .is_some_and(|rest| list.view.list && words.contains(&rest.arg.to_lowercase()))
    })?;
    Some(format!("{} shows the ids that there are.", list.name))
}
