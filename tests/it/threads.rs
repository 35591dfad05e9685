//! What people press in an outage's thread, and the effect on the subscribed channel.

use expect_test::expect;

use crate::world::World;

/// The name of the thread in these tests.
const THREAD: &str = "🔴 Spotify Web API is down";

/// An outage that another service joins after ten minutes, posted in a thread of `#status`.
async fn posted_in_a_thread(world: &mut World) {
    world.spotify.from("09:00").until("09:30").answers(503, "no healthy upstream");
    world.spotify.from("09:10").until("09:20").on(&["accounts", "accounts-discovery"]).answers(502, "");
    world.run_until("09:02").await;
}

#[tokio::test(start_paused = true)]
async fn muting_a_forum_post_silences_all_but_recovery() {
    let mut world = World::new().await;
    world.discord.forum("#status");
    world.discord.channel("#mods");
    let you = world.discord.you();
    you.types("#mods", "/alerts subscribe channel:#status").await.expect("saved");
    posted_in_a_thread(&mut world).await;
    you.presses(THREAD, "Mute this outage here").await.expect("acknowledged");
    world.discord.person("@ana").presses(THREAD, "Notify me when it's back").await.expect("noted");
    world.run_until("09:45").await;

    expect![[r#"
        09:00:30  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.  🧵 🔴 Spotify Web API is down: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:10:30  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:21:10  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:31:10  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 30 min 10 s. … (pings @ana)
        09:31:10  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens were down for 30 min 10 s …
        09:31:10  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.  🏷 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.
    "#]].assert_eq(&world.posts());
}

#[tokio::test(start_paused = true)]
async fn muting_a_post_with_thread_silences_all_but_recovery() {
    let mut world = World::new().await;
    world.subscribes("#status").await;
    world.discord.you().chooses("#status", "set-mode", &["thread"]).await.expect("chosen");
    posted_in_a_thread(&mut world).await;
    world.run_until("09:12").await;
    world.discord.you().presses("#status", "Mute this outage here").await.expect("acknowledged");
    world.discord.person("@ana").presses("#status", "Notify me when it's back").await.expect("noted");
    world.run_until("09:45").await;

    expect![[r#"
        08:55:00  #status  ✎ ⚙️ **#status**: alerts about Spotify …
        09:00:30  #status  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:00:30  #status  🧵 🔴 Spotify Web API is down: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:10:30  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.  🔴 **Spotify Login & tokens fails now too**: 502, a server error … (silent)
        09:10:30  #status  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:21:10  #status  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:31:10  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.  🟢 **Spotify Web API and Login & tokens are back.** They were down for 30 min 10 s. … (pings @ana)
        09:31:10  #status  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens were down for 30 min 10 s …
        09:31:10  #status › 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.  🏷 🟢 Spotify Web API and Login & tokens are back. They were down for 30 min 10 s.
    "#]].assert_eq(&world.posts());
}

/// Somebody switches on that every post bears a tag after the forum subscribed.
#[tokio::test(start_paused = true)]
async fn forum_requiring_tags_is_refused_or_suspended_until_fixed() {
    let mut world = World::new().await;
    let forum = world.discord.forum("#status");
    world.discord.channel("#mods");
    let wants = |world: &World, wanted: bool| {
        world.discord.arrange(|model| {
            if let Some(forum) = model.channels.get_mut(&forum.id) {
                forum.must_tag = wanted;
            }
        });
    };
    wants(&world, true);
    world.discord.you().types("#mods", "/alerts subscribe channel:#status").await.expect("an answer");
    assert!(world.all_of_it().contains("every post needs a tag"), "{}", world.all_of_it());
    wants(&world, false);
    world.discord.you().types("#mods", "/alerts subscribe channel:#status").await.expect("saved");
    wants(&world, true);
    world.may_be_refused = 10;
    world.spotify.from("09:00").until("09:30").answers(503, "no healthy upstream");
    world.run_until("09:10").await;
    world.discord.you().types("#mods", "/alerts doctor").await.expect("an answer");
    wants(&world, false);
    world.run_until("09:50").await;
    let said = world.all_of_it();
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("Fix:") || line.contains("🧵") || line.contains("is back"))
        .collect();
    expect![[r#"
                  • #status: Discord started refusing me 9 minutes ago: A tag is required to create a forum post in this channel \(40067\). **Fix:** turn off **Require people to select tags when posting** in that forum's settings. It is retried at 09:21 and resumes on its own.
        09:21:30  #status › 🟢 Spotify Web API is back. It was down for 30 min 10 s.  🧵 🔴 Spotify Web API is down: 🔴 **Spotify Web API is down**: 503 "no healthy upstream"
        09:31:10  #status › 🟢 Spotify Web API is back. It was down for 30 min 10 s.  ↳ 🟢 **Spotify Web API is back.** It was down for 30 min 10 s.
        09:31:10  #status › 🟢 Spotify Web API is back. It was down for 30 min 10 s.  ✎ 🟢 **Resolved**: Spotify Web API was down for 30 min 10 s
        09:31:10  #status › 🟢 Spotify Web API is back. It was down for 30 min 10 s.  🏷 🟢 Spotify Web API is back. It was down for 30 min 10 s."#]].assert_eq(&lines.join("\n"));
}

/// Discord says THREAD_DELETE of the thread that was opened for an outage.
#[tokio::test(start_paused = true)]
async fn deleted_thread_is_forgotten_and_updates_move_to_the_channel() {
    let mut world = World::new().await;
    world.subscribes("#status").await;
    world.discord.you().chooses("#status", "set-mode", &["thread"]).await.expect("chosen");
    posted_in_a_thread(&mut world).await;
    world.discord.channel(THREAD).is_deleted().await;
    world.run_until("09:45").await;

    expect![[r#"
        08:55:00  #status  ✎ ⚙️ **#status**: alerts about Spotify …
        09:00:30  #status  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:00:30  #status  🧵 🔴 Spotify Web API is down: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:10:30  #status  ↳ 🔴 **Spotify Login & tokens fails now too**: 502, a server error … (silent)
        09:10:30  #status  ✎ 🔴 **Spotify Web API and Login & tokens are down**: 503 "no healthy upstream" …
        09:21:10  #status  ↳ 🟢 **Spotify Login & tokens is back.** Not yet: Web API. … (silent)
        09:21:10  #status  ✎ 🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:31:10  #status  ↳ 🟢 **Spotify Web API and Login & tokens are back.** They were down for 30 min 10 s. …
        09:31:10  #status  ✎ 🟢 **Resolved**: Spotify Web API and Login & tokens were down for 30 min 10 s …
    "#]].assert_eq(&world.posts());
}
