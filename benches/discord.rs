//! Compares the bot with a minimal bot of serenity's: latency, memory and size. Also measures the memory for 100,000 guilds.
//!
//! Both programs run unchanged, in processes of their own, against the same small Discord on this machine, and get their
//! interactions in turn. Latency is the time from an INTERACTION_CREATE on the socket until the head of its callback is read.
//! Memory is what the kernel reports (`RssAnon` now, `VmHWM` at its peak). Linux only, because of `/proc`.
//! `HEALTHY_UPSTREAM_PROGRAM` names another build of the bot to measure.

#[path = "../tests/it/processes/bot.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod bot;
#[path = "../tests/it/faulty_server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod faulty_server;
#[path = "../tests/it/loopback/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod loopback;
#[path = "../tests/it/processes/spotify.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod spotify;

mod openapi {
    //! The tests check every body against Discord's document. Here that check would be measured too.

    pub(crate) fn check_request(_: &str, _: &str, _: &serde_json::Value) -> Vec<String> {
        Vec::new()
    }
}

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use bot::Home;
use healthy_upstream::clock::Clock;
use healthy_upstream::ids::UserId;
use jiff::SignedDuration;
use loopback::{Loopback, TOKEN, interaction};
use serde_json::json;

/// Guilds that send interactions, so many that no cooldown is measured.
const SERVERS: usize = 500;
/// Guilds in the memory bench, and how many one shard may have (reference, "Sharding").
const MANY: u64 = 100_000;
const PER_SHARD: u64 = 2_500;
/// How often the bench checks whether every interaction is answered.
const POLL_EVERY: SignedDuration = SignedDuration::from_millis(5);
/// How many rounds both programs take in turn, so that neither gets the quieter machine.
const ROUNDS: usize = 3;

/// A running program under test.
struct Runs {
    name: &'static str,
    program: PathBuf,
    home: Home,
    child: Child,
    people: u64,
}

impl Runs {
    fn start(name: &'static str, home: Home, mut command: Command) -> Self {
        let program = PathBuf::from(command.get_program());
        let log = fs::File::create(home.folder.path().join("log")).expect("a log");
        let child =
            command.stdout(Stdio::null()).stderr(log).stdin(Stdio::null()).spawn().expect("it starts");
        Self { name, program, home, child, people: 0 }
    }

    /// Returns a value of `/proc/PID/status` in MB.
    fn memory(&self, figure: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with(figure)).expect("a figure");
        let kb: f64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
        kb * 1_024.0 / 1e6
    }

    fn discord(&self) -> &Loopback {
        &self.home.discord
    }

    /// Sends a `/status` of a new user, each in another guild.
    fn ask(&mut self, connection: &loopback::Connection) {
        self.people += 1;
        let at = usize::try_from(self.people).expect("a small number") % self.home.channels.len();
        let (_, channel) = self.home.channels[at];
        let event = {
            let state = &self.discord().state;
            let mut model = state.model();
            let by = UserId(1_000_000 + self.people);
            let (id, token) = model.ask(channel, by, None, state.clock.now());
            let option = json!({ "name": "private", "type": 5, "value": true });
            let data = json!({ "id": "1", "name": "status", "type": 1, "options": [option] });
            interaction(&model, (id, &token), 2, (channel, by, 1 << 10), &data, None)
        };
        connection.dispatch("INTERACTION_CREATE", event);
    }

    /// Sends `times` interactions, `per_second` each second (0: all at once). Returns their latencies in ms.
    async fn latencies(&mut self, times: usize, per_second: u32) -> Vec<f64> {
        let clock = Clock::system();
        let connection = self.discord().state.hub.connection(0).await;
        let asked_before = self.discord().state.hub.written().len();
        let before = self.discord().state.many_requests();
        let begun = clock.ticks();
        for nth in 0..times {
            if per_second > 0 {
                let nth = i32::try_from(nth).expect("a small number");
                let due = begun + Duration::from_secs_f64(f64::from(nth) / f64::from(per_second));
                let left = SignedDuration::try_from(due.saturating_sub(clock.ticks())).expect("short");
                clock.sleep(left).await;
            }
            self.ask(&connection);
        }
        let state = &self.discord().state;
        // Checking each incoming request would take the processor from both bots, more so the longer their answers are.
        let all_came = async {
            while state.many_requests() < before + times {
                clock.sleep(POLL_EVERY).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(300), all_came).await.expect("all within five minutes");
        state.until("all are answered", |_| callbacks(self.discord()).len() >= asked_before + times).await;
        let came = callbacks(self.discord());
        let written = state.hub.written();
        let of = |(id, at): &(String, Duration)| came[id].saturating_sub(*at).as_secs_f64() * 1e3;
        written[asked_before..].iter().map(of).collect()
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns when the callback of each interaction came.
fn callbacks(discord: &Loopback) -> HashMap<String, Duration> {
    let id = |path: &str| path.strip_prefix("/interactions/")?.split('/').next().map(str::to_owned);
    discord.state.requests().into_iter().filter_map(|seen| Some((id(&seen.path)?, seen.heard))).collect()
}

fn percentile(sorted: &[f64], share: usize) -> f64 {
    sorted[(sorted.len() * share / 100).min(sorted.len() - 1)]
}

/// Measures both programs in turn, alternating which is first, and prints the comparison.
async fn compare(what: &str, both: &mut [Runs; 2], times: usize, per_second: u32) {
    let mut all = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for nth in [round % 2, (round + 1) % 2] {
            all[nth].extend(both[nth].latencies(times, per_second).await);
        }
    }
    for all in &mut all {
        all.sort_by(f64::total_cmp);
    }
    let at = |share: usize| (percentile(&all[0], share), percentile(&all[1], share));
    let ((p50, their_p50), (p99, their_p99)) = (at(50), at(99));
    println!(
        "{what:14} p50 {p50:7.3} ms : {their_p50:7.3} ms = {:5.2}   p99 {p99:7.3} ms : {their_p99:7.3} ms = {:5.2}   ({} each)",
        p50 / their_p50,
        p99 / their_p99,
        all[0].len()
    );
}

/// Builds the minimal bot, a workspace of its own. Returns the path of its program.
fn build_yardstick() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = root.join("target/minimal-serenity");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--manifest-path"])
        .arg(root.join("benches/minimal-serenity/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status();
    assert!(built.expect("cargo").success(), "the minimal bot is built");
    target.join("release/minimal-serenity")
}

/// Returns a home as an operator has it: everything else has its default.
async fn home() -> Home {
    let home = Home::with_channels(SERVERS).await;
    home.configure(&home.configuration().replace("interval = \"1s\"", "interval = \"30s\""));
    home
}

async fn ours() -> Runs {
    let home = home().await;
    let command = program(&home);
    Runs::start("healthy-upstream", home, command)
}

/// Returns the command of the bot as built with this bench, or of another build of it.
fn program(home: &Home) -> Command {
    let ours = home.command();
    let Some(other) = std::env::var_os("HEALTHY_UPSTREAM_PROGRAM") else { return ours };
    let mut command = Command::new(other);
    command.env_clear().env("DISCORD_TOKEN", TOKEN).current_dir(home.folder.path()).args(ours.get_args());
    command
}

async fn theirs(program: &Path) -> Runs {
    let home = home().await;
    let mut command = Command::new(program);
    command.env_clear().env("DISCORD_TOKEN", TOKEN).env("DISCORD_API", home.discord.api());
    Runs::start("minimal serenity", home, command)
}

/// Returns a GUILD_CREATE: one guild in 100 is large, one in 10,000 very large.
fn server(id: u64) -> String {
    static BODIES: LazyLock<[String; 3]> = LazyLock::new(|| {
        [rest_of_server(20, 12, 10), rest_of_server(200, 100, 100), rest_of_server(500, 250, 250)]
    });
    let size = match id >> 22 {
        n if n % 10_000 == 0 => 2,
        n if n % 100 == 0 => 1,
        _ => 0,
    };
    format!("{{\"id\":\"{id}\",{}", BODIES[size].trim_start_matches('{'))
}

/// Returns the fields of a guild without its id.
fn rest_of_server(channels: u64, roles: u64, emojis: u64) -> String {
    let id = 1_234_567_890_123_456_789_u64;
    let channel = |n: u64| {
        json!({ "id": (id + n).to_string(), "type": 0, "name": format!("channel-{n}"), "position": n,
            "topic": "What people talk about here", "parent_id": id.to_string(), "nsfw": false, "flags": 0,
            "last_message_id": (id + 9_000 + n).to_string(), "rate_limit_per_user": 0, "permission_overwrites":
            [{ "id": id.to_string(), "type": 0, "allow": "0", "deny": "1024" }] })
    };
    let role = |n: u64| {
        json!({ "id": (id + 1_000 + n).to_string(), "name": format!("role {n}"), "color": 0, "hoist": false,
            "icon": null, "unicode_emoji": null, "position": n, "permissions": "1071698660929", "managed": false,
            "mentionable": false, "flags": 0 })
    };
    let emoji = |n: u64| {
        json!({ "id": (id + 2_000 + n).to_string(), "name": format!("emoji_{n}"), "roles": [], "animated": false,
            "require_colons": true, "managed": false, "available": true })
    };
    json!({ "name": "Developers", "icon": "a".repeat(32), "owner_id": "7", "large": false, "unavailable": false,
        "description": null, "preferred_locale": "en-US", "features": ["COMMUNITY", "NEWS"], "member_count": 250,
        "joined_at": "2025-01-01T00:00:00.000000+00:00", "members": [], "voice_states": [], "presences": [],
        "threads": [], "stickers": [], "channels": (0..channels).map(channel).collect::<Vec<_>>(),
        "roles": (0..roles).map(role).collect::<Vec<_>>(), "emojis": (0..emojis).map(emoji).collect::<Vec<_>>() })
    .to_string()
}

/// Prints the memory of the bot after Discord has sent 100,000 guilds over this many shards.
async fn many_servers(shards: u32) {
    let home = home().await;
    let hub = &home.discord.state.hub;
    hub.advises(shards, 1_000.min(shards));
    // Discord's shard of a guild is its id, without the low 22 bits, modulo the number of shards.
    hub.knows(&(0..MANY).map(|n| (n + 1) << 22).collect::<Vec<_>>());
    hub.shows(server);
    let command = program(&home);
    let mut runs = Runs::start("healthy-upstream", home, command);
    let clock = Clock::system();
    let begun = clock.ticks();
    // A shard gets its interaction after all its guilds. When each shard has answered, all guilds are read.
    for nth in 0..usize::try_from(shards).expect("few") {
        let connection = runs.discord().state.hub.connection(nth).await;
        runs.ask(&connection);
    }
    let many = usize::try_from(shards).expect("few");
    runs.discord().state.until("all servers are read", |_| callbacks(runs.discord()).len() >= many).await;
    println!(
        "{MANY} servers over {shards:3} shards, read in {:4.0} s: {:5.1} MB now, {:5.1} MB at its peak",
        clock.ticks().saturating_sub(begun).as_secs_f64(),
        runs.memory("RssAnon"),
        runs.memory("VmHWM")
    );
}

async fn measure() {
    let yardstick = build_yardstick();
    let mut both = [ours().await, theirs(&yardstick).await];
    for runs in &mut both {
        runs.latencies(1, 0).await;
        let size = fs::metadata(&runs.program).expect("the program").len();
        println!(
            "{:16} binary {:5.1} MB, idle {:5.1} MB, peak so far {:5.1} MB",
            runs.name,
            f64::from(u32::try_from(size).expect("small")) / 1e6,
            runs.memory("RssAnon"),
            runs.memory("VmHWM")
        );
    }
    // The first burst of all is the slowest for either program, because this process has to allocate its memory too. It is not
    // counted.
    theirs(&yardstick).await.latencies(500, 0).await;
    println!("ours : minimal serenity");
    compare("burst of 500", &mut both, 500, 0).await;
    for runs in &both {
        println!("{:16} after the bursts {:5.1} MB", runs.name, runs.memory("VmHWM"));
    }
    compare("1 per second", &mut both, 10, 1).await;
    compare("100 per second", &mut both, 300, 100).await;
    compare("500 per second", &mut both, 1_500, 500).await;
    for runs in &both {
        println!(
            "{:16} in the end {:5.1} MB, peak {:5.1} MB",
            runs.name,
            runs.memory("RssAnon"),
            runs.memory("VmHWM")
        );
    }
    drop(both);
    many_servers(u32::try_from(MANY / PER_SHARD).expect("few")).await;
    many_servers(1).await;
}

fn main() {
    // `cargo test --benches` and `cargo bench -- --test` only check that it runs.
    if !std::env::args().any(|argument| argument == "--bench") {
        return println!("measured by `cargo bench --bench discord`");
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(measure());
}
