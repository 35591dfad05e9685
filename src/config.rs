//! Builds one [`Config`] from file, environment and flags.
//!
//! The table [`keys::KEYS`] names every key once: its default, its meaning, its environment variable and the commented
//! example of `check --print-default` all come from it. Every problem is reported at once, by key.

mod keys;
mod reader;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

pub use keys::{ConfigKey, KEYS, RELOADED, TABLES, TableKey, TableKeys, print_default};
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
    /// Where data is stored: `sled:PATH`, `postgres://USER@HOST/DATABASE` or `memory:`. Holds no password.
    pub store: String,
    /// How long an instance holds a role without renewing it, if several instances share the store.
    pub lease: SignedDuration,
    /// The password of the store, if it is a database that needs one.
    pub store_password: Option<Secret>,
    /// The language of posts in a server that has set none.
    pub language: Language,
    /// The location that this instance checks from, as people read it: "Frankfurt". May be empty.
    pub location: String,
    /// Whether outgoing HTTP requests connect directly, or through one proxy.
    pub proxy: Proxy,
    pub discord: DiscordConfig,
    pub checks: ChecksConfig,
    /// Sources that replace or add to the built-in ones.
    pub sources: Vec<SourceConfig>,
    /// Services that replace or add to the built-in ones.
    pub services: Vec<ServiceConfig>,
    /// Where /healthz, /readyz and /metrics are served. `None`: nowhere.
    pub admin_listen: Option<SocketAddr>,
    /// The limits per server and per user.
    pub limits: CommandLimits,
    pub operator: OperatorConfig,
    /// The folder of the operator's own FAQ entries.
    pub faq: Option<PathBuf>,
    pub log: LogConfig,
    /// What works but should be changed, for the operator.
    pub warnings: Vec<String>,
    /// Every value as it was given, by key.
    written: Written,
}

/// How the bot reaches Discord.
#[derive(Clone, Debug)]
pub struct DiscordConfig {
    /// REST base.
    pub api: String,
    /// The bot's token. `None` until the operator gives one.
    pub token: Option<Secret>,
    /// Discord's global limit for this bot.
    pub requests_per_second: u32,
    /// Where interactions are received over HTTP. `None`: they arrive over the gateway.
    pub interactions_listen: Option<SocketAddr>,
    /// The application's public key (hex), which signs interactions over HTTP.
    pub public_key: String,
    /// Commands are registered in this server only. `None`: everywhere.
    pub guild: Option<u64>,
}

/// How the sources are checked.
#[derive(Clone, Debug)]
pub struct ChecksConfig {
    /// The interval of the checks of one source.
    pub interval: SignedDuration,
    /// A check that takes longer has failed.
    pub timeout: SignedDuration,
    /// When failures open an outage, and successes end it.
    pub policy: Policy,
    /// Additional certificate authorities, as PEM; usually empty.
    pub ca_certificates: String,
    /// Client credentials of the optional tokened search.
    pub client: Option<(String, Secret)>,
    /// Whether the built-in Spotify sources are checked.
    pub spotify: bool,
    /// The name of everything that is checked, as people read it.
    pub catalog_name: String,
}

/// One `[[service]]`: the name of a service, and which components of the status page belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceConfig {
    /// The name that sources refer to.
    pub name: String,
    /// The name that people read.
    pub display: Option<String>,
    /// Names of page components that mean this service.
    #[serde(default)]
    pub components: Vec<String>,
    /// How many of its sources must fail before an outage is posted; one by default.
    pub needs: Option<u32>,
    /// The status page that reports on it, if several vendors are checked.
    pub page: Option<String>,
}

/// The limits per server and per user.
#[derive(Clone, Debug)]
pub struct CommandLimits {
    pub subscriptions_per_guild: usize,
    /// Commands of one user.
    pub per_user: Rate,
    /// Commands in one server, for all users together.
    pub per_guild: Rate,
}

/// A number of commands in a time: "5 in 10s".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At least 1.
    pub count: u32,
    /// More than zero.
    pub within: SignedDuration,
}

/// What the operator gets, and over which channels.
#[derive(Clone, Debug)]
pub struct OperatorConfig {
    /// A channel that gets what the operator must know.
    pub channel: Option<u64>,
    /// Who answers for this bot's requests, in their user agent; `None`: the project.
    pub contact: Option<String>,
    /// A webhook that gets it when Discord itself fails.
    pub webhook_url: Option<Secret>,
    /// An address that is requested every minute while the bot is healthy.
    pub heartbeat_url: Option<Secret>,
    /// Whether questions without an answer are stored, redacted, for the operator to read.
    pub collect_questions: bool,
}

/// The format and filter of logs.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// One JSON object per line instead of text.
    pub json: bool,
    /// Which events: `info`, `debug`, `healthy_upstream::notifier=debug`.
    pub filter: String,
}

/// Why the configuration cannot be used: every problem at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// In the order of the file's keys.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl ConfigError {
    /// Returns whether a key was unknown: then the list of all keys helps.
    pub fn names_unknown_keys(&self) -> bool {
        self.problems.iter().any(|problem| problem.what.starts_with("is not known"))
    }
}

impl std::error::Error for ConfigError {}

/// Keys whose values changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedKeys {
    /// Keys that a running bot applies.
    pub taken: Vec<&'static str>,
    /// Those that need a restart.
    pub restart: Vec<&'static str>,
}

/// The file that is read when none is given, if it exists.
pub const DEFAULT_FILE: &str = "healthy-upstream.toml";

impl Config {
    /// Reads the file (`file`, else [`DEFAULT_FILE`] if it exists), then the environment, then `--set KEY=VALUE`.
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

    /// Builds a configuration from a file's text, the environment and flags.
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

    /// The configuration without any file, variable or flag.
    pub fn default_for_tests() -> Self {
        // cannot fail: a test reads the defaults
        Self::from_reader(&mut ConfigReader::new("defaults", "", &[], &[]))
    }

    /// What is checked: the built-in sources as the configuration changes them, and its own.
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
        let mut catalog = spotify::catalog(&specs, &self.location);
        catalog.display.clone_from(&self.checks.catalog_name);
        let mut chosen = std::collections::BTreeMap::new();
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
            service.needs = own.needs;
            let sources = u32::try_from(service.sources.len()).unwrap_or(u32::MAX);
            let page = own.page.as_deref().map(crate::health::SourceName::from);
            let problem = match (own.needs, &page) {
                (Some(needs), _) if !(1..=sources).contains(&needs) => Some(format!(
                    "\"{}\": needs must be from 1 to {sources}, the number of its sources",
                    own.name
                )),
                (_, Some(page)) if !catalog.pages.contains(page) => {
                    Some(format!("\"{}\": \"{page}\" is no source of the kind page", own.name))
                }
                _ => None,
            };
            if let Some(what) = problem {
                let what = without_secrets(&what);
                let problem = Problem { origin: "configuration".into(), key: "service".into(), what };
                return Err(ConfigError { problems: vec![problem] });
            }
            chosen.extend(page.map(|page| (service.name.clone(), page)));
        }
        if !self.checks.spotify {
            catalog.whole = spotify::whole_called(&catalog.display, &catalog);
        }
        catalog.vendors = spotify::vendors(&specs, &catalog, &chosen);
        Ok((specs, catalog))
    }

    /// Returns the keys that changed since `before`, split by whether a running bot applies them.
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
        let interval =
            read.duration("checks.interval", SignedDuration::from_secs(1), SignedDuration::from_hours(1));
        Self {
            lease: read.duration("ha.lease", SignedDuration::from_secs(1), SignedDuration::from_mins(5)),
            store: read.store(),
            store_password: read.secret("store_password"),
            language: Language::nearest(&read.text("language")),
            location: read.text("location"),
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
                interval,
                timeout: read.duration(
                    "checks.timeout",
                    SignedDuration::from_millis(100),
                    SignedDuration::from_mins(1),
                ),
                policy: Policy {
                    interval,
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
                catalog_name: read.text("catalog.name"),
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
                contact: read.contact("operator.contact"),
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
