//! The flags of the guard, and the variables that stand in for them.

use std::path::PathBuf;

use clap::Args;

use crate::{
    config::{ConfigError, setting},
    guard::{
        hours::CallHours,
        patterns::{Allowed, Denied},
        rules::{Chosen, Effects, Rate, Rules},
    },
};

#[derive(Clone, Debug, Args)]
pub(super) struct Flags {
    /// Offer reading tools alone
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", global = true)]
    read_only: Option<bool>,
    /// Offer these tools alone, as NAME,NAME
    #[arg(long, value_name = "NAMES", global = true)]
    tools: Option<Chosen>,
    /// Allow calls only to these number prefixes and SIP addresses, for example +1,+4420,sip:*@example.com
    #[arg(long, value_name = "LIST", global = true)]
    allow_destinations: Option<Allowed>,
    /// Never call these, in the same form; they win over the allowed
    #[arg(long, value_name = "LIST", global = true)]
    deny_destinations: Option<Denied>,
    /// Call only between these hours in the recipient's time zone, for example 9-20 or 09:30-20:00
    #[arg(long, value_name = "HOURS", global = true)]
    call_hours: Option<CallHours>,
    /// Place at most so many calls, as 5/hour or 20/day
    #[arg(long, value_name = "RATE", global = true)]
    max_calls: Option<Rate>,
    /// Ring at most so many destinations with one call of a tool
    #[arg(long, value_name = "COUNT", global = true)]
    max_batch: Option<usize>,
    /// Ask a person before these: dial, delete, write
    #[arg(long, value_name = "EFFECTS", global = true)]
    confirm: Option<Effects>,
    /// Write a line of JSON to this file before and after every write
    #[arg(long, value_name = "FILE", global = true)]
    audit_log: Option<PathBuf>,
}

impl Flags {
    /// The rules, as `variable` looks up what no flag says.
    pub(super) fn rules(
        self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Rules, ConfigError> {
        let variable = &variable;
        Ok(Rules {
            read_only: setting(self.read_only, "VAPI_MCP_READ_ONLY", variable)?.unwrap_or_default(),
            tools: setting(self.tools, "VAPI_MCP_TOOLS", variable)?,
            destinations: setting(
                self.allow_destinations,
                "VAPI_MCP_ALLOW_DESTINATIONS",
                variable,
            )?,
            denied: setting(
                self.deny_destinations,
                "VAPI_MCP_DENY_DESTINATIONS",
                variable,
            )?,
            call_hours: setting(self.call_hours, "VAPI_MCP_CALL_HOURS", variable)?,
            max_calls: setting(self.max_calls, "VAPI_MCP_MAX_CALLS", variable)?,
            max_batch: setting(self.max_batch, "VAPI_MCP_MAX_BATCH", variable)?,
            confirm: setting(self.confirm, "VAPI_MCP_CONFIRM", variable)?.unwrap_or_default(),
            audit_log: setting(self.audit_log, "VAPI_MCP_AUDIT_LOG", variable)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: Flags,
    }

    fn rules(flags: &[&str], variables: &[(&str, &str)]) -> Result<Rules, String> {
        let words = std::iter::once("vapi-mcp").chain(flags.iter().copied());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        line.flags
            .rules(variable)
            .map_err(|error| error.to_string())
    }

    const RIGHT: [(&str, &str, &str); 8] = [
        (
            "--allow-destinations",
            "VAPI_MCP_ALLOW_DESTINATIONS",
            "+1,sip:*@example.com",
        ),
        (
            "--deny-destinations",
            "VAPI_MCP_DENY_DESTINATIONS",
            "+1900,sip:*@example.com",
        ),
        ("--call-hours", "VAPI_MCP_CALL_HOURS", "9-20"),
        ("--max-calls", "VAPI_MCP_MAX_CALLS", "5/hour"),
        ("--max-batch", "VAPI_MCP_MAX_BATCH", "3"),
        ("--confirm", "VAPI_MCP_CONFIRM", "dial,write"),
        ("--audit-log", "VAPI_MCP_AUDIT_LOG", "audit.jsonl"),
        ("--read-only=true", "VAPI_MCP_READ_ONLY", "true"),
    ];

    #[test]
    fn each_flag_has_a_variable_that_says_the_same() {
        let plain = format!("{:?}", rules(&[], &[]).unwrap());
        for (flag, variable, value) in RIGHT {
            let flags = if flag.contains('=') {
                vec![flag]
            } else {
                vec![flag, value]
            };
            let by_flag = format!("{:?}", rules(&flags, &[]).unwrap());
            let by_variable = format!("{:?}", rules(&[], &[(variable, value)]).unwrap());
            assert_eq!(by_flag, by_variable);
            assert_ne!(by_flag, plain, "{flag}");
        }
    }

    #[test]
    fn a_flag_wins_over_its_variable() {
        let variables = [
            ("VAPI_MCP_READ_ONLY", "true"),
            ("VAPI_MCP_MAX_BATCH", "many"),
        ];
        let rules = rules(&["--read-only=false", "--max-batch", "2"], &variables).unwrap();
        assert_eq!((rules.read_only, rules.max_batch), (false, Some(2)));
    }

    #[test]
    fn a_wrong_value_is_named_by_its_flag_or_its_variable() {
        for (flag, variable, wrong) in [
            ("--allow-destinations", "VAPI_MCP_ALLOW_DESTINATIONS", "1"),
            ("--deny-destinations", "VAPI_MCP_DENY_DESTINATIONS", "1"),
            ("--call-hours", "VAPI_MCP_CALL_HOURS", "20-9"),
            ("--max-calls", "VAPI_MCP_MAX_CALLS", "5"),
            ("--max-batch", "VAPI_MCP_MAX_BATCH", "x"),
            ("--confirm", "VAPI_MCP_CONFIRM", "read"),
            ("--tools", "VAPI_MCP_TOOLS", "no_such_tool"),
        ] {
            let error = rules(&[flag, wrong], &[]).unwrap_err();
            assert!(error.contains(flag), "{error}");
            let error = rules(&[], &[(variable, wrong)]).unwrap_err();
            assert!(
                error.starts_with(&format!("{variable} cannot be used: ")),
                "{error}"
            );
        }
        let error = rules(&[], &[("VAPI_MCP_READ_ONLY", "yes")]).unwrap_err();
        assert!(
            error.starts_with("VAPI_MCP_READ_ONLY cannot be used: "),
            "{error}"
        );
    }
}
