//! The buttons on an outage's post: **I see it too** and **Notify me when it's back** for everybody, **Mute this outage
//! here** for moderators.

use super::ModeratorRequest;
use crate::alerts::scope::scope_to_subscription;
use crate::alerts::{Subscription, SubscriptionEdit};
use crate::chat::Reply;
use crate::chat::announce::{RenderContext, current};
use crate::chat::replies::outages;
use crate::commands::shared::{count_report, needs_direct, notify_on_recovery};
use crate::commands::{Facts, Invocation, Need, Response, UserError};
use crate::health::{OutageId, StatusSnapshot};
use crate::i18n::Language;

/// The facts for a press on an outage's post, or `None` for any other input.
pub(super) fn needs(asked: &Invocation) -> Option<Vec<Need>> {
    let (action, outage) = asked.action()?;
    let outage = Need::Outage(OutageId(outage.to_owned()));
    let here = asked.context.channel_and_parent().map(|(guild, channel)| Need::Subscription(guild, channel));
    match action {
        "tell-me" => Some(std::iter::once(outage).chain(here).chain(needs_direct(asked)).collect()),
        "me-too" | "acknowledge" => Some(std::iter::once(outage).chain(here).collect()),
        _ => None,
    }
}

/// The subscription that caused the post: of this channel, or of the thread's parent channel.
fn subscription_here<'f>(asked: &Invocation, facts: &'f Facts) -> Option<&'f Subscription> {
    let mut places = asked.context.channel_and_parent();
    places.find_map(|(_, channel)| facts.subscriptions.iter().find(|it| it.channel == channel))
}

/// The answer to a press on an outage's post, or `None` for any other input.
pub(super) fn answer(asked: &Invocation, facts: &Facts) -> Option<Result<Response, UserError>> {
    match asked.action()?.0 {
        // In an outage's own thread, the channel's subscription posts the end into the thread.
        "tell-me" => {
            Some(notify_on_recovery(asked, facts, subscription_here(asked, facts).map(|it| it.channel)))
        }
        "me-too" => Some(me_too(asked, facts)),
        "acknowledge" => Some(acknowledge(asked, facts)),
        _ => None,
    }
}

fn me_too(asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    let Some(outage) = &facts.outage else {
        return Err(UserError(asked.language.say("misuse-no-such-outage")));
    };
    if !outage.is_open() {
        return Ok(Response::Say(Reply::private(outages::over_already(outage, &facts.seen(asked)))));
    }
    let subscription = subscription_here(asked, facts);
    // Rendered for the services of the channel's subscription, like the post. If they changed since, for all of them.
    let seen = subscription.and_then(|it| scope_to_subscription(outage, &it.services, &facts.catalog.whole));
    let seen = seen.as_ref().unwrap_or(outage);
    let catalog = facts.catalog.of_services(seen.services.keys());
    let draw = |snapshot: &StatusSnapshot| {
        let language = subscription.map_or(asked.pressed_in(), |it| Language::nearest(&it.language));
        let context = RenderContext {
            mode: subscription.map(|it| it.mode).unwrap_or_default(),
            roles: subscription.map_or(&[][..], |it| &it.roles),
            snapshot: Some(snapshot),
            ..RenderContext::new(catalog, language, facts.now)
        };
        current(seen, &context)
    };
    Ok(count_report(asked, facts, Some(outage.id.clone()), draw))
}

fn acknowledge(asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    let request = ModeratorRequest::of(asked)?;
    let said = request.card(facts);
    let open = facts.outage.as_ref().filter(|outage| outage.is_open());
    let Some(outage) = open else { return Ok(Response::Say(Reply::private(said.note("acknowledge-over")))) };
    let Some(channel) = subscription_here(asked, facts).map(|it| it.channel) else {
        return Ok(Response::Say(Reply::private(said.note("acknowledged-nothing"))));
    };
    Ok(request.change(
        SubscriptionEdit::Acknowledge(request.guild, channel, outage.id.clone()),
        said.note("acknowledged"),
        Some(said.note("acknowledged-nothing")),
    ))
}
