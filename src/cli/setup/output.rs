//! What `setup` prints.

use std::{fmt::Write as _, path::Path};

use anstyle::{AnsiColor, Style};
use installer::{Change, EditError, clients::Client};

use crate::{
    cli::terminal_io::print,
    terminal::{escape_line, escape_text},
};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default();

/// Prints with colours to a terminal and without to a pipe.
pub(super) fn print_styled(text: &str) -> Result<(), String> {
    print(anstream::stdout(), text.trim_end())
}

pub(super) fn describe_failure(client: &Client, path: &Path, error: &EditError) -> String {
    let name = client.name;
    let (path, error) = (display_path(path), error.to_string());
    format!("{RED}{name}{RED:#}: {path}: {}", escape_line(&error))
}

pub(super) fn describe_change(change: &Change) -> String {
    let (name, path) = (change.client.name, display_path(&change.path));
    if change.is_empty() {
        return format!("{BOLD}{name}{BOLD:#}: nothing to change {DIM}{path}{DIM:#}");
    }
    let mut out = format!("{BOLD}{name}{BOLD:#}: {path}\n");
    for line in change.diff().lines() {
        let style = match line.chars().next() {
            Some('+') => GREEN,
            Some('-') => RED,
            _ => DIM,
        };
        let _ = writeln!(out, "  {style}{}{style:#}", escape_text(line));
    }
    if let Some(warning) = &change.warning {
        let _ = writeln!(out, "  {YELLOW}{warning}{YELLOW:#}");
    }
    out
}

pub(super) fn describe_success(change: &Change) -> String {
    let name = change.client.name;
    format!(
        "{GREEN}Written{GREEN:#}: {}. Restart {name}.",
        display_path(&change.path)
    )
}

/// A path, escaped for the terminal.
fn display_path(path: &Path) -> String {
    escape_line(&path.to_string_lossy()).into_owned()
}
