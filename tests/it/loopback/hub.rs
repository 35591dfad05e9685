//! What the gateway knows, and what a test wants of it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

/// So many may identify in this time for each bucket of `max_concurrency` (reference, "Session start limit object").
const IDENTIFY_WINDOW: Duration = Duration::from_secs(5);

/// How the next connection is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As Discord does.
    Well,
    /// TCP is accepted, the handshake never answered.
    SilentHandshake,
    /// The handshake is answered, HELLO never comes.
    SilentAfterHandshake,
    /// HELLO is said, and nothing after it: no READY, no ACK.
    SilentAfterHello,
    /// TCP is accepted and cut.
    Refused,
    /// Closed with this code when it identifies or resumes.
    ClosedAtIdentify(u16),
    /// INVALID_SESSION (may it be resumed?) in answer to a RESUME.
    InvalidSession(bool),
    /// Heartbeats are never acknowledged.
    Zombie,
    /// It goes well until this moment, and then ends in this way.
    Ends(Moment, Way),
}

/// A moment of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    BeforeHello,
    AfterHello,
    /// When it identified or resumed.
    AfterIdentify,
    /// Right after READY or RESUMED.
    AfterReady,
}

/// A way in which a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Close(u16),
    Cut,
    /// It stays open, and nothing is read or written any more.
    Silence,
    /// Op 7.
    Reconnect,
    /// Op 9 (may it be resumed?).
    Invalid(bool),
}

/// What the gateway knows, and what a test wants of it.
pub(crate) struct Hub {
    inner: Mutex<Inner>,
    changed: Notify,
}

pub(super) struct Inner {
    manners: VecDeque<Manner>,
    /// How connections are met that no manner was said for.
    usual: Manner,
    /// When each connection was accepted, by the ticks of the clock.
    accepts: Vec<Duration>,
    pub(super) agents: Vec<String>,
    pub(super) connections: Vec<Connection>,
    pub(super) sessions: BTreeMap<String, Session>,
    /// The server ids that READY names.
    pub(super) guilds: Vec<u64>,
    /// What a GUILD_CREATE holds, where it is more than the test needs.
    pub(super) probes: Option<fn(u64) -> String>,
    identifies: Vec<Value>,
    resumes: Vec<String>,
    /// When somebody last identified, by bucket; by the ticks of the clock.
    began: HashMap<u64, Duration>,
    pub(super) presences: Vec<Value>,
    heartbeat_ms: u64,
    shards: u32,
    max_concurrency: u32,
    remaining: u32,
    reset_after_ms: u64,
    /// When each interaction was written to its socket, by the ticks of the clock.
    pub(super) written: Vec<(String, Duration)>,
}

#[derive(Default)]
pub(super) struct Session {
    pub(super) shard: (u64, u64),
    pub(super) sequence: u64,
    pub(super) sent: Vec<(u64, Value)>,
}

/// What a test wants of a connection.
pub(super) enum Order {
    Dispatch(&'static str, Value),
    Send(Value),
    Close(u16),
    Cut,
    /// It is open, and nothing is read or written any more.
    Hang,
}

/// One connection that identified or resumed.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(super) orders: mpsc::UnboundedSender<Order>,
    pub(crate) session: String,
    pub(crate) resumed: bool,
    pub(crate) shard: (u64, u64),
    pub(crate) compressed: bool,
}

impl Connection {
    /// Sends an event.
    pub(crate) fn dispatch(&self, kind: &'static str, data: Value) {
        let _ = self.orders.send(Order::Dispatch(kind, data));
    }

    /// Op 7.
    pub(crate) fn asks_to_reconnect(&self) {
        let _ = self.orders.send(Order::Send(json!({ "op": 7, "d": null })));
    }

    /// Op 9.
    pub(crate) fn invalidates(&self, resumable: bool) {
        let _ = self.orders.send(Order::Send(json!({ "op": 9, "d": resumable })));
    }

    /// Closes with a code.
    pub(crate) fn closes(&self, code: u16) {
        let _ = self.orders.send(Order::Close(code));
    }

    /// Cuts the connection.
    pub(crate) fn cuts(&self) {
        let _ = self.orders.send(Order::Cut);
    }

    /// The other side is gone without a word: the socket stays open, and no close of ours is answered.
    pub(crate) fn hangs(&self) {
        let _ = self.orders.send(Order::Hang);
    }
}

impl Default for Hub {
    fn default() -> Self {
        let inner = Inner {
            manners: VecDeque::new(),
            usual: Manner::Well,
            accepts: Vec::new(),
            agents: Vec::new(),
            connections: Vec::new(),
            sessions: BTreeMap::new(),
            guilds: Vec::new(),
            probes: None,
            identifies: Vec::new(),
            resumes: Vec::new(),
            began: HashMap::new(),
            presences: Vec::new(),
            heartbeat_ms: 41_250,
            shards: 1,
            max_concurrency: 1,
            remaining: 999,
            reset_after_ms: 250,
            written: Vec::new(),
        };
        Self { inner: Mutex::new(inner), changed: Notify::new() }
    }
}

impl Inner {
    /// How the next connection is met.
    pub(super) fn accept(&mut self, now: Duration) -> Manner {
        self.accepts.push(now);
        self.manners.pop_front().unwrap_or(self.usual)
    }

    /// Gives an event its number in its session, which keeps it for a RESUME.
    pub(super) fn record(&mut self, session: &str, kind: &str, data: &Value) -> Value {
        let session = self.sessions.entry(session.to_owned()).or_default();
        session.sequence += 1;
        let event = json!({ "op": 0, "s": session.sequence, "t": kind, "d": data });
        if kind != "RESUMED" {
            session.sent.push((session.sequence, event.clone()));
        }
        event
    }

    /// Counts an IDENTIFY or a RESUME; whether it comes in time, which more than `max_concurrency` in 5 s do not.
    pub(super) fn count(&mut self, first: &Value, now: Duration) -> bool {
        let data = &first["d"];
        match first["op"].as_u64() {
            Some(2) => {
                self.identifies.push(data.clone());
                let bucket = data["shard"][0].as_u64().unwrap_or(0) % u64::from(self.max_concurrency);
                let before = self.began.insert(bucket, now);
                // A tenth less: what the client sent five seconds apart may arrive a little closer.
                before.is_none_or(|before| now.saturating_sub(before) >= IDENTIFY_WINDOW.mul_f64(0.9))
            }
            Some(6) => {
                self.resumes.push(data["session_id"].as_str().unwrap_or_default().to_owned());
                true
            }
            _ => true,
        }
    }
}

impl Hub {
    /// An event of a session that never arrives: only a RESUME brings it.
    pub(crate) fn loses(&self, session: &str, kind: &str, data: &Value) {
        self.change(|inner| inner.record(session, kind, data));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read<T>(&self, probe: impl FnOnce(&Inner) -> T) -> T {
        probe(&self.lock())
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_waiters();
        changed
    }

    /// The next connections are met in these manners, one each; then well again.
    pub(crate) fn meets(&self, manners: &[Manner]) {
        self.lock().manners.extend(manners);
    }

    /// READY names these servers.
    pub(crate) fn knows(&self, guilds: &[u64]) {
        self.lock().guilds = guilds.to_vec();
    }

    /// A GUILD_CREATE holds this. No session keeps it: it may be large.
    pub(crate) fn shows(&self, probes: fn(u64) -> String) {
        self.lock().probes = Some(probes);
    }

    /// Heartbeats are wanted this often.
    pub(crate) fn beats_every(&self, ms: u64) {
        self.lock().heartbeat_ms = ms;
    }

    pub(super) fn beat(&self) -> u64 {
        self.lock().heartbeat_ms
    }

    /// So many shards are advised, and so many may identify at once.
    pub(crate) fn advises(&self, shards: u32, max_concurrency: u32) {
        let mut inner = self.lock();
        (inner.shards, inner.max_concurrency) = (shards, max_concurrency);
    }

    /// Discord lets so many identify until its day is over, which it says is in a quarter of a second.
    pub(crate) fn lets_identify(&self, remaining: u32) {
        self.lock().remaining = remaining;
    }

    pub(crate) fn identifies(&self) -> Vec<Value> {
        self.lock().identifies.clone()
    }

    pub(crate) fn resumes(&self) -> Vec<String> {
        self.lock().resumes.clone()
    }

    pub(crate) fn accepted(&self) -> usize {
        self.lock().accepts.len()
    }

    /// When each connection was accepted, by the ticks of the clock.
    pub(crate) fn accepts(&self) -> Vec<Duration> {
        self.lock().accepts.clone()
    }

    /// The User-Agent of each handshake.
    pub(crate) fn agents(&self) -> Vec<String> {
        self.lock().agents.clone()
    }

    /// From now on every connection is met so.
    pub(crate) fn meets_always(&self, manner: Manner) {
        self.lock().usual = manner;
    }

    /// Forgets every session: a RESUME is refused.
    pub(crate) fn forgets_sessions(&self) {
        self.lock().sessions.clear();
    }

    /// The newest connection that identified or resumed.
    pub(crate) fn newest(&self) -> Option<Connection> {
        self.lock().connections.last().cloned()
    }

    /// How many presences were sent.
    pub(crate) fn presences(&self) -> usize {
        self.lock().presences.len()
    }

    /// When each interaction was written to its socket, by its id.
    pub(crate) fn written(&self) -> Vec<(String, Duration)> {
        self.lock().written.clone()
    }

    /// The nth connection (from 0) that identified or resumed, now or within a minute.
    pub(crate) async fn connection(&self, nth: usize) -> Connection {
        self.wait(|inner| inner.connections.get(nth).cloned()).await
    }

    /// The first presence that says something.
    pub(crate) async fn presence(&self, says: &str) -> Value {
        self.wait(|inner| inner.presences.iter().find(|p| p.to_string().contains(says)).cloned()).await
    }

    async fn wait<T>(&self, probe: impl Fn(&Inner) -> Option<T>) -> T {
        let search = async {
            loop {
                let changed = self.changed.notified();
                if let Some(found) = probe(&self.lock()) {
                    return found;
                }
                changed.await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(60), search).await;
        found.expect("the gateway sees it within a minute")
    }

    pub(super) fn bot_info(&self, url: &str) -> Value {
        let inner = self.lock();
        json!({ "url": url, "shards": inner.shards, "session_start_limit": { "total": 1000,
            "remaining": inner.remaining, "reset_after": inner.reset_after_ms, "max_concurrency": inner.max_concurrency } })
    }
}
