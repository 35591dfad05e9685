//! What an operator does with the bot: checks its health, changes its configuration, upgrades it, and moves its data.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use healthy_upstream::alerts::{Subscription, SubscriptionEdit};
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId};
use healthy_upstream::store::{self, MemoryStore, StoreOptions, Subscriptions as _, dump};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::bot::{Home, fails, is_end, is_start};

/// Returns an address of this machine at which nothing listens.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// Runs a command that must succeed. Returns its standard output and its standard error.
fn succeeds(mut command: Command) -> (String, String) {
    let done = command.output().expect("the program starts");
    let [printed, said] = [done.stdout, done.stderr].map(|text| String::from_utf8(text).expect("text"));
    assert_eq!(done.status.code(), Some(0), "{said}");
    (printed, said)
}

#[tokio::test]
async fn health_check_reports_running_stopped_and_unhealthy_bots() {
    let home = Home::with_channels(0).await;
    let address = free_address();
    home.configure(&format!("admin.listen = \"{address}\"\n{}", home.configuration()));
    let bot = home.start();
    home.discord.state.hub.connection(0).await;
    assert_eq!(fails(home.asks(&["check", "--health"])).await, (Some(0), String::new()));
    assert_eq!(bot.stops().await.code(), Some(0), "{}", home.log());
    let (code, said) = fails(home.asks(&["check", "--health"])).await;
    assert_eq!((code, said.lines().count()), (Some(5), 1), "{said}");
    assert!(said.contains(&address) && said.contains("Connection refused"), "{said}");

    let unhealthy = TcpListener::bind(&address).await.expect("free again");
    tokio::spawn(async move {
        while let Ok((mut asking, _)) = unhealthy.accept().await {
            let _ = asking.read(&mut [0; 4096]).await;
            let _ = asking.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    let (code, said) = fails(home.asks(&["check", "--health"])).await;
    assert_eq!((code, said.contains("503")), (Some(5), true), "{said}");
}

#[tokio::test]
async fn check_reports_everything_that_run_would_refuse() {
    let home = Home::with_channels(0).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    home.configure(&format!(
        "store = \"sled:/dev/null/data\"\nadmin.listen = \"{address}\"\nlog.filter = \"what=is=this\"\n\
         faq.dir = \"missing\"\n[discord]\napi = \"{}\"\n",
        home.discord.api()
    ));
    let mut command = home.asks(&["check"]);
    command.env("DISCORD_TOKEN", "planted-client-secret");
    let (code, said) = fails(command).await;
    assert_eq!(code, Some(2), "{said}");
    for key in ["faq.dir: ", "missing: ", "log.filter: ", "discord.token: ", "admin.listen: ", "store: "] {
        assert!(said.contains(key) || key == "faq.dir: ", "{key} is not in:\n{said}");
    }
    assert!(!said.contains("planted"), "{said}");
    let (code, said) = fails({
        let mut command = home.asks(&["check"]);
        command.env("HEALTHY_UPSTREAM_STORE", "");
        command
    })
    .await;
    assert_eq!(code, Some(2), "an empty variable is no store: {said}");
}

#[tokio::test]
async fn dry_run_logs_posts_and_sends_and_stores_nothing() {
    let home = Home::subscribed(2).await;
    let (_, before, _) = home.prints(&["export", "before.jsonl"]).await;
    assert!(before.contains("records"), "{before}");
    let mut command = home.asks(&["run", "--dry-run"]);
    command.env_remove("DISCORD_TOKEN");
    let bot = home.start_with(command, "log");
    home.is_watched().await;
    home.spotify.fails(&["web-api"]);
    home.spotify.is_examined(8).await;
    assert_eq!(bot.stops().await.code(), Some(0), "{}", home.log());
    let log = home.log();
    assert!(log.contains("Dry run: checks run, nothing is sent"), "{log}");
    assert!(log.contains("Spotify Web API is down"), "{log}");
    assert_eq!(home.discord.state.requests().len(), 0, "nothing reaches Discord");
    home.prints(&["export", "after.jsonl"]).await;
    let records = |name: &str| {
        let text = fs::read_to_string(home.folder.path().join(name)).expect("an export");
        text.lines()
            .skip(1)
            .filter(|line| line.contains("\"kind\"") && !line.contains("\"opened\""))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(records("before.jsonl"), records("after.jsonl"), "the store is as it was");
}

/// A proxy is set for all programs of the machine, and nothing listens there.
#[tokio::test]
async fn proxy_variables_are_ignored_and_reported() {
    let home = Home::with_channels(0).await;
    let (address, nobody) = (free_address(), free_address());
    home.configure(&format!("admin.listen = \"{address}\"\n{}", home.configuration()));
    let asks = |arguments: &[&str]| {
        let mut command = home.asks(arguments);
        command.env("HTTP_PROXY", format!("http://{nobody}"));
        command
    };
    let bot = home.start_with(asks(&["run"]), "log");
    let connected = async {
        home.discord.state.hub.connection(0).await;
        home.is_watched().await;
    };
    let connected = tokio::time::timeout(std::time::Duration::from_secs(60), connected).await;
    assert!(connected.is_ok(), "{}", home.log());
    assert_eq!(fails(asks(&["check", "--health"])).await, (Some(0), String::new()));
    assert_eq!(bot.stops().await.code(), Some(0), "{}", home.log());
    assert!(home.log().contains("HTTP_PROXY is not used"), "{}", home.log());
}

#[tokio::test]
async fn sighup_reloads_what_can_be_reloaded() {
    let home = Home::with_channels(0).await;
    let folder = home.folder.path().join("entries");
    fs::create_dir(&folder).expect("a folder");
    let mut child = home.command().stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
    let said = BufReader::new(child.stderr.take().expect("piped"));
    home.discord.state.hub.connection(0).await;
    home.is_watched().await;

    home.configure("stroe = \"memory:\"");
    let signal = format!("kill -HUP {}", child.id());
    let hang_up = move || {
        assert!(Command::new("sh").args(["-c", &signal]).status().expect("a shell").success());
    };
    hang_up();
    let file = home.folder.path().join("bot.toml");
    let changed = format!(
        "log.filter = \"debug\"\nfaq.dir = \"entries\"\nlocation = \"Frankfurt\"\n{}",
        home.configuration().replace("failure_threshold = 3", "failure_threshold = 4")
    );
    let logged = tokio::task::spawn_blocking(move || {
        let mut logged = Vec::new();
        for line in said.lines().map_while(Result::ok) {
            let (broken, probed) = (line.contains("reload failed; nothing changed"), line.contains("probed"));
            logged.push(line);
            if broken {
                fs::write(&file, &changed).expect("written");
                hang_up();
            } else if probed {
                break; // logged only at debug level
            }
        }
        logged
    });
    let logged = tokio::time::timeout(std::time::Duration::from_secs(60), logged).await;
    let logged = logged.expect("within a minute").expect("no panic").join("\n");
    child.kill().expect("it runs");
    child.wait().expect("ended");
    for expected in [
        "did you mean store?",
        "configuration and FAQ reloaded",
        "faq.dir, log.filter",
        "these keys changed; they need a restart",
        "checks.failure_threshold, location",
    ] {
        assert!(logged.contains(expected), "{expected} is not logged:\n{logged}");
    }
}

#[tokio::test]
async fn upgrade_during_an_outage_loses_and_duplicates_nothing() {
    let home = Home::subscribed(20).await;
    let older = home.start();
    home.is_watched().await;
    home.spotify.fails(&["web-api"]);
    home.everywhere("the start", is_start).await;
    assert_eq!(older.stops().await.code(), Some(0), "{}", home.log());
    let store = store::open(&home.address(), &StoreOptions::default()).await.expect("the store");
    store.put_meta("version", Some(b"0.0.9")).await.expect("stored"); // as an older version leaves it
    drop(store);

    let newer = home.start();
    home.is_watched().await; // it sees the outage continue, which is no change
    home.spotify.fails(&[]);
    home.everywhere("the end", is_end).await;
    home.settles(newer).await;
    assert_eq!((home.counts(is_start), home.counts(is_end)), (vec![1; 20], vec![1; 20]));
    assert_eq!(home.counts(|_| true), vec![2; 20], "no other messages");
    let backups: Vec<String> = dump::backups(&dump::backups_beside(&home.store()))
        .map(|backup| fs::read_to_string(backup.path).expect("read"))
        .collect();
    let of_older = backups.iter().find(|backup| backup.contains(r#"{"name":"version","value":"MC4wLjk="}"#));
    let of_older = of_older.expect("the older version's data is backed up before the newer one uses it");
    assert_eq!(of_older.matches(r#"{"kind":"subscription""#).count(), 20);
}

#[tokio::test]
async fn export_imports_elsewhere_unchanged_without_progress_lines() {
    let (from, to) = (Home::with_channels(0).await, Home::with_channels(0).await);
    let memory = MemoryStore::default().open().expect("a store");
    for n in 0..3_000 {
        let change = SubscriptionEdit::Subscribe(Box::new(Subscription::new(
            GuildId(n / 50),
            ChannelId(1_000 + n),
            Timestamp::UNIX_EPOCH,
        )));
        memory.change(&change, InteractionId(n), Timestamp::UNIX_EPOCH).await.expect("subscribed");
    }
    let file = from.folder.path().join("export.jsonl");
    let made = dump::export(&memory, &file, from.now(), Box::new(|_, _| {})).await.expect("exported");
    let given = file.display().to_string();
    let (printed, said) = succeeds(to.asks(&["import", &given]));
    assert!(printed.starts_with(&format!("{} records of ", made.records)), "{printed}");
    assert_eq!(said, "", "there is no terminal");
    let (code, said) = fails(to.asks(&["import", &given])).await;
    assert_eq!((code, said.contains("--merge")), (Some(2), true), "the store is not empty: {said}");
    let (_, said) = succeeds(to.asks(&["export", "again.jsonl"]));
    assert_eq!(said, "");
    let lines = |path: std::path::PathBuf| {
        let text = fs::read_to_string(path).expect("read");
        // All lines except the head, the end, and how often the store was opened.
        let records = text.lines().filter(|line| {
            line.contains("\"kind\"") && !line.contains("\"opened\"") && !line.contains("\"opened\"")
        });
        records.map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, again) = (lines(file), lines(to.folder.path().join("again.jsonl")));
    assert_eq!(first.iter().filter(|line| line.contains(r#""kind":"subscription""#)).count(), 3_000);
    assert!(first == again, "every record came back, byte for byte and in the same order");
}

#[tokio::test]
async fn check_refuses_the_store_that_run_would_refuse() {
    let home = Home::with_channels(1).await;
    for (store, words) in [
        ("mysql://db.example/bot", "is not understood: write \"sled:FOLDER\""),
        ("sled:", "is not understood: write \"sled:FOLDER\""),
        ("postgres://bot@db.example/alerts?colour=red", "the address of the database is not understood"),
        ("postgres://bot@db.example/alerts?schema=pg_mine", "is not a valid PostgreSQL name"),
        ("postgres://bot@db.example/alerts?sslrootcert=/nowhere.pem", "contains no readable certificate"),
    ] {
        home.configure(&home.configuration_on(store));
        for verb in ["check", "run"] {
            let (code, said) = fails(home.asks(&[verb])).await;
            assert_eq!(code, Some(2), "{verb} with {store}: {said}");
            assert!(said.contains(words), "{verb} with {store}: {said}");
        }
    }
    // An unreachable database is no mistake of the configuration.
    home.configure(&home.configuration_on("postgres://bot@127.0.0.1:1/alerts?sslmode=disable"));
    assert_eq!(fails(home.asks(&["check"])).await, (Some(0), String::new()));
}
