//! Keeps the clock from running backwards over a restart. If the machine's time was set back while the bot was away, stored
//! deadlines come no later, and nothing can have started in the future.
//!
//! The time is stored every 30 s. If the machine is behind the stored time at the start, the clock goes on from there. It runs
//! at half speed until the machine has caught up, as it does within a running process. If a database has a clock, the bot
//! follows that instead: it is the same for all instances, so what one of them stamps is due for the others at the same
//! instant.
//! instant.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::until;
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// The key of the stored time.
const NOTED: &str = "clock";

/// The time is stored this often: after a crash, what waits may wait up to this much longer.
const NOTE_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// If the machine is further behind than this, it was wrong before or is wrong now, and nobody can know which. The machine's
/// time is then used. A day is more than any mistaken time zone.
const FURTHEST: SignedDuration = SignedDuration::from_hours(26);

/// The database is asked for its time this often. Between two answers the clock advances by its ticks, which drift by some
/// milliseconds. Only a machine that was suspended is behind until the next answer.
const ASK_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// A larger difference between machine and database is reported to the operator: NTP keeps it within a fraction of this.
const OFF_BY: SignedDuration = SignedDuration::from_secs(5);

/// Resumes the clock from where it was when the bot last ran, or makes it follow the store's own clock.
pub(super) async fn resume(clock: &Clock, store: &dyn Store) -> Result<(), StoreError> {
    let asked = clock.ticks();
    if let Some(time) = store.server_time().await? {
        agree(clock, time, asked, &mut false);
        return Ok(());
    }
    let latest = store.get_meta(NOTED).await?.and_then(|stored| serde_json::from_slice(&stored).ok());
    let machine = clock.now();
    if let Some(latest) = go_on_from(latest, machine) {
        let behind = latest.duration_since(machine);
        if behind >= OFF_BY {
            tracing::warn!(
                behind_s = behind.as_secs(),
                "this machine's time was set back; the bot goes on from there at half speed until the machine has caught up"
            );
        }
        clock.not_before(latest);
    }
    Ok(())
}

/// Stores the time, or follows the store's own clock, until `stop` turns true.
pub(super) async fn note(clock: Clock, store: Arc<dyn Store>, stop: watch::Receiver<bool>) {
    if clock.followed_at(clock.ticks()).is_some() {
        return until(stop, follow(&clock, &*store)).await;
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

async fn follow(clock: &Clock, store: &dyn Store) {
    // `resume` has logged the difference at the start.
    let mut off = off_by(clock).abs() >= OFF_BY;
    loop {
        clock.sleep(ASK_EVERY).await;
        let asked = clock.ticks();
        match store.server_time().await {
            Ok(Some(time)) => agree(clock, time, asked, &mut off),
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "the database's time could not be read"),
        }
    }
}

/// Takes in the database's time, which was requested at `asked` and read somewhere between then and now. A difference that
/// this delay explains counts as none. `off` is whether the operator was told that this machine's time is wrong.
fn agree(clock: &Clock, time: Timestamp, asked: Duration, off: &mut bool) {
    let half = clock.ticks().saturating_sub(asked) / 2;
    let (given, unsure) = (asked + half, SignedDuration::try_from(half).unwrap_or_default());
    let right = clock.followed_at(given).is_some_and(|ours| ours.duration_since(time).abs() <= unsure);
    if !right {
        clock.follow(time, given);
    }
    let by = off_by(clock);
    if by.abs() < OFF_BY + unsure {
        if std::mem::take(off) {
            tracing::info!("this machine's time agrees with the database's again");
        }
    } else if !std::mem::replace(off, true) {
        let direction = if by.is_positive() { "ahead" } else { "behind" };
        tracing::warn!(
            off_s = by.abs().as_secs(),
            direction,
            "this machine's time differs from the database's; the bot uses the database's; synchronise both with NTP"
        );
    }
}

/// Returns how far the machine's time is ahead of the database's; negative if it is behind.
fn off_by(clock: &Clock) -> SignedDuration {
    clock
        .followed_at(clock.ticks())
        .map_or(SignedDuration::ZERO, |theirs| clock.machine().duration_since(theirs))
}

async fn note_now(clock: &Clock, store: &dyn Store) {
    // cannot fail: an instant
    let now = serde_json::to_vec(&clock.now()).unwrap_or_default();
    if let Err(error) = store.put_meta(NOTED, Some(&now)).await {
        tracing::debug!(%error, "the time could not be stored");
    }
}

/// Returns the time to resume from, or `None` if the machine's own time is used.
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
        /// A wait that was left when the time was stored is no longer after the restart, unless the machine's time is not
        /// believable at all.
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
