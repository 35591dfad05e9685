//! Decides for each incoming interaction whether it is answered, throttled or dropped.
//!
//! Ten thousand presses of one user in a second cost only their parsing: a few are answered with when to come back, the
//! rest is dropped. So they do not delay anybody else's press.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;

use crate::clock::Clock;
use crate::commands::{Input, Invocation};
use crate::config::{CommandLimits, Rate};
use crate::ids::InteractionId;
use crate::throttle::{Cooldowns, RequestQuota, RetryAfter};

/// How often in [`SPAN`] a user is asked to slow down. Further commands are dropped without an answer.
const REPORTED: u32 = 3;
/// Autocomplete requests of one user in [`SPAN`]: Discord sends at most one per letter, and nobody types faster for long.
const TYPED: u32 = 60;
/// An interaction is valid for 15 minutes, but is delivered again only within seconds of a lost connection or answer.
const REMEMBERED_FOR: Duration = Duration::from_secs(120);
/// The most ids that are remembered: 800 interactions a second. 3 MB.
const MOST_REMEMBERED: usize = 100_000;
/// The time span of both limits: the default cooldown of commands.
const SPAN: SignedDuration = SignedDuration::from_secs(10);

/// How an interaction is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Allow,
    /// Answered with when to come back.
    Throttled(RetryAfter),
    Drop,
}

/// Counts interactions per user and per server.
pub(super) struct AdmissionControl {
    commands: Cooldowns,
    reported: Cooldowns,
    typed: Cooldowns,
    recent: RecentIds,
}

/// Ids with their arrival in ticks, oldest first; and the same ids for look-up.
type Remembered = (VecDeque<(Duration, InteractionId)>, HashSet<InteractionId>);

/// The ids of the interactions of the last two minutes.
struct RecentIds {
    clock: Clock,
    ids: Mutex<Remembered>,
}

impl RecentIds {
    /// Remembers an id. Returns whether it is new.
    fn insert(&self, id: InteractionId) -> bool {
        let now = self.clock.ticks();
        let mut held = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let (order, ids) = &mut *held;
        while let Some((at, oldest)) = order.front().copied()
            && (now.saturating_sub(at) >= REMEMBERED_FOR || order.len() >= MOST_REMEMBERED)
        {
            order.pop_front();
            ids.remove(&oldest);
        }
        let new = ids.insert(id);
        if new {
            order.push_back((now, id));
        }
        new
    }
}

impl AdmissionControl {
    pub(super) fn new(clock: &Clock, limits: &CommandLimits) -> Self {
        let allowance = |rate: Rate| RequestQuota::new(rate.count, rate.within);
        let shared_reads =
            |times| Cooldowns::new(clock, RequestQuota::new(times, SPAN), RequestQuota::new(times, SPAN));
        Self {
            commands: Cooldowns::new(clock, allowance(limits.per_user), allowance(limits.per_guild)),
            reported: shared_reads(REPORTED),
            typed: shared_reads(TYPED),
            recent: RecentIds { clock: clock.clone(), ids: Mutex::default() },
        }
    }

    /// Counts an interaction and decides how it is treated.
    pub(super) fn admit(&self, asked: &Invocation) -> Admission {
        // A redelivered interaction is answered already and uses up no cooldown.
        if !self.recent.insert(asked.id) {
            return Admission::Drop;
        }
        let person = asked.invoker.id.0;
        if matches!(asked.input, Input::Autocomplete { .. }) {
            return self.typed.ask(person, None).map_or(Admission::Drop, |()| Admission::Allow);
        }
        match self.commands.ask(person, asked.context.guild().map(|guild| guild.0)) {
            Ok(()) => Admission::Allow,
            Err(_) if self.reported.ask(person, None).is_err() => Admission::Drop,
            Err(wait) => Admission::Throttled(wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn recent_interactions_are_remembered_for_two_minutes_within_a_limit() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let recent = RecentIds { clock: clock.clone(), ids: Mutex::default() };
        assert!(recent.insert(InteractionId(1)) && !recent.insert(InteractionId(1)));
        clock.sleep(SignedDuration::from_secs(119)).await;
        assert!(!recent.insert(InteractionId(1)), "delivered again");
        clock.sleep(SignedDuration::from_secs(2)).await;
        assert!(recent.insert(InteractionId(1)), "forgotten");
        for id in 0..2 * MOST_REMEMBERED as u64 {
            recent.insert(InteractionId(id + 10));
        }
        let held = recent.ids.lock().expect("whole");
        assert!(held.0.len() <= MOST_REMEMBERED && held.0.len() == held.1.len(), "{}", held.0.len());
    }
}
