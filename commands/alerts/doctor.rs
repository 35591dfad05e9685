//! `/alerts doctor`: each broken subscription of this server, its cure, and what the channel missed.
//!
//! Never: nothing is mended by itself but what Discord allows again.

use super::Asking;
use crate::alerts::{Change, ChannelId, Services, Subscription};
use crate::chat::Reply;
use crate::commands::{Decision, Facts, Misuse, Need, permissions};
use crate::health::{EventKind, Outage, OutageEvent};

/// What was missed longer ago than this is not offered any more: nobody waits for it.
const DAYS: u16 = 7;

pub(super) fn needs(desk: &Asking<'_>) -> Vec<Need> {
    vec![Need::Subscriptions(desk.guild), Need::Undelivered(desk.guild), Need::Outages { days: DAYS }]
}

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Decision {
    let own: Vec<Subscription> =
        facts.subscriptions.iter().filter(|it| it.guild == desk.guild).cloned().collect();
    let missed: Vec<ChannelId> =
        own.iter().filter(|it| missed(it, facts).is_some()).map(|it| it.channel).collect();
    let cures =
        |it: &Subscription| permissions::names(&permissions::needed(it.venue, it.mode), desk.asked.language);
    Decision::Say(Reply::private(desk.desk(facts).doctor(&own, &facts.undelivered, cures, &missed)))
}

/// **Post it now**: the newest outage that the channel has not heard of, as it stands.
pub(super) fn post_now(desk: &Asking<'_>, facts: &Facts) -> Result<Decision, Misuse> {
    let subscription = desk.subscription(facts)?;
    let channel = subscription.channel;
    let Some(outage) = missed(subscription, facts) else {
        return Err(desk.misuse_about("misuse-nothing-missed", &[("channel", channel.to_string())]));
    };
    let event = OutageEvent {
        at: facts.now,
        kind: if outage.is_open() { EventKind::Started } else { EventKind::Ended },
        outage: outage.clone(),
        why: vec!["asked for by a moderator".to_owned()],
    };
    let said = desk.desk(facts).about_channel("posting-now", channel);
    Ok(desk.change(Change::CatchUp(desk.guild, channel, Box::new(event)), said, None))
}

/// The newest outage that this channel wanted to hear of and did not: something of its deliveries was given up, or it was
/// paused while the outage went on.
fn missed<'f>(subscription: &Subscription, facts: &'f Facts) -> Option<&'f Outage> {
    let undelivered = facts.undelivered.iter().any(|(channel, _)| *channel == subscription.channel);
    let since = match &subscription.paused {
        Some(paused) => paused.since,
        None if undelivered => subscription.since,
        None => return None,
    };
    let wants = |outage: &&Outage| match &subscription.services {
        Services::All => true,
        Services::Only(only) => outage.services.keys().any(|service| only.contains(service)),
    };
    let after = |outage: &&Outage| outage.until.is_none_or(|until| until >= since);
    facts.outages.iter().filter(wants).find(after)
}
