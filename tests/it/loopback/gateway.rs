//! The gateway side: HELLO, IDENTIFY, READY, heartbeats, RESUME with replay, and faults.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use flate2::{Compress, Compression, FlushCompress};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::hub::{Connection, Manner, Moment, Order, Session, Way};
use super::{State, TOKEN};

pub(super) async fn serve(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        // Otherwise a close waits for the acknowledgement of earlier data, up to 40 ms of the machine's time.
        let _ = stream.set_nodelay(true);
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let manner = state.hub.change(|inner| inner.accept(state.clock.ticks()));
            meet(stream, manner, &state).await;
        });
    }
}

/// Members, presences and message content (reference, "Privileged intents"): this bot was granted none of them.
const PRIVILEGED: u64 = 1 << 1 | 1 << 8 | 1 << 15;

/// A socket that compresses as a zlib-stream if the client asked for it.
struct Socket {
    stream: WebSocketStream<TcpStream>,
    zlib: Option<Compress>,
    /// The client closed with a code that ends its session (reference, "Initiating a disconnect").
    ended: bool,
}

impl Socket {
    fn encode(&mut self, text: String) -> Message {
        match &mut self.zlib {
            None => Message::text(text),
            Some(zlib) => {
                let mut out = Vec::with_capacity(text.len() + 128);
                zlib.compress_vec(text.as_bytes(), &mut out, FlushCompress::Sync).expect("room enough");
                Message::binary(out)
            }
        }
    }

    async fn send(&mut self, value: &Value) -> Option<()> {
        let message = self.encode(value.to_string());
        self.stream.send(message).await.ok()
    }

    async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        let _ = self.stream.send(Message::Close(Some(frame))).await;
        // The other side answers with its own close.
        while let Some(Ok(_)) = self.stream.next().await {}
    }

    async fn end(&mut self, way: Way) {
        match way {
            Way::Close(code) => self.close(code).await,
            Way::Cut => {}
            Way::Silence => std::future::pending().await,
            Way::Reconnect | Way::Invalid(_) => {
                let event = match way {
                    Way::Invalid(resumable) => json!({ "op": 9, "d": resumable }),
                    _ => json!({ "op": 7, "d": null }),
                };
                let _ = self.send(&event).await;
                while self.receive().await.is_some() {}
            }
        }
    }

    async fn receive(&mut self) -> Option<Value> {
        loop {
            match self.stream.next().await? {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).ok(),
                Ok(Message::Close(frame)) => {
                    let code = frame.map_or(1005, |frame| u16::from(frame.code));
                    self.ended |= matches!(code, 1000 | 1001);
                    return None;
                }
                Err(_) => return None,
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
    let (mut compressed, mut agent) = (false, String::new());
    #[expect(clippy::result_large_err, reason = "the callback's type is the library's")]
    let inspect = |request: &Request, response: Response| {
        compressed = request.uri().query().is_some_and(|q| q.contains("compress=zlib-stream"));
        let said = request.headers().get("user-agent").and_then(|agent| agent.to_str().ok());
        said.unwrap_or_default().clone_into(&mut agent);
        Ok(response)
    };
    let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, inspect).await else { return };
    let zlib = compressed.then(|| Compress::new(Compression::fast(), true));
    let mut socket = Socket { stream: socket, zlib, ended: false };
    state.hub.change(|inner| inner.agents.push(agent));
    let ends = |now: Moment| match manner {
        Manner::Ends(moment, way) if moment == now => Some(way),
        _ => None,
    };
    if let Some(way) = ends(Moment::BeforeHello) {
        return socket.end(way).await;
    }
    if manner == Manner::SilentAfterHandshake {
        std::future::pending::<()>().await;
    }
    let beat = state.hub.beat();
    if socket.send(&json!({ "op": 10, "d": { "heartbeat_interval": beat } })).await.is_none() {
        return;
    }
    if let Some(way) = ends(Moment::AfterHello) {
        return socket.end(way).await;
    }
    if manner == Manner::SilentAfterHello {
        while socket.receive().await.is_some() {}
        return;
    }
    // A client may send heartbeats before it identifies.
    let first = loop {
        match socket.receive().await {
            Some(beat) if beat["op"] == 1 => {
                let _ = socket.send(&json!({ "op": 11 })).await;
            }
            Some(other) => break other,
            None => return,
        }
    };
    let in_time = state.hub.change(|inner| inner.count(&first, state.clock.ticks()));
    if let Some(way) = ends(Moment::AfterIdentify) {
        return socket.end(way).await;
    }
    if let Manner::ClosedAtIdentify(code) = manner {
        return socket.close(code).await;
    }
    // Discord accepts the token with and without its kind in front.
    if first["d"]["token"].as_str().map(|token| token.trim_start_matches("Bot ")) != Some(TOKEN) {
        return socket.close(4004).await;
    }
    if first["d"]["intents"].as_u64().is_some_and(|asked| asked & PRIVILEGED != 0) {
        return socket.close(4014).await;
    }
    if !in_time {
        // More than `max_concurrency` at once (reference, "Rate limiting" of the gateway).
        let _ = socket.send(&json!({ "op": 9, "d": false })).await;
        while socket.receive().await.is_some() {}
        return;
    }
    let Some((session, shard)) = begin(&mut socket, &first, manner, state).await else { return };
    let (orders, taken) = mpsc::unbounded_channel();
    let resumed = first["op"] == 6;
    let connection = Connection { orders, session: session.clone(), resumed, shard, compressed };
    state.hub.change(|inner| inner.connections.push(connection));
    if let Some(way) = ends(Moment::AfterReady) {
        // A test may also cut a connection that is silent.
        let mut taken = taken;
        let cut = async { while !matches!(taken.recv().await, Some(Order::Cut) | None) {} };
        tokio::select! {
            () = socket.end(way) => {}
            () = cut => {}
        }
        return;
    }
    run(socket, taken, &session, manner, state).await;
}

/// Sends READY, or the missed events and RESUMED. Returns the session and its shard.
async fn begin(
    socket: &mut Socket,
    first: &Value,
    manner: Manner,
    state: &State,
) -> Option<(String, (u64, u64))> {
    if first["op"] == 6 {
        let session = first["d"]["session_id"].as_str().unwrap_or_default().to_owned();
        let since = first["d"]["seq"].as_u64().unwrap_or(0);
        let missed = state.hub.read(|inner| inner.sessions.get(&session).map(|s| s.sent.clone()));
        let Some(missed) = missed.filter(|_| !matches!(manner, Manner::InvalidSession(_))) else {
            let resumable = manner == Manner::InvalidSession(true);
            socket.send(&json!({ "op": 9, "d": resumable })).await?;
            while socket.receive().await.is_some() {}
            return None;
        };
        for (_, event) in missed.iter().filter(|(sequence, _)| *sequence > since) {
            socket.send(event).await?;
        }
        let shard = state.hub.read(|inner| inner.sessions.get(&session).map(|s| s.shard))?;
        dispatch(socket, "RESUMED", json!({}), &session, state).await?;
        return Some((session, shard));
    }
    let shard = (first["d"]["shard"][0].as_u64().unwrap_or(0), first["d"]["shard"][1].as_u64().unwrap_or(1));
    let session = state.hub.change(|inner| {
        let session = format!("session-{}", inner.sessions.len());
        inner.sessions.insert(session.clone(), Session { shard, ..Session::default() });
        session
    });
    let ours = |id: &&u64| (**id >> 22) % shard.1 == shard.0;
    let ids: Vec<u64> = state.hub.read(|inner| inner.guilds.iter().filter(ours).copied().collect());
    // The guilds of the model are named, and stay unavailable.
    let others: Vec<u64> = state.model().guilds.keys().map(|guild| guild.0).filter(|id| ours(&id)).collect();
    let guilds: Vec<Value> =
        ids.iter().chain(&others).map(|id| json!({ "id": id.to_string(), "unavailable": true })).collect();
    let user = super::views::application(&state.model())["bot"].clone();
    let ready = json!({ "v": 10, "user": user, "guilds": guilds, "session_id": session, "shard": first["d"]["shard"],
        "resume_gateway_url": state.gateway_url, "application": { "id": "1000", "flags": 0 } });
    dispatch(socket, "READY", ready, &session, state).await?;
    for id in ids {
        let Some(body) = state.hub.read(|inner| inner.guild_body) else {
            let created =
                json!({ "id": id.to_string(), "name": "Server", "channels": [], "roles": [], "members": [] });
            dispatch(socket, "GUILD_CREATE", created, &session, state).await?;
            continue;
        };
        let sequence = state.hub.change(|inner| {
            let session = inner.sessions.entry(session.clone()).or_default();
            session.sequence += 1;
            session.sequence
        });
        let event = format!(r#"{{"t":"GUILD_CREATE","s":{sequence},"op":0,"d":{}}}"#, body(id));
        let event = socket.encode(event);
        socket.stream.send(event).await.ok()?;
    }
    Some((session, shard))
}

async fn dispatch(socket: &mut Socket, kind: &str, data: Value, session: &str, state: &State) -> Option<()> {
    let event = state.hub.change(|inner| inner.record(session, kind, &data));
    let event = socket.encode(event.to_string());
    if kind == "INTERACTION_CREATE" {
        let id = data["id"].as_str().unwrap_or_default().to_owned();
        state.hub.change(|inner| inner.written.push((id, state.clock.ticks())));
    }
    socket.stream.send(event).await.ok()
}

/// A connection may send this many events in a minute (reference, "Rate limiting" of the gateway).
const SENDS_PER_MINUTE: usize = 120;

/// Counts an event that was sent. Returns whether that exceeds the limit.
fn is_too_much(sent: &mut VecDeque<Duration>, now: Duration) -> bool {
    sent.push_back(now);
    while sent.front().is_some_and(|at| now.saturating_sub(*at) >= Duration::from_secs(60)) {
        sent.pop_front();
    }
    sent.len() > SENDS_PER_MINUTE
}

async fn run(
    mut socket: Socket,
    mut orders: mpsc::UnboundedReceiver<Order>,
    session: &str,
    manner: Manner,
    state: &State,
) {
    // The IDENTIFY or RESUME counts too.
    let mut sent = VecDeque::from([state.clock.ticks()]);
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Dispatch(kind, data)) => {
                    if dispatch(&mut socket, kind, data, session, state).await.is_none() {
                        // The event is stored with the session: a RESUME replays it.
                        return;
                    }
                }
                Some(Order::Send(value)) => {
                    let _ = socket.send(&value).await;
                }
                Some(Order::Close(code)) => return socket.close(code).await,
                Some(Order::Hang) => std::future::pending().await,
                Some(Order::Cut) | None => return,
            },
            received = socket.receive() => match received {
                Some(_) if is_too_much(&mut sent, state.clock.ticks()) => return socket.close(4008).await,
                Some(beat) if beat["op"] == 1 && manner != Manner::Zombie => {
                    let _ = socket.send(&json!({ "op": 11 })).await;
                }
                Some(presence) if presence["op"] == 3 => {
                    state.hub.change(|inner| inner.presences.push(presence["d"].clone()));
                }
                Some(_) => {}
                None => {
                    if socket.ended {
                        state.hub.change(|inner| inner.sessions.remove(session));
                    }
                    return;
                }
            },
        }
    }
}
