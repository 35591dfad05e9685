//! Edits that users requested, each applied once per interaction.

use jiff::Timestamp;

use super::super::deletions::{DeletionSubject, Deletions};
use super::super::engine::{KvEngine, Table};
use super::super::expiry::{
    Expiring, INTERACTION, ProblemReport, QUESTION, QuestionRow, REPORT, RecoverySubscriberRow, WAITING,
    after,
};
use super::super::key::RecordKey;
use super::super::quotas::{MOST_QUESTIONS, MOST_WAITING, has_room};
use super::super::record::{InteractionRow, KvEntry, PendingErasure, Record, ReportRow};
use super::super::transaction::Tx;
use super::super::{EditResult, JOINED, LiveStatusMessage, StoreError, UnansweredQuestion, Votes};
use super::gc::is_open;
use super::watcher_state::{announce, open_outages};
use super::{Inner, Leases, queue};
use crate::alerts::{Audience, RecoverySubscriber, Subscription, SubscriptionEdit};
use crate::health::OutageId;
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

impl<S: KvEngine> Inner<S> {
    pub(super) fn change(
        &self,
        change: &SubscriptionEdit,
        asked: InteractionId,
        now: Timestamp,
    ) -> Result<EditResult, StoreError> {
        has_room(change, self.engine.free()?)?;
        let changed = self.change_inner(|tx, leases| {
            let once = Expiring { of: InteractionRow { id: asked }, expires_at: after(now, INTERACTION) };
            if tx.find::<Expiring<InteractionRow>>(&once.key())?.is_some() {
                return Ok(EditResult::Before);
            }
            let changed = self.carry_out(tx, leases, change, now)?;
            if matches!(changed, EditResult::Now | EditResult::TakenBack) {
                tx.put(&once)?;
            }
            Ok(changed)
        })?;
        if let (SubscriptionEdit::DeleteData(guild), EditResult::Now) = (change, changed) {
            self.erase(*guild)?;
        }
        if changed == EditResult::Now {
            self.hint();
        }
        Ok(changed)
    }

    fn carry_out(
        &self,
        tx: &mut Tx<'_, S>,
        leases: &mut Leases,
        change: &SubscriptionEdit,
        now: Timestamp,
    ) -> Result<EditResult, StoreError> {
        match change {
            SubscriptionEdit::Subscribe(subscription) => self.subscribe(tx, subscription, now),
            SubscriptionEdit::Unsubscribe(guild, channel) => {
                if !tx.forget::<Subscription>(&RecordKey::new().place(*guild, *channel))? {
                    return Ok(EditResult::Nothing);
                }
                queue::drop_queue(tx, leases, *guild, *channel, now)?;
                Ok(EditResult::Now)
            }
            SubscriptionEdit::Preview(guild, channel, events) => {
                for event in events {
                    announce(tx, event, Audience::Preview(*guild, *channel), now)?;
                }
                queue::raise_priority(tx, *guild, *channel, now)?;
                Ok(done_if(!events.is_empty()))
            }
            SubscriptionEdit::CatchUp(guild, channel, event) => {
                announce(tx, event, Audience::CatchUp(*guild, *channel), now)?;
                queue::raise_priority(tx, *guild, *channel, now)?;
                Ok(EditResult::Now)
            }
            SubscriptionEdit::Remind(event, count) => {
                announce(tx, event, Audience::Reminder(*count), now)?;
                Ok(EditResult::Now)
            }
            SubscriptionEdit::LiveMessage(guild, channel, language) => {
                edit_live_message(tx, *guild, |stored| {
                    LiveStatusMessage::wished(stored, *guild, *channel, language)
                })
            }
            SubscriptionEdit::EndLiveStatus(guild, only) => edit_live_message(tx, *guild, |stored| {
                let ends = |stored: &LiveStatusMessage| {
                    !stored.ended && only.is_none_or(|channel| stored.channel == channel)
                };
                stored.filter(ends).map(LiveStatusMessage::over)
            }),
            SubscriptionEdit::TakenDown(guild, channel, message) => {
                edit_live_message(tx, *guild, |stored| Some(stored?.without(*channel, *message)))
            }
            SubscriptionEdit::DeleteData(guild) => {
                let all = RecordKey::new().guild(*guild);
                for subscription in tx.list::<Subscription>(&all, usize::MAX)? {
                    tx.forget::<Subscription>(&subscription.key())?;
                }
                tx.forget::<LiveStatusMessage>(&all)?;
                tx.put(&PendingErasure { guild: *guild })?;
                tx.put(&Deletions::mark(DeletionSubject::Server(*guild), now))?;
                Ok(EditResult::Now)
            }
            SubscriptionEdit::ForgetPerson(person) => forget_person(tx, *person, now),
            SubscriptionEdit::Acknowledge(guild, channel, outage) => {
                let stored = tx.find::<Subscription>(&RecordKey::new().place(*guild, *channel))?;
                let Some(mut subscription) = stored.filter(|stored| !stored.acknowledged.contains(outage))
                else {
                    return Ok(EditResult::Nothing);
                };
                for before in std::mem::take(&mut subscription.acknowledged) {
                    if is_open(tx, &before)? {
                        subscription.acknowledged.insert(before);
                    }
                }
                subscription.acknowledged.insert(outage.clone());
                tx.put(&subscription)?;
                Ok(EditResult::Now)
            }
            SubscriptionEdit::NotifyOnRecovery {
                outage,
                person,
                guild,
                channel,
                message,
                direct,
                language,
            } => {
                let who = RecoverySubscriber {
                    guild: *guild,
                    channel: *channel,
                    person: *person,
                    message: *message,
                    direct: *direct,
                    language: Some(language.clone()),
                };
                notify_on_recovery(tx, outage, who, now)
            }
            SubscriptionEdit::Report { outage, person } => report(tx, outage.as_ref(), *person, now),
            SubscriptionEdit::Vote { entry, helped } => {
                let none = Votes { entry: entry.clone(), helped: 0, did_not: 0 };
                let mut votes = tx.find::<Votes>(&none.key())?.unwrap_or(none);
                let side = if *helped { &mut votes.helped } else { &mut votes.did_not };
                *side += 1;
                tx.put(&votes)?;
                Ok(EditResult::Now)
            }
            SubscriptionEdit::Unanswered { text } => {
                let mut text = text.clone();
                let stored = tx.find::<QuestionRow>(&QuestionRow::key_of(text.as_deref()))?;
                if stored.is_none() && self.engine.count(Table::Question) >= MOST_QUESTIONS {
                    text = None;
                }
                let stored = tx.find::<QuestionRow>(&QuestionRow::key_of(text.as_deref()))?;
                let asked = stored.map_or(0, |stored| stored.question.asked) + 1;
                tx.put(&QuestionRow {
                    question: UnansweredQuestion { text, asked },
                    expires_at: Some(after(now, QUESTION)),
                })?;
                Ok(EditResult::Now)
            }
        }
    }

    fn subscribe(
        &self,
        tx: &mut Tx<'_, S>,
        subscription: &Subscription,
        now: Timestamp,
    ) -> Result<EditResult, StoreError> {
        let (guild, channel) = (subscription.guild, subscription.channel);
        let stored = tx.find::<Subscription>(&subscription.key())?;
        if stored.is_none() {
            let all = RecordKey::new().guild(guild);
            let most = self.subscriptions_per_guild;
            if tx.scan(Table::Subscription, &all, &all, most)?.len() >= most {
                return Ok(EditResult::Full);
            }
            for outage in open_outages(tx)? {
                announce(tx, &outage.as_it_stands(now, JOINED), Audience::CatchUp(guild, channel), now)?;
            }
        }
        tx.put(subscription)?;
        let was = stored.and_then(|stored| stored.paused);
        queue::reschedule(tx, guild, channel, was.as_ref(), subscription.paused.as_ref())?;
        Ok(EditResult::Now)
    }

    pub(super) fn waiting(
        &self,
        outage: &OutageId,
        of: Option<ChannelId>,
        after: Option<(ChannelId, UserId)>,
        most: usize,
    ) -> Result<Vec<RecoverySubscriber>, StoreError> {
        let all = RecoverySubscriberRow::all_of(outage);
        let after = after.map(|(channel, person)| all.clone().number(channel.0).number(person.0));
        let prefix = of.map_or(all.clone(), |channel| all.number(channel.0));
        let page = self.page::<Expiring<RecoverySubscriberRow>>(&prefix, after, most)?;
        Ok(page.into_iter().map(|waiting| waiting.of.who).collect())
    }

    pub(super) fn stop_waiting(
        &self,
        outage: &OutageId,
        channel: ChannelId,
        people: &[UserId],
    ) -> Result<(), StoreError> {
        self.change_inner(|tx, _| {
            let here = RecoverySubscriberRow::all_of(outage).number(channel.0);
            for waiting in tx.list::<Expiring<RecoverySubscriberRow>>(&here, usize::MAX)? {
                if people.contains(&waiting.of.who.person) {
                    tx.forget::<Expiring<RecoverySubscriberRow>>(&waiting.key())?;
                }
            }
            Ok(())
        })
    }

    pub(super) fn save_live_message(
        &self,
        guild: GuildId,
        channel: ChannelId,
        message: Option<MessageId>,
    ) -> Result<bool, StoreError> {
        self.change_inner(|tx, _| {
            let stored = tx.find::<LiveStatusMessage>(&RecordKey::new().guild(guild))?;
            let stands =
                |live_message: &LiveStatusMessage| live_message.channel == channel && !live_message.ended;
            let Some(mut live_message) = stored.filter(stands) else { return Ok(false) };
            if live_message.message != message {
                live_message.message = message;
                tx.put(&live_message)?;
            }
            Ok(true)
        })
    }

    pub(super) fn reports(&self, outage: Option<&OutageId>, since: Timestamp) -> Result<u64, StoreError> {
        let probe = self.read();
        let prefix = outage.map_or_else(RecordKey::new, |outage| ProblemReport::all_of(Some(outage)));
        let people = probe.list::<Expiring<ProblemReport>>(&prefix, usize::MAX)?;
        let people = people.iter().filter(|report| report.of.at >= since).count() as u64;
        let dropped = match outage {
            Some(outage) => probe.find::<ReportRow>(&RecordKey::new().text(outage.as_str()))?,
            None => None,
        };
        Ok(people + dropped.map_or(0, |reported| reported.people))
    }

    pub(super) fn questions(&self, most: usize) -> Result<Vec<UnansweredQuestion>, StoreError> {
        let stored = self.read().list::<QuestionRow>(&RecordKey::new(), usize::MAX)?;
        let mut questions: Vec<UnansweredQuestion> = stored.into_iter().map(|asked| asked.question).collect();
        questions.sort_by(|a, b| b.asked.cmp(&a.asked).then_with(|| a.text.cmp(&b.text)));
        questions.truncate(most);
        Ok(questions)
    }
}

/// Stores a guild's live status message as `change` changes it, if `change` returns one.
fn edit_live_message<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    guild: GuildId,
    change: impl FnOnce(Option<LiveStatusMessage>) -> Option<LiveStatusMessage>,
) -> Result<EditResult, StoreError> {
    let key = RecordKey::new().guild(guild);
    let Some(live_message) = change(tx.find::<LiveStatusMessage>(&key)?) else {
        return Ok(EditResult::Nothing);
    };
    if live_message.is_done() {
        tx.forget::<LiveStatusMessage>(&key)?;
    } else {
        tx.put(&live_message)?;
    }
    Ok(EditResult::Now)
}

/// Counts a user once per outage, and once in total while they report several.
fn report<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    outage: Option<&OutageId>,
    person: UserId,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    let salts = tx.list::<KvEntry>(&RecordKey::new().bytes(ProblemReport::SALTS.as_bytes()), usize::MAX)?;
    let name = ProblemReport::salt_of(outage);
    let (mut own, others): (Vec<_>, Vec<_>) = salts.into_iter().partition(|salt| salt.name == name);
    let salt = match own.pop() {
        Some(salt) => salt,
        None => ProblemReport::new_salt(outage)?,
    };
    let report = Expiring { of: ProblemReport::under(&salt, person, now), expires_at: after(now, REPORT) };
    // Users who reported an open outage stay until it is over, however long: once each.
    let stored = tx.find::<Expiring<ProblemReport>>(&report.key())?;
    if stored.is_some_and(|stored| outage.is_some() || stored.expires_at > now) {
        return Ok(EditResult::Nothing);
    }
    for other in others {
        let key = Record::key(&Expiring { of: ProblemReport::under(&other, person, now), expires_at: now });
        if let Some(mut before) = tx.find::<Expiring<ProblemReport>>(&key)? {
            before.of.at = ProblemReport::ELSEWHERE;
            tx.put(&before)?;
        }
    }
    tx.put(&salt)?;
    tx.put(&report)?;
    Ok(EditResult::Now)
}

fn notify_on_recovery<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    outage: &OutageId,
    who: RecoverySubscriber,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    let open = is_open(tx, outage)?;
    let here = RecoverySubscriberRow::all_of(outage).number(who.channel.0);
    let waiting = Expiring {
        of: RecoverySubscriberRow { outage: outage.clone(), who },
        expires_at: after(now, WAITING),
    };
    if tx.forget::<Expiring<RecoverySubscriberRow>>(&waiting.key())? {
        return Ok(EditResult::TakenBack);
    }
    if !open {
        return Ok(EditResult::Nothing);
    }
    if tx.scan(Table::Waiting, &here, &here, MOST_WAITING)?.len() >= MOST_WAITING {
        return Ok(EditResult::Full);
    }
    tx.put(&waiting)?;
    Ok(EditResult::Now)
}

/// Deletes where a user waits and what they reported. Reports of an outage that is over stay counted: it is unknown
/// which were theirs.
fn forget_person<S: KvEngine>(
    tx: &mut Tx<'_, S>,
    person: UserId,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    for waiting in tx.list::<Expiring<RecoverySubscriberRow>>(&RecordKey::new(), usize::MAX)? {
        if waiting.of.who.person == person {
            tx.forget::<Expiring<RecoverySubscriberRow>>(&waiting.key())?;
        }
    }
    for salt in tx.list::<KvEntry>(&RecordKey::new().bytes(ProblemReport::SALTS.as_bytes()), usize::MAX)? {
        let report = Expiring { of: ProblemReport::under(&salt, person, now), expires_at: now };
        tx.forget::<Expiring<ProblemReport>>(&report.key())?;
    }
    tx.put(&Deletions::mark(DeletionSubject::Person(person), now))?;
    Ok(EditResult::Now)
}

fn done_if(done: bool) -> EditResult {
    if done { EditResult::Now } else { EditResult::Nothing }
}
