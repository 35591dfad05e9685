//! `/alerts export-data`: what is stored about this server, as a private file.

use super::ModeratorRequest;
use crate::chat::{Reply, TextFile};
use crate::commands::{Facts, Need, Response, UserError};

pub(super) fn needs(request: &ModeratorRequest<'_>) -> Vec<Need> {
    std::iter::once(Need::Records(request.guild)).chain(request.needs_server()).collect()
}

pub(super) fn answer(request: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    request.refuse_others_server(facts)?;
    let said = request.card(facts);
    let Some(records) = facts.records.as_ref().filter(|records| records.count > 0) else {
        return Ok(Response::Say(Reply::private(said.note("delete-nothing"))));
    };
    let mut message = said.exported(records.count, records.cut);
    let name = format!("healthy-upstream-{}.json", request.guild);
    message.file = Some(TextFile { name, text: records.text.clone() });
    Ok(Response::Say(Reply::private(message)))
}
