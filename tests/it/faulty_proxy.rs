//! A TCP proxy between a client and a server that a test can slow down, cut, or silence.

use std::sync::Arc;

use healthy_upstream::clock::Clock;
use jiff::SignedDuration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the proxy does to its connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Weather {
    /// Passes everything through.
    #[default]
    Fair,
    /// Delays everything that the client sends.
    Slow(SignedDuration),
    /// Breaks all connections, and refuses new ones.
    Cut,
    /// Keeps connections open, but passes nothing through: half open.
    Silent,
    /// Passes everything until the client sends these bytes. They still arrive, but no answer comes back after them.
    DeafAfter(&'static [u8]),
}

/// A proxy to a port on loopback.
pub(crate) struct Line {
    pub(crate) port: u16,
    weather: Arc<watch::Sender<Weather>>,
    listening: tokio::task::JoinHandle<()>,
}

impl Line {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let weather = Arc::new(watch::Sender::new(Weather::Fair));
        let state = Arc::clone(&weather);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, state.subscribe()));
            }
        });
        Self { port, weather, listening }
    }

    /// Applies from now on, also to open connections.
    pub(crate) fn turns(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn carry(client: TcpStream, server: u16, mut weather: watch::Receiver<Weather>) {
    if *weather.borrow() == Weather::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let (deaf, mut is_deaf) = (watch::Sender::new(false), false);
    let mut hears = deaf.subscribe();
    let state = weather.clone();
    let asking = async {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            let now = state.borrow().clone();
            match now {
                Weather::Slow(by) => Clock::system().sleep(by).await,
                Weather::Silent => continue,
                Weather::DeafAfter(word) if bytes[..count].windows(word.len()).any(|said| said == word) => {
                    deaf.send_replace(true);
                }
                _ => {}
            }
            if to_server.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    let state = weather.clone();
    let answering = async {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            is_deaf |= *hears.borrow_and_update();
            if is_deaf || *state.borrow() == Weather::Silent {
                continue;
            }
            if to_client.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = asking => {}
        () = answering => {}
        _ = weather.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}
