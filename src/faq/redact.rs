//! Credentials in pasted text, found before anything is echoed, logged or stored.
//!
//! A secret goes away whole, wherever else in the text it stands again. What is left in its place names its kind, and
//! keeps the line breaks, so that line numbers still hold.
//!
//! Never: no secret, nor a part of one, in any output of this module.

use std::{ops::Range, sync::LazyLock};

use aho_corasick::AhoCorasick;
use regex::Regex;

pub use super::credentials::{Kind, Secret};

/// Pasted text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The text, each secret replaced by `[… removed]`.
    pub text: String,
    /// What was found, in order of appearance; a secret that stands twice counts once.
    pub secrets: Vec<Secret>,
}

/// How one kind looks: the words without which it is not there, and the shape around its first group.
struct Rule {
    kind: Kind,
    needles: &'static [&'static str],
    shape: Regex,
    /// Whether what the shape caught really is a secret.
    is_secret: fn(&str) -> bool,
}

fn rule(kind: Kind, needles: &'static [&'static str], shape: &str, is_secret: fn(&str) -> bool) -> Rule {
    // cannot fail: the shapes are constants and every test of this module compiles them
    Rule { kind, needles, shape: Regex::new(shape).expect("a constant pattern"), is_secret }
}

/// A key's end and the sign before its value: `": "`, `\":\"`, `=`, `%3D`.
const IS: &str = r#"\\?["'`]?\s*(?:=>|:=|[:=]|%3D|\s)\s*\\?["'`]?"#;

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let value = |key: &str, value: &str| format!("(?i){key}{IS}({value})");
    vec![
        rule(
            Kind::PrivateKey,
            &["private key-----"],
            r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(.*?)(?:-----END|$)",
            |_| true,
        ),
        rule(Kind::DiscordWebhook, &["/webhooks/"], r"/webhooks/\d{15,21}/([\w-]{20,})", |_| true),
        rule(Kind::DiscordToken, &["mfa."], r"\b(mfa\.[\w-]{20,})", |_| true),
        rule(
            Kind::GithubToken,
            &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
            r"\b((?:gh[pousr]|github_pat)_\w{16,})",
            |_| true,
        ),
        rule(
            Kind::Bearer,
            &["bearer"],
            r"(?i)authorization\W{1,6}(?:bearer[\s:%20]+)+([\w.~+/=-]{6,})",
            |it| !is_prose(it),
        ),
        rule(Kind::Bearer, &["bearer"], r#"(?i)bearer(?:\s|%20|[:="'])+([\w.~+/=-]{8,})"#, is_random),
        rule(Kind::Basic, &["basic"], r"(?i)authorization\W{1,6}basic[\s:]+([\w+/=-]{6,})", |it| {
            !is_prose(it)
        }),
        rule(Kind::Basic, &["basic"], r"(?i)\bbasic\s+([A-Za-z0-9+/_-]{12,}={0,2})", is_random),
        rule(Kind::RefreshToken, &["refresh"], &value("refresh[_ -]?token", r"[\w.~+/=-]{8,}"), is_random),
        rule(Kind::ClientSecret, &["secret"], &value(r"client[_ -]?secret", r"[\w.~+/=-]{8,}"), is_random),
        rule(
            Kind::Cookie,
            &["sp_dc", "sp_key"],
            r#"(?i)sp_(?:dc|key)[^\w\n]{1,6}(?:is |value )?["']?([\w.~+/=%-]{6,})"#,
            |it| !is_prose(it),
        ),
        rule(Kind::Cookie, &["cookie:"], r"(?i)(?:^|[\s'\x22>])cookie:[ \t]*([^\r\n'\x22]{6,})", |it| {
            !it.starts_with('[')
        }),
        rule(Kind::OauthCode, &["code"], r"(?i)[?&]code=([\w.~%-]{12,})", is_random),
        rule(Kind::OauthCode, &["code"], &value("(?:authori[sz]ation[_ -]?)?code", r"[\w-]{40,}"), is_random),
        rule(Kind::Password, &["://"], r"(?i)[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,64}:([^\s/@]{3,})@", |_| {
            true
        }),
        rule(
            Kind::Password,
            &["passw", "passwd", "pwd", "passphrase"],
            &value(r"(?:pass(?:word|wd|phrase)?|pwd)", r#"[^\s"'`,;&<>]{4,}"#),
            is_password,
        ),
        rule(
            Kind::Password,
            &["key", "secret", "token"],
            &value(
                r"(?:api[_-]?key|apikey|secret[_-]?key|access[_-]?key|private[_-]?key|secret|token)",
                r"[\w.~+/=-]{12,}",
            ),
            is_random,
        ),
    ]
});

/// Shapes that no word announces.
static BARE: LazyLock<[(Kind, Regex); 3]> = LazyLock::new(|| {
    // cannot fail: constants, as above
    let shape = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
    [
        (
            Kind::DiscordToken,
            shape(r"(?-u:\b)[MNO][A-Za-z0-9_-]{22,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{24,}"),
        ),
        (Kind::Bearer, shape(r"(?-u:\b)eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]{10,}")),
        (Kind::Bearer, shape(r"(?-u:\b)(?:BQ|AQ)[A-Za-z0-9_-]{60,}")),
    ]
});

static NEEDLES: LazyLock<(AhoCorasick, Vec<usize>)> = LazyLock::new(|| {
    let rows: Vec<(&str, usize)> = RULES
        .iter()
        .enumerate()
        .flat_map(|(at, rule)| rule.needles.iter().map(move |needle| (*needle, at)))
        .collect();
    // cannot fail: a few dozen short constants
    let matcher = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(rows.iter().map(|row| row.0))
        .expect("few literals");
    (matcher, rows.into_iter().map(|row| row.1).collect())
});

/// Finds and removes every credential.
pub fn redact(text: &str) -> Redacted {
    let mut found: Vec<(Range<usize>, Kind)> = Vec::new();
    let (matcher, owners) = &*NEEDLES;
    // By rule, how far its needles have been looked around already.
    let mut looked = vec![0; RULES.len()];
    for needle in matcher.find_overlapping_iter(text) {
        let at = owners[needle.pattern().as_usize()];
        if needle.start() < looked[at] {
            continue;
        }
        let rule = &RULES[at];
        let window = around(text, needle.range(), rule.kind);
        looked[at] = line_end(text, needle.end());
        for caught in rule.shape.captures_iter(&text[window.clone()]).filter_map(|caught| caught.get(1)) {
            if (rule.is_secret)(caught.as_str()) {
                found.push((window.start + caught.start()..window.start + caught.end(), rule.kind));
            }
        }
    }
    for (kind, shape) in &*BARE {
        found.extend(shape.find_iter(text).map(|caught| (caught.range(), *kind)));
    }
    found.extend(client_pairs(text));
    remove(text, found)
}

/// The lines in which a rule looks around its needle: the needle's own and the next; a key runs to the end.
fn around(text: &str, needle: Range<usize>, kind: Kind) -> Range<usize> {
    let start = text[..needle.start].rfind('\n').map_or(0, |at| at + 1);
    if kind == Kind::PrivateKey {
        return start..text.len();
    }
    start..line_end(text, line_end(text, needle.end))
}

/// Where the line that holds this place ends, its line break included.
fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |at| from + at + 1)
}

/// An unnamed 32-digit hex word beside a client id is the client's secret: that is how Spotify's come.
fn client_pairs(text: &str) -> Vec<(Range<usize>, Kind)> {
    static HEX: LazyLock<Regex> = LazyLock::new(|| {
        // cannot fail: a constant
        Regex::new(r"(?-u:\b)[0-9a-f]{32}(?-u:\b)").expect("a constant pattern")
    });
    let hexes: Vec<Range<usize>> = HEX.find_iter(text).map(|hex| hex.range()).collect();
    let label = |hex: &Range<usize>| {
        let start = text[..hex.start].rfind(['\n', ',', '&', ';', '(']).map_or(0, |at| at + 1);
        text[start..hex.start].to_lowercase()
    };
    let is_id = |label: &str| label.contains("client") && label.contains("id") && !label.contains("secret");
    let is_other = |label: &str| {
        [
            "trace", "span", "request", "hash", "md5", "etag", "session", "user", "uuid", "commit", "digest",
            "cluster",
        ]
        .iter()
        .any(|word| label.contains(word))
    };
    let mut found = Vec::new();
    for (at, hex) in hexes.iter().enumerate() {
        let beside = |other: &Range<usize>| {
            let (from, to) = (hex.start.min(other.start), hex.end.max(other.end));
            to - from <= 400 && text[from..to].matches('\n').count() <= 2
        };
        let own = label(hex);
        let id_near =
            hexes.iter().enumerate().any(|(nth, other)| nth != at && beside(other) && is_id(&label(other)));
        let credentials = at > 0 && beside(&hexes[at - 1]) && {
            let start = text[..hexes[at - 1].start].rfind('\n').map_or(0, |at| at + 1);
            text[start..hexes[at - 1].start].to_lowercase().contains("client")
        };
        if !is_id(&own) && !is_other(&own) && (id_near || credentials) {
            found.push((hex.clone(), Kind::ClientSecret));
        }
    }
    found
}

/// A word of prose or a placeholder where a secret could stand: "Bearer authentication", `Bearer undefined`.
fn is_prose(it: &str) -> bool {
    const PLACEHOLDERS: [&str; 20] = [
        "undefined",
        "null",
        "none",
        "true",
        "false",
        "token",
        "access_token",
        "authentication",
        "required",
        "invalid",
        "expired",
        "missing",
        "incorrect",
        "wrong",
        "string",
        "[object",
        "your_token",
        "revoked",
        "removed",
        "redacted",
    ];
    let it = it.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    it.is_empty()
        || PLACEHOLDERS.contains(&it.as_str())
        || it.chars().all(|c| matches!(c, 'x' | '*' | '.' | '-'))
}

/// Random enough for a token: a digit, or capitals in the middle, or longer than any word.
fn is_random(it: &str) -> bool {
    let digit = it.bytes().any(|byte| byte.is_ascii_digit());
    let capital = it.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && it.bytes().any(|byte| byte.is_ascii_lowercase());
    !is_prose(it) && (digit || (capital && it.len() >= 16) || it.len() >= 32) && !it.starts_with("http")
}

/// A password may be any word but the ones that errors say about passwords.
fn is_password(it: &str) -> bool {
    let code = it.starts_with(['$', '<', '{', '[', '%', '('])
        || it.contains("process.env")
        || it.contains("os.environ");
    !is_prose(it) && !code
}

/// Takes the found places out, and every other place where the same secret stands.
fn remove(text: &str, found: Vec<(Range<usize>, Kind)>) -> Redacted {
    let mut places: Vec<(Range<usize>, Kind)> =
        found.into_iter().map(|(range, kind)| (whole(text, range, kind), kind)).collect();
    let mut known: Vec<(&str, Kind)> = places
        .iter()
        .map(|(range, kind)| (text[range.clone()].trim(), *kind))
        .filter(|(secret, _)| secret.len() >= 6)
        .collect();
    known.sort_unstable();
    known.dedup_by_key(|(secret, _)| *secret);
    // It fails only past 2^31 states; the places themselves are taken out all the same.
    if let Ok(again) = AhoCorasick::new(known.iter().map(|(secret, _)| *secret)) {
        let others =
            again.find_overlapping_iter(text).map(|hit| (hit.range(), known[hit.pattern().as_usize()].1));
        places.extend(others);
    }
    places.sort_by_key(|(range, kind)| (range.start, *kind));
    let mut merged: Vec<(Range<usize>, Kind)> = Vec::new();
    for (range, kind) in places {
        match merged.last_mut() {
            Some((last, _)) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push((range, kind)),
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut seen: Vec<&str> = Vec::new();
    let mut secrets = Vec::new();
    let mut end = 0;
    for (range, kind) in merged {
        let secret = &text[range.clone()];
        out.push_str(&text[end..range.start]);
        out.push('[');
        out.push_str(kind.name());
        out.push_str(" removed]");
        out.extend(secret.matches('\n'));
        if !seen.contains(&secret) {
            seen.push(secret);
            secrets.push(Secret { kind });
        }
        end = range.end;
    }
    out.push_str(&text[end..]);
    Redacted { text: out, secrets }
}

/// The whole of a secret of which a shape has caught a part: on to the end of its word, and over a line break that a
/// terminal has put into it.
fn whole(text: &str, range: Range<usize>, kind: Kind) -> Range<usize> {
    if kind == Kind::PrivateKey {
        return range;
    }
    let ends = |c: char| c.is_whitespace() || "\"'`,;&<>(){}[]|\\".contains(c);
    let rest = |from: usize| text[from..].find(ends).map_or(text.len(), |at| from + at);
    let mut end = if kind == Kind::Cookie { range.end } else { rest(range.end) };
    while let Some(broken) = text[end..].strip_prefix('\n').or_else(|| text[end..].strip_prefix("\r\n")) {
        let from = text.len() - broken.len();
        let line = broken.lines().next().unwrap_or_default();
        let part = &text[from..rest(from)];
        let blob = part.len() >= 12
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && part.bytes().any(|byte| byte.is_ascii_uppercase());
        let alone = line.trim_end_matches(['"', '\'', ',', ';', ')', '`']).len() == part.len();
        if !(blob
            && alone
            && end - range.start >= 40
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=.~".contains(&byte)))
        {
            break;
        }
        end = from + part.len();
    }
    range.start..end
}
