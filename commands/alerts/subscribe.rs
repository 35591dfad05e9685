//! `/alerts subscribe channel [role]`: saves with good defaults at once, and opens the settings card.

use super::ModeratorRequest;
use crate::alerts::{ChannelKind, Subscription, SubscriptionEdit, UpdateMode};
use crate::chat::Reply;
use crate::chat::replies::notes;
use crate::commands::{Facts, Need, OptionValue, Response, UserError, permissions};

pub(super) fn needs(interactions: &ModeratorRequest<'_>) -> Vec<Need> {
    let probed = interactions.channel().map(|(channel, _)| interactions.needs_channel(channel));
    std::iter::once(Need::Subscriptions(interactions.guild)).chain(probed).collect()
}

pub(super) fn answer(interactions: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    let channel = interactions.named_channel()?;
    interactions.refuse_others_channel(channel, facts)?;
    let known = facts.subscriptions.iter().find(|it| it.guild == interactions.guild && it.channel == channel);
    if known.is_none() && facts.subscriptions.len() >= facts.subscriptions_allowed {
        let full = notes::server_is_full(facts.subscriptions_allowed, interactions.asked.language);
        return Err(UserError(full.text));
    }
    let mut wanted = match known {
        Some(known) => known.clone(),
        None => fresh(interactions, facts)?,
    };
    let may = interactions.may(channel, facts)?;
    interactions.refuse_lacking(
        (channel, may),
        facts,
        permissions::needed(wanted.channel_kind, wanted.mode),
    )?;
    if facts.channel.as_ref().is_some_and(|probed| probed.as_ref().is_ok_and(|probed| probed.must_tag)) {
        return Err(interactions.misuse_about("misuse-must-tag", &[("channel", channel.to_string())]));
    }
    // What Discord refused before is allowed now.
    wanted.paused = None;
    if let Some(OptionValue::Role { id, mentionable }) = interactions.asked.option("role") {
        interactions.refuse_unpingable((*id, *mentionable), (channel, may), facts)?;
        if !wanted.roles.contains(id) {
            wanted.roles.push(*id);
        }
    }
    let caution = !permissions::holds(may, permissions::MENTION);
    let card = interactions.card(facts).card(&wanted, known.is_none(), caution && known.is_some());
    if known == Some(&wanted) {
        return Ok(Response::Say(Reply::private(card)));
    }
    Ok(interactions.change(SubscriptionEdit::Subscribe(Box::new(wanted)), card, None))
}

/// A new subscription with good defaults for its kind of channel.
fn fresh(interactions: &ModeratorRequest<'_>, facts: &Facts) -> Result<Subscription, UserError> {
    let channel = interactions.named_channel()?;
    let probed =
        facts.channel.as_ref().and_then(|probed| probed.as_ref().ok()).and_then(|probed| probed.channel_kind);
    let channel_kind = interactions.channel().and_then(|(_, channel_kind)| channel_kind).or(probed);
    let Some(channel_kind) = channel_kind else { return Err(interactions.misuse("misuse-not-a-channel")) };
    let mut wanted = Subscription::new(interactions.guild, channel, facts.now);
    wanted.channel_kind = channel_kind;
    wanted.publish = channel_kind == ChannelKind::Announcement;
    wanted.mode = if channel_kind == ChannelKind::Forum { UpdateMode::Thread } else { UpdateMode::Edit };
    interactions.asked.posts_in(facts).tag().clone_into(&mut wanted.language);
    Ok(wanted)
}
