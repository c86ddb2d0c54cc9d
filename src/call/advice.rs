//! Advice on errors: one line after the error and Vapi's message.

use std::time::Duration;

use crate::{
    api::ApiError,
    argument_error::ArgumentError,
    catalog::{Action, TOOLS, Tool, Toolset, find},
    guard::MissingArgument,
    model::{Arg, ArgTarget},
};

/// Advice on an error, if there is any.
pub(super) fn on(action: &Action, error: &ApiError, toolset: &Toolset) -> Option<String> {
    let line = match error {
        ApiError::Status {
            status,
            message,
            retry_after,
        } => {
            let status = status.as_u16();
            return Some(on_status(action, status, message, *retry_after, toolset));
        }
        ApiError::TimedOut(_) | ApiError::Interrupted(_) => {
            "Vapi may be slow or down: https://status.vapi.ai."
        }
        ApiError::Unreachable(_) => "Check the network of the machine that runs this server.",
        ApiError::Insecure(_) => {
            "Nothing was sent. If a proxy or a virus scanner inspects TLS on this network, set \
             SSL_CERT_FILE to a PEM file that contains its CA certificate; otherwise check the \
             clock of this machine and VAPI_API_BASE_URL."
        }
        ApiError::NoAuthorities => {
            "Install the package ca-certificates on the machine that runs this server, or set \
             SSL_CERT_FILE to a PEM file of CA certificates, and restart the server."
        }
        ApiError::TooLarge { .. } if has_limit(action) => {
            "Request less: a smaller limit, or a narrower time range."
        }
        ApiError::TooLarge { .. } => {
            "No argument makes the response smaller; use Vapi's dashboard instead."
        }
        ApiError::File(_) => "Get the file in Vapi's dashboard.",
        ApiError::Busy => "Make fewer tool calls at once.",
        ApiError::ClientGone | ApiError::Request(_) => return None,
    };
    Some(line.to_owned())
}

/// Whether the number of rows of the response can be limited.
fn has_limit(action: &Action) -> bool {
    let pages = action.view.pages;
    action.view.page.is_some() || pages.is_some_and(|pages| pages.limit.is_some())
}

/// The advice on an id that does not exist.
pub(super) const NO_SUCH_ID: &str = "Nothing in this account and region has this id.";

fn on_status(
    action: &Action,
    status: u16,
    message: &str,
    retry_after: Option<Duration>,
    toolset: &Toolset,
) -> String {
    let words = message.to_lowercase();
    let mentions = |text: &str| words.contains(text);
    let known = match status {
        400 if mentions("should not exist") => {
            hint(action, message).map(|hint| format!("Use {hint}."))
        }
        400 if mentions("does not exist") => list_named_in(&words, toolset)
            .map(|list| format!("{} lists the existing ids.", list.name)),
        404 if list_of(action.args).is_none() && action.operation.path.contains('{') => {
            Some(NO_SUCH_ID.to_owned())
        }
        404 => list_of(action.args).map(|list| match exposed(list, toolset) {
            Some(list) => format!(
                "Nothing in this account and region has this id; {} lists what exists.",
                list.name
            ),
            None => NO_SUCH_ID.to_owned(),
        }),
        429 | 503 => retry_after.map(|wait| format!("Wait {} s, then try again.", wait.as_secs())),
        _ => None,
    };
    if let Some(line) = known {
        return line;
    }
    let line = match status {
        400 if mentions("daily") && mentions("limit") => {
            "Numbers bought from Vapi have a low daily limit: call from an imported number, or tomorrow."
        }
        // This does not match the keys of `subscriptionLimits`, which other refusals also contain.
        400 if mentions("concurrency limit") => {
            "The account's limit of concurrent calls is reached: wait until one ends."
        }
        400 if mentions("e.164") => {
            "Give the number with + and country code, for example +15550100123."
        }
        400 if mentions("should not exist") => {
            "Leave out the property that the message names, or move it to the object to which it belongs."
        }
        401 => {
            "Check VAPI_TOKEN: a private key (not a public one) of this region; accounts in the EU need --region eu."
        }
        402 => "The account needs credits or a payment method: Vapi's dashboard, Billing.",
        403 if mentions("1010") => {
            "Vapi's edge network blocks this network or a proxy on the way; try another."
        }
        403 => {
            "The key or the account has no permission for this; Vapi's dashboard shows what a key may do."
        }
        409 => "The object is in use, as Vapi's message says; stop that use first.",
        429 => "Wait a few seconds, then try again.",
        408 | 500.. => {
            "This is an error on Vapi's side, and may be temporary: https://status.vapi.ai."
        }
        ..=399 | 404 => "This is not the address of Vapi's API: check VAPI_API_BASE_URL.",
        _ if message.is_empty() => "Vapi gave no reason that can be shown; check the arguments.",
        _ => "Correct the fields that the message names, then try again.",
    };
    line.to_owned()
}

/// The replacement for a property that, according to the message, should not exist.
fn hint(action: &Action, message: &str) -> Option<String> {
    let (before, _) = message.split_once(" should not exist")?;
    let name = before.rsplit([' ', '.', '`', '"']).next()?;
    let hinted = |hints: &[(&str, &str)]| {
        let hint = hints.iter().find(|(known, _)| *known == name)?;
        Some(hint.1.to_owned())
    };
    let mut nested = action.args.iter().filter_map(|arg| find(arg.arguments_of?));
    // The tool's own hints apply to top-level properties.
    if before.contains('.') {
        return nested.find_map(|tool| hinted(tool.hints));
    }
    hinted(action.hints).or_else(|| {
        let over = action.overrides?;
        let place = over.at.first()?.trim_start_matches('/');
        let other = find(over.arguments_of)?;
        let mut args = other.args.iter();
        if args.any(|arg| arg.name == name) || other.operation.body_properties.contains(&name) {
            return Some(format!("`{place}.{name}`"));
        }
        Some(format!("{} in `{place}`", hinted(other.hints)?))
    })
}

/// The advice on a write with an unknown outcome.
pub(super) fn uncertain(action: &Action, toolset: &Toolset) -> String {
    let detail = action.view.show_tool.and_then(|rest| find(rest.tool));
    let list = list_of(detail.map_or(action.args, |tool| tool.args));
    let list = list.and_then(|list| exposed(list, toolset));
    let with = list.map_or_else(String::new, |list| format!(" with {}", list.name));
    format!(
        "It may have been carried out anyway. Look it up{with} before you retry, or it may be \
         done twice."
    )
}

/// The advice if the response is not JSON.
pub(super) const NO_JSON: &str = "A proxy or gateway may have answered instead of Vapi: check the network and VAPI_API_BASE_URL.";

/// The tool, if it is exposed.
fn exposed<'a>(tool: &'a Tool, toolset: &Toolset) -> Option<&'a Tool> {
    toolset.has(tool).then_some(tool)
}

/// The list tool for the ids that one of these arguments takes.
fn list_of(args: &[Arg]) -> Option<&'static Tool> {
    let takes = |name| {
        let mut args = args.iter();
        args.any(|arg| arg.name == name && matches!(arg.at, ArgTarget::Path(_)))
    };
    TOOLS
        .iter()
        .find(|list| list.view.list && list.view.show_tool.is_some_and(|rest| takes(rest.arg)))
}

/// The list tool for the kind of ids that a message names.
fn list_named_in(words: &str, toolset: &Toolset) -> Option<&'static Tool> {
    let list = TOOLS.iter().find(|list| {
        list.view
            .show_tool
            .is_some_and(|rest| list.view.list && words.contains(&rest.arg.to_lowercase()))
    })?;
    exposed(list, toolset)
}

/// The error for an argument that the guard requires.
pub(super) fn on_missing(missing: MissingArgument, toolset: &Toolset) -> ArgumentError {
    match missing {
        MissingArgument::Part(place, reason) => ArgumentError::new(place, reason),
        MissingArgument::One(names, why) => {
            let choice = choice(&names, toolset);
            let first = names.first().copied().unwrap_or_default();
            ArgumentError::new(first, format!("is missing: {why}; give {choice}"))
        }
    }
}

/// The names as a choice, with the tools that list their ids.
fn choice(names: &[&str], toolset: &Toolset) -> String {
    let described = names.iter().map(|name| match lister(name) {
        Some(list) if toolset.has(list) => format!("{name} ({} shows the ids)", list.name),
        _ => (*name).to_owned(),
    });
    let mut described: Vec<_> = described.collect();
    match described.pop() {
        Some(last) if described.is_empty() => last,
        Some(last) => format!("{} or {last}", described.join(", ")),
        None => String::new(),
    }
}

/// The list tool for the ids that this argument takes.
fn lister(argument: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| {
        let rest = tool.view.show_tool.filter(|_| tool.view.list);
        rest.is_some_and(|rest| rest.arg == argument)
    })
}
