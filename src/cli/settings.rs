//! The server's settings as data: its flags, and the variables that stand in for them.

use std::{ffi::OsString, fmt, path};

use clap::{Arg, ArgMatches, Command, CommandFactory, ValueHint, parser::ValueSource};

use super::{Cli, LOG_VARIABLE};
use crate::setup::entry::Flag;

/// What the name of every variable of this program begins with, the key's and the address's aside.
pub(super) const PREFIX: &str = "VAPI_MCP_";

/// The variables that stand in for no flag.
const ALONE: &[&str] = &[
    LOG_VARIABLE,
    #[cfg(feature = "http")]
    super::http::SECRET_VARIABLE,
];

/// The variable that stands in for a flag.
fn variable_of(flag: &Arg) -> Option<String> {
    let name = flag.get_long()?.replace('-', "_").to_uppercase();
    Some(format!("{PREFIX}{name}"))
}

/// The variables that this program reads.
fn known() -> Vec<String> {
    let program = Cli::command();
    // Of the commands, it is serving that has variables.
    let served = program.find_subcommand("http");
    let flags = [Some(&program), served].into_iter().flatten();
    let flags = flags.flat_map(Command::get_arguments);
    let alone = ALONE.iter().map(|&name| name.to_owned());
    flags.filter_map(variable_of).chain(alone).collect()
}

/// A variable that is named like one of this program's, and is none of them.
#[derive(Debug)]
pub(super) struct Unknown {
    pub(super) name: String,
    /// What may be meant.
    pub(super) near: Option<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no setting of this program", self.name)
    }
}

impl Unknown {
    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        match &self.near {
            Some(near) => format!("did you mean {near}?"),
            None => "take it away, or look for its name with --help".to_owned(),
        }
    }
}

/// Finds them in the environment: a guard that is misspelt is no guard.
pub(super) fn unknown(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<Unknown> {
    let known = known();
    let names = variables.map(|(name, _)| name.to_string_lossy().into_owned());
    // Whether capitals matter is the system's affair.
    let is_known = |name: &String| match cfg!(windows) {
        true => known.iter().any(|known| known.eq_ignore_ascii_case(name)),
        false => known.contains(name),
    };
    names
        .filter(|name| name.to_ascii_uppercase().starts_with(PREFIX) && !is_known(name))
        .map(|name| Unknown {
            near: near(&name, &known),
            name,
        })
        .collect()
}

/// The name that is most like this one.
fn near(name: &str, known: &[String]) -> Option<String> {
    const ALIKE: f64 = 0.7;
    let name = name.to_ascii_uppercase();
    let own = name.strip_prefix(PREFIX)?;
    let scored = known.iter().filter_map(|known| {
        let score = strsim::jaro_winkler(own, known.strip_prefix(PREFIX)?);
        (score >= ALIKE).then_some((score, known))
    });
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, known)| known.clone())
}

/// A setting that somebody said.
#[derive(Debug)]
pub(super) struct Said {
    /// The flag, or the variable that stands in for it.
    pub(super) by: String,
    pub(super) is_flag: bool,
    /// What says the same on a command line.
    pub(super) flag: Flag,
}

/// The settings that are said, by these words or by variables.
pub(super) fn said(words: &ArgMatches, variable: impl Fn(&str) -> Option<String>) -> Vec<Said> {
    let program = Cli::command();
    program
        .get_arguments()
        .filter_map(|flag| {
            let (by_flag, by_variable) = (format!("--{}", flag.get_long()?), variable_of(flag)?);
            let is_flag =
                words.value_source(flag.get_id().as_str()) == Some(ValueSource::CommandLine);
            let value = if is_flag {
                let mut raw = words.get_raw(flag.get_id().as_str())?;
                raw.next_back()?.to_str()?.to_owned()
            } else {
                variable(&by_variable).filter(|value| !value.trim().is_empty())?
            };
            let flag = Flag {
                words: words_of(flag, &by_flag, value.trim()),
                name: by_flag.clone(),
            };
            Some(Said {
                by: if is_flag { by_flag } else { by_variable },
                is_flag,
                flag,
            })
        })
        .collect()
}

/// What says this value of a flag wherever the program is started.
fn words_of(flag: &Arg, name: &str, value: &str) -> Vec<String> {
    if flag.is_require_equals_set() {
        let word = match value {
            "true" => name.to_owned(),
            value => format!("{name}={value}"),
        };
        return vec![word];
    }
    let absolute = match flag.get_value_hint() {
        ValueHint::AnyPath => path::absolute(value).ok(),
        _ => None,
    };
    let absolute = absolute.and_then(|path| path.into_os_string().into_string().ok());
    vec![
        name.to_owned(),
        absolute.unwrap_or_else(|| value.to_owned()),
    ]
}

#[cfg(test)]
#[cfg(all(feature = "http", feature = "sandbox"))]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// The names in quotation marks in the sources of the command line and the configuration.
    fn read_in(path: &Path, found: &mut BTreeSet<String>) {
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                read_in(&entry.unwrap().path(), found);
            }
            return;
        }
        let text = fs::read_to_string(path).unwrap();
        let names = text.split('"').filter_map(|part| {
            let name = part.strip_prefix(PREFIX)?;
            let is_name = name.chars().all(|c| c == '_' || c.is_ascii_uppercase());
            (is_name && !name.is_empty()).then(|| part.to_owned())
        });
        found.extend(names);
    }

    #[test]
    fn the_variables_that_are_known_are_those_that_are_read() {
        let mut read = BTreeSet::new();
        for source in ["src/cli", "src/config.rs"] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            read_in(&root.join(source), &mut read);
        }
        assert_eq!(read, known().into_iter().collect());
    }
}
