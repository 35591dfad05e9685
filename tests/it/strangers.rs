//! What nobody here wrote: real clients' data, odd messages, Discord on a bad day. Everybody gets their answer.
//!
//! The cases in `tests/data/strangers` come from public bug reports. Each is sent, signed, to the HTTP endpoint of a bot
//! whose Discord is the loopback one. Real time, unpaused: sockets are awaited.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use healthy_upstream::alerts::{Subscription, SubscriptionEdit};
use healthy_upstream::app::App;
use healthy_upstream::clock::Clock;
use healthy_upstream::commands::Input;
use healthy_upstream::discord::codec::{IncomingInteraction, Node, read_interaction};
use healthy_upstream::discord::http_interactions::{self, HttpInteractionsOptions};
use healthy_upstream::discord::permissions::{self as may, Overwrite, OverwriteTarget};
use healthy_upstream::discord::simulator::Simulator;
use healthy_upstream::discord::simulator::rules::{Fault, RulesChannelKind};
use healthy_upstream::discord::{Discord, DiscordError, Incoming, ShardGuilds};
use healthy_upstream::faq::Faq;
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId, RoleId, UserId};
use healthy_upstream::probe::ScriptedSpotify;
use healthy_upstream::store::MemoryStore;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::http_interactions::{say, sign};
use crate::loopback::Loopback;
use crate::world::{World, bot};

fn case(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/strangers").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Loads the FAQ before the first question: unoptimised, that may take longer than one paste may.
fn ready(language: &str) {
    Faq::builtin().in_language(language).diagnose("spotify 503 no healthy upstream");
}

/// A bot behind its endpoint.
struct Bot {
    discord: Loopback,
    guild: GuildId,
    channel: ChannelId,
    key: SigningKey,
    address: std::net::SocketAddr,
    _app: App,
    _stop: watch::Sender<bool>,
}

impl Bot {
    async fn start(kind: RulesChannelKind) -> Self {
        ready("en");
        let discord = Loopback::start().await;
        let clock = Clock::system();
        let (guild, channel) = {
            let (mut model, now) = (discord.state.model(), clock.now());
            let guild = model.add_guild("Developers", now);
            (guild, model.add_channel(Some(guild), "help", kind, now))
        };
        let key = SigningKey::from_bytes(&[5; 32]);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (sender, incoming) = mpsc::channel(8);
        let (stop, stopped) = watch::channel(false);
        let public_key = HEXLOWER.encode(key.verifying_key().as_bytes());
        let options = HttpInteractionsOptions { public_key, connections: 8, clock: clock.clone() };
        tokio::spawn(http_interactions::run(options, listener, sender, stopped));
        let store = Arc::new(MemoryStore::default().open().expect("opened"));
        let mut parts =
            bot(&clock, &ScriptedSpotify::new(&clock), &Simulator::new(clock.clone()), store, incoming);
        parts.discord = Arc::new(discord.rest());
        let app = App::start(parts).await.expect("the app starts");
        Self { discord, guild, channel, key, address, _app: app, _stop: stop }
    }

    /// Sends a case with this Discord's ids, and a fresh interaction; returns what the person reads.
    async fn answers(&self, case: &str) -> String {
        let (invoker, (id, token)) = {
            let mut model = self.discord.state.model();
            let now = self.discord.state.clock.now();
            // A new user for each case, because of the cooldown.
            let invoker = model.add_person("invoker", now);
            (invoker, model.ask(self.channel, invoker, None, now))
        };
        // Some are nested deeper than serde_json reads.
        let old = Node::parse(case).expect("JSON").get("id").id().expect("an id").to_string();
        let body = case
            .replace(&old, &id.to_string())
            .replace("\"tok\"", &format!("\"{token}\""))
            .replace("1000000000000000001", "1000")
            .replace("2000000000000000001", &self.guild.to_string())
            .replace("1100000000000000001", &self.channel.to_string())
            .replace("300000000000000001", &invoker.to_string());
        let (status, _) =
            say(self.address, &sign(&self.key, &body, 0, false), &body).await.expect("it listens");
        assert_eq!(status, 202, "it is taken");
        let own = format!("/interactions/{id}/");
        let first = self.discord.state.sees(|r| r.path.starts_with(&own)).await;
        if first.body["type"] == 5 {
            let original = format!("/{token}/messages/@original");
            let edited = self.discord.state.sees(|r| r.path.ends_with(&original)).await;
            return edited.body["content"].as_str().unwrap_or_default().to_owned();
        }
        assert!(first.status < 300, "Discord takes it: {first:?}");
        first.body["data"]["content"].as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn odd_cosmetic_fields_never_prevent_an_answer() {
    let bot = Bot::start(RulesChannelKind::Text).await;
    for name in [
        "d01-decoration-v2-asset.json",
        "d04-public-flags-above-32-bits.json",
        "d05-avatar-of-an-unknown-form.json",
    ] {
        let answer = bot.answers(&case(name)).await;
        assert!(answer.contains("**Our checks**"), "{name}: a status answer, not {answer}");
    }
}

#[tokio::test]
async fn odd_message_fields_never_prevent_the_explanation() {
    let bot = Bot::start(RulesChannelKind::Text).await;
    for name in [
        "d06-embed-with-a-date-only-timestamp.json",
        "d08-action-row-with-an-unknown-child.json",
        "d09-locale-missing.json",
    ] {
        let answer = bot.answers(&case(name)).await;
        assert!(answer.contains("What “no healthy upstream” means"), "{name}: {answer}");
        assert!(answer.contains("Whose problem?"), "{name}: in English: {answer}");
    }
}

#[tokio::test]
async fn missing_locale_falls_back_to_the_servers_language() {
    ready("de");
    let bot = Bot::start(RulesChannelKind::Text).await;
    let sent =
        case("d09-locale-missing.json").replace("\"guild_locale\": \"en-US\"", "\"guild_locale\": \"de\"");
    let answer = bot.answers(&sent).await;
    assert!(!answer.contains("Whose problem?") && answer.contains("**"), "{answer}");
}

#[tokio::test]
async fn error_is_found_in_every_part_of_a_message() {
    let bot = Bot::start(RulesChannelKind::Text).await;
    for (name, read) in [
        ("d10-forwarded-message.json", "I read: the forwarded message."),
        ("d11-error-in-an-embed.json", "I read: an embed."),
        ("d13-mention-and-error-in-an-embed.json", "I read: the message's text, an embed."),
    ] {
        let answer = bot.answers(&case(name)).await;
        assert!(answer.contains("What “no healthy upstream” means"), "{name}: {answer}");
        assert!(answer.ends_with(&format!("-# {read}")), "{name}: {answer}");
    }
}

/// The message of a case with these fields in place of its own.
fn with_message(fields: &Value) -> String {
    let mut case: Value =
        serde_json::from_str(&case("d13-mention-and-error-in-an-embed.json")).expect("JSON");
    let messages = &mut case["data"]["resolved"]["messages"];
    let message = messages["1200000000000000001"].as_object_mut().expect("a message");
    message.extend(fields.as_object().expect("fields").clone());
    case.to_string()
}

#[tokio::test]
async fn every_message_part_is_read_in_order_and_bounded() {
    let bot = Bot::start(RulesChannelKind::Text).await;
    let error = "503 no healthy upstream";
    let display = json!({ "type": 10, "content": error });
    let nested = json!([{ "type": 17, "components": [{ "type": 9, "components": [display], "accessory": { "type": 2 } }] }]);
    let field = json!([{ "fields": [{ "name": "Error", "value": error }] }]);
    let footer = json!([{ "footer": { "text": error } }]);
    let snapshot = json!([{ "message": { "content": "", "embeds": field } }, null, { "message": 7 }]);
    for (fields, read) in [
        (json!({ "content": "", "embeds": field }), "an embed"),
        (json!({ "content": "", "embeds": footer }), "an embed"),
        (json!({ "content": "", "embeds": [], "components": nested }), "a text display"),
        (
            json!({ "content": "", "embeds": [], "components": [{ "type": 99, "component": display }] }),
            "a text display",
        ),
        (json!({ "content": "", "embeds": [], "message_snapshots": snapshot }), "the forwarded message"),
        (
            json!({ "content": "see below", "embeds": footer, "components": nested, "message_snapshots": snapshot }),
            "the message's text, the forwarded message, an embed, a text display",
        ),
    ] {
        let answer = bot.answers(&with_message(&fields)).await;
        assert!(answer.contains("no healthy upstream"), "{fields}: {answer}");
        assert!(answer.ends_with(&format!("-# I read: {read}.")), "{fields}: {answer}");
    }
    let many: Vec<Value> =
        (0..50).map(|n| json!({ "description": format!("{n} {}", "x".repeat(3_000)) })).collect();
    let answer = bot.answers(&with_message(&json!({ "content": error, "embeds": many }))).await;
    assert!(answer.contains("no healthy upstream"), "{answer}");
    let mut deep = display.clone();
    for _ in 0..200 {
        deep = json!({ "type": 17, "components": [deep] });
    }
    let answer =
        bot.answers(&with_message(&json!({ "content": error, "embeds": [], "components": [deep] }))).await;
    assert!(answer.ends_with("-# I read: the message's text."), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn temporary_refusal_suspends_no_channel() {
    let said: Value = serde_json::from_str(&case("d16-403-internal-network-error.json")).expect("JSON");
    let first = &said["first answer to POST /channels/C/messages"];
    let number = |node: &Value| u32::try_from(node.as_u64().expect("a number")).expect("small");
    let refused = Fault::Refused(
        u16::try_from(number(&first["status"])).expect("a status"),
        number(&first["body"]["code"]),
    );
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.discord.channel("#ops").fails(refused, 1);
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:01:30").await;
    assert!(world.posts().contains("🔴"), "sent within a minute: {}", world.posts());
    let stored = world.store().subscriptions(None, None, 10).await.expect("read");
    assert_eq!(stored.iter().map(|it| it.paused.clone()).collect::<Vec<_>>(), [None]);
    world.run_until("09:20").await;
    world.may_be_refused = 1;
}

#[tokio::test]
async fn voice_channel_without_connect_permission_is_refused_by_name() {
    let said: Value = serde_json::from_str(&case("d14-voice-channel-without-connect.json")).expect("JSON");
    let bits = |node: &Value| node.as_str().and_then(|bits| bits.parse::<u64>().ok()).expect("bits");
    let everybody = bits(&said["GET /guilds/G"]["everyone_permissions"]);
    let deny = bits(&said["GET /channels/C"]["permission_overwrites"][0]["deny"]);
    let bot = Bot::start(RulesChannelKind::Voice).await;
    let arrange = |connects: bool| {
        let mut model = bot.discord.state.model();
        for role in &mut model.guilds.get_mut(&bot.guild).expect("there").roles {
            role.permissions = everybody | if connects { may::CONNECT } else { 0 };
        }
        let overwrite = Overwrite { whose: OverwriteTarget::Role(RoleId(bot.guild.0)), deny, allow: 0 };
        model.channels.get_mut(&bot.channel).expect("there").overwrites =
            if connects { Vec::new() } else { vec![overwrite] };
    };
    arrange(false);
    let interaction = said["interaction"].to_string();
    let answer = bot.answers(&interaction).await;
    assert!(answer.contains("I'm missing **Connect** there"), "{answer}");
    arrange(true);
    let answer = bot.answers(&interaction).await;
    assert!(answer.contains("Saved"), "{answer}");
}

#[tokio::test]
async fn timed_out_bot_does_not_promise_alerts() {
    let mut said: Value =
        serde_json::from_str(&case("d14-voice-channel-without-connect.json")).expect("JSON");
    said["interaction"]["data"]["resolved"]["channels"]["1100000000000000001"]["type"] = json!(0);
    let interaction = said["interaction"].to_string();
    let bot = Bot::start(RulesChannelKind::Text).await;
    let me = bot.discord.state.model().me.user;
    let time_out = |who: Vec<UserId>| {
        bot.discord.state.model().guilds.get_mut(&bot.guild).expect("there").timed_out = who;
    };
    time_out(vec![me]);
    let answer = bot.answers(&interaction).await;
    assert!(answer.contains("I'm missing **Send Messages** there"), "{answer}");
    time_out(Vec::new());
    let answer = bot.answers(&interaction).await;
    assert!(answer.contains("Saved"), "{answer}");
}

#[tokio::test]
async fn discords_permissions_for_a_named_channel_count() {
    let mut said: Value =
        serde_json::from_str(&case("d14-voice-channel-without-connect.json")).expect("JSON");
    let named = &mut said["interaction"]["data"]["resolved"]["channels"]["1100000000000000001"];
    (named["type"], named["app_permissions"]) =
        (json!(0), json!((may::VIEW_CHANNEL | may::READ_MESSAGE_HISTORY).to_string()));
    let bot = Bot::start(RulesChannelKind::Text).await;
    let answer = bot.answers(&said["interaction"].to_string()).await;
    assert!(answer.contains("I'm missing **Send Messages** there"), "{answer}");
    // What is there and cannot be read allows nothing.
    said["interaction"]["data"]["resolved"]["channels"]["1100000000000000001"]["app_permissions"] = json!({});
    let answer = bot.answers(&said["interaction"].to_string()).await;
    assert!(answer.contains("**View Channel**"), "{answer}");
}

/// A READY that names less than there is costs no alert: the bot fetches the servers that it leaves out.
#[tokio::test]
async fn only_discord_decides_that_the_bot_left() {
    let discord = Loopback::start().await;
    let guild = discord.state.model().add_guild("Developers", discord.state.clock.now());
    let rest = discord.rest();
    assert_eq!(rest.is_in(guild).await, Ok(true));
    assert_eq!(rest.is_in(GuildId(7)).await, Ok(false), "50001");
    for (status, code) in [(403, 40333), (403, 0), (404, 0), (429, 0)] {
        discord.state.model().faults.queue(None, Fault::Refused(status, code), 1);
        let unknown = rest.is_in(guild).await;
        assert!(unknown.is_err(), "{status} {code}: {unknown:?}");
    }
    discord.state.model().faults.queue(None, Fault::Refused(404, 10004), 1);
    assert_eq!(rest.is_in(guild).await, Ok(false));
    discord.state.model().faults.queue(None, Fault::Broken(503), 1);
    assert!(matches!(rest.is_in(guild).await, Err(DiscordError::Transient { .. })));
}

async fn ready_names(world: &World, named: &[GuildId]) {
    let servers = ShardGuilds { shard: (0, 1), named: named.to_vec() };
    world.discord.sends(Incoming::Servers(servers)).await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_or_partial_ready_loses_no_alert() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    ready_names(&world, &[]).await;
    world.run_until("08:56").await;
    // Discord's response is unclear: the subscriptions stay.
    world.discord.fails(Fault::Refused(403, 40333), 1);
    ready_names(&world, &[GuildId(7)]).await;
    world.run_until("08:57").await;
    world.discord.fails(Fault::Broken(500), 1);
    ready_names(&world, &[]).await;
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:30").await;
    world.may_be_refused = 1;
    let posts = world.posts();
    assert!(posts.contains("🔴") && posts.contains("🟢"), "{posts}");
}

#[tokio::test(start_paused = true)]
async fn unlisted_guilds_are_fetched_two_per_second() {
    let mut world = World::new().await;
    world.stop().await;
    let (store, now) = (world.store(), world.clock.now());
    for n in 1..=20 {
        let subscription = Subscription::new(GuildId(n), ChannelId(n), now);
        let change = SubscriptionEdit::Subscribe(Box::new(subscription));
        store.change(&change, InteractionId(n), now).await.expect("saved");
    }
    drop(store);
    world.start().await;
    let hear = async |world: &World| {
        let mut hear = Vec::new();
        let store = world.reads();
        for n in 1..=20 {
            hear.extend(store.subscriptions(Some(GuildId(n)), None, 10).await.expect("read"));
        }
        hear.len()
    };
    let before = world.discord.requests();
    ready_names(&world, &[]).await;
    world.run_until("08:55:05").await;
    let asked = world.discord.requests() - before;
    assert!((9..=11).contains(&asked), "{asked} in five seconds");
    assert_eq!(hear(&world).await, usize::try_from(20 - asked).expect("few"), "Discord knows none of them");
    // Other gateway events are not delayed, and a guild that was just joined is not fetched.
    world.discord.sends(Incoming::ServerJoined(GuildId(20))).await;
    world.discord.sends(Incoming::ServerLeft(GuildId(19))).await;
    world.run_until("08:55:06").await;
    assert!(world.reads().subscriptions(Some(GuildId(19)), None, 10).await.expect("read").is_empty());
    world.run_until("08:56").await;
    assert_eq!(hear(&world).await, 1, "the one that was joined");
    assert_eq!(world.discord.requests() - before, 18);
}

#[tokio::test(start_paused = true)]
async fn oversized_paste_is_reported_and_the_next_is_read() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.paste_steps = 20_000;
    world.restart().await;
    let (ana, bob) = (world.discord.person("@ana"), world.discord.person("@bob"));
    let long = format!("/diagnose error:{}", "no healthy upstream ".repeat(250));
    let too_much = format!("{:?}", ana.types("#help", &long).await.expect("an answer"));
    assert!(too_much.contains("That is too much to read at once."), "{too_much}");
    for person in [ana, bob] {
        let short = person.types("#help", "/diagnose error:503 no healthy upstream").await;
        let short = format!("{:?}", short.expect("an answer"));
        assert!(short.contains("no healthy upstream”"), "{short}");
    }
}

/// The texts and files of a message that is explained, as read from an interaction.
fn read_message(case: &str) -> (String, Vec<String>) {
    let read = read_interaction(case).unwrap_or_else(|why| panic!("{why}: {case}"));
    let IncomingInteraction::Asked(asked, _) = read else { panic!("asked: {case}") };
    let Input::MessageCommand { text, more, files, .. } = asked.input else { panic!("a message: {case}") };
    let texts: Vec<String> = std::iter::once(text).chain(more.into_iter().map(|(_, text)| text)).collect();
    (texts.join("\n"), files.into_iter().map(|file| file.name).collect())
}

#[test]
fn text_files_are_read_in_order_and_images_skipped() {
    let file = |name: &str, kind: Value| json!({ "id": "1", "url": format!("https://cdn.discordapp.com/{name}"), "filename": name, "content_type": kind, "size": 7 });
    let message = json!({
        "attachments": [file("a.png", json!("image/png")), file("b.log", Value::Null), null, 7, file("c.txt", json!("text/plain; charset=utf-8")), { "filename": "d.log" }],
        "message_snapshots": [{ "message": { "attachments": [file("e.json", json!("application/json")), file("f.mp4", json!("video/mp4"))] } }],
    });
    assert_eq!(read_message(&with_message(&message)).1, ["b.log", "c.txt", "e.json"]);
}

/// Inputs like those that were reported, which nobody here has seen: each is read, with its error.
#[test]
fn odd_fields_of_every_kind_leave_the_error_readable() {
    let error = "503 no healthy upstream";
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
        json!("99999999999999999999999999"),
        json!("\u{0}\u{202e}"),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!({ "id": null }),
    ];
    let of_message = [
        "id",
        "type",
        "flags",
        "timestamp",
        "edited_timestamp",
        "tts",
        "mention_everyone",
        "mentions",
        "mention_roles",
        "attachments",
        "embeds",
        "components",
        "message_snapshots",
        "message_reference",
        "referenced_message",
        "poll",
        "sticker_items",
        "reactions",
        "nonce",
        "pinned",
        "webhook_id",
        "activity",
        "application",
        "thread",
        "position",
        "role_subscription_data",
        "call",
        "shared_client_theme",
        "a_field_of_next_year",
    ];
    let mut tried = 0;
    for field in of_message {
        for value in &odd {
            let (text, _) = read_message(&with_message(&json!({ "content": error, field: value })));
            assert!(text.contains(error), "{field}: {value}: {text}");
            tried += 1;
        }
    }
    let of_interaction = [
        "version",
        "entitlements",
        "attachment_size_limit",
        "locale",
        "guild_locale",
        "context",
        "channel",
        "guild",
        "message",
        "monetization",
        "a_field_of_next_year",
    ];
    let of_person = [
        "username",
        "discriminator",
        "global_name",
        "avatar",
        "avatar_decoration_data",
        "collectibles",
        "clan",
        "primary_guild",
        "public_flags",
        "bot",
        "banner",
        "accent_color",
        "display_name_styles",
    ];
    for value in &odd {
        let mut case: Value =
            serde_json::from_str(&with_message(&json!({ "content": error }))).expect("JSON");
        for field in of_interaction {
            case[field] = value.clone();
        }
        for field in of_person {
            case["member"]["user"][field] = value.clone();
            case["data"]["resolved"]["messages"]["1200000000000000001"]["author"][field] = value.clone();
        }
        for field in [
            "nick",
            "joined_at",
            "premium_since",
            "pending",
            "flags",
            "communication_disabled_until",
            "unusual_dm_activity_until",
        ] {
            case["member"][field] = value.clone();
        }
        let (text, _) = read_message(&case.to_string());
        assert!(text.contains(error), "{value}: {text}");
        tried += of_interaction.len() + 2 * of_person.len() + 7;
    }
    // The error inside of what is odd around it.
    for message in [
        json!({ "content": "", "embeds": [null, 7, { "type": "gift", "title": 7, "description": error, "fields": "none", "color": "red" }] }),
        json!({ "content": "", "embeds": [{ "title": error, "fields": [null, { "name": null, "value": 5, "inline": "yes" }] }] }),
        json!({ "content": "", "embeds": [{ "footer": { "text": error, "icon_url": 5 }, "image": null, "video": [] }] }),
        json!({ "content": null, "embeds": [{ "fields": [{ "name": "Error", "value": error }] }] }),
        json!({ "content": 7, "components": [{ "type": 10, "content": error }] }),
        json!({ "content": [], "components": [{ "type": 17, "accent_color": -1, "components": [{ "type": 10, "content": error }] }] }),
        json!({ "content": {}, "components": [{ "type": "17", "components": [null, { "type": "10", "content": error }] }] }),
        json!({ "components": [{ "type": 9, "components": [{ "type": 10.0, "content": error }], "accessory": null }] }),
        json!({ "components": [{ "type": 99, "component": { "type": 10, "content": error } }] }),
        json!({ "components": [{ "type": 9, "accessory": { "type": 10, "content": error } }] }),
        json!({ "message_snapshots": [{ "message": { "content": error, "attachments": 5, "embeds": {}, "components": null } }] }),
        json!({ "message_snapshots": [null, {}, { "message": null }, { "message": { "embeds": [{ "description": error }] } }] }),
        json!({ "message_snapshots": [{ "message": { "components": [{ "type": 10, "content": error }] } }] }),
        json!({ "message_snapshots": [{ "guild_id": 7, "message": { "content": error } }], "message_reference": { "type": 1 } }),
    ] {
        let mut fields = json!({ "content": "", "embeds": [] });
        fields.as_object_mut().expect("an object").extend(message.as_object().expect("fields").clone());
        let (text, _) = read_message(&with_message(&fields));
        assert!(text.contains(error), "{message}: {text}");
        tried += 1;
    }
    assert!(tried > 400, "{tried}");
}
