//! `/outages [days] [id]`: past outages, and one of them as a timeline.

use jiff::SignedDuration;

use super::{
    Command, CommandContexts, Facts, Input, Invocation, Need, OptionKind, OptionSpec, Response, Spec,
    UserError,
};
use crate::chat::replies::outages;
use crate::chat::{Choice, Reply};
use crate::health::OutageId;

/// Days that are listed by default, and at most.
const DAYS: u16 = 7;
const MOST: u16 = 90;

/// Outages of this many days are suggested while an id is typed.
const SUGGESTED: u16 = 30;

/// If the same list is asked again this soon in a channel, it is answered privately.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

pub(super) struct OutagesCommand;

impl Command for OutagesCommand {
    fn spec(&self) -> Spec {
        Spec {
            name: "outages",
            options: vec![
                OptionSpec::optional("days", OptionKind::Number { least: 1, most: MOST.into() }),
                OptionSpec::optional("id", OptionKind::Suggested),
            ],
            contexts: CommandContexts::Anywhere,
            ..Spec::default()
        }
    }

    fn suggest(&self, asked: &Invocation, facts: &Facts) -> Vec<Choice> {
        match &asked.input {
            Input::Autocomplete { text, .. } => outages::suggest(text, &facts.outages, &facts.seen(asked)),
            _ => Vec::new(),
        }
    }

    fn needs(&self, asked: &Invocation) -> Vec<Need> {
        match (&asked.input, wanted(asked)) {
            (Input::Autocomplete { .. }, _) => vec![Need::Outages { days: SUGGESTED }],
            (_, Some(id)) => vec![Need::Outage(id)],
            _ => vec![Need::Outages { days: days(asked) }],
        }
    }

    fn answer(&self, asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
        if asked.is_forged() {
            return Ok(Response::Nothing);
        }
        let seen = facts.seen(asked);
        if wanted(asked).is_none() {
            let days = days(asked);
            let message = outages::list(&seen, days, &facts.outages);
            return Ok(facts.once(message, format!("outages:{days}"), AGAIN, asked));
        }
        let Some(outage) = &facts.outage else {
            return Err(UserError(asked.language.say("misuse-no-such-outage")));
        };
        let message = outages::timeline(outage, &seen);
        // Chosen from a menu below somebody's answer: the timeline is for the invoker alone and does not fill the channel.
        if asked.action().is_some() {
            return Ok(Response::Say(Reply::private(message)));
        }
        Ok(facts.once(message, format!("outages:{}", outage.id), AGAIN, asked))
    }
}

/// The outage that was named or chosen.
fn wanted(asked: &Invocation) -> Option<OutageId> {
    let named = match asked.action() {
        Some(("open", _)) => Some(asked.chosen().first().map_or("", String::as_str)),
        Some(_) => Some(""),
        None => asked.text("id"),
    };
    named.map(|id| OutageId(id.to_owned()))
}

fn days(asked: &Invocation) -> u16 {
    let days = asked.number("days").and_then(|days| u16::try_from(days).ok());
    days.unwrap_or(DAYS).clamp(1, MOST)
}
