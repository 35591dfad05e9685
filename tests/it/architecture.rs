//! Which module may use which modules and crates, as data, checked against the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// A module of the crate: the modules of ours that it may use, and the outside crates that belong to it.
struct Module {
    name: &'static str,
    files: &'static [&'static str],
    ours: &'static [&'static str],
    outside: &'static [&'static str],
}

const EVERYTHING: &[&str] = &["*"];

/// All modules. A source file outside of them fails a test.
const MODULES: &[Module] = &[
    Module { name: "health", files: &["src/health"], ours: &[], outside: &["serde", "jiff"] },
    Module {
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
            "thiserror",
        ],
    },
    Module {
        name: "alerts",
        files: &["src/alerts"],
        ours: &["ids", "health"],
        outside: &["serde", "jiff", "blake3", "data_encoding", "thiserror"],
    },
    Module {
        name: "i18n",
        files: &["src/i18n"],
        ours: &[],
        outside: &["fluent_bundle", "intl_memoizer", "unic_langid"],
    },
    Module {
        name: "charts",
        files: &["src/charts"],
        ours: &["health", "i18n"],
        outside: &["jiff", "serde", "tiny_skia", "ab_glyph", "notosans", "png"],
    },
    Module {
        name: "chat",
        files: &["src/chat"],
        ours: &["health", "faq", "alerts", "ids", "i18n", "charts"],
        outside: &["serde", "jiff", "unicode_segmentation"],
    },
    Module {
        name: "commands",
        files: &["commands"],
        ours: &["health", "faq", "chat", "alerts", "ids", "i18n"],
        outside: &["jiff", "thiserror"],
    },
    Module { name: "ids", files: &["src/ids.rs"], ours: &[], outside: &["serde", "blake3"] },
    Module { name: "secret", files: &["src/secret.rs"], ours: &[], outside: &[] },
    Module { name: "proxy", files: &["src/proxy.rs"], ours: &[], outside: &["reqwest"] },
    Module { name: "files", files: &["src/files.rs"], ours: &[], outside: &[] },
    Module { name: "clock", files: &["src/clock.rs"], ours: &[], outside: &["tokio", "jiff"] },
    Module {
        name: "listener",
        files: &["src/listener.rs"],
        ours: &["clock"],
        outside: &["axum", "hyper", "hyper_util", "tokio", "jiff", "tracing"],
    },
    Module {
        name: "throttle",
        files: &["src/throttle.rs", "src/throttle"],
        ours: &["clock"],
        outside: &["governor", "tokio", "jiff", "serde", "thiserror"],
    },
    Module {
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
            "rustls",
            "hyper",
        ],
    },
    Module {
        name: "store",
        files: &["src/store"],
        ours: &["health", "alerts", "ids", "files"],
        outside: &[
            "sled",
            "bytes",
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
    Module {
        name: "discord",
        files: &["src/discord"],
        ours: &[
            "chat", "commands", "clock", "cluster", "listener", "proxy", "throttle", "alerts", "ids", "i18n",
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
            "regex",
            "strsim",
            "data_encoding",
            "blake3",
            "futures_util",
        ],
    },
    Module {
        name: "cluster",
        files: &["src/cluster"],
        ours: &["clock", "store", "throttle"],
        outside: &["tokio", "jiff", "tracing", "getrandom", "async_trait", "serde_json", "thiserror"],
    },
    Module {
        name: "watcher",
        files: &["src/watcher.rs", "src/watcher"],
        ours: &["health", "probe", "store", "clock", "alerts", "cluster", "metrics", "throttle"],
        outside: &["tokio", "jiff", "tracing", "serde_json"],
    },
    Module {
        name: "notifier",
        files: &["src/notifier/mod.rs", "src/notifier"],
        ours: &["health", "alerts", "ids", "chat", "i18n", "store", "discord", "clock", "cluster", "metrics"],
        outside: &["tokio", "jiff", "tracing", "blake3", "thiserror", "serde", "serde_json"],
    },
    Module {
        name: "interactions",
        files: &["src/interactions"],
        ours: &[
            "alerts", "charts", "chat", "clock", "commands", "config", "discord", "faq", "health", "i18n",
            "ids", "metrics", "store", "throttle",
        ],
        outside: &["jiff", "serde_json", "tokio", "tracing"],
    },
    Module {
        name: "metrics",
        files: &["src/metrics.rs"],
        ours: &[],
        outside: &["prometheus_client", "jiff"],
    },
    // The plan was that `config` uses no other module. It uses the policy of `health`, the sources of `probe` and the
    // languages of `i18n` so that these types exist only once.
    Module {
        name: "config",
        files: &["src/config.rs", "src/config"],
        ours: &["health", "probe", "i18n", "secret", "files", "proxy"],
        outside: &["serde", "toml", "jiff", "strsim"],
    },
    Module { name: "app", files: &["src/app.rs", "src/app"], ours: EVERYTHING, outside: EVERYTHING },
    Module { name: "cli", files: &["src/cli"], ours: EVERYTHING, outside: EVERYTHING },
    Module { name: "operator", files: &["src/operator"], ours: EVERYTHING, outside: EVERYTHING },
    Module { name: "demo", files: &["src/demo.rs", "src/demo"], ours: EVERYTHING, outside: EVERYTHING },
];

/// The only folders whose files open a connection to Discord.
const OPEN_DISCORD: &[&str] = &["src/discord/gateway", "src/discord/http_interactions", "src/discord/rest"];

/// Modules without async code, clock, socket and disk.
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

/// Returns the code without comments and without the unit tests at its end, which may use more.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", short(path)));
    let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn captures(pattern: &str, text: &str) -> BTreeSet<String> {
    let regex = Regex::new(pattern).expect("a pattern");
    regex.captures_iter(text).map(|c| c[1].to_owned()).collect()
}

/// Returns the modules of ours that a text uses: `crate::name` and each name of `use crate::{…}`.
fn ours_used(text: &str) -> BTreeSet<String> {
    let mut used = captures(r"\bcrate::([a-z0-9_]+)", text);
    for group in captures(r"(?s)\bcrate::\{(.*?)\};", text) {
        used.extend(captures(r"(?:^|[,{\s])([a-z0-9_]+)(?:::|,|$)", &group));
    }
    used
}

#[test]
fn every_module_uses_only_the_modules_it_may() {
    let modules: BTreeSet<&str> = MODULES.iter().map(|p| p.name).collect();
    let mut violations = Vec::new();
    for module in MODULES {
        if module.ours == EVERYTHING {
            continue;
        }
        for file in rust_files(module.files) {
            for used in ours_used(&code(&file)) {
                if modules.contains(used.as_str())
                    && used != module.name
                    && !module.ours.contains(&used.as_str())
                {
                    violations.push(format!(
                        "{} uses crate::{used}, which {} may not use",
                        short(&file),
                        module.name
                    ));
                }
            }
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn every_module_uses_all_the_modules_it_may() {
    let mut unused = Vec::new();
    for module in MODULES.iter().filter(|module| module.ours != EVERYTHING) {
        let files = rust_files(module.files);
        let used: BTreeSet<String> = files.iter().flat_map(|file| ours_used(&code(file))).collect();
        let grants = module.ours.iter().filter(|ours| !used.contains(**ours));
        unused.extend(grants.map(|ours| format!("{} may use {ours}, and does not", module.name)));
    }
    assert!(unused.is_empty(), "{}", unused.join("\n"));
}

#[test]
fn every_module_uses_all_its_listed_crates() {
    let mut unused = Vec::new();
    for module in MODULES.iter().filter(|module| module.outside != EVERYTHING) {
        let texts: Vec<String> = rust_files(module.files).iter().map(|file| code(file)).collect();
        for name in module.outside {
            let used = Regex::new(&format!(r"(?:^|[^a-zA-Z0-9_]){name}(?:::|!|;)")).expect("a pattern");
            if !texts.iter().any(|text| text.contains(name) && used.is_match(text)) {
                unused.push(format!("{} lists {name}, and does not use it", module.name));
            }
        }
    }
    assert!(unused.is_empty(), "{}", unused.join("\n"));
}

#[test]
fn every_module_uses_only_its_listed_crates() {
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
    let mut violations = Vec::new();
    for module in MODULES.iter().filter(|module| module.outside != EVERYTHING) {
        for file in rust_files(module.files) {
            let text = code(&file);
            for (name, used) in &uses {
                // The plain search is for speed: most names do not occur.
                if text.contains(name.as_str())
                    && used.is_match(&text)
                    && !module.outside.contains(&name.as_str())
                {
                    violations.push(format!(
                        "{} uses {name}, which is not listed for {}",
                        short(&file),
                        module.name
                    ));
                }
            }
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn pure_modules_do_no_io_and_read_no_clock() {
    let impure = Regex::new(
        r"\basync fn|\.await\b|\bstd::(net|fs|thread|process|env|io)\b|Timestamp::now|Instant::now",
    )
    .expect("a pattern");
    let mut found = Vec::new();
    for module in MODULES.iter().filter(|p| PURE.contains(&p.name)) {
        for file in rust_files(module.files) {
            for hit in impure.find_iter(&code(&file)) {
                found.push(format!("{}: {}", short(&file), hit.as_str()));
            }
        }
    }
    assert!(found.is_empty(), "pure modules do no I/O and read no clock:\n{}", found.join("\n"));
}

#[test]
fn only_three_folders_open_connections_to_discord() {
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
fn every_source_file_belongs_to_a_listed_module() {
    let known: BTreeSet<PathBuf> = MODULES.iter().flat_map(|p| rust_files(p.files)).collect();
    let outside: Vec<String> = rust_files(&["src", "commands"])
        .iter()
        .filter(|f| !known.contains(*f))
        .map(|f| short(f))
        .filter(|f| !matches!(f.as_str(), "src/main.rs" | "src/lib.rs"))
        .collect();
    assert!(outside.is_empty(), "in no listed module: {}", outside.join(", "));
}

#[test]
fn every_dependency_has_a_comment_with_its_reason() {
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
    assert!(bare.is_empty(), "dependencies without a comment that gives their reason:\n{}", bare.join("\n"));
}

#[test]
fn crate_root_stays_under_eighty_lines() {
    let lines = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs").lines().count();
    assert!(lines <= 80, "src/lib.rs has {lines} lines, at most 80");
}

#[test]
fn no_file_has_todos_or_ignored_tests() {
    let undone = Regex::new(r"todo!\(|unimplemented!\(|#\[ignore").expect("a pattern");
    let mut found = Vec::new();
    for file in rust_files(&["src", "commands"]) {
        if undone.is_match(&code(&file)) {
            found.push(short(&file));
        }
    }
    assert!(found.is_empty(), "unfinished: {}", found.join(", "));
}
