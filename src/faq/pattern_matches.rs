//! Where the literals of all fingerprints are in a paste, found in one pass.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use aho_corasick::{AhoCorasick, MatchKind};

use super::{
    fuel::{Fuel, OutOfFuel},
    paste::Paste,
    status,
};

/// Up to this length a literal must be a word of its own: "429" is a status, "k429x" is an id; "uh" is a flag, "uhm" a sigh.
const SHORT: usize = 4;
/// The most bytes of a field of flags on either side of one: Envoy knows some thirty, a log has one to three of them.
const FIELD: usize = 32;

/// Collects every literal and flag of all fingerprints.
#[derive(Debug, Default)]
pub(super) struct PatternSetBuilder {
    keys: HashMap<Sought, usize>,
    patterns: Vec<String>,
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Sought {
    /// These words, folded.
    Literal(String),
    /// This Envoy response flag, in capitals and alone in its field.
    Flag(String),
    /// The name of a service, folded, alone.
    Name(String),
    /// This HTTP status, if the text reports one.
    Status(u16),
}

/// Every literal and flag of all fingerprints, ready to search for.
#[derive(Debug, Clone)]
pub(super) struct PatternSet {
    matcher: Option<AhoCorasick>,
    /// By key: when a match of it counts.
    counts: Vec<Counts>,
    /// Every flag, in lower case.
    flags: HashSet<String>,
}

/// When a match of a literal counts.
#[derive(Debug, Clone)]
enum Counts {
    Always,
    /// When it is a word of its own: it is short.
    Alone,
    /// When it is this flag, in a field of flags.
    Flag(String),
    /// When it is reported as the status of an answer.
    Status,
}

/// A position in the folded paste.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PatternMatch {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The line of the paste on which it starts, from 0.
    pub(super) line: usize,
}

/// By key, every position in order.
pub(super) struct PatternMatches(Vec<Vec<PatternMatch>>);

impl PatternSetBuilder {
    /// Returns the key of a literal, which must be folded.
    pub(super) fn literal(&mut self, literal: &str) -> usize {
        self.key(Sought::Literal(literal.to_owned()), literal.to_owned())
    }

    /// Returns the key of an Envoy response flag.
    pub(super) fn flag(&mut self, flag: &str) -> usize {
        self.key(Sought::Flag(flag.to_owned()), flag.to_ascii_lowercase())
    }

    /// Returns the key of the name of a service, which must be folded.
    pub(super) fn name(&mut self, name: &str) -> usize {
        self.key(Sought::Name(name.to_owned()), name.to_owned())
    }

    /// Returns the key of an HTTP status.
    pub(super) fn status(&mut self, status: u16) -> usize {
        self.key(Sought::Status(status), status.to_string())
    }

    fn key(&mut self, sought: Sought, pattern: String) -> usize {
        let next = self.patterns.len();
        let key = *self.keys.entry(sought).or_insert(next);
        if key == next {
            self.patterns.push(pattern);
        }
        key
    }
}

impl PatternSet {
    /// Compiles the set.
    pub(super) fn of(wanted: PatternSetBuilder) -> Self {
        // It fails only past 2^31 states, gigabytes of literals; then nothing is found.
        let matcher = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&wanted.patterns).ok();
        let mut counts = vec![Counts::Always; wanted.patterns.len()];
        for (sought, key) in wanted.keys {
            counts[key] = match sought {
                Sought::Literal(literal) if literal.len() > SHORT => Counts::Always,
                Sought::Literal(_) | Sought::Name(_) => Counts::Alone,
                Sought::Status(_) => Counts::Status,
                Sought::Flag(flag) => Counts::Flag(flag),
            };
        }
        let flags = counts.iter().filter_map(|counts| match counts {
            Counts::Flag(flag) => Some(flag.to_ascii_lowercase()),
            _ => None,
        });
        Self { flags: flags.collect(), matcher, counts }
    }

    /// Finds every literal and flag, each once per line: a second match on the same line adds nothing.
    pub(super) fn watch(&self, paste: &Paste<'_>, fuel: &mut Fuel) -> Result<PatternMatches, OutOfFuel> {
        let mut seen: Vec<Vec<PatternMatch>> = vec![Vec::new(); self.counts.len()];
        let mut read = 0;
        let bytes = paste.text.as_bytes();
        let lines = paste.line_starts();
        let starts_by = |line: usize, at: usize| lines.get(line).is_some_and(|start| *start as usize <= at);
        let mut line = 0;
        for found in self.matcher.iter().flat_map(|matcher| matcher.find_overlapping_iter(&paste.text)) {
            let key = found.pattern().as_usize();
            fuel.spend(1 + found.end() - read)?;
            read = found.end();
            if matches!(self.counts[key], Counts::Flag(_) | Counts::Status) {
                fuel.spend(2 * FIELD)?;
            }
            let counts = match &self.counts[key] {
                Counts::Always => true,
                Counts::Alone => stands_alone(bytes, found.range()),
                Counts::Status => {
                    stands_alone(bytes, found.range()) && status::is_reported(&paste.text, found.range())
                }
                Counts::Flag(flag) => {
                    stands_alone(bytes, found.range())
                        && paste.original(found.range()) == flag
                        && is_flag_field(&paste.text, found.range(), |part| self.flags.contains(part))
                }
            };
            if counts {
                // Matches come in order of their ends; a long one may have started on a line before.
                let mut lines_passed = 0;
                while line > 0 && !starts_by(line, found.start()) {
                    line -= 1;
                    lines_passed += 1;
                }
                while starts_by(line + 1, found.start()) {
                    line += 1;
                    lines_passed += 1;
                }
                fuel.spend(lines_passed)?;
                if seen[key].last().is_none_or(|last| last.line != line) {
                    seen[key].push(PatternMatch { start: found.start(), end: found.end(), line });
                }
            }
        }
        fuel.spend(bytes.len() - read)?;
        Ok(PatternMatches(seen))
    }
}

impl PatternMatches {
    /// Returns every position of a key, in order.
    pub(super) fn of(&self, key: usize) -> &[PatternMatch] {
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the position of a key within these lines that is nearest to this one.
    pub(super) fn nearest(&self, key: usize, line: usize, lines: &Range<usize>) -> Option<PatternMatch> {
        let places = self.of(key);
        let after = places.partition_point(|place| place.line < line);
        let candidates =
            places.get(after).into_iter().chain(after.checked_sub(1).and_then(|before| places.get(before)));
        candidates
            .copied()
            .filter(|place| lines.contains(&place.line))
            .min_by_key(|place| place.line.abs_diff(line))
    }
}

/// Returns whether no letter or digit touches either end, and a number is no part of a longer one ("12,503", "0.429").
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

/// Returns whether this flag is where a log has its response flags: right after the status code, after a key that is named
/// for flags, before a detail such as `route_not_found`, in a list of only flags, or alone.
fn is_flag_field(text: &str, place: Range<usize>, is_flag: impl Fn(&str) -> bool) -> bool {
    let bytes = text.as_bytes();
    let in_field = |byte: &&u8| byte.is_ascii_lowercase() || **byte == b',';
    let start = place.start - bytes[..place.start].iter().rev().take(FIELD).take_while(in_field).count();
    let end = place.end + bytes[place.end..].iter().take(FIELD).take_while(in_field).count();
    let (before, field, after) = (&text[..start], text[start..end].trim_matches(','), &text[end..]);
    let parts: Vec<&str> = field.split(',').collect();
    if !parts.iter().all(|part| is_flag(part)) {
        return false;
    }
    let nothing_else = text.len() <= 2 * FIELD
        && !before.contains(char::is_alphanumeric)
        && !after.contains(char::is_alphanumeric);
    if parts.len() > 1 || field.len() > 2 || nothing_else {
        return true;
    }
    // Text further away is not read: it would be read again for each flag of a log that is one line.
    let near = (0..=before.len().saturating_sub(2 * FIELD)).rev().find(|at| before.is_char_boundary(*at));
    let before = &before[near.unwrap_or(0)..];
    let before = before.trim_end_matches([' ', '"', '\'', '(', '[', '=', ':', '|', '`']);
    let previous =
        before.rsplit([' ', '"', '\'', '(', '{', ',', '=', ':', '|', '`', '/']).next().unwrap_or_default();
    let status = previous == "0"
        || previous.len() == 3 && previous.parse().is_ok_and(|code: u16| (100..600).contains(&code));
    let detail = after.trim_start_matches(['"', ',']).strip_prefix(' ').is_some_and(|rest| {
        let most = (2 * FIELD..rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let next = rest[..most].split([' ', ',', '"']).next().unwrap_or_default();
        next.contains('_') && next.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    });
    status || detail || previous.ends_with("flag") || previous.ends_with("flags")
}
