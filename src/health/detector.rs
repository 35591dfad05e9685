//! The one way in: looks go in, events and pictures come out. The watcher, `replay` and the tests use nothing else.

use jiff::{SignedDuration, Timestamp};

use super::assessment::{Assessment, CertificateWarning, assess, certificate_warnings, reassess};
use super::detector_state::DetectorState;
use super::page_memory::draw;
use super::probe_history::SourceHistory;
use super::transition::{PagePoll, step};
use super::{Observation, Outage, OutageEvent, Outcome, Policy, ServiceCatalog, SourceName, StatusSnapshot};

/// Judges the looks at one profile.
#[derive(Clone, Debug)]
pub struct Detector {
    catalog: ServiceCatalog,
    policy: Policy,
    state: DetectorState,
    assessment: Assessment,
    /// When the first of what was assessed becomes too old to tell; none when that is not known.
    fresh_until: Option<Timestamp>,
    reports: u32,
}

/// A check never counts as longer than this: an hour, far beyond any time-out, so that a hostile duration stays harmless.
const LONGEST_PROBE: SignedDuration = SignedDuration::from_hours(1);

impl Detector {
    /// A judge who knows nothing yet.
    pub fn new(catalog: ServiceCatalog, policy: Policy) -> Self {
        Self::resume(catalog, policy, DetectorState::default())
    }

    /// A judge who goes on where a former one stopped.
    pub fn resume(catalog: ServiceCatalog, policy: Policy, mut state: DetectorState) -> Self {
        state.keep_only(&catalog);
        let at = state.last_probe.unwrap_or(Timestamp::UNIX_EPOCH);
        let assessment = assess(&state.probes, &catalog, &policy, at);
        Self { catalog, policy, state, assessment, fresh_until: None, reports: 0 }
    }

    /// Hears of one check, and says what people should hear. A source that the profile does not know says nothing.
    pub fn take(&mut self, observation: &Observation) -> Vec<OutageEvent> {
        let took = observation.took.clamp(SignedDuration::ZERO, LONGEST_PROBE);
        let now = observation.at.checked_add(took).unwrap_or(observation.at);
        let source = &observation.source;
        let is_page = self.catalog.pages.contains(source);
        let is_connectivity_check = self.catalog.connectivity_checks.as_ref() == Some(source);
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

    /// Lets time pass without a check.
    pub fn tick(&mut self, now: Timestamp) -> Vec<OutageEvent> {
        self.assess_all(now);
        self.advance(None, now)
    }

    fn assess_all(&mut self, now: Timestamp) {
        let probes = &self.state.probes;
        self.assessment = assess(probes, &self.catalog, &self.policy, now);
        self.fresh_until = probes.go_stale_at(&self.policy).filter(|at| *at >= now).min();
    }

    /// One check changes what is believed of its own service, the control's of all; so does what becomes too old to tell. The rest
    /// stands as it was: a month of checks replays in seconds.
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

    /// Whether this is the first check, or the first after a long silence: what is found now may have begun long ago.
    fn begin_to_watch(&mut self, at: Timestamp) -> bool {
        let silence = self.state.last_probe.map(|last| at.duration_since(last));
        let anew = silence.is_none_or(|silence| silence > self.policy.first_probe_limit);
        if anew {
            self.state.probes.begin();
        }
        self.state.last_probe = Some(at);
        anew
    }

    /// What is believed at `now`.
    pub fn snapshot(&self, now: Timestamp) -> StatusSnapshot {
        let assessment = assess(&self.state.probes, &self.catalog, &self.policy, now);
        let mut snapshot = draw(&self.state, &assessment, &self.catalog, &self.policy);
        snapshot.reports = self.reports;
        snapshot.next_check = self.next_probe();
        snapshot.interval = Some(self.policy.every);
        snapshot
    }

    /// What must survive a restart.
    pub fn tracker(&self) -> &DetectorState {
        &self.state
    }

    /// The newest assessment.
    pub fn assessment(&self) -> &Assessment {
        &self.assessment
    }

    /// What is watched.
    pub fn catalog(&self) -> &ServiceCatalog {
        &self.catalog
    }

    /// The numbers of judging.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// When silence alone would change something; none without looks.
    pub fn due(&self) -> Option<Timestamp> {
        self.state.due(&self.policy, self.assessment.at)
    }

    /// How many people reported failures in the last 15 minutes: shown as its own voice, decides nothing.
    pub fn reports(&mut self, people: u32) {
        self.reports = people;
    }

    /// Certificates that expire soon, for the operator.
    pub fn certificate_warnings(&self, now: Timestamp) -> Vec<CertificateWarning> {
        certificate_warnings(&self.state.probes, &self.catalog, &self.policy, now)
    }

    /// Whether a source should be checked again soon: its last check failed and we are not sure yet, or it is the control
    /// and must say whose fault it is. Coming back is not hurried: an end needs successful checks over a while.
    pub fn wants_recheck(&self, source: &SourceName) -> bool {
        let newest_bad = |source: &SourceName| {
            self.state
                .probes
                .of(source)
                .and_then(SourceHistory::newest)
                .is_some_and(|sample| sample.kind.is_bad())
        };
        let unsure = |source: &SourceName| newest_bad(source) && !self.sees_failing(source);
        if self.catalog.connectivity_checks.as_ref() == Some(source) {
            let mut probes = self.catalog.services.iter().flat_map(|service| &service.sources);
            return newest_bad(source) || probes.any(unsure);
        }
        unsure(source)
    }

    /// How long to wait between two looks at a source, as things are: quick after a first failed check, faster where a service is known
    /// to fail, slower at the page and the control while all is calm.
    pub fn pace(&self, source: &SourceName) -> SignedDuration {
        let every = self.policy.every;
        if self.wants_recheck(source) {
            self.policy.recheck_every.min(every)
        } else if self.sees_failing(source) {
            self.policy.outage_every.min(every)
        } else if self.catalog.service_of(source).is_none() && self.is_calm() {
            self.policy.calm_pace()
        } else {
            every
        }
    }

    /// Nothing is open, the page owes no word about what is over, and no newest check is bad.
    fn is_calm(&self) -> bool {
        let mut sources = self.catalog.services.iter().flat_map(|service| &service.sources);
        let is_bad = |history: &SourceHistory| history.newest().is_some_and(|sample| sample.kind.is_bad());
        let is_over =
            |outage: &Outage| !outage.is_open() && outage.page.iter().all(|report| report.closed.is_some());
        self.state.tracked.iter().all(|tracked| is_over(&tracked.outage))
            && !sources.any(|source| self.state.probes.of(source).is_some_and(is_bad))
    }

    /// Whether a source tells about a service that we know to fail.
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
