//! The history of each source: its last checks, in constant memory.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::success_window::SuccessWindow;
use super::{Failure, Observation, Outcome, Policy, ServiceCatalog, SourceName};

/// How many characters of a source's result are stored.
const SAID_CHARS: usize = 120;

/// The history of all sources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProbeHistory {
    sources: BTreeMap<SourceName, SourceHistory>,
    /// When any source last answered over HTTP.
    answered: Option<Timestamp>,
}

/// The history of one source. Checks without a result (refused, unclear, our own network's) leave no sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceHistory {
    #[serde(rename = "marks")]
    samples: VecDeque<Sample>,
    /// Since when its checks have all passed, or all failed, however long ago that was.
    row_since: Option<Timestamp>,
    /// Whether a check has passed since we began to watch.
    pub was_good: bool,
    /// When it was last checked.
    #[serde(rename = "looked")]
    pub probed: Option<Timestamp>,
    /// How long that took.
    pub took: Option<SignedDuration>,
    /// How long the last successful check took.
    pub took_good: Option<SignedDuration>,
    /// The last result, in short.
    pub said: String,
    /// The newest failure.
    #[serde(rename = "symptom")]
    pub failure: Option<Failure>,
    pub refused_until: Option<Timestamp>,
    /// When its certificate expires, if a check showed it.
    pub certificate_expires: Option<Timestamp>,
    /// Passed and failed checks of the last hour.
    pub hour: SuccessWindow,
}

/// One check with a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When the check began.
    pub at: Timestamp,
    #[serde(rename = "tone")]
    pub kind: SampleKind,
}

/// The result of a check, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleKind {
    Good,
    /// Healthy, but slow.
    Slow,
    /// An answer over HTTP that is not a healthy one.
    Bad,
    /// No answer; our own network's fault if no connectivity check has one either.
    Cut,
}

impl SampleKind {
    /// Whether the check failed.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Bad | Self::Cut)
    }
}

/// Consecutive samples of one kind, up to the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    /// How many; at most as many as are stored.
    pub probes: u32,
    /// When the first of them began.
    pub first: Timestamp,
    /// When the newest of them began.
    pub last: Timestamp,
}

impl ProbeHistory {
    pub fn of(&self, source: &SourceName) -> Option<&SourceHistory> {
        self.sources.get(source)
    }

    /// Records one check of a source or a connectivity check. A check that arrives twice changes nothing.
    pub fn remember(&mut self, observation: &Observation, catalog: &ServiceCatalog, policy: &Policy) {
        let source = &observation.source;
        let is_connectivity_check = catalog.is_connectivity_check(source);
        let answered = !matches!(observation.seen, Outcome::Unreachable(_));
        if answered {
            self.answered = self.answered.max(Some(observation.at));
        }
        let kind = match &observation.seen {
            Outcome::Unreachable(_) => Some(SampleKind::Cut),
            _ if is_connectivity_check => Some(SampleKind::Good), // any answer over HTTP proves that our network works
            Outcome::Healthy if observation.took > policy.slow => Some(SampleKind::Slow),
            Outcome::Healthy => Some(SampleKind::Good),
            Outcome::Failing(_) => Some(SampleKind::Bad),
            Outcome::Refused { .. } | Outcome::Unclear(_) | Outcome::Page(_) => None,
        };
        let ours = kind == Some(SampleKind::Cut)
            && !is_connectivity_check
            && self.connectivity_check_is_cut(catalog, policy, observation.at);
        let last_connectivity_check =
            || catalog.controls().filter_map(|name| self.of(name)?.last_good()).max();
        let last_connectivity_check = is_connectivity_check.then(last_connectivity_check).flatten();
        if !self.sources.contains_key(source) {
            self.sources.insert(source.clone(), SourceHistory::default());
        }
        let Some(history) = self.sources.get_mut(source) else { return };
        history.note(observation);
        if let Some(kind) = kind.filter(|_| !ours) {
            history.mark(Sample { at: observation.at, kind }, policy);
        }
        if is_connectivity_check
            && kind == Some(SampleKind::Cut)
            && self.connectivity_check_is_cut(catalog, policy, observation.at)
        {
            self.take_the_blame(catalog, last_connectivity_check, observation.at, policy);
        }
    }

    /// Returns when any probe or connectivity check last answered.
    pub(super) fn answered(&self) -> Option<Timestamp> {
        self.answered
    }

    /// Whether no connectivity check answered its newest check. Stale checks do not count.
    pub fn connectivity_check_is_cut(
        &self,
        catalog: &ServiceCatalog,
        policy: &Policy,
        now: Timestamp,
    ) -> bool {
        self.connectivity_check(catalog, policy, now).is_some_and(|sample| sample.kind == SampleKind::Cut)
    }

    /// Returns the newest answered sample of all connectivity checks, else the newest of any. `None` if all are stale or missing.
    pub fn connectivity_check(
        &self,
        catalog: &ServiceCatalog,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<Sample> {
        let samples = catalog.controls().filter_map(|name| {
            let history = self.of(name)?;
            history.samples.back().copied().filter(|_| history.is_fresh(policy, now))
        });
        samples.max_by_key(|sample| (sample.kind != SampleKind::Cut, sample.at))
    }

    /// Returns since when nothing answers us, the connectivity checks included.
    pub fn own_network_down_since(
        &self,
        catalog: &ServiceCatalog,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if !self.connectivity_check_is_cut(catalog, policy, now) {
            return None;
        }
        let cut = catalog.controls().filter_map(|name| self.of(name)?.bad_streak(policy));
        let first = cut.map(|streak| streak.first).max()?;
        self.answered.is_none_or(|at| at < first).then_some(first)
    }

    /// Returns when each source becomes stale.
    pub(super) fn go_stale_at<'a>(&'a self, policy: &'a Policy) -> impl Iterator<Item = Timestamp> + 'a {
        self.sources.values().filter_map(|history| history.goes_stale_at(policy))
    }

    /// All connectivity checks were cut: every cut since the last one that passed was our own network's.
    fn take_the_blame(
        &mut self,
        catalog: &ServiceCatalog,
        last_good: Option<Timestamp>,
        at: Timestamp,
        policy: &Policy,
    ) {
        for (name, history) in &mut self.sources {
            if !catalog.is_connectivity_check(name) {
                history.forget_cuts(last_good.unwrap_or(Timestamp::MIN), at, policy);
            }
        }
    }

    /// Begins to watch (again): what passed before does not show when an outage began.
    pub fn begin(&mut self) {
        for history in self.sources.values_mut() {
            history.was_good = false;
        }
    }

    /// Drops sources that are no longer in the catalog.
    pub fn keep_only(&mut self, catalog: &ServiceCatalog) {
        self.sources
            .retain(|name, _| catalog.service_of(name).is_some() || catalog.is_connectivity_check(name));
    }
}

impl SourceHistory {
    /// Returns the samples, oldest first.
    pub fn marks(&self) -> impl DoubleEndedIterator<Item = Sample> + '_ {
        self.samples.iter().copied()
    }

    /// Returns the newest sample.
    pub fn newest(&self) -> Option<Sample> {
        self.samples.back().copied()
    }

    /// Returns the failed checks in a row up to now; `first` goes back further than the samples do.
    pub fn bad_streak(&self, policy: &Policy) -> Option<Streak> {
        self.streak(policy, SampleKind::is_bad).map(|streak| self.since_ever(streak))
    }

    /// Returns the passed checks in a row up to now, slow ones included; `first` goes back further than the samples do.
    pub fn good_streak(&self, policy: &Policy) -> Option<Streak> {
        self.streak(policy, |kind| !kind.is_bad()).map(|streak| self.since_ever(streak))
    }

    fn since_ever(&self, streak: Streak) -> Streak {
        Streak { first: self.row_since.map_or(streak.first, |at| at.min(streak.first)), ..streak }
    }

    /// Returns the newest consecutive samples that satisfy `wanted`. A long silence between two checks ends the streak.
    pub fn streak(&self, policy: &Policy, wanted: impl Fn(SampleKind) -> bool) -> Option<Streak> {
        let last = self.newest().filter(|sample| wanted(sample.kind))?.at;
        let gap = self.gap(policy);
        let (mut probes, mut first) = (0, last);
        for sample in self.samples.iter().rev() {
            if !wanted(sample.kind) || first.duration_since(sample.at) > gap {
                break;
            }
            (probes, first) = (probes + 1, sample.at);
        }
        Some(Streak { probes, first, last })
    }

    /// Returns how many separate runs of failures the last `partly_of` checks contain, and when the first began.
    pub fn bad_runs(&self, policy: &Policy) -> (u32, Option<Timestamp>) {
        let of = usize::try_from(policy.partly_of).unwrap_or(usize::MAX);
        let (mut runs, mut first, mut was_bad) = (0, None, false);
        for sample in self.samples.iter().skip(self.samples.len().saturating_sub(of)) {
            let bad = sample.kind.is_bad();
            if bad && !was_bad {
                runs += 1;
                first = first.or(Some(sample.at));
            }
            was_bad = bad;
        }
        (runs, first)
    }

    /// Returns the longest silence that does not end a streak or make the source stale.
    pub fn gap(&self, policy: &Policy) -> SignedDuration {
        policy.stale_after.max(self.pace().unwrap_or_default().saturating_mul(3))
    }

    /// Returns how often it is really checked: the shortest gap between its last checks, so that a long pause does not count.
    fn pace(&self) -> Option<SignedDuration> {
        let ats = self.samples.iter().rev().take(5).map(|sample| sample.at);
        ats.clone().zip(ats.skip(1)).map(|(later, sooner)| later.duration_since(sooner)).min()
    }

    /// Whether it is checked so rarely that waiting for several checks would take an hour.
    pub fn is_rare(&self, policy: &Policy) -> bool {
        self.pace().is_some_and(|pace| pace > policy.stale_after)
    }

    /// Whether its newest check is not stale.
    pub fn is_fresh(&self, policy: &Policy, now: Timestamp) -> bool {
        self.newest().is_some_and(|sample| now.duration_since(sample.at) <= self.lasts(policy))
    }

    /// Returns how long its newest check counts. While we are rate limited, no new check comes for a known time, so the old
    /// result counts for a shorter time.
    fn lasts(&self, policy: &Policy) -> SignedDuration {
        let gap = self.gap(policy);
        if self.refused_until.is_some() { gap.min(policy.calm_pace()) } else { gap }
    }

    /// Returns the last instant at which its newest check counts.
    pub(super) fn goes_stale_at(&self, policy: &Policy) -> Option<Timestamp> {
        self.newest()?.at.checked_add(self.lasts(policy)).ok()
    }

    fn last_good(&self) -> Option<Timestamp> {
        self.samples.iter().rev().find(|sample| !sample.kind.is_bad()).map(|sample| sample.at)
    }

    fn note(&mut self, observation: &Observation) {
        if self.probed.is_some_and(|at| at > observation.at && at.duration_since(observation.at) < LATE) {
            return;
        }
        self.probed = Some(observation.at);
        self.took = Some(observation.took);
        self.refused_until = None;
        self.said = match &observation.seen {
            Outcome::Healthy if self.said == "healthy" => std::mem::take(&mut self.said),
            Outcome::Healthy => "healthy".to_owned(),
            Outcome::Page(_) => "page".to_owned(),
            Outcome::Failing(failure) | Outcome::Unreachable(failure) => short(&failure.brief()),
            Outcome::Unclear(why) => short(&format!("unclear: {why}")),
            Outcome::Refused { detail, until, .. } => {
                self.refused_until = *until;
                short(&format!("refused: {detail}"))
            }
        };
        if let Outcome::Failing(failure) | Outcome::Unreachable(failure) = &observation.seen {
            self.failure = Some(Failure { detail: short(&failure.detail), ..failure.clone() });
        }
        self.certificate_expires = observation.certificate_expires.or(self.certificate_expires);
    }

    fn mark(&mut self, sample: Sample, policy: &Policy) {
        if self.samples.iter().any(|known| known.at == sample.at) {
            return;
        }
        let newest = self.newest().map(|newest| newest.at);
        if newest.is_some_and(|at| at.duration_since(sample.at) > LATE) {
            self.samples.clear(); // the clock was set back: later samples cannot be compared with new ones
            self.row_since = None;
        }
        let bad = sample.kind.is_bad();
        self.hour.count(sample.at, bad);
        let place = self.samples.partition_point(|known| known.at < sample.at);
        let is_newest = place == self.samples.len();
        let broken = is_newest && newest.is_some_and(|at| sample.at.duration_since(at) > self.gap(policy));
        let goes_on = is_newest && !broken && self.newest().is_some_and(|newest| newest.kind.is_bad() == bad);
        self.samples.insert(place, sample);
        if !goes_on || self.row_since.is_none() {
            self.row_since = self.row_of_samples(policy);
        }
        if !bad {
            self.was_good = true;
            if is_newest {
                self.took_good = self.took;
            }
        }
        while self.samples.len() > policy.memory() {
            self.samples.pop_front();
        }
    }

    fn row_of_samples(&self, policy: &Policy) -> Option<Timestamp> {
        let bad = self.newest()?.kind.is_bad();
        self.streak(policy, |kind| kind.is_bad() == bad).map(|streak| streak.first)
    }

    fn forget_cuts(&mut self, from: Timestamp, to: Timestamp, policy: &Policy) {
        let (hour, before) = (&mut self.hour, self.samples.len());
        self.samples.retain(|sample| {
            let ours = sample.kind == SampleKind::Cut && sample.at >= from && sample.at <= to;
            if ours {
                hour.forget_bad(sample.at);
            }
            !ours
        });
        if self.samples.len() < before {
            self.row_since = self.row_of_samples(policy);
        }
    }
}

/// A check up to this much older than the newest one came late. An even older one means that the clock was set back. Two
/// minutes: no check takes longer, because time-outs are 8 s.
const LATE: SignedDuration = SignedDuration::from_mins(2);

/// Returns the beginning of a text from outside, on one line.
fn short(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAID_CHARS).collect()
}
