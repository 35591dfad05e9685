//! The report of the past week, on Mondays at 09:00 UTC, to the channels that want it, once each.
//!
//! Progress is stored after each channel, so that a crash leaves one channel in doubt at most. That channel is read before
//! anything is sent there again. A report that Discord does not take now is retried for a day.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Inner;
use crate::alerts::nonce::{NoncePurpose, nonce};
use crate::alerts::{AnnouncementId, Subscription};
use crate::chat::announce::{self, RenderContext, WeeklyReport};
use crate::discord::{DiscordError, Post, codec};
use crate::health::{Outage, OutageId};
use crate::i18n::Language;
use crate::ids::{ChannelId, GuildId};
use crate::store::StoreError;

/// The key under which the progress is stored.
const STORED: &str = "weekly";
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Monday, 1970-01-05, 09:00 UTC: when Europe begins to work and America still sleeps.
const FIRST: i64 = (4 * 24 + 9) * 3600;
/// A report that is later than this is left out.
const TOO_LATE: SignedDuration = SignedDuration::from_hours(24);
/// Subscriptions that are read at a time.
const PAGE: usize = 100;
/// The most channels that are retried. Further ones are left out and logged, so that the stored value stays small.
const MOST_LATER: usize = 1_000;
/// Delay before those are retried.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Outages that are read for a week; nobody reads more.
const MOST_OUTAGES: usize = 500;
/// How long before the week an outage may have started and still count.
const REACH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Progress of the reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Progress {
    /// The newest report that is done or being sent, in weeks since the first.
    week: i64,
    /// The last channel that was considered; `None` at the beginning.
    considered: Option<(GuildId, ChannelId)>,
    /// All channels were considered; those in `later` may still wait.
    done: bool,
    /// Channels that got no report in their turn.
    #[serde(default)]
    later: Vec<(GuildId, ChannelId)>,
    /// The channel that a report is being sent to.
    #[serde(default)]
    on_its_way: Option<ChannelId>,
}

enum Sent {
    /// It is posted, or never will be.
    Settled,
    /// Discord takes none now.
    Later,
}

/// Sends the reports, forever.
pub(super) async fn report(inner: Arc<Inner>) {
    loop {
        match try_report(&inner).await {
            Ok(next) => inner.clock.sleep_until(next).await,
            Err(error) => {
                inner.store_failed(&error);
                inner.clock.sleep(SignedDuration::from_mins(1)).await;
            }
        }
    }
}

/// Sends what is due. Returns when to continue.
async fn try_report(inner: &Inner) -> Result<Timestamp, StoreError> {
    let now = inner.clock.now();
    let week = (now.as_second() - FIRST).div_euclid(WEEK.as_secs());
    let stored = inner.store.get_meta(STORED).await?;
    let stored: Option<Progress> = stored.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let fresh = |done| Progress { week, considered: None, done, later: Vec::new(), on_its_way: None };
    let in_time = now.duration_since(begin(week)) < TOO_LATE;
    // A new store reports from the next Monday on. A store that was off for too long leaves the report out. A clock that was set
    // back starts no week again.
    let mut progress = match &stored {
        Some(stored) if stored.week >= week => stored.clone(),
        Some(_) if in_time => fresh(false),
        _ => fresh(true),
    };
    if !in_time {
        if !progress.later.is_empty() {
            tracing::warn!(channels = progress.later.len(), "weekly reports left out: they are a day late");
        }
        (progress.done, progress.later, progress.on_its_way) = (true, Vec::new(), None);
    }
    if stored.as_ref() != Some(&progress) {
        save(inner, &progress).await?;
    }
    if !progress.done || !progress.later.is_empty() {
        send_all(inner, &mut progress).await?;
    }
    let again = inner.clock.now() + AGAIN_AFTER;
    Ok(if progress.later.is_empty() { begin(progress.week + 1) } else { again })
}

/// Sends to the channels that wait, and then to all that were not considered yet.
async fn send_all(inner: &Inner, progress: &mut Progress) -> Result<(), StoreError> {
    let outages = outages_of(inner, progress.week).await?;
    for (guild, channel) in progress.later.clone() {
        let wants = inner.store.subscription(guild, channel).await?.filter(wants);
        let sent = match wants {
            Some(subscription) => send(inner, progress, &subscription, &outages).await?,
            None => Sent::Settled,
        };
        if matches!(sent, Sent::Settled) {
            progress.later.retain(|it| *it != (guild, channel));
        }
        save(inner, progress).await?;
    }
    while !progress.done {
        let page = inner.store.subscriptions(None, progress.considered, PAGE).await?;
        for subscription in page.iter().filter(|it| wants(it)) {
            let sent = send(inner, progress, subscription, &outages).await?;
            let here = (subscription.guild, subscription.channel);
            match sent {
                Sent::Later if progress.later.len() < MOST_LATER => progress.later.push(here),
                Sent::Later => tracing::warn!(channel = %here.1, "weekly report left out"),
                Sent::Settled => {}
            }
            progress.considered = Some(here);
            save(inner, progress).await?;
        }
        progress.considered = page.last().map(|last| (last.guild, last.channel)).or(progress.considered);
        progress.done = page.len() < PAGE;
        if progress.done {
            progress.considered = None; // no server's id is stored longer than necessary
        }
        save(inner, progress).await?;
    }
    Ok(())
}

fn wants(subscription: &Subscription) -> bool {
    subscription.weekly && subscription.paused.is_none()
}

/// Returns the Monday on which a report is sent.
fn begin(week: i64) -> Timestamp {
    Timestamp::from_second(FIRST + week * WEEK.as_secs()).unwrap_or(Timestamp::MAX)
}

async fn save(inner: &Inner, progress: &Progress) -> Result<(), StoreError> {
    // cannot fail: plain fields always serialise.
    let bytes = serde_json::to_vec(progress).unwrap_or_default();
    inner.store.put_meta(STORED, Some(&bytes)).await
}

/// Returns the outages that touched the week before a report, newest first.
async fn outages_of(inner: &Inner, week: i64) -> Result<Vec<Outage>, StoreError> {
    let (from, until) = (begin(week - 1), begin(week));
    let mut outages = inner.store.outages(from - REACH, MOST_OUTAGES).await?;
    outages.retain(|it| it.since < until && it.until.is_none_or(|ended| ended > from));
    Ok(outages)
}

async fn send(
    inner: &Inner,
    progress: &mut Progress,
    subscription: &Subscription,
    outages: &[Outage],
) -> Result<Sent, StoreError> {
    let (week, channel) = (progress.week, subscription.channel);
    let language = Language::nearest(&subscription.language);
    let context =
        RenderContext { quiet: true, ..RenderContext::new(&inner.catalog, language, inner.clock.now()) };
    let message =
        announce::weekly(&WeeklyReport { from: begin(week - 1), until: begin(week), outages }, &context);
    // Stored before it is sent: an attempt that finds it stored was interrupted, and searches the channel first. What Discord
    // did not answer stays in `later`.
    let in_doubt = progress.on_its_way == Some(channel) || progress.later.iter().any(|it| it.1 == channel);
    if in_doubt && stands(inner, channel, week).await {
        progress.on_its_way = None;
        return Ok(Sent::Settled);
    }
    progress.on_its_way = Some(channel);
    save(inner, progress).await?;
    let which = AnnouncementId(u64::try_from(week).unwrap_or(0));
    let nonce = nonce(&OutageId("weekly".to_owned()), NoncePurpose::Part("weekly", which), channel);
    let post = Post { channel, message, nonce, reply_to: None };
    let sent = match inner.discord.post(&post).await {
        Ok(_) => Sent::Settled,
        Err(DiscordError::Transient { .. }) => Sent::Later,
        Err(error) => {
            tracing::warn!(%channel, %error, "weekly report left out");
            Sent::Settled
        }
    };
    progress.on_its_way = None;
    Ok(sent)
}

/// Returns whether this week's report is already posted in a channel. Where we may not read, only the nonce prevents a duplicate.
async fn stands(inner: &Inner, channel: ChannelId, week: i64) -> bool {
    // The first day of the week, as every report names it.
    let marker = format!("<t:{}:D>", begin(week - 1).as_second());
    matches!(inner.discord.find_own(channel, codec::posted_before(begin(week)), &marker).await, Ok(Some(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_progress_format_is_pinned() {
        let stored = r#"{"week":2,"considered":[7,1],"done":false,"later":[[7,2]],"on_its_way":3}"#;
        let progress: Progress = serde_json::from_str(stored).expect("progress");
        assert_eq!(serde_json::to_string(&progress).expect("JSON"), stored);
    }
}
