//! What people can ask: one file per slash command, each pure, and the one table of them.
//!
//! An invocation is answered in three steps: [`Command::needs`] names the facts, the app fetches them, and
//! [`Command::answer`] decides from them what to say and what to change. Registration, dispatch, autocomplete, help and
//! the README's table all come from [`ALL`]. To add a command, add one file here and one row to the table.

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

    /// Suggestions while a person types into one of its options; at most 25.
    fn suggest(&self, _asked: &Invocation, _facts: &Facts) -> Vec<Choice> {
        Vec::new()
    }

    /// The facts that its answer needs besides those that are always at hand.
    fn needs(&self, _asked: &Invocation) -> Vec<Need> {
        Vec::new()
    }

    /// Whether its answer reads as much as somebody cares to paste: it is then worked out beside the threads that serve
    /// everybody else.
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

/// How every command is declared, for registration.
pub fn specs() -> Vec<Spec> {
    ALL.iter().map(|command| command.spec()).collect()
}

/// What a command decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    Say(Reply),
    /// Change something, then say what became of it.
    Change(Box<PendingChange>),
    /// Ask for more with a form.
    Ask(Modal),
    /// Delete this message of ours, as its asker or a moderator wished.
    Delete {
        channel: ChannelId,
        message: MessageId,
    },
    /// Nothing to say: the press was noted silently.
    Nothing,
}

/// A change that was asked for, with what is said about each way it can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingChange {
    pub change: SubscriptionEdit,
    /// What to say when it was kept.
    pub stored: Reply,
    /// What to say when there was nothing to change (a person already counted); none: the same as `stored`.
    pub same: Option<Reply>,
    /// What to say when it was taken back; none: the same as `stored`.
    pub undone: Option<Reply>,
    /// What to say when it could not be kept.
    pub not_saved: Reply,
    /// What to say when it is not known whether it was: the store gave no answer.
    pub in_doubt: Reply,
}

/// Something that the asker did wrong: shown to them alone, says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UserError(pub String);
