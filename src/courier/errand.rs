//! One delivery, carried out: plan, send, and what follows from each answer.
//!
//! Each step notes at once what the channel has been told, so that a try which stops half way goes on from there, and a
//! try that died is found by its nonce or by its marker.
//!
//! Never: no outcome is stored here; the courier does that when the errand comes back.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::stats::Count;
use super::wording::{self, Voice};
use super::{Inner, OperatorNotice};
use crate::alerts::nonce::{Purpose, nonce};
use crate::alerts::plan::{Act, Case, Plan, Remark, Saying, plan, settle_told};
use crate::alerts::retry::{Failed, Verdict, judge};
use crate::alerts::{
    Announcement, Audience, ChannelId, Claim, Delivery, MessageId, Outcome, Paused, Subscription, Told,
    Venue, Waiting,
};
use crate::chat::Message;
use crate::discord::{Post, PostError, Refusal, ThreadStart};
use crate::health::{EventKind, Outage, Picture};
use crate::store::StoreError;

/// Nothing is sent with less than this left of the lease: Discord may take 10 s to answer.
const ENOUGH_LEASE: SignedDuration = SignedDuration::from_secs(15);
/// Of the lease, this much stays to store what became of it.
const FOR_SETTLING: SignedDuration = SignedDuration::from_secs(5);
/// Within this time Discord is taken to know a nonce; it says "the past few minutes".
const NONCE_WINDOW: SignedDuration = SignedDuration::from_mins(2);
/// People that one message may mention.
const MOST_PEOPLE: usize = crate::chat::limits::MENTIONS;

/// Why an errand ends before it is done.
pub(super) enum Halt {
    /// With this outcome.
    With(Outcome),
    /// Discord refuses the token: nothing may be sent any more.
    Stop(String),
    /// The store cannot be asked.
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What became of an errand.
pub(super) struct Done {
    /// What the channel has been told now.
    pub(super) told: Told,
    /// Whether anything was sent or edited.
    pub(super) sent: bool,
}

/// One delivery on its way.
pub(super) struct Errand<'a> {
    inner: &'a Inner,
    delivery: &'a Delivery,
    announcement: &'a Announcement,
    newest: Outage,
    subscription: Subscription,
    /// There is no subscription: only those who asked to be told are to hear it.
    for_people_only: bool,
    paused: Option<Paused>,
    picture: Option<Arc<Picture>>,
    waiting: Vec<Waiting>,
    told: Told,
    until: Timestamp,
    looked: bool,
    sent: bool,
}

/// Where a message goes.
enum Place {
    /// Into a channel or thread, perhaps as a reply.
    In { channel: ChannelId, reply_to: Option<MessageId> },
    /// Into a forum, as a post of its own.
    Forum,
}

impl<'a> Errand<'a> {
    /// Fetches what a claim needs; `until` is the end of its lease. None if nobody there is to hear it any more.
    pub(super) async fn prepare(
        inner: &'a Inner,
        claim: &'a Claim,
        announcement: &'a Announcement,
        until: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let event = &announcement.event;
        let preview = matches!(announcement.audience, Audience::Preview(..));
        let newest = match inner.store.outage(&event.outage.id).await? {
            Some(newest) if !preview && newest.revision >= event.outage.revision => newest,
            _ => event.outage.clone(),
        };
        let over = !newest.is_open()
            && event.kind == EventKind::Ended
            && announcement.audience == Audience::Subscribers;
        let waiting = if over {
            inner.store.waiting(&newest.id, Some(claim.delivery.channel), None, MOST_PEOPLE).await?
        } else {
            Vec::new()
        };
        let for_people_only = claim.subscription.is_none() && !preview;
        if for_people_only && waiting.is_empty() {
            return Ok(None);
        }
        let (guild, channel) = (claim.delivery.guild, claim.delivery.channel);
        let subscription =
            claim.subscription.clone().unwrap_or_else(|| Subscription::new(guild, channel, event.at));
        Ok(Some(Self {
            inner,
            delivery: &claim.delivery,
            announcement,
            newest,
            for_people_only,
            paused: claim.subscription.as_ref().and_then(|subscription| subscription.paused.clone()),
            subscription,
            picture: inner.picture(),
            waiting,
            told: claim.told.clone(),
            until,
            looked: false,
            sent: false,
        }))
    }

    /// Carries it out. What the channel was told by then stands in [`Errand::told`] also when it stops half way.
    pub(super) async fn run(&mut self) -> Result<(), Halt> {
        if let Some(paused) = self.paused.clone().filter(|paused| paused.retry > self.now()) {
            let (due, why) = (paused.retry, paused.why);
            return Err(Halt::With(Outcome::Later { due, why, uncounted: true, told: None }));
        }
        if self.for_people_only {
            let view = self.newest.clone();
            return self.tell_people(&view, 0).await;
        }
        self.find_lost_start().await?;
        let plan = self.plan();
        tracing::debug!(
            channel = %self.delivery.channel,
            outage = %self.delivery.outage,
            acts = plan.acts.len(),
            why = plan.why,
            "planned"
        );
        if plan.give_up {
            return Err(Halt::With(Outcome::GivenUp { why: plan.why.to_owned() }));
        }
        let mut mentioned = 0;
        for act in &plan.acts {
            match act {
                Act::Post(remark) => mentioned += self.post(remark, &plan.view, false).await?,
                Act::EditStart => self.edit_start(&plan.view).await?,
                Act::EditFlapping => self.edit_flapping(&plan.view).await?,
                Act::EditEnd => self.edit_end(&plan.view).await?,
            }
        }
        let mut told = std::mem::take(&mut self.told);
        settle_told(&mut told, &plan, &self.case());
        self.told = told;
        self.tell_people(&plan.view, mentioned).await
    }

    /// What the channel has been told now, and whether anything was sent.
    pub(super) fn finish(self) -> Done {
        Done { told: self.told, sent: self.sent }
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn preview(&self) -> bool {
        matches!(self.announcement.audience, Audience::Preview(..))
    }

    fn case(&self) -> Case<'_> {
        Case {
            event: &self.announcement.event,
            audience: &self.announcement.audience,
            newest: &self.newest,
            subscription: &self.subscription,
            told: &self.told,
            now: self.now(),
        }
    }

    fn plan(&self) -> Plan {
        plan(&self.case(), &self.inner.options.plan)
    }

    fn voice<'v>(&'v self, view: &'v Outage, people: &'v [crate::alerts::UserId]) -> Voice<'v> {
        let picture = self.picture.as_deref();
        Voice { case: self.case(), view, profile: &self.inner.profile, picture, people }
    }

    fn people(&self) -> Vec<crate::alerts::UserId> {
        self.waiting.iter().map(|waiting| waiting.person).collect()
    }

    /// An earlier try may have posted the start and died before that was stored. While the outage goes on, the start's
    /// nonce or marker tells; once it is over, another message would be posted, so the start is looked for first.
    async fn find_lost_start(&mut self) -> Result<(), Halt> {
        let unsure = self.delivery.attempts > 1 && !self.newest.is_open() && !self.preview();
        if !unsure || self.told.start.is_some() || self.told.flapping.is_some() {
            return Ok(());
        }
        let marker = self.voice(&self.newest, &[]).marker(Saying::Start);
        if let Some(start) = self.look_for(self.delivery.channel, &marker).await? {
            self.told.start = Some(start);
            self.told.level = self.newest.worst;
        }
        Ok(())
    }

    /// Posts a message, once. Gives how many of those who asked to be told it mentions.
    async fn post(&mut self, remark: &Remark, view: &Outage, anew: bool) -> Result<usize, Halt> {
        let people = if remark.what == Saying::End || remark.what == Saying::CameAndWent {
            self.people()
        } else {
            Vec::new()
        };
        let voice = self.voice(view, &people);
        let (mut message, marker) = (voice.say(remark), voice.marker(remark.what));
        let mut word = if anew { "anew".to_owned() } else { remark.what.word().to_owned() };
        let mut shortened = false;
        loop {
            let place = self.place(remark.what);
            let first = matches!(remark.what, Saying::Start | Saying::Ongoing) && word == "start";
            let purpose = if first && !self.preview() {
                Purpose::Start
            } else {
                Purpose::Part(&word, self.delivery.announcement)
            };
            let nonce = nonce(&self.delivery.outage, purpose, self.delivery.channel);
            if let Some(found) = self.find_lost(&place, &marker).await? {
                self.note(remark.what, found, None);
                return Ok(message.mentions.people.len());
            }
            let in_thread = self.told.thread.is_some();
            match self.send(&place, &message, nonce, view).await {
                Ok((id, thread)) => {
                    self.note(remark.what, id, thread);
                    break;
                }
                Err(error) => match self.judge(&error, shortened, in_thread) {
                    Verdict::Settle(outcome) => return Err(Halt::With(outcome)),
                    Verdict::Stop(why) => return Err(Halt::Stop(why)),
                    Verdict::Shorten => {
                        self.note_malformed(&error);
                        message = wording::shorten(&message);
                        shortened = true;
                    }
                    // Posted, and deleted by somebody within Discord's window: the same nonce finds nothing new.
                    Verdict::PostAnew if word != "anew" => "anew".clone_into(&mut word),
                    Verdict::PostAnew => return Err(Halt::With(gave_up(&error))),
                    Verdict::LeaveThread => self.told.thread = None,
                },
            }
        }
        if remark.thread {
            self.open_thread(view).await;
        }
        if remark.publish {
            self.publish(remark.what).await;
        }
        Ok(message.mentions.people.len())
    }

    /// Where a message goes: the start to the channel itself, the rest to the outage's thread or as a reply.
    fn place(&self, what: Saying) -> Place {
        let begins =
            matches!(what, Saying::Start | Saying::Ongoing | Saying::WorkStart | Saying::CameAndWent);
        let forum = self.subscription.venue == Venue::Forum;
        match self.told.thread {
            Some(thread) if !begins => {
                // In a forum the post itself stands in the thread; elsewhere it stands outside.
                Place::In { channel: thread, reply_to: self.told.start.filter(|_| forum) }
            }
            _ if forum => Place::Forum,
            _ => {
                let reply_to = self.told.flapping.or(self.told.start).filter(|_| !begins);
                Place::In { channel: self.delivery.channel, reply_to }
            }
        }
    }

    /// Where the messages of this outage stand that can be edited: a forum's stand in its thread.
    fn home(&self) -> ChannelId {
        let forum = self.subscription.venue == Venue::Forum;
        self.told.thread.filter(|_| forum).unwrap_or(self.delivery.channel)
    }

    async fn send(
        &mut self,
        place: &Place,
        message: &Message,
        nonce: String,
        view: &Outage,
    ) -> Result<(MessageId, Option<ChannelId>), PostError> {
        let discord = &self.inner.discord;
        match *place {
            Place::In { channel, reply_to } => {
                let post = Post { channel, message: message.clone(), nonce, reply_to };
                let id = self.within_lease(discord.post(&post)).await?;
                Ok((id, None))
            }
            Place::Forum => {
                let name = self.voice(view, &[]).thread_name();
                let start = ThreadStart::ForumPost(Box::new(message.clone()));
                let opened = discord.open_thread(self.delivery.channel, &name, start);
                let thread = self.within_lease(opened).await?;
                // A forum's first message has the id of its thread.
                Ok((thread.first.unwrap_or(MessageId(thread.channel.0)), Some(thread.channel)))
            }
        }
    }

    /// Notes what a message told the channel.
    fn note(&mut self, what: Saying, id: MessageId, thread: Option<ChannelId>) {
        if !self.sent {
            self.inner.stats.lag(self.now().duration_since(self.announcement.event.at));
        }
        self.sent = true;
        if self.preview() {
            return;
        }
        self.told.thread = thread.or(self.told.thread);
        match what {
            Saying::Start | Saying::Ongoing | Saying::WorkStart => {
                self.told.start = Some(id);
                self.told.end = None;
            }
            Saying::Flapping => self.told.flapping = Some(id),
            Saying::Again => self.told.end = None,
            Saying::End | Saying::WorkEnd => self.told.end = Some(id),
            Saying::CameAndWent => (self.told.start, self.told.end) = (Some(id), Some(id)),
            Saying::Reminder(turn) => self.told.reminders = turn,
            Saying::Worse | Saying::Change => {}
        }
    }

    /// A thread that cannot be opened costs nobody an alert: the rest is told in the channel.
    async fn open_thread(&mut self, view: &Outage) {
        let Some(start) = self.told.start.or(self.told.flapping) else { return };
        let name = self.voice(view, &[]).thread_name();
        let opened = self.inner.discord.open_thread(self.delivery.channel, &name, ThreadStart::On(start));
        match self.within_lease(opened).await {
            Ok(thread) => self.told.thread = Some(thread.channel),
            Err(error) => {
                tracing::warn!(channel = %self.delivery.channel, %error, "no thread could be opened");
            }
        }
    }

    /// Published to followers, within Discord's limit; an alert that is not published is still told here.
    async fn publish(&mut self, what: Saying) {
        let message =
            if what == Saying::End { self.told.end } else { self.told.start.or(self.told.flapping) };
        let Some(message) = message else { return };
        let channel = self.delivery.channel;
        let refused = if self.inner.may_publish(channel) {
            self.within_lease(self.inner.discord.publish(channel, message)).await.err()
        } else {
            let why = "10 messages were published here within an hour".to_owned();
            Some(PostError::Later { after: None, why, perhaps_done: false })
        };
        if let Some(error) = refused {
            self.inner.stats.count(Count::Unpublished);
            tracing::warn!(%channel, %error, "told, but not published");
        }
    }

    async fn edit_start(&mut self, view: &Outage) -> Result<(), Halt> {
        let Some(start) = self.told.start else { return Ok(()) };
        let message = self.voice(view, &[]).current_start();
        if self.edit(start, message).await? || !view.is_open() {
            return Ok(());
        }
        // Somebody deleted it: the channel still has to be able to read how it is.
        let quiet = Remark { quiet: true, ..Remark::plain(Saying::Ongoing) };
        self.post(&quiet, view, true).await.map(drop)
    }

    async fn edit_flapping(&mut self, view: &Outage) -> Result<(), Halt> {
        let Some(flapping) = self.told.flapping else { return Ok(()) };
        let message = self.voice(view, &[]).current_flapping();
        if self.edit(flapping, message).await? || !view.is_open() {
            return Ok(());
        }
        let quiet = Remark { quiet: true, ..Remark::plain(Saying::Flapping) };
        self.post(&quiet, view, true).await.map(drop)
    }

    /// An end that somebody deleted was read; it is not posted again.
    async fn edit_end(&mut self, view: &Outage) -> Result<(), Halt> {
        let Some(end) = self.told.end else { return Ok(()) };
        let message = self.voice(view, &[]).current_end();
        self.edit(end, message).await.map(drop)
    }

    /// Edits a message of ours; `false` if it, or its thread, is gone.
    async fn edit(&mut self, id: MessageId, mut message: Message) -> Result<bool, Halt> {
        let mut shortened = false;
        loop {
            let in_thread = self.home() != self.delivery.channel;
            let edited = self.inner.discord.edit(self.home(), id, &message);
            let Err(error) = self.within_lease(edited).await else {
                self.sent = true;
                return Ok(true);
            };
            match self.judge(&error, shortened, in_thread) {
                Verdict::Settle(outcome) => return Err(Halt::With(outcome)),
                Verdict::Stop(why) => return Err(Halt::Stop(why)),
                Verdict::Shorten => {
                    self.note_malformed(&error);
                    message = wording::shorten(&message);
                    shortened = true;
                }
                Verdict::PostAnew => return Ok(false),
                Verdict::LeaveThread => {
                    self.told.thread = None;
                    return Ok(false);
                }
            }
        }
    }

    /// Mentions those who asked to be told and whom no end mentioned: beyond the first `mentioned`.
    async fn tell_people(&mut self, view: &Outage, mentioned: usize) -> Result<(), Halt> {
        // A channel's own end may come before the outage's; they asked about the outage.
        let people: Vec<_> = self.people().into_iter().skip(mentioned).collect();
        if people.is_empty() || self.newest.is_open() {
            return Ok(());
        }
        let reply_to = self.waiting.iter().skip(mentioned).find_map(|waiting| waiting.message);
        let messages = self.voice(view, &[]).back(&people);
        for (message, nth) in messages.into_iter().zip(1_u32..) {
            let word = format!("back{nth}");
            let purpose = Purpose::Part(&word, self.delivery.announcement);
            let nonce = nonce(&self.delivery.outage, purpose, self.delivery.channel);
            let post = Post { channel: self.delivery.channel, message, nonce, reply_to };
            match self.within_lease(self.inner.discord.post(&post)).await {
                Ok(_) => self.sent = true,
                Err(error) => match self.judge(&error, true, false) {
                    Verdict::Stop(why) => return Err(Halt::Stop(why)),
                    Verdict::Settle(outcome) => return Err(Halt::With(outcome)),
                    Verdict::PostAnew | Verdict::Shorten | Verdict::LeaveThread => {
                        return Err(Halt::With(gave_up(&error)));
                    }
                },
            }
        }
        Ok(())
    }

    /// A message of an earlier try, where Discord no longer knows its nonce.
    async fn find_lost(&mut self, place: &Place, marker: &str) -> Result<Option<MessageId>, Halt> {
        let first = self.delivery.first_tried.unwrap_or_else(|| self.now());
        let unsure = self.delivery.attempts > 1 && self.now().duration_since(first) > NONCE_WINDOW;
        // A forum knows no nonce, and its posts are not messages that could be read back.
        let forum = self.delivery.attempts > 1 && matches!(place, Place::Forum);
        if self.looked || self.preview() || !(unsure || forum) {
            return Ok(None);
        }
        self.looked = true;
        match place {
            Place::In { channel, .. } => self.look_for(*channel, marker).await,
            Place::Forum => {
                self.inner.stats.count(Count::DoubledPerhaps);
                Ok(None)
            }
        }
    }

    /// Looks for our own message. Where we may not read, it is sent again: a duplicate beats a lost alert.
    async fn look_for(&mut self, channel: ChannelId, marker: &str) -> Result<Option<MessageId>, Halt> {
        let since = wording::since(self.delivery.first_tried.unwrap_or_else(|| self.now()));
        let found = self.within_lease(self.inner.discord.find_own(channel, since, marker)).await;
        match found {
            Ok(found) => Ok(found),
            Err(PostError::Never(Refusal::NoPermission { .. })) => {
                self.inner.stats.count(Count::DoubledPerhaps);
                tracing::warn!(%channel, "an alert may have been sent twice: we may not read the history");
                Ok(None)
            }
            Err(error) => match self.judge(&error, true, false) {
                Verdict::Stop(why) => Err(Halt::Stop(why)),
                Verdict::Settle(outcome) => Err(Halt::With(outcome)),
                Verdict::PostAnew | Verdict::Shorten | Verdict::LeaveThread => Ok(None),
            },
        }
    }

    /// Asks Discord, within what is left of the lease.
    async fn within_lease<T>(
        &self,
        asked: impl Future<Output = Result<T, PostError>>,
    ) -> Result<T, PostError> {
        let left = self.until.duration_since(self.now());
        if left < ENOUGH_LEASE {
            let why = "too little of the lease was left to send".to_owned();
            return Err(PostError::Later { after: Some(SignedDuration::ZERO), why, perhaps_done: false });
        }
        let answer = self.inner.clock.timeout(left - FOR_SETTLING, asked).await;
        answer.unwrap_or_else(|| {
            let why = "Discord did not answer in time".to_owned();
            Err(PostError::Later { after: None, why, perhaps_done: true })
        })
    }

    fn judge(&self, error: &PostError, shortened: bool, in_thread: bool) -> Verdict {
        let failed = Failed {
            error,
            delivery: self.delivery,
            open: self.newest.is_open(),
            paused: self.paused.as_ref(),
            shortened,
            in_thread,
            now: self.now(),
        };
        judge(&failed, &self.inner.options.retry)
    }

    fn note_malformed(&self, error: &PostError) {
        self.inner.stats.count(Count::Shortened);
        let (channel, why) = (self.delivery.channel, error.to_string());
        self.inner.notice(OperatorNotice::Malformed { channel, why });
    }
}

fn gave_up(error: &PostError) -> Outcome {
    Outcome::GivenUp { why: error.to_string() }
}
