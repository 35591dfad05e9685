//! `/alerts board channel`: one message that is kept current; `off:` ends it.

use super::ModeratorRequest;
use crate::alerts::{ChannelKind, SubscriptionEdit, UpdateMode};
use crate::commands::{Facts, Need, Response, UserError, permissions};

pub(super) fn needs(interactions: &ModeratorRequest<'_>) -> Vec<Need> {
    let probed = match interactions.channel() {
        _ if interactions.asked.flag("off") => interactions.needs_server(),
        Some((channel, _)) => Some(interactions.needs_channel(channel)),
        None => None,
    };
    probed.into_iter().collect()
}

pub(super) fn answer(interactions: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    let said = interactions.card(facts);
    if interactions.asked.flag("off") {
        interactions.refuse_others_server(facts)?;
        let nothing = said.note("board-off-nothing");
        return Ok(interactions.change(
            SubscriptionEdit::EndLiveStatus(interactions.guild, None),
            said.note("board-off"),
            Some(nothing),
        ));
    }
    let Some((channel, channel_kind)) = interactions.channel() else {
        return Err(interactions.misuse("misuse-board-what"));
    };
    interactions.refuse_others_channel(channel, facts)?;
    // A forum has no place for one message that stands by itself.
    let channel_kind = channel_kind
        .filter(|channel_kind| *channel_kind != ChannelKind::Forum)
        .ok_or_else(|| interactions.misuse("misuse-not-a-channel"))?;
    let may = interactions.may(channel, facts)?;
    interactions.refuse_lacking(
        (channel, may),
        facts,
        permissions::needed(channel_kind, UpdateMode::Edit),
    )?;
    let stored = said.about_channel("board-set", channel);
    let language = interactions.asked.posts_in(facts).tag().to_owned();
    Ok(interactions.change(
        SubscriptionEdit::LiveMessage(interactions.guild, channel, language),
        stored,
        None,
    ))
}
