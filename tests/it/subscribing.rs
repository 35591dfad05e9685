//! What a channel reads that lets itself be told while something is going on, or anew.

use expect_test::expect;

use crate::world::World;

/// It was told nothing at all, and the end came out of the blue.
#[tokio::test(start_paused = true)]
async fn a_channel_that_subscribes_during_an_outage_is_told_how_it_stands_once() {
    let mut world = World::new().await;
    world.subscribes("#early").await;
    world.discord.role("@oncall");
    world.spotify.from("09:00").until("10:00").answers(503, "no healthy upstream");
    world.run_until("09:20").await;
    world.discord.channel("#late");
    let you = world.discord.you();
    you.types("#late", "/alerts subscribe channel:#late role:@oncall").await.expect("an answer");
    world.run_until("09:30").await;
    // To change what it hears is no new subscription.
    world.discord.role("@second");
    you.types("#late", "/alerts subscribe channel:#late role:@second").await.expect("an answer");
    world.run_until("10:10").await;

    expect![[r#"
        09:00:30  #early  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:20:00  #late  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:01:10  #early  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 0 min. …
        10:01:10  #early  ✎ 🟢 **Spotify Web API is back.** It was down for 1 h 0 min. …
        10:01:10  #late  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 0 min. …
        10:01:10  #late  ✎ 🟢 **Spotify Web API is back.** It was down for 1 h 0 min. @oncall @second …
    "#]]
    .assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_subscribes_after_an_outage_hears_nothing_of_it() {
    let mut world = World::new().await;
    world.subscribes("#early").await;
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:30").await;
    world.subscribes("#late").await;
    world.run_until("10:10").await;
    assert!(!world.posts().contains("#late"), "{}", world.posts());
}
