//! `/alerts delete-data`: deletes everything stored about this server, after a confirmation that names how much it is.

use super::ModeratorRequest;
use crate::alerts::SubscriptionEdit;
use crate::chat::Reply;
use crate::commands::{Facts, Need, Response, UserError};

pub(super) fn needs(request: &ModeratorRequest<'_>) -> Vec<Need> {
    std::iter::once(Need::Counts(request.guild)).chain(request.needs_server()).collect()
}

pub(super) fn answer(request: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    request.refuse_others_server(facts)?;
    let said = request.card(facts);
    if request.rest != "yes" {
        return Ok(Response::Say(Reply::private(said.ask_delete(&facts.counts))));
    }
    let deleted = said.deleted(facts.remains);
    let mut decision = request.change(SubscriptionEdit::DeleteData(request.guild), deleted.clone(), None);
    // The answer replaces the question, so that it is not asked a second time.
    if let Response::Change(asked) = &mut decision {
        asked.stored = Reply::in_place(deleted);
    }
    Ok(decision)
}
