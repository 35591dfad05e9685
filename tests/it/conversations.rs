//! What people ask, and what the whole bot replies.

use expect_test::expect;
use healthy_upstream::discord::permissions as may;
use healthy_upstream::discord::simulator::rules::Fault;
use jiff::SignedDuration;

use crate::instances::faulty_connection::State;
use crate::world::World;

#[tokio::test(start_paused = true)]
async fn user_asks_whether_spotify_or_they_are_down() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.spotify.from("09:00").until("09:30").answers(503, "no healthy upstream");
    world.run_until("09:10").await;
    let ana = world.discord.person("@ana");

    ana.types("#help", "/status").await.expect("an answer");
    ana.presses("#help", "Notify me when it's back").await.expect("noted");
    world.run_until("09:45").await;

    expect![[r#"
        09:10:00  #help  @ana: /status
        09:10:00  #help  → @ana: 🔴 **Spotify Web API is down**, for 10 min 0 s
                  🔴 **Web API**: down, 503 "no healthy upstream"
                  🟢 **Login & tokens**: up, 40 ms
                  🟢 **Desktop & mobile apps**: up, 40 ms
                  🟢 **Web player**: up, 40 ms
                  🟢 **Playback control**: up, 40 ms

                  **Our checks** have failed since 09:00 (10 minutes ago).
                  **Spotify's status page**: "All Systems Operational" (read 30 seconds ago) · [open](<https://spotify.statuspage.io>)
                  Their own page doesn't show it yet.
                  It's not your code. Slow down your retries and keep your tokens.
                  -# Checked 10 seconds ago · checks every 20 s
                  [Refresh] [What does this mean?] [Notify me when it's back] [I see it too] [Last 24 h]
        09:10:00  #help  → @ana alone: When Spotify Web API is back, we'll mention you here, once.
        09:31:10  #help  ↳ 🟢 **Spotify Web API is back.** It was down for 30 min 10 s.
                  You asked to be notified: @ana
                  -# web-api-20250416T090000Z/back1 (pings @ana)
    "#]].assert_eq(&world.all_of_it());
}

#[tokio::test(start_paused = true)]
async fn user_install_gets_recovery_by_direct_message() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.spotify.from("09:00").until("09:30").answers(503, "no healthy upstream");
    world.run_until("09:10").await;
    let ana = world.discord.person("@ana").who_installed_it();
    ana.types("#help", "/status private:true").await.expect("an answer");
    ana.presses("#help", "Notify me when it's back").await.expect("noted");
    world.run_until("09:45").await;
    let posts = world.all_of_it();
    let last: Vec<&str> =
        posts.lines().filter(|line| line.contains("one direct message") || line.contains("  @ana")).collect();
    expect![[r#"
        09:10:00  #help  @ana: /status private:true
        09:10:00  #help  → @ana alone: When Spotify Web API is back, you'll get one direct message.
        09:31:10  @ana  🟢 **Spotify Web API is back.** It was down for 30 min 10 s."#]]
    .assert_eq(&last.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn recovery_subscriber_is_notified_in_their_or_guild_language() {
    let mut world = World::new().await;
    world.discord.channel("#hilfe");
    world.discord.arrange(|model| model.guilds.values_mut().for_each(|server| server.locale = "de".into()));
    world.spotify.from("09:00").until("09:30").answers(503, "no healthy upstream");
    world.run_until("09:10").await;
    let (lea, bob) = (world.discord.person("@lea").who_speaks("fr"), world.discord.person("@bob"));
    lea.types("@me", "/status private:true").await.expect("an answer");
    lea.presses("@me", "Me prévenir au retour").await.expect("noted");
    bob.types("#hilfe", "/status private:true").await.expect("an answer");
    bob.presses("#hilfe", "Notify me when it's back").await.expect("noted");
    world.run_until("09:45").await;
    let posts = world.posts();
    let ends: Vec<&str> = posts.lines().filter(|line| line.contains("09:31:10")).collect();
    expect![[r#"
        09:31:10  #hilfe  ↳ 🟢 **Spotify Web API ist wieder da.** Der Ausfall dauerte 30 min 10 s. … (pings @bob)
        09:31:10  @lea  ↳ 🟢 **Spotify Web API est de retour.** La panne a duré 30 min 10 s. … (pings @lea)"#]]
    .assert_eq(&ends.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn live_message_uses_the_guild_language_without_a_subscription() {
    let mut world = World::new().await;
    world.discord.channel("#ops");
    world.discord.channel("#tafel");
    world.discord.arrange(|model| model.guilds.values_mut().for_each(|server| server.locale = "de".into()));
    world.discord.you().types("#ops", "/alerts live channel:#tafel").await.expect("set");
    world.run_until("09:00").await;
    let live_message = world.discord.channel("#tafel").texts();
    expect!["🟢 **Spotify ist verfügbar**: Alle 5 Dienste bestehen unsere Prüfungen"]
        .assert_eq(live_message.concat().lines().next().expect("a live status message"));
}

#[tokio::test(start_paused = true)]
async fn repeated_reports_count_as_one_person() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    let (ana, bob) = (world.discord.person("@ana"), world.discord.person("@bob"));
    let people = |world: &World| {
        let said = world.all_of_it();
        let mut lines = said.lines().filter(|line| line.contains("People report"));
        lines.next_back().unwrap_or_default().trim().to_owned()
    };
    // Within 15 minutes, and across the edge between two quarters of an hour.
    world.run_until("09:14:50").await;
    ana.types("#help", "/status").await.expect("an answer");
    ana.presses("#help", "It fails for me").await.expect("counted");
    world.run_until("09:15:10").await;
    ana.presses("#help", "It fails for me").await.expect("known already");
    bob.presses("#help", "It fails for me").await.expect("counted");
    let reported = people(&world);
    world.spotify.from("09:16").until("09:40").answers(503, "no healthy upstream");
    world.run_until("09:18").await;
    ana.types("#help", "/status private:true").await.expect("an answer");
    ana.presses("#help", "I see it too").await.expect("counted");
    let said = world.all_of_it();
    let last = said.lines().rev().find(|line| line.contains("people see it too")).expect("a count");
    expect![[r#"

        -# Checked 10 seconds ago · checks every 20 s · 2 people see it too"#]]
    .assert_eq(&format!("{reported}\n{}", last.trim()));
    world.run_until("10:00").await;
}

#[tokio::test(start_paused = true)]
async fn repeated_question_points_to_the_existing_answer() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.run_until("09:00").await;
    let (ana, bob) = (world.discord.person("@ana"), world.discord.person("@bob"));

    ana.types("#help", "/status").await.expect("an answer");
    world.run_until("09:00:20").await;
    bob.types("#help", "/status").await.expect("an answer");

    expect![[r#"
        09:00:00  #help  @ana: /status
        09:00:00  #help  → @ana: 🟢 **Spotify is up**: all 5 services pass our checks
                  🟢 **Web API**: up, 40 ms
                  🟢 **Login & tokens**: up, 40 ms
                  🟢 **Desktop & mobile apps**: up, 40 ms
                  🟢 **Web player**: up, 40 ms
                  🟢 **Playback control**: up, 40 ms

                  **Our checks**: all 5 services pass; the newest 30 seconds ago.
                  **Spotify's status page**: "All Systems Operational" (read 1 minute ago) · [open](<https://spotify.statuspage.io>)
                  -# Checked 30 seconds ago · checks every 30 s
                  [Refresh] [What does this mean?] [It fails for me] [Last 24 h]
        09:00:20  #help  @bob: /status
        09:00:20  #help  → @bob alone: 🟢 **Spotify is up**: all 5 services pass our checks
                  🟢 **Web API**: up, 40 ms
                  🟢 **Login & tokens**: up, 40 ms
                  🟢 **Desktop & mobile apps**: up, 40 ms
                  🟢 **Web player**: up, 40 ms
                  🟢 **Playback control**: up, 40 ms

                  **Our checks**: all 5 services pass; the newest 20 seconds ago.
                  **Spotify's status page**: "All Systems Operational" (read 20 seconds ago) · [open](<https://spotify.statuspage.io>)
                  -# Checked 20 seconds ago · checks every 30 s
                  -# The same answer is already here: https://discord.com/channels/1361988236083200000/1361988236083200004/1361989494378594308
                  [Refresh] [What does this mean?] [It fails for me] [Last 24 h]
    "#]].assert_eq(&world.all_of_it());
}

#[tokio::test(start_paused = true)]
async fn too_many_commands_get_a_retry_time() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.run_until("09:00").await;
    let ana = world.discord.person("@ana");
    for _ in 0..5 {
        ana.types("#help", "/about").await.expect("an answer");
    }
    let sixth = ana.types("#help", "/about").await.expect("an answer");
    expect![[r#"
        Reply(
            Reply {
                message: Message {
                    text: "That was quick. Try again <t:1744794002:R>.",
                    rows: [],
                    images: [],
                    file: None,
                    mentions: Mentions {
                        roles: [],
                        people: [],
                    },
                    quiet: false,
                },
                visibility: Private,
                stands_as: None,
            },
        )
    "#]]
    .assert_debug_eq(&sixth);
}

#[tokio::test(start_paused = true)]
async fn members_may_not_subscribe_a_channel() {
    let world = World::new().await;
    world.discord.channel("#help");
    let ana = world.discord.person("@ana");

    ana.types("#help", "/alerts subscribe channel:#help").await.expect("an answer");

    expect![[r#"
        08:55:00  #help  @ana: /alerts subscribe channel:#help
        08:55:00  #help  → @ana alone: You need **Manage Channels** for that.
    "#]]
    .assert_eq(&world.all_of_it());
}

#[tokio::test(start_paused = true)]
async fn outage_ids_autocomplete_while_the_store_is_silent() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:30").await;
    let ana = world.discord.person("@ana");

    let suggested = ana.is_typing("#help", "/outages id:web").await.expect("suggestions");
    let named: Vec<&str> = suggested.iter().map(|choice| choice.value.as_str()).collect();
    assert_eq!(named, ["web-api-20250416T090000Z"], "{suggested:?}");
    let entries = ana.is_typing("#help", "/faq no healthy").await.expect("suggestions");
    assert!(entries.iter().any(|choice| choice.value == "spotify-nhu"), "{entries:?}");

    world.disk.send_replace(State::Silent);
    let asked = world.clock.now();
    assert_eq!(ana.is_typing("#help", "/outages id:web").await, Ok(Vec::new()));
    let waited = world.clock.now().duration_since(asked);
    assert!(waited.as_millis() < 500, "{waited}");
    world.disk.send_replace(State::Well);
}

#[tokio::test(start_paused = true)]
async fn settings_card_of_another_channel_is_edited_in_place() {
    let mut world = World::new().await;
    world.discord.channel("#ops");
    world.discord.channel("#mods");
    let you = world.discord.you();
    you.types("#mods", "/alerts subscribe channel:#ops").await.expect("saved");
    you.chooses("#mods", "set-mode", &["posts"]).await.expect("chosen");
    world.run_until("08:56").await;
    you.presses("#mods", "Quiet: off").await.expect("pressed");
    world.run_until("08:57").await;

    let read = world.all_of_it();
    let is_card_line =
        |line: &&str| !line.starts_with(' ') || line.contains("Form:") || line.contains("Extras:");
    let first_lines: Vec<&str> = read.lines().filter(is_card_line).collect();
    expect![[r#"
        08:55:00  #mods  @you: /alerts subscribe channel:#ops
        08:55:00  #mods  → @you alone: ✅ **Saved:** #ops gets a post when Spotify breaks and when it's back.
        08:55:00  #mods  ✎ ⚙️ **#ops**: alerts about Spotify
                  • Form: a new post for each change
        08:56:00  #mods  ✎ ⚙️ **#ops**: alerts about Spotify
                  • Form: a new post for each change
                  • Extras: quiet (no sound)"#]]
    .assert_eq(&first_lines.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn answer_can_be_deleted_without_seeing_the_channel() {
    let mut world = World::new().await;
    let help = world.discord.channel("#help");
    world.run_until("09:00").await;
    let (ana, bob) = (world.discord.person("@ana"), world.discord.person("@bob"));

    help.takes_away(may::VIEW_CHANNEL);
    ana.types("#help", "/faq is-spotify-down").await.expect("an answer");
    assert_eq!(help.texts().len(), 1);
    bob.presses("#help", "Delete").await.expect("refused");
    assert_eq!(help.texts().len(), 1, "only the invoker may delete it");
    ana.presses("#help", "Delete").await.expect("noted");
    world.run_until("09:00:01").await;
    assert_eq!(help.texts(), Vec::<String>::new());

    let home = world.discord.home();
    world.discord.arrange(|model| model.leave(home));
    ana.types("#help", "/faq is-spotify-down").await.expect("an answer");
    ana.presses("#help", "Delete").await.expect("noted");
    world.run_until("09:00:02").await;
    assert_eq!(help.texts(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn undeletable_answer_is_explained() {
    let mut world = World::new().await;
    let help = world.discord.channel("#help");
    world.run_until("09:00").await;
    let ana = world.discord.person("@ana");
    ana.types("#help", "/faq is-spotify-down").await.expect("an answer");
    // Discord accepts the press; the deletion fails.
    world.discord.fails(Fault::Slow(SignedDuration::ZERO), 1);
    world.discord.fails(Fault::Broken(503), 1);
    ana.presses("#help", "Delete").await.expect("noted");
    world.run_until("09:00:01").await;
    assert_eq!(help.texts().len(), 1);
    let read = world.all_of_it();
    expect!["09:00:00  #help  → @ana alone: Discord didn't let me delete this answer. A moderator can delete it from its menu."].assert_eq(read.trim_end().lines().last().unwrap_or_default());
}

#[tokio::test(start_paused = true)]
async fn clarified_question_is_answered_to_its_author() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.run_until("09:00").await;
    let (ana, bob) = (world.discord.person("@ana"), world.discord.person("@bob"));
    let question = "/faq 503 after restart";

    ana.types("#help", &format!("{question} for:@bob")).await.expect("asked back");
    ana.presses("#help", "vCenter").await.expect("an answer");
    ana.types("#help", &format!("{question} private:yes")).await.expect("asked back");
    ana.presses("#help", "vCenter").await.expect("an answer");
    // By then the earlier answers have scrolled away.
    world.run_until("09:20").await;
    bob.types("#help", question).await.expect("asked back");
    bob.presses("#help", "vCenter").await.expect("an answer");

    let read = world.all_of_it();
    let answers = read.lines().filter(|line| !line.starts_with(' '));
    let readers: Vec<&str> = answers.filter_map(|line| line.split_once("→ ")?.1.split(':').next()).collect();
    assert_eq!(readers, ["@ana alone", "@ana", "@ana alone", "@ana alone", "@bob alone", "@bob"], "{read}");
    assert!(read.contains("→ @ana: For @bob: ") && read.contains("(pings @bob)"), "{read}");
}

#[tokio::test(start_paused = true)]
async fn link_to_existing_answer_works_without_membership() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.run_until("09:00").await;
    let (ana, bob) = (world.discord.person("@ana"), world.discord.person("@bob"));
    let home = world.discord.home();
    world.discord.arrange(|model| model.leave(home));
    ana.types("#help", "/faq is-spotify-down").await.expect("an answer");
    bob.types("#help", "/faq is-spotify-down").await.expect("an answer");
    let read = world.all_of_it();
    let link = format!("The same answer is already here: https://discord.com/channels/{home}/");
    assert!(read.contains(&link), "{read}");
}

#[tokio::test(start_paused = true)]
async fn channel_managers_may_not_change_other_channels() {
    let mut world = World::new().await;
    world.discord.channel("#lounge");
    world.subscribes("#ops").await;
    let eve = world.discord.person("@eve");
    let lounge = world.discord.channel("#lounge").id;
    world.discord.arrange(|model| model.set_overwrite(lounge, eve.id, 0, may::MANAGE_CHANNELS));

    eve.types("#lounge", "/alerts subscribe channel:#lounge").await.expect("saved: it is theirs");
    eve.types("#lounge", "/alerts unsubscribe channel:#ops").await.expect("refused");
    eve.types("#lounge", "/alerts delete-data").await.expect("refused");
    world.run_until("08:56").await;
    let last: Vec<String> = world
        .all_of_it()
        .lines()
        .filter(|line| line.contains("@eve alone"))
        .map(|line| line.trim_end().to_owned())
        .collect();
    expect![[r#"
        08:55:00  #lounge  → @eve alone: ✅ **Saved:** #lounge gets a post when Spotify breaks and when it's back.
        08:55:00  #lounge  → @eve alone: You need **Manage Channels** in #ops for that. Nothing was changed.
        08:55:00  #lounge  → @eve alone: That is about the whole server: you need **Manage Channels** from one of your roles, not only in single channels. Nothing was changed."#]].assert_eq(&last.join("\n"));
}
