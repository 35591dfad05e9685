//! Files that strangers may have changed: reads in bounded time and memory, and writes for the owner alone.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Reads a regular file of at most `most` bytes of UTF-8. The error says what is wrong, without the file's content.
pub fn read_text(path: &Path, most: u64) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    // Checked before it is opened: opening a pipe blocks until somebody writes.
    regular(&fs::metadata(path).map_err(unreadable)?, most)?;
    let file = File::open(path).map_err(unreadable)?;
    regular(&file.metadata().map_err(unreadable)?, most)?;
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(too_large(most));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())
}

fn regular(found: &Metadata, most: u64) -> Result<(), String> {
    if !found.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if found.len() > most { Err(too_large(most)) } else { Ok(()) }
}

fn too_large(most: u64) -> String {
    format!("is larger than {} KiB", most >> 10)
}

/// Creates a file that only its owner can read (0600). An existing file or link of that name is removed, not written
/// to.
pub fn create_private(path: &Path) -> io::Result<File> {
    match create_new_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            create_new_private(path)
        }
        created => created,
    }
}

/// Creates a file that only its owner can read (0600). Fails if the name exists.
pub fn create_new_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Opens a file to read and write it, and creates it for its owner alone (0600) if it is missing. Fails at a link.
pub fn open_private(path: &Path) -> io::Result<File> {
    match create_new_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::symlink_metadata(path)?.is_symlink() {
                return Err(io::Error::other("it is a link"));
            }
            OpenOptions::new().read(true).write(true).open(path)
        }
        created => created,
    }
}

/// Creates a folder that only its owner can enter (0700), and its parents. An existing folder is closed to others.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        // A folder of another user, whose group we are in, is that user's to close.
        let _ = fs::set_permissions(path, Permissions::from_mode(0o700));
    }
    Ok(())
}

/// Who besides its owner can use a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Nobody can, or the group can only read it.
    Private,
    /// Everybody can read it.
    Readable,
    /// The group or everybody can write it.
    Writable,
}

/// Returns who besides its owner can use the file. A group that can read is no exposure: Kubernetes mounts secrets that
/// way.
pub fn exposure(path: &Path) -> io::Result<Exposure> {
    let mode = fs::metadata(path)?.permissions().mode();
    Ok(match mode {
        mode if mode & 0o022 != 0 => Exposure::Writable,
        mode if mode & 0o004 != 0 => Exposure::Readable,
        _ => Exposure::Private,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_regular_files_within_the_limit_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("fine"), "x".repeat(1_024)).expect("written");
        fs::write(at("large"), "x".repeat(1_025)).expect("written");
        fs::write(at("binary"), [0xff, 0xfe]).expect("written");
        symlink(at("fine"), at("link")).expect("linked");
        symlink(at("loop"), at("loop")).expect("linked");
        let pipe = std::process::Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo");
        assert!(pipe.success());
        assert_eq!(read_text(&at("fine"), 1_024).map(|text| text.len()), Ok(1_024));
        assert_eq!(read_text(&at("link"), 1_024).map(|text| text.len()), Ok(1_024));
        for (name, why) in [
            ("large", "is larger than 1 KiB"),
            ("binary", "is not UTF-8 text"),
            ("pipe", "is not a regular file"),
            (".", "is not a regular file"),
            ("loop", "cannot be read: Too many levels of symbolic links"),
            ("none", "cannot be read: No such file or directory"),
        ] {
            let told = read_text(&at(name), 1_024).expect_err(name);
            assert!(told.starts_with(why), "{name}: {told}");
        }
        let device = read_text(Path::new("/dev/zero"), 1_024);
        assert_eq!(device, Err("is not a regular file".to_owned()));
    }

    #[test]
    fn written_files_are_private_and_links_are_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (target, trap) = (folder.path().join("target"), folder.path().join("new.tmp"));
        fs::write(&target, "somebody else's").expect("written");
        symlink(&target, &trap).expect("linked");
        create_private(&trap).expect("created").write_all(b"ours").expect("written");
        assert_eq!(fs::read_to_string(&target).expect("read"), "somebody else's");
        assert_eq!(fs::read_to_string(&trap).expect("read"), "ours");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&trap), 0o600);

        let new = folder.path().join("new");
        create_new_private(&new).expect("created");
        assert_eq!(mode(&new), 0o600);
        create_new_private(&new).expect_err("it is there");
        open_private(&new).expect("opened").write_all(b"kept").expect("written");
        assert_eq!(
            fs::read_to_string(open_private(&new).map(|_| &new).expect("opened")).expect("read"),
            "kept"
        );
        symlink(&target, folder.path().join("lock")).expect("linked");
        open_private(&folder.path().join("lock")).expect_err("a link");

        let open = folder.path().join("open");
        fs::create_dir(&open).expect("created");
        fs::set_permissions(&open, Permissions::from_mode(0o755)).expect("set");
        for path in [open.clone(), open.join("new")] {
            create_private_dir(&path).expect("created");
            assert_eq!(mode(&path), 0o700, "{}", path.display());
        }
        for (bits, expected) in [
            (0o600, Exposure::Private),
            (0o440, Exposure::Private),
            (0o644, Exposure::Readable),
            (0o620, Exposure::Writable),
        ] {
            fs::set_permissions(&target, Permissions::from_mode(bits)).expect("set");
            assert_eq!(exposure(&target).expect("there"), expected, "{bits:o}");
        }
    }
}
