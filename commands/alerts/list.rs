//! `/alerts list`: what this server's channels hear.
//!
//! Never: another server's subscriptions.

use super::Asking;
use crate::chat::Reply;
use crate::commands::{Decision, Facts};

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Decision {
    let own: Vec<_> = facts.subscriptions.iter().filter(|it| it.guild == desk.guild).cloned().collect();
    Decision::Say(Reply::private(desk.desk(facts).list(&own, facts.subscriptions_allowed)))
}
