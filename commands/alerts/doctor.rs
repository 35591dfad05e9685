//! `/alerts doctor`: each broken subscription of this server, its fix, and what the channel missed.
//!
//! Every channel is looked at now, as when it is subscribed: a permission that was taken away is named before the next outage.

use super::Asking;
use crate::alerts::{ChannelKind, DiscordError, PermanentReason, Subscription, SubscriptionEdit};
use crate::chat::Reply;
use crate::chat::replies::subscriptions::{Ailment, BrokenSubscription};
use crate::commands::{Decision, Facts, Misuse, Need, Undelivered, permissions};
use crate::health::Outage;

/// What was missed longer ago than this is not offered any more: nobody waits for it.
const DAYS: u16 = 7;

pub(super) fn needs(desk: &Asking<'_>) -> Vec<Need> {
    vec![
        Need::Subscriptions(desk.guild),
        Need::Undelivered(desk.guild),
        Need::Outages { days: DAYS },
        Need::SubscribedChannels(desk.guild),
    ]
}

/// What **Post it now** needs: one channel.
pub(super) fn needs_to_post(desk: &Asking<'_>) -> Vec<Need> {
    let looked = desk.channel().map(|(channel, _)| desk.needs_channel(channel));
    let needs =
        [Need::Subscriptions(desk.guild), Need::Undelivered(desk.guild), Need::Outages { days: DAYS }];
    needs.into_iter().chain(looked).collect()
}

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Decision {
    let own = || facts.subscriptions.iter().filter(|it| it.guild == desk.guild);
    let (paused, others): (Vec<_>, Vec<_>) = own().partition(|it| it.paused.is_some());
    let patients: Vec<_> =
        paused.into_iter().chain(others).filter_map(|it| examine(it, desk, facts)).collect();
    Decision::Say(Reply::private(desk.desk(facts).doctor(own().count(), &patients)))
}

/// What a channel suffers from; none if it is well.
fn examine<'f>(
    subscription: &'f Subscription,
    desk: &Asking<'_>,
    facts: &'f Facts,
) -> Option<BrokenSubscription<'f>> {
    let channel = subscription.channel;
    let needed = permissions::needed(subscription.channel_kind, subscription.mode);
    let names = |these: &[permissions::Permission]| permissions::names(these, desk.asked.language);
    let looked = facts.channels.iter().find(|(looked, _)| *looked == channel).map(|(_, looked)| looked);
    let lacking = match looked {
        Some(Ok(looked)) => permissions::lacking(looked.may, &needed),
        // Discord shows no channel to those who may not see it.
        Some(Err(DiscordError::Permanent(PermanentReason::NoPermission { .. }))) => needed.clone(),
        _ => Vec::new(),
    };
    let must_tag = matches!(looked, Some(Ok(looked)) if looked.must_tag)
        && subscription.channel_kind == ChannelKind::Forum;
    let last = failed(subscription, facts).last();
    let ailment = match (looked, &subscription.paused) {
        (Some(Err(DiscordError::Permanent(PermanentReason::UnknownChannel))), _) => Ailment::Gone,
        (_, Some(paused)) => Ailment::Paused(paused, names(&needed)),
        _ if !lacking.is_empty() => Ailment::Lacking(names(&lacking)),
        _ if must_tag => Ailment::MustTag,
        _ if last.is_some() => Ailment::Missed(last.map_or("", |it| &it.why)),
        (Some(Ok(_)), None) => return None,
        (Some(Err(error)), None) => Ailment::Unchecked(error.to_string()),
        (None, None) => Ailment::Unchecked(String::new()),
    };
    let may_post = matches!(ailment, Ailment::Paused(..) | Ailment::Missed(_) | Ailment::Unchecked(_));
    Some(BrokenSubscription { channel, missed: may_post && missed(subscription, facts).is_some(), ailment })
}

/// **Post it now**: the oldest outage that the channel has not heard of, as it stands.
pub(super) fn post_now(desk: &Asking<'_>, facts: &Facts) -> Result<Decision, Misuse> {
    let subscription = desk.subscription(facts)?;
    let channel = subscription.channel;
    desk.refuse_others_channel(channel, facts)?;
    let Some(outage) = missed(subscription, facts) else {
        return Err(desk.misuse_about("misuse-nothing-missed", &[("channel", channel.to_string())]));
    };
    let may = desk.may(channel, facts)?;
    let needed = permissions::needed(subscription.channel_kind, subscription.mode);
    desk.refuse_lacking((channel, may), facts, needed)?;
    let event = outage.as_it_stands(facts.now, "asked for by a moderator");
    let said = desk.desk(facts).about_channel("posting-now", channel);
    Ok(desk.change(SubscriptionEdit::CatchUp(desk.guild, channel, Box::new(event)), said, None))
}

/// What could not be told to this channel, as far as it matters still.
fn failed<'f>(subscription: &'f Subscription, facts: &'f Facts) -> impl Iterator<Item = &'f Undelivered> {
    let offered = |it: &&Undelivered| facts.outages.iter().any(|outage| outage.id == it.outage);
    let here = facts.undelivered.iter().filter(|it| it.channel == subscription.channel);
    here.filter(move |it| !it.given_up || offered(it))
}

/// The oldest outage that something of could not be told to this channel: the next press posts the next.
fn missed<'f>(subscription: &'f Subscription, facts: &'f Facts) -> Option<&'f Outage> {
    // They come newest first.
    facts.outages.iter().rev().find(|outage| failed(subscription, facts).any(|it| it.outage == outage.id))
}
