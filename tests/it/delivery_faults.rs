//! What channels get when Discord, the network or the process itself fails.

use std::collections::BTreeMap;

use expect_test::expect;
use healthy_upstream::alerts::{PermanentReason, Reason, ServiceFilter, UpdateMode};
use healthy_upstream::discord::permissions as may;
use healthy_upstream::discord::simulator::TranscriptChange;
use healthy_upstream::discord::simulator::rules::Fault;
use healthy_upstream::health::{Level, Update};
use healthy_upstream::notifier::OperatorEvent;

use crate::notifier_harness::{Newsroom, minutes, seconds};

#[tokio::test(start_paused = true)]
async fn rate_limited_post_is_sent_when_the_limit_ends() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    ops.limits(seconds(17));
    room.breaks().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:17  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn ten_minute_discord_outage_delays_alerts_one_minute() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    room.breaks().await;
    room.passes(minutes(1)).await;
    let now = room.clock.now();
    room.discord.is_down(now, now + minutes(10));
    room.mends().await;
    room.passes(minutes(12)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:02  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 1 min 45 s. …
        09:11:02  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 1 min 45 s …
    "#]]
    .assert_eq(&room.discord.transcript());
    let end = room.discord.entries().into_iter().find(|entry| entry.text.contains("/end")).expect("the end");
    assert!(end.text.contains("10 min late"), "{}", end.text);
    assert_eq!(room.undelivered().await, []);
}

/// Regression: each delivery waited up to a minute after the connection was back.
#[tokio::test(start_paused = true)]
async fn waiting_posts_are_sent_once_the_connection_is_back() {
    let mut room = Newsroom::new();
    let channels = room.hundreds(3).await;
    let now = room.clock.now();
    room.discord.is_away(now, now + minutes(10));
    room.breaks().await;
    room.passes(minutes(10)).await;
    let asked = room.discord.requests();
    assert!(asked <= 64 + 10 * 60 / 2, "one delivery tries for all, every two seconds: {asked}");
    assert_eq!(posts(&room), BTreeMap::new(), "nothing is posted");
    // Two seconds until the next try, then 50 requests a second.
    room.passes(seconds(9)).await;
    assert_eq!(posts(&room), channels.iter().map(|it| (it.id.0, (1, 0))).collect());
    assert_eq!(room.undelivered().await, []);
}

#[tokio::test(start_paused = true)]
async fn hanging_discord_delays_alerts_without_duplicates() {
    let mut room = Newsroom::new();
    let channels = [room.subscribed("#ops").await, room.subscribed("#dev").await];
    for channel in &channels {
        channel.fails(Fault::Silent, 20); // each times out after ten seconds
    }
    room.breaks().await;
    room.passes(minutes(3)).await;
    assert_eq!(posts(&room), BTreeMap::new(), "no request is answered yet");
    room.passes(minutes(9)).await;
    room.mends().await;
    room.passes(minutes(2)).await;
    assert_eq!(posts(&room), channels.iter().map(|it| (it.id.0, (1, 1))).collect());
}

#[tokio::test(start_paused = true)]
async fn half_of_channels_refusing_delays_nobody_else() {
    let mut room = Newsroom::new();
    let channels = room.hundreds(1).await;
    let refusing = || channels.iter().step_by(2);
    for channel in refusing() {
        channel.takes_away(may::SEND_MESSAGES);
    }
    room.breaks().await;
    // 100 requests at 50 a second.
    room.passes(seconds(3)).await;
    let welcome = channels.iter().skip(1).step_by(2);
    assert_eq!(posts(&room), welcome.map(|it| (it.id.0, (1, 0))).collect());
    for channel in refusing() {
        channel.gives(may::SEND_MESSAGES);
    }
    room.passes(minutes(70)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    assert_eq!(posts(&room), channels.iter().map(|it| (it.id.0, (1, 1))).collect());
    assert_eq!(room.discord.invalid_requests(), 0, "in the last ten minutes");
}

#[tokio::test(start_paused = true)]
async fn unposted_start_becomes_one_post_with_its_recovery() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    let now = room.clock.now();
    room.discord.is_down(now, now + minutes(10));
    room.breaks().await;
    room.passes(minutes(4)).await;
    room.mends().await;
    room.passes(minutes(10)).await;
    expect![[r#"
        09:10:43  #ops  🟢 **Spotify Web API was down for 4 min 45 s** and is back. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn change_during_an_uncertain_post_is_posted_too() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    room.subscribes(&ops, |it| it.mode = UpdateMode::Posts).await;
    room.breaks().await;
    room.passes(minutes(1)).await;
    // Discord posts it, and the bot crashes before it reads the answer.
    ops.fails(Fault::SilentAfterDoing, 1);
    room.spreads_to("login").await;
    room.passes(seconds(1)).await;
    room.crashes().await;
    room.becomes(Level::Degraded, Update::Better).await;
    room.restarts();
    room.passes(minutes(3)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:01:00  #ops  ↳ 🔴 **Spotify Login & tokens fails now too**: 503 "no healthy upstream" … (silent)
        09:01:01  #ops  ↳ 🟡 **Spotify Web API and Login & tokens: better, but not over**: 503 "no healthy upstream" … (silent)
    "#]]
    .assert_eq(&room.discord.transcript());
    assert_eq!(room.undelivered().await, []);
}

#[tokio::test(start_paused = true)]
async fn lost_answer_duplicates_no_post() {
    for fault in [Fault::SilentAfterDoing, Fault::CutAfterDoing, Fault::BrokenAfterDoing(502)] {
        let mut room = Newsroom::new();
        let ops = room.subscribed("#ops").await;
        ops.fails(fault, 1);
        room.breaks().await;
        room.passes(minutes(2)).await;
        ops.fails(fault, 1);
        room.mends().await;
        room.passes(minutes(2)).await;
        assert_eq!(posts(&room), BTreeMap::from([(ops.id.0, (1, 1))]), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn post_with_lost_answer_is_found_by_its_marker() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    ops.fails(Fault::SilentAfterDoing, 1);
    let now = room.clock.now();
    room.discord.is_down(now + seconds(1), now + minutes(9));
    room.breaks().await;
    room.passes(minutes(12)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:12:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 12 min 45 s. …
        09:12:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 12 min 45 s …
    "#]]
    .assert_eq(&room.discord.transcript());
    assert_eq!(room.stats().of("possible_duplicate"), 0);
}

#[tokio::test(start_paused = true)]
async fn unknown_start_is_found_when_the_outage_is_over() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    ops.fails(Fault::SilentAfterDoing, 1);
    let now = room.clock.now();
    room.discord.is_down(now + seconds(1), now + minutes(9));
    room.breaks().await;
    room.passes(minutes(3)).await;
    room.mends().await;
    room.passes(minutes(10)).await;
    assert_eq!(posts(&room), BTreeMap::from([(ops.id.0, (1, 1))]));
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:09:29  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 3 min 45 s. …
        09:09:29  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 3 min 45 s …
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// Regression: it was posted twice. While the outage was too mild for the channel there was nothing to post, and so the
/// notifier forgot the start whose answer was lost.
#[tokio::test(start_paused = true)]
async fn unknown_start_stays_single_when_severity_changes() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    ops.fails(Fault::SilentAfterDoing, 1);
    room.breaks().await;
    room.passes(seconds(5)).await;
    room.becomes(Level::Degraded, Update::Better).await;
    room.passes(minutes(5)).await;
    room.becomes(Level::Outage, Update::Worse).await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:00:10  #ops  ✎ 🟡 **Spotify Web API has trouble**: 503 "no healthy upstream" …
        09:05:05  #ops  ↳ 🔴 **Spotify Web API got worse: now down**: 503 "no healthy upstream" … (silent)
        09:05:05  #ops  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:10:05  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 50 s. …
        09:10:05  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 50 s …
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// Regression: it was posted twice. At the second try the whole outage was over, so the message was left to the end, and the
/// notifier forgot the message whose answer was lost.
#[tokio::test(start_paused = true)]
async fn brief_service_failure_is_posted_once_after_the_outage_ends() {
    let mut room = Newsroom::new();
    let logins = room.discord.channel("#logins");
    room.subscribes(&logins, |it| it.services = ServiceFilter::Only(["login".into()].into())).await;
    room.breaks().await;
    room.passes(seconds(1)).await;
    // The bot is down while logins fail. Its post that they are back is sent, and the answer to it is lost.
    room.crashes().await;
    room.spreads_to("login").await;
    room.brings_back("login").await;
    logins.fails(Fault::SilentAfterDoing, 1);
    room.restarts();
    room.passes(seconds(5)).await;
    room.mends().await;
    room.passes(minutes(5)).await;
    expect![[r#"
        09:00:01  #logins  🟢 **Spotify Login & tokens was down for 0 s** and is back. …
        09:00:11  #logins  ✎ 🟢 **Spotify Login & tokens was down for 0 s** and is back. …
    "#]]
    .assert_eq(&room.discord.transcript());
    assert_eq!(room.undelivered().await, []);
}

#[tokio::test(start_paused = true)]
async fn late_recovery_is_labelled_in_its_edits_too() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    let now = room.clock.now();
    room.discord.is_down(now, now + minutes(20));
    room.mends().await;
    room.passes(minutes(40)).await;
    room.page_speaks().await;
    room.passes(minutes(1)).await;
    let entries = room.discord.entries();
    let ends: Vec<_> = entries.iter().map(|entry| &entry.text).filter(|text| text.contains("/end")).collect();
    assert_eq!(ends.len(), 2, "posted and edited: {ends:?}");
    assert!(ends.iter().all(|text| text.contains(" late; first known at ")), "{ends:?}");
}

#[tokio::test(start_paused = true)]
async fn unreadable_channel_prefers_duplicate_to_loss_and_counts_it() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    ops.takes_away(may::READ_MESSAGE_HISTORY);
    ops.fails(Fault::SilentAfterDoing, 1);
    let now = room.clock.now();
    room.discord.is_down(now + seconds(1), now + minutes(9));
    room.breaks().await;
    room.passes(minutes(12)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:09:29  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
    "#]]
    .assert_eq(&room.discord.transcript());
    assert_eq!(room.stats().of("possible_duplicate"), 1);
}

#[tokio::test(start_paused = true)]
async fn lost_permission_suspends_notifies_once_and_heals() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    ops.takes_away(may::SEND_MESSAGES);
    room.breaks().await;
    room.passes(minutes(50)).await;
    let heard: Vec<String> = room.heard().iter().map(ToString::to_string).collect();
    assert_eq!(heard.len(), 1, "alerted once: {heard:?}");
    assert!(heard[0].contains("paused"), "{heard:?}");
    assert!(room.undelivered().await.iter().any(|(channel, why, _)| *channel == ops.id
        && matches!(why, Some(Reason::Refused(PermanentReason::NoPermission { code: 50013, .. })))));
    ops.gives(may::SEND_MESSAGES);
    room.passes(minutes(130)).await;
    let (guild, channel) = (ops.guild, ops.id);
    assert_eq!(room.heard(), [OperatorEvent::Healed { guild, channel }]);
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:51:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        12:00:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 3 h 1 min. …
        12:00:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 3 h 1 min …
    "#]]
    .assert_eq(&room.discord.transcript());
    let stored = room.store.subscription(guild, channel).await.expect("readable").expect("stored");
    assert_eq!(stored.paused, None);
    assert!(room.discord.invalid_requests() < 5, "far below Discord's limit of invalid requests");
}

#[tokio::test(start_paused = true)]
async fn deleted_channel_removes_only_its_subscription() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    let dev = room.subscribed("#dev").await;
    ops.vanishes();
    room.breaks().await;
    room.passes(minutes(1)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    let (guild, channel) = (ops.guild, ops.id);
    assert_eq!(room.heard(), [OperatorEvent::Gone { guild, channel }]);
    assert_eq!(room.store.subscription(guild, channel).await, Ok(None));
    assert_eq!(posts(&room), BTreeMap::from([(dev.id.0, (1, 1))]));
}

#[tokio::test(start_paused = true)]
async fn deleted_start_is_reposted_without_a_ping() {
    let mut room = Newsroom::new();
    let role = room.discord.role("@oncall");
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.roles = vec![role]).await;
    room.breaks().await;
    room.passes(minutes(5)).await;
    ops.loses(ops.last_message().expect("the start"));
    room.page_speaks().await;
    room.passes(minutes(5)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" @oncall … (pings @oncall)
        09:05:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" … (silent)
        09:10:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 45 s. …
        09:10:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 45 s @oncall …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn revoked_token_stops_all_requests_and_loses_nothing() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    room.discord.revokes_the_token();
    room.breaks().await;
    let ended = room.ends_by_itself().await;
    assert!(ended.is_err(), "it ends with an error: {ended:?}");
    assert!(matches!(room.heard().as_slice(), [OperatorEvent::Unauthorized { .. }]));
    assert_eq!(room.discord.requests(), 1, "nothing more is sent");
    assert_eq!(room.undelivered().await.len(), 1, "it is still pending");
}

#[tokio::test(start_paused = true)]
async fn crash_between_commit_and_post_loses_nothing() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    room.crashes().await;
    room.breaks().await;
    room.passes(minutes(3)).await;
    room.restarts();
    room.passes(minutes(1)).await;
    room.crashes().await;
    room.mends().await;
    room.restarts();
    room.passes(minutes(1)).await;
    assert_eq!(posts(&room), BTreeMap::from([(ops.id.0, (1, 1))]));
}

#[tokio::test(start_paused = true)]
async fn crash_between_post_and_outcome_duplicates_nothing() {
    for away in [seconds(30), minutes(30)] {
        let mut room = Newsroom::new();
        let ops = room.subscribed("#ops").await;
        ops.fails(Fault::Slow(seconds(5)), 1);
        room.breaks().await;
        room.passes(seconds(2)).await;
        assert_eq!(posts(&room), BTreeMap::from([(ops.id.0, (1, 0))]), "posted, and not yet answered");
        room.crashes().await;
        room.passes(away).await;
        room.restarts();
        room.passes(minutes(2)).await;
        room.mends().await;
        room.passes(minutes(2)).await;
        assert_eq!(posts(&room), BTreeMap::from([(ops.id.0, (1, 1))]), "after {away:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn crashes_during_fan_out_lose_and_duplicate_nothing() {
    let mut room = Newsroom::new();
    let channels = room.hundreds(3).await;
    for crash in 0..40 {
        match crash {
            0 => room.breaks().await,
            10 => room.spreads_to("login").await,
            20 => room.page_speaks().await,
            30 => room.mends().await,
            _ => {}
        }
        room.passes(jiff::SignedDuration::from_millis(137 + 91 * crash)).await;
        room.crashes().await;
        room.restarts();
    }
    room.passes(minutes(3)).await;
    let posts = posts(&room);
    assert_eq!(posts.len(), channels.len());
    assert!(posts.values().all(|counts| *counts == (1, 1)), "one start and one end in each: {posts:?}");
    for channel in &channels {
        assert_eq!(room.undelivered_in(channel.guild).await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_parks_pending_deliveries_for_the_next_process() {
    let mut room = Newsroom::new();
    let channels = room.hundreds(2).await;
    room.breaks().await;
    room.passes(seconds(1)).await;
    assert_eq!(room.stops().await, Ok(()));
    let posted = posts(&room).len();
    assert!(posted > 0 && posted < channels.len(), "stopped in the middle: {posted}");
    room.restarts();
    room.passes(minutes(1)).await;
    assert!(posts(&room).values().all(|counts| *counts == (1, 0)));
    assert_eq!(posts(&room).len(), channels.len());
}

/// Returns how many starts and ends each channel got as posts of their own.
fn posts(room: &Newsroom) -> BTreeMap<u64, (u32, u32)> {
    let mut counts: BTreeMap<u64, (u32, u32)> = BTreeMap::new();
    for entry in
        room.discord.entries().iter().filter(|entry| matches!(entry.what, TranscriptChange::Posted(_)))
    {
        let count = counts.entry(entry.channel.0).or_default();
        count.0 += u32::from(entry.text.contains("/start"));
        count.1 += u32::from(entry.text.contains("/end"));
    }
    counts
}
