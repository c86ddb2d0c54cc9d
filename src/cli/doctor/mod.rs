//! `vapi-mcp doctor`: checks the installation and says what to do.

mod account;
mod check;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use clap::Args;
use installer::{InstallState, clients::CLIENTS, install_state};
use serde_json::json;

use self::{
    account::account,
    check::{Check, Severity},
};
use super::{
    exit_status::ExitStatus,
    options::Options,
    runtime::block_on,
    settings::UnknownVariable,
    setup::status::{EntryDescription, describe_entry, folders},
    terminal_io::print,
};
use crate::{
    catalog::Toolset,
    guard::rules::{Effects, LocalFiles, Rules},
    terminal::{escape_line, escape_text},
};

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(
        self,
        options: &Options,
        toolset: &Toolset,
        rules: &Rules,
        unknown: Vec<UnknownVariable>,
    ) -> Result<ExitStatus, String> {
        let mut checks = Vec::new();
        match options.config() {
            Ok(config) => block_on(account(config, &mut checks))?,
            Err(error) => checks.push(Check::failure(
                "configuration",
                error,
                "correct or unset the variables named here",
            )),
        }
        checks.push(guards(toolset, rules));
        checks.extend(
            unknown
                .into_iter()
                .map(|unknown| Check::warning("setting", unknown.to_string(), unknown.remedy())),
        );
        clients(&mut checks);
        let healthy = checks
            .iter()
            .all(|check| check.severity != Severity::Failure);
        let text = if self.json {
            escape_text(&json!({ "ok": healthy, "checks": checks }).to_string()).into_owned()
        } else {
            report(&checks)
        };
        print(anstream::stdout(), text.trim_end())?;
        Ok(if healthy {
            ExitStatus::Success
        } else {
            ExitStatus::CheckFailed
        })
    }
}

fn guards(toolset: &Toolset, rules: &Rules) -> Check {
    let flags = active_guards(toolset, rules);
    if flags.is_empty() {
        return Check::ok(
            "guards",
            "none: every tool is exposed, and every number except emergency and premium-rate numbers may be called",
        );
    }
    Check::ok("guards", flags.join(" "))
}

/// The flags of the active guards.
fn active_guards(toolset: &Toolset, rules: &Rules) -> Vec<String> {
    let flags = [
        rules.read_only.then(|| "--read-only".to_owned()),
        toolset
            .is_filtered()
            .then(|| format!("--tools ({} exposed)", toolset.all().count())),
        rules
            .destinations
            .as_ref()
            .map(|_| "--allow-destinations".to_owned()),
        rules
            .denied
            .as_ref()
            .map(|_| "--deny-destinations".to_owned()),
        rules
            .call_hours
            .map(|hours| format!("--call-hours {hours}")),
        rules.max_calls.map(|rate| format!("--max-calls {rate}")),
        rules.max_batch.map(|count| format!("--max-batch {count}")),
        (rules.confirm != Effects::default()).then(|| "--confirm".to_owned()),
        match &rules.files {
            LocalFiles::Below(folder) => Some(format!("--files {}", folder.display())),
            LocalFiles::None | LocalFiles::Remote => None,
        },
        rules
            .audit_log
            .as_ref()
            .map(|file| format!("--audit-log {}", file.display())),
    ];
    flags.into_iter().flatten().collect()
}

/// Checks the entry of each client on this machine.
fn clients(checks: &mut Vec<Check>) {
    let folders = match folders() {
        Ok(folders) => folders,
        Err(error) => {
            checks.push(Check::warning("clients", error, "set it"));
            return;
        }
    };
    let before = checks.len();
    for client in &CLIENTS {
        let name = client.name;
        match install_state(client, &folders) {
            InstallState::ClientMissing | InstallState::NotConfigured => {}
            InstallState::Unreadable(error) => {
                let path = client.file(&folders);
                checks.push(Check::failure(
                    "client",
                    format!("{name}: {}: {error}", path.display()),
                    "correct or replace the file",
                ));
            }
            InstallState::Configured { server, key } => {
                let EntryDescription { text, remedy } = describe_entry(client, &server, key);
                let text = format!("{name}: {text}");
                checks.push(match remedy {
                    None => Check::ok("client", text),
                    Some(remedy) => Check::warning("client", text, remedy),
                });
            }
        }
    }
    if checks.len() == before {
        let text = "this server is not installed in any client";
        checks.push(Check::warning("client", text, "vapi-mcp setup"));
    }
}

fn report(checks: &[Check]) -> String {
    let mut out = String::new();
    for check in checks {
        let (word, colour) = match check.severity {
            Severity::Ok => ("ok", AnsiColor::Green),
            Severity::Warning => ("warning", AnsiColor::Yellow),
            Severity::Failure => ("failure", AnsiColor::Red),
        };
        let style: Style = colour.on_default();
        let (name, text) = (check.name, escape_line(&check.text));
        let _ = writeln!(out, "{style}{word:7}{style:#}  {name:10}  {text}");
        if let Some(remedy) = &check.remedy {
            let _ = writeln!(out, "{:21}{}", "", escape_line(remedy));
        }
    }
    out
}
