//! The formats of status pages, recognized by what answers, and what they have in common.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::exchange::HttpResponse;
use super::{atom, classify, dates, incident_io, instatus, statuspage};
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

/// Parses the response of a status page, in any known format. `ignored` are names of components without meaning. The error
/// says what came instead.
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
    Err(match foreign(body) {
        Some(vendor) => format!("a page of {vendor}, which is not supported; {READ} are"),
        None => format!("JSON of an unknown status page; {READ} are supported"),
    })
}

/// The formats that are read, for people who configured another one.
const READ: &str = "Statuspage, incident.io, Instatus, and Atom and RSS feeds";

/// Returns the vendor of a page that we recognize but cannot read.
fn foreign(body: &Value) -> Option<&'static str> {
    let is_object = |key: &str| body.get(key).is_some_and(Value::is_object);
    let has_list = |key: &str| body.get(key).is_some_and(Value::is_array);
    if body.get("cStateVersion").is_some() {
        Some("cState")
    } else if has_list("publicGroupList") || is_object("heartbeatList") {
        Some("Uptime Kuma")
    } else if body
        .pointer("/data/type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind.starts_with("status_page"))
    {
        Some("Better Stack")
    } else if is_object("status_page") {
        Some("Statuspal")
    } else {
        None
    }
}

/// Returns how old a copy was on arrival: a CDN may serve one up to an hour old while the page's own servers fail.
pub(super) fn copy_age(answer: &HttpResponse) -> SignedDuration {
    let seconds = answer.headers.value("age").and_then(|age| age.trim().parse::<u32>().ok()).unwrap_or(0);
    SignedDuration::from_secs(i64::from(seconds))
}

/// Returns the worst level of a page. An unknown word outweighs `Up`, and only something worse outweighs it. A page without
/// any level is unknown.
pub(super) fn worst(levels: impl IntoIterator<Item = Level>) -> Level {
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
        let read = "Statuspage, incident.io, Instatus, and Atom and RSS feeds are";
        assert_eq!(
            reported(HttpResponse::json(200, "{}")),
            format!("JSON of an unknown status page; {read} supported")
        );
        for (vendor, body) in [
            ("cState", r#"{"is":"index","cStateVersion":"5.6","systems":[]}"#),
            ("Uptime Kuma", r#"{"config":{},"incident":null,"publicGroupList":[]}"#),
            ("Better Stack", r#"{"data":{"id":"1","type":"status_page","attributes":{}},"included":[]}"#),
            ("Statuspal", r#"{"status_page":{"name":"A"},"services":[]}"#),
        ] {
            assert_eq!(
                reported(HttpResponse::json(200, body)),
                format!("a page of {vendor}, which is not supported; {read}")
            );
        }
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
