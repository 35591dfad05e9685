//! A parsed page, and the words that the formats have in common.

use jiff::Timestamp;
use serde_json::Value;

use super::super::dates;
use crate::health::{IncidentState, Level, MaintenanceState, Page};

/// The formats that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageFormat {
    /// Statuspage's API v2, as Atlassian and incident.io serve it.
    Statuspage,
    /// incident.io's widget API.
    Widget,
    Instatus,
    /// An Atom or RSS feed: the last resort, because it gives no impact and rarely a component.
    Feed,
}

impl PageFormat {
    /// All of them, richest first: the order in which they are tried.
    pub const ALL: [Self; 4] = [Self::Statuspage, Self::Widget, Self::Instatus, Self::Feed];

    /// Returns the path of the format on a page's host.
    pub fn path(self) -> &'static str {
        match self {
            Self::Statuspage => "/api/v2/summary.json",
            Self::Widget => "/api/v1/summary",
            Self::Instatus => "/summary.json",
            Self::Feed => "/history.atom",
        }
    }
}

/// A parsed page.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedPage {
    pub page_format: PageFormat,
    pub page: Page,
    /// When the page itself last changed, if it says so. It changes with incidents, never with our checks, so it does not show
    /// freshness. But a copy with an earlier time is an older copy.
    pub changed: Option<Timestamp>,
    /// Which part of the page the response was.
    pub part: PageEndpoint,
}

/// Which part of a page one response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEndpoint {
    /// Its state: the first request of every check.
    Whole,
    /// The list of past incidents of a Statuspage, requested if it may show how one ended.
    Past,
    /// The list of components of an Instatus page, whose state does not contain them.
    Components,
}

impl PageEndpoint {
    /// Returns its path on a page's host; `None` for the state itself, whose path depends on the format.
    pub fn path(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Past => Some("/api/v2/incidents.json"),
            Self::Components => Some("/v2/components.json"),
        }
    }
}

/// Returns the worst level of a page. An unknown word outweighs `Up`, and only something worse outweighs it. A page without
/// any level is unknown.
pub(in crate::probe) fn worst(levels: impl IntoIterator<Item = Level>) -> Level {
    let (mut worst, mut unknown) = (Level::Unknown, false);
    for level in levels {
        unknown |= level == Level::Unknown;
        worst = worst.max(level);
    }
    if unknown && worst == Level::Up { Level::Unknown } else { worst }
}

/// Returns the level of a component's or an impact's word, in any format. Ignores case, `_` and spaces.
pub(super) fn level(word: &str) -> Level {
    match folded(word).as_str() {
        "operational" | "up" | "none" | "allsystemsoperational" => Level::Up,
        "degradedperformance" | "degraded" | "minor" | "minoroutage" | "hasissues" => Level::Degraded,
        // Whatever the page calls an outage is one. `major` is its impact of a partial outage.
        "partialoutage" | "majoroutage" | "fulloutage" | "major" | "critical" | "down" => Level::Outage,
        "undermaintenance" | "maintenance" => Level::Maintenance,
        _ => Level::Unknown,
    }
}

/// Returns the state of an incident by its word, in any format.
pub(super) fn incident_state(word: &str) -> IncidentState {
    match folded(word).as_str() {
        "investigating" => IncidentState::Investigating,
        "identified" => IncidentState::Identified,
        "monitoring" => IncidentState::Monitoring,
        // A postmortem may be published and withdrawn: resolved, both times.
        "resolved" | "postmortem" => IncidentState::Resolved,
        _ => IncidentState::Unknown,
    }
}

/// Returns the state of a maintenance by its word, in any format.
pub(super) fn maintenance_state(word: &str) -> MaintenanceState {
    match folded(word).as_str() {
        "scheduled" | "maintenancescheduled" | "notstartedyet" => MaintenanceState::Scheduled,
        "inprogress" | "verifying" | "maintenanceinprogress" => MaintenanceState::Running,
        "completed"
        | "complete"
        | "maintenancecomplete"
        | "maintenancecompleted"
        | "resolved"
        | "postmortem" => MaintenanceState::Completed,
        _ => MaintenanceState::Unknown,
    }
}

/// Returns what a running maintenance says of itself, by its word in any format.
pub(super) fn work_word(word: &str) -> IncidentState {
    match folded(word).as_str() {
        "inprogress" | "maintenanceinprogress" => IncidentState::InProgress,
        "verifying" => IncidentState::Verifying,
        _ => IncidentState::Unknown,
    }
}

/// Returns an incident's state, its impact, and when it was resolved. A row with an unknown word is over if it says when; its
/// impact is then unknown, and it is no news.
pub(super) fn over(
    state: IncidentState,
    impact: Level,
    resolved: Option<Timestamp>,
) -> (IncidentState, Level, Option<Timestamp>) {
    match state {
        IncidentState::Unknown if resolved.is_some() => (IncidentState::Resolved, Level::Up, resolved),
        IncidentState::Resolved => (state, impact, resolved),
        _ => (state, impact, None),
    }
}

fn folded(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a component is a placeholder without meaning.
pub(super) fn is_ignored(name: &str, ignored: &[String]) -> bool {
    let name = folded(name);
    // GitHub's page has a component named "Visit www.githubstatus.com for more information".
    (name.starts_with("visit") && name.ends_with("formoreinformation"))
        || ignored.iter().any(|one| folded(one) == name)
}

/// Returns an id for what the page gave none. It is stable while the text stays as it is.
pub(super) fn made_id(text: &str) -> String {
    let hash = blake3::hash(text.as_bytes()).to_hex();
    format!("made-{}", hash.chars().take(16).collect::<String>())
}

/// Returns a non-empty string of an object; `None` for null, a missing key or another type.
pub(super) fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str().filter(|t| !t.trim().is_empty())
}

/// Returns the title of an incident or a maintenance. One without a title still counts: it must not leave a page `Up`.
pub(super) fn title(row: &Value) -> Option<&str> {
    row.is_object().then(|| text(row, "name").unwrap_or("(untitled)"))
}

/// Returns a list of an object; empty for null, a missing key or another type.
pub(super) fn list<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns an instant of an object, in any form that a page uses.
pub(super) fn instant(object: &Value, key: &str) -> Option<Timestamp> {
    dates::instant(object.get(key)?)
}

/// Returns the names of the components that an incident or a maintenance names.
pub(super) fn names(object: &Value, key: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for component in list(object, key) {
        let name = component.as_str().or_else(|| text(component, "name"));
        if let Some(name) = name
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}
