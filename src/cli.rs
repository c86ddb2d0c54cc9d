//! The command line.

use clap::Parser;

use crate::config::Region;

/// Model Context Protocol server for the Vapi voice AI API, over standard input and output.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Environment:
  VAPI_TOKEN         your private Vapi API key; a .env file here may hold it too
  VAPI_API_BASE_URL  another address of the API, instead of --region
  VAPI_MCP_LOG       what to log to standard error: off, error, warn, info, debug [default: warn]"
)]
pub struct Cli {
    /// The region that your key belongs to
    #[arg(long, value_enum, env = "VAPI_MCP_REGION")]
    pub region: Option<Region>,
}
