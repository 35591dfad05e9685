//! What people ask, and what they are answered by the whole bot.

use expect_test::expect;

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn somebody_asks_whether_it_is_down_or_them() {
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
async fn who_asks_by_user_install_where_the_bot_is_no_member_is_told_in_person() {
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
async fn who_asks_to_be_told_is_told_in_their_own_language_or_in_their_servers() {
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
async fn a_board_speaks_the_language_of_its_server_also_where_nothing_is_subscribed() {
    let mut world = World::new().await;
    world.discord.channel("#ops");
    world.discord.channel("#tafel");
    world.discord.arrange(|model| model.guilds.values_mut().for_each(|server| server.locale = "de".into()));
    world.discord.you().types("#ops", "/alerts board channel:#tafel").await.expect("set");
    world.run_until("09:00").await;
    let board = world.discord.channel("#tafel").texts();
    expect!["🟢 **Spotify antwortet uns**: Unsere Abfragen aller 4 Dienste kamen durch."]
        .assert_eq(board.concat().lines().next().expect("a board"));
}

#[tokio::test(start_paused = true)]
async fn somebody_who_reports_failures_again_and_again_is_one_person() {
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
async fn the_same_question_twice_is_pointed_to_the_answer_that_stands() {
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
async fn who_asks_too_much_is_told_when_to_come_back() {
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
