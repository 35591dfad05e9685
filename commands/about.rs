//! `/about`: what this bot is, what it checks, what it stores.

use super::{Command, CommandContexts, Facts, Invocation, Need, PendingChange, Response, Spec, UserError};
use crate::alerts::SubscriptionEdit;
use crate::chat::Reply;
use crate::chat::replies::{about, notes};

pub(super) struct AboutCommand;

impl Command for AboutCommand {
    fn spec(&self) -> Spec {
        Spec { name: "about", contexts: CommandContexts::Anywhere, ..Spec::default() }
    }

    fn needs(&self, asked: &Invocation) -> Vec<Need> {
        match asked.action() {
            Some(("details", _)) => vec![Need::Budgets],
            _ => Vec::new(),
        }
    }

    fn answer(&self, asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
        if asked.is_forged() {
            return Ok(Response::Nothing);
        }
        let seen = facts.seen(asked);
        match asked.action() {
            None => {
                let message = about::about(&seen, facts.version, facts.faq.entries().len());
                Ok(Response::Say(Reply::private(message)))
            }
            Some(("details", _)) => {
                let details = about::details(&seen, &facts.budgets, facts.sessions);
                Ok(Response::Say(Reply::private(details)))
            }
            Some(("forget-me", _)) => Ok(Response::Change(Box::new(PendingChange {
                change: SubscriptionEdit::ForgetPerson(asked.invoker.id),
                stored: Reply::private(notes::forgotten(facts.remains, asked.language)),
                same: None,
                undone: None,
                not_saved: Reply::private(notes::not_saved(asked.language)),
                in_doubt: Reply::private(notes::in_doubt(asked.language)),
            }))),
            Some(_) => Err(asked.unknown()),
        }
    }
}
