//! What runs beside the bot for its operator: health endpoints, backups, operator alerts and the heartbeat.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::{CliError, store};
use crate::clock::Clock;
use crate::cluster::Leadership;
use crate::config::Config;
use crate::discord::Discord;
use crate::ids::ChannelId;
use crate::metrics::Metrics;
use crate::notifier::OperatorEvent;
use crate::operator::backups::Backups;
use crate::operator::channels::{DiscordChannel, OperatorChannel, Webhook};
use crate::operator::dead_man;
use crate::operator::http::{self, HealthEndpoints};
use crate::operator::notifier::OperatorNotifier;
use crate::operator::self_checks::{SelfCheckDeps, SelfChecks};
use crate::store::{Store, dump};

/// Operator alerts that may be queued; what finds no room is only in the log.
pub(super) const OPERATOR_EVENTS: usize = 1_000;

/// Whether operator alerts have a channel.
pub(super) fn has_line(config: &Config) -> bool {
    config.operator.channel.is_some() || config.operator.webhook_url.is_some()
}

/// The backups of a store that has a folder. A store in memory has none. A database has its own: several instances of the bot
/// would each dump all of it every hour.
fn backups(config: &Config, clock: &Clock, store: &Arc<dyn Store>, metrics: &Metrics) -> Option<Backups> {
    let folder = dump::backups_beside(&store::folder(config).ok()?);
    Some(Backups { clock: clock.clone(), store: Arc::clone(store), folder, metrics: metrics.clone() })
}

/// Backs up a store of another version. If that fails, the bot goes on and tries again at the next start: old records stay
/// readable forever, and a bot that runs is worth more than a way back.
pub(super) async fn back_up_before_upgrade(
    config: &Config,
    clock: &Clock,
    store: &Arc<dyn Store>,
    metrics: &Metrics,
) {
    let Some(backups) = backups(config, clock, store, metrics) else { return };
    if let Err(error) = backups.before_upgrade().await {
        tracing::error!(%error, "the store could not be backed up before this version uses it");
    }
}

/// Starts all of it. The operator notifier ends after everything else, on `last`.
pub(super) async fn start(
    config: &Config,
    pages: &HealthEndpoints,
    (discord, leadership): (Arc<dyn Discord>, Leadership),
    operator_events: Option<mpsc::Receiver<OperatorEvent>>,
    (stop, last): (&watch::Receiver<bool>, &watch::Receiver<bool>),
) -> Result<JoinSet<()>, CliError> {
    let mut beside = JoinSet::new();
    if let Some(address) = config.admin_listen {
        let listener = listen(address, "admin.listen").await?;
        beside.spawn(http::serve(listener, pages.clone(), stop.clone()));
    }
    let backups = backups(config, &pages.clock, &pages.store, &pages.metrics);
    let watching = SelfCheckDeps {
        certificate_warning: config.checks.policy.certificate_warning,
        questions: config.operator.collect_questions,
        backups: backups.is_some(),
    };
    if let Some(backups) = backups {
        beside.spawn(backups.clone().purge(stop.clone()));
        beside.spawn(backups.keep_up(stop.clone()));
    }
    if let Some(address) = config.operator.heartbeat_url.clone() {
        beside.spawn(dead_man::hold(
            address,
            config.proxy.clone(),
            pages.clone(),
            leadership.clone(),
            stop.clone(),
        ));
    }
    if let Some(operator_events) = operator_events {
        let channel = config.operator.channel.map(|id| {
            Arc::new(DiscordChannel { discord, channel: ChannelId(id) }) as Arc<dyn OperatorChannel>
        });
        let webhook =
            config.operator.webhook_url.clone().map(|it| Webhook::new(it, &config.proxy)).transpose();
        let webhook = webhook.map_err(|e| CliError::Network(format!("operator.webhook_url: {e}")))?;
        let notifier = OperatorNotifier {
            clock: pages.clock.clone(),
            channel,
            webhook: webhook.map(|webhook| Arc::new(webhook) as Arc<dyn OperatorChannel>),
            alerts: operator_events,
            throttle: Arc::clone(&pages.throttle),
            self_checks: SelfChecks::new(
                Arc::clone(&pages.store),
                pages.metrics.clone(),
                pages.snapshot.clone(),
                watching,
            ),
            leadership: Some(leadership),
        };
        beside.spawn(notifier.run(last.clone()));
    }
    Ok(beside)
}

/// Listens on an address. The error names the key to change.
pub(super) async fn listen(address: std::net::SocketAddr, key: &str) -> Result<TcpListener, CliError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|e| {
        CliError::Input(format!(
            "{key}: {address} cannot be listened on: {e}. Stop what uses it, or write another address"
        ))
    })
}
