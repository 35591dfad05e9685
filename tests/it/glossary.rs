//! The rules of the glossary: the name of a public type occurs once, and no name has a word of the old vocabulary.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Public types that share their name, each with its reason.
const SHARED: &[(&str, &str)] = &[
    ("Args", "clap's word for the arguments of one subcommand; its module is the subcommand"),
    ("Deps", "what one constructor takes; its module names the constructor"),
];

/// Words of earlier vocabularies. `docs/GLOSSARY.md` has the words that replace them.
const OLD: &[&str] = &[
    "alike",
    "astray",
    "ban",
    "banned",
    "bans",
    "commons",
    "courier",
    "couriers",
    "cure",
    "desk",
    "dialect",
    "drawers",
    "easel",
    "errand",
    "errands",
    "fade",
    "faded",
    "fades",
    "fading",
    "gallery",
    "halt",
    "handbook",
    "haste",
    "hotline",
    "hung",
    "judge",
    "judges",
    "judging",
    "knock",
    "ledger",
    "look",
    "looker",
    "looking",
    "looks",
    "mend",
    "mended",
    "nameless",
    "owe",
    "owed",
    "owes",
    "rehearsal",
    "resign",
    "roster",
    "seat",
    "seating",
    "seats",
    "shelf",
    "symptom",
    "tallies",
    "tally",
    "tallying",
    "tidings",
    "vitals",
    "whoever",
    "wire",
];

/// Names that contain an old word, each with its reason.
const ALLOWED: &[(&str, &str)] = &[
    ("discord_wire", "a test file named after the wire format"),
    ("Look", "regex_syntax's word for an assertion"),
];

fn sources(folder: &str) -> Vec<PathBuf> {
    fn below(path: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(path).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    found
}

/// Returns the source without comments and literals, which are prose.
fn code(text: &str) -> String {
    let prose =
        Regex::new(r##"(?s)//[^\n]*|r#".*?"#|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'"##).expect("a pattern");
    prose.replace_all(text, " ").into_owned()
}

/// Splits a name into its words: `RateLimitHold` and `rate_limit_hold` have the same three.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for letter in name.chars() {
        if letter == '_' || (letter.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = letter.is_lowercase() || letter.is_ascii_digit();
        if letter != '_' {
            words.last_mut().expect("one at least").extend(letter.to_lowercase());
        }
    }
    words
}

#[test]
fn every_public_type_name_occurs_once() {
    let public =
        Regex::new(r"(?m)^\s*pub(?:\([a-z: ]+\))? (?:struct|enum|trait|type) ([A-Z]\w*)").expect("a pattern");
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in sources("src").into_iter().chain(sources("commands")) {
        let text = fs::read_to_string(&file).expect("a source file");
        for found in public.captures_iter(&text) {
            places.entry(found[1].to_owned()).or_default().push(file.display().to_string());
        }
    }
    let shared: BTreeSet<&str> = SHARED.iter().map(|(name, _)| *name).collect();
    places.retain(|name, places| places.len() > 1 && !shared.contains(name.as_str()));
    assert!(places.is_empty(), "rename one of each: {places:#?}");
}

#[test]
fn no_name_contains_an_old_word() {
    let name = Regex::new(r"[A-Za-z_][A-Za-z0-9_]*").expect("a pattern");
    let old: BTreeSet<&str> = OLD.iter().copied().collect();
    let allowed: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let mut found = BTreeSet::new();
    for file in ["src", "commands", "tests/it", "benches"].into_iter().flat_map(sources) {
        if file.components().any(|part| part.as_os_str() == "minimal-serenity") {
            continue;
        }
        let text = code(&fs::read_to_string(&file).expect("a source file"));
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for name in name.find_iter(&text).map(|found| found.as_str()).chain([stem.as_str()]) {
            if !allowed.contains(name) && words(name).iter().any(|word| old.contains(word.as_str())) {
                found.insert(format!("{name} in {}", file.display()));
            }
        }
    }
    assert!(found.is_empty(), "docs/GLOSSARY.md has the word for it: {found:#?}");
}

#[test]
fn no_test_name_is_longer_than_ten_words() {
    let head = Regex::new(
        r"#\[(?:tokio::)?test[^\]]*\]\s+(?:#\[[^\]]*\]\s+)*(?:async )?fn (\w+)|on_every_store!\((\w+)",
    )
    .expect("a pattern");
    let mut found = BTreeSet::new();
    for file in ["src", "commands", "tests/it"].into_iter().flat_map(sources) {
        let text = fs::read_to_string(&file).expect("a source file");
        let names = head.captures_iter(&text).filter_map(|it| it.get(1).or_else(|| it.get(2)));
        let long = names.map(|name| name.as_str()).filter(|name| name.split('_').count() > 10);
        found.extend(long.map(|name| format!("{name} in {}", file.display())));
    }
    assert!(found.is_empty(), "a name of six to ten words is read at a glance: {found:#?}");
}

#[test]
fn glossary_stays_short() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/GLOSSARY.md");
    let lines = fs::read_to_string(path).expect("the glossary").lines().count();
    assert!(lines <= 80, "{lines} lines");
}
