//! The budget of each host, and the gate of its bans.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::watch;

use super::{RateLimitHold, RequestBudget, RequestQuota, rate_limit_holds::RateLimitHolds};
use crate::clock::Clock;

/// A host that nobody gave a budget: as much as one source needs at a check each 2 s.
const UNPLANNED: u32 = 30;

/// Who wants to ask a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The host, with its port where that is not the usual one.
    pub host: String,
    /// The credential that is used, by a name that is no secret; none without one.
    pub credential: Option<String>,
    /// The source that looks.
    pub source: String,
}

/// Which kind of turn is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestClass {
    /// A regular check: waits for its turn, and only this source's own ban stops it.
    Regular,
    /// A check out of turn: only if there is room now, and no ban of this host and credential.
    Extra,
}

/// Why a host may not be asked now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// A ban is in force.
    RateLimited(RateLimitHold),
    /// The budget has no room for a check out of turn.
    NoRoom,
}

/// A host's budget, for people who ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BudgetView {
    pub host: String,
    /// Calls that we allow ourselves in a minute.
    pub per_minute: u32,
    /// Of these, what is not spent in the last minute.
    pub left: u32,
    /// The longest ban in force.
    #[serde(rename = "ban")]
    pub hold: Option<RateLimitHold>,
}

/// The budgets of all hosts and the bans of all sources.
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
    /// No budgets and no bans yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, hosts: Mutex::default(), holds: Mutex::default(), posted: watch::Sender::default() }
    }

    /// Sets the budget of a host: so many regular checks a minute, of which `burst` at once, and so many checks out of
    /// turn (none: there are none).
    pub fn set_budget(&self, host: &str, regular: u32, burst: u32, extra: u32) {
        let regular = RequestBudget::new(&self.clock, RequestQuota::per_minute(regular), burst);
        // Looks out of turn may come together: what fails, fails for several sources of a host at once.
        let extra = (extra > 0)
            .then(|| RequestBudget::new(&self.clock, RequestQuota::per_minute(extra), extra.div_ceil(2)));
        lock(&self.hosts).insert(host.to_owned(), Arc::new(Host { regular, extra }));
    }

    /// Waits until `caller` may ask its host once, or says why it may not.
    pub async fn admit(&self, caller: &Caller, class: RequestClass) -> Result<(), Denied> {
        self.check_holds(caller, class)?;
        let host = self.host(&caller.host);
        match class {
            RequestClass::Regular => host.regular.turn().await,
            RequestClass::Extra => {
                host.extra.as_ref().and_then(|b| b.try_turn().ok()).ok_or(Denied::NoRoom)?;
            }
        }
        // While it waited its turn, somebody may have been given a ban.
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

    /// A ban was given to `caller` until then. A later end replaces an earlier one, never the other way round.
    pub fn hold(&self, caller: &Caller, until: Timestamp, why: &str) {
        self.import([RateLimitHold {
            host: caller.host.clone(),
            credential: caller.credential.clone(),
            source: caller.source.clone(),
            until,
            why: why.to_owned(),
        }]);
    }

    /// Takes bans in again that were kept over a restart; those that are over are dropped.
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

    /// The bans in force.
    pub fn holds(&self) -> Vec<RateLimitHold> {
        lock(&self.holds).all(self.clock.ticks())
    }

    /// Tells of every ban that is given, so that it can be kept over a restart.
    pub fn watch_holds(&self) -> watch::Receiver<Vec<RateLimitHold>> {
        self.posted.subscribe()
    }

    /// Each host's budget, by name.
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

/// A part of a span, so that many bots that run at the same pace do not ask at the same instant.
#[derive(Clone, Copy, Debug)]
pub struct Jitter(Option<u64>);

impl Jitter {
    /// None at all: where a story must be the same every time.
    pub fn none() -> Self {
        Self(None)
    }

    /// That of `salt`: the same for the same input.
    pub fn of(salt: u64) -> Self {
        Self(Some(salt))
    }

    /// That of this process: another one in each.
    pub fn of_this_process() -> Self {
        Self(Some(RandomState::new().hash_one("jitter")))
    }

    /// A part of `most` that differs between keys and rounds.
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
