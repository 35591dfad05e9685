//! Secrets found by their context: after a word that announces them, in an address, a header, a command or a pair.
//!
//! All needles are found in one pass. Each match is decided on at most [`EXAMINED`] bytes, and what is taken is read once.

use std::{collections::HashSet, ops::Range, sync::LazyLock};

use aho_corasick::AhoCorasick;

use super::makers::{INNER, Inner, MAKERS, Maker, TokenPattern};
use super::runs::{Runs, Set};
use super::words::{is_dense, is_mixed, is_password, is_placeholder, is_random, is_reference};
use crate::faq::credentials::CredentialKind;
use crate::faq::fuel::{Fuel, OutOfFuel};

/// The first bytes of a value, which decide whether it is a secret.
const EXAMINED: usize = 128;
/// Bytes of white space between a key and its value.
const GAP: usize = 64;
/// Bytes of a key's name after the word that announces a secret.
const NAME: usize = 40;

/// What a needle announces.
#[derive(Clone, Copy)]
enum Needle {
    /// A secret with its maker's mark.
    Mark(usize, &'static TokenPattern),
    /// A secret with its maker's mark inside.
    Inner(&'static Inner),
    /// A value that may be any word.
    Password,
    /// The same, if the needle is a word of its own.
    Pass,
    /// A value that resembles a random string.
    Token(CredentialKind),
    /// The same, with at least this many characters.
    Long(CredentialKind, usize),
    /// The end of a key's name, such as `GENIUS_KEY`.
    KeyName,
    /// A value in the query of an address.
    Query(CredentialKind),
    Secret,
    Bearer,
    Basic,
    Authorization,
    Cookie,
    CookieOption,
    /// A password that a command takes with a short option.
    Option,
    /// A password's hash.
    Hash,
    /// A Kubernetes manifest whose values are secrets.
    Manifest,
    Address,
    User,
    Pair,
    Login,
    PrivateKey,
    Putty,
    DiscordWebhook,
    DiscordMfa,
    Jwt,
    Spotify,
    Telegram,
    AzureSecret,
    Amazon,
    Client,
    Twilio,
}

/// Words and what they announce.
#[rustfmt::skip]
const WORDS: &[(Needle, &[&str])] = &[
    (Needle::Password, &["password", "passwd", "passphrase", "passwort", "kennwort", "contraseña", "contrasena",
        "mot de passe", "mot_de_passe", "motdepasse", "senha", "パスワード", "pwd", "passcode",
        "密码", "密碼", "пароль", "Пароль", "hasło", "wachtwoord", "lösenord", "비밀번호", "passord", "adgangskode", "salasana",
        "requirepass", "masterauth"]),
    (Needle::Pass, &["pass", "pw", "psk"]),
    (Needle::Secret, &["secret"]),
    (Needle::Token(CredentialKind::RefreshToken), &["refresh_token", "refresh-token", "refreshtoken", "refresh token"]),
    (Needle::Token(CredentialKind::Password), &["token", "api_key", "api-key", "apikey", "api key", "access_key", "access-key",
        "accesskey", "private_key", "private-key", "privatekey", "auth_key", "auth-key", "authkey", "signing_key", "signing-key",
        "signingkey", "encryption_key", "encryptionkey", "encryption-key", "account_key", "accountkey", "account-key", "shared_key",
        "sharedkey", "storage_key", "storagekey", "master_key", "masterkey", "master-key", "admin_key", "adminkey", "service_key",
        "servicekey", "service_role", "app_key", "appkey", "app-key", "application_key", "license_key", "licensekey",
        "personal_access", "deploy_key", "bot_key", "webhook_key", "apitoken", "api_secret", "jwt", "auth_header", "access key", "secret key", "presharedkey", "preshared_key",
        "logged_in_key", "nonce_key", "_salt"]),
    (Needle::KeyName, &["key", "pat", "arl"]),
    (Needle::Token(CredentialKind::Cookie), &["sp_dc", "sp_key", "connect.sid", "phpsessid", "jsessionid", "asp.net_sessionid", "sessionid",
        "laravel_session"]),
    (Needle::Long(CredentialKind::OauthCode, 40), &["code"]),
    (Needle::Query(CredentialKind::OauthCode), &["?code=", "&code="]),
    (Needle::Query(CredentialKind::Password), &["?key=", "&key=", "?sig=", "&sig=", "?signature=", "&signature=", "?auth=", "&auth=",
        "x-amz-signature=", "x-goog-signature="]),
    (Needle::Bearer, &["bearer"]),
    (Needle::Basic, &["basic"]),
    (Needle::Authorization, &["authorization"]),
    (Needle::Cookie, &["cookie"]),
    (Needle::CookieOption, &["-b"]),
    (Needle::Address, &["://"]),
    (Needle::User, &["-u", "--user", "--proxy-user"]),
    (Needle::Pair, &["auth"]),
    (Needle::Login, &[".login("]),
    (Needle::PrivateKey, &["private key"]),
    (Needle::Putty, &["private-lines: "]),
    (Needle::DiscordWebhook, &["/webhooks/"]),
    (Needle::DiscordMfa, &["mfa."]),
    (Needle::Jwt, &["eyJ"]),
    (Needle::Spotify, &["BQ", "AQ"]),
    (Needle::Telegram, &[":AA"]),
    (Needle::AzureSecret, &["Q~"]),
    (Needle::Amazon, &["AKIA", "ASIA"]),
    (Needle::Option, &[" -p", " -a"]),
    (Needle::Hash, &["$2a$", "$2b$", "$2y$", "$apr1$", "$argon2", "$5$", "$6$", "$y$"]),
    (Needle::Manifest, &["kind: secret", "\"kind\": \"secret\"", "\"kind\":\"secret\""]),
    (Needle::Client, &["client", "spotify", "spotipy"]),
    (Needle::Twilio, &["AC"]),
];

static NEEDLES: LazyLock<(AhoCorasick, Vec<(Needle, &'static str)>)> = LazyLock::new(|| {
    let marks = MAKERS
        .iter()
        .enumerate()
        .flat_map(|(at, row)| row.marks.iter().map(move |mark| (Needle::Mark(at, mark), mark.prefix)));
    let inner = INNER.iter().map(|inner| (Needle::Inner(inner), inner.infix));
    let words = WORDS.iter().flat_map(|(needle, words)| words.iter().map(move |word| (*needle, *word)));
    let rows: Vec<(Needle, &str)> = marks.chain(inner).chain(words).collect();
    let matcher = AhoCorasick::builder().ascii_case_insensitive(true).build(rows.iter().map(|row| row.1));
    // cannot fail: some hundred short constants
    (matcher.expect("few literals"), rows)
});

/// A value after a key.
struct Value {
    start: usize,
    /// Its end, if a quote closes it.
    closed: Option<usize>,
    /// Whether a sign such as `=` precedes it.
    signed: bool,
    /// Whether it is on the line below its key.
    below: bool,
}

/// Finds secrets in a normalised text.
pub(super) struct Finder<'a, 'f> {
    text: &'a str,
    bytes: &'a [u8],
    fuel: &'f mut Fuel,
    runs: Runs<'a>,
    found: Vec<(Range<usize>, CredentialKind)>,
    /// How far the text is taken already.
    taken: usize,
    /// The last position from which the end of a private key was searched for, and the end.
    frame: (usize, usize),
    /// How far manifests of secrets were read.
    manifested: usize,
    /// By maker: how far its secrets go.
    made: Vec<usize>,
    /// Positions of words that say that a pair of id and secret may be near.
    near: Vec<usize>,
    /// Positions of Amazon's key ids.
    amazon: Vec<usize>,
}

type Step = Result<(), OutOfFuel>;

/// Returns every secret, in the order in which it was found. Their ranges overlap.
pub(super) fn find(text: &str, fuel: &mut Fuel) -> Result<Vec<(Range<usize>, CredentialKind)>, OutOfFuel> {
    let mut finder = Finder {
        text,
        bytes: text.as_bytes(),
        fuel,
        runs: Runs::new(text),
        found: Vec::new(),
        taken: 0,
        frame: (0, 0),
        manifested: 0,
        made: vec![0; MAKERS.len()],
        near: Vec::new(),
        amazon: Vec::new(),
    };
    let (matcher, rows) = &*NEEDLES;
    let mut before = 0;
    for hit in matcher.find_overlapping_iter(text) {
        finder.fuel.spend(1 + hit.end() - before)?;
        before = hit.end();
        let (needle, literal) = rows[hit.pattern().as_usize()];
        finder.probe(needle, literal, hit.range())?;
    }
    finder.fuel.spend(text.len() - before)?;
    finder.bare_words()?;
    Ok(finder.found)
}

impl Finder<'_, '_> {
    fn probe(&mut self, needle: Needle, literal: &str, at: Range<usize>) -> Step {
        match needle {
            Needle::Mark(maker, mark) => return self.mark(maker, mark, at),
            Needle::Inner(inner) => return self.inner(inner, &at),
            Needle::Manifest => return self.manifest(&at),
            // These also count within what is taken already: they name the kind more precisely, or are read once.
            Needle::Client => self.near.push(at.start),
            Needle::Amazon if self.is(literal, &at) => self.amazon.push(at.start),
            Needle::Twilio if self.is(literal, &at) => {
                let end = self.runs.end(Set::Hex, at.end, self.fuel)?;
                self.near.extend((end == at.end + HEX).then_some(at.start));
            }
            Needle::Telegram => return self.telegram(at),
            Needle::AzureSecret => return self.azure_secret(at),
            Needle::DiscordWebhook => return self.discord_webhook(at),
            Needle::PrivateKey if at.start >= self.taken || self.is_pem(&at) => return self.private_key(at),
            _ if at.start < self.taken => {}
            Needle::Password => {
                // `pwd` is sometimes the end of an id: a space after it separates a value only if it is a word of its own.
                self.value_of(&at, CredentialKind::Password, true, 4)?;
            }
            Needle::Pass if self.is_word(&at) => self.pass(&at)?,
            Needle::KeyName => self.key(&at)?,
            Needle::Option if self.is(literal, &at) => self.option(&at)?,
            Needle::Hash => self.hash(&at)?,
            Needle::Secret => {
                let head = &self.text[self.floor(at.start.saturating_sub(7))..at.start];
                let client = head.to_ascii_lowercase().trim_end_matches(['_', '-', ' ']).ends_with("client");
                let kind = if client { CredentialKind::ClientSecret } else { CredentialKind::Password };
                self.value_of(&at, kind, false, 8)?;
            }
            Needle::Token(CredentialKind::Cookie) => self.value_of(&at, CredentialKind::Cookie, false, 6)?,
            Needle::Token(_) if literal == "jwt" && !self.names_a_jwt(&at) => {}
            Needle::Token(kind) => self.value_of(&at, kind, false, 8)?,
            Needle::Long(kind, least) => self.value_of(&at, kind, false, least)?,
            Needle::Query(kind) => {
                let end = self.runs.end(Set::Token, at.end, self.fuel)?;
                if end - at.end >= 12 && is_random(self.examined(at.end..end)) {
                    self.take(at.end..end, kind);
                }
            }
            Needle::Bearer => self.scheme(at.end, CredentialKind::Bearer, 8)?,
            Needle::Basic => self.scheme(at.end, CredentialKind::Basic, 12)?,
            Needle::Authorization => self.authorization(at)?,
            Needle::Cookie => self.cookie(at)?,
            Needle::CookieOption => self.cookie_option(at)?,
            Needle::Address => self.address(at)?,
            Needle::User => self.user(at)?,
            Needle::Pair => self.pair(at)?,
            Needle::Login => {
                if let Some(Value { start, closed: Some(end), .. }) = self.opened(at.end, false, false)? {
                    let said = self.examined(start..end);
                    if said.len() >= 24 && is_mixed(said) && !said.contains(' ') && !is_reference(said, true)
                    {
                        self.take(start..end, CredentialKind::Password);
                    }
                }
            }
            Needle::Putty => {
                let line = self.runs.line_end(at.end, self.fuel)?;
                let most = self.floor(self.bytes.len().min(line + LARGEST_KEY));
                self.fuel.spend(most - line)?;
                let end = self.text[line..most].find("\nPrivate-MAC").map_or(most, |end| line + end);
                if end > line + 1 {
                    self.take(line + 1..end, CredentialKind::PrivateKey);
                }
            }
            Needle::DiscordMfa => {
                let end = self.runs.end(Set::Word, at.end, self.fuel)?;
                if end - at.end >= 20 && self.starts_word(at.start) {
                    self.take(at.start..end, CredentialKind::DiscordToken);
                }
            }
            Needle::Jwt if self.is(literal, &at) && self.starts_word(at.start) => {
                let end = self.runs.end(Set::Dotted, at.end, self.fuel)?;
                let head = self.runs.end(Set::Word, at.end, self.fuel)?;
                if head - at.end >= 10 && end - head >= 11 && self.bytes.get(head) == Some(&b'.') {
                    self.take(at.start..end, CredentialKind::Bearer);
                }
            }
            Needle::Spotify if self.is(literal, &at) && self.starts_word(at.start) => {
                let end = self.runs.end(Set::Word, at.end, self.fuel)?;
                let whole = !matches!(self.bytes.get(end), Some(b'+' | b'/'));
                if end - at.end >= 60 && whole && is_mixed(self.examined(at.end..end)) {
                    self.take(at.start..end, CredentialKind::Bearer);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The kind of this maker's keys.
    fn maker(name: &str) -> CredentialKind {
        Maker::all().find(|maker| maker.name() == name).map_or(CredentialKind::Password, CredentialKind::Made)
    }

    /// Whether these three letters are a name or a part of one. In a random id of 22 characters they are not rare.
    fn names_a_jwt(&self, at: &Range<usize>) -> bool {
        let rest = self.bytes[at.end..].iter().take(40).take_while(|byte| byte.is_ascii_alphanumeric());
        let said = &self.bytes[at.clone()];
        let written = said == b"jwt" || said == b"JWT" || said == b"Jwt";
        let before = at.start.checked_sub(1).map_or(b' ', |before| self.byte(before));
        written && !before.is_ascii_digit() && !rest.into_iter().any(u8::is_ascii_digit)
    }

    fn take(&mut self, place: Range<usize>, kind: CredentialKind) {
        self.taken = self.taken.max(place.end);
        self.found.push((place, kind));
    }

    fn is(&self, literal: &str, at: &Range<usize>) -> bool {
        self.text.get(at.clone()) == Some(literal)
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(b'\n', |at| self.byte(at))
    }

    /// Returns the character boundary at or before this position.
    fn floor(&self, at: usize) -> usize {
        (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }

    /// Returns the first bytes of a part, which are enough to decide on.
    fn examined(&self, part: Range<usize>) -> &str {
        let end = self.floor(part.end.min(part.start + EXAMINED));
        self.text.get(part.start..end).unwrap_or_default()
    }

    /// Returns whether a word starts here, and not one within a wall of base64.
    fn starts_word(&self, at: usize) -> bool {
        match self.before(at) {
            b'+' => false,
            b'/' => !self.before(at - 1).is_ascii_alphanumeric(),
            byte => !byte.is_ascii_alphanumeric() && byte != b'_',
        }
    }

    /// Returns whether this is a word of its own, or the end of one in `camelCase` or `SNAKE_CASE`.
    fn is_word(&self, at: &Range<usize>) -> bool {
        let (first, before, after) = (self.byte(at.start), self.before(at.start), self.byte(at.end));
        let starts =
            !before.is_ascii_alphanumeric() || before.is_ascii_lowercase() && first.is_ascii_uppercase();
        starts && !after.is_ascii_alphabetic()
    }

    fn mark(&mut self, maker: usize, mark: &TokenPattern, at: Range<usize>) -> Step {
        let first = self.byte(at.start);
        let starts =
            !first.is_ascii_alphanumeric() || self.starts_word(at.start) || self.before(at.start) == b'_';
        if at.start < self.made[maker] || !starts || !self.is(mark.prefix, &at) {
            return Ok(());
        }
        let end = self.runs.end(mark.set, at.end, self.fuel)?;
        let length = end - at.end;
        let too_long = mark.most > 0 && (length > mark.most || Set::Word.holds(self.byte(end)));
        let body = self.examined(at.end..end);
        let (body, is_key) = (body.len(), is_mixed(body) && !is_placeholder(body));
        let random = is_key || matches!(mark.set, Set::Hex | Set::Upper);
        if length < mark.least || too_long || body == 0 || !random {
            return Ok(());
        }
        if let Some(made) = Maker::at(maker) {
            let whole = self.runs.end(Set::Word, end, self.fuel)?;
            let end = if mark.set == Set::Plain { whole } else { end };
            self.made[maker] = end;
            self.take(at.start..self.trimmed(at.end, end), CredentialKind::Made(made));
        }
        Ok(())
    }

    /// A secret around its maker's mark.
    fn inner(&mut self, inner: &Inner, at: &Range<usize>) -> Step {
        let (set, least) = inner.before;
        let head =
            self.bytes[..at.start].iter().rev().take(least).take_while(|byte| set.holds(**byte)).count();
        self.fuel.spend(head + 1)?;
        if head < least || !self.is(inner.infix, at) {
            return Ok(());
        }
        let (set, most) = inner.after;
        let end = self.runs.end(set, at.end, self.fuel)?;
        let start = at.start - head;
        let mixed = is_mixed(self.examined(start..at.start));
        // A mark for the end of a word counts only there.
        let apart = most > 0 || !Set::Word.holds(self.byte(at.end));
        let short = inner.infix != "-us" || self.byte(at.end).is_ascii_digit() && end - at.end <= 2;
        if end - at.end >= most && mixed && apart && short {
            self.take(start..self.trimmed(at.end, end), Self::maker(inner.maker));
        }
        Ok(())
    }

    /// `GENIUS_KEY=…`, `subscriptionKey: "…"`: the value must resemble nothing but a secret.
    fn key(&mut self, at: &Range<usize>) -> Step {
        const OTHERS: &[&str] = &[
            "public",
            "pub",
            "primary",
            "foreign",
            "cache",
            "partition",
            "sort",
            "idempotency",
            "object",
            "row",
            "hash",
            "routing",
            "map",
            "index",
            "lookup",
            "unique",
            "group",
            "image",
            "track",
            "song",
            "playlist",
            "album",
            "artist",
            "file",
            "config",
            "lang",
            "shortcut",
            "websocket",
            "verify",
            "verification",
            "host",
            "known",
            "dedup",
            "message",
            "event",
            "item",
            "cursor",
            "order",
            "locale",
            "trace",
            "job",
            "state",
            "queue",
            "user",
        ];
        let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
        let length = self.bytes[..at.start].iter().rev().take(NAME).take_while(in_name).count();
        self.fuel.spend(length + 1)?;
        let before = self.before(at.start);
        let camel = before.is_ascii_lowercase() && self.byte(at.start).is_ascii_uppercase();
        let alone = length == 0;
        let is_key = self.byte(at.end - 1).eq_ignore_ascii_case(&b'y');
        let starts =
            if is_key { !alone && (camel || matches!(before, b'_' | b'-')) } else { alone || before == b'_' };
        if !starts || Set::Word.holds(self.byte(at.end)) {
            return Ok(());
        }
        let name = self.text[at.start - length..at.start].to_ascii_lowercase();
        let part = name.trim_end_matches(['_', '-']);
        if OTHERS.iter().any(|other| part.ends_with(other)) {
            return Ok(());
        }
        let Some(value) = self.value(at)?.filter(|value| value.signed && !value.below) else { return Ok(()) };
        let run = self.runs.end(Set::Word, value.start, self.fuel)?;
        let end = value.closed.unwrap_or(run);
        let said = self.examined(value.start..end);
        let whole = end == run && !matches!(self.byte(end), b'/' | b'.' | b':' | b'(' | b'[');
        if value.start >= self.taken && whole && said.len() >= 20 && is_mixed(said) && is_random(said) {
            self.take(value.start..end, CredentialKind::Password);
        }
        Ok(())
    }

    /// `mysql -psecret`, `sshpass -p secret`, `redis-cli -a secret`.
    fn option(&mut self, at: &Range<usize>) -> Step {
        const COMMANDS: [&str; 7] =
            ["mysql", "mariadb", "sshpass", "redis-cli", "docker login", "podman login", "mongosh"];
        const LINE: usize = 64;
        let from = self.floor(at.start.saturating_sub(LINE));
        self.fuel.spend(2 * LINE)?;
        let line = &self.text[from..at.start];
        let line = line[line.rfind('\n').map_or(0, |at| at + 1)..].to_ascii_lowercase();
        let Some(command) = COMMANDS.iter().find(|command| line.contains(*command)) else { return Ok(()) };
        let spaces = self.bytes[at.end..].iter().take(8).take_while(|byte| **byte == b' ').count();
        // With a space, `mysql -p` asks for the password, and what follows is the database.
        let joined = matches!(*command, "mysql" | "mariadb");
        // The port of redis-cli is `-p`, its password `-a`.
        let other = (*command == "redis-cli") != (self.byte(at.end - 1) == b'a');
        if other || joined == (spaces > 0) {
            return Ok(());
        }
        let start = at.end + spaces;
        let quoted = matches!(self.byte(start), b'\'' | b'"');
        let start = start + usize::from(quoted);
        let end = if quoted {
            self.runs.quote(self.before(start), start, self.fuel)?
        } else {
            self.runs.end(Set::Black, start, self.fuel)?
        };
        let said = self.examined(start..end);
        let port = said.len() <= 5 && said.bytes().all(|byte| byte.is_ascii_digit());
        let secret = is_password(said) && !is_reference(said, quoted) && !said.starts_with('-');
        if said.len() >= 4 && secret && !port {
            self.take(start..end, CredentialKind::Password);
        }
        Ok(())
    }

    /// `$2b$12$…`, `$argon2id$v=19$…`.
    fn hash(&mut self, at: &Range<usize>) -> Step {
        const ENOUGH: usize = 24;
        let in_hash = |byte: &&u8| byte.is_ascii_alphanumeric() || b"./$=,+".contains(byte);
        let length = self.bytes[at.end..].iter().take(ENOUGH).take_while(in_hash).count();
        self.fuel.spend(length + 1)?;
        if length == ENOUGH && is_mixed(self.examined(at.end..at.end + length)) {
            let end = at.end + self.bytes[at.end..].iter().take_while(in_hash).count();
            self.fuel.spend(end - at.end)?;
            self.take(at.start..self.trimmed(at.end, end), CredentialKind::Password);
        }
        Ok(())
    }

    /// The values below `data:` or `stringData:` of a manifest: each is a secret, whatever its key is.
    fn manifest(&mut self, at: &Range<usize>) -> Step {
        if at.start < self.manifested || Set::Word.holds(self.byte(at.end)) {
            return Ok(());
        }
        let from = self.floor(at.start.saturating_sub(MANIFEST));
        let from = self.text[from..at.start].rfind("\n---").map_or(from, |before| from + before + 1);
        let until = self.floor(self.bytes.len().min(at.end + MANIFEST));
        let until = self.text[at.end..until].find("\n---").map_or(until, |after| at.end + after);
        self.fuel.spend(until - from)?;
        self.manifested = until;
        let (mut start, mut depth) = (from, None);
        for line in self.text[from..until].split_inclusive(['\n', super::plain::BREAK]) {
            let (place, said) = (start, line.trim_start_matches([' ', '"', '{']));
            start += line.len();
            let indent = line.len() - line.trim_start_matches(' ').len();
            let said = said.trim_end();
            if ["data:", "stringData:", "data\":", "stringData\":"].iter().any(|key| said.starts_with(key)) {
                depth = Some(indent);
                continue;
            }
            let Some(above) = depth else { continue };
            if indent <= above && !said.is_empty() {
                depth = None;
                continue;
            }
            let value =
                said.split_once(": ").or_else(|| said.split_once("\":")).map_or(said, |(_, value)| value);
            let value = value.trim().trim_matches([',', '"', '\'', '\\']);
            let within = line.rfind(value).map(|at| place + at);
            if let Some(within) =
                within.filter(|_| value.len() >= 4 && !value.contains(' ') && !value.ends_with(':'))
            {
                self.found.push((within..within + value.len(), CredentialKind::Password));
            }
        }
        Ok(())
    }

    /// Drops the full stop of a sentence.
    fn trimmed(&self, start: usize, end: usize) -> usize {
        if end > start + 1 && matches!(self.before(end), b'.' | b',') { end - 1 } else { end }
    }

    /// `key = value` in all its forms.
    fn value_of(&mut self, key: &Range<usize>, kind: CredentialKind, password: bool, least: usize) -> Step {
        let Some(value) = self.value(key)? else { return Ok(()) };
        self.take_value(&value, kind, password, least)
    }

    fn pass(&mut self, at: &Range<usize>) -> Step {
        // `--- PASS: TestFoo`, `PASS src/app.test.js`: a test's verdict.
        let alone = !matches!(self.before(at.start), b'_' | b'-' | b'.')
            && !self.before(at.start).is_ascii_lowercase();
        let Some(value) = self.value(at)? else { return Ok(()) };
        if alone && value.closed.is_none() {
            let line = self.runs.line_end(value.start, self.fuel)?;
            let end = self.loose_end(value.start, EXAMINED)?;
            let word = &self.text[value.start..end];
            let verdict =
                word.contains('/') || word.to_ascii_lowercase().starts_with("test") || !is_password(word);
            let context = word.bytes().any(|byte| !byte.is_ascii_alphabetic())
                && word.bytes().any(|b| !b.is_ascii_digit());
            let rest = self.examined(end..line).trim();
            let whole_line = rest.is_empty() && word.len() >= 6;
            if verdict || !context || value.below || !(value.signed || whole_line) {
                return Ok(());
            }
            let end = self.loose_end(value.start, usize::MAX)?;
            self.take(value.start..end, CredentialKind::Password);
            return Ok(());
        }
        if value.signed { self.take_value(&value, CredentialKind::Password, true, 4) } else { Ok(()) }
    }

    fn take_value(&mut self, value: &Value, kind: CredentialKind, password: bool, least: usize) -> Step {
        let start = value.start;
        if start < self.taken {
            return Ok(());
        }
        let first = self.runs.end(Set::Black, start, self.fuel)?;
        if let Some(end) = value.closed {
            let said = self.examined(start..end);
            let enough = end - start >= least.min(4);
            // A value with spaces is a secret only if it is a password; a sentence is none.
            let secret = if said.contains([' ', super::plain::BREAK]) {
                password
                    && !is_reference(said, true)
                    && is_password(said.split(' ').next().unwrap_or_default())
                    || said.contains("PRIVATE KEY")
                    || is_dense(said)
            } else if password {
                is_password(said) && !is_reference(said, true)
            } else {
                end - start >= least && is_random(said) && !is_reference(said, true)
            };
            if enough && secret {
                self.take(start..end, kind);
            }
            return Ok(());
        }
        let said = self.examined(start..first);
        if is_reference(said, false) {
            return Ok(());
        }
        if password {
            let end = self.loose_end(start, EXAMINED)?;
            let said = &self.text[start..end];
            let plainly = value.signed && !value.below;
            let context =
                said.bytes().any(|byte| byte.is_ascii_digit()) && is_mixed(said) || said.len() >= 24;
            if end - start >= 4 && is_password(said) && (plainly || context) {
                let end = self.loose_end(start, usize::MAX)?;
                self.take(start..end, kind);
            }
            return Ok(());
        }
        let end = self.runs.end(Set::Token, start, self.fuel)?;
        let said = self.examined(start..end);
        let call = matches!(self.byte(end), b'(' | b'[');
        let enough = if value.signed { least } else { least.max(12) };
        if end - start < enough || !is_random(said) || call {
            return Ok(());
        }
        // A value without a sign, or below its key, must resemble nothing but a secret.
        if (!value.signed || value.below) && !(is_mixed(said) && said.len() >= 16) {
            return Ok(());
        }
        // The rest of its word is taken too: a secret may have characters that no token has.
        let whole = self.loose_end(start, usize::MAX)?.max(end);
        self.take(start..self.trimmed(start, whole), kind);
        Ok(())
    }

    /// Returns where an unquoted value ends: at space, a quote, or a separator before the next key; after `most` bytes at
    /// the latest.
    fn loose_end(&mut self, start: usize, most: usize) -> Result<usize, OutOfFuel> {
        let black = self.runs.end(Set::Black, start, self.fuel)?;
        let black = self.floor(black.min(start.saturating_add(most)));
        let mut end = start;
        while end < black {
            let separates = match self.byte(end) {
                b'&' | b';' | b',' | b'|' => {
                    let next = self.bytes[end + 1..].iter().take(NAME);
                    let name =
                        next.take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
                    let after = end + 1 + name;
                    after >= black || name > 0 && matches!(self.byte(after), b'=' | b':')
                }
                b')' | b']' | b'}' => {
                    let rest = &self.bytes[end..black];
                    rest.iter().take(8).all(|byte| b")]},;.:".contains(byte))
                }
                b'\\' => matches!(self.byte(end + 1), b'"' | b'\'' | b'\n') || end + 1 == black,
                _ => false,
            };
            if separates {
                break;
            }
            end += 1;
        }
        self.fuel.spend(end - start)?;
        while end > start + 1 && matches!(self.before(end), b'.' | b',' | b':' | b'*') {
            end -= 1;
        }
        Ok(end)
    }

    /// Finds the value that a key announces.
    fn value(&mut self, key: &Range<usize>) -> Result<Option<Value>, OutOfFuel> {
        let mut at = key.end;
        // The rest of the key's name: `SECRET_KEY`, `token2`, but not `token_type` or `tokenizer`.
        let rest = self.bytes[at..]
            .iter()
            .take(NAME)
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
        let name = rest.count();
        self.fuel.spend(name + 1)?;
        if name > 0 {
            let rest = &self.text[at..at + name];
            let sticks = rest.starts_with(|c: char| c.is_ascii_lowercase())
                && !matches!(rest, "s" | "string" | "value" | "key");
            if name == NAME || sticks && key.end - key.start < 9 || names_another(rest) {
                return Ok(None);
            }
            at += name;
        }
        let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(byte);
        let before = self.bytes[..key.start].iter().rev().take(NAME).take_while(in_name).count();
        let named = self.before(key.start - before) == b'<';
        let head = self.text[self.floor(key.start.saturating_sub(16))..key.start].to_ascii_lowercase();
        if [
            "page",
            "page_",
            "page-",
            "page ",
            "continuation",
            "continuation_",
            "sync_",
            "cancellation",
            "cancel",
        ]
        .iter()
        .any(|it| head.ends_with(it))
        {
            return Ok(None);
        }
        let option = head.ends_with("--")
            || head.rfind(' ').map_or(head.as_str(), |at| &head[at + 1..]).starts_with("--");
        let mut quoted = false;
        let mut closers = 0;
        while closers < 6
            && matches!(self.byte(at), b'"' | b'\'' | b'`' | b'\\' | b']' | b')' | b'*' | b'?' | b'_')
        {
            quoted |= matches!(self.byte(at), b'"' | b'\'');
            at += 1;
            closers += 1;
        }
        let (mut signed, mut below) = (option, false);
        if named && self.byte(at) == b'>' {
            at += 1;
            signed = true;
        } else {
            at = self.skip_space(at, &mut below)?;
            let sign = self.sign(at, quoted);
            if let Some(behind) = self.value_key(at)? {
                // `name: API_KEY`, and its value beside or below it.
                at = behind;
                (signed, below) = (true, false);
            } else if sign > 0 {
                at = self.skip_annotation(at + sign)?;
                (signed, below) = (true, false);
            }
        }
        // Without a sign, at least a space separates the two.
        if !signed && !matches!(self.before(at), b' ' | b'\n' | 0x0b) {
            return Ok(None);
        }
        // `**Token:** …`
        at += self.bytes[at..].iter().take(3).take_while(|byte| signed && **byte == b'*').count();
        at = self.skip_space(at, &mut below)?;
        if signed && (self.byte(at) == b'|' || self.byte(at) == b'>') && !named {
            // A block of YAML.
            let from = at + 1 + usize::from(self.byte(at + 1) == b'-');
            let after = self.skip_space(from, &mut below)?;
            at = if below { after } else { at };
        }
        self.opened(at, signed, below)
    }

    /// Returns the length of a sign between a key and its value.
    fn sign(&self, at: usize, quoted: bool) -> usize {
        const SIGNS: [&str; 12] = ["=>", ":=", "===", "==", "=", "::", ":", "->", "→", "(", "|", "+="];
        const WORDS: [&str; 9] = ["is ", "ist ", "est ", "es ", "was ", "é ", "lautet ", "は", "são "];
        let rest = &self.text[at..];
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            return sign.len();
        }
        if quoted && rest.starts_with(',') {
            return 1;
        }
        let word = |word: &&&str| rest.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
        WORDS.iter().find(word).map_or(0, |word| word.len())
    }

    /// Skips a type between `:` and `=`: `token: str = …`.
    fn skip_annotation(&mut self, at: usize) -> Result<usize, OutOfFuel> {
        const TYPES: [&str; 12] = [
            "str",
            "string",
            "&str",
            "&'static",
            "option",
            "optional",
            "any",
            "secretstr",
            "text",
            "bytes",
            "char",
            "var",
        ];
        let rest = &self.bytes[at..];
        let part = &rest[..rest.len().min(GAP)];
        self.fuel.spend(part.len())?;
        let space = part.iter().take_while(|byte| **byte == b' ').count();
        let in_type = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_<>[]&'?. |".contains(byte);
        let length = part[space..].iter().take_while(in_type).count();
        let (name, after) = (&part[space..space + length], &part[space + length..]);
        let first =
            name.split(|byte| b" <[.|?".contains(byte)).next().unwrap_or_default().to_ascii_lowercase();
        let typed = TYPES.iter().any(|it| it.as_bytes() == first.as_slice());
        let assigns = after.first() == Some(&b'=') && after.get(1) != Some(&b'=');
        Ok(if typed && assigns { at + space + length + 1 } else { at })
    }

    /// `, "value": …`, `" value="…`, and a line below with `value:`.
    fn value_key(&mut self, at: usize) -> Result<Option<usize>, OutOfFuel> {
        let rest = &self.bytes[at..];
        let part = &rest[..rest.len().min(GAP)];
        self.fuel.spend(part.len())?;
        let skipped = part.iter().take_while(|byte| b" ,\\\"'\n\t{\x0b".contains(byte)).count();
        if !part[skipped..].get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"value")) {
            return Ok(None);
        }
        let behind = skipped + 5;
        let marks = part[behind..].iter().take_while(|byte| b" \"'\\".contains(byte)).count();
        let sign = matches!(part.get(behind + marks), Some(b':' | b'='));
        Ok(sign.then_some(at + behind + marks + 1))
    }

    fn skip_space(&mut self, from: usize, below: &mut bool) -> Result<usize, OutOfFuel> {
        let mut at = from;
        let mut lines = 0;
        while at - from < GAP && matches!(self.byte(at), b' ' | b'\n' | b'\t' | 0x0b) && at < self.bytes.len()
        {
            if self.byte(at) == b'\n' {
                lines += 1;
                if lines > 2 {
                    break;
                }
                *below = true;
            }
            at += 1;
        }
        self.fuel.spend(at - from + 1)?;
        Ok(at)
    }

    /// Returns a value that starts here, behind brackets, a call, a scheme or a quote.
    fn opened(&mut self, from: usize, signed: bool, below: bool) -> Result<Option<Value>, OutOfFuel> {
        let mut at = from;
        for _ in 0..3 {
            let rest = &self.text[at..];
            // `Some("`, `FoundCredential('`, but not `getenv("`.
            let call = rest
                .bytes()
                .take(24)
                .take_while(|byte| byte.is_ascii_alphanumeric() || b"_:.".contains(byte))
                .count();
            let after = &rest[call..];
            if call > 0
                && signed
                && (after.starts_with("(\"") || after.starts_with("(\\") || after.starts_with("('"))
            {
                let name = rest[..call].to_ascii_lowercase();
                if name.contains("env")
                    || name.contains("get")
                    || name.contains("config")
                    || name.contains("arg")
                {
                    return Ok(None);
                }
                at += call + 1;
            } else if rest.starts_with(['(', '[']) && !rest.starts_with("[redacted")
                || ["{ ", "{\"", "{'"].iter().any(|open| rest.starts_with(open))
            {
                at += 1;
                at += self.bytes[at..].iter().take(8).take_while(|byte| **byte == b' ').count();
            } else if call == 1
                && rest.starts_with(['b', 'r', 'f', 'u', 'B', 'R', '@'])
                && after.starts_with(['"', '\''])
            {
                at += 1;
            }
        }
        let slashes = self.bytes[at..].iter().take(4).take_while(|byte| **byte == b'\\').count();
        let quote = self.byte(at + slashes);
        if !matches!(quote, b'"' | b'\'' | b'`') {
            let start = self.skip_scheme(at);
            return Ok((start < self.bytes.len()).then_some(Value { start, closed: None, signed, below }));
        }
        let mut start = at + slashes + 1;
        // `"""` and `'''` of Python.
        while start < at + slashes + 3 && self.byte(start) == quote && self.byte(start + 1) == quote {
            start += 2;
        }
        let start = self.skip_scheme(start);
        let mut end = start;
        let closed = loop {
            end = self.runs.quote(quote, end, self.fuel)?;
            if self.byte(end) != quote || end >= self.bytes.len() {
                break None;
            }
            let escapes =
                self.bytes[start..end].iter().rev().take(8).take_while(|byte| **byte == b'\\').count();
            if escapes <= slashes || slashes == 0 && escapes % 2 == 0 {
                break Some(end - escapes.min(slashes));
            }
            end += 1;
        };
        Ok(Some(Value { start, closed, signed, below }))
    }

    /// The value behind `Bearer` and similar words.
    fn skip_scheme(&self, at: usize) -> usize {
        const SCHEMES: [&str; 8] =
            ["bearer ", "basic ", "bot ", "token ", "apikey ", "oauth:", "base64:", "s:"];
        let rest = &self.bytes[at..];
        let scheme = SCHEMES
            .iter()
            .find(|it| rest.get(..it.len()).is_some_and(|head| head.eq_ignore_ascii_case(it.as_bytes())));
        scheme.map_or(at, |scheme| at + scheme.len())
    }

    /// What follows `Bearer` or `Basic`.
    fn scheme(&mut self, from: usize, kind: CredentialKind, least: usize) -> Step {
        let gap = self.bytes[from..].iter().take(GAP).take_while(|byte| b" :=\"'\x0b".contains(byte)).count();
        let start = from + gap;
        let end = self.runs.end(Set::Token, start, self.fuel)?;
        let said = self.examined(start..end);
        if gap > 0 && end - start >= least && is_random(said) && !is_reference(said, false) {
            self.take(start..self.trimmed(start, end), kind);
        }
        Ok(())
    }

    /// The value of an `Authorization` header.
    fn authorization(&mut self, key: Range<usize>) -> Step {
        let marks = self.bytes[key.end..]
            .iter()
            .take(12)
            .take_while(|byte| b" :=\"'\\,>]|({[`\x0b".contains(byte))
            .count();
        let mut at = key.end + marks;
        let (mut kind, mut schemes) = (CredentialKind::Bearer, 0);
        while schemes < 3 {
            let name = self.bytes[at..]
                .iter()
                .take(20)
                .take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'-')
                .count();
            let space =
                self.bytes[at + name..].iter().take(8).take_while(|byte| b" :+".contains(byte)).count();
            let scheme = self.text[at..at + name].to_ascii_lowercase();
            let known = matches!(
                scheme.as_str(),
                "bearer"
                    | "basic"
                    | "token"
                    | "bot"
                    | "apikey"
                    | "api-key"
                    | "digest"
                    | "negotiate"
                    | "geniekey"
                    | "oauth"
                    | "jwt"
                    | "ssws"
                    | "sso-key"
                    | "splunk"
                    | "shippotoken"
            );
            if !known || space == 0 {
                break;
            }
            if scheme == "basic" {
                kind = CredentialKind::Basic;
            }
            at += name + space;
            schemes += 1;
        }
        let end = self.runs.end(Set::Token, at, self.fuel)?;
        let said = self.examined(at..end);
        let secret =
            if schemes > 0 { !is_placeholder(said) } else { marks > 0 && end - at >= 16 && is_random(said) };
        if marks > 0 && end - at >= 6 && secret && !is_reference(said, false) {
            let whole = self.loose_end(at, usize::MAX)?.max(end);
            self.take(at..self.trimmed(at, whole), kind);
        }
        Ok(())
    }

    /// A whole `Cookie:` or `Set-Cookie:` header, or the value of an option or a field of that name.
    fn cookie(&mut self, key: Range<usize>) -> Step {
        let mut at = key.end + usize::from(matches!(self.byte(key.end), b's' | b'S'));
        let closers = self.bytes[at..].iter().take(4).take_while(|byte| b"\"'\\]`".contains(byte)).count();
        at += closers;
        let mut below = false;
        let spaced = self.skip_space(at, &mut below)?;
        let option = self.text[..key.start].ends_with("--") && spaced > at;
        let sign = matches!(self.byte(spaced), b':' | b'=') || closers > 0 && self.byte(spaced) == b',';
        if below || !(option || sign) {
            return Ok(());
        }
        let from = spaced + usize::from(sign);
        let named = self.text[..key.start].trim_end_matches(['-', 't', 'T', 'e', 'E', 's', 'S']).len();
        let around = if key.start - named <= 4 { self.before(named) } else { b' ' };
        self.cookies(from, Some(around).filter(|_| sign))
    }

    fn cookie_option(&mut self, at: Range<usize>) -> Step {
        let starts = matches!(self.before(at.start), b' ' | b'\n' | 0x0b);
        if starts && matches!(self.byte(at.end), b' ' | b'"' | b'\'') {
            return self.cookies(at.end, None);
        }
        Ok(())
    }

    /// `name=value; name=value` up to the closing quote or the end of the line. `around` is the text before a header.
    fn cookies(&mut self, from: usize, around: Option<u8>) -> Step {
        let mut below = false;
        let at = self.skip_space(from, &mut below)?;
        if below {
            return Ok(());
        }
        let Some(value) = self.opened(at, false, false)? else { return Ok(()) };
        let start = value.start;
        let end = match value.closed {
            Some(end) => end,
            None => match around {
                Some(quote @ (b'"' | b'\'')) => self.runs.quote(quote, start, self.fuel)?,
                Some(_) => self.runs.line_end(start, self.fuel)?,
                None => self.runs.end(Set::Black, start, self.fuel)?,
            },
        };
        let head = self.examined(start..end);
        let pair = head.split_once('=').is_some_and(|(name, value)| {
            let name = name.rsplit([' ', ';']).next().unwrap_or_default();
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
                && value.len() >= 4
                && !is_placeholder(value)
        });
        if pair && end - start >= 6 && !head.starts_with(['[', '{', '$']) {
            self.take(start..end, CredentialKind::Cookie);
        }
        Ok(())
    }

    /// `scheme://user:password@host`.
    fn address(&mut self, at: Range<usize>) -> Step {
        let start = at.end;
        let end = self.runs.end(Set::Black, start, self.fuel)?;
        let head = &self.bytes[start..end.min(start + 256)];
        self.fuel.spend(head.len())?;
        let name = head
            .iter()
            .position(|byte| matches!(byte, b':' | b'@' | b'/' | b'?' | b'#'))
            .unwrap_or(head.len());
        let authority = head.iter().position(|byte| b"/?#,".contains(byte)).unwrap_or(head.len());
        match head.get(name) {
            Some(b':') => {
                let within =
                    head[..authority].iter().rposition(|byte| *byte == b'@').filter(|at| *at > name + 3);
                let port = head[name + 1..authority.max(name + 1)].iter().all(u8::is_ascii_digit);
                // A password with a slash in it.
                let beyond = || head.iter().take(EXAMINED).rposition(|byte| *byte == b'@').filter(|_| !port);
                let Some(sign) = within.or_else(beyond).filter(|sign| *sign > name) else { return Ok(()) };
                let place = start + name + 1..start + sign;
                let said = self.examined(place.clone());
                if place.len() >= 3 && !is_reference(said, false) && !is_placeholder(said) {
                    self.take(place, CredentialKind::Password);
                }
            }
            Some(b'@') if name >= 16 => {
                let place = start..start + name;
                if is_random(self.examined(place.clone())) {
                    self.take(place, CredentialKind::Password);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// `curl -u id:secret`.
    fn user(&mut self, at: Range<usize>) -> Step {
        let start = matches!(self.before(at.start), b' ' | b'\n' | 0x0b | b'"' | b'\'' | b',' | b'[');
        if !start {
            return Ok(());
        }
        let marks = self.bytes[at.end..].iter().take(8).take_while(|byte| b" ='\"\\,".contains(byte)).count();
        let from = at.end + marks;
        let quoted = marks > 0 && matches!(self.before(from), b'\'' | b'"');
        let end = if quoted {
            self.runs.quote(self.before(from), from, self.fuel)?
        } else {
            self.runs.end(Set::Black, from, self.fuel)?
        };
        let head = &self.bytes[from..end.min(from + 256)];
        let Some(colon) = head.iter().position(|byte| *byte == b':') else { return Ok(()) };
        let place = from + colon + 1..end;
        self.fuel.spend(400)?;
        let said = self.examined(place.clone());
        let words = &self.text[self.floor(at.start.saturating_sub(400))..at.start];
        let curl = ["curl", "wget", "http"].iter().any(|word| words.to_ascii_lowercase().contains(word));
        let numbers = said.bytes().all(|byte| byte.is_ascii_digit());
        let secret = (curl && said.len() >= 3) || (said.len() >= 8 && is_random(said));
        if secret && !numbers && !is_reference(said, false) && !is_placeholder(said) && colon > 0 {
            self.take(place, CredentialKind::Password);
        }
        Ok(())
    }

    /// `auth=('id', 'secret')`, `BasicAuth("id", "secret")`.
    fn pair(&mut self, at: Range<usize>) -> Step {
        let marks = self.bytes[at.end..].iter().take(8).take_while(|byte| b" =:".contains(byte)).count();
        let open = at.end + marks;
        // `"auth": "…"`, `_auth=…`: what Basic would say.
        let quoted =
            matches!(self.before(at.start), b'"' | b'\'') && self.byte(at.end) == self.before(at.start);
        if quoted || self.before(at.start) == b'_' && matches!(self.byte(at.end), b' ' | b'=') {
            return self.value_of(&at, CredentialKind::Basic, false, 12);
        }
        if !matches!(self.byte(open), b'(' | b'[') || at.start < self.taken {
            return Ok(());
        }
        self.second_of(open + 1)
    }

    /// Returns the second of two quoted strings.
    fn second_of(&mut self, from: usize) -> Step {
        let Some(first) = self.opened(from, false, false)? else { return Ok(()) };
        let Some(end) = first.closed.filter(|end| end - first.start <= 128) else { return Ok(()) };
        let slashes = self.bytes[end..].iter().take(4).take_while(|byte| **byte == b'\\').count();
        let next = end + slashes + 1;
        let gap = self.bytes[next..].iter().take(8).take_while(|byte| b", ".contains(byte)).count();
        if gap == 0 {
            return Ok(());
        }
        let Some(second) = self.opened(next + gap, false, false)? else { return Ok(()) };
        if second.closed.is_some() {
            self.take_value(&second, CredentialKind::Password, true, 4)
        } else {
            Ok(())
        }
    }

    fn is_pem(&self, at: &Range<usize>) -> bool {
        let head = &self.text[self.floor(at.start.saturating_sub(32))..at.start];
        let tail = &self.bytes[at.end..self.bytes.len().min(at.end + 12)];
        head.to_ascii_uppercase().contains("-----BEGIN") && tail.windows(5).any(|it| it == b"-----")
    }

    /// From `-----BEGIN … PRIVATE KEY-----` to its end, or as far as words of base64 go.
    fn private_key(&mut self, at: Range<usize>) -> Step {
        if !self.is_pem(&at) {
            return Ok(());
        }
        let dashes = self.bytes[at.end..].windows(5).take(12).position(|it| it == b"-----");
        let start = at.end + dashes.unwrap_or(0) + 5;
        if start < self.taken || start >= self.bytes.len() {
            return Ok(());
        }
        if !(self.frame.0..=self.frame.1).contains(&start) || self.frame.1 == 0 {
            let next = self.text[start..].find("-----END").map_or(self.bytes.len(), |at| start + at);
            self.fuel.spend(next - start)?;
            self.frame = (start, next);
        }
        let mut end = start;
        if self.frame.1 < self.bytes.len() && self.frame.1 - start <= LARGEST_KEY {
            end = self.frame.1;
        } else {
            let mut next = start;
            while next < self.bytes.len() {
                let gap = self.bytes[next..]
                    .iter()
                    .take(16)
                    .take_while(|byte| b" \n\t\x0b\"'`,>|\\".contains(byte))
                    .count();
                let word = next + gap;
                let stop = self.runs.end(Set::Token, word, self.fuel)?;
                let said = self.examined(word..stop);
                if ["Proc-Type", "DEK-Info", "Version", "Comment"].contains(&said) {
                    next = self.runs.line_end(stop, self.fuel)?;
                    continue;
                }
                // The last line of a key may be short.
                let last = end > start && stop - word <= 76 && matches!(self.byte(stop), b'\n' | b'"' | 0x0b);
                if !(is_mixed(said) && (stop - word >= 16 || last)) {
                    break;
                }
                (next, end) = (stop, stop);
            }
        }
        let key = self.text[start..end].trim_matches(|c: char| c.is_whitespace() || c == '\\');
        if key.len() >= 8 {
            let from = start + self.text[start..end].find(key).unwrap_or(0);
            self.take(from..from + key.len(), CredentialKind::PrivateKey);
        }
        Ok(())
    }

    fn discord_webhook(&mut self, at: Range<usize>) -> Step {
        let id = self.bytes[at.end..].iter().take(24).take_while(|byte| byte.is_ascii_digit()).count();
        let start = at.end + id + 1;
        if !(15..=21).contains(&id) || self.byte(start - 1) != b'/' {
            return Ok(());
        }
        let end = self.runs.end(Set::Word, start, self.fuel)?;
        if end - start >= 20 {
            self.take(start..end, CredentialKind::DiscordWebhook);
        }
        Ok(())
    }

    /// `123456789:AA…`.
    fn telegram(&mut self, at: Range<usize>) -> Step {
        let digits =
            self.bytes[..at.start].iter().rev().take(12).take_while(|byte| byte.is_ascii_digit()).count();
        let end = self.runs.end(Set::Word, at.start + 1, self.fuel)?;
        if (8..=11).contains(&digits) && end - at.start >= 33 {
            self.take(at.start - digits..end, Self::maker("Telegram"));
        }
        Ok(())
    }

    /// The secret of an Azure app: three characters, a digit, `Q~` and some thirty more.
    fn azure_secret(&mut self, at: Range<usize>) -> Step {
        let head =
            self.bytes[..at.start].iter().rev().take(5).take_while(|byte| Set::Token.holds(**byte)).count();
        let end = self.runs.end(Set::Token, at.end, self.fuel)?;
        let digit = self.before(at.start).is_ascii_digit();
        if head >= 4 && digit && (30..=40).contains(&(end - at.end)) {
            self.take(at.start - 4..end, Self::maker("Azure"));
        }
        Ok(())
    }

    /// Secrets that only their neighbourhood reveals: each word is checked once.
    fn bare_words(&mut self) -> Step {
        let mut at = 0;
        let mut ids: Option<Range<usize>> = None;
        let (mut near, mut amazon) = (0, 0);
        let mut named = HashSet::new();
        let mut twilio = false;
        while at < self.bytes.len() {
            if !self.bytes[at].is_ascii_alphanumeric() {
                at += 1;
                continue;
            }
            let end = self.runs.end(Set::Plain, at, self.fuel)?;
            let word = at..end;
            while near < self.near.len() && self.near[near] <= word.start {
                near += 1;
            }
            while amazon < self.amazon.len() && self.amazon[amazon] + 300 < word.start {
                amazon += 1;
            }
            if (20..=30).contains(&word.len()) && self.byte(end) == b'.' {
                self.discord_token(&word)?;
            }
            let hex = word.len() == HEX
                && self.bytes[word.clone()].iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if hex && self.byte(end) == b'-' {
                self.mailgun(&word)?;
            }
            if hex && !matches!(self.byte(end), b'_' | b'-') && !matches!(self.before(at), b'-' | b'_') {
                // A word that says so precedes the first of a pair, within a few lines.
                let reported = near.checked_sub(1).is_some_and(|last| word.start - self.near[last] <= PAIR);
                if reported {
                    let pair = ids.clone().filter(|id| {
                        word.start - id.start <= PAIR && self.lines(id.start..word.start) <= PAIR_LINES
                    });
                    let kind = if twilio { Self::maker("Twilio") } else { CredentialKind::ClientSecret };
                    self.client_pair(&word, pair, &mut named, kind);
                }
                ids = Some(word.clone());
                twilio = false;
            } else if word.len() == HEX + 2 && self.text[word.clone()].starts_with("AC") {
                named.insert(word.start);
                ids = Some(word.clone());
                twilio = true;
            }
            at = end;
        }
        self.amazon_secrets()
    }

    /// Mailgun's: 32 hex digits, and twice 8 more behind dashes.
    fn mailgun(&mut self, word: &Range<usize>) -> Step {
        let end = self.runs.end(Set::Word, word.end, self.fuel)?;
        let tail = &self.bytes[word.end..end];
        let is_part = |part: &[u8]| part[0] == b'-' && part[1..].iter().all(u8::is_ascii_hexdigit);
        if tail.len() == 18 && tail.chunks(9).all(is_part) {
            self.found.push((word.start..end, Self::maker("Mailgun")));
        }
        Ok(())
    }

    fn lines(&self, part: Range<usize>) -> usize {
        self.bytes[part].iter().filter(|byte| **byte == b'\n').count()
    }

    /// A word that is no id, beside an id: a client's secret, in Spotify's format.
    fn client_pair(
        &mut self,
        hex: &Range<usize>,
        first: Option<Range<usize>>,
        ids: &mut HashSet<usize>,
        kind: CredentialKind,
    ) {
        let label = self.label(hex);
        if says_id(&label) {
            ids.insert(hex.start);
            // A named id may follow its secret.
            if let Some(first) = first.filter(|it| !ids.contains(&it.start)) {
                let other = self.label(&first);
                if !says_id(&other) && !says_other(&other) {
                    self.found.push((first, CredentialKind::ClientSecret));
                }
            }
            return;
        }
        if says_other(&label) {
            return;
        }
        let Some(first) = first else { return };
        let between = &self.text[first.end..hex.start];
        let joined = between.len() <= 8 && between.contains(['"', '\'', ':', ',']) && !between.contains('=');
        let other = self.label(&first);
        if ids.contains(&first.start) || says_id(&other) || joined && !says_other(&other) {
            self.found.push((hex.clone(), kind));
        }
    }

    /// Returns the words before a value that name it.
    fn label(&self, value: &Range<usize>) -> String {
        let from = self.floor(value.start.saturating_sub(LABEL));
        let before = &self.text[from..value.start];
        before[before.rfind(['\n', ',', '&', ';', '(']).map_or(0, |at| at + 1)..].to_lowercase()
    }

    /// The 40 characters beside an Amazon key id.
    fn amazon_secrets(&mut self) -> Step {
        for at in std::mem::take(&mut self.amazon).into_iter().take(64) {
            let mut from = at + 20;
            let until = self.bytes.len().min(at + 300);
            while from < until {
                let end = self.runs.end(Set::Token, from, self.fuel)?;
                // `=` and `-` belong to the text around it.
                // After a token's end, a character may have several bytes.
                let run = self.text.get(from..end).unwrap_or_default();
                let word = run.rsplit(['=', '-', '.']).next().unwrap_or_default();
                if word.len() == 40 && is_mixed(word) && word.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    self.found.push((end - 40..end, Self::maker("Amazon Web Services")));
                }
                from = end + 1;
            }
        }
        Ok(())
    }

    /// Three parts with dots between: a bot's id in base64, a time, a signature.
    fn discord_token(&mut self, first: &Range<usize>) -> Step {
        if !matches!(self.byte(first.start), b'M' | b'N' | b'O') {
            return Ok(());
        }
        let second = first.end + 1;
        let middle = self.bytes[second..].iter().take(8).take_while(|byte| Set::Word.holds(**byte)).count();
        let third = second + middle + 1;
        if !(6..=7).contains(&middle) || self.byte(third - 1) != b'.' {
            return Ok(());
        }
        let end = self.runs.end(Set::Word, third, self.fuel)?;
        if end - third >= 24 {
            self.found.push((first.start..end, CredentialKind::DiscordToken));
        }
        Ok(())
    }
}

/// The largest private key in PEM: 16,384 bits of RSA take 13 KB.
const LARGEST_KEY: usize = 16 << 10;
/// The length of a Spotify client id or secret, in hex digits.
const HEX: usize = 32;
/// The bytes of a manifest before and after the line that names its kind.
const MANIFEST: usize = 4 << 10;
/// How near an id and its secret are to each other and to a word that names them, in bytes and in lines.
const PAIR: usize = 400;
const PAIR_LINES: usize = 2;
/// Bytes before a value that may name it.
const LABEL: usize = 120;

fn says_id(label: &str) -> bool {
    (label.contains("client") || label.contains("spotify") || label.contains("app"))
        && label.contains("id")
        && !label.contains("secret")
        && !says_other(label)
}

fn says_other(label: &str) -> bool {
    const OTHERS: [&str; 16] = [
        "trace", "span", "request", "hash", "md5", "etag", "session", "user", "uuid", "commit", "digest",
        "cluster", "image", "playlist", "device", "version",
    ];
    OTHERS.iter().any(|word| label.contains(word))
}

/// Returns whether the rest of a key's name says that its value is something else: `token_type`, `secretName`.
fn names_another(rest: &str) -> bool {
    const OTHERS: [&str; 34] = [
        "type",
        "url",
        "uri",
        "endpoint",
        "expire",
        "expir",
        "file",
        "path",
        "name",
        "length",
        "count",
        "limit",
        "ttl",
        "lifetime",
        "scope",
        "info",
        "status",
        "error",
        "policy",
        "format",
        "kind",
        "issued",
        "ref",
        "hint",
        "field",
        "reset",
        "valid",
        "version",
        "created",
        "rotat",
        "provider",
        "storage",
        "manager",
        "authentic",
    ];
    let rest = rest.to_ascii_lowercase();
    let rest = rest.trim_start_matches(['_', '-']);
    OTHERS.iter().any(|other| rest.starts_with(other))
        || ["name", "ref", "path", "file", "url"].iter().any(|end| rest.ends_with(end))
        || matches!(rest, "id" | "ids" | "in" | "at" | "exp")
}
