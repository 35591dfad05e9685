//! The gateway over real sockets: every way in which a connection can end, and what a restart preserves.
//!
//! Real time, unpaused, because sockets are awaited. `faults` has its own clock: it counts connection attempts per minute.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use healthy_upstream::chat::{Message, Reply};
use healthy_upstream::clock::Clock;
use healthy_upstream::cluster::shards::ShardRange;
use healthy_upstream::commands::{Context, Input, OptionValue as Given};
use healthy_upstream::discord::gateway::{self, GatewayOptions, IDENTIFIES_PER_DAY, SessionStore, Timeouts};
use healthy_upstream::discord::permissions::{ADMINISTRATOR, VIEW_CHANNEL};
use healthy_upstream::discord::simulator::rules::RulesChannelKind;
use healthy_upstream::discord::{Discord, Incoming, InteractionResponse, InteractionToken, ShardGuilds};
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId, UserId};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::loopback::hub::{Manner, Moment, Way};
use crate::loopback::{Connection, Loopback, TOKEN, interaction};

mod faults;
mod presence;
mod waiting;

/// The gateway sessions that outlive a restart.
#[derive(Default)]
struct Notebook(Mutex<BTreeMap<String, Vec<u8>>>);

#[async_trait]
impl SessionStore for Notebook {
    async fn save(&self, name: &str, value: Option<&[u8]>) {
        let mut all = self.0.lock().expect("no poisoned lock");
        match value {
            Some(value) => all.insert(name.to_owned(), value.to_vec()),
            None => all.remove(name),
        };
    }

    async fn load(&self, name: &str) -> Option<Vec<u8>> {
        self.0.lock().expect("no poisoned lock").get(name).cloned()
    }
}

/// A bot that is connected to a loopback Discord.
struct Bot {
    incoming: mpsc::Receiver<Incoming>,
    stop: watch::Sender<bool>,
    presence: watch::Sender<String>,
    running: JoinHandle<()>,
}

#[derive(Clone, Copy)]
struct Wanted {
    shards: Option<ShardRange>,
    per_day: usize,
    token: &'static str,
    timeouts: Option<Timeouts>,
}

const USUAL: Wanted = Wanted { shards: None, per_day: IDENTIFIES_PER_DAY, token: TOKEN, timeouts: None };

impl Bot {
    fn start(discord: &Loopback, notebook: &Arc<Notebook>) -> Self {
        Self::start_with(discord, notebook, USUAL)
    }

    fn start_with(discord: &Loopback, notebook: &Arc<Notebook>, wanted: Wanted) -> Self {
        Self::start_on(discord, Arc::clone(notebook) as Arc<dyn SessionStore>, wanted)
    }

    fn start_on(discord: &Loopback, sessions: Arc<dyn SessionStore>, wanted: Wanted) -> Self {
        let (sender, incoming) = mpsc::channel(256);
        let (stop, stopped) = watch::channel(false);
        let (presence, shown) = watch::channel(String::new());
        let options = GatewayOptions {
            token: wanted.token.into(),
            shards: wanted.shards,
            shared_limits: None,
            identifies_per_day: wanted.per_day,
            timeouts: wanted.timeouts.unwrap_or_default(),
            presence: shown,
            clock: discord.state.clock.clone(),
        };
        let rest = discord.rest();
        let running =
            tokio::spawn(async move { gateway::run(options, &rest, sender, sessions, stopped).await });
        Self { incoming, stop, presence, running }
    }

    /// Returns the next item that is not only counted.
    async fn next(&mut self) -> Incoming {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(60), self.incoming.recv()).await;
            let next = next.expect("something comes within a minute").expect("the gateway runs");
            if !matches!(next, Incoming::Lost(_) | Incoming::Steady(_) | Incoming::Identified(_)) {
                return next;
            }
        }
    }

    async fn connected(&mut self) {
        loop {
            match self.next().await {
                Incoming::Connected => return,
                Incoming::Fatal(text) => panic!("not connected: {text}"),
                _ => {}
            }
        }
    }

    async fn asked(&mut self) -> (healthy_upstream::commands::Invocation, InteractionToken) {
        loop {
            match self.next().await {
                Incoming::Interaction(asked, token) => return (*asked, token),
                Incoming::Unreadable(why) => panic!("{why}"),
                _ => {}
            }
        }
    }

    /// Stops the bot as SIGTERM does.
    async fn stops(self) {
        self.stop.send(true).expect("it runs");
        self.running.await.expect("no panic");
    }
}

/// Starts a loopback Discord with one guild, one channel and the person ada.
async fn discord() -> (Loopback, ChannelId, UserId) {
    let discord = Loopback::start().await;
    let now = discord.state.clock.now();
    let (channel, ada) = {
        let mut model = discord.state.model();
        let guild = model.add_guild("Developers", now);
        (model.add_channel(Some(guild), "help", RulesChannelKind::Text, now), model.add_person("ada", now))
    };
    (discord, channel, ada)
}

fn ask(discord: &Loopback, channel: ChannelId, by: UserId, kind: u8, data: &Value) -> (InteractionId, Value) {
    let now = discord.state.clock.now();
    let mut model = discord.state.model();
    let (id, token) = model.ask(channel, by, None, now);
    (id, interaction(&model, (id, &token), kind, (channel, by, VIEW_CHANNEL), data, None))
}

fn status() -> Value {
    json!({ "id": "1", "name": "status", "type": 1, "options": [{ "name": "private", "type": 5, "value": true }] })
}

#[tokio::test]
async fn slash_command_arrives_and_is_answered() {
    let (discord, channel, ada) = discord().await;
    let mut bot = Bot::start(&discord, &Arc::default());
    bot.connected().await;
    let connection = discord.state.hub.connection(0).await;
    assert!(connection.compressed, "zlib-stream was asked for");
    let (id, event) = ask(&discord, channel, ada, 2, &status());
    connection.dispatch("INTERACTION_CREATE", event);

    let (asked, token) = bot.asked().await;
    assert_eq!((asked.id, asked.command.as_str(), asked.invoker.id), (id, "status", ada));
    assert_eq!((asked.subcommand(), asked.option("private")), (None, Some(&Given::Flag(true))));
    assert!(!asked.invoker.manages_channels);
    assert!(matches!(asked.context, Context::Server { member: true, .. }), "{:?}", asked.context);
    let rest = discord.rest();
    rest.answer(&token, &InteractionResponse::Reply(Reply::public(Message::text("🟢 up"))))
        .await
        .expect("answered");
    let callback = discord.state.sees(|r| r.path.ends_with("/callback")).await;
    assert_eq!((callback.status, callback.body["data"]["content"].as_str()), (200, Some("🟢 up")));

    let intents: Vec<Value> = discord.state.hub.identifies().iter().map(|i| i["intents"].clone()).collect();
    assert_eq!(intents, [json!(1)], "GUILDS and nothing privileged");
    bot.stops().await;
}

#[tokio::test]
async fn every_kind_of_disconnect_resumes_without_missing_events() {
    type End = (&'static str, fn(&Connection));
    let (discord, channel, ada) = discord().await;
    discord.state.hub.beats_every(400);
    let timeouts = Some(waiting::hasty());
    let mut bot = Bot::start_with(&discord, &Arc::default(), Wanted { timeouts, ..USUAL });
    let hub = &discord.state.hub;
    let ends: [End; 7] = [
        ("cut", |c| c.cuts()),
        ("close 4000", |c| c.closes(4000)),
        ("close 1000", |c| c.closes(1000)),
        ("close 4008", |c| c.closes(4008)),
        ("close 4009", |c| c.closes(4009)),
        ("RECONNECT", |c| c.asks_to_reconnect()),
        ("INVALID_SESSION true", |c| c.invalidates(true)),
    ];
    for (nth, (end, does)) in ends.into_iter().enumerate() {
        let connection = hub.connection(nth).await;
        // Sent while the connection ends: the session stores it.
        let (id, event) = ask(&discord, channel, ada, 2, &status());
        hub.loses(&connection.session, "INTERACTION_CREATE", &event);
        does(&connection);
        assert_eq!(bot.asked().await.0.id, id, "{end}: the missed event comes");
        assert!(hub.connection(nth + 1).await.resumed, "{end}");
    }
    assert_eq!(hub.identifies().len(), 1, "one IDENTIFY in all");
    bot.stops().await;
}

#[tokio::test]
async fn unanswered_heartbeat_reconnects_and_resumes_the_session() {
    let (discord, ..) = discord().await;
    discord.state.hub.beats_every(300);
    discord.state.hub.meets(&[Manner::Zombie]);
    let mut bot = Bot::start(&discord, &Arc::default());
    bot.connected().await;
    assert!(discord.state.hub.connection(1).await.resumed);
    assert_eq!(discord.state.hub.identifies().len(), 1);
    assert_eq!(discord.state.hub.resumes(), ["session-0"]);
    bot.stops().await;
}

#[tokio::test]
async fn invalid_session_is_identified_again() {
    let (discord, ..) = discord().await;
    let mut bot = Bot::start(&discord, &Arc::default());
    bot.connected().await;
    discord.state.hub.connection(0).await.invalidates(false);
    let second = discord.state.hub.connection(1).await;
    assert!(!second.resumed);
    // Discord forgot the session while the bot was away: the RESUME is refused, and an IDENTIFY follows.
    bot.connected().await;
    discord.state.hub.meets(&[Manner::InvalidSession(false)]);
    second.cuts();
    assert!(!discord.state.hub.connection(2).await.resumed);
    assert_eq!(discord.state.hub.identifies().len(), 3);
    bot.stops().await;
}

#[tokio::test]
async fn fatal_close_code_stops_with_a_clear_message() {
    for (code, says) in
        [(4004, "refuses the token"), (4010, "--shards"), (4011, "more shards"), (4014, "intents")]
    {
        let (discord, ..) = discord().await;
        discord.state.hub.meets(&[Manner::ClosedAtIdentify(code)]);
        let mut bot = Bot::start(&discord, &Arc::default());
        let Incoming::Fatal(text) = bot.next().await else { panic!("{code}: fatal first") };
        assert!(text.contains(says) && text.contains(&code.to_string()), "{text}");
        bot.running.await.expect("it ends without a signal");
        assert_eq!(discord.state.hub.identifies().len(), 1, "{code}: no loop");
    }
    let (discord, ..) = discord().await;
    let mut bot = Bot::start_with(&discord, &Arc::default(), Wanted { token: "another", ..USUAL });
    assert!(matches!(bot.next().await, Incoming::Fatal(text) if text.contains("4004")));
}

#[tokio::test]
async fn unreadable_interaction_is_logged_and_others_continue() {
    let (discord, channel, ada) = discord().await;
    let mut bot = Bot::start(&discord, &Arc::default());
    bot.connected().await;
    let connection = discord.state.hub.connection(0).await;
    let (_, mut broken) = ask(&discord, channel, ada, 2, &status());
    broken.as_object_mut().expect("an object").remove("token");
    connection.dispatch("INTERACTION_CREATE", broken);
    let (id, fine) = ask(&discord, channel, ada, 2, &status());
    connection.dispatch("INTERACTION_CREATE", fine);
    let Incoming::Unreadable(why) = bot.next().await else { panic!("unreadable first") };
    assert_eq!(why, "an interaction whose `token` cannot be read");
    assert_eq!(bot.asked().await.0.id, id);
    // A nested field is named too, without its value.
    let (_, mut broken) = ask(&discord, channel, ada, 2, &status());
    broken["member"]["user"]["id"] = json!("planted");
    connection.dispatch("INTERACTION_CREATE", broken);
    let Incoming::Unreadable(why) = bot.next().await else { panic!("unreadable") };
    assert!(why.contains("`member.user.id`") && !why.contains("planted"), "{why}");
    bot.stops().await;
}

#[tokio::test]
async fn process_restart_resumes_without_missing_events() {
    let (discord, channel, ada) = discord().await;
    let notebook = Arc::new(Notebook::default());
    let mut bot = Bot::start(&discord, &notebook);
    bot.connected().await;
    let before = discord.state.hub.connection(0).await;
    bot.stops().await;
    let (id, event) = ask(&discord, channel, ada, 2, &status());
    discord.state.hub.loses(&before.session, "INTERACTION_CREATE", &event);

    let mut bot = Bot::start(&discord, &notebook);
    assert_eq!(bot.asked().await.0.id, id, "the event that came while the bot was down");
    let after = discord.state.hub.connection(1).await;
    assert_eq!((after.resumed, after.session.as_str()), (true, before.session.as_str()));
    assert_eq!(discord.state.hub.identifies().len(), 1);
    bot.stops().await;
    let stored = notebook.0.lock().expect("no poisoned lock");
    let texts: Vec<String> = stored.values().map(|v| String::from_utf8_lossy(v).into_owned()).collect();
    assert!(!texts.iter().any(|text| text.contains(TOKEN)), "no token is stored: {texts:?}");
}

#[tokio::test]
async fn resume_url_of_another_host_is_ignored() {
    let (discord, ..) = discord().await;
    let notebook = Arc::new(Notebook::default());
    let mut bot = Bot::start(&discord, &notebook);
    bot.connected().await;
    let before = discord.state.hub.connection(0).await;
    bot.stops().await;
    {
        let mut stored = notebook.0.lock().expect("no poisoned lock");
        let session = stored.get_mut("gateway-session-0-1").expect("the session is stored");
        let mut planted: Value = serde_json::from_slice(session).expect("it is JSON");
        planted["resume_url"] = json!("wss://gateway.discord.gg@127.0.0.1.invalid/");
        *session = planted.to_string().into_bytes();
    }
    let mut bot = Bot::start(&discord, &notebook);
    bot.connected().await;
    let after = discord.state.hub.connection(1).await;
    assert_eq!((after.resumed, after.session.as_str()), (true, before.session.as_str()));
    bot.stops().await;
}

#[tokio::test]
async fn identifies_are_counted_across_restarts_below_discords_limit() {
    let (discord, ..) = discord().await;
    let notebook = Arc::new(Notebook::default());
    for _ in 0..2 {
        let mut bot = Bot::start_with(&discord, &notebook, Wanted { per_day: 2, ..USUAL });
        bot.connected().await;
        bot.stops().await;
        notebook.save("gateway-session-0-1", None).await;
    }
    let bot = Bot::start_with(&discord, &notebook, Wanted { per_day: 2, ..USUAL });
    // The third bot does not connect: it would only wait for its turn to identify.
    discord.state.clock.sleep(jiff::SignedDuration::from_millis(300)).await;
    bot.stops().await;
    assert_eq!((discord.state.hub.accepted(), discord.state.hub.identifies().len()), (2, 2));
}

#[tokio::test]
async fn shards_identify_in_order_within_their_range() {
    let (discord, ..) = discord().await;
    discord.state.hub.advises(16, 16);
    let shards = "1-2/3".parse().ok();
    let mut bot = Bot::start_with(&discord, &Arc::default(), Wanted { shards, ..USUAL });
    bot.connected().await;
    bot.connected().await;
    let mut ran: Vec<(u64, u64)> = Vec::new();
    for nth in 0..2 {
        ran.push(discord.state.hub.connection(nth).await.shard);
    }
    ran.sort_unstable();
    assert_eq!(ran, [(1, 3), (2, 3)]);
    // A shard that is cut reconnects as the same shard.
    let cut = discord.state.hub.connection(1).await;
    cut.cuts();
    let again = discord.state.hub.connection(2).await;
    assert_eq!((again.resumed, again.shard), (true, cut.shard));
    bot.stops().await;
}

#[tokio::test]
async fn joined_and_left_guilds_and_channels_are_reported() {
    let (discord, ..) = discord().await;
    discord.state.hub.knows(&[7, 8]);
    // Half a megabyte each, like a large guild.
    discord.state.hub.shows(|id| {
        json!({ "id": id.to_string(), "channels": vec![json!({ "name": "a".repeat(100) }); 4_000] })
            .to_string()
    });
    let mut bot = Bot::start(&discord, &Arc::default());
    let home = *discord.state.model().guilds.keys().next().expect("one server");
    let named = ShardGuilds { shard: (0, 1), named: vec![GuildId(7), GuildId(8), home] };
    assert!(matches!(bot.next().await, Incoming::Servers(servers) if servers == named));
    bot.connected().await;
    let connection = discord.state.hub.connection(0).await;
    connection.dispatch("GUILD_DELETE", json!({ "id": "8", "unavailable": true }));
    connection.dispatch("GUILD_CREATE", json!({ "id": "8", "name": "back" }));
    connection
        .dispatch("GUILD_CREATE", json!({ "id": "9", "name": "new", "channels": vec![json!({}); 500] }));
    connection.dispatch("CHANNEL_DELETE", json!({ "id": "70", "guild_id": "7", "type": 0 }));
    connection.dispatch("GUILD_DELETE", json!({ "id": "7" }));
    assert!(matches!(bot.next().await, Incoming::ServerJoined(GuildId(9))));
    assert!(matches!(bot.next().await, Incoming::ChannelGone(GuildId(7), ChannelId(70))));
    assert!(matches!(bot.next().await, Incoming::ServerLeft(GuildId(7))));
    bot.stops().await;
}

#[tokio::test]
async fn every_kind_of_interaction_is_understood() {
    let (discord, channel, ada) = discord().await;
    let mut bot = Bot::start(&discord, &Arc::default());
    bot.connected().await;
    let connection = discord.state.hub.connection(0).await;
    let option = json!({ "name": "question", "type": 3, "value": "no hea", "focused": true });
    let typing = json!({ "id": "1", "name": "faq", "type": 1, "options": [option] });
    connection.dispatch("INTERACTION_CREATE", ask(&discord, channel, ada, 4, &typing).1);
    let (asked, _) = bot.asked().await;
    assert!(
        matches!(asked.input, Input::Autocomplete { option, text, .. } if option == "question" && text == "no hea")
    );

    let given = json!([{ "name": "channel", "type": 7, "value": channel.to_string() },
        { "name": "role", "type": 8, "value": "55" }]);
    let role = json!({ "id": "55", "name": "ops", "color": 0, "hoist": false, "managed": false, "mentionable": true,
        "permissions": "0", "position": 1, "flags": 0,
        "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null } });
    let resolved = json!({ "roles": { "55": role },
        "channels": { channel.to_string(): { "id": channel.to_string(), "type": 5, "name": "news", "permissions": "0" } } });
    let sub = json!({ "name": "subscribe", "type": 1, "options": given });
    let data = json!({ "id": "1", "name": "alerts", "type": 1, "resolved": resolved, "options": [sub] });
    let (id, token) = discord.state.model().ask(channel, ada, None, discord.state.clock.now());
    let event =
        interaction(&discord.state.model(), (id, &token), 2, (channel, ada, ADMINISTRATOR), &data, None);
    connection.dispatch("INTERACTION_CREATE", event);
    let (asked, _) = bot.asked().await;
    assert!(asked.invoker.manages_channels, "an administrator has every permission");
    assert_eq!(asked.subcommand(), Some("subscribe"));
    let announcement = Some(healthy_upstream::alerts::ChannelKind::Announcement);
    assert_eq!(asked.option("channel"), Some(&Given::Channel(channel, announcement)));
    let role = healthy_upstream::ids::RoleId(55);
    assert_eq!(asked.option("role"), Some(&Given::Role { id: role, mentionable: true }));

    let form = json!({ "custom_id": "diagnose:read", "components": [{ "type": 1, "components":
        [{ "type": 4, "custom_id": "error", "value": "503\nno healthy upstream" }] }] });
    connection.dispatch("INTERACTION_CREATE", ask(&discord, channel, ada, 5, &form).1);
    let (asked, _) = bot.asked().await;
    let Input::ModalSubmit { action, fields } = asked.input else { panic!("{:?}", asked.input) };
    assert_eq!((action.as_str(), fields["error"].as_str()), ("read", "503\nno healthy upstream"));

    let now = discord.state.clock.now();
    let (message, event) = {
        let mut model = discord.state.model();
        let (first, token) = model.ask(channel, ada, None, now);
        let body = json!({ "type": 4, "data": { "content": "🟢", "allowed_mentions": { "parse": [] } } });
        let done = model.call_back(first, &token, &body, now).expect("answered");
        let message = done.message.expect("a message");
        let (id, token) = model.ask(channel, ada, Some(message), now);
        let data = json!({ "custom_id": "faq:more:spotify-nhu", "component_type": 2 });
        (message, interaction(&model, (id, &token), 3, (channel, ada, 0), &data, Some(message)))
    };
    connection.dispatch("INTERACTION_CREATE", event);
    let (asked, _) = bot.asked().await;
    assert_eq!(asked.command, "faq");
    let pressed = Input::Component {
        action: "more:spotify-nhu".into(),
        values: vec![],
        mentionable: vec![],
        message: Some(message),
        ours: true,
        asked_by: Some(ada),
    };
    assert_eq!(asked.input, pressed);
    bot.stops().await;
}
