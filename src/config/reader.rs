//! Reads keys one by one, and collects every problem.

mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use toml::Value;

use super::Rate;
use super::keys::{KEYS, RENAMED, SECRETS, TABLES, variable};
use crate::files;
use crate::proxy::Proxy;
use crate::secret::Secret;

/// One thing that is wrong, its location, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, a variable or a flag.
    pub origin: String,
    /// The key; empty for the file as a whole.
    pub key: String,
    /// What is wrong and what to do.
    pub what: String,
}

impl Problem {
    pub(super) fn of_file(path: &Path, what: &str) -> Self {
        Self { origin: path.display().to_string(), key: String::new(), what: what.to_owned() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}: {}", self.origin, self.what)
        } else {
            write!(f, "{}: {}: {}", self.origin, self.key, self.what)
        }
    }
}

/// A value and where it came from.
struct Given {
    value: Value,
    origin: String,
}

/// Every value as it was given, or its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    values: BTreeMap<&'static str, String>,
    secrets: BTreeMap<&'static str, Secret>,
}

impl Written {
    /// Returns the keys whose values differ from `before`.
    pub(super) fn differs_from(&self, before: &Self) -> BTreeSet<&'static str> {
        let differ = |of: &Self, other: &Self| -> Vec<&'static str> {
            let values = of.values.iter().filter(|(key, value)| other.values.get(*key) != Some(value));
            let secrets = of.secrets.iter().filter(|(key, secret)| other.secrets.get(*key) != Some(secret));
            values.map(|(key, _)| *key).chain(secrets.map(|(key, _)| *key)).collect()
        };
        differ(self, before).into_iter().chain(differ(before, self)).collect()
    }
}

pub(super) struct ConfigReader {
    file: String,
    given: BTreeMap<String, Given>,
    lists: BTreeMap<String, Vec<Value>>,
    token: Option<String>,
    asked: BTreeSet<String>,
    written: Written,
    problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
    /// An environment variable that sets a proxy for other programs.
    proxy_variable: Option<String>,
}

/// The largest file that a key may name: all of the web's certificate authorities have 230 KiB.
const MOST_OF_A_FILE: u64 = 1 << 20;

/// The longest word of a value that is shown: the shortest tokens have 24 characters. A Discord id has 20 digits at most.
const LONGEST_WORD: usize = 23;

/// Returns whether a value is surely no secret: it has short words, and no user of an address.
fn is_plain(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || "_-+=".contains(c);
    let words = || text.split(|c| !word(c));
    text.len() <= 100 && !text.contains('@') && words().all(|word| word.len() <= LONGEST_WORD)
}

/// Returns a refused value in quotes, unless it may be a secret.
fn shown(text: &str) -> String {
    if is_plain(text) {
        format!("\"{text}\"")
    } else {
        "a value that may be a secret and is not shown".to_owned()
    }
}

/// Returns a library's message, with "…" instead of what may be a secret.
pub(super) fn without_secrets(message: &str) -> String {
    let message = message.trim().replace('\n', "; ");
    let words = message.split(' ').map(|word| if is_plain(word) { word } else { "…" });
    words.collect::<Vec<_>>().join(" ")
}

impl ConfigReader {
    pub(super) fn new(file: &str, text: &str, environment: &[(String, String)], set: &[String]) -> Self {
        let mut reader = Self {
            file: file.to_owned(),
            given: BTreeMap::new(),
            lists: BTreeMap::new(),
            token: None,
            asked: BTreeSet::new(),
            written: Written::default(),
            problems: Vec::new(),
            warnings: Vec::new(),
            proxy_variable: None,
        };
        match toml::from_str::<toml::Table>(text) {
            Ok(table) => reader.take_table("", table),
            Err(e) => {
                let line = e
                    .span()
                    .map_or(1, |s| 1 + text.as_bytes()[..s.start].iter().filter(|b| **b == b'\n').count());
                reader.problems.push(Problem {
                    origin: format!("{file}: line {line}"),
                    key: String::new(),
                    what: without_secrets(e.message()),
                });
            }
        }
        reader.take_environment(environment);
        for pair in set {
            match pair.split_once('=') {
                Some((key, value)) => {
                    reader.take(key.trim(), Value::String(value.trim().to_owned()), "--set");
                }
                // The argument is not shown: it may be the token.
                None => reader.problem_at("--set", "", "one of them is not KEY=VALUE"),
            }
        }
        reader
    }

    fn take_table(&mut self, prefix: &str, table: toml::Table) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            match value {
                Value::Array(list) if TABLES.iter().any(|table| table.name == key) => {
                    self.lists.insert(key, list);
                }
                Value::Table(inner) => self.take_table(&key, inner),
                value => {
                    let origin = self.file.clone();
                    self.take(&key, value, &origin);
                }
            }
        }
    }

    fn take_environment(&mut self, environment: &[(String, String)]) {
        for (name, value) in environment {
            if name == "DISCORD_TOKEN" && !value.trim().is_empty() {
                self.token = Some(value.clone());
                continue;
            }
            if name == "PGPASSWORD" && !value.is_empty() {
                // PGPASSWORD, as for every PostgreSQL program; our own variable wins.
                let value = Value::String(value.clone());
                let given = Given { value, origin: name.clone() };
                self.given.entry("store_password".to_owned()).or_insert(given);
                continue;
            }
            let others = ["https_proxy", "http_proxy", "all_proxy"];
            if others.iter().any(|other| name.eq_ignore_ascii_case(other)) && !value.is_empty() {
                self.proxy_variable = Some(name.clone());
            }
            if !name.starts_with("HEALTHY_UPSTREAM_") {
                continue;
            }
            let known = KEYS.iter().map(|k| k.name).chain(SECRETS.iter().copied());
            if let Some(key) = known.clone().find(|key| variable(key) == *name) {
                let value = Value::String(value.clone());
                self.given.insert(key.to_owned(), Given { value, origin: name.clone() });
            } else if let Some((_, new)) = RENAMED.iter().find(|(old, _)| variable(old) == *name) {
                self.problem_at("environment", name, &format!("is now called {}", variable(new)));
            } else {
                let variables: Vec<String> = known.map(variable).collect();
                let near = nearest(name, variables.iter().map(String::as_str));
                self.problem_at("environment", name, &format!("is not known{near}"));
            }
        }
    }

    fn take(&mut self, key: &str, value: Value, origin: &str) {
        if SECRETS.contains(&key) {
            let what = format!("is a secret: give {} or {key}_file instead", variable(key));
            self.problem_at(origin, key, &what);
        } else if KEYS.iter().any(|k| k.name == key) {
            self.given.insert(key.to_owned(), Given { value, origin: origin.to_owned() });
        } else if let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == key) {
            self.problem_at(origin, key, &format!("is now called {new}"));
        } else {
            let near = nearest(key, KEYS.iter().map(|k| k.name));
            let key = if is_plain(key) { key } else { "a key" };
            self.problem_at(origin, key, &format!("is not known{near}"));
        }
    }

    fn problem_at(&mut self, origin: &str, key: &str, what: &str) {
        self.problems.push(Problem { origin: origin.to_owned(), key: key.to_owned(), what: what.to_owned() });
    }

    pub(super) fn problem(&mut self, key: &str, what: &str) {
        let origin = self.given.get(key).map_or_else(|| self.file.clone(), |g| g.origin.clone());
        self.problem_at(&origin, key, what);
    }

    /// Returns the value as text: what was given, else the default.
    fn value(&mut self, key: &str) -> Option<Value> {
        self.asked.insert(key.to_owned());
        if let Some(given) = self.given.get(key) {
            return Some(given.value.clone());
        }
        let default = KEYS.iter().find(|k| k.name == key).map_or("", |k| k.default);
        let table: toml::Table = toml::from_str(&format!("v = {default}")).ok()?;
        table.get("v").cloned()
    }

    fn words(&mut self, key: &str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text),
            Value::Integer(number) => Some(number.to_string()),
            Value::Boolean(flag) => Some(flag.to_string()),
            other => {
                self.problem(key, &format!("is {}, but text is wanted", other.type_str()));
                None
            }
        }
    }

    pub(super) fn text(&mut self, key: &str) -> String {
        self.words(key).unwrap_or_default().trim().to_owned()
    }

    /// Reads what stands in a header: printable ASCII.
    pub(super) fn contact(&mut self, key: &str) -> Option<String> {
        let contact = self.text(key);
        if !contact.chars().all(|c| c.is_ascii_graphic()) || contact.contains(['(', ')']) {
            self.problem(key, "is no address or mailbox: write https://… or mailto:…");
            return None;
        }
        Some(contact).filter(|contact| !contact.is_empty())
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        self.one_of(key, &["true", "false"]) == "true"
    }

    pub(super) fn one_of(&mut self, key: &str, allowed: &[&str]) -> String {
        let text = self.text(key);
        if !allowed.contains(&text.as_str()) {
            self.problem(
                key,
                &format!("is {}; one of these is wanted: {}", shown(&text), allowed.join(", ")),
            );
        }
        text
    }

    pub(super) fn count(&mut self, key: &str, least: u32, most: u32) -> u32 {
        let text = self.text(key);
        match text.parse::<u32>() {
            Ok(count) if (least..=most).contains(&count) => count,
            _ => {
                self.problem(
                    key,
                    &format!("is {}; a whole number from {least} to {most} is wanted", shown(&text)),
                );
                least
            }
        }
    }

    pub(super) fn id(&mut self, key: &str) -> Option<u64> {
        let text = self.text(key);
        if text.is_empty() {
            return None;
        }
        let id = text.parse::<u64>().ok().filter(|id| *id > 0);
        if id.is_none() {
            self.problem(
                key,
                &format!(
                    "is {}; a Discord id is wanted (Developer Mode, right click, Copy ID)",
                    shown(&text)
                ),
            );
        }
        id
    }

    pub(super) fn duration(
        &mut self,
        key: &str,
        least: SignedDuration,
        most: SignedDuration,
    ) -> SignedDuration {
        let text = self.text(key);
        match text.parse::<SignedDuration>() {
            Ok(span) if span >= least && span <= most => span,
            _ => {
                let wanted =
                    format!("a duration from {least:#} to {most:#} is wanted, such as \"30s\" or \"5m\"");
                self.problem(key, &format!("is {}; {wanted}", shown(&text)));
                least
            }
        }
    }

    pub(super) fn rate(&mut self, key: &str) -> Rate {
        let text = self.text(key);
        let rate = text.split_once(" in ").and_then(|(count, within)| {
            let count = count.trim().parse::<u32>().ok().filter(|c| *c > 0)?;
            let within = within.trim().parse::<SignedDuration>().ok().filter(SignedDuration::is_positive)?;
            Some(Rate { count, within })
        });
        rate.unwrap_or_else(|| {
            self.problem(
                key,
                &format!("is {}; a number in a time is wanted, such as \"5 in 10s\"", shown(&text)),
            );
            Rate { count: 1, within: SignedDuration::from_secs(1) }
        })
    }

    pub(super) fn address(&mut self, key: &str) -> Option<SocketAddr> {
        let text = self.text(key);
        if text.is_empty() {
            return None;
        }
        let address = text.parse().ok();
        if address.is_none() {
            self.problem(
                key,
                &format!("is {}; an address with a port is wanted, such as \"127.0.0.1:9464\"", shown(&text)),
            );
        }
        address
    }

    /// The proxy of outgoing requests. A proxy from the environment is not used, and a warning says so.
    pub(super) fn proxy(&mut self) -> Proxy {
        let address = self.text("proxy");
        if let (true, Some(name)) = (address.is_empty(), &self.proxy_variable) {
            self.warnings
                .push(format!("{name} is not used; to use a proxy, set proxy = \"http://HOST:PORT\""));
        }
        Proxy::read(&address).unwrap_or_else(|why| {
            self.problem("proxy", &format!("{why}; http://HOST:PORT is wanted"));
            Proxy::default()
        })
    }

    /// Returns an address of HTTPS, or of HTTP on this machine only.
    pub(super) fn base_url(&mut self, key: &str) -> String {
        let text = self.text(key).trim_end_matches('/').to_owned();
        let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
        let loopback = |host: &str| {
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
            matches!(name, "localhost" | "[::1]") || name.starts_with("127.")
        };
        let fine = match text.split_once("://") {
            // A user in an address is a secret, and it would be shown with the address.
            Some((_, rest)) if host(rest).contains('@') => false,
            Some(("https", rest)) => !host(rest).is_empty(),
            Some(("http", rest)) => loopback(&host(rest)),
            _ => false,
        };
        if !fine {
            self.problem(
                key,
                &format!("is {}; https://… is wanted (http://… for loopback only)", shown(&text)),
            );
        }
        text
    }

    /// Returns the text of the file that a key names; empty if none is named.
    pub(super) fn file(&mut self, key: &str) -> String {
        let path = self.text(key);
        if path.is_empty() {
            return path;
        }
        files::read_text(Path::new(&path), MOST_OF_A_FILE).unwrap_or_else(|why| {
            self.problem(key, &format!("{} {why}", shown(&path)));
            String::new()
        })
    }

    /// Returns where data is stored. A password is refused here, because it would be shown with the address.
    pub(super) fn store(&mut self) -> String {
        let address = self.text("store");
        let (before, query) = address.split_once('?').unwrap_or((&address, ""));
        let user = before.rsplit_once('@').map_or("", |(user, _)| user);
        let user = user.split_once("://").map_or(user, |(_, user)| user);
        if user.contains(':') || query.split('&').any(|pair| pair.starts_with("password=")) {
            self.problem(
                "store",
                "holds a password: leave it out, and give PGPASSWORD, HEALTHY_UPSTREAM_STORE_PASSWORD or store_password_file",
            );
            return String::new();
        }
        address
    }

    /// The tables of a list, such as `[[source]]`.
    pub(super) fn list<T: DeserializeOwned>(&mut self, name: &'static str) -> Vec<T> {
        let tables = self.lists.remove(name).unwrap_or_default();
        self.written.values.insert(name, Value::Array(tables.clone()).to_string());
        let mut read = Vec::with_capacity(tables.len());
        for (i, table) in tables.into_iter().enumerate() {
            match table.try_into::<T>() {
                Ok(one) => read.push(one),
                Err(e) => {
                    let what = without_secrets(e.message());
                    let file = self.file.clone();
                    self.problem_at(&file, &format!("{name}[{}]", i + 1), &what);
                }
            }
        }
        read
    }

    /// Returns every value as it was given, to compare it after a reload.
    pub(super) fn written(&mut self) -> Written {
        for key in KEYS {
            let value = self.value(key.name).map(|value| match value {
                Value::String(text) => text,
                other => other.to_string(),
            });
            self.written.values.insert(key.name, value.unwrap_or_default());
        }
        std::mem::take(&mut self.written)
    }

    /// Returns all problems, in the order of the keys.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        debug_assert!(
            KEYS.iter().all(|k| self.asked.contains(k.name)),
            "keys that nothing reads: {:?}",
            KEYS.iter().map(|k| k.name).filter(|k| !self.asked.contains(*k)).collect::<Vec<_>>()
        );
        let place = |key: &str| KEYS.iter().position(|k| k.name == key).unwrap_or(KEYS.len());
        self.problems.sort_by_key(|p| place(&p.key));
        self.problems
    }
}

/// Returns "; did you mean `…`?" if a known name is near.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known
        .map(|known| (strsim::normalized_damerau_levenshtein(name, known), known))
        .filter(|(near, _)| *near > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    near.map_or_else(String::new, |(_, known)| format!("; did you mean {known}?"))
}
