//! Where the commands stand in Discord: everywhere, or in one server; what stood elsewhere before is removed.
//!
//! Discord shows a command that stands everywhere and in a server twice there, and knows of no move from one to the other.
//!
//! Never: nothing is removed from where this store has not seen it registered; an application may be shared.

use crate::alerts::GuildId;
use crate::commands::Spec;
use crate::discord::{Discord, PostError};
use crate::store::Store;

/// The name under which it is kept where they stand.
const STANDS: &str = "commands stand in";
/// Everywhere, as it is kept; a server is kept as its id.
const EVERYWHERE: &str = "everywhere";

/// Registers what changed where it is wanted, and removes what was registered elsewhere before. Gives how many changes that
/// took.
pub async fn register(
    discord: &dyn Discord,
    store: &dyn Store,
    specs: &[Spec],
    only_in: Option<GuildId>,
) -> Result<usize, PostError> {
    let mut changes = discord.register(specs, only_in).await?;
    let wanted = only_in.map_or_else(|| EVERYWHERE.to_owned(), |guild| guild.to_string());
    let before = store.kept(STANDS).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "where the commands stood before could not be read");
        None
    });
    let before = before.and_then(|kept| String::from_utf8(kept).ok());
    if before.as_deref() == Some(&wanted) {
        return Ok(changes);
    }
    let left = match before.as_deref() {
        Some(EVERYWHERE) => Some(None),
        Some(guild) => guild.parse().ok().map(|guild| Some(GuildId(guild))),
        None => None,
    };
    if let Some(left) = left {
        match discord.register(&[], left).await {
            Ok(removed) => changes += removed,
            // A server that was left holds no commands of ours that anybody sees.
            Err(PostError::Never(why)) => tracing::info!(%why, "commands that stood elsewhere stay"),
            Err(later) => return Err(later),
        }
    }
    if let Err(error) = store.keep(STANDS, Some(wanted.as_bytes())).await {
        tracing::warn!(%error, "where the commands stand could not be kept");
    }
    Ok(changes)
}
