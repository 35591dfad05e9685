//! What a channel gets of a flapping outage and of a long one: counts, reminders, muting.

use expect_test::expect;
use healthy_upstream::alerts::SubscriptionEdit;
use healthy_upstream::discord::simulator::TranscriptChange;
use healthy_upstream::health::Level;

use crate::notifier_harness::{Newsroom, minutes};
use crate::world::World;

#[tokio::test(start_paused = true)]
async fn flapping_outage_is_one_message_with_a_count() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(5)).await;
    room.breaks_again().await;
    room.passes(minutes(5)).await;
    for flaps in 3..8 {
        room.flaps(flaps).await;
        room.passes(minutes(5)).await;
    }
    room.passes(minutes(25)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:05:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
        09:05:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 5 min 45 s …
        09:10:00  #ops  ↳ 🔴 **Spotify Web API fails again**. We count it as the same outage, now 10 min 45 s old. … (silent)
        09:10:00  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:15:00  #ops  ↳ 🔴 **Spotify Web API comes and goes**: 4 times in 15 min 45 s … (silent)
        09:15:00  #ops  ✎ 🔴 **Spotify Web API comes and goes** …
        09:20:00  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 5 times in 20 min 45 s …
        09:25:00  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 6 times in 25 min 45 s …
        09:30:00  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 7 times in 30 min 45 s …
        09:35:00  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 8 times in 35 min 45 s …
        10:05:00  #ops  ↳ 🟢 **Spotify Web API is back.** It came and went 8 times in 1 h 6 min. …
        10:05:00  #ops  ✎ 🟢 **Spotify Web API comes and goes**: 8 times in 1 h 6 min …
        10:05:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API came and went 8 times in 1 h 6 min …
    "#]].assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn muted_outage_posts_only_its_recovery_in_that_channel() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    room.subscribed("#dev").await;
    room.breaks().await;
    room.passes(minutes(1)).await;
    room.changes(SubscriptionEdit::Acknowledge(ops.guild, ops.id, room.outage.id.clone())).await;
    room.passes(minutes(5)).await;
    room.spreads_to("login").await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:00:00  #dev  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:06:00  #ops  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:06:00  #dev  ↳ 🔴 **Spotify Login & tokens fails now too**: 503 "no healthy upstream" … (silent)
        09:06:00  #dev  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:11:00  #ops  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 11 min 45 s. …
        09:11:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens were down for 11 min 45 s …
        09:11:00  #dev  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 11 min 45 s. …
        09:11:00  #dev  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens were down for 11 min 45 s …
    "#]].assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn reminders_back_off_and_stop_with_the_outage() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.reminders = true).await;
    room.subscribed("#quiet").await;
    room.breaks().await;
    room.passes(minutes(4 * 60)).await;
    room.crashes().await;
    room.restarts();
    room.passes(minutes(44 * 60)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:00:00  #quiet  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:59:15  #ops  ↳ 🔴 **Spotify Web API is still down**, for 1 h 0 min … (silent)
        11:59:15  #ops  ↳ 🔴 **Spotify Web API is still down**, for 3 h 0 min … (silent)
        15:59:15  #ops  ↳ 🔴 **Spotify Web API is still down**, for 7 h 0 min … (silent)
        23:59:15  #ops  ↳ 🔴 **Spotify Web API is still down**, for 15 h 0 min … (silent)
        15:59:15  #ops  ↳ 🔴 **Spotify Web API is still down**, for 1 day 7 h … (silent)
        09:00:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 2 days 0 h. …
        09:00:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 2 days 0 h …
        09:00:00  #quiet  ↳ 🟢 **Spotify Web API is back.** It was down for 2 days 0 h. …
        09:00:00  #quiet  ✎ 🟢 **Resolved**: Spotify Web API was down for 2 days 0 h …
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// Regression: muting the second outage unmuted the first.
#[tokio::test(start_paused = true)]
async fn two_outages_muted_in_a_channel_stay_muted() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    room.breaks().await;
    let first = room.outage.clone();
    room.passes(minutes(1)).await;
    room.breaks().await;
    room.passes(minutes(1)).await;
    for outage in [first.id.clone(), room.outage.id.clone()] {
        room.changes(SubscriptionEdit::Acknowledge(ops.guild, ops.id, outage)).await;
    }
    room.spreads_to("login").await;
    room.passes(minutes(1)).await;
    room.outage = first;
    room.spreads_to("web-player").await;
    room.passes(minutes(1)).await;
    let entries = room.discord.entries();
    let posted = entries.iter().filter(|entry| matches!(entry.what, TranscriptChange::Posted(_))).count();
    assert_eq!(posted, 2, "two starts and nothing more: {}", room.discord.transcript());
}

/// Regression: after flapping, a channel got neither "got worse" nor reminders, however long the outage stayed.
#[tokio::test(start_paused = true)]
async fn flapping_outage_that_stays_is_posted_normally() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.reminders = true).await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.flaps(3).await;
    room.passes(minutes(70)).await;
    room.stays().await;
    room.passes(minutes(5)).await;
    room.spreads_to("login").await;
    room.passes(minutes(180)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:05:00  #ops  ↳ 🔴 **Spotify Web API comes and goes**: 4 times in 5 min 45 s … (silent)
        09:05:00  #ops  ✎ 🔴 **Spotify Web API comes and goes** …
        10:15:00  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:20:00  #ops  ↳ 🔴 **Spotify Login & tokens fails now too**: 503 "no healthy upstream" … (silent)
        10:20:00  #ops  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        11:59:15  #ops  ↳ 🔴 **Spotify Web API and Login & tokens are still down**, for 3 h 0 min … (silent)
        13:20:00  #ops  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They came and went 4 times in 4 h 21 min. …
        13:20:00  #ops  ✎ 🟢 **Spotify Web API and Login & tokens come and go**: 4 times in 4 h 21 min …
        13:20:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens came and went 4 times in 4 h 21 min …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn flap_count_becomes_the_start_when_the_outage_stays() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    // Too mild for this channel until it gets worse and flaps.
    room.begins_at(Level::Degraded).await;
    room.passes(minutes(6)).await;
    (room.outage.level, room.outage.worst) = (Level::Outage, Level::Outage);
    for hit in room.outage.services.values_mut() {
        (hit.level, hit.worst) = (Level::Outage, Level::Outage);
    }
    room.outage.since = room.clock.now();
    room.flaps(3).await;
    room.passes(minutes(70)).await;
    room.stays().await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:06:00  #ops  🔴 **Spotify Web API comes and goes**: 4 times in 0 s …
        10:16:00  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:21:00  #ops  ↳ 🟢 **Spotify Web API is back.** It came and went 4 times in 1 h 15 min. …
        10:21:00  #ops  ✎ 🟢 **Spotify Web API comes and goes**: 4 times in 1 h 15 min …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn outage_after_flapping_keeps_its_flap_count() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    for (from, until) in [("09:00", "09:02"), ("09:06", "09:08"), ("09:12", "09:14"), ("09:18", "12:00")] {
        world.spotify.from(from).until(until).answers(503, "no healthy upstream");
    }
    world
        .spotify
        .from("11:00")
        .until("11:30")
        .on(&["accounts", "accounts-discovery"])
        .answers(503, "no healthy upstream");

    world.run_until("12:30").await;

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
        10:18:40  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        11:00:30  #ops  ↳ 🔴 **Spotify Login & tokens fails now too**: 503 "no healthy upstream" … (silent)
        11:00:30  #ops  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        11:31:10  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        12:01:00  #ops  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They came and went 4 times in 2 h 52 min. …
        12:01:00  #ops  ✎ 🟢 **Spotify Web API and Login & tokens come and go**: 4 times in 3 h 0 min …
        12:01:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens came and went 4 times in 2 h 52 min …
    "#]].assert_eq(&world.posts());
}
