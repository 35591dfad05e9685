//! Lists the handbook's entries for embedding, so that adding an entry is adding one file; and has what a running bot
//! executes linked side by side.
//!
//! A list of entries in the sources would have to be kept by hand, and a macro that reads the folder does not tell cargo
//! about files that are new in it; `rerun-if-changed` on the folder does.

use std::{env, fmt::Write as _, fs, io, iter, path::Path};

const ENTRIES: &str = "src/faq/entries";
/// The beginnings of the names of functions that a running bot executes; its head says more.
const ORDER: &str = "src/order.txt";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={ENTRIES}");
    println!("cargo::rerun-if-changed={ORDER}");
    println!("cargo::rerun-if-changed=build.rs");
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    list_entries(&Path::new(&root).join(ENTRIES), Path::new(&out))?;
    if orders_code() {
        let script = Path::new(&out).join("order.ld");
        fs::write(&script, linker_script(&fs::read_to_string(Path::new(&root).join(ORDER))?))?;
        // As two arguments, the path may hold any sign.
        println!("cargo::rustc-link-arg-bins=-T");
        println!("cargo::rustc-link-arg-bins={}", script.display());
    }
    Ok(())
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
    write(&out.join("handbook_entries.rs"), english)?;
    write(&out.join("handbook_translations.rs"), translations)
}

/// The name of an entry's file, with the folder of its language where it is a translation, and its whole path.
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

/// These linkers end with an error at such a script; GNU ld and lld, which is the compiler's own, read it.
const READ_NO_SCRIPT: [&str; 3] = ["mold", "wild", "gold"];

/// Whether the order counts: in a release, which is what runs for months.
fn orders_code() -> bool {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|is| is == value);
    let chosen = ["CARGO_ENCODED_RUSTFLAGS", "RUSTC_LINKER"].map(|name| env::var(name).unwrap_or_default());
    let reads = !READ_NO_SCRIPT.iter().any(|linker| chosen.iter().any(|said| said.contains(linker)));
    is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && reads
}

/// Puts the functions whose names begin so before all others, in a section of their own.
fn linker_script(order: &str) -> String {
    let mut script = String::from("SECTIONS\n{\n  .text.run :\n  {\n");
    for name in order.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let path = written(name);
        // The standard library's names are written in the newer way already, with the crate's hash before the path.
        let newer = (!name.contains('<')).then(|| format!("_R*_{path}"));
        for pattern in iter::once(format!("_ZN{path}")).chain(newer) {
            // What the compiler takes for rarely called stands apart.
            let _ = writeln!(script, "    *(.text.{pattern} .text.unlikely.{pattern})");
        }
    }
    script.push_str("  }\n}\nINSERT BEFORE .text;\n");
    script
}

/// The beginning of a name as the compiler writes it: `5tokio4sync*` for `tokio::sync::`, `*_$LT$tokio..sync..*` for
/// `<tokio::sync::`.
fn written(name: &str) -> String {
    let (mut parts, mut part, mut depth) = (String::new(), String::new(), 0_usize);
    for sign in name.chars() {
        part.push(sign);
        match sign {
            '<' | '[' | '(' | '{' => depth += 1,
            '>' | ']' | ')' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && part.ends_with("::") => {
                let whole = escaped(part.trim_end_matches("::"));
                let _ = write!(parts, "{}{whole}", whole.len());
                part.clear();
            }
            _ => {}
        }
    }
    let last = escaped(&part);
    match (last.len(), depth) {
        (0, _) => parts + "*",
        (length, 0) => format!("{parts}{length}{last}*"),
        // How long it is in the end is not known.
        _ => format!("{parts}*{last}*"),
    }
}

/// A part of a name with the compiler's words for signs.
fn escaped(part: &str) -> String {
    const SIGNS: [(&str, &str); 15] = [
        ("::", ".."),
        ("<", "$LT$"),
        (">", "$GT$"),
        ("&", "$RF$"),
        ("*", "$BP$"),
        ("(", "$LP$"),
        (")", "$RP$"),
        (",", "$C$"),
        (" ", "$u20$"),
        ("[", "$u5b$"),
        ("]", "$u5d$"),
        ("{", "$u7b$"),
        ("}", "$u7d$"),
        (";", "$u3b$"),
        ("+", "$u2b$"),
    ];
    let before = if part.starts_with(['<', '{']) { "_" } else { "" };
    SIGNS.iter().fold(before.to_owned() + part, |part, (sign, word)| part.replace(sign, word))
}
