//! How the bot limits itself, on owned time: request budgets, rate limits, single flight and cooldowns.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use healthy_upstream::clock::Clock;
use healthy_upstream::throttle::{
    Caller, Cooldowns, Denied, Jitter, RequestBudget, RequestClass, RequestQuota, RetryAfter, SingleFlight,
    Throttle,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn clock() -> Clock {
    Clock::owned("2026-11-20T09:00:00Z".parse().expect("an instant"))
}

fn caller(source: &str, credential: Option<&str>) -> Caller {
    Caller { host: "api.example".into(), credential: credential.map(str::to_owned), source: source.into() }
}

#[tokio::test(start_paused = true)]
async fn search_quota_never_blinds_the_tokenless_probe() {
    let clock = clock();
    let throttle = Throttle::new(clock.clone());
    let (search, probe) = (caller("web-api-search", Some("app-1")), caller("web-api", None));
    throttle.hold(&search, clock.now() + 24 * HOUR, "429 QUOTA_EXCEEDED");

    assert!(
        matches!(throttle.admit(&search, RequestClass::Regular).await, Err(Denied::RateLimited(hold)) if hold.source == "web-api-search")
    );
    assert_eq!(throttle.admit(&probe, RequestClass::Regular).await, Ok(()));
    assert_eq!(throttle.admit(&caller("web-api-search", Some("app-2")), RequestClass::Regular).await, Ok(()));

    clock.sleep(24 * HOUR).await;
    assert_eq!(throttle.admit(&search, RequestClass::Regular).await, Ok(()));
    assert_eq!(throttle.holds(), []);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_stops_its_probe_and_extra_host_probes() {
    let clock = clock();
    let throttle = Throttle::new(clock.clone());
    throttle.set_budget("api.example", 60, 4, 20);
    throttle.hold(&caller("accounts", None), clock.now() + HOUR, "429");

    assert!(throttle.admit(&caller("accounts", None), RequestClass::Regular).await.is_err());
    assert_eq!(throttle.admit(&caller("accounts-discovery", None), RequestClass::Regular).await, Ok(()));
    assert!(matches!(
        throttle.admit(&caller("accounts-discovery", None), RequestClass::Extra).await,
        Err(Denied::RateLimited(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn rate_limit_survives_restart_and_is_never_shortened() {
    let clock = clock();
    let before = Throttle::new(clock.clone());
    let mut holds = before.watch_holds();
    let search = caller("web-api-search", Some("app-1"));
    before.hold(&search, clock.now() + 13 * HOUR, "429 QUOTA_EXCEEDED");
    before.hold(&search, clock.now() + HOUR, "429 again");
    assert!(holds.has_changed().expect("the throttle lives"));
    let stored = serde_json::to_string(&*holds.borrow_and_update()).expect("rate limits are JSON");

    clock.sleep(2 * HOUR).await;
    let after = Throttle::new(clock.clone());
    after.import(serde_json::from_str::<Vec<_>>(&stored).expect("rate limits are read back"));
    let [hold] = after.holds().try_into().expect("one rate limit");
    assert_eq!(
        (hold.host.as_str(), hold.source.as_str(), hold.why.as_str()),
        ("api.example", "web-api-search", "429 QUOTA_EXCEEDED")
    );
    assert_eq!(hold.until.to_string(), "2026-11-20T22:00:00Z");
    clock.sleep(11 * HOUR).await;
    assert_eq!(after.admit(&search, RequestClass::Regular).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn absurd_rate_limit_ends_after_a_week() {
    let clock = clock();
    let throttle = Throttle::new(clock.clone());
    throttle.hold(&caller("web-api", None), Timestamp::MAX, "429");
    clock.sleep(24 * 7 * HOUR).await;
    assert_eq!(throttle.admit(&caller("web-api", None), RequestClass::Regular).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn extra_probes_never_take_a_regular_probes_budget() {
    let clock = clock();
    let throttle = Throttle::new(clock.clone());
    throttle.set_budget("api.example", 6, 2, 4);
    let probe = caller("web-api", None);
    let mut extras = 0;
    while throttle.admit(&probe, RequestClass::Extra).await.is_ok() {
        extras += 1;
    }
    assert_eq!(extras, 2);
    let before = clock.now();
    for _ in 0..2 {
        throttle.admit(&probe, RequestClass::Regular).await.expect("a regular probe");
    }
    assert_eq!(clock.now(), before, "no regular probe waited");
    let view = throttle.views().into_iter().find(|v| v.host == "api.example").expect("a view");
    assert_eq!((view.per_minute, view.left, view.hold), (10, 6, None));
}

#[tokio::test(start_paused = true)]
async fn concurrent_callers_queue_and_no_minute_is_exceeded() {
    let clock = clock();
    let budget = Arc::new(RequestBudget::new(&clock, RequestQuota::per_minute(30), 5));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (budget, clock) = (Arc::clone(&budget), clock.clone());
        tasks.spawn(async move {
            budget.turn().await;
            clock.ticks()
        });
    }
    let mut times = tasks.join_all().await;
    times.sort();
    for start in &times {
        let minute = times.iter().filter(|t| *t >= start && **t < *start + Duration::from_secs(60)).count();
        assert!(minute <= 30, "{minute} in the minute from {start:?}");
    }
    assert!(times.last().is_some_and(|last| *last < Duration::from_secs(60 * 4)), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn concurrent_probes_share_an_attempt_and_survive_a_drop() {
    let clock = clock();
    let (flight, attempts) = (Arc::new(SingleFlight::default()), Arc::new(AtomicU32::new(0)));
    let probe = || {
        let (flight, attempts, clock) = (Arc::clone(&flight), Arc::clone(&attempts), clock.clone());
        tokio::spawn(async move {
            flight
                .share(|| async {
                    let nth = attempts.fetch_add(1, Ordering::SeqCst);
                    clock.sleep(SignedDuration::from_secs(5)).await;
                    nth
                })
                .await
        })
    };
    let (first, second, third) = (probe(), probe(), probe());
    clock.sleep(SignedDuration::from_secs(1)).await;
    first.abort();
    assert_eq!((second.await.expect("probed"), third.await.expect("probed")), (1, 1));
    assert_eq!(probe().await.expect("probed"), 2, "a later caller probes again");
}

#[tokio::test(start_paused = true)]
async fn too_many_commands_get_a_retry_time() {
    let clock = clock();
    let second = SignedDuration::from_secs(1);
    let cooldowns =
        Cooldowns::new(&clock, RequestQuota::new(5, second * 10), RequestQuota::new(8, second * 10));
    let (ada, bob, server) = (1, 2, Some(9));
    for _ in 0..5 {
        assert_eq!(cooldowns.ask(ada, server), Ok(()));
    }
    assert_eq!(cooldowns.ask(ada, server), Err(RetryAfter(second * 2)));
    for _ in 0..3 {
        assert_eq!(cooldowns.ask(bob, server), Ok(()));
    }
    assert!(cooldowns.ask(bob, server).is_err(), "the server has had its share");
    assert_eq!(cooldowns.ask(bob, None), Ok(()), "and a private message is not of it");
    clock.sleep(second * 2).await;
    assert_eq!(cooldowns.ask(ada, server), Ok(()));
    clock.sleep(second * 120).await;
    assert_eq!(cooldowns.ask(3, None), Ok(()));
    assert_eq!(
        cooldowns.remembered(),
        2,
        "people are forgotten again; the server is when somebody next asks there"
    );
}

/// All callers of one host: when their calls were admitted, and how many during a rate limit.
struct Callers {
    clock: Clock,
    throttle: Throttle,
    rate_limited_until: Mutex<[Duration; 4]>,
    calls: Mutex<Vec<Duration>>,
    past_holds: AtomicU32,
}

const NAMES: [&str; 4] = ["web-api", "accounts", "accounts-discovery", "web-api-search"];

/// The last of them has a credential.
fn one_of_four(source: usize) -> Caller {
    caller(NAMES[source], (source == 3).then_some("app-1"))
}

impl Callers {
    async fn probe(&self, source: usize, turn: RequestClass) {
        if self.throttle.admit(&one_of_four(source), turn).await.is_err() {
            return;
        }
        let now = self.clock.ticks();
        let heeds = |other: usize| match turn {
            RequestClass::Regular => other == source,
            RequestClass::Extra => (other == 3) == (source == 3), // those of the same credential
        };
        let rate_limited = self.rate_limited_until.lock().expect("rate limits");
        let past = (0..4).filter(|other| heeds(*other)).any(|other| now < rate_limited[other]);
        self.past_holds.fetch_add(u32::from(past), Ordering::SeqCst);
        self.calls.lock().expect("calls").push(now);
    }

    fn hold(&self, source: usize, minutes: i64) {
        self.throttle.hold(
            &one_of_four(source),
            self.clock.now() + SignedDuration::from_mins(minutes),
            "429",
        );
        let end = self.clock.ticks() + Duration::from_secs(u64::try_from(minutes * 60).unwrap_or(0));
        let mut rate_limited = self.rate_limited_until.lock().expect("rate limits");
        rate_limited[source] = rate_limited[source].max(end);
    }
}

/// Plays all happenings, and returns the callers.
async fn play(budget: (u32, u32, u32), happenings: Vec<Happens>) -> Arc<Callers> {
    let clock = clock();
    let throttle = Throttle::new(clock.clone());
    throttle.set_budget("api.example", budget.0, budget.1, budget.2);
    let (rate_limited_until, calls, past_holds) = Default::default();
    let callers = Arc::new(Callers { clock: clock.clone(), throttle, rate_limited_until, calls, past_holds });
    let mut probes = tokio::task::JoinSet::new();
    for happening in happenings {
        match happening {
            Happens::Passes { ms } => clock.sleep(SignedDuration::from_millis(ms)).await,
            Happens::Probes { source, turn } => {
                let callers = Arc::clone(&callers);
                probes.spawn(async move { callers.probe(source, turn).await });
            }
            Happens::GivesUp { source, after_ms } => {
                let timeouts = SignedDuration::from_millis(after_ms);
                let _gave_up = clock.timeout(timeouts, callers.probe(source, RequestClass::Regular)).await;
            }
            Happens::IsRateLimited { source, minutes } => callers.hold(source, minutes),
        }
    }
    probes.join_all().await;
    callers
}

/// What happens to a host: time passes, a source is probed, a caller gives up, a rate limit begins.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Passes { ms: i64 },
    Probes { source: usize, turn: RequestClass },
    GivesUp { source: usize, after_ms: i64 },
    IsRateLimited { source: usize, minutes: i64 },
}

fn happens() -> impl Strategy<Value = Happens> {
    let turn = prop_oneof![Just(RequestClass::Regular), Just(RequestClass::Extra)];
    prop_oneof![
        4 => (0_i64..20_000).prop_map(|ms| Happens::Passes { ms }),
        8 => (0_usize..4, turn).prop_map(|(source, turn)| Happens::Probes { source, turn }),
        1 => (0_usize..4, 0_i64..30_000).prop_map(|(source, after_ms)| Happens::GivesUp { source, after_ms }),
        1 => (0_usize..4, -5_i64..5).prop_map(|(source, minutes)| Happens::IsRateLimited { source, minutes }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// All callers of one host, in any order, together, one by one, giving up and rate limited: no minute has more calls than
    /// both budgets allow, and none is made during a rate limit.
    #[test]
    fn any_schedule_respects_budgets_and_rate_limits(
        regular in 1_u32..30,
        burst in 1_u32..30,
        extra in 0_u32..20,
        happenings in prop::collection::vec(happens(), 1..120),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        let callers = runtime.block_on(play((regular, burst, extra), happenings));
        prop_assert_eq!(callers.past_holds.load(Ordering::SeqCst), 0, "calls during a rate limit");
        let calls = callers.calls.lock().expect("calls");
        let most = usize::try_from(regular + extra).expect("small");
        for start in calls.iter() {
            let minute = calls.iter().filter(|at| *at >= start && **at < *start + Duration::from_secs(60)).count();
            prop_assert!(minute <= most, "{minute} of {most} in the minute from {start:?}");
        }
    }

    #[test]
    fn jitter_stays_within_its_bounds_and_differs_between_bots(salt: u64, round: u64, most_ms in 0i64..100_000) {
        let most = SignedDuration::from_millis(most_ms);
        let part = Jitter::of(salt).part("web-api", round, most);
        prop_assert!(part >= SignedDuration::ZERO && part <= most);
        prop_assert_eq!(part, Jitter::of(salt).part("web-api", round, most));
        prop_assert_eq!(Jitter::none().part("web-api", round, most), SignedDuration::ZERO);
    }
}
