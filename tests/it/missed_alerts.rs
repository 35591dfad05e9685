//! What a channel missed, and how a moderator gets it there.

use expect_test::expect;
use healthy_upstream::discord::simulator::rules::Fault;
use healthy_upstream::discord::{InteractionResponse, permissions as may};
use jiff::SignedDuration;

use crate::world::{World, at};

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
        08:55:00  #ops  → @you alone: ✅ **Saved:** #ops hears when Spotify breaks and when it is back.
                  • Services: all, also those added later
                  • Events: it breaks, it gets worse, it is back, announced maintenance
                  • Severity: outages only
                  • Pings at a start: nobody
                  • Form: one post, kept up to date; the end is a new post
                  • Extras: none
                  [Services (all, if you choose none) ▾]
                  [It breaks, It gets worse, It is back, Announced maintenance ▾]
                  [Roles to ping at a start ▾]
                  [One post, kept up to date ▾]
                  [Quiet: off] [Reminders: off] [Weekly report: off] [Test] [Unsubscribe]
        09:20:00  #mods  @you: /alerts doctor
        09:20:00  #mods  → @you alone: ⚠️ **One subscription needs you:**
                  • #ops: Discord refuses me since 19 minutes ago: Missing Permissions \(50013\). **Cure:** give my role **View Channel**, **Send Messages**, **Read Message History** in that channel. It is tried again in 1 minute and heals by itself.
                  [Post it now]
        09:20:00  #mods  → @you alone: What #ops missed is on its way to it.
        09:20:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream"
                  **We see** 3 failed looks in a row since 09:00 (20 minutes ago).
                  **Spotify says** nothing yet; its page shows "All Systems Operational".
                  Still answering: Login & tokens, Desktop & mobile apps and Web player.
                  **Do:** retry with growing gaps. **Don't:** log users out or rotate keys.
                  -# This arrives 20 min late; it was known at 09:00. This post is kept up to date; the end comes as a new post.
                  -# web-api-20250416T090000Z/start
                  [I see it too] [Tell me when it's back] [Acknowledge here]
        09:20:10  #mods  @you: /alerts doctor
        09:20:10  #mods  → @you alone: ✅ **The one subscription of this server is well.**
        10:01:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 0 min.
                  • 09:00 first failed look (told 30 s later)
                  • 10:00 first good look, steady since
                  Spotify's page never mentioned it.
                  -# web-api-20250416T090000Z/end
        10:01:10  #ops  ✎ 🟢 **Spotify Web API is back.** It was down for 1 h 0 min.
                  • 09:00 first failed look (told 30 s later)
                  • 10:00 first good look, steady since
                  Spotify's page never mentioned it.
                  -# This arrives 20 min late; it was known at 09:00. The end stands in a post of its own.
                  -# web-api-20250416T090000Z/start
    "#]].assert_eq(&world.all_of_it());
}

#[tokio::test(start_paused = true)]
async fn before_everything_is_deleted_it_is_counted() {
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

        09:05:00  #mods  → @you alone: ⚠️ **Delete everything kept about this server?** That is:
                  • subscriptions: 1
                  • posts that are kept up to date: 1
                  • boards: 1
                  Every channel stops hearing about outages. This cannot be undone. /alerts export-data gives you a copy first.
                  [Delete it all]
        09:05:00  #mods  ✎ **Deleted now:** everything that was stored about this server.
        09:05:00  #mods  🔴 **Spotify Web API is down**, for 5 min 0 s
                  🔴 **Web API**: down, 503 "no healthy upstream" · 38 % good in the last hour
                  🟢 **Login & tokens**: up, 40 ms · 100 %
                  🟢 **Desktop & mobile apps**: up, 40 ms · 100 %
                  🟢 **Web player**: up, 40 ms · 100 %

                  **We see** 3 failed looks in a row since 09:00 (5 minutes ago).
                  **Spotify says** "All Systems Operational" (read 30 seconds ago) · [status page](<https://spotify.statuspage.io>)
                  Their own page has not noticed yet.
                  It is not your code. Slow your retries and keep your tokens.
                  -# Looked 10 seconds ago, drawn now
                  -# Kept current by itself · older than 15 minutes means that this bot is down, not Spotify
                  [Refresh] [What does this mean?] [Tell me when it's back] [I see it too] [Last 24 h]
                  🖼 Spotify in the 24 hours until 09:10 UTC, by our looks. Web API: 43.47 % of looks got through, trouble 09:00–09:05. Login & tokens: 100 % of looks got through, no trouble. Desktop & mobile apps: 100 % of looks got through, no trouble. Web player: 100 % of looks got through, no trouble. (silent)
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
        person.presses("#ops", "Tell me when it's back").await.expect("an answer");
        world.clock.sleep(SignedDuration::from_millis(500)).await;
    }
    let read = world.all_of_it();
    let last = read.trim_end().lines().last().unwrap_or_default();
    expect!["09:05:50  #ops  → @person 100 alone: 100 people here asked for that already, and one message can name no more. The end is told here all the same."].assert_eq(last);
    world.run_until("09:30").await;
    let log = world.all_of_it()[read.len()..].to_owned();
    assert!((0..100).all(|nth| log.contains(&format!("@person {nth}"))), "the hundred are told: {log}");
    assert!(!log.contains("@person 100"), "{log}");
}

/// Half an hour went by before the end came, although a moderator had asked for it: it was owed to wait for the next try.
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

/// What was given up stays named for a month, and each press said that it was on its way.
#[tokio::test(start_paused = true)]
async fn failed_delivery_posted_later_is_no_longer_listed() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.discord.channel("#mods");
    let you = world.discord.you();
    world.discord.is_down(at("09:00"), at("10:00"));
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:30").await;
    // A day later it is too late to tell.
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
        09:35:00  #mods  → @you alone: **One channel of this server hears about Spotify** (of 100 possible)
                  • #ops: all services · outages · ⚠️ given up: it ended more than a day ago and could not be told before
                  -# /alerts subscribe with a channel opens its settings; /alerts doctor names what is broken.
        09:35:00  #mods  @you: /alerts doctor
        09:35:00  #mods  → @you alone: ⚠️ **One subscription needs you:**
                  • #ops: something was not told: it ended more than a day ago and could not be told before.
                  [Post it now]
        09:35:00  #mods  → @you alone: What #ops missed is on its way to it.
        09:35:00  #ops  🟢 **Spotify Web API was down for 10 min 10 s** and is back.
                  • 09:00 first failed look (told 30 s later)
                  • 09:10 first good look, steady since
                  Spotify's page never mentioned it.
                  -# Told once, after it was over.
                  -# web-api-20250416T090000Z/end
        09:36:00  #mods  @you: /alerts doctor
        09:36:00  #mods  → @you alone: ✅ **The one subscription of this server is well.**
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
    expect!["✅ **All 4 subscriptions of this server are well.**"].assert_eq(&ask(&world).await.0);

    let (status, news, talk) =
        (world.discord.channel("#status"), world.discord.channel("#news"), world.discord.channel("#talk"));
    status.takes_away(may::SEND_MESSAGES);
    news.vanishes();
    talk.fails(Fault::Silent, 1);
    let (said, took) = ask(&world).await;
    let named = [(status.id, "STATUS"), (news.id, "NEWS"), (talk.id, "TALK")];
    let said = named.iter().fold(said, |said, (id, name)| said.replace(&id.to_string(), name));
    expect![[r#"
        ⚠️ **2 subscriptions need you:**
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
