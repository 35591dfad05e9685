//! REST over real sockets: the loopback Discord answers like Discord, and the client returns typed results.
//!
//! Real time, unpaused, because sockets are awaited.

use std::sync::Arc;

use healthy_upstream::alerts::{ChannelKind, Reason};
use healthy_upstream::app::registration::{self, Registrar};
use healthy_upstream::chat::{Image, Message, Png, Reply};
use healthy_upstream::clock::Clock;
use healthy_upstream::cluster::LeaseManager;
use healthy_upstream::commands::{Invoker, OptionKind, OptionSpec, Spec};
use healthy_upstream::discord::codec::posted_before;
use healthy_upstream::discord::permissions as may;
use healthy_upstream::discord::rest::{Rest, RestOptions};
use healthy_upstream::discord::simulator::rules::{
    ApiError, DiscordRules, Fault, RateLimitScope, RulesChannelKind,
};
use healthy_upstream::discord::{
    Discord, DiscordError, InteractionResponse, InteractionToken, PermanentReason, Post, ThreadStart,
};
use healthy_upstream::ids::{ChannelId, GuildId, MessageId, RoleId, UserId};
use healthy_upstream::notifier::OperatorEvent;
use healthy_upstream::proxy::Proxy;
use healthy_upstream::store::{MemoryStore, Store};
use jiff::SignedDuration;
use serde_json::Value;

use crate::faulty_server;
use crate::loopback::{Loopback, Seen};

async fn ops() -> (Loopback, GuildId, ChannelId) {
    let discord = Loopback::start().await;
    let now = discord.state.clock.now();
    let (guild, channel) = {
        let mut model = discord.state.model();
        let guild = model.add_guild("Developers", now);
        (guild, model.add_channel(Some(guild), "ops", RulesChannelKind::Text, now))
    };
    (discord, guild, channel)
}

fn post(channel: ChannelId, nonce: &str, text: &str) -> Post {
    Post { channel, message: Message::text(text), nonce: nonce.into(), reply_to: None }
}

fn texts(discord: &Loopback, channel: ChannelId) -> Vec<String> {
    let model = discord.state.model();
    model.channels[&channel].messages.values().map(|m| m.text().to_owned()).collect()
}

#[tokio::test]
async fn alert_is_posted_edited_published_and_found_again() {
    let (discord, guild, channel) = ops().await;
    let rest = discord.rest();
    let since = discord.state.clock.now();
    let image =
        Image { name: "strip.png".into(), alt: "24 hours".into(), png: Png::Drawn(vec![137, 80, 78, 71]) };
    let mut start = post(channel, "start", "🔴 down · wa-2025");
    start.message.images = vec![image];
    let id = rest.post(&start).await.expect("posted");
    assert_eq!(rest.post(&start).await, Ok(id), "the same nonce returns the same message");
    let sent = discord.state.sees(|r| r.method == "POST").await.body;
    assert_eq!(sent["attachments"][0]["description"], "24 hours");

    rest.edit(channel, id, &Message::text("🟢 back · wa-2025")).await.expect("edited");
    assert_eq!(texts(&discord, channel), ["🟢 back · wa-2025"]);
    let since = since - SignedDuration::from_secs(1);
    let since = posted_before(since);
    assert_eq!(rest.find_own(channel, since, "wa-2025").await, Ok(Some(id)));
    assert_eq!(rest.find_own(channel, since, "wa-2026").await, Ok(None));
    let thread = rest.open_thread(channel, "talk", ThreadStart::On(id)).await.expect("opened");
    assert_eq!(
        rest.fetch_channel_facts(guild, thread.channel, &ada(UserId(7))).await.expect("seen").channel_kind,
        Some(ChannelKind::Thread)
    );
    rest.delete(channel, id).await.expect("deleted");
    assert!(texts(&discord, channel).is_empty());
}

#[tokio::test]
async fn bot_permissions_are_computed_from_roles_and_overwrites() {
    let (discord, guild, channel) = ops().await;
    let rest = discord.rest();
    let facts = rest.fetch_channel_facts(guild, channel, &ada(UserId(7))).await.expect("seen");
    assert_eq!(facts.channel_kind, Some(ChannelKind::Text));
    assert_eq!(facts.may & may::SEND_MESSAGES, may::SEND_MESSAGES);
    discord.state.model().set_own_overwrite(channel, may::SEND_MESSAGES, 0);
    let facts = rest.fetch_channel_facts(guild, channel, &ada(UserId(7))).await.expect("seen");
    assert_eq!(
        facts.may,
        discord.state.model().granted(channel),
        "the simulator and the client compute the same"
    );
    assert_eq!(facts.may & may::SEND_MESSAGES, 0);
    let elsewhere = rest.fetch_channel_facts(GuildId(7), channel, &ada(UserId(7))).await;
    assert_eq!(elsewhere, Err(DiscordError::Permanent(PermanentReason::UnknownChannel)));
}

/// An invoker who is a member with these roles.
fn with_roles(id: UserId, roles: Vec<RoleId>) -> Invoker {
    Invoker {
        id,
        roles,
        administers: false,
        manages_channels: false,
        manages_messages: false,
        mentions_everyone: false,
    }
}

fn ada(id: UserId) -> Invoker {
    with_roles(id, Vec::new())
}

#[tokio::test]
async fn invoker_permissions_elsewhere_are_computed_from_roles() {
    let (discord, guild, channel) = ops().await;
    let rest = discord.rest();
    let now = discord.state.clock.now();
    let (member, role, owner) = {
        let mut model = discord.state.model();
        let member = model.add_person("ada", now);
        let role = model.add_role(guild, "@mods", false, now);
        let guild = model.guilds.get_mut(&guild).expect("there");
        guild
            .roles
            .iter_mut()
            .filter(|it| it.id == role)
            .for_each(|it| it.permissions = may::MANAGE_CHANNELS);
        (member, role, guild.owner)
    };
    let theirs = async |invoker: &Invoker| {
        rest.fetch_channel_facts(guild, channel, invoker).await.expect("seen").theirs
    };
    assert_eq!(theirs(&ada(member)).await & may::MANAGE_CHANNELS, 0);
    assert_eq!(theirs(&with_roles(member, vec![role])).await & may::MANAGE_CHANNELS, may::MANAGE_CHANNELS);
    assert_eq!(theirs(&ada(owner)).await, u64::MAX, "the owner");

    // An overwrite in this channel counts here, and not for the server.
    discord.state.model().set_overwrite(channel, member, 0, may::MANAGE_CHANNELS);
    assert_eq!(theirs(&ada(member)).await & may::MANAGE_CHANNELS, may::MANAGE_CHANNELS);
    let server = async |invoker: &Invoker| rest.fetch_server_facts(guild, invoker).await.expect("seen");
    assert_eq!(server(&ada(member)).await & may::MANAGE_CHANNELS, 0);
    assert_eq!(server(&with_roles(member, vec![role])).await & may::MANAGE_CHANNELS, may::MANAGE_CHANNELS);
    assert_eq!(server(&ada(owner)).await, u64::MAX);
}

#[tokio::test]
async fn unreadable_empty_history_proves_nothing() {
    let (discord, _, channel) = ops().await;
    let rest = discord.rest();
    assert_eq!(rest.find_own(channel, MessageId(0), "x").await, Ok(None));
    discord.state.model().set_own_overwrite(channel, may::READ_MESSAGE_HISTORY, 0);
    let blind = rest.find_own(channel, MessageId(0), "x").await;
    assert!(matches!(blind, Err(DiscordError::Permanent(PermanentReason::NoHistory))), "{blind:?}");
}

#[tokio::test]
async fn own_post_is_found_in_a_closed_forum_thread() {
    let (discord, guild, _) = ops().await;
    let rest = discord.rest();
    let now = discord.state.clock.now();
    let forum = discord.state.model().add_channel(Some(guild), "outages", RulesChannelKind::Forum, now);
    let first = Message::text("🔴 down\n-# web-api-1/start");
    let start = ThreadStart::ForumPost(Box::new(first));
    let thread = rest.open_thread(forum, "Web API", start).await.expect("opened");
    let find = async || rest.find_own_post((guild, forum), MessageId(0), "web-api-1/start").await;
    assert_eq!(find().await, Ok(Some(thread)));
    let close = |model: &mut DiscordRules| model.channels.get_mut(&thread.channel).map(|it| it.locked = true);
    close(&mut discord.state.model()).expect("there");
    assert_eq!(find().await, Ok(Some(thread)), "among the closed threads");
    assert_eq!(rest.find_own_post((guild, forum), MessageId(0), "other/start").await, Ok(None));
}

#[tokio::test]
async fn answer_is_deleted_by_token_without_channel_access() {
    let (discord, _, channel) = ops().await;
    let rest = discord.rest();
    let now = discord.state.clock.now();
    let ask = |on| {
        let mut model = discord.state.model();
        let ada = model.add_person("ada", now);
        let (id, token) = model.ask(channel, ada, on, now);
        InteractionToken { id, application: 1000, token }
    };
    let asked = ask(None);
    let answer = InteractionResponse::Reply(Reply::public(Message::text("🟢")));
    let message = rest.answer(&asked, &answer).await.expect("answered").expect("its id");
    discord.state.model().set_own_overwrite(channel, may::VIEW_CHANNEL, 0);
    let pressed = ask(Some(message));
    rest.answer(&pressed, &InteractionResponse::Deleted).await.expect("noted");
    assert_eq!(rest.delete_answer(&pressed).await, Ok(()));
    assert!(texts(&discord, channel).is_empty());
    assert_eq!(
        rest.delete_answer(&pressed).await,
        Err(DiscordError::Permanent(PermanentReason::UnknownMessage))
    );
}

#[tokio::test]
async fn rejections_become_typed_errors() {
    let (discord, _, channel) = ops().await;
    let rest = discord.rest();
    let gone = rest.post(&post(ChannelId(9), "a", "x")).await;
    assert_eq!(gone, Err(DiscordError::Permanent(PermanentReason::UnknownChannel)));
    let lost = rest.edit(channel, MessageId(9), &Message::text("x")).await;
    assert_eq!(lost, Err(DiscordError::Permanent(PermanentReason::UnknownMessage)));
    discord.state.model().set_own_overwrite(channel, may::SEND_MESSAGES, 0);
    let muted = rest.post(&post(channel, "b", "x")).await;
    let why = "Missing Permissions".to_owned();
    assert_eq!(muted, Err(DiscordError::Permanent(PermanentReason::NoPermission { code: 50013, why })));
    assert_eq!(rest.invalid_requests(), 1);

    let over = InteractionToken {
        id: healthy_upstream::ids::InteractionId(5),
        application: 1000,
        token: "t".into(),
    };
    let late = rest.answer(&over, &InteractionResponse::DeferredUpdate).await;
    assert_eq!(late, Err(DiscordError::Permanent(PermanentReason::InteractionOver(10062))));
}

#[tokio::test]
async fn errors_say_whether_the_request_may_be_done() {
    let (discord, _, channel) = ops().await;
    let rest = discord.rest();
    let queue = |fault| discord.state.model().faults.queue(Some(channel), fault, 1);

    queue(Fault::Broken(502));
    let broken = rest.post(&post(channel, "a", "a")).await.expect_err("broken");
    assert!(matches!(broken, DiscordError::Transient { perhaps_done: true, .. }), "{broken}");
    queue(Fault::CutAfterDoing);
    let cut = rest.post(&post(channel, "b", "b")).await.expect_err("cut");
    assert!(matches!(cut, DiscordError::Transient { perhaps_done: true, .. }), "{cut}");
    assert!(rest.post(&post(channel, "b", "b")).await.is_ok());
    assert_eq!(texts(&discord, channel), ["b"], "sent again with the same nonce: one message");
    queue(Fault::Limited(1.5, RateLimitScope::User));
    let limited = rest.post(&post(channel, "c", "c")).await.expect_err("limited");
    let after = Some(SignedDuration::from_millis(1500));
    assert_eq!(
        limited,
        DiscordError::Transient { after, why: Reason::RateLimited, perhaps_done: false, unreached: false }
    );

    drop(discord);
    let nobody = rest.post(&post(ChannelId(77), "d", "d")).await.expect_err("nothing listens");
    assert!(matches!(nobody, DiscordError::Transient { .. }), "{nobody}");
    assert!(!nobody.to_string().contains("127.0.0.1"), "{nobody}");
}

#[tokio::test]
async fn revoked_token_stops_all_requests() {
    let (discord, _, channel) = ops().await;
    let rest = discord.rest_with(50, "revoked");
    assert_eq!(
        rest.post(&post(channel, "a", "a")).await,
        Err(DiscordError::Permanent(PermanentReason::Unauthorized))
    );
    let sent = discord.state.requests().len();
    assert_eq!(
        rest.post(&post(channel, "b", "b")).await,
        Err(DiscordError::Permanent(PermanentReason::Unauthorized))
    );
    assert_eq!(discord.state.requests().len(), sent, "nothing more is sent");
}

#[tokio::test]
async fn burst_to_a_new_channel_gets_no_429() {
    let (discord, _, channel) = ops().await;
    let rest = Arc::new(discord.rest());
    let mut all = tokio::task::JoinSet::new();
    for n in 0..7 {
        let rest = Arc::clone(&rest);
        all.spawn(async move { rest.post(&post(channel, &n.to_string(), "x")).await });
    }
    let begun = discord.state.clock.now();
    while let Some(done) = all.join_next().await {
        done.expect("no panic").expect("posted");
    }
    assert_eq!(texts(&discord, channel).len(), 7);
    assert_eq!(discord.state.model().limits.refused, 0);
    let took = discord.state.clock.now().duration_since(begun);
    assert!(took >= SignedDuration::from_secs(4), "five in five seconds, then the next window: {took}");
}

#[tokio::test]
async fn many_channels_at_the_global_limit_get_no_429() {
    let (discord, guild, _) = ops().await;
    let now = discord.state.clock.now();
    let channels: Vec<ChannelId> = (0..120)
        .map(|n| {
            discord.state.model().add_channel(Some(guild), &format!("c{n}"), RulesChannelKind::Text, now)
        })
        .collect();
    let rest = Arc::new(discord.rest());
    let mut all = tokio::task::JoinSet::new();
    for channel in channels {
        let rest = Arc::clone(&rest);
        all.spawn(async move { rest.post(&post(channel, &channel.to_string(), "x")).await });
    }
    while let Some(done) = all.join_next().await {
        done.expect("no panic").expect("posted");
    }
    assert_eq!(discord.state.model().limits.refused, 0);
    let took = discord.state.clock.now().duration_since(now).as_secs_f64();
    eprintln!("120 channels in {took:.2} s; the limit alone allows 2.4 s");
    assert!(took < 6.0, "{took}");
}

#[tokio::test]
async fn global_429_stops_everything_but_interactions() {
    let (discord, guild, channel) = ops().await;
    let now = discord.state.clock.now();
    let other = discord.state.model().add_channel(Some(guild), "other", RulesChannelKind::Text, now);
    let rest = discord.rest();
    discord.state.model().faults.queue(Some(channel), Fault::Limited(1.0, RateLimitScope::Global), 1);
    rest.post(&post(channel, "a", "a")).await.expect_err("limited");
    let invoker = discord.state.model().add_person("ada", now);
    let (id, token) = discord.state.model().ask(channel, invoker, None, discord.state.clock.now());
    let token = InteractionToken { id, application: 1000, token };
    let begun = discord.state.clock.now();
    rest.answer(&token, &InteractionResponse::Reply(Reply::private(Message::text("🟢"))))
        .await
        .expect("answered at once");
    assert!(discord.state.clock.now().duration_since(begun) < SignedDuration::from_millis(800));
    rest.post(&post(other, "b", "b")).await.expect("posted after the wait");
    assert!(discord.state.clock.now().duration_since(begun) > SignedDuration::from_millis(900));
}

#[tokio::test]
async fn registration_sends_only_changes_and_removes_old_commands() {
    let (discord, guild, _) = ops().await;
    let rest = discord.rest();
    let spec = |name: &'static str| Spec { name, ..Spec::default() };
    let private = OptionSpec::optional("private", OptionKind::Flag);
    assert_eq!(rest.register(&[spec("status"), spec("old")], Some(guild)).await, Ok(2));
    assert_eq!(rest.register(&[spec("status"), spec("old")], Some(guild)).await, Ok(0));
    let changed = Spec { options: vec![private], ..spec("status") };
    assert_eq!(rest.register(&[changed, spec("faq")], Some(guild)).await, Ok(3));
    let model = discord.state.model();
    let names: Vec<&str> = model.commands[&Some(guild)].iter().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names, ["status", "faq"]);
    assert_eq!(model.commands[&Some(guild)][0]["options"][0]["name"], "private");
}

#[tokio::test]
async fn moved_commands_are_registered_in_one_scope_only() {
    let (discord, guild, _) = ops().await;
    let (rest, store) = (discord.rest(), MemoryStore::default().open().expect("opened"));
    let specs = [Spec { name: "status", ..Spec::default() }, Spec { name: "faq", ..Spec::default() }];
    let registered = || {
        let model = discord.state.model();
        let count = |place| model.commands.get(&place).map_or(0, Vec::len);
        (count(None), count(Some(guild)))
    };
    let sent = || discord.state.requests().iter().filter(|seen| seen.method != "GET").count();
    // Commands in a server that this bot has never registered in belong to somebody else, and stay.
    rest.register(&specs[..1], Some(guild)).await.expect("registered");
    assert_eq!(registration::register(&rest, &store, &specs, None).await, Ok(2));
    assert_eq!(registered(), (2, 1));
    assert_eq!(
        registration::register(&rest, &store, &specs, Some(guild)).await,
        Ok(3),
        "one more here, two less"
    );
    assert_eq!(registered(), (0, 2));
    let before = sent();
    assert_eq!(registration::register(&rest, &store, &specs, Some(guild)).await, Ok(0));
    assert_eq!(sent(), before, "nothing changed, and nothing was sent");
    assert_eq!(registration::register(&rest, &store, &specs, None).await, Ok(4));
    assert_eq!(registered(), (2, 0));
}

fn is_faq(command: &Value) -> bool {
    command["name"] == "faq"
}

#[tokio::test]
async fn rejected_command_is_named_and_others_are_registered() {
    let (discord, ..) = ops().await;
    let rest = discord.rest();
    let specs = ["status", "faq", "outages"].map(|name| Spec { name, ..Spec::default() });
    let names = || {
        let model = discord.state.model();
        let all = model.commands.get(&None).cloned().unwrap_or_default();
        all.iter().filter_map(|it| it["name"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let daily =
        ApiError::plain(400, 30034, "Max number of daily application command creates has been reached");
    for refused in [ApiError::bad_body(Vec::new()), daily] {
        discord.state.model().commands.clear();
        rest.register(&specs[..1], None).await.expect("registered");
        discord.state.refuses_commands(is_faq, refused.clone());
        let error = rest.register(&specs, None).await.expect_err("one is refused").to_string();
        assert!(error.contains("\"faq\": ") && error.contains(&refused.code.to_string()), "{error}");
        assert_eq!(names(), ["status", "outages"]);
        discord.state.takes_commands();
        assert_eq!(rest.register(&specs, None).await, Ok(1), "only the missing command");
    }
    // The first registration is one request for all commands. If it is rejected, the accepted ones are still registered.
    discord.state.model().commands.clear();
    discord.state.refuses_commands(is_faq, ApiError::bad_body(Vec::new()));
    rest.register(&specs, None).await.expect_err("one is refused");
    assert_eq!(names(), ["status", "outages"]);
}

/// Over real sockets. The registrar's clock is fast, so that a day takes a moment.
#[tokio::test]
async fn rejected_registration_alerts_operator_and_retries_next_day() {
    let (discord, ..) = ops().await;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default().open().expect("opened"));
    let clock = Clock::fast(discord.state.clock.now(), 200_000);
    let lease = SignedDuration::from_secs(60);
    let (alerts, mut operator_events) = tokio::sync::mpsc::channel(9);
    let registrar = Registrar {
        discord: Arc::new(discord.rest()),
        store: store.clone(),
        roles: LeaseManager::new(store, Clock::system(), lease).expect("a name"),
        clock: clock.clone(),
        specs: vec![Spec { name: "faq", ..Spec::default() }],
        only_in: None,
        operator_events: Some(alerts),
    };
    discord.state.refuses_commands(is_faq, ApiError::plain(400, 30034, "Max number reached"));
    let again = registrar.try_now().await.expect("the bot continues");
    let alert = operator_events.try_recv().expect("the operator is alerted");
    assert!(matches!(&alert, OperatorEvent::Registration { why } if why.contains("30034")), "{alert:?}");
    assert_eq!(again, Some(SignedDuration::from_hours(24)));

    discord.state.takes_commands();
    let (_stop, stopping) = tokio::sync::watch::channel(false);
    let before = clock.now();
    registrar.go_on(again, stopping).await;
    assert!(clock.now().duration_since(before) >= SignedDuration::from_hours(24));
    assert_eq!(discord.state.model().commands[&None].len(), 1);
}

#[tokio::test]
async fn first_response_is_retried_once_after_an_error() {
    let (discord, _, channel) = ops().await;
    let rest = discord.rest();
    let now = discord.state.clock.now();
    let invoker = discord.state.model().add_person("ada", now);
    for fault in [Fault::Broken(500), Fault::BrokenAfterDoing(502), Fault::CutAfterDoing] {
        let (id, token) = discord.state.model().ask(channel, invoker, None, discord.state.clock.now());
        let token = InteractionToken { id, application: 1000, token };
        discord.state.model().faults.queue(None, fault, 1);
        let answer = InteractionResponse::Reply(Reply::public(Message::text(format!("{fault:?}"))));
        rest.answer(&token, &answer).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        let sent = |seen: &Seen| seen.path.contains(&id.to_string());
        assert_eq!(discord.state.requests().into_iter().filter(sent).count(), 2, "{fault:?}");
        assert_eq!(texts(&discord, channel).last(), Some(&format!("{fault:?}")), "one message");
    }
    assert_eq!(texts(&discord, channel).len(), 3);
    // A rejection is not retried.
    let over = InteractionToken {
        id: healthy_upstream::ids::InteractionId(7),
        application: 1000,
        token: "none".into(),
    };
    let refused = rest.answer(&over, &InteractionResponse::DeferredUpdate).await;
    assert!(
        matches!(refused, Err(DiscordError::Permanent(PermanentReason::InteractionOver(_)))),
        "{refused:?}"
    );
    let sent = discord.state.requests().into_iter().filter(|seen| seen.path.contains("/7/")).count();
    assert_eq!(sent, 1);
}

/// The clock runs thirty times faster.
#[tokio::test]
async fn first_response_times_out_with_its_interaction_token() {
    let clock = Clock::fast("2025-04-16T09:00:00Z".parse().expect("an instant"), 30);
    let discord = Loopback::start_on(clock.clone()).await;
    let rest = discord.rest();
    let token = {
        let mut model = discord.state.model();
        let guild = model.add_guild("Developers", clock.now());
        let channel = model.add_channel(Some(guild), "ops", RulesChannelKind::Text, clock.now());
        let ada = model.add_person("ada", clock.now());
        let (id, token) = model.ask(channel, ada, None, clock.now());
        model.faults.queue(None, Fault::Silent, 1);
        InteractionToken { id, application: 1000, token }
    };
    let lost = rest.answer(&token, &InteractionResponse::DeferredUpdate).await.expect_err("no answer");
    assert!(lost.to_string().contains("no answer from Discord in time"), "{lost}");
}

#[tokio::test]
async fn files_are_read_from_discords_hosts_only() {
    let (discord, ..) = ops().await;
    let rest = discord.rest();
    for url in [
        "https://evil.example/log.txt",
        "http://cdn.discordapp.com/log.txt",
        "https://cdn.discordapp.com.evil.example/log.txt",
        "https://cdn.discordapp.com@evil.example/log.txt",
        "https://cdn.discordapp.com:8443/log.txt",
        "file:///etc/passwd",
        "no address",
    ] {
        let refused = rest.read_file(url, 1024).await;
        assert!(
            matches!(refused, Err(DiscordError::Permanent(PermanentReason::NotOnDiscord))),
            "{url}: {refused:?}"
        );
    }
}

/// Some servers with Discord's API, and proxies, send a 404 without a code.
#[tokio::test]
async fn uncoded_404_is_resolved_by_fetching_the_channel() {
    for (channel_says, expected) in [
        (r#"{"id":"7","type":0}"#, Some(PermanentReason::UnknownMessage)),
        (r#"{"code":10003,"message":"Unknown Channel"}"#, Some(PermanentReason::UnknownChannel)),
        ("<html>not found</html>", None),
    ] {
        let server = faulty_server::Loopback::start(move |request| {
            let status = if channel_says.contains("type") { "200 OK" } else { "404 Not Found" };
            if request.starts_with("GET /api/v10/channels/7 ") {
                faulty_server::json(status, channel_says)
            } else {
                faulty_server::json("404 Not Found", r#"{"code":404,"message":"Message could not be found"}"#)
            }
        })
        .await;
        let options = RestOptions {
            api: server.url(""),
            token: "a.bot.token".into(),
            requests_per_second: 50,
            shared_limits: None,
            clock: Clock::system(),
            proxy: Proxy::default(),
        };
        let rest = Rest::new(&options).expect("loopback is accepted");
        let posted = rest.post(&post(ChannelId(7), "n", "down")).await.expect_err("refused");
        let edited = rest.edit(ChannelId(7), MessageId(8), &Message::text("x")).await.expect_err("refused");
        for refused in [posted, edited] {
            match (&expected, refused) {
                (Some(expected), DiscordError::Permanent(refusal)) => assert_eq!(refusal, *expected),
                (None, DiscordError::Permanent(PermanentReason::Other { status: 404, .. })) => {}
                (_, other) => panic!("{channel_says}: {other}"),
            }
        }
    }
}
