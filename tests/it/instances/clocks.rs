//! Instances on machines with a wrong clock. Due times, claims and retries go by the time of the shared store.

use healthy_upstream::alerts::{Subscription, SubscriptionEdit};
use healthy_upstream::discord::simulator::rules::{Fault, RulesChannelKind};
use healthy_upstream::ids::InteractionId;
use jiff::SignedDuration;

use super::several::Several;
use crate::logs::Log;
use crate::world::announced;

const CHANNELS: usize = 80;
const FIVE_MINUTES: SignedDuration = SignedDuration::from_mins(5);

/// Starts two instances; the clock of the leader's machine is wrong by `by`.
async fn led_by_a_wrong_clock(by: SignedDuration) -> Several {
    let mut several = Several::new(2).await;
    let store = several.store();
    for number in 1..=CHANNELS {
        let server = several.discord.server(&format!("Server {}", number / 50));
        let channel =
            several.discord.channel_of_kind(server, &format!("#ops-{number}"), RulesChannelKind::Text);
        let change =
            SubscriptionEdit::Subscribe(Box::new(Subscription::new(server, channel.id, several.clock.now())));
        store.change(&change, InteractionId(number as u64), several.clock.now()).await.expect("subscribed");
    }
    several.stops(0).await;
    several.is_wrong_by(0, by);
    several.run_until("08:56").await;
    several.starts(0).await;
    several.stops(1).await;
    several.run_until("08:57").await;
    several.starts(1).await;
    several.run_until("08:58").await;
    assert_eq!(several.leaders(), [0]);
    several
}

#[tokio::test(start_paused = true)]
async fn wrong_clock_neither_delays_nor_duplicates_after_failover() {
    for by in [FIVE_MINUTES, -FIVE_MINUTES] {
        let mut several = led_by_a_wrong_clock(by).await;
        several.spotify.from("09:00").until("09:20").on(&["web-api"]).answers(503, "no healthy upstream");
        // Many posts are in flight when the instance dies: they arrive, but their outcome is not stored.
        several.discord.fails(Fault::Slow(SignedDuration::from_secs(5)), 50);
        several.run_until("08:59:30").await;
        while announced(&several.discord).len() < 25 {
            several.run_to(several.clock.now() + SignedDuration::from_millis(100)).await;
        }
        several.dies(0);
        let died = several.clock.now();
        assert!(died < crate::fixtures::at("09:01"), "the first channels get their post at once: {died}");
        several.run_to(died + SignedDuration::from_secs(45)).await;
        let starts = announced(&several.discord);
        assert_eq!(
            starts.len(),
            CHANNELS,
            "every channel gets its post when the dead instance's claims expire"
        );
        assert!(starts.values().all(|times| *times == 1), "no channel gets it twice: {by}");
        several.run_until("09:40").await;
        let all = announced(&several.discord);
        assert_eq!((all.len(), all.values().sum::<usize>()), (2 * CHANNELS, 2 * CHANNELS), "{by}");
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_clock_is_reported_to_the_operator() {
    for (by, direction) in [(FIVE_MINUTES, "ahead"), (-FIVE_MINUTES, "behind")] {
        let (log, logging) = Log::of_this_thread(tracing::Level::INFO);
        let mut several = Several::new(1).await;
        several.run_until("08:58").await;
        assert_eq!(log.lines("this machine's time"), Vec::<String>::new(), "the clock is right");
        // A clock that goes wrong while the bot runs is reported once, however long it lasts.
        several.is_wrong_by(0, by);
        several.run_until("08:59").await;
        let said = log.lines("this machine's time differs");
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].contains(&format!("direction=\"{direction}\"")), "{said:#?}");
        assert!(said[0].contains(" WARN ") && said[0].contains("off_s=300"), "{said:#?}");
        several.is_wrong_by(0, -by);
        several.run_until("09:00").await;
        assert_eq!(log.lines("agrees with the database's again").len(), 1);
        // A clock that is wrong from the start is reported too.
        several.stops(0).await;
        several.is_wrong_by(0, by);
        several.starts(0).await;
        several.run_until("09:02").await;
        assert_eq!(log.lines("this machine's time differs").len(), 2, "{}", log.text());
        drop(logging);
    }
}
