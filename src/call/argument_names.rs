//! Argument names in Vapi's error messages. Vapi names properties of the body, which may differ
//! from the names of the arguments that the caller gave.

use std::cmp::Reverse;

use super::arguments::nested::renamed_arguments;
use crate::{catalog::Action, model::ArgTarget};

/// A message of Vapi in which the names of properties are replaced by those of the given arguments.
pub(super) fn with_argument_names(action: &Action, given: &[String], message: &str) -> String {
    let mut names = given_names(action, given);
    // Longer paths first, because shorter ones may be a part of them.
    names.sort_by_key(|(property, _)| Reverse(property.len()));
    names
        .iter()
        .fold(message.to_owned(), |message, (property, name)| {
            replace_name(&message, property, name)
        })
}

/// Paths of properties, each with the name of the given argument.
fn given_names(action: &Action, given: &[String]) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for arg in action.args {
        let ArgTarget::Body(at) = arg.at else {
            continue;
        };
        let property = at.trim_start_matches('/').replace('/', ".");
        if !property.is_empty() && property != arg.name && given.iter().any(|name| name == arg.name)
        {
            names.push((property.clone(), arg.name.to_owned()));
        }
        let nested = arg.arguments_of.into_iter().flat_map(renamed_arguments);
        for (_, nested, at) in nested {
            let name = format!("{}.{}", arg.name, nested.name);
            if given.contains(&name) {
                names.push((format!("{property}{}", at.replace('/', ".")), name));
            }
        }
    }
    for name in given {
        let overridden = action
            .overrides
            .into_iter()
            .flat_map(|over| renamed_arguments(over.arguments_of));
        for (_, arg, at) in overridden {
            let outer = name.strip_suffix(arg.name);
            if let Some(outer) = outer.and_then(|outer| outer.strip_suffix('.')) {
                let outer = outer.replace('[', ".").replace(']', "");
                names.push((format!("{outer}{}", at.replace('/', ".")), name.clone()));
            }
        }
    }
    names
}

/// Replaces a dotted path by another one, unless it is a part of a longer path.
fn replace_name(text: &str, path: &str, name: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(path) {
        let starts = !out.ends_with(is_part) || !before.is_empty();
        let starts = starts && !before.ends_with(is_part);
        let ends = !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
        out.push_str(before);
        out.push_str(if starts && ends { name } else { path });
        rest = after;
    }
    out.push_str(rest);
    out
}
