//! The bot as an operator runs it: the program itself, in its own process, with a store on the disk.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use healthy_upstream::alerts::{Subscription, SubscriptionEdit, UpdateMode};
use healthy_upstream::discord::simulator::rules::{RulesChannelKind, StoredMessage};
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId};
use healthy_upstream::store::{self, StoreOptions};
use jiff::Timestamp;
use tempfile::TempDir;

use super::spotify::Spotify;
use crate::loopback::{Loopback, TOKEN};

/// A server may have at most 100 subscriptions by default; fewer are more realistic.
const CHANNELS_PER_GUILD: usize = 25;

/// The environment of a bot: a Discord, a Spotify, and a folder with a configuration and a store.
pub(super) struct Home {
    pub(super) discord: Loopback,
    pub(super) spotify: Spotify,
    pub(super) folder: TempDir,
    pub(super) channels: Vec<(GuildId, ChannelId)>,
    /// The global limit of the bot and of this Discord, in requests per second.
    limit: u32,
}

impl Home {
    /// Makes an environment with this many channels, in servers of 25.
    pub(super) async fn with_channels(many: usize) -> Self {
        Self::with_channels_and_limit(many, 50).await
    }

    async fn with_channels_and_limit(many: usize, limit: u32) -> Self {
        let (discord, spotify) = (Loopback::start().await, Spotify::start().await);
        let now = discord.state.clock.now();
        let mut channels = Vec::new();
        {
            let mut model = discord.state.model();
            model.limits.global = limit;
            let mut guild = GuildId(0);
            for n in 0..many {
                if n % CHANNELS_PER_GUILD == 0 {
                    guild = model.add_guild("Developers", now);
                }
                channels.push((guild, model.add_channel(Some(guild), "ops", RulesChannelKind::Text, now)));
            }
        }
        let home = Self { discord, spotify, folder: tempfile::tempdir().expect("a folder"), channels, limit };
        home.configure(&home.configuration());
        home
    }

    /// Makes an environment whose channels are all subscribed. Every other one gets each update as a new message.
    pub(super) async fn subscribed(many: usize) -> Self {
        Self::subscribed_with_limit(many, 50).await
    }

    /// As [`Self::subscribed`], with a global limit of this many requests per second. Discord grants higher ones to large bots.
    pub(super) async fn subscribed_with_limit(many: usize, limit: u32) -> Self {
        let home = Self::with_channels_and_limit(many, limit).await;
        let store = store::open(&home.address(), &StoreOptions::default()).await.expect("a new store");
        let now = home.discord.state.clock.now();
        for (asked, (guild, channel)) in (1..).zip(&home.channels) {
            let mode = if asked % 2 == 0 { UpdateMode::Edit } else { UpdateMode::Posts };
            let subscription = Subscription { mode, ..Subscription::new(*guild, *channel, now) };
            let change = SubscriptionEdit::Subscribe(Box::new(subscription));
            store.change(&change, InteractionId(asked), now).await.expect("subscribed");
        }
        home
    }

    pub(super) fn store(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn address(&self) -> String {
        format!("sled:{}", self.store().display())
    }

    /// A configuration with one check each second. Three failures start an outage, and two successes end it.
    pub(super) fn configuration(&self) -> String {
        self.configuration_on(&self.address())
    }

    /// As [`Self::configuration`], on another store.
    pub(super) fn configuration_on(&self, store: &str) -> String {
        format!(
            "store = \"{store}\"\n[discord]\napi = \"{}\"\nrequests_per_second = {}\n[checks]\ninterval = \"1s\"\nfailure_threshold = 3\nsuccess_threshold = 2\n{}",
            self.discord.api(),
            self.limit,
            self.spotify.configuration()
        )
    }

    pub(super) fn configure(&self, text: &str) {
        fs::write(self.folder.path().join("bot.toml"), text).expect("written");
    }

    /// `healthy-upstream run`, with nothing of this process's environment but the token.
    pub(super) fn command(&self) -> Command {
        self.asks(&["run"])
    }

    /// `healthy-upstream` with these arguments, and otherwise like `run`.
    pub(super) fn asks(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.env_clear().env("DISCORD_TOKEN", TOKEN).current_dir(self.folder.path());
        command.args(["--config", "bot.toml"]).args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs a command that ends without a signal, without a terminal. Returns its exit code, its standard output and its standard
    /// error.
    pub(super) async fn prints(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut program = self.asks(arguments);
        let done = tokio::task::spawn_blocking(move || program.output()).await.expect("it ran");
        let done = done.expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (done.status.code(), text(done.stdout), text(done.stderr))
    }

    /// Starts the bot; its output is appended to the log.
    pub(super) fn start(&self) -> Bot {
        self.start_with(self.command(), "log")
    }

    /// Starts one of several instances, with its own configuration and its own log.
    pub(super) fn start_instance(&self, name: &str, environment: (&str, &str)) -> Bot {
        let mut command = Command::new(program());
        command.env_clear().env("DISCORD_TOKEN", TOKEN).env(environment.0, environment.1);
        command.args(["--config", &format!("{name}.toml"), "run"]).stdin(Stdio::null());
        command.current_dir(self.folder.path());
        self.start_with(command, &format!("{name}.log"))
    }

    pub(super) fn start_with(&self, mut command: Command, log: &str) -> Bot {
        let log = self.folder.path().join(log);
        let open = || File::options().create(true).append(true).open(&log).expect("a log");
        let child = command.stdout(open()).stderr(open()).spawn().expect("the program starts");
        Bot { child: Some(child), log }
    }

    /// Returns what one of several instances has logged so far, over all its restarts.
    pub(super) fn log_of(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default()
    }

    /// Returns what the bot has logged so far, over all its restarts.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Waits until the bot has checked Spotify once, so that what comes next is a change.
    pub(super) async fn is_watched(&self) {
        self.spotify.is_examined(1).await;
    }

    /// Waits until every channel holds a message that fits.
    pub(super) async fn everywhere(&self, what: &str, fits: fn(&StoredMessage) -> bool) {
        self.everywhere_times(what, fits, 1).await;
    }

    /// Waits until every channel holds this many messages that fit.
    pub(super) async fn everywhere_times(&self, what: &str, fits: fn(&StoredMessage) -> bool, times: usize) {
        // The last channels are posted to last, so they are checked first: while they lack a message, the others need no check.
        let mut from_the_last = self.channels.iter().rev().map(|(_, channel)| channel);
        let here = |channel: &ChannelId| {
            let model = self.discord.state.model();
            model.channels[channel].messages.values().filter(|m| fits(m)).count() >= times
        };
        let mut lacking = from_the_last.next();
        self.discord
            .state
            .until(what, |_| {
                while lacking.is_some_and(here) {
                    lacking = from_the_last.next();
                }
                lacking.is_none()
            })
            .await;
    }

    /// Returns for each channel how many of its messages fit.
    pub(super) fn counts(&self, fits: fn(&StoredMessage) -> bool) -> Vec<usize> {
        let model = self.discord.state.model();
        let count =
            |channel: &ChannelId| model.channels[channel].messages.values().filter(|m| fits(m)).count();
        self.channels.iter().map(|(_, channel)| count(channel)).collect()
    }

    /// Returns how many seconds after `since` the last message that fits came.
    pub(super) fn latest(&self, fits: fn(&StoredMessage) -> bool, since: Timestamp) -> f64 {
        let model = self.discord.state.model();
        let all = self.channels.iter().flat_map(|(_, channel)| model.channels[channel].messages.values());
        let last = all.filter(|m| fits(m)).map(|m| m.at).max().unwrap_or(since);
        last.duration_since(since).as_secs_f64()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.discord.state.clock.now()
    }

    /// Gives the bot some time for pending deliveries, as after every alert, and stops it. Panics if a delivery stays pending.
    pub(super) async fn settles(&self, mut bot: Bot) {
        for _ in 0..20 {
            self.is_watched().await;
            assert_eq!(bot.stops().await.code(), Some(0), "{}", self.log());
            let store = store::open(&self.address(), &StoreOptions::default()).await.expect("the store");
            if store.next_due().await.expect("read").is_none() {
                return;
            }
            drop(store);
            bot = self.start();
        }
        panic!("a delivery stays pending: {}", self.log());
    }
}

/// Whether the bot posted this message for the start of an outage: it is a reply to nothing.
pub(super) fn is_start(message: &StoredMessage) -> bool {
    message.asked_by.is_none() && message.reply_to.is_none()
}

/// Whether this message reports a recovery: it is a reply to the start.
pub(super) fn is_end(message: &StoredMessage) -> bool {
    message.reply_to.is_some() && message.text().contains("🟢")
}

/// Whether this message reports an update: it is a reply to the start, and not the recovery.
pub(super) fn is_update(message: &StoredMessage) -> bool {
    message.reply_to.is_some() && !is_end(message)
}

/// A running bot. It is killed when this is dropped.
pub(super) struct Bot {
    child: Option<Child>,
    log: PathBuf,
}

impl Bot {
    /// Returns the id of its process.
    #[allow(dead_code, reason = "benches/fan_out.rs, which shares this file, reads how much memory it takes")]
    pub(super) fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Sends SIGKILL, and waits until the process is gone.
    pub(super) fn dies(mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("killed");
        let ended = child.wait().expect("it is our child");
        assert_eq!(ended.code(), None, "it ran until it was killed: {}", self.said());
    }

    /// Returns how it ended, or `None` if it still runs.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().and_then(|child| child.try_wait().expect("it is our child"))
    }

    /// Sends a signal.
    pub(super) fn signals(&self, signal: &str) {
        let id = self.child.as_ref().expect("it runs").id();
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {id}")]).status();
        assert!(sent.expect("a shell").success(), "it runs: {}", self.said());
    }

    /// Sends SIGTERM. Returns how it ended, which must be within 10 s.
    pub(super) async fn stops(mut self) -> ExitStatus {
        self.signals("TERM");
        let child = self.child.take().expect("it runs");
        ends(child, Duration::from_secs(10)).await
    }

    /// Returns its anonymous memory in bytes, or 0 if the system does not report it.
    pub(super) fn memory(&self) -> u64 {
        let id = self.child.as_ref().map_or(0, Child::id);
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// Returns the program under test: the one that cargo built with the tests, unless `HEALTHY_UPSTREAM_PROGRAM` names another.
fn program() -> PathBuf {
    std::env::var_os("HEALTHY_UPSTREAM_PROGRAM")
        .map_or_else(|| env!("CARGO_BIN_EXE_healthy-upstream").into(), PathBuf::from)
}

/// Runs a command that ends without a signal. Returns its exit code and its standard error.
pub(super) async fn fails(mut command: Command) -> (Option<i32>, String) {
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    let ended = tokio::time::timeout(Duration::from_secs(30), ended).await;
    let output = ended.expect("it ends within 30 s").expect("no panic").expect("it is our child");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Waits until a process ends.
async fn ends(mut child: Child, within: Duration) -> ExitStatus {
    let ended = tokio::task::spawn_blocking(move || child.wait());
    let ended = tokio::time::timeout(within, ended).await;
    ended.unwrap_or_else(|_| panic!("it ends within {within:?}")).expect("no panic").expect("it is our child")
}

impl Drop for Bot {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("the bot said:\n{}", self.said());
        }
    }
}
