//! Exports, imports and backups: everything that is stored goes through a file and comes back equal.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use expect_test::{expect, expect_file};
use healthy_upstream::alerts::{
    ChannelKind, DeliveryOutcome, Reason, ServiceFilter, Severity, Subscription, SubscriptionEdit,
    Suspension, UpdateMode,
};
use healthy_upstream::health::{
    EventKind, Failure, FailureKind, IncidentState, Level, Outage, OutageId, PageReport, ProbeCounts,
    ServiceImpact, ServiceName, TimelineEntry, TimelineEvent,
};
use healthy_upstream::ids::{ChannelId, GuildId, MessageId, RoleId, UserId};
use healthy_upstream::store::{
    self, EditResult, MemoryStore, Stats as _, Store, StoreError, StoreOptions, Subscriptions as _, dump,
};
use jiff::{SignedDuration, Timestamp};

use crate::fixtures::{at, bare_outage as outage};
use crate::store_contract::{
    Backend, GUILD, ask, claim, ended, event, fan_out, posted, save, step, subscribe,
};

/// An outage of which every field is filled.
fn reported_by_everybody(now: Timestamp) -> Outage {
    let service = ServiceName::from("web-api");
    let failure = Failure {
        class: FailureKind::NoHealthyUpstream,
        status: Some(503),
        detail: "no healthy upstream".to_owned(),
    };
    let hit = ServiceImpact {
        level: Level::Outage,
        worst: Level::Outage,
        since: now,
        until: Some(now),
        failure: Some(failure.clone()),
        failed_probes: 3,
        part: None,
        slow: None,
        flaps: 0,
    };
    let voice = PageReport {
        incident: "abc".to_owned(),
        name: "Elevated errors".to_owned(),
        state: IncidentState::Investigating,
        text: "We are looking.".to_owned(),
        first_said: now,
        last_said: now,
        closed: Some(now),
        withdrawn: true,
        link: Some("https://example.com/abc".to_owned()),
    };
    let moments = [
        TimelineEvent::FirstFailedProbe { service: service.clone(), failure },
        TimelineEvent::Reported,
        TimelineEvent::Became { service: service.clone(), level: Level::Degraded },
        TimelineEvent::FirstGoodProbe { service: service.clone() },
        TimelineEvent::PageSaid { state: IncidentState::Monitoring, text: "A fix is out.".to_owned() },
        TimelineEvent::PageWithdrew,
        TimelineEvent::Reopened,
        TimelineEvent::Flapping,
        TimelineEvent::Ended,
    ];
    Outage {
        services: [(service, hit)].into(),
        page: vec![voice],
        flaps: 2,
        timeline: moments.into_iter().map(|what| TimelineEntry { at: now, what }).collect(),
        ..outage("web-api-1", now)
    }
}

/// A subscription of which every field is filled.
fn chosen_in_every_way(now: Timestamp) -> Subscription {
    Subscription {
        channel_kind: ChannelKind::Forum,
        services: ServiceFilter::Only([ServiceName::from("web-api")].into()),
        min_severity: Severity::Slowdowns,
        roles: vec![RoleId(44)],
        mode: UpdateMode::Thread,
        language: "pt-BR".to_owned(),
        paused: Some(Suspension {
            since: now,
            why: Reason::Other("Missing Access (50001)".to_owned()),
            retry: now,
            tries: 1,
        }),
        acknowledged: [OutageId("web-api-1".to_owned())].into(),
        ..Subscription::new(GuildId(8), ChannelId(80), now)
    }
}

/// Stores at least one record of every kind.
async fn furnish(store: &dyn Store) {
    let now = at("09:00:00");
    subscribe(store, 1..6, now).await;
    let (web, login) = (reported_by_everybody(now), outage("login-1", now));
    save(store, step(&web, EventKind::Started, now)).await;
    save(store, step(&login, EventKind::Started, now)).await;
    fan_out(store, now).await;
    let claims = claim(store, now).await;
    let paused = Suspension {
        since: now,
        why: Reason::Other("Missing Access (50001)".to_owned()),
        retry: now,
        tries: 1,
    };
    for (claim, outcome) in claims.iter().zip([
        DeliveryOutcome::Delivered { log: posted(1) },
        DeliveryOutcome::Failed { why: Reason::Other("blocked".to_owned()) },
        DeliveryOutcome::ChannelGone { why: Reason::Other("Unknown Channel (10003)".to_owned()) },
        DeliveryOutcome::Suspended { paused },
    ]) {
        assert_eq!(store.complete(claim, &outcome, now).await, Ok(true));
    }
    save(store, step(&web, EventKind::Started, now)).await;
    let report = |of: &Outage| SubscriptionEdit::Report { outage: Some(of.id.clone()), person: UserId(7) };
    for (id, change) in [
        SubscriptionEdit::Subscribe(Box::new(chosen_in_every_way(now))),
        SubscriptionEdit::LiveMessage(GUILD, ChannelId(1), "de".to_owned()),
        SubscriptionEdit::Vote { entry: "nhu".to_owned(), helped: true },
        SubscriptionEdit::Unanswered { text: Some("why".to_owned()) },
        report(&web),
        report(&login),
        SubscriptionEdit::NotifyOnRecovery {
            outage: web.id.clone(),
            person: UserId(5),
            guild: None,
            channel: ChannelId(77),
            message: Some(MessageId(8)),
            direct: true,
            language: "fr".to_owned(),
        },
        SubscriptionEdit::Preview(GUILD, ChannelId(1), vec![event(&web, EventKind::Ended, now)]),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(ask(store, change, 50 + id as u64, now).await, EditResult::Now);
    }
    save(store, step(&ended(&login, now), EventKind::Ended, now)).await;
    store.put_meta("gateway", Some(b"session")).await.expect("saved");
    let probes = ProbeCounts { good: 3, ..ProbeCounts::default() };
    store.record_probes(now, &[(ServiceName::from("web-api"), probes)]).await.expect("saved");
    // After a quarter of an hour the person who reported login is dropped, the number stays.
    while store.gc(now + SignedDuration::from_mins(16)).await.expect("tidied") > 0 {}
    // A server whose deletion was interrupted; opening and collecting go on with it.
    let erasing = serde_json::from_str(r#"{"kind":"erasing","record":{"guild":9}}"#).expect("an entry");
    store.load(vec![erasing]).await.expect("saved");
}

/// Every record of a store, as a dump has it.
async fn records(store: &dyn Store) -> Vec<String> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&lines);
    let take = move |entry: &_| {
        let line = serde_json::to_string(entry).expect("a line");
        if !line.contains(r#""name":"opened""#) {
            to.lock().expect("lines").push(line); // each store counts its own openings
        }
        Ok(())
    };
    store.dump(Box::new(take)).await.expect("dumped");
    lines.lock().expect("lines").clone()
}

/// The records that an export holds: all but the store's own.
fn portable(mut records: Vec<String>) -> Vec<String> {
    records.retain(|line| !LOCAL.iter().any(|local| line.contains(local)));
    records
}

/// What stays in the store that made it: sessions, salts, and people hashed under them.
const LOCAL: [&str; 4] =
    [r#""name":"gateway-session-"#, r#""name":"report-salt/"#, r#""name":"salt""#, r#""kind":"report","#];

/// Writes a dump of these lines as an older version would have.
fn write_dump(file: &Path, lines: &[&str]) {
    let mut text =
        "{\"healthy_upstream\":\"dump\",\"version\":1,\"at\":\"2025-04-16T10:00:00Z\"}\n".to_owned();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    let sum = blake3::hash(text.as_bytes()).to_hex();
    let end = format!("{{\"end\":{{\"records\":{},\"blake3\":\"{sum}\"}}}}\n", lines.len());
    fs::write(file, text + &end).expect("written");
}

#[tokio::test]
async fn sessions_salts_and_reports_are_neither_exported_nor_imported() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, again) = (folder.path().join("old.jsonl"), folder.path().join("new.jsonl"));
    let lines = [
        r#"{"kind":"report","record":{"of":{"outage":null,"person":[7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7],"at":"2025-04-16T09:00:00Z"},"fades":"2025-04-16T09:15:00Z"}}"#,
        r#"{"kind":"kept","record":{"name":"gateway-session-0-1","value":"e30="}}"#,
        r#"{"kind":"kept","record":{"name":"salt","value":"AAAAAAAAAAAAAAAAAAAAAA=="}}"#,
        r#"{"kind":"kept","record":{"name":"version","value":"MC4xLjA="}}"#,
    ];
    write_dump(&file, &lines);
    for (name, backend) in Backend::all(&StoreOptions::default()) {
        let store = backend.open().await;
        let done = dump::import(&*store, &file, false, quiet()).await.expect("imported");
        assert_eq!((done.loaded, done.local, done.dump.records), (1, 3, 4), "{name}");
        assert_eq!(store.get_meta("gateway-session-0-1").await, Ok(None), "{name}");
        assert_eq!(store.reports(None, at("00:00:00")).await, Ok(0), "{name}");
        store.put_meta("gateway-session-0-1", Some(b"secret session")).await.expect("saved");
        let report = SubscriptionEdit::Report { outage: None, person: UserId(5) };
        assert_eq!(ask(&*store, report, 60, at("09:00:00")).await, EditResult::Now, "{name}");
        dump::export(&*store, &again, at("10:00:00"), quiet()).await.expect("exported");
        let text = fs::read_to_string(&again).expect("read");
        assert!(!LOCAL.iter().any(|local| text.contains(local)), "{name}: {text}");
        assert!(text.contains(r#""name":"version""#), "{name}: {text}");
    }
}

fn quiet() -> dump::DumpProgress {
    Box::new(|_, _| {})
}

async fn exported(to: &Path) -> Arc<dyn Store> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default().open().expect("a store"));
    furnish(&*store).await;
    dump::export(&*store, to, at("10:00:00"), quiet()).await.expect("exported");
    store
}

#[tokio::test]
async fn dump_moves_everything_between_stores() {
    let folder = tempfile::tempdir().expect("a folder");
    for (from, backend) in Backend::all(&StoreOptions::default()) {
        let store = backend.open().await;
        furnish(&*store).await;
        let file = folder.path().join(format!("{from}.jsonl"));
        let exported = dump::export(&*store, &file, at("10:00:00"), quiet()).await.expect("exported");
        for (to, other) in Backend::all(&StoreOptions::default()) {
            let other = other.open().await;
            let imported = dump::import(&*other, &file, false, quiet()).await.expect("imported");
            assert_eq!(imported.dump, exported, "{from} to {to}");
            assert_eq!((imported.loaded, imported.local), (exported.records, 0), "{from} to {to}");
            assert_eq!(records(&*other).await, portable(records(&*store).await), "{from} to {to}");
            assert_eq!(other.next_due().await, Ok(Some(at("09:00:00"))));
            assert_eq!(other.unexpanded(9).await, store.unexpanded(9).await);
            fan_out(&*other, at("10:00:00")).await;
            assert!(!claim(&*other, at("10:00:00")).await.is_empty());
        }
    }
}

#[tokio::test]
async fn cut_changed_or_newer_dump_is_refused_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("good.jsonl");
    exported(&good).await;
    let text = fs::read_to_string(&good).expect("read");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let without_end = lines[..lines.len() - 1].concat();
    let without_one = [&lines[..3], &lines[4..]].concat().concat();
    let file = folder.path().join("bad.jsonl");
    for (bad, words) in [
        (text[..text.len() - 1].to_owned(), "it was cut"),
        (without_end, "it was cut"),
        (without_one, "the file was changed after it was written"),
        (text.replace("\"channel\":1,", "\"channel\":2,"), "the file was changed after it was written"),
        (format!("{text}more\n"), "something follows the end"),
        (text.replacen("\"version\":1", "\"version\":2", 1), "newer version"),
        ("{}\n".to_owned(), "this is not a dump"),
        (String::new(), "it was cut"),
    ] {
        fs::write(&file, bad).expect("written");
        let store = MemoryStore::default().open().expect("a store");
        let error = dump::import(&store, &file, false, quiet()).await.expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
        let held: u64 = store.counts(None).await.expect("read").iter().map(|(_, count)| count).sum();
        assert_eq!(held, 0, "{words}");
    }
    fs::write(&file, text.replace("\"kind\":\"subscription\"", "\"kind\":\"sculpture\"")).expect("written");
    let store = MemoryStore::default().open().expect("a store");
    let error = dump::import(&store, &file, false, quiet()).await.expect_err("unknown").to_string();
    assert!(error.contains("unknown variant `sculpture`") && error.contains("line "), "{error}");
}

/// A dump of these lines that is whole: its count and its sum fit.
fn forged(file: &Path, records: &[String]) {
    let mut lines = vec![r#"{"healthy_upstream":"dump","version":1,"at":"2025-04-16T12:00:00Z"}"#.to_owned()];
    lines.extend_from_slice(records);
    let mut text = lines.join("\n") + "\n";
    let (count, sum) = (records.len(), blake3::hash(text.as_bytes()).to_hex());
    text += &format!("{{\"end\":{{\"records\":{count},\"blake3\":\"{sum}\"}}}}\n");
    fs::write(file, text).expect("written");
}

#[tokio::test]
async fn hostile_file_is_refused_whole_in_bounded_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let sample = include_str!("../data/store/v1.1/dump.jsonl");
    let records: Vec<String> =
        sample.lines().filter(|line| line.starts_with(r#"{"kind""#)).map(str::to_owned).collect();
    forged(&at("fine"), &records);
    let whole = dump::verify(&at("fine")).expect("whole");
    assert_eq!(whole.records, records.len() as u64);

    fs::write(at("long"), "x".repeat(3 << 20)).expect("written");
    let long = dump::verify(&at("long")).expect_err("refused").to_string();
    assert!(long.contains("line 1: the line is longer than 1 MiB"), "{long}");
    let pipe = std::process::Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo");
    assert!(pipe.success());
    let pipe = dump::verify(&at("pipe")).expect_err("refused").to_string();
    assert!(pipe.contains("not a regular file"), "{pipe}");

    // Discord gives no id of 0, and its request types panic on one.
    let zero = regex::Regex::new(r#""(channel|role|message|user)":[0-9]+"#).expect("a pattern");
    let mut refused = 0;
    for record in records.iter().filter(|record| zero.is_match(record)) {
        forged(&at("zero"), &[zero.replace(record, "\"$1\":0").into_owned()]);
        let error = dump::verify(&at("zero")).expect_err("refused").to_string();
        assert!(error.contains("a Discord id is never 0"), "{record}: {error}");
        let store = MemoryStore::default().open().expect("opens");
        dump::import(&store, &at("zero"), false, quiet()).await.expect_err("refused");
        assert_eq!(records_of(&store).await, 0);
        refused += 1;
    }
    assert!(refused >= 4, "{refused}");
}

async fn records_of(store: &dyn Store) -> u64 {
    store.counts(None).await.expect("counted").iter().map(|(_, count)| count).sum()
}

#[cfg(unix)]
#[tokio::test]
async fn export_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("export");
    exported(&file).await;
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[tokio::test]
async fn store_is_private_even_if_its_folder_was_open() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("created");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("set");
    let store =
        store::open(&format!("sled:{}", data.display()), &StoreOptions::default()).await.expect("opens");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files = fs::read_dir(&data).expect("read").map(|entry| entry.expect("read").path());
    let files: Vec<_> = files.filter(|path| path.is_file()).collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(store);
}

#[tokio::test]
async fn import_into_a_filled_store_needs_merge() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("export.jsonl");
    exported(&file).await;
    let store = MemoryStore::default().open().expect("a store");
    subscribe(&store, 900..901, at("09:00:00")).await;
    let error = dump::import(&store, &file, false, quiet()).await.expect_err("refused").to_string();
    expect![[r"the store holds 2 records already: import into an empty one, or say with --merge that the records of export.jsonl are to replace those with the same keys"]]
        .assert_eq(&error.replace(&format!("{}/", folder.path().display()), ""));
    dump::import(&store, &file, true, quiet()).await.expect("merged");
    dump::import(&store, &file, true, quiet()).await.expect("merged again");
    assert_eq!(store.subscriptions(None, None, 99).await.expect("read").len(), 6);
}

#[tokio::test]
async fn backups_are_rotated_and_the_newest_whole_one_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = MemoryStore::default().open().expect("a store");
    furnish(&store).await;
    for hour in 0..26 {
        let now = at("00:00:00") + SignedDuration::from_hours(hour);
        dump::backup(&store, folder.path(), now).await.expect("a backup");
    }
    let all: Vec<_> = dump::backups(folder.path()).collect();
    assert_eq!(all.len(), 24);
    assert!(all[0].path.ends_with("backup-20250417T010000Z.jsonl"));
    let text = fs::read_to_string(&all[0].path).expect("read");
    fs::write(&all[0].path, &text[..text.len() / 2]).expect("cut");
    let newest = dump::backups(folder.path()).next().expect("a good one");
    assert!(newest.path.ends_with("backup-20250417T000000Z.jsonl"));
    assert_eq!(dump::backups(&folder.path().join("nowhere")).count(), 0);
}

#[tokio::test]
async fn unwritable_path_is_named() {
    let store = MemoryStore::default().open().expect("a store");
    let nowhere = Path::new("/nowhere/export.jsonl");
    let error = dump::export(&store, nowhere, at("10:00:00"), quiet()).await.expect_err("refused");
    let StoreError::Away(text) = error else { panic!("{error:?}") };
    assert!(text.starts_with("/nowhere/export.jsonl.tmp cannot be written: "), "{text}");
}

/// The forms of this version. When a form changes after a release, the new dump goes into a folder of its own and this
/// names it: the old one stays, and stays readable.
#[tokio::test]
async fn stored_formats_match_the_sample_dump() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dump.jsonl");
    exported(&file).await;
    expect_file!["../data/store/v1.2/dump.jsonl"].assert_eq(&fs::read_to_string(&file).expect("read"));
}

#[tokio::test]
async fn every_earlier_format_is_read_and_migrated() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/store");
    for version in fs::read_dir(samples).expect("samples") {
        let file = version.expect("a version").path().join("dump.jsonl");
        for (name, backend) in Backend::all(&StoreOptions::default()) {
            let store = backend.open().await;
            dump::import(&*store, &file, false, quiet()).await.expect("imported");
            drop(store);
            let store = backend.open().await;
            let now = at("11:00:00");
            assert_eq!(store.load_state().await.expect("recalled").open.len(), 1, "{name}");
            let chosen = store.subscription(GuildId(8), ChannelId(80)).await.expect("read").expect("there");
            assert_eq!(chosen.acknowledged, [OutageId("web-api-1".to_owned())].into(), "{name}");
            fan_out(&*store, now).await;
            assert!(claim(&*store, now).await.len() >= 4, "{name}");
            assert_eq!(store.get_meta("gateway").await, Ok(Some(b"session".to_vec())), "{name}");
        }
    }
}
