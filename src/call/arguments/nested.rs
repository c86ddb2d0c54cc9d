//! Arguments of one tool inside an argument of another: a tool that takes a whole object accepts
//! the arguments of the tool that creates such objects.

use serde_json::Value;

use super::{body, value::checked};
use crate::{
    argument_error::{ArgumentErrors, ArgumentPath},
    bounds::Bounds,
    catalog::{Tool, find},
    model::{Arg, ArgTarget},
};

/// The arguments of the named tool whose names differ from the properties that they set, each with
/// its pointer into the body.
pub(crate) fn renamed_arguments(
    tool: &'static str,
) -> impl Iterator<Item = (&'static Tool, &'static Arg, &'static str)> {
    find(tool).into_iter().flat_map(|tool| {
        tool.args.iter().filter_map(move |arg| match arg.at {
            ArgTarget::Body(at) if at.strip_prefix('/') != Some(arg.name) => Some((tool, arg, at)),
            _ => None,
        })
    })
}

/// Moves the values of such arguments to their properties in a complete body, and adds the defaults
/// of objects that this creates.
pub(super) fn expand(
    tool: &'static str,
    path: ArgumentPath<'_>,
    body: &mut Value,
    left: &mut Bounds,
    errors: &mut ArgumentErrors,
) {
    refuse_hinted(tool, path, body, errors);
    let mut filled = Vec::new();
    for (tool, arg, at) in renamed_arguments(tool) {
        let Some(value) = take(body, arg.name) else {
            continue;
        };
        filled.extend(at.split('/').nth(1));
        match checked(tool, arg, value, left) {
            Ok(None) => {}
            Ok(Some(value)) => {
                if let Err(conflict) = body::write_argument(body, arg, at, value) {
                    errors.add(|| conflict.error(&ArgumentPath::Key(&path, arg.name).to_string()));
                }
            }
            Err(wrong) => errors.extend_below(&path.to_string(), wrong),
        }
    }
    for (_, arg, at) in renamed_arguments(tool) {
        // Defaults are added only to objects some properties of which were set above.
        let is_filled = at
            .strip_prefix('/')
            .is_some_and(|top| filled.contains(&top));
        let default = arg.default.filter(|_| is_filled).map(body::constant);
        if let Some(default) = default.filter(|default| body::is_free(body, at, default)) {
            // There is no value at the pointer, so there is no conflict.
            let _ = body::write_argument(body, arg, at, default);
        }
    }
}

/// Removes the value of a key from an object; null counts as no value.
pub(crate) fn take(object: &mut Value, key: &str) -> Option<Value> {
    let value = object.as_object_mut()?.shift_remove(key)?;
    (!value.is_null()).then_some(value)
}

/// Refuses names in a part of a body if the other tool has a hint for them.
pub(crate) fn refuse_hinted(
    tool: &'static str,
    path: ArgumentPath<'_>,
    body: &Value,
    errors: &mut ArgumentErrors,
) {
    let hints = find(tool).into_iter().flat_map(|tool| tool.hints);
    for (name, hint) in hints.filter(|(name, _)| body.get(name).is_some_and(|it| !it.is_null())) {
        errors.add(|| {
            let reason = format!("is not known here; use {hint}");
            path.key(name).error(reason)
        });
    }
}
