//! What a channel gets with the default choices, and what is posted beside alerts: catch-ups, previews, maintenance.

use expect_test::expect;
use healthy_upstream::alerts::{Audience, SubscriptionEdit, UpdateMode};
use healthy_upstream::health::{EventKind, Level, OutageKind, Update};

use crate::notifier_harness::{Newsroom, minutes};

#[tokio::test(start_paused = true)]
async fn subscriber_during_an_outage_gets_its_state_without_a_ping() {
    let mut room = Newsroom::new();
    room.breaks().await;
    room.passes(minutes(30)).await;
    let role = room.discord.role("@oncall");
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.roles = vec![role]).await;
    let event = room.event(EventKind::Started);
    room.changes(SubscriptionEdit::CatchUp(ops.guild, ops.id, Box::new(event))).await;
    room.passes(minutes(1)).await;
    room.page_speaks().await;
    room.passes(minutes(1)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:30:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:31:00  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall …
        09:32:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 32 min 45 s. …
        09:32:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 32 min 45 s @oncall …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn maintenance_is_quiet_and_hides_no_outage() {
    let mut room = Newsroom::new();
    let role = room.discord.role("@oncall");
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.roles = vec![role]).await;
    room.breaks().await;
    room.passes(minutes(1)).await;
    let broken = room.outage.clone();
    room.outage.id.0 = "work".to_owned();
    (room.outage.kind, room.outage.level, room.outage.worst) =
        (OutageKind::Maintenance, Level::Maintenance, Level::Maintenance);
    room.tells(EventKind::MaintenanceStarted).await;
    room.passes(minutes(60)).await;
    (room.outage.level, room.outage.until) = (Level::Up, Some(room.clock.now()));
    room.tells(EventKind::MaintenanceEnded).await;
    room.passes(minutes(1)).await;
    room.outage = broken;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall … (pings @oncall)
        09:01:00  #ops  🔧 **Spotify Web API: maintenance has started** … (silent)
        10:01:00  #ops  ↳ 🟢 **Spotify Web API: maintenance is over.** It took 1 h 2 min. … (silent)
        10:02:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 3 min. …
        10:02:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 1 h 3 min @oncall …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn previews_change_no_state_and_ping_nobody() {
    let mut room = Newsroom::new();
    let role = room.discord.role("@oncall");
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.roles = vec![role]).await;
    let start = room.event(EventKind::Started);
    let worse = room.event(EventKind::Updated(Update::Worse));
    let mut end = room.event(EventKind::Ended);
    end.outage.until = Some(room.clock.now() + minutes(7));
    room.changes(SubscriptionEdit::Preview(ops.guild, ops.id, vec![start, worse, end])).await;
    room.passes(minutes(1)).await;
    room.breaks().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  Preview, nothing is wrong: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall …
        09:00:00  #ops  Preview, nothing is wrong: 🔴 **Spotify Web API got worse: now down**: 503 "no healthy upstream" … (silent)
        09:00:00  #ops  Preview, nothing is wrong: 🟢 **Spotify Web API is back.** It was down for 7 min 0 s. …
        09:01:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall … (pings @oncall)
    "#]].assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn page_closing_later_edits_posts_without_a_second_recovery() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(30)).await;
    room.tells(EventKind::Updated(Update::PageClosed)).await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:05:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
        09:05:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 5 min 45 s …
        09:35:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 5 min 45 s …
        09:35:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn outage_between_two_probes_is_posted_once() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    room.outage.until = Some(room.clock.now() + minutes(4));
    room.outage.level = Level::Up;
    room.passes(minutes(5)).await;
    room.announces_to(EventKind::Started, Audience::Subscribers).await;
    room.tells(EventKind::Ended).await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:05:00  #ops  🟢 **Spotify Web API was down for 4 min 0 s** and is back. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn stale_updates_are_merged_into_the_newest() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.mode = UpdateMode::Edit).await;
    room.breaks().await;
    room.passes(minutes(1)).await;
    let now = room.clock.now();
    room.discord.is_down(now, now + minutes(10));
    for _ in 0..8 {
        room.page_speaks().await;
        room.passes(minutes(1)).await;
    }
    room.spreads_to("login").await;
    room.passes(minutes(10)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:04  #ops  ↳ 🔴 **Spotify Login & tokens fails now too**: 503 "no healthy upstream" … (silent)
        09:11:04  #ops  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
    "#]]
    .assert_eq(&room.discord.transcript());
}
