//! What a channel reads of an outage, from beginning to end.

use expect_test::expect;
use jiff::SignedDuration;

use crate::fixtures::at;
use crate::world::World;

#[tokio::test(start_paused = true)]
async fn outage_is_posted_once_and_recovery_once() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:07").answers(503, "no healthy upstream");

    world.run_until("09:20").await;

    expect![[r#"
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:08:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 7 min 10 s. …
        09:08:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 7 min 10 s …
    "#]]
    .assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn kill_during_an_outage_loses_and_duplicates_nothing() {
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
        09:08:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 7 min 0 s. …
        09:08:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 7 min 0 s …
    "#]]
    .assert_eq(&world.posts());
}

/// The machine's time is set back an hour, then forward again. Probes and posts go on, at half pace until the clock agrees
/// with the machine.
#[tokio::test(start_paused = true)]
async fn clock_change_during_an_outage_delays_nothing() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:07").answers(503, "no healthy upstream");

    world.run_until("09:00:10").await;
    world.clock.set(SignedDuration::from_hours(-1));
    let ticks = world.clock.ticks();
    world.run_until("09:05").await;
    let took = world.clock.ticks().saturating_sub(ticks);
    assert!(took.as_secs() < 11 * 60, "five minutes took ten at most, not an hour: {took:?}");
    world.clock.set(SignedDuration::from_hours(1));
    world.run_until("09:20").await;

    expect![[r#"
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:10:50  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 9 min 50 s. …
        09:10:50  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 9 min 50 s …
    "#]]
    .assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn outage_that_ended_while_away_is_posted_as_over() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");

    world.run_until("09:04").await;
    world.restart().await;
    world.run_until("09:05").await;
    world.stop().await;
    world.run_until("09:30").await;
    world.start().await;
    world.run_until("09:40").await;

    expect![[r#"
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:31:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 30 min 0 s. …
        09:31:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 30 min 0 s …
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
        09:03:30  #ops  ↳ 🔴 **Spotify Login & tokens fails now too**: 502, an error page from the gateway … (silent)
        09:03:30  #ops  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:11:10  #ops  ✎ 🔴 **Spotify Login & tokens is down**: 502, an error page from the gateway …
        09:13:10  #ops  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 12 min 10 s. …
        09:13:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens were down for 12 min 10 s …
    "#]].assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn page_only_outage_is_ended_by_the_page() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world
        .spotify
        .page()
        .opens("09:05", "Playback issues", "critical", &["Playback"])
        .resolves("09:35", "This incident has been resolved.");

    world.run_until("09:50").await;

    expect![[r#"
        09:05:00  #ops  🔴 **Spotify's page reports an outage of Playback control**: "Playback issues" …
        09:35:00  #ops  ↳ 🟢 **Spotify's page closed its report about Playback control.** It was open for 30 min 0 s. …
        09:35:00  #ops  ✎ 🟢 **Resolved**: Spotify's page reported trouble with Playback control for 30 min 0 s …
    "#]].assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn unposted_start_is_posted_together_with_its_recovery() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.discord.is_down(at("08:59"), at("09:40"));

    world.run_until("10:00").await;

    expect![[r#"
        08:55:00  #ops  @you: /alerts subscribe channel:#ops
        08:55:00  #ops  → @you alone: ✅ **Saved:** #ops gets a post when Spotify breaks and when it's back.
                  -# Default settings: all services, outages only, no pings. Change them below.
                  [Services (all, if you choose none) ▾]
                  [It breaks, It gets worse, It's back, Announced maintenance ▾]
                  [Roles to ping at the start ▾]
                  [One post, kept up to date ▾]
                  [Quiet: off] [Reminders: off] [Weekly report: off] [Test] [Unsubscribe]
        09:40:25  #ops  🟢 **Spotify Web API was down for 10 min 10 s** and is back.
                  • 09:00 first failed check (alert sent 30 s later)
                  • 09:10 recovered
                  Spotify's page never mentioned it.
                  -# Posted 29 min late; first known at 09:11. Posted once, after it was over.
                  -# web-api-20250416T090000Z/end
    "#]]
    .assert_eq(&world.all_of_it());
}

#[tokio::test(start_paused = true)]
async fn flapping_outage_is_posted_as_one() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    for minute in ["00", "06", "12", "18", "24", "30", "36", "42", "48", "54"] {
        let until = format!("09:{:02}", minute.parse::<u32>().expect("a minute") + 2);
        world.spotify.from(&format!("09:{minute}")).until(&until).answers(503, "no healthy upstream");
    }

    world.run_until("10:30").await;

    expect![[r#"
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:03:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 2 min 10 s. …
        09:03:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 2 min 10 s …
        09:06:40  #ops  ↳ 🔴 **Spotify Web API fails again**. We count it as the same outage, now 6 min 40 s old. … (silent)
        09:06:40  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:09:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 4 min 0 s. …
        09:09:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 4 min 0 s …
        09:12:30  #ops  ↳ 🔴 **Spotify Web API comes and goes**: 3 times in 12 min 30 s … (silent)
        09:12:30  #ops  ✎ 🔴 **Spotify Web API comes and goes** …
        09:15:10  #ops  ✎ 🟡 **Spotify Web API comes and goes**: 3 times in 15 min 10 s …
        09:18:40  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 4 times in 18 min 40 s …
        09:21:00  #ops  ✎ 🟡 **Spotify Web API comes and goes**: 4 times in 21 min 0 s …
        09:24:30  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 5 times in 24 min 30 s …
        09:27:10  #ops  ✎ 🟡 **Spotify Web API comes and goes**: 5 times in 27 min 10 s …
        09:30:40  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 6 times in 30 min 40 s …
        09:33:00  #ops  ✎ 🟡 **Spotify Web API comes and goes**: 6 times in 33 min 0 s …
        09:36:30  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 7 times in 36 min 30 s …
        09:39:10  #ops  ✎ 🟡 **Spotify Web API comes and goes**: 7 times in 39 min 10 s …
        09:42:40  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 8 times in 42 min 40 s …
        09:45:00  #ops  ✎ 🟡 **Spotify Web API comes and goes**: 8 times in 45 min 0 s …
        09:48:30  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 9 times in 48 min 30 s …
        09:51:10  #ops  ✎ 🟡 **Spotify Web API comes and goes**: 9 times in 51 min 10 s …
        09:54:40  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 10 times in 54 min 40 s …
        09:57:00  #ops  ✎ 🟡 **Spotify Web API comes and goes**: 10 times in 57 min 0 s …
        10:11:00  #ops  ↳ 🟢 **Spotify Web API is back.** It came and went 10 times in 48 min 0 s. …
        10:11:00  #ops  ✎ 🟢 **Spotify Web API comes and goes**: 10 times in 56 min 0 s …
        10:11:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API came and went 10 times in 48 min 0 s …
    "#]].assert_eq(&world.posts());
}
