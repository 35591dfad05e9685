//! What only a store on a disk can meet: a second process, damage, foreign folders, other versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use expect_test::{Expect, expect};
use healthy_upstream::health::EventKind;
use healthy_upstream::ids::ChannelId;
use healthy_upstream::store::{Store, StoreError, StoreOptions, dump, open, repair, set_aside};

use crate::fixtures::{at, bare_outage as outage};
use crate::store_contract::{GUILD, save, step, subscribe};

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn address(&self) -> String {
        format!("sled:{}", self.path().display())
    }

    async fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        open(&self.address(), &StoreOptions::default()).await
    }

    /// A store with three subscriptions and an outage, closed.
    async fn furnished() -> Self {
        let place = Self::new();
        let store = place.open().await.expect("a store");
        subscribe(&*store, 1..4, at("09:00:00")).await;
        let web = outage("web-api-1", at("09:00:00"));
        save(&*store, step(&web, EventKind::Started, at("09:00:00"))).await;
        place
    }

    /// Opening is refused in these words, and changes nothing.
    async fn refuses(&self, words: &Expect) {
        let before = contents(&self.path());
        let error = match self.open().await {
            Ok(_) => panic!("it was opened"),
            Err(error) => error.to_string(),
        };
        let error = error.replace(&self.folder.path().display().to_string(), "…");
        words.assert_eq(
            &(1..9).fold(error, |it, n| it.replace(&format!("last {n} changes"), "last N changes")),
        );
        assert!(before == contents(&self.path()), "nothing may change");
    }
}

/// Every file of a folder with what is in it; the lock's note is nobody's data.
pub(crate) fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else if !path.ends_with("LOCK") {
            all.push((path.clone(), fs::read(&path).expect("a file")));
        }
    }
    all.sort();
    all
}

fn snapshot(place: &Place) -> PathBuf {
    let files = fs::read_dir(place.path().join("sled")).expect("a folder");
    files
        .map(|file| file.expect("a file").path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap.")))
        .expect("a snapshot")
}

pub(crate) fn cut(file: &Path, by: u64) {
    let length = file.metadata().expect("a file").len();
    fs::OpenOptions::new().write(true).open(file).expect("a file").set_len(length - by).expect("cut");
}

#[tokio::test]
async fn second_process_is_refused_with_the_lock_holder() {
    let place = Place::new();
    let first = place.open().await.expect("a store");
    let Err(StoreError::InUse(text)) = place.open().await else { panic!("it was opened") };
    let text = text
        .replace(&place.folder.path().display().to_string(), "…")
        .replace(&std::process::id().to_string(), "N");
    expect![[r"the store in …/data is in use by process N: only one instance of the bot can run on it. Stop that one, or give this one a store of its own"]]
        .assert_eq(&text);
    drop(first);
    place.open().await.expect("free again");
}

#[tokio::test]
async fn half_written_snapshot_does_not_wedge_the_store() {
    let place = Place::furnished().await;
    fs::write(place.path().join("sled/snap.00000000FFFFFFFF.generating"), b"half").expect("written");
    let store = place.open().await.expect("opened");
    assert_eq!(store.subscriptions(Some(GUILD), None, 10).await.expect("read").len(), 3);
}

#[tokio::test]
async fn cut_snapshot_is_refused_and_repaired_on_request() {
    let place = Place::furnished().await;
    drop(place.open().await.expect("opened")); // an opening writes a snapshot
    cut(&snapshot(&place), 4);
    place
        .refuses(&expect![[r"
            the store in …/data cannot be read: Read corrupted data at file offset None backtrace (). Nothing in it was changed. There is no good backup in …/data.backups. `healthy-upstream store repair` tries to repair a copy; `healthy-upstream store restore FILE` sets this one aside and starts from a backup"]])
        .await;
    let repaired = repair(&place.path(), &StoreOptions::default(), at("10:00:00")).expect("repaired");
    assert_eq!(repaired.missing, 0);
    assert!(repaired.former.ends_with("data.aside-20250416T100000Z"));
    let store = place.open().await.expect("opened");
    assert_eq!(store.subscriptions(Some(GUILD), None, 10).await.expect("read").len(), 3);
    assert_eq!(store.load_state().await.expect("recalled").open.len(), 1);
}

#[tokio::test]
async fn truncated_database_is_refused_though_sled_would_open_it() {
    let place = Place::furnished().await;
    let store = place.open().await.expect("opened");
    let backups = dump::backups_beside(&place.path());
    dump::backup(&*store, &backups, at("10:00:00")).await.expect("a backup");
    subscribe(&*store, 10..30, at("10:01:00")).await;
    drop(store);
    let database = place.path().join("sled/db");
    let bytes = fs::read(&database).expect("read");
    let unused = bytes.iter().rev().take_while(|byte| **byte == 0).count();
    cut(&database, unused as u64 + 700);
    place
        .refuses(&expect![[r"
            the store in …/data cannot be read: its last N changes are missing (a file was truncated, or replaced by an older copy). Nothing in it was changed. The newest good backup is …/data.backups/backup-20250416T100000Z.jsonl. `healthy-upstream store repair` tries to repair a copy; `healthy-upstream store restore FILE` sets this one aside and starts from a backup"]])
        .await;

    let backup = backups.join("backup-20250416T100000Z.jsonl");
    let repaired = repair(&place.path(), &StoreOptions::default(), at("10:30:00")).expect("repaired");
    assert!((1..9).contains(&repaired.missing), "it says how much is missing: {repaired:?}");
    assert!(place.open().await.is_ok());

    let (address, options, later) = (place.address(), StoreOptions::default(), at("11:00:00"));
    let restored =
        dump::restore(&address, &backup, &options, later, Box::new(|_, _| {})).await.expect("restored");
    assert!(restored.former.expect("the former").join("sled/db").exists(), "nothing is thrown away");
    let store = place.open().await.expect("opened");
    assert_eq!(store.subscriptions(Some(GUILD), None, 99).await.expect("read").len(), 3);
}

#[tokio::test]
async fn shrunk_but_complete_database_is_opened() {
    let place = Place::furnished().await;
    let store = place.open().await.expect("opened");
    subscribe(&*store, 10..12, at("10:01:00")).await;
    drop(store);
    let database = place.path().join("sled/db");
    let bytes = fs::read(&database).expect("read");
    cut(&database, bytes.iter().rev().take_while(|byte| **byte == 0).count() as u64 / 2);
    let store = place.open().await.expect("opened");
    assert_eq!(store.subscriptions(Some(GUILD), None, 99).await.expect("read").len(), 5);
    let left: Vec<_> = fs::read_dir(place.folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "the copy that was examined is removed: {left:?}");
}

#[tokio::test]
async fn database_with_an_overwritten_block_is_refused() {
    let place = Place::furnished().await;
    let database = place.path().join("sled/db");
    let mut bytes = fs::read(&database).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xA5);
    fs::write(&database, bytes).expect("written");
    let Err(error) = place.open().await else { panic!("it was opened") };
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
}

#[tokio::test]
async fn store_with_missing_database_is_never_recreated() {
    let place = Place::furnished().await;
    fs::remove_dir_all(place.path().join("sled")).expect("removed");
    place
        .refuses(&expect![[r"
            the store in …/data cannot be read: its database is missing. Nothing in it was changed. There is no good backup in …/data.backups. `healthy-upstream store repair` tries to repair a copy; `healthy-upstream store restore FILE` sets this one aside and starts from a backup"]])
        .await;
    fs::create_dir(place.path().join("sled")).expect("created");
    fs::write(place.path().join("sled/db"), b"").expect("written");
    let Err(StoreError::Damaged(_)) = place.open().await else { panic!("it was opened") };
}

#[tokio::test]
async fn a_newer_layout_is_refused() {
    let place = Place::furnished().await;
    fs::write(place.path().join("STORE"), br#"{"layout":2,"id":"00","more":true}"#).expect("written");
    place
        .refuses(&expect![[r"
            the store in …/data was written by a newer version of this program (layout 2, this program knows 1): start that version again, or import one of its exports into a new folder"]])
        .await;
    assert!(matches!(place.open().await, Err(StoreError::TooNew(_))));
}

#[tokio::test]
async fn foreign_folder_is_refused() {
    let place = Place::new();
    fs::create_dir(place.path()).expect("created");
    fs::write(place.path().join("thesis.txt"), b"mine").expect("written");
    place
        .refuses(&expect![[r#"
            …/data is not a store of this program (it holds "thesis.txt"); nothing in it was changed. Name an empty or a new folder"#]])
        .await;
    assert!(!place.path().join("LOCK").exists());
}

#[tokio::test]
async fn empty_or_interrupted_folder_is_initialized() {
    let place = Place::new();
    fs::create_dir(place.path()).expect("created");
    fs::write(place.path().join("LOCK"), b"1").expect("written");
    fs::write(place.path().join("STORE.tmp"), b"{").expect("written");
    let store = place.open().await.expect("opened");
    subscribe(&*store, 1..2, at("09:00:00")).await;
    drop(store);
    let store = place.open().await.expect("opened");
    assert!(store.subscription(GUILD, ChannelId(1)).await.expect("read").is_some());
}

#[tokio::test]
async fn setting_aside_a_store_in_use_is_refused() {
    let place = Place::furnished().await;
    let store = place.open().await.expect("opened");
    assert!(matches!(set_aside(&place.path(), at("10:00:00")), Err(StoreError::InUse(_))));
    drop(store);
    let aside = set_aside(&place.path(), at("10:00:00")).expect("set aside");
    let store = place.open().await.expect("a new store");
    assert_eq!(store.subscriptions(None, None, 9).await, Ok(vec![]));
    let former = open(&format!("sled:{}", aside.display()), &StoreOptions::default()).await.expect("opened");
    assert_eq!(former.subscriptions(None, None, 9).await.expect("read").len(), 3);
}

#[tokio::test]
async fn invalid_address_explains_what_to_write() {
    for address in ["", "sled", "sled:", "memory", "mysql://x", "memory:x"] {
        let result = open(address, &StoreOptions::default()).await;
        match (address, result) {
            ("memory", Ok(_)) | (_, Err(StoreError::Address(_))) => {}
            (_, Err(error)) => panic!("{address}: {error}"),
            (_, Ok(_)) => panic!("{address} was opened"),
        }
    }
}
