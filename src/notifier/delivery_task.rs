//! Carries out one delivery: plan, send, and what follows from each answer.
//!
//! Each step notes at once what was posted to the channel, so that an interrupted attempt goes on from there. What is about
//! to be sent is stored first, so that a later attempt recovers its outcome before it plans.
//!
//! An edit that cannot be made now is postponed: posts never wait for it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::render::{self, Renderer};
use super::stats::NotifierCount;
use super::{Inner, OperatorEvent, Progress};
use crate::alerts::nonce::{NoncePurpose, nonce};
use crate::alerts::plan::{
    Action, MessageKind, MessagePlan, Plan, PlanInput, complete_log, plan, posted_after,
};
use crate::alerts::retry::{FailedAttempt, RetryDecision, decide};
use crate::alerts::scope::scope_to_subscription;
use crate::alerts::{
    Announcement, Audience, ChannelKind, Claim, Delivery, DeliveryOutcome, InDoubt, MentionProgress,
    NotificationLogEntry, Reason, RecoverySubscriber, Subscription, Suspension, Title,
};
use crate::chat::Message;
use crate::discord::{DiscordError, PermanentReason, Post, Thread, ThreadStart, codec};
use crate::health::{EventKind, Outage, StatusSnapshot};
use crate::ids::{ChannelId, MessageId, UserId};
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
    Stop(Reason),
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
    inner: &'a Inner,
    claim: &'a Claim,
    delivery: &'a Delivery,
    announcement: &'a Announcement,
    newest: Outage,
    subscription: Subscription,
    /// There is no subscription: only users who asked to be notified of the recovery get a message.
    for_people_only: bool,
    paused: Option<Suspension>,
    snapshot: Option<Arc<StatusSnapshot>>,
    waiting: Vec<RecoverySubscriber>,
    log: NotificationLogEntry,
    /// The part of `log` that is stored.
    stored: NotificationLogEntry,
    until: Timestamp,
    /// When an edit that failed is due again, and what went wrong.
    edit_later: Option<(Timestamp, Reason)>,
    /// The same for the title of the thread.
    title_later: Option<(Timestamp, Reason)>,
    /// The channel could not be searched: what is sent now may be a duplicate.
    blind: bool,
    sent: bool,
}

/// Where a message goes.
#[derive(Clone, Copy)]
enum Target {
    /// Into a channel or thread, perhaps as a reply.
    In { channel: ChannelId, reply_to: Option<MessageId> },
    /// Into a forum, as a new post.
    Forum,
}

impl Target {
    /// Returns whether it is a thread that was opened for the outage, rather than the subscribed channel itself.
    fn is_thread_of(&self, subscribed: ChannelId) -> bool {
        matches!(self, Self::In { channel, .. } if *channel != subscribed)
    }

    /// Returns the channel or thread, or `None` for a new forum post.
    fn channel(&self) -> Option<ChannelId> {
        match *self {
            Self::In { channel, .. } => Some(channel),
            Self::Forum => None,
        }
    }

    fn is_reply(&self) -> bool {
        matches!(self, Self::In { reply_to: Some(_), .. })
    }

    /// Returns the same target without the reply.
    fn without_reply(self) -> Self {
        match self {
            Self::In { channel, .. } => Self::In { channel, reply_to: None },
            Self::Forum => Self::Forum,
        }
    }
}

/// Discord allows a channel to be renamed only this often within [`RENAMED_WITHIN`].
const RENAMES: usize = 2;
const RENAMED_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Within this time Discord is assumed to know a nonce; its documentation says "the past few minutes".
const NONCE_WINDOW: SignedDuration = SignedDuration::from_mins(2);
/// Margin for our clock being ahead of Discord's, which stamps the messages.
const ROOM: SignedDuration = SignedDuration::from_mins(10);

/// The result of searching for a message.
enum RecoveredPost {
    /// It is posted: its id, and its thread if it is a forum post.
    There(MessageId, Option<ChannelId>),
    /// It was not sent, or is gone.
    Nowhere,
    /// We may not read the channel.
    Hidden,
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
            return Err(Abort::With(DeliveryOutcome::Failed { why: Reason::TooLate }));
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

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn preview(&self) -> bool {
        matches!(self.announcement.audience, Audience::Preview(..))
    }

    fn case(&self) -> PlanInput<'_> {
        PlanInput {
            event: &self.announcement.event,
            audience: &self.announcement.audience,
            newest: &self.newest,
            subscription: &self.subscription,
            log: &self.log,
            now: self.now(),
        }
    }

    fn plan(&self) -> Plan {
        plan(&self.case(), &self.inner.options.plan)
    }

    fn renderer<'v>(&'v self, view: &'v Outage, people: &'v [UserId]) -> Renderer<'v> {
        let snapshot = self.snapshot.as_deref();
        let catalog = self.inner.catalog.of_services(view.services.keys());
        Renderer { case: self.case(), view, catalog, snapshot, people }
    }

    /// Runs a request to Discord within the rest of the lease.
    async fn within_lease<T>(
        &self,
        asked: impl Future<Output = Result<T, DiscordError>>,
    ) -> Result<T, DiscordError> {
        let left = self.until.duration_since(self.now());
        if left < ENOUGH_LEASE {
            let why = Reason::LeaseTooShort;
            return Err(DiscordError::Transient {
                after: Some(SignedDuration::ZERO),
                why,
                perhaps_done: false,
                unreached: false,
            });
        }
        let answer = self.inner.clock.timeout(left - FOR_OUTCOMES, asked).await;
        let answer = answer.unwrap_or_else(|| {
            let why = Reason::NoAnswer;
            Err(DiscordError::Transient { after: None, why, perhaps_done: true, unreached: false })
        });
        self.inner.connection.note(&answer, self.now());
        answer
    }

    fn decide(&self, error: &DiscordError, shortened: bool, in_thread: bool) -> RetryDecision {
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

    fn note_malformed(&self, error: &DiscordError) {
        self.inner.stats.count(NotifierCount::Shortened);
        let (channel, why) = (self.delivery.channel, error.to_string());
        self.inner.event(OperatorEvent::Malformed { channel, why });
    }

    // How a delivery task finds out whether a message of unsure outcome was sent, before anything is planned.
    //
    // Each message is stored as in doubt before it is sent, together with the log entry that applies if it arrives. An attempt
    // that finds one sends nothing until it knows. Discord returns the former message for the same nonce, or the message is
    // found by its marker. Where we may not read, it is sent again under its nonce. If Discord no longer knows that, a
    // duplicate is better than a lost alert.

    /// Finds out whether the message in doubt was sent, and updates the log.
    async fn recover(&mut self) -> Result<(), Abort> {
        let Some(doubt) = self.log.in_doubt.clone().filter(|_| !self.preview()) else { return Ok(()) };
        // `abs` because the clock may have been set back since: then the real age is unknown.
        let young = self.now().duration_since(doubt.at).abs() <= NONCE_WINDOW;
        if young && self.would_send_again(&doubt) {
            return Ok(());
        }
        match self.find(&doubt).await? {
            RecoveredPost::There(id, thread) => self.take_in(&doubt, id, thread).await,
            RecoveredPost::Nowhere => self.log.in_doubt = None,
            RecoveredPost::Hidden if young && doubt.channel.is_some() && doubt.planned.is_some() => {
                self.send_again(&doubt).await?;
            }
            RecoveredPost::Hidden => {
                // What is sent next may be a duplicate.
                self.blind = true;
                self.log.in_doubt = None;
                if !self.plans(&doubt) {
                    self.log = doubt.assumed(std::mem::take(&mut self.log));
                }
            }
        }
        tracing::debug!(channel = %self.delivery.channel, marker = doubt.marker, told = ?self.log, "recovered");
        Ok(())
    }

    /// Returns whether this attempt sends exactly the same message: then its nonce prevents a duplicate.
    fn would_send_again(&self, doubt: &InDoubt) -> bool {
        if doubt.channel.is_none() || doubt.revision != self.newest.revision {
            return false; // a forum post takes no nonce; and another revision has another text
        }
        match doubt.planned {
            Some(_) if self.for_people_only => false,
            Some(planned) => {
                self.plans(doubt) && self.nonce_of(&planned, doubt.revision, false) == doubt.nonce
            }
            None => self.for_people_only && self.nonce_of_back() == doubt.nonce,
        }
    }

    /// Returns whether a message of the same kind is to be sent, if that one was not.
    fn plans(&self, doubt: &InDoubt) -> bool {
        let same = |act: &Action| match (act, doubt.planned) {
            (Action::Post(planned), Some(remark)) => planned.what.word() == remark.what.word(),
            _ => false,
        };
        self.plan().acts.iter().any(same)
    }

    /// Searches for the message among our messages after the last one that we know of.
    async fn find(&self, doubt: &InDoubt) -> Result<RecoveredPost, Abort> {
        let since = codec::posted_before(doubt.at.min(self.now()) - ROOM);
        let after = self.log.newest_known().map_or(since, |known| known.max(since));
        let Delivery { guild, channel: forum, .. } = *self.delivery;
        let discord = &self.inner.discord;
        let found = if let Some(channel) = doubt.channel {
            let found = self.within_lease(discord.find_own(channel, after, &doubt.marker)).await;
            found.map(|found| found.map(|message| (message, None)))
        } else {
            let found = self.within_lease(discord.find_own_post((guild, forum), after, &doubt.marker)).await;
            let first = |it: Thread| it.first.unwrap_or(MessageId(it.channel.0));
            found.map(|found| found.map(|thread| (first(thread), Some(thread.channel))))
        };
        let in_thread = doubt.channel.is_some_and(|channel| channel != self.delivery.channel);
        match found {
            Ok(Some((id, thread))) => Ok(RecoveredPost::There(id, thread)),
            Ok(None) => Ok(RecoveredPost::Nowhere),
            Err(DiscordError::Permanent(
                PermanentReason::NoPermission { .. } | PermanentReason::NoHistory,
            )) => Ok(RecoveredPost::Hidden),
            Err(error) => match self.decide(&error, true, in_thread) {
                RetryDecision::Stop(why) => Err(Abort::Stop(why)),
                RetryDecision::Settle(outcome) => Err(Abort::With(outcome)),
                RetryDecision::PostAnew | RetryDecision::Shorten | RetryDecision::LeaveThread => {
                    Ok(RecoveredPost::Nowhere)
                }
            },
        }
    }

    /// Records that the message was posted, and does what follows it.
    async fn take_in(&mut self, doubt: &InDoubt, id: MessageId, thread: Option<ChannelId>) {
        self.log = doubt.arrived(id, thread);
        self.note_sent();
        if let Some(planned) = doubt.planned {
            let view = self.plan().view;
            self.follow_up(&planned, &view).await;
        }
    }

    /// Sends the message in doubt once more under its nonce: if it was posted, Discord returns it and posts nothing.
    async fn send_again(&mut self, doubt: &InDoubt) -> Result<(), Abort> {
        let (Some(channel), Some(planned)) = (doubt.channel, doubt.planned) else { return Ok(()) };
        let then = &self.announcement.event.outage;
        let services = &self.subscription.services;
        let view = scope_to_subscription(then, services, &self.inner.options.plan.whole)
            .unwrap_or_else(|| then.clone());
        let message = self.renderer(&view, &self.people()).say(&planned);
        let target = Target::In { channel, reply_to: None };
        let post = Post { channel, message, nonce: doubt.nonce.clone(), reply_to: None };
        match self.within_lease(self.inner.discord.post(&post)).await {
            Ok(id) => self.take_in(doubt, id, None).await,
            Err(error) => match self.decide(&error, true, target.is_thread_of(self.delivery.channel)) {
                RetryDecision::Stop(why) => return Err(Abort::Stop(why)),
                RetryDecision::Settle(
                    outcome @ (DeliveryOutcome::Retry { .. }
                    | DeliveryOutcome::Suspended { .. }
                    | DeliveryOutcome::ChannelGone { .. }),
                ) => {
                    return Err(Abort::With(outcome));
                }
                // It was sent and is gone, or can never be sent.
                _ => self.log.in_doubt = None,
            },
        }
        Ok(())
    }

    // How a delivery task posts a message, once.

    /// Posts a message, once.
    async fn post(&mut self, planned: &MessagePlan, view: &Outage, anew: bool) -> Result<(), Abort> {
        let people = if planned.what == MessageKind::End || planned.what == MessageKind::CameAndWent {
            self.people()
        } else {
            Vec::new()
        };
        let renderer = self.renderer(view, &people);
        let (mut message, marker) = (renderer.say(planned), planned.what.marker(view));
        let (mut anew, mut shortened, mut alone) = (anew, false, false);
        loop {
            let target = self.target(planned.what);
            let target = if alone { target.without_reply() } else { target };
            let late = self.renderer(view, &[]).late(planned);
            let doubt = InDoubt {
                at: self.now(),
                planned: Some(*planned),
                revision: self.newest.revision,
                marker: marker.clone(),
                nonce: self.nonce_of(planned, view.revision, anew),
                channel: target.channel(),
                log: self.posted_with_people(posted_after(&self.case(), planned, view, late), &message),
            };
            let in_thread = self.log.thread.is_some();
            let first = !self.sent;
            match self.send_noted(&target, &message, doubt, view).await? {
                Ok(()) if first => {
                    self.inner.stats.lag(self.now().duration_since(self.announcement.event.at));
                    break;
                }
                Ok(()) => break,
                Err(error) => match self.decide(&error, shortened, in_thread) {
                    RetryDecision::Settle(outcome) => return Err(Abort::With(outcome)),
                    RetryDecision::Stop(why) => return Err(Abort::Stop(why)),
                    RetryDecision::Shorten => {
                        self.note_malformed(&error);
                        message = render::shorten(&message);
                        shortened = true;
                    }
                    // The message that it replies to is gone, and Discord does not post it without that one.
                    RetryDecision::PostAnew if target.is_reply() => alone = true,
                    // Posted, and deleted by somebody within Discord's window: the same nonce creates no new message.
                    RetryDecision::PostAnew if !anew => anew = true,
                    RetryDecision::PostAnew => return Err(Abort::With(gave_up(&error))),
                    RetryDecision::LeaveThread => self.log.thread = None,
                },
            }
        }
        self.follow_up(planned, view).await;
        Ok(())
    }

    fn nonce_of(&self, planned: &MessagePlan, revision: u32, anew: bool) -> String {
        let begins = matches!(planned.what, MessageKind::Start | MessageKind::Ongoing);
        let word = if anew { "anew" } else { planned.what.word() };
        let word = format!("{word}/{revision}");
        let purpose = if begins && !anew && !self.preview() {
            NoncePurpose::Start
        } else {
            NoncePurpose::Part(&word, self.delivery.announcement)
        };
        nonce(&self.delivery.outage, purpose, self.delivery.channel)
    }

    /// Returns where a message goes: the start to the channel itself, the rest to the outage's thread or as a reply.
    fn target(&self, what: MessageKind) -> Target {
        let begins = matches!(
            what,
            MessageKind::Start | MessageKind::Ongoing | MessageKind::WorkStart | MessageKind::CameAndWent
        );
        let forum = self.subscription.channel_kind == ChannelKind::Forum;
        match self.log.thread {
            Some(thread) if !begins => {
                // In a forum the start is in the thread itself; elsewhere it is outside.
                Target::In { channel: thread, reply_to: self.log.start.filter(|_| forum) }
            }
            _ if forum => Target::Forum,
            _ => {
                let reply_to = self.log.flapping.or(self.log.start).filter(|_| !begins);
                Target::In { channel: self.delivery.channel, reply_to }
            }
        }
    }

    /// Stores a message as in doubt, then sends it. Once it is known to be posted, the log says so.
    async fn send_noted(
        &mut self,
        target: &Target,
        message: &Message,
        mut doubt: InDoubt,
        view: &Outage,
    ) -> Result<Result<(), DiscordError>, Abort> {
        if self.preview() {
            let sent = self.send(target, message, doubt.nonce, view).await;
            return Ok(sent.map(|_| self.note_sent()));
        }
        let before = self.log.in_doubt.as_ref().filter(|before| before.nonce == doubt.nonce);
        let was_in_doubt = before.is_some();
        if let Some(before) = before {
            doubt.at = before.at; // Discord's window for the nonce began with the first attempt
        }
        self.log.in_doubt = Some(Box::new(doubt.clone()));
        self.record_log().await?;
        match self.send(target, message, doubt.nonce.clone(), view).await {
            Ok((id, thread)) => {
                self.log = doubt.arrived(id, thread);
                self.note_sent();
                Ok(Ok(()))
            }
            Err(error) => {
                // That this try did nothing says nothing about one before it.
                let perhaps = matches!(error, DiscordError::Transient { perhaps_done: true, .. });
                if !perhaps && !was_in_doubt {
                    self.log.in_doubt = None;
                }
                Ok(Err(error))
            }
        }
    }

    async fn send(
        &mut self,
        target: &Target,
        message: &Message,
        nonce: String,
        view: &Outage,
    ) -> Result<(MessageId, Option<ChannelId>), DiscordError> {
        let discord = &self.inner.discord;
        match *target {
            Target::In { channel, reply_to } => {
                let post = Post { channel, message: message.clone(), nonce, reply_to };
                let id = self.within_lease(discord.post(&post)).await?;
                Ok((id, None))
            }
            Target::Forum => {
                let name = self.renderer(view, &[]).thread_name();
                let start = ThreadStart::ForumPost(Box::new(message.clone()));
                let opened = discord.open_thread(self.delivery.channel, &name, start);
                let thread = self.within_lease(opened).await?;
                // A forum's first message has the id of its thread.
                Ok((thread.first.unwrap_or(MessageId(thread.channel.0)), Some(thread.channel)))
            }
        }
    }

    /// Notes that something was sent, and whether it may be a duplicate.
    fn note_sent(&mut self) {
        if std::mem::take(&mut self.blind) {
            self.inner.stats.count(NotifierCount::DoubledPerhaps);
            tracing::warn!(channel = %self.delivery.channel, "an alert may be duplicated: the channel could not be searched");
        }
        self.sent = true;
    }

    /// Opens the thread of a message and publishes it, as planned. Repeating it does nothing new.
    async fn follow_up(&mut self, planned: &MessagePlan, view: &Outage) {
        if planned.thread && self.log.thread.is_none() {
            self.open_thread(view).await;
        }
        if planned.publish {
            self.publish(planned.what).await;
        }
    }

    /// Opens the outage's thread. If that fails, no alert is lost: the rest is posted in the channel.
    async fn open_thread(&mut self, view: &Outage) {
        let Some(start) = self.log.start.or(self.log.flapping) else { return };
        let name = self.renderer(view, &[]).thread_name();
        let opened = self.inner.discord.open_thread(self.delivery.channel, &name, ThreadStart::On(start));
        match self.within_lease(opened).await {
            Ok(thread) => self.log.thread = Some(thread.channel),
            Err(error) => {
                tracing::warn!(channel = %self.delivery.channel, %error, "a thread could not be opened");
            }
        }
    }

    /// Publishes a message to followers, within Discord's limit. A message that cannot be published is still posted here.
    async fn publish(&mut self, what: MessageKind) {
        let message =
            if what == MessageKind::End { self.log.end } else { self.log.start.or(self.log.flapping) };
        let Some(message) = message else { return };
        let channel = self.delivery.channel;
        let refused = if self.inner.may_publish(self.delivery).await {
            self.within_lease(self.inner.discord.publish(channel, message)).await.err()
        } else {
            let why = Reason::PublishedTooOften;
            Some(DiscordError::Transient { after: None, why, perhaps_done: false, unreached: false })
        };
        if let Some(error) = refused {
            self.inner.stats.count(NotifierCount::Unpublished);
            tracing::warn!(%channel, %error, "posted, but not published");
        }
    }

    // How a delivery task edits its posts and its thread's title, and what it does if somebody deleted them.
    //
    // An edit that cannot be made now is postponed: the pending posts are sent, and the edit is retried later, unless a newer
    // delivery of the channel makes it first.

    async fn edit_start(&mut self, view: &Outage) -> Result<(), Abort> {
        let Some(start) = self.log.start.or(self.log.flapping) else { return Ok(()) };
        let message = self.renderer(view, &[]).current_start();
        if self.edit(start, message).await? || !view.is_open() {
            return Ok(());
        }
        // Somebody deleted it: people in the channel must still be able to read the current status.
        let quiet = MessagePlan { quiet: true, ..MessagePlan::plain(MessageKind::Ongoing) };
        self.post(&quiet, view, true).await
    }

    async fn edit_flapping(&mut self, view: &Outage) -> Result<(), Abort> {
        let Some(flapping) = self.log.flapping else { return Ok(()) };
        let message = self.renderer(view, &[]).current_flapping();
        if self.edit(flapping, message).await? || !view.is_open() {
            return Ok(());
        }
        let quiet = MessagePlan { quiet: true, ..MessagePlan::plain(MessageKind::Flapping) };
        self.post(&quiet, view, true).await
    }

    /// Edits the recovery post. If somebody deleted it, it was read and is not posted again.
    async fn edit_end(&mut self, view: &Outage) -> Result<(), Abort> {
        let Some(end) = self.log.end else { return Ok(()) };
        let message = self.renderer(view, &[]).current_end();
        self.edit(end, message).await.map(drop)
    }

    /// Edits one of our messages in place. Returns `false` if it or its thread is gone.
    async fn edit(&mut self, id: MessageId, mut message: Message) -> Result<bool, Abort> {
        let channel = self.log.stands_in(id, self.delivery.channel, self.subscription.channel_kind);
        let mut shortened = false;
        loop {
            let edited = self.inner.discord.edit(channel, id, &message);
            let Err(error) = self.within_lease(edited).await else {
                self.sent = true;
                return Ok(true);
            };
            match self.decide(&error, shortened, channel != self.delivery.channel) {
                RetryDecision::Settle(DeliveryOutcome::Retry { due, why, .. }) => {
                    put_off(&mut self.edit_later, due, why);
                    return Ok(true);
                }
                RetryDecision::Settle(DeliveryOutcome::Failed { why }) => {
                    tracing::warn!(channel = %self.delivery.channel, %why, "a post could not be edited");
                    return Ok(true);
                }
                RetryDecision::Settle(outcome) => return Err(Abort::With(outcome)),
                RetryDecision::Stop(why) => return Err(Abort::Stop(why)),
                RetryDecision::Shorten => {
                    self.note_malformed(&error);
                    message = render::shorten(&message);
                    shortened = true;
                }
                RetryDecision::PostAnew => return Ok(false),
                RetryDecision::LeaveThread => {
                    self.log.thread = None;
                    return Ok(false);
                }
            }
        }
    }

    /// Sets the title of the outage's thread to whether it is over. A title that cannot be changed affects nothing else.
    async fn retitle(&mut self, view: &Outage) {
        let Some(thread) = self.log.thread.filter(|_| self.subscription.channel_kind != ChannelKind::Thread)
        else {
            return;
        };
        let came_and_went = self.log.start.is_some() && self.log.start == self.log.end;
        let first = || Title { over: came_and_went, renamed: Vec::new() };
        let mut title = self.log.title.as_deref().cloned().unwrap_or_else(first);
        let (now, over) = (self.now(), !view.is_open());
        if self.preview() || title.over == over {
            return;
        }
        title.renamed.retain(|at| now.duration_since(*at) < RENAMED_WITHIN);
        if let Some(oldest) = title.renamed.first().filter(|_| title.renamed.len() >= RENAMES) {
            let why = Reason::RenamedTooOften;
            put_off(&mut self.title_later, *oldest + RENAMED_WITHIN, why);
            return;
        }
        let name = self.renderer(view, &[]).thread_name();
        let renamed = self.within_lease(self.inner.discord.rename_thread(thread, &name)).await;
        if let Err(error @ DiscordError::Transient { .. }) = &renamed {
            if let RetryDecision::Settle(DeliveryOutcome::Retry { due, why, .. }) =
                self.decide(error, true, true)
            {
                put_off(&mut self.title_later, due, why);
            }
            return;
        }
        match renamed {
            Ok(()) => title.renamed.push(now),
            Err(error) => {
                tracing::debug!(channel = %self.delivery.channel, %error, "a thread's title could not be changed");
            }
        }
        title.over = over;
        self.log.title = Some(Box::new(title));
    }

    // How a delivery task mentions the users who asked to be notified of an outage's recovery, each once.
    //
    // The recovery post mentions as many as fit. The others, and those in channels without recovery posts, get separate messages.

    /// Returns the users who asked to be notified here, in the order in which they are mentioned.
    fn people(&self) -> Vec<UserId> {
        self.waiting.iter().map(|waiting| waiting.person).collect()
    }

    /// Returns how many of them this announcement has mentioned so far.
    fn mentioned(&self) -> u32 {
        let ours = self.log.mentioned.filter(|mentioned| mentioned.by == self.announcement.id);
        ours.map_or(0, |mentioned| mentioned.people)
    }

    /// Returns `log` with the users that a message mentions if it arrives.
    fn posted_with_people(&self, log: NotificationLogEntry, message: &Message) -> NotificationLogEntry {
        let named = u32::try_from(message.mentions.people.len()).unwrap_or(u32::MAX);
        let people = self.mentioned().saturating_add(named);
        let mentioned = (named > 0).then_some(MentionProgress { by: self.announcement.id, people });
        NotificationLogEntry { mentioned: mentioned.or(log.mentioned), ..log }
    }

    /// Mentions the users who asked to be notified and are not mentioned yet. One request gives one mention: if the outage
    /// reopens, they may ask again.
    async fn notify_people(&mut self, view: &Outage) -> Result<(), Abort> {
        // A channel's own recovery may come before the outage's; they asked about the outage.
        if self.newest.is_open() {
            return Ok(());
        }
        self.mention_all(view).await?;
        let people = self.people();
        if !people.is_empty() {
            self.inner.store.stop_waiting(&self.newest.id, self.delivery.channel, &people).await?;
        }
        Ok(())
    }

    async fn mention_all(&mut self, view: &Outage) -> Result<(), Abort> {
        let people = self.people();
        loop {
            let before = self.mentioned();
            let left = people.get(usize::try_from(before).unwrap_or(usize::MAX)..).unwrap_or_default();
            let (message, marker) = self.renderer(view, &[]).back(left, before);
            if message.mentions.people.is_empty() {
                return Ok(());
            }
            self.post_back(&message, &marker, view).await?;
        }
    }

    /// Returns the nonce of the next message that mentions users.
    fn nonce_of_back(&self) -> String {
        let word = format!("back{}", self.mentioned().saturating_add(1));
        let purpose = NoncePurpose::Part(&word, self.delivery.announcement);
        nonce(&self.delivery.outage, purpose, self.delivery.channel)
    }

    /// Posts one message that mentions users, once.
    async fn post_back(&mut self, message: &Message, marker: &str, view: &Outage) -> Result<(), Abort> {
        let channel = self.log.thread.unwrap_or(self.delivery.channel);
        let before = usize::try_from(self.mentioned()).unwrap_or(usize::MAX);
        let reply_to = self.waiting.iter().skip(before).find_map(|waiting| waiting.message);
        let mut target = Target::In { channel, reply_to };
        loop {
            let log = NotificationLogEntry { in_doubt: None, ..self.log.clone() };
            let doubt = InDoubt {
                at: self.now(),
                planned: None,
                revision: self.newest.revision,
                marker: marker.to_owned(),
                nonce: self.nonce_of_back(),
                channel: target.channel(),
                log: self.posted_with_people(log, message),
            };
            let Err(error) = self.send_noted(&target, message, doubt.clone(), view).await? else {
                return Ok(());
            };
            return Err(match self.decide(&error, true, target.is_thread_of(self.delivery.channel)) {
                RetryDecision::Stop(why) => Abort::Stop(why),
                RetryDecision::Settle(outcome) => Abort::With(outcome),
                RetryDecision::LeaveThread => {
                    self.log.thread = None;
                    let (due, why) = (self.now(), error.reason());
                    Abort::With(DeliveryOutcome::Retry { due, why, uncounted: false, log: None })
                }
                RetryDecision::PostAnew if target.is_reply() => {
                    target = target.without_reply();
                    continue;
                }
                // Posted by an earlier try, and deleted by somebody since: it was read, as an end is that was deleted.
                RetryDecision::PostAnew if self.log.in_doubt.is_some() => {
                    self.log = doubt.log;
                    return Ok(());
                }
                RetryDecision::PostAnew | RetryDecision::Shorten => Abort::With(gave_up(&error)),
            });
        }
    }
}

fn gave_up(error: &DiscordError) -> DeliveryOutcome {
    DeliveryOutcome::Failed { why: error.reason() }
}

/// Postpones to the latest time at which it becomes possible.
fn put_off(later: &mut Option<(Timestamp, Reason)>, due: Timestamp, why: Reason) {
    if later.as_ref().is_none_or(|(before, _)| *before < due) {
        *later = Some((due, why));
    }
}
