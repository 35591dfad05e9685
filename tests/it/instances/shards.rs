//! Shards that are assigned to several instances, on real sockets.
//!
//! Time is real and not paused, because sockets are awaited.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use healthy_upstream::clock::Clock;
use healthy_upstream::cluster::LeaseManager;
use healthy_upstream::cluster::SharedLimits;
use healthy_upstream::discord::Incoming;
use healthy_upstream::discord::gateway::{self, GatewayOptions, IDENTIFIES_PER_DAY, SessionStore, Timeouts};
use healthy_upstream::store::{Leases as _, MemoryStore, Store};
use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::loopback::{Loopback, TOKEN};

/// Short, so that the tests are short.
const LEASE: SignedDuration = SignedDuration::from_secs(1);

/// Saves into the store, and reports when a session is saved.
struct Drawer(Arc<dyn Store>, watch::Sender<bool>);

#[async_trait]
impl SessionStore for Drawer {
    async fn save(&self, name: &str, value: Option<&[u8]>) {
        self.0.put_meta(name, value).await.expect("saved");
        if name.starts_with("gateway-session") {
            self.1.send_replace(value.is_some());
        }
    }

    async fn load(&self, name: &str) -> Option<Vec<u8>> {
        self.0.get_meta(name).await.expect("read")
    }
}

/// The gateway of one instance.
struct GatewayInstance {
    incoming: mpsc::Receiver<Incoming>,
    session: watch::Receiver<bool>,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl GatewayInstance {
    fn start(memory: &MemoryStore, discord: &Loopback) -> Self {
        let (clock, store) = (Clock::system(), Arc::new(memory.beside().expect("shared")) as Arc<dyn Store>);
        let roles = LeaseManager::new(store.clone(), clock.clone(), LEASE).expect("a name");
        Self::sharing(memory, discord, roles.shared())
    }

    fn sharing(
        memory: &MemoryStore,
        discord: &Loopback,
        shared_limits: Option<Arc<dyn SharedLimits>>,
    ) -> Self {
        let store: Arc<dyn Store> = Arc::new(memory.beside().expect("shared"));
        let (sender, incoming) = mpsc::channel(64);
        let (stop, stopped) = watch::channel(false);
        let options = GatewayOptions {
            token: TOKEN.into(),
            shards: None,
            shared_limits,
            identifies_per_day: IDENTIFIES_PER_DAY,
            timeouts: Timeouts::default(),
            presence: watch::channel(String::new()).1,
            clock: Clock::system(),
        };
        let (stored, session) = watch::channel(false);
        let (rest, sessions) = (discord.rest(), Arc::new(Drawer(store, stored)));
        let running =
            tokio::spawn(async move { gateway::run(options, &rest, sender, sessions, stopped).await });
        Self { incoming, session, stop, running }
    }

    /// Waits for an incoming event that fits.
    async fn awaits(&mut self, what: &str, fits: fn(&Incoming) -> bool) {
        let search = async {
            loop {
                let next = self.incoming.recv().await.expect("it runs");
                assert!(!matches!(next, Incoming::Fatal(_)), "{next:?}");
                if fits(&next) {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), search)
            .await
            .unwrap_or_else(|_| panic!("{what}: not in 30 s"));
    }

    async fn connects(&mut self) {
        self.awaits("a connection", |incoming| matches!(incoming, Incoming::Connected)).await;
    }

    async fn stands_by(&mut self) {
        self.awaits("nothing to do", |incoming| matches!(incoming, Incoming::Standby)).await;
    }

    /// As SIGTERM does.
    async fn stops(self) {
        self.stop.send(true).expect("it runs");
        self.running.await.expect("no panic");
    }

    /// As SIGKILL does.
    fn dies(self) {
        self.running.abort();
    }
}

#[tokio::test]
async fn shard_is_resumed_by_another_instance_after_a_crash() {
    let (discord, memory) = (Loopback::start().await, MemoryStore::default());
    let mut first = GatewayInstance::start(&memory, &discord);
    first.connects().await;
    let mut second = GatewayInstance::start(&memory, &discord);
    second.stands_by().await;
    // Before its session is saved, another instance could only start a new one.
    first.session.wait_for(|stored| *stored).await.expect("it runs");
    first.dies();
    second.connects().await;
    let hub = &discord.state.hub;
    assert_eq!((hub.identifies().len(), hub.resumes().len()), (1, 1), "taken over by a RESUME");
    let mut third = GatewayInstance::start(&memory, &discord);
    third.stands_by().await;
    second.stops().await;
    third.connects().await;
    assert_eq!((hub.identifies().len(), hub.resumes().len()), (1, 2), "handed over by a RESUME");
    third.stops().await;
}

#[tokio::test]
async fn shards_are_rebalanced_to_a_new_instance() {
    let (discord, memory) = (Loopback::start().await, MemoryStore::default());
    discord.state.hub.advises(4, 4);
    let mut first = GatewayInstance::start(&memory, &discord);
    for _ in 0..4 {
        first.connects().await;
    }
    let mut second = GatewayInstance::start(&memory, &discord);
    second.connects().await;
    second.connects().await;
    let hub = &discord.state.hub;
    assert_eq!((hub.identifies().len(), hub.resumes().len()), (4, 2), "each shard identified once");
    let store = memory.beside().expect("shared");
    let held = store.leases("shard/4/", Clock::system().now()).await.expect("read");
    let mut holders: Vec<&str> = held.iter().map(|lead| lead.holder.as_str()).collect();
    holders.sort_unstable();
    assert_eq!(
        (holders.len(), holders[0] == holders[1], holders[2] == holders[3]),
        (4, true, true),
        "{holders:?}"
    );
    assert_ne!(holders[0], holders[2]);
    first.stops().await;
    second.connects().await;
    second.connects().await;
    second.stops().await;
}

/// Shared limits that the test controls: whether the shard's lease is renewed, and for how long.
struct Word {
    left: watch::Receiver<Result<SignedDuration, String>>,
    asked: watch::Sender<usize>,
    given_back: watch::Sender<usize>,
}

#[async_trait]
impl SharedLimits for Word {
    async fn take(&self, role: &str) -> Result<Option<SignedDuration>, String> {
        let left = self.left.borrow().clone();
        if role.starts_with("shard/") {
            self.asked.send_modify(|asked| *asked += 1);
        }
        left.map(Some)
    }

    async fn give_back(&self, role: &str) {
        if role.starts_with("shard/") {
            self.given_back.send_modify(|given| *given += 1);
        }
    }

    async fn count(&self, _prefix: &str) -> Result<usize, String> {
        self.left.borrow().clone().map(|_| 1)
    }

    async fn reserve(&self, _: &str, _: u32, _: SignedDuration) -> Result<SignedDuration, String> {
        self.left.borrow().clone().map(|_| SignedDuration::ZERO)
    }

    fn name(&self) -> &'static str {
        "one"
    }

    fn renew_interval(&self) -> SignedDuration {
        SignedDuration::from_millis(20)
    }
}

#[tokio::test]
async fn lost_connection_resumes_without_store_and_starts_no_session() {
    let (discord, memory) = (Loopback::start().await, MemoryStore::default());
    let (hour, away) = (SignedDuration::from_hours(1), || Err("the database is away".to_owned()));
    let (word, left) = watch::channel(Ok(hour));
    let (asked, given_back) = (watch::Sender::new(0), watch::Sender::new(0));
    let (mut asks, mut gives) = (asked.subscribe(), given_back.subscribe());
    let mut instance =
        GatewayInstance::sharing(&memory, &discord, Some(Arc::new(Word { left, asked, given_back })));
    instance.connects().await;
    instance.session.wait_for(|stored| *stored).await.expect("it runs");

    // The lease has expired, and the store cannot say who holds the shard.
    let _ = word.send_replace(Ok(SignedDuration::ZERO));
    let before = *asks.borrow_and_update();
    asks.wait_for(|asked| *asked > before + 1).await.expect("it asks");
    let _ = word.send_replace(away());
    let hub = &discord.state.hub;
    hub.connection(0).await.cuts();
    instance.connects().await;
    assert_eq!((hub.identifies().len(), hub.resumes().len()), (1, 1), "events arrive again");

    // Discord ends the session. A new one needs an IDENTIFY, but another instance may hold the shard by now.
    gives.borrow_and_update();
    hub.connection(1).await.invalidates(false);
    gives.changed().await.expect("it runs");
    assert_eq!((hub.identifies().len(), hub.resumes().len()), (1, 1));
    let _ = word.send_replace(Ok(hour));
    instance.connects().await;
    assert_eq!(
        hub.identifies().len() + hub.resumes().len(),
        3,
        "as soon as this instance surely holds the shard"
    );
    instance.stops().await;
}
