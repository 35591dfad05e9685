//! What channels get when outages start, change and end.
//!
//! Every post has a first line that is understood alone, the three voices, and advice. Its small print ends with a marker.
//! The bot finds the post by this marker if it does not know whether the post was sent.

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
    EventKind, IncidentState, Level, Outage, OutageEvent, ServiceCatalog, ServiceName, StatusSnapshot,
};
use crate::i18n::Language;
use crate::ids::{RoleId, UserId};

/// Where the end of an outage was posted, for readers of the start post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndPost {
    /// Below it, in the same channel or thread.
    #[default]
    Below,
    /// In the thread that was opened on the start post.
    InThread,
    /// It was not posted.
    Nowhere,
}

/// The circumstances that a message is rendered for: channel, language, time.
#[derive(Clone, Copy, Debug)]
pub struct RenderContext<'a> {
    pub catalog: &'a ServiceCatalog,
    /// The language of the channel's posts.
    pub language: Language,
    /// When the message is rendered.
    pub now: Timestamp,
    /// The message arrives, or arrived, much later than the event, and says so.
    pub late: Option<Delay>,
    /// How the channel wants updates to be shown.
    pub mode: UpdateMode,
    /// Where the end was posted; [`current`] names it.
    pub end_post: EndPost,
    /// Roles that a moderator chose; only [`start()`] pings them.
    pub roles: &'a [RoleId],
    /// People who asked for a notification; only [`end()`] and [`back`] ping them.
    pub people: &'a [UserId],
    /// People were mentioned here at an earlier end of this outage: they may ask again.
    pub mentioned_before: bool,
    /// The newest snapshot: which services still respond, what the page shows, how many people report. `None` at the start
    /// of a replay.
    pub snapshot: Option<&'a StatusSnapshot>,
    /// The message causes no notification sound.
    pub quiet: bool,
    /// The message is a preview: it says so, pings nobody, and its buttons do nothing.
    pub preview: bool,
}

impl<'a> RenderContext<'a> {
    /// The context for a channel with default settings, without delay.
    pub fn new(catalog: &'a ServiceCatalog, language: Language, now: Timestamp) -> Self {
        Self {
            catalog,
            language,
            now,
            late: None,
            mode: UpdateMode::default(),
            end_post: EndPost::default(),
            roles: &[],
            people: &[],
            mentioned_before: false,
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

    /// Without the catalog's name, for sentences that already contain it.
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

/// Renders an event for a channel that gets everything, each event as a separate message. Replays print it.
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

/// The name of an outage's thread. Once the outage is over, it is the beginning of the end post.
pub fn thread_name(outage: &Outage, context: &RenderContext<'_>) -> String {
    if !outage.is_open() && outage.kind == crate::health::OutageKind::Outage {
        return limits::shorten(&escape::unmarked(&ended_line(outage, context)), limits::THREAD);
    }
    let symbol = symbols::symbol(if outage.is_open() { outage.level } else { Level::Up });
    let headline = escape::unmarked(&headline(outage, context));
    limits::shorten(&format!("{symbol} {headline}"), limits::THREAD)
}

/// `**Spotify Web API is down**`, without symbol: the sentence that titles an outage at its current or worst level.
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
        (_, _, Some(_)) if outage.slowness().is_some() => "outage-slow",
        (_, _, Some(_)) => "outage-trouble",
        (_, _, None) if shows_red(outage) => "outage-page-shown",
        (_, Level::Outage, None) => "outage-page-down",
        (_, _, None) => "outage-page-trouble",
    };
    context.say(
        message,
        &[("subject", (&subject.names).into()), ("n", subject.count.into()), ("whole", (&whole).into())],
    )
}

/// Returns whether the page shows nothing but a red component for this outage.
fn shows_red(outage: &Outage) -> bool {
    let mut voices = outage.page.iter().peekable();
    voices.peek().is_some() && voices.all(|voice| voice.state == IncidentState::Shown)
}

/// The maintenance during which an outage began, under the page's own name for it.
fn during_work(outage: &Outage, context: &RenderContext<'_>) -> Option<String> {
    let is_work = |state| matches!(state, IncidentState::InProgress | IncidentState::Verifying);
    let work = outage.page.iter().find(|voice| voice.closed.is_none() && is_work(voice.state))?;
    let title = escape::quoted(&work.name, 200);
    let parts = [("whole", context.whole().into()), ("title", (&title).into())];
    (!title.is_empty()).then(|| context.say("during-work", &parts))
}

/// `1 of 2 checks fails.`, for a service of which only some sources fail.
fn part_of_checks(outage: &Outage, context: &RenderContext<'_>) -> Option<String> {
    let part = outage.services.values().filter(|hit| hit.until.is_none()).find_map(|hit| hit.part)?;
    let parts = [("n", u64::from(part.failing).into()), ("all", u64::from(part.of).into())];
    Some(context.say("part-of-checks", &parts))
}

/// Builds a post: `first` alone on its line (with the roles, named or pinged), the lines, small print, marker.
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

    /// Adds a fact to the very last line, before the marker.
    fn fact(mut self, fact: impl Into<Option<String>>) -> Self {
        self.facts.extend(fact.into());
        self
    }

    /// Names the chosen roles in the first line, and pings them unless this is a preview.
    fn pinging(mut self) -> Self {
        self.pings = true;
        self
    }

    /// Adds the buttons of an open outage.
    fn buttons(mut self) -> Self {
        self.buttons = true;
        self
    }

    /// Ends with the marker by which the message is found again.
    fn post(mut self, outage: &Outage, marker: String) -> Message {
        let context = self.context;
        if let Some(Delay { known, by }) = context.late.filter(|_| !context.preview) {
            let (span, at) = (time::roughly(by, context.language), time::clock(known));
            self.small
                .insert(0, context.say("posted-late", &[("span", (&span).into()), ("at", (&at).into())]));
        }
        if context.preview {
            self.first = context.say("preview", &[("line", (&self.first).into())]);
            self.small.push(context.say("preview-foot", &[]));
        }
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

/// The buttons while an outage is open.
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
        button("button-notify-me", "tell-me", ButtonStyle::Main),
        button("button-acknowledge", "acknowledge", ButtonStyle::Plain),
    ])
}

/// How many people report the outage, for the small print.
fn people_too(context: &RenderContext<'_>) -> Option<String> {
    voices::people_too(context.snapshot.map_or(0, |snapshot| snapshot.reports), context.language)
}

/// The services that an outage affects, in the order of the catalog.
fn in_order<'o>(
    outage: &'o Outage,
    context: &RenderContext<'_>,
) -> impl Iterator<Item = (&'o ServiceName, &'o crate::health::ServiceImpact)> {
    let rank = |name: &ServiceName| context.catalog.services.iter().position(|service| service.name == *name);
    let mut hits: Vec<_> = outage.services.iter().collect();
    hits.sort_by_key(|(name, _)| rank(name).unwrap_or(usize::MAX));
    hits.into_iter()
}

/// One line per service, if an outage affects several.
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
            None if hit.slow.is_some() => {
                let took = hit.slow.map(|took| time::took(took, context.language)).unwrap_or_default();
                context.say("service-slow-with", &[("evidence", (&took).into())])
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
