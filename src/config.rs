//! File, environment and flags, made into one [`Config`].
//!
//! The table [`keys::KEYS`] names every key once: its default, its meaning, its environment variable and the commented
//! example of `check --print-default` all come from it. Every problem is reported at once, by key.

mod keys;
mod reader;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde::Deserialize;

pub use keys::{ConfigKey, KEYS, RELOADED, print_default};
pub use reader::Problem;
use reader::{ConfigReader, Written, without_secrets};

use crate::health::{Policy, ServiceCatalog};
use crate::i18n::Language;
use crate::probe::spotify::{self, CatalogError, SourceConfig, SourceSpec};
use crate::proxy::Proxy;
use crate::secret::Secret;

/// Everything that an operator can set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where things are kept: `sled:PATH`, `postgres://USER@HOST/DATABASE` or `memory:`. Holds no password.
    pub store: String,
    /// How long a role is a copy's without a renewal, where several copies share the store.
    pub lease: SignedDuration,
    /// The password of the store, where it is a database that wants one.
    pub store_password: Option<Secret>,
    /// The language of posts where a server has none.
    pub language: Language,
    /// Where this bot looks from, as people say it: "Frankfurt". May be empty.
    pub place: String,
    /// How HTTP requests leave: directly, or through one proxy.
    pub proxy: Proxy,
    /// How Discord is reached.
    pub discord: DiscordConfig,
    /// How Spotify is checked.
    pub checks: ChecksConfig,
    /// Sources that replace or add to the built-in ones.
    pub sources: Vec<SourceConfig>,
    /// Services that replace or add to the built-in ones.
    pub services: Vec<ServiceConfig>,
    /// Where /healthz, /readyz and /metrics are served; none: nowhere.
    pub admin_listen: Option<SocketAddr>,
    /// What one server and one person may ask.
    pub limits: CommandLimits,
    /// What the operator hears, and how.
    pub operator: OperatorConfig,
    /// A folder of the operator's own FAQ entries.
    pub faq: Option<PathBuf>,
    pub log: LogConfig,
    /// What works and should not stay so, for the operator.
    pub warnings: Vec<String>,
    /// What was written, by key.
    written: Written,
}

/// How Discord is reached.
#[derive(Clone, Debug)]
pub struct DiscordConfig {
    /// REST base.
    pub api: String,
    /// The bot's token; none until the operator gives one.
    pub token: Option<Secret>,
    /// Discord's global limit for this bot.
    pub requests_per_second: u32,
    /// Where interactions are received over HTTP; none: they come over the gateway.
    pub interactions_listen: Option<SocketAddr>,
    /// The application's public key (hex), which signs interactions over HTTP.
    pub public_key: String,
    /// Commands are registered in this server only; none: everywhere.
    pub guild: Option<u64>,
}

/// How Spotify is checked.
#[derive(Clone, Debug)]
pub struct ChecksConfig {
    /// One check per source.
    pub every: SignedDuration,
    /// A check that takes longer has failed.
    pub timeout: SignedDuration,
    /// When we believe what.
    pub policy: Policy,
    /// Further certificate authorities, as PEM; usually none.
    pub ca_certificates: String,
    /// Client credentials of the optional tokened search.
    pub client: Option<(String, Secret)>,
    /// The built-in sources of Spotify are watched.
    pub spotify: bool,
    /// The whole of what is watched, as people say it.
    pub display: String,
}

/// One `[[service]]`: how a service is called, and which components of the status page mean it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceConfig {
    /// Its name, as sources have it.
    pub name: String,
    /// What people read.
    pub display: Option<String>,
    /// Names of page components that mean this service.
    #[serde(default)]
    pub components: Vec<String>,
}

/// What one server and one person may ask.
#[derive(Clone, Debug)]
pub struct CommandLimits {
    pub subscriptions_per_guild: usize,
    /// Commands of one person.
    pub per_user: Rate,
    /// Commands in one server.
    pub per_guild: Rate,
}

/// So many in so long: "5 in 10s".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many; at least 1.
    pub count: u32,
    /// In how long; more than nothing.
    pub within: SignedDuration,
}

/// What the operator hears, and how.
#[derive(Clone, Debug)]
pub struct OperatorConfig {
    /// A channel that hears what the operator must know.
    pub channel: Option<u64>,
    /// A webhook that hears it when Discord itself fails.
    pub webhook_url: Option<Secret>,
    /// An address that is asked every minute while the bot is well.
    pub heartbeat_url: Option<Secret>,
    /// Questions without an answer are kept, redacted, for the operator to read.
    pub collect_questions: bool,
}

/// How logs look.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// One JSON object a line instead of text.
    pub json: bool,
    /// Which events: `info`, `debug`, `healthy_upstream::notifier=debug`.
    pub filter: String,
}

/// Why the configuration cannot be used: every problem at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The problems, in the order of the file's keys.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl ConfigError {
    /// Whether a key was not known, so that the list of all keys helps.
    pub fn names_unknown_keys(&self) -> bool {
        self.problems.iter().any(|problem| problem.what.starts_with("is not known"))
    }
}

impl std::error::Error for ConfigError {}

/// Keys whose values changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedKeys {
    /// Those that a bot that runs takes in.
    pub taken: Vec<&'static str>,
    /// Those that need a restart.
    pub restart: Vec<&'static str>,
}

/// The file that is read when none is named, if it is there.
pub const DEFAULT_FILE: &str = "healthy-upstream.toml";

impl Config {
    /// Reads the file (`file`, else [`DEFAULT_FILE`] if it is there), then the environment, then `--set KEY=VALUE`.
    pub fn load(
        file: Option<&Path>,
        environment: &[(String, String)],
        set: &[String],
    ) -> Result<Self, ConfigError> {
        let named = file.is_some();
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if !named && e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => {
                let problem = Problem::of_file(path, &format!("cannot be read: {e}"));
                return Err(ConfigError { problems: vec![problem] });
            }
        };
        Self::read(&path.display().to_string(), &text, environment, set)
    }

    /// Makes a configuration of a file's text, the environment and flags.
    pub fn read(
        file: &str,
        text: &str,
        environment: &[(String, String)],
        set: &[String],
    ) -> Result<Self, ConfigError> {
        let mut read = ConfigReader::new(file, text, environment, set);
        let config = Self::from_reader(&mut read);
        let problems = read.finish();
        if problems.is_empty() { Ok(config) } else { Err(ConfigError { problems }) }
    }

    /// What stands where nothing was set.
    pub fn default_for_tests() -> Self {
        // cannot fail: the defaults are read by a test
        Self::from_reader(&mut ConfigReader::new("defaults", "", &[], &[]))
    }

    /// What is watched: the built-in sources as the configuration has them, and its own.
    pub fn watched(&self) -> Result<(Vec<SourceSpec>, ServiceCatalog), ConfigError> {
        let mut specs = spotify::specs(&self.sources).map_err(|errors| problems("source", &errors))?;
        if !self.checks.spotify {
            specs.retain(|spec| self.sources.iter().any(|own| own.name == spec.name.as_str()));
        }
        // A store's keys end at a NUL, and PostgreSQL refuses one.
        let names = specs.iter().flat_map(|spec| {
            [Some(spec.name.as_str()), spec.service.as_ref().map(crate::health::ServiceName::as_str)]
        });
        if names.flatten().any(|name| name.chars().any(char::is_control)) {
            let what = "a name holds a control character".to_owned();
            let problem = Problem { origin: "configuration".into(), key: "source".into(), what };
            return Err(ConfigError { problems: vec![problem] });
        }
        let mut catalog = spotify::catalog(&specs, &self.place);
        catalog.display.clone_from(&self.checks.display);
        for own in &self.services {
            let Some(service) = catalog.services.iter_mut().find(|s| s.name.as_str() == own.name) else {
                let what = without_secrets(&format!("\"{}\" is the service of no source", own.name));
                let problem = Problem { origin: "configuration".into(), key: "service".into(), what };
                return Err(ConfigError { problems: vec![problem] });
            };
            if let Some(display) = &own.display {
                service.display.clone_from(display);
            }
            service.components.extend(own.components.iter().cloned());
        }
        Ok((specs, catalog))
    }

    /// What changed since `before`, and what becomes of it in a bot that runs.
    pub fn changed_since(&self, before: &Self) -> ChangedKeys {
        let all = self.written.differs_from(&before.written);
        let (taken, restart) = all.into_iter().partition(|key| RELOADED.contains(key));
        ChangedKeys { taken, restart }
    }

    fn from_reader(read: &mut ConfigReader) -> Self {
        let token = read.token();
        let client_id = read.text("spotify.client_id");
        let client_secret = read.secret("spotify.client_secret");
        if client_id.is_empty() != client_secret.is_none() {
            read.problem(
                "spotify.client_id",
                "client_id and client_secret (or client_secret_file) go together",
            );
        }
        let endpoint = read.address("discord.interactions_listen");
        let public_key = read.text("discord.public_key");
        if endpoint.is_some() && public_key.is_empty() {
            read.problem(
                "discord.public_key",
                "is needed with discord.interactions_listen; the developer portal shows it",
            );
        }
        let every =
            read.duration("checks.interval", SignedDuration::from_secs(1), SignedDuration::from_hours(1));
        Self {
            lease: read.duration("ha.lease", SignedDuration::from_secs(1), SignedDuration::from_mins(5)),
            store: read.store(),
            store_password: read.secret("store_password"),
            language: Language::nearest(&read.text("language")),
            place: read.text("location"),
            proxy: read.proxy(),
            discord: DiscordConfig {
                api: read.base_url("discord.api"),
                token,
                requests_per_second: read.count("discord.requests_per_second", 1, 1_000_000),
                interactions_listen: endpoint,
                public_key,
                guild: read.id("discord.guild"),
            },
            checks: ChecksConfig {
                every,
                timeout: read.duration(
                    "checks.timeout",
                    SignedDuration::from_millis(100),
                    SignedDuration::from_mins(1),
                ),
                policy: Policy {
                    every,
                    failure_threshold: read.count("checks.failure_threshold", 1, 100),
                    success_threshold: read.count("checks.success_threshold", 1, 100),
                    slow: read.duration(
                        "checks.slow_after",
                        SignedDuration::from_millis(1),
                        SignedDuration::from_mins(1),
                    ),
                    ..Policy::default()
                },
                ca_certificates: read.file("checks.ca_file"),
                client: client_secret.map(|secret| (client_id, secret)),
                spotify: read.flag("spotify.enabled"),
                display: read.text("catalog.name"),
            },
            sources: read.list("source"),
            services: read.list("service"),
            admin_listen: read.address("admin.listen"),
            limits: CommandLimits {
                subscriptions_per_guild: read.count("limits.subscriptions_per_guild", 1, 10_000) as usize,
                per_user: read.rate("limits.commands_per_user"),
                per_guild: read.rate("limits.commands_per_guild"),
            },
            operator: OperatorConfig {
                channel: read.id("operator.channel"),
                webhook_url: read.secret_url("operator.webhook_url"),
                heartbeat_url: read.secret_url("operator.heartbeat_url"),
                collect_questions: read.flag("operator.collect_questions"),
            },
            faq: Some(read.text("faq.dir")).filter(|p| !p.is_empty()).map(PathBuf::from),
            log: LogConfig {
                json: read.one_of("log.format", &["text", "json"]) == "json",
                filter: read.text("log.filter"),
            },
            warnings: std::mem::take(&mut read.warnings),
            written: read.written(),
        }
    }
}

fn problems(key: &str, errors: &[CatalogError]) -> ConfigError {
    let problem = |e: &CatalogError| Problem {
        origin: "configuration".into(),
        key: key.into(),
        what: without_secrets(&e.to_string()),
    };
    ConfigError { problems: errors.iter().map(problem).collect() }
}
