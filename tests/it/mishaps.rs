//! What channels read while the machine's clock, the disk or the connection to Discord fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use expect_test::expect;
use healthy_upstream::discord::{Incoming, ShardGuilds};
use healthy_upstream::ids::GuildId;
use healthy_upstream::store::{FreeSpace, StoreOptions};
use jiff::SignedDuration;

use crate::instances::faulty_connection::State;
use crate::world::World;

/// Probes made before the restart still count, and so does Discord's rate limit on a post.
#[tokio::test(start_paused = true)]
async fn restart_after_clock_set_back_delays_nothing() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("09:07").answers(503, "no healthy upstream");
    world.discord.channel("#ops").limits(SignedDuration::from_secs(90));
    world.run_until("09:01").await;
    world.crash_and_set_the_machine_back(SignedDuration::from_hours(1));
    world.spotify.from("09:00").until("09:07").answers(503, "no healthy upstream");
    world.start().await;
    // The bot continues from 09:00:30, the last time it saved, at half speed: its 09:07 is 09:14 here.
    world.run_until("09:45").await;

    expect![[r#"
        09:04:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:16:20  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 7 min 10 s. …
        09:16:20  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 7 min 10 s …
    "#]]
    .assert_eq(&world.posts());
}

/// Commands cannot reach the bot for an hour; alerts are sent over HTTP, not over the gateway.
#[tokio::test(start_paused = true)]
async fn alerts_go_out_while_the_gateway_is_down() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.run_until("09:00").await;
    world.discord.sends(Incoming::Disconnected).await;
    world.spotify.from("09:10").until("09:20").answers(503, "no healthy upstream");
    world
        .spotify
        .from("09:50")
        .until("10:10")
        .on(&["accounts", "accounts-discovery"])
        .answers(502, "<html></html>");
    world.run_until("10:00").await;
    world.discord.sends(Incoming::Connected).await;
    world.discord.channel("#help");
    world.discord.types("#help", "/status service:Login & tokens").await.expect("an answer");
    world.run_until("10:30").await;

    expect![[r#"
        09:10:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:21:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 10 s. …
        09:21:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 10 s …
        09:50:30  #ops  🔴 **Spotify Login & tokens is down**: 502, an error page from the gateway …
        10:00:00  #help  → @you: 🔴 **Spotify Login & tokens is down**, for 10 min 0 s …
        10:11:10  #ops  ↳ 🟢 **Spotify Login & tokens is back.** It was down for 20 min 10 s. …
        10:11:10  #ops  ✎ 🟢 **Resolved**: Spotify Login & tokens was down for 20 min 10 s …
    "#]]
    .assert_eq(&world.posts());
}

/// The disk fills up while a start is posted. Nothing is written until there is room again; then pending work continues.
#[tokio::test(start_paused = true)]
async fn full_disk_refuses_changes_delays_alerts_and_loses_nothing() {
    let free = Arc::new(AtomicU64::new(10_000_000_000));
    let asked = Arc::clone(&free);
    let free_space: FreeSpace = Arc::new(move |_| Ok(asked.load(Ordering::Relaxed)));
    let mut world =
        World::with(&StoreOptions { free_space: Some(free_space), ..StoreOptions::default() }).await;
    world.subscribes("#ops").await;
    world.discord.channel("#help");
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:00:20").await;
    free.store(3_000_000, Ordering::Relaxed);
    world.run_until("09:05").await;
    let before = world.all_of_it().len();
    world.discord.types("#help", "/status").await.expect("an answer");
    world.discord.you().types("#help", "/alerts subscribe channel:#help").await.expect("an answer");
    let read = world.all_of_it()[before..].to_owned();
    world.run_until("09:06").await;
    free.store(10_000_000_000, Ordering::Relaxed);
    world.run_until("09:30").await;

    expect![[r#"
        09:05:00  #help  @you: /status
        09:05:00  #help  → @you: 🔴 **Spotify Web API is down**, for 5 min 0 s
                  🔴 **Web API**: down, 503 "no healthy upstream"
                  🟢 **Login & tokens**: up, 40 ms
                  🟢 **Desktop & mobile apps**: up, 40 ms
                  🟢 **Web player**: up, 40 ms
                  🟢 **Playback control**: up, 40 ms

                  **Our checks** have failed since 09:00 (5 minutes ago).
                  **Spotify's status page**: "All Systems Operational" (read 30 seconds ago) · [open](<https://spotify.statuspage.io>)
                  Their own page doesn't show it yet.
                  It's not your code. Slow down your retries and keep your tokens.
                  -# Checked 10 seconds ago · checks every 20 s
                  [Refresh] [What does this mean?] [Notify me when it's back] [I see it too] [Last 24 h]
        09:05:00  #help  @you: /alerts subscribe channel:#help
        09:05:00  #help  → @you alone: That couldn't be saved just now; nothing was changed. Try again in a minute.
    "#]].assert_eq(&read);
    expect![[r#"
        09:05:00  #help  → @you: 🔴 **Spotify Web API is down**, for 5 min 0 s …
        09:06:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 10 min 10 s. …
        09:11:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 10 min 10 s …
    "#]]
    .assert_eq(&world.posts());
}

/// Sends the guild list of a new session of this shard.
async fn a_session_names(world: &World, shard: (u32, u32), named: &[GuildId]) {
    let servers = ShardGuilds { shard, named: named.to_vec() };
    world.discord.sends(Incoming::Servers(servers)).await;
}

/// The bot is kicked and invited back while its session is lost. Only the next session's guild list shows it.
#[tokio::test(start_paused = true)]
async fn reinvited_channel_hears_only_later_events() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    let home = world.discord.home();
    let server = world.discord.arrange(|model| model.guilds.remove(&home)).expect("there");
    a_session_names(&world, (0, 1), &[]).await;
    world.spotify.from("09:00").until("09:07").answers(503, "no healthy upstream");
    world.run_until("09:30").await;
    world.discord.arrange(|model| model.guilds.insert(home, server));
    a_session_names(&world, (0, 1), &[home]).await;
    // A shard decides only about its own guilds.
    let own = u32::try_from((home.0 >> 22) % 3).expect("small");
    a_session_names(&world, ((own + 1) % 3, 3), &[]).await;
    world.spotify.from("10:00").until("10:07").answers(503, "no healthy upstream");
    world.run_until("10:30").await;

    expect![[r#"
        10:00:40  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:08:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 6 min 50 s. …
        10:08:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 6 min 50 s …
    "#]]
    .assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn guild_removal_is_stored_when_the_store_returns() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    let home = world.discord.home();
    world.disk.send_replace(State::Cut);
    world.discord.sends(Incoming::ServerLeft(home)).await;
    world.run_until("08:57").await;
    world.disk.send_replace(State::Well);
    world.run_until("08:59").await;
    let stored = world.store().subscriptions(Some(home), None, 10).await.expect("read");
    assert_eq!(stored, [], "can be restored for 30 days");
}

#[tokio::test(start_paused = true)]
async fn alert_command_restores_soft_deleted_subscriptions() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.discord.sends(Incoming::ServerLeft(world.discord.home())).await;
    world.run_until("08:56").await;
    world.discord.you().types("#ops", "/alerts list").await.expect("an answer");
    let read = world.all_of_it();
    assert!(read.contains("• #ops: all services"), "{read}");
}
/// Regression: on low disk the store refused a due reminder like a person's request, and no update or recovery followed.
#[tokio::test(start_paused = true)]
async fn low_disk_outage_is_posted_reminded_and_ended() {
    let free = Arc::new(AtomicU64::new(10_000_000_000));
    let asked = Arc::clone(&free);
    let free_space: FreeSpace = Arc::new(move |_| Ok(asked.load(Ordering::Relaxed)));
    let mut world =
        World::with(&StoreOptions { free_space: Some(free_space), ..StoreOptions::default() }).await;
    world.subscribes("#ops").await;
    world.discord.you().presses("#ops", "Reminders: off").await.expect("an answer");
    free.store(150_000_000, Ordering::Relaxed);
    world.spotify.from("09:00").until("11:20").answers(503, "no healthy upstream");
    world
        .spotify
        .from("10:40")
        .until("11:20")
        .on(&["accounts", "accounts-discovery"])
        .answers(502, "<html></html>");
    world.run_until("10:30").await;
    world.restart().await;
    world.run_until("11:30").await;

    expect![[r#"
        08:55:00  #ops  ✎ ⚙️ **#ops**: alerts about Spotify …
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:00:00  #ops  ↳ 🔴 **Spotify Web API is still down**, for 1 h 0 min … (silent)
        10:40:30  #ops  ↳ 🔴 **Spotify Login & tokens fails now too**: 502, an error page from the gateway … (silent)
        10:40:30  #ops  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        11:21:10  #ops  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 2 h 20 min. …
        11:21:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens were down for 2 h 20 min …
    "#]].assert_eq(&world.posts());
}

/// A reminder has the lowest priority: if the store refuses only the reminder, nothing else waits for it.
#[tokio::test(start_paused = true)]
async fn recovery_is_posted_while_the_reminder_cannot_be_stored() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00").until("10:20").answers(503, "no healthy upstream");
    world.run_until("09:30").await;
    world.disk.send_replace(State::ChangesLost);
    world.run_until("10:30").await;

    expect![[r#"
        09:00:30  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        10:21:10  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 1 h 20 min. …
        10:21:10  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 1 h 20 min …
    "#]]
    .assert_eq(&world.posts());
}
