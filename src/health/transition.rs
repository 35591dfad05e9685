//! The state machine: takes the known state, our checks and the page, returns the new state and the events to post.
//!
//! Each transition takes in our checks (here) and the page (`page_report`, `maintenance`), and notes for each outage what
//! changed. `settle_all` turns the changes into at most one event per outage, so that one cause is one line.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::assessment::{Assessment, FailureEvidence, ServiceAssessment};
use super::detector_state::{DetectorState, TrackedOutage};
use super::{
    Level, Outage, OutageEvent, OutageId, OutageKind, Page, PageReport, Policy, ServiceCatalog,
    ServiceImpact, ServiceName, SourceName, TimelineEvent,
};

/// A status page as one check read it.
#[derive(Clone, Copy, Debug)]
pub struct PagePoll<'a> {
    pub source: &'a SourceName,
    /// When the check began.
    pub at: Timestamp,
    pub page: &'a Page,
}

/// Moves the outages one step: takes in a new assessment, and the page if it was the page that was checked.
///
/// `now` is when the result was known. Events are in the order in which they should be posted.
pub fn step(
    state: DetectorState,
    assessment: &Assessment,
    page: Option<PagePoll<'_>>,
    catalog: &ServiceCatalog,
    policy: &Policy,
    now: Timestamp,
) -> (DetectorState, Vec<OutageEvent>) {
    let mut round =
        Transition { state, assessment, catalog, policy, now, changes: BTreeMap::new(), events: vec![] };
    if let Some(page) = page {
        round.apply_page(page);
    }
    round.apply_probes();
    round.settle_all();
    round.note_levels();
    round.state.prune(policy, now);
    (round.state, round.events)
}

pub(super) struct Transition<'a> {
    pub state: DetectorState,
    pub assessment: &'a Assessment,
    pub catalog: &'a ServiceCatalog,
    pub policy: &'a Policy,
    pub now: Timestamp,
    pub changes: BTreeMap<OutageId, OutageChanges>,
    pub events: Vec<OutageEvent>,
}

/// What changed about one outage in this transition.
#[derive(Clone, Debug, Default)]
pub(super) struct OutageChanges {
    pub started: bool,
    pub reopened: bool,
    pub comeback: bool,
    pub joined: Vec<ServiceName>,
    pub confirmed: bool,
    pub page_spoke: bool,
    pub page_closed: bool,
    /// Our checks see something new in an outage that was too old to be posted: now it is news.
    pub news: bool,
    pub why: Vec<String>,
}

/// Where a failure belongs.
pub(super) enum MatchedOutage {
    Open(usize),
    Ended(usize),
    New,
}

/// A service that begins to fail by our checks.
struct NewFailure<'f> {
    assessed: &'f ServiceAssessment,
    bad: &'f FailureEvidence,
    level: Level,
    /// Announced work that lowers its level.
    work: Option<PageReport>,
}

impl Transition<'_> {
    /// Returns the changes of an outage, and marks it as changed.
    pub(super) fn change(&mut self, tracked: usize) -> &mut OutageChanges {
        let id = self.state.tracked[tracked].outage.id.clone();
        self.changes.entry(id).or_default()
    }

    fn apply_probes(&mut self) {
        let assessment = self.assessment;
        let mut failures = vec![];
        for assessed in &assessment.findings {
            match self.state.position(|tracked| tracked.outage.is_open() && tracked.sees(&assessed.service)) {
                Some(tracked) => self.follow(tracked, assessed),
                None => failures.extend(self.new_failure(assessed, assessed.bad.as_ref())),
            }
        }
        if failures.is_empty() || self.waits_for_others() {
            if failures.is_empty() {
                self.state.gathering_since = None;
            }
            return;
        }
        self.state.gathering_since = None;
        // One cause: a failure that is almost certain is reported with it, not a few seconds later.
        for assessed in &assessment.findings {
            let known = failures.iter().any(|failure| failure.assessed.service == assessed.service);
            if !known && !self.state.tracked.iter().any(|tracked| tracked.sees(&assessed.service)) {
                failures.extend(self.new_failure(assessed, assessed.suspect(self.policy)));
            }
        }
        // Services of an ended outage come first: it reopens, and what fails with it belongs to it too.
        let comes_again = |failure: &NewFailure<'_>| {
            let service = &failure.assessed.service;
            let had_it = |tracked: &TrackedOutage| tracked.outage.services.contains_key(service);
            self.ended_lately(failure.bad.since, had_it).is_some()
        };
        failures.sort_by_cached_key(|failure| (!comes_again(failure), failure.bad.since));
        for failure in failures {
            self.open(&failure);
        }
    }

    /// Whether another service's first check just failed: its next check shows whether it belongs in the same message.
    fn waits_for_others(&mut self) -> bool {
        let since = *self.state.gathering_since.get_or_insert(self.now);
        let policy = self.policy;
        let too_early =
            |assessed: &ServiceAssessment| assessed.undecided && assessed.suspect(policy).is_none();
        let others = self.assessment.findings.iter().any(too_early);
        others && apart(self.now, since) < self.policy.gather
    }

    fn new_failure<'f>(
        &self,
        assessed: &'f ServiceAssessment,
        bad: Option<&'f FailureEvidence>,
    ) -> Option<NewFailure<'f>> {
        let bad = bad?;
        let work = self.work_on(&assessed.service, bad.since);
        let level = if work.is_some() { lowered(bad.level) } else { bad.level };
        level.is_bad().then_some(NewFailure { assessed, bad, level, work })
    }

    /// Updates a service that is known to fail: worse, better, or recovered.
    fn follow(&mut self, index: usize, assessed: &ServiceAssessment) {
        let service = &assessed.service;
        let work_on = |bad: &FailureEvidence| self.work_on(service, bad.since);
        let worked_on = assessed.bad.as_ref().is_some_and(|bad| work_on(bad).is_some());
        let tracked = &mut self.state.tracked[index];
        let Some(hit) = tracked.outage.services.get_mut(service) else { return };
        let mut moments = vec![];
        let mut why = None;
        if let Some(bad) = &assessed.bad {
            let level = if worked_on { lowered(bad.level).max(Level::Degraded) } else { bad.level };
            // A level that was posted is not lowered because work was announced, nor by one successful check among failed ones.
            let steps_down = level < hit.level && !worked_on && assessed.good_enough_for_better();
            if level > hit.level || steps_down {
                hit.level = level;
                hit.worst = hit.worst.max(level);
                moments.push((self.now, TimelineEvent::Became { service: service.clone(), level }));
                why = Some(bad.to_string());
            }
            if let Some(failure) = &bad.failure {
                hit.failure = Some(failure.clone());
            }
            (hit.part, hit.slow) = (bad.part, bad.slow);
        } else if let Some(good) = &assessed.good {
            let since = if hit.level == Level::Outage { Some(good.since) } else { good.calm_since };
            if let Some(since) = since {
                let until = since.max(hit.since);
                hit.until = Some(until);
                hit.level = Level::Up;
                tracked.back.insert(service.clone());
                moments.push((until, TimelineEvent::FirstGoodProbe { service: service.clone() }));
                why = Some(good.to_string());
            }
        }
        for (at, what) in moments {
            tracked.outage.remember(at, what);
        }
        if let Some(why) = why {
            self.change(index).why.push(why);
        }
    }

    fn open(&mut self, failure: &NewFailure<'_>) {
        let NewFailure { assessed, bad, level, work } = failure;
        let service = &assessed.service;
        let index = match self.home_of(service, bad.since) {
            MatchedOutage::Open(index) => index,
            MatchedOutage::Ended(index) => {
                self.reopen(index, bad.since);
                index
            }
            MatchedOutage::New => {
                let index = self.begin(OutageKind::Outage, service, bad.since);
                self.state.tracked[index].outage.ongoing_at_first_probe = assessed.never_good;
                index
            }
        };
        self.leave_to_others(index);
        let fresh = !self.state.tracked[index].outage.ongoing_at_first_probe || !assessed.never_good;
        let tracked = &mut self.state.tracked[index];
        let was_seen = !tracked.sighted.is_empty();
        tracked.sighted.insert(service.clone());
        tracked.back.remove(service);
        tracked.outage.seen = Some(tracked.outage.seen.map_or(bad.since, |at| at.min(bad.since)));
        let moment = bad
            .failure
            .clone()
            .map(|failure| TimelineEvent::FirstFailedProbe { service: service.clone(), failure });
        let moment = moment.unwrap_or(TimelineEvent::Became { service: service.clone(), level: *level });
        tracked.outage.remember(bad.since, moment);
        let known = tracked.outage.services.contains_key(service);
        let hit = tracked.outage.services.entry(service.clone()).or_insert_with(|| ServiceImpact {
            level: *level,
            worst: *level,
            since: bad.since,
            until: None,
            failure: None,
            failed_probes: 0,
            part: None,
            slow: None,
            flaps: 0,
        });
        let comes_back = hit.until.take().is_some();
        hit.flaps = hit.flaps.saturating_add(u32::from(comes_back));
        (hit.part, hit.slow) = (bad.part, bad.slow);
        hit.level = if comes_back { *level } else { hit.level.max(*level) };
        hit.worst = hit.worst.max(*level);
        hit.failure = bad.failure.clone().or(hit.failure.take());
        hit.failed_probes = hit.failed_probes.max(bad.probes);
        let voices = &mut tracked.outage.page;
        if let Some(work) = work.as_ref().filter(|work| voices.iter().all(|it| it.incident != work.incident))
        {
            voices.push(work.clone());
        }
        let change = self.change(index);
        change.why.push(bad.to_string());
        change.news |= fresh;
        if !known || comes_back {
            change.joined.push(service.clone());
        }
        change.comeback |= comes_back;
        change.confirmed |= !was_seen;
    }

    /// Removes services that another posted outage already covers from an old outage that is about to be posted.
    fn leave_to_others(&mut self, index: usize) {
        if !self.state.tracked[index].is_history() {
            return;
        }
        let others = self
            .state
            .tracked
            .iter()
            .enumerate()
            .filter(|(it, tracked)| *it != index && tracked.is_open_outage() && !tracked.is_history());
        let already_posted: Vec<ServiceName> = others
            .flat_map(|(_, tracked)| {
                tracked.outage.services.keys().filter(|name| tracked.is_hit(name)).cloned()
            })
            .collect();
        self.state.tracked[index].outage.services.retain(|name, _| !already_posted.contains(name));
    }

    /// Finds the outage of a failure: failures of one period share an outage, and a failure soon after an end reopens it.
    fn home_of(&self, service: &ServiceName, since: Timestamp) -> MatchedOutage {
        let state = &self.state;
        let near = |tracked: &TrackedOutage| {
            !tracked.is_history()
                && (tracked.outage.services.keys().any(|it| self.catalog.is_whole(it))
                    || self.now.duration_since(tracked.outage.since) <= self.policy.first_probe_limit)
        };
        let is_open =
            |tracked: &TrackedOutage| tracked.is_open_outage() && self.is_kin(tracked, Some(service));
        // A posted outage goes before one that was history when we first read of it.
        let open = state
            .current_on(service)
            .or_else(|| state.open_on(service))
            .or_else(|| state.position(|tracked| is_open(tracked) && !tracked.sighted.is_empty()))
            .or_else(|| state.position(|tracked| is_open(tracked) && near(tracked)));
        if let Some(index) = open {
            return MatchedOutage::Open(index);
        }
        // Another service that fails after an end is another outage, not flapping.
        let goes_on = |tracked: &TrackedOutage| {
            let services = &tracked.outage.services;
            services.contains_key(service) || services.keys().any(|it| self.catalog.is_whole(it))
        };
        self.ended_lately(since, |tracked| self.is_kin(tracked, Some(service)) && goes_on(tracked))
            .map_or(MatchedOutage::New, MatchedOutage::Ended)
    }

    /// Returns the newest outage that ended less than `reopen_within` before `since`.
    pub(super) fn ended_lately(
        &self,
        since: Timestamp,
        wanted: impl Fn(&TrackedOutage) -> bool,
    ) -> Option<usize> {
        let lately = |tracked: &TrackedOutage| {
            tracked.outage.kind == OutageKind::Outage
                && tracked
                    .outage
                    .until
                    .is_some_and(|until| since.duration_since(until) <= self.policy.reopen_within)
        };
        self.state.tracked.iter().rposition(|tracked| lately(tracked) && wanted(tracked))
    }

    pub(super) fn reopen(&mut self, index: usize, at: Timestamp) {
        let tracked = &mut self.state.tracked[index];
        tracked.outage.until = None;
        tracked.outage.remember(at, TimelineEvent::Reopened);
        tracked.back.clear();
        let change = self.change(index);
        change.reopened = true;
        change.comeback = true;
    }

    pub(super) fn begin(&mut self, kind: OutageKind, service: &ServiceName, since: Timestamp) -> usize {
        let outage = Outage {
            id: self.state.name_outage(service, since),
            kind,
            level: Level::Unknown,
            worst: Level::Unknown,
            since,
            until: None,
            services: BTreeMap::new(),
            seen: None,
            page: vec![],
            flaps: 0,
            flapping: false,
            ongoing_at_first_probe: false,
            timeline: vec![],
            revision: 0,
        };
        self.state.tracked.push(TrackedOutage::new(outage));
        let index = self.state.tracked.len() - 1;
        self.change(index).started = true;
        index
    }

    fn note_levels(&mut self) {
        for assessed in &self.assessment.findings {
            let service = &assessed.service;
            let hit = self.state.tracked.iter().find(|tracked| tracked.sees(service));
            let hit = hit.and_then(|tracked| tracked.outage.services.get(service));
            let level = hit.map_or(assessed.level, |hit| hit.level);
            let since = match (&hit, &assessed.good) {
                (Some(hit), _) => hit.since,
                (None, Some(good)) if level == Level::Up => good.since,
                _ => self.now,
            };
            let known = self.state.levels.get(service).is_some_and(|(known, _)| *known == level);
            if !known {
                self.state.levels.insert(service.clone(), (level, since));
            }
        }
    }
}

impl ServiceAssessment {
    /// Whether fewer failures justify a lower level: the newest checks or other sources have passed for as long as an end needs.
    fn good_enough_for_better(&self) -> bool {
        let slow = self.bad.as_ref().is_some_and(|bad| bad.slow.is_some());
        let others = self.bad.as_ref().is_some_and(|bad| bad.others_are_well);
        others || (self.recovering && (self.good.is_some() || slow))
    }
}

/// Lowers a failure under announced work: an outage becomes degraded, slowness becomes maintenance.
fn lowered(level: Level) -> Level {
    match level {
        Level::Outage => Level::Degraded,
        Level::Degraded => Level::Maintenance,
        other => other,
    }
}

/// Returns the time between two instants, never negative.
pub(super) fn apart(a: Timestamp, b: Timestamp) -> SignedDuration {
    a.duration_since(b).abs()
}
