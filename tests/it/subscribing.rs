//! What a channel reads if it subscribes during an outage, or again.

use expect_test::expect;
use healthy_upstream::discord::permissions as may;

use crate::world::World;

/// Regression: the channel got nothing at first, and the recovery came without context.
#[tokio::test(start_paused = true)]
async fn subscription_during_an_outage_gets_its_state_once() {
    let mut world = World::new().await;
    world.subscribes("#early").await;
    world.discord.role("@oncall");
    world.spotify.from("09:00").until("10:00").answers(503, "no healthy upstream");
    world.run_until("09:20").await;
    world.discord.channel("#late");
    let you = world.discord.you();
    you.types("#late", "/alerts subscribe channel:#late role:@oncall").await.expect("an answer");
    world.run_until("09:30").await;
    // A change of settings is no new subscription.
    world.discord.role("@second");
    you.types("#late", "/alerts subscribe channel:#late role:@second").await.expect("an answer");
    world.run_until("10:10").await;

    expect![[r#"
        09:00:30  #early  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:20:00  #late  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:01:10  #early  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 0 min. …
        10:01:10  #early  ✎ 🟢 **Resolved**: Spotify Web API was down for 1 h 0 min …
        10:01:10  #late  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 0 min. …
        10:01:10  #late  ✎ 🟢 **Resolved**: Spotify Web API was down for 1 h 0 min @oncall @second …
    "#]]
    .assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn subscription_after_an_outage_gets_nothing_of_it() {
    let mut world = World::new().await;
    world.subscribes("#early").await;
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:30").await;
    world.subscribes("#late").await;
    world.run_until("10:10").await;
    assert!(!world.posts().contains("#late"), "{}", world.posts());
}

/// Regression: the new subscription waited behind failed posts of the old one, silent for up to an hour.
#[tokio::test(start_paused = true)]
async fn fixed_and_resubscribed_channel_gets_the_next_outage() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    let (ops, you) = (world.discord.channel("#ops"), world.discord.you());
    world.discord.channel("#mods");
    ops.takes_away(may::SEND_MESSAGES);
    world.spotify.from("09:00").until("10:00").answers(503, "no healthy upstream");
    world
        .spotify
        .from("10:30")
        .until("10:40")
        .on(&["accounts", "accounts-discovery"])
        .answers(502, "<html></html>");
    world.run_until("10:20").await;
    ops.gives(may::SEND_MESSAGES);
    you.types("#mods", "/alerts unsubscribe channel:#ops").await.expect("an answer");
    you.types("#mods", "/alerts subscribe channel:#ops").await.expect("an answer");
    world.run_until("10:50").await;
    world.may_be_refused = 10;

    expect![[r#"
        10:30:30  #ops  🔴 **Spotify Login & tokens is down**: 502, an error page from the gateway …
        10:41:10  #ops  ↳ 🟢 **Spotify Login & tokens is back.** It was down for 10 min 10 s. …
        10:41:10  #ops  ✎ 🟢 **Resolved**: Spotify Login & tokens was down for 10 min 10 s …
    "#]]
    .assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn resubscribing_ends_a_suspension_and_sends_pending_posts() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    let (ops, you) = (world.discord.channel("#ops"), world.discord.you());
    world.discord.channel("#mods");
    ops.takes_away(may::SEND_MESSAGES);
    world.spotify.from("09:00").until("10:30").answers(503, "no healthy upstream");
    world.run_until("10:00").await;
    you.types("#mods", "/alerts subscribe channel:#ops").await.expect("it names what is missing");
    ops.gives(may::SEND_MESSAGES);
    you.types("#mods", "/alerts subscribe channel:#ops").await.expect("an answer");
    world.run_until("10:40").await;
    world.may_be_refused = 10;

    expect![[r#"
        10:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:31:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 30 min. …
        10:31:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 1 h 30 min …
    "#]]
    .assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn previews_go_only_to_working_channels() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    let (ops, you) = (world.discord.channel("#ops"), world.discord.you());
    world.discord.channel("#mods");
    ops.takes_away(may::SEND_MESSAGES);
    world.spotify.from("09:00").until("10:30").answers(503, "no healthy upstream");
    world.run_until("10:00").await;
    let before = world.all_of_it().len();
    you.types("#mods", "/alerts test channel:#ops").await.expect("an answer");
    let refused = world.all_of_it()[before..].to_owned();
    ops.gives(may::SEND_MESSAGES);
    you.types("#mods", "/alerts test channel:#ops").await.expect("an answer");
    world.run_until("10:01").await;
    world.may_be_refused = 10;

    expect![[r#"
        10:00:00  #mods  @you: /alerts test channel:#ops
        10:00:00  #mods  → @you alone: I can't post in #ops yet. I'm missing **Send Messages** there. Add it, then ask again. Nothing was saved.
    "#]].assert_eq(&refused);
    expect![[r#"
        10:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:00:00  #ops  Preview, nothing is wrong: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:00:00  #ops  Preview, nothing is wrong: 🔴 **Spotify Login & tokens fails now too**: 503 "no healthy upstream" … (silent)
        10:00:00  #ops  Preview, nothing is wrong: 🟢 **Spotify Web API and Login & tokens are back.** They were down for 7 min 0 s. …
    "#]].assert_eq(&world.posts());
}
