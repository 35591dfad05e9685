//! `/alerts delete-data`: everything kept about this server, after a confirmation that names how much it is.

use super::ModeratorRequest;
use crate::alerts::SubscriptionEdit;
use crate::chat::Reply;
use crate::commands::{Facts, Need, Response, UserError};

pub(super) fn needs(interactions: &ModeratorRequest<'_>) -> Vec<Need> {
    std::iter::once(Need::Counts(interactions.guild)).chain(interactions.needs_server()).collect()
}

pub(super) fn answer(interactions: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    interactions.refuse_others_server(facts)?;
    let said = interactions.card(facts);
    if interactions.rest != "yes" {
        return Ok(Response::Say(Reply::private(said.ask_delete(&facts.counts))));
    }
    let deleted = said.deleted(facts.remains);
    let mut decision =
        interactions.change(SubscriptionEdit::DeleteData(interactions.guild), deleted.clone(), None);
    // In place of the question, so that it is not asked a second time.
    if let Response::Change(asked) = &mut decision {
        asked.stored = Reply::in_place(deleted);
    }
    Ok(decision)
}
