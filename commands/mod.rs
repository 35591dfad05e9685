//! The slash commands: one file per command, each pure, and the one table of them.
//!
//! An invocation is answered in three steps: [`Command::needs`] names the facts, the app fetches them, and
//! [`Command::answer`] decides what to say and what to change. Registration, dispatch, autocomplete, help and the README's table
//! all come from [`ALL`]. To add a command, add one file here and one row to the table.

mod about;
mod alerts;
mod answer_cache;
mod diagnose;
mod faq;
mod invocation;
mod outages;
pub mod permissions;
mod shared;
mod spec;
mod status;
mod uptime;

pub use answer_cache::AnswerCache;
pub use diagnose::too_much;
pub use invocation::{
    Attachment, ChannelFacts, Context, Facts, Input, Invocation, Invoker, Need, OptionValue, Part,
    ServerRecords, StandingAnswer, UndeliveredAlert,
};
pub use spec::{CommandContexts, OptionKind, OptionSpec, Spec, Subcommand};

use crate::alerts::SubscriptionEdit;
use crate::chat::{Choice, Modal, Reply};
use crate::ids::{ChannelId, MessageId};

pub trait Command: Send + Sync {
    /// How it is registered: name, options, where it can be used.
    fn spec(&self) -> Spec;

    /// Suggestions while a user types into one of its options; at most 25.
    fn suggest(&self, _asked: &Invocation, _facts: &Facts) -> Vec<Choice> {
        Vec::new()
    }

    /// The facts that its answer needs, besides those that need no fetching.
    fn needs(&self, _asked: &Invocation) -> Vec<Need> {
        Vec::new()
    }

    /// Returns whether the answer reads a paste of any length. Such answers are computed outside the threads that serve all
    /// other users.
    fn reads_at_length(&self, _asked: &Invocation) -> bool {
        false
    }

    fn answer(&self, asked: &Invocation, facts: &Facts) -> Result<Response, UserError>;
}

/// Every command, in the order in which people read them.
pub static ALL: &[&dyn Command] = &[
    &status::StatusCommand,
    &outages::OutagesCommand,
    &uptime::UptimeCommand,
    &faq::FaqCommand,
    &diagnose::DiagnoseCommand,
    &alerts::AlertsCommand,
    &about::AboutCommand,
];

/// The command that a name (`status`, `Explain this error`) or an action (`status:refresh`) belongs to.
pub fn find(name: &str) -> Option<&'static dyn Command> {
    ALL.iter().copied().find(|command| {
        let spec = command.spec();
        spec.name == name || spec.message_command.is_some_and(|m| m == name)
    })
}

/// The declaration of every command, for registration.
pub fn specs() -> Vec<Spec> {
    ALL.iter().map(|command| command.spec()).collect()
}

/// A command's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    Say(Reply),
    /// Make a change, then answer by its result.
    Change(Box<PendingChange>),
    /// Ask for more with a form.
    Ask(Modal),
    /// Delete our message, at the request of its invoker or a moderator.
    Delete {
        channel: ChannelId,
        message: MessageId,
    },
    /// No answer: the press is acknowledged silently.
    Nothing,
}

/// A requested change, with one answer for each possible result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingChange {
    pub change: SubscriptionEdit,
    /// The answer if it was saved.
    pub stored: Reply,
    /// The answer if there was nothing to change (a user was already counted). `None`: the same as `stored`.
    pub same: Option<Reply>,
    /// The answer if it was undone. `None`: the same as `stored`.
    pub undone: Option<Reply>,
    /// The answer if it could not be saved.
    pub not_saved: Reply,
    /// The answer if it is unknown whether it was saved, because the store did not respond.
    pub in_doubt: Reply,
}

/// A mistake of the invoker. The text is shown to them alone and says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UserError(pub String);
