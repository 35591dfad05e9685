//! `/alerts live channel`: the live status message, which is kept current; `off:` ends it.

use super::ModeratorRequest;
use crate::alerts::{ChannelKind, SubscriptionEdit, UpdateMode};
use crate::commands::{Facts, Need, Response, UserError, permissions};

pub(super) fn needs(request: &ModeratorRequest<'_>) -> Vec<Need> {
    let inspected = match request.channel() {
        _ if request.asked.flag("off") => request.needs_server(),
        Some((channel, _)) => Some(request.needs_channel(channel)),
        None => None,
    };
    inspected.into_iter().collect()
}

pub(super) fn answer(request: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    let said = request.card(facts);
    if request.asked.flag("off") {
        request.refuse_others_server(facts)?;
        let nothing = said.note("live-off-nothing");
        return Ok(request.change(
            SubscriptionEdit::EndLiveStatus(request.guild, None),
            said.note("live-off"),
            Some(nothing),
        ));
    }
    let Some((channel, channel_kind)) = request.channel() else {
        return Err(request.misuse("misuse-live-what"));
    };
    request.refuse_others_channel(channel, facts)?;
    // A forum contains only posts, so that a single message cannot be there.
    let channel_kind = channel_kind
        .filter(|channel_kind| *channel_kind != ChannelKind::Forum)
        .ok_or_else(|| request.misuse("misuse-not-a-channel"))?;
    let may = request.may(channel, facts)?;
    request.refuse_lacking((channel, may), facts, permissions::needed(channel_kind, UpdateMode::Edit))?;
    let stored = said.about_channel("live-set", channel);
    let language = request.asked.posts_in(facts).tag().to_owned();
    Ok(request.change(SubscriptionEdit::LiveMessage(request.guild, channel, language), stored, None))
}
