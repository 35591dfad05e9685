//! `/alerts board channel`: one message that is kept current; `off:` ends it.

use super::Asking;
use crate::alerts::{ChannelKind, SubscriptionEdit, UpdateMode};
use crate::commands::{Decision, Facts, Misuse, Need, permissions};

pub(super) fn needs(desk: &Asking<'_>) -> Vec<Need> {
    let looked = match desk.channel() {
        _ if desk.asked.flag("off") => desk.needs_server(),
        Some((channel, _)) => Some(desk.needs_channel(channel)),
        None => None,
    };
    looked.into_iter().collect()
}

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Result<Decision, Misuse> {
    let said = desk.desk(facts);
    if desk.asked.flag("off") {
        desk.refuse_others_server(facts)?;
        let nothing = said.note("board-off-nothing");
        return Ok(desk.change(
            SubscriptionEdit::EndLiveStatus(desk.guild, None),
            said.note("board-off"),
            Some(nothing),
        ));
    }
    let Some((channel, venue)) = desk.channel() else { return Err(desk.misuse("misuse-board-what")) };
    desk.refuse_others_channel(channel, facts)?;
    // A forum has no place for one message that stands by itself.
    let venue = venue
        .filter(|venue| *venue != ChannelKind::Forum)
        .ok_or_else(|| desk.misuse("misuse-not-a-channel"))?;
    let may = desk.may(channel, facts)?;
    desk.refuse_lacking((channel, may), facts, permissions::needed(venue, UpdateMode::Edit))?;
    let kept = said.about_channel("board-set", channel);
    let language = desk.asked.posts_in(facts).tag().to_owned();
    Ok(desk.change(SubscriptionEdit::LiveMessage(desk.guild, channel, language), kept, None))
}
