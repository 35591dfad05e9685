//! How fast an alert reaches 10,000 channels: the program itself, in its own process with its store on disk, against a Discord
//! on this machine that enforces Discord's limits.
//!
//! Two parts. The first has Discord's limit of 50 requests a second while people send commands, and takes 200 s. The second
//! raises that limit, as Discord does for large bots, and shows what the program itself can do.
//! `cargo bench --bench fan_out -- raised` runs only the second.

// The same Discord, Spotify and home as in the tests of `tests/it`. Each uses other parts of them.
#[path = "../tests/it/processes/bot.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod bot;
#[path = "../tests/it/faulty_server.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod faulty_server;
#[path = "../tests/it/loopback/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
mod loopback;
#[path = "../tests/it/processes/spotify.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod spotify;

use std::fs;

use bot::Home;
use healthy_upstream::discord::permissions::VIEW_CHANNEL;
use healthy_upstream::ids::InteractionId;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Channels that must get an outage within 1.05 times the time that Discord's limit allows.
const CHANNELS: usize = 10_000;
/// Discord's global limit (reference, "Rate limits").
const LIMIT: u32 = 50;
/// Far more than the program reached on the machines that it was measured on.
const RAISED: u32 = 20_000;
/// Starts and ends of the second part, in turn. A fourth start within the hour would be posted as flapping, in edits.
const ROUNDS: usize = 5;
/// The interval between commands, as a large bot gets them.
const ASKED_EVERY: SignedDuration = SignedDuration::from_millis(100);

/// The tests check every body against Discord's document, which costs more than everything else here.
mod openapi {
    pub(crate) fn check_request(_: &str, _: &str, _: &serde_json::Value) -> Vec<String> {
        Vec::new()
    }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    if wants("raised") {
        runtime.block_on(with_the_limit_raised());
    }
    if wants("limited") {
        runtime.block_on(within_the_limit());
    }
}

/// Alerts 10,000 channels at 50 requests a second while people send ten commands a second.
async fn within_the_limit() {
    let home = Home::subscribed_with_limit(CHANNELS, LIMIT).await;
    let mut fan_out = FanOut::begins(&home).await;
    let (took, asked) = tokio::join!(fan_out.posts(&["web-api"], CHANNELS), asks(&home));
    let allowed = f64::from(u32::try_from(CHANNELS).expect("few")) / f64::from(LIMIT);
    let answers = latencies(&home, &asked);
    let refused = home.discord.state.model().limits.refused;
    println!(
        "{CHANNELS} channels at {LIMIT} requests/s: {took:.1} s, {:.3} of the {allowed:.0} s that the limit allows; \
         429s: {refused}",
        took / allowed,
    );
    println!(
        "  meanwhile {} of {} commands were answered: half within {:.1} ms, all within {:.1} ms",
        answers.len(),
        asked.len(),
        answers[answers.len() / 2],
        answers[answers.len() - 1],
    );
    fan_out.ends().await;
    assert!(took <= 1.05 * allowed, "at most 1.05 of the time that the limit allows");
    assert_eq!(refused, 0, "no 429");
    assert_eq!(answers.len(), asked.len(), "every command is answered");
}

/// Posts 10,000 starts, 10,000 ends with edits of the starts, and the same again, as fast as possible. Memory grows by less each
/// time: the growth is the cache of the store, of 64 MB at most.
async fn with_the_limit_raised() {
    let home = Home::subscribed_with_limit(CHANNELS, RAISED).await;
    home.discord.state.model().limits.global = 0; // no limit
    let mut fan_out = FanOut::begins(&home).await;
    let all = f64::from(u32::try_from(CHANNELS).expect("few"));
    for nth in 1..=ROUNDS {
        let failing: &[&'static str] = if nth % 2 == 0 { &[] } else { &["web-api"] };
        let took = fan_out.posts(failing, nth * CHANNELS).await;
        let what = if failing.is_empty() { "ends, with edits" } else { "starts" };
        println!("{CHANNELS} {what}, the limit raised: {took:.2} s, {:.0} posts/s", all / took);
        println!("  memory: {:.1} MB", megabytes(resident_kb(&fan_out.bot)));
    }
    fan_out.ends().await;
}

/// The running program, and how much memory it takes.
struct FanOut<'a> {
    home: &'a Home,
    bot: bot::Bot,
    at_first_kb: u64,
    at_most_kb: u64,
}

impl<'a> FanOut<'a> {
    async fn begins(home: &'a Home) -> Self {
        let bot = home.start();
        home.discord.state.hub.connection(0).await;
        home.is_watched().await;
        let at_first_kb = resident_kb(&bot);
        Self { home, bot, at_first_kb, at_most_kb: at_first_kb }
    }

    /// Makes these sources fail from now on. Returns the seconds between the first message that follows and the one with which
    /// there are `messages` in all.
    async fn posts(&mut self, failing: &[&'static str], messages: usize) -> f64 {
        let since = self.home.now();
        self.home.spotify.fails(failing);
        while self.sent(Timestamp::UNIX_EPOCH).len() < messages {
            self.at_most_kb = self.at_most_kb.max(resident_kb(&self.bot));
            self.home.discord.state.clock.sleep(ASKED_EVERY).await;
        }
        let sent = self.sent(since);
        let (first, last) = (sent.iter().min().expect("some"), sent.iter().max().expect("some"));
        last.duration_since(*first).as_secs_f64()
    }

    /// Returns when each message since `since` was sent.
    fn sent(&self, since: Timestamp) -> Vec<Timestamp> {
        let model = self.home.discord.state.model();
        let channels = self.home.channels.iter().map(|(_, channel)| &model.channels[channel]);
        let own = channels.flat_map(|channel| channel.messages.values()).filter(|m| m.asked_by.is_none());
        own.map(|message| message.at).filter(|at| *at >= since).collect()
    }

    async fn ends(mut self) {
        self.home.is_watched().await;
        let after = resident_kb(&self.bot);
        self.at_most_kb = self.at_most_kb.max(after);
        println!(
            "  memory: {:.1} MB before, {:.1} MB at most, {:.1} MB after",
            megabytes(self.at_first_kb),
            megabytes(self.at_most_kb),
            megabytes(after)
        );
        assert_eq!(self.bot.stops().await.code(), Some(0), "{}", self.home.log());
    }
}

/// Sends `/status` from a new user each time until every channel has its post. Returns each interaction and when it was sent.
async fn asks(home: &Home) -> Vec<(InteractionId, Timestamp)> {
    let state = &home.discord.state;
    let connection = state.hub.connection(0).await;
    let mut asked = Vec::new();
    let last = home.channels.last().expect("channels").1;
    while state.model().channels[&last].messages.is_empty() {
        let (id, event) = {
            let mut model = state.model();
            let now = state.clock.now();
            let person = model.add_person("ada", now);
            let (_, channel) = home.channels[asked.len() * 7 % CHANNELS];
            let (id, token) = model.ask(channel, person, None, now);
            let private = json!([{ "name": "private", "type": 5, "value": true }]);
            let data = json!({ "id": "1", "name": "status", "type": 1, "options": private });
            let by = (channel, person, VIEW_CHANNEL);
            (id, loopback::interaction(&model, (id, &token), 2, by, &data, None))
        };
        asked.push((id, state.clock.now()));
        connection.dispatch("INTERACTION_CREATE", event);
        state.clock.sleep(ASKED_EVERY).await;
    }
    asked
}

/// Returns how many milliseconds each interaction waited for its answer, shortest first.
fn latencies(home: &Home, asked: &[(InteractionId, Timestamp)]) -> Vec<f64> {
    let answers = home.discord.state.requests();
    let answered = |id: InteractionId| {
        let path = format!("/interactions/{id}/");
        answers.iter().find(|seen| seen.path.starts_with(&path)).map(|seen| seen.at)
    };
    let took = asked.iter().filter_map(|(id, since)| Some(answered(*id)?.duration_since(*since)));
    let mut millis: Vec<f64> = took.map(|took| took.as_secs_f64() * 1000.0).collect();
    millis.sort_by(f64::total_cmp);
    millis
}

/// Returns the anonymous memory of a process, or 0 if the system does not report it.
fn resident_kb(bot: &bot::Bot) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", bot.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn megabytes(kb: u64) -> f64 {
    f64::from(u32::try_from(kb).unwrap_or(u32::MAX)) / 1024.0
}
