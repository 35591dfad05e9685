//! The scripted Spotify's status page: a Statuspage that shows what the script says at each instant.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ScriptedSpotify;
use crate::probe::exchange::HttpResponse;
use crate::probe::transport::ProbeRequest;

/// The components of the scripted page. The real page's are read at run time and written nowhere.
const COMPONENTS: [&str; 4] = ["Web API", "Login", "Apps", "Web Player"];

/// The script of the status page.
#[derive(Clone, Copy, Debug)]
pub struct PageScript<'a> {
    pub(super) spotify: &'a ScriptedSpotify,
}

/// One incident of the script, which can be extended.
#[derive(Clone, Copy, Debug)]
pub struct ScriptedIncident<'a> {
    page: PageScript<'a>,
    nth: usize,
}

#[derive(Debug, Default)]
pub(super) struct ScriptedPages {
    incidents: Vec<Incident>,
    maintenances: Vec<Maintenance>,
}

#[derive(Debug)]
struct Incident {
    name: String,
    impact: String,
    components: Vec<String>,
    began: Timestamp,
    updates: Vec<(Timestamp, String, String)>,
    withdrawn: Option<Timestamp>,
}

#[derive(Debug)]
struct Maintenance {
    name: String,
    announced: Timestamp,
    from: Timestamp,
    until: Timestamp,
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "the script is changed at once; the chain is only for reading"
)]
impl<'a> PageScript<'a> {
    /// Opens an incident, with its impact in the page's words (`minor`, `major`, `critical`) and the components that it names.
    pub fn opens(self, time: &str, name: &str, impact: &str, components: &[&str]) -> ScriptedIncident<'a> {
        let at = self.spotify.at(time);
        let mut script = self.spotify.script();
        script.page.incidents.push(Incident {
            name: name.to_owned(),
            impact: impact.to_owned(),
            components: components.iter().map(|c| (*c).to_owned()).collect(),
            began: at,
            updates: vec![(at, "investigating".to_owned(), "We are looking into it.".to_owned())],
            withdrawn: None,
        });
        ScriptedIncident { page: self, nth: script.page.incidents.len() - 1 }
    }

    pub fn announces_work(self, time: &str, name: &str, from: &str, until: &str) -> Self {
        let spotify = self.spotify;
        let (announced, from, until) = (spotify.at(time), spotify.at(from), spotify.at(until));
        spotify.script().page.maintenances.push(Maintenance {
            name: name.to_owned(),
            announced,
            from,
            until,
        });
        self
    }
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "the script is changed at once; the chain is only for reading"
)]
impl ScriptedIncident<'_> {
    /// Adds an update; `state` in the page's words.
    pub fn updates(self, time: &str, state: &str, text: &str) -> Self {
        let at = self.page.spotify.at(time);
        self.change(|incident| incident.updates.push((at, state.to_owned(), text.to_owned())))
    }

    /// Adds an update that resolves it.
    pub fn resolves(self, time: &str, text: &str) -> Self {
        self.updates(time, "resolved", text)
    }

    /// Moves its start to before its first update.
    pub fn backdated(self, time: &str) -> Self {
        let at = self.page.spotify.at(time);
        self.change(|incident| incident.began = at)
    }

    /// Removes it from the page, as if it had never been there.
    pub fn withdrawn(self, time: &str) -> Self {
        let at = self.page.spotify.at(time);
        self.change(|incident| incident.withdrawn = Some(at))
    }

    fn change(self, change: impl FnOnce(&mut Incident)) -> Self {
        if let Some(incident) = self.page.spotify.script().page.incidents.get_mut(self.nth) {
            change(incident);
        }
        self
    }
}

impl Incident {
    fn opened(&self) -> Option<Timestamp> {
        self.updates.first().map(|(at, ..)| *at)
    }

    /// Returns the word of the newest update by then; `None` if the page does not show it.
    fn state(&self, now: Timestamp) -> Option<&str> {
        if self.withdrawn.is_some_and(|at| at <= now) {
            return None;
        }
        self.updates.iter().rfind(|(at, ..)| *at <= now).map(|(_, state, _)| state.as_str())
    }

    fn is_open(&self, now: Timestamp) -> bool {
        self.state(now).is_some_and(|state| !matches!(state, "resolved" | "postmortem"))
    }

    fn json(&self, nth: usize, now: Timestamp) -> Value {
        let said: Vec<Value> = self
            .updates
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, (at, ..))| *at <= now)
            .map(|(u, (at, state, text))| {
                json!({"id": format!("inc{nth}-{u}"), "status": state, "body": text, "display_at": at, "created_at": at})
            })
            .collect();
        let resolved =
            self.updates.iter().find(|(at, state, _)| *at <= now && state == "resolved").map(|(at, ..)| at);
        let components: Vec<Value> = self.components.iter().map(|name| json!({"name": name})).collect();
        json!({
            "id": format!("inc{nth}"), "name": self.name, "status": self.state(now), "impact": self.impact,
            "created_at": self.opened(), "started_at": self.began, "resolved_at": resolved,
            "shortlink": format!("https://stspg.io/inc{nth}"), "components": components, "incident_updates": said,
        })
    }
}

impl ScriptedPages {
    pub(super) fn answer(&self, request: &ProbeRequest, now: Timestamp) -> HttpResponse {
        let path = request.url.split(['?', '#']).next().unwrap_or_default();
        let body = if path.ends_with("/incidents.json") {
            self.incidents(now)
        } else if path.ends_with("/summary.json") {
            self.summary(now)
        } else {
            return HttpResponse::html(404, "<!doctype html><title>Not found</title>");
        };
        let body = body.to_string();
        let etag =
            format!("W/\"{}\"", blake3::hash(body.as_bytes()).to_hex().chars().take(16).collect::<String>());
        if request.header("if-none-match") == Some(&etag) {
            return HttpResponse { status: 304, ..HttpResponse::default() }
                .with("etag", &etag)
                .with("age", "0");
        }
        HttpResponse::json(200, &body).with("etag", &etag).with("age", "0")
    }

    fn page(&self, now: Timestamp) -> Value {
        let reported =
            self.incidents.iter().flat_map(|i| i.updates.iter().map(|(at, ..)| *at).chain(i.withdrawn));
        let changed = reported.filter(|at| *at <= now).max();
        json!({"id": "scripted0000", "name": "Spotify", "url": "https://spotify.statuspage.io", "updated_at": changed})
    }

    fn incidents(&self, now: Timestamp) -> Value {
        let shown = self.incidents.iter().enumerate().rev().filter(|(_, i)| i.state(now).is_some());
        let rows: Vec<Value> = shown.map(|(nth, i)| i.json(nth, now)).collect();
        json!({"page": self.page(now), "incidents": rows})
    }

    fn summary(&self, now: Timestamp) -> Value {
        let open = || self.incidents.iter().enumerate().rev().filter(|(_, i)| i.is_open(now));
        let rows: Vec<Value> = open().map(|(nth, i)| i.json(nth, now)).collect();
        let rank =
            |impact: &str| ["none", "minor", "major", "critical"].iter().position(|word| *word == impact);
        let worst =
            open().map(|(_, i)| i.impact.as_str()).max_by_key(|impact| rank(impact)).unwrap_or("none");
        let headline = match worst {
            "none" => "All Systems Operational",
            "minor" => "Minor Service Outage",
            "major" => "Partial System Outage",
            _ => "Major Service Outage",
        };
        let components: Vec<Value> = COMPONENTS
            .iter()
            .enumerate()
            .map(|(nth, name)| {
                let hit = open().filter(|(_, i)| i.components.iter().any(|c| c == name));
                let status = match hit.map(|(_, i)| i.impact.as_str()).max_by_key(|impact| rank(impact)) {
                    None | Some("none") => "operational",
                    Some("minor") => "degraded_performance",
                    Some("major") => "partial_outage",
                    Some(_) => "major_outage",
                };
                json!({"id": format!("c{nth}"), "name": name, "status": status, "group": false})
            })
            .collect();
        let work: Vec<Value> = self
            .maintenances
            .iter()
            .enumerate()
            .filter(|(_, m)| m.announced <= now && now < m.until)
            .map(|(nth, m)| {
                let status = if now < m.from { "scheduled" } else { "in_progress" };
                json!({
                    "id": format!("mnt{nth}"), "name": m.name, "status": status, "impact": "maintenance",
                    "scheduled_for": m.from, "scheduled_until": m.until,
                })
            })
            .collect();
        json!({
            "page": self.page(now), "status": {"indicator": worst, "description": headline},
            "components": components, "incidents": rows, "scheduled_maintenances": work,
        })
    }
}
