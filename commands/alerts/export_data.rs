//! `/alerts export-data`: what is stored about this server, as a private file.

use super::Asking;
use crate::chat::{Reply, TextFile};
use crate::commands::{Decision, Facts, Misuse, Need};

pub(super) fn needs(desk: &Asking<'_>) -> Vec<Need> {
    std::iter::once(Need::Records(desk.guild)).chain(desk.needs_server()).collect()
}

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Result<Decision, Misuse> {
    desk.refuse_others_server(facts)?;
    let said = desk.desk(facts);
    let Some(records) = facts.records.as_ref().filter(|records| records.count > 0) else {
        return Ok(Decision::Say(Reply::private(said.note("delete-nothing"))));
    };
    let mut message = said.exported(records.count, records.cut);
    let name = format!("healthy-upstream-{}.json", desk.guild);
    message.file = Some(TextFile { name, text: records.text.clone() });
    Ok(Decision::Say(Reply::private(message)))
}
