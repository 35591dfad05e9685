//! What channels read when outages start, change and end.
//!
//! Every post: a first line that can be read alone, the three voices, what to do, and in small print at the end a marker
//! by which the post is found again when it is not known whether it was sent.

mod change;
mod end;
mod live_status;
mod maintenance;
mod start;
mod weekly;

use jiff::{SignedDuration, Timestamp};

pub use change::{flapping, reminder, update};
pub(super) use end::first_line as ended_line;
pub use end::{back, came_and_went, end};
pub use live_status::{live_message, live_message_foot, strip};
pub use maintenance::{maintenance_end, maintenance_start};
pub use start::{current, start};
pub(super) use weekly::precise;
pub use weekly::{WeeklyReport, weekly};

use super::limits::{self, fit};
use super::message::{ActionRow, Mentions, Message};
use super::{Button, ButtonStyle, escape, symbols, time, voices};
use crate::alerts::{Delay, UpdateMode};
use crate::health::{
    EventKind, Level, Outage, OutageEvent, OutageId, ServiceCatalog, ServiceName, StatusSnapshot,
};
use crate::i18n::Language;
use crate::ids::{RoleId, UserId};

/// For whom and when something is told.
#[derive(Clone, Copy, Debug)]
pub struct RenderContext<'a> {
    pub catalog: &'a ServiceCatalog,
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
    pub snapshot: Option<&'a StatusSnapshot>,
    /// It makes no sound.
    pub quiet: bool,
    /// It is a preview: says so, pings nobody, and its buttons do nothing.
    pub preview: bool,
}

impl<'a> RenderContext<'a> {
    /// For a channel that chose nothing, at once.
    pub fn new(catalog: &'a ServiceCatalog, language: Language, now: Timestamp) -> Self {
        Self {
            catalog,
            language,
            now,
            late: None,
            mode: UpdateMode::default(),
            roles: &[],
            people: &[],
            snapshot: None,
            quiet: false,
            preview: false,
        }
    }

    fn say(&self, message: &str, parts: &[(&str, crate::i18n::Fragment<'_>)]) -> String {
        self.language.say_with(message, parts)
    }

    fn subject<'s>(&self, services: impl IntoIterator<Item = &'s ServiceName>) -> symbols::Subject {
        symbols::Subject::of(self.catalog, services, self.language)
    }

    /// Without the name of the whole, for sentences that have named it.
    fn short<'s>(&self, services: impl IntoIterator<Item = &'s ServiceName>) -> symbols::Subject {
        symbols::Subject::short(self.catalog, services, self.language)
    }

    fn whole(&self) -> String {
        escape::plain(&self.catalog.display, 40)
    }

    fn lasting(&self, span: SignedDuration) -> String {
        time::lasting(span, self.language)
    }

    fn page(&self) -> Option<&'a crate::health::PageView> {
        self.snapshot.and_then(|snapshot| snapshot.page.as_ref())
    }
}

/// Which post of an outage a marker names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostPart {
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
pub fn marker(outage: &OutageId, part: PostPart) -> String {
    match part {
        PostPart::Start => format!("{outage}/start"),
        PostPart::Change(revision) => format!("{outage}/r{revision}"),
        PostPart::Flapping => format!("{outage}/flapping"),
        PostPart::Reminder(n) => format!("{outage}/reminder{n}"),
        PostPart::End => format!("{outage}/end"),
        PostPart::Back(before) => format!("{outage}/back{}", before.saturating_add(1)),
    }
}

/// What an event says to a channel that hears all, each as a message of its own: replays print it.
pub fn notify(event: &OutageEvent, context: &RenderContext<'_>) -> Message {
    let outage = &event.outage;
    match &event.kind {
        EventKind::Started => start(outage, context),
        EventKind::Updated(change) => update(outage, change, context),
        EventKind::Ended => end(outage, context),
        EventKind::MaintenanceStarted => maintenance_start(outage, context),
        EventKind::MaintenanceEnded => maintenance_end(outage, context),
        EventKind::Flapping => flapping(outage, context),
    }
}

/// What the thread of an outage is called: once it is over, as its end begins.
pub fn thread_name(outage: &Outage, context: &RenderContext<'_>) -> String {
    if !outage.is_open() && outage.kind == crate::health::OutageKind::Outage {
        return limits::shorten(&escape::unmarked(&ended_line(outage, context)), limits::THREAD);
    }
    let symbol = symbols::symbol(if outage.is_open() { outage.level } else { Level::Up });
    let headline = escape::unmarked(&headline(outage, context));
    limits::shorten(&format!("{symbol} {headline}"), limits::THREAD)
}

/// `**Spotify Web API is down**`, without symbol: the sentence that titles an outage, as it is or was at its worst.
pub fn headline(outage: &Outage, context: &RenderContext<'_>) -> String {
    let level = if outage.is_open() { outage.level } else { outage.worst };
    let at_worst = outage
        .services
        .iter()
        .filter(|(_, hit)| outage.is_open() && hit.until.is_none() && hit.level == level);
    let named: Vec<&ServiceName> = at_worst.map(|(name, _)| name).collect();
    let named = if named.is_empty() { outage.services.keys().collect() } else { named };
    let by_page = outage.seen.is_none() && outage.kind == crate::health::OutageKind::Outage;
    let subject = if by_page { context.short(named) } else { context.subject(named) };
    let whole = context.whole();
    let message = match (outage.kind, level, outage.seen) {
        (crate::health::OutageKind::Maintenance, ..) => "outage-maintenance",
        (_, Level::Outage, Some(_)) => "outage-down",
        (_, _, Some(_)) => "outage-trouble",
        (_, Level::Outage, None) => "outage-page-down",
        (_, _, None) => "outage-page-trouble",
    };
    context.say(
        message,
        &[("subject", (&subject.names).into()), ("n", subject.count.into()), ("whole", (&whole).into())],
    )
}

/// Puts a post together: `first` alone in its line (with the roles, named or pinged), the lines, small print, marker.
struct PostDraft<'t> {
    context: &'t RenderContext<'t>,
    first: String,
    lines: Vec<String>,
    small: Vec<String>,
    facts: Vec<String>,
    pings: bool,
    buttons: bool,
}

impl<'t> PostDraft<'t> {
    fn new(context: &'t RenderContext<'t>, first: String) -> Self {
        Self {
            context,
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

    fn post(mut self, outage: &Outage, part: PostPart) -> Message {
        let context = self.context;
        if let Some(Delay { known, by }) = context.late.filter(|_| !context.preview) {
            let (span, at) = (time::roughly(by, context.language), time::clock(known));
            self.small.insert(0, context.say("told-late", &[("span", (&span).into()), ("at", (&at).into())]));
        }
        if context.preview {
            self.first = context.say("preview", &[("line", (&self.first).into())]);
            self.small.push(context.say("preview-foot", &[]));
        }
        let marker = marker(&outage.id, part);
        self.facts.push(if context.preview { format!("{marker}/preview") } else { marker });
        let roles = if self.pings { context.roles } else { &[] };
        for role in roles.iter().take(limits::CHOICES) {
            self.first = format!("{} <@&{role}>", self.first);
        }
        let body = std::iter::once(self.first).chain(self.lines).collect::<Vec<_>>().join("\n");
        let more = context.say("more-in-outages", &[("id", outage.id.as_str().into())]);
        let lines = [self.small.join(" "), self.facts.join(" · ")];
        let tail: Vec<String> =
            lines.iter().filter(|line| !line.is_empty()).map(|line| format!("-# {line}")).collect();
        let tail = tail.join("\n");
        let roles =
            if context.preview { Vec::new() } else { roles.iter().copied().take(limits::CHOICES).collect() };
        Message {
            text: fit(&body, &more, &tail, limits::MESSAGE),
            rows: if self.buttons { vec![buttons(outage, context)] } else { Vec::new() },
            mentions: Mentions { roles, people: Vec::new() },
            quiet: context.quiet,
            ..Message::default()
        }
    }
}

/// What can be pressed while an outage goes on.
fn buttons(outage: &Outage, context: &RenderContext<'_>) -> ActionRow {
    let button = |label: &str, what: &str, style: ButtonStyle| Button::Ask {
        label: context.language.say(label),
        action: limits::shorten(&format!("alerts:{what}:{}", outage.id), limits::ACTION),
        style,
        disabled: context.preview,
    };
    let me_too = format!("me-too@{}", context.language.tag());
    ActionRow::Buttons(vec![
        button("button-me-too", &me_too, ButtonStyle::Plain),
        button("button-tell-me", "tell-me", ButtonStyle::Main),
        button("button-acknowledge", "acknowledge", ButtonStyle::Plain),
    ])
}

/// How many people report it: small print.
fn people_too(context: &RenderContext<'_>) -> Option<String> {
    voices::people_too(context.snapshot.map_or(0, |snapshot| snapshot.reports), context.language)
}

/// The services that an outage hits, in the order in which people read them.
fn in_order<'o>(
    outage: &'o Outage,
    context: &RenderContext<'_>,
) -> impl Iterator<Item = (&'o ServiceName, &'o crate::health::ServiceImpact)> {
    let rank = |name: &ServiceName| context.catalog.services.iter().position(|service| service.name == *name);
    let mut hits: Vec<_> = outage.services.iter().collect();
    hits.sort_by_key(|(name, _)| rank(name).unwrap_or(usize::MAX));
    hits.into_iter()
}

/// The services' lines, where an outage hits several.
fn service_lines(outage: &Outage, context: &RenderContext<'_>) -> Vec<String> {
    let line = |(name, hit): (&ServiceName, &crate::health::ServiceImpact)| {
        let service = escape::plain(context.catalog.display_of(name), 60);
        if let Some(until) = hit.until {
            let span = context.lasting(until.duration_since(hit.since));
            let parts =
                [("service", (&service).into()), ("at", time::clock(until).into()), ("span", (&span).into())];
            return context.say("service-back", &parts);
        }
        let state = match &hit.failure {
            Some(failure) if hit.level == Level::Outage => {
                let evidence = symbols::evidence(failure, context.language);
                context.say("service-down-with", &[("evidence", (&evidence).into())])
            }
            Some(failure) => {
                let evidence = symbols::evidence(failure, context.language);
                context.say("service-partly-with", &[("evidence", (&evidence).into())])
            }
            None => symbols::word(hit.level, context.language),
        };
        let parts = [
            ("symbol", symbols::symbol(hit.level).into()),
            ("service", (&service).into()),
            ("state", (&state).into()),
            ("at", time::clock(hit.since).into()),
        ];
        context.say("service-since", &parts)
    };
    in_order(outage, context).map(line).collect()
}
