//! `check`: what is wrong with the configuration, and with `--live` also with everything behind it.
//!
//! Never: nothing is changed, registered or posted.

use super::{Failure, run, status};
use crate::config::{Config, ConfigError, print_default};
use crate::discord::Discord;
use crate::operator::http;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Look once at every source and ask Discord who we are
    #[arg(long)]
    live: bool,
    /// Ask the bot that runs here whether it lives, at http.listen; exit code 5 if it does not
    #[arg(long)]
    health: bool,
    /// Print every key with its default, as a commented example
    #[arg(long)]
    print_default: bool,
}

pub(super) async fn check(args: &Args, config: Result<Config, ConfigError>) -> Result<(), Failure> {
    if args.print_default {
        super::print(print_default().trim_end());
        return Ok(());
    }
    let config = config?;
    if args.health {
        return ask_health(&config).await;
    }
    config.watched()?;
    super::faq::handbook(&config)?;
    super::print("configuration: fine");
    if config.discord.token.is_none() {
        super::print(
            "DISCORD_TOKEN: not set. `run` needs it: developer portal → your application → Bot → Reset Token, then \
             set DISCORD_TOKEN or discord.token_file",
        );
    }
    if !args.live {
        return Ok(());
    }
    let sources = status::look_and_print(&config).await;
    let discord = ask_discord(&config).await;
    sources.and(discord)
}

async fn ask_health(config: &Config) -> Result<(), Failure> {
    let Some(address) = config.http else {
        return Err(Failure::Input("http.listen is not set; --health asks the bot there".to_owned()));
    };
    http::ask_health(address).await.map_err(|why| Failure::Network(format!("http://{address}: {why}")))?;
    super::print("alive");
    Ok(())
}

async fn ask_discord(config: &Config) -> Result<(), Failure> {
    if config.discord.token.is_none() {
        return Ok(());
    }
    let identity = run::rest(config)?.who_am_i().await?;
    super::print(&format!("discord: we are {} (application {})", identity.name, identity.application));
    super::print(&format!("invite:  {}", run::invite_link(identity.application)));
    Ok(())
}
