//! `/alerts doctor`: each broken subscription of this server, its cure, and what the channel missed.
//!
//! Never: nothing is mended by itself but what Discord allows again.

use super::Asking;
use crate::alerts::{Change, ChannelId, Subscription};
use crate::chat::Reply;
use crate::commands::{Decision, Facts, Misuse, Need, permissions};
use crate::health::Outage;

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
    let undelivered: Vec<(ChannelId, String)> =
        facts.undelivered.iter().map(|it| (it.channel, it.why.clone())).collect();
    let cures =
        |it: &Subscription| permissions::names(&permissions::needed(it.venue, it.mode), desk.asked.language);
    Decision::Say(Reply::private(desk.desk(facts).doctor(&own, &undelivered, cures, &missed)))
}

/// **Post it now**: the newest outage that the channel has not heard of, as it stands.
pub(super) fn post_now(desk: &Asking<'_>, facts: &Facts) -> Result<Decision, Misuse> {
    let subscription = desk.subscription(facts)?;
    let channel = subscription.channel;
    let Some(outage) = missed(subscription, facts) else {
        return Err(desk.misuse_about("misuse-nothing-missed", &[("channel", channel.to_string())]));
    };
    let event = outage.as_it_stands(facts.now, "asked for by a moderator");
    let said = desk.desk(facts).about_channel("posting-now", channel);
    Ok(desk.change(Change::CatchUp(desk.guild, channel, Box::new(event)), said, None))
}

/// The newest outage that something of could not be told to this channel.
fn missed<'f>(subscription: &Subscription, facts: &'f Facts) -> Option<&'f Outage> {
    let missed = |outage: &&Outage| {
        facts.undelivered.iter().any(|it| it.channel == subscription.channel && it.outage == outage.id)
    };
    facts.outages.iter().find(missed)
}
