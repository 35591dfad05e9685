//! Registers the commands globally or in one server, and removes those that were registered elsewhere before.
//!
//! Discord shows a command that is registered globally and in a server twice there, and cannot move one.
//!
//! A registration that Discord refuses stops nothing: alerts and the registered commands go on, the operator gets the reason,
//! and it is retried each day. Only a refused token is an error.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

use super::until;
use crate::clock::Clock;
use crate::cluster::LeaseManager;
use crate::commands::Spec;
use crate::discord::{Discord, DiscordError, PermanentReason};
use crate::ids::GuildId;
use crate::notifier::OperatorEvent;
use crate::store::Meta;

/// The key under which it is stored where the commands are registered.
const STANDS: &str = "commands stand in";
/// The stored value for a global registration; a server is stored as its id.
const EVERYWHERE: &str = "everywhere";
/// The role of the instance that registers: one at a time.
const ROLE: &str = "register";
/// Delay after Discord refused: its daily limit of creations is over by then.
const REFUSED_AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// Delay while Discord or the store is away.
const AWAY_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// Registers the commands of one bot, and retries until it is done.
pub struct Registrar {
    pub discord: Arc<dyn Discord>,
    /// Stores where the commands are registered.
    pub store: Arc<dyn Meta>,
    /// This instance's part in the leases.
    pub roles: LeaseManager,
    pub clock: Clock,
    pub specs: Vec<Spec>,
    /// The one server in which they are registered; if `None`, globally.
    pub only_in: Option<GuildId>,
    /// Receives events for the operator.
    pub operator_events: Option<mpsc::Sender<OperatorEvent>>,
}

impl Registrar {
    /// Registers what changed, unless another instance does. Returns after how long to retry, or `None` if nothing is left to
    /// do. Returns an error only if Discord refuses the token.
    pub async fn try_now(&self) -> Result<Option<SignedDuration>, DiscordError> {
        let held = match self.roles.take(ROLE).await {
            Ok(Some(held)) => held,
            Ok(None) => {
                tracing::info!("another instance of the bot registers the commands");
                return Ok(None);
            }
            Err(error) => {
                tracing::warn!(%error, "the store does not say who registers the commands; retrying");
                return Ok(Some(AWAY_AGAIN));
            }
        };
        let registered = register(&*self.discord, &*self.store, &self.specs, self.only_in).await;
        self.roles.give_back(&held.fence).await;
        match registered {
            Ok(0) => Ok(None),
            Ok(changed) => {
                tracing::info!(changed, "registered commands");
                Ok(None)
            }
            Err(error @ DiscordError::Permanent(PermanentReason::Unauthorized)) => Err(error),
            Err(DiscordError::Permanent(refused)) => {
                self.notify(OperatorEvent::Registration { why: refused.to_string() });
                Ok(Some(REFUSED_AGAIN))
            }
            Err(error @ DiscordError::Transient { .. }) => {
                tracing::warn!(%error, "the commands could not be registered; retrying");
                Ok(Some(AWAY_AGAIN))
            }
        }
    }

    /// Retries after `again` and as often as needed, until `stop` turns true.
    pub async fn go_on(self, mut again: Option<SignedDuration>, stop: watch::Receiver<bool>) {
        until(stop, async {
            while let Some(wait) = again {
                self.clock.sleep(wait).await;
                // A refused token ends the bot through the notifier: nothing can be posted with it.
                again = self.try_now().await.unwrap_or(None);
            }
        })
        .await;
    }

    fn notify(&self, notice: OperatorEvent) {
        notice.log();
        if let Some(operator_events) = &self.operator_events {
            // If the channel is full, the event is still in the log.
            let _ = operator_events.try_send(notice);
        }
    }
}

/// Registers what changed in `only_in` or globally, and removes what was registered elsewhere before. Returns the number of
/// changes that it made.
pub async fn register(
    discord: &dyn Discord,
    store: &dyn Meta,
    specs: &[Spec],
    only_in: Option<GuildId>,
) -> Result<usize, DiscordError> {
    let mut changes = discord.register(specs, only_in).await?;
    let wanted = only_in.map_or_else(|| EVERYWHERE.to_owned(), |guild| guild.to_string());
    let before = store.get_meta(STANDS).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the former registration could not be read");
        None
    });
    let before = before.and_then(|stored| String::from_utf8(stored).ok());
    if before.as_deref() == Some(&wanted) {
        return Ok(changes);
    }
    let left = match before.as_deref() {
        Some(EVERYWHERE) => Some(None),
        Some(guild) => guild.parse().ok().map(|guild| Some(GuildId(guild))),
        None => None,
    };
    if let Some(left) = left {
        match discord.register(&[], left).await {
            Ok(removed) => changes += removed,
            // In a server that the bot left, nobody sees its commands.
            Err(DiscordError::Permanent(why)) => {
                tracing::info!(%why, "the former registration could not be removed");
            }
            Err(later) => return Err(later),
        }
    }
    if let Err(error) = store.put_meta(STANDS, Some(wanted.as_bytes())).await {
        tracing::warn!(%error, "the registration could not be stored");
    }
    Ok(changes)
}
