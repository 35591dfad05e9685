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
const BANS: &str = "bans";

/// A copy that looks at nothing reads this often what the one that does was given.
const READ_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// Takes in the bans that are kept.
pub(super) async fn restore(store: &dyn Store, throttle: &Throttle) -> Result<(), StoreError> {
    let Some(kept) = store.get_meta(BANS).await? else { return Ok(()) };
    match serde_json::from_slice::<Vec<RateLimitHold>>(&kept) {
        Ok(bans) => throttle.import(bans),
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
    let mut told = throttle.watch_holds();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            changed = told.changed() => if changed.is_err() { return },
            () = clock.sleep(READ_EVERY), if !duty.leads() => {
                if let Err(error) = restore(&*store, &throttle).await {
                    tracing::debug!(%error, "the bans of the copy that looks could not be read");
                }
                told.mark_unchanged();
                continue;
            }
        }
        if duty.leads() {
            let bans = told.borrow_and_update().clone();
            keep(&*store, &bans).await;
        }
    }
}

async fn keep(store: &dyn Store, bans: &[RateLimitHold]) {
    for ban in bans {
        tracing::warn!(host = ban.host, source = ban.source, until = %ban.until, why = ban.why, "banned");
    }
    // cannot fail: a ban is strings and an instant
    let kept = serde_json::to_vec(bans).unwrap_or_default();
    if let Err(error) = store.put_meta(BANS, Some(&kept)).await {
        tracing::error!(%error, "a ban could not be kept; it does not outlive a restart");
    }
}
