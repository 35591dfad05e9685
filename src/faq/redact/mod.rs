//! Secrets in pasted text, found before anything is echoed, logged or stored.
//!
//! Text is normalised (`plain`), then searched for makers' marks (`makers`) and by context (`places`). Each secret is mapped
//! back and removed whole, wherever it occurs again in the text. A note of its kind replaces it. Line breaks stay, so that
//! line numbers still hold.
//!
//! Invariant: no secret, nor a part of one, is in any output of this module. Work and memory are linear in the text.

use std::{collections::HashSet, ops::Range};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

mod makers;
mod places;
mod plain;
mod runs;
mod words;

pub use self::makers::Maker;
use self::plain::Plain;
use self::runs::Set;
pub use super::credentials::{CredentialKind, FoundCredential};
use super::fuel::{Fuel, OutOfFuel};

/// The most secrets that are searched for again, and the most bytes of each: bounds the automaton.
const AGAIN: usize = 256;
const NEEDLE: usize = 64;
/// A shorter secret is part of too many other words.
const SHORTEST: usize = 6;

/// Pasted text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The text, each secret replaced by `[… removed]`.
    pub text: String,
    /// What was found, in order of appearance; a secret that occurs twice counts once.
    pub secrets: Vec<FoundCredential>,
}

/// Finds and removes every secret.
pub fn redact(text: &str) -> Redacted {
    // cannot fail: endless fuel neither runs out nor is cancelled
    redact_within(text, &mut Fuel::endless()).expect("endless fuel")
}

/// Finds and removes every secret, limited by fuel.
pub fn redact_within(text: &str, fuel: &mut Fuel) -> Result<Redacted, OutOfFuel> {
    let plain = Plain::read(text, fuel)?;
    let places = merged(places::find(&plain.text, fuel)?, fuel)?;
    if places.is_empty() {
        return Ok(Redacted { text: text.to_owned(), secrets: Vec::new() });
    }
    let repeats = Repeats::of(&plain.text, &places, fuel)?;
    let mut found = repeats.as_ref().map_or(Ok(Vec::new()), |repeats| repeats.find(&plain.text, fuel))?;
    found.extend(
        places
            .into_iter()
            .flat_map(|Place { range, kinds }| kinds.into_iter().map(move |kind| (range.clone(), kind))),
    );
    let places = merged(found, fuel)?;
    let mut seen: HashSet<(&str, CredentialKind)> = HashSet::new();
    let (mut secrets, mut originals) = (Vec::new(), Vec::new());
    for Place { range, kinds } in &places {
        let said = head(&plain.text[range.clone()], NEEDLE);
        let new = kinds.iter().filter(|kind| seen.insert((said, **kind)));
        secrets.extend(new.map(|kind| FoundCredential { kind: *kind }));
        originals.extend(kinds.first().map(|kind| (plain.original(range), *kind)));
    }
    // An escape sequence may have taken the first letter of a repeat, which is whole in the original.
    if let Some(repeats) = repeats.filter(|_| plain.text != text) {
        originals.extend(repeats.find(text, fuel)?);
    }
    fuel.spend(text.len())?;
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for Place { range, kinds } in merged(originals, fuel)? {
        let Some(kind) = kinds.first() else { continue };
        out.push_str(&text[end..range.start]);
        out.push('[');
        out.push_str(&kind.name());
        out.push_str(" removed]");
        out.extend(text[range.clone()].matches('\n'));
        end = range.end;
    }
    out.push_str(&text[end..]);
    Ok(Redacted { text: out, secrets })
}

/// A secret's position and kinds: the first kind names it, the others are makers whose marks are within.
struct Place {
    range: Range<usize>,
    kinds: Vec<CredentialKind>,
}

/// Merges overlapping positions.
fn merged(mut found: Vec<(Range<usize>, CredentialKind)>, fuel: &mut Fuel) -> Result<Vec<Place>, OutOfFuel> {
    fuel.spend(found.len() * 16)?;
    found.retain(|(range, _)| !range.is_empty());
    found.sort_by_key(|(range, kind)| (range.start, *kind));
    let mut places: Vec<Place> = Vec::new();
    for (range, kind) in found {
        match places.last_mut() {
            Some(last) if range.start < last.range.end => {
                last.range.end = last.range.end.max(range.end);
                if matches!(kind, CredentialKind::Made(_)) && !last.kinds.contains(&kind) {
                    last.kinds.push(kind);
                }
            }
            _ => places.push(Place { range, kinds: vec![kind] }),
        }
    }
    Ok(places)
}

/// The secrets that were found, to be found again.
struct Repeats<'a> {
    matcher: AhoCorasick,
    known: Vec<(&'a str, CredentialKind)>,
}

impl<'a> Repeats<'a> {
    /// Returns `None` if no secret is long enough to be told from other words.
    fn of(text: &'a str, places: &[Place], fuel: &mut Fuel) -> Result<Option<Self>, OutOfFuel> {
        let mut known: Vec<(&str, CredentialKind)> = Vec::new();
        let mut seen = HashSet::new();
        for place in places {
            let secret = text[place.range.clone()].trim();
            let needle = head(secret, NEEDLE);
            if is_searchable(secret) && known.len() < AGAIN && seen.insert(needle) {
                known.extend(place.kinds.first().map(|kind| (needle, *kind)));
            }
        }
        fuel.spend(known.len() * NEEDLE)?;
        // It fails only past 2^31 states. The plainest automaton: tables for every byte would take longer to build than they save.
        let matcher = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .match_kind(MatchKind::LeftmostLongest)
            .build(known.iter().map(|(needle, _)| *needle));
        Ok(matcher.ok().filter(|_| !known.is_empty()).map(|matcher| Self { matcher, known }))
    }

    /// Returns where these secrets are in a text, in order.
    fn find(&self, text: &str, fuel: &mut Fuel) -> Result<Vec<(Range<usize>, CredentialKind)>, OutOfFuel> {
        fuel.spend(text.len())?;
        let bytes = text.as_bytes();
        let mut found: Vec<(Range<usize>, CredentialKind)> = Vec::new();
        let mut taken = 0;
        for hit in self.matcher.find_iter(text) {
            let (needle, kind) = self.known[hit.pattern().as_usize()];
            if hit.start() < taken || !is_apart(text, hit.range(), needle) {
                continue;
            }
            // Of a long secret only the head was searched for, so the rest of its word is removed too.
            let rest = bytes[hit.end()..].iter().take_while(|byte| Set::Token.holds(**byte)).count();
            fuel.spend(rest + 1)?;
            taken = if needle.len() >= NEEDLE / 2 { hit.end() + rest } else { hit.end() };
            found.push((hit.start()..taken, kind));
        }
        Ok(found)
    }
}

/// Returns the first bytes of a text, up to a character boundary.
fn head(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

/// Returns whether a secret is searched for again. A short word in lower case occurs in too many places that are no secret.
fn is_searchable(secret: &str) -> bool {
    let word = secret.bytes().all(|byte| byte.is_ascii_lowercase());
    secret.len() >= SHORTEST && (!word || secret.len() > 8)
}

/// Returns whether a word that was a secret is a word here too. A secret that is no word matches anywhere.
fn is_apart(text: &str, at: Range<usize>, needle: &str) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let before = at.start.checked_sub(1).and_then(|before| text.as_bytes().get(before));
    !needle.bytes().all(|byte| byte.is_ascii_alphabetic())
        || needle.len() >= 16
        || !word(before) && !word(text.as_bytes().get(at.end))
}
