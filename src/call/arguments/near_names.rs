//! Refuses unknown names that are close to known ones, because they would otherwise be ignored.

use super::control;
use crate::{
    catalog::{ApiTool, Tool},
    model::{ApiToolKind, Effect},
};

/// Shorter names are not compared letter by letter, because a different letter makes another word.
pub(super) const MIN_LENGTH: usize = 4;

/// Longer names are not compared letter by letter; no known name is as long.
pub(super) const MAX_LENGTH: usize = 64;

/// The known names of a tool.
pub(crate) struct KnownNames {
    /// Arguments and properties of the body, each also folded.
    known: Vec<(&'static str, String)>,
    /// Control arguments.
    control: Vec<ControlName>,
    tool: &'static str,
    /// Names that are often used by mistake, and what to use instead.
    hints: &'static [(&'static str, &'static str)],
}

struct ControlName {
    name: String,
    letters: String,
    /// Whether the tool has this control argument. If it does not, similar names are still refused.
    exists: bool,
}

impl KnownNames {
    pub(super) fn of(tool: &Tool) -> Self {
        let args = tool
            .args
            .iter()
            .flat_map(|arg| std::iter::once(arg.name).chain(arg.aliases.iter().copied()));
        let known = args.chain(tool.operation.body_properties.iter().copied());
        let mut control: Vec<_> = control::names(tool)
            .map(|name| ControlName::new(name, true))
            .collect();
        // A caller that passes `dryRun` to a tool that writes does not want a write.
        if matches!(tool.effect, Effect::Write | Effect::Delete | Effect::Spend) {
            control.push(ControlName::new(control::DRY_RUN.to_owned(), false));
        }
        Self {
            known: known.map(|name| (name, folded(name))).collect(),
            control,
            tool: tool.name,
            hints: tool.hints,
        }
    }

    pub(crate) fn of_api(tool: &ApiTool) -> Self {
        let (control, known): (Vec<&str>, Vec<&str>) = tool
            .args
            .iter()
            .copied()
            .partition(|name| control::OF_API_TOOLS.contains(name));
        let mut control: Vec<_> = control
            .into_iter()
            .map(|name| ControlName::new(name.to_owned(), true))
            .collect();
        if tool.kind == ApiToolKind::Send && !tool.args.contains(&control::FIELDS) {
            control.push(ControlName::new(control::FIELDS.to_owned(), true));
        }
        Self {
            known: known.into_iter().map(|name| (name, folded(name))).collect(),
            control,
            tool: tool.name,
            hints: &[],
        }
    }

    /// The reason why an unknown name is refused; `None` if it is not refused.
    pub(crate) fn rejection(&self, name: &str) -> Option<String> {
        if let Some(control) = self.control.iter().find(|control| control.is_near(name)) {
            return Some(if control.exists {
                format!("is not known; did you mean `{}`?", control.name)
            } else {
                format!("{} has no dry run; leave it out to run the tool", self.tool)
            });
        }
        if name.len() > MAX_LENGTH {
            return None;
        }
        let key = folded(name);
        let mut hints = self.hints.iter();
        if let Some((_, hint)) = hints.find(|(known, _)| folded(known) == key) {
            return Some(format!("is not known; use {hint}"));
        }
        let near = self.known.iter().find(|(known, known_key)| {
            *known_key == key
                || (name.len() >= MIN_LENGTH
                    && known.len() >= MIN_LENGTH
                    && is_within(1, known, name))
        });
        near.map(|(known, _)| format!("is not known; did you mean `{known}`?"))
    }

    /// The control argument that a key inside another argument equals or resembles.
    pub(super) fn control_argument(&self, key: &str) -> Option<&str> {
        let letters = letters(key);
        let control = self
            .control
            .iter()
            .find(|control| control.is_contained_in(&letters))?;
        Some(&control.name)
    }
}

/// Whether a name equals or resembles `dryRun`.
pub(crate) fn asks_for_dry_run(name: &str) -> bool {
    ControlName::new(control::DRY_RUN.to_owned(), true).is_near(name)
}

/// The control argument of tools that write that a key in a body equals or resembles.
pub(super) fn control_of_writes(key: &str) -> Option<&'static str> {
    let letters = letters(key);
    [control::DRY_RUN, control::ALLOW_DUPLICATE]
        .into_iter()
        .find(|name| ControlName::new((*name).to_owned(), true).is_contained_in(&letters))
}

impl ControlName {
    fn new(name: String, exists: bool) -> Self {
        Self {
            letters: letters(&name),
            name,
            exists,
        }
    }

    /// Whether an unknown name may mean this one.
    fn is_near(&self, name: &str) -> bool {
        /// Minimum number of letters of a part of the name, and of a common prefix.
        const MIN_PART: usize = 3;
        const MIN_PREFIX: usize = 7;
        let letters = letters(name);
        let shared = self.letters.bytes().zip(letters.bytes());
        self.is_contained_in(&letters)
            || (letters.len() >= MIN_PART && self.letters.contains(&letters))
            || shared.take_while(|(one, other)| one == other).count() >= MIN_PREFIX
            || (self.name == control::DRY_RUN && is_dry(&letters))
    }

    /// Whether a name contains this one or differs from it by a typing error.
    fn is_contained_in(&self, letters: &str) -> bool {
        let distance = if self.letters.len() > 8 { 2 } else { 1 };
        letters.contains(&self.letters)
            || (letters.len() >= MIN_LENGTH && is_within(distance, &self.letters, letters))
    }
}

/// Whether a name asks for a dry run in other words: `dryMode`, `isDry`.
fn is_dry(letters: &str) -> bool {
    letters
        .strip_prefix("is")
        .unwrap_or(letters)
        .starts_with("dry")
}

/// The name's letters, in lower case.
fn letters(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The name without case, `_` and `-`.
pub(crate) fn folded(name: &str) -> String {
    name.replace(['_', '-'], "").to_lowercase()
}

/// Whether two names differ by at most this many inserted, missing, replaced or swapped letters.
pub(super) fn is_within(distance: usize, one: &str, other: &str) -> bool {
    one.len().abs_diff(other.len()) <= 4 * distance
        && other.len() <= MAX_LENGTH
        && strsim::osa_distance(one, other) <= distance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::TOOLS;

    fn tool(effect: Effect) -> &'static Tool {
        TOOLS.iter().find(|tool| tool.effect == effect).unwrap()
    }

    fn waiting() -> &'static Tool {
        TOOLS.iter().find(|tool| tool.wait.is_some()).unwrap()
    }

    fn paging() -> &'static Tool {
        TOOLS.iter().find(|tool| tool.view.page.is_some()).unwrap()
    }

    #[test]
    fn every_near_miss_of_a_control_argument_is_refused() {
        let dial = [
            "dry run",
            "isDryRun",
            "dryRunOnly",
            "DRY_RUN",
            "dry-run",
            "dry.run",
            "dryrun",
            "Dry Run ",
            "dry\u{200b}Run",
            "dryRun2",
            "dry",
            "dryMode",
            "isDry",
            "dryRn",
            "dyrRun",
            "dryRuns",
            "doDryRun",
            "x-dry-run",
        ];
        let again = [
            "allow_duplicate",
            "allowDuplicates",
            "ALLOW DUPLICATE",
            "allowDup",
            "duplicate",
            "allowDuplicateCall",
            "alowDuplicate",
            "allowDuplicateCalls",
            "allowDuplikate",
        ];
        let fields = [
            "field",
            "FIELDS",
            "field s",
            "fieldsToShow",
            "onlyFields",
            "fiedls",
        ];
        let cursor = [
            "nextCursor",
            "cursors",
            "CURSOR",
            "page_cursor",
            "curser",
            "curs",
        ];
        let timeout = [
            "timeout",
            "timeout_seconds",
            "timeoutSec",
            "timeoutMs",
            "TimeoutSecond",
            "seconds",
        ];
        for (tool, keys, meant) in [
            (tool(Effect::Dial), &dial[..], "dryRun"),
            (tool(Effect::Dial), &again, "allowDuplicate"),
            (tool(Effect::Read), &fields, "fields"),
            (paging(), &cursor, "cursor"),
            (waiting(), &timeout, "timeoutSeconds"),
        ] {
            let names = KnownNames::of(tool);
            for key in keys {
                assert_eq!(
                    names.rejection(key).as_deref(),
                    Some(format!("is not known; did you mean `{meant}`?").as_str()),
                    "{key}"
                );
            }
        }
    }

    #[test]
    fn a_writing_tool_without_a_dry_run_refuses_a_request_for_one() {
        let names = KnownNames::of(tool(Effect::Write));
        for key in ["dryRun", "dry run", "isDryRun", "DRY_RUN"] {
            assert!(
                names.rejection(key).unwrap().contains("has no dry run"),
                "{key}"
            );
        }
        assert_eq!(names.rejection("newProperty"), None);
    }

    #[test]
    fn other_unknown_names_are_passed_on() {
        let names = KnownNames::of(tool(Effect::Dial));
        for key in [
            "campaignName",
            "recipients",
            "allowRecording",
            "retries",
            "a",
            "",
            "日本",
            "tag",
        ] {
            assert_eq!(names.rejection(key), None, "{key}");
        }
        assert_eq!(names.rejection(&"x".repeat(1_000_000)), None);
    }

    #[test]
    fn no_known_argument_looks_like_a_control_argument_inside_another() {
        for tool in TOOLS.iter().filter(|tool| tool.effect == Effect::Dial) {
            let names = KnownNames::of(tool);
            for known in tool
                .args
                .iter()
                .map(|arg| arg.name)
                .chain(tool.operation.body_properties.iter().copied())
            {
                assert_eq!(names.control_argument(known), None, "{known}");
            }
        }
    }
}
