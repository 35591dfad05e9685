//! What the operator is alerted of, through which channel, and how often.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use expect_test::expect;
use healthy_upstream::alerts::SubscriptionEdit;
use healthy_upstream::clock::Clock;
use healthy_upstream::cluster::LeaseManager;
use healthy_upstream::config::Config;
use healthy_upstream::discord::simulator::Simulator;
use healthy_upstream::health::{Detector, Policy, SourceName, SourceView, StatusSnapshot};
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId};
use healthy_upstream::metrics::Metrics;
use healthy_upstream::notifier::OperatorEvent;
use healthy_upstream::operator::backups::Backups;
use healthy_upstream::operator::channels::{DiscordChannel, OperatorChannel, OperatorChannelError, Webhook};
use healthy_upstream::operator::dead_man;
use healthy_upstream::operator::http::HealthEndpoints;
use healthy_upstream::operator::notifier::OperatorNotifier;
use healthy_upstream::operator::self_checks::{SelfCheckDeps, SelfChecks};
use healthy_upstream::proxy::Proxy;
use healthy_upstream::secret::Secret;
use healthy_upstream::store::{self, MemoryStore, Store, StoreOptions, dump};
use healthy_upstream::throttle::{Caller, Throttle};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

use crate::fixtures::at;

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// A webhook that records its messages, unless it is gone.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>, Arc<Mutex<Option<String>>>);

#[async_trait]
impl OperatorChannel for Heard {
    async fn say(&self, text: &str, _: &str) -> Result<(), OperatorChannelError> {
        if let Some(why) = self.1.lock().expect("whole").clone() {
            return Err(OperatorChannelError::Never(why));
        }
        self.0.lock().expect("whole").push(text.to_owned());
        Ok(())
    }
}

/// A running operator notifier, and everything that feeds it.
struct Line {
    clock: Clock,
    discord: Simulator,
    webhook: Heard,
    store: Arc<dyn Store>,
    throttle: Arc<Throttle>,
    metrics: Metrics,
    alerts: mpsc::Sender<OperatorEvent>,
    stop: watch::Sender<bool>,
    running: tokio::task::JoinHandle<()>,
    snapshot: watch::Sender<Arc<StatusSnapshot>>,
}

impl Line {
    fn new() -> Self {
        Self::on(&MemoryStore::default())
    }

    fn on(memory: &MemoryStore) -> Self {
        let clock = Clock::owned(at("09:00"));
        let discord = Simulator::new(clock.clone());
        let channel = discord.channel("#operator").id;
        let store: Arc<dyn Store> = Arc::new(memory.open().expect("opens"));
        let throttle = Arc::new(Throttle::new(clock.clone()));
        let metrics = Metrics::default();
        metrics.connected(true);
        let webhook = Heard::default();
        let (_, catalog) = Config::default_for_tests().watched().expect("built in");
        let mut snapshot = Detector::new(catalog, Policy::default()).snapshot(clock.now());
        snapshot.services[0].checked_at = Some(clock.now());
        let (snapshot, pictures) = watch::channel(Arc::new(snapshot));
        let (alerts, incoming) = mpsc::channel(100);
        let (stop, stopping) = watch::channel(false);
        let watching = SelfCheckDeps {
            certificate_warning: SignedDuration::from_hours(168),
            questions: true,
            backups: true,
        };
        let notifier = OperatorNotifier {
            clock: clock.clone(),
            channel: Some(Arc::new(DiscordChannel { discord: Arc::new(discord.clone()), channel })),
            webhook: Some(Arc::new(webhook.clone())),
            alerts: incoming,
            throttle: Arc::clone(&throttle),
            self_checks: SelfChecks::new(Arc::clone(&store), metrics.clone(), pictures, watching),
            leadership: None,
        };
        let running = tokio::spawn(notifier.run(stopping));
        Self { clock, discord, webhook, store, throttle, metrics, alerts, stop, running, snapshot }
    }

    async fn pass(&self, span: SignedDuration) {
        self.clock.sleep(span).await;
    }

    async fn give_up(&self, channel: u64) {
        let why = "Discord was away for a day".to_owned();
        let alert = OperatorEvent::GivenUp { guild: GuildId(1), channel: ChannelId(channel), why };
        self.alerts.send(alert).await.expect("the line is open");
    }

    fn in_channel(&self) -> Vec<String> {
        self.discord.channel("#operator").texts()
    }

    fn by_webhook(&self) -> Vec<String> {
        self.webhook.0.lock().expect("whole").clone()
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_lost_alerts_are_two_messages() {
    let line = Line::new();
    for channel in 0..500 {
        line.give_up(channel).await;
        line.pass(SignedDuration::from_secs(1)).await;
    }
    line.pass(minutes(30)).await;
    expect![[r#"
        An alert to <#0> was given up: Discord was away for a day.
        An alert to <#499> was given up: Discord was away for a day. (499 such in the last 10 minutes; this is the newest.)"#]]
    .assert_eq(&line.in_channel().join("\n"));
    assert!(line.by_webhook().is_empty(), "Discord works: the webhook gets nothing");
}

#[tokio::test(start_paused = true)]
async fn every_delivery_failure_has_its_own_operator_alert() {
    let line = Line::new();
    let (guild, channel) = (GuildId(1), ChannelId(7));
    let why = |text: &str| text.to_owned();
    for alert in [
        OperatorEvent::Paused { guild, channel, why: why("Missing Access (50001)") },
        OperatorEvent::Healed { guild, channel },
        OperatorEvent::Gone { guild, channel },
        OperatorEvent::Malformed { channel, why: why("Invalid Form Body (50035)") },
        OperatorEvent::Store { why: why("the disk is full") },
        OperatorEvent::Registration { why: why("refused: 400 (30034)") },
    ] {
        line.alerts.send(alert).await.expect("the line is open");
    }
    line.pass(minutes(1)).await;
    expect![[r#"
        Alerts to <#7> are paused: Missing Access (50001). They are retried automatically.
        Alerts to <#7> have resumed.
        The channel 7 is gone; its subscription can be restored for 30 days.
        Discord rejected our message to <#7> as malformed (Invalid Form Body (50035)); it was sent shorter.
        Alerts wait in the store: the disk is full.
        Discord refuses to register my commands: refused: 400 (30034). Alerts and the registered commands go on. I retry each day."#]]
    .assert_eq(&line.in_channel().join("\n"));
}

/// Over real sockets, so on real time; its clock runs six hundred times as fast.
#[tokio::test]
async fn heartbeat_runs_while_healthy_and_stops_when_probes_stall() {
    let clock = Clock::fast(at("09:00"), 600);
    let (asked_in, mut asked) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let heard = clock.clone();
    let ping = axum::routing::get(async move || asked_in.send(heard.now()).unwrap_or(()));
    let router = axum::Router::new().route("/ping", ping);
    tokio::spawn(async move { axum::serve(listener, router).await });

    let (_, catalog) = Config::default_for_tests().watched().expect("built in");
    let mut snapshot = Detector::new(catalog, Policy::default()).snapshot(clock.now());
    snapshot.services[0].checked_at = Some(clock.now());
    snapshot.answered = Some(clock.now());
    let (probes, snapshot) = watch::channel(Arc::new(snapshot));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default().open().expect("opens"));
    let roles = LeaseManager::new(store.clone(), clock.clone(), SignedDuration::from_hours(24));
    let (_standby, leadership) = roles.expect("a name").campaign().await.expect("alone");
    let pages = HealthEndpoints {
        clock: clock.clone(),
        metrics: Metrics::default(),
        store,
        snapshot,
        throttle: Arc::new(Throttle::new(clock.clone())),
    };
    pages.metrics.connected(true);
    let (stop, stopping) = watch::channel(false);
    let address = Secret::new(&format!("http://{address}/ping"));
    let holding = tokio::spawn(dead_man::hold(address, Proxy::default(), pages, leadership, stopping));

    let first = asked.recv().await.expect("at once");
    let second = asked.recv().await.expect("a minute later");
    assert!(second.duration_since(first) >= minutes(1), "{first} {second}");
    // The only check grows old: the heartbeat stops, so the heartbeat service alerts.
    clock.sleep_until(at("09:20")).await;
    let mut last = second;
    while let Ok(held) = asked.try_recv() {
        last = held;
    }
    assert!(last < at("09:10"), "the heartbeat went on while nothing was probed: {last}");
    probes.send_modify(|snapshot| {
        let mut newer = (**snapshot).clone();
        newer.services[0].checked_at = Some(clock.now());
        newer.answered = Some(clock.now());
        *snapshot = Arc::new(newer);
    });
    assert!(asked.recv().await.expect("sent again") >= at("09:20"));
    stop.send_replace(true);
    holding.await.expect("ends in order");
}

#[tokio::test(start_paused = true)]
async fn webhook_gets_what_the_channel_cannot_while_discord_is_down() {
    let line = Line::new();
    line.discord.is_down(at("09:01"), at("09:30"));
    line.pass(minutes(2)).await;
    line.metrics.connected(false);
    line.pass(minutes(14)).await;
    expect![
        "Discord is not connected since 2025-04-16 09:02 UTC. Pending messages are sent when it is back."
    ]
    .assert_eq(&line.by_webhook().join("\n"));
    line.pass(minutes(18)).await;
    line.metrics.connected(true);
    line.pass(minutes(2)).await;
    expect!["Discord is connected again after 32 min."].assert_eq(&line.in_channel().join("\n"));
}

/// A gateway that accepts each connection and drops it a moment later is no connection.
#[tokio::test(start_paused = true)]
async fn unstable_connections_are_reported_after_five_minutes() {
    let line = Line::new();
    line.pass(minutes(2)).await;
    for _ in 0..10 {
        line.metrics.lost(3);
        line.metrics.connected(false);
        line.pass(minutes(1)).await;
        line.metrics.connected(true);
        line.pass(SignedDuration::from_secs(2)).await;
    }
    let posted = line.in_channel();
    assert_eq!(posted.len(), 1, "{posted:?}");
    assert!(posted[0].starts_with("Discord is not connected since 2025-04-16 09:02 UTC."), "{posted:?}");
    line.metrics.steady(3);
    line.pass(minutes(2)).await;
    assert!(line.in_channel().iter().any(|it| it.starts_with("Discord is connected again")));
    assert!(line.metrics.print().contains("gateway_reconnects_total 10"), "each is counted");
}

#[tokio::test(start_paused = true)]
async fn many_reconnects_in_half_a_day_are_reported_once() {
    let line = Line::new();
    line.metrics.identified(99, 200);
    line.pass(minutes(2)).await;
    assert_eq!(line.in_channel(), [""; 0]);
    line.metrics.identified(100, 200);
    line.pass(minutes(30)).await;
    expect!["100 of 200 new connections to Discord in a day are used; beyond them a few are left each hour. The log says why they end."]
        .assert_eq(&line.in_channel().join("\n"));
    assert!(line.metrics.print().contains("gateway_identifies 100"));
}

#[tokio::test(start_paused = true)]
async fn refused_token_reaches_the_webhook_before_exit() {
    let line = Line::new();
    line.pass(minutes(1)).await;
    line.discord.revokes_the_token();
    let why = "Discord refuses the token".to_owned();
    line.alerts.send(OperatorEvent::Unauthorized { why }).await.expect("the line is open");
    line.stop.send_replace(true);
    line.running.await.expect("ends in order");
    let heard = line.webhook.0.lock().expect("whole").clone();
    assert_eq!(heard, ["Nothing is sent any more: Discord refuses the token."]);
}

#[tokio::test(start_paused = true)]
async fn long_rate_limit_is_reported_and_short_one_is_not() {
    let line = Line::new();
    let caller = Caller { host: "api.spotify.com".into(), credential: None, source: "web-api".into() };
    line.pass(minutes(1)).await;
    line.throttle.hold(&caller, at("09:03"), "429");
    line.pass(minutes(1)).await;
    assert_eq!(line.in_channel(), [""; 0]);
    line.throttle.hold(&caller, at("21:00"), "429 QUOTA_EXCEEDED");
    line.pass(minutes(1)).await;
    expect![
        "api.spotify.com refuses the checks of web-api until 2025-04-16 21:00 UTC: 429 QUOTA\\_EXCEEDED."
    ]
    .assert_eq(&line.in_channel().join("\n"));
}

#[tokio::test(start_paused = true)]
async fn unanswered_questions_are_reported_daily_and_only_new_ones() {
    let line = Line::new();
    let ask = async |id: u64, text: &str| {
        let change = SubscriptionEdit::Unanswered { text: Some(text.to_owned()) };
        line.store.change(&change, InteractionId(id), line.clock.now()).await.expect("saved");
    };
    line.pass(minutes(1)).await; // the first day's self-check: no question yet
    ask(1, "how do I **sing** to @everyone").await;
    ask(2, "how do I **sing** to @everyone").await;
    ask(3, "why is the sea salt").await;
    line.metrics.backed_up(line.clock.now() + minutes(3 * 24 * 60));
    line.pass(minutes(24 * 60)).await;
    let first = line.in_channel().join("\n");
    line.pass(minutes(24 * 60)).await;
    assert_eq!(line.in_channel().join("\n"), first, "nothing new: no alert");
    expect![[r#"
        Questions that found no answer since yesterday:
        • how do I \*\*sing\*\* to @⟨zero width⟩everyone (2×)
        • why is the sea salt (1×)"#]]
    .assert_eq(&first.replace('\u{200b}', "⟨zero width⟩"));
}

#[tokio::test(start_paused = true)]
async fn disk_backup_interaction_and_certificate_problems_are_reported() {
    let options =
        StoreOptions { free_space: Some(Arc::new(|_: &Path| Ok(300_000_000))), ..StoreOptions::default() };
    let line = Line::on(&MemoryStore::with(&options));
    line.snapshot.send_modify(|snapshot| {
        let mut newer = (**snapshot).clone();
        newer.sources.push(SourceView {
            name: SourceName("web-api".to_owned()),
            checked_at: None,
            took: None,
            said: "healthy".to_owned(),
            refused_until: None,
            certificate_expires: Some(at("09:00") + SignedDuration::from_hours(48)),
        });
        *snapshot = Arc::new(newer);
    });
    line.metrics.unreadable();
    line.metrics.unreadable();
    line.pass(minutes(4 * 60)).await;
    let mut posted = line.in_channel();
    posted.sort();
    expect![[r#"
        2 interactions could not be read; the log says why.
        The certificate that web-api sees expires at 2025-04-18 09:00 UTC.
        The store has no backup: see the log.
        The store's disk is nearly full: 300 MB are free. Below 200 MB, changes that people request are refused."#]]
    .assert_eq(&posted.join("\n"));
}

#[tokio::test]
async fn webhook_json_pings_nobody() {
    let (heard_in, mut heard) = mpsc::channel(1);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = axum::Router::new().route(
        "/hook",
        axum::routing::post(async move |body: String| {
            let _ = heard_in.send(body).await;
        }),
    );
    tokio::spawn(async move { axum::serve(listener, router).await });
    let webhook =
        Webhook::new(Secret::new(&format!("http://{address}/hook?token=planted")), &Proxy::default())
            .expect("a client");
    webhook.say("Discord is away.", "n").await.expect("taken");
    expect![[r#"{"allowed_mentions":{"parse":[]},"content":"Discord is away."}"#]]
        .assert_eq(&heard.recv().await.expect("a body"));

    let wrong =
        Webhook::new(Secret::new(&format!("http://{address}/planted")), &Proxy::default()).expect("a client");
    let error = wrong.say("x", "n").await.expect_err("no such path").to_string();
    assert!(error.contains("404") && !error.contains("planted"), "{error}");
}

/// Over real sockets: each address answers with one status, forever.
#[tokio::test]
async fn gone_webhook_is_tried_once_and_busy_one_again() {
    let (asked_in, mut asked) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let answer = async move |axum::extract::Path(status): axum::extract::Path<u16>| {
        let _ = asked_in.send(status);
        axum::http::StatusCode::from_u16(status).expect("a status")
    };
    let router = axum::Router::new().route("/hook/{status}", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });

    let mut posted = String::new();
    for status in [401, 404, 410, 429, 500] {
        let address = Secret::new(&format!("http://{address}/hook/{status}?token=planted"));
        let webhook = Webhook::new(address, &Proxy::default()).expect("a client");
        for nth in 0..3 {
            let refused = webhook.say("Discord is away.", "n").await.expect_err("it takes nothing");
            assert!(!refused.to_string().contains("planted"), "{refused}");
            if nth == 2 {
                let kind =
                    if matches!(refused, OperatorChannelError::Never(_)) { "for good" } else { "for now" };
                let times = std::iter::from_fn(|| asked.try_recv().ok()).count();
                posted += &format!("{status}: asked {times}×, closed {kind}: {refused}\n");
            }
        }
    }
    expect![[r#"
        401: asked 1×, closed for good: operator.webhook_url answered 401 Unauthorized: it is gone or refuses the bot, and is not called again until a restart
        404: asked 1×, closed for good: operator.webhook_url answered 404 Not Found: it is gone or refuses the bot, and is not called again until a restart
        410: asked 1×, closed for good: operator.webhook_url answered 410 Gone: it is gone or refuses the bot, and is not called again until a restart
        429: asked 3×, closed for now: HTTP status client error (429 Too Many Requests)
        500: asked 3×, closed for now: HTTP status server error (500 Internal Server Error)
    "#]].assert_eq(&posted.replace(&address.to_string(), "…"));
}

/// A closed second channel loses nothing, and the first channel reports it.
#[tokio::test(start_paused = true)]
async fn operator_alerts_wait_while_webhook_and_discord_are_down() {
    let line = Line::new();
    *line.webhook.1.lock().expect("whole") = Some("operator.webhook_url answered 410 Gone".to_owned());
    line.discord.is_down(at("09:01"), at("09:30"));
    line.pass(minutes(2)).await;
    line.give_up(7).await;
    line.pass(minutes(30)).await;
    assert_eq!(line.by_webhook(), [""; 0]);
    expect![[r#"
        An alert to <#7> was given up: Discord was away for a day.
        The second channel is closed: operator.webhook\_url answered 410 Gone."#]]
    .assert_eq(&line.in_channel().join("\n"));
}

#[tokio::test(start_paused = true)]
async fn live_store_is_backed_up_hourly_and_before_upgrades() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("sled:{}", folder.path().join("store").display());
    let store = store::open(&address, &StoreOptions::default()).await.expect("opens");
    let clock = Clock::owned(at("09:00"));
    let folder = folder.path().join("backups");
    let backups = Backups {
        clock: clock.clone(),
        store: Arc::clone(&store),
        folder: folder.clone(),
        metrics: Metrics::default(),
    };
    let whole = || dump::backups(&folder).map(|dump| dump.at).collect::<Vec<Timestamp>>();

    backups.before_upgrade().await.expect("a new store");
    assert!(whole().is_empty(), "a new store holds nothing of another version");
    store.put_meta("version", Some(b"0.0.1")).await.expect("saved");
    backups.before_upgrade().await.expect("backed up");
    assert_eq!(whole().len(), 1);
    backups.before_upgrade().await.expect("the same version");
    assert_eq!(whole().len(), 1, "the same version starts again: nothing to back up");

    let (stop, stopping) = watch::channel(false);
    let keeping = tokio::spawn(backups.clone().keep_up(stopping));
    clock.sleep(minutes(30 * 60 + 5)).await;
    stop.send_replace(true);
    keeping.await.expect("ends in order");
    let whole = whole();
    assert_eq!(whole.len(), 24, "the newest 24 remain");
    let gaps: BTreeMap<i64, usize> = whole.windows(2).fold(BTreeMap::new(), |mut gaps, pair| {
        *gaps.entry(pair[0].duration_since(pair[1]).as_mins()).or_default() += 1;
        gaps
    });
    assert_eq!(gaps.keys().copied().collect::<Vec<_>>(), [60], "{gaps:?}");
    let newest = whole.first().map(|at| at.as_second());
    assert_eq!(backups.metrics.backed_up_at().map(Timestamp::as_second), newest);
}
