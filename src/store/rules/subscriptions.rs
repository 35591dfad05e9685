//! Edits of subscriptions that users requested, each applied once per interaction.

use jiff::Timestamp;

use super::super::deletions::{DeletionSubject, Deletions};
use super::super::expiry::Expiring;
use super::super::key::RecordKey;
use super::super::record::{InteractionRow, PendingErasure, Record as _};
use super::super::retention::{INTERACTION, after};
use super::super::tx::{ALL, Lock, Read, Tx};
use super::super::{EditResult, LiveStatusMessage, StoreError};
use super::outages::{announce, is_open};
use super::{live_status, outbox, reports};
use crate::alerts::{Audience, RecoverySubscriber, Subscription, SubscriptionEdit};
use crate::health::OutageId;
use crate::ids::{ChannelId, GuildId, InteractionId};

/// Why a channel that just subscribed gets a post about an open outage, for readers of the log.
const JOINED: &str = "subscribed while it goes on";

/// Applies an edit. If the result has no effect ([`EditResult::has_effect`]), nothing of this write may be stored, so
/// that the interaction is not stored either.
pub(in crate::store) async fn change<T: Tx>(
    tx: &mut T,
    change: &SubscriptionEdit,
    asked: InteractionId,
    limit: usize,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    // In a database a concurrent request with the same interaction waits here until the other is done.
    let once = Expiring { of: InteractionRow { id: asked }, expires_at: after(now, INTERACTION) };
    if !tx.put_new(&once).await? {
        return Ok(EditResult::Before);
    }
    match change {
        SubscriptionEdit::Subscribe(subscription) => subscribe(tx, subscription, limit, now).await,
        SubscriptionEdit::Unsubscribe(guild, channel) => {
            if !tx.delete::<Subscription>(&RecordKey::new().channel(*guild, *channel)).await? {
                return Ok(EditResult::Nothing);
            }
            outbox::drop_queue(tx, *guild, *channel, now).await?;
            Ok(EditResult::Now)
        }
        SubscriptionEdit::Preview(guild, channel, events) => {
            for event in events {
                announce(tx, event, Audience::Preview(*guild, *channel), now).await?;
            }
            outbox::raise_priority(tx, *guild, *channel, now).await?;
            Ok(if events.is_empty() { EditResult::Nothing } else { EditResult::Now })
        }
        SubscriptionEdit::CatchUp(guild, channel, event) => {
            announce(tx, event, Audience::CatchUp(*guild, *channel), now).await?;
            outbox::raise_priority(tx, *guild, *channel, now).await?;
            Ok(EditResult::Now)
        }
        SubscriptionEdit::Remind(event, count) => {
            announce(tx, event, Audience::Reminder(*count), now).await?;
            Ok(EditResult::Now)
        }
        SubscriptionEdit::LiveMessage(guild, channel, language) => {
            let wished = |stored| LiveStatusMessage::wished(stored, *guild, *channel, language);
            live_status::edit(tx, *guild, wished).await
        }
        SubscriptionEdit::EndLiveStatus(guild, only) => {
            let ends = |stored: &LiveStatusMessage| {
                !stored.ended && only.is_none_or(|channel| stored.channel == channel)
            };
            live_status::edit(tx, *guild, |stored| stored.filter(ends).map(LiveStatusMessage::over)).await
        }
        SubscriptionEdit::TakenDown(guild, channel, message) => {
            live_status::edit(tx, *guild, |stored| Some(stored?.without(*channel, *message))).await
        }
        SubscriptionEdit::DeleteData(guild) => {
            tx.delete_of_guild::<Subscription>(*guild, ALL).await?;
            tx.delete::<LiveStatusMessage>(&RecordKey::new().guild(*guild)).await?;
            tx.put(&PendingErasure { guild: *guild }).await?; // the engine goes on with `gc::erase_some`
            tx.put(&Deletions::mark(DeletionSubject::Server(*guild), now)).await?;
            Ok(EditResult::Now)
        }
        SubscriptionEdit::ForgetPerson(person) => reports::forget_person(tx, *person, now).await,
        SubscriptionEdit::Acknowledge(guild, channel, outage) => {
            acknowledge(tx, *guild, *channel, outage).await
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
            reports::notify_on_recovery(tx, outage, who, now).await
        }
        SubscriptionEdit::Report { outage, person } => {
            reports::report(tx, outage.as_ref(), *person, now).await
        }
        SubscriptionEdit::Vote { entry, helped } => reports::vote(tx, entry, *helped).await,
        SubscriptionEdit::Unanswered { text } => reports::unanswered(tx, text.as_deref(), now).await,
    }
}

async fn subscribe<T: Tx>(
    tx: &mut T,
    subscription: &Subscription,
    limit: usize,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    let (guild, channel) = (subscription.guild, subscription.channel);
    tx.lock(Lock::LimitOf(guild.0)).await?;
    let stored = tx.get_for_update::<Subscription>(&subscription.key()).await?;
    if stored.is_none() {
        if tx.count::<Subscription>(&RecordKey::new().guild(guild), limit).await? >= limit {
            return Ok(EditResult::Full);
        }
        for outage in tx.open_outages().await? {
            announce(tx, &outage.as_it_stands(now, JOINED), Audience::CatchUp(guild, channel), now).await?;
        }
    }
    tx.put(subscription).await?;
    let was = stored.and_then(|stored| stored.paused);
    outbox::reschedule(tx, guild, channel, was.as_ref(), subscription.paused.as_ref()).await?;
    Ok(EditResult::Now)
}

/// Ends the reminders of an outage in a channel. Acknowledgements of outages that are over are dropped.
async fn acknowledge<T: Tx>(
    tx: &mut T,
    guild: GuildId,
    channel: ChannelId,
    outage: &OutageId,
) -> Result<EditResult, StoreError> {
    let stored = tx.get_for_update::<Subscription>(&RecordKey::new().channel(guild, channel)).await?;
    let Some(mut subscription) = stored.filter(|stored| !stored.acknowledged.contains(outage)) else {
        return Ok(EditResult::Nothing);
    };
    for before in std::mem::take(&mut subscription.acknowledged) {
        if is_open(tx, &before).await? {
            subscription.acknowledged.insert(before);
        }
    }
    subscription.acknowledged.insert(outage.clone());
    tx.put(&subscription).await?;
    Ok(EditResult::Now)
}

/// Returns a page of subscriptions, of one guild or of all.
pub(in crate::store) async fn page<T: Read>(
    tx: &mut T,
    of: Option<GuildId>,
    after: Option<(GuildId, ChannelId)>,
    most: usize,
) -> Result<Vec<Subscription>, StoreError> {
    let prefix = of.map_or_else(RecordKey::new, |guild| RecordKey::new().guild(guild));
    let after = after.map(|(guild, channel)| RecordKey::new().channel(guild, channel));
    tx.page(&prefix, after.as_ref(), most).await
}
