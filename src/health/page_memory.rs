//! What the status pages said.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    IncidentState, Level, MaintenanceState, Observation, Outcome, Page, PageView, Policy, SourceName,
    SourceView,
};

/// A status page as we last read it, and why it cannot be read now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PageMemory {
    page: Option<Page>,
    pub(super) read: Option<Timestamp>,
    problem: Option<String>,
    #[serde(rename = "looked")]
    probed: Option<Timestamp>,
    took: Option<jiff::SignedDuration>,
    certificate_expires: Option<Timestamp>,
    refused_until: Option<Timestamp>,
}

impl PageMemory {
    pub(super) fn remember(&mut self, observation: &Observation, policy: &Policy) {
        self.probed = Some(observation.at);
        self.took = Some(observation.took);
        self.certificate_expires = observation.certificate_expires.or(self.certificate_expires);
        self.refused_until = None;
        self.problem = match &observation.seen {
            Outcome::Page(page) if page.copy_age > policy.page_stale_after => {
                Some(format!("the copy is {} old", super::assessment::span(page.copy_age)))
            }
            Outcome::Page(page) => {
                self.page = Some(open_only(page));
                self.read = observation.at.checked_sub(page.copy_age).ok();
                None
            }
            Outcome::Healthy => {
                self.read = Some(observation.at); // it answered that nothing changed since we read it
                None
            }
            Outcome::Failing(failure) | Outcome::Unreachable(failure) => Some(failure.brief()),
            Outcome::Unclear(why) => Some(why.clone()),
            Outcome::Refused { detail, until, .. } => {
                self.refused_until = *until;
                Some(format!("refused: {detail}"))
            }
        };
    }

    pub(super) fn is_current(&self, policy: &Policy, now: Timestamp) -> bool {
        self.read.is_some_and(|read| now.duration_since(read) <= policy.page_stale_after)
    }

    pub(super) fn view(&self, policy: &Policy, now: Timestamp) -> PageView {
        let page = self.page.clone().unwrap_or_default();
        let current = self.is_current(policy, now);
        let problem = self.problem.clone().or_else(|| (!current).then(|| "not read lately".to_owned()));
        PageView {
            name: page.name,
            url: page.url,
            level: if current { page.level } else { Level::Unknown },
            headline: page.headline,
            read: self.read,
            problem,
            incidents: page.incidents,
            maintenances: page.maintenances,
            components: page.components,
        }
    }

    pub(super) fn source(&self, name: &SourceName) -> SourceView {
        SourceView {
            name: name.clone(),
            checked_at: self.probed,
            took: self.took,
            said: self.problem.clone().unwrap_or_else(|| "page".to_owned()),
            refused_until: self.refused_until,
            certificate_expires: self.certificate_expires,
        }
    }
}

/// Returns what people are shown of a page. What is over is left out, so that the stored page stays small.
fn open_only(page: &Page) -> Page {
    let mut page = page.clone();
    page.incidents.retain(|incident| incident.state != IncidentState::Resolved);
    page.maintenances.retain(|maintenance| maintenance.state != MaintenanceState::Completed);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_page_memory_format_is_pinned() {
        let stored = r#"{"page":null,"read":null,"problem":"p","looked":null,"took":"PT1S","certificate_expires":null,"refused_until":null}"#;
        let seen: PageMemory = serde_json::from_str(stored).expect("what a page said");
        assert_eq!(serde_json::to_string(&seen).expect("JSON"), stored);
    }
}
