//! Discord's global rate limit, which all instances respect together.

use std::sync::Arc;

use healthy_upstream::clock::Clock;
use healthy_upstream::cluster::LeaseManager;
use healthy_upstream::discord::ratelimit::{BucketRoute, RateLimitHeaders, RateLimiter};
use healthy_upstream::store::{MemoryStore, Store};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::faulty_connection::{Crowd, Line, State};

const LEASE: SignedDuration = SignedDuration::from_secs(10);

/// Returns the rate limiters of this many instances on one store, and the state of their connections.
fn limiters_of(many: usize, clock: &Clock) -> (Vec<Arc<RateLimiter>>, watch::Sender<State>) {
    let memory = MemoryStore::default();
    let (line, state) = watch::channel(State::Well);
    ((0..many).map(|_| limiter(&memory, clock, &state)).collect(), line)
}

/// Returns the rate limiter of one instance, with its own connection to the store.
fn limiter(memory: &MemoryStore, clock: &Clock, state: &watch::Receiver<State>) -> Arc<RateLimiter> {
    let line: Arc<dyn Store> = Arc::new(Line {
        store: Arc::new(memory.beside().expect("shared")),
        state: state.clone(),
        clock: clock.clone(),
        tells_time: false,
        stale: Arc::default(),
        crowd: Crowd::default(),
    });
    let roles = LeaseManager::new(line.clone(), clock.clone(), LEASE).expect("a name");
    Arc::new(RateLimiter::shared(clock, 50, roles.shared().expect("shared")))
}

/// As [`ask_until_done`], without the requests that were made after the span.
async fn ask(limiters: &[Arc<RateLimiter>], clock: &Clock, span: SignedDuration) -> Vec<Vec<Timestamp>> {
    let until = clock.now() + span;
    let mut times = ask_until_done(limiters, clock, span).await;
    for times in &mut times {
        times.retain(|at| *at < until);
    }
    times
}

/// Each instance sends requests for the length of `span`, at most 64 at once, as a notifier does. Returns the times of the
/// requests by instance.
async fn ask_until_done(
    limiters: &[Arc<RateLimiter>],
    clock: &Clock,
    span: SignedDuration,
) -> Vec<Vec<Timestamp>> {
    let until = clock.now() + span;
    let mut instances = JoinSet::new();
    for (instance, limiter) in limiters.iter().enumerate() {
        let (limiter, clock) = (Arc::clone(limiter), clock.clone());
        instances.spawn(async move {
            let (mut asking, room) = (JoinSet::new(), Arc::new(Semaphore::new(64)));
            for channel in 0.. {
                let taken = Arc::clone(&room).acquire_owned().await.expect("open");
                if clock.now() >= until {
                    break;
                }
                let (limiter, clock) = (Arc::clone(&limiter), clock.clone());
                asking.spawn(async move {
                    let route = BucketRoute { name: "POST /channels/{}/messages", major: channel };
                    let turn = limiter.acquire(route).await;
                    drop(taken);
                    // A request that would wait too long is rejected, and not sent.
                    turn.ok().map(|turn| {
                        turn.complete(200, &RateLimitHeaders::default());
                        clock.now()
                    })
                });
            }
            let mut times: Vec<_> = asking.join_all().await.into_iter().flatten().collect();
            times.sort_unstable();
            (instance, times)
        });
    }
    let mut all = instances.join_all().await;
    all.sort_by_key(|(instance, _)| *instance);
    all.into_iter().map(|(_, times)| times).collect()
}

fn most_in_a_second(times: &[Vec<Timestamp>]) -> usize {
    let mut all: Vec<Timestamp> = times.iter().flatten().copied().collect();
    all.sort_unstable();
    let second = SignedDuration::from_secs(1);
    let within =
        |first: usize| all[first..].iter().take_while(|at| at.duration_since(all[first]) < second).count();
    (0..all.len()).map(within).max().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn three_instances_share_fifty_requests_per_second_fairly() {
    let clock = Clock::owned(Timestamp::UNIX_EPOCH);
    let (limiters, _line) = limiters_of(3, &clock);
    let times = ask(&limiters, &clock, SignedDuration::from_secs(20)).await;
    assert!(most_in_a_second(&times) <= 50, "{}", most_in_a_second(&times));
    let counts: Vec<usize> = times.iter().map(Vec::len).collect();
    assert!(counts.iter().sum::<usize>() >= 860, "at least 43 a second together: {counts:?}");
    assert!(counts.iter().all(|count| *count > 250), "each has its share: {counts:?}");
}

#[tokio::test(start_paused = true)]
async fn single_instance_gets_the_whole_rate() {
    let clock = Clock::owned(Timestamp::UNIX_EPOCH);
    let (limiters, _line) = limiters_of(1, &clock);
    let times = ask(&limiters, &clock, SignedDuration::from_secs(10)).await;
    assert!(times[0].len() >= 430, "{}", times[0].len());
}

#[tokio::test(start_paused = true)]
async fn instances_slow_down_while_the_store_is_away() {
    let clock = Clock::owned(Timestamp::UNIX_EPOCH);
    let (limiters, line) = limiters_of(3, &clock);
    for state in [State::Cut, State::Silent] {
        line.send_replace(state);
        clock.sleep(SignedDuration::from_secs(2)).await;
        let times = ask(&limiters, &clock, SignedDuration::from_secs(20)).await;
        assert!(most_in_a_second(&times) <= 50, "{state:?}: {}", most_in_a_second(&times));
        let counts: Vec<usize> = times.iter().map(Vec::len).collect();
        assert!(
            counts.iter().all(|count| (10..=20).contains(count)),
            "{state:?}: one a second each: {counts:?}"
        );
    }
    line.send_replace(State::Well);
    clock.sleep(SignedDuration::from_secs(6)).await;
    let times = ask(&limiters, &clock, SignedDuration::from_secs(10)).await;
    assert!(times.iter().map(Vec::len).sum::<usize>() >= 430);
}

/// Some instances are cut off while others are not, answers are late, and instances die and are started again.
#[tokio::test(start_paused = true)]
async fn instances_with_faulty_connections_stay_within_fifty_a_second() {
    for seed in 1..6_u64 {
        let (clock, memory) = (Clock::owned(Timestamp::UNIX_EPOCH), MemoryStore::default());
        let mut instances = JoinSet::new();
        for instance in 0..4 {
            let (clock, memory) = (clock.clone(), memory.clone());
            instances.spawn(async move {
                let mut dice = seed * 1_000 + instance;
                let mut roll = move |most: u64| {
                    dice =
                        dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (dice >> 33) % most
                };
                let (line, state) = watch::channel(State::Well);
                let mut ours = limiter(&memory, &clock, &state);
                let mut times = Vec::new();
                while clock.now() < Timestamp::UNIX_EPOCH + SignedDuration::from_mins(5) {
                    line.send_replace(match roll(5) {
                        0 => State::Cut,
                        1 => State::Silent,
                        2 => State::Slow(SignedDuration::from_millis(roll(900).cast_signed())),
                        _ => State::Well,
                    });
                    if roll(4) == 0 {
                        ours = limiter(&memory, &clock, &state); // the old instance is killed
                    }
                    let span = SignedDuration::from_millis(500 + roll(10_000).cast_signed());
                    let asked = ask_until_done(std::slice::from_ref(&ours), &clock, span).await;
                    times.extend(asked.into_iter().flatten());
                }
                times
            });
        }
        let times = instances.join_all().await;
        let most = most_in_a_second(&times);
        let counts: Vec<usize> = times.iter().map(Vec::len).collect();
        println!("seed {seed}: {most} in the worst second; {counts:?}");
        assert!(most <= 50, "seed {seed}: {most}");
        assert!(counts.iter().sum::<usize>() > 5 * 60 * 10, "and they still make progress: {counts:?}");
    }
}
