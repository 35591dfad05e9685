//! The state machine: what we knew, and what we now see or read → what we know, and what people hear.
//!
//! Each round hears what came (our looks here, the page in `page_voice` and `maintenance`), notes for each outage what
//! changed, and `complete` turns the changes into at most one event an outage, so that one cause is one line.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::assessment::{Assessment, Bad, Finding};
use super::tracker::{Case, Tracker};
use super::{
    Hit, Kind, Level, Outage, OutageEvent, OutageId, Page, Policy, Profile, ServiceName, SourceName, What,
};

/// A status page as one look read it.
#[derive(Clone, Copy, Debug)]
pub struct PageLook<'a> {
    pub source: &'a SourceName,
    /// When the look began.
    pub at: Timestamp,
    pub page: &'a Page,
}

/// One step: what came in (a new assessment, and the page if it was the page that was looked at) moves the outages.
///
/// `now` is when it was known. Events are in the order in which people should hear them.
pub fn step(
    tracker: Tracker,
    assessment: &Assessment,
    page: Option<PageLook<'_>>,
    profile: &Profile,
    policy: &Policy,
    now: Timestamp,
) -> (Tracker, Vec<OutageEvent>) {
    let mut round =
        Round { tracker, assessment, profile, policy, now, changes: BTreeMap::new(), events: vec![] };
    if let Some(page) = page {
        round.hear_page(page);
    }
    round.hear_looks();
    round.settle_all();
    round.note_levels();
    round.tracker.prune(policy, now);
    (round.tracker, round.events)
}

pub(super) struct Round<'a> {
    pub tracker: Tracker,
    pub assessment: &'a Assessment,
    pub profile: &'a Profile,
    pub policy: &'a Policy,
    pub now: Timestamp,
    pub changes: BTreeMap<OutageId, Changes>,
    pub events: Vec<OutageEvent>,
}

/// What changed about one outage in this round.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub started: bool,
    pub reopened: bool,
    pub comeback: bool,
    pub joined: Vec<ServiceName>,
    pub confirmed: bool,
    pub page_spoke: bool,
    pub page_closed: bool,
    /// Our looks see something new in an outage that was too old to be told: it is news after all.
    pub news: bool,
    pub why: Vec<String>,
}

/// Where something that fails belongs.
pub(super) enum Home {
    Open(usize),
    Ended(usize),
    New,
}

/// A service that begins to fail for us.
struct Opener<'f> {
    finding: &'f Finding,
    bad: &'f Bad,
    level: Level,
}

impl Round<'_> {
    /// The changes of a case; also marks it as touched.
    pub(super) fn change(&mut self, case: usize) -> &mut Changes {
        let id = self.tracker.cases[case].outage.id.clone();
        self.changes.entry(id).or_default()
    }

    fn hear_looks(&mut self) {
        let assessment = self.assessment;
        let mut openers = vec![];
        for finding in &assessment.findings {
            match self.tracker.position(|case| case.outage.is_open() && case.sees(&finding.service)) {
                Some(case) => self.follow(case, finding),
                None => openers.extend(self.opener(finding, finding.bad.as_ref())),
            }
        }
        if openers.is_empty() || self.waits_for_others() {
            if openers.is_empty() {
                self.tracker.gathering_since = None;
            }
            return;
        }
        self.tracker.gathering_since = None;
        // One cause: what is about to be believed anyway is told with it, not a few seconds later.
        for finding in &assessment.findings {
            let known = openers.iter().any(|opener| opener.finding.service == finding.service);
            if !known && !self.tracker.cases.iter().any(|case| case.sees(&finding.service)) {
                openers.extend(self.opener(finding, finding.suspect(self.policy)));
            }
        }
        openers.sort_by_key(|opener| opener.bad.since);
        for opener in openers {
            self.open(&opener);
        }
    }

    /// Another service's first look just failed: the next one tells whether it is the same message.
    fn waits_for_others(&mut self) -> bool {
        let since = *self.tracker.gathering_since.get_or_insert(self.now);
        let policy = self.policy;
        let too_early = |finding: &Finding| finding.undecided && finding.suspect(policy).is_none();
        let others = self.assessment.findings.iter().any(too_early);
        others && apart(self.now, since) < self.policy.gather
    }

    fn opener<'f>(&self, finding: &'f Finding, bad: Option<&'f Bad>) -> Option<Opener<'f>> {
        let bad = bad?;
        let level =
            if self.is_worked_on(&finding.service, bad.since) { lowered(bad.level) } else { bad.level };
        level.is_bad().then_some(Opener { finding, bad, level })
    }

    /// A service that we know to fail: worse, better, or back.
    fn follow(&mut self, index: usize, finding: &Finding) {
        let service = &finding.service;
        let worked_on = finding.bad.as_ref().is_some_and(|bad| self.is_worked_on(service, bad.since));
        let case = &mut self.tracker.cases[index];
        let Some(hit) = case.outage.services.get_mut(service) else { return };
        let mut moments = vec![];
        let mut why = None;
        if let Some(bad) = &finding.bad {
            let level = if worked_on { lowered(bad.level).max(Level::Degraded) } else { bad.level };
            // A level that was told is not taken back because work was announced, nor by one good look among bad ones.
            let steps_down =
                level < hit.level && !worked_on && finding.recovering && finding.good_enough_for_better();
            if level > hit.level || steps_down {
                hit.level = level;
                hit.worst = hit.worst.max(level);
                moments.push((self.now, What::Became { service: service.clone(), level }));
                why = Some(bad.to_string());
            }
            if let Some(symptom) = &bad.symptom {
                hit.symptom = Some(symptom.clone());
            }
        } else if let Some(good) = &finding.good {
            let since = if hit.level == Level::Outage { Some(good.since) } else { good.calm_since };
            if let Some(since) = since {
                let until = since.max(hit.since);
                hit.until = Some(until);
                hit.level = Level::Up;
                case.back.insert(service.clone());
                moments.push((until, What::FirstGoodLook { service: service.clone() }));
                why = Some(good.to_string());
            }
        }
        for (at, what) in moments {
            case.outage.remember(at, what);
        }
        if let Some(why) = why {
            self.change(index).why.push(why);
        }
    }

    fn open(&mut self, opener: &Opener<'_>) {
        let Opener { finding, bad, level } = opener;
        let service = &finding.service;
        let index = match self.home_of(service, bad.since) {
            Home::Open(index) => index,
            Home::Ended(index) => {
                self.reopen(index, bad.since);
                index
            }
            Home::New => {
                let index = self.begin(Kind::Outage, service, bad.since);
                self.tracker.cases[index].outage.ongoing_at_first_look = finding.never_good;
                index
            }
        };
        let fresh = !self.tracker.cases[index].outage.ongoing_at_first_look || !finding.never_good;
        let case = &mut self.tracker.cases[index];
        let was_seen = !case.sighted.is_empty();
        case.sighted.insert(service.clone());
        case.back.remove(service);
        case.outage.seen = Some(case.outage.seen.map_or(bad.since, |at| at.min(bad.since)));
        let moment =
            bad.symptom.clone().map(|symptom| What::FirstBadLook { service: service.clone(), symptom });
        let moment = moment.unwrap_or(What::Became { service: service.clone(), level: *level });
        case.outage.remember(bad.since, moment);
        let known = case.outage.services.contains_key(service);
        let hit = case.outage.services.entry(service.clone()).or_insert_with(|| Hit {
            level: *level,
            worst: *level,
            since: bad.since,
            until: None,
            symptom: None,
            failed_looks: 0,
        });
        let comes_back = hit.until.take().is_some();
        hit.level = if comes_back { *level } else { hit.level.max(*level) };
        hit.worst = hit.worst.max(*level);
        hit.symptom = bad.symptom.clone().or(hit.symptom.take());
        hit.failed_looks = hit.failed_looks.max(bad.looks);
        let change = self.change(index);
        change.why.push(bad.to_string());
        change.news |= fresh;
        if !known || comes_back {
            change.joined.push(service.clone());
        }
        change.comeback |= comes_back;
        change.confirmed |= !was_seen;
    }

    /// One cause, one outage: what fails in the same stretch joins it, and what fails again soon after goes on.
    fn home_of(&self, service: &ServiceName, since: Timestamp) -> Home {
        let tracker = &self.tracker;
        let near = |case: &Case| {
            case.outage.services.contains_key(&self.profile.whole)
                || self.now.duration_since(case.outage.since) <= self.policy.first_look_limit
        };
        let open = tracker
            .open_on(service)
            .or_else(|| tracker.position(|case| case.is_open_outage() && !case.sighted.is_empty()))
            .or_else(|| tracker.position(|case| case.is_open_outage() && near(case)));
        if let Some(index) = open {
            return Home::Open(index);
        }
        self.ended_lately(since, |_| true).map_or(Home::New, Home::Ended)
    }

    /// The newest outage that ended less than `reopen_within` before `since`.
    pub(super) fn ended_lately(&self, since: Timestamp, wanted: impl Fn(&Case) -> bool) -> Option<usize> {
        let lately = |case: &Case| {
            case.outage.kind == Kind::Outage
                && case
                    .outage
                    .until
                    .is_some_and(|until| since.duration_since(until) <= self.policy.reopen_within)
        };
        self.tracker.cases.iter().rposition(|case| lately(case) && wanted(case))
    }

    pub(super) fn reopen(&mut self, index: usize, at: Timestamp) {
        let case = &mut self.tracker.cases[index];
        case.outage.until = None;
        case.outage.remember(at, What::Reopened);
        case.back.clear();
        let change = self.change(index);
        change.reopened = true;
        change.comeback = true;
    }

    pub(super) fn begin(&mut self, kind: Kind, service: &ServiceName, since: Timestamp) -> usize {
        let outage = Outage {
            id: self.tracker.name_outage(service, since),
            kind,
            level: Level::Unknown,
            worst: Level::Unknown,
            since,
            until: None,
            services: BTreeMap::new(),
            seen: None,
            page: vec![],
            flaps: 0,
            folded: false,
            ongoing_at_first_look: false,
            timeline: vec![],
            revision: 0,
        };
        self.tracker.cases.push(Case::new(outage));
        let index = self.tracker.cases.len() - 1;
        self.change(index).started = true;
        index
    }

    /// Whether announced work covers a failure that began at `since`.
    fn is_worked_on(&self, service: &ServiceName, since: Timestamp) -> bool {
        self.tracker.cases.iter().any(|case| {
            let outage = &case.outage;
            let names = |name: &ServiceName| outage.services.contains_key(name);
            outage.kind == Kind::Maintenance
                && outage.is_open()
                && outage.since <= since
                && (names(service) || names(&self.profile.whole))
        })
    }

    fn note_levels(&mut self) {
        for finding in &self.assessment.findings {
            let service = &finding.service;
            let hit = self.tracker.cases.iter().find(|case| case.sees(service));
            let hit = hit.and_then(|case| case.outage.services.get(service));
            let level = hit.map_or(finding.level, |hit| hit.level);
            let since = match (&hit, &finding.good) {
                (Some(hit), _) => hit.since,
                (None, Some(good)) if level == Level::Up => good.since,
                _ => self.now,
            };
            let known = self.tracker.levels.get(service).is_some_and(|(known, _)| *known == level);
            if !known {
                self.tracker.levels.insert(service.clone(), (level, since));
            }
        }
    }
}

impl Finding {
    /// Fewer failures than an outage's: the newest looks are good for as long as an end would need.
    fn good_enough_for_better(&self) -> bool {
        self.good.is_some() || self.bad.as_ref().is_some_and(|bad| bad.slow.is_some())
    }
}

/// Announced work makes a failure milder: down becomes degraded, slow becomes the work itself.
fn lowered(level: Level) -> Level {
    match level {
        Level::Outage => Level::Degraded,
        Level::Degraded => Level::Maintenance,
        other => other,
    }
}

/// How long two instants are apart, never negative.
pub(super) fn apart(a: Timestamp, b: Timestamp) -> SignedDuration {
    a.duration_since(b).abs()
}
