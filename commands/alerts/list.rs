//! `/alerts list`: what this server's channels hear, and why something was given up.

use super::ModeratorRequest;
use crate::chat::Reply;
use crate::commands::{Facts, Need, Response};
use crate::ids::ChannelId;

pub(super) fn needs(interactions: &ModeratorRequest<'_>) -> Vec<Need> {
    vec![Need::Subscriptions(interactions.guild), Need::Undelivered(interactions.guild)]
}

pub(super) fn answer(interactions: &ModeratorRequest<'_>, facts: &Facts) -> Response {
    let own: Vec<_> =
        facts.subscriptions.iter().filter(|it| it.guild == interactions.guild).cloned().collect();
    let lost = facts.undelivered.iter().filter(|it| it.given_up);
    let lost: Vec<(ChannelId, &str)> = lost.map(|it| (it.channel, it.why.as_str())).collect();
    let page = interactions.rest.parse().unwrap_or(0);
    let page_of_it = interactions.card(facts).list(&own, &lost, facts.subscriptions_allowed, page);
    // Another page takes the place of the one before.
    Response::Say(if interactions.rest.is_empty() {
        Reply::private(page_of_it)
    } else {
        Reply::in_place(page_of_it)
    })
}
