//! A small Discord over real sockets, standing on the same model as the simulator.
//!
//! Its REST side answers with true headers, its gateway speaks as Discord's does; what goes wrong is said by the test.

mod gateway;
pub(crate) mod hub;
mod rest;
mod routes;
mod views;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use healthy_upstream::clock::Clock;
use healthy_upstream::discord::rest::{Rest, RestOptions};
use healthy_upstream::discord::simulator::rules::{ApiError, DiscordRules};
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub(crate) use hub::{Connection, Hub};
pub(crate) use views::interaction;

/// The token that this Discord accepts.
pub(crate) const TOKEN: &str = "loopback.bot.token";

/// A small Discord that listens on this machine.
pub(crate) struct Loopback {
    pub(crate) address: SocketAddr,
    pub(crate) state: Arc<State>,
    tasks: Vec<JoinHandle<()>>,
}

/// What it knows.
pub(crate) struct State {
    model: Mutex<DiscordRules>,
    pub(crate) clock: Clock,
    pub(crate) hub: Hub,
    requests: Mutex<Vec<Seen>>,
    /// Bodies that Discord's document or our own rules refuse; said when the test ends.
    wrong: Mutex<Vec<String>>,
    arrived: Notify,
    gateway_url: String,
    /// Which bodies of commands are refused, and how.
    refuses_commands: Mutex<Option<RefusedCommands>>,
}

/// Which bodies of commands are refused, and how.
type RefusedCommands = (fn(&Value) -> bool, ApiError);

/// A request that came in.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    #[allow(dead_code, reason = "the bench of the fan-out counts how long answers took")]
    pub(crate) at: Timestamp,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) status: u16,
    /// When its head was read, by the ticks of the clock.
    pub(crate) heard: Duration,
}

impl State {
    pub(crate) fn model(&self) -> MutexGuard<'_, DiscordRules> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on these commands are refused so, in a list too.
    #[allow(dead_code, reason = "benches share this file")]
    pub(crate) fn refuses_commands(&self, which: fn(&Value) -> bool, refused: ApiError) {
        *self.refuses_commands.lock().unwrap_or_else(PoisonError::into_inner) = Some((which, refused));
    }

    /// From now on every command is taken.
    #[allow(dead_code, reason = "benches share this file")]
    pub(crate) fn takes_commands(&self) {
        *self.refuses_commands.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn refused_command(&self, body: &Value) -> Option<ApiError> {
        let rule = self.refuses_commands.lock().unwrap_or_else(PoisonError::into_inner);
        let (which, refused) = rule.as_ref()?;
        let all = body.as_array().map_or(std::slice::from_ref(body), Vec::as_slice);
        all.iter().any(which).then(|| refused.clone())
    }

    fn note(&self, seen: Seen) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        self.arrived.notify_waiters();
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many came so far; nothing of them is copied, so that whoever measures does not measure that.
    #[allow(dead_code, reason = "the bench beside serenity waits for them")]
    pub(crate) fn many_requests(&self) -> usize {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The first request that fits, now or within 20 s.
    pub(crate) async fn sees(&self, fits: impl Fn(&Seen) -> bool) -> Seen {
        let search = async {
            loop {
                let arrived = self.arrived.notified();
                if let Some(seen) = self.requests().into_iter().find(&fits) {
                    return seen;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), search).await.expect("the request comes within 20 s")
    }

    /// Waits until it is so, which is checked with each request; at most five minutes, for whoever waits forever must be told: what
    /// copies had claimed when they died waits half a minute each time.
    pub(crate) async fn until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let search = async {
            loop {
                let arrived = self.arrived.notified();
                if is_so(self) {
                    return;
                }
                arrived.await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(300), search).await;
        found.unwrap_or_else(|_| panic!("{what}: not within five minutes"));
    }
}

impl Loopback {
    /// Starts one on free ports.
    pub(crate) async fn start() -> Self {
        Self::start_on(Clock::system()).await
    }

    /// Starts one that lives on this clock.
    pub(crate) async fn start_on(clock: Clock) -> Self {
        let rest = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let gateway = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = rest.local_addr().expect("bound");
        let gateway_address = gateway.local_addr().expect("bound");
        let state = Arc::new(State {
            model: Mutex::new(DiscordRules::new()),
            clock,
            hub: Hub::default(),
            requests: Mutex::default(),
            wrong: Mutex::default(),
            arrived: Notify::new(),
            gateway_url: format!("ws://{gateway_address}"),
            refuses_commands: Mutex::default(),
        });
        let tasks = vec![
            tokio::spawn(rest::serve(rest, Arc::clone(&state))),
            tokio::spawn(gateway::serve(gateway, Arc::clone(&state))),
        ];
        Self { address, state, tasks }
    }

    /// Where its REST side is.
    pub(crate) fn api(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A bot's way out to it.
    pub(crate) fn rest(&self) -> Rest {
        self.rest_with(50, TOKEN)
    }

    pub(crate) fn rest_with(&self, requests_per_second: u32, token: &str) -> Rest {
        let clock = self.state.clock.clone();
        let options = RestOptions {
            api: self.api(),
            token: token.into(),
            requests_per_second,
            shared_limits: None,
            proxy: healthy_upstream::proxy::Proxy::default(),
            clock,
        };
        Rest::new(&options).expect("loopback is accepted")
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        let wrong = self.state.wrong.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
        assert!(
            wrong.is_empty() || std::thread::panicking(),
            "bodies that Discord does not document:\n{wrong}"
        );
    }
}
