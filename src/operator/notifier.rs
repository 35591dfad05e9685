//! The loop that tells the operator: it gathers what they must know, keeps the pace, and finds a way out.
//!
//! The channel first; where Discord has refused it for some minutes, or refuses it for good, the webhook. Where there is a
//! webhook and no channel, the webhook hears everything.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

use super::alerts::{GroupInterval, OperatorAlert};
use super::channels::{OperatorChannel, OperatorChannelError};
use super::self_checks::SelfChecks;
use crate::chat::escape;
use crate::clock::Clock;
use crate::lease_manager::Leadership;
use crate::notifier::OperatorEvent;
use crate::throttle::{RateLimitHold, Throttle};
use crate::watcher::stopped;

/// The second way is taken when the first was closed for so long: Discord's own short failures heal sooner.
const SECOND_CHANNEL_AFTER: SignedDuration = SignedDuration::from_mins(3);
/// Bans that are over sooner are over before anybody reads of them.
const LONG_HOLD: SignedDuration = SignedDuration::from_mins(10);
/// Rounds are made, and what is held is checked, this often.
const TURN: SignedDuration = SignedDuration::from_secs(30);
/// Messages that wait for a way at most; beyond, the oldest go: the log has them.
const WAITING: usize = 50;
/// What still waits when the bot stops has this long. SIGTERM gives 10 s in all, of which the app takes 8.
const LAST_WORDS: SignedDuration = SignedDuration::from_secs(1);

/// What the hotline is made of.
pub struct OperatorNotifier {
    pub clock: Clock,
    pub channel: Option<Arc<dyn OperatorChannel>>,
    /// `operator.webhook_url`.
    pub webhook: Option<Arc<dyn OperatorChannel>>,
    /// What the notifier tells.
    pub alerts: mpsc::Receiver<OperatorEvent>,
    /// Bans that are given.
    pub throttle: Arc<Throttle>,
    /// What is checked now and then.
    pub self_checks: SelfChecks,
    /// Whether this instance of the bot tells what concerns all of them; none where there is no other.
    pub duty: Option<Leadership>,
}

/// What waits for a way.
#[derive(Clone, Debug)]
struct Waiting {
    text: String,
    nonce: String,
    since: Timestamp,
}

impl OperatorNotifier {
    /// Tells until it is told to stop; then says what still waits, if that is quick.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut reported = self.throttle.watch_holds();
        reported.mark_unchanged();
        let mut holds: BTreeMap<String, Timestamp> = BTreeMap::new();
        for hold in self.throttle.holds() {
            holds.insert(who(&hold), hold.until); // of the last run: it was told then
        }
        let mut queue = AlertQueue::default();
        let mut turn = self.clock.now();
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(alert) = self.alerts.recv() => {
                    queue.take(OperatorAlert::Notifier(alert), self.clock.now());
                }
                Ok(()) = reported.changed() => {
                    let now = self.clock.now();
                    for hold in reported.borrow_and_update().iter() {
                        let longer = holds.insert(who(hold), hold.until).is_none_or(|until| until < hold.until);
                        if longer && self.is_on_duty() && hold.until.duration_since(now) >= LONG_HOLD {
                            queue.take(rate_limited(hold), now);
                        }
                    }
                }
                () = self.clock.sleep_until(turn) => {
                    let now = self.clock.now();
                    turn = now + TURN;
                    let found = if self.is_on_duty() {
                        self.self_checks.make(now).await
                    } else {
                        self.self_checks.inspect_this_instance(now)
                    };
                    for alert in found {
                        queue.take(alert, now);
                    }
                    queue.pace(now);
                    self.send(&mut queue, now).await;
                    continue;
                }
            }
            // A first of its kind goes out at once; what failed before waits for its turn.
            if queue.fresh {
                self.send(&mut queue, self.clock.now()).await;
            }
        }
        self.say_last_words(queue).await;
    }

    fn is_on_duty(&self) -> bool {
        self.duty.as_ref().is_none_or(Leadership::leads)
    }

    async fn say_last_words(&mut self, mut queue: AlertQueue) {
        let now = self.clock.now();
        while let Ok(alert) = self.alerts.try_recv() {
            queue.take(OperatorAlert::Notifier(alert), now);
        }
        for text in queue.pacing.rest() {
            queue.wait(text, now);
        }
        let clock = self.clock.clone();
        if clock.timeout(LAST_WORDS, self.send(&mut queue, now)).await.is_none() {
            tracing::info!(
                waiting = queue.waiting.len(),
                "the operator was not told everything; the log has it"
            );
        }
    }

    /// Says what waits, oldest first, as far as a way is open.
    async fn send(&self, queue: &mut AlertQueue, now: Timestamp) {
        queue.fresh = false;
        while let Some(next) = queue.waiting.front().cloned() {
            let first = match &self.channel {
                Some(channel) => channel.say(&next.text, &next.nonce).await,
                None => Err(OperatorChannelError::Never("there is no operator.channel".to_owned())),
            };
            let said = match first {
                Ok(()) => Ok(()),
                Err(OperatorChannelError::Later(_))
                    if now.duration_since(next.since) < SECOND_CHANNEL_AFTER =>
                {
                    return;
                }
                Err(error) => match (&self.webhook, error) {
                    (Some(webhook), error) => {
                        let second = webhook.say(&next.text, &next.nonce).await;
                        if let Err(OperatorChannelError::Never(why)) = &second {
                            queue.miss_second_way(why, now);
                        }
                        // The first way opens again: what it may still carry waits for it.
                        if second.is_ok() || matches!(error, OperatorChannelError::Never(_)) {
                            second
                        } else {
                            Err(error)
                        }
                    }
                    (None, error) => Err(error),
                },
            };
            match said {
                Err(OperatorChannelError::Later(why)) => {
                    tracing::debug!(why, "the operator cannot be told now");
                    return;
                }
                Err(OperatorChannelError::Never(why)) => {
                    tracing::warn!(why, text = next.text, "the operator cannot be told");
                }
                Ok(()) => {}
            }
            queue.waiting.pop_front();
        }
    }
}

/// What is held and what waits.
#[derive(Default)]
struct AlertQueue {
    pacing: GroupInterval,
    waiting: VecDeque<Waiting>,
    /// Something came that was not yet tried.
    fresh: bool,
    numbered: u32,
    /// It was said that the second way is closed.
    second_channel_missed: bool,
}

impl AlertQueue {
    fn take(&mut self, alert: OperatorAlert, now: Timestamp) {
        if let Some(text) = self.pacing.take(alert, now) {
            self.wait(text, now);
        }
    }

    fn pace(&mut self, now: Timestamp) {
        for text in self.pacing.due(now) {
            self.wait(text, now);
        }
    }

    /// The second way is closed for good, which is known only when it was needed: said once, by the first.
    fn miss_second_way(&mut self, why: &str, now: Timestamp) {
        if !std::mem::replace(&mut self.second_channel_missed, true) {
            self.wait(format!("You have no second way any more: {}.", escape::plain(why, 200)), now);
        }
    }

    fn wait(&mut self, text: String, now: Timestamp) {
        self.numbered = self.numbered.wrapping_add(1);
        // At most 25 characters, and never the same for two messages within Discord's window of some minutes.
        let nonce = format!("op{}-{}", now.as_second(), self.numbered % 10_000);
        self.waiting.push_back(Waiting { text, nonce, since: now });
        if self.waiting.len() > WAITING {
            self.waiting.pop_front();
        }
        self.fresh = true;
    }
}

fn who(hold: &RateLimitHold) -> String {
    format!("{} {} {}", hold.host, hold.source, hold.credential.as_deref().unwrap_or_default())
}

fn rate_limited(hold: &RateLimitHold) -> OperatorAlert {
    OperatorAlert::RateLimited {
        source: hold.source.clone(),
        host: hold.host.clone(),
        until: hold.until,
        why: hold.why.clone(),
    }
}
