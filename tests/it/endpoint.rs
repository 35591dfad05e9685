//! Interactions over HTTP: what is signed is taken, and nothing else is.
//!
//! Real time, unpaused: sockets are awaited.

use std::net::SocketAddr;
use std::time::Duration;

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer, SigningKey};
use healthy_upstream::chat::{Message, Reply};
use healthy_upstream::clock::Clock;
use healthy_upstream::discord::endpoint::{self, EndpointError, Options};
use healthy_upstream::discord::model::ChannelKind;
use healthy_upstream::discord::{Answer, Discord, Incoming};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use crate::loopback::{Loopback, interaction};

struct Door {
    address: SocketAddr,
    key: SigningKey,
    incoming: mpsc::Receiver<Incoming>,
    _stop: watch::Sender<bool>,
}

impl Door {
    async fn open() -> Self {
        let key = SigningKey::from_bytes(&[7; 32]);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (sender, incoming) = mpsc::channel(8);
        let (stop, stopped) = watch::channel(false);
        let public_key = HEXLOWER.encode(key.verifying_key().as_bytes());
        let options = Options { public_key, clock: Clock::system() };
        tokio::spawn(endpoint::run(options, listener, sender, stopped));
        Self { address, key, incoming, _stop: stop }
    }

    /// Sends a body signed at `age` seconds ago; the status and the body that come back.
    async fn knock(&self, body: &str, age: i64, spoil: bool) -> (u16, String) {
        let at = (Clock::system().now().as_second() - age).to_string();
        let mut signature = self.key.sign(format!("{at}{body}").as_bytes()).to_bytes();
        signature[0] ^= u8::from(spoil);
        let signature = HEXLOWER.encode(&signature);
        self.say(&format!("X-Signature-Ed25519: {signature}\r\nX-Signature-Timestamp: {at}\r\n"), body).await
    }

    async fn say(&self, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        // It may be closed before all was read of us.
        let _ = stream.read_to_string(&mut answer).await;
        let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        (status, answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned())
    }
}

#[tokio::test]
async fn a_ping_is_answered_and_what_is_not_signed_is_refused() {
    let mut door = Door::open().await;
    let ping = r#"{"id":"1","application_id":"1000","type":1,"token":"t","version":1}"#;
    assert_eq!(door.knock(ping, 0, false).await, (200, r#"{"type":1}"#.into()));
    assert_eq!(door.knock(ping, 0, true).await.0, 401, "a bad signature");
    assert_eq!(door.knock(ping, 600, false).await.0, 401, "a stale one");
    assert_eq!(door.knock(ping, -600, false).await.0, 401, "one from the future");
    assert_eq!(door.say("", ping).await.0, 401, "none");
    assert_eq!(door.say("X-Signature-Ed25519: zz\r\nX-Signature-Timestamp: soon\r\n", ping).await.0, 401);
    assert!(door.incoming.try_recv().is_err(), "nothing else was done");
}

#[tokio::test]
async fn a_command_is_taken_and_answered_by_callback() {
    let mut door = Door::open().await;
    let discord = Loopback::start().await;
    let now = discord.state.clock.now();
    let body = {
        let mut model = discord.state.model();
        let guild = model.add_guild("Developers", now);
        let channel = model.add_channel(Some(guild), "help", ChannelKind::Text, now);
        let ada = model.add_person("ada", now);
        let (id, token) = model.ask(channel, ada, None, now);
        let data = json!({ "id": "1", "name": "status", "type": 1 });
        interaction(&model, (id, &token), 2, (channel, ada, 0), &data, None).to_string()
    };
    assert_eq!(door.knock(&body, 0, false).await.0, 202);
    let Some(Incoming::Asked(asked, ticket)) = door.incoming.recv().await else { panic!("asked") };
    assert_eq!(asked.command, "status");
    let answer = Answer::Reply(Reply::public(Message::text("🟢")));
    let id = discord.rest().answer(&ticket, &answer).await.expect("answered");
    assert!(id.is_some(), "Discord says which message it became");

    assert_eq!(door.knock("{}", 0, false).await.0, 400);
    assert!(matches!(door.incoming.recv().await, Some(Incoming::Unreadable(_))));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_one_that_never_comes_is_given_up() {
    let door = Door::open().await;
    assert_eq!(door.knock(&"x".repeat(300 << 10), 0, false).await.0, 413);
    let mut slow = TcpStream::connect(door.address).await.expect("it listens");
    let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";
    slow.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = vec![0; 64];
    let read = tokio::time::timeout(Duration::from_secs(20), slow.read(&mut answer)).await;
    let read = read.expect("it does not wait for ever").expect("an answer");
    assert!(String::from_utf8_lossy(&answer[..read]).starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn a_key_that_is_none_is_said_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let (sender, _incoming) = mpsc::channel(1);
    let (_stop, stopped) = watch::channel(false);
    let options = Options { public_key: "not a key".into(), clock: Clock::system() };
    assert_eq!(endpoint::run(options, listener, sender, stopped).await, Err(EndpointError::Key));
}
