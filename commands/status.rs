//! `/status [service] [private]`: the status of Spotify, from the watcher's newest snapshot.

use jiff::SignedDuration;

use super::shared::{count_report, needs_direct, notify_on_recovery, service, suggest_services};
use super::{
    Command, CommandContexts, Facts, Input, Invocation, Need, OptionKind, OptionSpec, Response, Spec,
    UserError,
};
use crate::chat::replies::{status::StatusReply, uptime};
use crate::chat::{Choice, Reply};
use crate::health::{OutageId, ServiceName};

/// If `/status` is asked again this soon in a channel, the answer is private, with a link to the earlier answer.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

pub(super) struct StatusCommand;

impl Command for StatusCommand {
    fn spec(&self) -> Spec {
        Spec {
            name: "status",
            options: vec![
                OptionSpec::optional("service", OptionKind::Suggested),
                OptionSpec::optional("private", OptionKind::Flag),
            ],
            contexts: CommandContexts::Anywhere,
            ..Spec::default()
        }
    }

    fn suggest(&self, asked: &Invocation, facts: &Facts) -> Vec<Choice> {
        match &asked.input {
            Input::Autocomplete { text, .. } => suggest_services(text, facts),
            _ => Vec::new(),
        }
    }

    fn needs(&self, asked: &Invocation) -> Vec<Need> {
        match asked.action() {
            Some(("day", _)) => vec![Need::Outages { days: 2 }, Need::UptimeBuckets { days: 1 }],
            Some(("tell-me", outage)) => {
                let outage = Need::Outage(OutageId(outage.to_owned()));
                std::iter::once(outage).chain(needs_direct(asked)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn answer(&self, asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
        if asked.is_forged() {
            return Ok(Response::Nothing);
        }
        let Some((action, rest)) = asked.action() else { return typed(asked, facts) };
        // An unknown name (forged, or of a former catalog) is answered for the catalog as a whole.
        let service = facts.snapshot.service(&ServiceName::from(rest)).map(|view| view.name.clone());
        let service = service.as_ref();
        // A public answer stays in its language, regardless of the language of the user who presses.
        let its_own = asked.pressed_in();
        match action {
            "refresh" => Ok(Response::Say(Reply::in_place(facts.status(its_own, service)))),
            "fails" => {
                let seen = facts.seen_in(its_own);
                let outage = seen.outage(service).map(|outage| outage.id.clone());
                Ok(count_report(asked, facts, outage, |snapshot| {
                    StatusReply { snapshot, ..seen }.answer(service)
                }))
            }
            "tell-me" => notify_on_recovery(asked, facts, None),
            "day" => {
                let fared = uptime::fared(
                    &facts.seen(asked),
                    service,
                    ("24h", 1),
                    &facts.outages,
                    &facts.uptime_buckets,
                );
                Ok(Response::Say(Reply::private(fared)))
            }
            _ => Err(asked.unknown()),
        }
    }
}

fn typed(asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    let service = match asked.text("service") {
        Some(named) => service(named, asked, facts)?,
        None => None,
    };
    let message = facts.status(asked.language, service.as_ref());
    if asked.flag("private") {
        return Ok(Response::Say(Reply::private(message)));
    }
    let name = service.map_or_else(|| "status".to_owned(), |service| format!("status:{service}"));
    Ok(facts.once(message, name, AGAIN, asked))
}
