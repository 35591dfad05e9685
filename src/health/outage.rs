//! An outage, and the events that are posted about it.

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
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OutageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One outage or one maintenance: one cause, however many services it affects and whichever voice reported it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    pub id: OutageId,
    /// An outage, or announced work.
    pub kind: OutageKind,
    /// How bad it is now; `Up` once it has ended.
    pub level: Level,
    /// How bad it was at its worst.
    pub worst: Level,
    /// Its true start: the first failed check, or the page's start if only the page reports it.
    pub since: Timestamp,
    /// Its true end: the first successful check of those that ended it, or the page's end if only the page reported it.
    pub until: Option<Timestamp>,
    /// The services that it hit, each with its own times.
    pub services: BTreeMap<ServiceName, ServiceImpact>,
    /// When our checks first saw it; `None` if only the page reports it.
    pub seen: Option<Timestamp>,
    /// What the page said: one report for each of its incidents that belong to this outage.
    pub page: Vec<PageReport>,
    /// How often it recovered and failed again; 0 for an outage that began and ended once.
    pub flaps: u32,
    /// It is flapping now: one message shows a count until it is calm or fails steadily.
    #[serde(default)]
    #[serde(rename = "folded")]
    pub flapping: bool,
    /// It was already going on at this bot's first check: announced as "ongoing since …".
    #[serde(rename = "ongoing_at_first_look")]
    pub ongoing_at_first_probe: bool,
    /// What happened, oldest first; at most [`Outage::MAX_TIMELINE`].
    pub timeline: Vec<TimelineEntry>,
    /// Counts up with each change; an older revision never overwrites a newer one.
    pub revision: u32,
}

impl Outage {
    /// How many timeline entries an outage stores. Beyond it the middle ones are dropped, so that a day of flapping stays small.
    pub const MAX_TIMELINE: usize = 60;

    /// Returns how long it lasted, or has lasted until `now`, without the time between an end and a reopening.
    pub fn duration(&self, now: Timestamp) -> SignedDuration {
        self.stretches(now).iter().map(|(from, until)| until.duration_since(*from)).sum()
    }

    /// Returns the time from its start to its end, or to `now`, including pauses in which it was over.
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        self.until.unwrap_or(now).duration_since(self.since).max(SignedDuration::ZERO)
    }

    /// Returns the periods in which it failed, oldest first: one, and one more for each reopening. An open one ends at `now`.
    pub fn stretches(&self, now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let mut stretches = Vec::new();
        let (mut from, mut ended) = (self.since, None);
        for moment in &self.timeline {
            match (&moment.what, ended) {
                (TimelineEvent::Ended, _) => ended = Some(moment.at.max(from)),
                (TimelineEvent::Reopened, Some(until)) => {
                    stretches.push((from, until));
                    (from, ended) = (moment.at.max(until), None);
                }
                _ => {}
            }
        }
        stretches.push((from, self.until.unwrap_or(now).max(from)));
        stretches
    }

    /// Returns how often it failed: once more than it recovered.
    pub fn times(&self) -> u64 {
        u64::from(self.flaps) + 1
    }

    /// Returns how long our checks take, if the outage was never worse than slow. `None` for any other outage.
    pub fn slowness(&self) -> Option<SignedDuration> {
        let hits = || self.services.values().filter(|hit| hit.until.is_none() || self.until.is_some());
        let is_slow =
            |hit: &ServiceImpact| hit.slow.is_some() && hit.failure.is_none() && hit.worst <= Level::Degraded;
        let slow = self.seen.is_some() && hits().next().is_some() && hits().all(is_slow);
        hits().filter_map(|hit| hit.slow).max().filter(|_| slow)
    }

    /// Whether our own checks of it fail now.
    pub fn fails_for_us(&self) -> bool {
        self.seen.is_some() && self.services.values().any(|hit| hit.until.is_none() && hit.failed_probes > 0)
    }

    /// Whether it still goes on.
    pub fn is_open(&self) -> bool {
        self.until.is_none()
    }

    /// Returns the event that reports the state at `at` to a channel that has heard nothing of the outage.
    pub fn as_it_stands(&self, at: Timestamp, why: &str) -> OutageEvent {
        let kind = match (self.kind, self.is_open()) {
            (OutageKind::Outage, true) => EventKind::Started,
            (OutageKind::Outage, false) => EventKind::Ended,
            (OutageKind::Maintenance, true) => EventKind::MaintenanceStarted,
            (OutageKind::Maintenance, false) => EventKind::MaintenanceEnded,
        };
        OutageEvent { at, kind, outage: self.clone(), why: vec![why.to_owned()] }
    }

    /// Adds a timeline entry in order of time, at most [`Outage::MAX_TIMELINE`] in all.
    pub fn remember(&mut self, at: Timestamp, what: TimelineEvent) {
        let place = self.timeline.partition_point(|moment| moment.at <= at);
        self.timeline.insert(place, TimelineEntry { at, what });
        if self.timeline.len() > Self::MAX_TIMELINE {
            self.timeline.remove(Self::MAX_TIMELINE / 2);
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

/// How an outage affects one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceImpact {
    /// How it is now; `Up` once it has recovered.
    pub level: Level,
    pub worst: Level,
    /// Its first failed check, or the start by the page.
    pub since: Timestamp,
    /// Its first successful check of those that ended it.
    pub until: Option<Timestamp>,
    /// The evidence: the newest failure seen; `None` if only the page reports it.
    #[serde(rename = "symptom")]
    pub failure: Option<Failure>,
    /// Consecutive failed checks when it was reported.
    #[serde(rename = "failed_looks")]
    pub failed_probes: u32,
    /// How many of several sources fail; `None` if all of them do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<FailingSources>,
    /// How long the newest slow check took, if the service is slow without failing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<SignedDuration>,
    /// How often it recovered and failed again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub flaps: u32,
}

/// How many of a service's sources fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingSources {
    /// Those that fail.
    pub failing: u32,
    /// Those with a result.
    pub of: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What the page said about an outage in one of its incidents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageReport {
    /// The page's id of the incident.
    pub incident: String,
    /// Its title: text from outside, not escaped.
    pub name: String,
    pub state: IncidentState,
    /// Its newest text, from outside and not escaped; may be empty.
    pub text: String,
    /// When the page first said it (by the page, else by our check).
    pub first_said: Timestamp,
    /// When the page last said something new.
    pub last_said: Timestamp,
    /// When the page called it resolved, or first stopped listing it.
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
    /// The failure was certain, and the outage was reported.
    #[serde(rename = "told")]
    Reported,
    /// A service got worse or better.
    Became {
        service: ServiceName,
        level: Level,
    },
    /// The first successful check of those after which a service counted as recovered.
    #[serde(rename = "first_good_look")]
    FirstGoodProbe {
        service: ServiceName,
    },
    /// The page said something new.
    PageSaid {
        /// The state that the page gives its incident.
        state: IncidentState,
        /// Its words: text from outside, not escaped.
        text: String,
    },
    /// The page's incident vanished without having been resolved.
    PageWithdrew,
    /// It failed again within a quarter of an hour of its end.
    Reopened,
    /// It began to flap.
    Flapping,
    Ended,
}

/// What is posted, with the outage as it was then.
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
/// An outage that came and went between two checks, or while this bot was off, is reported as `Started` and `Ended` at one
/// instant. Both events carry the outage as already over. A `Started` whose outage is not open must not be posted alone:
/// the `Ended` that follows reports start and end in one message.
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
    /// It is flapping: from now on one message shows a count, until it is calm.
    Flapping,
}

impl EventKind {
    /// Returns the word of `replay --json`.
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
    /// These services fail now as well.
    #[serde(rename = "joined")]
    ServiceAffected(Vec<ServiceName>),
    /// These services have recovered, others have not.
    #[serde(rename = "back")]
    ServiceRecovered(Vec<ServiceName>),
    /// It got worse (degraded → outage).
    Worse,
    /// It got better, but is not over.
    Better,
    /// The page published something, or changed what it said.
    PageSpoke,
    /// Our own checks fail now too: the page, which reported it first, was right. Not a message of its own.
    Confirmed,
    /// The page closed its incident (or withdrew it). From now on only our checks decide, unless they had ended it already.
    PageClosed,
    /// It was over for less than a quarter of an hour and failed again.
    Reopened,
    /// The count of a flapping outage changed; nobody is alerted.
    #[serde(rename = "counted")]
    FlapCount,
}

impl Update {
    /// Whether it deserves a message of its own rather than a silent edit of the first one.
    pub fn is_worsening(&self) -> bool {
        matches!(self, Self::ServiceAffected(_) | Self::Worse | Self::Reopened)
    }
}
