//! Who may know whom, as data, read against the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// One part of the house: what it may use of ours, and which outside crates belong to it.
struct Part {
    name: &'static str,
    files: &'static [&'static str],
    ours: &'static [&'static str],
    outside: &'static [&'static str],
}

const EVERYTHING: &[&str] = &["*"];

/// The table of the house. A part that is not here does not exist.
const HOUSE: &[Part] = &[
    Part {
        name: "health",
        files: &["src/health"],
        ours: &[],
        outside: &["serde", "serde_json", "jiff", "blake3"],
    },
    Part {
        name: "faq",
        files: &["src/faq"],
        ours: &[],
        outside: &[
            "serde",
            "toml",
            "jiff",
            "regex",
            "regex_syntax",
            "aho_corasick",
            "strsim",
            "rust_stemmers",
            "unicode_normalization",
            "include_dir",
            "thiserror",
        ],
    },
    Part {
        name: "alerts",
        files: &["src/alerts"],
        ours: &["ids", "health"],
        outside: &["serde", "jiff", "blake3", "data_encoding", "thiserror"],
    },
    Part {
        name: "i18n",
        files: &["src/i18n"],
        ours: &["health", "faq", "alerts", "ids"],
        outside: &["fluent_bundle", "intl_memoizer", "unic_langid"],
    },
    Part {
        name: "charts",
        files: &["src/charts"],
        ours: &["health", "faq", "alerts", "ids", "i18n"],
        outside: &["jiff", "serde", "tiny_skia", "ab_glyph", "notosans", "png"],
    },
    Part {
        name: "chat",
        files: &["src/chat"],
        ours: &["health", "faq", "alerts", "ids", "i18n", "charts"],
        outside: &["serde", "jiff", "unicode_segmentation"],
    },
    Part {
        name: "commands",
        files: &["commands"],
        ours: &["health", "faq", "chat", "alerts", "ids", "i18n", "charts"],
        outside: &["jiff", "thiserror", "blake3"],
    },
    Part { name: "ids", files: &["src/ids.rs"], ours: &[], outside: &["serde", "blake3"] },
    Part { name: "secret", files: &["src/secret.rs"], ours: &[], outside: &[] },
    Part { name: "proxy", files: &["src/proxy.rs"], ours: &[], outside: &["reqwest"] },
    Part { name: "files", files: &["src/files.rs"], ours: &[], outside: &[] },
    Part { name: "clock", files: &["src/clock.rs"], ours: &[], outside: &["tokio", "jiff"] },
    Part {
        name: "listener",
        files: &["src/listener.rs"],
        ours: &["clock"],
        outside: &["axum", "hyper", "hyper_util", "tokio", "jiff", "tracing"],
    },
    Part {
        name: "throttle",
        files: &["src/throttle.rs", "src/throttle"],
        ours: &["clock"],
        outside: &["governor", "tokio", "jiff", "serde", "thiserror"],
    },
    Part {
        name: "probe",
        files: &["src/probe"],
        ours: &["health", "clock", "throttle", "secret", "proxy"],
        outside: &[
            "reqwest",
            "serde",
            "serde_json",
            "quick_xml",
            "tokio",
            "jiff",
            "async_trait",
            "thiserror",
            "base64",
            "httpdate",
            "x509_cert",
            "blake3",
            "regex",
            "rustls",
            "hyper",
        ],
    },
    Part {
        name: "store",
        files: &["src/store"],
        ours: &["health", "alerts", "ids", "files"],
        outside: &[
            "sled",
            "serde",
            "serde_json",
            "tokio",
            "jiff",
            "async_trait",
            "thiserror",
            "blake3",
            "tracing",
            "base64",
            "fs4",
            "tokio_postgres",
            "deadpool_postgres",
            "tokio_postgres_rustls",
            "rustls",
            "webpki_roots",
            "futures_util",
            "getrandom",
            "data_encoding",
        ],
    },
    Part {
        name: "discord",
        files: &["src/discord"],
        ours: &[
            "chat", "commands", "clock", "listener", "proxy", "throttle", "alerts", "ids", "i18n", "faq",
            "health",
        ],
        outside: &[
            "serde_path_to_error",
            "serenity",
            "tokio_websockets",
            "flate2",
            "reqwest",
            "axum",
            "serde",
            "serde_json",
            "tokio",
            "jiff",
            "async_trait",
            "thiserror",
            "tracing",
            "governor",
            "regex",
            "strsim",
            "data_encoding",
            "blake3",
            "futures_util",
        ],
    },
    Part {
        name: "lease_manager",
        files: &["src/lease_manager.rs"],
        ours: &["clock", "store"],
        outside: &["tokio", "jiff", "tracing", "getrandom"],
    },
    Part {
        name: "watcher",
        files: &["src/watcher.rs", "src/watcher"],
        ours: &["health", "probe", "store", "clock", "alerts", "ids", "lease_manager", "metrics", "throttle"],
        outside: &["tokio", "jiff", "tracing", "serde_json"],
    },
    Part {
        name: "notifier",
        files: &["src/notifier/mod.rs", "src/notifier"],
        ours: &[
            "health",
            "alerts",
            "ids",
            "chat",
            "i18n",
            "store",
            "discord",
            "clock",
            "lease_manager",
            "metrics",
        ],
        outside: &["tokio", "jiff", "tracing", "blake3", "thiserror", "serde", "serde_json"],
    },
    Part { name: "metrics", files: &["src/metrics.rs"], ours: &[], outside: &["prometheus_client", "jiff"] },
    // The plan said that config knows nobody. It names the policy of `health`, the sources of `probe` and the
    // languages of `i18n` so that no second form of them exists.
    Part {
        name: "config",
        files: &["src/config.rs", "src/config"],
        ours: &["health", "probe", "i18n", "secret", "files", "proxy"],
        outside: &["serde", "toml", "jiff", "strsim"],
    },
    Part { name: "app", files: &["src/app.rs", "src/app"], ours: EVERYTHING, outside: EVERYTHING },
    Part { name: "cli", files: &["src/cli"], ours: EVERYTHING, outside: EVERYTHING },
    Part { name: "operator", files: &["src/operator"], ours: EVERYTHING, outside: EVERYTHING },
    Part { name: "demo", files: &["src/demo.rs", "src/demo"], ours: EVERYTHING, outside: EVERYTHING },
];

/// The only files that open a connection to Discord.
const OPEN_DISCORD: &[&str] = &["src/discord/gateway", "src/discord/http_interactions", "src/discord/rest"];

/// Parts that hold no async code, no clock, no socket and no disk.
const PURE: &[&str] = &["health", "faq", "alerts", "i18n", "charts", "chat", "commands"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources_below(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        found.push(path.to_owned());
        return;
    }
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() || path.extension().is_some_and(|e| e == "rs") {
            sources_below(&path, found);
        }
    }
}

fn rust_files(paths: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        sources_below(&root().join(path), &mut found);
    }
    found.sort();
    found
}

fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Code without comments and without the tests at its end, which may use more.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", short(path)));
    let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn captures(pattern: &str, text: &str) -> BTreeSet<String> {
    let regex = Regex::new(pattern).expect("a pattern");
    regex.captures_iter(text).map(|c| c[1].to_owned()).collect()
}

/// Names of ours that a text uses: `crate::name` and each name of `use crate::{…}`.
fn ours_used(text: &str) -> BTreeSet<String> {
    let mut used = captures(r"\bcrate::([a-z_]+)", text);
    for group in captures(r"(?s)\bcrate::\{(.*?)\};", text) {
        used.extend(captures(r"(?:^|[,{\s])([a-z_]+)(?:::|,|$)", &group));
    }
    used
}

#[test]
fn every_room_knows_only_whom_the_plan_allows() {
    let rooms: BTreeSet<&str> = HOUSE.iter().map(|p| p.name).collect();
    let mut strangers = Vec::new();
    for part in HOUSE {
        if part.ours == EVERYTHING {
            continue;
        }
        for file in rust_files(part.files) {
            for used in ours_used(&code(&file)) {
                if rooms.contains(used.as_str()) && used != part.name && !part.ours.contains(&used.as_str()) {
                    strangers.push(format!(
                        "{} uses crate::{used}, which {} may not know",
                        short(&file),
                        part.name
                    ));
                }
            }
        }
    }
    assert!(strangers.is_empty(), "{}", strangers.join("\n"));
}

#[test]
fn every_room_uses_only_its_own_crates() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let table: toml::Table = toml::from_str(&manifest).expect("Cargo.toml is TOML");
    let crates: Vec<String> = table["dependencies"]
        .as_table()
        .expect("dependencies")
        .keys()
        .map(|name| name.replace('-', "_"))
        .collect();
    let uses: Vec<(&String, Regex)> = crates
        .iter()
        .map(|name| (name, Regex::new(&format!(r"(?:^|[^a-zA-Z0-9_:]){name}::")).expect("a pattern")))
        .collect();
    let mut strangers = Vec::new();
    for part in HOUSE.iter().filter(|part| part.outside != EVERYTHING) {
        for file in rust_files(part.files) {
            let text = code(&file);
            for (name, used) in &uses {
                // The plain search is for speed; most names do not occur at all.
                if text.contains(name.as_str())
                    && used.is_match(&text)
                    && !part.outside.contains(&name.as_str())
                {
                    strangers.push(format!(
                        "{} uses {name}, which does not belong to {}",
                        short(&file),
                        part.name
                    ));
                }
            }
        }
    }
    assert!(strangers.is_empty(), "{}", strangers.join("\n"));
}

#[test]
fn the_core_is_pure() {
    let impure = Regex::new(
        r"\basync fn|\.await\b|\bstd::(net|fs|thread|process|env|io)\b|Timestamp::now|Instant::now",
    )
    .expect("a pattern");
    let mut found = Vec::new();
    for part in HOUSE.iter().filter(|p| PURE.contains(&p.name)) {
        for file in rust_files(part.files) {
            for hit in impure.find_iter(&code(&file)) {
                found.push(format!("{}: {}", short(&file), hit.as_str()));
            }
        }
    }
    assert!(found.is_empty(), "the core does no I/O and reads no clock:\n{}", found.join("\n"));
}

#[test]
fn only_three_files_open_a_connection_to_discord() {
    let opens = Regex::new(r"reqwest::Client|tokio_websockets::|TcpListener|axum::serve").expect("a pattern");
    let mut found = Vec::new();
    for file in rust_files(&["src/discord"]) {
        let name = short(&file);
        if opens.is_match(&code(&file)) && !OPEN_DISCORD.iter().any(|allowed| name.starts_with(allowed)) {
            found.push(name);
        }
    }
    assert!(found.is_empty(), "these open connections too: {}", found.join(", "));
}

#[test]
fn every_source_file_belongs_to_a_listed_part() {
    let known: BTreeSet<PathBuf> = HOUSE.iter().flat_map(|p| rust_files(p.files)).collect();
    let outside: Vec<String> = rust_files(&["src", "commands"])
        .iter()
        .filter(|f| !known.contains(*f))
        .map(|f| short(f))
        .filter(|f| !matches!(f.as_str(), "src/main.rs" | "src/lib.rs"))
        .collect();
    assert!(outside.is_empty(), "not in the plan: {}", outside.join(", "));
}

#[test]
fn every_dependency_has_its_reason_beside_it() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let mut in_dependencies = false;
    let mut bare = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if in_dependencies && line.contains(" = ") && !line.starts_with('#') && !line.contains(" # ") {
            bare.push(line.to_owned());
        }
    }
    assert!(bare.is_empty(), "no reason beside:\n{}", bare.join("\n"));
}

#[test]
fn the_map_stays_small() {
    let lines = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs").lines().count();
    assert!(lines <= 80, "src/lib.rs has {lines} lines; it is a map");
}

#[test]
fn no_file_leaves_work_undone() {
    let undone = Regex::new(r"todo!\(|unimplemented!\(|#\[ignore").expect("a pattern");
    let mut found = Vec::new();
    for file in rust_files(&["src", "commands"]) {
        if undone.is_match(&code(&file)) {
            found.push(short(&file));
        }
    }
    assert!(found.is_empty(), "left unfinished: {}", found.join(", "));
}
