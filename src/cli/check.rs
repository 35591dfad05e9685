//! `check`: reports everything that `run` would refuse, at once, and with `--live` also what is behind it.

use super::{CliError, log, run, services, status, store};
use crate::clock::Clock;
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
    for warning in &config.warnings {
        super::print(&format!("warning: {warning}"));
    }
    let mut failures = inspect_configuration(&config);
    let is_valid = failures.is_empty();
    failures.extend(inspect_addresses(&config).await);
    if failures.is_empty() {
        super::print("configuration: fine");
    }
    if config.discord.token.is_none() {
        super::print(
            "DISCORD_TOKEN: not set. `run` needs it: developer portal → your application → Bot → Reset Token, then \
             set DISCORD_TOKEN or discord.token_file",
        );
    }
    failures.extend(inspect_store(&config).err());
    if args.live && is_valid {
        failures.extend(status::probe_and_print(&config).await.err());
        failures.extend(ask_discord(&config).await.err());
    }
    CliError::all(failures)
}

/// Returns what is wrong with the configuration beyond its single values.
fn inspect_configuration(config: &Config) -> Vec<CliError> {
    let mut failures: Vec<CliError> = Vec::new();
    failures.extend(super::sources::build(config, &Clock::system(), |transport| transport).err());
    failures.extend(super::faq::faq(config).err());
    failures.extend(log::filter(&config.log).err());
    if config.discord.interactions_listen.is_some() {
        let key = http_interactions::check_key(&config.discord.public_key);
        failures.extend(key.map_err(|e| CliError::Input(e.to_string())).err());
    }
    if let Some(token) = &config.discord.token {
        failures.extend(run::rest(config).err());
        if !has_token_shape(token.reveal()) {
            failures.push(CliError::Input(
                "discord.token: this is no bot token, which has three parts with dots between them. Copy it from the \
                 developer portal → your application → Bot → Reset Token"
                    .to_owned(),
            ));
        }
    }
    failures
}

/// Whether a token has the shape of Discord's: three parts of letters, digits, `-` and `_` (reference, "Authentication").
fn has_token_shape(token: &str) -> bool {
    let token = token.strip_prefix("Bot ").unwrap_or(token);
    let is_part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_=".contains(c));
    token.split('.').count() == 3 && token.split('.').all(is_part)
}

/// Returns which addresses cannot be listened on. If a bot answers at `admin.listen`, the addresses are its own.
async fn inspect_addresses(config: &Config) -> Vec<CliError> {
    if let Some(address) = config.admin_listen
        && http::ask_health(address).await.is_ok()
    {
        super::print(&format!("admin.listen: the bot runs already and answers at http://{address}"));
        return Vec::new();
    }
    let addresses = [
        (config.admin_listen, "admin.listen"),
        (config.discord.interactions_listen, "discord.interactions_listen"),
    ];
    let mut failures = Vec::new();
    for (address, key) in addresses {
        if let Some(address) = address {
            failures.extend(services::listen(address, key).await.err());
        }
    }
    failures
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
