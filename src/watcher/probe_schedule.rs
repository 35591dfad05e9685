//! The running checks: each source at its own interval, one check at a time.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::task::{Id, JoinSet};

use crate::health::{Detector, Observation, Outcome};
use crate::probe::Source;
use crate::throttle::Jitter;

/// A check comes earlier by up to this part of its interval, so that many bots do not probe at the same instant. Earlier and
/// not later, so that the promised interval holds. A tenth: the request budget has room for it.
const JITTER_PART: i32 = 10;

/// A check that ended.
pub(super) struct Probed {
    pub(super) i: usize,
    /// The result; `None` for an extra check that found no room in the budget.
    pub(super) observation: Option<Observation>,
    pub(super) panicked: bool,
}

/// All sources, and their checks.
pub(super) struct ProbeSchedule {
    sources: Vec<ScheduledSource>,
    jitter: Jitter,
    under_way: JoinSet<(usize, Option<Observation>)>,
}

/// One source and its schedule.
struct ScheduledSource {
    source: Arc<dyn Source>,
    next: Timestamp,
    under_way: bool,
    /// The task of the last started check, and when it started.
    task: Option<(Id, Timestamp)>,
    /// The next check is an extra one after a failed check, if the host's budget has room for it.
    again: bool,
    /// When its last check began, and how many there were.
    began: Option<Timestamp>,
    round: u64,
    /// There was no room for an extra check: the next one is the regular one.
    waits: bool,
}

impl ProbeSchedule {
    pub(super) fn at(sources: Vec<Arc<dyn Source>>, jitter: Jitter, now: Timestamp) -> Self {
        let watched = |source| ScheduledSource {
            source,
            next: now,
            under_way: false,
            task: None,
            again: false,
            began: None,
            round: 0,
            waits: false,
        };
        Self { sources: sources.into_iter().map(watched).collect(), jitter, under_way: JoinSet::new() }
    }

    /// Starts the checks that are due.
    pub(super) fn begin(&mut self, now: Timestamp) {
        for (i, watched) in self.sources.iter_mut().enumerate() {
            if !watched.under_way && watched.next <= now {
                watched.under_way = true;
                let (source, again) = (Arc::clone(&watched.source), watched.again);
                let task = self.under_way.spawn(async move {
                    let probed =
                        if again { source.probe_if_budget().await } else { Some(source.probe().await) };
                    (i, probed)
                });
                watched.task = Some((task.id(), now));
            }
        }
    }

    /// Waits for the end of a check, forever if none is running. A check that panicked says nothing about its service: it is
    /// unclear, and the next one is planned as usual.
    pub(super) async fn probed(&mut self) -> Probed {
        loop {
            match self.under_way.join_next_with_id().await {
                Some(Ok((_, (i, probed)))) => return Probed { i, observation: probed, panicked: false },
                Some(Err(error)) => {
                    let mut watched = self.sources.iter().enumerate();
                    let found = watched.find_map(|(i, it)| {
                        it.task.filter(|(id, _)| *id == error.id()).map(|(_, at)| (i, at))
                    });
                    let Some((i, at)) = found else { continue };
                    let source = self.sources[i].source.name().clone();
                    tracing::error!(%source, err = %error, "check panicked");
                    let probed = Some(Observation {
                        source,
                        at,
                        took: SignedDuration::ZERO,
                        seen: Outcome::Unclear("the check panicked: a bug in the bot".to_owned()),
                        certificate_expires: None,
                    });
                    return Probed { i, observation: probed, panicked: true };
                }
                None => std::future::pending().await,
            }
        }
    }

    /// Falls back to the regular check, because the budget had no room for an extra one.
    pub(super) fn put_off(&mut self, i: usize, every: SignedDuration, now: Timestamp) {
        let watched = &mut self.sources[i];
        (watched.under_way, watched.again, watched.waits) = (false, false, true);
        watched.next = watched.began.map_or(now, |began| (began + every).max(now));
    }

    /// Plans the next check of a source, after the detector took in the one that began at `began`.
    pub(super) fn plan(&mut self, i: usize, detector: &Detector, began: Timestamp, now: Timestamp) {
        let watched = &mut self.sources[i];
        (watched.under_way, watched.again, watched.waits) = (false, false, false);
        (watched.began, watched.round) = (Some(began), watched.round.wrapping_add(1));
        watched.next = Timestamp::MAX;
        self.hurry(detector, now);
    }

    /// Moves checks forward that one result made more urgent: a connectivity check must show whose fault it is, and the page
    /// may know more. A planned check is never moved back.
    fn hurry(&mut self, detector: &Detector, now: Timestamp) {
        for watched in self.sources.iter_mut().filter(|watched| !watched.under_way && !watched.waits) {
            let (source, Some(began)) = (&watched.source, watched.began) else { continue };
            let pace =
                detector.pace(source.name()).max(source.at_most_every().unwrap_or(SignedDuration::ZERO));
            let sooner = self.jitter.part(source.name().as_str(), watched.round, pace / JITTER_PART);
            let due = (began + (pace - sooner)).max(now);
            if due < watched.next {
                (watched.next, watched.again) = (due, detector.wants_recheck(source.name()));
            }
        }
    }

    /// Returns when the next check is due that is not running.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.sources.iter().filter(|watched| !watched.under_way).map(|watched| watched.next).min()
    }

    /// Whether a check is in doubt and will soon be repeated.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.sources.iter().any(|watched| watched.again)
    }

    /// Drops the running checks. Once started again, every source is checked at once.
    pub(super) fn stop(&mut self, now: Timestamp) {
        self.under_way = JoinSet::new();
        for watched in &mut self.sources {
            (watched.under_way, watched.again, watched.waits) = (false, false, false);
            (watched.began, watched.next) = (None, now);
        }
    }
}
