//! What a channel gets by what its moderators chose: services, severity, events, modes, and everything beside alerts.

use std::collections::BTreeSet;

use expect_test::expect;
use healthy_upstream::alerts::{Audience, Change, Events, Mode, Services, Severity, UserId, Venue};
use healthy_upstream::health::{EventKind, Kind, Level, Update};

use crate::newsroom::{Newsroom, minutes};

fn only(service: &str) -> Services {
    Services::Only(BTreeSet::from([service.into()]))
}

#[tokio::test(start_paused = true)]
async fn a_channel_of_one_service_has_its_own_start_and_its_own_end() {
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
async fn a_slowdown_that_grows_into_an_outage_is_the_start_where_only_outages_count_and_pings_there() {
    let mut room = Newsroom::new();
    let role = room.discord.role("@oncall");
    let strict = room.discord.channel("#outages");
    let all = room.discord.channel("#slowdowns");
    room.subscribes(&strict, |it| it.roles = vec![role]).await;
    room.subscribes(&all, |it| (it.least, it.roles) = (Severity::Slowdowns, vec![role])).await;
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
async fn a_channel_that_subscribes_during_an_outage_is_told_the_state_once_without_a_ping() {
    let mut room = Newsroom::new();
    room.breaks().await;
    room.passes(minutes(30)).await;
    let role = room.discord.role("@oncall");
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.roles = vec![role]).await;
    let event = room.event(EventKind::Started);
    room.changes(Change::CatchUp(ops.guild, ops.id, Box::new(event))).await;
    room.passes(minutes(1)).await;
    room.page_speaks().await;
    room.passes(minutes(1)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:30:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:31:00  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall …
        09:32:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 32 min 45 s. …
        09:32:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 32 min 45 s. @oncall …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn with_ends_off_the_second_outage_is_told_all_the_same() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.events = Events { end: false, ..Events::default() }).await;
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

#[tokio::test(start_paused = true)]
async fn maintenance_is_quiet_pings_nobody_and_swallows_no_outage() {
    let mut room = Newsroom::new();
    let role = room.discord.role("@oncall");
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.roles = vec![role]).await;
    room.breaks().await;
    room.passes(minutes(1)).await;
    let broken = room.outage.clone();
    room.outage.id.0 = "work".to_owned();
    (room.outage.kind, room.outage.level, room.outage.worst) =
        (Kind::Maintenance, Level::Maintenance, Level::Maintenance);
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
        09:01:00  #ops  🔧 **Spotify Web API: maintenance has begun** … (silent)
        10:01:00  #ops  ↳ 🟢 **Spotify Web API: maintenance is over.** It took 1 h 2 min. … (silent)
        10:02:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 3 min. …
        10:02:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 1 h 3 min. @oncall …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_comes_and_goes_is_one_message_with_a_count() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(5)).await;
    room.breaks_again().await;
    room.passes(minutes(5)).await;
    room.outage.flaps = 3;
    room.tells(EventKind::Flapping).await;
    for flaps in 4..8 {
        room.passes(minutes(5)).await;
        room.outage.flaps = flaps;
        room.tells(EventKind::Updated(Update::Counted)).await;
    }
    room.passes(minutes(30)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:05:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
        09:05:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
        09:10:00  #ops  ↳ 🔴 **Spotify Web API fails again**; we count it as the same outage, 10 min 45 s old now. … (silent)
        09:10:00  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:15:00  #ops  ↳ 🔴 **Spotify Web API comes and goes**: 3 times in 15 min 45 s … (silent)
        09:20:00  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 4 times in 20 min 45 s …
        09:25:00  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 5 times in 25 min 45 s …
        09:30:00  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 6 times in 30 min 45 s …
        09:35:00  #ops  ✎ 🔴 **Spotify Web API comes and goes**: 7 times in 35 min 45 s …
        10:05:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 6 min. …
        10:05:00  #ops  ✎ 🟢 **Spotify Web API comes and goes**: 7 times in 1 h 6 min …
        10:05:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 1 h 6 min. …
    "#]].assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn acknowledged_here_mutes_the_rest_here_its_end_excepted() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    room.subscribed("#dev").await;
    room.breaks().await;
    room.passes(minutes(1)).await;
    room.changes(Change::Acknowledge(ops.guild, ops.id, room.outage.id.clone())).await;
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
        09:11:00  #ops  ✎ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 11 min 45 s. …
        09:11:00  #dev  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 11 min 45 s. …
        09:11:00  #dev  ✎ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 11 min 45 s. …
    "#]].assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn reminders_come_with_growing_gaps_and_end() {
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
        09:00:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 2 days 0 h. …
        09:00:00  #quiet  ↳ 🟢 **Spotify Web API is back.** It was down for 2 days 0 h. …
        09:00:00  #quiet  ✎ 🟢 **Spotify Web API is back.** It was down for 2 days 0 h. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn previews_touch_no_state_and_ping_nobody() {
    let mut room = Newsroom::new();
    let role = room.discord.role("@oncall");
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.roles = vec![role]).await;
    let start = room.event(EventKind::Started);
    let worse = room.event(EventKind::Updated(Update::Worse));
    let mut end = room.event(EventKind::Ended);
    end.outage.until = Some(room.clock.now() + minutes(7));
    room.changes(Change::Preview(ops.guild, ops.id, vec![start, worse, end])).await;
    room.passes(minutes(1)).await;
    room.breaks().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  Preview, nothing is wrong: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall …
        09:00:00  #ops  Preview, nothing is wrong: 🔴 **Spotify Web API got worse: down now**: 503 "no healthy upstream" … (silent)
        09:00:00  #ops  Preview, nothing is wrong: 🟢 **Spotify Web API is back.** It was down for 7 min 0 s. …
        09:01:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall … (pings @oncall)
    "#]].assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn an_announcement_channel_publishes_starts_and_ends_within_discords_limit() {
    let mut room = Newsroom::new();
    let news = room.discord.announcement("#news");
    room.subscribes(&news, |it| (it.venue, it.publish) = (Venue::Announcement, true)).await;
    for _ in 0..6 {
        room.breaks().await;
        room.passes(minutes(2)).await;
        room.mends().await;
        room.passes(minutes(2)).await;
    }
    let transcript = room.discord.transcript();
    let (published, told): (Vec<&str>, Vec<&str>) = transcript.lines().partition(|line| line.contains("📣"));
    assert_eq!(published.len(), 10, "{transcript}");
    assert_eq!(room.stats().of("unpublished"), 2, "told all the same, and counted");
    assert_eq!(told.len(), 18, "six starts, six ends, six starts turned green: {transcript}");
}

#[tokio::test(start_paused = true)]
async fn what_another_copy_published_counts_as_well() {
    let mut room = Newsroom::new();
    let news = room.discord.announcement("#news");
    room.subscribes(&news, |it| (it.venue, it.publish) = (Venue::Announcement, true)).await;
    let (hour, now) = (minutes(60), room.clock.now());
    for place in 0..9 {
        let role = format!("published/{}/{place}", news.id);
        room.store.lead(&role, "another", hour, now).await.expect("asked").expect("free");
    }
    let published = |room: &Newsroom| room.discord.transcript().matches("📣").count();
    for (published_by_then, why) in [(1, "one place was left"), (3, "an hour later all are free")] {
        room.breaks().await;
        room.passes(minutes(2)).await;
        room.mends().await;
        room.passes(minutes(2)).await;
        assert_eq!(published(&room), published_by_then, "{why}");
        room.passes(minutes(60)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_asked_are_told_when_it_is_back_and_only_they() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    let lounge = room.discord.channel("#lounge");
    let (ada, ben) = (room.discord.person("ada").id, room.discord.person("ben").id);
    room.breaks().await;
    room.passes(minutes(1)).await;
    room.asks(ada, &ops, ops.last_message()).await;
    room.asks(ben, &lounge, None).await;
    room.asks(ada, &lounge, None).await;
    room.passes(minutes(10)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 11 min 45 s. … (pings @ada)
        09:11:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 11 min 45 s. …
        09:11:00  #lounge  🟢 **Spotify Web API is back.** It was down for 11 min 45 s. … (pings @ada, @ben)
    "#]]
    .assert_eq(&room.discord.transcript());
    assert_eq!(room.undelivered().await, []);
}

#[tokio::test(start_paused = true)]
async fn who_asked_in_a_direct_conversation_is_told_there() {
    let mut room = Newsroom::new();
    let ada: UserId = room.discord.person("ada").id;
    room.breaks().await;
    let direct = {
        use healthy_upstream::discord::Discord as _;
        room.discord.open_direct(ada).await.expect("a conversation")
    };
    room.asks_in_person(ada, direct, "en").await;
    room.passes(minutes(10)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:10:00  @ada  🟢 **Spotify Web API is back.** It was down for 10 min 45 s. … (pings @ada)
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// Two wishes and a board, as versions kept them that knew no language of them.
const OF_NO_LANGUAGE: &str = r#"
    {"kind":"waiting","record":{"of":{"outage":"OUTAGE","who":{"guild":null,"channel":DIRECT,"person":ADA,"message":null,"direct":true}},"fades":"2025-04-17T09:00:00Z"}}
    {"kind":"board","record":{"guild":HOME,"channel":OPS,"message":null}}"#;

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_in_no_known_language_is_told_in_the_one_of_the_configuration() {
    use healthy_upstream::discord::Discord as _;
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    let ada: UserId = room.discord.person("ada").id;
    room.breaks().await;
    let direct = room.discord.open_direct(ada).await.expect("a conversation");
    let records = OF_NO_LANGUAGE
        .replace("OUTAGE", room.outage.id.as_str())
        .replace("DIRECT", &direct.to_string())
        .replace("ADA", &ada.to_string())
        .replace("HOME", &ops.guild.to_string())
        .replace("OPS", &ops.id.to_string());
    let records = records.lines().filter(|line| !line.is_empty());
    let records = records.map(|line| serde_json::from_str(line).expect("an entry")).collect();
    room.store.load(records).await.expect("kept");
    room.crashes().await;
    room.language = healthy_upstream::words::Language::nearest("de");
    room.restarts();
    room.passes(minutes(9)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🟢 **Spotify antwortet uns**: Unsere Abfrage des Dienstes kam durch. … (silent)
        09:09:00  @ada  🟢 **Spotify Web API ist wieder da.** Ausgefallen war es für 9 min 45 s. … (pings @ada)
        09:10:00  #ops  ✎ ⚪ **Wir wissen nicht, wie es Spotify geht**: Zuletzt kam keine Abfrage an. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_direct_messages_is_dropped_and_counted_and_nobody_else_notices() {
    let mut room = Newsroom::new();
    let people = ["ada", "eve"].map(|name| room.discord.person(name).id);
    room.breaks().await;
    for person in people {
        use healthy_upstream::discord::Discord as _;
        let channel = room.discord.open_direct(person).await.expect("a conversation");
        room.asks_in_person(person, channel, "en").await;
    }
    room.discord.arrange(|model| model.closed_to_direct.push(people[1]));
    room.passes(minutes(10)).await;
    room.mends().await;
    room.passes(minutes(60)).await;
    expect![[r#"
        09:10:00  @ada  🟢 **Spotify Web API is back.** It was down for 10 min 45 s. … (pings @ada)
    "#]]
    .assert_eq(&room.discord.transcript());
    let counts = room.stats().read();
    let count = |name| counts.iter().find(|(it, _)| *it == name).map_or(0, |(_, count)| *count);
    assert_eq!((count("delivered"), count("given_up"), count("later")), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_closes_later_edits_the_posts_and_makes_no_second_end() {
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
        09:05:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
        09:35:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
        09:35:00  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 5 min 45 s. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn what_came_and_went_between_two_looks_is_told_once() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    room.outage.until = Some(room.clock.now() + minutes(4));
    room.outage.level = Level::Up;
    room.passes(minutes(5)).await;
    room.tells_to(EventKind::Started, Audience::Subscribers).await;
    room.tells(EventKind::Ended).await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:05:00  #ops  🟢 **Spotify Web API was down for 4 min 0 s** and is back. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn stale_updates_fall_together_into_the_newest() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.mode = Mode::Edit).await;
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
        09:11:02  #ops  ↳ 🔴 **Spotify Login & tokens fails now too**: 503 "no healthy upstream" … (silent)
        09:11:02  #ops  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
    "#]]
    .assert_eq(&room.discord.transcript());
}
