//! What people get while instances share the work, and while the store is away.

use expect_test::expect;
use healthy_upstream::alerts::{Subscription, SubscriptionEdit};
use healthy_upstream::discord::simulator::rules::RulesChannelKind;
use healthy_upstream::ids::InteractionId;
use jiff::SignedDuration;

use super::faulty_connection::State;
use super::several::Several;

#[tokio::test(start_paused = true)]
async fn notifiers_of_all_instances_deliver_without_duplicates() {
    let mut several = Several::new(3).await;
    let store = several.store();
    for number in 1..=200_u64 {
        let server = several.discord.server(&format!("Server {}", number / 50));
        let channel =
            several.discord.channel_of_kind(server, &format!("#ops-{number}"), RulesChannelKind::Text);
        let subscription = Subscription::new(server, channel.id, several.clock.now());
        let change = SubscriptionEdit::Subscribe(Box::new(subscription));
        store.change(&change, InteractionId(number), several.clock.now()).await.expect("subscribed");
    }
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("09:30").await;
    let announced = crate::world::announced(&several.discord);
    assert_eq!((announced.len(), announced.values().sum::<usize>()), (400, 400), "200 starts and 200 ends");
    let shares: Vec<u64> = (0..3).map(|instance| several.deliveries_of(instance)).collect();
    assert!(shares.iter().all(|share| *share > 0), "every instance delivers: {shares:?}");
}

#[tokio::test(start_paused = true)]
async fn store_outage_keeps_the_snapshot_and_refuses_changes() {
    let mut several = Several::new(2).await;
    several.subscribes("#ops").await;
    several.run_until("08:59:40").await;
    several.store_is(State::Cut);
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("09:02").await;

    let live = several.asks(0, "/status").await;
    assert!(live.starts_with("🔴 **Spotify Web API is down**"), "the leader keeps checking: {live}");
    let old = several.asks(1, "/status private:yes").await;
    expect!["-# Checked <t:1744793970:R> · checks every 30 s"]
        .assert_eq(old.lines().last().unwrap_or_default());
    let refused = several.asks(1, "/alerts subscribe channel:#ops").await;
    expect!["Nothing could be read or saved just now; nothing was changed. The live status still works. Try again in a minute."].assert_eq(&refused);

    several.store_is(State::Well);
    several.run_until("09:20").await;
    expect![[r#"
        09:02:00  #help  → @you: 🔴 **Spotify Web API is down**, for 2 min 0 s …
        09:02:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 10 s. …
        09:11:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 10 s …
    "#]]
    .assert_eq(&several.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn slow_store_delays_only_what_needs_it() {
    let mut several = Several::new(2).await;
    several.subscribes("#ops").await;
    several.run_until("08:59").await;
    several.store_is(State::Slow(SignedDuration::from_secs(2)));
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    for (instance, time) in [(0, "09:00:10"), (1, "09:00:20")] {
        several.run_until(time).await;
        let asked = several.clock.now();
        several.asks(instance, "/status private:yes").await;
        assert!(several.clock.now().duration_since(asked) < SignedDuration::from_millis(100), "at once");
        let refused = several.asks(instance, "/alerts subscribe channel:#ops").await;
        assert!(refused.contains("Try again in a minute"), "{refused}");
        assert!(several.clock.now().duration_since(asked) < SignedDuration::from_millis(2_500), "in time");
    }
    several.run_until("09:25").await;
    assert_eq!(several.leaders().len(), 1);
    let announced = crate::world::announced(&several.discord);
    assert_eq!((announced.len(), announced.values().sum::<usize>()), (2, 2), "one start and one end");
}

#[tokio::test(start_paused = true)]
async fn silent_store_blocks_nobody_and_recovers_without_a_restart() {
    let mut several = Several::new(2).await;
    several.subscribes("#ops").await;
    several.run_until("08:59").await;
    several.store_is(State::Silent);
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("09:01").await;
    let asked = several.clock.now();
    let live = several.asks(0, "/status").await;
    assert!(live.starts_with("🔴"), "{live}");
    several.asks(1, "/alerts list").await;
    assert!(several.clock.now().duration_since(asked) < SignedDuration::from_millis(2_500), "in time");
    several.store_is(State::Well);
    several.run_until("09:20").await;
    expect![[r#"
        09:01:00  #help  → @you: 🔴 **Spotify Web API is down**, for 1 min 0 s …
        09:01:01  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 10 s. …
        09:11:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 10 s …
    "#]]
    .assert_eq(&several.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn claimed_alert_goes_out_when_the_store_returns() {
    let mut several = Several::new(1).await;
    several.subscribes("#ops").await;
    several.run_until("08:59").await;
    several.store_is(State::Slow(SignedDuration::from_secs(1)));
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    let (store, server) = (several.store(), several.discord.home());
    let claimed =
        async || store.undelivered(server, 1).await.expect("read").iter().any(|it| it.attempts == 1);
    while !claimed().await {
        several.clock.sleep(SignedDuration::from_millis(100)).await;
        assert!(several.clock.now() < crate::fixtures::at("09:02"), "it is claimed in time");
    }
    several.store_is(State::Cut);
    let cut = several.clock.now();
    several.clock.sleep(SignedDuration::from_secs(5)).await;
    several.store_is(State::Well);
    several.run_until("09:02").await;
    let posts = several.discord.transcript();
    assert_eq!(posts.lines().count(), 1, "{posts}");
    let sent = crate::fixtures::at(posts.split_whitespace().next().expect("a time"));
    assert!(sent.duration_since(cut) < SignedDuration::from_secs(8), "cut at {cut}: {posts}");
    several.run_until("09:20").await;
}

/// Subscribes a channel while the store has this state, which ends after `heals_after` seconds. Returns the first line of the
/// answer, after how many seconds it came, and how many subscriptions are stored.
async fn subscribes_while(state: State, heals_after: i64) -> (String, i64, usize) {
    let mut several = Several::new(1).await;
    several.discord.channel("#ops");
    several.discord.channel("#help");
    several.run_until("08:59").await;
    several.store_is(state);
    let clock = several.clock.clone();
    let begun = clock.now();
    let ((said, took), ()) = tokio::join!(
        async {
            let said = several.asks(0, "/alerts subscribe channel:#ops").await;
            (said, clock.now().duration_since(begun))
        },
        async {
            clock.sleep(SignedDuration::from_secs(heals_after)).await;
            several.store_is(State::Well);
        }
    );
    let stored = several.store().subscriptions(None, None, 9).await.expect("read").len();
    (said.lines().next().unwrap_or_default().to_owned(), took.as_secs(), stored)
}

#[tokio::test(start_paused = true)]
async fn change_with_lost_answer_is_verified_as_stored() {
    let (said, took, stored) = subscribes_while(State::ChangesUnheard, 3).await;
    assert!(said.starts_with("✅ **Saved:**"), "{said}");
    assert_eq!((took, stored), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn change_of_unknown_outcome_is_not_reported_as_undone() {
    let (said, took, stored) = subscribes_while(State::ChangesUnheard, 30).await;
    expect!["We got no answer while saving: it may or may not be saved. Check with /alerts list in a minute, and ask again if it isn't there."]
        .assert_eq(&said);
    assert_eq!((took, stored), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn change_that_never_arrived_is_not_reported_as_stored() {
    // The facts are read in time; the edit itself never arrives.
    let (said, _, stored) = subscribes_while(State::ChangesLost, 30).await;
    assert!(said.starts_with("We got no answer while saving"), "{said}");
    assert_eq!(stored, 0);
    let (said, _, stored) = subscribes_while(State::ChangesLost, 3).await;
    assert!(said.starts_with("✅ **Saved:**"), "{said}");
    assert_eq!(stored, 1);
}
