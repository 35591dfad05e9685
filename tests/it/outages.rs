//! What a channel reads of an outage, from beginning to end.

use expect_test::expect;

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_once_and_its_end_once() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:07").answers(503, "no healthy upstream");

    world.run_until("09:20").await;

    expect![[r#"
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:08:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 7 min 10 s. …
        09:08:10  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 7 min 10 s. …
    "#]]
    .assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn the_bot_is_killed_in_the_middle_and_nothing_is_lost_or_doubled() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:07").answers(503, "no healthy upstream");

    world.run_until("09:00:15").await;
    world.crash();
    world.start().await;
    world.run_until("09:03").await;
    world.crash();
    world.run_until("09:06").await;
    world.start().await;
    world.run_until("09:20").await;

    expect![[r#"
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:08:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 6 min 59 s. …
        09:08:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 6 min 59 s. …
    "#]]
    .assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_ended_while_the_bot_was_away_is_told_to_be_over() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");

    world.run_until("09:05").await;
    world.stop().await;
    world.run_until("09:30").await;
    world.start().await;
    world.run_until("09:40").await;

    expect![[r#"
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:31:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 29 min 59 s. …
        09:31:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 29 min 59 s. …
    "#]]
    .assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn our_own_network_is_no_outage_of_spotify() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:30").for_us().times_out();

    world.run_until("09:45").await;

    expect![[r#""#]].assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn one_bad_answer_is_noise() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:00:05").answers(502, "Bad gateway.");

    world.run_until("09:30").await;

    expect![[r#""#]].assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn services_that_fail_together_are_one_outage() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world
        .spotify
        .from("09:03")
        .until("09:12")
        .on(&["accounts", "accounts-discovery"])
        .answers(502, "<html></html>");

    world.run_until("09:25").await;

    expect![[r#"
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:03:30  #ops  ↳ 🔴 **Spotify Login & tokens fails now too**: 502, an error page of the front door … (silent)
        09:03:30  #ops  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:11:10  #ops  ✎ 🔴 **Spotify Login & tokens is down**: 502, an error page of the front door …
        09:13:26  #ops  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 12 min 14 s. …
        09:13:26  #ops  ✎ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 12 min 14 s. …
    "#]].assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn what_only_the_page_tells_ends_by_the_page() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world
        .spotify
        .page()
        .opens("09:05", "Playback issues", "critical", &["Playback"])
        .resolves("09:35", "This incident has been resolved.");

    world.run_until("09:50").await;

    expect![[r#"
        09:05:00  #ops  🔴 **Spotify's page reports an outage of Spotify**: "Playback issues" …
        09:35:00  #ops  ↳ 🟢 **Spotify's page has closed its report about Spotify.** It stood for 30 min 0 s. …
        09:35:00  #ops  ✎ 🟢 **Spotify's page has closed its report about Spotify.** It stood for 30 min 0 s. …
    "#]].assert_eq(&world.posts());
}
