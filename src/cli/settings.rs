//! The server's settings: flags and their variables.

use std::{env, ffi::OsString, fmt, path};

use clap::{
    Arg, ArgMatches, Command, ValueHint,
    error::{ContextKind, ContextValue},
    parser::ValueSource,
};
use installer::entry::Flag;

use super::environment::LOG_VARIABLE;
#[cfg(feature = "http")]
use super::environment::SECRET_VARIABLE;
use super::value_parser::parse_bool;
use crate::{
    api::proxy,
    config::{BASE_URL_VARIABLE, TOKEN_VARIABLE},
};

/// What the name of every variable of this program begins with, the key's and the address's aside.
pub(super) const PREFIX: &str = "VAPI_MCP_";

/// The variables that have no flag.
const WITHOUT_FLAG: &[&str] = &[
    LOG_VARIABLE,
    #[cfg(feature = "http")]
    SECRET_VARIABLE,
];

/// The variable that stands in for a flag.
fn variable_of(flag: &Arg) -> Option<String> {
    flag.get_long().map(variable_named)
}

fn variable_named(flag: &str) -> String {
    format!("{PREFIX}{}", flag.replace('-', "_").to_uppercase())
}

/// Parses the command line and the variables. Wrong arguments end the program.
pub(super) fn parse(plain: &Command) -> Result<ArgMatches, String> {
    let program = |reads: &dyn Fn(&Arg) -> bool| with_variables(plain.clone(), reads);
    let both = program(&|_| true).try_get_matches();
    if let Err(error) = &both
        && !error.use_stderr()
    {
        // Help, or the version.
        error.exit();
    }
    check_utf8(env::vars_os())?;
    if let Ok(both) = both {
        return Ok(both);
    }
    // Either a word is wrong, or a variable: then it matters only where no flag stands for it.
    let given = flags_given(&program(&|_| false).get_matches());
    program(&|flag| !given.iter().any(|id| flag.get_id() == id))
        .try_get_matches()
        .map_err(|error| variable_error(&error))
}

/// The program, with a variable for each flag of the server that `reads` accepts. An empty variable
/// is not read: clients pass fields that were left empty as empty variables.
fn with_variables(program: Command, reads: &dyn Fn(&Arg) -> bool) -> Command {
    let with_variable = |flag: Arg| {
        let name = variable_of(&flag).filter(|name| reads(&flag) && !is_blank(name));
        match name {
            Some(name) => flag.env(name).hide_env_values(true),
            None => flag,
        }
    };
    let program = program.mut_args(with_variable);
    let options = program.get_arguments().filter(|flag| flag.is_global_set());
    let options: Vec<_> = options.cloned().collect();
    // A command takes the options that matter to others only, but its help does not show them.
    let hide = |command: Command, hides: fn(&str) -> bool| {
        let hidden = options.iter().filter(|flag| hides(flag.get_id().as_str()));
        command.args(hidden.map(|flag| flag.clone().hide(true)))
    };
    let program = program
        .mut_subcommand("doctor", |doctor| {
            hide(doctor, |id| {
                matches!(id, "max_result_bytes" | "show_secrets")
            })
        })
        .mut_subcommand("tools", |tools| {
            hide(tools, |id| !matches!(id, "read_only" | "tools"))
        })
        .mut_subcommand("setup", |setup| {
            setup
                .mut_subcommand("status", |status| hide(status, |_| true))
                .mut_subcommand("remove", |remove| hide(remove, |_| true))
        });
    #[cfg(feature = "sandbox")]
    let program = program.mut_subcommand("demo", |demo| hide(demo, |_| true));
    #[cfg(all(feature = "http", feature = "sandbox"))]
    let program = program.mut_subcommand("sandbox", |sandbox| hide(sandbox, |_| true));
    #[cfg(feature = "http")]
    let program = program.mut_subcommand("http", |http| {
        hide(http.mut_args(with_variable), |id| id == "show_secrets")
    });
    program
}

fn is_blank(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| value.to_string_lossy().trim().is_empty())
}

/// The ids of the flags that are given as words.
fn flags_given(words: &ArgMatches) -> Vec<String> {
    let mut ids = Vec::new();
    let mut level = Some(words);
    while let Some(words) = level {
        let said =
            |id: &&clap::Id| words.value_source(id.as_str()) == Some(ValueSource::CommandLine);
        ids.extend(words.ids().filter(said).map(ToString::to_string));
        level = words.subcommand().map(|(_, words)| words);
    }
    ids
}

/// The error for a variable whose value is wrong; the value is not repeated.
fn variable_error(error: &clap::Error) -> String {
    use std::error::Error as _;
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(" or ")),
        _ => None,
    };
    let flag = text(ContextKind::InvalidArg).unwrap_or_default();
    let flag = flag.trim_start_matches('-');
    let name = flag.split([' ', '=', '[']).next().unwrap_or_default();
    let reason = error.source().map(ToString::to_string);
    let reason = reason.or_else(|| Some(format!("it must be {}", text(ContextKind::ValidValue)?)));
    format!(
        "{} cannot be used: {}",
        variable_named(name),
        reason.unwrap_or_else(|| error.to_string())
    )
}

/// A variable that is not UTF-8 would count as unset, so a guard might be off or the key sent
/// elsewhere.
fn check_utf8(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<(), String> {
    for (name, value) in variables {
        let name = name.to_string_lossy();
        let is_read = name.starts_with(PREFIX)
            || [TOKEN_VARIABLE, BASE_URL_VARIABLE].contains(&&*name)
            || proxy::VARIABLES.contains(&&*name);
        if is_read && value.to_str().is_none() {
            return Err(format!("{name} cannot be used: it is not UTF-8"));
        }
    }
    Ok(())
}

/// The variables that this program reads.
fn known(program: &Command) -> Vec<String> {
    // Of the commands, it is serving that has variables.
    let served = program.find_subcommand("http");
    let flags = [Some(program), served].into_iter().flatten();
    let flags = flags.flat_map(Command::get_arguments);
    let others = WITHOUT_FLAG.iter().map(|&name| name.to_owned());
    flags.filter_map(variable_of).chain(others).collect()
}

/// An unknown variable with this program's prefix.
#[derive(Debug)]
pub(super) struct UnknownVariable {
    pub(super) name: String,
    /// What may be meant.
    pub(super) suggestion: Option<String>,
}

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a setting of this program", self.name)
    }
}

impl UnknownVariable {
    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        match &self.suggestion {
            Some(suggestion) => format!("did you mean {suggestion}?"),
            None => "unset it, or find the right name with --help".to_owned(),
        }
    }
}

/// Finds unknown variables in the environment, because a misspelt guard is silently off.
pub(super) fn unknown_variables(
    program: &Command,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Vec<UnknownVariable> {
    let known = known(program);
    let names = variables.map(|(name, _)| name.to_string_lossy().into_owned());
    // Whether capitals matter is the system's affair.
    let is_known = |name: &String| match cfg!(windows) {
        true => known.iter().any(|known| known.eq_ignore_ascii_case(name)),
        false => known.contains(name),
    };
    names
        .filter(|name| name.to_ascii_uppercase().starts_with(PREFIX) && !is_known(name))
        .map(|name| UnknownVariable {
            suggestion: closest(&name, &known),
            name,
        })
        .collect()
}

/// The name that is most like this one.
fn closest(name: &str, known: &[String]) -> Option<String> {
    const MIN_SIMILARITY: f64 = 0.7;
    let name = name.to_ascii_uppercase();
    let own = name.strip_prefix(PREFIX)?;
    let scored = known.iter().filter_map(|known| {
        let score = strsim::jaro_winkler(own, known.strip_prefix(PREFIX)?);
        (score >= MIN_SIMILARITY).then_some((score, known))
    });
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, known)| known.clone())
}

/// A setting that was given.
#[derive(Debug)]
pub(super) struct ExplicitSetting {
    /// The flag, or the variable that stands in for it.
    pub(super) source: String,
    pub(super) is_flag: bool,
    /// The equivalent flag.
    pub(super) flag: Flag,
}

/// The settings that were given, as flags or variables.
pub(super) fn explicit_settings(program: &Command, words: &ArgMatches) -> Vec<ExplicitSetting> {
    let settings = program.get_arguments().filter_map(|flag| {
        let id = flag.get_id().as_str();
        let name = format!("--{}", flag.get_long()?);
        let is_flag = match words.value_source(id)? {
            ValueSource::CommandLine => true,
            ValueSource::EnvVariable => false,
            _ => return None,
        };
        let value = words.get_raw(id)?.next_back()?.to_str()?;
        Some(ExplicitSetting {
            source: match is_flag {
                true => name.clone(),
                false => variable_of(flag)?,
            },
            is_flag,
            flag: Flag {
                arguments: flag_arguments(flag, &name, value.trim()),
                name,
            },
        })
    });
    settings.collect()
}

/// The arguments that set this flag, whatever the working directory.
fn flag_arguments(flag: &Arg, name: &str, value: &str) -> Vec<String> {
    if flag.is_require_equals_set() {
        let word = match parse_bool(value) {
            Ok(true) => name.to_owned(),
            _ => format!("{name}=false"),
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
