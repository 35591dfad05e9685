//! The simulator follows Discord's rules: what people see, and which responses the bot gets.

use expect_test::expect;
use healthy_upstream::alerts::Reason;
use healthy_upstream::chat::{ActionRow, Button, ButtonStyle, Mentions, Message, Modal, Reply};
use healthy_upstream::clock::Clock;
use healthy_upstream::commands::{CommandContexts, Input, OptionKind, OptionSpec, Spec};
use healthy_upstream::discord::codec::posted_before;
use healthy_upstream::discord::simulator::Simulator;
use healthy_upstream::discord::simulator::rules::Fault;
use healthy_upstream::discord::{
    Discord, DiscordError, Incoming, InteractionResponse, PermanentReason, Post, ThreadStart,
    permissions as may,
};
use healthy_upstream::ids::{ChannelId, MessageId};
use jiff::{SignedDuration, Timestamp};

fn nine() -> (Simulator, Clock) {
    let clock = Clock::owned("2025-04-16T09:00:00Z".parse().expect("an instant"));
    (Simulator::new(clock.clone()), clock)
}

fn post(channel: ChannelId, nonce: &str, text: &str) -> Post {
    Post { channel, message: Message::text(text), nonce: nonce.into(), reply_to: None }
}

fn refused(error: DiscordError) -> PermanentReason {
    match error {
        DiscordError::Permanent(refusal) => refusal,
        later @ DiscordError::Transient { .. } => panic!("refused for good, not {later}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_posted_edited_and_replied_to() {
    let (discord, clock) = nine();
    let (ops, role) = (discord.channel("#ops"), discord.role("@oncall"));
    let mut start =
        post(ops.id, "start", &format!("🔴 **Web API** is down <@&{role}>\nsince <t:1744793940:R>"));
    start.message.mentions = Mentions { roles: vec![role], people: vec![] };
    let id = discord.post(&start).await.expect("posted");

    clock.sleep(SignedDuration::from_mins(2)).await;
    let row = ActionRow::Buttons(vec![Button::Link {
        label: "Status page".into(),
        url: "https://x.example".into(),
    }]);
    let edited = Message { rows: vec![row], ..Message::text("🟢 It was down for 3 min.") };
    discord.edit(ops.id, id, &edited).await.expect("edited");
    let end = Post { reply_to: Some(id), ..post(ops.id, "end", "🟢 **Web API** is back <@&1>") };
    discord.post(&end).await.expect("posted");

    expect![[r"
        09:00:00  #ops  🔴 **Web API** is down @oncall … (pings @oncall)
        09:02:00  #ops  ✎ 🟢 It was down for 3 min.
        09:02:00  #ops  ↳ 🟢 **Web API** is back @deleted-role
    "]]
    .assert_eq(&discord.transcript());
    expect![[r"
        09:00:00  #ops  🔴 **Web API** is down @oncall
                  since 1 minute ago (pings @oncall)
        09:02:00  #ops  ✎ 🟢 It was down for 3 min.
                  [Status page ↗]
        09:02:00  #ops  ↳ 🟢 **Web API** is back @deleted-role
    "]]
    .assert_eq(&discord.transcript_in_full());
}

#[tokio::test(start_paused = true)]
async fn same_nonce_posts_once_within_its_window() {
    let (discord, clock) = nine();
    let ops = discord.channel("#ops");
    let first = discord.post(&post(ops.id, "n", "once")).await;
    assert_eq!(discord.post(&post(ops.id, "n", "once")).await, first);
    assert_eq!(ops.texts(), ["once"]);
    clock.sleep(SignedDuration::from_mins(6)).await;
    assert_ne!(discord.post(&post(ops.id, "n", "once")).await, first);
}

#[tokio::test(start_paused = true)]
async fn simulator_refuses_what_discord_refuses_with_its_code() {
    let (discord, _) = nine();
    let ops = discord.channel("#ops");
    let here = |nonce: &str| post(ops.id, nonce, "x");

    let nowhere = discord.post(&post(ChannelId(1), "a", "x")).await.expect_err("no such channel");
    assert_eq!(refused(nowhere), PermanentReason::UnknownChannel);
    let long = discord.post(&post(ops.id, "b", &"x".repeat(2001))).await.expect_err("too long");
    assert_eq!(
        refused(long),
        PermanentReason::BadBody("Invalid Form Body: content BASE_TYPE_MAX_LENGTH".into())
    );
    ops.takes_away(may::SEND_MESSAGES);
    let muted = refused(discord.post(&here("c")).await.expect_err("muted"));
    assert!(matches!(muted, PermanentReason::NoPermission { code: 50013, .. }), "{muted}");
    ops.takes_away(may::VIEW_CHANNEL);
    let hidden = refused(discord.post(&here("d")).await.expect_err("hidden"));
    assert!(matches!(hidden, PermanentReason::NoPermission { code: 50001, .. }), "{hidden}");
    ops.gives(may::VIEW_CHANNEL | may::SEND_MESSAGES);
    let id = discord.post(&here("e")).await.expect("may again");
    ops.loses(id);
    let lost = discord.edit(ops.id, id, &Message::text("y")).await.expect_err("deleted");
    assert_eq!(refused(lost), PermanentReason::UnknownMessage);
    ops.vanishes();
    assert_eq!(refused(discord.post(&here("f")).await.expect_err("gone")), PermanentReason::UnknownChannel);
}

#[tokio::test(start_paused = true)]
async fn timeout_after_success_is_retried_without_duplicates() {
    let (discord, clock) = nine();
    let ops = discord.channel("#ops");
    ops.fails(Fault::SilentAfterDoing, 1);
    let error = discord.post(&post(ops.id, "n", "marker:abc")).await.expect_err("silent");
    assert!(matches!(error, DiscordError::Transient { perhaps_done: true, .. }), "{error}");
    assert_eq!(clock.now().to_string().get(..19), Some("2025-04-16T09:00:10"));

    let since: Timestamp = "2025-04-16T09:00:00Z".parse().expect("an instant");
    let since = posted_before(since);
    let found = discord.find_own(ops.id, since, "marker:abc").await.expect("may read");
    assert_eq!(discord.post(&post(ops.id, "n", "marker:abc")).await.ok(), found);
    ops.takes_away(may::READ_MESSAGE_HISTORY);
    let blind = refused(discord.find_own(ops.id, since, "marker:abc").await.expect_err("may not read"));
    assert!(matches!(blind, PermanentReason::NoPermission { .. }), "{blind}");
}

#[tokio::test(start_paused = true)]
async fn rate_limits_are_awaited_as_long_as_429_says() {
    let (discord, clock) = nine();
    let ops = discord.channel("#ops");
    for n in 0..6 {
        discord.post(&post(ops.id, &n.to_string(), "x")).await.expect("posted");
    }
    // Five messages in five seconds for one channel: the sixth waits.
    assert_eq!(clock.now().to_string().get(..19), Some("2025-04-16T09:00:05"));
    ops.limits(SignedDuration::from_secs(7));
    let error = discord.post(&post(ops.id, "y", "x")).await.expect_err("limited");
    let after = Some(SignedDuration::from_secs(7));
    assert_eq!(
        error,
        DiscordError::Transient { after, why: Reason::RateLimited, perhaps_done: false, unreached: false }
    );
}

#[tokio::test(start_paused = true)]
async fn forums_threads_and_announcements_behave_like_discords() {
    let (discord, _) = nine();
    let (forum, news) = (discord.forum("#incidents"), discord.announcement("#news"));
    let plain = refused(discord.post(&post(forum.id, "a", "x")).await.expect_err("a forum takes posts only"));
    assert!(matches!(plain, PermanentReason::Other { code: 50008, .. }), "{plain}");
    let start = ThreadStart::ForumPost(Box::new(Message::text("🔴 down")));
    let thread = discord.open_thread(forum.id, "Web API, 16 April", start).await.expect("opened");
    discord.post(&post(thread.channel, "b", "still down")).await.expect("posted");
    let id = discord.post(&post(news.id, "c", "🔴 down")).await.expect("posted");
    discord.publish(news.id, id).await.expect("published");
    let opened = discord.open_thread(news.id, "talk", ThreadStart::On(id)).await.expect("opened");
    discord.post(&post(opened.channel, "d", "talk here")).await.expect("posted");
    expect![[r"
        09:00:00  #incidents › Web API, 16 April  🧵 Web API, 16 April: 🔴 down
        09:00:00  #incidents › Web API, 16 April  still down
        09:00:00  #news  🔴 down
        09:00:00  #news  📣 published: 🔴 down
        09:00:00  #news  🧵 talk: 🔴 down
        09:00:00  #news › talk  talk here
    "]]
    .assert_eq(&discord.transcript());
}

/// Answers `/faq` with a button, the button with a form, and the form in private.
async fn answer_everything(discord: Simulator, mut incoming: tokio::sync::mpsc::Receiver<Incoming>) {
    while let Some(Incoming::Interaction(asked, token)) = incoming.recv().await {
        let answer = match &asked.input {
            Input::Command { .. } => {
                let question = asked.text("question").expect("a question");
                let button = Button::Ask {
                    label: "Paste more".into(),
                    action: "faq:paste".into(),
                    style: ButtonStyle::Main,
                    disabled: false,
                };
                let text = format!("You asked: {question}");
                InteractionResponse::Reply(Reply::public(Message {
                    rows: vec![ActionRow::Buttons(vec![button])],
                    ..Message::text(text)
                }))
            }
            Input::Component { action, ours: true, .. } => {
                assert_eq!(action, "paste");
                let field = healthy_upstream::chat::ModalField {
                    name: "error".into(),
                    label: "Error".into(),
                    hint: String::new(),
                    paragraph: true,
                    most: 4000,
                };
                InteractionResponse::Form(Modal {
                    action: "faq:read".into(),
                    title: "Paste it".into(),
                    fields: vec![field],
                })
            }
            Input::ModalSubmit { fields, .. } => {
                InteractionResponse::Reply(Reply::private(Message::text(&fields["error"])))
            }
            other => panic!("{other:?}"),
        };
        discord.answer(&token, &answer).await.expect("answered");
    }
}

#[tokio::test(start_paused = true)]
async fn simulated_user_types_presses_and_submits() {
    let (discord, _) = nine();
    discord.channel("#help");
    let spec = Spec {
        name: "faq",
        options: vec![OptionSpec::required("question", OptionKind::Suggested)],
        contexts: CommandContexts::Anywhere,
        ..Spec::default()
    };
    discord.register(&[spec], None).await.expect("registered");
    let incoming = discord.incoming(8);
    let app = tokio::spawn(answer_everything(discord.clone(), incoming));

    let ada = discord.person("ada");
    ada.types("#help", "/faq no healthy upstream").await.expect("answered");
    let InteractionResponse::Form(form) = ada.presses("#help", "Paste").await.expect("a form") else {
        panic!("a form")
    };
    ada.fills("#help", &form, &[("error", "503")]).await.expect("answered");
    assert_eq!(ada.types("#help", "/fa").await, Err("there is no /fa; did you mean /faq?".into()));

    expect![[r"
        09:00:00  #help  @ada: /faq no healthy upstream
        09:00:00  #help  → @ada: You asked: no healthy upstream
                  [Paste more]
        09:00:00  #help  → @ada alone: 503
    "]]
    .assert_eq(&discord.transcript_in_full());
    expect![[r"
        09:00:00  #help  → @ada: You asked: no healthy upstream
    "]]
    .assert_eq(&discord.transcript());
    app.abort();
}

#[tokio::test(start_paused = true)]
async fn late_answer_is_refused_and_deferred_one_is_not() {
    let (discord, clock) = nine();
    discord.channel("#help");
    discord.register(&[Spec { name: "status", ..Spec::default() }], None).await.expect("registered");
    let mut incoming = discord.incoming(8);
    let invoker = discord.you();
    let typing = tokio::spawn(async move { invoker.types("#help", "/status").await });
    let Some(Incoming::Interaction(_, token)) = incoming.recv().await else { panic!("asked") };
    let answer = InteractionResponse::Reply(Reply::public(Message::text("🟢")));
    discord.answer(&token, &InteractionResponse::Deferred { private: true }).await.expect("deferred in time");
    let twice = refused(discord.answer(&token, &answer).await.expect_err("twice"));
    assert_eq!(twice, PermanentReason::InteractionOver(40060));
    clock.sleep(SignedDuration::from_secs(30)).await;
    discord.edit_answer(&token, &Message::text("🟢 up")).await.expect("within 15 minutes");
    let said = typing.await.expect("no panic");
    assert_eq!(said, Ok(InteractionResponse::Reply(Reply::private(Message::text("🟢 up")))));

    let invoker = discord.you();
    let typing = tokio::spawn(async move { invoker.types("#help", "/status").await });
    let Some(Incoming::Interaction(_, late)) = incoming.recv().await else { panic!("asked") };
    clock.sleep(SignedDuration::from_secs(4)).await;
    assert_eq!(
        refused(discord.answer(&late, &answer).await.expect_err("late")),
        PermanentReason::InteractionOver(10062)
    );
    assert_eq!(typing.await.expect("no panic"), Err("The application did not respond".into()));
}

#[tokio::test(start_paused = true)]
async fn discord_down_is_transient_and_posts_nothing() {
    let (discord, clock) = nine();
    let ops = discord.channel("#ops");
    let until = clock.now() + SignedDuration::from_mins(10);
    discord.is_down(clock.now(), until);
    let error = discord.post(&post(ops.id, "n", "x")).await.expect_err("down");
    assert!(matches!(error, DiscordError::Transient { perhaps_done: true, .. }), "{error}");
    assert!(ops.texts().is_empty());
    clock.sleep_until(until).await;
    assert!(discord.post(&post(ops.id, "n", "x")).await.is_ok_and(|id: MessageId| id.0 > 0));
}
