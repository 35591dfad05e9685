//! Interactions over the gateway: a socket of tokio-websockets, with our own protocol and decoding.
//!
//! `socket` opens one connection. `shard_runner` speaks over it and decides when the next one is tried. `identify_queue`
//! counts new sessions. `cluster::shards` decides which shards are ours.
//!
//! Nothing is cached: only the id of a server is read. A session is stored every few seconds and at the stop, so that a
//! restarted process resumes it and no command is lost.

mod event;
mod identify_queue;
mod session;
mod shard_runner;
mod socket;
mod timeouts;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Url;
use tokio::sync::{mpsc, watch};
use tokio_websockets::Connector;

use super::rest::{Rest, is_loopback};
use super::{DiscordError, Incoming, PermanentReason};
use crate::clock::{Clock, stopped};
use crate::cluster::SharedLimits;
use crate::cluster::shards::{self, LeaseDeadline, ShardRange, ShardRunners};
use crate::throttle::Jitter;
use identify_queue::IdentifyQueue;
use shard_runner::ShardRunner;

/// Discord's advice for connecting.
pub use super::codec::GatewayBotInfo;
pub use session::SessionStore;
pub use timeouts::Timeouts;

/// Discord resets the token at 1,000 IDENTIFYs in 24 hours; even an unforeseen loop must end far below that.
pub const IDENTIFIES_PER_DAY: usize = 200;

/// Options of the gateway.
#[derive(Clone)]
pub struct GatewayOptions {
    pub token: String,
    /// The shards that this process runs; if `None`, all that Discord advises.
    pub shards: Option<ShardRange>,
    /// What this instance shares with others; `None` if it is the only one, or its shards are set.
    pub shared_limits: Option<Arc<dyn SharedLimits>>,
    /// The most IDENTIFYs in 24 hours for each shard; together at most half of what Discord allows.
    pub identifies_per_day: usize,
    pub timeouts: Timeouts,
    /// The text of the bot's presence: "🔴 Web API down since 14:02"; empty for none.
    pub presence: watch::Receiver<String>,
    pub clock: Clock,
}

impl fmt::Debug for GatewayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("shards", &self.shards).finish_non_exhaustive()
    }
}

/// Runs the gateway connection until `stop` turns true or Discord refuses us for good, which is sent as
/// [`Incoming::Fatal`].
pub async fn run(
    options: GatewayOptions,
    rest: &Rest,
    incoming: mpsc::Sender<Incoming>,
    sessions: Arc<dyn SessionStore>,
    mut stop: watch::Receiver<bool>,
) {
    let bot_info = tokio::select! {
        bot_info = ask(&options.clock, rest) => bot_info,
        () = stopped(&mut stop) => return,
    };
    let checked = bot_info.and_then(|bot_info| checked_url(&bot_info.url).map(|()| bot_info));
    let bot_info = match checked {
        Ok(bot_info) => bot_info,
        Err(fatal) => {
            // The receiver may be stopping too.
            let _ = incoming.send(Incoming::Fatal(fatal)).await;
            return;
        }
    };
    let total = match &options.shared_limits {
        Some(shared_limits) => total_shards(&**shared_limits, &*sessions, bot_info.shards).await,
        None => bot_info.shards,
    };
    let shards = options.shards.unwrap_or(ShardRange { first: 0, last: total - 1, total });
    let connector = match Connector::new() {
        Ok(connector) => Arc::new(connector),
        Err(error) => {
            let _ = incoming.send(Incoming::Fatal(format!("TLS cannot be set up: {error}"))).await;
            return;
        }
    };
    let starts = IdentifyQueue::load(&options, Arc::clone(&sessions), shards, &bot_info).await;
    let connections = Connections {
        options: options.clone(),
        total: shards.total,
        url: bot_info.url,
        connector,
        jitter: Jitter::of_this_process(),
        starts: starts.clone(),
        sessions,
        incoming: incoming.clone(),
    };
    let run = async {
        match options.shared_limits.clone() {
            Some(limits) => shards::run_share(connections, limits, options.clock.clone(), shards, stop).await,
            None => shards::run_all(connections, shards, stop).await,
        }
    };
    let fatal = tokio::select! {
        fatal = run => fatal,
        () = starts.keep_asking(rest) => None, // it never ends
    };
    if let Some(fatal) = fatal {
        let _ = incoming.send(Incoming::Fatal(fatal)).await;
    }
}

/// What every shard's connection needs.
struct Connections {
    options: GatewayOptions,
    total: u32,
    url: String,
    connector: Arc<Connector>,
    jitter: Jitter,
    starts: IdentifyQueue,
    sessions: Arc<dyn SessionStore>,
    incoming: mpsc::Sender<Incoming>,
}

impl ShardRunners for Connections {
    fn run(
        &self,
        shard: u32,
        until: LeaseDeadline,
        stop: watch::Receiver<bool>,
    ) -> impl Future<Output = Option<String>> + Send + 'static {
        let runner = ShardRunner {
            options: self.options.clone(),
            shard: (shard, self.total),
            url: self.url.clone(),
            connector: Arc::clone(&self.connector),
            jitter: self.jitter,
            starts: self.starts.clone(),
            sessions: Arc::clone(&self.sessions),
            incoming: self.incoming.clone(),
            until,
        };
        runner.run(stop)
    }

    async fn stands_by(&self) {
        let _ = self.incoming.send(Incoming::Standby).await;
    }

    fn lost(&self, shard: u32) {
        // Its connection is no longer ours to report.
        let _ = self.incoming.try_send(Incoming::Steady(shard));
    }
}

/// Returns the number of shards of all instances together, and stores it for those that start later.
async fn total_shards(shared_limits: &dyn SharedLimits, sessions: &dyn SessionStore, advised: u32) -> u32 {
    const NAME: &str = "gateway-shards";
    let stored = sessions.load(NAME).await.and_then(|stored| String::from_utf8(stored).ok()?.parse().ok());
    let total = shards::agreed_total(shared_limits, stored, advised).await;
    if stored != Some(total) {
        sessions.save(NAME, Some(total.to_string().as_bytes())).await;
    }
    total
}

/// Asks Discord how to connect, for as long as it takes. An error is permanent.
async fn ask(clock: &Clock, rest: &Rest) -> Result<GatewayBotInfo, String> {
    let mut pause = SignedDuration::from_secs(1);
    loop {
        match rest.gateway_bot_info().await {
            Ok(bot_info) => return Ok(bot_info),
            Err(DiscordError::Permanent(PermanentReason::Unauthorized)) => {
                return Err(session::refused(4004));
            }
            Err(DiscordError::Permanent(refusal)) => {
                return Err(format!("Discord does not let us connect: {refusal}"));
            }
            Err(DiscordError::Transient { after, why, .. }) => {
                tracing::warn!(%why, "Discord does not answer how to connect; retrying");
                clock.sleep(after.unwrap_or(pause)).await;
                pause = (pause * 2).min(SignedDuration::from_secs(30));
            }
        }
    }
}

/// Checks an address to which the token is sent: it must be encrypted, or on this machine.
fn checked_url(url: &str) -> Result<(), String> {
    let wrong = || format!("the gateway's address {url:?} is not accepted: wss, or ws on this machine only");
    let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority
        .rsplit_once(':')
        .filter(|(_, port)| port.parse::<u16>().is_ok())
        .map_or(authority, |(h, _)| h);
    match scheme {
        "wss" => Ok(()),
        "ws" if is_loopback(host) => Ok(()),
        _ => Err(wrong()),
    }
}

/// Returns whether a session may be resumed at `url`: encrypted, on the port and below the domain of the gateway that Discord
/// advised, because the token is sent there. Discord advises `gateway.discord.gg` and resumes at
/// `gateway-us-east1-b.discord.gg`.
fn resumes_at(url: &str, advised: &str) -> bool {
    let (Ok(url), Ok(advised)) = (Url::parse(url), Url::parse(advised)) else { return false };
    let (Some(host), Some(home)) = (url.host_str(), advised.host_str()) else { return false };
    if !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    if is_loopback(home) || is_loopback(host) {
        return is_loopback(home) && is_loopback(host);
    }
    let is_same = host == home;
    let is_below = |domain: &str| host.strip_suffix(domain).is_some_and(|name| name.ends_with('.'));
    // The parent of "discord.gg" is a public suffix, and an IP address has no parent.
    let parent = home.split_once('.').map(|(_, parent)| parent).filter(|parent| parent.contains('.'));
    let parent = parent.filter(|_| home.trim_matches(['[', ']']).parse::<IpAddr>().is_err());
    url.scheme() == "wss"
        && url.port_or_known_default() == advised.port_or_known_default()
        && (is_same || is_below(home) || parent.is_some_and(is_below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_resumed_only_below_the_advised_domain() {
        let advised = "wss://gateway.discord.gg";
        for fine in [
            "wss://gateway.discord.gg",
            "wss://gateway-us-east1-b.discord.gg",
            "wss://us-east1-b.gateway.discord.gg/?v=10",
            "wss://GATEWAY-us-east1-b.discord.gg:443",
        ] {
            assert!(resumes_at(fine, advised), "{fine}");
        }
        for wrong in [
            "wss://evil.example",
            "wss://gateway.discord.gg.evil.example",
            "wss://gateway.discord.gg@evil.example",
            "wss://bot:pw@gateway.discord.gg",
            "wss://evildiscord.gg",
            "wss://discord.gg.",
            "wss://gateway.discord.gg:8443",
            "ws://gateway-us-east1-b.discord.gg",
            "https://gateway-us-east1-b.discord.gg",
            "wss://127.0.0.1",
            "ws://localhost",
            "gateway.discord.gg",
            "",
        ] {
            assert!(!resumes_at(wrong, advised), "{wrong}");
        }
        assert!(resumes_at("ws://127.0.0.1:9/", "ws://localhost:8080"));
        assert!(!resumes_at("wss://gateway.discord.gg", "ws://127.0.0.1:8080"));
        assert!(!resumes_at("wss://other.gg", "wss://discord.gg"));
        assert!(!resumes_at("wss://10.0.0.2", "wss://10.0.0.1"));
    }

    #[test]
    fn token_goes_only_to_encrypted_or_loopback_gateways() {
        for fine in ["wss://gateway.discord.gg", "ws://127.0.0.1:8080/", "ws://[::1]:8080", "ws://localhost"]
        {
            assert_eq!(checked_url(fine), Ok(()), "{fine}");
        }
        for wrong in
            ["ws://gateway.discord.gg", "ws://127.0.0.1.evil.example", "http://127.0.0.1", "gateway", ""]
        {
            assert!(checked_url(wrong).is_err(), "{wrong}");
        }
    }
}
