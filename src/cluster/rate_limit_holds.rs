//! Stores rate-limit holds: a hold of a day survives a restart and applies to the instance that probes next.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::watch;

use super::Leadership;
use crate::clock::{Clock, stopped};
use crate::store::{Meta, StoreError};
use crate::throttle::{RateLimitHold, Throttle};

/// The key under which holds are stored.
const HOLDS: &str = "bans";

/// An instance that does not probe reads this often the holds of the one that does.
const READ_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// Imports the stored holds.
pub async fn restore(store: &dyn Meta, throttle: &Throttle) -> Result<(), StoreError> {
    let Some(stored) = store.get_meta(HOLDS).await? else { return Ok(()) };
    match serde_json::from_slice::<Vec<RateLimitHold>>(&stored) {
        Ok(holds) => throttle.import(holds),
        Err(e) => tracing::warn!(error = %e, "the stored rate-limit holds cannot be read; they are dropped"),
    }
    Ok(())
}

/// Stores every hold as soon as the probing instance gets it; the other instances read them.
pub async fn share(
    store: Arc<dyn Meta>,
    throttle: Arc<Throttle>,
    leadership: Leadership,
    clock: Clock,
    mut stop: watch::Receiver<bool>,
) {
    let mut reported = throttle.watch_holds();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            changed = reported.changed() => if changed.is_err() { return },
            () = clock.sleep(READ_EVERY), if !leadership.leads() => {
                if let Err(error) = restore(&*store, &throttle).await {
                    tracing::debug!(%error, "the rate-limit holds of the probing instance could not be read");
                }
                reported.mark_unchanged();
                continue;
            }
        }
        if leadership.leads() {
            let holds = reported.borrow_and_update().clone();
            save(&*store, &holds).await;
        }
    }
}

async fn save(store: &dyn Meta, holds: &[RateLimitHold]) {
    for hold in holds {
        tracing::warn!(host = hold.host, source = hold.source, until = %hold.until, why = hold.why, "rate limited");
    }
    // cannot fail: a hold is strings and a timestamp
    let stored = serde_json::to_vec(holds).unwrap_or_default();
    if let Err(error) = store.put_meta(HOLDS, Some(&stored)).await {
        tracing::error!(%error, "a rate-limit hold could not be stored; it does not survive a restart");
    }
}
