//! Recent outages, and one of them as a timeline with its evidence.

use super::status::StatusReply;
use crate::charts;
use crate::chat::announce::{self, RenderContext};
use crate::chat::limits::{self, fit, shorten};
use crate::chat::message::{
    ActionRow, Button, ButtonStyle, Choice, Image, Menu, MenuChoice, MenuKind, Message,
};
use crate::chat::{escape, symbols, time};
use crate::health::{Level, Outage, OutageKind, ServiceName, TimelineEntry, TimelineEvent};

/// Outages in a list, at most: one phone's screen. The menu below offers more.
const LISTED: usize = 8;

/// Timeline entries that are shown, at most; the middle ones are left out.
const MOMENTS: usize = 24;

/// Length of the page's own words in a timeline, in characters.
const PAGE_TEXT: usize = 140;

/// The outages of the last days, newest first, with a menu that opens one.
pub fn list(seen: &StatusReply<'_>, days: u16, outages: &[Outage]) -> Message {
    let language = seen.language;
    let going_on = || outages.iter().filter(|outage| outage.is_open());
    let open = going_on().map(|outage| outage.level).max();
    let n = u64::try_from(outages.len()).unwrap_or(u64::MAX);
    let parts = [
        ("symbol", symbols::symbol(open.unwrap_or(Level::Up)).into()),
        ("whole", escape::plain(&seen.catalog.display, 40).into()),
        ("days", u64::from(days).into()),
        ("n", n.into()),
        ("open", u64::try_from(going_on().count()).unwrap_or(u64::MAX).into()),
    ];
    let title = match (n, open) {
        (0, _) => "outages-none",
        (_, Some(_)) => "outages-title-open",
        _ => "outages-title",
    };
    let mut lines = vec![language.say_with(title, &parts)];
    lines.extend(outages.iter().take(LISTED).map(|outage| line(outage, seen)));
    if outages.len() > LISTED {
        let more = u64::try_from(outages.len() - LISTED).unwrap_or(u64::MAX);
        lines.push(language.say_with("outages-more", &[("n", more.into())]));
    }
    let choices: Vec<MenuChoice> =
        outages.iter().take(limits::CHOICES).map(|outage| choice(outage, seen)).collect();
    let menu = (!choices.is_empty()).then(|| Menu {
        action: "outages:open".to_owned(),
        hint: language.say("outages-hint"),
        of: MenuKind::Choices(choices),
        count: (1, 1),
    });
    Message {
        text: fit(&lines.join("\n"), "…", "", limits::MESSAGE),
        rows: menu.map(ActionRow::Menu).into_iter().collect(),
        ..Message::default()
    }
}

/// `🟢 16 April 2025 15:45 · Spotify Web API: down for 3 h 25 min`.
fn line(outage: &Outage, seen: &StatusReply<'_>) -> String {
    let parts = [
        ("symbol", symbols::symbol(if outage.is_open() { outage.level } else { Level::Up }).into()),
        ("at", time::date(outage.since).into()),
        ("what", what(outage, seen).into()),
    ];
    seen.language.say_with("outages-line", &parts)
}

/// `Spotify Web API: down for 3 h 25 min`, without markup: for lists, menus and suggestions.
fn what(outage: &Outage, seen: &StatusReply<'_>) -> String {
    let subject = symbols::Subject::of(seen.catalog, outage.services.keys(), seen.language);
    let level = if outage.kind == OutageKind::Maintenance { Level::Maintenance } else { outage.worst };
    let level_word = if outage.kind == OutageKind::Outage && outage.seen.is_none() {
        seen.language.say("level-reported")
    } else if outage.kind == OutageKind::Outage && outage.slowness().is_some() {
        seen.language.say("level-slow")
    } else {
        symbols::word(level, seen.language)
    };
    let parts = [
        ("subject", subject.names.into()),
        ("level", level_word.into()),
        ("span", time::lasting(outage.duration(seen.now), seen.language).into()),
    ];
    seen.language.say_with(if outage.is_open() { "outages-what-open" } else { "outages-what" }, &parts)
}

fn choice(outage: &Outage, seen: &StatusReply<'_>) -> MenuChoice {
    MenuChoice {
        label: shorten(&format!("{} {}", day(outage), escape::unmarked(&what(outage, seen))), limits::CHOICE),
        about: shorten(outage.id.as_str(), limits::CHOICE),
        value: shorten(outage.id.as_str(), limits::CHOICE),
        chosen: false,
    }
}

/// The day in UTC, because menus and suggestions show no timestamps.
fn day(outage: &Outage) -> String {
    outage.since.to_string().chars().take("2025-04-16".len()).collect()
}

/// Suggestions for an id that is being typed.
pub fn suggest(typed: &str, outages: &[Outage], seen: &StatusReply<'_>) -> Vec<Choice> {
    let typed = typed.trim().to_lowercase();
    let choices = outages.iter().map(|outage| choice(outage, seen));
    let fits = |choice: &MenuChoice| {
        choice.label.to_lowercase().contains(&typed) || choice.value.to_lowercase().contains(&typed)
    };
    choices.filter(fits).take(limits::CHOICES).map(|it| Choice { label: it.label, value: it.value }).collect()
}

/// One outage as a timeline with its evidence.
pub fn timeline(outage: &Outage, seen: &StatusReply<'_>) -> Message {
    let context = RenderContext::new(seen.catalog, seen.language, seen.now);
    let mut lines = vec![first_line(outage, seen, &context)];
    let skip = outage.timeline.len().saturating_sub(MOMENTS);
    for (n, moment) in outage.timeline.iter().enumerate() {
        let middle = MOMENTS / 2..MOMENTS / 2 + skip;
        if n == middle.start && skip > 0 {
            let skipped = u64::try_from(skip).unwrap_or(u64::MAX);
            lines.push(seen.language.say_with("timeline-skipped", &[("n", skipped.into())]));
        }
        if !middle.contains(&n) {
            lines.push(moment_line(moment, seen));
        }
    }
    let label = seen.language.say("button-notify-me");
    let report = Button::ask(label, &format!("status:tell-me:{}", outage.id), ButtonStyle::Main);
    let mut buttons = if outage.is_open() { vec![report] } else { Vec::new() };
    let mut pages = outage.page.iter().filter_map(|voice| voice.link.as_deref());
    if let Some(url) = pages.rfind(|url| seen.catalog.leads_to_page(url)) {
        buttons.push(Button::Link { label: seen.language.say("button-page"), url: url.to_owned() });
    }
    let rows = if buttons.is_empty() { Vec::new() } else { vec![ActionRow::Buttons(buttons)] };
    let small = format!("-# {}", outage.id);
    let text = fit(&lines.join("\n"), "…", &small, limits::MESSAGE);
    let lasted = time::lasting(outage.duration(seen.now), seen.language);
    let drawing = charts::timeline(outage, seen.catalog, &lasted, seen.now, seen.language);
    let images = vec![Image::to_draw("outage.png", drawing)];
    Message { text, rows, images, ..Message::default() }
}

fn first_line(outage: &Outage, seen: &StatusReply<'_>, context: &RenderContext<'_>) -> String {
    if outage.is_open() {
        return seen.outage_headline(outage);
    }
    match outage.kind {
        OutageKind::Outage => announce::ended_line(outage, context),
        OutageKind::Maintenance => format!("🟢 {}", what(outage, seen)),
    }
}

fn moment_line(moment: &TimelineEntry, seen: &StatusReply<'_>) -> String {
    let language = seen.language;
    let name = |service: &ServiceName| escape::plain(seen.catalog.display_of(service), 60);
    let said = match &moment.what {
        TimelineEvent::FirstFailedProbe { service, failure } => {
            let parts = [
                ("service", name(service).into()),
                ("evidence", symbols::evidence(failure, language).into()),
            ];
            language.say_with("timeline-first-bad", &parts)
        }
        TimelineEvent::Reported => language.say("timeline-posted"),
        TimelineEvent::Became { service, level } => {
            let parts = [
                ("service", name(service).into()),
                ("symbol", symbols::symbol(*level).into()),
                ("level", symbols::word(*level, language).into()),
            ];
            language.say_with("timeline-became", &parts)
        }
        TimelineEvent::FirstGoodProbe { service } => {
            language.say_with("timeline-first-good", &[("service", name(service).into())])
        }
        TimelineEvent::PageSaid { state, text } => {
            let text = escape::quoted(text, PAGE_TEXT);
            let parts = [
                ("whole", escape::plain(&seen.catalog.display, 40).into()),
                ("state", symbols::state(*state, language).into()),
                ("text", (&text).into()),
            ];
            language.say_with(if text.is_empty() { "timeline-page" } else { "timeline-page-text" }, &parts)
        }
        TimelineEvent::PageWithdrew => language.say("timeline-page-withdrew"),
        TimelineEvent::Reopened => language.say("timeline-reopened"),
        TimelineEvent::Flapping => language.say("timeline-flapping"),
        TimelineEvent::Ended => language.say("timeline-ended"),
    };
    format!("• {} {said}", time::clock(moment.at))
}

/// The answer if a user asks for the notification of a recovery that has already happened.
pub fn over_already(outage: &Outage, seen: &StatusReply<'_>) -> Message {
    let context = RenderContext::new(seen.catalog, seen.language, seen.now);
    Message::text(announce::ended_line(outage, &context))
}
