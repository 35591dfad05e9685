//! What people get while copies share the work, and while the store is away.

use expect_test::expect;
use healthy_upstream::alerts::{Subscription, SubscriptionEdit};
use healthy_upstream::discord::simulator::rules::RulesChannelKind;
use healthy_upstream::ids::InteractionId;
use jiff::SignedDuration;

use super::line::State;
use super::several::Several;

#[tokio::test(start_paused = true)]
async fn couriers_of_all_copies_deliver_and_no_channel_hears_anything_twice() {
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
    let told = crate::world::told(&several.discord);
    assert_eq!((told.len(), told.values().sum::<usize>()), (400, 400), "200 starts and 200 ends");
    let shares: Vec<u64> = (0..3).map(|copy| several.deliveries_of(copy)).collect();
    assert!(shares.iter().all(|share| *share > 0), "all of them work: {shares:?}");
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_away_the_picture_stays_and_changes_are_refused() {
    let mut several = Several::new(2).await;
    several.subscribes("#ops").await;
    several.run_until("08:59:40").await;
    several.store_is(State::Cut);
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("09:02").await;

    let live = several.asks(0, "/status").await;
    assert!(live.starts_with("🔴 **Spotify Web API is down**"), "the leader looks on: {live}");
    let old = several.asks(1, "/status private:yes").await;
    expect!["-# Looked <t:1744793970:R>"].assert_eq(old.lines().last().unwrap_or_default());
    let refused = several.asks(1, "/alerts subscribe channel:#ops").await;
    expect!["That could be neither looked up nor saved just now; nothing was changed. The live status still works. Try again in a minute."].assert_eq(&refused);

    several.store_is(State::Well);
    several.run_until("09:20").await;
    expect![[r#"
        09:02:00  #help  → @you: 🔴 **Spotify Web API is down**, for 2 min 0 s …
        09:02:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 10 s. …
        09:11:10  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 10 min 10 s. …
    "#]]
    .assert_eq(&several.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_slow_by_two_seconds_delays_what_needs_it_and_nothing_else() {
    let mut several = Several::new(2).await;
    several.subscribes("#ops").await;
    several.run_until("08:59").await;
    several.store_is(State::Slow(SignedDuration::from_secs(2)));
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    for (copy, time) in [(0, "09:00:10"), (1, "09:00:20")] {
        several.run_until(time).await;
        let asked = several.clock.now();
        several.asks(copy, "/status private:yes").await;
        assert!(several.clock.now().duration_since(asked) < SignedDuration::from_millis(100), "at once");
        let refused = several.asks(copy, "/alerts subscribe channel:#ops").await;
        assert!(refused.contains("Try again in a minute"), "{refused}");
        assert!(several.clock.now().duration_since(asked) < SignedDuration::from_millis(2_500), "in time");
    }
    several.run_until("09:25").await;
    assert_eq!(several.leaders().len(), 1);
    let told = crate::world::told(&several.discord);
    assert_eq!((told.len(), told.values().sum::<usize>()), (2, 2), "one start and one end");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_says_nothing_holds_nobody_up_and_comes_back_by_itself() {
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
        09:11:10  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 10 min 10 s. …
    "#]]
    .assert_eq(&several.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_was_claimed_when_the_store_went_away_goes_out_as_soon_as_it_is_back() {
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
        assert!(several.clock.now() < crate::world::at("09:02"), "it is claimed in time");
    }
    several.store_is(State::Cut);
    let cut = several.clock.now();
    several.clock.sleep(SignedDuration::from_secs(5)).await;
    several.store_is(State::Well);
    several.run_until("09:02").await;
    let posts = several.discord.transcript();
    assert_eq!(posts.lines().count(), 1, "{posts}");
    let told = crate::world::at(posts.split_whitespace().next().expect("a time"));
    assert!(told.duration_since(cut) < SignedDuration::from_secs(8), "cut at {cut}: {posts}");
    several.run_until("09:20").await;
}

/// You subscribe a channel while the store is so, which is well again after so many seconds; what you read, and when.
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
    let kept = several.store().subscriptions(None, None, 9).await.expect("read").len();
    (said.lines().next().unwrap_or_default().to_owned(), took.as_secs(), kept)
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_answer_was_lost_is_asked_for_again_and_found_kept() {
    let (said, took, kept) = subscribes_while(State::ChangesUnheard, 3).await;
    assert!(said.starts_with("✅ **Saved:**"), "{said}");
    assert_eq!((took, kept), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_which_nobody_can_say_whether_it_was_kept_is_not_said_to_be_undone() {
    let (said, took, kept) = subscribes_while(State::ChangesUnheard, 30).await;
    expect!["No answer came when that was saved: perhaps it was, perhaps not. In a minute, /alerts list shows which; ask again if it is not there."]
        .assert_eq(&said);
    assert_eq!((took, kept), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_never_arrived_is_not_said_to_be_kept() {
    // The facts are read in time, and then nothing comes through any more.
    let (said, _, kept) = subscribes_while(State::ChangesLost, 30).await;
    assert!(said.starts_with("No answer came when that was saved"), "{said}");
    assert_eq!(kept, 0);
    let (said, _, kept) = subscribes_while(State::ChangesLost, 3).await;
    assert!(said.starts_with("✅ **Saved:**"), "{said}");
    assert_eq!(kept, 1);
}
