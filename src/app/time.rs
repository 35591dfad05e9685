//! What a clock shows never runs backwards, also not over a restart: what waits in the store waits no longer because the
//! machine's time was set back while the bot was away, and what began cannot begin later than now.
//!
//! Now and then the time is noted in the store. A bot that starts and finds its machine behind that goes on from there, at
//! half speed until the machine has caught up, as one does that kept running. Where a database has a clock, that one is
//! asked instead: it is the same for all who share it.
//!
//! Never: time itself is not read here.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::until;
use crate::clock::Clock;
use crate::store::{Store, StoreError};
use crate::watcher::stopped;

/// The name under which the time is noted.
const NOTED: &str = "clock";

/// The time is noted this often: after a crash what waits may wait so much longer, and no more.
const NOTE_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// A machine that is further behind than this was wrong before, or is wrong now, and nobody can tell which: its own time
/// counts. A day is more than any time zone that was mistaken for another.
const FURTHEST: SignedDuration = SignedDuration::from_hours(26);

/// Lets the clock go on from where it was when the bot last ran.
pub(super) async fn resume(clock: &Clock, store: &dyn Store) -> Result<(), StoreError> {
    let latest = match store.its_time().await? {
        Some(time) => Some(time),
        None => store.kept(NOTED).await?.and_then(|kept| serde_json::from_slice(&kept).ok()),
    };
    let machine = clock.now();
    if let Some(latest) = go_on_from(latest, machine) {
        let behind = latest.duration_since(machine);
        if behind >= SignedDuration::from_secs(5) {
            tracing::warn!(
                behind_s = behind.as_secs(),
                "this machine's time was set back, or is behind the database's; the bot goes on from there at half speed \
                 until the machine has caught up"
            );
        }
        clock.not_before(latest);
    }
    Ok(())
}

/// Notes the time, until it is told to stop, and then once more.
pub(super) async fn note(clock: Clock, store: Arc<dyn Store>, mut stop: watch::Receiver<bool>) {
    if matches!(store.its_time().await, Ok(Some(_))) {
        return stopped(&mut stop).await; // whoever starts asks it again
    }
    until(stop, async {
        loop {
            note_now(&clock, &*store).await;
            clock.sleep(NOTE_EVERY).await;
        }
    })
    .await;
    note_now(&clock, &*store).await;
}

async fn note_now(clock: &Clock, store: &dyn Store) {
    // cannot fail: an instant
    let now = serde_json::to_vec(&clock.now()).unwrap_or_default();
    if let Err(error) = store.keep(NOTED, Some(&now)).await {
        tracing::debug!(%error, "the time could not be noted");
    }
}

/// Where to go on from; none where the machine's own time counts.
fn go_on_from(latest: Option<Timestamp>, machine: Timestamp) -> Option<Timestamp> {
    latest.filter(|latest| *latest > machine && latest.duration_since(machine) <= FURTHEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    proptest::proptest! {
        /// Whatever was to wait for so long when the time was noted waits no longer from when the bot starts again, unless the
        /// machine's time is not to be believed at all.
        #[test]
        fn nothing_waits_longer_because_the_machine_was_set_back(noted in 0_i64..9_000_000, machine in 0_i64..9_000_000, wait in 0_i64..4_000) {
            let due = after(noted + wait);
            let now = go_on_from(Some(after(noted)), after(machine)).unwrap_or(after(machine));
            let left = due.duration_since(now);
            proptest::prop_assert!(now >= after(machine), "never behind the machine");
            if noted - machine <= FURTHEST.as_secs() {
                proptest::prop_assert!(left <= SignedDuration::from_secs(wait), "{left:?}");
            } else {
                proptest::prop_assert_eq!(now, after(machine));
            }
        }
    }
}
