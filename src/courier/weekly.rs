//! The report of the week that was, on Mondays at 09:00 UTC, to the channels that want it.
//!
//! It is no alert: what cannot be sent after some tries is left out and logged. How far it came is kept after each
//! page, so that a restart goes on where it stopped.
//!
//! Never: nobody is pinged, and a report that is a day late is not sent.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Inner;
use crate::alerts::nonce::{Purpose, nonce};
use crate::alerts::{AnnouncementId, ChannelId, GuildId, Subscription};
use crate::chat::announce::{self, Telling, Week};
use crate::discord::{Post, PostError};
use crate::health::{Outage, OutageId};
use crate::store::StoreError;
use crate::words::Language;

/// Under this name the store keeps how far the reports came.
const KEPT: &str = "weekly";
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Monday, 1970-01-05, 09:00 UTC: when Europe begins to work and America still sleeps.
const FIRST: i64 = (4 * 24 + 9) * 3600;
/// Later than this a report is left out.
const TOO_LATE: SignedDuration = SignedDuration::from_hours(24);
/// Subscriptions considered between two notes of how far we came: as many may get a report twice after a crash that
/// outlasts Discord's nonces.
const PAGE: usize = 25;
/// Tries for one channel.
const TRIES: u32 = 5;
/// Outages read for a week; beyond that nobody reads on.
const MOST_OUTAGES: usize = 500;
/// Outages may have begun so long before the week and still touch it.
const REACH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How far the reports came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Progress {
    /// The newest report that is done, or is being sent: weeks since the first.
    week: i64,
    /// The last channel that was considered; none once the report is done.
    considered: Option<(GuildId, ChannelId)>,
    done: bool,
}

/// Sends the reports, for ever.
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

/// Sends what is due; gives when the next report is.
async fn try_report(inner: &Inner) -> Result<Timestamp, StoreError> {
    let now = inner.clock.now();
    let week = (now.as_second() - FIRST).div_euclid(WEEK.as_secs());
    let kept = inner.store.kept(KEPT).await?;
    let kept: Option<Progress> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    // A new store reports from the next Monday on; one that slept too long leaves the report out.
    let mut progress = match kept {
        Some(kept) if kept.week == week => kept,
        Some(_) if now.duration_since(begin(week)) < TOO_LATE => {
            Progress { week, considered: None, done: false }
        }
        _ => Progress { week, considered: None, done: true },
    };
    if kept != Some(progress) {
        keep(inner, progress).await?;
    }
    if !progress.done {
        let outages = outages_of(inner, week).await?;
        while !progress.done {
            let page = inner.store.subscriptions(None, progress.considered, PAGE).await?;
            for subscription in page.iter().filter(|it| it.weekly && it.paused.is_none()) {
                send(inner, subscription, week, &outages).await;
            }
            progress.considered = page.last().map(|last| (last.guild, last.channel));
            progress.done = page.len() < PAGE;
            keep(inner, progress).await?;
        }
    }
    Ok(begin(week + 1))
}

/// The Monday on which a report is sent.
fn begin(week: i64) -> Timestamp {
    Timestamp::from_second(FIRST + week * WEEK.as_secs()).unwrap_or(Timestamp::MAX)
}

async fn keep(inner: &Inner, progress: Progress) -> Result<(), StoreError> {
    // cannot fail: four plain fields always serialise.
    let bytes = serde_json::to_vec(&progress).unwrap_or_default();
    inner.store.keep(KEPT, Some(&bytes)).await
}

/// The outages that touched the week before a report, newest first.
async fn outages_of(inner: &Inner, week: i64) -> Result<Vec<Outage>, StoreError> {
    let (from, until) = (begin(week - 1), begin(week));
    let mut outages = inner.store.outages(from - REACH, MOST_OUTAGES).await?;
    outages.retain(|it| it.since < until && it.until.is_none_or(|ended| ended > from));
    Ok(outages)
}

async fn send(inner: &Inner, subscription: &Subscription, week: i64, outages: &[Outage]) {
    let language = Language::nearest(&subscription.language);
    let telling = Telling { quiet: true, ..Telling::new(&inner.profile, language, inner.clock.now()) };
    let message = announce::weekly(&Week { from: begin(week - 1), until: begin(week), outages }, &telling);
    let which = AnnouncementId(u64::try_from(week).unwrap_or(0));
    let channel = subscription.channel;
    let nonce = nonce(&OutageId("weekly".to_owned()), Purpose::Part("weekly", which), channel);
    let post = Post { channel, message, nonce, reply_to: None };
    for tried in 1..=TRIES {
        match inner.discord.post(&post).await {
            Ok(_) => return,
            Err(PostError::Later { after, .. }) if tried < TRIES => {
                let wait = after.unwrap_or(SignedDuration::from_secs(1 << tried));
                inner.clock.sleep(wait.min(SignedDuration::from_mins(1))).await;
            }
            Err(error) => {
                tracing::warn!(%channel, %error, "a weekly report was left out");
                return;
            }
        }
    }
}
