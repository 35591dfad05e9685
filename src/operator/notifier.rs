//! The loop that alerts the operator: it gathers what they must know, groups it, and finds a channel that works.
//!
//! The Discord channel is used first. If Discord has refused it for some minutes, or refuses it permanently, the
//! webhook is used. With a webhook and no channel, the webhook gets everything.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

use super::alerts::{GroupInterval, OperatorAlert};
use super::channels::{OperatorChannel, OperatorChannelError};
use super::self_checks::SelfChecks;
use crate::chat::escape;
use crate::clock::Clock;
use crate::clock::stopped;
use crate::cluster::Leadership;
use crate::notifier::OperatorEvent;
use crate::throttle::{RateLimitHold, Throttle};

/// How long the first channel must fail before the second is used: Discord's own short failures recover sooner.
const SECOND_CHANNEL_AFTER: SignedDuration = SignedDuration::from_mins(3);
/// Shorter rate-limit holds end before anybody reads of them.
const LONG_HOLD: SignedDuration = SignedDuration::from_mins(10);
/// How often self-checks run and held-back alerts are examined.
const TURN: SignedDuration = SignedDuration::from_secs(30);
/// Messages that may wait to be sent; beyond this number the oldest are dropped. The log has them.
const WAITING: usize = 50;
/// How long the notifier may send waiting messages when the bot stops. SIGTERM gives 10 s in total, of which the app
/// takes 8.
const LAST_WORDS: SignedDuration = SignedDuration::from_secs(1);

pub struct OperatorNotifier {
    pub clock: Clock,
    pub channel: Option<Arc<dyn OperatorChannel>>,
    /// The webhook of `operator.webhook_url`.
    pub webhook: Option<Arc<dyn OperatorChannel>>,
    /// Events of the notifier.
    pub alerts: mpsc::Receiver<OperatorEvent>,
    /// Reports rate-limit holds.
    pub throttle: Arc<Throttle>,
    /// Checks that run periodically.
    pub self_checks: SelfChecks,
    /// Whether this instance reports what concerns all instances; `None` if there is no other.
    pub leadership: Option<Leadership>,
}

/// A message that waits to be sent.
#[derive(Clone, Debug)]
struct Waiting {
    text: String,
    nonce: String,
    since: Timestamp,
}

impl OperatorNotifier {
    /// Alerts the operator until `stop` turns true. Then sends waiting messages, for at most `LAST_WORDS`.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut reported = self.throttle.watch_holds();
        reported.mark_unchanged();
        let mut holds: BTreeMap<String, Timestamp> = BTreeMap::new();
        for hold in self.throttle.holds() {
            holds.insert(who(&hold), hold.until); // from the last run, which reported it
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
                        if longer && self.is_leader() && hold.until.duration_since(now) >= LONG_HOLD {
                            queue.take(rate_limited(hold), now);
                        }
                    }
                }
                () = self.clock.sleep_until(turn) => {
                    let now = self.clock.now();
                    turn = now + TURN;
                    let found = if self.is_leader() {
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
            // The first of a kind is sent at once; a message that failed waits for its turn.
            if queue.fresh {
                self.send(&mut queue, self.clock.now()).await;
            }
        }
        self.say_last_words(queue).await;
    }

    fn is_leader(&self) -> bool {
        self.leadership.as_ref().is_none_or(Leadership::leads)
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
                "some messages to the operator were not sent; the log has them"
            );
        }
    }

    /// Sends the waiting messages, oldest first, until a channel fails.
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
                        // If the first channel may work again, a message that only it can still carry waits for it.
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
                    tracing::debug!(why, "the operator cannot be reached now");
                    return;
                }
                Err(OperatorChannelError::Never(why)) => {
                    tracing::warn!(why, text = next.text, "a message to the operator was dropped");
                }
                Ok(()) => {}
            }
            queue.waiting.pop_front();
        }
    }
}

/// Alerts that are held back, and messages that wait.
#[derive(Default)]
struct AlertQueue {
    pacing: GroupInterval,
    waiting: VecDeque<Waiting>,
    /// A new message has not been tried yet.
    fresh: bool,
    numbered: u32,
    /// It was reported that the second channel is closed.
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

    /// Reports once, over the first channel, that the second is closed permanently. This is known only after it was
    /// needed.
    fn miss_second_way(&mut self, why: &str, now: Timestamp) {
        if !std::mem::replace(&mut self.second_channel_missed, true) {
            self.wait(format!("The second channel is closed: {}.", escape::plain(why, 200)), now);
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
