//! `completions SHELL`.
//!
//! Never: nothing is installed; the script is printed.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which shell
    shell: Shell,
}

pub(super) fn print(args: &Args) {
    clap_complete::generate(args.shell, &mut Cli::command(), "healthy-upstream", &mut std::io::stdout());
}
