//! `vapi-mcp call`: calls a tool by its name.

use clap::Args;

use super::{call_arguments::parse_arguments, exit_status::ExitStatus, tool_run::ToolRun};

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
    pub(super) fn run(self, run: ToolRun<'_>) -> Result<ExitStatus, String> {
        let tool = run.toolset.exposed(&self.tool)?;
        let arguments = parse_arguments(tool, &self.arguments)?;
        run.run(tool, arguments)
    }
}
