//! `run`: runs the bot.
//!
//! It starts in this order: configuration, store, and only then the network. Each missing thing is one line and one exit code.

use std::cell::Cell;
use std::future::pending;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::reload::{ConfigSource, Reload};
use super::sources::{self, SourceSet};
use super::{CliError, faq, log, print, services, store};
use crate::app::registration::Registrar;
use crate::app::{App, Deps};
use crate::chat::announce::{RenderContext, thread_name};
use crate::clock::Clock;
use crate::cluster::shards::ShardRange;
use crate::cluster::{LeaseManager, SharedLimits};
use crate::commands::{self, permissions};
use crate::config::Config;
use crate::discord::gateway::SessionStore;
use crate::discord::rest::{self, Rest};
use crate::discord::{Discord, DiscordError, Identity, gateway, http_interactions};
use crate::health::{OutageKind, ServiceCatalog, StatusSnapshot};
use crate::i18n::Language;
use crate::ids::GuildId;
use crate::metrics::Metrics;
use crate::operator::http::HealthEndpoints;
use crate::operator::systemd;
use crate::store::Meta;
use crate::throttle::Jitter;

/// Interactions that may wait for an answer: more than Discord sends in a burst.
const WAITING: usize = 1_000;

/// Time for connections to close after the app has stopped: with the app's 8 s it stays below the 10 s of SIGTERM.
const CLOSE_WITHIN: SignedDuration = SignedDuration::from_millis(1_500);

/// While Discord does not answer at the start, the bot retries at least this often.
const GREET_AT_LEAST_EVERY: SignedDuration = SignedDuration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only these shards: 0-3/16
    #[arg(long, value_name = "A-B/N")]
    shards: Option<ShardRange>,
    /// Check and decide, but send nothing: log what would be posted, from a copy of the store in memory; needs no token
    #[arg(long, conflicts_with = "shards")]
    dry_run: bool,
}

/// Runs the bot until it is stopped, also while it still starts: then nothing has begun that must be shut down.
pub(super) async fn run(args: &Args, origin: &ConfigSource, config: Config) -> Result<(), CliError> {
    if args.dry_run {
        return super::dry_run::run(&config).await;
    }
    let mut early = Signals::listen()?;
    let started = Cell::new(false);
    tokio::select! {
        ended = serve(args, origin, config, &started) => ended,
        () = async { while !early.stop().await || started.get() {} } => Ok(()),
    }
}

async fn serve(
    args: &Args,
    origin: &ConfigSource,
    config: Config,
    started: &Cell<bool>,
) -> Result<(), CliError> {
    let refilter = log::start(&config.log)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let token = token(&config)?;
    let clock = Clock::system();
    let (faq_out, faq) = watch::channel(faq::faq(&config)?);
    let SourceSet { catalog, throttle, sources, .. } =
        sources::build(&config, &clock, |transport| transport)?;
    let catalog = Arc::new(catalog);
    let store = crate::store::open(&config.store, &store::options(&config)).await?;
    let roles = LeaseManager::new(store.clone(), clock.clone(), config.lease)?;
    let shared_limits = roles.shared();
    let rest = Arc::new(sharing(&config, shared_limits.clone())?);
    let identity = who_we_are(&rest, &clock).await?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        store = config.store.split(':').next().unwrap_or_default(),
        admin = config.admin_listen.map(|address| address.to_string()),
        interactions = config.discord.interactions_listen.map(|address| address.to_string()),
        location = %catalog.location,
        sources = sources.len(),
        "starting"
    );
    tracing::info!(bot = %identity.name, id = %identity.user, "connected as");
    let metrics = Metrics::default();
    let (operator_events_in, operator_events) = mpsc::channel(services::OPERATOR_EVENTS);
    let has_line = services::has_line(&config);
    let registrar = Registrar {
        discord: Arc::clone(&rest) as Arc<dyn Discord>,
        store: store.clone(),
        roles: roles.clone(),
        clock: clock.clone(),
        specs: commands::specs(),
        only_in: config.discord.guild.map(GuildId),
        operator_events: has_line.then(|| operator_events_in.clone()),
    };
    let again = registrar.try_now().await?;
    let (incoming_in, incoming) = mpsc::channel(WAITING);
    let parts = Deps {
        clock: clock.clone(),
        store: Arc::clone(&store),
        discord: Arc::clone(&rest) as Arc<dyn Discord>,
        incoming,
        sources,
        jitter: Jitter::of_this_process(),
        catalog: Arc::clone(&catalog),
        policy: config.checks.policy.clone(),
        faq,
        throttle: Arc::clone(&throttle),
        limits: config.limits.clone(),
        language: config.language,
        operator_events: has_line.then_some(operator_events_in),
        metrics: metrics.clone(),
        collect_questions: config.operator.collect_questions,
        paste_steps: crate::faq::fuel::PASTE,
        roles: roles.clone(),
    };
    services::back_up_before_upgrade(&config, &clock, &store, &metrics).await;
    let mut app = App::start(parts).await?;
    let (stop, stopping) = watch::channel(false);
    let (last, at_last) = watch::channel(false);
    let pages = HealthEndpoints {
        clock: clock.clone(),
        metrics: metrics.clone(),
        store: Arc::clone(&store),
        snapshot: app.snapshot(),
        throttle,
    };
    let discord = Arc::clone(&rest) as Arc<dyn Discord>;
    let operator_events = has_line.then_some(operator_events);
    let mut beside =
        services::start(&config, &pages, (discord, app.leadership()), operator_events, (&stopping, &at_last))
            .await?;
    let mut doors = JoinSet::new();
    doors.spawn(registrar.go_on(again, stopping.clone()));
    if let Some(address) = config.discord.interactions_listen {
        let options = http_interactions::HttpInteractionsOptions {
            public_key: config.discord.public_key.clone(),
            connections: http_interactions::CONNECTIONS,
            clock: clock.clone(),
        };
        let listener = services::listen(address, "discord.interactions_listen").await?;
        metrics.connected(true); // Discord connects to us: there is no connection that could be lost
        let served = http_interactions::run(options, listener, incoming_in, stopping.clone());
        doors.spawn(async move {
            if let Err(error) = served.await {
                tracing::error!(%error, "the HTTP listener for interactions stopped");
            }
        });
    } else {
        let presence =
            presence(app.snapshot(), Arc::clone(&catalog), config.language, &mut doors, stopping.clone());
        let options = gateway::GatewayOptions {
            token,
            shards: args.shards,
            shared_limits: shared_limits.filter(|_| args.shards.is_none()),
            identifies_per_day: gateway::IDENTIFIES_PER_DAY,
            timeouts: gateway::Timeouts::default(),
            presence,
            clock,
        };
        let (rest, sessions) = (Arc::clone(&rest), Arc::new(StoreSessions(store)));
        doors.spawn(async move { gateway::run(options, &rest, incoming_in, sessions, stopping).await });
    }

    print(&format!("{} is running. Invite it: {}", identity.name, invite_link(identity.application)));
    systemd::ready();
    let reload = Reload { origin, config: &config, faq: faq_out, refilter };
    let signals = Signals::listen()?;
    started.set(true);
    let ended = until_posted(&mut app, signals, &reload).await;
    systemd::stopping();
    stop.send_replace(true);
    app.stop().await;
    last.send_replace(true);
    let closing = async {
        while doors.join_next().await.is_some() {}
        while beside.join_next().await.is_some() {}
    };
    if Clock::system().timeout(CLOSE_WITHIN, closing).await.is_none() {
        tracing::info!("open connections were cut at shutdown");
    }
    tracing::info!("stopped");
    ended
}

/// Asks Discord for the bot's identity until it answers: a down Discord at the start must not end the bot. Only a refusal does.
async fn who_we_are(rest: &Rest, clock: &Clock) -> Result<Identity, CliError> {
    let mut pause = SignedDuration::from_secs(1);
    loop {
        match rest.who_am_i().await {
            Err(error @ DiscordError::Transient { .. }) => {
                tracing::warn!(%error, again_in = %pause, "Discord does not answer; retrying");
                // It waits without limit, which systemd must not take for a failed start.
                systemd::ready();
                clock.sleep(pause).await;
                pause = (pause * 2).min(GREET_AT_LEAST_EVERY);
            }
            answer => return Ok(answer?),
        }
    }
}

/// Returns the token, or an error that says how to get one.
fn token(config: &Config) -> Result<String, CliError> {
    let token = config.discord.token.as_ref().map(|token| token.reveal().to_owned());
    token.ok_or_else(|| {
        CliError::Input(
            "DISCORD_TOKEN is not set. Developer portal (https://discord.com/developers/applications) → your \
             application → Bot → Reset Token; then set DISCORD_TOKEN, or discord.token_file."
                .to_owned(),
        )
    })
}

/// Builds the REST client, as configured. Nothing is sent yet.
pub(super) fn rest(config: &Config) -> Result<Rest, CliError> {
    sharing(config, None)
}

/// The same, for an instance that shares Discord's limits with others.
fn sharing(config: &Config, shared_limits: Option<Arc<dyn SharedLimits>>) -> Result<Rest, CliError> {
    let options = rest::RestOptions {
        api: config.discord.api.clone(),
        token: token(config)?,
        requests_per_second: config.discord.requests_per_second,
        shared_limits,
        proxy: config.proxy.clone(),
        clock: Clock::system(),
    };
    Rest::new(&options).map_err(|e| CliError::Input(e.to_string()))
}

/// Returns the link that invites the bot, with exactly the permissions that it uses.
pub(super) fn invite_link(application: u64) -> String {
    let permissions = permissions::INVITE;
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={permissions}"
    )
}

/// Waits until the bot is stopped or cannot go on. SIGHUP reloads what can be reloaded. A systemd watchdog gets its pings.
async fn until_posted(app: &mut App, mut signals: Signals, reload: &Reload<'_>) -> Result<(), CliError> {
    let (clock, watchdog_interval) = (Clock::system(), systemd::watchdog_interval());
    loop {
        tokio::select! {
            () = clock.sleep(watchdog_interval.unwrap_or_default()), if watchdog_interval.is_some() => systemd::alive(),
            why = app.broken() => return Err(CliError::Discord(why)),
            stop = signals.stop() => if stop { return Ok(()) } else { reload.again() },
        }
    }
}

/// The signals that control the bot.
pub(super) struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Self, CliError> {
        let listen = |kind| {
            signal(kind).map_err(|e| CliError::Input(format!("no signal handler can be installed: {e}")))
        };
        Ok(Self {
            term: listen(SignalKind::terminate())?,
            int: listen(SignalKind::interrupt())?,
            hup: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal. Returns whether it stops the bot, rather than reloading the configuration.
    pub(super) async fn stop(&mut self) -> bool {
        tokio::select! {
            _ = self.term.recv() => true,
            _ = self.int.recv() => true,
            _ = self.hup.recv() => false,
        }
    }
}

/// Returns the bot's presence: the open outage, and since when.
fn presence(
    mut snapshot: watch::Receiver<Arc<StatusSnapshot>>,
    catalog: Arc<ServiceCatalog>,
    language: Language,
    doors: &mut JoinSet<()>,
    mut stop: watch::Receiver<bool>,
) -> watch::Receiver<String> {
    let (out, presence) = watch::channel(String::new());
    doors.spawn(async move {
        loop {
            let seen = snapshot.borrow_and_update().clone();
            let text =
                seen.open.iter().find(|o| o.kind == OutageKind::Outage).map_or_else(String::new, |outage| {
                    let name = thread_name(outage, &RenderContext::new(&catalog, language, seen.at));
                    format!("{name} · {} UTC", outage.since.strftime("%H:%M"))
                });
            out.send_if_modified(|last| std::mem::replace(last, text.clone()) != text);
            tokio::select! {
                changed = snapshot.changed() => if changed.is_err() { pending().await },
                () = crate::clock::stopped(&mut stop) => return,
            }
        }
    });
    presence
}

/// Stores gateway sessions in the store.
struct StoreSessions(Arc<dyn Meta>);

#[async_trait]
impl SessionStore for StoreSessions {
    async fn save(&self, name: &str, value: Option<&[u8]>) {
        if let Err(error) = self.0.put_meta(name, value).await {
            tracing::warn!(%error, name, "gateway session could not be saved");
        }
    }

    async fn load(&self, name: &str) -> Option<Vec<u8>> {
        self.0.get_meta(name).await.unwrap_or_else(|error| {
            tracing::warn!(%error, name, "gateway session could not be read");
            None
        })
    }
}
