//! Interactions over HTTP: signed requests are accepted, and nothing else is.
//!
//! Real time, unpaused, because sockets are awaited.

use std::net::SocketAddr;
use std::time::Duration;

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer, SigningKey};
use healthy_upstream::chat::{Message, Reply};
use healthy_upstream::clock::Clock;
use healthy_upstream::discord::http_interactions::{self, HttpInteractionsError, HttpInteractionsOptions};
use healthy_upstream::discord::simulator::rules::RulesChannelKind;
use healthy_upstream::discord::{Discord, Incoming, InteractionResponse};
use jiff::SignedDuration;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use crate::loopback::{Loopback, interaction};

/// The PING that Discord sends to check the endpoint.
pub(crate) const PING: &str = r#"{"id":"1","application_id":"1000","type":1,"token":"t","version":1}"#;

struct HttpBot {
    address: SocketAddr,
    key: SigningKey,
    incoming: mpsc::Receiver<Incoming>,
    clock: Clock,
    _stop: watch::Sender<bool>,
}

impl HttpBot {
    async fn open() -> Self {
        Self::open_for(http_interactions::CONNECTIONS).await
    }

    /// Accepts this many connections at once.
    async fn open_for(connections: usize) -> Self {
        Self::open_at(connections, Clock::system()).await
    }

    /// Runs with this clock.
    async fn open_at(connections: usize, clock: Clock) -> Self {
        let key = SigningKey::from_bytes(&[7; 32]);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (sender, incoming) = mpsc::channel(8);
        let (stop, stopped) = watch::channel(false);
        let public_key = HEXLOWER.encode(key.verifying_key().as_bytes());
        let options = HttpInteractionsOptions { public_key, connections, clock: clock.clone() };
        tokio::spawn(http_interactions::run(options, listener, sender, stopped));
        Self { address, key, incoming, clock, _stop: stop }
    }

    /// Sends a body signed `age` seconds ago. Returns the status and the body of the response.
    async fn try_acquire(&self, body: &str, age: i64, spoil: bool) -> (u16, String) {
        self.say(&self.signed(body, age, spoil), body).await
    }

    /// Returns the headers that sign a body, by the clock of the test.
    fn signed(&self, body: &str, age: i64, spoil: bool) -> String {
        sign_at(&self.key, body, self.clock.machine().as_second() - age, spoil)
    }

    /// Opens a connection and sends `said`.
    async fn connect(&self, said: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        stream.write_all(said.as_bytes()).await.expect("sent");
        stream
    }

    async fn say(&self, headers: &str, body: &str) -> (u16, String) {
        say(self.address, headers, body).await.expect("it listens")
    }
}

/// Returns the headers that sign a body, `age` seconds ago. With `spoil` the signature is wrong.
pub(crate) fn sign(key: &SigningKey, body: &str, age: i64, spoil: bool) -> String {
    sign_at(key, body, Clock::system().now().as_second() - age, spoil)
}

fn sign_at(key: &SigningKey, body: &str, at: i64, spoil: bool) -> String {
    let mut signature = key.sign(format!("{at}{body}").as_bytes()).to_bytes();
    signature[0] ^= u8::from(spoil);
    let signature = HEXLOWER.encode(&signature);
    format!("X-Signature-Ed25519: {signature}\r\nX-Signature-Timestamp: {at}\r\n")
}

/// Sends a request over its own connection. Returns the status and the body of the response.
pub(crate) async fn say(address: SocketAddr, headers: &str, body: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    // The server may close the connection before it has read everything.
    let _ = stream.read_to_string(&mut answer).await;
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Ok((status, answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned()))
}

#[tokio::test]
async fn ping_is_answered_and_unsigned_requests_are_refused() {
    let mut admission = HttpBot::open().await;
    let ping = PING;
    assert_eq!(admission.try_acquire(ping, 0, false).await, (200, r#"{"type":1}"#.into()));
    assert_eq!(admission.try_acquire(ping, 0, true).await.0, 401, "a bad signature");
    assert_eq!(admission.try_acquire(ping, 600, false).await.0, 401, "an old signature");
    assert_eq!(admission.try_acquire(ping, -600, false).await.0, 401, "a signature from the future");
    assert_eq!(admission.say("", ping).await.0, 401, "no signature");
    assert_eq!(
        admission.say("X-Signature-Ed25519: zz\r\nX-Signature-Timestamp: soon\r\n", ping).await.0,
        401
    );
    assert!(admission.incoming.try_recv().is_err(), "nothing else is passed on");
}

#[tokio::test]
async fn command_is_accepted_and_answered_by_callback() {
    let mut admission = HttpBot::open().await;
    let discord = Loopback::start().await;
    let now = discord.state.clock.now();
    let body = {
        let mut model = discord.state.model();
        let guild = model.add_guild("Developers", now);
        let channel = model.add_channel(Some(guild), "help", RulesChannelKind::Text, now);
        let ada = model.add_person("ada", now);
        let (id, token) = model.ask(channel, ada, None, now);
        let data = json!({ "id": "1", "name": "status", "type": 1 });
        interaction(&model, (id, &token), 2, (channel, ada, 0), &data, None).to_string()
    };
    assert_eq!(admission.try_acquire(&body, 0, false).await.0, 202);
    let Some(Incoming::Interaction(asked, token)) = admission.incoming.recv().await else { panic!("asked") };
    assert_eq!(asked.command, "status");
    let answer = InteractionResponse::Reply(Reply::public(Message::text("🟢")));
    let id = discord.rest().answer(&token, &answer).await.expect("answered");
    assert!(id.is_some(), "Discord says which message it became");

    assert_eq!(admission.try_acquire("{}", 0, false).await.0, 400);
    assert!(matches!(admission.incoming.recv().await, Some(Incoming::Unreadable(_))));
}

#[tokio::test]
async fn too_large_body_is_refused_and_missing_one_times_out() {
    let admission = HttpBot::open().await;
    assert_eq!(admission.try_acquire(&"x".repeat(300 << 10), 0, false).await.0, 413);
    let signed = admission.signed(PING, 0, false);
    let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n{signed}\r\n{{");
    let answer = hear(&mut admission.connect(&head).await).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    // Without a signature the server does not wait for a body.
    let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n";
    let answer = hear(&mut admission.connect(head).await).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

/// The first bytes of HTTP/2: its preface and an empty SETTINGS frame.
pub(crate) const HTTP2: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0";

#[tokio::test]
async fn http2_is_refused_because_it_buffers_hundreds_of_bodies() {
    let admission = HttpBot::open().await;
    let answer = hear(&mut admission.connect(HTTP2).await).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer:?}");
}

#[tokio::test]
async fn malformed_signature_is_refused_before_the_body() {
    let admission = HttpBot::open().await;
    let at = admission.clock.machine().as_second();
    for signature in [String::new(), "a".repeat(127), "a".repeat(129), "g".repeat(128), "a".repeat(12_000)] {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\
             X-Signature-Ed25519: {signature}\r\nX-Signature-Timestamp: {at}\r\n\r\n"
        );
        let answer = hear(&mut admission.connect(&head).await).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{}: {answer}", signature.len());
    }
}

#[tokio::test]
async fn clock_set_back_accepts_fresh_signatures() {
    let clock = Clock::owned(Clock::system().now());
    let before = clock.now();
    let admission = HttpBot::open_at(http_interactions::CONNECTIONS, clock.clone()).await;
    // The clock was ten minutes ahead. The time that the bot shows does not go back.
    clock.set(SignedDuration::from_mins(-10));
    assert!(clock.now() >= before);
    assert_eq!(admission.try_acquire(PING, 0, false).await.0, 200);
    assert_eq!(
        admission.try_acquire(PING, -600, false).await.0,
        401,
        "a signature for the time that the bot shows"
    );
    assert_eq!(admission.try_acquire(PING, 61, false).await.0, 401, "an old signature");
}

/// Returns a request that keeps its connection open.
fn request(admission: &HttpBot) -> String {
    let (signed, length) = (admission.signed(PING, 0, false), PING.len());
    format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{signed}\r\n{PING}")
}

#[tokio::test]
async fn load_balancer_connections_outlive_its_keep_alive() {
    // A minute passes in six seconds.
    let clock = Clock::fast(Clock::system().now(), 10);
    let admission = HttpBot::open_at(http_interactions::CONNECTIONS, clock.clone()).await;
    let mut balancer = admission.connect(&request(&admission)).await;
    assert!(hear(&mut balancer).await.starts_with("HTTP/1.1 200"));
    clock.sleep(SignedDuration::from_mins(1)).await;
    balancer.write_all(request(&admission).as_bytes()).await.expect("still open");
    assert!(hear(&mut balancer).await.starts_with("HTTP/1.1 200"), "still open");
    // An idle connection is closed some time later.
    assert_eq!(hear(&mut balancer).await, "", "closed some time later");
}

/// Returns what comes back first, or an empty text if the connection is closed without a response.
pub(crate) async fn hear(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 1_024];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut answer)).await;
    let read = read.expect("a response within 20 s").unwrap_or(0);
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn idle_connections_never_block_discord() {
    const PLACES: usize = 8;
    let (admission, clock) = (HttpBot::open_for(PLACES).await, Clock::system());
    // The connection of a load balancer, over which Discord has sent a request before.
    let mut balancer = admission.connect(&request(&admission)).await;
    assert!(hear(&mut balancer).await.starts_with("HTTP/1.1 200"));

    let mut holders = Vec::new();
    for n in 0..5 * PLACES {
        let said = ["", "POST / HT", "POST / HTTP/1.1\r\nX-Padding: ", "GET /"][n % 4];
        holders.push(admission.connect(said).await);
    }
    let asked = clock.ticks();
    assert_eq!(admission.try_acquire(PING, 0, false).await.0, 200, "a new connection is accepted");
    balancer.write_all(request(&admission).as_bytes()).await.expect("sent");
    assert!(hear(&mut balancer).await.starts_with("HTTP/1.1 200"), "a trusted connection stays open");
    // Discord waits 3 s; the margin is for a loaded machine.
    assert!(
        clock.ticks().saturating_sub(asked) < Duration::from_secs(3),
        "{:?}",
        clock.ticks().saturating_sub(asked)
    );

    // The other connections are closed soon, even if they go on sending single bytes.
    let mut last = holders.pop().expect("one");
    let begun = clock.ticks();
    while clock.ticks().saturating_sub(begun) < Duration::from_secs(20) && last.write_all(b"x").await.is_ok()
    {
        let ended = tokio::time::timeout(Duration::from_millis(200), last.read(&mut [0; 64])).await;
        if ended.is_ok_and(|read| matches!(read, Ok(0) | Err(_))) {
            break;
        }
    }
    assert!(
        clock.ticks().saturating_sub(begun) < Duration::from_secs(15),
        "{:?}",
        clock.ticks().saturating_sub(begun)
    );
}

#[tokio::test]
async fn invalid_public_key_is_reported_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let (sender, _incoming) = mpsc::channel(1);
    let (_stop, stopped) = watch::channel(false);
    let options =
        HttpInteractionsOptions { public_key: "not a key".into(), connections: 1, clock: Clock::system() };
    assert_eq!(
        http_interactions::run(options, listener, sender, stopped).await,
        Err(HttpInteractionsError::Key)
    );
}
