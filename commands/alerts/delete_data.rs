//! `/alerts delete-data`: everything kept about this server, after a confirmation that names how much it is.
//!
//! Never: nothing is deleted by the command itself, only by the button below its question.

use super::Asking;
use crate::alerts::Change;
use crate::chat::Reply;
use crate::commands::{Decision, Facts};

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Decision {
    let said = desk.desk(facts);
    if desk.rest != "yes" {
        return Decision::Say(Reply::private(said.ask_delete(&facts.counts)));
    }
    let mut decision = desk.change(Change::DeleteData(desk.guild), said.note("deleted"), None);
    // In place of the question, so that it is not asked a second time.
    if let Decision::Change(asked) = &mut decision {
        asked.kept = Reply::in_place(said.note("deleted"));
    }
    decision
}
