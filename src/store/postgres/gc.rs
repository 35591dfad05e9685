//! Deletes records: those that expired, those of a guild that is gone, and those that somebody asked to be deleted.

use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};

use super::super::expiry::{
    ANNOUNCEMENT, Expires, Expiring, FailedDelivery, MONTH, NotificationLogRow, ProblemReport, QUESTION,
    QuestionRow, REPORT, RecoverySubscriberRow, SoftDeleted, WAITING, after,
};
use super::super::record::{AnnouncementRow, InteractionRow, Record, ReportRow};
use super::super::{GuildSummary, LiveStatusMessage, StoreError};
use super::outbox::give_up;
use super::row::{Row, ask, find, id, list, put, run};
use super::tables::about;
use crate::alerts::Subscription;
use crate::health::{Outage, OutageId, UptimeBucket};
use crate::ids::{ChannelId, GuildId};

/// Records of each kind that one call of `gc` examines.
const PAGE: i64 = 250;

/// Runs one call of `gc`. Returns how many records it deleted.
pub(super) async fn tidy(on: &Transaction<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let mut gone = 0;
    gone += drop_expired::<Expiring<InteractionRow>>(on, now).await?;
    gone += drop_expired::<Expiring<SoftDeleted>>(on, now).await?;
    gone += drop_expired::<Expiring<FailedDelivery>>(on, now).await?;
    gone += drop_expired::<Expiring<UptimeBucket>>(on, now).await?;
    let outages: Vec<Outage> = expired(on, now).await?;
    for outage in &outages {
        run(on, "delete from reported where outage = $1", &[&outage.id.as_str()]).await?;
        forget(on, outage).await?;
    }
    gone += outages.len();
    for log in expired::<Expiring<NotificationLogRow>>(on, now).await? {
        let open = outage(on, &log.of.outage).await?.is_some_and(|outage| outage.is_open());
        gone += keep_or_forget(on, log, open.then(|| after(now, MONTH))).await?;
    }
    for waiting in expired::<Expiring<RecoverySubscriberRow>>(on, now).await? {
        let until = outage(on, &waiting.of.outage).await?.map(|it| after(it.until.unwrap_or(now), WAITING));
        gone += keep_or_forget(on, waiting, until.filter(|until| *until > now)).await?;
    }
    for report in expired::<Expiring<ProblemReport>>(on, now).await? {
        gone += tidy_report(on, report, now).await?;
    }
    for mut asked in expired::<QuestionRow>(on, now).await? {
        if asked.expires_at.is_some() {
            gone += forget(on, &asked).await?;
        } else {
            // A question stored before questions expired gets its expiry now.
            asked.expires_at = Some(after(now, QUESTION));
            put(on, &asked).await?;
        }
    }
    for announced in expired::<AnnouncementRow>(on, now).await? {
        gone += tidy_announcement(on, announced, now).await?;
    }
    Ok(gone)
}

/// Returns expired records that no other instance is processing.
async fn expired<R: Row>(on: &Transaction<'_>, now: Timestamp) -> Result<Vec<R>, StoreError> {
    let sql = "where fades <= $1 order by fades limit $2 for update skip locked";
    list(on, sql, &[&now, &PAGE]).await
}

/// Deletes all expired records of a kind.
async fn drop_expired<R: Row>(on: &Transaction<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let sql = format!(
        "delete from {table} where ctid = any(array(
            select ctid from {table} where fades <= $1 order by fades limit $2 for update skip locked))",
        table = R::TABLE
    );
    Ok(usize::try_from(run(on, &sql, &[&now, &PAGE]).await?).unwrap_or(usize::MAX))
}

async fn forget<R: Row>(on: &Transaction<'_>, record: &R) -> Result<usize, StoreError> {
    let places = (1..).zip(R::KEY).map(|(place, column)| format!("{column} = ${place}"));
    let sql = format!("delete from {} where {}", R::TABLE, places.collect::<Vec<_>>().join(" and "));
    let values = record.values();
    let key: Vec<_> = values.iter().take(R::KEY.len()).map(|value| &**value as _).collect();
    Ok(usize::try_from(run(on, &sql, &key).await?).unwrap_or(usize::MAX))
}

/// Postpones a record until an instant, or deletes it.
async fn keep_or_forget<T: Expires>(
    on: &Transaction<'_>,
    mut record: Expiring<T>,
    until: Option<Timestamp>,
) -> Result<usize, StoreError>
where
    Expiring<T>: Row,
{
    let Some(until) = until else { return forget(on, &record).await };
    record.expires_at = until;
    put(on, &record).await?;
    Ok(0)
}

async fn outage(on: &Transaction<'_>, which: &OutageId) -> Result<Option<Outage>, StoreError> {
    find(on, "where id = $1", &[&which.as_str()]).await
}

/// Drops a user who reported, once the outage is over. The number of users stays.
async fn tidy_report(
    on: &Transaction<'_>,
    report: Expiring<ProblemReport>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    if let Some(about) = &report.of.outage {
        match outage(on, about).await? {
            Some(outage) if outage.is_open() => {
                return keep_or_forget(on, report, Some(after(now, REPORT))).await;
            }
            Some(_) => {
                let none = ReportRow { outage: about.clone(), people: 0 };
                let stored = find(on, "where outage = $1 for update", &[&about.as_str()]).await?;
                let mut reported: ReportRow = stored.unwrap_or(none);
                reported.people += 1;
                put(on, &reported).await?;
            }
            None => {}
        }
    }
    let gone = forget(on, &report).await?;
    // Once the outage is over, the users who are still to be dropped need no salt to be distinguished.
    let sql = "delete from kept where name = $1 and ($2 <> '' or not exists (select from report where outage = ''))";
    let outage = report.of.outage.as_ref();
    run(on, sql, &[&ProblemReport::salt_of(outage), &about(outage)]).await?;
    Ok(gone)
}

/// Deletes the dedup rows of finished deliveries, and an announcement that has none left.
async fn tidy_announcement(
    on: &Transaction<'_>,
    mut announced: AnnouncementRow,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let which = id(announced.announcement.id.0);
    let mut gone = 0;
    if announced.expanded {
        let sql = "delete from owed where (announcement, channel) in (
            select o.announcement, o.channel from owed o where o.announcement = $1 and not exists (
                select from delivery d where d.guild = o.guild and d.channel = o.channel and d.id = o.delivery)
            limit $2)";
        gone = usize::try_from(run(on, sql, &[&which, &PAGE]).await?).unwrap_or(usize::MAX);
        if ask(on, "select from owed where announcement = $1 limit 1", &[&which]).await?.is_empty() {
            return Ok(gone + forget(on, &announced).await?);
        }
    }
    let again = if gone > 0 { SignedDuration::ZERO } else { ANNOUNCEMENT };
    announced.expires_at = after(now, again);
    put(on, &announced).await?;
    Ok(gone)
}

pub(super) async fn set_soft_deleted(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: Option<ChannelId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let why = if channel.is_some() { "the channel is gone" } else { "the bot was removed from the server" };
    let live_messages: Vec<LiveStatusMessage> =
        list(on, "where guild = $1 for update", &[&id(guild.0)]).await?;
    for live_message in live_messages
        .iter()
        .filter(|live_message| channel.is_none_or(|channel| live_message.channel == channel))
    {
        forget(on, live_message).await?;
    }
    if let Some(channel) = channel {
        forget_thread(on, guild, channel).await?;
    }
    put_soft_deleted(on, guild, channel, now).await?;
    give_up(on, guild, channel, None, why, now).await
}

/// Deletes what was posted in a channel that is gone, as it may be the thread of an outage.
async fn forget_thread(on: &Transaction<'_>, guild: GuildId, thread: ChannelId) -> Result<(), StoreError> {
    let all: Vec<Expiring<NotificationLogRow>> =
        list(on, "where guild = $1 for update", &[&id(guild.0)]).await?;
    for mut log in all.into_iter().filter(|it| it.of.log.thread == Some(thread)) {
        let subscribed = super::edits::subscription(on, guild, log.of.channel).await?;
        log.of.log.forget_thread(subscribed.map(|it| it.channel_kind).unwrap_or_default());
        put(on, &log).await?;
    }
    Ok(())
}

/// Soft-deletes subscriptions, if there are any: that of a channel that is gone, or all of a guild that the bot left.
pub(super) async fn put_soft_deleted(
    on: &Transaction<'_>,
    guild: GuildId,
    channel: Option<ChannelId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql =
        "delete from subscription where guild = $1 and ($2::bigint is null or channel = $2) returning body";
    for row in ask(on, sql, &[&id(guild.0), &channel.map(|channel| id(channel.0))]).await? {
        let soft_deleted =
            SoftDeleted { subscription: Subscription::decode(row.try_get(0)?)?, left: channel.is_none() };
        put(on, &Expiring { of: soft_deleted, expires_at: after(now, MONTH) }).await?;
    }
    Ok(())
}

pub(super) async fn restore(
    on: &Transaction<'_>,
    guild: GuildId,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut back = 0;
    for row in ask(on, "delete from aside where guild = $1 returning body", &[&id(guild.0)]).await? {
        let Expiring { of: SoftDeleted { mut subscription, .. }, expires_at } =
            Record::decode(row.try_get(0)?)?;
        let stored = super::edits::subscription(on, guild, subscription.channel).await?;
        if expires_at > now && stored.is_none() {
            subscription.paused = None; // what Discord refused then says nothing about now
            put(on, &subscription).await?;
            back += 1;
        }
    }
    Ok(back)
}

/// Queries each table by its own key, for only as many rows as are wanted. So a page costs the same, however much is
/// stored.
pub(super) async fn servers(
    on: &impl GenericClient,
    after: Option<GuildId>,
    most: usize,
) -> Result<Vec<GuildSummary>, StoreError> {
    let sql = "select guild, bool_or(subscribed), bool_or(was_left) from (
            (select distinct guild, true as subscribed, false as was_left from subscription where guild > $1
                order by guild limit $2)
            union all
            (select guild, true, false from board where guild > $1 order by guild limit $2)
            union all
            (select distinct guild, false, true from aside where guild > $1 and was_left order by guild limit $2)
        ) as kept group by guild order by guild limit $2";
    let after = after.map_or(-1, |guild| id(guild.0));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = ask(on, sql, &[&after, &most]).await?;
    let server = |row: &tokio_postgres::Row| {
        let guild = GuildId(row.try_get::<_, i64>(0)?.cast_unsigned());
        Ok(GuildSummary { guild, subscribed: row.try_get(1)?, left: row.try_get(2)? })
    };
    rows.iter().map(server).collect()
}

/// Deletes everything about a guild.
pub(super) async fn erase(on: &Transaction<'_>, guild: GuildId) -> Result<(), StoreError> {
    for table in
        ["subscription", "aside", "given_up", "told", "board", "waiting", "delivery", "owed", "erasing"]
    {
        run(on, &format!("delete from {table} where guild = $1"), &[&id(guild.0)]).await?;
    }
    let announced: Vec<AnnouncementRow> = list(on, "order by id for update", &[]).await?;
    for mut announced in announced {
        if announced.meant_for() == Some(guild) {
            forget(on, &announced).await?;
        } else if announced.forget_considered(|considered| considered == guild) {
            put(on, &announced).await?;
        }
    }
    Ok(())
}
