//! Everything that judging must not forget, as one value that survives a restart.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::page_memory::PageMemory;
use super::probe_history::ProbeHistory;
use super::{
    EventKind, IncidentState, Level, Outage, OutageId, OutageKind, Policy, ServiceCatalog, ServiceName,
    SourceName, Update,
};

/// What must survive a restart. Stored forms only gain fields, each with a default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DetectorState {
    /// The last checks of each source.
    #[serde(rename = "looks")]
    pub probes: ProbeHistory,
    /// When anything was last checked.
    #[serde(rename = "last_look")]
    pub last_probe: Option<Timestamp>,
    /// Since when a service that surely fails waits for others, to be told with them.
    pub gathering_since: Option<Timestamp>,
    /// Open outages and maintenances, and those that ended lately, oldest first.
    #[serde(rename = "cases")]
    pub tracked: Vec<TrackedOutage>,
    /// The status pages as last read, so that whoever goes on from here shows them as well, with their age.
    pub(super) pages: BTreeMap<SourceName, PageMemory>,
    /// When each status page was last read: the age of the cached copy is subtracted.
    pub pages_read: BTreeMap<SourceName, Timestamp>,
    /// Incidents and maintenances of the pages that we have met.
    #[serde(rename = "notices")]
    pub incident_states: Vec<PageIncidentState>,
    /// Names given to outages lately, so that none is given twice.
    pub names: VecDeque<OutageId>,
    /// How each service is and since when.
    pub levels: BTreeMap<ServiceName, (Level, Timestamp)>,
}

/// An outage or a maintenance, with what only the detector needs to know of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackedOutage {
    /// What people are told about.
    pub outage: Outage,
    /// Whether its start is told. One that was too old at our first check is not, and neither is its end.
    pub announced: bool,
    /// Services that our own checks saw fail. Empty: only the page tells of it.
    pub sighted: BTreeSet<ServiceName>,
    /// Services that are back, to be told together once nobody else is about to come back as well.
    pub back: BTreeSet<ServiceName>,
    /// The level that was last told.
    #[serde(rename = "told_level")]
    pub posted_level: Level,
    /// When it came back after an end, or a service of it did, lately.
    pub comebacks: VecDeque<Timestamp>,
    /// When something about it was told, lately.
    pub lines: VecDeque<Timestamp>,
    /// It is flapping: one message with a count, until it is calm.
    #[serde(rename = "folded")]
    pub flapping: bool,
}

/// One incident or maintenance of a page that we have met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageIncidentState {
    pub source: SourceName,
    /// An incident or a maintenance.
    pub kind: OutageKind,
    /// The page's id of it.
    pub id: String,
    /// A hash of all that it says, so that an edit is noticed whatever the clock says.
    pub print: u64,
    pub state: IncidentState,
    /// How bad the page says it is.
    pub level: Level,
    pub services: Vec<ServiceName>,
    /// The outage that it belongs to; none where it was history when we met it.
    pub outage: Option<OutageId>,
    /// Consecutive polls of the page that did not list it.
    #[serde(rename = "absent")]
    pub missed_polls: u32,
    /// The first of them.
    pub absent_since: Option<Timestamp>,
    /// It is over: resolved, completed or gone.
    pub closed: bool,
    /// When it was last found on the page.
    pub last_seen: Timestamp,
}

/// Ended outages kept at most, for reopening and for a page that closes later.
const ENDED_STORED: usize = 16;
/// Notices kept at most; at most 100 of each kind are read of a page, for a handful of checks.
const INCIDENTS_STORED: usize = 1200;
/// Names of outages kept at most.
const NAMES_STORED: usize = 64;
/// Instants of comebacks and lines kept at most: more than any rule counts.
const INSTANTS_STORED: usize = 16;

impl DetectorState {
    /// Drops what no rule will ask for again.
    pub(super) fn prune(&mut self, policy: &Policy, now: Timestamp) {
        let week = SignedDuration::from_hours(7 * 24); // a page that closes later than that edits nothing
        let awaited =
            |tracked: &TrackedOutage| tracked.outage.page.iter().any(|report| report.closed.is_none());
        self.tracked.retain(|tracked| {
            let Some(until) = tracked.outage.until else { return true };
            let age = now.duration_since(until);
            age <= policy.reopen_within.saturating_mul(4) || (awaited(tracked) && age <= week)
        });
        let ended = self.tracked.iter().filter(|tracked| !tracked.outage.is_open()).count();
        let mut over = ended.saturating_sub(ENDED_STORED);
        self.tracked.retain(|tracked| {
            let drop = over > 0 && !tracked.outage.is_open();
            over -= usize::from(drop);
            !drop
        });
        // An incident that left the page is kept for a day, so that it is no news when the page lists it again.
        let day = SignedDuration::from_hours(24);
        self.incident_states
            .retain(|n| !(n.closed && n.absent_since.is_some() && now.duration_since(n.last_seen) > day));
        if self.incident_states.len() > INCIDENTS_STORED {
            let mut over = self.incident_states.len() - INCIDENTS_STORED;
            self.incident_states.retain(|incident_state| {
                let drop = over > 0 && incident_state.closed;
                over -= usize::from(drop);
                !drop
            });
            self.incident_states.truncate(INCIDENTS_STORED);
        }
    }

    /// What is no longer watched tells nothing any more: its part of an outage is over, with the last check.
    pub(super) fn keep_only(&mut self, catalog: &ServiceCatalog) {
        self.probes.keep_only(catalog);
        self.pages.retain(|page, _| catalog.pages.contains(page));
        let Some(last) = self.last_probe else { return };
        let watched = |service: &ServiceName| catalog.services.iter().any(|known| known.name == *service);
        for tracked in self.tracked.iter_mut().filter(|tracked| tracked.outage.is_open()) {
            let id = tracked.outage.id.clone();
            let unread = |n: &&mut PageIncidentState| {
                !n.closed && n.outage.as_ref() == Some(&id) && !catalog.pages.contains(&n.source)
            };
            for incident_state in self.incident_states.iter_mut().filter(unread) {
                incident_state.closed = true;
                for report in
                    tracked.outage.page.iter_mut().filter(|report| report.incident == incident_state.id)
                {
                    report.closed = Some(last.max(report.first_said));
                    report.withdrawn = true;
                }
            }
            for service in tracked.sighted.iter().filter(|service| !watched(service)) {
                let Some(hit) = tracked.outage.services.get_mut(service).filter(|hit| hit.until.is_none())
                else {
                    continue;
                };
                hit.until = Some(last.max(hit.since));
                hit.level = Level::Up;
                tracked.back.insert(service.clone());
            }
        }
    }

    /// A name for an outage: its first service and its true start, made unique where both were the same before.
    pub(super) fn name_outage(&mut self, service: &ServiceName, since: Timestamp) -> OutageId {
        let name = format!("{service}-{}", since.strftime("%Y%m%dT%H%M%SZ"));
        let more = (2_u32..).map(|n| format!("{name}-{n}"));
        let mut names = std::iter::once(name.clone()).chain(more).map(OutageId);
        let id = names.find(|id| !self.names.contains(id)).unwrap_or(OutageId(name));
        self.names.push_back(id.clone());
        while self.names.len() > NAMES_STORED {
            self.names.pop_front();
        }
        id
    }

    /// The open outage that hits a service.
    pub(super) fn open_on(&self, service: &ServiceName) -> Option<usize> {
        self.position(|tracked| tracked.is_open_outage() && tracked.is_hit(service))
    }

    pub(super) fn position(&self, wanted: impl Fn(&TrackedOutage) -> bool) -> Option<usize> {
        self.tracked.iter().position(wanted)
    }

    /// The tracked outage of this name.
    pub(super) fn of_id(&self, id: &OutageId) -> Option<usize> {
        self.position(|tracked| tracked.outage.id == *id)
    }

    /// When silence alone would change something: a source or a page becomes too old to tell, a flapping outage may be
    /// calm. None when nothing of that is to come.
    pub fn due(&self, policy: &Policy, now: Timestamp) -> Option<Timestamp> {
        let after = |at: Timestamp, span: SignedDuration| at.checked_add(span).ok();
        let calm = self.tracked.iter().filter(|tracked| tracked.flapping && tracked.outage.is_open());
        let calm = calm.filter_map(|tracked| after(tracked.last_back()?, policy.calm_after));
        let pages = self.pages_read.values().filter_map(|at| after(*at, policy.page_stale_after));
        let stale = self.probes.go_stale_at(policy);
        let gathered = self.gathering_since.and_then(|at| after(at, policy.gather));
        // The instant after: "older than" is not "as old as".
        let past = |at: Timestamp| after(at, SignedDuration::from_millis(1));
        calm.chain(gathered)
            .chain(pages.filter_map(past))
            .chain(stale.filter_map(past))
            .filter(|at| *at > now)
            .min()
    }
}

impl TrackedOutage {
    /// Something broke, and is not over.
    pub fn is_open_outage(&self) -> bool {
        self.outage.kind == OutageKind::Outage && self.outage.is_open()
    }

    /// Whether a service of it is not back yet.
    pub fn is_hit(&self, service: &ServiceName) -> bool {
        self.outage.services.get(service).is_some_and(|hit| hit.until.is_none())
    }

    /// Whether our own checks see a service of it fail.
    pub fn sees(&self, service: &ServiceName) -> bool {
        self.is_hit(service) && self.sighted.contains(service)
    }

    /// When its last service came back, if all that we saw fail are back.
    pub fn last_back(&self) -> Option<Timestamp> {
        let hits = self.sighted.iter().filter_map(|service| self.outage.services.get(service));
        hits.map(|hit| hit.until).collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Notes a comeback.
    pub(super) fn count_comeback(&mut self, now: Timestamp) {
        self.outage.flaps = self.outage.flaps.saturating_add(1);
        push(&mut self.comebacks, now);
    }

    /// Notes that something is told, unless it is a silent edit.
    pub(super) fn count_line(&mut self, kind: &EventKind, now: Timestamp) {
        let silent = matches!(
            kind,
            EventKind::Updated(
                Update::PageSpoke | Update::PageClosed | Update::Confirmed | Update::FlapCount
            )
        );
        if !silent {
            push(&mut self.lines, now);
        }
    }

    /// Whether it has come and gone so often lately that it is told as one.
    pub(super) fn comes_and_goes(&self, policy: &Policy, now: Timestamp) -> bool {
        let comebacks = lately(&self.comebacks, policy, now);
        comebacks >= policy.flapping_after
            || (comebacks > 0 && self.lines_lately(policy, now) >= policy.flapping_lines)
    }

    /// How much was told about it lately.
    pub(super) fn lines_lately(&self, policy: &Policy, now: Timestamp) -> u32 {
        lately(&self.lines, policy, now)
    }

    /// Whether it stopped coming and going, though it is not over.
    pub(super) fn is_steady(&self, policy: &Policy, now: Timestamp) -> bool {
        self.comebacks.back().is_none_or(|at| now.duration_since(*at) > policy.flapping_within)
    }
}

fn push(list: &mut VecDeque<Timestamp>, at: Timestamp) {
    list.push_back(at);
    while list.len() > INSTANTS_STORED {
        list.pop_front();
    }
}

fn lately(list: &VecDeque<Timestamp>, policy: &Policy, now: Timestamp) -> u32 {
    let count = list.iter().filter(|at| now.duration_since(**at).abs() <= policy.flapping_within).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
