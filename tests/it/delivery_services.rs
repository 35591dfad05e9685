//! What a channel gets by the services, the severity and the events that its moderators chose: of what it sees, nothing else.

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
        09:15:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 10 min 0 s. @oncall …
        10:15:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 10 min 0 s. @oncall …
        10:15:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 10 min 0 s. …
    "#]].assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn slowdown_growing_into_outage_starts_and_pings_outage_only_channels() {
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
        09:05:00  #slowdowns  ↳ 🔴 **Spotify Web API got worse: down now**: 503 "no healthy upstream" … (silent)
        09:05:00  #slowdowns  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall …
        09:10:00  #outages  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 45 s. …
        09:10:00  #outages  ✎ 🟢 **Spotify Web API is back.** It was down for 10 min 45 s. @oncall …
        09:10:00  #slowdowns  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 45 s. …
        09:10:00  #slowdowns  ✎ 🟢 **Spotify Web API is back.** It was down for 10 min 45 s. @oncall …
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
        09:05:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
        10:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:05:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// Each of these was a post of its own once: that the page now said "", and that Spotify was back, "Not yet: Login & tokens".
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

/// It read "fails again" here once, while the login was well.
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
        09:05:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 5 min 0 s. …
        09:10:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 5 min 0 s. …
        09:10:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 5 min 0 s. …
        09:15:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 5 min 0 s. …
        09:15:00  #logins  ✎ 🟢 **Spotify Login & tokens is back.** It was down for 5 min 0 s. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// That the login is back was told late, when it failed again already; and that it fails was then "told already".
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

/// What was told with the event of the count alone, or never, is read from what the channel was told.
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

/// With posts it read that the page said "", and with edits that the Web API "fails now too".
#[tokio::test(start_paused = true)]
async fn with_ends_off_an_outage_that_goes_on_fails_again() {
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
        09:05:00  #edits  ✎ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
        09:10:00  #posts  ↳ 🔴 **Spotify Web API fails again**; we count it as the same outage, 10 min 45 s old now. … (silent)
        09:10:00  #edits  ↳ 🔴 **Spotify Web API fails again**; we count it as the same outage, 10 min 45 s old now. … (silent)
        09:10:00  #edits  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
    "#]].assert_eq(&room.discord.transcript());
}

/// The operator read that an alert "was given up", and the doctor named channels that had missed nothing.
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
    let log = room.discord.transcript();
    room.passes(SignedDuration::from_hours(30)).await;
    room.tells(EventKind::Updated(Update::PageSpoke)).await;
    room.passes(minutes(5)).await;
    assert_eq!(room.heard(), []);
    assert_eq!(room.undelivered().await, []);
    let since = room.discord.transcript();
    let news: Vec<&str> = since[log.len()..].lines().collect();
    assert!(news.iter().all(|line| line.contains("✎")), "posts are edited at most: {news:?}");
}

/// The post of a channel that hears of the login alone became "Web API and Login & tokens are down".
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
