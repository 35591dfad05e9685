//! What we remember of each source: its last looks, in constant memory.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::hour::Hour;
use super::{Observation, Policy, Profile, Seen, SourceName, Symptom};

/// Characters kept of what a source said.
const SAID_CHARS: usize = 120;

/// The memory of all sources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    sources: BTreeMap<SourceName, SourceMemory>,
    /// When any source last answered over HTTP.
    answered: Option<Timestamp>,
}

/// The memory of one source. Memory that tell nothing (refused, unclear, our own network's) leave no mark.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceMemory {
    marks: VecDeque<Mark>,
    /// Since when its looks are all good, or all bad, however long ago that was.
    row_since: Option<Timestamp>,
    /// Whether it was good once since we began to watch.
    pub was_good: bool,
    /// When it was last looked at.
    pub looked: Option<Timestamp>,
    /// How long that took.
    pub took: Option<SignedDuration>,
    /// How long the last good look took.
    pub took_good: Option<SignedDuration>,
    /// What it told, in short.
    pub said: String,
    /// The newest failure.
    pub symptom: Option<Symptom>,
    pub refused_until: Option<Timestamp>,
    /// When its certificate expires, where a look showed it.
    pub certificate_expires: Option<Timestamp>,
    /// Good and bad looks of the last hour.
    pub hour: Hour,
}

/// One look that told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When the look began.
    pub at: Timestamp,
    pub tone: Tone,
}

/// What a look told, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Good,
    /// Healthy, but slow.
    Slow,
    /// An answer over HTTP that is not a healthy one.
    Bad,
    /// No answer; our own network's fault if the control has none either.
    Cut,
}

impl Tone {
    /// Whether the look failed.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Bad | Self::Cut)
    }
}

/// Memory of one kind in a row, up to the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    /// How many; at most what is remembered.
    pub looks: u32,
    /// When the first of them began.
    pub first: Timestamp,
    /// When the newest of them began.
    pub last: Timestamp,
}

impl Memory {
    pub fn of(&self, source: &SourceName) -> Option<&SourceMemory> {
        self.sources.get(source)
    }

    /// Remembers one look at a probe or the control. A look that came twice changes nothing.
    pub fn remember(&mut self, observation: &Observation, profile: &Profile, policy: &Policy) {
        let source = &observation.source;
        let is_control = profile.control.as_ref() == Some(source);
        let answered = !matches!(observation.seen, Seen::Unreachable(_));
        if answered {
            self.answered = self.answered.max(Some(observation.at));
        }
        let tone = match &observation.seen {
            Seen::Unreachable(_) => Some(Tone::Cut),
            _ if is_control => Some(Tone::Good), // any answer over HTTP proves that our network works
            Seen::Healthy if observation.took > policy.slow => Some(Tone::Slow),
            Seen::Healthy => Some(Tone::Good),
            Seen::Failing(_) => Some(Tone::Bad),
            Seen::Refused { .. } | Seen::Unclear(_) | Seen::Page(_) => None,
        };
        let ours =
            tone == Some(Tone::Cut) && !is_control && self.control_is_cut(profile, policy, observation.at);
        let last_control = is_control.then(|| self.of(source).and_then(SourceMemory::last_good)).flatten();
        if !self.sources.contains_key(source) {
            self.sources.insert(source.clone(), SourceMemory::default());
        }
        let Some(memory) = self.sources.get_mut(source) else { return };
        memory.note(observation);
        if let Some(tone) = tone.filter(|_| !ours) {
            memory.mark(Mark { at: observation.at, tone }, policy);
        }
        if is_control && tone == Some(Tone::Cut) {
            self.take_the_blame(source, last_control, observation.at, policy);
        }
    }

    /// Whether the control's newest look got no answer and is not too old to mean anything.
    pub fn control_is_cut(&self, profile: &Profile, policy: &Policy, now: Timestamp) -> bool {
        self.control(profile, policy, now).is_some_and(|mark| mark.tone == Tone::Cut)
    }

    /// The control's newest look, unless there is none or it is stale.
    pub fn control(&self, profile: &Profile, policy: &Policy, now: Timestamp) -> Option<Mark> {
        let memory = self.of(profile.control.as_ref()?)?;
        memory.marks.back().copied().filter(|_| memory.is_fresh(policy, now))
    }

    /// Since when nothing answers us, the control included.
    pub fn own_network_down_since(
        &self,
        profile: &Profile,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if !self.control_is_cut(profile, policy, now) {
            return None;
        }
        let cut = self.of(profile.control.as_ref()?)?.bad_streak(policy)?;
        self.answered.is_none_or(|at| at < cut.first).then_some(cut.first)
    }

    /// When each source will have told nothing for too long.
    pub(super) fn go_stale_at<'a>(&'a self, policy: &'a Policy) -> impl Iterator<Item = Timestamp> + 'a {
        self.sources.values().filter_map(|memory| memory.goes_stale_at(policy))
    }

    /// The control was cut: what was cut since its last good look was our own network's.
    fn take_the_blame(
        &mut self,
        control: &SourceName,
        last_good: Option<Timestamp>,
        at: Timestamp,
        policy: &Policy,
    ) {
        for (name, memory) in &mut self.sources {
            if name != control {
                memory.forget_cuts(last_good.unwrap_or(Timestamp::MIN), at, policy);
            }
        }
    }

    /// We begin to watch (again): what was good before tells nothing about when an outage began.
    pub fn begin(&mut self) {
        for memory in self.sources.values_mut() {
            memory.was_good = false;
        }
    }

    /// Forgets sources that are no longer watched.
    pub fn keep_only(&mut self, profile: &Profile) {
        self.sources
            .retain(|name, _| profile.service_of(name).is_some() || profile.control.as_ref() == Some(name));
    }
}

impl SourceMemory {
    /// The marks, oldest first.
    pub fn marks(&self) -> impl DoubleEndedIterator<Item = Mark> + '_ {
        self.marks.iter().copied()
    }

    /// The newest look that told something.
    pub fn newest(&self) -> Option<Mark> {
        self.marks.back().copied()
    }

    /// Bad looks in a row up to now; `first` goes back further than the marks do.
    pub fn bad_streak(&self, policy: &Policy) -> Option<Streak> {
        self.streak(policy, Tone::is_bad).map(|streak| self.since_ever(streak))
    }

    /// Good looks in a row up to now, slow ones included; `first` goes back further than the marks do.
    pub fn good_streak(&self, policy: &Policy) -> Option<Streak> {
        self.streak(policy, |tone| !tone.is_bad()).map(|streak| self.since_ever(streak))
    }

    fn since_ever(&self, streak: Streak) -> Streak {
        Streak { first: self.row_since.map_or(streak.first, |at| at.min(streak.first)), ..streak }
    }

    /// Memory in a row up to now that tell what `wanted` asks for. A long silence between two looks breaks the row.
    pub fn streak(&self, policy: &Policy, wanted: impl Fn(Tone) -> bool) -> Option<Streak> {
        let last = self.newest().filter(|mark| wanted(mark.tone))?.at;
        let gap = self.gap(policy);
        let (mut looks, mut first) = (0, last);
        for mark in self.marks.iter().rev() {
            if !wanted(mark.tone) || first.duration_since(mark.at) > gap {
                break;
            }
            (looks, first) = (looks + 1, mark.at);
        }
        Some(Streak { looks, first, last })
    }

    /// The failed stretches among the last `partly_of` looks: how many, and when the first began.
    pub fn bad_runs(&self, policy: &Policy) -> (u32, Option<Timestamp>) {
        let of = usize::try_from(policy.partly_of).unwrap_or(usize::MAX);
        let (mut runs, mut first, mut was_bad) = (0, None, false);
        for mark in self.marks.iter().skip(self.marks.len().saturating_sub(of)) {
            let bad = mark.tone.is_bad();
            if bad && !was_bad {
                runs += 1;
                first = first.or(Some(mark.at));
            }
            was_bad = bad;
        }
        (runs, first)
    }

    /// The longest silence that does not break a row of looks, or make the source stale.
    pub fn gap(&self, policy: &Policy) -> SignedDuration {
        policy.stale_after.max(self.pace().unwrap_or_default().saturating_mul(3))
    }

    /// How fast it is really looked at: the shortest step of its last looks, so that one long pause does not count.
    fn pace(&self) -> Option<SignedDuration> {
        let ats = self.marks.iter().rev().take(5).map(|mark| mark.at);
        ats.clone().zip(ats.skip(1)).map(|(later, sooner)| later.duration_since(sooner)).min()
    }

    /// Whether it is looked at so rarely that waiting for several looks would be waiting for an hour.
    pub fn is_rare(&self, policy: &Policy) -> bool {
        self.pace().is_some_and(|pace| pace > policy.stale_after)
    }

    /// Whether its newest look still means something.
    pub fn is_fresh(&self, policy: &Policy, now: Timestamp) -> bool {
        self.newest().is_some_and(|mark| now.duration_since(mark.at) <= self.lasts(policy))
    }

    /// How long its newest look means something. While we are rate limited, nothing new comes for a time that we know: what
    /// was seen before is no longer how it is.
    fn lasts(&self, policy: &Policy) -> SignedDuration {
        let gap = self.gap(policy);
        if self.refused_until.is_some() { gap.min(policy.calm_pace()) } else { gap }
    }

    /// The last instant at which its newest look still means something.
    pub(super) fn goes_stale_at(&self, policy: &Policy) -> Option<Timestamp> {
        self.newest()?.at.checked_add(self.lasts(policy)).ok()
    }

    fn last_good(&self) -> Option<Timestamp> {
        self.marks.iter().rev().find(|mark| !mark.tone.is_bad()).map(|mark| mark.at)
    }

    fn note(&mut self, observation: &Observation) {
        if self.looked.is_some_and(|at| at > observation.at && at.duration_since(observation.at) < LATE) {
            return;
        }
        self.looked = Some(observation.at);
        self.took = Some(observation.took);
        self.refused_until = None;
        self.said = match &observation.seen {
            Seen::Healthy if self.said == "healthy" => std::mem::take(&mut self.said),
            Seen::Healthy => "healthy".to_owned(),
            Seen::Page(_) => "page".to_owned(),
            Seen::Failing(symptom) | Seen::Unreachable(symptom) => short(&symptom.brief()),
            Seen::Unclear(why) => short(&format!("unclear: {why}")),
            Seen::Refused { detail, until, .. } => {
                self.refused_until = *until;
                short(&format!("refused: {detail}"))
            }
        };
        if let Seen::Failing(symptom) | Seen::Unreachable(symptom) = &observation.seen {
            self.symptom = Some(Symptom { detail: short(&symptom.detail), ..symptom.clone() });
        }
        self.certificate_expires = observation.certificate_expires.or(self.certificate_expires);
    }

    fn mark(&mut self, mark: Mark, policy: &Policy) {
        if self.marks.iter().any(|known| known.at == mark.at) {
            return;
        }
        let newest = self.newest().map(|newest| newest.at);
        if newest.is_some_and(|at| at.duration_since(mark.at) > LATE) {
            self.marks.clear(); // the clock was set back: what lies in its future is no neighbour of what comes now
            self.row_since = None;
        }
        let bad = mark.tone.is_bad();
        self.hour.count(mark.at, bad);
        let place = self.marks.partition_point(|known| known.at < mark.at);
        let is_newest = place == self.marks.len();
        let broken = is_newest && newest.is_some_and(|at| mark.at.duration_since(at) > self.gap(policy));
        let goes_on = is_newest && !broken && self.newest().is_some_and(|newest| newest.tone.is_bad() == bad);
        self.marks.insert(place, mark);
        if !goes_on || self.row_since.is_none() {
            self.row_since = self.row_of_marks(policy);
        }
        if !bad {
            self.was_good = true;
            if is_newest {
                self.took_good = self.took;
            }
        }
        while self.marks.len() > policy.memory() {
            self.marks.pop_front();
        }
    }

    fn row_of_marks(&self, policy: &Policy) -> Option<Timestamp> {
        let bad = self.newest()?.tone.is_bad();
        self.streak(policy, |tone| tone.is_bad() == bad).map(|streak| streak.first)
    }

    fn forget_cuts(&mut self, from: Timestamp, to: Timestamp, policy: &Policy) {
        let (hour, before) = (&mut self.hour, self.marks.len());
        self.marks.retain(|mark| {
            let ours = mark.tone == Tone::Cut && mark.at >= from && mark.at <= to;
            if ours {
                hour.forget_bad(mark.at);
            }
            !ours
        });
        if self.marks.len() < before {
            self.row_since = self.row_of_marks(policy);
        }
    }
}

/// A look that is older than the newest by less came late; by more, the clock was set back. Two minutes: no look takes
/// longer, time-outs are 8 s.
const LATE: SignedDuration = SignedDuration::from_mins(2);

/// The beginning of a text from outside, on one line.
fn short(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAID_CHARS).collect()
}
