//! What people press in an outage's thread, and what follows for the channel that hears of it.

use expect_test::expect;

use crate::world::World;

/// How the thread of these stories is called.
const THREAD: &str = "🔴 Spotify Web API is down";

/// An outage that another service joins after ten minutes, told in a thread of `#status`.
async fn told_in_a_thread(world: &mut World) {
    world.spotify.from("09:00").until("09:30").answers(503, "no healthy upstream");
    world.spotify.from("09:10").until("09:20").on(&["accounts", "accounts-discovery"]).answers(502, "");
    world.run_until("09:02").await;
}

#[tokio::test(start_paused = true)]
async fn acknowledged_in_a_forums_post_the_rest_is_muted_its_end_excepted() {
    let mut world = World::new().await;
    world.discord.forum("#status");
    world.discord.channel("#mods");
    let you = world.discord.you();
    you.types("#mods", "/alerts subscribe channel:#status").await.expect("saved");
    told_in_a_thread(&mut world).await;
    you.presses(THREAD, "Acknowledge here").await.expect("acknowledged");
    world.discord.person("@ana").presses(THREAD, "Tell me when it's back").await.expect("noted");
    world.run_until("09:45").await;

    expect![[r#"
        09:00:30  #status › 🔴 Spotify Web API is down  🧵 🔴 Spotify Web API is down: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:10:30  #status › 🔴 Spotify Web API is down  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:21:10  #status › 🔴 Spotify Web API is down  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:31:10  #status › 🔴 Spotify Web API is down  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 30 min 10 s. … (pings @ana)
        09:31:10  #status › 🔴 Spotify Web API is down  ✎ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 30 min 10 s. …
    "#]].assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn acknowledged_on_the_post_that_has_a_thread_the_rest_is_muted_its_end_excepted() {
    let mut world = World::new().await;
    world.subscribes("#status").await;
    world.discord.you().chooses("#status", "set-mode", &["thread"]).await.expect("chosen");
    told_in_a_thread(&mut world).await;
    world.run_until("09:12").await;
    world.discord.you().presses("#status", "Acknowledge here").await.expect("acknowledged");
    world.discord.person("@ana").presses("#status", "Tell me when it's back").await.expect("noted");
    world.run_until("09:45").await;

    expect![[r#"
        08:55:00  #status  ✎ ⚙️ **#status** hears about Spotify: …
        09:00:30  #status  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:00:30  #status  🧵 🔴 Spotify Web API is down: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:10:30  #status › 🔴 Spotify Web API is down  🔴 **Spotify Login & tokens fails now too**: 502, a server error … (silent)
        09:10:30  #status  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:21:10  #status  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:31:10  #status › 🔴 Spotify Web API is down  🟢 **Spotify Web API and Login & tokens are back.** They were down for 30 min 10 s. … (pings @ana)
        09:31:10  #status  ✎ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 30 min 10 s. …
    "#]].assert_eq(&world.posts());
}
