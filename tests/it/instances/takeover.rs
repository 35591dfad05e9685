//! Which instance leads, and what happens to an outage when that changes.

use expect_test::expect;

use super::faulty_connection::State;
use super::several::Several;

#[tokio::test(start_paused = true)]
async fn one_instance_probes_and_all_show_the_same() {
    let mut several = Several::new(3).await;
    several.subscribes("#ops").await;
    several.spotify.page().opens("08:58:00", "Some people cannot log in", "minor", &["Login"]);
    several.spotify.from("09:00").until("09:30").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("09:05").await;

    assert_eq!(several.leaders(), [0]);
    assert!(several.probes_of(0) > 30);
    assert_eq!((several.probes_of(1), several.probes_of(2)), (0, 0), "the others probe nothing");
    several.run_until("09:05:03").await;
    let said = several.asks(0, "/status").await;
    for instance in [1, 2] {
        assert_eq!(several.asks(instance, "/status private:yes").await, said, "instance {instance}");
    }
    expect![[r#"
        🔴 **Spotify Web API is down**, for 7 min 3 s
        🔴 **Web API**: down, 503 "no healthy upstream"
        🟢 **Login & tokens**: up, 40 ms
        🟢 **Desktop & mobile apps**: up, 40 ms
        🟢 **Web player**: up, 40 ms
        🟢 **Playback control**: up, 40 ms

        **Our checks** have found failures since <t:1744794000:t> (<t:1744794000:R>).
        **Spotify's status page**: "Investigating": "We are looking into it." (<t:1744793880:R>) · [open](<https://spotify.statuspage.io>)
        It's not your code. Slow down your retries and keep your tokens.
        -# Checked <t:1744794300:R> · checks every 20 s"#]].assert_eq(&said);
}

#[tokio::test(start_paused = true)]
async fn dead_leaders_outage_is_ended_by_its_successor() {
    let mut several = Several::new(2).await;
    several.subscribes("#ops").await;
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("09:05").await;
    several.dies(0);
    several.run_until("09:05:14").await;
    assert_eq!(several.leaders(), [1], "within a lease and a third");
    several.run_until("09:20").await;
    expect![[r#"
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:06  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 7 s. …
        09:11:06  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 7 s …
    "#]]
    .assert_eq(&several.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn successor_continues_unconfirmed_observations() {
    let mut several = Several::new(2).await;
    several.subscribes("#ops").await;
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("09:00:20").await;
    several.dies(0);
    several.run_until("09:20").await;
    // It started when the first instance saw it, and is posted as soon as the second has confirmed it.
    expect![[r#"
        09:00:28  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:08  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 9 s. …
        09:11:08  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 9 s …
    "#]]
    .assert_eq(&several.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn stopped_leader_hands_over_its_lease_at_once() {
    let mut several = Several::new(2).await;
    several.subscribes("#ops").await;
    several.run_until("08:59").await;
    several.stops(0).await;
    several.run_until("08:59:01").await;
    assert_eq!(several.leaders(), [1]);
    several.starts(0).await;
    several.run_until("09:05").await;
    assert_eq!(
        (several.leaders(), several.probes_of(0)),
        (vec![1], 0),
        "an instance that comes back follows"
    );
}

#[tokio::test(start_paused = true)]
async fn isolated_leader_posts_nothing_it_detected_meanwhile() {
    let mut several = Several::new(2).await;
    several.subscribes("#ops").await;
    several.run_until("08:58").await;
    several.line(0, State::Cut);
    several.spotify.from("09:00").until("09:03").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("09:02").await;
    assert_eq!(several.leaders(), [0, 1], "the isolated one cannot know of the other");
    let seen = several.asks(0, "/status private:yes").await;
    assert!(seen.starts_with("🔴 **Spotify Web API is down**"), "its snapshot is live: {seen}");
    several.line(0, State::Well);
    several.run_until("09:02:05").await;
    assert_eq!(several.leaders(), [1]);
    let one = several.asks(0, "/status private:yes").await;
    let other = several.asks(1, "/status private:yes").await;
    assert_eq!(one, other);
    several.run_until("09:15").await;
    expect![[r#"
        09:00:36  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:04:16  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 3 min 10 s. …
        09:04:16  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 3 min 10 s …
    "#]]
    .assert_eq(&several.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn paused_leader_is_fenced_and_one_story_is_posted() {
    let mut several = Several::new(2).await;
    several.subscribes("#ops").await;
    several.spotify.from("09:00").until("09:10").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("09:00:20").await;
    // The step with the start hangs on its way to the store, as in a process that is stopped.
    several.line(0, State::Silent);
    several.run_until("09:00:55").await;
    assert!(several.leaders().contains(&1));
    several.line(0, State::Well);
    several.run_until("09:01:00").await;
    assert_eq!(several.leaders(), [1]);
    several.run_until("09:20").await;
    expect![[r#"
        09:00:28  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:08  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 9 s. …
        09:11:08  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 9 s …
    "#]]
    .assert_eq(&several.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn lone_paused_leader_continues_where_it_was() {
    let mut several = Several::new(1).await;
    several.subscribes("#ops").await;
    several.spotify.from("09:00").until("09:03").on(&["web-api"]).answers(503, "no healthy upstream");
    several.run_until("09:00:20").await;
    several.line(0, State::Silent);
    several.run_until("09:02").await;
    several.line(0, State::Well);
    several.run_until("09:15").await;
    assert_eq!(several.leaders(), [0]);
    expect![[r#"
        09:02:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:04:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 3 min 10 s. …
        09:04:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 3 min 10 s …
    "#]]
    .assert_eq(&several.discord.transcript());
}
