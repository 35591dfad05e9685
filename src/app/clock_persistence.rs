//! What a clock shows never runs backwards, also not over a restart: what waits in the store waits no longer because the
//! machine's time was set back while the bot was away, and what began cannot begin later than now.
//!
//! Now and then the time is noted in the store. A bot that starts and finds its machine behind that goes on from there, at
//! half speed until the machine has caught up, as one does that kept running. Where a database has a clock, that one is
//! followed instead: it is the same for all instances, so that what one of them stamps is due for the others at the same
//! instant.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::until;
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// The name under which the time is noted.
const NOTED: &str = "clock";

/// The time is noted this often: after a crash what waits may wait so much longer, and no more.
const NOTE_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// A machine that is further behind than this was wrong before, or is wrong now, and nobody can tell which: its own time
/// counts. A day is more than any time zone that was mistaken for another.
const FURTHEST: SignedDuration = SignedDuration::from_hours(26);

/// The database is asked for its time this often. Between two answers the clock goes on by its ticks, which drift by some
/// milliseconds; only a machine that was suspended is behind until the next answer.
const ASK_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// A machine that differs from the database by more is told to the operator: a time server keeps it within a fraction of this.
const OFF_BY: SignedDuration = SignedDuration::from_secs(5);

/// Lets the clock go on from where it was when the bot last ran, or follow the store's own clock.
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

/// Notes the time, or follows the store's own clock, until it is told to stop.
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
    // `resume` has said it of the start.
    let mut off = off_by(clock).abs() >= OFF_BY;
    loop {
        clock.sleep(ASK_EVERY).await;
        let asked = clock.ticks();
        match store.server_time().await {
            Ok(Some(time)) => agree(clock, time, asked, &mut off),
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "the database does not tell the time"),
        }
    }
}

/// Takes in an answer of the database to the question that was asked at `asked`: it was given somewhere between then and now.
/// A difference that this explains is none. `off` is whether the operator knows that this machine's time is wrong.
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
            "this machine's time differs from the database's; the bot goes by the database's. Let a time server set both"
        );
    }
}

/// How much the machine's time is ahead of the database's; negative where it is behind.
fn off_by(clock: &Clock) -> SignedDuration {
    clock
        .followed_at(clock.ticks())
        .map_or(SignedDuration::ZERO, |theirs| clock.machine().duration_since(theirs))
}

async fn note_now(clock: &Clock, store: &dyn Store) {
    // cannot fail: an instant
    let now = serde_json::to_vec(&clock.now()).unwrap_or_default();
    if let Err(error) = store.put_meta(NOTED, Some(&now)).await {
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
