//! What this bot is, what it checks, what it stores.

use jiff::Timestamp;

use super::status::StatusReply;
use crate::chat::limits::{self, fit};
use crate::chat::message::{ActionRow, Button, ButtonStyle, Message};
use crate::chat::{escape, time, voices};
use crate::health::SourceView;
use crate::i18n::Language;

/// The request budget of one host, and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetLine {
    pub host: String,
    /// Checks that we allow ourselves per minute.
    pub per_minute: u32,
    /// How many of these are unspent in the last minute.
    pub left: u32,
    /// The source that the host rate limits, the host's words (text from outside), and until when.
    pub refused: Option<(String, String, Timestamp)>,
}

/// Sessions started with Discord's gateway, which limits them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// How many were started in the last 24 hours.
    pub begun: u32,
    /// How many may be started in 24 hours.
    pub most: u32,
}

/// Eight lines: version, what is checked and how often, from which location, what to ask, what is stored.
pub fn about(seen: &StatusReply<'_>, version: &str, entries: usize) -> Message {
    let language = seen.language;
    let whole = escape::plain(&seen.catalog.display, 40);
    let names: Vec<String> = seen.catalog.services.iter().map(|s| escape::plain(&s.display, 60)).collect();
    let from = voices::from_location(&seen.catalog.location, language);
    let entries = u64::try_from(entries).unwrap_or(u64::MAX);
    let lines = [
        language.say_with("about-name", &[("version", version.into()), ("whole", (&whole).into())]),
        seen.headline(None),
        language
            .say_with("about-watched", &[("services", (&names.join(", ")).into()), ("from", (&from).into())]),
        probes(seen),
        language.say_with("about-faq", &[("n", entries.into())]),
        language.say("about-ask"),
        language.say("about-privacy"),
        language.say_with("about-open", &[("whole", (&whole).into())]),
    ];
    let details = Button::ask(language.say("button-details"), "about:details", ButtonStyle::Plain);
    let forget = Button::ask(language.say("button-forget-me"), "about:forget-me", ButtonStyle::Plain);
    Message {
        text: fit(&lines.join("\n"), "…", "", limits::MESSAGE),
        rows: vec![ActionRow::Buttons(vec![details, forget])],
        ..Message::default()
    }
}

/// How often the services' sources are checked, as far as the snapshot shows. (The page and the connectivity check have their
/// own intervals.)
fn probes(seen: &StatusReply<'_>) -> String {
    let of_services =
        seen.snapshot.sources.iter().filter(|source| seen.catalog.service_of(&source.name).is_some());
    let n = u64::try_from(of_services.count()).unwrap_or(u64::MAX);
    let Some(every) = seen.snapshot.interval.filter(|_| seen.snapshot.next_check.is_some()) else {
        return seen.language.say_with("about-checks-now", &[("n", n.into())]);
    };
    let every = time::roughly(every, seen.language);
    seen.language.say_with("about-checks", &[("n", n.into()), ("every", (&every).into())])
}

/// The answer to **Details**: request budgets and what is left of them, sources and their rate limits, what is stored and how it
/// is deleted.
pub fn details(seen: &StatusReply<'_>, budgets: &[BudgetLine], sessions: Option<Sessions>) -> Message {
    let language = seen.language;
    let mut lines = vec![language.say("about-budgets-title")];
    if budgets.is_empty() {
        lines.push(language.say("about-budgets-none"));
    }
    lines.extend(budgets.iter().map(|budget| budget_line(budget, language)));
    lines.extend(sessions.map(|Sessions { begun, most }| {
        let parts = [("begun", u64::from(begun).into()), ("all", u64::from(most).into())];
        language.say_with("about-sessions", &parts)
    }));
    lines.push(String::new());
    lines.push(language.say("about-sources-title"));
    lines.extend(seen.snapshot.sources.iter().map(|source| source_line(source, seen)));
    lines.push(String::new());
    lines.push(language.say("about-stored-title"));
    let stored = ["about-stored", "about-stored-people", "about-stored-texts", "about-delete"];
    lines.extend(stored.map(|message| language.say(message)));
    Message::text(fit(&lines.join("\n"), "…", "", limits::MESSAGE))
}

fn budget_line(budget: &BudgetLine, language: Language) -> String {
    let host = escape::plain(&budget.host, 60);
    let parts = [
        ("host", (&host).into()),
        ("left", u64::from(budget.left).into()),
        ("all", u64::from(budget.per_minute).into()),
    ];
    let line = language.say_with("about-budget", &parts);
    let Some((source, why, until)) = &budget.refused else { return line };
    let (source, why, at) = (escape::plain(source, 60), escape::plain(why, 60), time::date(*until));
    let parts = [("source", (&source).into()), ("why", (&why).into()), ("at", (&at).into())];
    line + &language.say_with("about-budget-refused", &parts)
}

fn source_line(source: &SourceView, seen: &StatusReply<'_>) -> String {
    let name = escape::plain(source.name.as_str(), 60);
    let Some(inspected) = source.checked_at else {
        return seen.language.say_with("about-source-never", &[("source", (&name).into())]);
    };
    let said = escape::plain(&source.said, 80);
    let parts =
        [("source", (&name).into()), ("said", (&said).into()), ("ago", time::relative(inspected).into())];
    let refused = source.refused_until.filter(|until: &Timestamp| *until > seen.now);
    let refused = refused
        .map(|until| seen.language.say_with("about-source-refused", &[("at", time::date(until).into())]));
    format!("{}{}", seen.language.say_with("about-source", &parts), refused.unwrap_or_default())
}
