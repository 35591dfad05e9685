//! Registers commands: only what changed is sent, and what an earlier version left behind is removed.
//!
//! A command that Discord refuses does not prevent the others from being registered.

use reqwest::Method;
use serde_json::Value;

use super::{ApiRequest, Rest};
use crate::commands::Spec;
use crate::discord::{DiscordError, PermanentReason, codec};
use crate::ids::GuildId;

/// Registers commands globally or in one server. Returns the number of changes.
pub(super) async fn register(
    rest: &Rest,
    specs: &[Spec],
    only_in: Option<GuildId>,
) -> Result<usize, DiscordError> {
    let application = rest.identity().await?.application;
    let base = match only_in {
        Some(guild) => format!("/applications/{application}/guilds/{guild}/commands"),
        None => format!("/applications/{application}/commands"),
    };
    let major = only_in.map_or(0, |guild| guild.0);
    let list = format!("{base}?with_localizations=true");
    let theirs: Vec<Value> = rest.read(list, "GET /applications/{}/commands", major).await?;
    let ours = codec::command_bodies(specs);
    if theirs.is_empty() && !ours.is_empty() {
        let changes = ours.len();
        let ask = ApiRequest::new(Method::PUT, base.clone(), "PUT /applications/{}/commands", major);
        match rest.ask(ask.with(Value::Array(ours.clone()))).await {
            Ok(_) => return Ok(changes),
            // One of them is wrong: the others are sent one by one.
            Err(DiscordError::Permanent(PermanentReason::BadBody(_))) => {}
            Err(error) => return Err(error),
        }
    }
    let (mut changes, mut refused) = (0, Vec::new());
    for command in &ours {
        let old = theirs.iter().find(|old| codec::is_same_name(old, command));
        let ask = match old {
            Some(old) if codec::is_same_command(old, command) => continue,
            Some(old) => {
                let path = format!("{base}/{}", old["id"].as_str().unwrap_or_default());
                ApiRequest::new(Method::PATCH, path, "PATCH /applications/{}/commands/{}", major)
            }
            None => ApiRequest::new(Method::POST, base.clone(), "POST /applications/{}/commands", major),
        };
        match rest.ask(ask.with(command.clone())).await {
            Ok(_) => changes += 1,
            Err(DiscordError::Permanent(
                why @ (PermanentReason::BadBody(_) | PermanentReason::Other { .. }),
            )) => {
                refused.push((command["name"].as_str().unwrap_or_default().to_owned(), why));
            }
            Err(error) => return Err(error),
        }
    }
    for old in theirs.iter().filter(|old| !ours.iter().any(|command| codec::is_same_name(old, command))) {
        let path = format!("{base}/{}", old["id"].as_str().unwrap_or_default());
        rest.ask(ApiRequest::new(Method::DELETE, path, "DELETE /applications/{}/commands/{}", major)).await?;
        changes += 1;
    }
    all_in_one(&refused).map_or(Ok(changes), |refused| Err(DiscordError::Permanent(refused)))
}

/// Combines all refusals into one, with the names of the commands.
fn all_in_one(refused: &[(String, PermanentReason)]) -> Option<PermanentReason> {
    let first = refused.first().map(|(_, why)| why.clone())?;
    let said = |(name, why): &(String, PermanentReason)| match why {
        PermanentReason::Other { why, .. } | PermanentReason::BadBody(why) => format!("\"{name}\": {why}"),
        other => format!("\"{name}\": {other}"),
    };
    let all = refused.iter().map(said).collect::<Vec<_>>().join("; ");
    Some(match first {
        PermanentReason::Other { status, code, .. } => PermanentReason::Other { status, code, why: all },
        _ => PermanentReason::BadBody(all),
    })
}
