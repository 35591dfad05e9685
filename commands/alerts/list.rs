//! `/alerts list`: what this server's channels get, and why a delivery was given up.

use super::ModeratorRequest;
use crate::alerts::Reason;
use crate::chat::Reply;
use crate::commands::{Facts, Need, Response};
use crate::ids::ChannelId;

pub(super) fn needs(request: &ModeratorRequest<'_>) -> Vec<Need> {
    vec![Need::Subscriptions(request.guild), Need::Undelivered(request.guild)]
}

pub(super) fn answer(request: &ModeratorRequest<'_>, facts: &Facts) -> Response {
    let own: Vec<_> = facts.subscriptions.iter().filter(|it| it.guild == request.guild).cloned().collect();
    let lost = facts.undelivered.iter().filter(|it| it.given_up);
    let lost: Vec<(ChannelId, &Reason)> = lost.map(|it| (it.channel, &it.why)).collect();
    let page = request.rest.parse().unwrap_or(0);
    let page_of_it = request.card(facts).list(&own, &lost, facts.subscriptions_allowed, page);
    // Another page replaces the current one.
    Response::Say(if request.rest.is_empty() {
        Reply::private(page_of_it)
    } else {
        Reply::in_place(page_of_it)
    })
}
