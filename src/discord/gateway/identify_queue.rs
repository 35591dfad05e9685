//! Counts IDENTIFYs: Discord resets the token of a bot that sends 1,000 in a day.
//!
//! An IDENTIFY is counted right before it is sent, and given back if its connection ended first. Our own budget is a sliding
//! day far below Discord's. When it is spent, each hour still allows a few, so that a short failure does not cost a day.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::session::SessionStore;
use super::{GatewayBotInfo, GatewayOptions};
use crate::clock::Clock;
use crate::cluster::SharedLimits;
use crate::cluster::shards::{LeaseDeadline, ShardRange, no_deadline};
use crate::discord::Identifies;
use crate::discord::rest::Rest;

/// The lease of the instance that counts an IDENTIFY.
const COUNTING: &str = "identify";

/// The interval between IDENTIFYs of one bucket (reference, "Rate limiting": `max_concurrency` in five seconds).
const IDENTIFY_EVERY: SignedDuration = SignedDuration::from_secs(5);

const DAY: SignedDuration = SignedDuration::from_hours(24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// While Discord allows none, it is asked this often again: its own count decides.
const ASK_AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// IDENTIFYs of all shards of this process. Cheap to clone.
#[derive(Clone)]
pub(super) struct IdentifyQueue {
    clock: Clock,
    sessions: Arc<dyn SessionStore>,
    shared_limits: Option<Arc<dyn SharedLimits>>,
    name: String,
    budget: Arc<Mutex<Budget>>,
    /// Per bucket of `max_concurrency`: the tick from which the next may be sent. The waiting shard holds the lock.
    buckets: Arc<[tokio::sync::Mutex<Duration>]>,
    /// One is counted at a time.
    line: Arc<tokio::sync::Mutex<()>>,
    /// Notified when Discord was asked again how many are left.
    renewed: Arc<Notify>,
    /// It was already logged that the budget is spent, and it still is.
    reported: Arc<AtomicBool>,
    /// Until when the shard's lease is surely ours.
    until: LeaseDeadline,
}

/// How many IDENTIFYs may be sent, and when some were.
#[derive(Debug)]
struct Budget {
    most: usize,
    /// Those of the last day, oldest first.
    sent: VecDeque<Timestamp>,
    /// What Discord allows by its own count.
    allowed: Allowed,
}

/// Discord's own count (reference, "Session Start Limit Object").
#[derive(Clone, Copy, Debug)]
struct Allowed {
    total: u32,
    remaining: u32,
    resets: Timestamp,
}

impl Allowed {
    fn said(bot_info: &GatewayBotInfo, now: Timestamp) -> Self {
        // With a total of 0, the bot would never connect.
        let total = bot_info.total.max(bot_info.remaining).max(1);
        let resets = now.saturating_add(bot_info.reset_after).unwrap_or(now);
        Self { total, remaining: bot_info.remaining, resets }
    }
}

impl Budget {
    /// Removes what is older than a day, and moves future times to now, so that a clock that was set back does not prolong them.
    fn forget(&mut self, now: Timestamp) {
        self.sent.retain(|at| now.duration_since(*at) < DAY);
        for at in &mut self.sent {
            *at = (*at).min(now);
        }
        if self.allowed.remaining < self.allowed.total && now >= self.allowed.resets {
            self.allowed.remaining = self.allowed.total;
            self.allowed.resets = now.saturating_add(DAY).unwrap_or(now);
        }
    }

    /// Counts one, or returns when the next is allowed.
    fn take(&mut self, now: Timestamp) -> Result<Timestamp, Timestamp> {
        if let Some(opens) = self.opens(now) {
            return Err(opens);
        }
        self.sent.push_back(now);
        self.allowed.remaining = self.allowed.remaining.saturating_sub(1);
        Ok(now)
    }

    /// Returns when the next is allowed, or `None` if that is now.
    fn opens(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.forget(now);
        if self.allowed.remaining == 0 {
            return Some(self.allowed.resets);
        }
        // The next is allowed once the `many`-th newest is older than the span.
        let opens = |many: usize, span| {
            let nth = self.sent.len().checked_sub(many)?;
            self.sent.get(nth).and_then(|at| at.checked_add(span).ok()).filter(|opens| *opens > now)
        };
        let (day, hour) = (opens(self.most, DAY), opens((self.most / 24).max(1), HOUR));
        day.zip(hour).map(|(day, hour)| day.min(hour))
    }

    fn give_back(&mut self, at: Timestamp) {
        if let Some(nth) = self.sent.iter().rposition(|sent| *sent == at) {
            self.sent.remove(nth);
            self.allowed.remaining = (self.allowed.remaining + 1).min(self.allowed.total);
        }
    }
}

/// Returns the IDENTIFYs per day: what each of our shards may send, but at most our share of half of Discord's limit for all
/// shards. Instances that share the shards each count the IDENTIFYs of all. With the hourly extra it stays below Discord's
/// own limit.
fn most(for_each: usize, shards: ShardRange, total: u32) -> usize {
    let ours = shards.last - shards.first + 1;
    let share = u64::from(total / 2) * u64::from(ours) / u64::from(shards.total.max(1));
    let ours = for_each.saturating_mul(usize::try_from(ours).unwrap_or(usize::MAX));
    ours.min(usize::try_from(share).unwrap_or(usize::MAX)).max(1)
}

/// Permission to identify a shard, already counted. It is given back if it is dropped unused.
pub(super) struct IdentifyPermit {
    starts: IdentifyQueue,
    counted: Option<Timestamp>,
}

impl IdentifyPermit {
    /// Uses the permit: the IDENTIFY is sent.
    pub(super) fn sent(mut self) {
        self.counted = None;
    }
}

impl Drop for IdentifyPermit {
    fn drop(&mut self) {
        let Some(counted) = self.counted.take() else { return };
        self.starts.budget().give_back(counted);
        // Without a runtime, the store counts one too many: no harm.
        if let Ok(runtime) = Handle::try_current() {
            let starts = self.starts.clone();
            runtime.spawn(async move { starts.keep_without(counted).await });
        }
    }
}

impl fmt::Debug for IdentifyQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentifyQueue").field("name", &self.name).finish_non_exhaustive()
    }
}

impl IdentifyQueue {
    /// Loads the stored count of the last day.
    pub(super) async fn load(
        options: &GatewayOptions,
        sessions: Arc<dyn SessionStore>,
        shards: ShardRange,
        bot_info: &GatewayBotInfo,
    ) -> Self {
        let name = format!("gateway-identifies-{}", super::session::owner(&options.token));
        let stored = sessions.load(&name).await;
        let sent: VecDeque<Timestamp> =
            stored.and_then(|k| serde_json::from_slice(&k).ok()).unwrap_or_default();
        let (now, ticks) = (options.clock.now(), options.clock.ticks());
        let most = most(options.identifies_per_day, shards, bot_info.total);
        let mut budget = Budget { most, sent, allowed: Allowed::said(bot_info, now) };
        budget.forget(now);
        // IDENTIFYs of an earlier process count for Discord like ours.
        let last = budget.sent.back().map_or(SignedDuration::MAX, |last| now.duration_since(*last));
        let free = ticks + Duration::try_from(IDENTIFY_EVERY.saturating_sub(last)).unwrap_or_default();
        let buckets = (0..bot_info.max_concurrency.max(1)).map(|_| tokio::sync::Mutex::new(free)).collect();
        Self {
            clock: options.clock.clone(),
            sessions,
            shared_limits: options.shared_limits.clone(),
            name,
            budget: Arc::new(Mutex::new(budget)),
            buckets,
            line: Arc::default(),
            renewed: Arc::default(),
            reported: Arc::default(),
            until: no_deadline(),
        }
    }

    /// Returns the same queue for a shard whose lease has this deadline.
    pub(super) fn only_until(&self, until: &LeaseDeadline) -> Self {
        Self { until: until.clone(), ..self.clone() }
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_surely_ours(&self) -> bool {
        self.clock.ticks() < *self.until.borrow()
    }

    /// Returns how many were sent, and how many may be.
    pub(super) fn count(&self) -> Identifies {
        let mut budget = self.budget();
        budget.forget(self.clock.now());
        let small = |many| u32::try_from(many).unwrap_or(u32::MAX);
        Identifies { sent: small(budget.sent.len()), most: small(budget.most) }
    }

    /// Waits while none may be sent. No connection is opened meanwhile, because it could only wait too.
    pub(super) async fn wait_for_budget(&self) {
        loop {
            let opens = self.budget().opens(self.clock.now());
            let Some(opens) = opens else { break };
            self.report_spent(opens);
            tokio::select! {
                () = self.clock.sleep_until(opens) => {}
                () = self.renewed.notified() => {}
            }
        }
        self.reported.store(false, Ordering::Relaxed);
    }

    /// Asks Discord again, forever, while its own count allows none: there may be more by now.
    pub(super) async fn keep_asking(&self, rest: &Rest) {
        loop {
            self.clock.sleep(ASK_AGAIN).await;
            if self.budget().allowed.remaining > 0 {
                continue;
            }
            if let Ok(bot_info) = rest.gateway_bot_info().await {
                self.budget().allowed = Allowed::said(&bot_info, self.clock.now());
                self.renewed.notify_waiters();
            }
        }
    }

    fn report_spent(&self, opens: Timestamp) {
        if !self.reported.swap(true, Ordering::Relaxed) {
            let Identifies { sent, most } = self.count();
            tracing::warn!(%opens, sent, most, "too many IDENTIFYs in a day: we wait before Discord resets the token");
        }
    }

    /// Waits until the shard's lease is surely ours; forever if nobody can renew it any longer.
    async fn ours(&self) {
        let mut until = self.until.clone();
        while self.clock.ticks() >= *until.borrow_and_update() {
            if until.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until a shard may identify, and counts it.
    pub(super) async fn turn(self, shard: u32) -> IdentifyPermit {
        let bucket = shard as usize % self.buckets.len();
        loop {
            self.ours().await;
            self.wait_for_budget().await;
            let mut free = self.buckets[bucket].lock().await;
            let wait = free.saturating_sub(self.clock.ticks());
            self.clock.sleep(SignedDuration::try_from(wait).unwrap_or_default()).await;
            if let Some(shared_limits) = &self.shared_limits {
                match shared_limits.reserve(&format!("{COUNTING}/{bucket}"), 1, IDENTIFY_EVERY).await {
                    Ok(wait) => self.clock.sleep(wait).await,
                    Err(error) => tracing::warn!(error, "it is not known when other instances identify"),
                }
            }
            // Another shard may have taken the last one meanwhile, or another instance the shard.
            let permit = self.count_one().await;
            if let Some(permit) = permit.filter(|_| self.is_surely_ours()) {
                *free = self.clock.ticks() + Duration::try_from(IDENTIFY_EVERY).unwrap_or_default();
                return permit;
            }
        }
    }

    /// Counts one and stores the count. Returns `None` if none may be sent now.
    async fn count_one(&self) -> Option<IdentifyPermit> {
        let _line = self.line.lock().await;
        if let Some(shared_limits) = &self.shared_limits {
            self.take_in_others(&**shared_limits).await;
        }
        let counted = self.budget().take(self.clock.now()).ok();
        // From here on it is given back, wherever this future is dropped.
        let permit = counted.map(|at| IdentifyPermit { starts: self.clone(), counted: Some(at) });
        self.save().await;
        permit
    }

    async fn keep_without(&self, counted: Timestamp) {
        let _line = self.line.lock().await;
        if let Some(shared_limits) = &self.shared_limits {
            self.take_in_others(&**shared_limits).await;
            self.budget().give_back(counted);
        }
        self.save().await;
    }

    async fn save(&self) {
        // cannot fail: a list of instants.
        let stored = serde_json::to_vec(&self.budget().sent).unwrap_or_default();
        self.sessions.save(&self.name, Some(&stored)).await;
        if let Some(shared_limits) = &self.shared_limits {
            shared_limits.give_back(COUNTING).await;
        }
    }

    /// Waits until no other instance counts, and loads what they counted. If the store is away, the own count is used.
    async fn take_in_others(&self, shared_limits: &dyn SharedLimits) {
        while let Ok(None) = shared_limits.take(COUNTING).await {
            self.clock.sleep(SignedDuration::from_millis(100)).await;
        }
        let stored = self.sessions.load(&self.name).await;
        if let Some(stored) = stored.and_then(|stored| serde_json::from_slice(&stored).ok()) {
            self.budget().sent = stored;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use async_trait::async_trait;
    use tokio::sync::watch;

    use super::*;
    use crate::discord::gateway::Timeouts;

    #[derive(Default)]
    struct Notebook(Mutex<HashMap<String, Vec<u8>>>);

    #[async_trait]
    impl SessionStore for Notebook {
        async fn save(&self, name: &str, value: Option<&[u8]>) {
            self.0.lock().unwrap().insert(name.to_owned(), value.unwrap_or_default().to_vec());
        }

        async fn load(&self, name: &str) -> Option<Vec<u8>> {
            self.0.lock().unwrap().get(name).cloned()
        }
    }

    const ALONE: ShardRange = ShardRange { first: 0, last: 0, total: 1 };

    async fn starts(clock: &Clock, notebook: &Arc<Notebook>, per_day: usize, left: u32) -> IdentifyQueue {
        starts_of(clock, notebook, (per_day, ALONE), left).await
    }

    async fn starts_of(
        clock: &Clock,
        notebook: &Arc<Notebook>,
        (per_day, shards): (usize, ShardRange),
        left: u32,
    ) -> IdentifyQueue {
        let options = GatewayOptions {
            token: "t".into(),
            shards: None,
            shared_limits: None,
            identifies_per_day: per_day,
            timeouts: Timeouts::default(),
            presence: watch::channel(String::new()).1,
            clock: clock.clone(),
        };
        let bot_info = GatewayBotInfo {
            url: String::new(),
            shards: shards.total,
            total: 1_000,
            remaining: left,
            reset_after: SignedDuration::from_hours(3),
            max_concurrency: 1,
        };
        IdentifyQueue::load(&options, Arc::clone(notebook) as Arc<dyn SessionStore>, shards, &bot_info).await
    }

    async fn identify(starts: &IdentifyQueue, shard: u32) {
        starts.clone().turn(shard).await.sent();
    }

    fn passed(clock: &Clock) -> SignedDuration {
        clock.now().duration_since(Timestamp::UNIX_EPOCH)
    }

    #[tokio::test(start_paused = true)]
    async fn spent_identify_budget_refills_hourly_and_survives_restarts() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let notebook = Arc::new(Notebook::default());
        let first = starts(&clock, &notebook, 48, 900).await;
        for _ in 0..48 {
            identify(&first, 0).await;
        }
        // Five seconds apart, as Discord requires.
        assert_eq!(passed(&clock).as_secs(), 47 * 5);
        for hour in 1..23 {
            let next = starts(&clock, &notebook, 48, 900).await;
            for _ in 0..2 {
                identify(&next, 0).await;
            }
            let at = passed(&clock);
            assert!(at >= HOUR * hour && at < HOUR * hour + SignedDuration::from_mins(5), "{hour}: {at:?}");
        }
        assert_eq!(first.count().most, 48);
        let next = starts(&clock, &notebook, 48, 900).await;
        assert_eq!(next.count().sent, 48 + 22 * 2);
        clock.sleep(DAY).await;
        assert_eq!(next.count().sent, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_identify_that_was_not_sent_costs_nothing() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let notebook = Arc::new(Notebook::default());
        let starts = starts(&clock, &notebook, 48, 900).await;
        identify(&starts, 0).await;
        for _ in 0..1_000 {
            // Its connection ends while it waits for its turn.
            let turn = starts.clone().turn(0);
            assert!(clock.timeout(SignedDuration::from_millis(1), turn).await.is_none());
        }
        assert_eq!(starts.count().sent, 1);
        // Its connection ends when it has its turn.
        drop(starts.clone().turn(0).await);
        clock.sleep(SignedDuration::from_millis(1)).await;
        let stored = notebook.load(&starts.name).await.expect("stored");
        assert_eq!(serde_json::from_slice::<Vec<Timestamp>>(&stored).expect("instants").len(), 1);
        assert_eq!(starts.count().sent, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn counts_from_a_clock_ahead_expire_within_a_day() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let notebook = Arc::new(Notebook::default());
        let name = starts(&clock, &notebook, 24, 900).await.name;
        let ahead = vec![Timestamp::UNIX_EPOCH + DAY * 365; 24];
        notebook.save(&name, Some(&serde_json::to_vec(&ahead).expect("instants"))).await;
        let starts = starts(&clock, &notebook, 24, 900).await;
        identify(&starts, 0).await;
        assert!(passed(&clock) <= HOUR + IDENTIFY_EVERY, "{:?}", passed(&clock));
    }

    #[tokio::test(start_paused = true)]
    async fn many_shards_together_stay_below_what_resets_the_token() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let all = ShardRange { first: 0, last: 7, total: 8 };
        let starts = starts_of(&clock, &Arc::default(), (super::super::IDENTIFIES_PER_DAY, all), 1_000).await;
        let mut sent = 0;
        while passed(&clock) < DAY {
            identify(&starts, sent % 8).await;
            sent += 1;
        }
        assert!((900..1_000).contains(&sent), "{sent}");
    }

    #[test]
    fn processes_that_run_some_of_the_shards_have_their_share() {
        let shards = |first, last, total| ShardRange { first, last, total };
        assert_eq!(most(200, ALONE, 1_000), 200);
        assert_eq!(most(200, shards(0, 1, 2), 1_000), 400);
        assert_eq!(most(200, shards(0, 3, 8), 1_000) + most(200, shards(4, 7, 8), 1_000), 500);
        assert_eq!(most(200, shards(3, 3, 16), 1_000), 31);
        assert_eq!(most(200, ALONE, 0), 1, "one, or the bot would never come up");
    }

    #[tokio::test(start_paused = true)]
    async fn discord_identify_limit_is_awaited_until_its_reset() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let starts = starts(&clock, &Arc::default(), 200, 0).await;
        identify(&starts, 0).await;
        let waited = clock.now().duration_since(Timestamp::UNIX_EPOCH);
        assert!((3..=4).contains(&waited.as_hours()), "{waited:?}");
    }
}
