//! `export`, `import` and `store …`: move, back up and repair what is stored.

use std::path::{Path, PathBuf};

use super::{CliError, print, progress};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::dump::{self, DumpProgress, Imported};
use crate::store::{self, StoreOptions};

#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// The file
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// Import into a store that is not empty: records with the same keys are replaced
    #[arg(long)]
    merge: bool,
    /// The file
    file: PathBuf,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum StoreCommand {
    /// Write a backup beside the store; the newest 24 stay
    Backup,
    /// List the backups that are whole, newest first
    Backups,
    /// Set the store aside and fill a new one from a backup [default: the newest that is whole]
    Restore {
        /// The backup, or an export
        file: Option<PathBuf>,
    },
    /// Repair a store that cannot be read; the old one stays beside it
    Repair,
    /// Set the store aside, so that the next start begins with an empty one
    SetAside,
}

pub(super) async fn export(args: &ExportArgs, config: &Config) -> Result<(), CliError> {
    let store = store::open(&config.store, &options(config)).await?;
    let dump = dump::export(&*store, &args.file, Clock::system().now(), progress("exported")).await?;
    print(&format!("{} records in {}", dump.records, dump.path.display()));
    Ok(())
}

pub(super) async fn import(args: &ImportArgs, config: &Config) -> Result<(), CliError> {
    // Before the store is opened: opening creates it, and a refused file must leave nothing behind.
    dump::verify(&args.file)?;
    let store = store::open(&config.store, &options(config)).await?;
    let done = dump::import(&*store, &args.file, args.merge, progress("imported")).await?;
    print(&format!("{} records of {} are in {}", done.loaded, done.dump.at, config.store));
    print_left_out(&done);
    Ok(())
}

/// Reports what an import did not load, and why.
fn print_left_out(done: &Imported) {
    if done.local > 0 {
        print(&format!(
            "{} records were left out: gateway sessions, salts and reports stay in the store that made them",
            done.local
        ));
    }
    if done.deleted > 0 {
        print(&format!(
            "{} records were left out: they were deleted with /alerts delete-data or Forget me after the file was made",
            done.deleted
        ));
    }
}

pub(super) async fn maintain(command: &StoreCommand, config: &Config) -> Result<(), CliError> {
    let (options, now) = (options(config), Clock::system().now());
    let folder = folder(config)?;
    let backups = dump::backups_beside(&folder);
    match command {
        StoreCommand::Backup => {
            let store = store::open(&config.store, &options).await?;
            let dump = dump::backup(&*store, &backups, now).await?;
            print(&format!("{} records in {}", dump.records, dump.path.display()));
        }
        StoreCommand::Backups => {
            for dump in dump::backups(&backups) {
                print(&format!("{}  {} records  {}", dump.at, dump.records, dump.path.display()));
            }
        }
        StoreCommand::Restore { file } => {
            let newest = || dump::backups(&backups).next().map(|dump| dump.path);
            let file = file.clone().or_else(newest).ok_or_else(|| none_is_whole(&backups))?;
            let done = dump::restore(&config.store, &file, &options, now, progress("restored")).await?;
            print(&format!("{} records restored from {}", done.imported.loaded, file.display()));
            print_left_out(&done.imported);
            if let Some(former) = done.former {
                print(&format!("the former store is {}", former.display()));
                print(STILL_HOLDS);
            }
        }
        StoreCommand::Repair => {
            let done = store::repair(&folder, &options, now)?;
            print(&format!("repaired; the former store is {}", done.former.display()));
            print(STILL_HOLDS);
            if done.missing > 0 {
                print(&format!("{} of the newest changes are lost", done.missing));
            }
        }
        StoreCommand::SetAside => {
            let former = store::set_aside(&folder, now)?;
            print(&format!("the store is now {}; the next start begins with an empty one", former.display()));
            print(STILL_HOLDS);
        }
    }
    Ok(())
}

/// The warning about a store that was set aside.
const STILL_HOLDS: &str =
    "it still holds what people have deleted since; remove it as soon as you do not need it any more";

/// How this program opens its stores.
pub(super) fn options(config: &Config) -> StoreOptions {
    StoreOptions {
        subscriptions_per_guild: config.limits.subscriptions_per_guild,
        password: config.store_password.as_ref().map(|password| password.reveal().to_owned()),
        ..StoreOptions::default()
    }
}

/// Returns the folder of a sled store.
pub(super) fn folder(config: &Config) -> Result<PathBuf, CliError> {
    let path = config.store.strip_prefix("sled:").map(PathBuf::from);
    path.ok_or_else(|| {
        CliError::Input(format!(
            "store = \"{}\" is no folder; this is for sled stores. A database has backups of its own (pg_dump, or its \
             provider's); export and import move data between stores",
            config.store
        ))
    })
}

fn none_is_whole(backups: &Path) -> CliError {
    CliError::Store(format!("no backup in {} is whole; name a file", backups.display()))
}

/// Shows on a terminal how many records are done.
fn progress(done: &'static str) -> DumpProgress {
    let mut bar = None;
    Box::new(move |records, all: Option<u64>| {
        let bar = bar.get_or_insert_with(|| match all {
            Some(all) => progress::of(done, all, "records"),
            None => progress::count(done, "records"),
        });
        bar.set_position(records);
    })
}
