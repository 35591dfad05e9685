//! A small Discord over real sockets, built on the same model as the simulator.
//!
//! Its REST side answers with real headers, and its gateway follows Discord's protocol. The test decides what goes wrong.

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

/// The state of the small Discord.
pub(crate) struct State {
    model: Mutex<DiscordRules>,
    pub(crate) clock: Clock,
    pub(crate) hub: Hub,
    requests: Mutex<Vec<Seen>>,
    /// Request bodies that Discord's OpenAPI document or our own rules refuse. They fail the test when it ends.
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

    /// Refuses these commands with this error from now on, also within a list.
    #[allow(dead_code, reason = "benches share this file")]
    pub(crate) fn refuses_commands(&self, which: fn(&Value) -> bool, refused: ApiError) {
        *self.refuses_commands.lock().unwrap_or_else(PoisonError::into_inner) = Some((which, refused));
    }

    /// Accepts every command from now on.
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

    /// Returns how many requests came so far. It copies none of them, so that a bench does not measure the copying.
    #[allow(dead_code, reason = "the bench beside serenity waits for them")]
    pub(crate) fn many_requests(&self) -> usize {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits up to a minute for the first request that fits.
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
        tokio::time::timeout(Duration::from_secs(60), search)
            .await
            .expect("the request comes within a minute")
    }

    /// Waits until a condition holds, which is checked with each request. Panics after five minutes, so that a test cannot hang.
    /// That is enough for claims of dead instances, which delay a delivery by half a minute each time.
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
    /// Starts a small Discord on free ports.
    pub(crate) async fn start() -> Self {
        Self::start_on(Clock::system()).await
    }

    /// Starts a small Discord that uses this clock.
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

    /// Returns the address of its REST side.
    pub(crate) fn api(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns a REST client of a bot for it.
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
