//! Names that are close to known ones: a call with one of them is refused, because it would
//! silently be ignored.

use super::control;
use crate::{catalog::Tool, model::Effect};

/// A letter more or less makes another word of a shorter one.
const SHORTEST: usize = 4;

/// Longer names are not compared letter by letter; no known name is as long.
const LONGEST: usize = 64;

/// The names that a tool knows.
pub(super) struct Names {
    /// Those of arguments and of properties of the body, each also folded.
    known: Vec<(&'static str, String)>,
    /// Those of control arguments.
    control: Vec<Control>,
    tool: &'static str,
    /// Names that are often used by mistake, and what to use instead.
    hints: &'static [(&'static str, &'static str)],
}

struct Control {
    name: String,
    letters: String,
    /// Whether the tool takes it; otherwise it is one that must not be ignored.
    taken: bool,
}

impl Names {
    pub(super) fn of(tool: &Tool) -> Self {
        let args = tool
            .args
            .iter()
            .flat_map(|arg| std::iter::once(arg.name).chain(arg.aliases.iter().copied()));
        let known = args.chain(tool.operation.body_properties.iter().copied());
        let mut control: Vec<_> = control::names(tool)
            .map(|name| Control::of(name, true))
            .collect();
        // Who asks a tool that writes for a dry run does not want anything to be written.
        if tool.effect != Effect::Read && tool.effect != Effect::Dial {
            control.push(Control::of(control::DRY_RUN.to_owned(), false));
        }
        Self {
            known: known.map(|name| (name, folded(name))).collect(),
            control,
            tool: tool.name,
            hints: tool.hints,
        }
    }

    /// Why an unknown name is refused, if it is.
    pub(super) fn refuse(&self, name: &str) -> Option<String> {
        if let Some(control) = self.control.iter().find(|control| control.is_near(name)) {
            return Some(if control.taken {
                format!("is not known; did you mean `{}`?", control.name)
            } else {
                format!("{} has no dry run; leave it out to run the tool", self.tool)
            });
        }
        if name.len() > LONGEST {
            return None;
        }
        let fold = folded(name);
        let mut hints = self.hints.iter();
        if let Some((_, hint)) = hints.find(|(known, _)| folded(known) == fold) {
            return Some(format!("is not known; use {hint}"));
        }
        let near = self.known.iter().find(|(known, known_fold)| {
            *known_fold == fold
                || (name.len() >= SHORTEST && known.len() >= SHORTEST && differ_by(1, known, name))
        });
        near.map(|(known, _)| format!("is not known; did you mean `{known}`?"))
    }

    /// The control argument that a key inside an argument is, or almost is.
    pub(super) fn misplaced(&self, key: &str) -> Option<&str> {
        let letters = letters(key);
        let control = self
            .control
            .iter()
            .find(|control| control.is_inside(&letters))?;
        Some(&control.name)
    }
}

impl Control {
    fn of(name: String, taken: bool) -> Self {
        Self {
            letters: letters(&name),
            name,
            taken,
        }
    }

    /// Whether a name that is not known is near enough that this one may be meant.
    fn is_near(&self, name: &str) -> bool {
        /// The fewest letters of a part of a name, and of a beginning that two names share.
        const PART: usize = 3;
        const BEGINNING: usize = 7;
        let letters = letters(name);
        let shared = self.letters.bytes().zip(letters.bytes());
        self.is_inside(&letters)
            || (letters.len() >= PART && self.letters.contains(&letters))
            || shared.take_while(|(one, other)| one == other).count() >= BEGINNING
            || (self.name == control::DRY_RUN && is_dry(&letters))
    }

    /// Whether a name holds this one or differs from it by a slip.
    fn is_inside(&self, letters: &str) -> bool {
        let slips = if self.letters.len() > 8 { 2 } else { 1 };
        letters.contains(&self.letters)
            || (letters.len() >= SHORTEST && differ_by(slips, &self.letters, letters))
    }
}

/// Whether the letters of a name ask for something dry: `dryMode`, `isDry`.
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
fn folded(name: &str) -> String {
    name.replace(['_', '-'], "").to_lowercase()
}

/// Whether two names differ by at most this many letters that are inserted, left out, replaced or
/// exchanged.
fn differ_by(slips: usize, one: &str, other: &str) -> bool {
    one.len().abs_diff(other.len()) <= 4 * slips
        && other.len() <= LONGEST
        && strsim::osa_distance(one, other) <= slips
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
    fn whatever_is_almost_a_control_argument_is_refused() {
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
            let names = Names::of(tool);
            for key in keys {
                assert_eq!(
                    names.refuse(key).as_deref(),
                    Some(format!("is not known; did you mean `{meant}`?").as_str()),
                    "{key}"
                );
            }
        }
    }

    #[test]
    fn a_tool_that_writes_without_a_dry_run_refuses_to_be_asked_for_one() {
        let names = Names::of(tool(Effect::Write));
        for key in ["dryRun", "dry run", "isDryRun", "DRY_RUN"] {
            assert!(
                names.refuse(key).unwrap().contains("has no dry run"),
                "{key}"
            );
        }
        assert_eq!(names.refuse("newProperty"), None);
    }

    #[test]
    fn names_of_another_kind_are_left_to_vapi() {
        let names = Names::of(tool(Effect::Dial));
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
            assert_eq!(names.refuse(key), None, "{key}");
        }
        assert_eq!(names.refuse(&"x".repeat(1_000_000)), None);
    }

    #[test]
    fn no_known_argument_looks_like_a_control_argument_inside_another() {
        for tool in TOOLS.iter().filter(|tool| tool.effect == Effect::Dial) {
            let names = Names::of(tool);
            for known in tool
                .args
                .iter()
                .map(|arg| arg.name)
                .chain(tool.operation.body_properties.iter().copied())
            {
                assert_eq!(names.misplaced(known), None, "{known}");
            }
        }
    }
}
