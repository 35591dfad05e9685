//! What people asked for, each once for its interaction.

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

use super::super::bounds::{MOST_QUESTIONS, MOST_WAITING};
use super::super::deletions::{Deletions, Whose};
use super::super::fading::{
    Asked, Fading, INTERACTION, QUESTION, REPORT, Report, WAITING, WaitingFor, after,
};
use super::super::record::{Form as _, Interaction, Reported};
use super::super::{Board, Changed, JOINED, Question, StoreError, Votes};
use super::row::{ask, find, id, list, put, run};
use super::tables::{about, interaction};
use super::watching::{COUNTING, announce, named};
use super::{telling, tidying};
use crate::alerts::{Audience, RecoverySubscriber, Subscription, SubscriptionEdit};
use crate::health::{Outage, OutageId};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

/// Carries out a change; what is not `Changed::Now` is to be rolled back.
pub(super) async fn change(
    on: &Transaction<'_>,
    change: &SubscriptionEdit,
    asked: InteractionId,
    limit: usize,
    now: Timestamp,
) -> Result<Changed, StoreError> {
    let once = Fading { of: Interaction { id: asked }, fades: after(now, INTERACTION) };
    // Who asks the same at the same time waits here until the other is done.
    let sql = "insert into interaction (id, fades, body) values ($1, $2, $3) on conflict do nothing";
    if run(on, sql, &[&interaction(asked.0), &once.fades, &once.encode()?]).await? == 0 {
        return Ok(Changed::Before);
    }
    carry_out(on, change, limit, now).await
}

async fn carry_out(
    on: &Transaction<'_>,
    change: &SubscriptionEdit,
    limit: usize,
    now: Timestamp,
) -> Result<Changed, StoreError> {
    match change {
        SubscriptionEdit::Subscribe(subscription) => subscribe(on, subscription, limit, now).await,
        SubscriptionEdit::Unsubscribe(guild, channel) => {
            let sql = "delete from subscription where guild = $1 and channel = $2";
            if run(on, sql, &[&id(guild.0), &id(channel.0)]).await? == 0 {
                return Ok(Changed::Nothing);
            }
            telling::drop_queue(on, *guild, *channel, now).await?;
            Ok(Changed::Now)
        }
        SubscriptionEdit::Preview(guild, channel, events) => {
            for event in events {
                announce(on, event, Audience::Preview(*guild, *channel), now).await?;
            }
            telling::hasten(on, *guild, *channel, now).await?;
            Ok(done_if(!events.is_empty()))
        }
        SubscriptionEdit::CatchUp(guild, channel, event) => {
            announce(on, event, Audience::CatchUp(*guild, *channel), now).await?;
            telling::hasten(on, *guild, *channel, now).await?;
            Ok(Changed::Now)
        }
        SubscriptionEdit::Remind(event, count) => {
            announce(on, event, Audience::Reminder(*count), now).await?;
            Ok(Changed::Now)
        }
        SubscriptionEdit::LiveMessage(guild, channel, language) => {
            change_board(on, *guild, |kept| Board::wished(kept, *guild, *channel, language)).await
        }
        SubscriptionEdit::EndLiveStatus(guild, only) => {
            let ends = |kept: &Board| !kept.ended && only.is_none_or(|channel| kept.channel == channel);
            change_board(on, *guild, |kept| kept.filter(ends).map(Board::over)).await
        }
        SubscriptionEdit::TakenDown(guild, channel, message) => {
            change_board(on, *guild, |kept| Some(kept?.without(*channel, *message))).await
        }
        SubscriptionEdit::DeleteData(guild) => {
            tidying::erase(on, *guild).await?;
            put(on, &Deletions::mark(Whose::Server(*guild), now)).await?;
            Ok(Changed::Now)
        }
        SubscriptionEdit::ForgetPerson(person) => {
            run(on, "delete from waiting where person = $1", &[&id(person.0)]).await?;
            for salt in named(on, Report::SALTS).await? {
                let same = Report::under(&salt, *person, now);
                let which: (&str, &[u8]) = (about(same.outage.as_ref()), &same.person);
                run(on, "delete from report where outage = $1 and person = $2", &[&which.0, &which.1])
                    .await?;
            }
            put(on, &Deletions::mark(Whose::Person(*person), now)).await?;
            Ok(Changed::Now)
        }
        SubscriptionEdit::Acknowledge(guild, channel, outage) => {
            let kept = subscription(on, *guild, *channel).await?;
            let Some(mut subscription) = kept.filter(|kept| !kept.acknowledged.contains(outage)) else {
                return Ok(Changed::Nothing);
            };
            for before in std::mem::take(&mut subscription.acknowledged) {
                if is_open(on, &before).await? {
                    subscription.acknowledged.insert(before);
                }
            }
            subscription.acknowledged.insert(outage.clone());
            put(on, &subscription).await?;
            Ok(Changed::Now)
        }
        SubscriptionEdit::NotifyOnRecovery { outage, person, guild, channel, message, direct, language } => {
            let who = RecoverySubscriber {
                guild: *guild,
                channel: *channel,
                person: *person,
                message: *message,
                direct: *direct,
                language: Some(language.clone()),
            };
            tell_when_back(on, outage, who, now).await
        }
        SubscriptionEdit::Report { outage, person } => report(on, outage.as_ref(), *person, now).await,
        SubscriptionEdit::Vote { entry, helped } => {
            run(on, "select pg_advisory_xact_lock($1)", &[&COUNTING]).await?;
            let none = Votes { entry: entry.clone(), helped: 0, did_not: 0 };
            let mut votes = find(on, "where entry = $1", &[entry]).await?.unwrap_or(none);
            let side = if *helped { &mut votes.helped } else { &mut votes.did_not };
            *side += 1;
            put(on, &votes).await?;
            Ok(Changed::Now)
        }
        SubscriptionEdit::Unanswered { text } => {
            run(on, "select pg_advisory_xact_lock($1)", &[&COUNTING]).await?;
            let (mut text, known) = (text.clone(), "where hash = $1");
            let mut kept: Option<Asked> = find(on, known, &[&Asked::key_of(text.as_deref()).0]).await?;
            let all = ask(on, "select count(*) from question", &[]).await?;
            let all: i64 = all.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
            if kept.is_none() && all >= id(MOST_QUESTIONS) {
                text = None;
                kept = find(on, known, &[&Asked::key_of(None).0]).await?;
            }
            let asked = kept.map_or(0, |kept| kept.question.asked) + 1;
            let question = Question { text, asked };
            put(on, &Asked { question, fades: Some(after(now, QUESTION)) }).await?;
            Ok(Changed::Now)
        }
    }
}

async fn subscribe(
    on: &Transaction<'_>,
    subscription: &Subscription,
    limit: usize,
    now: Timestamp,
) -> Result<Changed, StoreError> {
    let (guild, channel) = (subscription.guild, subscription.channel);
    // Two moderators of a server, one after the other: so the limit holds.
    run(on, "select pg_advisory_xact_lock($1)", &[&id(guild.0)]).await?;
    let kept = self::subscription(on, guild, channel).await?;
    if kept.is_none() {
        let there = ask(on, "select count(*) from subscription where guild = $1", &[&id(guild.0)]).await?;
        let there: i64 = there.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
        if there >= id(limit as u64) {
            return Ok(Changed::Full);
        }
        let open: Vec<Outage> = list(on, "where until is null order by id", &[]).await?;
        for outage in open {
            announce(on, &outage.as_it_stands(now, JOINED), Audience::CatchUp(guild, channel), now).await?;
        }
    }
    put(on, subscription).await?;
    let was = kept.and_then(|kept| kept.paused);
    telling::reschedule(on, guild, channel, was.as_ref(), subscription.paused.as_ref()).await?;
    Ok(Changed::Now)
}

/// A channel's subscription, which nobody else changes until the transaction ends.
pub(super) async fn subscription(
    on: &impl GenericClient,
    guild: GuildId,
    channel: ChannelId,
) -> Result<Option<Subscription>, StoreError> {
    find(on, "where guild = $1 and channel = $2 for update", &[&id(guild.0), &id(channel.0)]).await
}

pub(super) async fn subscriptions(
    on: &impl GenericClient,
    of: Option<GuildId>,
    after: Option<(GuildId, ChannelId)>,
    most: i64,
) -> Result<Vec<Subscription>, StoreError> {
    let (guild, channel) = after.map_or((-1, -1), |(guild, channel)| (id(guild.0), id(channel.0)));
    let order = "order by guild, channel limit";
    match of {
        None => {
            let sql = format!("where (guild, channel) > ($1, $2) {order} $3");
            list(on, &sql, &[&guild, &channel, &most]).await
        }
        Some(of) => {
            let sql = format!("where guild = $4 and (guild, channel) > ($1, $2) {order} $3");
            list(on, &sql, &[&guild, &channel, &most, &id(of.0)]).await
        }
    }
}

/// Whether an outage that is kept goes on.
async fn is_open(on: &Transaction<'_>, outage: &OutageId) -> Result<bool, StoreError> {
    let kept: Option<Outage> = find(on, "where id = $1", &[&outage.as_str()]).await?;
    Ok(kept.is_some_and(|outage| outage.is_open()))
}

/// Counts a person once for an outage, and once in all while they report several.
async fn report(
    on: &Transaction<'_>,
    outage: Option<&OutageId>,
    person: UserId,
    now: Timestamp,
) -> Result<Changed, StoreError> {
    // One after the other: two copies would make two salts.
    run(on, "select pg_advisory_xact_lock($1)", &[&COUNTING]).await?;
    let name = Report::salt_of(outage);
    let (mut own, others): (Vec<_>, Vec<_>) =
        named(on, Report::SALTS).await?.into_iter().partition(|salt| salt.name == name);
    let salt = match own.pop() {
        Some(salt) => salt,
        None => Report::new_salt(outage)?,
    };
    let report = Fading { of: Report::under(&salt, person, now), fades: after(now, REPORT) };
    // An open outage keeps those who reported it until it is over, however long: once each.
    if reported(on, &report.of).await?.is_some_and(|kept| outage.is_some() || kept.fades > now) {
        return Ok(Changed::Nothing);
    }
    for other in others {
        if let Some(mut before) = reported(on, &Report::under(&other, person, now)).await? {
            before.of.at = Report::ELSEWHERE;
            put(on, &before).await?;
        }
    }
    put(on, &salt).await?;
    put(on, &report).await?;
    Ok(Changed::Now)
}

/// The report of the same person about the same outage.
async fn reported(on: &Transaction<'_>, same: &Report) -> Result<Option<Fading<Report>>, StoreError> {
    let which: (&str, &[u8]) = (about(same.outage.as_ref()), &same.person);
    find(on, "where outage = $1 and person = $2 for update", &[&which.0, &which.1]).await
}

async fn tell_when_back(
    on: &Transaction<'_>,
    outage: &OutageId,
    who: RecoverySubscriber,
    now: Timestamp,
) -> Result<Changed, StoreError> {
    run(on, "select pg_advisory_xact_lock($1)", &[&id(who.channel.0)]).await?;
    let sql = "delete from waiting where outage = $1 and channel = $2 and person = $3";
    if run(on, sql, &[&outage.as_str(), &id(who.channel.0), &id(who.person.0)]).await? > 0 {
        return Ok(Changed::TakenBack);
    }
    if !is_open(on, outage).await? {
        return Ok(Changed::Nothing);
    }
    let sql = "select person from waiting where outage = $1 and channel = $2";
    let here = ask(on, sql, &[&outage.as_str(), &id(who.channel.0)]).await?;
    if here.len() >= MOST_WAITING {
        return Ok(Changed::Full);
    }
    put(on, &Fading { of: WaitingFor { outage: outage.clone(), who }, fades: after(now, WAITING) }).await?;
    Ok(Changed::Now)
}

pub(super) async fn waiting(
    on: &impl GenericClient,
    outage: &OutageId,
    of: Option<ChannelId>,
    after: Option<(ChannelId, UserId)>,
    most: i64,
) -> Result<Vec<RecoverySubscriber>, StoreError> {
    let (channel, person) = after.map_or((-1, -1), |(channel, person)| (id(channel.0), id(person.0)));
    let sql = "where outage = $1 and ($2::bigint is null or channel = $2) and (channel, person) > ($3, $4)
        order by channel, person limit $5";
    let of = of.map(|of| id(of.0));
    let found: Vec<Fading<WaitingFor>> =
        list(on, sql, &[&outage.as_str(), &of, &channel, &person, &most]).await?;
    Ok(found.into_iter().map(|waiting| waiting.of.who).collect())
}

async fn board(on: &impl GenericClient, guild: GuildId) -> Result<Option<Board>, StoreError> {
    find(on, "where guild = $1 for update", &[&id(guild.0)]).await
}

/// Keeps a server's board as `edit` makes it, where that makes something of it.
async fn change_board(
    on: &Transaction<'_>,
    guild: GuildId,
    change: impl FnOnce(Option<Board>) -> Option<Board>,
) -> Result<Changed, StoreError> {
    let Some(board) = change(board(on, guild).await?) else { return Ok(Changed::Nothing) };
    if board.is_done() {
        run(on, "delete from board where guild = $1", &[&id(guild.0)]).await?;
    } else {
        put(on, &board).await?;
    }
    Ok(Changed::Now)
}

pub(super) async fn boards(
    on: &impl GenericClient,
    after: Option<GuildId>,
    most: i64,
) -> Result<Vec<Board>, StoreError> {
    let after = after.map_or(-1, |guild| id(guild.0));
    list(on, "where guild > $1 order by guild limit $2", &[&after, &most]).await
}

pub(super) async fn note_board(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: ChannelId,
    message: Option<MessageId>,
) -> Result<bool, StoreError> {
    let kept = board(on, guild).await?;
    let stands = |board: &Board| board.channel == channel && !board.ended;
    let Some(mut board) = kept.filter(stands) else { return Ok(false) };
    if board.message != message {
        board.message = message;
        put(on, &board).await?;
    }
    Ok(true)
}

pub(super) async fn reports(
    on: &impl GenericClient,
    outage: Option<&OutageId>,
    since: Timestamp,
) -> Result<u64, StoreError> {
    let sql = "select count(*) from report where at >= $1 and ($2::text is null or outage = $2)";
    let people = ask(on, sql, &[&since, &outage.map(OutageId::as_str)]).await?;
    let people: i64 = people.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
    let dropped: Option<Reported> = match outage {
        Some(outage) => find(on, "where outage = $1", &[&outage.as_str()]).await?,
        None => None,
    };
    Ok(people.cast_unsigned() + dropped.map_or(0, |reported| reported.people))
}

pub(super) async fn questions(on: &impl GenericClient, most: i64) -> Result<Vec<Question>, StoreError> {
    let kept: Vec<Asked> = list(on, "order by asked desc limit $1", &[&most]).await?;
    let mut questions: Vec<Question> = kept.into_iter().map(|asked| asked.question).collect();
    questions.sort_by(|a, b| b.asked.cmp(&a.asked).then_with(|| a.text.cmp(&b.text)));
    Ok(questions)
}

fn done_if(done: bool) -> Changed {
    if done { Changed::Now } else { Changed::Nothing }
}
