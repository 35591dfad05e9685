//! What channels read when outages start, change and end.
//!
//! Every post: a first line that can be read alone, the three voices, what to do, and in small print at the end a marker
//! by which the post is found again when it is not known whether it was sent.

mod board;
mod change;
mod end;
mod maintenance;
mod start;
mod weekly;

use jiff::{SignedDuration, Timestamp};

pub use board::{board, board_foot, strip};
pub use change::{flapping, reminder, update};
pub(super) use end::first_line as ended_line;
pub use end::{back, came_and_went, end};
pub use maintenance::{maintenance_end, maintenance_start};
pub use start::{current, start};
pub(super) use weekly::precise;
pub use weekly::{Week, weekly};

use super::limits::{self, fit};
use super::message::{Mentions, Message, Row};
use super::{Button, Style, escape, sign, time, voices};
use crate::alerts::{Delay, UpdateMode};
use crate::health::{
    EventKind, Level, Outage, OutageEvent, OutageId, ServiceCatalog, ServiceName, StatusSnapshot,
};
use crate::i18n::Language;
use crate::ids::{RoleId, UserId};

/// For whom and when something is told.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    pub profile: &'a ServiceCatalog,
    /// The language of the channel's posts.
    pub language: Language,
    /// When it is told.
    pub now: Timestamp,
    /// It arrives, or arrived, much later than we knew, and says so.
    pub late: Option<Delay>,
    /// How the channel wants updates shown.
    pub mode: UpdateMode,
    /// Roles that a moderator chose; pinged by [`start()`] alone.
    pub roles: &'a [RoleId],
    /// Those who asked to be told; pinged by [`end()`] and [`back`] alone.
    pub people: &'a [UserId],
    /// The newest picture: who still answers, what the page shows, how many people report. None in a replay's first
    /// moments.
    pub picture: Option<&'a StatusSnapshot>,
    /// It makes no sound.
    pub quiet: bool,
    /// It is a preview: says so, pings nobody, and its buttons do nothing.
    pub preview: bool,
}

impl<'a> Telling<'a> {
    /// For a channel that chose nothing, at once.
    pub fn new(profile: &'a ServiceCatalog, language: Language, now: Timestamp) -> Self {
        Self {
            profile,
            language,
            now,
            late: None,
            mode: UpdateMode::default(),
            roles: &[],
            people: &[],
            picture: None,
            quiet: false,
            preview: false,
        }
    }

    fn say(&self, message: &str, parts: &[(&str, crate::i18n::Fragment<'_>)]) -> String {
        self.language.say_with(message, parts)
    }

    fn subject<'s>(&self, services: impl IntoIterator<Item = &'s ServiceName>) -> sign::Subject {
        sign::Subject::of(self.profile, services, self.language)
    }

    /// Without the name of the whole, for sentences that have named it.
    fn short<'s>(&self, services: impl IntoIterator<Item = &'s ServiceName>) -> sign::Subject {
        sign::Subject::short(self.profile, services, self.language)
    }

    fn whole(&self) -> String {
        escape::plain(&self.profile.display, 40)
    }

    fn lasting(&self, span: SignedDuration) -> String {
        time::lasting(span, self.language)
    }

    fn page(&self) -> Option<&'a crate::health::PageView> {
        self.picture.and_then(|picture| picture.page.as_ref())
    }
}

/// Which post of an outage a marker names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The post that tells of the start, or of an outage that came and went.
    Start,
    /// The message of its own that tells of a change, by the outage's revision.
    Change(u32),
    /// The message that counts while it comes and goes.
    Flapping,
    /// A reminder, by its count from 1.
    Reminder(u32),
    /// The post that tells of the end.
    End,
    /// A mention of those who asked to be told, by how many of them were mentioned before it.
    Back(u32),
}

/// The marker in small print at the end of a post: which outage (people may ask `/outages` for it) and which post of it.
pub fn marker(outage: &OutageId, part: Part) -> String {
    match part {
        Part::Start => format!("{outage}/start"),
        Part::Change(revision) => format!("{outage}/r{revision}"),
        Part::Flapping => format!("{outage}/flapping"),
        Part::Reminder(n) => format!("{outage}/reminder{n}"),
        Part::End => format!("{outage}/end"),
        Part::Back(before) => format!("{outage}/back{}", before.saturating_add(1)),
    }
}

/// What an event says to a channel that hears all, each as a message of its own: replays print it.
pub fn tell(event: &OutageEvent, telling: &Telling<'_>) -> Message {
    let outage = &event.outage;
    match &event.kind {
        EventKind::Started => start(outage, telling),
        EventKind::Updated(change) => update(outage, change, telling),
        EventKind::Ended => end(outage, telling),
        EventKind::MaintenanceStarted => maintenance_start(outage, telling),
        EventKind::MaintenanceEnded => maintenance_end(outage, telling),
        EventKind::Flapping => flapping(outage, telling),
    }
}

/// What the thread of an outage is called: once it is over, as its end begins.
pub fn thread_name(outage: &Outage, telling: &Telling<'_>) -> String {
    if !outage.is_open() && outage.kind == crate::health::OutageKind::Outage {
        return limits::shorten(&escape::unmarked(&ended_line(outage, telling)), limits::THREAD);
    }
    let symbol = sign::symbol(if outage.is_open() { outage.level } else { Level::Up });
    let headline = escape::unmarked(&headline(outage, telling));
    limits::shorten(&format!("{symbol} {headline}"), limits::THREAD)
}

/// `**Spotify Web API is down**`, without symbol: the sentence that titles an outage, as it is or was at its worst.
pub fn headline(outage: &Outage, telling: &Telling<'_>) -> String {
    let level = if outage.is_open() { outage.level } else { outage.worst };
    let at_worst = outage
        .services
        .iter()
        .filter(|(_, hit)| outage.is_open() && hit.until.is_none() && hit.level == level);
    let named: Vec<&ServiceName> = at_worst.map(|(name, _)| name).collect();
    let named = if named.is_empty() { outage.services.keys().collect() } else { named };
    let by_page = outage.seen.is_none() && outage.kind == crate::health::OutageKind::Outage;
    let subject = if by_page { telling.short(named) } else { telling.subject(named) };
    let whole = telling.whole();
    let message = match (outage.kind, level, outage.seen) {
        (crate::health::OutageKind::Maintenance, ..) => "outage-maintenance",
        (_, Level::Outage, Some(_)) => "outage-down",
        (_, _, Some(_)) => "outage-trouble",
        (_, Level::Outage, None) => "outage-page-down",
        (_, _, None) => "outage-page-trouble",
    };
    telling.say(
        message,
        &[("subject", (&subject.names).into()), ("n", subject.count.into()), ("whole", (&whole).into())],
    )
}

/// Puts a post together: `first` alone in its line (with the roles, named or pinged), the lines, small print, marker.
struct Draft<'t> {
    telling: &'t Telling<'t>,
    first: String,
    lines: Vec<String>,
    small: Vec<String>,
    facts: Vec<String>,
    pings: bool,
    buttons: bool,
}

impl<'t> Draft<'t> {
    fn new(telling: &'t Telling<'t>, first: String) -> Self {
        Self {
            telling,
            first,
            lines: Vec::new(),
            small: Vec::new(),
            facts: Vec::new(),
            pings: false,
            buttons: false,
        }
    }

    fn line(mut self, line: impl Into<Option<String>>) -> Self {
        self.lines.extend(line.into());
        self
    }

    fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.lines.extend(lines);
        self
    }

    fn small(mut self, line: impl Into<Option<String>>) -> Self {
        self.small.extend(line.into());
        self
    }

    /// A fact in the very last line, before the marker.
    fn fact(mut self, fact: impl Into<Option<String>>) -> Self {
        self.facts.extend(fact.into());
        self
    }

    /// Names the chosen roles in the first line, and pings them unless this is a preview.
    fn pinging(mut self) -> Self {
        self.pings = true;
        self
    }

    /// With the buttons of an open outage.
    fn buttons(mut self) -> Self {
        self.buttons = true;
        self
    }

    fn post(mut self, outage: &Outage, part: Part) -> Message {
        let telling = self.telling;
        if let Some(Delay { known, by }) = telling.late.filter(|_| !telling.preview) {
            let (span, at) = (time::roughly(by, telling.language), time::clock(known));
            self.small.insert(0, telling.say("told-late", &[("span", (&span).into()), ("at", (&at).into())]));
        }
        if telling.preview {
            self.first = telling.say("preview", &[("line", (&self.first).into())]);
            self.small.push(telling.say("preview-foot", &[]));
        }
        let marker = marker(&outage.id, part);
        self.facts.push(if telling.preview { format!("{marker}/preview") } else { marker });
        let roles = if self.pings { telling.roles } else { &[] };
        for role in roles.iter().take(limits::CHOICES) {
            self.first = format!("{} <@&{role}>", self.first);
        }
        let body = std::iter::once(self.first).chain(self.lines).collect::<Vec<_>>().join("\n");
        let more = telling.say("more-in-outages", &[("id", outage.id.as_str().into())]);
        let lines = [self.small.join(" "), self.facts.join(" · ")];
        let tail: Vec<String> =
            lines.iter().filter(|line| !line.is_empty()).map(|line| format!("-# {line}")).collect();
        let tail = tail.join("\n");
        let roles =
            if telling.preview { Vec::new() } else { roles.iter().copied().take(limits::CHOICES).collect() };
        Message {
            text: fit(&body, &more, &tail, limits::MESSAGE),
            rows: if self.buttons { vec![buttons(outage, telling)] } else { Vec::new() },
            mentions: Mentions { roles, people: Vec::new() },
            quiet: telling.quiet,
            ..Message::default()
        }
    }
}

/// What can be pressed while an outage goes on.
fn buttons(outage: &Outage, telling: &Telling<'_>) -> Row {
    let button = |label: &str, what: &str, style: Style| Button::Ask {
        label: telling.language.say(label),
        action: limits::shorten(&format!("alerts:{what}:{}", outage.id), limits::ACTION),
        style,
        disabled: telling.preview,
    };
    let me_too = format!("me-too@{}", telling.language.tag());
    Row::Buttons(vec![
        button("button-me-too", &me_too, Style::Plain),
        button("button-tell-me", "tell-me", Style::Main),
        button("button-acknowledge", "acknowledge", Style::Plain),
    ])
}

/// How many people report it: small print.
fn people_too(telling: &Telling<'_>) -> Option<String> {
    voices::people_too(telling.picture.map_or(0, |picture| picture.reports), telling.language)
}

/// The services that an outage hits, in the order in which people read them.
fn in_order<'o>(
    outage: &'o Outage,
    telling: &Telling<'_>,
) -> impl Iterator<Item = (&'o ServiceName, &'o crate::health::ServiceImpact)> {
    let rank = |name: &ServiceName| telling.profile.services.iter().position(|service| service.name == *name);
    let mut hits: Vec<_> = outage.services.iter().collect();
    hits.sort_by_key(|(name, _)| rank(name).unwrap_or(usize::MAX));
    hits.into_iter()
}

/// The services' lines, where an outage hits several.
fn service_lines(outage: &Outage, telling: &Telling<'_>) -> Vec<String> {
    let line = |(name, hit): (&ServiceName, &crate::health::ServiceImpact)| {
        let service = escape::plain(telling.profile.display_of(name), 60);
        if let Some(until) = hit.until {
            let span = telling.lasting(until.duration_since(hit.since));
            let parts =
                [("service", (&service).into()), ("at", time::clock(until).into()), ("span", (&span).into())];
            return telling.say("service-back", &parts);
        }
        let state = match &hit.failure {
            Some(symptom) if hit.level == Level::Outage => {
                let evidence = sign::evidence(symptom, telling.language);
                telling.say("service-down-with", &[("evidence", (&evidence).into())])
            }
            Some(symptom) => {
                let evidence = sign::evidence(symptom, telling.language);
                telling.say("service-partly-with", &[("evidence", (&evidence).into())])
            }
            None => sign::word(hit.level, telling.language),
        };
        let parts = [
            ("symbol", sign::symbol(hit.level).into()),
            ("service", (&service).into()),
            ("state", (&state).into()),
            ("at", time::clock(hit.since).into()),
        ];
        telling.say("service-since", &parts)
    };
    in_order(outage, telling).map(line).collect()
}
