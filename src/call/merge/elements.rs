//! Arguments that set a part of one element of a list, such as the system prompt among the messages:
//! the other stored elements remain.

use serde_json::Value;

use crate::{
    call::{overrides::with_element, tool_call::ToolCall},
    catalog::Action,
    json::Tree,
    model::{Arg, ArgTarget},
};

/// Replaces the list with one element that such an argument made by the stored list, in which this
/// element is changed or added.
pub(super) fn complete(call: &mut ToolCall, stored: &Tree) {
    let ToolCall { action, names, .. } = call;
    let Action { args, request, .. } = action;
    for arg in args
        .iter()
        .filter(|arg| names.iter().any(|name| name == arg.name))
    {
        let Some((list, key)) = element(arg) else {
            continue;
        };
        let Some(Value::Array(kept)) = stored.at(list).map(Tree::value) else {
            continue;
        };
        let body = request.body_mut();
        let Some(Value::Array(given)) = body.pointer_mut(list) else {
            continue;
        };
        let made = |item: &Value| {
            let members = item.as_object().map_or(0, |members| members.len());
            item.get(key).is_some() && members == arg.constants.len() + 1
        };
        if let [item] = given.as_mut_slice()
            && made(item)
            && let Some(value) = item.get_mut(key).map(Value::take)
        {
            *given = with_element(kept, key, value, arg);
        }
    }
}

/// The list and the key of an argument in its first element.
fn element(arg: &Arg) -> Option<(&'static str, &'static str)> {
    match arg.at {
        ArgTarget::Body(at) => at.split_once("/0/"),
        _ => None,
    }
}
