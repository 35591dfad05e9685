//! The only entrance: observations in, events and snapshots out. The watcher, `replay` and the tests use nothing else.

use jiff::{SignedDuration, Timestamp};

use super::assessment::{Assessment, CertificateWarning, assess, certificate_warnings, reassess};
use super::detector_state::DetectorState;
use super::draw_snapshot::draw;
use super::probe_history::SourceHistory;
use super::transition::{PagePoll, step};
use super::{Observation, Outage, OutageEvent, Outcome, Policy, ServiceCatalog, SourceName, StatusSnapshot};

/// Decides from the observations of one catalog which outages there are.
#[derive(Clone, Debug)]
pub struct Detector {
    catalog: ServiceCatalog,
    policy: Policy,
    state: DetectorState,
    assessment: Assessment,
    /// When the first of the assessed checks becomes stale; `None` if that is not known.
    fresh_until: Option<Timestamp>,
    reports: u32,
}

/// A check counts as an hour at most, far beyond any time-out, so that a hostile duration is harmless.
const LONGEST_PROBE: SignedDuration = SignedDuration::from_hours(1);

impl Detector {
    /// Returns a detector without any history.
    pub fn new(catalog: ServiceCatalog, policy: Policy) -> Self {
        Self::resume(catalog, policy, DetectorState::default())
    }

    /// Returns a detector that continues from stored state.
    pub fn resume(catalog: ServiceCatalog, policy: Policy, mut state: DetectorState) -> Self {
        state.keep_only(&catalog);
        let at = state.last_probe.unwrap_or(Timestamp::UNIX_EPOCH);
        let assessment = assess(&state.probes, &catalog, &policy, at);
        Self { catalog, policy, state, assessment, fresh_until: None, reports: 0 }
    }

    /// Takes in one check and returns the events to post: none for a source that the catalog does not know.
    pub fn take(&mut self, observation: &Observation) -> Vec<OutageEvent> {
        let took = observation.took.clamp(SignedDuration::ZERO, LONGEST_PROBE);
        let now = observation.at.checked_add(took).unwrap_or(observation.at);
        let source = &observation.source;
        let is_page = self.catalog.pages.contains(source);
        let is_connectivity_check = self.catalog.is_connectivity_check(source);
        if !is_page && !is_connectivity_check && self.catalog.service_of(source).is_none() {
            return vec![];
        }
        if self.begin_to_watch(observation.at) {
            self.fresh_until = None;
        }
        if is_page {
            self.state.pages.entry(source.clone()).or_default().remember(observation, &self.policy);
        } else {
            self.state.probes.remember(observation, &self.catalog, &self.policy);
        }
        let page = match &observation.seen {
            Outcome::Page(page) if is_page => Some(PagePoll { source, at: observation.at, page }),
            _ => None,
        };
        if is_connectivity_check {
            self.fresh_until = None;
        }
        self.assess_after(source, now);
        self.advance(page, now)
    }

    /// Advances the time without a check.
    pub fn tick(&mut self, now: Timestamp) -> Vec<OutageEvent> {
        self.assess_all(now);
        self.advance(None, now)
    }

    fn assess_all(&mut self, now: Timestamp) {
        let probes = &self.state.probes;
        self.assessment = assess(probes, &self.catalog, &self.policy, now);
        self.fresh_until = probes.go_stale_at(&self.policy).filter(|at| *at >= now).min();
    }

    /// Reassesses only the check's own service; a connectivity check or a check that becomes stale reassesses all services.
    /// The others cannot have changed, so a month of checks replays in seconds.
    fn assess_after(&mut self, source: &SourceName, now: Timestamp) {
        let probes = &self.state.probes;
        let own = probes.of(source).and_then(|history| history.goes_stale_at(&self.policy));
        let until = self.fresh_until.map(|until| own.map_or(until, |own| own.min(until)));
        if until.is_none_or(|until| now > until) || now < self.assessment.at {
            return self.assess_all(now);
        }
        self.fresh_until = until;
        reassess(&mut self.assessment, source, probes, &self.catalog, &self.policy, now);
    }

    fn advance(&mut self, page: Option<PagePoll<'_>>, now: Timestamp) -> Vec<OutageEvent> {
        let state = std::mem::take(&mut self.state);
        let (state, events) = step(state, &self.assessment, page, &self.catalog, &self.policy, now);
        self.state = state;
        events
    }

    /// Whether this is the first check, or the first after a long silence: what it finds may have begun long ago.
    fn begin_to_watch(&mut self, at: Timestamp) -> bool {
        let silence = self.state.last_probe.map(|last| at.duration_since(last));
        let anew = silence.is_none_or(|silence| silence > self.policy.first_probe_limit);
        if anew {
            self.state.probes.begin();
        }
        self.state.last_probe = Some(at);
        anew
    }

    /// Returns what is believed at `now`.
    pub fn snapshot(&self, now: Timestamp) -> StatusSnapshot {
        let assessment = assess(&self.state.probes, &self.catalog, &self.policy, now);
        let mut snapshot = draw(&self.state, &assessment, &self.catalog, &self.policy);
        snapshot.reports = self.reports;
        snapshot.next_check = self.next_probe();
        let mut sources = self.catalog.services.iter().flat_map(|service| &service.sources);
        let failing = sources.any(|source| self.sees_failing(source));
        let every = self.policy.interval;
        snapshot.interval = Some(if failing { self.policy.outage_interval.min(every) } else { every });
        snapshot
    }

    /// Returns what must survive a restart.
    pub fn tracker(&self) -> &DetectorState {
        &self.state
    }

    /// Returns the newest assessment.
    pub fn assessment(&self) -> &Assessment {
        &self.assessment
    }

    /// Returns what is checked.
    pub fn catalog(&self) -> &ServiceCatalog {
        &self.catalog
    }

    /// Returns the thresholds and intervals.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns when silence alone would change something; `None` without checks.
    pub fn due(&self) -> Option<Timestamp> {
        self.state.due(&self.policy, self.assessment.at)
    }

    /// Stores how many people reported failures in the last 15 minutes. The number is shown as its own voice and decides nothing.
    pub fn reports(&mut self, people: u32) {
        self.reports = people;
    }

    /// Returns the certificates that expire soon, for the operator.
    pub fn certificate_warnings(&self, now: Timestamp) -> Vec<CertificateWarning> {
        certificate_warnings(&self.state.probes, &self.catalog, &self.policy, now)
    }

    /// Whether a source should be checked again soon: its last check failed and the failure is not certain yet. A connectivity
    /// check is also repeated to show whose fault it is. A recovery is not hurried: it needs successful checks over a while.
    pub fn wants_recheck(&self, source: &SourceName) -> bool {
        let newest_bad = |source: &SourceName| {
            self.state
                .probes
                .of(source)
                .and_then(SourceHistory::newest)
                .is_some_and(|sample| sample.kind.is_bad())
        };
        let unsure = |source: &SourceName| newest_bad(source) && !self.sees_failing(source);
        if self.catalog.is_connectivity_check(source) {
            let mut probes = self.catalog.services.iter().flat_map(|service| &service.sources);
            return newest_bad(source) || probes.any(unsure);
        }
        unsure(source)
    }

    /// Returns the current interval between two checks of a source. It is short after a first failed check, and shorter than
    /// usual if the service is known to fail. Pages and connectivity checks have a longer one while all is calm.
    pub fn pace(&self, source: &SourceName) -> SignedDuration {
        let every = self.policy.interval;
        if self.wants_recheck(source) {
            self.policy.recheck_interval.min(every)
        } else if self.sees_failing(source) {
            self.policy.outage_interval.min(every)
        } else if self.catalog.service_of(source).is_none() && self.is_calm() {
            self.policy.calm_pace()
        } else {
            every
        }
    }

    /// Whether nothing is open, no page report of an ended outage is still open, and no newest check failed.
    fn is_calm(&self) -> bool {
        let mut sources = self.catalog.services.iter().flat_map(|service| &service.sources);
        let is_bad = |history: &SourceHistory| history.newest().is_some_and(|sample| sample.kind.is_bad());
        let is_over =
            |outage: &Outage| !outage.is_open() && outage.page.iter().all(|report| report.closed.is_some());
        self.state.tracked.iter().all(|tracked| is_over(&tracked.outage))
            && !sources.any(|source| self.state.probes.of(source).is_some_and(is_bad))
    }

    /// Whether a source belongs to a service that is known to fail.
    fn sees_failing(&self, source: &SourceName) -> bool {
        let Some(service) = self.catalog.service_of(source) else { return false };
        self.state.tracked.iter().any(|tracked| tracked.is_open_outage() && tracked.sees(&service.name))
    }

    fn next_probe(&self) -> Option<Timestamp> {
        let sources = self.catalog.services.iter().flat_map(|service| &service.sources);
        let next = |source| self.state.probes.of(source)?.probed?.checked_add(self.pace(source)).ok();
        sources.filter_map(next).min()
    }
}
