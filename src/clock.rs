//! The only reader of time: the system's, or one that a test or the demo owns.
//!
//! Everything that runs uses a [`Clock`]; everything that is pure gets a [`Timestamp`]. An owned clock uses tokio's
//! time, which a test pauses: then an hour's outage runs in a millisecond and no test sleeps. The demo's clock runs
//! sixty times as fast.
//!
//! A machine's time may be changed: by hand, by its hypervisor, by a time server that disagrees. A clock still never
//! runs backwards, so nothing waits an hour because the machine's time was set back by one.
//!
//! Instances that share a database follow its time instead ([`Clock::follow`]). A machine's own time then has no
//! effect, and an instance whose machine is five minutes ahead makes nobody wait for five minutes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Reads and waits for time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock {
    kind: Kind,
    start: tokio::time::Instant,
    shown: Arc<Mutex<Shown>>,
    followed: Arc<Mutex<Option<Followed>>>,
}

/// What another clock showed when ours had run for `ticks`. It continues at the speed of our ticks, which a change of
/// the machine's time does not affect.
#[derive(Clone, Copy, Debug)]
struct Followed {
    time: Timestamp,
    ticks: Duration,
}

impl Followed {
    fn at(self, ticks: Duration) -> Timestamp {
        let [now, then] =
            [ticks, self.ticks].map(|it| SignedDuration::try_from(it).unwrap_or(SignedDuration::MAX));
        self.time.saturating_add(now.saturating_sub(then)).unwrap_or(Timestamp::MAX)
    }
}

#[derive(Clone, Debug)]
enum Kind {
    System,
    Owned { origin: Timestamp, rate: u32, set: Arc<Mutex<SignedDuration>> },
}

/// What a clock showed last, and at which of its ticks.
#[derive(Clone, Copy, Debug)]
struct Shown {
    time: Timestamp,
    ticks: Duration,
}

impl Shown {
    /// Returns what to show while the machine says `machine`. A machine that is ahead is followed at once. While it is
    /// behind, the clock runs at half speed until the machine has caught up: everything goes on, and an hour is made up
    /// in two.
    fn follow(&mut self, machine: Timestamp, ticks: Duration) -> Timestamp {
        let elapsed = SignedDuration::try_from(ticks.saturating_sub(self.ticks) / 2);
        let slow = self.time.saturating_add(elapsed.unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX);
        *self = Self { time: machine.max(slow), ticks: ticks.max(self.ticks) };
        self.time
    }
}

/// A system clock may be stepped while we wait for an instant, so it is read again at least this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

#[allow(clippy::disallowed_methods, reason = "this is the one place that reads and waits for time")]
impl Clock {
    /// Returns the system's clock.
    pub fn system() -> Self {
        Self::new(Kind::System, Timestamp::now())
    }

    /// Returns a clock that shows `origin` now and runs with tokio's time, which a test may pause.
    pub fn owned(origin: Timestamp) -> Self {
        Self::fast(origin, 1)
    }

    /// Returns a clock that shows `origin` now and runs `rate` times as fast as tokio's time. A rate of 0 counts as 1.
    pub fn fast(origin: Timestamp, rate: u32) -> Self {
        Self::new(Kind::Owned { origin, rate: rate.max(1), set: Arc::default() }, origin)
    }

    fn new(kind: Kind, time: Timestamp) -> Self {
        let shown = Shown { time, ticks: Duration::ZERO };
        let (shown, followed) = (Arc::new(Mutex::new(shown)), Arc::default());
        Self { kind, start: tokio::time::Instant::now(), shown, followed }
    }

    /// Moves the simulated machine time of an owned clock by `by`. It never changes the system's time.
    pub fn set(&self, by: SignedDuration) {
        if let Kind::Owned { set, .. } = &self.kind {
            let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
            *set = set.saturating_add(by);
        }
    }

    /// Returns the time. It never runs backwards.
    pub fn now(&self) -> Timestamp {
        let ticks = self.ticks();
        let followed = *self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = followed.map_or_else(|| self.machine_at(ticks), |followed| followed.at(ticks));
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).follow(machine, ticks)
    }

    /// Follows another clock from now on, which showed `time` when this one had run for `ticks`. The first call, before
    /// any time was stored, sets the clock at once, even backwards. After that it never runs backwards.
    pub fn follow(&self, time: Timestamp, ticks: Duration) {
        let followed = Followed { time, ticks };
        let before = self.followed.lock().unwrap_or_else(PoisonError::into_inner).replace(followed);
        if before.is_none() {
            let ticks = self.ticks();
            let shown = Shown { time: followed.at(ticks), ticks };
            *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = shown;
        }
    }

    /// Returns what the followed clock should show when ours has run for `ticks`; `None` if no clock is followed.
    pub fn followed_at(&self, ticks: Duration) -> Option<Timestamp> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).map(|followed| followed.at(ticks))
    }

    /// Returns the machine's time, which may run backwards. Use it only to compare with a time from another machine:
    /// the two agree if both are right.
    pub fn machine(&self) -> Timestamp {
        self.machine_at(self.ticks())
    }

    fn machine_at(&self, ticks: Duration) -> Timestamp {
        match &self.kind {
            Kind::System => Timestamp::now(),
            Kind::Owned { origin, set, .. } => {
                let set = *set.lock().unwrap_or_else(PoisonError::into_inner);
                let elapsed = SignedDuration::try_from(ticks).unwrap_or(SignedDuration::MAX);
                origin.checked_add(elapsed.saturating_add(set)).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Makes the clock show no earlier time than `time` from now on, because that time is known to be past.
    pub fn not_before(&self, time: Timestamp) {
        let shown = self.now().max(time);
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).time = shown;
    }

    /// Returns how much of this clock's time has run since it was created. It never steps, even if the system's time is
    /// changed: request budgets and rate-limit holds are measured in it.
    pub fn ticks(&self) -> Duration {
        self.start.elapsed().saturating_mul(self.rate())
    }

    /// How much of its time runs in one second of tokio's.
    fn rate(&self) -> u32 {
        match self.kind {
            Kind::System => 1,
            Kind::Owned { rate, .. } => rate,
        }
    }

    /// Waits until this clock shows `at`. Returns at once if it already does.
    pub async fn sleep_until(&self, at: Timestamp) {
        loop {
            let left = at.duration_since(self.now());
            let Ok(left) = Duration::try_from(left) else { return };
            if left.is_zero() {
                return;
            }
            match self.kind {
                Kind::System => tokio::time::sleep(left.min(LONGEST_SLEEP)).await,
                Kind::Owned { rate, .. } => {
                    tokio::time::sleep(left / rate + Duration::from_nanos(1)).await;
                }
            }
        }
    }

    /// Waits for `span` of this clock's time. Changing the system's time does not affect how long that is.
    pub async fn sleep(&self, span: SignedDuration) {
        let Ok(span) = Duration::try_from(span) else { return };
        match self.kind {
            _ if span.is_zero() => {}
            Kind::System => tokio::time::sleep(span).await,
            Kind::Owned { rate, .. } => tokio::time::sleep(span / rate + Duration::from_nanos(1)).await,
        }
    }

    /// Runs `work` for at most `span` of this clock's time. Returns `None` if it did not finish in time.
    pub async fn timeout<T>(&self, span: SignedDuration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.sleep(span) => None,
        }
    }
}

/// Waits until `stop` turns true, or until its sender is gone.
pub(crate) async fn stopped(stop: &mut tokio::sync::watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn owned_clock_keeps_its_time_and_fast_clock_runs_ahead() {
        let nine: Timestamp = "2025-04-16T09:00:00Z".parse().expect("an instant");
        let (owned, fast) = (Clock::owned(nine), Clock::fast(nine, 60));
        owned.sleep(SignedDuration::from_mins(1)).await;
        assert!(owned.now() >= nine + SignedDuration::from_mins(1));
        assert!(fast.now() >= nine + SignedDuration::from_hours(1));
    }

    #[tokio::test(start_paused = true)]
    async fn clock_set_back_stops_nothing_and_catches_up() {
        let nine: Timestamp = "2025-04-16T09:00:00Z".parse().expect("an instant");
        let (clock, minute) = (Clock::owned(nine), SignedDuration::from_mins(1));
        clock.set(SignedDuration::from_hours(-1));
        let before = clock.ticks();
        clock.sleep_until(nine + minute).await;
        let took = clock.ticks().saturating_sub(before);
        assert!((120..122).contains(&took.as_secs()), "at half speed, not an hour: {took:?}");
        clock.sleep(SignedDuration::from_hours(3)).await;
        let true_time = nine + SignedDuration::from_hours(2) + 2 * minute;
        assert!(clock.now().duration_since(true_time).as_secs() < 2, "it has caught up: {}", clock.now());

        clock.set(SignedDuration::from_hours(5));
        assert!(
            clock.now() >= true_time + SignedDuration::from_hours(5),
            "a machine that is set ahead is followed"
        );
    }

    proptest::proptest! {
        #[test]
        fn time_goes_on_whatever_the_system_clock_reports(says in proptest::collection::vec((-9_000_000_000_i64..9_000_000_000, 0_u64..9_000_000), 1..60)) {
            let mut shown = Shown { time: Timestamp::UNIX_EPOCH, ticks: Duration::ZERO };
            let mut ticks = Duration::ZERO;
            for (machine, elapsed) in says {
                let before = shown.time;
                ticks += Duration::from_micros(elapsed);
                let machine = Timestamp::from_microsecond(machine).expect("an instant");
                let now = shown.follow(machine, ticks);
                proptest::prop_assert!(now >= machine, "the machine's time is never ahead of ours");
                let slowest = before + SignedDuration::from_micros(i64::try_from(elapsed / 2).expect("short"));
                proptest::prop_assert!(now >= slowest);
                proptest::prop_assert!(now == machine || now <= before + SignedDuration::from_micros(i64::try_from(elapsed).expect("short")));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_follows_another_ignores_its_own_machine() {
        let nine: Timestamp = "2025-04-16T09:00:00Z".parse().expect("an instant");
        let (clock, minute) = (Clock::owned(nine), SignedDuration::from_mins(1));
        clock.set(5 * minute);
        assert_eq!(clock.now(), nine + 5 * minute);
        let copy = clock.clone();
        clock.follow(nine, clock.ticks());
        assert_eq!(copy.now(), nine, "even backwards, before any time was stored");
        clock.set(5 * minute);
        clock.sleep(minute).await;
        let off = copy.now().duration_since(nine + minute).abs();
        assert!(off < SignedDuration::from_millis(10), "the machine's time has no effect: {off}");
        assert!(clock.machine() >= nine + 10 * minute);

        let before = clock.now();
        clock.follow(nine, clock.ticks());
        assert!(clock.now() >= before, "from then on it never runs backwards");
        clock.sleep(minute).await;
        assert!(clock.now() < before + minute, "it waits for the other at half speed");
    }

    #[tokio::test(start_paused = true)]
    async fn ticks_follow_the_clock_and_negative_wait_is_zero() {
        let clock = Clock::fast(Timestamp::UNIX_EPOCH, 60);
        clock.sleep(SignedDuration::from_mins(-5)).await;
        assert_eq!(clock.ticks(), Duration::ZERO);
        clock.sleep(SignedDuration::from_mins(5)).await;
        assert!((300..301).contains(&clock.ticks().as_secs()));
    }

    #[tokio::test(start_paused = true)]
    async fn timeout_follows_the_clock_and_returns_none_when_over() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.timeout(SignedDuration::from_secs(1), std::future::pending::<()>()).await, None);
        assert_eq!(clock.timeout(SignedDuration::from_secs(1), async { 7 }).await, Some(7));
        clock.sleep_until(Timestamp::UNIX_EPOCH).await;
    }
}
