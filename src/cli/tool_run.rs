//! One tool call from the terminal.

use std::io::{self, IsTerminal};

use serde_json::{Map, Value};

use super::{
    exit_status::ExitStatus,
    layout::{indent_json, table, terminal_width},
    options::Options,
    runtime::block_on,
    terminal_io::{print, read_line},
};
use crate::{
    api::Limits,
    call::{Context, Display, Outcome, call_exposed, wait::NoProgress},
    catalog::{Exposed, Toolset},
    config::Config,
    guard::{
        Gate, Guard,
        confirm::{Answer, ConfirmFuture, Confirmer, Question},
        rules::Rules,
    },
    server::stdout_is_open,
    terminal::escape_text,
};

/// What a tool call from the terminal needs besides the tool and its arguments.
pub(super) struct ToolRun<'a> {
    config: Config,
    display: Display,
    pub(super) toolset: &'a Toolset,
    guard: Guard,
}

impl<'a> ToolRun<'a> {
    pub(super) fn new(
        options: &Options,
        toolset: &'a Toolset,
        rules: Rules,
    ) -> Result<Self, String> {
        Ok(Self {
            config: options.config()?,
            display: options.display()?,
            toolset,
            guard: Guard::new(rules).map_err(|error| error.to_string())?,
        })
    }

    /// Calls a tool. Prints the result to standard output, and remarks and errors to standard error.
    pub(super) fn run(
        self,
        tool: Exposed,
        arguments: Map<String, Value>,
    ) -> Result<ExitStatus, String> {
        let token = self.config.token.as_ref().map_err(ToString::to_string)?;
        let api = self.config.api(Limits::default());
        let api = api.map_err(|error| error.to_string())?;
        // If standard output is closed, nobody would see the result of a write.
        api.write_only_while(stdout_is_open);
        let context = Context {
            api: &api,
            token,
            display: self.display,
            toolset: self.toolset,
            gate: Gate {
                guard: &self.guard,
                person: &TerminalPerson,
            },
            progress: &NoProgress,
        };
        let mut outcome = block_on(call_exposed(tool, arguments, context))?;
        outcome.remarks.extend(api.remark().map(str::to_owned));
        let is_list = match tool {
            Exposed::Tool(tool) => tool.view.list,
            Exposed::Api(_) => false,
        };
        show(outcome, is_list)
    }
}

fn show(outcome: Outcome, is_list: bool) -> Result<ExitStatus, String> {
    let mut answer = String::new();
    let mut messages = outcome.remarks.join("\n");
    if outcome.is_error {
        messages = [outcome.text, messages].join("\n");
    } else if io::stdout().is_terminal() {
        let list = is_list.then_some(outcome.text.as_str());
        match list.and_then(|list| table(list, terminal_width())) {
            // `anstream` removes the colours unless the terminal supports them.
            Some(table) => print(anstream::stdout(), &table)?,
            None if outcome.text.starts_with(['{', '[']) => {
                answer = escape_text(&indent_json(&outcome.text)).into_owned();
            }
            None => answer = escape_text(&outcome.text).into_owned(),
        }
    } else {
        answer = outcome.text;
    }
    print(io::stdout(), &answer)?;
    print(io::stderr(), &escape_text(messages.trim_end()))?;
    Ok(if outcome.is_error {
        ExitStatus::ToolError
    } else {
        ExitStatus::Success
    })
}

/// Asks the user at this terminal.
struct TerminalPerson;

impl Confirmer for TerminalPerson {
    fn ask<'a>(&'a self, question: &'a Question) -> ConfirmFuture<'a> {
        Box::pin(async {
            match self.absence() {
                Some(reason) => Answer::Void(reason),
                None => ask(&question.text),
            }
        })
    }

    fn absence(&self) -> Option<String> {
        let reason = "standard input is not a terminal, so the user cannot be asked";
        (!io::stdin().is_terminal()).then(|| reason.to_owned())
    }
}

fn ask(question: &str) -> Answer {
    let printed = print(io::stderr(), &format!("{question}\nType yes to continue:"));
    match printed.and_then(|()| read_line()) {
        Ok(answer) if answer.trim().eq_ignore_ascii_case("yes") => Answer::Yes,
        Ok(_) => Answer::No,
        Err(error) => Answer::Void(error),
    }
}
