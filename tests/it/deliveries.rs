//! What channels get when outages start, change and end, in each mode.

use expect_test::expect;
use healthy_upstream::alerts::{ChannelKind, UpdateMode};
use healthy_upstream::health::{Level, Update};

use crate::notifier_harness::{Newsroom, in_a, minutes, seconds};

#[tokio::test(start_paused = true)]
async fn start_is_posted_edited_and_replied_to_on_recovery() {
    let mut room = Newsroom::new();
    let role = room.discord.role("@oncall");
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.roles = vec![role]).await;
    room.passes(minutes(1)).await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.page_speaks().await;
    room.passes(minutes(1)).await;
    room.spreads_to("login").await;
    room.passes(minutes(10)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:01:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall … (pings @oncall)
        09:06:00  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall …
        09:07:00  #ops  ↳ 🔴 **Spotify Login & tokens fails now too**: 503 "no healthy upstream" … (silent)
        09:07:00  #ops  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" @oncall …
        09:17:00  #ops  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 16 min 45 s. …
        09:17:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens were down for 16 min 45 s @oncall …
    "#]].assert_eq(&room.discord.transcript());
    assert_eq!(room.undelivered().await, []);
}

#[tokio::test(start_paused = true)]
async fn posts_mode_posts_each_change_and_edits_nothing() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.mode = UpdateMode::Posts).await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.becomes(Level::Degraded, Update::Better).await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:05:00  #ops  ↳ 🟡 **Spotify Web API: better, but not over**: 503 "no healthy upstream" … (silent)
        09:10:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 45 s. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn thread_mode_opens_one_thread_per_outage() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.mode = UpdateMode::Thread).await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.spreads_to("login").await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:00:00  #ops  🧵 🔴 Spotify Web API is down: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:05:00  #ops › 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.  🔴 **Spotify Login & tokens fails now too**: 503 "no healthy upstream" … (silent)
        09:05:00  #ops  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:10:00  #ops › 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.  🟢 **Spotify Web API and Login & tokens are back.** They were down for 10 min 45 s. …
        09:10:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens were down for 10 min 45 s …
        09:10:00  #ops › 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.  🏷 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.
    "#]].assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn forum_gets_one_post_per_outage() {
    let mut room = Newsroom::new();
    let forum = room.discord.forum("#status");
    room.subscribes(&forum, in_a(ChannelKind::Forum)).await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.spreads_to("login").await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(seconds(30)).await;
    expect![[r#"
        09:00:00  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.  🧵 🔴 Spotify Web API is down: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:05:00  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.  ↳ 🔴 **Spotify Login & tokens fails now too**: 503 "no healthy upstream" … (silent)
        09:05:00  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:10:00  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 10 min 45 s. …
        09:10:00  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens were down for 10 min 45 s …
        09:10:00  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.  🏷 🟢 Spotify Web API and Login & tokens are back. They were down for 10 min 45 s.
    "#]].assert_eq(&room.discord.transcript());
}
