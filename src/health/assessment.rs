//! Many looks → how each service is, with reasons. "We cannot see" is not "it is down".
//!
//! An assessment knows nothing of outages: it says whether the looks are enough to believe that a service fails, enough
//! to believe that it is well, or neither. In between, `step` lets things stand.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::memory::{Memory, SourceMemory, Streak, Tone};
use super::{Level, Policy, Profile, Service, ServiceName, SourceName, Symptom};

/// What the looks tell at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// When it was made.
    pub at: Timestamp,
    /// One for each service, in the profile's order.
    pub findings: Vec<Finding>,
    /// Since when our own network is at fault, so that we see nothing.
    pub own_network_down_since: Option<Timestamp>,
}

impl Assessment {
    /// What was found about one service.
    pub fn of(&self, service: &ServiceName) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.service == *service)
    }
}

/// What the looks tell about one service.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub service: ServiceName,
    /// How it is by the looks alone; `Unknown` when no source tells anything.
    pub level: Level,
    /// Enough failed looks to believe it.
    pub bad: Option<Bad>,
    /// Its newest looks failed, be it only one: not yet enough to believe, but evidence to show.
    pub failing: Option<Bad>,
    /// Enough good looks to believe that an outage is over.
    pub good: Option<Good>,
    /// Its newest looks are good: it may be coming back.
    pub recovering: bool,
    /// A newest look is bad, and there are too few to believe anything: the next ones tell.
    pub undecided: bool,
    /// No look was good since we began to watch: it may have failed long before.
    pub never_good: bool,
}

/// Why we believe that a service fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Bad {
    /// How bad it is.
    pub level: Level,
    /// The first bad look.
    pub since: Timestamp,
    /// The source that told most.
    pub source: SourceName,
    /// What failed; none where looks are only slow.
    pub symptom: Option<Symptom>,
    /// How long the newest slow look took.
    pub slow: Option<SignedDuration>,
    /// Memory that told it.
    pub looks: u32,
    /// From the first of them to the newest.
    pub span: SignedDuration,
}

/// Why we believe that a service is well.
#[derive(Clone, Debug, PartialEq)]
pub struct Good {
    /// The first good look.
    pub since: Timestamp,
    /// Since when it is also quick, if hardly a failure is left among the remembered looks: what ends a slowdown.
    pub calm_since: Option<Timestamp>,
    /// The source that came back last.
    pub source: SourceName,
    /// Good looks in a row.
    pub looks: u32,
    /// From the first of them to the newest.
    pub span: SignedDuration,
}

impl Finding {
    /// Almost enough failed looks to believe it: where another service is known to fail, it is the same stretch.
    pub fn suspect(&self, policy: &Policy) -> Option<&Bad> {
        let almost = policy.open_after.saturating_sub(1).max(1);
        self.failing.as_ref().filter(|bad| bad.looks >= almost)
    }
}

impl fmt::Display for Bad {
    /// `web-api: 503 no healthy upstream (3 checks in 45 s)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.source)?;
        match (&self.symptom, self.slow) {
            (_, Some(took)) => write!(f, "slow, {} ms", took.as_millis())?,
            (Some(symptom), None) => f.write_str(&symptom.brief())?,
            (None, None) => f.write_str("failing")?,
        }
        if self.level == Level::Degraded && self.slow.is_none() {
            write!(f, " now and then")?;
        }
        write!(f, " ({} in {})", count(self.looks), span(self.span))
    }
}

impl fmt::Display for Good {
    /// `web-api: healthy (4 checks in 1 min 30 s)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: healthy ({} in {})", self.source, count(self.looks), span(self.span))
    }
}

fn count(looks: u32) -> String {
    if looks == 1 { "1 check".to_owned() } else { format!("{looks} checks") }
}

/// A duration in words of a log line: `45 s`, `1 min 30 s`, `2 h 5 min`.
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

/// A duration in whole seconds, to the nearest: what is measured between two looks is a few milliseconds off.
pub fn nearest_second(span: SignedDuration) -> i64 {
    let half = span.subsec_millis() / 500; // -1, 0 or 1
    span.as_secs().saturating_add(half.into())
}

/// What the looks tell at `now`.
pub fn assess(looks: &Memory, profile: &Profile, policy: &Policy, now: Timestamp) -> Assessment {
    let judge = Judging { looks, profile, policy, now };
    Assessment {
        at: now,
        findings: profile.services.iter().map(|service| judge.service(service)).collect(),
        own_network_down_since: looks.own_network_down_since(profile, policy, now),
    }
}

/// Judges again only the services that `source` tells about: what [`assess`] would say, where nothing else can have changed.
pub(super) fn reassess(
    assessment: &mut Assessment,
    source: &SourceName,
    looks: &Memory,
    profile: &Profile,
    policy: &Policy,
    now: Timestamp,
) {
    let judge = Judging { looks, profile, policy, now };
    for (service, finding) in profile.services.iter().zip(&mut assessment.findings) {
        if service.sources.contains(source) {
            *finding = judge.service(service);
        }
    }
    assessment.own_network_down_since = looks.own_network_down_since(profile, policy, now);
    assessment.at = now;
}

struct Judging<'a> {
    looks: &'a Memory,
    profile: &'a Profile,
    policy: &'a Policy,
    now: Timestamp,
}

/// One source that tells something now.
struct Voice<'a> {
    source: &'a SourceName,
    memory: &'a SourceMemory,
    /// Its failed looks in a row that are surely not our own network's.
    bad: Option<Streak>,
}

impl Judging<'_> {
    fn service(&self, service: &Service) -> Finding {
        let voices: Vec<_> = service.sources.iter().filter_map(|source| self.voice(source)).collect();
        let down = self.down(&voices);
        let bad = down
            .clone()
            .filter(|bad| bad.looks >= self.policy.open_after)
            .or_else(|| voices.iter().find_map(|voice| self.partly(voice)))
            .or_else(|| voices.iter().find_map(|voice| self.slow(voice)));
        let was_good = |source| self.looks.of(source).is_some_and(|memory| memory.was_good);
        let never_good = !service.sources.iter().any(was_good);
        let level = match &bad {
            _ if voices.is_empty() => Level::Unknown,
            Some(bad) => bad.level,
            // At a first start one failed look is all that is known, and "up" was never seen.
            None if never_good && down.is_some() => Level::Outage,
            None if never_good => Level::Unknown,
            None => Level::Up,
        };
        let newest_bad = |voice: &Voice<'_>| voice.memory.newest().is_some_and(|mark| mark.tone.is_bad());
        Finding {
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

    fn voice<'a>(&'a self, source: &'a SourceName) -> Option<Voice<'a>> {
        let memory = self.looks.of(source).filter(|memory| memory.is_fresh(self.policy, self.now))?;
        Some(Voice { source, memory, bad: self.surely_bad(memory) })
    }

    /// Memory without an answer count once the control has answered after the first of them (where there is a control).
    fn surely_bad(&self, memory: &SourceMemory) -> Option<Streak> {
        let streak = memory.bad_streak(self.policy)?;
        let cut = memory.marks().find(|mark| mark.at >= streak.first && mark.tone == Tone::Cut);
        let control = self.looks.control(self.profile, self.policy, self.now);
        match (cut, control) {
            (Some(cut), Some(control)) if control.tone == Tone::Cut || control.at < cut.at => None,
            _ => Some(streak),
        }
    }

    /// All sources of a service that fail now, counted together.
    fn down(&self, voices: &[Voice<'_>]) -> Option<Bad> {
        let failing = || voices.iter().filter_map(|voice| Some((voice, voice.bad?)));
        let (voice, most) = failing().max_by_key(|(_, streak)| streak.looks)?;
        let together = u32::try_from(failing().count()).unwrap_or(u32::MAX) >= self.policy.sources_together;
        let since = failing().map(|(_, streak)| streak.first).min()?;
        let own = most.looks >= self.policy.open_after || !together;
        Some(Bad {
            level: Level::Outage,
            since,
            source: voice.source.clone(),
            symptom: voice.memory.symptom.clone(),
            slow: None,
            looks: if own { most.looks } else { failing().map(|(_, streak)| streak.looks).sum() },
            span: self.newest_at(voice).duration_since(if own { most.first } else { since }),
        })
    }

    /// Part of the looks fail: separate stretches among the last looks.
    fn partly(&self, voice: &Voice<'_>) -> Option<Bad> {
        let (runs, first) = voice.memory.bad_runs(self.policy);
        let since = first.filter(|_| runs >= self.policy.partly_runs)?;
        let control = self.looks.control(self.profile, self.policy, self.now);
        if control.is_some_and(|mark| mark.tone == Tone::Cut) {
            return None;
        }
        let failed = voice.memory.marks().filter(|mark| mark.at >= since && mark.tone.is_bad()).count();
        Some(Bad {
            level: Level::Degraded,
            since,
            source: voice.source.clone(),
            symptom: voice.memory.symptom.clone(),
            slow: None,
            looks: u32::try_from(failed).unwrap_or(u32::MAX),
            span: self.newest_at(voice).duration_since(since),
        })
    }

    fn slow(&self, voice: &Voice<'_>) -> Option<Bad> {
        let streak = voice.memory.streak(self.policy, |tone| tone == Tone::Slow)?;
        (streak.looks >= self.policy.slow_after).then(|| Bad {
            level: Level::Degraded,
            since: streak.first,
            source: voice.source.clone(),
            symptom: None,
            slow: voice.memory.took_good,
            looks: streak.looks,
            span: streak.last.duration_since(streak.first),
        })
    }

    /// Every source that tells anything has told enough good; the last to come back says since when.
    fn good(&self, voices: &[Voice<'_>]) -> Option<Good> {
        // A rare source that failed once or twice does not hold an end that regular ones have seen.
        let holds = |voice: &&Voice<'_>| {
            !(voice.memory.is_rare(self.policy)
                && voices.len() > 1
                && voice.bad.is_some_and(|bad| bad.looks < self.policy.open_after))
        };
        let mut all: Option<Good> = None;
        for voice in voices.iter().filter(holds) {
            let good = self.good_voice(voice)?;
            let calm_since = match &all {
                Some(all) => all.calm_since.zip(good.calm_since).map(|(a, b)| a.max(b)),
                None => good.calm_since,
            };
            let since = all.as_ref().map_or(good.since, |all| all.since.max(good.since));
            let back = |good: &Good| good.calm_since.unwrap_or(good.since);
            let latest = all.take().filter(|all| back(all) > back(&good)).unwrap_or(good);
            all = Some(Good { since, calm_since, ..latest });
        }
        all
    }

    fn good_voice(&self, voice: &Voice<'_>) -> Option<Good> {
        let streak = voice.memory.good_streak(self.policy)?;
        let needed = if voice.memory.is_rare(self.policy) { 1 } else { self.policy.close_after };
        let slow = voice.memory.streak(self.policy, |tone| tone == Tone::Slow).map_or(0, |slow| slow.looks);
        // Two slow looks and more: it may be coming back as slow. A few looks later we know.
        if streak.looks < needed || slow >= 2 {
            return None;
        }
        let quick = voice.memory.streak(self.policy, |tone| tone == Tone::Good);
        let quick = quick.filter(|quick| quick.looks >= needed && voice.memory.bad_runs(self.policy).0 <= 1);
        let all_quick = |quick: &Streak| quick.looks == streak.looks;
        let told = quick.filter(|quick| !all_quick(quick)).unwrap_or(streak);
        Some(Good {
            since: streak.first,
            calm_since: quick.map(|_| told.first),
            source: voice.source.clone(),
            looks: told.looks,
            span: told.last.duration_since(told.first),
        })
    }

    fn newest_at(&self, voice: &Voice<'_>) -> Timestamp {
        voice.memory.newest().map_or(self.now, |mark| mark.at)
    }
}

/// A certificate that expires soon: for the operator, never an outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateWarning {
    /// Whose certificate.
    pub source: SourceName,
    pub expires: Timestamp,
}

/// The certificates that expire within `policy.certificate_warning`.
pub fn certificate_warnings(
    looks: &Memory,
    profile: &Profile,
    policy: &Policy,
    now: Timestamp,
) -> Vec<CertificateWarning> {
    let sources = profile.services.iter().flat_map(|service| &service.sources);
    sources
        .filter_map(|source| {
            let expires = looks.of(source)?.certificate_expires?;
            let soon = expires.duration_since(now) < policy.certificate_warning;
            soon.then(|| CertificateWarning { source: source.clone(), expires })
        })
        .collect()
}
