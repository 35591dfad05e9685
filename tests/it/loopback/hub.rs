//! The state of the gateway, and the handle by which a test controls it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

/// Each bucket of `max_concurrency` may identify once in this time (reference, "Session start limit object").
const IDENTIFY_WINDOW: Duration = Duration::from_secs(5);

/// How the gateway treats a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It behaves as Discord does.
    Well,
    /// TCP is accepted; the handshake is never answered.
    SilentHandshake,
    /// The handshake is answered; HELLO never comes.
    SilentAfterHandshake,
    /// HELLO is sent, and nothing after it: no READY, no ACK.
    SilentAfterHello,
    /// TCP is accepted and cut.
    Refused,
    /// The connection is closed with this code when the client identifies or resumes.
    ClosedAtIdentify(u16),
    /// A RESUME is answered with INVALID_SESSION. The flag says whether the session may be resumed.
    InvalidSession(bool),
    /// Heartbeats are never acknowledged.
    Zombie,
    /// The connection is healthy until this moment, and then ends in this way.
    Ends(Moment, Way),
}

/// A moment of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    BeforeHello,
    AfterHello,
    /// When the client identified or resumed.
    AfterIdentify,
    /// Right after READY or RESUMED.
    AfterReady,
}

/// A way in which a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Close(u16),
    Cut,
    /// The connection stays open, but nothing is read or written from then on.
    Silence,
    /// RECONNECT (op 7).
    Reconnect,
    /// INVALID_SESSION (op 9). The flag says whether the session may be resumed.
    Invalid(bool),
}

/// The state of the gateway, and the handle by which a test controls it.
pub(crate) struct Hub {
    inner: Mutex<Inner>,
    changed: Notify,
}

pub(super) struct Inner {
    manners: VecDeque<Manner>,
    /// How connections are treated if `manners` is empty.
    usual: Manner,
    /// When each connection was accepted, by the ticks of the clock.
    accepts: Vec<Duration>,
    pub(super) agents: Vec<String>,
    pub(super) connections: Vec<Connection>,
    pub(super) sessions: BTreeMap<String, Session>,
    /// The guild ids that READY names.
    pub(super) guilds: Vec<u64>,
    /// Makes the body of a GUILD_CREATE; a minimal body is sent if `None`.
    pub(super) guild_body: Option<fn(u64) -> String>,
    identifies: Vec<Value>,
    resumes: Vec<String>,
    /// When a client last identified, for each bucket, by the ticks of the clock.
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

/// What a test orders a connection to do.
pub(super) enum Order {
    Dispatch(&'static str, Value),
    Send(Value),
    Close(u16),
    Cut,
    /// Keeps the connection open, and reads and writes nothing from now on.
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

    /// Sends RECONNECT (op 7).
    pub(crate) fn asks_to_reconnect(&self) {
        let _ = self.orders.send(Order::Send(json!({ "op": 7, "d": null })));
    }

    /// Sends INVALID_SESSION (op 9).
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

    /// Lets the gateway vanish silently: the socket stays open, and a close from the bot is not answered.
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
            guild_body: None,
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
    /// Accepts the next connection. Returns how it is treated.
    pub(super) fn accept(&mut self, now: Duration) -> Manner {
        self.accepts.push(now);
        self.manners.pop_front().unwrap_or(self.usual)
    }

    /// Gives an event its number in its session, which stores it for a RESUME.
    pub(super) fn record(&mut self, session: &str, kind: &str, data: &Value) -> Value {
        let session = self.sessions.entry(session.to_owned()).or_default();
        session.sequence += 1;
        let event = json!({ "op": 0, "s": session.sequence, "t": kind, "d": data });
        if kind != "RESUMED" {
            session.sent.push((session.sequence, event.clone()));
        }
        event
    }

    /// Counts an IDENTIFY or a RESUME. Returns whether it respects the limit of `max_concurrency` in 5 s.
    pub(super) fn count(&mut self, first: &Value, now: Duration) -> bool {
        let data = &first["d"];
        match first["op"].as_u64() {
            Some(2) => {
                self.identifies.push(data.clone());
                let bucket = data["shard"][0].as_u64().unwrap_or(0) % u64::from(self.max_concurrency);
                let before = self.began.insert(bucket, now);
                // A tenth less, because IDENTIFYs that were sent five seconds apart may arrive slightly closer together.
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
    /// Records an event of a session without sending it: only a RESUME delivers it.
    pub(crate) fn loses(&self, session: &str, kind: &str, data: &Value) {
        self.change(|inner| inner.record(session, kind, data));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read<T>(&self, get: impl FnOnce(&Inner) -> T) -> T {
        get(&self.lock())
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_waiters();
        changed
    }

    /// Treats the next connections in these manners, one each. Later ones are healthy again.
    pub(crate) fn meets(&self, manners: &[Manner]) {
        self.lock().manners.extend(manners);
    }

    /// Makes READY name these guilds.
    pub(crate) fn knows(&self, guilds: &[u64]) {
        self.lock().guilds = guilds.to_vec();
    }

    /// Sets the body of each GUILD_CREATE. No session stores it, because it may be large.
    pub(crate) fn shows(&self, body: fn(u64) -> String) {
        self.lock().guild_body = Some(body);
    }

    /// Sets the interval of heartbeats.
    pub(crate) fn beats_every(&self, ms: u64) {
        self.lock().heartbeat_ms = ms;
    }

    pub(super) fn beat(&self) -> u64 {
        self.lock().heartbeat_ms
    }

    /// Sets how many shards are advised, and how many may identify at once.
    pub(crate) fn advises(&self, shards: u32, max_concurrency: u32) {
        let mut inner = self.lock();
        (inner.shards, inner.max_concurrency) = (shards, max_concurrency);
    }

    /// Sets how many IDENTIFYs remain until the limit resets, which this Discord says is in a quarter of a second.
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

    /// Treats every connection in this manner from now on.
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

    /// Returns how many presences were received.
    pub(crate) fn presences(&self) -> usize {
        self.lock().presences.len()
    }

    /// When each interaction was written to its socket, by its id.
    pub(crate) fn written(&self) -> Vec<(String, Duration)> {
        self.lock().written.clone()
    }

    /// Waits up to a minute for the nth connection (from 0) that identified or resumed.
    pub(crate) async fn connection(&self, nth: usize) -> Connection {
        self.wait(|inner| inner.connections.get(nth).cloned()).await
    }

    /// Waits for the first presence that contains this text.
    pub(crate) async fn presence(&self, says: &str) -> Value {
        self.wait(|inner| inner.presences.iter().find(|p| p.to_string().contains(says)).cloned()).await
    }

    async fn wait<T>(&self, find: impl Fn(&Inner) -> Option<T>) -> T {
        let search = async {
            loop {
                let changed = self.changed.notified();
                if let Some(found) = find(&self.lock()) {
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
