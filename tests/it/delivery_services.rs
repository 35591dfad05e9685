//! What a channel gets with the services, severity and events that its moderators chose, and nothing else.

use std::collections::BTreeSet;

use expect_test::expect;
use healthy_upstream::alerts::{EventFilter, ServiceFilter, Severity, UpdateMode};
use healthy_upstream::health::{EventKind, Level, Update};
use jiff::SignedDuration;

use crate::notifier_harness::{Newsroom, minutes};
use crate::world::World;

fn only(service: &str) -> ServiceFilter {
    ServiceFilter::Only(BTreeSet::from([service.into()]))
}

#[tokio::test(start_paused = true)]
async fn single_service_channel_has_its_own_start_and_recovery() {
    let mut room = Newsroom::new();
    let role = room.discord.role("@oncall");
    let logins = room.discord.channel("#logins");
    room.subscribes(&logins, |it| (it.services, it.roles) = (only("login"), vec![role])).await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.spreads_to("login").await;
    room.passes(minutes(5)).await;
    room.page_speaks().await;
    room.passes(minutes(5)).await;
    room.brings_back("login").await;
    room.passes(minutes(60)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:05:00  #logins  🔴 **Spotify Login & tokens is down**: 503 "no healthy upstream" @oncall … (pings @oncall)
        09:10:00  #logins  ✎ 🔴 **Spotify Login & tokens is down**: 503 "no healthy upstream" @oncall …
        09:15:00  #logins  ↳ 🟢 **Spotify Login & tokens is back.** It was down for 10 min 0 s. …
        09:15:00  #logins  ✎ 🟢 **Resolved**: Spotify Login & tokens was down for 10 min 0 s @oncall …
        10:15:00  #logins  ✎ 🟢 **Resolved**: Spotify Login & tokens was down for 10 min 0 s @oncall …
        10:15:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 10 min 0 s. …
    "#]].assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn slowdown_that_becomes_an_outage_pings_outage_only_channels() {
    let mut room = Newsroom::new();
    let role = room.discord.role("@oncall");
    let strict = room.discord.channel("#outages");
    let all = room.discord.channel("#slowdowns");
    room.subscribes(&strict, |it| it.roles = vec![role]).await;
    room.subscribes(&all, |it| (it.min_severity, it.roles) = (Severity::Slowdowns, vec![role])).await;
    room.begins_at(Level::Degraded).await;
    room.passes(minutes(5)).await;
    room.becomes(Level::Outage, Update::Worse).await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #slowdowns  🟡 **Spotify Web API has trouble**: 503 "no healthy upstream" @oncall … (pings @oncall)
        09:05:00  #outages  🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall … (pings @oncall)
        09:05:00  #slowdowns  ↳ 🔴 **Spotify Web API got worse: now down**: 503 "no healthy upstream" … (silent)
        09:05:00  #slowdowns  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall …
        09:10:00  #outages  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 45 s. …
        09:10:00  #outages  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 45 s @oncall …
        09:10:00  #slowdowns  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 45 s. …
        09:10:00  #slowdowns  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 45 s @oncall …
    "#]].assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn second_outage_is_posted_even_without_recovery_messages() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.events = EventFilter { end: false, ..EventFilter::default() }).await;
    for _ in 0..2 {
        room.breaks().await;
        room.passes(minutes(5)).await;
        room.mends().await;
        room.passes(minutes(55)).await;
    }
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:05:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 5 min 45 s …
        10:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:05:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 5 min 45 s …
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// Regression: each of these was a post: that the page now says "", and that Spotify is back, "Not yet: Login & tokens".
#[tokio::test(start_paused = true)]
async fn changes_of_other_services_post_nothing_in_posts_mode() {
    let mut room = Newsroom::new();
    let logins = room.discord.channel("#logins");
    room.subscribes(&logins, |it| (it.services, it.mode) = (only("login"), UpdateMode::Posts)).await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.spreads_to("login").await;
    room.passes(minutes(5)).await;
    room.spreads_to("web-player").await;
    room.passes(minutes(5)).await;
    room.brings_back("web-api").await;
    room.passes(minutes(5)).await;
    room.page_speaks().await;
    room.passes(minutes(5)).await;
    room.brings_back("web-player").await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:05:00  #logins  🔴 **Spotify Login & tokens is down**: 503 "no healthy upstream" …
        09:20:00  #logins  ↳ 🔴 **Spotify's page now says "Investigating"** about Login & tokens … (silent)
        09:30:00  #logins  ↳ 🟢 **Spotify Login & tokens is back.** It was down for 25 min 0 s. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// Regression: the channel read "fails again" while logins were healthy.
#[tokio::test(start_paused = true)]
async fn recovered_service_is_not_failed_again_by_another() {
    let mut room = Newsroom::new();
    let logins = room.discord.channel("#logins");
    room.subscribes(&logins, |it| it.services = only("login")).await;
    room.breaks().await;
    room.spreads_to("login").await;
    room.passes(minutes(5)).await;
    room.brings_back("login").await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(5)).await;
    room.outage.flaps = 1;
    room.fails_again("web-api").await;
    room.passes(minutes(5)).await;
    room.flaps(2).await;
    room.passes(minutes(5)).await;
    expect![[r#"
        09:00:00  #logins  🔴 **Spotify Login & tokens is down**: 503 "no healthy upstream" …
        09:05:00  #logins  ↳ 🟢 **Spotify Login & tokens is back.** It was down for 5 min 0 s. …
        09:05:00  #logins  ✎ 🟢 **Resolved**: Spotify Login & tokens was down for 5 min 0 s …
        09:10:00  #logins  ✎ 🟢 **Resolved**: Spotify Login & tokens was down for 5 min 0 s …
        09:10:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 5 min 0 s. …
        09:15:00  #logins  ✎ 🟢 **Resolved**: Spotify Login & tokens was down for 5 min 0 s …
        09:15:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 5 min 0 s. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// Regression: the recovery of logins was posted late, when they failed again already, and the new failure was then skipped as
/// posted already.
#[tokio::test(start_paused = true)]
async fn outdated_change_is_not_posted() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| (it.mode, it.min_severity) = (UpdateMode::Posts, Severity::Slowdowns)).await;
    room.breaks().await;
    room.spreads_to("login").await;
    room.passes(minutes(5)).await;
    let now = room.clock.now();
    room.discord.is_down(now, now + minutes(4));
    room.brings_back("login").await;
    room.passes(minutes(1)).await;
    room.fails_again("login").await;
    room.passes(minutes(1)).await;
    room.becomes(Level::Degraded, Update::Better).await;
    room.passes(minutes(1)).await;
    room.becomes(Level::Outage, Update::Worse).await;
    room.passes(minutes(10)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
    "#]]
    .assert_eq(&room.discord.transcript());
    assert_eq!(room.undelivered().await, []);
}

/// Changes that were posted only with a flap count, or never, are derived from the channel's notification log.
#[tokio::test(start_paused = true)]
async fn recovered_service_is_included_in_the_next_post() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.mode = UpdateMode::Posts).await;
    room.breaks().await;
    room.spreads_to("login").await;
    room.passes(minutes(5)).await;
    let now = room.clock.now();
    room.discord.is_down(now, now + minutes(4));
    room.page_speaks().await;
    room.passes(minutes(1)).await;
    room.brings_back("login").await;
    room.passes(minutes(10)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:09:00  #ops  ↳ 🟢 **Spotify Login & tokens is back.** Not yet: Web API. … (silent)
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// Regression: posts mode said that the page says "", and edit mode that the Web API "fails now too".
#[tokio::test(start_paused = true)]
async fn reopened_outage_fails_again_with_recovery_messages_off() {
    let mut room = Newsroom::new();
    for (name, mode) in [("#posts", UpdateMode::Posts), ("#edits", UpdateMode::Edit)] {
        let channel = room.discord.channel(name);
        let events = EventFilter { end: false, ..EventFilter::default() };
        room.subscribes(&channel, |it| (it.events, it.mode) = (events, mode)).await;
    }
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(5)).await;
    room.breaks_again().await;
    room.passes(minutes(5)).await;
    expect![[r#"
        09:00:00  #posts  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:00:00  #edits  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:05:00  #edits  ✎ 🟢 **Resolved**: Spotify Web API was down for 5 min 45 s …
        09:10:00  #posts  ↳ 🔴 **Spotify Web API fails again**. We count it as the same outage, now 10 min 45 s old. … (silent)
        09:10:00  #edits  ↳ 🔴 **Spotify Web API fails again**. We count it as the same outage, now 10 min 45 s old. … (silent)
        09:10:00  #edits  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
    "#]].assert_eq(&room.discord.transcript());
}

/// Regression: the operator was alerted that a delivery "was given up", and the doctor named channels that had missed nothing.
#[tokio::test(start_paused = true)]
async fn page_closing_days_later_fails_nothing() {
    let mut room = Newsroom::new();
    let [ops, slow, late] = ["#ops", "#slow", "#late"].map(|name| room.discord.channel(name));
    room.subscribes(&ops, |it| it.events = EventFilter { end: false, ..EventFilter::default() }).await;
    room.begins_at(Level::Degraded).await;
    room.subscribes(&slow, |_| ()).await;
    room.passes(minutes(5)).await;
    room.becomes(Level::Outage, Update::Worse).await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(5)).await;
    room.subscribes(&late, |_| ()).await;
    let before = room.discord.transcript();
    room.passes(SignedDuration::from_hours(30)).await;
    room.tells(EventKind::Updated(Update::PageSpoke)).await;
    room.passes(minutes(5)).await;
    assert_eq!(room.heard(), []);
    assert_eq!(room.undelivered().await, []);
    let since = room.discord.transcript();
    let news: Vec<&str> = since[before.len()..].lines().collect();
    assert!(news.iter().all(|line| line.contains("✎")), "posts are at most edited: {news:?}");
}

/// Regression: in a channel for logins alone the post became "Web API and Login & tokens are down".
#[tokio::test(start_paused = true)]
async fn another_voice_adds_no_other_services() {
    let mut world = World::new().await;
    world.subscribes("#logins").await;
    world.discord.you().chooses("#logins", "set-services", &["login"]).await.expect("chosen");
    world.spotify.from("09:00").until("10:00").answers(503, "no healthy upstream");
    world.spotify.from("09:10").until("10:00").on(&["accounts", "accounts-discovery"]).answers(502, "");
    world.run_until("09:15").await;
    let logins = world.discord.channel("#logins");
    let post = || logins.texts().last().expect("the start").clone();
    let first_two = |text: &str| text.lines().take(2).map(str::to_owned).collect::<Vec<_>>();
    let before = post();
    world.discord.person("@ana").presses("#logins", "I see it too").await.expect("counted");
    assert_eq!(first_two(&post()), first_two(&before));
    assert!(post().contains("one person") && !before.contains("one person"), "{}", post());
}
