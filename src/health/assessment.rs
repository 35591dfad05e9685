//! Turns many checks into the level of each service, with reasons. "We cannot see" is not "it is down".
//!
//! An assessment knows nothing of outages. It says whether the checks suffice to believe that a service fails, suffice to
//! believe that it is up, or neither. In the last case `transition` leaves the state as it is.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::probe_history::{ProbeHistory, SampleKind, SourceHistory, Streak};
use super::{FailingSources, Failure, Level, Policy, Service, ServiceCatalog, ServiceName, SourceName};

/// What the checks show at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// When it was made.
    pub at: Timestamp,
    /// One for each service, in the catalog's order.
    pub findings: Vec<ServiceAssessment>,
    /// Since when our own network is at fault, so that our checks show nothing.
    pub own_network_down_since: Option<Timestamp>,
}

impl Assessment {
    /// Returns the assessment of one service.
    pub fn of(&self, service: &ServiceName) -> Option<&ServiceAssessment> {
        self.findings.iter().find(|assessed| assessed.service == *service)
    }
}

/// What the checks show about one service.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceAssessment {
    pub service: ServiceName,
    /// Its level by the checks alone; `Unknown` if no source has a result.
    pub level: Level,
    /// Enough failed checks to believe the failure.
    pub bad: Option<FailureEvidence>,
    /// Its newest checks failed, even if only one: too few to believe the failure, but evidence to show.
    pub failing: Option<FailureEvidence>,
    /// Enough successful checks to believe that an outage is over.
    pub good: Option<RecoveryEvidence>,
    /// Its newest checks passed: it may be recovering.
    pub recovering: bool,
    /// The newest check failed, and there are too few to be certain: the next ones decide.
    pub undecided: bool,
    /// No check has passed since the bot started: it may have failed long before.
    pub never_good: bool,
}

/// Why we believe that a service fails.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureEvidence {
    pub level: Level,
    /// The first failed check.
    pub since: Timestamp,
    /// The source with the strongest evidence.
    pub source: SourceName,
    /// What failed; `None` if checks are only slow.
    pub failure: Option<Failure>,
    /// How long the newest slow check took.
    pub slow: Option<SignedDuration>,
    /// How many checks showed it.
    pub probes: u32,
    /// From the first of them to the newest.
    pub span: SignedDuration,
    /// How many of several sources fail; `None` if all with a result do.
    pub part: Option<FailingSources>,
    /// The sources that do not fail have passed for as long as an end would need.
    pub others_are_well: bool,
}

/// Why we believe that a service is up.
#[derive(Clone, Debug, PartialEq)]
pub struct RecoveryEvidence {
    /// The first successful check.
    pub since: Timestamp,
    /// Since when it has also been fast, which ends a slowdown. `None` if the stored checks hold several runs of failures.
    pub calm_since: Option<Timestamp>,
    /// The source that recovered last.
    pub source: SourceName,
    /// Successful checks in a row.
    pub probes: u32,
    /// From the first of them to the newest.
    pub span: SignedDuration,
}

impl ServiceAssessment {
    /// Returns almost enough failed checks. If another service is known to fail, they count as part of the same outage.
    pub fn suspect(&self, policy: &Policy) -> Option<&FailureEvidence> {
        let almost = policy.failure_threshold.saturating_sub(1).max(1);
        self.failing.as_ref().filter(|bad| bad.probes >= almost)
    }
}

impl fmt::Display for FailureEvidence {
    /// `web-api: 503 no healthy upstream (3 checks in 45 s)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.source)?;
        match (&self.failure, self.slow) {
            (_, Some(took)) => write!(f, "slow, {} ms", took.as_millis())?,
            (Some(failure), None) => f.write_str(&failure.brief())?,
            (None, None) => f.write_str("failing")?,
        }
        match self.part {
            Some(FailingSources { failing: 1, of }) => write!(f, ", 1 of {of} sources fails")?,
            Some(FailingSources { failing, of }) => write!(f, ", {failing} of {of} sources fail")?,
            None if self.level == Level::Degraded && self.slow.is_none() => write!(f, " now and then")?,
            None => {}
        }
        write!(f, " ({} in {})", count(self.probes), span(self.span))
    }
}

impl fmt::Display for RecoveryEvidence {
    /// `web-api: healthy (4 checks in 1 min 30 s)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: healthy ({} in {})", self.source, count(self.probes), span(self.span))
    }
}

fn count(probes: u32) -> String {
    if probes == 1 { "1 check".to_owned() } else { format!("{probes} checks") }
}

/// Returns a duration as log lines show it: `45 s`, `1 min 30 s`, `2 h 5 min`.
pub fn span(span: SignedDuration) -> String {
    let seconds = nearest_second(span).max(0);
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// Returns a duration in whole seconds, to the nearest: times between two checks are a few milliseconds off.
pub fn nearest_second(span: SignedDuration) -> i64 {
    let half = span.subsec_millis() / 500; // -1, 0 or 1
    span.as_secs().saturating_add(half.into())
}

/// Returns what the checks show at `now`.
pub fn assess(
    probes: &ProbeHistory,
    catalog: &ServiceCatalog,
    policy: &Policy,
    now: Timestamp,
) -> Assessment {
    let detector = Assessor { probes, catalog, policy, now };
    Assessment {
        at: now,
        findings: catalog.services.iter().map(|service| detector.service(service)).collect(),
        own_network_down_since: probes.own_network_down_since(catalog, policy, now),
    }
}

/// Reassesses only the services of `source`. The result equals [`assess`] if nothing else can have changed.
pub(super) fn reassess(
    assessment: &mut Assessment,
    source: &SourceName,
    probes: &ProbeHistory,
    catalog: &ServiceCatalog,
    policy: &Policy,
    now: Timestamp,
) {
    let detector = Assessor { probes, catalog, policy, now };
    for (service, assessed) in catalog.services.iter().zip(&mut assessment.findings) {
        if service.sources.contains(source) {
            *assessed = detector.service(service);
        }
    }
    assessment.own_network_down_since = probes.own_network_down_since(catalog, policy, now);
    assessment.at = now;
}

struct Assessor<'a> {
    probes: &'a ProbeHistory,
    catalog: &'a ServiceCatalog,
    policy: &'a Policy,
    now: Timestamp,
}

/// One source with a result that counts now.
struct SourceEvidence<'a> {
    source: &'a SourceName,
    history: &'a SourceHistory,
    /// Its failed checks in a row that are certainly not our own network's.
    bad: Option<Streak>,
}

impl Assessor<'_> {
    fn service(&self, service: &Service) -> ServiceAssessment {
        let voices: Vec<_> = service.sources.iter().filter_map(|source| self.voice(source)).collect();
        let needs = service.needs.unwrap_or(1).max(1);
        let down = self.down(&voices, needs);
        let are_enough = |bad: &FailureEvidence| bad.part.is_none_or(|part| part.failing >= needs);
        let bad = down
            .clone()
            .filter(|bad| bad.probes >= self.policy.failure_threshold && are_enough(bad))
            .or_else(|| voices.iter().find_map(|report| self.partly(report)))
            .or_else(|| voices.iter().find_map(|report| self.slow(report)));
        let was_good = |source| self.probes.of(source).is_some_and(|history| history.was_good);
        let never_good = !service.sources.iter().any(was_good);
        let level = match &bad {
            _ if voices.is_empty() => Level::Unknown,
            Some(bad) => bad.level,
            // At the first start one failed check is all that is known, and "up" was never seen.
            None if never_good && down.is_some() => down.as_ref().map_or(Level::Outage, |bad| bad.level),
            None if never_good => Level::Unknown,
            None => Level::Up,
        };
        let newest_bad =
            |report: &SourceEvidence<'_>| report.history.newest().is_some_and(|sample| sample.kind.is_bad());
        ServiceAssessment {
            service: service.name.clone(),
            level,
            good: self.good(&voices),
            recovering: !voices.is_empty() && !voices.iter().any(newest_bad),
            never_good,
            undecided: bad.is_none() && voices.iter().any(newest_bad),
            bad,
            failing: down,
        }
    }

    fn voice<'a>(&'a self, source: &'a SourceName) -> Option<SourceEvidence<'a>> {
        let history = self.probes.of(source).filter(|history| history.is_fresh(self.policy, self.now))?;
        Some(SourceEvidence { source, history, bad: self.surely_bad(history) })
    }

    /// Returns the failed checks in a row. Checks without an answer count once a connectivity check passed after the first.
    fn surely_bad(&self, history: &SourceHistory) -> Option<Streak> {
        let streak = history.bad_streak(self.policy)?;
        let cut = history.marks().find(|sample| sample.at >= streak.first && sample.kind == SampleKind::Cut);
        let connectivity_check = self.probes.connectivity_check(self.catalog, self.policy, self.now);
        match (cut, connectivity_check) {
            (Some(cut), Some(connectivity_check))
                if connectivity_check.kind == SampleKind::Cut || connectivity_check.at < cut.at =>
            {
                None
            }
            _ => Some(streak),
        }
    }

    /// Counts all failing sources of a service together. It is an outage if more sources fail than passed since, or if at least
    /// `needs` fail and `needs` is more than one.
    fn down(&self, voices: &[SourceEvidence<'_>], needs: u32) -> Option<FailureEvidence> {
        let failing = || voices.iter().filter_map(|report| Some((report, report.bad?)));
        let (report, most) = failing().max_by_key(|(_, streak)| streak.probes)?;
        let together = u32::try_from(failing().count()).unwrap_or(u32::MAX) >= self.policy.sources_together;
        let since = failing().map(|(_, streak)| streak.first).min()?;
        let own = most.probes >= self.policy.failure_threshold || !together;
        // A source without a check since the first failure shows nothing about it.
        let is_well = |other: &&SourceEvidence<'_>| {
            other.history.newest().is_some_and(|sample| !sample.kind.is_bad() && sample.at >= most.first)
        };
        let well = || voices.iter().filter(is_well);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (failing_now, well_now) = (count(failing().count()), count(well().count()));
        let is_down = failing_now > well_now || (needs > 1 && failing_now >= needs);
        let good_since = |other: &SourceEvidence<'_>| {
            other
                .history
                .marks()
                .rev()
                .take_while(|sample| sample.at >= most.first && !sample.kind.is_bad())
                .count()
        };
        Some(FailureEvidence {
            level: if is_down { Level::Outage } else { Level::Degraded },
            part: (well_now > 0)
                .then(|| FailingSources { failing: failing_now, of: failing_now.saturating_add(well_now) }),
            others_are_well: well_now > 0
                && well().all(|other| count(good_since(other)) >= self.policy.success_threshold),
            since,
            source: report.source.clone(),
            failure: report.history.failure.clone(),
            slow: None,
            probes: if own { most.probes } else { failing().map(|(_, streak)| streak.probes).sum() },
            span: self.newest_at(report).duration_since(if own { most.first } else { since }),
        })
    }

    /// Finds partial failures: separate runs of failed checks among the last checks.
    fn partly(&self, report: &SourceEvidence<'_>) -> Option<FailureEvidence> {
        let (runs, first) = report.history.bad_runs(self.policy);
        let since = first.filter(|_| runs >= self.policy.partly_runs)?;
        let connectivity_check = self.probes.connectivity_check(self.catalog, self.policy, self.now);
        if connectivity_check.is_some_and(|sample| sample.kind == SampleKind::Cut) {
            return None;
        }
        let failed =
            report.history.marks().filter(|sample| sample.at >= since && sample.kind.is_bad()).count();
        Some(FailureEvidence {
            level: Level::Degraded,
            since,
            source: report.source.clone(),
            failure: report.history.failure.clone(),
            slow: None,
            probes: u32::try_from(failed).unwrap_or(u32::MAX),
            span: self.newest_at(report).duration_since(since),
            part: None,
            others_are_well: false,
        })
    }

    fn slow(&self, report: &SourceEvidence<'_>) -> Option<FailureEvidence> {
        let streak = report.history.streak(self.policy, |kind| kind == SampleKind::Slow)?;
        (streak.probes >= self.policy.slow_after).then(|| FailureEvidence {
            level: Level::Degraded,
            since: streak.first,
            source: report.source.clone(),
            failure: None,
            slow: report.history.took_good,
            probes: streak.probes,
            span: streak.last.duration_since(streak.first),
            part: None,
            others_are_well: false,
        })
    }

    /// Returns evidence if every source with a result has passed often enough. The last source to recover gives the time.
    fn good(&self, voices: &[SourceEvidence<'_>]) -> Option<RecoveryEvidence> {
        // A rarely checked source that failed once or twice does not delay an end that regular ones have seen.
        let holds = |report: &&SourceEvidence<'_>| {
            !(report.history.is_rare(self.policy)
                && voices.len() > 1
                && report.bad.is_some_and(|bad| bad.probes < self.policy.failure_threshold))
        };
        let mut all: Option<RecoveryEvidence> = None;
        for report in voices.iter().filter(holds) {
            let good = self.good_voice(report)?;
            let calm_since = match &all {
                Some(all) => all.calm_since.zip(good.calm_since).map(|(a, b)| a.max(b)),
                None => good.calm_since,
            };
            let since = all.as_ref().map_or(good.since, |all| all.since.max(good.since));
            let back = |good: &RecoveryEvidence| good.calm_since.unwrap_or(good.since);
            let latest = all.take().filter(|all| back(all) > back(&good)).unwrap_or(good);
            all = Some(RecoveryEvidence { since, calm_since, ..latest });
        }
        all
    }

    fn good_voice(&self, report: &SourceEvidence<'_>) -> Option<RecoveryEvidence> {
        let streak = report.history.good_streak(self.policy)?;
        let needed = if report.history.is_rare(self.policy) { 1 } else { self.policy.success_threshold };
        let slow =
            report.history.streak(self.policy, |kind| kind == SampleKind::Slow).map_or(0, |slow| slow.probes);
        // Two or more slow checks: it may be recovering, but slow. A few checks later we know.
        if streak.probes < needed || slow >= 2 {
            return None;
        }
        let quick = report.history.streak(self.policy, |kind| kind == SampleKind::Good);
        let quick =
            quick.filter(|quick| quick.probes >= needed && report.history.bad_runs(self.policy).0 <= 1);
        let all_quick = |quick: &Streak| quick.probes == streak.probes;
        let reported = quick.filter(|quick| !all_quick(quick)).unwrap_or(streak);
        Some(RecoveryEvidence {
            since: streak.first,
            calm_since: quick.map(|_| reported.first),
            source: report.source.clone(),
            probes: reported.probes,
            span: reported.last.duration_since(reported.first),
        })
    }

    fn newest_at(&self, report: &SourceEvidence<'_>) -> Timestamp {
        report.history.newest().map_or(self.now, |sample| sample.at)
    }
}

/// A certificate that expires soon: for the operator, never an outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateWarning {
    pub source: SourceName,
    pub expires: Timestamp,
}

/// Returns the certificates that expire within `policy.certificate_warning`.
pub fn certificate_warnings(
    probes: &ProbeHistory,
    catalog: &ServiceCatalog,
    policy: &Policy,
    now: Timestamp,
) -> Vec<CertificateWarning> {
    let sources = catalog.services.iter().flat_map(|service| &service.sources);
    sources
        .filter_map(|source| {
            let expires = probes.of(source)?.certificate_expires?;
            let soon = expires.duration_since(now) < policy.certificate_warning;
            soon.then(|| CertificateWarning { source: source.clone(), expires })
        })
        .collect()
}
