//! The command line: one file per subcommand.

mod ask;
mod check;
mod completions;
mod demo;
mod diagnose;
mod dry_run;
mod error;
mod faq;
mod log;
mod progress;
mod record;
mod register;
mod reload;
mod replay;
mod run;
mod services;
mod sources;
mod status;
mod store;
mod terminal;

use std::io::Write;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use error::CliError;
use reload::ConfigSource;

/// Is Spotify down, or is it me? A Discord bot that answers it.
#[derive(Debug, Parser)]
#[command(name = "healthy-upstream", version, about, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// The configuration file [default: healthy-upstream.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Sets one key, over file and environment: --set checks.interval=10s
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the whole bot: an outage at 60×, no token and no network; then type /commands
    Demo(demo::Args),
    /// Run the bot; needs DISCORD_TOKEN
    Run(run::Args),
    /// Read the configuration and report every problem; --live checks every source and asks Discord
    Check(check::Args),
    /// Check all sources once from this machine
    Status(status::Args),
    /// Ask the FAQ: faq spotify says no healthy upstream
    Faq(faq::Args),
    /// Explain an error or a log, from a file or standard input
    Diagnose(diagnose::Args),
    /// Write raw exchanges to a file until interrupted
    Record(record::Args),
    /// Send a recording through the whole pipeline and print what would be posted
    Replay(replay::Args),
    /// Register the commands with Discord; `run` does it too
    Register(register::Args),
    /// Write everything stored to a file, as JSON Lines
    Export(store::ExportArgs),
    /// Read an export into an empty store
    Import(store::ImportArgs),
    /// Back up, set aside or restore the store
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Write the man pages, for packages
    #[command(hide = true)]
    Man(completions::ManArgs),
}

impl Cli {
    /// Runs the subcommand. Each failure has its own exit code: see [`CliError`].
    pub async fn run(self) -> Result<(), CliError> {
        // Subcommands that need no configuration also work with a broken one.
        match self.command {
            Command::Completions(args) => {
                completions::print(&args);
                return Ok(());
            }
            Command::Man(args) => return completions::write_man(&args),
            Command::Demo(args) => return demo::play(&args).await,
            _ => {}
        }
        let environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let origin = ConfigSource { file: self.config, environment, set: self.set };
        let config = origin.load();
        match self.command {
            Command::Check(args) => check::check(&args, config).await,
            Command::Run(args) => run::run(&args, &origin, config?).await,
            Command::Register(args) => register::register(&args, config?).await,
            Command::Status(args) => status::probe(&args, config?).await,
            Command::Faq(args) => faq::answer(&args, &config?),
            Command::Diagnose(args) => diagnose::explain(&args, &config?),
            Command::Record(args) => record::record(&args, config?).await,
            Command::Replay(args) => replay::replay(&args, &config?),
            Command::Export(args) => store::export(&args, &config?).await,
            Command::Import(args) => store::import(&args, &config?).await,
            Command::Store(command) => store::maintain(&command, &config?).await,
            Command::Completions(_) | Command::Man(_) | Command::Demo(_) => Ok(()),
        }
    }
}

/// Prints a line. A closed pipe is no error.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
