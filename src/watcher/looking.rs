//! The looks under way: each source on its own rhythm, one look at a time.
//!
//! Never: nothing is judged here.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::health::{Judge, Observation};
use crate::spotify::Source;

/// All sources, and the looks at them.
pub(super) struct Looking {
    sources: Vec<Watched>,
    under_way: JoinSet<(usize, Option<Observation>)>,
}

/// One source and its rhythm.
struct Watched {
    source: Arc<dyn Source>,
    next: Timestamp,
    under_way: bool,
    /// The next look is out of turn: a quick one after a bad one, if the host's budget has room for it.
    again: bool,
}

impl Looking {
    pub(super) fn at(sources: Vec<Arc<dyn Source>>, now: Timestamp) -> Self {
        let watched = |source| Watched { source, next: now, under_way: false, again: false };
        Self { sources: sources.into_iter().map(watched).collect(), under_way: JoinSet::new() }
    }

    /// Begins the looks that are due.
    pub(super) fn begin(&mut self, now: Timestamp) {
        for (i, watched) in self.sources.iter_mut().enumerate() {
            if !watched.under_way && watched.next <= now {
                watched.under_way = true;
                let (source, again) = (Arc::clone(&watched.source), watched.again);
                self.under_way.spawn(async move {
                    let looked = if again { source.look_again().await } else { Some(source.look().await) };
                    (i, looked)
                });
            }
        }
    }

    /// Waits for the end of a look, for ever if none is under way. None for one out of turn that found no room in the
    /// budget.
    pub(super) async fn looked(&mut self) -> (usize, Option<Observation>) {
        loop {
            match self.under_way.join_next().await {
                Some(Ok(looked)) => return looked,
                Some(Err(e)) => {
                    tracing::error!(error = %e, "a look failed inside; its source is looked at no more until a restart");
                }
                None => std::future::pending().await,
            }
        }
    }

    /// There was no room in the budget for a look out of turn: the regular one comes at its own time.
    pub(super) fn put_off(&mut self, i: usize, until: Timestamp) {
        let watched = &mut self.sources[i];
        (watched.under_way, watched.again, watched.next) = (false, false, until);
    }

    /// A look that began at `began` was judged: when its source is looked at next.
    pub(super) fn plan(&mut self, i: usize, judge: &Judge, began: Timestamp, now: Timestamp) {
        let watched = &mut self.sources[i];
        let name = watched.source.name();
        watched.under_way = false;
        watched.again = judge.wants_recheck(name);
        let pace = judge.pace(name).max(watched.source.at_most_every().unwrap_or(SignedDuration::ZERO));
        watched.next = (began + pace).max(now);
    }

    /// When the next look is due that is not under way.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.sources.iter().filter(|watched| !watched.under_way).map(|watched| watched.next).min()
    }

    /// Whether a look is in doubt, and made again soon.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.sources.iter().any(|watched| watched.again)
    }

    /// Drops the looks that are under way; once they are begun again, every source is looked at at once.
    pub(super) fn stop(&mut self, now: Timestamp) {
        self.under_way = JoinSet::new();
        for watched in &mut self.sources {
            (watched.under_way, watched.again, watched.next) = (false, false, now);
        }
    }
}
