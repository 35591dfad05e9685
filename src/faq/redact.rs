//! Credentials in pasted text, found before anything is echoed, logged or stored.
//!
//! A secret goes away whole, wherever else in the text it stands again. What is left in its place names its kind, and
//! keeps the line breaks, so that line numbers still hold.
//!
//! Never: no secret, nor a part of one, in any output of this module.

use std::{collections::HashSet, ops::Range};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

pub use super::credentials::{Kind, Secret};
use super::shapes::{BARE, CLIENT, HEX, NEEDLES, RULES, Rule, on_characters};

/// Pasted text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The text, each secret replaced by `[… removed]`.
    pub text: String,
    /// What was found, in order of appearance; a secret that stands twice counts once.
    pub secrets: Vec<Secret>,
}

/// Words so long that they may be a credential, unannounced.
fn long_words(text: &str) -> impl Iterator<Item = Range<usize>> {
    const IN_WORD: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
            byte += 1;
        }
        table
    };
    const SHORTEST: usize = 24;
    let bytes = text.as_bytes();
    let in_word = |at: usize| bytes.get(at).is_some_and(|byte| IN_WORD[usize::from(*byte)]);
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            // Whoever looks at every 24th byte misses no word of 24; the ends of one are found from there.
            while at < bytes.len() && !in_word(at) {
                at += SHORTEST;
            }
            if at >= bytes.len() {
                return None;
            }
            let start = at - bytes[..at].iter().rev().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
            let end = at + bytes[at..].iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
            at = end + SHORTEST;
            if end - start >= SHORTEST {
                return Some(start..end);
            }
        }
    })
}

/// Finds and removes every credential.
pub fn redact(text: &str) -> Redacted {
    let mut found: Vec<(Range<usize>, Kind)> = Vec::new();
    let mut look = |rule: &Rule, window: Range<usize>| {
        let places = rule.shape.places(text, window).into_iter();
        found.extend(places.filter(|it| (rule.is_secret)(&text[it.clone()])).map(|it| (it, rule.kind)));
    };
    let (matcher, owners) = &*NEEDLES;
    // By rule: how far its needles have been seen, and the lines around them that have still to be looked at. Windows
    // that touch are one, so that no line is read twice.
    let mut seen = vec![0; RULES.len()];
    let mut waiting: Vec<Option<Range<usize>>> = vec![None; RULES.len()];
    let mut client = false;
    for needle in matcher.find_overlapping_iter(text) {
        let at = owners[needle.pattern().as_usize()];
        let Some(rule) = RULES.get(at) else {
            client = true;
            continue;
        };
        if needle.start() < seen[at] {
            continue;
        }
        seen[at] = line_end(text, needle.end());
        let window = around(text, needle.range(), rule.kind);
        match &mut waiting[at] {
            Some(before) if window.start <= before.end => before.end = before.end.max(window.end),
            before => {
                if let Some(ready) = before.replace(window) {
                    look(rule, ready);
                }
            }
        }
    }
    for (rule, window) in RULES.iter().zip(waiting) {
        if let Some(ready) = window {
            look(rule, ready);
        }
    }
    let mut hexes = Vec::new();
    for word in long_words(text) {
        for (kind, _, shape) in BARE.iter().filter(|bare| bare.1 <= word.len()) {
            found.extend(shape.places(text, word.clone()).into_iter().map(|it| (it, *kind)));
        }
        if client {
            hexes.extend(hex_words(text, word));
        }
    }
    found.extend(client_pairs(text, &hexes));
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

/// The parts of a long word that are [`HEX`] hex digits, no more and no less.
fn hex_words(text: &str, word: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut at = word.start;
    text[word].split(['.', '-']).filter_map(move |part| {
        let start = at;
        at += part.len() + 1;
        (part.len() == HEX && part.bytes().all(is_digit)).then_some(start..start + HEX)
    })
}

/// How near to each other a client's id and secret stand, in bytes and in lines.
const PAIR: usize = 400;
const PAIR_LINES: usize = 2;
/// The most bytes before a value that are its label.
const LABEL: usize = 120;

/// An unnamed 32-digit hex word beside a client id is the client's secret: that is how Spotify's come.
fn client_pairs(text: &str, hexes: &[Range<usize>]) -> Vec<(Range<usize>, Kind)> {
    let label = |hex: &Range<usize>, cuts: &[char]| {
        let from = on_characters(text, hex.start.saturating_sub(LABEL)..hex.start).start;
        let before = &text[from..hex.start];
        before[before.rfind(cuts).map_or(0, |at| at + 1)..].to_lowercase()
    };
    let named = |hex: &Range<usize>| label(hex, &['\n', ',', '&', ';', '(']);
    let is_id = |label: &str| label.contains(CLIENT) && label.contains("id") && !label.contains("secret");
    let is_other = |label: &str| {
        [
            "trace", "span", "request", "hash", "md5", "etag", "session", "user", "uuid", "commit", "digest",
            "cluster",
        ]
        .iter()
        .any(|word| label.contains(word))
    };
    let beside = |one: &Range<usize>, other: &Range<usize>| {
        let (from, to) = (one.start.min(other.start), one.end.max(other.end));
        to - from <= PAIR && text[from..to].matches('\n').count() <= PAIR_LINES
    };
    let mut found = Vec::new();
    for (at, hex) in hexes.iter().enumerate() {
        let own = named(hex);
        if is_id(&own) || is_other(&own) {
            continue;
        }
        let before = hexes[..at].iter().rev().take_while(|other| beside(hex, other));
        let after = hexes[at + 1..].iter().take_while(|other| beside(hex, other));
        let id_near = before.chain(after).any(|other| is_id(&named(other)));
        let credentials =
            at > 0 && beside(hex, &hexes[at - 1]) && label(&hexes[at - 1], &['\n']).contains(CLIENT);
        if id_near || credentials {
            found.push((hex.clone(), Kind::ClientSecret));
        }
    }
    found
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
    // The plainest kind: tables for every byte of a secret of some KiB would take seconds to make.
    let mut builder = AhoCorasick::builder();
    builder.kind(Some(AhoCorasickKind::NoncontiguousNFA));
    if !known.is_empty()
        && let Ok(again) = builder.build(known.iter().map(|(secret, _)| *secret))
    {
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
    let mut seen: HashSet<&str> = HashSet::new();
    let mut secrets = Vec::new();
    let mut end = 0;
    for (range, kind) in merged {
        let secret = &text[range.clone()];
        out.push_str(&text[end..range.start]);
        out.push('[');
        out.push_str(kind.name());
        out.push_str(" removed]");
        out.extend(secret.matches('\n'));
        if seen.insert(secret) {
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
