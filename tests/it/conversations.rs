//! What people ask, and what they are answered by the whole bot.

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
    ana.presses("#help", "Tell me when it's back").await.expect("noted");
    world.run_until("09:45").await;

    expect![[r#"
        09:10:00  #help  @ana: /status
        09:10:00  #help  → @ana: 🔴 **Spotify Web API is down**, for 10 min 0 s
                  🔴 **Web API**: down, 503 "no healthy upstream" · 24 % good in the last hour
                  🟢 **Login & tokens**: up, 40 ms · 100 %
                  🟢 **Desktop & mobile apps**: up, 40 ms · 100 %
                  🟢 **Web player**: up, 40 ms · 100 %

                  **We see** 3 failed looks in a row since 09:00 (10 minutes ago).
                  **Spotify says** "All Systems Operational" (read 30 seconds ago) · [status page](<https://spotify.statuspage.io>)
                  Their own page has not noticed yet.
                  It is not your code. Slow your retries and keep your tokens.
                  -# Looked 10 seconds ago · next look now
                  [Refresh] [What does this mean?] [Tell me when it's back] [I see it too] [Last 24 h]
        09:10:00  #help  → @ana alone: When Spotify Web API is back, you are mentioned here, once.
        09:31:10  #help  ↳ 🟢 **Spotify Web API is back.** It was down for 30 min 10 s.
                  You asked to be told: @ana
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
    ana.presses("#help", "Tell me when it's back").await.expect("noted");
    world.run_until("09:45").await;
    let posts = world.all_of_it();
    let last: Vec<&str> =
        posts.lines().filter(|line| line.contains("one direct message") || line.contains("  @ana")).collect();
    expect![[r#"
        09:10:00  #help  @ana: /status private:true
        09:10:00  #help  → @ana alone: When Spotify Web API is back, you get one direct message.
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
    lea.presses("@me", "Préviens-moi au retour").await.expect("noted");
    bob.types("#hilfe", "/status private:true").await.expect("an answer");
    bob.presses("#hilfe", "Tell me when it's back").await.expect("noted");
    world.run_until("09:45").await;
    let posts = world.posts();
    let ends: Vec<&str> = posts.lines().filter(|line| line.contains("09:31:10")).collect();
    expect![[r#"
        09:31:10  #hilfe  ↳ 🟢 **Spotify Web API ist wieder da.** Ausgefallen war es für 30 min 10 s. … (pings @bob)
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
    expect!["🟢 **Spotify antwortet uns**: Unsere Abfragen aller 4 Dienste kamen durch."]
        .assert_eq(live_message.concat().lines().next().expect("a board"));
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
    // Both of a quarter of an hour, and of the next.
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
        **People report** failures: 2 people in the last 15 minutes. Our looks do not show it.
        -# Looked 10 seconds ago · next look now · 2 people see it too"#]]
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
        09:00:00  #help  → @ana: 🟢 **Spotify answers us**: our looks at all 4 services got through.
                  🟢 **Web API**: up, 40 ms · 100 % good in the last hour
                  🟢 **Login & tokens**: up, 40 ms · 100 %
                  🟢 **Desktop & mobile apps**: up, 40 ms · 100 %
                  🟢 **Web player**: up, 40 ms · 100 %

                  **We see** our looks at 4 services get through; the newest 30 seconds ago.
                  **Spotify says** "All Systems Operational" (read 1 minute ago) · [status page](<https://spotify.statuspage.io>)
                  -# Looked 30 seconds ago · next look now
                  [Refresh] [What does this mean?] [It fails for me] [Last 24 h]
        09:00:20  #help  @bob: /status
        09:00:20  #help  → @bob alone: 🟢 **Spotify answers us**: our looks at all 4 services got through.
                  🟢 **Web API**: up, 40 ms · 100 % good in the last hour
                  🟢 **Login & tokens**: up, 40 ms · 100 %
                  🟢 **Desktop & mobile apps**: up, 40 ms · 100 %
                  🟢 **Web player**: up, 40 ms · 100 %

                  **We see** our looks at 4 services get through; the newest 20 seconds ago.
                  **Spotify says** "All Systems Operational" (read 20 seconds ago) · [status page](<https://spotify.statuspage.io>)
                  -# Looked 20 seconds ago · next look in 10 seconds
                  -# The same was answered here a moment ago: https://discord.com/channels/1361988236083200000/1361988236083200004/1361989494378594308
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
                    pictures: [],
                    file: None,
                    mentions: Mentions {
                        roles: [],
                        people: [],
                    },
                    quiet: false,
                },
                place: Private,
                stands_as: None,
            },
        )
    "#]]
    .assert_debug_eq(&sixth);
}

#[tokio::test(start_paused = true)]
async fn a_member_may_not_subscribe_a_channel() {
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
async fn outage_ids_autocomplete_without_waiting_for_a_silent_store() {
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
async fn the_card_of_another_channel_stays_one_card() {
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
    let log = |line: &&str| !line.starts_with(' ') || line.contains("Form:") || line.contains("Extras:");
    let first_lines: Vec<&str> = read.lines().filter(log).collect();
    expect![[r#"
        08:55:00  #mods  @you: /alerts subscribe channel:#ops
        08:55:00  #mods  → @you alone: ✅ **Saved:** #ops hears when Spotify breaks and when it is back.
                  • Form: one post, kept up to date; the end is a new post
                  • Extras: none
        08:55:00  #mods  ✎ ⚙️ **#ops** hears about Spotify:
                  • Form: each change a new post
                  • Extras: none
        08:56:00  #mods  ✎ ⚙️ **#ops** hears about Spotify:
                  • Form: each change a new post
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
    assert_eq!(help.texts().len(), 1, "only who asked may");
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
    // The press is noted; what it asks for fails.
    world.discord.fails(Fault::Slow(SignedDuration::ZERO), 1);
    world.discord.fails(Fault::Broken(503), 1);
    ana.presses("#help", "Delete").await.expect("noted");
    world.run_until("09:00:01").await;
    assert_eq!(help.texts().len(), 1);
    let read = world.all_of_it();
    expect!["09:00:00  #help  → @ana alone: Discord did not let me delete this answer. A moderator can delete it by its menu."].assert_eq(read.trim_end().lines().last().unwrap_or_default());
}

#[tokio::test(start_paused = true)]
async fn clarified_question_is_answered_to_its_author() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.run_until("09:00").await;
    let (ana, bob) = (world.discord.person("@ana"), world.discord.person("@bob"));
    let question = "/faq 503";

    ana.types("#help", &format!("{question} for:@bob")).await.expect("asked back");
    ana.presses("#help", "vCenter").await.expect("an answer");
    ana.types("#help", &format!("{question} private:yes")).await.expect("asked back");
    ana.presses("#help", "vCenter").await.expect("an answer");
    // Later, what stands there has scrolled away.
    world.run_until("09:20").await;
    bob.types("#help", question).await.expect("asked back");
    bob.presses("#help", "vCenter").await.expect("an answer");

    let read = world.all_of_it();
    let answers = read.lines().filter(|line| !line.starts_with(' '));
    let log: Vec<&str> = answers.filter_map(|line| line.split_once("→ ")?.1.split(':').next()).collect();
    assert_eq!(log, ["@ana alone", "@ana", "@ana alone", "@ana alone", "@bob alone", "@bob"], "{read}");
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
    let link = format!("The same was answered here a moment ago: https://discord.com/channels/{home}/");
    assert!(read.contains(&link), "{read}");
}

#[tokio::test(start_paused = true)]
async fn who_manages_one_channel_is_no_moderator_of_the_server() {
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
        08:55:00  #lounge  → @eve alone: ✅ **Saved:** #lounge hears when Spotify breaks and when it is back.
        08:55:00  #lounge  → @eve alone: You need **Manage Channels** in #ops for that. Nothing was changed.
        08:55:00  #lounge  → @eve alone: That is about the whole server: you need **Manage Channels** by one of your roles, not in single channels alone. Nothing was changed."#]].assert_eq(&last.join("\n"));
}
