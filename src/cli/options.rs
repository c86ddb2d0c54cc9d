//! The options of every command that serves or calls tools.

use std::path::Path;

use clap::Args;

use super::{
    environment::env_var,
    guard,
    value_parser::{parse_bool, parse_trimmed},
};
use crate::{
    call::Display,
    config::{Config, Region},
};

#[derive(Args)]
pub(super) struct Options {
    /// Region of your Vapi account
    #[arg(long, value_enum, ignore_case = true, global = true)]
    pub(super) region: Option<Region>,
    /// Maximum size of a result in bytes; longer results are truncated and marked [default: 45000]
    #[arg(long, value_parser = parse_trimmed::<usize>, value_name = "BYTES", global = true)]
    pub(super) max_result_bytes: Option<usize>,
    /// Show keys, tokens and URLs that grant access instead of [redacted]; your own Vapi key is
    /// never shown
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool, global = true)]
    pub(super) show_secrets: Option<bool>,
    #[command(flatten)]
    pub(super) guard: guard::GuardOptions,
    /// Use a built-in simulation instead of Vapi: no phone rings, no key is needed
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = parse_bool, global = true)]
    pub(super) sandbox: Option<bool>,
}

impl Options {
    pub(super) fn display(&self) -> Result<Display, String> {
        let default = Display::default();
        let limit = self.max_result_bytes.unwrap_or(default.limit);
        if limit < Display::MIN_LIMIT {
            return Err(format!(
                "--max-result-bytes must be at least {}",
                Display::MIN_LIMIT
            ));
        }
        Ok(Display {
            limit,
            show_secrets: self.show_secrets.unwrap_or(default.show_secrets),
        })
    }

    pub(super) fn config(&self) -> Result<Config, String> {
        #[cfg(feature = "sandbox")]
        if self.sandbox.unwrap_or_default() {
            return Ok(Config::sandbox());
        }
        Config::read(self.region, env_var, Path::new(".env")).map_err(|error| error.to_string())
    }
}
