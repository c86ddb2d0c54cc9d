//! Advice on errors: one line after what happened and Vapi's message.

use std::time::Duration;

use super::{TOOLS, Tool, find};
use crate::{api::ApiError, guard::Guard, model::At};

/// What to do about this error of this tool, when there is something to say.
pub(super) fn on(tool: &Tool, error: &ApiError, guard: &Guard) -> Option<String> {
    let line = match error {
        ApiError::Status {
            status,
            message,
            retry_after,
        } => {
            let status = status.as_u16();
            return Some(on_status(tool, status, message, *retry_after, guard));
        }
        ApiError::TimedOut(_) | ApiError::Interrupted(_) => {
            "Vapi may be slow or down: https://status.vapi.ai."
        }
        ApiError::Unreachable(_) => "Check the network of the machine that runs this server.",
        ApiError::Insecure(_) => {
            "Nothing was sent. If a proxy or a virus scanner inspects TLS on this network, name a PEM \
             file that holds its CA certificate with SSL_CERT_FILE; otherwise check the clock of this \
             machine and VAPI_API_BASE_URL."
        }
        ApiError::NoAuthorities => {
            "Install the package ca-certificates on the machine that runs this server, or name a PEM \
             file of CA certificates with SSL_CERT_FILE, and start it again."
        }
        ApiError::TooLarge { .. } if tool.view.page.is_some() => {
            "Request less: a smaller limit, or a narrower range of time."
        }
        ApiError::TooLarge { .. } => "No argument makes it smaller; Vapi's dashboard shows it.",
        ApiError::Busy => "Make fewer tool calls at once.",
        ApiError::Unheard | ApiError::Request(_) => return None,
    };
    Some(line.to_owned())
}

fn on_status(
    tool: &Tool,
    status: u16,
    message: &str,
    retry_after: Option<Duration>,
    guard: &Guard,
) -> String {
    let words = message.to_lowercase();
    let says = |text: &str| words.contains(text);
    let known = match status {
        400 if says("should not exist") => hint(tool, message).map(|hint| format!("Use {hint}.")),
        400 if says("does not exist") => {
            missing(&words, guard).map(|list| format!("{} lists the existing ids.", list.name))
        }
        404 => list_of(tool).map(|list| match served(list, guard) {
            Some(list) => format!(
                "Nothing in this account and region has this id; {} lists what exists.",
                list.name
            ),
            None => "Nothing in this account and region has this id.".to_owned(),
        }),
        429 | 503 => retry_after.map(|wait| format!("Wait {} s, then try again.", wait.as_secs())),
        _ => None,
    };
    if let Some(line) = known {
        return line;
    }
    let line = match status {
        400 if says("daily") && says("limit") => {
            "Numbers bought from Vapi have a low daily limit: call from an imported number, or tomorrow."
        }
        // Not the keys of `subscriptionLimits`, which come with other refusals too.
        400 if says("concurrency limit") => {
            "The account's limit of concurrent calls is reached: wait until one ends."
        }
        400 if says("e.164") => {
            "Give the number with + and country code, for example +15550100123."
        }
        400 if says("should not exist") => {
            "Leave out the property that it names, or move it to where it belongs."
        }
        401 => {
            "Check VAPI_TOKEN: a private key (not a public one) of this region; accounts in the EU need --region eu."
        }
        402 => "The account needs credits or a payment method: Vapi's dashboard, Billing.",
        403 if says("1010") => {
            "Vapi's edge network blocks this network or a proxy on the way; try another."
        }
        403 => {
            "The key or the account has no permission for this; Vapi's dashboard shows what a key may do."
        }
        409 => "It is in use, as Vapi's message says; end that first.",
        429 => "Wait a few seconds, then try again.",
        408 | 500.. => {
            "This is an error on Vapi's side, and may be temporary: https://status.vapi.ai."
        }
        ..=399 | 404 => "This is not the address of Vapi's API: check VAPI_API_BASE_URL.",
        _ if message.is_empty() => "Vapi gave no reason that can be shown; check the arguments.",
        _ => "Correct what it names, then try again.",
    };
    line.to_owned()
}

/// What to use instead of the property that the message says should not exist.
fn hint(tool: &Tool, message: &str) -> Option<String> {
    let (before, _) = message.split_once(" should not exist")?;
    let name = before.rsplit([' ', '.', '`', '"']).next()?;
    let hinted = |tool: &Tool| {
        let hint = tool.hints.iter().find(|(known, _)| *known == name)?;
        Some(hint.1.to_owned())
    };
    let mut inner = tool.args.iter().filter_map(|arg| find(arg.arguments_of?));
    // Of a property inside another one the tool's own names say nothing.
    if before.contains('.') {
        return inner.find_map(hinted);
    }
    hinted(tool).or_else(|| {
        let over = tool.overrides?;
        let place = over.at.first()?.trim_start_matches('/');
        let other = find(over.arguments_of)?;
        let mut args = other.args.iter();
        if args.any(|arg| arg.name == name) || other.body_properties.contains(&name) {
            return Some(format!("`{place}.{name}`"));
        }
        Some(format!("{} in `{place}`", hinted(other)?))
    })
}

/// The advice on a write with an unknown outcome: Vapi cannot recognise a repetition.
pub(super) fn uncertain(tool: &Tool, guard: &Guard) -> String {
    let shows_one = tool.view.show_tool.and_then(|rest| find(rest.tool));
    let list = list_of(shows_one.unwrap_or(tool)).and_then(|list| served(list, guard));
    let with = list.map_or_else(String::new, |list| format!(" with {}", list.name));
    format!(
        "It may have been carried out anyway. Look it up{with} before you retry, or it may be \
         done twice."
    )
}

/// What to do when the answer is no JSON, whatever the tool.
pub(super) const NO_JSON: &str = "A proxy or gateway may have answered instead of Vapi: check the network and VAPI_API_BASE_URL.";

/// The tool, if it is exposed.
fn served<'a>(tool: &'a Tool, guard: &Guard) -> Option<&'a Tool> {
    guard.hides(tool).is_none().then_some(tool)
}

/// The list in which the ids are found that this tool takes: the one that names its argument.
fn list_of(tool: &Tool) -> Option<&'static Tool> {
    let takes = |name| {
        let mut args = tool.args.iter();
        args.any(|arg| arg.name == name && matches!(arg.at, At::Path(_)))
    };
    TOOLS
        .iter()
        .find(|list| list.view.list && list.view.show_tool.is_some_and(|rest| takes(rest.arg)))
}

/// The list in which the ids are found that the message names.
fn missing(words: &str, guard: &Guard) -> Option<&'static Tool> {
    let list = TOOLS.iter().find(|list| {
        list.view
            .show_tool
            .is_some_and(|rest| list.view.list && words.contains(&rest.arg.to_lowercase()))
    })?;
    served(list, guard)
}
