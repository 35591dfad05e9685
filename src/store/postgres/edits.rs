//! Edits that users requested, each applied once per interaction.

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

use super::super::deletions::{DeletionSubject, Deletions};
use super::super::expiry::{
    Expiring, INTERACTION, ProblemReport, QUESTION, QuestionRow, REPORT, RecoverySubscriberRow, WAITING,
    after,
};
use super::super::quotas::{MOST_QUESTIONS, MOST_WAITING};
use super::super::record::{InteractionRow, Record as _, ReportRow};
use super::super::{EditResult, JOINED, LiveStatusMessage, StoreError, UnansweredQuestion, Votes};
use super::row::{ask, find, id, list, put, run};
use super::tables::{about, interaction};
use super::watcher_state::{COUNTING, announce, named};
use super::{gc, outbox};
use crate::alerts::{Audience, RecoverySubscriber, Subscription, SubscriptionEdit};
use crate::health::{Outage, OutageId};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

/// Applies an edit. The caller rolls back unless the result is `EditResult::Now`.
pub(super) async fn change(
    on: &Transaction<'_>,
    change: &SubscriptionEdit,
    asked: InteractionId,
    limit: usize,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    let once = Expiring { of: InteractionRow { id: asked }, expires_at: after(now, INTERACTION) };
    // A concurrent request with the same interaction waits here until the other is done.
    let sql = "insert into interaction (id, fades, body) values ($1, $2, $3) on conflict do nothing";
    if run(on, sql, &[&interaction(asked.0), &once.expires_at, &once.encode()?]).await? == 0 {
        return Ok(EditResult::Before);
    }
    carry_out(on, change, limit, now).await
}

async fn carry_out(
    on: &Transaction<'_>,
    change: &SubscriptionEdit,
    limit: usize,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    match change {
        SubscriptionEdit::Subscribe(subscription) => subscribe(on, subscription, limit, now).await,
        SubscriptionEdit::Unsubscribe(guild, channel) => {
            let sql = "delete from subscription where guild = $1 and channel = $2";
            if run(on, sql, &[&id(guild.0), &id(channel.0)]).await? == 0 {
                return Ok(EditResult::Nothing);
            }
            outbox::drop_queue(on, *guild, *channel, now).await?;
            Ok(EditResult::Now)
        }
        SubscriptionEdit::Preview(guild, channel, events) => {
            for event in events {
                announce(on, event, Audience::Preview(*guild, *channel), now).await?;
            }
            outbox::raise_priority(on, *guild, *channel, now).await?;
            Ok(done_if(!events.is_empty()))
        }
        SubscriptionEdit::CatchUp(guild, channel, event) => {
            announce(on, event, Audience::CatchUp(*guild, *channel), now).await?;
            outbox::raise_priority(on, *guild, *channel, now).await?;
            Ok(EditResult::Now)
        }
        SubscriptionEdit::Remind(event, count) => {
            announce(on, event, Audience::Reminder(*count), now).await?;
            Ok(EditResult::Now)
        }
        SubscriptionEdit::LiveMessage(guild, channel, language) => {
            edit_live_message(on, *guild, |stored| {
                LiveStatusMessage::wished(stored, *guild, *channel, language)
            })
            .await
        }
        SubscriptionEdit::EndLiveStatus(guild, only) => {
            let ends = |stored: &LiveStatusMessage| {
                !stored.ended && only.is_none_or(|channel| stored.channel == channel)
            };
            edit_live_message(on, *guild, |stored| stored.filter(ends).map(LiveStatusMessage::over)).await
        }
        SubscriptionEdit::TakenDown(guild, channel, message) => {
            edit_live_message(on, *guild, |stored| Some(stored?.without(*channel, *message))).await
        }
        SubscriptionEdit::DeleteData(guild) => {
            gc::erase(on, *guild).await?;
            put(on, &Deletions::mark(DeletionSubject::Server(*guild), now)).await?;
            Ok(EditResult::Now)
        }
        SubscriptionEdit::ForgetPerson(person) => {
            run(on, "delete from waiting where person = $1", &[&id(person.0)]).await?;
            for salt in named(on, ProblemReport::SALTS).await? {
                let same = ProblemReport::under(&salt, *person, now);
                let which: (&str, &[u8]) = (about(same.outage.as_ref()), &same.person);
                run(on, "delete from report where outage = $1 and person = $2", &[&which.0, &which.1])
                    .await?;
            }
            put(on, &Deletions::mark(DeletionSubject::Person(*person), now)).await?;
            Ok(EditResult::Now)
        }
        SubscriptionEdit::Acknowledge(guild, channel, outage) => {
            let stored = subscription(on, *guild, *channel).await?;
            let Some(mut subscription) = stored.filter(|stored| !stored.acknowledged.contains(outage)) else {
                return Ok(EditResult::Nothing);
            };
            for before in std::mem::take(&mut subscription.acknowledged) {
                if is_open(on, &before).await? {
                    subscription.acknowledged.insert(before);
                }
            }
            subscription.acknowledged.insert(outage.clone());
            put(on, &subscription).await?;
            Ok(EditResult::Now)
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
            notify_on_recovery(on, outage, who, now).await
        }
        SubscriptionEdit::Report { outage, person } => report(on, outage.as_ref(), *person, now).await,
        SubscriptionEdit::Vote { entry, helped } => {
            run(on, "select pg_advisory_xact_lock($1)", &[&COUNTING]).await?;
            let none = Votes { entry: entry.clone(), helped: 0, did_not: 0 };
            let mut votes = find(on, "where entry = $1", &[entry]).await?.unwrap_or(none);
            let side = if *helped { &mut votes.helped } else { &mut votes.did_not };
            *side += 1;
            put(on, &votes).await?;
            Ok(EditResult::Now)
        }
        SubscriptionEdit::Unanswered { text } => {
            run(on, "select pg_advisory_xact_lock($1)", &[&COUNTING]).await?;
            let (mut text, known) = (text.clone(), "where hash = $1");
            let mut stored: Option<QuestionRow> =
                find(on, known, &[&QuestionRow::key_of(text.as_deref()).0]).await?;
            let all = ask(on, "select count(*) from question", &[]).await?;
            let all: i64 = all.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
            if stored.is_none() && all >= id(MOST_QUESTIONS) {
                text = None;
                stored = find(on, known, &[&QuestionRow::key_of(None).0]).await?;
            }
            let asked = stored.map_or(0, |stored| stored.question.asked) + 1;
            let question = UnansweredQuestion { text, asked };
            put(on, &QuestionRow { question, expires_at: Some(after(now, QUESTION)) }).await?;
            Ok(EditResult::Now)
        }
    }
}

async fn subscribe(
    on: &Transaction<'_>,
    subscription: &Subscription,
    limit: usize,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    let (guild, channel) = (subscription.guild, subscription.channel);
    // Serialises the moderators of a guild, so that the limit holds.
    run(on, "select pg_advisory_xact_lock($1)", &[&id(guild.0)]).await?;
    let stored = self::subscription(on, guild, channel).await?;
    if stored.is_none() {
        let there = ask(on, "select count(*) from subscription where guild = $1", &[&id(guild.0)]).await?;
        let there: i64 = there.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
        if there >= id(limit as u64) {
            return Ok(EditResult::Full);
        }
        let open: Vec<Outage> = list(on, "where until is null order by id", &[]).await?;
        for outage in open {
            announce(on, &outage.as_it_stands(now, JOINED), Audience::CatchUp(guild, channel), now).await?;
        }
    }
    put(on, subscription).await?;
    let was = stored.and_then(|stored| stored.paused);
    outbox::reschedule(on, guild, channel, was.as_ref(), subscription.paused.as_ref()).await?;
    Ok(EditResult::Now)
}

/// Returns a channel's subscription and locks it until the transaction ends.
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

/// Whether a stored outage is still open.
async fn is_open(on: &Transaction<'_>, outage: &OutageId) -> Result<bool, StoreError> {
    let stored: Option<Outage> = find(on, "where id = $1", &[&outage.as_str()]).await?;
    Ok(stored.is_some_and(|outage| outage.is_open()))
}

/// Counts a user once per outage, and once in total while they report several.
async fn report(
    on: &Transaction<'_>,
    outage: Option<&OutageId>,
    person: UserId,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    // Serialises reports: two instances would create two salts.
    run(on, "select pg_advisory_xact_lock($1)", &[&COUNTING]).await?;
    let name = ProblemReport::salt_of(outage);
    let (mut own, others): (Vec<_>, Vec<_>) =
        named(on, ProblemReport::SALTS).await?.into_iter().partition(|salt| salt.name == name);
    let salt = match own.pop() {
        Some(salt) => salt,
        None => ProblemReport::new_salt(outage)?,
    };
    let report = Expiring { of: ProblemReport::under(&salt, person, now), expires_at: after(now, REPORT) };
    // Users who reported an open outage stay until it is over, however long: once each.
    if reported(on, &report.of).await?.is_some_and(|stored| outage.is_some() || stored.expires_at > now) {
        return Ok(EditResult::Nothing);
    }
    for other in others {
        if let Some(mut before) = reported(on, &ProblemReport::under(&other, person, now)).await? {
            before.of.at = ProblemReport::ELSEWHERE;
            put(on, &before).await?;
        }
    }
    put(on, &salt).await?;
    put(on, &report).await?;
    Ok(EditResult::Now)
}

/// Returns the report of the same user about the same outage.
async fn reported(
    on: &Transaction<'_>,
    same: &ProblemReport,
) -> Result<Option<Expiring<ProblemReport>>, StoreError> {
    let which: (&str, &[u8]) = (about(same.outage.as_ref()), &same.person);
    find(on, "where outage = $1 and person = $2 for update", &[&which.0, &which.1]).await
}

async fn notify_on_recovery(
    on: &Transaction<'_>,
    outage: &OutageId,
    who: RecoverySubscriber,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    run(on, "select pg_advisory_xact_lock($1)", &[&id(who.channel.0)]).await?;
    let sql = "delete from waiting where outage = $1 and channel = $2 and person = $3";
    if run(on, sql, &[&outage.as_str(), &id(who.channel.0), &id(who.person.0)]).await? > 0 {
        return Ok(EditResult::TakenBack);
    }
    if !is_open(on, outage).await? {
        return Ok(EditResult::Nothing);
    }
    let sql = "select person from waiting where outage = $1 and channel = $2";
    let here = ask(on, sql, &[&outage.as_str(), &id(who.channel.0)]).await?;
    if here.len() >= MOST_WAITING {
        return Ok(EditResult::Full);
    }
    put(
        on,
        &Expiring {
            of: RecoverySubscriberRow { outage: outage.clone(), who },
            expires_at: after(now, WAITING),
        },
    )
    .await?;
    Ok(EditResult::Now)
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
    let found: Vec<Expiring<RecoverySubscriberRow>> =
        list(on, sql, &[&outage.as_str(), &of, &channel, &person, &most]).await?;
    Ok(found.into_iter().map(|waiting| waiting.of.who).collect())
}

pub(super) async fn stop_waiting(
    on: &impl GenericClient,
    outage: &OutageId,
    channel: ChannelId,
    people: &[UserId],
) -> Result<(), StoreError> {
    let people: Vec<i64> = people.iter().map(|person| id(person.0)).collect();
    let sql = "delete from waiting where outage = $1 and channel = $2 and person = any($3)";
    run(on, sql, &[&outage.as_str(), &id(channel.0), &people]).await?;
    Ok(())
}

async fn live_message(
    on: &impl GenericClient,
    guild: GuildId,
) -> Result<Option<LiveStatusMessage>, StoreError> {
    find(on, "where guild = $1 for update", &[&id(guild.0)]).await
}

/// Stores a guild's live status message as `edit` changes it, if `edit` returns one.
async fn edit_live_message(
    on: &Transaction<'_>,
    guild: GuildId,
    change: impl FnOnce(Option<LiveStatusMessage>) -> Option<LiveStatusMessage>,
) -> Result<EditResult, StoreError> {
    let Some(live_message) = change(live_message(on, guild).await?) else { return Ok(EditResult::Nothing) };
    if live_message.is_done() {
        run(on, "delete from board where guild = $1", &[&id(guild.0)]).await?;
    } else {
        put(on, &live_message).await?;
    }
    Ok(EditResult::Now)
}

pub(super) async fn live_messages(
    on: &impl GenericClient,
    after: Option<GuildId>,
    most: i64,
) -> Result<Vec<LiveStatusMessage>, StoreError> {
    let after = after.map_or(-1, |guild| id(guild.0));
    list(on, "where guild > $1 order by guild limit $2", &[&after, &most]).await
}

pub(super) async fn save_live_message(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: ChannelId,
    message: Option<MessageId>,
) -> Result<bool, StoreError> {
    let stored = live_message(on, guild).await?;
    let stands = |live_message: &LiveStatusMessage| live_message.channel == channel && !live_message.ended;
    let Some(mut live_message) = stored.filter(stands) else { return Ok(false) };
    if live_message.message != message {
        live_message.message = message;
        put(on, &live_message).await?;
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
    let dropped: Option<ReportRow> = match outage {
        Some(outage) => find(on, "where outage = $1", &[&outage.as_str()]).await?,
        None => None,
    };
    Ok(people.cast_unsigned() + dropped.map_or(0, |reported| reported.people))
}

pub(super) async fn questions(
    on: &impl GenericClient,
    most: i64,
) -> Result<Vec<UnansweredQuestion>, StoreError> {
    let stored: Vec<QuestionRow> = list(on, "order by asked desc limit $1", &[&most]).await?;
    let mut questions: Vec<UnansweredQuestion> = stored.into_iter().map(|asked| asked.question).collect();
    questions.sort_by(|a, b| b.asked.cmp(&a.asked).then_with(|| a.text.cmp(&b.text)));
    Ok(questions)
}

fn done_if(done: bool) -> EditResult {
    if done { EditResult::Now } else { EditResult::Nothing }
}
