//! Carries out one delivery: plan, send, and what follows from each answer.
//!
//! Each step notes at once what was posted to the channel, so that an interrupted attempt goes on from there. What is about
//! to be sent is stored first, so that a later attempt recovers its outcome before it plans.
//!
//! An edit that cannot be made now is postponed: posts never wait for it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::render::Renderer;
use super::stats::NotifierCount;
use super::{Inner, OperatorEvent, Progress};
use crate::alerts::plan::{Action, Plan, PlanInput, complete_log, plan};
use crate::alerts::retry::{FailedAttempt, RetryDecision, decide};
use crate::alerts::{
    Announcement, Audience, Claim, Delivery, DeliveryOutcome, NotificationLogEntry, RecoverySubscriber,
    Subscription, Suspension,
};
use crate::discord::DiscordError;
use crate::health::{EventKind, Outage, StatusSnapshot};
use crate::store::StoreError;

/// Nothing is sent with less than this left of the lease: Discord may take 10 s to answer.
pub(super) const ENOUGH_LEASE: SignedDuration = SignedDuration::from_secs(15);
/// This much of the lease is reserved for storing the outcome.
const FOR_OUTCOMES: SignedDuration = SignedDuration::from_secs(5);
/// The most users that one message may mention.
const MOST_PEOPLE: usize = crate::chat::limits::MENTIONS;

/// Why a delivery task ends before it is done.
#[allow(clippy::large_enum_variant, reason = "there is one for each try, and it lives for a moment")]
pub(super) enum Abort {
    With(DeliveryOutcome),
    /// Discord refuses the token: nothing may be sent any longer.
    Stop(String),
    /// The store cannot be read or written.
    Store(StoreError),
    /// The claim is no longer ours: nothing may be sent for it.
    Lost,
}

impl From<StoreError> for Abort {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(super) struct DeliveryTask<'a> {
    pub(super) inner: &'a Inner,
    claim: &'a Claim,
    pub(super) delivery: &'a Delivery,
    pub(super) announcement: &'a Announcement,
    pub(super) newest: Outage,
    pub(super) subscription: Subscription,
    /// There is no subscription: only users who asked to be notified of the recovery get a message.
    pub(super) for_people_only: bool,
    pub(super) paused: Option<Suspension>,
    pub(super) snapshot: Option<Arc<StatusSnapshot>>,
    pub(super) waiting: Vec<RecoverySubscriber>,
    pub(super) log: NotificationLogEntry,
    /// The part of `log` that is stored.
    stored: NotificationLogEntry,
    pub(super) until: Timestamp,
    /// When an edit that failed is due again, and what went wrong.
    pub(super) edit_later: Option<(Timestamp, String)>,
    /// The same for the title of the thread.
    pub(super) title_later: Option<(Timestamp, String)>,
    /// The channel could not be searched: what is sent now may be a duplicate.
    pub(super) blind: bool,
    pub(super) sent: bool,
}

impl<'a> DeliveryTask<'a> {
    /// Fetches what a claim needs; `until` is the end of its lease. Returns `None` if nobody there is to be notified any longer.
    pub(super) async fn prepare(
        inner: &'a Inner,
        claim: &'a Claim,
        announcement: &'a Announcement,
        progress: &Progress,
        until: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let event = &announcement.event;
        let preview = matches!(announcement.audience, Audience::Preview(..));
        let newest = match inner.shared_reads.outage(&*inner.store, &inner.clock, &event.outage.id).await? {
            Some(newest) if !preview && newest.revision >= event.outage.revision => Outage::clone(&newest),
            _ => event.outage.clone(),
        };
        let over = !newest.is_open()
            && event.kind == EventKind::Ended
            && announcement.audience == Audience::Subscribers;
        let waiting = if over && inner.shared_reads.is_awaited(&*inner.store, &newest.id).await? {
            inner.store.waiting(&newest.id, Some(claim.delivery.channel), None, MOST_PEOPLE).await?
        } else {
            Vec::new()
        };
        let for_people_only = claim.subscription.is_none() && !preview;
        if for_people_only && waiting.is_empty() {
            return Ok(None);
        }
        let (guild, channel) = (claim.delivery.guild, claim.delivery.channel);
        let subscription = claim.subscription.clone().unwrap_or_else(|| {
            let asked_in = waiting.iter().find_map(|waiting| waiting.language.clone());
            let language = asked_in.unwrap_or_else(|| inner.options.language.tag().to_owned());
            Subscription { language, ..Subscription::new(guild, channel, event.at) }
        });
        Ok(Some(Self {
            inner,
            claim,
            delivery: &claim.delivery,
            announcement,
            newest,
            for_people_only,
            paused: claim.subscription.as_ref().and_then(|subscription| subscription.paused.clone()),
            subscription,
            snapshot: inner.snapshot(),
            waiting,
            log: progress.log.clone(),
            stored: progress.stored.clone(),
            until,
            edit_later: None,
            title_later: None,
            blind: false,
            sent: false,
        }))
    }

    /// Carries out the delivery. [`DeliveryTask::log`] says what was posted, even if an error ends it half way.
    pub(super) async fn run(&mut self) -> Result<(), Abort> {
        if let Some(paused) = self.paused.clone().filter(|paused| paused.retry > self.now()) {
            let (due, why) = (paused.retry, paused.why);
            return Err(Abort::With(DeliveryOutcome::Retry { due, why, uncounted: true, log: None }));
        }
        self.recover().await?;
        if self.for_people_only {
            let view = self.newest.clone();
            return self.notify_people(&view).await;
        }
        let plan = self.plan();
        tracing::debug!(
            channel = %self.delivery.channel,
            outage = %self.delivery.outage,
            acts = plan.acts.len(),
            why = plan.why,
            "planned"
        );
        if plan.give_up {
            return Err(Abort::With(DeliveryOutcome::Failed { why: plan.why.to_owned() }));
        }
        for act in &plan.acts {
            match act {
                Action::Post(planned) => self.post(planned, &plan.view, false).await?,
                Action::EditStart => self.edit_start(&plan.view).await?,
                Action::EditFlapping => self.edit_flapping(&plan.view).await?,
                Action::EditEnd => self.edit_end(&plan.view).await?,
            }
        }
        self.retitle(&plan.view).await;
        if self.edit_later.is_none() {
            let mut log = self.log.clone();
            complete_log(&mut log, &plan, &self.case());
            self.log = log;
        }
        self.notify_people(&plan.view).await?;
        match self.edit_later.take().or(self.title_later.take()) {
            Some((due, why)) => Err(Abort::With(DeliveryOutcome::EditLater {
                due,
                why,
                log: NotificationLogEntry::default(),
            })),
            None => Ok(()),
        }
    }

    /// Returns what was posted to the channel and what of that is stored, and whether anything was sent.
    pub(super) fn finish(self) -> (Progress, bool) {
        (Progress { log: self.log, stored: self.stored }, self.sent)
    }

    /// Stores what was posted to the channel, and what is about to be sent.
    pub(super) async fn record_log(&mut self) -> Result<(), Abort> {
        if self.log == self.stored {
            return Ok(());
        }
        let noted = (self.claim.clone(), DeliveryOutcome::Noted { log: self.log.clone() });
        if !self.inner.outcomes.settle(&*self.inner.store, noted, self.now()).await? {
            return Err(Abort::Lost);
        }
        self.stored = self.log.clone();
        Ok(())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(super) fn preview(&self) -> bool {
        matches!(self.announcement.audience, Audience::Preview(..))
    }

    pub(super) fn case(&self) -> PlanInput<'_> {
        PlanInput {
            event: &self.announcement.event,
            audience: &self.announcement.audience,
            newest: &self.newest,
            subscription: &self.subscription,
            log: &self.log,
            now: self.now(),
        }
    }

    pub(super) fn plan(&self) -> Plan {
        plan(&self.case(), &self.inner.options.plan)
    }

    pub(super) fn renderer<'v>(&'v self, view: &'v Outage, people: &'v [crate::ids::UserId]) -> Renderer<'v> {
        let snapshot = self.snapshot.as_deref();
        let catalog = self.inner.catalog.of_services(view.services.keys());
        Renderer { case: self.case(), view, catalog, snapshot, people }
    }

    /// Runs a request to Discord within the rest of the lease.
    pub(super) async fn within_lease<T>(
        &self,
        asked: impl Future<Output = Result<T, DiscordError>>,
    ) -> Result<T, DiscordError> {
        let left = self.until.duration_since(self.now());
        if left < ENOUGH_LEASE {
            let why = "too little of the lease was left to send".to_owned();
            return Err(DiscordError::Transient {
                after: Some(SignedDuration::ZERO),
                why,
                perhaps_done: false,
                unreached: false,
            });
        }
        let answer = self.inner.clock.timeout(left - FOR_OUTCOMES, asked).await;
        let answer = answer.unwrap_or_else(|| {
            let why = "Discord did not answer in time".to_owned();
            Err(DiscordError::Transient { after: None, why, perhaps_done: true, unreached: false })
        });
        self.inner.connection.note(&answer, self.now());
        answer
    }

    pub(super) fn decide(&self, error: &DiscordError, shortened: bool, in_thread: bool) -> RetryDecision {
        let failed = FailedAttempt {
            error,
            delivery: self.delivery,
            open: self.newest.is_open(),
            paused: self.paused.as_ref(),
            shortened,
            in_thread,
            now: self.now(),
        };
        decide(&failed, &self.inner.options.retry)
    }

    pub(super) fn note_malformed(&self, error: &DiscordError) {
        self.inner.stats.count(NotifierCount::Shortened);
        let (channel, why) = (self.delivery.channel, error.to_string());
        self.inner.event(OperatorEvent::Malformed { channel, why });
    }
}

pub(super) fn gave_up(error: &DiscordError) -> DeliveryOutcome {
    DeliveryOutcome::Failed { why: error.to_string() }
}
