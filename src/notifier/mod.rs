//! The loop that brings pending deliveries to Discord.
//!
//! It expands announcements in bounded steps, claims what is due, sends in parallel across channels and in order within
//! one, and stores each outcome. It wakes when it is nudged or something is due, and sleeps otherwise. After a crash at any
//! point, a new notifier on the same store continues.

mod connection;
mod delivery_task;
mod fan_out;
mod live_charts;
mod live_status;
mod operator_event;
mod outcome_batcher;
mod reminders;
mod render;
mod shared_reads;
mod stats;
mod weekly_report;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

pub use operator_event::OperatorEvent;
pub use stats::NotifierStats;

use self::connection::Connection;
use self::delivery_task::{Abort, DeliveryTask, ENOUGH_LEASE};
use self::outcome_batcher::OutcomeBatcher;
use self::reminders::Reminders;
use self::shared_reads::ReadCache;
use self::stats::NotifierCount;
use crate::alerts::plan::PlanPolicy;
use crate::alerts::retry::RetryPolicy;
use crate::alerts::{Claim, Delivery, DeliveryOutcome, NotificationLogEntry};
use crate::clock::Clock;
use crate::cluster::{Leadership, take_slot};
use crate::discord::Discord;
use crate::health::{ServiceCatalog, StatusSnapshot};
use crate::i18n::Language;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// Commits of other instances are checked for this often, whether or not a notification arrived.
const RECHECK_EVERY: SignedDuration = SignedDuration::from_secs(2);

/// Delay before a failing store is retried, as long as the claim is ours.
const ASK_STORE_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// Store notifications within this time count as one.
const HINTED: SignedDuration = SignedDuration::from_millis(50);
/// Messages that one announcement channel may publish in an hour, as observed of Discord (it is not documented).
const PUBLISHED_PER_HOUR: usize = 10;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Options of the notifier.
#[derive(Clone, Debug)]
pub struct NotifierOptions {
    pub plan: PlanPolicy,
    pub retry: RetryPolicy,
    /// Channels that are sent to in parallel.
    pub parallel: usize,
    /// Lease of a claim.
    pub lease: SignedDuration,
    /// The watcher's newest snapshot, for live status messages and for what is still up; if `None`, both are left out.
    pub images: Option<watch::Receiver<Arc<StatusSnapshot>>>,
    /// Receives events for the operator; if the channel is full, an event is only in the log.
    pub events: Option<mpsc::Sender<OperatorEvent>>,
    /// Whether this instance makes reports, live status messages and reminders; `None` if there is no other instance.
    pub leadership: Option<Leadership>,
    /// The language of posts where nothing else is set.
    pub language: Language,
    pub metrics: Metrics,
}

impl NotifierOptions {
    /// 64 in parallel exceed Discord's 50 requests in a second at 200 ms each. 60 s of lease are four times what one sending may
    /// take.
    pub fn new(catalog: &ServiceCatalog) -> Self {
        Self {
            plan: PlanPolicy::new(catalog.whole.clone()),
            retry: RetryPolicy::default(),
            parallel: 64,
            lease: SignedDuration::from_secs(60),
            images: None,
            events: None,
            leadership: None,
            language: Language::ENGLISH,
            metrics: Metrics::default(),
        }
    }
}

/// Why the notifier ended before it was stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Discord refuses the token: {0}")]
pub struct Unauthorized(pub String);

/// Brings pending deliveries to Discord. A clone is the same notifier.
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
    connection: Connection,
    store_is_away: AtomicBool,
}

impl Notifier {
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
            connection: Connection::default(),
            store_is_away: AtomicBool::new(false),
        }))
    }

    /// Makes the notifier check at once for pending deliveries, after something was committed or changed.
    pub fn nudge(&self) {
        self.0.shared_reads.forget();
        self.0.nudge.notify_one();
        self.0.live_messages.notify_one();
    }

    /// Returns counts of what the notifier did so far.
    pub fn stats(&self) -> Arc<NotifierStats> {
        Arc::clone(&self.0.stats)
    }

    /// Runs until `stop` turns true, then waits for what is on its way; pending deliveries stay in the store. Ends earlier only
    /// if Discord refuses the token.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) -> Result<(), Unauthorized> {
        let inner = &self.0;
        // Dropped with this future, however it ends.
        let mut beside = JoinSet::new();
        let weekly = Arc::clone(inner);
        beside.spawn(inner.while_leader(move || weekly_report::report(Arc::clone(&weekly))));
        if let Some(images) = inner.options.images.clone() {
            let live_messages = Arc::clone(inner);
            beside.spawn(
                inner.while_leader(move || {
                    live_status::keep_current(Arc::clone(&live_messages), images.clone())
                }),
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

/// The state of the loop between two turns.
#[derive(Default)]
struct LoopState {
    /// Deliveries on their way. They are dropped with the loop, as if the process had died.
    sending: JoinSet<Result<(), Unauthorized>>,
    reminding: Reminders,
}

impl LoopState {
    /// One turn: expand a step, remind, claim and send. Returns when the next turn is due at the latest.
    async fn advance(&mut self, inner: &Arc<Inner>) -> Option<Timestamp> {
        if inner.outcomes.is_held_up() {
            // Outcomes are stored first: otherwise an expired claim whose message was sent would be claimed as unsent.
            return Some(inner.clock.now() + ASK_STORE_AGAIN);
        }
        match self.try_advance(inner).await {
            Ok(next) => {
                inner.store_works();
                next
            }
            Err(error) => {
                inner.store_failed(&error);
                // A store that is away or full is retried soon, without spinning.
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
        let free = match inner.connection.next_try() {
            None => inner.options.parallel.saturating_sub(self.sending.len()),
            // The one attempt that is under way wakes us when it is done.
            Some(_) if !self.sending.is_empty() => 0,
            Some(at) if now < at => return Ok(Some(if expanded.is_some() { now } else { at })),
            Some(_) => 1,
        };
        // Claims are made in batches: each batch is one durable write, whatever its size. Until there is room for a batch, each
        // finished delivery wakes us.
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
        // What is due but cannot be claimed yet is retried when a delivery finishes, or in a moment.
        let due = due.map(|due| due.max(now + SignedDuration::from_millis(250)));
        // Commits of other instances are found even without a notification.
        let recheck_at = inner.store.is_shared().then(|| now + RECHECK_EVERY);
        Ok([reminder, due, recheck_at].into_iter().flatten().min())
    }
}

/// What the attempts of one claim posted to a channel, and what of that is stored.
struct Progress {
    log: NotificationLogEntry,
    stored: NotificationLogEntry,
}

impl Inner {
    /// Carries out one claim and stores its outcome.
    async fn deliver(&self, claim: Claim, until: Timestamp) -> Result<(), Unauthorized> {
        let mut refused = None;
        let mut progress = Progress { log: claim.log.clone(), stored: claim.log.clone() };
        let outcome = loop {
            match self.carry_out(&claim, &mut progress, until).await {
                Ok(outcome) | Err(Abort::With(outcome)) => break outcome,
                Err(Abort::Stop(why)) => {
                    self.event(OperatorEvent::Unauthorized { why: why.to_string() });
                    refused = Some(Unauthorized(why.to_string()));
                    let due = self.clock.now();
                    break DeliveryOutcome::Retry { due, why, uncounted: true, log: None };
                }
                Err(Abort::Lost) => {
                    tracing::warn!(channel = %claim.delivery.channel, "the claim was no longer ours");
                    return Ok(());
                }
                Err(Abort::Store(error)) => self.store_failed(&error),
            }
            // The claim is still ours: giving it up now would leave the channel waiting until its lease is over.
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
        // What was posted so far is stored even if the rest waits for a permission or is given up.
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
            // What was posted so far is stored together with what is still to be done.
            Some(Abort::With(DeliveryOutcome::Retry { due, why, uncounted, .. })) => {
                let log = (log != progress.stored).then(|| Box::new(log));
                Ok(DeliveryOutcome::Retry { due, why, uncounted: uncounted && !sent, log })
            }
            Some(abort) => Err(abort),
        }
    }

    /// Ends a suspension as soon as anything was posted. If that cannot be stored now, the next alert ends it.
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

    /// Counts an outcome, logs it once, and reports what the operator must know.
    fn account(&self, claim: &Claim, outcome: &DeliveryOutcome) {
        let (guild, channel) = (claim.delivery.guild, claim.delivery.channel);
        let outage = &claim.delivery.outage;
        match outcome {
            DeliveryOutcome::Delivered { .. } => tracing::debug!(%channel, %outage, "posted"),
            DeliveryOutcome::Noted { .. } => {}
            DeliveryOutcome::EditLater { why, due, .. } => {
                tracing::info!(%channel, %outage, %due, %why, "posted; an edit of it is due later");
            }
            DeliveryOutcome::Retry { why, due, .. } => {
                self.stats.count(NotifierCount::Later);
                // The first failed attempt of an alert is logged at `info`; giving up is logged at the end.
                if claim.delivery.last_error.is_none() {
                    tracing::info!(%channel, %outage, %due, %why, "delivery postponed");
                } else {
                    tracing::debug!(%channel, %outage, %due, %why, "delivery postponed");
                }
            }
            DeliveryOutcome::Suspended { paused } => {
                self.stats.count(NotifierCount::Paused);
                if paused.tries <= 1 {
                    self.event(OperatorEvent::Paused { guild, channel, why: paused.why.to_string() });
                }
            }
            DeliveryOutcome::ChannelGone { .. } => {
                self.stats.count(NotifierCount::Gone);
                self.event(OperatorEvent::Gone { guild, channel });
            }
            DeliveryOutcome::Failed { why } => {
                self.stats.count(NotifierCount::GivenUp);
                self.event(OperatorEvent::GivenUp { guild, channel, why: why.to_string() });
            }
        }
    }

    /// Stores an outcome as long as the claim is ours. On a shared store, another instance may claim it after the lease and finds
    /// what was sent by its nonce or marker. On a store of its own, the claim stays ours until the store works again.
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
            // If the channel is full, the event is still in the log.
            let _ = events.try_send(event);
        }
    }

    /// Runs forever something that only one instance of the bot may do.
    pub(super) fn while_leader<F>(
        &self,
        chore: impl Fn() -> F + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let leadership = self.options.leadership.clone();
        async move {
            match leadership {
                Some(leadership) => leadership.during(chore).await,
                None => chore().await,
            }
        }
    }

    /// Returns whether this instance is the leader.
    pub(super) fn is_leader(&self) -> bool {
        self.options.leadership.as_ref().is_none_or(Leadership::is_ours)
    }

    /// Waits until another instance committed something, and then a moment more, which limits the rate.
    pub(super) async fn hint(&self) {
        self.store.wait_for_change().await;
        self.clock.sleep(HINTED).await;
    }

    /// Returns whether an announcement channel may publish one more message now, from whichever instance. While the
    /// store is away nothing is withheld: Discord refuses what exceeds its limit.
    pub(super) async fn may_publish(&self, delivery: &Delivery) -> bool {
        let (name, holder) = (format!("published/{}", delivery.channel), delivery.id.0.to_string());
        let slots = (PUBLISHED_PER_HOUR, HOUR);
        take_slot(&*self.store, &name, slots, &holder, self.clock.now()).await.unwrap_or_else(|error| {
            self.store_failed(&error);
            true
        })
    }

    /// Handles a store failure, which every delivery task of every instance sees. It is logged once, and the leader reports it.
    pub(super) fn store_failed(&self, error: &StoreError) {
        if self.store_is_away.swap(true, Ordering::Relaxed) {
            tracing::debug!(%error, "alerts wait in the store");
            return;
        }
        let event = OperatorEvent::Store { why: error.to_string() };
        if self.options.leadership.as_ref().is_none_or(Leadership::leads) {
            self.event(event);
        } else {
            event.log();
        }
    }

    /// Ends the failure, after a turn of the notifier succeeded on the store.
    pub(super) fn store_works(&self) {
        if self.store_is_away.swap(false, Ordering::Relaxed) {
            tracing::info!("the store works again; alerts go out");
        }
    }
}
