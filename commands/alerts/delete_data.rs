//! `/alerts delete-data`: everything kept about this server, after a confirmation that names how much it is.

use super::Asking;
use crate::alerts::SubscriptionEdit;
use crate::chat::Reply;
use crate::commands::{Decision, Facts, Misuse, Need};

pub(super) fn needs(desk: &Asking<'_>) -> Vec<Need> {
    std::iter::once(Need::Counts(desk.guild)).chain(desk.needs_server()).collect()
}

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Result<Decision, Misuse> {
    desk.refuse_others_server(facts)?;
    let said = desk.desk(facts);
    if desk.rest != "yes" {
        return Ok(Decision::Say(Reply::private(said.ask_delete(&facts.counts))));
    }
    let deleted = said.deleted(facts.remains);
    let mut decision = desk.change(SubscriptionEdit::DeleteData(desk.guild), deleted.clone(), None);
    // In place of the question, so that it is not asked a second time.
    if let Decision::Change(asked) = &mut decision {
        asked.kept = Reply::in_place(deleted);
    }
    Ok(decision)
}
