//! An outage, and the events that people hear of.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Failure, IncidentState, Level, ServiceName};

/// The name of an outage: first service and true start, `web-api-20250416T122005Z`. Stable forever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutageId(pub String);

impl OutageId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OutageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One outage (or one maintenance): one cause, however many services it hits and whoever spoke of it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    pub id: OutageId,
    /// An outage, or announced work.
    pub kind: OutageKind,
    /// How bad it is now; `Up` once it has ended.
    pub level: Level,
    /// How bad it was at its worst.
    pub worst: Level,
    /// Its true start: the first failed check, or the start that the page gave when only the page told of it.
    pub since: Timestamp,
    /// Its true end: the first successful check of those that ended it, or the page's end when only the page told of it.
    pub until: Option<Timestamp>,
    /// The services that it hit, each with its own times.
    pub services: BTreeMap<ServiceName, ServiceImpact>,
    /// When we first saw it ourselves; none when only the page told of it.
    pub seen: Option<Timestamp>,
    /// What the page said, one voice for each of its incidents that belong here.
    pub page: Vec<PageReport>,
    /// How often it came and went; 0 for an outage that simply began and ended.
    pub flaps: u32,
    /// It comes and goes just now: one message counts, until it is calm or came to stay.
    #[serde(default)]
    #[serde(rename = "folded")]
    pub flapping: bool,
    /// It was already going on when this bot looked for the first time: announced as "ongoing since …".
    #[serde(rename = "ongoing_at_first_look")]
    pub ongoing_at_first_probe: bool,
    /// What happened, oldest first; at most [`Outage::MAX_MOMENTS`].
    pub timeline: Vec<TimelineEntry>,
    /// Counts up with each change; an older revision never overwrites a newer one.
    pub revision: u32,
}

impl Outage {
    /// Moments that an outage keeps; beyond it the middle ones go first (an outage that flaps for a day stays small).
    pub const MAX_MOMENTS: usize = 60;

    /// How long it lasted, or has lasted until `now`.
    pub fn duration(&self, now: Timestamp) -> SignedDuration {
        self.until.unwrap_or(now).duration_since(self.since).max(SignedDuration::ZERO)
    }

    /// Whether it still goes on.
    pub fn is_open(&self) -> bool {
        self.until.is_none()
    }

    /// The event by which somebody who heard nothing of it is told how it stands at `at`.
    pub fn as_it_stands(&self, at: Timestamp, why: &str) -> OutageEvent {
        let kind = match (self.kind, self.is_open()) {
            (OutageKind::Outage, true) => EventKind::Started,
            (OutageKind::Outage, false) => EventKind::Ended,
            (OutageKind::Maintenance, true) => EventKind::MaintenanceStarted,
            (OutageKind::Maintenance, false) => EventKind::MaintenanceEnded,
        };
        OutageEvent { at, kind, outage: self.clone(), why: vec![why.to_owned()] }
    }

    /// Notes what happened, in order of time and within [`Outage::MAX_MOMENTS`].
    pub fn remember(&mut self, at: Timestamp, what: TimelineEvent) {
        let place = self.timeline.partition_point(|moment| moment.at <= at);
        self.timeline.insert(place, TimelineEntry { at, what });
        if self.timeline.len() > Self::MAX_MOMENTS {
            self.timeline.remove(Self::MAX_MOMENTS / 2);
        }
    }
}

/// An outage, or announced work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutageKind {
    /// Something broke.
    Outage,
    /// Announced work.
    Maintenance,
}

/// How one service is hit by an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceImpact {
    /// How it is now; `Up` once it is back.
    pub level: Level,
    pub worst: Level,
    /// Its first failed check, or the page's word.
    pub since: Timestamp,
    /// Its first successful check of those that ended it.
    pub until: Option<Timestamp>,
    /// The evidence: the newest failure seen; none when only the page told.
    #[serde(rename = "symptom")]
    pub failure: Option<Failure>,
    /// Failed looks in a row when it was told.
    #[serde(rename = "failed_looks")]
    pub failed_probes: u32,
}

/// What the page said about an outage, by one incident of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageReport {
    /// The page's id of the incident.
    pub incident: String,
    /// Its title, unescaped text from outside.
    pub name: String,
    pub state: IncidentState,
    /// Its newest text, unescaped text from outside; may be empty.
    pub text: String,
    /// When the page first said it (by the page, else by our check).
    pub first_said: Timestamp,
    /// When the page last said something new.
    pub last_said: Timestamp,
    /// When the page called it resolved, or was first seen without it.
    pub closed: Option<Timestamp>,
    /// It vanished from the page without having been resolved.
    pub withdrawn: bool,
    /// Its address for people.
    pub link: Option<String>,
}

/// Something that happened in an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When it happened, not when it was noticed.
    pub at: Timestamp,
    pub what: TimelineEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineEvent {
    /// The first failed check at a service.
    #[serde(rename = "first_bad_look")]
    FirstFailedProbe {
        service: ServiceName,
        #[serde(rename = "symptom")]
        failure: Failure,
    },
    /// We were sure, and it was told.
    #[serde(rename = "told")]
    Reported,
    /// A service got worse or better.
    Became {
        service: ServiceName,
        level: Level,
    },
    /// The first successful check of those that brought a service back.
    #[serde(rename = "first_good_look")]
    FirstGoodProbe {
        service: ServiceName,
    },
    /// The page said something new.
    PageSaid {
        /// Where its incident stands with it.
        state: IncidentState,
        /// Its words, unescaped text from outside.
        text: String,
    },
    /// The page's incident vanished without having been resolved.
    PageWithdrew,
    /// It came back within a quarter of an hour of its end.
    Reopened,
    /// It began to come and go.
    Flapping,
    Ended,
}

/// What people hear of, with the outage as it then was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageEvent {
    pub at: Timestamp,
    pub kind: EventKind,
    /// The outage as it then was.
    pub outage: Outage,
    /// The reasons, for people who read logs: `web-api: 503 no healthy upstream (3 checks in 45 s)`.
    pub why: Vec<String>,
}

/// Kinds of event.
///
/// An outage that came and went between two checks (or while this bot was off) is told as two events of one instant,
/// `Started` and `Ended`, and the outage of *both* is already over: a `Started` whose outage is not open is not to be
/// posted by itself, the `Ended` that follows tells start and end in one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// An outage began.
    Started,
    /// Something about it changed.
    Updated(Update),
    Ended,
    /// Announced work began.
    MaintenanceStarted,
    /// Announced work ended.
    MaintenanceEnded,
    /// It comes and goes: from now on one message with a count, until it is calm.
    Flapping,
}

impl EventKind {
    /// The word of `replay --json`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Updated(_) => "updated",
            Self::Ended => "ended",
            Self::MaintenanceStarted => "maintenance_started",
            Self::MaintenanceEnded => "maintenance_ended",
            Self::Flapping => "flapping",
        }
    }
}

/// What changed about an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// These services fail now too.
    #[serde(rename = "joined")]
    ServiceAffected(Vec<ServiceName>),
    /// These services are back, others are not.
    #[serde(rename = "back")]
    ServiceRecovered(Vec<ServiceName>),
    /// It got worse (degraded → outage).
    Worse,
    /// It got better, but is not over.
    Better,
    /// The page spoke, or changed what it said.
    PageSpoke,
    /// Our own checks fail now too: the page, which spoke first, was right. Not a message of its own.
    Confirmed,
    /// The page closed its incident (or withdrew it); our checks decide alone now, or had ended it already.
    PageClosed,
    /// It was over for less than a quarter of an hour and goes on.
    Reopened,
    /// The count of an outage that comes and goes moved; nobody is alerted.
    #[serde(rename = "counted")]
    FlapCount,
}

impl Update {
    /// Whether it deserves a message of its own rather than a silent edit of the first one.
    pub fn is_worsening(&self) -> bool {
        matches!(self, Self::ServiceAffected(_) | Self::Worse | Self::Reopened)
    }
}
