//! `/about`: what this bot is, what it watches, what it keeps.

use super::{Asked, Command, Contexts, Decision, Facts, Invocation, Misuse, Need, Spec};
use crate::alerts::SubscriptionEdit;
use crate::chat::Reply;
use crate::chat::replies::{about, notes};

pub(super) struct About;

impl Command for About {
    fn spec(&self) -> Spec {
        Spec { name: "about", contexts: Contexts::Anywhere, ..Spec::default() }
    }

    fn needs(&self, asked: &Invocation) -> Vec<Need> {
        match asked.action() {
            Some(("details", _)) => vec![Need::Budgets],
            _ => Vec::new(),
        }
    }

    fn answer(&self, asked: &Invocation, facts: &Facts) -> Result<Decision, Misuse> {
        if asked.is_forged() {
            return Ok(Decision::Nothing);
        }
        let seen = facts.seen(asked);
        match asked.action() {
            None => {
                let message = about::about(&seen, facts.version, facts.handbook.entries().len());
                Ok(Decision::Say(Reply::private(message)))
            }
            Some(("details", _)) => {
                let details = about::details(&seen, &facts.budgets, facts.sessions);
                Ok(Decision::Say(Reply::private(details)))
            }
            Some(("forget-me", _)) => Ok(Decision::Change(Box::new(Asked {
                change: SubscriptionEdit::ForgetPerson(asked.asker.id),
                kept: Reply::private(notes::forgotten(facts.remains, asked.language)),
                same: None,
                undone: None,
                not_kept: Reply::private(notes::not_saved(asked.language)),
                in_doubt: Reply::private(notes::in_doubt(asked.language)),
            }))),
            Some(_) => Err(asked.unknown()),
        }
    }
}
