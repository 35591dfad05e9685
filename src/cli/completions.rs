//! `completions SHELL`, and the man page that packages carry.
//!
//! Never: nothing is installed; the script and the page are printed.

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

/// Prints the man page; whoever stopped reading is no error.
pub(super) fn print_man() {
    let _ = clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout());
}
