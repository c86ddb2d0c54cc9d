//! The flags of the guard.

use std::{num::NonZeroU64, path::PathBuf};

use clap::Args;

use super::value_parser::{parse_bool, parse_trimmed};
use crate::{
    catalog::{ToolNames, Toolset},
    guard::{
        hours::CallHours,
        patterns::{Allowed, Denied},
        rules::{Effects, LocalFiles, Rate, Rules},
    },
};

#[derive(Clone, Debug, Args)]
pub(super) struct GuardOptions {
    /// Expose only read-only tools
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool, global = true)]
    read_only: Option<bool>,
    /// Expose only these tools, by name or by profile (core, whole): core,NAME
    #[arg(long, value_parser = parse_trimmed::<ToolNames>, value_name = "NAMES", global = true)]
    tools: Option<ToolNames>,
    /// Allow calls only to these number prefixes and SIP addresses, for example
    /// +1,+4420,sip:*@example.com
    #[arg(long, value_parser = parse_trimmed::<Allowed>, value_name = "LIST", global = true)]
    allow_destinations: Option<Allowed>,
    /// Never call these number prefixes and SIP addresses; overrides --allow-destinations
    #[arg(long, value_parser = parse_trimmed::<Denied>, value_name = "LIST", global = true)]
    deny_destinations: Option<Denied>,
    /// Call only between these hours in the recipient's time zone, for example 9-20 or 09:30-20:00
    #[arg(long, value_parser = parse_trimmed::<CallHours>, value_name = "HOURS", global = true)]
    call_hours: Option<CallHours>,
    /// Place at most this many calls, for example 5/hour or 20/day
    #[arg(long, value_parser = parse_trimmed::<Rate>, value_name = "RATE", global = true)]
    max_calls: Option<Rate>,
    /// Send at most this many requests that cost money, besides calls, for example 20/hour
    #[arg(long, value_parser = parse_trimmed::<Rate>, value_name = "RATE", global = true)]
    max_spend: Option<Rate>,
    /// Maximum number of destinations per tool call [default: 400, and 10000 contacts of a campaign]
    #[arg(long, value_parser = parse_trimmed::<usize>, value_name = "COUNT", global = true)]
    max_batch: Option<usize>,
    /// Ask the user to confirm tool calls with these effects: dial, spend (includes dial), delete,
    /// write (create or change; includes spend)
    #[arg(long, value_parser = parse_trimmed::<Effects>, value_name = "EFFECTS", global = true)]
    confirm: Option<Effects>,
    /// Allow uploads of files in this folder and below it
    #[arg(long, value_name = "DIR", global = true)]
    files: Option<PathBuf>,
    /// Write a line of JSON to this file before and after every write
    #[arg(long, value_name = "FILE", global = true)]
    audit_log: Option<PathBuf>,
    /// Rotate the audit log to FILE.1 before it exceeds this size [default: 100000000]
    #[arg(long, value_parser = parse_trimmed::<NonZeroU64>, value_name = "BYTES", global = true)]
    audit_log_max_bytes: Option<NonZeroU64>,
}

impl GuardOptions {
    pub(super) fn toolset(&self) -> Toolset {
        Toolset::new(self.read_only.unwrap_or_default(), self.tools.clone())
    }

    pub(super) fn rules(self) -> Rules {
        Rules {
            read_only: self.read_only.unwrap_or_default(),
            destinations: self.allow_destinations,
            denied: self.deny_destinations,
            call_hours: self.call_hours,
            max_calls: self.max_calls,
            max_spend: self.max_spend,
            max_batch: self.max_batch,
            confirm: self.confirm.unwrap_or_default(),
            files: self.files.map_or(LocalFiles::None, LocalFiles::Below),
            audit_log: self.audit_log,
            audit_log_max_bytes: self.audit_log_max_bytes,
        }
    }
}
