//! Interactions over the gateway: a socket of tokio-websockets, with our own protocol and decoding.
//!
//! `socket` opens one connection. `shard_runner` speaks over it and decides when the next one is tried. `identify_queue`
//! counts new sessions, and `shard_assignment` decides which shards are ours.
//!
//! Nothing is cached: only the id of a server is read. A session is stored every few seconds and at the stop, so that a
//! restarted process resumes it and no command is lost.

mod event;
mod identify_queue;
mod session;
mod shard_assignment;
mod shard_runner;
mod socket;
mod timeouts;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Url;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_websockets::Connector;

use super::rest::{Rest, is_loopback};
use super::shared_limits::SharedLimits;
use super::{DiscordError, Incoming, PermanentReason};
use crate::clock::Clock;
use crate::throttle::Jitter;
use identify_queue::IdentifyQueue;
use shard_assignment::ShardAssigner;
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

/// A range of all shards: `0-3/16`, both ends included, or `2/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardRange {
    /// The first that this process runs.
    pub first: u32,
    pub last: u32,
    /// The number of shards of all processes together.
    pub total: u32,
}

/// A text that is not a [`ShardRange`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a range of shards; write it as \"0-3/16\", counting from 0")]
pub struct ShardRangeError(String);

impl FromStr for ShardRange {
    type Err = ShardRangeError;

    fn from_str(text: &str) -> Result<Self, ShardRangeError> {
        let wrong = || ShardRangeError(text.to_owned());
        let number = |part: &str| part.trim().parse::<u32>().map_err(|_| wrong());
        let (range, total) = text.split_once('/').ok_or_else(wrong)?;
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let shards = Self { first: number(first)?, last: number(last)?, total: number(total)? };
        let fits = shards.first <= shards.last && shards.last < shards.total;
        if fits { Ok(shards) } else { Err(wrong()) }
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
        Some(shared_limits) => agreed_total(&**shared_limits, &*sessions, bot_info.shards).await,
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
    let jitter = Jitter::of_this_process();
    let make = |shard, until| ShardRunner {
        options: options.clone(),
        shard: (shard, shards.total),
        url: bot_info.url.clone(),
        connector: Arc::clone(&connector),
        jitter,
        starts: starts.clone(),
        sessions: Arc::clone(&sessions),
        incoming: incoming.clone(),
        until,
    };
    let run = async {
        let Some(shared_limits) = &options.shared_limits else { return run_all(shards, make, &stop).await };
        let (shared_limits, clock) = (Arc::clone(shared_limits), options.clock.clone());
        ShardAssigner::new(shared_limits, clock, shards, make, incoming.clone()).run(stop.clone()).await
    };
    let fatal = tokio::select! {
        fatal = run => fatal,
        () = starts.keep_asking(rest) => None, // it never ends
    };
    if let Some(fatal) = fatal {
        let _ = incoming.send(Incoming::Fatal(fatal)).await;
    }
}

/// Runs all of these shards. The first one that is refused for good ends the others: they would be refused likewise.
async fn run_all(
    shards: ShardRange,
    make: impl Fn(u32, shard_assignment::LeaseDeadline) -> ShardRunner,
    stop: &watch::Receiver<bool>,
) -> Option<String> {
    let mut running = JoinSet::new();
    for shard in shards.first..=shards.last {
        running.spawn(make(shard, shard_assignment::no_deadline()).run(stop.clone()));
    }
    while let Some(ended) = running.join_next().await {
        if let Ok(Some(fatal)) = ended {
            return Some(fatal);
        }
    }
    None
}

/// Returns the number of shards of all instances together: the one that running instances agreed on, else Discord's advice.
async fn agreed_total(shared_limits: &dyn SharedLimits, sessions: &dyn SessionStore, advised: u32) -> u32 {
    const NAME: &str = "gateway-shards";
    let stored = sessions.load(NAME).await.and_then(|stored| String::from_utf8(stored).ok()?.parse().ok());
    match (stored, shared_limits.count("shard/").await) {
        (Some(total), Ok(1..) | Err(_)) if total > 0 => total,
        _ => {
            sessions.save(NAME, Some(advised.to_string().as_bytes())).await;
            advised
        }
    }
}

/// Waits until `stop` turns true, or its sender is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
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
                tracing::warn!(why, "Discord does not answer how to connect; retrying");
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
    fn shard_range_counts_from_zero_and_includes_both_ends() {
        assert_eq!("0-1/3".parse(), Ok(ShardRange { first: 0, last: 1, total: 3 }));
        assert_eq!("2/3".parse(), Ok(ShardRange { first: 2, last: 2, total: 3 }));
        for wrong in ["", "3/3", "1-0/3", "0-3/3", "a-b/c", "0-1", "/3"] {
            assert!(wrong.parse::<ShardRange>().is_err(), "{wrong}");
        }
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
