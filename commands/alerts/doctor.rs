//! `/alerts doctor`: each broken subscription of this server, its cure, and what the channel missed.
//!
//! Never: nothing is mended by itself but what Discord allows again.

use super::Asking;
use crate::alerts::{Change, Subscription};
use crate::chat::Reply;
use crate::chat::answers::roster::Patient;
use crate::commands::{Decision, Facts, Misuse, Need, Undelivered, permissions};
use crate::health::Outage;

/// What was missed longer ago than this is not offered any more: nobody waits for it.
const DAYS: u16 = 7;

pub(super) fn needs(desk: &Asking<'_>) -> Vec<Need> {
    let looked = desk.channel().and_then(|(channel, _)| desk.needs_channel(channel));
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
fn examine<'f>(subscription: &'f Subscription, desk: &Asking<'_>, facts: &'f Facts) -> Option<Patient<'f>> {
    let last = failed(subscription, facts).last();
    if subscription.paused.is_none() && last.is_none() {
        return None;
    }
    let needed = permissions::needed(subscription.venue, subscription.mode);
    Some(Patient {
        channel: subscription.channel,
        paused: subscription
            .paused
            .as_ref()
            .map(|paused| (paused, permissions::names(&needed, desk.asked.language))),
        why: last.map_or("", |it| &it.why),
        missed: missed(subscription, facts).is_some(),
    })
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
    let needed = permissions::needed(subscription.venue, subscription.mode);
    desk.refuse_lacking((channel, may), facts, needed)?;
    let event = outage.as_it_stands(facts.now, "asked for by a moderator");
    let said = desk.desk(facts).about_channel("posting-now", channel);
    Ok(desk.change(Change::CatchUp(desk.guild, channel, Box::new(event)), said, None))
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
