//! Lists the FAQ's entries for embedding, so that adding an entry is adding one file.
//!
//! A list of entries in the sources would have to be maintained by hand. A macro that reads the folder does not notify
//! cargo of new files in it; `rerun-if-changed` on the folder does.

use std::{env, fmt::Write as _, fs, io, path::Path};

const ENTRIES: &str = "src/faq/entries";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={ENTRIES}");
    println!("cargo::rerun-if-changed=build.rs");
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    list_entries(&Path::new(&root).join(ENTRIES), Path::new(&out))
}

fn list_entries(folder: &Path, out: &Path) -> io::Result<()> {
    let mut english = Vec::new();
    let mut translations = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            for file in fs::read_dir(&path)? {
                translations.extend(entry(folder, &file?.path()));
            }
        } else {
            english.extend(entry(folder, &path));
        }
    }
    write(&out.join("faq_entries.rs"), english)?;
    write(&out.join("faq_translations.rs"), translations)
}

/// Returns the name of an entry's file, with the folder of its language if it is a translation, and its whole path.
fn entry(folder: &Path, path: &Path) -> Option<(String, String)> {
    let name = path.file_name()?.to_string_lossy();
    let is_entry = path.extension().is_some_and(|ending| ending == "md") && !name.starts_with('_');
    let relative = path.strip_prefix(folder).ok()?.display().to_string().replace('\\', "/");
    is_entry.then(|| (relative, path.display().to_string()))
}

fn write(to: &Path, mut files: Vec<(String, String)>) -> io::Result<()> {
    files.sort();
    let mut list = String::from("&[\n");
    for (name, path) in files {
        let _ = writeln!(list, "    ({name:?}, include_str!({path:?})),");
    }
    list.push_str("]\n");
    fs::write(to, list)
}
