//! What a channel missed, and how a moderator gets it posted there.

use expect_test::expect;
use healthy_upstream::discord::simulator::rules::Fault;
use healthy_upstream::discord::{InteractionResponse, permissions as may};
use jiff::SignedDuration;

use crate::fixtures::at;
use crate::world::World;

#[tokio::test(start_paused = true)]
async fn doctor_names_broken_channels_and_posts_missed_alerts_once_fixed() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.discord.channel("#mods");
    let ops = world.discord.channel("#ops");
    ops.takes_away(may::SEND_MESSAGES);
    world.spotify.from("09:00").until("10:00").answers(503, "no healthy upstream");
    world.run_until("09:20").await;
    let you = world.discord.you();
    you.types("#mods", "/alerts doctor").await.expect("an answer");
    ops.gives(may::SEND_MESSAGES);
    you.presses("#mods", "Post it now").await.expect("an answer");
    world.run_until("09:20:10").await;
    you.types("#mods", "/alerts doctor").await.expect("an answer");
    world.run_until("10:20").await;
    world.may_be_refused = 3;

    expect![[r#"
        08:55:00  #ops  @you: /alerts subscribe channel:#ops
        08:55:00  #ops  → @you alone: ✅ **Saved:** #ops gets a post when Spotify breaks and when it's back.
                  -# Default settings: all services, outages only, no pings. Change them below.
                  [Services (all, if you choose none) ▾]
                  [It breaks, It gets worse, It's back, Announced maintenance ▾]
                  [Roles to ping at the start ▾]
                  [One post, kept up to date ▾]
                  [Quiet: off] [Reminders: off] [Weekly report: off] [Test] [Unsubscribe]
        09:20:00  #mods  @you: /alerts doctor
        09:20:00  #mods  → @you alone: ⚠️ **One subscription needs your attention:**
                  • #ops: Discord has refused me since 2025-04-16 09:00: Missing Permissions \(50013\). **Fix:** give my role **View Channel**, **Send Messages**, **Read Message History** in that channel. It is retried at 09:21 and resumes on its own.
                  [Post it now]
        09:20:00  #mods  → @you alone: What #ops missed is on its way to it.
        09:20:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream"
                  **Our checks** have failed since 09:00 (20 minutes ago).
                  **Spotify's status page**: doesn't show it yet ("All Systems Operational").
                  Still up: Login & tokens, Desktop & mobile apps, Web player and 1 more.
                  **Developers:** retry with backoff. Don't log users out or rotate keys.
                  -# Posted 20 min late; first known at 09:00. This message updates itself. A new one follows when it's over.
                  -# web-api-20250416T090000Z/start
                  [I see it too] [Notify me when it's back] [Mute this outage here]
        09:20:10  #mods  @you: /alerts doctor
        09:20:10  #mods  → @you alone: ✅ **The one subscription of this server works.**
        10:01:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 0 min.
                  • 09:00 first failed check (alert sent 30 s later)
                  • 10:00 recovered
                  Spotify's page never mentioned it.
                  -# web-api-20250416T090000Z/end
        10:01:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 1 h 0 min
                  **Our checks** failed between 09:00 and 10:00: 503 "no healthy upstream".
                  -# Posted 20 min late; first known at 09:00. Recovered 1 minute ago; see the post below.
                  -# web-api-20250416T090000Z/start
    "#]].assert_eq(&world.all_of_it());
}

#[tokio::test(start_paused = true)]
async fn guild_data_deletion_counts_everything_before_it_deletes() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.discord.channel("#mods");
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:05").await;
    let you = world.discord.you();
    you.types("#mods", "/alerts live channel:#mods").await.expect("an answer");
    you.types("#mods", "/alerts delete-data").await.expect("an answer");
    you.presses("#mods", "Delete it all").await.expect("an answer");
    world.run_until("09:30").await;
    let store = world.store();
    let counts = store.counts(Some(world.discord.home())).await.expect("counted");
    assert!(counts.iter().all(|(_, count)| *count == 0), "{counts:?}");

    let read = world.all_of_it();
    let asked = read.split("/alerts delete-data").nth(1).unwrap_or_default();
    expect![[r#"

        09:05:00  #mods  → @you alone: ⚠️ **Delete everything stored about this server?** That is:
                  • subscriptions: 1
                  • posts that are kept up to date: 1
                  • live status messages: 1
                  No channel gets alerts any more. This can't be undone. /alerts export-data gives you a copy first.
                  [Delete it all]
        09:05:00  #mods  ✎ **Deleted now:** everything that was stored about this server.
        09:05:00  #mods  🔴 **Spotify Web API is down**, for 5 min 0 s
                  🔴 **Web API**: down, 503 "no healthy upstream"
                  🟢 **Login & tokens**: up, 40 ms
                  🟢 **Desktop & mobile apps**: up, 40 ms
                  🟢 **Web player**: up, 40 ms
                  🟢 **Playback control**: up, 40 ms

                  **Our checks** have failed since 09:00 (5 minutes ago).
                  **Spotify's status page**: "All Systems Operational" (read 30 seconds ago) · [open](<https://spotify.statuspage.io>)
                  Their own page doesn't show it yet.
                  It's not your code. Slow down your retries and keep your tokens.
                  -# Checked 10 seconds ago, drawn now
                  -# This message updates itself · if it is older than 15 minutes, this bot is down, not Spotify
                  [Refresh] [What does this mean?] [Notify me when it's back] [I see it too] [Last 24 h]
                  🖼 Spotify in the 24 hours until 09:10 UTC, from our checks. Web API: 53.57 % of checks passed, trouble 09:00–09:05. Login & tokens: 100 % of checks passed, no trouble. Desktop & mobile apps: 100 % of checks passed, no trouble. Web player: 100 % of checks passed, no trouble. Playback control: 100 % of checks passed, no trouble. (silent)
        09:05:00  #mods  ✗
    "#]].assert_eq(asked);
}

#[tokio::test(start_paused = true)]
async fn recovery_subscription_limit_is_explained() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:05").await;
    for nth in 0..101 {
        let person = world.discord.person(&format!("person {nth}"));
        person.presses("#ops", "Notify me when it's back").await.expect("an answer");
        world.clock.sleep(SignedDuration::from_millis(500)).await;
    }
    let read = world.all_of_it();
    let last = read.trim_end().lines().last().unwrap_or_default();
    expect!["09:05:50  #ops  → @person 100 alone: 100 people here asked for that already, and one message can't mention more. The recovery is posted here anyway."].assert_eq(last);
    world.run_until("09:30").await;
    let since_then = world.all_of_it()[read.len()..].to_owned();
    assert!(
        (0..100).all(|nth| since_then.contains(&format!("@person {nth}"))),
        "all hundred are mentioned: {since_then}"
    );
    assert!(!since_then.contains("@person 100"), "{since_then}");
}

/// Regression: the recovery came half an hour after a moderator requested it, because it waited for the next retry.
#[tokio::test(start_paused = true)]
async fn missed_recovery_is_posted_when_a_moderator_fixes_the_channel() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.discord.channel("#mods");
    let ops = world.discord.channel("#ops");
    ops.takes_away(may::SEND_MESSAGES);
    world.spotify.from("09:00").until("10:00").answers(503, "no healthy upstream");
    world.run_until("10:20").await;
    ops.gives(may::SEND_MESSAGES);
    let you = world.discord.you();
    you.types("#mods", "/alerts doctor").await.expect("an answer");
    you.presses("#mods", "Post it now").await.expect("an answer");
    world.run_until("11:30").await;
    world.may_be_refused = 10;

    expect![[r#"
        10:20:00  #ops  🟢 **Spotify Web API was down for 1 h 0 min** and is back. …
    "#]]
    .assert_eq(&world.posts());
}

/// Regression: a failed delivery stayed listed for a month, and each press claimed that it was being posted.
#[tokio::test(start_paused = true)]
async fn failed_delivery_posted_later_is_no_longer_listed() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.discord.channel("#mods");
    let you = world.discord.you();
    world.discord.is_down(at("09:00"), at("10:00"));
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:30").await;
    // A day later it is too late to post it.
    world.stop().await;
    world.clock.sleep(SignedDuration::from_hours(24)).await;
    world.start().await;
    world.clock.sleep(SignedDuration::from_mins(5)).await;
    let before = world.all_of_it().len();
    you.types("#mods", "/alerts list").await.expect("an answer");
    you.types("#mods", "/alerts doctor").await.expect("an answer");
    you.presses("#mods", "Post it now").await.expect("an answer");
    world.clock.sleep(SignedDuration::from_mins(1)).await;
    you.types("#mods", "/alerts doctor").await.expect("an answer");

    expect![[r#"
        09:35:00  #mods  @you: /alerts list
        09:35:00  #mods  → @you alone: **One channel of this server is subscribed to Spotify** (limit 100)
                  • #ops: all services · outages · ⚠️ given up: it ended more than a day ago and could not be posted before
                  -# /alerts subscribe with a channel opens its settings; /alerts doctor names what is broken.
        09:35:00  #mods  @you: /alerts doctor
        09:35:00  #mods  → @you alone: ⚠️ **One subscription needs your attention:**
                  • #ops: an alert was not posted: it ended more than a day ago and could not be posted before.
                  [Post it now]
        09:35:00  #mods  → @you alone: What #ops missed is on its way to it.
        09:35:00  #ops  🟢 **Spotify Web API was down for 10 min 10 s** and is back.
                  • 09:00 first failed check (alert sent 30 s later)
                  • 09:10 recovered
                  Spotify's page never mentioned it.
                  -# Posted once, after it was over.
                  -# web-api-20250416T090000Z/end
        09:36:00  #mods  @you: /alerts doctor
        09:36:00  #mods  → @you alone: ✅ **The one subscription of this server works.**
    "#]].assert_eq(&world.all_of_it()[before..]);
}

#[tokio::test(start_paused = true)]
async fn doctor_inspects_every_channel_before_reporting_healthy() {
    let mut world = World::new().await;
    for channel in ["#ops", "#status", "#news", "#talk"] {
        world.subscribes(channel).await;
    }
    world.discord.channel("#mods");
    let ask = async |world: &World| {
        let asked = world.clock.now();
        let said = world.discord.you().types("#mods", "/alerts doctor").await;
        let Ok(InteractionResponse::Reply(reply)) = said else { panic!("{said:?}") };
        (reply.message.text, world.clock.now().duration_since(asked))
    };
    world.run_until("08:56").await;
    expect!["✅ **All 4 subscriptions of this server work.**"].assert_eq(&ask(&world).await.0);

    let (status, news, talk) =
        (world.discord.channel("#status"), world.discord.channel("#news"), world.discord.channel("#talk"));
    status.takes_away(may::SEND_MESSAGES);
    news.vanishes();
    talk.fails(Fault::Silent, 1);
    let (said, took) = ask(&world).await;
    let named = [(status.id, "STATUS"), (news.id, "NEWS"), (talk.id, "TALK")];
    let said = named.iter().fold(said, |said, (id, name)| said.replace(&id.to_string(), name));
    expect![[r#"
        ⚠️ **2 subscriptions need your attention:**
        **1.** <#STATUS>: I cannot post there. **Fix:** give my role **Send Messages** in that channel.
        **2.** <#NEWS>: this channel no longer exists. **Fix:** subscribe another one with /alerts subscribe.
        **3.** <#TALK>: I could not check this channel: Discord did not answer in time. Ask again later."#]]
    .assert_eq(&said);
    assert!(took < SignedDuration::from_secs(10), "a silent Discord is said: {took}");
    world.may_be_refused = 1;
}

#[tokio::test(start_paused = true)]
async fn doctor_of_many_channels_paces_its_requests() {
    let mut world = World::new().await;
    world.discord.channel("#mods");
    for n in 0..20 {
        world.subscribes(&format!("#ops-{n}")).await;
        world.run_until(&format!("08:56:{:02}", 2 * n + 2)).await;
    }
    world.run_until("08:57").await;
    let (before, asked) = (world.discord.requests(), world.clock.now());
    let said = world.discord.you().types("#mods", "/alerts doctor").await;
    let Ok(InteractionResponse::Reply(reply)) = said else { panic!("{said:?}") };
    assert!(reply.message.text.contains("All 20 subscriptions"), "{}", reply.message.text);
    let took = world.clock.now().duration_since(asked);
    assert!((11..20).contains(&took.as_secs()), "at most two channels in a second: {took}");
    assert!(world.discord.requests() - before >= 20, "each of them");
}
