//! The gateway side: HELLO, IDENTIFY, READY, heartbeats, RESUME and replay, and all that goes wrong.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flate2::{Compress, Compression, FlushCompress};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{State, TOKEN};

/// How the next connection is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As Discord does.
    Well,
    /// TCP is accepted, the handshake never answered.
    SilentHandshake,
    /// The handshake is answered, HELLO never comes.
    SilentAfterHandshake,
    /// TCP is accepted and cut.
    Refused,
    /// Closed with this code when it identifies or resumes.
    ClosedAtIdentify(u16),
    /// INVALID_SESSION (may it be resumed?) in answer to a RESUME.
    InvalidSession(bool),
    /// Heartbeats are never acknowledged.
    Zombie,
}

/// What the gateway knows, and what a test wants of it.
pub(crate) struct Hub {
    inner: Mutex<Inner>,
    changed: Notify,
}

struct Inner {
    manners: VecDeque<Manner>,
    connections: Vec<Connection>,
    sessions: BTreeMap<String, Session>,
    /// The server ids that READY names.
    guilds: Vec<u64>,
    identifies: Vec<Value>,
    resumes: Vec<String>,
    presences: Vec<Value>,
    heartbeat_ms: u64,
    shards: u32,
    max_concurrency: u32,
    accepted: usize,
}

#[derive(Default)]
struct Session {
    sequence: u64,
    sent: Vec<(u64, Value)>,
}

/// What a test wants of a connection.
enum Order {
    Dispatch(&'static str, Value),
    Send(Value),
    Close(u16),
    Cut,
}

/// One connection that identified or resumed.
#[derive(Clone)]
pub(crate) struct Connection {
    orders: mpsc::UnboundedSender<Order>,
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
}

impl Default for Hub {
    fn default() -> Self {
        let inner = Inner {
            manners: VecDeque::new(),
            connections: Vec::new(),
            sessions: BTreeMap::new(),
            guilds: Vec::new(),
            identifies: Vec::new(),
            resumes: Vec::new(),
            presences: Vec::new(),
            heartbeat_ms: 41_250,
            shards: 1,
            max_concurrency: 1,
            accepted: 0,
        };
        Self { inner: Mutex::new(inner), changed: Notify::new() }
    }
}

impl Inner {
    /// Gives an event its number in its session, which keeps it for a RESUME.
    fn record(&mut self, session: &str, kind: &str, data: &Value) -> Value {
        let session = self.sessions.entry(session.to_owned()).or_default();
        session.sequence += 1;
        let event = json!({ "op": 0, "s": session.sequence, "t": kind, "d": data });
        if kind != "RESUMED" {
            session.sent.push((session.sequence, event.clone()));
        }
        event
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

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
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

    /// Heartbeats are wanted this often.
    pub(crate) fn beats_every(&self, ms: u64) {
        self.lock().heartbeat_ms = ms;
    }

    /// So many shards are advised, and so many may identify at once.
    pub(crate) fn advises(&self, shards: u32, max_concurrency: u32) {
        let mut inner = self.lock();
        (inner.shards, inner.max_concurrency) = (shards, max_concurrency);
    }

    pub(crate) fn identifies(&self) -> Vec<Value> {
        self.lock().identifies.clone()
    }

    pub(crate) fn resumes(&self) -> Vec<String> {
        self.lock().resumes.clone()
    }

    pub(crate) fn accepted(&self) -> usize {
        self.lock().accepted
    }

    /// The nth connection (from 0) that identified or resumed, now or within 30 s.
    pub(crate) async fn connection(&self, nth: usize) -> Connection {
        self.wait(|inner| inner.connections.get(nth).cloned()).await
    }

    /// The first presence that says something.
    pub(crate) async fn presence(&self, says: &str) -> Value {
        self.wait(|inner| inner.presences.iter().find(|p| p.to_string().contains(says)).cloned()).await
    }

    async fn wait<T>(&self, look: impl Fn(&Inner) -> Option<T>) -> T {
        let search = async {
            loop {
                let changed = self.changed.notified();
                if let Some(found) = look(&self.lock()) {
                    return found;
                }
                changed.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), search).await.expect("the gateway sees it within 30 s")
    }

    pub(super) fn advice(&self, url: &str) -> Value {
        let inner = self.lock();
        json!({ "url": url, "shards": inner.shards, "session_start_limit":
            { "total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": inner.max_concurrency } })
    }
}

pub(super) async fn serve(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let manner = state.hub.change(|inner| {
                inner.accepted += 1;
                inner.manners.pop_front().unwrap_or(Manner::Well)
            });
            meet(stream, manner, &state).await;
        });
    }
}

/// A socket that compresses as a zlib-stream where the client asked for it.
struct Socket {
    socket: WebSocketStream<TcpStream>,
    zlib: Option<Compress>,
}

impl Socket {
    async fn send(&mut self, value: &Value) -> Option<()> {
        let text = value.to_string();
        let message = match &mut self.zlib {
            None => Message::text(text),
            Some(zlib) => {
                let mut out = Vec::with_capacity(text.len() + 128);
                zlib.compress_vec(text.as_bytes(), &mut out, FlushCompress::Sync).expect("room enough");
                Message::binary(out)
            }
        };
        self.socket.send(message).await.ok()
    }

    async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        let _ = self.socket.send(Message::Close(Some(frame))).await;
        // The other side closes in its turn.
        while let Some(Ok(_)) = self.socket.next().await {}
    }

    async fn receive(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).ok(),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}

async fn meet(stream: TcpStream, manner: Manner, state: &State) {
    match manner {
        Manner::Refused => return,
        Manner::SilentHandshake => {
            std::future::pending::<()>().await;
        }
        _ => {}
    }
    let mut compressed = false;
    #[expect(clippy::result_large_err, reason = "the callback's type is the library's")]
    let look = |request: &Request, response: Response| {
        compressed = request.uri().query().is_some_and(|q| q.contains("compress=zlib-stream"));
        Ok(response)
    };
    let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, look).await else { return };
    let zlib = compressed.then(|| Compress::new(Compression::fast(), true));
    let mut socket = Socket { socket, zlib };
    if manner == Manner::SilentAfterHandshake {
        std::future::pending::<()>().await;
    }
    let beat = state.hub.lock().heartbeat_ms;
    if socket.send(&json!({ "op": 10, "d": { "heartbeat_interval": beat } })).await.is_none() {
        return;
    }
    // Before it identifies, a client may already beat.
    let first = loop {
        match socket.receive().await {
            Some(beat) if beat["op"] == 1 => {
                let _ = socket.send(&json!({ "op": 11 })).await;
            }
            Some(other) => break other,
            None => return,
        }
    };
    if let Manner::ClosedAtIdentify(code) = manner {
        count(state, &first);
        return socket.close(code).await;
    }
    // Discord takes the token with and without its kind before it.
    if first["d"]["token"].as_str().map(|token| token.trim_start_matches("Bot ")) != Some(TOKEN) {
        count(state, &first);
        return socket.close(4004).await;
    }
    let Some((session, shard)) = begin(&mut socket, &first, manner, state).await else { return };
    let (orders, taken) = mpsc::unbounded_channel();
    let resumed = first["op"] == 6;
    let connection = Connection { orders, session: session.clone(), resumed, shard, compressed };
    state.hub.change(|inner| inner.connections.push(connection));
    run(socket, taken, &session, manner, state).await;
}

fn count(state: &State, first: &Value) {
    state.hub.change(|inner| match first["op"].as_u64() {
        Some(2) => inner.identifies.push(first["d"].clone()),
        Some(6) => inner.resumes.push(first["d"]["session_id"].as_str().unwrap_or_default().to_owned()),
        _ => {}
    });
}

/// READY, or what was missed and RESUMED.
async fn begin(
    socket: &mut Socket,
    first: &Value,
    manner: Manner,
    state: &State,
) -> Option<(String, (u64, u64))> {
    count(state, first);
    if first["op"] == 6 {
        let session = first["d"]["session_id"].as_str().unwrap_or_default().to_owned();
        let since = first["d"]["seq"].as_u64().unwrap_or(0);
        let missed = state.hub.lock().sessions.get(&session).map(|s| s.sent.clone());
        let Some(missed) = missed.filter(|_| !matches!(manner, Manner::InvalidSession(_))) else {
            let resumable = manner == Manner::InvalidSession(true);
            socket.send(&json!({ "op": 9, "d": resumable })).await?;
            while socket.receive().await.is_some() {}
            return None;
        };
        for (_, event) in missed.iter().filter(|(sequence, _)| *sequence > since) {
            socket.send(event).await?;
        }
        dispatch(socket, "RESUMED", json!({}), &session, state).await?;
        return Some((session, (0, 1)));
    }
    let shard = (first["d"]["shard"][0].as_u64().unwrap_or(0), first["d"]["shard"][1].as_u64().unwrap_or(1));
    let session = state.hub.change(|inner| {
        let session = format!("session-{}", inner.sessions.len());
        inner.sessions.insert(session.clone(), Session::default());
        session
    });
    let guilds: Vec<Value> = {
        let inner = state.hub.lock();
        let ours = inner.guilds.iter().filter(|id| (**id >> 22) % shard.1 == shard.0);
        ours.map(|id| json!({ "id": id.to_string(), "unavailable": true })).collect()
    };
    let user = super::views::application(&state.model())["bot"].clone();
    let ready = json!({ "v": 10, "user": user, "guilds": guilds, "session_id": session, "shard": first["d"]["shard"],
        "resume_gateway_url": state.gateway_url, "application": { "id": "1000", "flags": 0 } });
    dispatch(socket, "READY", ready, &session, state).await?;
    for guild in guilds {
        let created =
            json!({ "id": guild["id"], "name": "Server", "channels": [], "roles": [], "members": [] });
        dispatch(socket, "GUILD_CREATE", created, &session, state).await?;
    }
    Some((session, shard))
}

async fn dispatch(socket: &mut Socket, kind: &str, data: Value, session: &str, state: &State) -> Option<()> {
    let event = state.hub.change(|inner| inner.record(session, kind, &data));
    socket.send(&event).await
}

async fn run(
    mut socket: Socket,
    mut orders: mpsc::UnboundedReceiver<Order>,
    session: &str,
    manner: Manner,
    state: &State,
) {
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Dispatch(kind, data)) => {
                    if dispatch(&mut socket, kind, data, session, state).await.is_none() {
                        // It is kept with the session: a RESUME replays it.
                        return;
                    }
                }
                Some(Order::Send(value)) => {
                    let _ = socket.send(&value).await;
                }
                Some(Order::Close(code)) => return socket.close(code).await,
                Some(Order::Cut) | None => return,
            },
            received = socket.receive() => match received {
                Some(beat) if beat["op"] == 1 && manner != Manner::Zombie => {
                    let _ = socket.send(&json!({ "op": 11 })).await;
                }
                Some(presence) if presence["op"] == 3 => {
                    state.hub.change(|inner| inner.presences.push(presence["d"].clone()));
                }
                Some(_) => {}
                None => return,
            },
        }
    }
}
