//! `/alerts subscribe channel [role]`: saves with good defaults at once, and opens the settings card.

use super::Asking;
use crate::alerts::{ChannelKind, Subscription, SubscriptionEdit, UpdateMode};
use crate::chat::Reply;
use crate::chat::replies::notes;
use crate::commands::{Decision, Facts, Misuse, Need, Value, permissions};

pub(super) fn needs(desk: &Asking<'_>) -> Vec<Need> {
    let looked = desk.channel().map(|(channel, _)| desk.needs_channel(channel));
    std::iter::once(Need::Subscriptions(desk.guild)).chain(looked).collect()
}

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Result<Decision, Misuse> {
    let channel = desk.named_channel()?;
    desk.refuse_others_channel(channel, facts)?;
    let known = facts.subscriptions.iter().find(|it| it.guild == desk.guild && it.channel == channel);
    if known.is_none() && facts.subscriptions.len() >= facts.subscriptions_allowed {
        let full = notes::server_is_full(facts.subscriptions_allowed, desk.asked.language);
        return Err(Misuse(full.text));
    }
    let mut wanted = match known {
        Some(known) => known.clone(),
        None => fresh(desk, facts)?,
    };
    let may = desk.may(channel, facts)?;
    desk.refuse_lacking((channel, may), facts, permissions::needed(wanted.channel_kind, wanted.mode))?;
    if facts.channel.as_ref().is_some_and(|looked| looked.as_ref().is_ok_and(|looked| looked.must_tag)) {
        return Err(desk.misuse_about("misuse-must-tag", &[("channel", channel.to_string())]));
    }
    // What Discord refused before is allowed now.
    wanted.paused = None;
    if let Some(Value::Role { id, mentionable }) = desk.asked.option("role") {
        desk.refuse_unpingable((*id, *mentionable), (channel, may), facts)?;
        if !wanted.roles.contains(id) {
            wanted.roles.push(*id);
        }
    }
    let caution = !permissions::holds(may, permissions::MENTION);
    let card = desk.desk(facts).card(&wanted, known.is_none(), caution && known.is_some());
    if known == Some(&wanted) {
        return Ok(Decision::Say(Reply::private(card)));
    }
    Ok(desk.change(SubscriptionEdit::Subscribe(Box::new(wanted)), card, None))
}

/// A new subscription with good defaults for its kind of channel.
fn fresh(desk: &Asking<'_>, facts: &Facts) -> Result<Subscription, Misuse> {
    let channel = desk.named_channel()?;
    let looked =
        facts.channel.as_ref().and_then(|looked| looked.as_ref().ok()).and_then(|looked| looked.venue);
    let venue = desk.channel().and_then(|(_, venue)| venue).or(looked);
    let Some(venue) = venue else { return Err(desk.misuse("misuse-not-a-channel")) };
    let mut wanted = Subscription::new(desk.guild, channel, facts.now);
    wanted.channel_kind = venue;
    wanted.publish = venue == ChannelKind::Announcement;
    wanted.mode = if venue == ChannelKind::Forum { UpdateMode::Thread } else { UpdateMode::Edit };
    desk.asked.posts_in(facts).tag().clone_into(&mut wanted.language);
    Ok(wanted)
}
