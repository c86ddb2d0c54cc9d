//! `vapi-mcp sandbox`: the sandbox for programs that use Vapi's API directly.

use std::{io, net::SocketAddr};

use clap::Args;

use super::{exit_status::ExitStatus, runtime::block_on, terminal_io::print};
use crate::sandbox::serve::serve;

#[derive(Debug, Args)]
pub(super) struct Sandbox {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8788")]
    listen: SocketAddr,
}

impl Sandbox {
    pub(super) fn run(self) -> Result<ExitStatus, String> {
        let announce = |listen| {
            let text = format!("The sandbox answers at http://{listen}; no phone rings.");
            // The text is only informative.
            let _ = print(io::stdout(), &text);
        };
        block_on(serve(self.listen, announce))?
            .map_err(|error| format!("cannot serve on {}: {error}", self.listen))?;
        Ok(ExitStatus::Success)
    }
}
