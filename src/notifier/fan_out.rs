//! Expands one announcement into deliveries per channel, in bounded steps that continue after a restart.

use jiff::Timestamp;

use crate::alerts::{Announcement, Audience};
use crate::health::EventKind;
use crate::ids::{ChannelId, GuildId};
use crate::store::{Store, StoreError};

/// Channels considered in one step: small enough that deliveries start at once, large enough that 10,000 channels are
/// twenty steps.
const PAGE: usize = 500;

/// Users who asked to be notified come before all servers in the order of expansion: no server has the number 0.
const WAITING: GuildId = GuildId(0);

/// Expands the oldest unexpanded announcement by one step. Returns that announcement, or `None` if there was none.
pub(super) async fn step(store: &dyn Store, now: Timestamp) -> Result<Option<Announcement>, StoreError> {
    let Some(announcement) = store.unexpanded(1).await?.pop() else { return Ok(None) };
    let id = announcement.id;
    match announcement.audience {
        Audience::Preview(guild, channel) | Audience::CatchUp(guild, channel) => {
            store.enqueue(id, &[(guild, channel)], Some((guild, channel)), true, now).await?;
        }
        Audience::Subscribers | Audience::Reminder(_) => {
            let for_people =
                announcement.event.kind == EventKind::Ended && announcement.audience == Audience::Subscribers;
            if !(for_people && consider_waiting(store, &announcement, now).await?) {
                consider_subscribers(store, &announcement, now).await?;
            }
        }
    }
    Ok(Some(announcement))
}

/// Enqueues the recovery for the channels in which somebody asked to be notified. Returns `false` if nobody is left.
async fn consider_waiting(
    store: &dyn Store,
    announcement: &Announcement,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let after = match announcement.considered {
        None => None,
        // Whole channels are considered at a time, so the next user is in a later channel.
        Some((WAITING, channel)) => Some((channel, crate::ids::UserId(u64::MAX))),
        Some(_) => return Ok(false),
    };
    let waiting = store.waiting(&announcement.event.outage.id, None, after, PAGE).await?;
    let Some(last) = waiting.last() else { return Ok(false) };
    let considered = Some((WAITING, last.channel));
    let mut to: Vec<(GuildId, ChannelId)> =
        waiting.iter().map(|one| (one.guild.unwrap_or(WAITING), one.channel)).collect();
    to.dedup();
    store.enqueue(announcement.id, &to, considered, false, now).await?;
    Ok(true)
}

async fn consider_subscribers(
    store: &dyn Store,
    announcement: &Announcement,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Reading one more than a page shows whether anybody is left, without an empty last step.
    let mut page = store.subscriptions(None, announcement.considered, PAGE + 1).await?;
    let done = page.len() <= PAGE;
    page.truncate(PAGE);
    let considered = page.last().map(|last| (last.guild, last.channel)).or(announcement.considered);
    let reminder = matches!(announcement.audience, Audience::Reminder(_));
    let asked = page.iter().filter(|one| one.reminders || !reminder);
    let to: Vec<(GuildId, ChannelId)> = asked.map(|one| (one.guild, one.channel)).collect();
    store.enqueue(announcement.id, &to, considered, done, now).await
}
