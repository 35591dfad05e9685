//! The request budget of each host, and the gate of its rate-limit holds.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::watch;

use super::{RateLimitHold, RequestBudget, RequestQuota, rate_limit_holds::RateLimitHolds};
use crate::clock::Clock;

/// The budget of a host for which none is set: as much as one source needs at a check each 2 s.
const UNPLANNED: u32 = 30;

/// Who requests a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The host, with its port if that is not the default.
    pub host: String,
    /// The credential that is used, by a non-secret name; `None` without one.
    pub credential: Option<String>,
    pub source: String,
}

/// The class of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestClass {
    /// A regular check: waits for its turn, and only this source's own hold stops it.
    Regular,
    /// A check out of turn: only if there is room now, and no hold of this host and credential.
    Extra,
}

/// Why a host may not be requested now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// A rate-limit hold is in force.
    RateLimited(RateLimitHold),
    /// The budget has no room for a check out of turn.
    NoRoom,
}

/// A host's budget, in the form that people are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BudgetView {
    pub host: String,
    /// Requests that we allow ourselves in a minute.
    pub per_minute: u32,
    /// Of these, what is not spent in the last minute.
    pub left: u32,
    /// The longest hold in force.
    #[serde(rename = "ban")]
    pub hold: Option<RateLimitHold>,
}

/// The budgets of all hosts and the rate-limit holds of all sources.
#[derive(Debug)]
pub struct Throttle {
    clock: Clock,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
    holds: Mutex<RateLimitHolds>,
    posted: watch::Sender<Vec<RateLimitHold>>,
}

#[derive(Debug)]
struct Host {
    regular: RequestBudget,
    extra: Option<RequestBudget>,
}

impl Throttle {
    /// Creates a throttle without budgets and holds.
    pub fn new(clock: Clock) -> Self {
        Self { clock, hosts: Mutex::default(), holds: Mutex::default(), posted: watch::Sender::default() }
    }

    /// Sets the budget of a host: `regular` checks a minute, of which `burst` at once, and `extra` checks out of turn a minute
    /// (0: none).
    pub fn set_budget(&self, host: &str, regular: u32, burst: u32, extra: u32) {
        let regular = RequestBudget::new(&self.clock, RequestQuota::per_minute(regular), burst);
        // Checks out of turn may come together: a failure affects several sources of a host at once.
        let extra = (extra > 0)
            .then(|| RequestBudget::new(&self.clock, RequestQuota::per_minute(extra), extra.div_ceil(2)));
        lock(&self.hosts).insert(host.to_owned(), Arc::new(Host { regular, extra }));
    }

    /// Waits until `caller` may request its host once, or returns why it may not.
    pub async fn admit(&self, caller: &Caller, class: RequestClass) -> Result<(), Denied> {
        self.check_holds(caller, class)?;
        let host = self.host(&caller.host);
        match class {
            RequestClass::Regular => host.regular.turn().await,
            RequestClass::Extra => {
                host.extra.as_ref().and_then(|b| b.try_turn().ok()).ok_or(Denied::NoRoom)?;
            }
        }
        // While it waited its turn, another request may have been rate limited.
        self.check_holds(caller, class)
    }

    fn check_holds(&self, caller: &Caller, class: RequestClass) -> Result<(), Denied> {
        let holds = lock(&self.holds);
        let rate_limited = holds.find(self.clock.ticks(), |hold| {
            hold.host == caller.host
                && hold.credential == caller.credential
                && (class == RequestClass::Extra || hold.source == caller.source)
        });
        rate_limited.map_or(Ok(()), |hold| Err(Denied::RateLimited(hold.clone())))
    }

    /// Records that `caller` is rate limited until then. A later end replaces an earlier one, never the reverse.
    pub fn hold(&self, caller: &Caller, until: Timestamp, why: &str) {
        self.import([RateLimitHold {
            host: caller.host.clone(),
            credential: caller.credential.clone(),
            source: caller.source.clone(),
            until,
            why: why.to_owned(),
        }]);
    }

    /// Imports holds that were stored over a restart; expired ones are dropped.
    pub fn import(&self, holds: impl IntoIterator<Item = RateLimitHold>) {
        let (now, ticks) = (self.clock.now(), self.clock.ticks());
        let mut held = lock(&self.holds);
        let mut changed = false;
        for hold in holds {
            changed |= held.add(hold, now, ticks);
        }
        if changed {
            self.posted.send_replace(held.all(ticks));
        }
    }

    /// Returns the holds in force.
    pub fn holds(&self) -> Vec<RateLimitHold> {
        lock(&self.holds).all(self.clock.ticks())
    }

    /// Returns a receiver of all holds in force whenever one is added, so that they can be stored.
    pub fn watch_holds(&self) -> watch::Receiver<Vec<RateLimitHold>> {
        self.posted.subscribe()
    }

    /// Returns each host's budget, by name.
    pub fn views(&self) -> Vec<BudgetView> {
        let hosts = lock(&self.hosts).clone();
        let (holds, ticks) = (lock(&self.holds), self.clock.ticks());
        let view = |(host, budgets): (String, Arc<Host>)| {
            let both = [Some(&budgets.regular), budgets.extra.as_ref()];
            let both = || both.iter().flatten();
            BudgetView {
                per_minute: both().map(|b| b.allowance().times.get()).sum(),
                left: both().map(|b| b.left()).sum(),
                hold: holds.find(ticks, |hold| hold.host == host).cloned(),
                host,
            }
        };
        hosts.into_iter().map(view).collect()
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        let unplanned = || {
            let regular = RequestBudget::new(&self.clock, RequestQuota::per_minute(UNPLANNED), UNPLANNED / 2);
            Arc::new(Host { regular, extra: None })
        };
        Arc::clone(hosts.entry(name.to_owned()).or_insert_with(unplanned))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Derives an offset within a time span, so that many bots with the same interval do not send requests at the same instant.
#[derive(Clone, Copy, Debug)]
pub struct Jitter(Option<u64>);

impl Jitter {
    /// No jitter, for tests that must be deterministic.
    pub fn none() -> Self {
        Self(None)
    }

    /// Jitter that is derived from `salt`: the same for the same input.
    pub fn of(salt: u64) -> Self {
        Self(Some(salt))
    }

    /// Jitter with a random salt for this process.
    pub fn of_this_process() -> Self {
        Self(Some(RandomState::new().hash_one("jitter")))
    }

    /// Returns a part of `most` that differs between keys and rounds.
    pub fn part(self, key: &str, round: u64, most: SignedDuration) -> SignedDuration {
        let (Some(salt), Ok(most)) = (self.0, u64::try_from(most.as_millis())) else {
            return SignedDuration::ZERO;
        };
        let mut hasher = DefaultHasher::new();
        (salt, key, round).hash(&mut hasher);
        let part = hasher.finish() % most.saturating_add(1).max(1);
        SignedDuration::from_millis(i64::try_from(part).unwrap_or(0))
    }
}
