//! What a status page says, in one form for every dialect.
//!
//! Unknown words arrive as unknown, never as green.

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
    /// The worst of its headline, its leaf components and its unresolved incidents.
    pub level: Level,
    /// Its headline: "All Systems Operational". May be empty.
    pub headline: String,
    /// How old the copy was when it came (the `age` header), so that a stale copy is never taken for news.
    pub copy_age: SignedDuration,
    /// Leaf components only; groups and ignored placeholders are left out.
    pub components: Vec<Component>,
    /// Incidents as the page lists them, newest first; resolved ones only where the page itself still lists them.
    pub incidents: Vec<PageIncident>,
    /// Maintenances: scheduled, running and, where the page still lists them, completed.
    pub maintenances: Vec<PageMaintenance>,
}

/// One leaf component of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// The page's id of it; its name where the dialect has none.
    pub id: String,
    /// What the page calls it.
    pub name: String,
    /// How well the page says it is.
    pub level: Level,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageIncident {
    /// The page's id of it; made from its name where the dialect gave none.
    pub id: String,
    /// Its title, unescaped text from outside.
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
    /// Names of the components that it names; may be none.
    pub components: Vec<String>,
    /// Its address for people.
    pub link: Option<String>,
}

/// One update of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageUpdate {
    /// The page's id of it; the hash of its content where the dialect gave none.
    pub id: String,
    /// Where the incident stood with it.
    pub state: IncidentState,
    /// Its text: plain, tags removed, unescaped text from outside.
    pub text: String,
    /// When the page shows it as said.
    pub at: Option<Timestamp>,
}

/// Where an incident stands. A postmortem counts as resolved.
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
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageMaintenance {
    /// The page's id of it.
    pub id: String,
    /// Its title, unescaped text from outside.
    pub name: String,
    pub state: MaintenanceState,
    /// When it is to begin, or began.
    pub from: Option<Timestamp>,
    /// When it is to end.
    pub until: Option<Timestamp>,
    /// Names of the components that it names; may be none.
    pub components: Vec<String>,
    /// Its address for people.
    pub link: Option<String>,
}

/// Where a maintenance stands.
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
