//! A dump file: everything that is stored, as JSON Lines, in a file that shows whether it is complete.
//!
//! ```text
//! {"healthy_upstream":"dump","version":1,"at":"2025-04-16T12:00:00Z"}
//! {"kind":"subscription","record":{…}}
//! …
//! {"end":{"records":1,"blake3":"…"}}
//! ```
//!
//! The hash covers every byte before the last line. A file is written under another name and renamed when it is
//! complete. It is verified in full before any of it is loaded.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DumpEntry, StoreError};
use crate::files;

/// The version of the format.
const VERSION: u32 = 1;

/// Records that are in memory at once while a file is checked.
const CHECKED_AT_ONCE: usize = 500;

/// The longest line that is read, in bytes. The largest record is a few KiB; a named value has at most 64 KiB.
const MOST_OF_A_LINE: u64 = 1 << 20;

/// A complete dump file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    pub path: PathBuf,
    pub at: Timestamp,
    pub records: u64,
}

#[derive(Serialize, Deserialize)]
struct Head {
    healthy_upstream: String,
    version: u32,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Tail {
    end: End,
}

#[derive(Serialize, Deserialize)]
struct End {
    records: u64,
    blake3: String,
}

/// Reads a whole dump and checks that it is complete and of a known version.
pub fn verify(file: &Path) -> Result<Dump, StoreError> {
    let mut reading = Reading::begin(file)?;
    loop {
        if reading.entries(CHECKED_AT_ONCE)?.is_empty() {
            return Ok(Dump { path: file.to_owned(), at: reading.at, records: reading.records });
        }
    }
}

/// Returns the backups in a folder, newest first by name; none if there is no such folder.
pub(super) fn backup_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("backup-") && path.extension().is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    files.sort();
    files.reverse();
    files
}

/// Returns the complete backups in a folder, newest first. Each is verified lazily.
pub fn backups(folder: &Path) -> impl Iterator<Item = Dump> + use<> {
    backup_files(folder).into_iter().filter_map(|file| verify(&file).ok())
}

/// Returns the default folder for the backups of a store: beside it.
pub fn backups_beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".backups");
    PathBuf::from(beside)
}

/// A dump that is being written.
pub(super) struct Writing {
    temporary: PathBuf,
    to: BufWriter<File>,
    sum: blake3::Hasher,
    pub(super) records: u64,
}

impl Writing {
    pub(super) fn begin(file: &Path, at: Timestamp) -> Result<Self, StoreError> {
        let mut temporary = file.as_os_str().to_owned();
        temporary.push(".tmp");
        let temporary = PathBuf::from(temporary);
        let to =
            files::create_private(&temporary).map_err(|error| cannot(&temporary, "be written", &error))?;
        let mut writing = Self { temporary, to: BufWriter::new(to), sum: blake3::Hasher::new(), records: 0 };
        let head = Head { healthy_upstream: "dump".to_owned(), version: VERSION, at };
        writing.write(&head)?;
        Ok(writing)
    }

    pub(super) fn line(&mut self, entry: &DumpEntry) -> Result<(), StoreError> {
        self.records += 1;
        self.write(entry)
    }

    fn write(&mut self, line: &impl Serialize) -> Result<(), StoreError> {
        let mut bytes = serde_json::to_vec(line)
            .map_err(|error| StoreError::Damaged(format!("a record cannot be written: {error}")))?;
        bytes.push(b'\n');
        self.sum.update(&bytes);
        self.to.write_all(&bytes).map_err(|error| cannot(&self.temporary, "be written", &error))
    }

    pub(super) fn end(&mut self, file: &Path) -> Result<(), StoreError> {
        let sum = self.sum.finalize().to_hex().to_string();
        self.write(&Tail { end: End { records: self.records, blake3: sum } })?;
        let mut finish = || -> io::Result<()> {
            self.to.flush()?;
            self.to.get_ref().sync_all()?;
            fs::rename(&self.temporary, file)?;
            match file.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
                _ => File::open(".")?.sync_all(),
            }
        };
        finish().map_err(|error| cannot(file, "be written", &error))
    }

    pub(super) fn abandon(&self) {
        // The leftover has a name that nothing reads.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// A dump that is being read.
pub(super) struct Reading {
    file: PathBuf,
    from: BufReader<File>,
    sum: blake3::Hasher,
    pub(super) at: Timestamp,
    records: u64,
    pub(super) local: u64,
    line: u64,
    ended: bool,
}

impl Reading {
    pub(super) fn begin(file: &Path) -> Result<Self, StoreError> {
        let found = fs::metadata(file).map_err(|error| cannot(file, "be read", &error))?;
        if !found.is_file() {
            return Err(StoreError::Damaged(format!("{} is not a regular file", file.display())));
        }
        let from = File::open(file).map_err(|error| cannot(file, "be read", &error))?;
        let mut reading = Self {
            file: file.to_owned(),
            from: BufReader::new(from),
            sum: blake3::Hasher::new(),
            at: Timestamp::UNIX_EPOCH,
            records: 0,
            local: 0,
            line: 0,
            ended: false,
        };
        let line = reading.next_line()?;
        let head: Head = serde_json::from_slice(&line)
            .map_err(|_| reading.wrong("this is not a dump of healthy-upstream"))?;
        if head.version > VERSION {
            return Err(StoreError::TooNew(format!(
                "{} was written by a newer version of this program (version {}, this program knows {VERSION})",
                file.display(),
                head.version
            )));
        }
        reading.at = head.at;
        reading.sum.update(&line);
        Ok(reading)
    }

    /// Returns the next records, at most `most`. An empty list means that the end was reached and the file is complete.
    pub(super) fn entries(&mut self, most: usize) -> Result<Vec<DumpEntry>, StoreError> {
        let mut entries = Vec::new();
        while entries.len() < most && !self.ended {
            let line = self.next_line()?;
            if let Ok(Tail { end }) = serde_json::from_slice(&line) {
                self.check(&end)?;
                continue;
            }
            let entry: DumpEntry =
                serde_json::from_slice(&line).map_err(|error| self.wrong(&error.to_string()))?;
            self.sum.update(&line);
            self.records += 1;
            if entry.is_local() {
                self.local += 1;
            } else {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    fn check(&mut self, end: &End) -> Result<(), StoreError> {
        if end.records != self.records || end.blake3 != self.sum.finalize().to_hex().as_str() {
            return Err(self.wrong("the file was changed after it was written"));
        }
        let rest = self.from.fill_buf().map_err(|error| cannot(&self.file, "be read", &error))?;
        if !rest.is_empty() {
            return Err(self.wrong("something follows the end"));
        }
        self.ended = true;
        Ok(())
    }

    fn next_line(&mut self) -> Result<Vec<u8>, StoreError> {
        let mut line = Vec::new();
        self.line += 1;
        let mut bounded = (&mut self.from).take(MOST_OF_A_LINE);
        bounded.read_until(b'\n', &mut line).map_err(|error| cannot(&self.file, "be read", &error))?;
        if line.len() as u64 == MOST_OF_A_LINE && line.last() != Some(&b'\n') {
            return Err(self.wrong("the line is longer than 1 MiB"));
        }
        if line.last() != Some(&b'\n') {
            return Err(self.wrong("the file ends here, before its end was written: it was cut"));
        }
        Ok(line)
    }

    fn wrong(&self, what: &str) -> StoreError {
        StoreError::Damaged(format!(
            "{}: line {}: {what}; nothing was loaded",
            self.file.display(),
            self.line
        ))
    }
}

pub(super) fn cannot(path: &Path, what: &str, error: &io::Error) -> StoreError {
    let text = format!("{} cannot {what}: {error}", path.display());
    if error.kind() == io::ErrorKind::StorageFull { StoreError::Full(text) } else { StoreError::Away(text) }
}
