//! The value of `--tools`: names of tools and of profiles.

use std::str::FromStr;

use super::{API_TOOLS, TOOLS, suggest::suggest};
use crate::text::excerpt;

/// The maximum number of typing errors in a name for which another one is suggested.
const TYPING_ERRORS: usize = 2;

/// A list of names of existing tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolNames(Vec<&'static str>);

impl ToolNames {
    /// Whether it contains a name.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains(&name)
    }
}

/// Parses names that are separated by commas. A profile stands for the tools that it contains.
impl FromStr for ToolNames {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = text.split(',').map(|name| meant(name.trim()));
        let names: Vec<_> = names.collect::<Result<_, _>>()?;
        Ok(Self(names.concat()))
    }
}

/// All tools, each with its profiles.
fn tools() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let tools = TOOLS.iter().map(|tool| (tool.name, tool.profiles));
    tools.chain(API_TOOLS.iter().map(|tool| (tool.name, tool.profiles)))
}

/// The names of all profiles, in the order in which the table first names them.
pub fn profiles() -> Vec<&'static str> {
    let mut found = Vec::new();
    for profile in tools().flat_map(|(_, profiles)| profiles) {
        if !found.contains(profile) {
            found.push(*profile);
        }
    }
    found
}

/// The tools that a name stands for.
fn meant(name: &str) -> Result<Vec<&'static str>, String> {
    let found = tools().filter(|(tool, profiles)| *tool == name || profiles.contains(&name));
    let found: Vec<_> = found.map(|(tool, _)| tool).collect();
    if found.is_empty() {
        return Err(unknown(name));
    }
    Ok(found)
}

fn unknown(name: &str) -> String {
    let names: Vec<_> = tools().map(|(tool, _)| tool).collect();
    let profiles = profiles();
    let name = excerpt(name);
    let suggested = suggest(&name).map(|tool| tool.name).or_else(|| {
        let all = names.iter().chain(&profiles).copied();
        let distances = all.map(|other| (strsim::osa_distance(&name, other), other));
        let near = distances.filter(|(distance, _)| *distance <= TYPING_ERRORS);
        near.min().map(|(_, other)| other)
    });
    let meant = suggested.map_or_else(String::new, |other| format!("did you mean {other}? "));
    format!(
        "there is no tool `{name}`; {meant}there are {}, and the profiles {}",
        names.join(", "),
        profiles.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<&'static str> {
        text.parse::<ToolNames>().unwrap().0
    }

    #[test]
    fn a_profile_stands_for_its_tools_and_may_be_mixed_with_names() {
        let profiles = profiles();
        assert!(profiles.len() >= 2);
        for profile in profiles {
            let of_profile = tools().filter(|(_, profiles)| profiles.contains(&profile));
            let of_profile: Vec<_> = of_profile.map(|(tool, _)| tool).collect();
            assert_eq!(parsed(&format!(" {profile} ")), of_profile);
            let (other, _) = tools()
                .find(|(tool, _)| !of_profile.contains(tool))
                .unwrap();
            let mixed = parsed(&format!("{profile}, {other}"));
            assert_eq!(mixed, [of_profile, vec![other]].concat());
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_a_suggestion_and_all_names() {
        let name = TOOLS[0].name;
        let profiles = profiles();
        let error = ToolNames::from_str(&format!("{name}x")).unwrap_err();
        assert!(
            error.starts_with(&format!("there is no tool `{name}x`; did you mean {name}")),
            "{error}"
        );
        let profile = profiles[0];
        let error = ToolNames::from_str(&format!("{name},{profile}x")).unwrap_err();
        assert!(
            error.contains(&format!("did you mean {profile}?")),
            "{error}"
        );
        for unknown in ["", "nothing_like_it", "core whole"] {
            let error = ToolNames::from_str(unknown).unwrap_err();
            assert!(error.contains(&format!("there are {name}, ")), "{error}");
            assert!(error.ends_with(&profiles.join(", ")), "{error}");
            assert!(!error.contains("did you mean"), "{error}");
        }
        let error = ToolNames::from_str(&"x".repeat(1_000_000)).unwrap_err();
        assert!(error.len() < 2_000, "{} bytes", error.len());
    }
}
