//! What people asked for, each once for its interaction.

use jiff::Timestamp;

use super::super::bounds::{MOST_QUESTIONS, MOST_WAITING, has_room};
use super::super::deletions::{Deletions, Whose};
use super::super::draft::Draft;
use super::super::fading::{
    Asked, Fading, INTERACTION, QUESTION, REPORT, Report, WAITING, WaitingFor, after,
};
use super::super::key::Key;
use super::super::record::{Erasing, Form, Interaction, Kept, Reported};
use super::super::shelf::{Shelf, Tree};
use super::super::{Board, Changed, JOINED, Question, StoreError, Votes};
use super::tidying::is_open;
use super::watching::{announce, open_outages};
use super::{Books, Leases, queue};
use crate::alerts::{Audience, RecoverySubscriber, Subscription, SubscriptionEdit};
use crate::health::OutageId;
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

impl<S: Shelf> Books<S> {
    pub(super) fn change(
        &self,
        change: &SubscriptionEdit,
        asked: InteractionId,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        has_room(change, self.shelf.free()?)?;
        let changed = self.change_books(|draft, leases| {
            let once = Fading { of: Interaction { id: asked }, fades: after(now, INTERACTION) };
            if draft.find::<Fading<Interaction>>(&once.key())?.is_some() {
                return Ok(Changed::Before);
            }
            let changed = self.carry_out(draft, leases, change, now)?;
            if matches!(changed, Changed::Now | Changed::TakenBack) {
                draft.put(&once)?;
            }
            Ok(changed)
        })?;
        if let (SubscriptionEdit::DeleteData(guild), Changed::Now) = (change, changed) {
            self.erase(*guild)?;
        }
        if changed == Changed::Now {
            self.hint();
        }
        Ok(changed)
    }

    fn carry_out(
        &self,
        draft: &mut Draft<'_, S>,
        leases: &mut Leases,
        change: &SubscriptionEdit,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        match change {
            SubscriptionEdit::Subscribe(subscription) => self.subscribe(draft, subscription, now),
            SubscriptionEdit::Unsubscribe(guild, channel) => {
                if !draft.forget::<Subscription>(&Key::new().place(*guild, *channel))? {
                    return Ok(Changed::Nothing);
                }
                queue::drop_queue(draft, leases, *guild, *channel, now)?;
                Ok(Changed::Now)
            }
            SubscriptionEdit::Preview(guild, channel, events) => {
                for event in events {
                    announce(draft, event, Audience::Preview(*guild, *channel), now)?;
                }
                queue::hasten(draft, *guild, *channel, now)?;
                Ok(done_if(!events.is_empty()))
            }
            SubscriptionEdit::CatchUp(guild, channel, event) => {
                announce(draft, event, Audience::CatchUp(*guild, *channel), now)?;
                queue::hasten(draft, *guild, *channel, now)?;
                Ok(Changed::Now)
            }
            SubscriptionEdit::Remind(event, count) => {
                announce(draft, event, Audience::Reminder(*count), now)?;
                Ok(Changed::Now)
            }
            SubscriptionEdit::LiveMessage(guild, channel, language) => {
                change_board(draft, *guild, |kept| Board::wished(kept, *guild, *channel, language))
            }
            SubscriptionEdit::EndLiveStatus(guild, only) => change_board(draft, *guild, |kept| {
                let ends = |kept: &Board| !kept.ended && only.is_none_or(|channel| kept.channel == channel);
                kept.filter(ends).map(Board::over)
            }),
            SubscriptionEdit::TakenDown(guild, channel, message) => {
                change_board(draft, *guild, |kept| Some(kept?.without(*channel, *message)))
            }
            SubscriptionEdit::DeleteData(guild) => {
                let all = Key::new().guild(*guild);
                for subscription in draft.list::<Subscription>(&all, usize::MAX)? {
                    draft.forget::<Subscription>(&subscription.key())?;
                }
                draft.forget::<Board>(&all)?;
                draft.put(&Erasing { guild: *guild })?;
                draft.put(&Deletions::mark(Whose::Server(*guild), now))?;
                Ok(Changed::Now)
            }
            SubscriptionEdit::ForgetPerson(person) => forget_person(draft, *person, now),
            SubscriptionEdit::Acknowledge(guild, channel, outage) => {
                let kept = draft.find::<Subscription>(&Key::new().place(*guild, *channel))?;
                let Some(mut subscription) = kept.filter(|kept| !kept.acknowledged.contains(outage)) else {
                    return Ok(Changed::Nothing);
                };
                for before in std::mem::take(&mut subscription.acknowledged) {
                    if is_open(draft, &before)? {
                        subscription.acknowledged.insert(before);
                    }
                }
                subscription.acknowledged.insert(outage.clone());
                draft.put(&subscription)?;
                Ok(Changed::Now)
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
                tell_when_back(draft, outage, who, now)
            }
            SubscriptionEdit::Report { outage, person } => report(draft, outage.as_ref(), *person, now),
            SubscriptionEdit::Vote { entry, helped } => {
                let none = Votes { entry: entry.clone(), helped: 0, did_not: 0 };
                let mut votes = draft.find::<Votes>(&none.key())?.unwrap_or(none);
                let side = if *helped { &mut votes.helped } else { &mut votes.did_not };
                *side += 1;
                draft.put(&votes)?;
                Ok(Changed::Now)
            }
            SubscriptionEdit::Unanswered { text } => {
                let mut text = text.clone();
                let kept = draft.find::<Asked>(&Asked::key_of(text.as_deref()))?;
                if kept.is_none() && self.shelf.count(Tree::Question) >= MOST_QUESTIONS {
                    text = None;
                }
                let kept = draft.find::<Asked>(&Asked::key_of(text.as_deref()))?;
                let asked = kept.map_or(0, |kept| kept.question.asked) + 1;
                draft
                    .put(&Asked { question: Question { text, asked }, fades: Some(after(now, QUESTION)) })?;
                Ok(Changed::Now)
            }
        }
    }

    fn subscribe(
        &self,
        draft: &mut Draft<'_, S>,
        subscription: &Subscription,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let (guild, channel) = (subscription.guild, subscription.channel);
        let kept = draft.find::<Subscription>(&subscription.key())?;
        if kept.is_none() {
            let all = Key::new().guild(guild);
            let most = self.subscriptions_per_server;
            if draft.scan(Tree::Subscription, &all, &all, most)?.len() >= most {
                return Ok(Changed::Full);
            }
            for outage in open_outages(draft)? {
                announce(draft, &outage.as_it_stands(now, JOINED), Audience::CatchUp(guild, channel), now)?;
            }
        }
        draft.put(subscription)?;
        let was = kept.and_then(|kept| kept.paused);
        queue::reschedule(draft, guild, channel, was.as_ref(), subscription.paused.as_ref())?;
        Ok(Changed::Now)
    }

    pub(super) fn waiting(
        &self,
        outage: &OutageId,
        of: Option<ChannelId>,
        after: Option<(ChannelId, UserId)>,
        most: usize,
    ) -> Result<Vec<RecoverySubscriber>, StoreError> {
        let all = WaitingFor::all_of(outage);
        let after = after.map(|(channel, person)| all.clone().number(channel.0).number(person.0));
        let prefix = of.map_or(all.clone(), |channel| all.number(channel.0));
        let page = self.page::<Fading<WaitingFor>>(&prefix, after, most)?;
        Ok(page.into_iter().map(|waiting| waiting.of.who).collect())
    }

    pub(super) fn note_board(
        &self,
        guild: GuildId,
        channel: ChannelId,
        message: Option<MessageId>,
    ) -> Result<bool, StoreError> {
        self.change_books(|draft, _| {
            let kept = draft.find::<Board>(&Key::new().guild(guild))?;
            let stands = |board: &Board| board.channel == channel && !board.ended;
            let Some(mut board) = kept.filter(stands) else { return Ok(false) };
            if board.message != message {
                board.message = message;
                draft.put(&board)?;
            }
            Ok(true)
        })
    }

    pub(super) fn reports(&self, outage: Option<&OutageId>, since: Timestamp) -> Result<u64, StoreError> {
        let look = self.look();
        let prefix = outage.map_or_else(Key::new, |outage| Report::all_of(Some(outage)));
        let people = look.list::<Fading<Report>>(&prefix, usize::MAX)?;
        let people = people.iter().filter(|report| report.of.at >= since).count() as u64;
        let dropped = match outage {
            Some(outage) => look.find::<Reported>(&Key::new().text(outage.as_str()))?,
            None => None,
        };
        Ok(people + dropped.map_or(0, |reported| reported.people))
    }

    pub(super) fn questions(&self, most: usize) -> Result<Vec<Question>, StoreError> {
        let kept = self.look().list::<Asked>(&Key::new(), usize::MAX)?;
        let mut questions: Vec<Question> = kept.into_iter().map(|asked| asked.question).collect();
        questions.sort_by(|a, b| b.asked.cmp(&a.asked).then_with(|| a.text.cmp(&b.text)));
        questions.truncate(most);
        Ok(questions)
    }
}

/// Keeps a server's board as `edit` makes it, where that makes something of it.
fn change_board<S: Shelf>(
    draft: &mut Draft<'_, S>,
    guild: GuildId,
    change: impl FnOnce(Option<Board>) -> Option<Board>,
) -> Result<Changed, StoreError> {
    let key = Key::new().guild(guild);
    let Some(board) = change(draft.find::<Board>(&key)?) else { return Ok(Changed::Nothing) };
    if board.is_done() {
        draft.forget::<Board>(&key)?;
    } else {
        draft.put(&board)?;
    }
    Ok(Changed::Now)
}

/// Counts a person once for an outage, and once in all while they report several.
fn report<S: Shelf>(
    draft: &mut Draft<'_, S>,
    outage: Option<&OutageId>,
    person: UserId,
    now: Timestamp,
) -> Result<Changed, StoreError> {
    let salts = draft.list::<Kept>(&Key::new().bytes(Report::SALTS.as_bytes()), usize::MAX)?;
    let name = Report::salt_of(outage);
    let (mut own, others): (Vec<_>, Vec<_>) = salts.into_iter().partition(|salt| salt.name == name);
    let salt = match own.pop() {
        Some(salt) => salt,
        None => Report::new_salt(outage)?,
    };
    let report = Fading { of: Report::under(&salt, person, now), fades: after(now, REPORT) };
    // An open outage keeps those who reported it until it is over, however long: once each.
    let kept = draft.find::<Fading<Report>>(&report.key())?;
    if kept.is_some_and(|kept| outage.is_some() || kept.fades > now) {
        return Ok(Changed::Nothing);
    }
    for other in others {
        let key = Form::key(&Fading { of: Report::under(&other, person, now), fades: now });
        if let Some(mut before) = draft.find::<Fading<Report>>(&key)? {
            before.of.at = Report::ELSEWHERE;
            draft.put(&before)?;
        }
    }
    draft.put(&salt)?;
    draft.put(&report)?;
    Ok(Changed::Now)
}

fn tell_when_back<S: Shelf>(
    draft: &mut Draft<'_, S>,
    outage: &OutageId,
    who: RecoverySubscriber,
    now: Timestamp,
) -> Result<Changed, StoreError> {
    let open = is_open(draft, outage)?;
    let here = WaitingFor::all_of(outage).number(who.channel.0);
    let waiting = Fading { of: WaitingFor { outage: outage.clone(), who }, fades: after(now, WAITING) };
    if draft.forget::<Fading<WaitingFor>>(&waiting.key())? {
        return Ok(Changed::TakenBack);
    }
    if !open {
        return Ok(Changed::Nothing);
    }
    if draft.scan(Tree::Waiting, &here, &here, MOST_WAITING)?.len() >= MOST_WAITING {
        return Ok(Changed::Full);
    }
    draft.put(&waiting)?;
    Ok(Changed::Now)
}

/// Forgets where somebody waits, and what they reported. Their reports stay counted where the outage is over: nobody can tell
/// any more which were theirs.
fn forget_person<S: Shelf>(
    draft: &mut Draft<'_, S>,
    person: UserId,
    now: Timestamp,
) -> Result<Changed, StoreError> {
    for waiting in draft.list::<Fading<WaitingFor>>(&Key::new(), usize::MAX)? {
        if waiting.of.who.person == person {
            draft.forget::<Fading<WaitingFor>>(&waiting.key())?;
        }
    }
    for salt in draft.list::<Kept>(&Key::new().bytes(Report::SALTS.as_bytes()), usize::MAX)? {
        let report = Fading { of: Report::under(&salt, person, now), fades: now };
        draft.forget::<Fading<Report>>(&report.key())?;
    }
    draft.put(&Deletions::mark(Whose::Person(person), now))?;
    Ok(Changed::Now)
}

fn done_if(done: bool) -> Changed {
    if done { Changed::Now } else { Changed::Nothing }
}
