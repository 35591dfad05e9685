//! `/alerts unsubscribe channel`, and the card's button.

use super::Asking;
use crate::alerts::SubscriptionEdit;
use crate::commands::{Decision, Facts, Misuse};

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Result<Decision, Misuse> {
    let channel = desk.subscription(facts)?.channel;
    // A channel that is gone, or that nobody can look at, hears nothing anyway.
    if !matches!(facts.channel, Some(Err(_))) {
        desk.refuse_others_channel(channel, facts)?;
    }
    let said = desk.desk(facts);
    Ok(desk.change(
        SubscriptionEdit::Unsubscribe(desk.guild, channel),
        said.about_channel("unsubscribed", channel),
        Some(said.about_channel("unsubscribed-nothing", channel)),
    ))
}
