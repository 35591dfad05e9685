//! `register`: sends the commands to Discord, only if something changed.

use super::{CliError, print, run};
use crate::commands;
use crate::config::Config;
use crate::discord::Discord;
use crate::ids::GuildId;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// In this server only, where they appear at once
    #[arg(long, value_name = "ID")]
    guild: Option<u64>,
    /// Remove all commands from there instead
    #[arg(long)]
    remove: bool,
}

pub(super) async fn register(args: &Args, config: Config) -> Result<(), CliError> {
    let rest = run::rest(&config)?;
    let only_in = args.guild.or(config.discord.guild).map(GuildId);
    let wanted = if args.remove { Vec::new() } else { commands::specs() };
    let changed = rest.register(&wanted, only_in).await?;
    print(&match changed {
        0 if args.remove => "there were no commands to remove".to_owned(),
        n if args.remove => format!("{n} commands removed"),
        0 => "the commands were registered already".to_owned(),
        n => format!("{n} commands changed"),
    });
    Ok(())
}
