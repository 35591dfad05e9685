//! The loop that brings what is owed to Discord.
//!
//! It expands announcements in bounded steps, claims what is due, sends in parallel across channels and in order within
//! one, and stores each outcome. It wakes when it is nudged and when something is due, and sleeps otherwise; after a
//! crash at any instant a new notifier on the same store goes on.

mod delivery_task;
mod edit;
mod fan_out;
mod live_charts;
mod live_status;
mod mention;
mod operator_event;
mod outcome_batcher;
mod post;
mod recover;
mod reminders;
mod render;
mod shared_reads;
mod stats;
mod weekly_report;
mod work_shards;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

pub use operator_event::OperatorEvent;
pub use stats::NotifierStats;

use self::delivery_task::{Abort, DeliveryTask, ENOUGH_LEASE};
use self::outcome_batcher::OutcomeBatcher;
use self::reminders::Reminders;
use self::shared_reads::ReadCache;
use self::stats::NotifierCount;
use crate::alerts::plan::PlanPolicy;
use crate::alerts::retry::RetryPolicy;
use crate::alerts::{Claim, DeliveryOutcome, NotificationLogEntry};
use crate::clock::Clock;
use crate::discord::Discord;
use crate::health::{ServiceCatalog, StatusSnapshot};
use crate::i18n::Language;
use crate::lease_manager::Leadership;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// What other instances of the bot committed is looked for this often, whether or not they hinted at it.
const PROBE_IF_BUDGET: SignedDuration = SignedDuration::from_secs(2);

/// A store that did not answer is asked again after this long, as long as a claim is ours.
const ASK_STORE_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// How the notifier works.
#[derive(Clone, Debug)]
pub struct NotifierOptions {
    /// Numbers of the plan.
    pub plan: PlanPolicy,
    /// Numbers of trying again.
    pub retry: RetryPolicy,
    /// Channels that are sent to at the same time.
    pub parallel: usize,
    /// How long a claim is ours.
    pub lease: SignedDuration,
    /// The watcher's newest picture, for boards and for what still answers; without it both are left out.
    pub images: Option<watch::Receiver<Arc<StatusSnapshot>>>,
    /// Where the operator hears; what finds no room there is in the log all the same.
    pub events: Option<mpsc::Sender<OperatorEvent>>,
    /// Whether this copy makes reports, boards and reminders; none where there is no other copy.
    pub duty: Option<Leadership>,
    /// The language of posts where nothing says another.
    pub language: Language,
    pub metrics: Metrics,
}

impl NotifierOptions {
    /// 64 at a time carry far more than Discord's 50 in a second at 200 ms each; 60 s of lease are four times what one
    /// sending may take.
    pub fn new(catalog: &ServiceCatalog) -> Self {
        Self {
            plan: PlanPolicy::new(catalog.whole.clone()),
            retry: RetryPolicy::default(),
            parallel: 64,
            lease: SignedDuration::from_secs(60),
            images: None,
            events: None,
            duty: None,
            language: Language::ENGLISH,
            metrics: Metrics::default(),
        }
    }
}

/// Why the notifier ended by itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Discord refuses the token: {0}")]
pub struct Unauthorized(pub String);

/// Brings what is owed to Discord. A clone is the same notifier.
#[derive(Clone)]
pub struct Notifier(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    discord: Arc<dyn Discord>,
    clock: Clock,
    catalog: Arc<ServiceCatalog>,
    options: NotifierOptions,
    stats: Arc<NotifierStats>,
    nudge: Notify,
    live_messages: Notify,
    shared_reads: ReadCache,
    outcomes: OutcomeBatcher,
    store_is_away: AtomicBool,
}

impl Notifier {
    /// A notifier on a store and a Discord.
    pub fn new(
        store: Arc<dyn Store>,
        discord: Arc<dyn Discord>,
        clock: Clock,
        catalog: Arc<ServiceCatalog>,
        options: NotifierOptions,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            discord,
            clock,
            catalog,
            stats: Arc::new(NotifierStats::shown_in(options.metrics.clone())),
            options,
            nudge: Notify::new(),
            live_messages: Notify::new(),
            shared_reads: ReadCache::default(),
            outcomes: OutcomeBatcher::default(),
            store_is_away: AtomicBool::new(false),
        }))
    }

    /// Something was committed or changed: look at what is owed now.
    pub fn nudge(&self) {
        self.0.shared_reads.forget();
        self.0.nudge.notify_one();
        self.0.live_messages.notify_one();
    }

    /// What it did so far.
    pub fn stats(&self) -> Arc<NotifierStats> {
        Arc::clone(&self.0.stats)
    }

    /// Works until `stop` turns true, then waits for what is on its way; what is owed stays in the store. Ends by itself
    /// only when Discord refuses the token.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) -> Result<(), Unauthorized> {
        let inner = &self.0;
        // Dropped with this future, whatever ends it.
        let mut beside = JoinSet::new();
        let weekly = Arc::clone(inner);
        beside.spawn(inner.on_duty(move || weekly_report::report(Arc::clone(&weekly))));
        if let Some(images) = inner.options.images.clone() {
            let live_messages = Arc::clone(inner);
            beside.spawn(
                inner.on_duty(move || live_status::keep_current(Arc::clone(&live_messages), images.clone())),
            );
        }
        let mut round = LoopState::default();
        let ended = loop {
            if *stop.borrow() {
                break Ok(());
            }
            let next = round.advance(inner).await;
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break Ok(()),
                Some(done) = round.sending.join_next() => {
                    if let Ok(Err(refused)) = done {
                        break Err(refused);
                    }
                }
                () = inner.nudge.notified() => {}
                () = inner.hint() => {}
                () = inner.clock.sleep_until(next.unwrap_or(Timestamp::MAX)), if next.is_some() => {}
            }
        };
        beside.abort_all();
        while round.sending.join_next().await.is_some() {}
        ended
    }
}

/// What the loop holds between two turns.
#[derive(Default)]
struct LoopState {
    /// What is on its way. Dropped with the loop: then it is as if the process had died.
    sending: JoinSet<Result<(), Unauthorized>>,
    reminding: Reminders,
}

impl LoopState {
    /// One turn: expand a step, remind, claim and send. Gives when the next turn is due, whatever else happens.
    async fn advance(&mut self, inner: &Arc<Inner>) -> Option<Timestamp> {
        if inner.outcomes.is_held_up() {
            // First what was sent is kept: a claim that ran out meanwhile must not be taken for one that was not sent.
            return Some(inner.clock.now() + ASK_STORE_AGAIN);
        }
        match self.try_advance(inner).await {
            Ok(next) => {
                inner.store_works();
                next
            }
            Err(error) => {
                inner.store_failed(&error);
                // A store that is away or full is asked again soon, without spinning.
                Some(inner.clock.now() + SignedDuration::from_secs(5))
            }
        }
    }

    async fn try_advance(&mut self, inner: &Arc<Inner>) -> Result<Option<Timestamp>, StoreError> {
        let now = inner.clock.now();
        let reminder = self.reminding.remind(inner, now).await;
        let expanded = fan_out::step(&*inner.store, now).await?;
        if let Some(announcement) = &expanded {
            self.reminding.follow(announcement);
        }
        let free = inner.options.parallel.saturating_sub(self.sending.len());
        // Claimed in heaps: each claim is one durable write, whatever its size. Until there is room for a heap, whatever
        // comes back wakes us.
        if !self.sending.is_empty() && free < inner.options.parallel.div_ceil(2) {
            return Ok(if expanded.is_some() { Some(now) } else { reminder });
        }
        for claim in inner.store.claim(free, inner.options.lease, now).await? {
            let inner = Arc::clone(inner);
            let until = now + inner.options.lease;
            self.sending.spawn(async move { inner.deliver(claim, until).await });
        }
        if expanded.is_some() {
            return Ok(Some(now));
        }
        let due = inner.store.next_due().await?;
        // What is due but not ours to take yet comes back when something on its way is done, or in a moment.
        let due = due.map(|due| due.max(now + SignedDuration::from_millis(250)));
        // What another copy committed is found without its hint as well.
        let probe_if_budget = inner.store.is_shared().then(|| now + PROBE_IF_BUDGET);
        Ok([reminder, due, probe_if_budget].into_iter().flatten().min())
    }
}

/// What a channel has been told by the tries of one claim, and what of that the store has.
struct Progress {
    log: NotificationLogEntry,
    stored: NotificationLogEntry,
}

impl Inner {
    /// Carries out one claim and stores what became of it.
    async fn deliver(&self, claim: Claim, until: Timestamp) -> Result<(), Unauthorized> {
        let mut refused = None;
        let mut progress = Progress { log: claim.log.clone(), stored: claim.log.clone() };
        let outcome = loop {
            match self.carry_out(&claim, &mut progress, until).await {
                Ok(outcome) | Err(Abort::With(outcome)) => break outcome,
                Err(Abort::Stop(why)) => {
                    self.event(OperatorEvent::Unauthorized { why: why.clone() });
                    refused = Some(Unauthorized(why.clone()));
                    let due = self.clock.now();
                    break DeliveryOutcome::Retry { due, why, uncounted: true, log: None };
                }
                Err(Abort::Lost) => {
                    tracing::warn!(channel = %claim.delivery.channel, "the claim was no longer ours");
                    return Ok(());
                }
                Err(Abort::Store(error)) => self.store_failed(&error),
            }
            // The claim is ours: whoever gave it up now would leave the channel waiting until its lease is over.
            let again = self.clock.now() + ASK_STORE_AGAIN;
            if until.duration_since(again) < ENOUGH_LEASE {
                return Ok(());
            }
            self.clock.sleep_until(again).await;
        };
        self.account(&claim, &outcome);
        self.settle(&claim, &outcome, until).await;
        refused.map_or(Ok(()), Err)
    }

    async fn carry_out(
        &self,
        claim: &Claim,
        progress: &mut Progress,
        until: Timestamp,
    ) -> Result<DeliveryOutcome, Abort> {
        let announcement = self.shared_reads.announcement(&*self.store, claim.delivery.announcement).await?;
        let Some(announcement) = announcement else {
            return Ok(DeliveryOutcome::Delivered { log: progress.log.clone() });
        };
        let Some(mut task) = DeliveryTask::prepare(self, claim, &announcement, progress, until).await? else {
            return Ok(DeliveryOutcome::Delivered { log: progress.log.clone() });
        };
        let mut abort = task.run().await.err();
        // What was done by then is kept also where the rest waits for a permission, or is given up.
        if let Some(Abort::With(DeliveryOutcome::Suspended { .. } | DeliveryOutcome::Failed { .. })) = &abort
            && let Err(unkept) = task.record_log().await
        {
            abort = Some(unkept);
        }
        let sent;
        (*progress, sent) = task.finish();
        let log = progress.log.clone();
        match abort {
            None => {
                self.stats.count(if sent { NotifierCount::Delivered } else { NotifierCount::Nothing });
                self.heal(claim, sent).await;
                Ok(DeliveryOutcome::Delivered { log })
            }
            Some(Abort::With(DeliveryOutcome::EditLater { due, why, .. })) => {
                self.stats.count(if sent { NotifierCount::Delivered } else { NotifierCount::Later });
                self.heal(claim, sent).await;
                Ok(DeliveryOutcome::EditLater { due, why, log })
            }
            // What was done by then is kept with what is still to be done.
            Some(Abort::With(DeliveryOutcome::Retry { due, why, uncounted, .. })) => {
                let log = (log != progress.stored).then(|| Box::new(log));
                Ok(DeliveryOutcome::Retry { due, why, uncounted: uncounted && !sent, log })
            }
            Some(abort) => Err(abort),
        }
    }

    /// A pause is over as soon as anything got through. Where that cannot be kept now, the next alert is its end.
    async fn heal(&self, claim: &Claim, sent: bool) {
        let paused = claim.subscription.as_ref().is_some_and(|subscription| subscription.paused.is_some());
        if paused && sent {
            let (guild, channel) = (claim.delivery.guild, claim.delivery.channel);
            match self.store.pause(guild, channel, None).await {
                Ok(()) => self.event(OperatorEvent::Healed { guild, channel }),
                Err(error) => self.store_failed(&error),
            }
        }
    }

    /// Counts an outcome, logs it once, and tells the operator what they must know.
    fn account(&self, claim: &Claim, outcome: &DeliveryOutcome) {
        let (guild, channel) = (claim.delivery.guild, claim.delivery.channel);
        let outage = &claim.delivery.outage;
        match outcome {
            DeliveryOutcome::Delivered { .. } => tracing::debug!(%channel, %outage, "told"),
            DeliveryOutcome::Noted { .. } => {}
            DeliveryOutcome::EditLater { why, due, .. } => {
                tracing::info!(%channel, %outage, %due, why, "told; an edit of it comes later");
            }
            DeliveryOutcome::Retry { why, due, .. } => {
                self.stats.count(NotifierCount::Later);
                // The first failed try of an alert is news; whether it was given up is said in the end.
                if claim.delivery.last_error.is_empty() {
                    tracing::info!(%channel, %outage, %due, why, "later");
                } else {
                    tracing::debug!(%channel, %outage, %due, why, "later");
                }
            }
            DeliveryOutcome::Suspended { paused } => {
                self.stats.count(NotifierCount::Paused);
                if paused.tries <= 1 {
                    self.event(OperatorEvent::Paused { guild, channel, why: paused.why.clone() });
                }
            }
            DeliveryOutcome::ChannelGone { .. } => {
                self.stats.count(NotifierCount::Gone);
                self.event(OperatorEvent::Gone { guild, channel });
            }
            DeliveryOutcome::Failed { why } => {
                self.stats.count(NotifierCount::GivenUp);
                self.event(OperatorEvent::GivenUp { guild, channel, why: why.clone() });
            }
        }
    }

    /// Stores an outcome, as long as the claim is ours. Where others may take it when its lease is over, what was sent is
    /// then found by its nonce or marker; where there are no others, it stays ours until the store works again.
    async fn settle(&self, claim: &Claim, outcome: &DeliveryOutcome, until: Timestamp) {
        let mut unkept = None;
        loop {
            let now = self.clock.now();
            let settled = (claim.clone(), outcome.clone());
            match self.outcomes.settle(&*self.store, settled, now).await {
                Ok(true) => return,
                Ok(false) => {
                    tracing::warn!(channel = %claim.delivery.channel, "the claim was no longer ours");
                    return;
                }
                Err(error) => self.store_failed(&error),
            }
            unkept.get_or_insert_with(|| self.outcomes.hold());
            let again = now + ASK_STORE_AGAIN;
            if again >= until && self.store.is_shared() {
                return;
            }
            self.clock.sleep_until(again).await;
        }
    }

    fn snapshot(&self) -> Option<Arc<StatusSnapshot>> {
        self.options.images.as_ref().map(|images| Arc::clone(&images.borrow()))
    }

    fn event(&self, event: OperatorEvent) {
        event.log();
        if let Some(events) = &self.options.events {
            // A full channel loses nothing: the log has it.
            let _ = events.try_send(event);
        }
    }
}
