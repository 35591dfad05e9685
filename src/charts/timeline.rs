//! One outage as a timeline: a lane per service, and below them what both voices said, and when.

mod draw;
mod moments;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chart::{ROWS, Tick};
use super::wording::{date, day, list, meaning_of_level, service_name, time};
use super::{AxisPosition, ChartSpec, FillState, WHOLE};
use crate::health::{Level, Outage, OutageKind, ServiceCatalog, ServiceImpact, ServiceName, TimelineEvent};
use crate::i18n::Language;
use moments::{TimelineStatement, they_say, we_see};

/// The timeline of one outage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timeline {
    pub title: String,
    /// Its start and end.
    pub note: String,
    pub lanes: Vec<Lane>,
    pub voices: Vec<TimelineVoice>,
    /// The axis labels below it.
    pub ticks: Vec<Tick>,
    /// The positions of its start and, if it is over, its end.
    pub edges: (AxisPosition, Option<AxisPosition>),
    /// What each state means.
    pub legend: Vec<(FillState, String)>,
    /// The alt text.
    pub alt: String,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lane {
    pub name: String,
    /// Its start and end: `12:20–15:45`.
    pub times: String,
    pub spans: Vec<LaneSpan>,
}

/// One stretch of time in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LaneSpan {
    pub from: AxisPosition,
    pub until: AxisPosition,
    pub state: FillState,
    pub open: bool,
}

/// One voice: our checks or the status page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimelineVoice {
    pub name: String,
    /// A note that the voice said nothing; empty if it said something.
    pub note: String,
    pub marks: Vec<TimelineMark>,
}

/// One statement of a voice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimelineMark {
    pub at: AxisPosition,
    /// What was said, with its time.
    pub label: String,
    /// Bad news is drawn as triangles, good news as discs, the rest as diamonds.
    pub state: FillState,
}

/// Maps instants to positions on the axis.
#[derive(Clone, Copy)]
struct Scale {
    from: i64,
    until: i64,
}

impl Scale {
    fn place(self, at: Timestamp) -> AxisPosition {
        let whole = i128::from(self.until - self.from).max(1);
        let along = i128::from(at.as_second() - self.from) * i128::from(WHOLE) / whole;
        u16::try_from(along.clamp(0, i128::from(WHOLE))).unwrap_or(WHOLE)
    }
}

/// One outage until `now`; `span` is its duration so far in words.
pub fn timeline(
    outage: &Outage,
    catalog: &ServiceCatalog,
    span: &str,
    now: Timestamp,
    language: Language,
) -> ChartSpec {
    // The chart of an open outage changes each minute, not each second.
    let minute = Timestamp::from_second(now.as_second().div_euclid(60) * 60).unwrap_or(now);
    let end = outage.until.unwrap_or(minute).max(outage.since);
    let (scale, long) = scale(outage, end);
    let hits = in_order(outage, catalog);
    let ours = we_see(outage);
    let theirs = they_say(outage);
    let whole = service_name(&catalog.whole, catalog);
    let named = |whole: &str| {
        let they = language.say_with("chart-they-say", &[("whole", whole.into())]);
        [(language.say("chart-we-see"), &ours), (they, &theirs)]
    };
    let voices = named(&whole).map(|(name, said)| voice(name, said, scale, long, language));
    let mut alt = vec![whole_in_words(outage, catalog, span, language)];
    alt.extend(hits.iter().map(|(name, hit)| {
        let worst = if outage.kind == OutageKind::Maintenance { Level::Maintenance } else { hit.worst };
        lane_in_words((catalog.display_of(name), worst), hit, end, long, language)
    }));
    let moments = named(&catalog.display).map(|(name, said)| in_words(&name, said, long, language));
    alt.extend(moments.into_iter().flatten());
    let levels =
        hits.iter().flat_map(|(name, hit)| stretches(outage, name, hit, end)).map(|(.., level)| level);
    let mut shown: Vec<FillState> = levels.map(state).collect();
    shown.sort_unstable();
    shown.dedup();
    ChartSpec::Timeline(Timeline {
        title: title(&whole, &hits, catalog, language),
        note: note(outage, span, end, language),
        lanes: hits
            .iter()
            .map(|(name, hit)| lane(outage, name, hit, end, scale, long, (catalog, language)))
            .collect(),
        voices: voices.into(),
        ticks: ticks(scale, long, language),
        edges: (scale.place(outage.since), outage.until.map(|until| scale.place(until))),
        legend: shown.into_iter().map(|state| (state, language.say(meaning_of_level(state)))).collect(),
        alt: alt.join(" "),
    })
}

/// From before the first to after the last instant that is shown; and whether that is longer than a day.
fn scale(outage: &Outage, end: Timestamp) -> (Scale, bool) {
    let instants = outage.timeline.iter().map(|moment| moment.at).chain([outage.since, end]);
    let instants = instants.chain(outage.services.values().map(|hit| hit.since));
    let (from, until) = instants
        .map(Timestamp::as_second)
        .fold((i64::MAX, i64::MIN), |(low, high), at| (low.min(at), high.max(at)));
    let length = until.saturating_sub(from);
    let edge = (length / 25).max(30); // room for the marks at both ends
    (Scale { from: from - edge, until: until + edge }, length > 24 * 3_600)
}

fn in_order<'a>(outage: &'a Outage, catalog: &ServiceCatalog) -> Vec<(&'a ServiceName, &'a ServiceImpact)> {
    let order = |name: &ServiceName| catalog.services.iter().position(|service| service.name == *name);
    let mut hits: Vec<_> = outage.services.iter().collect();
    hits.sort_by_key(|(name, _)| order(name).unwrap_or(usize::MAX));
    hits.truncate(ROWS);
    hits
}

pub(super) fn state(level: Level) -> FillState {
    match level {
        Level::Unknown => FillState::Unseen,
        Level::Up => FillState::Good,
        Level::Maintenance => FillState::Work,
        Level::Degraded => FillState::Part,
        Level::Outage => FillState::Bad,
    }
}

/// The levels of a service over time: its worst, unless the timeline has finer data.
fn stretches(
    outage: &Outage,
    name: &ServiceName,
    hit: &ServiceImpact,
    end: Timestamp,
) -> Vec<(Timestamp, Timestamp, Level)> {
    let until = hit.until.unwrap_or(end).max(hit.since);
    let changes: Vec<(Timestamp, Level)> = outage
        .timeline
        .iter()
        .filter_map(|moment| match &moment.what {
            TimelineEvent::Became { service, level } if service == name => Some((moment.at, *level)),
            _ => None,
        })
        .filter(|(at, _)| (hit.since..until).contains(at))
        .collect();
    // The level before the first change is inferred. It was bad enough to be posted. If the change made it worse, it was
    // degraded; if the change made it better, it was at its worst.
    let first = match (outage.kind, changes.first()) {
        (OutageKind::Maintenance, _) => Level::Maintenance,
        (_, Some((at, _))) if *at == hit.since => Level::Unknown,
        (_, Some((_, Level::Outage))) => Level::Degraded,
        _ => hit.worst,
    };
    let mut stretches = Vec::new();
    let mut last = (hit.since, first);
    for change in changes.into_iter().chain([(until, Level::Up)]) {
        if change.0 > last.0 {
            stretches.push((last.0, change.0, last.1));
        }
        last = change;
    }
    if stretches.is_empty() {
        stretches.push((hit.since, until, hit.worst));
    }
    stretches
}

fn lane(
    outage: &Outage,
    name: &ServiceName,
    hit: &ServiceImpact,
    end: Timestamp,
    scale: Scale,
    long: bool,
    (catalog, language): (&ServiceCatalog, Language),
) -> Lane {
    let spans: Vec<LaneSpan> = stretches(outage, name, hit, end)
        .into_iter()
        .map(|(from, until, level)| LaneSpan {
            from: scale.place(from),
            until: scale.place(until),
            state: state(level),
            open: outage.is_open() && hit.until.is_none() && until == end,
        })
        .collect();
    let from = instant(hit.since, long, language);
    let times = match hit.until.or(outage.until) {
        Some(until) => format!("{from}–{}", instant(until, long, language)),
        None => language.say_with("chart-since", &[("from", from.into())]),
    };
    Lane { name: service_name(name, catalog), times, spans }
}

fn voice(
    name: String,
    said: &[TimelineStatement],
    scale: Scale,
    long: bool,
    language: Language,
) -> TimelineVoice {
    let mark = |said: &TimelineStatement| TimelineMark {
        at: scale.place(said.at),
        label: format!("{} {}", instant(said.at, long, language), language.say(said.message)),
        state: said.state,
    };
    let note = if said.is_empty() { language.say("chart-nothing") } else { String::new() };
    TimelineVoice { name, note, marks: said.iter().map(mark).collect() }
}

/// The time of day, with the day if the chart spans several.
fn instant(at: Timestamp, long: bool, language: Language) -> String {
    if long { format!("{} {}", day(at, language), time(at)) } else { time(at) }
}

/// `Spotify: Web API, Web player`.
fn title(
    whole: &str,
    hits: &[(&ServiceName, &ServiceImpact)],
    catalog: &ServiceCatalog,
    language: Language,
) -> String {
    let names: Vec<String> = hits.iter().map(|(name, _)| service_name(name, catalog)).collect();
    let alone = names.is_empty() || names.iter().any(|name| name == whole);
    if alone {
        return whole.to_owned();
    }
    let parts = [("whole", whole.into()), ("names", list(names, language).into())];
    language.say_with("chart-timeline-title", &parts)
}

fn note(outage: &Outage, span: &str, end: Timestamp, language: Language) -> String {
    let full = |at: Timestamp| format!("{} {}", date(at, language), time(at));
    let same = date(outage.since, language) == date(end, language);
    let until = if same { time(end) } else { full(end) };
    let message = if outage.is_open() { "chart-timeline-note-open" } else { "chart-timeline-note" };
    let parts = [("span", span.into()), ("from", full(outage.since).into()), ("until", until.into())];
    language.say_with(message, &parts)
}

fn whole_in_words(outage: &Outage, catalog: &ServiceCatalog, span: &str, language: Language) -> String {
    let message = if outage.is_open() { "chart-timeline-alt-open" } else { "chart-timeline-alt" };
    let worst = if outage.kind == OutageKind::Maintenance { Level::Maintenance } else { outage.worst };
    let level = language.say(meaning_of_level(state(worst)));
    let parts = [("whole", (&catalog.display).into()), ("level", level.into()), ("span", span.into())];
    language.say_with(message, &parts)
}

fn lane_in_words(
    (service, worst): (&str, Level),
    hit: &ServiceImpact,
    end: Timestamp,
    long: bool,
    language: Language,
) -> String {
    let until = hit.until.unwrap_or(end);
    let message = if hit.until.is_some() { "chart-lane-alt" } else { "chart-lane-alt-open" };
    let level = language.say(meaning_of_level(state(worst)));
    let parts = [
        ("service", service.into()),
        ("level", level.into()),
        ("from", instant(hit.since, long, language).into()),
        ("until", instant(until, long, language).into()),
    ];
    language.say_with(message, &parts)
}

fn in_words(voice: &str, said: &[TimelineStatement], long: bool, language: Language) -> Option<String> {
    let moment = |said: &TimelineStatement| {
        format!("{} {}", instant(said.at, long, language), language.say(said.message))
    };
    let moments = list(said.iter().map(moment).collect(), language);
    let parts = [("voice", voice.into()), ("moments", moments.into())];
    (!said.is_empty()).then(|| language.say_with("chart-moments-alt", &parts))
}

/// Axis marks: as many as fit, at round times of day.
fn ticks(scale: Scale, long: bool, language: Language) -> Vec<Tick> {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const STEPS: &[i64] = &[
        MINUTE,
        2 * MINUTE,
        5 * MINUTE,
        10 * MINUTE,
        15 * MINUTE,
        30 * MINUTE,
        HOUR,
        2 * HOUR,
        3 * HOUR,
        6 * HOUR,
        12 * HOUR,
        24 * HOUR,
    ];
    let most = if long { 4 } else { 6 };
    let length = scale.until - scale.from;
    let days = (length / most).div_euclid(24 * HOUR) + 1;
    let step = STEPS.iter().copied().find(|step| length / step <= most).unwrap_or(days * 24 * HOUR);
    let mut ticks = Vec::new();
    let mut at = scale.from + (-scale.from).rem_euclid(step);
    while at <= scale.until {
        if let Ok(at) = Timestamp::from_second(at) {
            ticks.push(Tick { at: scale.place(at), label: instant(at, long, language) });
        }
        at += step;
    }
    ticks
}
