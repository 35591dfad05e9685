//! Where the commands stand in Discord: everywhere, or in one server; what stood elsewhere before is removed.
//!
//! Discord shows a command that stands everywhere and in a server twice there, and knows of no move from one to the other.
//!
//! A registration that Discord refuses ends nothing: alerts and the registered commands go on, the operator is told why, and it
//! is tried again each day. Only a refused token is an error.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

use super::until;
use crate::clock::Clock;
use crate::commands::Spec;
use crate::discord::{Discord, DiscordError, PermanentReason};
use crate::ids::GuildId;
use crate::lease_manager::LeaseManager;
use crate::notifier::OperatorEvent;
use crate::store::Store;

/// The name under which it is kept where they stand.
const STANDS: &str = "commands stand in";
/// Everywhere, as it is kept; a server is kept as its id.
const EVERYWHERE: &str = "everywhere";
/// The role of the instance that registers: one at a time.
const ROLE: &str = "register";
/// What Discord refuses is tried again after this: its daily limit of creations is over by then.
const REFUSED_AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// Where Discord or the store is away, it is tried again after this.
const AWAY_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// Registers the commands of one bot, and goes on with it until it is done.
pub struct Registrar {
    pub discord: Arc<dyn Discord>,
    /// Keeps where the commands stand.
    pub store: Arc<dyn Store>,
    /// This instance's hand in the roles.
    pub roles: LeaseManager,
    pub clock: Clock,
    pub specs: Vec<Spec>,
    /// The one server in which they stand; none: everywhere.
    pub only_in: Option<GuildId>,
    /// Where the operator hears.
    pub operator_events: Option<mpsc::Sender<OperatorEvent>>,
}

impl Registrar {
    /// Registers what changed, unless another instance does. Gives after how long to try again; `None` if there is nothing
    /// left to do. An error only if Discord refuses the token.
    pub async fn try_now(&self) -> Result<Option<SignedDuration>, DiscordError> {
        let held = match self.roles.take(ROLE).await {
            Ok(Some(held)) => held,
            Ok(None) => {
                tracing::info!("another instance of the bot registers the commands");
                return Ok(None);
            }
            Err(error) => {
                tracing::warn!(%error, "the store does not say who registers the commands; it is tried again");
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
                tracing::warn!(%error, "the commands could not be registered; it is tried again");
                Ok(Some(AWAY_AGAIN))
            }
        }
    }

    /// Tries again after `again` and as often as needed, until it is told to stop.
    pub async fn go_on(self, mut again: Option<SignedDuration>, stop: watch::Receiver<bool>) {
        until(stop, async {
            while let Some(wait) = again {
                self.clock.sleep(wait).await;
                // A refused token ends the bot by itself: nothing can be posted with it.
                again = self.try_now().await.unwrap_or(None);
            }
        })
        .await;
    }

    fn notify(&self, notice: OperatorEvent) {
        notice.log();
        if let Some(operator_events) = &self.operator_events {
            // A full channel loses nothing: the log has it.
            let _ = operator_events.try_send(notice);
        }
    }
}

/// Registers what changed where it is wanted, and removes what was registered elsewhere before. Gives how many changes that
/// took.
pub async fn register(
    discord: &dyn Discord,
    store: &dyn Store,
    specs: &[Spec],
    only_in: Option<GuildId>,
) -> Result<usize, DiscordError> {
    let mut changes = discord.register(specs, only_in).await?;
    let wanted = only_in.map_or_else(|| EVERYWHERE.to_owned(), |guild| guild.to_string());
    let before = store.get_meta(STANDS).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "where the commands stood before could not be read");
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
            // A server that was left holds no commands of ours that anybody sees.
            Err(DiscordError::Permanent(why)) => tracing::info!(%why, "commands that stood elsewhere stay"),
            Err(later) => return Err(later),
        }
    }
    if let Err(error) = store.put_meta(STANDS, Some(wanted.as_bytes())).await {
        tracing::warn!(%error, "where the commands stand could not be kept");
    }
    Ok(changes)
}
