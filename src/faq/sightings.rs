//! Where the literals of all fingerprints stand in a paste, found in one pass.
//!
//! Never: no meaning; a sighting is a place.

use std::{collections::HashMap, ops::Range};

use aho_corasick::{AhoCorasick, MatchKind};

use super::paste::Paste;

/// Up to this length a literal must stand alone: "429" is a status, "k429x" is an id; "uh" is a flag, "uhm" a sigh.
const SHORT: usize = 4;

/// Every literal and flag that any fingerprint looks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Watchlist {
    keys: HashMap<Sought, usize>,
    sought: Vec<Sought>,
    matcher: Option<AhoCorasick>,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Sought {
    /// These words, folded.
    Literal(String),
    /// This Envoy response flag, in capitals and alone in its field.
    Flag(String),
}

/// A place in the folded paste.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// By key, every place in order.
pub(super) struct Sightings(Vec<Vec<Sighting>>);

impl Watchlist {
    /// The key of a literal, which must be folded.
    pub(super) fn literal(&mut self, literal: &str) -> usize {
        self.key(Sought::Literal(literal.to_owned()))
    }

    /// The key of an Envoy response flag.
    pub(super) fn flag(&mut self, flag: &str) -> usize {
        self.key(Sought::Flag(flag.to_owned()))
    }

    fn key(&mut self, sought: Sought) -> usize {
        let next = self.sought.len();
        let key = *self.keys.entry(sought.clone()).or_insert(next);
        if key == next {
            self.sought.push(sought);
        }
        key
    }

    /// Makes ready to watch.
    pub(super) fn compile(&mut self) {
        let patterns = self.sought.iter().map(|sought| match sought {
            Sought::Literal(literal) => literal.clone(),
            Sought::Flag(flag) => flag.to_ascii_lowercase(),
        });
        // It fails only past 2^31 states, gigabytes of literals; then nothing is found.
        self.matcher = AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns).ok();
    }

    /// Finds every literal and flag.
    pub(super) fn watch(&self, paste: &Paste<'_>) -> Sightings {
        let mut seen = vec![Vec::new(); self.sought.len()];
        let bytes = paste.text.as_bytes();
        for found in self.matcher.iter().flat_map(|matcher| matcher.find_overlapping_iter(&paste.text)) {
            let key = found.pattern().as_usize();
            let counts = match &self.sought[key] {
                Sought::Literal(literal) => literal.len() > SHORT || stands_alone(bytes, found.range()),
                Sought::Flag(flag) => {
                    stands_alone(bytes, found.range())
                        && paste.original(found.range()) == flag
                        && is_flag_field(&paste.text, found.range(), |part| {
                            self.keys.contains_key(&Sought::Flag(part.to_ascii_uppercase()))
                        })
                }
            };
            if counts {
                seen[key].push(Sighting { start: found.start(), end: found.end() });
            }
        }
        for places in &mut seen {
            places.sort_by_key(|place| place.start);
        }
        Sightings(seen)
    }
}

impl Sightings {
    /// Every place of a key, in order.
    pub(super) fn of(&self, key: usize) -> &[Sighting] {
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The place of a key within these lines that is nearest to this one.
    pub(super) fn nearest(
        &self,
        key: usize,
        line: usize,
        lines: &Range<usize>,
        paste: &Paste<'_>,
    ) -> Option<Sighting> {
        let places = self.of(key);
        let after = places.partition_point(|place| paste.line(place.start) < line);
        let candidates =
            places.get(after).into_iter().chain(after.checked_sub(1).and_then(|before| places.get(before)));
        candidates
            .copied()
            .filter(|place| lines.contains(&paste.line(place.start)))
            .min_by_key(|place| paste.line(place.start).abs_diff(line))
    }
}

/// Whether no letter or digit touches either end, and a number is no part of a longer one ("12,503", "0.429").
fn stands_alone(text: &[u8], place: Range<usize>) -> bool {
    let at = |index: Option<usize>| index.and_then(|index| text.get(index)).copied().unwrap_or(b' ');
    let before = |back: usize| at(place.start.checked_sub(back));
    let after = |on: usize| at(Some(place.end - 1 + on));
    let (first, last) = (at(Some(place.start)), at(place.end.checked_sub(1)));
    let number = |mark: u8, next: u8| matches!(mark, b'.' | b',' | b':') && next.is_ascii_digit();
    let joined_before =
        word(first) && (word(before(1)) || first.is_ascii_digit() && number(before(1), before(2)));
    let joined_after = word(last) && (word(after(1)) || last.is_ascii_digit() && number(after(1), after(2)));
    !joined_before && !joined_after
}

/// A letter, a digit, or a part of one beyond ASCII.
fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether this flag stands where a log has its response flags: right after the status code, after a key that is named
/// for flags, before a detail such as `route_not_found`, or in a list of nothing but flags.
fn is_flag_field(text: &str, place: Range<usize>, is_flag: impl Fn(&str) -> bool) -> bool {
    let bytes = text.as_bytes();
    let in_field = |byte: &u8| byte.is_ascii_lowercase() || *byte == b',';
    let start = place.start - bytes[..place.start].iter().rev().take_while(|byte| in_field(byte)).count();
    let end = place.end + bytes[place.end..].iter().take_while(|byte| in_field(byte)).count();
    let (before, field, after) = (&text[..start], text[start..end].trim_matches(','), &text[end..]);
    let parts: Vec<&str> = field.split(',').collect();
    if !parts.iter().all(|part| is_flag(part)) {
        return false;
    }
    if parts.len() > 1 || field.len() > 2 {
        return true;
    }
    let before = before.trim_end_matches([' ', '"', '\'', '(', '[', '=', ':', '|', '`']);
    let previous =
        before.rsplit([' ', '"', '\'', '(', '{', ',', '=', ':', '|', '`', '/']).next().unwrap_or_default();
    let status = previous == "0"
        || previous.len() == 3 && previous.parse().is_ok_and(|code: u16| (100..600).contains(&code));
    let detail = after.trim_start_matches(['"', ',']).strip_prefix(' ').is_some_and(|rest| {
        let next = rest.split([' ', ',', '"']).next().unwrap_or_default();
        next.contains('_') && next.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    });
    status || detail || previous.ends_with("flag") || previous.ends_with("flags")
}
