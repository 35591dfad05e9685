//! `register`: the commands to Discord, only what changed.
//!
//! Never: nothing else is sent.

use super::{Failure, print, run};
use crate::alerts::GuildId;
use crate::commands;
use crate::config::Config;
use crate::discord::Discord;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// In this server only, where they appear at once
    #[arg(long, value_name = "ID")]
    guild: Option<u64>,
}

pub(super) async fn register(args: &Args, config: Config) -> Result<(), Failure> {
    let rest = run::rest(&config)?;
    let only_in = args.guild.or(config.discord.guild).map(GuildId);
    let changed = rest.register(&commands::specs(), only_in).await?;
    print(&match changed {
        0 => "the commands were registered already".to_owned(),
        n => format!("{n} commands changed"),
    });
    Ok(())
}
