//! `/alerts subscribe channel [role]`: saves with good defaults at once, and opens the settings card.

use super::ModeratorRequest;
use crate::alerts::{ChannelKind, Subscription, SubscriptionEdit, UpdateMode};
use crate::chat::Reply;
use crate::chat::replies::notes;
use crate::commands::{Facts, Need, OptionValue, Response, UserError, permissions};

pub(super) fn needs(request: &ModeratorRequest<'_>) -> Vec<Need> {
    let inspected = request.channel().map(|(channel, _)| request.needs_channel(channel));
    std::iter::once(Need::Subscriptions(request.guild)).chain(inspected).collect()
}

pub(super) fn answer(request: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    let channel = request.named_channel()?;
    request.refuse_others_channel(channel, facts)?;
    let known = facts.subscriptions.iter().find(|it| it.guild == request.guild && it.channel == channel);
    if known.is_none() && facts.subscriptions.len() >= facts.subscriptions_allowed {
        let full = notes::server_is_full(facts.subscriptions_allowed, request.asked.language);
        return Err(UserError(full.text));
    }
    let mut wanted = match known {
        Some(known) => known.clone(),
        None => fresh(request, facts)?,
    };
    let may = request.may(channel, facts)?;
    request.refuse_lacking((channel, may), facts, permissions::needed(wanted.channel_kind, wanted.mode))?;
    if facts
        .channel
        .as_ref()
        .is_some_and(|inspected| inspected.as_ref().is_ok_and(|inspected| inspected.must_tag))
    {
        return Err(request.misuse_about("misuse-must-tag", &[("channel", channel.to_string())]));
    }
    // Discord now allows what it refused before.
    wanted.paused = None;
    if let Some(OptionValue::Role { id, mentionable }) = request.asked.option("role") {
        request.refuse_unpingable((*id, *mentionable), (channel, may), facts)?;
        if !wanted.roles.contains(id) {
            wanted.roles.push(*id);
        }
    }
    let caution = !permissions::holds(may, permissions::MENTION);
    let card = request.card(facts).card(&wanted, known.is_none(), caution && known.is_some());
    if known == Some(&wanted) {
        return Ok(Response::Say(Reply::private(card)));
    }
    Ok(request.change(SubscriptionEdit::Subscribe(Box::new(wanted)), card, None))
}

/// A new subscription with good defaults for the kind of channel.
fn fresh(request: &ModeratorRequest<'_>, facts: &Facts) -> Result<Subscription, UserError> {
    let channel = request.named_channel()?;
    let inspected = facts
        .channel
        .as_ref()
        .and_then(|inspected| inspected.as_ref().ok())
        .and_then(|inspected| inspected.channel_kind);
    let channel_kind = request.channel().and_then(|(_, channel_kind)| channel_kind).or(inspected);
    let Some(channel_kind) = channel_kind else { return Err(request.misuse("misuse-not-a-channel")) };
    let mut wanted = Subscription::new(request.guild, channel, facts.now);
    wanted.channel_kind = channel_kind;
    wanted.publish = channel_kind == ChannelKind::Announcement;
    wanted.mode = if channel_kind == ChannelKind::Forum { UpdateMode::Thread } else { UpdateMode::Edit };
    request.asked.posts_in(facts).tag().clone_into(&mut wanted.language);
    Ok(wanted)
}
