//! `/alerts unsubscribe channel`, and the card's button.

use super::ModeratorRequest;
use crate::alerts::SubscriptionEdit;
use crate::commands::{Facts, Response, UserError};

pub(super) fn answer(request: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    let channel = request.subscription(facts)?.channel;
    // A channel that is deleted, or that nobody can see, gets no posts anyway.
    if !matches!(facts.channel, Some(Err(_))) {
        request.refuse_others_channel(channel, facts)?;
    }
    let said = request.card(facts);
    Ok(request.change(
        SubscriptionEdit::Unsubscribe(request.guild, channel),
        said.about_channel("unsubscribed", channel),
        Some(said.about_channel("unsubscribed-nothing", channel)),
    ))
}
