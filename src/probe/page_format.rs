//! The dialects that status pages speak, found by what answers, and what they have in common.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::exchange::HttpResponse;
use super::{atom, classify, incident_io, instatus, statuspage};
use crate::health::{IncidentState, Level, MaintenanceState, Page};

/// The dialects that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageFormat {
    /// Statuspage's API v2, as Atlassian and incident.io serve it.
    Statuspage,
    /// incident.io's widget API.
    Widget,
    Instatus,
    /// The Atom feed of a Statuspage: the last resort, for it names neither components nor impact.
    Feed,
}

impl PageFormat {
    /// All of them, richest first: the order in which a page is asked.
    pub const ALL: [Self; 4] = [Self::Statuspage, Self::Widget, Self::Instatus, Self::Feed];

    /// Where on a page's host the dialect is spoken.
    pub fn path(self) -> &'static str {
        match self {
            Self::Statuspage => "/api/v2/summary.json",
            Self::Widget => "/api/v1/summary",
            Self::Instatus => "/summary.json",
            Self::Feed => "/history.atom",
        }
    }
}

/// A page, read.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedPage {
    pub page_format: PageFormat,
    pub page: Page,
    /// When the page itself last changed, where it says so. It moves with incidents, never with our checks, so it is no
    /// measure of freshness; but a copy with an older one is an older copy.
    pub changed: Option<Timestamp>,
    /// How much of the page the answer was.
    pub part: PageEndpoint,
}

/// How much of a page one answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEndpoint {
    /// Its state: what every check asks for first.
    Whole,
    /// The list of past incidents of a Statuspage, asked for where it would tell how one ended.
    Past,
    /// The list of components of an Instatus page, whose state does not hold them.
    Components,
}

impl PageEndpoint {
    /// Where on a page's host it is asked for; none for the state itself, which stands where its dialect says.
    pub fn path(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Past => Some("/api/v2/incidents.json"),
            Self::Components => Some("/v2/components.json"),
        }
    }
}

/// Reads the answer of a status page, in whichever dialect it is. `ignored` are names of components that mean nothing.
/// The error says what came instead.
pub fn read(answer: &HttpResponse, ignored: &[String]) -> Result<ParsedPage, String> {
    if answer.truncated {
        return Err("the page was cut at our size cap".to_owned());
    }
    let mut reading = if let Some(body) = classify::json(answer) {
        read_json(&body, ignored)?
    } else if classify::is_html(answer) {
        return Err(format!("HTML where a status page's JSON belongs{}", classify::titled(answer)));
    } else if answer.body.trim_ascii_start().starts_with(b"<") {
        atom::parse(&answer.body)?
    } else {
        return Err("neither JSON nor a feed".to_owned());
    };
    reading.page.copy_age = copy_age(answer);
    Ok(reading)
}

fn read_json(body: &Value, ignored: &[String]) -> Result<ParsedPage, String> {
    let page = body.get("page").filter(|p| p.is_object());
    if let Some(page) = page
        && text(page, "status").is_some()
    {
        return Ok(instatus::parse(body, ignored));
    }
    if body.get("page_title").is_some() || body.get("ongoing_incidents").is_some() {
        return Ok(incident_io::parse(body));
    }
    if page.is_none() && body.get("components").is_some_and(Value::is_array) {
        return Ok(instatus::parse_components(body, ignored));
    }
    if page.is_some() || body.get("status").is_some_and(Value::is_object) {
        return statuspage::parse(body, ignored);
    }
    Err("JSON that is no status page we know".to_owned())
}

/// How old a copy was when it came: a CDN may serve one up to an hour old while the page's own servers fail.
pub(super) fn copy_age(answer: &HttpResponse) -> SignedDuration {
    let seconds = answer.headers.value("age").and_then(|age| age.trim().parse::<u32>().ok()).unwrap_or(0);
    SignedDuration::from_secs(i64::from(seconds))
}

/// The worst of what a page says. A word that we do not know is never outweighed by green, only by something worse;
/// a page that says nothing at all is unknown.
pub(super) fn worst(levels: impl IntoIterator<Item = Level>) -> Level {
    let (mut worst, mut unknown) = (Level::Unknown, false);
    for level in levels {
        unknown |= level == Level::Unknown;
        worst = worst.max(level);
    }
    if unknown && worst == Level::Up { Level::Unknown } else { worst }
}

/// The level of a component's or an impact's word, in any dialect: case, `_` and spaces aside.
pub(super) fn level(word: &str) -> Level {
    match folded(word).as_str() {
        "operational" | "up" | "none" | "allsystemsoperational" => Level::Up,
        "degradedperformance" | "degraded" | "minor" | "minoroutage" | "hasissues" => Level::Degraded,
        // What the page itself calls an outage is one; `major` is its impact of a partial outage.
        "partialoutage" | "majoroutage" | "fulloutage" | "major" | "critical" | "down" => Level::Outage,
        "undermaintenance" | "maintenance" => Level::Maintenance,
        _ => Level::Unknown,
    }
}

/// Where an incident stands, by its word in any dialect.
pub(super) fn incident_state(word: &str) -> IncidentState {
    match folded(word).as_str() {
        "investigating" => IncidentState::Investigating,
        "identified" => IncidentState::Identified,
        "monitoring" => IncidentState::Monitoring,
        // A postmortem may be published and taken back: resolved, both times.
        "resolved" | "postmortem" => IncidentState::Resolved,
        _ => IncidentState::Unknown,
    }
}

/// Where a maintenance stands, by its word in any dialect.
pub(super) fn maintenance_state(word: &str) -> MaintenanceState {
    match folded(word).as_str() {
        "scheduled" | "maintenancescheduled" | "notstartedyet" => MaintenanceState::Scheduled,
        "inprogress" | "verifying" | "maintenanceinprogress" => MaintenanceState::Running,
        "completed" | "complete" | "maintenancecomplete" | "resolved" | "postmortem" => {
            MaintenanceState::Completed
        }
        _ => MaintenanceState::Unknown,
    }
}

fn folded(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a component is a placeholder that means nothing.
pub(super) fn is_ignored(name: &str, ignored: &[String]) -> bool {
    let name = folded(name);
    // GitHub's page holds a component named "Visit www.githubstatus.com for more information".
    (name.starts_with("visit") && name.ends_with("formoreinformation"))
        || ignored.iter().any(|one| folded(one) == name)
}

/// A name for what the page gave none: stable while the text stays as it is.
pub(super) fn made_id(text: &str) -> String {
    let hash = blake3::hash(text.as_bytes()).to_hex();
    format!("made-{}", hash.chars().take(16).collect::<String>())
}

/// A string of an object that is not empty; none for null, a missing key or another type.
pub(super) fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str().filter(|t| !t.trim().is_empty())
}

/// The title of an incident or a maintenance. One that has none is there all the same: it must not leave a page green.
pub(super) fn title(row: &Value) -> Option<&str> {
    row.is_object().then(|| text(row, "name").unwrap_or("(untitled)"))
}

/// A list of an object; empty for null, a missing key or another type.
pub(super) fn list<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An instant of an object: RFC 3339, in UTC or with an offset.
pub(super) fn instant(object: &Value, key: &str) -> Option<Timestamp> {
    text(object, key)?.parse().ok()
}

/// The names of the components that an incident or a maintenance names.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn unknown_status_word_is_never_green_and_hides_nothing() {
        assert_eq!(worst([Level::Up, level("sparkling")]), Level::Unknown);
        assert_eq!(worst([Level::Up, level("sparkling"), level("major_outage")]), Level::Outage);
        assert_eq!(worst([]), Level::Unknown);
        assert_eq!(worst([Level::Up, Level::Up]), Level::Up);
    }

    #[test]
    fn html_or_unknown_page_reports_what_arrived() {
        let reported = |answer: HttpResponse| read(&answer, &[]).unwrap_err();
        assert_eq!(
            reported(HttpResponse::html(200, "<!doctype html><title>Just a moment...</title>")),
            "HTML where a status page's JSON belongs (\"Just a moment...\")"
        );
        assert_eq!(reported(HttpResponse::json(200, "{}")), "JSON that is no status page we know");
        assert_eq!(reported(HttpResponse::text(200, "all good")), "neither JSON nor a feed");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(body: Vec<u8>, head in "\\PC{0,40}") {
            let mut bytes = head.into_bytes();
            bytes.extend(body);
            let _ = read(&HttpResponse { status: 200, body: bytes, ..Default::default() }, &[]);
        }

        #[test]
        fn known_keys_with_any_values_parse_without_panic(
            key in "page|status|components|incidents|scheduled_maintenances|ongoing_incidents|activeIncidents|page_title",
            inner in "id|name|status|impact|incident_updates|components|group|started_at|indicator",
            value in proptest::sample::select(vec!["null", "1e300", "-1", "\"\"", "\"ß\"", "[]", "{}", "[null]", "[[1]]", "true"]),
        ) {
            let body = format!("{{\"page\":{{}},\"{key}\":[{{\"{inner}\":{value}}}],\"status\":{{\"{inner}\":{value}}}}}");
            let reading = read(&HttpResponse::json(200, &body), &[]);
            prop_assert!(reading.map_or(true, |r| r.page.level != Level::Up));
        }
    }
}
