//! How credentials look: the words that announce them, the shapes around them, and what only looks like one.
//!
//! Never: no text is changed here; [`redact`](super::redact) takes out what these find.

use std::{
    ops::Range,
    sync::{LazyLock, OnceLock},
};

use aho_corasick::AhoCorasick;
use regex::bytes::{Regex, RegexBuilder};

use super::credentials::Kind;

/// How one kind looks: the words without which it is not there, and the shape around its first group.
pub(super) struct Rule {
    pub(super) kind: Kind,
    needles: &'static [&'static str],
    pub(super) shape: Shape,
    /// Whether what the shape caught really is a secret.
    pub(super) is_secret: fn(&str) -> bool,
}

fn rule(kind: Kind, needles: &'static [&'static str], shape: &str, is_secret: fn(&str) -> bool) -> Rule {
    Rule { kind, needles, shape: Shape::new(shape), is_secret }
}

/// A regular expression over bytes, made ready when it is first needed: most never are.
pub(super) struct Shape {
    pattern: String,
    ready: OnceLock<Regex>,
}

impl Shape {
    fn new(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), ready: OnceLock::new() }
    }

    /// Where in a part of a text the shape is, or its first group if it has one.
    pub(super) fn places(&self, text: &str, window: Range<usize>) -> Vec<Range<usize>> {
        let regex = self.ready.get_or_init(|| {
            let made = RegexBuilder::new(&self.pattern).unicode(false).dfa_size_limit(TABLE).build();
            // cannot fail: the shapes are constants and a test makes every one ready
            made.expect("a constant pattern")
        });
        let part = text.get(window.clone()).unwrap_or_default().as_bytes();
        let caught = regex.captures_iter(part).filter_map(|caught| caught.get(1).or_else(|| caught.get(0)));
        caught.map(|it| on_characters(text, window.start + it.start()..window.start + it.end())).collect()
    }
}

/// What the table of a shape may take that grows while it reads, in bytes: the largest of ours takes a third.
const TABLE: usize = 1 << 18;

/// The characters that these bytes touch.
pub(super) fn on_characters(text: &str, bytes: Range<usize>) -> Range<usize> {
    let start = (0..=bytes.start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let end = (bytes.end..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    start..end
}

/// A key's end and the sign before its value: `": "`, `\":\"`, `=`, `%3D`. The two bytes are a space that does not break.
const IS: &str = r#"\\?["'`]?(?:\s|\xC2\xA0)*(?:=>|:=|[:=]|%3D|\s|\xC2\xA0)(?:\s|\xC2\xA0)*\\?["'`]?"#;

pub(super) static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
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
            // A space is sign enough after `pwd` as a word alone: chance puts it at the end of an id now and then.
            &value(r"(?:pass(?:word|wd|phrase)?|(?:^|[^a-z0-9])pwd)", r#"[^\s"'`,;&<>]{4,}"#),
            is_password,
        ),
        rule(
            Kind::Password,
            &["pwd"],
            r#"(?i)pwd\\?["'`]?\s*(?:=>|:=|[:=]|%3D)\s*\\?["'`]?([^\s"'`,;&<>]{4,})"#,
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

/// Shapes that no word announces: each with the fewest bytes it takes.
pub(super) static BARE: LazyLock<[(Kind, usize, Shape); 3]> = LazyLock::new(|| {
    [
        (
            Kind::DiscordToken,
            55,
            Shape::new(r"\b[MNO][A-Za-z0-9_-]{22,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{24,}"),
        ),
        (Kind::Bearer, 24, Shape::new(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]{10,}")),
        (Kind::Bearer, 62, Shape::new(r"\b(?:BQ|AQ)[A-Za-z0-9_-]{60,}")),
    ]
});

/// A client id or secret of Spotify's: so many hex digits.
pub(super) const HEX: usize = 32;

/// The word without which no client's pair of id and secret is looked for.
pub(super) const CLIENT: &str = "client";

pub(super) static NEEDLES: LazyLock<(AhoCorasick, Vec<usize>)> = LazyLock::new(|| {
    let rows: Vec<(&str, usize)> = RULES
        .iter()
        .enumerate()
        .flat_map(|(at, rule)| rule.needles.iter().map(move |needle| (*needle, at)))
        .chain([(CLIENT, RULES.len())])
        .collect();
    // cannot fail: a few dozen short constants
    let matcher = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(rows.iter().map(|row| row.0))
        .expect("few literals");
    (matcher, rows.into_iter().map(|row| row.1).collect())
});

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

#[cfg(test)]
mod tests {
    use super::{BARE, RULES};

    #[test]
    fn every_shape_can_be_made_ready() {
        for shape in RULES.iter().map(|rule| &rule.shape).chain(BARE.iter().map(|bare| &bare.2)) {
            assert!(shape.places("nothing – here", 0..16).is_empty());
        }
    }

    #[test]
    fn a_value_may_be_set_off_by_a_space_that_does_not_break() {
        let clean = crate::faq::redact::redact("client_secret\u{a0}=\u{a0}5fe01282e44241328a84e7c5cc169165");
        assert_eq!(clean.text, "client_secret\u{a0}=\u{a0}[client secret removed]");
    }
}
