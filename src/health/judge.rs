//! The one way in: looks go in, events and pictures come out. The watcher, `replay` and the tests use nothing else.

use jiff::{SignedDuration, Timestamp};

use super::assessment::{Assessment, CertificateWarning, assess, certificate_warnings, reassess};
use super::memory::SourceMemory;
use super::step::{PageLook, step};
use super::tracker::Tracker;
use super::view::draw;
use super::{Observation, Outage, OutageEvent, Picture, Policy, Profile, Seen, SourceName};

/// Judges the looks at one profile.
#[derive(Clone, Debug)]
pub struct Judge {
    profile: Profile,
    policy: Policy,
    tracker: Tracker,
    assessment: Assessment,
    /// When the first of what was assessed becomes too old to tell; none when that is not known.
    fresh_until: Option<Timestamp>,
    reports: u32,
}

/// A look never counts as longer than this: an hour, far beyond any time-out, so that a hostile duration stays harmless.
const LONGEST_LOOK: SignedDuration = SignedDuration::from_hours(1);

impl Judge {
    /// A judge who knows nothing yet.
    pub fn new(profile: Profile, policy: Policy) -> Self {
        Self::resume(profile, policy, Tracker::default())
    }

    /// A judge who goes on where a former one stopped.
    pub fn resume(profile: Profile, policy: Policy, mut tracker: Tracker) -> Self {
        tracker.keep_only(&profile);
        let at = tracker.last_look.unwrap_or(Timestamp::UNIX_EPOCH);
        let assessment = assess(&tracker.looks, &profile, &policy, at);
        Self { profile, policy, tracker, assessment, fresh_until: None, reports: 0 }
    }

    /// Hears of one look, and says what people should hear. A source that the profile does not know says nothing.
    pub fn take(&mut self, observation: &Observation) -> Vec<OutageEvent> {
        let took = observation.took.clamp(SignedDuration::ZERO, LONGEST_LOOK);
        let now = observation.at.checked_add(took).unwrap_or(observation.at);
        let source = &observation.source;
        let is_page = self.profile.pages.contains(source);
        let is_control = self.profile.control.as_ref() == Some(source);
        if !is_page && !is_control && self.profile.service_of(source).is_none() {
            return vec![];
        }
        if self.begin_to_watch(observation.at) {
            self.fresh_until = None;
        }
        if is_page {
            self.tracker.pages.entry(source.clone()).or_default().remember(observation, &self.policy);
        } else {
            self.tracker.looks.remember(observation, &self.profile, &self.policy);
        }
        let page = match &observation.seen {
            Seen::Page(page) if is_page => Some(PageLook { source, at: observation.at, page }),
            _ => None,
        };
        if is_control {
            self.fresh_until = None;
        }
        self.assess_after(source, now);
        self.advance(page, now)
    }

    /// Lets time pass without a look.
    pub fn tick(&mut self, now: Timestamp) -> Vec<OutageEvent> {
        self.assess_all(now);
        self.advance(None, now)
    }

    fn assess_all(&mut self, now: Timestamp) {
        let looks = &self.tracker.looks;
        self.assessment = assess(looks, &self.profile, &self.policy, now);
        self.fresh_until = looks.go_stale_at(&self.policy).filter(|at| *at >= now).min();
    }

    /// One look changes what is believed of its own service, the control's of all; so does what becomes too old to tell. The rest
    /// stands as it was: a month of looks replays in seconds.
    fn assess_after(&mut self, source: &SourceName, now: Timestamp) {
        let looks = &self.tracker.looks;
        let own = looks.of(source).and_then(|memory| memory.goes_stale_at(&self.policy));
        let until = self.fresh_until.map(|until| own.map_or(until, |own| own.min(until)));
        if until.is_none_or(|until| now > until) || now < self.assessment.at {
            return self.assess_all(now);
        }
        self.fresh_until = until;
        reassess(&mut self.assessment, source, looks, &self.profile, &self.policy, now);
    }

    fn advance(&mut self, page: Option<PageLook<'_>>, now: Timestamp) -> Vec<OutageEvent> {
        let tracker = std::mem::take(&mut self.tracker);
        let (tracker, events) = step(tracker, &self.assessment, page, &self.profile, &self.policy, now);
        self.tracker = tracker;
        events
    }

    /// Whether this is the first look, or the first after a long silence: what is found now may have begun long ago.
    fn begin_to_watch(&mut self, at: Timestamp) -> bool {
        let silence = self.tracker.last_look.map(|last| at.duration_since(last));
        let anew = silence.is_none_or(|silence| silence > self.policy.first_look_limit);
        if anew {
            self.tracker.looks.begin();
        }
        self.tracker.last_look = Some(at);
        anew
    }

    /// What is believed at `now`.
    pub fn picture(&self, now: Timestamp) -> Picture {
        let assessment = assess(&self.tracker.looks, &self.profile, &self.policy, now);
        let mut picture = draw(&self.tracker, &assessment, &self.profile, &self.policy);
        picture.reports = self.reports;
        picture.next_look = self.next_look();
        picture.every = Some(self.policy.every);
        picture
    }

    /// What must survive a restart.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// The newest assessment.
    pub fn assessment(&self) -> &Assessment {
        &self.assessment
    }

    /// What is watched.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The numbers of judging.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// When silence alone would change something; none without looks.
    pub fn due(&self) -> Option<Timestamp> {
        self.tracker.due(&self.policy, self.assessment.at)
    }

    /// How many people reported failures in the last 15 minutes: shown as its own voice, decides nothing.
    pub fn reports(&mut self, people: u32) {
        self.reports = people;
    }

    /// Certificates that expire soon, for the operator.
    pub fn certificate_warnings(&self, now: Timestamp) -> Vec<CertificateWarning> {
        certificate_warnings(&self.tracker.looks, &self.profile, &self.policy, now)
    }

    /// Whether a source should be looked at again soon: its last look failed and we are not sure yet, or it is the control
    /// and must say whose fault it is. Coming back is not hurried: an end needs good looks over a while.
    pub fn wants_recheck(&self, source: &SourceName) -> bool {
        let newest_bad = |source: &SourceName| {
            self.tracker
                .looks
                .of(source)
                .and_then(SourceMemory::newest)
                .is_some_and(|mark| mark.tone.is_bad())
        };
        let unsure = |source: &SourceName| newest_bad(source) && !self.sees_failing(source);
        if self.profile.control.as_ref() == Some(source) {
            let mut probes = self.profile.services.iter().flat_map(|service| &service.sources);
            return newest_bad(source) || probes.any(unsure);
        }
        unsure(source)
    }

    /// How long to wait between two looks at a source, as things are: quick after a first bad look, faster where a service is known
    /// to fail, slower at the page and the control while all is calm.
    pub fn pace(&self, source: &SourceName) -> SignedDuration {
        let every = self.policy.every;
        if self.wants_recheck(source) {
            self.policy.recheck_every.min(every)
        } else if self.sees_failing(source) {
            self.policy.outage_every.min(every)
        } else if self.profile.service_of(source).is_none() && self.is_calm() {
            self.policy.calm_pace()
        } else {
            every
        }
    }

    /// Nothing is open, the page owes no word about what is over, and no newest look is bad.
    fn is_calm(&self) -> bool {
        let mut sources = self.profile.services.iter().flat_map(|service| &service.sources);
        let is_bad = |memory: &SourceMemory| memory.newest().is_some_and(|mark| mark.tone.is_bad());
        let is_over =
            |outage: &Outage| !outage.is_open() && outage.page.iter().all(|voice| voice.closed.is_some());
        self.tracker.cases.iter().all(|case| is_over(&case.outage))
            && !sources.any(|source| self.tracker.looks.of(source).is_some_and(is_bad))
    }

    /// Whether a source tells about a service that we know to fail.
    fn sees_failing(&self, source: &SourceName) -> bool {
        let Some(service) = self.profile.service_of(source) else { return false };
        self.tracker.cases.iter().any(|case| case.is_open_outage() && case.sees(&service.name))
    }

    fn next_look(&self) -> Option<Timestamp> {
        let sources = self.profile.services.iter().flat_map(|service| &service.sources);
        let next = |source| self.tracker.looks.of(source)?.looked?.checked_add(self.pace(source)).ok();
        sources.filter_map(next).min()
    }
}
