//! Whatever is pasted, reading it takes work in proportion to its length. Work is counted in steps, not in time.

use healthy_upstream::commands::UserError;
use healthy_upstream::faq::{
    Faq,
    fuel::{Fuel, OutOfFuel},
    redact::{Maker, redact_within},
};
use healthy_upstream::i18n::Language;

use crate::scene::{decide, facts, typed, well};

/// The length of the shorter paste of each pair, in bytes.
const LENGTH: usize = 24 << 10;
/// The most steps a byte: with half of the default fuel, 1 MiB is read.
const STEPS: u64 = 128;

/// Pieces that are repeated until a paste is long enough, with `#` for a number that differs each time.
const REPEATED: &[&str] = &[
    // What brought the bot down.
    "BQ7dA9Xy3b#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    "token=BQ7dA9Xy3b#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    "Authorization: Bearer aB#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nzZ9#bbbbbbbbbbbbbbbbbbbbbbbbbbbb\n",
    "pwd=aaa",
    "pwd=aaa#\n",
    // Keys without values, values without ends.
    "pwd=xxxx",
    "pass=/",
    "password=$",
    "password=\"",
    "password=\"a\\\"",
    "token='\\\"",
    "token:[({",
    "secret",
    "secret ",
    "secret: \n",
    "api_key => Some(",
    "name: token\n  value: ",
    "token: str = ",
    "password=a;",
    "password=a&b=",
    "password=,,,,,,,,",
    // Marks without bodies, and within each other.
    "ghp_",
    "sk-",
    "sk-ant-sk-proj-xoxb-",
    "ghp_aB3dE5fG7hI9jK1l",
    "hf_glpat-npm_SG.AKIA",
    "AKIAABCDEFGHIJKLMNOP ",
    "eyJ",
    "eyJaaaaaaaaaa.",
    "a.b.c.",
    "MTE5OTk5OTk5OTk5OTk5OTk5.GabcDE.",
    "AC0123456789abcdef0123456789abcdef 0123456789abcdef0123456789abcdef ",
    "client 0123456789abcdef0123456789abcde# ",
    "spotify",
    ":AA",
    "123456789:AA",
    "Q~",
    "mfa.",
    "BQAQ",
    // Addresses, headers, cookies, commands.
    "://",
    "://a:b",
    "://a:b@",
    "https://discord.com/api/webhooks/123456789012345678/",
    "hooks.slack.com/services/",
    "/webhooks/",
    "authorization",
    "authorization: bearer ",
    "Authorization: Basic ",
    "bearer bearer ",
    "cookie: ",
    "Cookie: a=",
    "set-cookie: a='b\n",
    " -b ",
    " -u a:",
    " -u a:b",
    " --user 'a:b",
    "auth=('a', '",
    "?code=aaaa",
    "&key=",
    // Private keys without end.
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n",
    "-----BEGIN RSA PRIVATE KEY----- -----END",
    "-----END",
    // What is normalised.
    "\u{1b}",
    "\u{1b}[31m",
    "\u{1b}]0;a",
    "\u{1b}[38;5;",
    "[31m",
    "\u{200b}",
    "p\u{200b}wd=\u{200b}aB3\u{200b}",
    "%",
    "%25",
    "%2525252525253D",
    "%70%77%64%3D",
    "\\",
    "\\\\\\\\n",
    "\\u00",
    "\\u003d",
    "&",
    "&amp;",
    "&#x3D;",
    "＝ｐｗｄ",
    "ａ",
    "😀",
    "e\u{301}",
    "İ",
    "\u{0}",
    "\u{a0}",
    "\r",
    "\r\n",
    "\n",
    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nno healthy\n\n\n\nupstream",
    " ",
    "\t",
    // Walls and nests.
    "a",
    "aB3",
    "=",
    ".",
    ":",
    "-",
    "\"",
    "'",
    "`",
    "[",
    "{",
    "{\"a\":",
    "{\"token\":{\"",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA\n",
    // Logs, flags, fingerprints.
    "UH",
    "UH.",
    "uh \"\"\"\"\"\"\"\"UH ",
    "503 UH - ",
    "UF,URX,",
    "503 ",
    "503\n",
    "429 503 404 401 ",
    "no healthy upstream ",
    "upstream connect error or disconnect/reset before headers. reset reason: ",
    "spotify 503 error 429 token expired 401 http\n",
    "envoy nginx spotify librespot error failed connection refused\n",
    "<html><head><title>503</title>\n",
    "Traceback (most recent call last):\n  File \"spotipy/client.py\", line #, in _internal_call\n",
];

fn repeated(piece: &str, length: usize) -> String {
    let mut text = String::with_capacity(length + piece.len());
    for n in 0.. {
        if text.len() >= length {
            break;
        }
        text.push_str(&piece.replace('#', &format!("{n:05}")));
    }
    text
}

/// Pastes of two parts, and of every fingerprint's and every maker's words.
/// A shape of paste: its name, and a paste of about so many bytes.
type Shape = (String, Box<dyn Fn(usize) -> String>);

fn shapes() -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    for piece in REPEATED {
        shapes.push((format!("{piece:?}"), Box::new(|length| repeated(piece, length))));
    }
    // 200 nested passwords and one long run of what they are made of.
    shapes.push((
        "nested".into(),
        Box::new(|length| {
            let nested =
                (0..200).map(|n| format!("pwd={}\n", "a".repeat(n + 4))).collect::<Vec<_>>().concat();
            nested + &"a".repeat(length)
        }),
    ));
    for (name, between) in [("one line", " "), ("many lines", "\n"), ("one word", "")] {
        let marks: Vec<&str> = Maker::all().flat_map(Maker::prefixes).collect();
        let all = marks.join(between) + between;
        shapes.push((format!("marks: {name}"), Box::new(move |length| repeated(&all, length))));
        let bodies = marks.join(&format!("aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5z#{between}"));
        shapes.push((format!("keys: {name}"), Box::new(move |length| repeated(&bodies, length))));
        let literals: Vec<String> = Faq::builtin()
            .entries()
            .iter()
            .flat_map(|entry| &entry.fingerprints)
            .flat_map(|print| print.all.iter().chain(&print.any).chain(&print.flag))
            .cloned()
            .collect();
        let literals = literals.join(between) + between;
        shapes.push((format!("fingerprints: {name}"), Box::new(move |length| repeated(&literals, length))));
    }
    shapes
}

/// Counts the steps of reading this.
fn steps(text: &str) -> u64 {
    let mut fuel = Fuel::endless();
    assert!(Faq::builtin().diagnose_within(text, &mut fuel).is_ok());
    fuel.spent()
}

#[test]
fn work_grows_no_faster_than_the_paste() {
    let mut worst = (0, String::new());
    for (name, shape) in shapes() {
        let (short, long) = (shape(LENGTH), shape(2 * LENGTH));
        let (few, many) = (steps(&short), steps(&long));
        assert!(
            many <= few * 9 / 4 + 65_536,
            "{name}: {few} steps for {}, {many} for {}",
            short.len(),
            long.len()
        );
        let each = many / u64::try_from(long.len()).expect("short");
        assert!(each <= STEPS, "{name}: {each} steps a byte");
        worst = worst.max((each, name));
    }
    println!("at most {} steps a byte: {}", worst.0, worst.1);
}

#[test]
fn what_was_found_is_bounded_by_the_paste() {
    for (name, shape) in shapes() {
        let text = shape(LENGTH);
        let clean = redact_within(&text, &mut Fuel::endless()).expect("endless");
        assert!(clean.secrets.len() <= text.len() / 4, "{name}: {} secrets", clean.secrets.len());
        assert!(clean.text.len() <= 10 * text.len(), "{name}: {} bytes", clean.text.len());
        assert_eq!(clean.text.matches('\n').count(), text.matches('\n').count(), "{name}");
    }
}

#[test]
fn without_fuel_nothing_is_read_further() {
    let text = repeated("token=BQ7dA9Xy3b#aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", LENGTH);
    let whole = steps(&text);
    for part in [0, 1, whole / 7, whole / 2, whole - 1] {
        let mut fuel = Fuel::new(part);
        assert_eq!(Faq::builtin().diagnose_within(&text, &mut fuel).err(), Some(OutOfFuel));
        assert!(fuel.spent() <= part + u64::try_from(text.len()).expect("short"), "it stops at once");
    }
    let fuel = Fuel::endless();
    fuel.switch().store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(Faq::builtin().diagnose_within(&text, &mut fuel.clone()).is_err(), "cancelled");
}

#[test]
fn too_much_to_read_is_said_in_every_language() {
    let mut facts = facts(well("13:00:00"));
    facts.fuel = Fuel::new(100);
    for language in Language::all() {
        let mut asked = typed("diagnose", &[("error", &repeated("no healthy upstream ", 5_000))]);
        asked.language = language;
        assert_eq!(decide(&asked, &facts), Err(UserError(language.say("diagnose-too-much"))));
    }
    assert!(Language::ENGLISH.say("diagnose-too-much").starts_with("That is too much to read at once."));
}
