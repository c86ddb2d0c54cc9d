//! The settings of the server: flags and environment variables.

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

/// The prefix of all variables of this program except `VAPI_TOKEN` and `VAPI_API_BASE_URL`.
pub(super) const PREFIX: &str = "VAPI_MCP_";

/// Variables that have no flag.
const WITHOUT_FLAG: &[&str] = &[
    LOG_VARIABLE,
    #[cfg(feature = "http")]
    SECRET_VARIABLE,
];

/// The variable that sets a flag.
fn variable_of(flag: &Arg) -> Option<String> {
    flag.get_long().map(variable_named)
}

fn variable_named(flag: &str) -> String {
    format!("{PREFIX}{}", flag.replace('-', "_").to_uppercase())
}

/// Parses the command line and the variables. Exits if an argument is invalid.
pub(super) fn parse(command: &Command) -> Result<ArgMatches, String> {
    let given = match with_variables(command.clone(), &|_| false).try_get_matches() {
        Ok(matches) => flags_given(&matches),
        Err(error) if error.use_stderr() => error.exit(),
        // The help, which names the variables, or the version.
        Err(_) => with_variables(command.clone(), &|_| true)
            .try_get_matches()
            .map_or_else(|help| help.exit(), |matches| flags_given(&matches)),
    };
    check_utf8(env::vars_os())?;
    // A flag overrides its variable, even if the value of the variable is invalid.
    with_variables(command.clone(), &|flag| {
        !given.iter().any(|id| flag.get_id() == id)
    })
    .try_get_matches()
    .map_err(|error| variable_error(&error))
}

/// Adds a variable to each flag of the server that `reads` accepts. Empty variables are ignored,
/// because clients pass empty fields as empty variables.
fn with_variables(command: Command, reads: &dyn Fn(&Arg) -> bool) -> Command {
    let with_variable = |flag: Arg| {
        let name = variable_of(&flag).filter(|name| reads(&flag) && !is_blank(name));
        match name {
            Some(name) => flag.env(name).hide_env_values(true),
            None => flag,
        }
    };
    let program = command.mut_args(with_variable);
    let options = program.get_arguments().filter(|flag| flag.is_global_set());
    let options: Vec<_> = options.cloned().collect();
    // Every command accepts the global options, but its help shows only those that affect it.
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
        hide(http.mut_args(with_variable), |id| {
            matches!(id, "show_secrets" | "files")
        })
    });
    program
}

fn is_blank(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| value.to_string_lossy().trim().is_empty())
}

/// The ids of the flags on the command line.
fn flags_given(matches: &ArgMatches) -> Vec<String> {
    let mut ids = Vec::new();
    let mut level = Some(matches);
    while let Some(matches) = level {
        let is_given =
            |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
        ids.extend(matches.ids().filter(is_given).map(ToString::to_string));
        level = matches.subcommand().map(|(_, inner)| inner);
    }
    ids
}

/// The error for a variable with an invalid value. It does not contain the value.
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

/// Refuses variables that are not UTF-8. If they counted as unset, a guard could be off, or the key
/// could be sent to another address.
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

/// The names of the variables that have the prefix.
fn known_variables(program: &Command) -> Vec<String> {
    // `http` is the only command whose own flags have variables.
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
    /// The closest name of a setting.
    pub(super) suggestion: Option<String>,
}

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a setting of this program", self.name)
    }
}

impl UnknownVariable {
    pub(super) fn remedy(&self) -> String {
        match &self.suggestion {
            Some(suggestion) => format!("did you mean {suggestion}?"),
            None => "unset it, or look up the correct name with --help".to_owned(),
        }
    }
}

/// Finds unknown variables in the environment, because a guard with a misspelt name would be off
/// unnoticed.
pub(super) fn unknown_variables(
    program: &Command,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Vec<UnknownVariable> {
    let known = known_variables(program);
    let names = variables.map(|(name, _)| name.to_string_lossy().into_owned());
    // Names of variables are case-insensitive on Windows.
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

/// The most similar known name.
fn closest(name: &str, known: &[String]) -> Option<String> {
    const MIN_SIMILARITY: f64 = 0.7;
    let name = name.to_ascii_uppercase();
    let suffix = name.strip_prefix(PREFIX)?;
    let scored = known.iter().filter_map(|known| {
        let score = strsim::jaro_winkler(suffix, known.strip_prefix(PREFIX)?);
        (score >= MIN_SIMILARITY).then_some((score, known))
    });
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, known)| known.clone())
}

/// A setting from the command line or the environment.
#[derive(Debug)]
pub(super) struct ExplicitSetting {
    /// The name of the flag or the variable.
    pub(super) source: String,
    pub(super) is_flag: bool,
    /// The equivalent flag.
    pub(super) flag: Flag,
}

/// The settings from the command line and the environment.
pub(super) fn explicit_settings(program: &Command, matches: &ArgMatches) -> Vec<ExplicitSetting> {
    let settings = program.get_arguments().filter_map(|flag| {
        let id = flag.get_id().as_str();
        let name = format!("--{}", flag.get_long()?);
        let is_flag = match matches.value_source(id)? {
            ValueSource::CommandLine => true,
            ValueSource::EnvVariable => false,
            _ => return None,
        };
        let value = matches.get_raw(id)?.next_back()?.to_str()?;
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

/// The arguments that set this flag in any working directory.
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
