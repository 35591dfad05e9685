//! Everything that the detector must not forget, as one value that survives a restart.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::page_memory::PageMemory;
use super::probe_history::ProbeHistory;
use super::{
    EventKind, IncidentState, Level, Outage, OutageId, OutageKind, Policy, ServiceCatalog, ServiceName,
    SourceName, Update,
};

/// What must survive a restart. The stored form only gains fields, each with a default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DetectorState {
    /// The last checks of each source.
    #[serde(rename = "looks")]
    pub probes: ProbeHistory,
    /// When anything was last checked.
    #[serde(rename = "last_look")]
    pub last_probe: Option<Timestamp>,
    /// Since when a service that certainly fails waits for others, to be reported with them.
    pub gathering_since: Option<Timestamp>,
    /// Open outages and maintenances, and those that ended recently, oldest first.
    #[serde(rename = "cases")]
    pub tracked: Vec<TrackedOutage>,
    /// The status pages as last read, so that another instance that continues from here shows them too, with their age.
    pub(super) pages: BTreeMap<SourceName, PageMemory>,
    /// When each status page was last read: the age of the cached copy is subtracted.
    pub pages_read: BTreeMap<SourceName, Timestamp>,
    /// Incidents and maintenances of the pages that we have seen.
    #[serde(rename = "notices")]
    pub incident_states: Vec<PageIncidentState>,
    /// Components that the page shows red without an incident.
    pub(super) red: Vec<RedComponent>,
    /// Recent outage ids, so that none is used twice.
    pub names: VecDeque<OutageId>,
    /// The level of each service, and since when.
    pub levels: BTreeMap<ServiceName, (Level, Timestamp)>,
}

/// An outage or a maintenance, with what only the detector needs to know about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackedOutage {
    /// What is posted.
    pub outage: Outage,
    /// Whether its start is posted. If it was too old at our first check, neither its start nor its end is.
    pub announced: bool,
    /// Services that our own checks saw fail. Empty if only the page reports it.
    pub sighted: BTreeSet<ServiceName>,
    /// Services that have recovered. They are reported together, once no other service seems to be recovering.
    pub back: BTreeSet<ServiceName>,
    /// The level that was last posted.
    #[serde(rename = "told_level")]
    pub posted_level: Level,
    /// When it recently reopened, or a service of it failed again.
    pub comebacks: VecDeque<Timestamp>,
    /// When something about it was recently posted.
    pub lines: VecDeque<Timestamp>,
    /// It is flapping: one message shows a count, until it is calm.
    #[serde(rename = "folded")]
    pub flapping: bool,
}

/// One incident or maintenance of a page that we have seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageIncidentState {
    pub source: SourceName,
    /// An incident or a maintenance.
    pub kind: OutageKind,
    /// The page's id of it.
    pub id: String,
    /// A hash of all that it says, so that an edit is noticed whatever its timestamp is.
    pub print: u64,
    pub state: IncidentState,
    /// The severity by the page.
    pub level: Level,
    pub services: Vec<ServiceName>,
    /// When the announced work began.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// When the announced work was to end, by the page.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// The outage that it belongs to; `None` if it was history when we first saw it.
    pub outage: Option<OutageId>,
    /// Consecutive polls of the page that did not list it.
    #[serde(rename = "absent")]
    pub missed_polls: u32,
    /// The first of them.
    pub absent_since: Option<Timestamp>,
    /// It is over: resolved, completed or no longer listed.
    pub closed: bool,
    /// When it was last found on the page.
    pub last_seen: Timestamp,
}

/// A component that the page shows red without an incident, in one or more consecutive checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RedComponent {
    pub source: SourceName,
    /// The page's id of it.
    pub id: String,
    /// The first check that saw it red.
    pub since: Timestamp,
    /// Consecutive checks that saw it red.
    pub probes: u32,
}

/// How many ended outages are stored at most, for reopening and for a page that closes later.
const ENDED_STORED: usize = 16;
/// How many incidents are stored at most. A check reads at most 100 of each kind, so this is a handful of checks.
const INCIDENTS_STORED: usize = 1200;
/// How many outage ids are stored at most.
const NAMES_STORED: usize = 64;
/// How many comebacks and lines are stored at most: more than any rule counts.
const INSTANTS_STORED: usize = 16;

impl DetectorState {
    /// Drops what no rule will need again.
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
        // An incident that left the page is stored for a day, so that it is no news if the page lists it again.
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

    /// Drops what is no longer in the catalog. Its part of an outage ended with the last check.
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

    /// Returns an outage id: first service and true start, with a number if that was used before.
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

    /// Returns the open outage that affects a service.
    pub(super) fn open_on(&self, service: &ServiceName) -> Option<usize> {
        self.position(|tracked| tracked.is_open_outage() && tracked.is_hit(service))
    }

    /// Like `open_on`, but without history: an outage that was over or old when we first read of it takes nothing in.
    pub(super) fn current_on(&self, service: &ServiceName) -> Option<usize> {
        self.position(|tracked| tracked.is_open_outage() && !tracked.is_history() && tracked.is_hit(service))
    }

    pub(super) fn position(&self, wanted: impl Fn(&TrackedOutage) -> bool) -> Option<usize> {
        self.tracked.iter().position(wanted)
    }

    /// Returns the tracked outage with this id.
    pub(super) fn of_id(&self, id: &OutageId) -> Option<usize> {
        self.position(|tracked| tracked.outage.id == *id)
    }

    /// Returns when silence alone would change something: a source or a page becomes stale, or a flapping outage may be calm.
    /// Returns `None` if nothing of that is to come.
    pub fn due(&self, policy: &Policy, now: Timestamp) -> Option<Timestamp> {
        let after = |at: Timestamp, span: SignedDuration| at.checked_add(span).ok();
        let calm = self.tracked.iter().filter(|tracked| tracked.flapping && tracked.outage.is_open());
        let calm = calm.filter_map(|tracked| after(tracked.last_back()?, policy.calm_after));
        let pages = self.pages_read.values().filter_map(|at| after(*at, policy.page_stale_after));
        let stale = self.probes.go_stale_at(policy);
        let gathered = self.gathering_since.and_then(|at| after(at, policy.gather));
        // One millisecond later, because stale means "older than", not "as old as".
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

    /// Whether only the page reports it and it was too old to be posted when we first read of it.
    pub fn is_history(&self) -> bool {
        !self.announced && self.sighted.is_empty()
    }

    /// Whether a service of it has not recovered yet.
    pub fn is_hit(&self, service: &ServiceName) -> bool {
        self.outage.services.get(service).is_some_and(|hit| hit.until.is_none())
    }

    /// Whether our own checks see a service of it fail.
    pub fn sees(&self, service: &ServiceName) -> bool {
        self.is_hit(service) && self.sighted.contains(service)
    }

    /// Returns when its last service recovered, if all that we saw fail have recovered.
    pub fn last_back(&self) -> Option<Timestamp> {
        let hits = self.sighted.iter().filter_map(|service| self.outage.services.get(service));
        hits.map(|hit| hit.until).collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Counts a comeback.
    pub(super) fn count_comeback(&mut self, now: Timestamp) {
        self.outage.flaps = self.outage.flaps.saturating_add(1);
        push(&mut self.comebacks, now);
    }

    /// Counts a posted line, unless it is a silent edit.
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

    /// Whether it has recovered and failed so often recently that it counts as flapping.
    pub(super) fn comes_and_goes(&self, policy: &Policy, now: Timestamp) -> bool {
        let comebacks = lately(&self.comebacks, policy, now);
        comebacks >= policy.flapping_after
            || (comebacks > 0 && self.lines_lately(policy, now) >= policy.flapping_lines)
    }

    /// Returns how many lines were posted about it recently.
    pub(super) fn lines_lately(&self, policy: &Policy, now: Timestamp) -> u32 {
        lately(&self.lines, policy, now)
    }

    /// Whether it stopped flapping, though it is not over.
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
