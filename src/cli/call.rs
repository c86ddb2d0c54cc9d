//! `vapi-mcp call`: one tool call from the terminal.

use std::io::{self, IsTerminal};

use clap::Args;

use super::{
    call_arguments::parse_arguments,
    exit_status::ExitStatus,
    layout::{indent_json, table, terminal_width},
    runtime::block_on,
    terminal_io::{print, read_line},
};
use crate::{
    api::Limits,
    call::{Context, Display, call_exposed, wait::NoProgress},
    catalog::{Exposed, Toolset},
    config::Config,
    guard::{
        Gate, Guard,
        confirm::{Answer, ConfirmFuture, Confirmer, Question},
    },
    server::stdout_is_open,
    terminal::escape_text,
};

#[derive(Args)]
pub(super) struct Call {
    /// Tool to call; `vapi-mcp tools` lists the tools
    tool: String,
    /// Tool arguments: `key=value` pairs (`customer.number=+15550100123` sets a nested property),
    /// one JSON object, or `-` to read a JSON object from standard input
    #[arg(value_name = "KEY=VALUE | JSON | -")]
    arguments: Vec<String>,
}

impl Call {
    pub(super) fn run(
        self,
        config: Config,
        display: Display,
        toolset: &Toolset,
        guard: Guard,
    ) -> Result<ExitStatus, String> {
        let tool = toolset.exposed(&self.tool)?;
        let arguments = parse_arguments(tool, &self.arguments)?;
        let token = config.token.as_ref().map_err(ToString::to_string)?;
        let api = config.api(Limits::default());
        let api = api.map_err(|error| error.to_string())?;
        // If standard output is closed, nobody would see the result of a write.
        api.write_only_while(stdout_is_open);
        let context = Context {
            api: &api,
            token,
            display,
            toolset,
            gate: Gate {
                guard: &guard,
                person: &TerminalPerson,
            },
            progress: &NoProgress,
        };
        let mut outcome = block_on(call_exposed(tool, arguments, context))?;
        outcome.remarks.extend(api.remark().map(str::to_owned));
        let mut answer = String::new();
        let mut messages = outcome.remarks.join("\n");
        if outcome.is_error {
            messages = [outcome.text, messages].join("\n");
        } else if io::stdout().is_terminal() {
            let list = match tool {
                Exposed::Tool(tool) => tool.view.list.then_some(outcome.text.as_str()),
                Exposed::Api(_) => None,
            };
            match list.and_then(|list| table(list, terminal_width())) {
                // `anstream` removes the colours unless the terminal supports them.
                Some(table) => print(anstream::stdout(), &table)?,
                None => answer = escape_text(&indent_json(&outcome.text)).into_owned(),
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
