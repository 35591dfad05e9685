//! Instances under random faults in random order. At most one instance leads at a time, and each channel gets each start and each
//! recovery once.

use healthy_upstream::alerts::{Subscription, SubscriptionEdit, UpdateMode};
use healthy_upstream::discord::simulator::rules::RulesChannelKind;
use healthy_upstream::ids::InteractionId;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::faulty_connection::State;
use super::several::Several;
use crate::fixtures::at;

const INSTANCES: usize = 3;
const CHANNELS: u64 = 12;
/// Seconds, far less than the outage. A start that was not posted before the recovery would rightly be posted together with it.
const LONGEST: i64 = 40;

#[derive(Clone, Debug)]
enum Fault {
    /// The process is killed (`at_once`) or stopped cleanly, and starts again after `after` seconds.
    Dies { instance: usize, at_once: bool, after: i64 },
    /// Its connection to the store has this state for `lasts` seconds. `Silent` is what a paused process looks like.
    Line { instance: usize, state: State, lasts: i64 },
    /// The connection of the current leader has this state for `lasts` seconds.
    Leader { state: State, lasts: i64 },
    /// The store itself, which means every connection, has this state for `lasts` seconds.
    Store { state: State, lasts: i64 },
    /// The clock of a machine is moved by `by` milliseconds.
    Clock { instance: usize, by: i64 },
}

fn fault() -> impl Strategy<Value = Fault> {
    let state = || {
        prop_oneof![
            2 => Just(State::Cut),
            2 => Just(State::Silent),
            1 => (100_i64..2_500).prop_map(|by| State::Slow(SignedDuration::from_millis(by))),
        ]
    };
    let (instance, lasts) = (|| 0..INSTANCES, || 1..LONGEST);
    prop_oneof![
        3 => (instance(), any::<bool>(), 0..LONGEST).prop_map(|(instance, at_once, after)| Fault::Dies { instance, at_once, after }),
        2 => (instance(), state(), lasts()).prop_map(|(instance, state, lasts)| Fault::Line { instance, state, lasts }),
        3 => (state(), lasts()).prop_map(|(state, lasts)| Fault::Leader { state, lasts }),
        1 => (state(), lasts()).prop_map(|(state, lasts)| Fault::Store { state, lasts }),
        1 => (instance(), -5_000_i64..5_000).prop_map(|(instance, by)| Fault::Clock { instance, by }),
    ]
}

/// Lets seconds pass, and checks at each of them that at most one instance is sure to lead.
async fn passes(several: &mut Several, seconds: i64) -> Result<(), TestCaseError> {
    for _ in 0..seconds {
        several.run_to(several.clock.now() + SignedDuration::from_secs(1)).await;
        prop_assert!(several.surely_lead() <= 1, "at most one instance leads at a time");
        prop_assert!(!several.committed_while_stale(), "a former leader stores nothing");
    }
    Ok(())
}

async fn suffer(several: &mut Several, fault: Fault) -> Result<(), TestCaseError> {
    match fault {
        Fault::Dies { instance, at_once, after } => {
            if at_once {
                several.dies(instance);
            } else {
                several.stops(instance).await;
            }
            passes(several, after).await?;
            several.starts(instance).await;
        }
        Fault::Line { instance, state, lasts } => {
            several.line(instance, state);
            passes(several, lasts).await?;
            several.line(instance, State::Well);
        }
        Fault::Leader { state, lasts } => {
            if let Some(leader) = several.leaders().first().copied() {
                several.line(leader, state);
                passes(several, lasts).await?;
                several.line(leader, State::Well);
            }
        }
        Fault::Store { state, lasts } => {
            several.store_is(state);
            passes(several, lasts).await?;
            several.store_is(State::Well);
        }
        Fault::Clock { instance, by } => several.is_wrong_by(instance, SignedDuration::from_millis(by)),
    }
    Ok(())
}

/// Plays an outage of ten minutes with faults, and pauses between them, from before its start until after its end.
async fn plays_an_outage(faults: Vec<(i64, Fault)>) -> Result<(), TestCaseError> {
    let mut several = Several::new(INSTANCES).await;
    let store = several.store();
    for number in 1..=CHANNELS {
        let server = several.discord.server(&format!("Server {}", number / 5));
        let channel =
            several.discord.channel_of_kind(server, &format!("#ops-{number}"), RulesChannelKind::Text);
        let mode = if number % 2 == 0 { UpdateMode::Edit } else { UpdateMode::Posts };
        let subscription =
            Subscription { mode, ..Subscription::new(channel.guild, channel.id, several.clock.now()) };
        let change = SubscriptionEdit::Subscribe(Box::new(subscription));
        store.change(&change, InteractionId(number), several.clock.now()).await.expect("subscribed");
    }
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("08:59").await;
    for (pause, fault) in faults {
        passes(&mut several, pause).await?;
        suffer(&mut several, fault).await?;
    }
    several.run_to(at("09:30").max(several.clock.now() + SignedDuration::from_mins(3))).await;

    let outages = store.outages(at("08:00"), 99).await.expect("read");
    prop_assert_eq!(outages.len(), 1, "it is one outage: {:?}", outages);
    prop_assert!(outages[0].until.is_some(), "it is over: {:?}", outages);
    let announced = crate::world::announced(&several.discord);
    let once = announced.values().filter(|times| **times == 1).count();
    let all = 2 * usize::try_from(CHANNELS).expect("few");
    prop_assert_eq!((announced.len(), once), (all, all), "{}", several.discord.transcript());
    prop_assert_eq!(store.next_due().await, Ok(None), "no delivery is pending");
    prop_assert_eq!(several.surely_lead(), 1, "one instance leads in the end");
    Ok(())
}

/// `PROPTEST_CASES=500 cargo test instances::laws` runs more cases; `PROPTEST_RNG_SEED=7` runs the same ones each time.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").map_or(8, |cases| cases.parse().expect("a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_instance_leads_and_posts_stay_single_under_faults(
        faults in prop::collection::vec((0_i64..60, fault()), 0..16),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(plays_an_outage(faults))?;
    }
}
