//! `check`: reports what is wrong with the configuration, and with `--live` also with everything behind it.

use super::{CliError, log, run, status, store};
use crate::config::{Config, ConfigError, print_default};
use crate::discord::{Discord, http_interactions};
use crate::files;
use crate::operator::http;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Check every source once, and ask Discord who the bot is
    #[arg(long)]
    live: bool,
    /// Ask the bot on this machine whether it is alive, at admin.listen; exit code 5 if it is not
    #[arg(long)]
    health: bool,
    /// Print every key with its default, as a commented example
    #[arg(long)]
    print_default: bool,
}

pub(super) async fn check(args: &Args, config: Result<Config, ConfigError>) -> Result<(), CliError> {
    if args.print_default {
        super::print(print_default().trim_end());
        return Ok(());
    }
    let config = config?;
    if args.health {
        return ask_health(&config).await;
    }
    config.watched()?;
    super::faq::faq(&config)?;
    log::filter(&config.log)?;
    if config.discord.interactions_listen.is_some() {
        http_interactions::check_key(&config.discord.public_key)
            .map_err(|e| CliError::Input(e.to_string()))?;
    }
    for warning in &config.warnings {
        super::print(&format!("warning: {warning}"));
    }
    super::print("configuration: fine");
    if config.discord.token.is_none() {
        super::print(
            "DISCORD_TOKEN: not set. `run` needs it: developer portal → your application → Bot → Reset Token, then \
             set DISCORD_TOKEN or discord.token_file",
        );
    }
    let mut failures: Vec<CliError> = inspect_store(&config).err().into_iter().collect();
    if args.live {
        failures.extend(status::probe_and_print(&config).await.err());
        failures.extend(ask_discord(&config).await.err());
    }
    CliError::all(failures)
}

/// Checks that the store's address is valid and its folder is writable, by creating a file there and removing it again.
/// A bot that runs on the store is not disturbed.
fn inspect_store(config: &Config) -> Result<(), CliError> {
    crate::store::check(&config.store, &store::options(config))?;
    let Ok(folder) = store::folder(config) else { return Ok(()) };
    let absolute = std::path::absolute(&folder).unwrap_or(folder);
    let there = absolute.ancestors().find(|path| path.exists()).unwrap_or(&absolute);
    let trial = there.join(".healthy-upstream-check");
    let written = files::create_private(&trial).and_then(|_| std::fs::remove_file(&trial));
    written.map_err(|e| {
        CliError::Store(format!(
            "store: {} cannot be written: {e}. Choose a folder that this user may write: store = \"sled:FOLDER\", or \
             HEALTHY_UPSTREAM_STORE",
            there.display()
        ))
    })
}

async fn ask_health(config: &Config) -> Result<(), CliError> {
    let Some(address) = config.admin_listen else {
        return Err(CliError::Input("admin.listen is not set; --health asks the bot there".to_owned()));
    };
    let unwell =
        |why| CliError::Network(format!("the bot does not answer as it should at http://{address}: {why}"));
    http::ask_health(address).await.map_err(unwell)?;
    super::print("alive");
    Ok(())
}

async fn ask_discord(config: &Config) -> Result<(), CliError> {
    if config.discord.token.is_none() {
        return Ok(());
    }
    let identity = run::rest(config)?.who_am_i().await?;
    super::print(&format!("discord: we are {} (application {})", identity.name, identity.application));
    super::print(&format!("invite:  {}", run::invite_link(identity.application)));
    Ok(())
}
