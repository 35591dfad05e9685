//! `/alerts list`: what this server's channels hear, and why something was given up.

use super::Asking;
use crate::chat::Reply;
use crate::commands::{Decision, Facts, Need};
use crate::ids::ChannelId;

pub(super) fn needs(desk: &Asking<'_>) -> Vec<Need> {
    vec![Need::Subscriptions(desk.guild), Need::Undelivered(desk.guild)]
}

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Decision {
    let own: Vec<_> = facts.subscriptions.iter().filter(|it| it.guild == desk.guild).cloned().collect();
    let lost = facts.undelivered.iter().filter(|it| it.given_up);
    let lost: Vec<(ChannelId, &str)> = lost.map(|it| (it.channel, it.why.as_str())).collect();
    let page = desk.rest.parse().unwrap_or(0);
    let page_of_it = desk.desk(facts).list(&own, &lost, facts.subscriptions_allowed, page);
    // Another page takes the place of the one before.
    Decision::Say(if desk.rest.is_empty() { Reply::private(page_of_it) } else { Reply::in_place(page_of_it) })
}
