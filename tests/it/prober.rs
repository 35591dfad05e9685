//! A scripted Spotify and a bot that only probes and detects: stretches of responses in, announced lines out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use healthy_upstream::health::{
    Detector, DetectorState, EventKind, Failure, FailureKind, IncidentState, Level, MaintenanceState,
    Observation, OutageEvent, Outcome, Page, PageIncident, PageMaintenance, PageUpdate, Policy,
    RejectionReason, ServiceCatalog, SourceName,
};
use jiff::{SignedDuration, Timestamp};

use crate::fixtures::{at, catalog};

pub(crate) fn failing(status: u16, detail: &str) -> Outcome {
    let class = match (status, detail) {
        (503, "no healthy upstream") => FailureKind::NoHealthyUpstream,
        (502..=504, "") => FailureKind::EdgeError,
        _ => FailureKind::ServerError,
    };
    Outcome::Failing(Failure { class, status: Some(status), detail: detail.to_owned() })
}

pub(crate) fn cut(class: FailureKind) -> Outcome {
    Outcome::Unreachable(Failure { class, status: None, detail: String::new() })
}

pub(crate) fn refused(why: RejectionReason, detail: &str) -> Outcome {
    Outcome::Refused { why, detail: detail.to_owned(), until: None }
}

/// One stretch of answers of one source.
struct Stretch {
    source: String,
    from: Timestamp,
    until: Timestamp,
    seen: Outcome,
    took: SignedDuration,
}

/// A bot that probes a scripted Spotify at the pace that its detector requests.
pub(crate) struct Prober {
    pub(crate) detector: Detector,
    stretches: Vec<Stretch>,
    next: BTreeMap<SourceName, Timestamp>,
    began: BTreeMap<SourceName, Timestamp>,
    pub(crate) events: Vec<OutageEvent>,
    pub(crate) probes: u64,
}

impl Prober {
    pub(crate) fn new() -> Self {
        Self::with(catalog(), Policy::default())
    }

    pub(crate) fn with(catalog: ServiceCatalog, policy: Policy) -> Self {
        Self {
            detector: Detector::new(catalog, policy),
            stretches: vec![],
            next: BTreeMap::new(),
            began: BTreeMap::new(),
            events: vec![],
            probes: 0,
        }
    }

    /// From `from` until `until`, a source answers like this; what is said later covers what was said before.
    pub(crate) fn answers(&mut self, source: &str, from: &str, until: &str, seen: Outcome) -> &mut Self {
        self.takes(source, from, until, seen, 40)
    }

    /// The same, with how many milliseconds each check takes.
    pub(crate) fn takes(
        &mut self,
        source: &str,
        from: &str,
        until: &str,
        seen: Outcome,
        ms: i64,
    ) -> &mut Self {
        self.stretches.push(Stretch {
            source: source.to_owned(),
            from: at(from),
            until: at(until),
            seen,
            took: SignedDuration::from_millis(ms),
        });
        self
    }

    /// The far side's page says this from `from` until `until`.
    pub(crate) fn page(&mut self, from: &str, until: &str, page: Page) -> &mut Self {
        self.answers("status-page", from, until, Outcome::Page(Box::new(page)))
    }

    /// All sources fail alike.
    pub(crate) fn all_answer(&mut self, from: &str, until: &str, seen: &Outcome) -> &mut Self {
        for source in ["web-api", "accounts", "accounts-discovery", "client-bootstrap", "web-player"] {
            self.answers(source, from, until, seen.clone());
        }
        self
    }

    /// Probes from `from` until `until`.
    pub(crate) fn run(&mut self, from: &str, until: &str) -> &mut Self {
        self.start_probing(at(from));
        while let Some((source, when)) = self.soonest().filter(|(_, when)| *when < at(until)) {
            self.probe(&source, when);
            self.next.insert(source.clone(), Timestamp::MAX);
            self.began.insert(source, when);
            // As in the watcher: one check's result may bring others forward, never delay them.
            for (source, began) in &self.began {
                let due = (*began + self.detector.pace(source)).max(when);
                let next = self.next.entry(source.clone()).or_insert(due);
                *next = (*next).min(due);
            }
        }
        self
    }

    /// A restart: what was stored comes back, and nothing else.
    pub(crate) fn restart(&mut self) -> &mut Self {
        let stored = serde_json::to_string(self.detector.tracker()).expect("a tracker as text");
        let state: DetectorState = serde_json::from_str(&stored).expect("the same tracker");
        assert_eq!(&state, self.detector.tracker(), "nothing is lost in the store");
        self.detector =
            Detector::resume(self.detector.catalog().clone(), self.detector.policy().clone(), state);
        self
    }

    fn start_probing(&mut self, from: Timestamp) {
        let sources = [
            "control",
            "status-page",
            "web-api",
            "accounts",
            "accounts-discovery",
            "client-bootstrap",
            "web-player",
        ];
        let more = self.detector.catalog().more_controls.clone();
        let sources = sources.map(SourceName::from).into_iter().chain(more);
        for (n, source) in (0..).zip(sources) {
            let first = from + SignedDuration::from_millis(n * 700);
            let next = self.next.entry(source).or_insert(first);
            *next = (*next).max(first);
        }
    }

    fn soonest(&self) -> Option<(SourceName, Timestamp)> {
        self.next.iter().min_by_key(|(_, when)| **when).map(|(source, when)| (source.clone(), *when))
    }

    fn probe(&mut self, source: &SourceName, when: Timestamp) {
        let covers = |s: &&Stretch| s.source == source.as_str() && s.from <= when && when < s.until;
        let (seen, took) = match self.stretches.iter().rev().find(covers) {
            Some(stretch) => (stretch.seen.clone(), stretch.took),
            None if source.as_str() == "status-page" => {
                (Outcome::Page(Box::default()), SignedDuration::from_millis(40))
            }
            None => (Outcome::Healthy, SignedDuration::from_millis(40)),
        };
        self.give(&Observation { source: source.clone(), at: when, took, seen, certificate_expires: None });
    }

    /// Feeds one observation to the detector.
    pub(crate) fn give(&mut self, observation: &Observation) {
        self.probes += 1;
        self.events.extend(self.detector.take(observation));
    }

    /// What is announced, silent edits in brackets.
    pub(crate) fn announced(&self) -> String {
        notify(&self.events)
    }

    /// The lines that a channel would get: what is not a silent edit.
    pub(crate) fn lines(&self) -> usize {
        self.line_times().len()
    }

    /// When each of those lines was announced.
    pub(crate) fn line_times(&self) -> Vec<Timestamp> {
        let silent =
            |event: &&OutageEvent| matches!(&event.kind, EventKind::Updated(update) if is_silent(update));
        self.events.iter().filter(|event| !silent(event)).map(|event| event.at).collect()
    }
}

/// Events as lines: when it was announced, what, which services, since when, until when, and why.
pub(crate) fn notify(events: &[OutageEvent]) -> String {
    let mut lines = String::new();
    for event in events {
        let outage = &event.outage;
        let word = match &event.kind {
            EventKind::Updated(update) if is_silent(update) => format!("({update:?})"),
            EventKind::Updated(update) => {
                format!("{update:?}").replace("ServiceName", "").replace(['(', ')', '"'], "")
            }
            other => other.as_str().to_owned(),
        };
        let word = if word.contains("ServiceRecovered") || word.contains("ServiceAffected") {
            word.replace(['[', ']'], " ")
        } else {
            word
        };
        let open = outage.services.iter().filter(|(_, hit)| hit.until.is_none() || outage.until.is_some());
        let names: Vec<_> = open.map(|(name, _)| name.as_str()).collect();
        let _ = write!(lines, "{}  {}  {}", clock(event.at), word.trim(), outage.level.as_str());
        let _ = write!(lines, " [{}] since {}", names.join(" "), clock(outage.since));
        if let Some(until) = outage.until {
            let _ = write!(lines, " until {}", clock(until));
        }
        let _ = writeln!(lines, "  {}", event.why.join("; "));
    }
    lines
}

fn is_silent(update: &healthy_upstream::health::Update) -> bool {
    use healthy_upstream::health::Update;
    matches!(update, Update::PageSpoke | Update::PageClosed | Update::FlapCount | Update::Confirmed)
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// A page that is healthy but for these incidents.
pub(crate) fn page(incidents: &[PageIncident]) -> Page {
    Page { name: "Spotify".to_owned(), level: Level::Up, incidents: incidents.to_vec(), ..Page::default() }
}

/// An incident with updates, oldest first: `("12:45", Investigating, "We're aware")`.
pub(crate) fn incident(
    id: &str,
    components: &[&str],
    updates: &[(&str, IncidentState, &str)],
) -> PageIncident {
    let last = updates.last().expect("an update");
    PageIncident {
        id: id.to_owned(),
        name: "Some issues right now".to_owned(),
        state: last.1,
        impact: Level::Outage,
        began: Some(at(updates[0].0)),
        resolved: (last.1 == IncidentState::Resolved).then(|| at(last.0)),
        updates: updates
            .iter()
            .enumerate()
            .rev()
            .map(|(n, (when, state, text))| PageUpdate {
                id: format!("{id}-{n}"),
                state: *state,
                text: (*text).to_owned(),
                at: Some(at(when)),
            })
            .collect(),
        components: components.iter().map(|name| (*name).to_owned()).collect(),
        link: None,
    }
}

/// A page with one maintenance.
pub(crate) fn work(state: MaintenanceState, from: &str, components: &[&str]) -> Page {
    let work = PageMaintenance {
        id: "m1".to_owned(),
        name: "Database upgrade".to_owned(),
        state,
        from: Some(at(from)),
        until: None,
        components: components.iter().map(|name| (*name).to_owned()).collect(),
        link: None,
        word: IncidentState::InProgress,
        text: String::new(),
        said: None,
    };
    Page { maintenances: vec![work], ..page(&[]) }
}
