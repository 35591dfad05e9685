//! Discord's limit for the bot as a whole, kept by all copies together.

use std::sync::Arc;

use healthy_upstream::app::Shared;
use healthy_upstream::clock::Clock;
use healthy_upstream::discord::budget::{Headers, Pace, Route};
use healthy_upstream::discord::commons::Commons;
use healthy_upstream::roles::Roles;
use healthy_upstream::store::{Memory, Store};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::line::{Crowd, Line, State};

const LEASE: SignedDuration = SignedDuration::from_secs(10);

/// So many copies' paces on one store, and their lines to it.
fn paces(many: usize, clock: &Clock) -> (Vec<Arc<Pace>>, watch::Sender<State>) {
    let memory = Memory::default();
    let (line, state) = watch::channel(State::Well);
    let pace = |_| {
        let store = Arc::new(memory.beside().expect("shared"));
        let line: Arc<dyn Store> = Arc::new(Line {
            store,
            state: state.clone(),
            clock: clock.clone(),
            tells_time: false,
            stale: Arc::default(),
            crowd: Crowd::default(),
        });
        let roles = Roles::new(Arc::clone(&line), clock.clone(), LEASE).expect("a name");
        let commons = Shared::of(&line, roles, clock).expect("shared") as Arc<dyn Commons>;
        Arc::new(Pace::shared(clock, 50, commons))
    };
    ((0..many).map(pace).collect(), line)
}

/// Each copy asks as a courier does, so many at once, for so long; gives when each request was made, copy by copy.
async fn ask(paces: &[Arc<Pace>], clock: &Clock, span: SignedDuration) -> Vec<Vec<Timestamp>> {
    let until = clock.now() + span;
    let mut copies = JoinSet::new();
    for (copy, pace) in paces.iter().enumerate() {
        let (pace, clock) = (Arc::clone(pace), clock.clone());
        copies.spawn(async move {
            let (mut asking, room) = (JoinSet::new(), Arc::new(Semaphore::new(64)));
            for channel in 0.. {
                let taken = Arc::clone(&room).acquire_owned().await.expect("open");
                if clock.now() >= until {
                    break;
                }
                let (pace, clock) = (Arc::clone(&pace), clock.clone());
                asking.spawn(async move {
                    let route = Route { name: "POST /channels/{}/messages", major: channel };
                    pace.turn(route).await.expect("a turn").learn(200, &Headers::default());
                    drop(taken);
                    clock.now()
                });
            }
            let mut times = asking.join_all().await;
            times.retain(|at| *at < until);
            times.sort_unstable();
            (copy, times)
        });
    }
    let mut all = copies.join_all().await;
    all.sort_by_key(|(copy, _)| *copy);
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
async fn three_copies_together_never_ask_more_than_fifty_times_in_a_second_and_share_fairly() {
    let clock = Clock::owned(Timestamp::UNIX_EPOCH);
    let (paces, _line) = paces(3, &clock);
    let times = ask(&paces, &clock, SignedDuration::from_secs(20)).await;
    assert!(most_in_a_second(&times) <= 50, "{}", most_in_a_second(&times));
    let counts: Vec<usize> = times.iter().map(Vec::len).collect();
    assert!(counts.iter().sum::<usize>() >= 940, "at least 47 a second together: {counts:?}");
    assert!(counts.iter().all(|count| *count > 250), "each has its share: {counts:?}");
}

#[tokio::test(start_paused = true)]
async fn one_copy_alone_has_the_whole_rate() {
    let clock = Clock::owned(Timestamp::UNIX_EPOCH);
    let (paces, _line) = paces(1, &clock);
    let times = ask(&paces, &clock, SignedDuration::from_secs(10)).await;
    assert!(times[0].len() >= 470, "{}", times[0].len());
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_away_each_copy_goes_slowly_and_then_as_before() {
    let clock = Clock::owned(Timestamp::UNIX_EPOCH);
    let (paces, line) = paces(3, &clock);
    for state in [State::Cut, State::Silent] {
        line.send_replace(state);
        clock.sleep(SignedDuration::from_secs(2)).await;
        let times = ask(&paces, &clock, SignedDuration::from_secs(20)).await;
        assert!(most_in_a_second(&times) <= 50, "{state:?}: {}", most_in_a_second(&times));
        let counts: Vec<usize> = times.iter().map(Vec::len).collect();
        assert!(
            counts.iter().all(|count| (100..=200).contains(count)),
            "{state:?}: a fifth each: {counts:?}"
        );
    }
    line.send_replace(State::Well);
    clock.sleep(SignedDuration::from_secs(6)).await;
    let times = ask(&paces, &clock, SignedDuration::from_secs(10)).await;
    assert!(times.iter().map(Vec::len).sum::<usize>() >= 470);
}
