//! `/uptime [window]`: the uptime of the services, in numbers.

use jiff::SignedDuration;

use super::{
    Command, CommandContexts, Facts, Invocation, Need, OptionKind, OptionSpec, Response, Spec, UserError,
};
use crate::chat::replies::uptime::{WINDOWS, fared};

/// The names of the windows, as they are offered.
const NAMES: &[&str] = &["24h", "7d", "30d", "90d"];

/// Outages that started up to this many days before the window can still reach into it.
const BEFORE: u16 = 3;

/// If the same is asked again this soon in a channel, it is answered privately.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

pub(super) struct UptimeCommand;

impl Command for UptimeCommand {
    fn spec(&self) -> Spec {
        Spec {
            name: "uptime",
            options: vec![OptionSpec::optional("window", OptionKind::OneOf(NAMES))],
            contexts: CommandContexts::Anywhere,
            ..Spec::default()
        }
    }

    fn needs(&self, asked: &Invocation) -> Vec<Need> {
        let (_, days) = window(asked);
        vec![Need::Outages { days: days + BEFORE }, Need::UptimeBuckets { days }]
    }

    fn answer(&self, asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
        if asked.is_forged() {
            return Ok(Response::Nothing);
        }
        if asked.action().is_some() {
            return Err(asked.unknown()); // no answer has a button of this command
        }
        let (window, days) = window(asked);
        let message = fared(&facts.seen(asked), None, (window, days), &facts.outages, &facts.uptime_buckets);
        Ok(facts.once(message, format!("uptime:{window}"), AGAIN, asked))
    }
}

fn window(asked: &Invocation) -> (&'static str, u16) {
    let named = asked.text("window").unwrap_or("7d");
    let known = WINDOWS.iter().find(|(name, _)| *name == named);
    known.copied().unwrap_or(("7d", 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_span_that_is_offered_is_known() {
        assert_eq!(NAMES, WINDOWS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
