//! `completions SHELL`, and the man pages that packages ship.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, CliError};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn print(args: &Args) {
    clap_complete::generate(args.shell, &mut Cli::command(), "healthy-upstream", &mut std::io::stdout());
}

#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// An existing folder; without one, the first page is printed
    folder: Option<PathBuf>,
}

/// Writes the man pages, one per subcommand, or prints the first. A closed pipe is no error.
pub(super) fn write_man(args: &ManArgs) -> Result<(), CliError> {
    if let Some(folder) = &args.folder {
        let cannot = |e| CliError::Input(format!("{}: the pages cannot be written: {e}", folder.display()));
        return clap_mangen::generate_to(Cli::command(), folder).map_err(cannot);
    }
    let _ = clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout());
    Ok(())
}
