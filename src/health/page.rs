//! What a status page says, in one form for every page format.
//!
//! An unknown word is parsed as `Unknown`, never as `Up`.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Level;

/// A status page as one check found it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its own name: "Spotify".
    pub name: String,
    /// Its address for people.
    pub url: String,
    /// The worst level of its headline, its leaf components and its unresolved incidents.
    pub level: Level,
    /// Its headline: "All Systems Operational". May be empty.
    pub headline: String,
    /// How old the copy was when it arrived (the `age` header), so that an old copy is never taken for news.
    pub copy_age: SignedDuration,
    /// Leaf components only; groups and ignored placeholders are left out.
    pub components: Vec<Component>,
    /// Incidents as the page lists them, newest first; resolved ones only if the page still lists them.
    pub incidents: Vec<PageIncident>,
    /// Maintenances: scheduled, running and, if the page still lists them, completed.
    pub maintenances: Vec<PageMaintenance>,
}

/// One leaf component of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// The page's id of it; its name if the format has no ids.
    pub id: String,
    /// What the page calls it.
    pub name: String,
    /// The state that the page gives it.
    pub level: Level,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageIncident {
    /// The page's id of it; derived from its name if the format has no ids.
    pub id: String,
    /// Its title: text from outside, not escaped.
    pub name: String,
    pub state: IncidentState,
    /// How bad the page says it is.
    pub impact: Level,
    /// When it began, by the page. The page may backdate it.
    pub began: Option<Timestamp>,
    /// When it was resolved, by the page.
    pub resolved: Option<Timestamp>,
    /// Its updates, newest first. Keyed by `id` and content, never by clock.
    pub updates: Vec<PageUpdate>,
    /// The components that it names; may be empty.
    pub components: Vec<String>,
    /// Its address for people.
    pub link: Option<String>,
}

/// One update of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageUpdate {
    /// The page's id of it; a hash of its content if the format has no ids.
    pub id: String,
    /// The state of the incident in this update.
    pub state: IncidentState,
    /// Its text: plain, tags removed, from outside and not escaped.
    pub text: String,
    /// When it was published, as the page shows it.
    pub at: Option<Timestamp>,
}

/// The state of an incident. A postmortem counts as resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// A word that we do not know.
    #[default]
    Unknown,
    /// "Investigating".
    Investigating,
    /// "Identified".
    Identified,
    /// "Monitoring".
    Monitoring,
    /// "Resolved", or a postmortem was published.
    Resolved,
    /// Announced work: "In progress".
    InProgress,
    /// Announced work: "Verifying".
    Verifying,
    /// A component that the page shows red without an incident.
    Shown,
}

impl IncidentState {
    /// Its name, as it is stored and hashed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
            Self::InProgress => "in_progress",
            Self::Verifying => "verifying",
            Self::Shown => "shown",
        }
    }

    /// Whether this is one of the page's own words, which may be quoted.
    pub fn is_quotable(self) -> bool {
        !matches!(self, Self::Unknown | Self::Shown)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageMaintenance {
    /// The page's id of it.
    pub id: String,
    /// Its title: text from outside, not escaped.
    pub name: String,
    pub state: MaintenanceState,
    /// When it is scheduled to begin, or began.
    pub from: Option<Timestamp>,
    /// When it is scheduled to end.
    pub until: Option<Timestamp>,
    /// The components that it names; may be empty.
    pub components: Vec<String>,
    /// Its address for people.
    pub link: Option<String>,
    /// The page's own word for its state while it runs; `Unknown` if the page gave none.
    #[serde(default)]
    pub word: IncidentState,
    /// Its newest text: plain, from outside and not escaped; may be empty.
    #[serde(default)]
    pub text: String,
    /// When the page published that text.
    #[serde(default)]
    pub said: Option<Timestamp>,
}

/// The state of a maintenance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaintenanceState {
    /// A word that we do not know.
    #[default]
    Unknown,
    Scheduled,
    /// Going on, or being verified.
    Running,
    Completed,
}
