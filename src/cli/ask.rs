//! Answers a command in the terminal with the same pure answer that Discord gets.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::CliError;
use crate::chat::Reply;
use crate::clock::Clock;
use crate::commands::{self, Context, Facts, Input, Invocation, Invoker, OptionValue, Response};
use crate::config::Config;
use crate::faq::SharedFaq;
use crate::health::Detector;
use crate::ids::{InteractionId, UserId};

/// The time now, for ages in an answer.
pub(super) fn now() -> Timestamp {
    Clock::system().now()
}

/// Answers a command that was typed into the terminal.
pub(super) fn in_terminal(
    faq: &SharedFaq,
    config: &Config,
    command: &str,
    options: &[(&str, &str)],
) -> Result<Reply, CliError> {
    let now = now();
    let (_, catalog) = config.watched()?;
    let catalog = Arc::new(catalog);
    let snapshot = Arc::new(Detector::new((*catalog).clone(), config.checks.policy.clone()).snapshot(now));
    let facts = Facts::in_memory(now, snapshot, catalog, faq.clone());
    let options =
        options.iter().map(|(name, value)| ((*name).to_owned(), OptionValue::Text((*value).to_owned())));
    let asked = Invocation {
        id: InteractionId(0),
        command: command.to_owned(),
        input: Input::Command { subcommand: None, options: options.collect() },
        invoker: Invoker {
            id: UserId(0),
            roles: Vec::new(),
            administers: false,
            manages_channels: false,
            manages_messages: false,
            mentions_everyone: false,
        },
        context: Context::Terminal,
        language: config.language,
        app_permissions: BTreeMap::new(),
    };
    let answered = commands::find(command).map(|c| c.answer(&asked, &facts));
    match answered {
        Some(Ok(Response::Say(reply))) => Ok(reply),
        Some(Ok(Response::Change(change))) => Ok(change.stored),
        Some(Err(misuse)) => Err(CliError::Input(misuse.0)),
        _ => Err(CliError::Input(format!("/{command} cannot be asked in a terminal"))),
    }
}
