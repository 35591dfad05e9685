//! Deletion is complete: what a guild or a person had deleted is in no file after the time that the reply promises, and no
//! older file restores it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use healthy_upstream::alerts::{
    DeliveryOutcome, NotificationLogEntry, Reason, Subscription, SubscriptionEdit,
};
use healthy_upstream::clock::Clock;
use healthy_upstream::health::{EventKind, Outage};
use healthy_upstream::ids::{ChannelId, GuildId, MessageId, RoleId, UserId};
use healthy_upstream::metrics::Metrics;
use healthy_upstream::operator::backups::Backups;
use healthy_upstream::store::{EditResult, Store, StoreOptions, dump, open};
use jiff::{SignedDuration, Timestamp};

use crate::fixtures::{at, bare_outage as outage};
use crate::store_contract::{Backend, ask, claim, event, fan_out, posted, save, step, subscribing};
use crate::store_sled::contents;
use crate::world::World;

/// Ids that occur nowhere by chance.
const HOME: GuildId = GuildId(811_234_567_890_123_401);
const OTHER: GuildId = GuildId(822_234_567_890_123_402);
const CHANNELS: [ChannelId; 3] = [
    ChannelId(833_234_567_890_123_403),
    ChannelId(833_234_567_890_123_413),
    ChannelId(833_234_567_890_123_423),
];
const THEIRS: ChannelId = ChannelId(844_234_567_890_123_404);
const ROLE: RoleId = RoleId(855_234_567_890_123_405);
const MESSAGE: MessageId = MessageId(866_234_567_890_123_406);
const ADA: UserId = UserId(877_234_567_890_123_407);
const BEN: UserId = UserId(888_234_567_890_123_408);

fn quiet() -> dump::DumpProgress {
    Box::new(|_, _| {})
}

fn wish(outage: &Outage, person: UserId, guild: GuildId, channel: ChannelId) -> SubscriptionEdit {
    SubscriptionEdit::NotifyOnRecovery {
        outage: outage.id.clone(),
        person,
        guild: Some(guild),
        channel,
        message: Some(MESSAGE),
        direct: false,
        language: "en".to_owned(),
    }
}

/// Stores a record of every kind for one guild, and a subscription and a recovery subscription of another guild.
async fn plant(store: &dyn Store, now: Timestamp) -> Outage {
    let mut id = 1;
    let mut does = async |change: SubscriptionEdit| {
        id += 1;
        assert_eq!(ask(store, change, id, now).await, EditResult::Now);
    };
    for channel in CHANNELS {
        let chosen = Subscription { roles: vec![ROLE], ..Subscription::new(HOME, channel, now) };
        does(SubscriptionEdit::Subscribe(Box::new(chosen))).await;
    }
    does(SubscriptionEdit::Subscribe(Box::new(Subscription::new(OTHER, THEIRS, now)))).await;
    let web = outage("web-api-1", now);
    save(store, step(&web, EventKind::Started, now)).await;
    fan_out(store, now).await;
    for claim in claim(store, now).await {
        let place = claim.delivery.channel;
        let outcome = if place == CHANNELS[0] {
            DeliveryOutcome::Delivered { log: NotificationLogEntry { start: Some(MESSAGE), ..posted(1) } }
        } else if place == CHANNELS[1] {
            DeliveryOutcome::Failed { why: Reason::Other("blocked".to_owned()) }
        } else {
            continue;
        };
        assert_eq!(store.complete(&claim, &outcome, now).await, Ok(true));
    }
    does(SubscriptionEdit::LiveMessage(HOME, CHANNELS[0], "de".to_owned())).await;
    assert_eq!(store.save_live_message(HOME, CHANNELS[0], Some(MESSAGE)).await, Ok(true));
    does(wish(&web, ADA, HOME, CHANNELS[0])).await;
    does(wish(&web, BEN, OTHER, THEIRS)).await;
    does(SubscriptionEdit::Preview(HOME, CHANNELS[0], vec![event(&web, EventKind::Started, now)])).await;
    fan_out(store, now).await;
    // The fan-out position of this announcement names the guild.
    save(store, step(&outage("login-1", now), EventKind::Started, now)).await;
    let last = store.unexpanded(9).await.expect("read").pop().expect("one");
    let to = [(HOME, CHANNELS[2])];
    store.enqueue(last.id, &to, Some(to[0]), false, now).await.expect("enqueued");
    web
}

/// Returns which files of a folder contain any of these ids, as text or as bytes.
fn found(folder: &Path, ids: &[u64]) -> Vec<String> {
    let holds = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).any(|part| part == needle);
    let stands = |bytes: &[u8], id: u64| {
        holds(bytes, id.to_string().as_bytes())
            || holds(bytes, &id.to_be_bytes())
            || holds(bytes, &id.to_le_bytes())
    };
    let mut all = Vec::new();
    for (path, bytes) in contents(folder) {
        for id in ids.iter().filter(|id| stands(&bytes, **id)) {
            all.push(format!("{id} in {}", path.strip_prefix(folder).expect("below").display()));
        }
    }
    all
}

/// The ids of the guild, and of the person who subscribed to a recovery in it.
fn ids_of_home() -> Vec<u64> {
    let mut ids = vec![HOME.0, ROLE.0, ADA.0];
    ids.extend(CHANNELS.map(|channel| channel.0));
    ids
}

#[tokio::test]
async fn deleted_data_is_in_no_file_after_the_promised_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("sled:{}", folder.path().join("store").display());
    let now = at("09:00:00");
    let clock = Clock::owned(now);
    let store = open(&address, &StoreOptions::default()).await.expect("a store");
    let backups = Backups {
        clock: clock.clone(),
        store: Arc::clone(&store),
        folder: folder.path().join("store.backups"),
        metrics: Metrics::default(),
    };
    let web = plant(&*store, now).await;
    backups.purge_if_due().await.expect("nothing to do yet");
    for hour in 0..3 {
        let at = now - SignedDuration::from_hours(hour);
        dump::backup(&*store, &backups.folder, at).await.expect("a backup");
    }
    let cut = backups.folder.join("backup-20250416T050000Z.jsonl");
    let whole = dump::backups(&backups.folder).next().expect("a backup").path;
    let text = fs::read(whole).expect("read");
    fs::write(&cut, &text[..text.len() / 2]).expect("written");
    fs::write(backups.folder.join("backup-20250416T040000Z.jsonl.tmp"), &text).expect("written");
    let before = found(folder.path(), &ids_of_home());
    assert!(before.iter().any(|it| it.contains("store/sled")), "{before:?}");
    assert!(before.iter().any(|it| it.contains("store.backups")), "{before:?}");

    assert_eq!(ask(&*store, SubscriptionEdit::DeleteData(HOME), 90, now).await, EditResult::Now);
    backups.purge_if_due().await.expect("purged");
    assert_eq!(found(folder.path(), &ids_of_home()), [""; 0], "gone while the store is open");
    assert_eq!(store.subscriptions(None, None, 9).await.expect("read").len(), 1, "the other guild's stays");

    // A person's data is deleted too.
    assert_eq!(store.waiting(&web.id, None, None, 9).await.expect("read").len(), 1);
    assert_eq!(ask(&*store, SubscriptionEdit::ForgetPerson(BEN), 91, now).await, EditResult::Now);
    backups.purge_if_due().await.expect("purged");
    assert_eq!(found(folder.path(), &[BEN.0]), [""; 0]);

    let export = folder.path().join("export.jsonl");
    dump::export(&*store, &export, now, quiet()).await.expect("exported");
    let stored: Vec<_> = dump::backups(&backups.folder).map(|dump| dump.records).collect();
    assert_eq!(stored.len(), 3, "every whole backup is still whole");
    assert!(!found(folder.path(), &[OTHER.0]).is_empty(), "the other guild's is still there");
    drop((store, backups));
    let store = open(&address, &StoreOptions::default()).await.expect("it opens again");
    assert_eq!(store.outage(&web.id).await.expect("read").map(|it| it.id), Some(web.id));
    let mut all = ids_of_home();
    all.push(BEN.0);
    assert_eq!(found(folder.path(), &all), [""; 0], "gone after a restart");
}

#[tokio::test]
async fn older_export_does_not_bring_back_deleted_data() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, backend) in Backend::all(&StoreOptions::default()) {
        let store = backend.open().await;
        let now = at("09:00:00");
        let web = plant(&*store, now).await;
        let old = folder.path().join(format!("{name}.jsonl"));
        dump::export(&*store, &old, now, quiet()).await.expect("exported");
        let later = at("10:00:00");
        assert_eq!(ask(&*store, SubscriptionEdit::DeleteData(HOME), 90, later).await, EditResult::Now);
        assert_eq!(ask(&*store, SubscriptionEdit::ForgetPerson(BEN), 91, later).await, EditResult::Now);
        let done = dump::import(&*store, &old, true, quiet()).await.expect("imported");
        assert!(done.deleted >= 10, "{name}: {done:?}");
        assert_eq!(store.subscriptions(Some(HOME), None, 9).await, Ok(vec![]), "{name}");
        assert_eq!(store.waiting(&web.id, None, None, 9).await, Ok(vec![]), "{name}");
        assert_eq!(store.subscriptions(Some(OTHER), None, 9).await.expect("read").len(), 1, "{name}");
        let new = folder.path().join(format!("{name}-new.jsonl"));
        dump::export(&*store, &new, later, quiet()).await.expect("exported");
        let text = fs::read_to_string(&new).expect("read");
        let left: Vec<u64> = ids_of_home().into_iter().filter(|id| text.contains(&id.to_string())).collect();
        assert_eq!(left, [0; 0], "{name}");
        // Deletion markers are part of an export, so another store applies them too.
        let fresh = Backend::all(&StoreOptions::default()).remove(0).1.open().await;
        dump::import(&*fresh, &new, false, quiet()).await.expect("imported");
        dump::import(&*fresh, &old, true, quiet()).await.expect("imported");
        assert_eq!(fresh.subscriptions(Some(HOME), None, 9).await, Ok(vec![]), "{name}");
        // A subscription made after the deletion is exported and imported as usual.
        let then = at("11:00:00");
        assert_eq!(ask(&*store, subscribing(HOME, 5, then), 92, then).await, EditResult::Now);
        dump::export(&*store, &new, then, quiet()).await.expect("exported");
        let done = dump::import(&*store, &new, true, quiet()).await.expect("imported");
        assert_eq!(done.deleted, 0, "{name}");
    }
}

#[tokio::test]
async fn restored_backup_applies_deletions_of_the_former_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("sled:{}", folder.path().join("store").display());
    let now = at("09:00:00");
    let store = open(&address, &StoreOptions::default()).await.expect("a store");
    plant(&*store, now).await;
    let backup = dump::backup(&*store, &folder.path().join("store.backups"), now).await.expect("a backup");
    assert_eq!(ask(&*store, SubscriptionEdit::DeleteData(HOME), 90, at("09:30:00")).await, EditResult::Now);
    drop(store);
    // The backup has not been purged yet.
    let done = dump::restore(&address, &backup.path, &StoreOptions::default(), at("09:31:00"), quiet()).await;
    assert!(done.expect("restored").imported.deleted > 0);
    let store = open(&address, &StoreOptions::default()).await.expect("a store");
    assert_eq!(store.subscriptions(None, None, 9).await.expect("read").len(), 1);
    assert!(
        !store.deletions().await.expect("read").remaining().is_empty(),
        "the backup is still to be purged"
    );
}

#[tokio::test]
async fn store_stays_usable_while_rewritten_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = format!("sled:{}", folder.path().join("store").display());
    let now = at("09:00:00");
    let options = StoreOptions { subscriptions_per_guild: 1_000, ..StoreOptions::default() };
    let store = open(&address, &options).await.expect("a store");
    let long = vec![7; 60 << 10];
    store.put_meta("long", Some(&long)).await.expect("stored");
    store.put_meta("long, then short", Some(&long)).await.expect("stored");
    let writing = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for channel in 1..200 {
                assert_eq!(
                    ask(&*store, subscribing(HOME, channel, now), channel, now).await,
                    EditResult::Now
                );
                if channel == 100 {
                    store.put_meta("long, then short", Some(b"short")).await.expect("stored");
                }
            }
        })
    };
    for _ in 0..5 {
        store.rewrite().await.expect("rewritten");
    }
    writing.await.expect("written");
    store.rewrite().await.expect("rewritten");
    assert_eq!(store.subscriptions(Some(HOME), None, 999).await.expect("read").len(), 199);
    drop(store);
    let store = open(&address, &options).await.expect("a store");
    assert_eq!(store.subscriptions(Some(HOME), None, 999).await.expect("read").len(), 199);
    assert_eq!(store.get_meta("long").await, Ok(Some(long)));
    assert_eq!(store.get_meta("long, then short").await, Ok(Some(b"short".to_vec())));
    let counts = store.counts(None).await.expect("read");
    assert!(counts.contains(&("subscriptions", 199)), "{counts:?}");
}

/// A power cut may leave a rewrite in each of these states. The test says which database counts then.
#[tokio::test]
async fn interrupted_rewrite_is_finished_or_dropped_at_start() {
    let now = at("09:00:00");
    for left in ["half a copy", "both aside", "both in place", "the former alone"] {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("store");
        let address = format!("sled:{}", place.display());
        let store = open(&address, &StoreOptions::default()).await.expect("a store");
        assert_eq!(ask(&*store, subscribing(HOME, 1, now), 1, now).await, EditResult::Now);
        drop(store);
        let (engine, rewritten, before) =
            (place.join("sled"), place.join("sled.rewritten"), place.join("sled.before"));
        match left {
            "half a copy" => {
                fs::create_dir(&rewritten).expect("made");
                fs::write(rewritten.join("db"), b"half").expect("written");
            }
            "both aside" => {
                fs::create_dir(&before).expect("made");
                fs::write(before.join("db"), b"what was before").expect("written");
                fs::rename(&engine, &rewritten).expect("moved");
            }
            "both in place" => {
                fs::create_dir(&before).expect("made");
                fs::write(before.join("db"), b"what was before").expect("written");
            }
            _ => fs::rename(&engine, &before).expect("moved"),
        }
        let store = open(&address, &StoreOptions::default()).await.expect(left);
        assert_eq!(store.subscriptions(None, None, 9).await.expect("read").len(), 1, "{left}");
        assert!(!rewritten.exists() && !before.exists(), "{left}");
    }
}

#[tokio::test]
async fn withdrawn_user_is_not_notified_and_forgotten_user_is_gone() {
    for (name, backend) in Backend::all(&StoreOptions::default()) {
        let store = backend.open().await;
        let now = at("09:00:00");
        let web = outage("web-api-1", now);
        save(&*store, step(&web, EventKind::Started, now)).await;
        let press = |id, person| {
            let store = Arc::clone(&store);
            let wish = wish(&web, person, HOME, CHANNELS[0]);
            async move { ask(&*store, wish, id, now).await }
        };
        assert_eq!(press(1, ADA).await, EditResult::Now, "{name}");
        assert_eq!(press(2, ADA).await, EditResult::TakenBack, "{name}");
        assert_eq!(press(2, ADA).await, EditResult::Before, "{name}: the same press");
        assert_eq!(store.waiting(&web.id, None, None, 9).await, Ok(vec![]), "{name}");
        assert_eq!(press(3, ADA).await, EditResult::Now, "{name}: once more");
        assert_eq!(press(4, BEN).await, EditResult::Now, "{name}");
        for (id, person) in [(5, ADA), (6, BEN)] {
            let report = SubscriptionEdit::Report { outage: Some(web.id.clone()), person };
            assert_eq!(ask(&*store, report, id, now).await, EditResult::Now, "{name}");
        }
        assert_eq!(
            ask(&*store, SubscriptionEdit::ForgetPerson(ADA), 7, now).await,
            EditResult::Now,
            "{name}"
        );
        let waiting = store.waiting(&web.id, None, None, 9).await.expect("read");
        assert_eq!(waiting.iter().map(|it| it.person).collect::<Vec<_>>(), [BEN], "{name}");
        assert_eq!(store.reports(Some(&web.id), now).await, Ok(1), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn moderators_export_guild_data_and_people_can_be_forgotten() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.discord.channel("#mods");
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:05").await;
    let store = world.store();
    let now = at("09:00:00");
    assert_eq!(ask(&*store, subscribing(OTHER, THEIRS.0, now), 1, now).await, EditResult::Now);
    drop(store);
    // Gives the store back to the bot.
    world.restart().await;
    let you = world.discord.you();
    you.presses("#ops", "Notify me when it's back").await.expect("an answer");
    you.types("#mods", "/alerts export-data").await.expect("an answer");
    let entries = world.discord.entries();
    let answer = entries.iter().rev().find(|it| it.file.is_some()).expect("a file");
    let file = answer.file.as_ref().expect("a file");
    let read: serde_json::Value = serde_json::from_str(&file.text).expect("JSON");
    let home = world.discord.home();
    assert_eq!(read["server"], home.to_string());
    let kinds: Vec<_> = read["records"].as_array().expect("records").iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["subscription", "told", "waiting"]);
    assert!(
        file.name.contains(&home.to_string()) && !file.text.contains(&OTHER.to_string()),
        "{}",
        file.text
    );
    you.presses("#ops", "Notify me when it's back").await.expect("an answer");
    you.types("#mods", "/about").await.expect("an answer");
    you.presses("#mods", "Forget me").await.expect("an answer");
    let log = world.all_of_it();
    assert!(log.contains("Taken back: you won't be notified."), "{log}");
    assert!(log.contains("Forgotten: where you wanted to be notified"), "{log}");
    world.run_until("09:20").await;
    assert!(!world.all_of_it().contains("(pings @you)"), "{}", world.all_of_it());
}
