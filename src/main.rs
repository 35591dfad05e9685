//! Arguments, the runtime and the exit code; no logic.

use std::process::ExitCode;

use clap::Parser;
use healthy_upstream::cli::Cli;

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(cli.run());
    // Blocking work on a file or a DNS name must not delay the exit.
    runtime.shutdown_background();
    Ok(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("healthy-upstream: {failure}");
            ExitCode::from(failure.code())
        }
    })
}
