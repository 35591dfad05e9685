//! `/alerts doctor`: each broken subscription of this server, how to fix it, and what the channel missed.
//!
//! Every channel is checked now, as at its subscription. A revoked permission is thus named before the next outage.

use super::ModeratorRequest;
use crate::alerts::{ChannelKind, DiscordError, PermanentReason, Subscription, SubscriptionEdit};
use crate::chat::Reply;
use crate::chat::replies::subscriptions::{Ailment, BrokenSubscription};
use crate::commands::{Facts, Need, Response, UndeliveredAlert, UserError, permissions};
use crate::health::Outage;

/// An alert that was missed longer ago is no longer offered: nobody waits for it.
const DAYS: u16 = 7;

pub(super) fn needs(request: &ModeratorRequest<'_>) -> Vec<Need> {
    vec![
        Need::Subscriptions(request.guild),
        Need::Undelivered(request.guild),
        Need::Outages { days: DAYS },
        Need::SubscribedChannels(request.guild),
    ]
}

/// What **Post it now** needs: one channel.
pub(super) fn needs_to_post(request: &ModeratorRequest<'_>) -> Vec<Need> {
    let inspected = request.channel().map(|(channel, _)| request.needs_channel(channel));
    let needs =
        [Need::Subscriptions(request.guild), Need::Undelivered(request.guild), Need::Outages { days: DAYS }];
    needs.into_iter().chain(inspected).collect()
}

pub(super) fn answer(request: &ModeratorRequest<'_>, facts: &Facts) -> Response {
    let own = || facts.subscriptions.iter().filter(|it| it.guild == request.guild);
    let (paused, others): (Vec<_>, Vec<_>) = own().partition(|it| it.paused.is_some());
    let patients: Vec<_> =
        paused.into_iter().chain(others).filter_map(|it| examine(it, request, facts)).collect();
    Response::Say(Reply::private(request.card(facts).doctor(own().count(), &patients)))
}

/// What is wrong with a channel, or `None` if it is healthy.
fn examine<'f>(
    subscription: &'f Subscription,
    request: &ModeratorRequest<'_>,
    facts: &'f Facts,
) -> Option<BrokenSubscription<'f>> {
    let channel = subscription.channel;
    let needed = permissions::needed(subscription.channel_kind, subscription.mode);
    let names = |these: &[permissions::Permission]| permissions::names(these, request.asked.language);
    let inspected =
        facts.channels.iter().find(|(inspected, _)| *inspected == channel).map(|(_, inspected)| inspected);
    let lacking = match inspected {
        Some(Ok(inspected)) => permissions::lacking(inspected.may, &needed),
        // Discord shows no channel to users who may not see it.
        Some(Err(DiscordError::Permanent(PermanentReason::NoPermission { .. }))) => needed.clone(),
        _ => Vec::new(),
    };
    let must_tag = matches!(inspected, Some(Ok(inspected)) if inspected.must_tag)
        && subscription.channel_kind == ChannelKind::Forum;
    let last = failed(subscription, facts).last();
    let ailment = match (inspected, &subscription.paused) {
        (Some(Err(DiscordError::Permanent(PermanentReason::UnknownChannel))), _) => Ailment::Gone,
        (_, Some(paused)) => Ailment::Paused(paused, names(&needed)),
        _ if !lacking.is_empty() => Ailment::Lacking(names(&lacking)),
        _ if must_tag => Ailment::MustTag,
        _ if let Some(last) = last => Ailment::Missed(&last.why),
        (Some(Ok(_)), None) => return None,
        (Some(Err(error)), None) => Ailment::Unchecked(Some(error.reason())),
        (None, None) => Ailment::Unchecked(None),
    };
    let may_post = matches!(ailment, Ailment::Paused(..) | Ailment::Missed(_) | Ailment::Unchecked(_));
    Some(BrokenSubscription { channel, missed: may_post && missed(subscription, facts).is_some(), ailment })
}

/// **Post it now**: the oldest outage that the channel missed, in its current state.
pub(super) fn post_now(request: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    let subscription = request.subscription(facts)?;
    let channel = subscription.channel;
    request.refuse_others_channel(channel, facts)?;
    let Some(outage) = missed(subscription, facts) else {
        return Err(request.misuse_about("misuse-nothing-missed", &[("channel", channel.to_string())]));
    };
    let may = request.may(channel, facts)?;
    let needed = permissions::needed(subscription.channel_kind, subscription.mode);
    request.refuse_lacking((channel, may), facts, needed)?;
    let event = outage.as_it_stands(facts.now, "asked for by a moderator");
    let said = request.card(facts).about_channel("posting-now", channel);
    Ok(request.change(SubscriptionEdit::CatchUp(request.guild, channel, Box::new(event)), said, None))
}

/// The alerts that could not be posted to this channel, if they still matter.
fn failed<'f>(
    subscription: &'f Subscription,
    facts: &'f Facts,
) -> impl Iterator<Item = &'f UndeliveredAlert> {
    let offered = |it: &&UndeliveredAlert| facts.outages.iter().any(|outage| outage.id == it.outage);
    let here = facts.undelivered.iter().filter(|it| it.channel == subscription.channel);
    here.filter(move |it| !it.given_up || offered(it))
}

/// The oldest outage of which something could not be posted to this channel. The next press posts the next one.
fn missed<'f>(subscription: &'f Subscription, facts: &'f Facts) -> Option<&'f Outage> {
    // They are sorted newest first.
    facts.outages.iter().rev().find(|outage| failed(subscription, facts).any(|it| it.outage == outage.id))
}
