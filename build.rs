//! Lists the handbook's entries for embedding, so that adding an entry is adding one file.
//!
//! A list in the sources would have to be kept by hand, and a macro that reads the folder does not tell cargo about
//! files that are new in it; `rerun-if-changed` on the folder does.

use std::{env, fmt::Write as _, fs, io, path::Path};

const ENTRIES: &str = "src/faq/entries";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={ENTRIES}");
    println!("cargo::rerun-if-changed=build.rs");
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut names = Vec::new();
    for file in fs::read_dir(Path::new(&root).join(ENTRIES))? {
        let name = file?.file_name().to_string_lossy().into_owned();
        let is_entry =
            Path::new(&name).extension().is_some_and(|ending| ending == "md") && !name.starts_with('_');
        if is_entry {
            names.push(name);
        }
    }
    names.sort();
    let mut list = String::from("&[\n");
    for name in &names {
        let path = Path::new(&root).join(ENTRIES).join(name).display().to_string();
        let _ = writeln!(list, "    ({name:?}, include_str!({path:?})),");
    }
    list.push_str("]\n");
    fs::write(Path::new(&out).join("handbook_entries.rs"), list)
}
