//! Bans, kept: one of a day outlives a restart, and holds for whichever copy of the bot looks next.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::lease_manager::Leadership;
use crate::store::{Store, StoreError};
use crate::throttle::{RateLimitHold, Throttle};
use crate::watcher::stopped;

/// The name under which bans are kept.
const HOLDS: &str = "bans";

/// A copy that looks at nothing reads this often what the one that does was given.
const READ_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// Takes in the bans that are kept.
pub(super) async fn restore(store: &dyn Store, throttle: &Throttle) -> Result<(), StoreError> {
    let Some(stored) = store.get_meta(HOLDS).await? else { return Ok(()) };
    match serde_json::from_slice::<Vec<RateLimitHold>>(&stored) {
        Ok(holds) => throttle.import(holds),
        Err(e) => tracing::warn!(error = %e, "the kept bans cannot be read; they are forgotten"),
    }
    Ok(())
}

/// Keeps every ban as it is given to the copy that looks; the others read them.
pub(super) async fn share(
    store: Arc<dyn Store>,
    throttle: Arc<Throttle>,
    duty: Leadership,
    clock: Clock,
    mut stop: watch::Receiver<bool>,
) {
    let mut reported = throttle.watch_holds();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            changed = reported.changed() => if changed.is_err() { return },
            () = clock.sleep(READ_EVERY), if !duty.leads() => {
                if let Err(error) = restore(&*store, &throttle).await {
                    tracing::debug!(%error, "the bans of the copy that looks could not be read");
                }
                reported.mark_unchanged();
                continue;
            }
        }
        if duty.leads() {
            let holds = reported.borrow_and_update().clone();
            save(&*store, &holds).await;
        }
    }
}

async fn save(store: &dyn Store, holds: &[RateLimitHold]) {
    for hold in holds {
        tracing::warn!(host = hold.host, source = hold.source, until = %hold.until, why = hold.why, "banned");
    }
    // cannot fail: a ban is strings and an instant
    let stored = serde_json::to_vec(holds).unwrap_or_default();
    if let Err(error) = store.put_meta(HOLDS, Some(&stored)).await {
        tracing::error!(%error, "a ban could not be kept; it does not outlive a restart");
    }
}
