//! A pasted error or log to findings: what was recognised, where, and what to read about it.
//!
//! The fingerprints are data in the entries. This file knows only how text is built: words, lines, and the field of an
//! Envoy access log that holds response flags. All literals are looked for in one pass over the text.

use std::ops::Range;

use super::{
    Faq,
    entry::{FaqEntry, Fingerprint, FingerprintScope},
    fuel::{Fuel, OutOfFuel},
    lexicon::Lexicon,
    paste::Paste,
    pattern_matches::{PatternMatch, PatternMatches, PatternSet, PatternSetBuilder},
    redact,
};

/// The most findings that are told: beyond them an answer is a wall.
pub const FINDINGS: usize = 8;
/// How many lines apart the literals of one fingerprint may stand.
const REACH: usize = 5;
/// How many characters of a paste are quoted.
const QUOTE: usize = 160;
/// A finding so much less specific than one at the same place adds nothing.
const OVERSHADOWED: u8 = 25;
/// How many places of a fingerprint are tried: a log that repeats a line a million times is understood by then.
const TRIES: usize = 300;
/// The same for one with a regex, which reads the lines around each place.
const REGEX_TRIES: usize = 64;
/// How many bytes of those lines it reads on either side: a line may be the whole paste.
const AROUND: usize = 2_048;

/// From this rank on a fingerprint names its entry without doubt.
pub(super) const CERTAIN: u8 = 60;

/// Whether anything was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiagnosisVerdict {
    /// There is at least one finding.
    Found,
    /// Nothing was recognised; a guess would be worse.
    None,
}

impl DiagnosisVerdict {
    /// The word for it in `--json`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::None => "none",
        }
    }
}

/// What a paste holds.
#[derive(Debug, Clone)]
pub struct Diagnosis<'a> {
    /// Whether anything was recognised.
    pub verdict: DiagnosisVerdict,
    /// At most [`FINDINGS`], the most specific first, one for an entry.
    pub findings: Vec<Finding<'a>>,
    /// Credentials that stand in the paste; none of them is in a finding.
    pub secrets: Vec<redact::FoundCredential>,
}

/// One error that was recognised.
#[derive(Debug, Clone)]
pub struct Finding<'a> {
    /// The entry that explains it.
    pub entry: &'a FaqEntry,
    /// The words by which it was recognised, as they stand in the paste, without secrets. Text from outside: escape it.
    pub matched: String,
    /// The line of the paste on which they stand, from 1.
    pub line: usize,
    /// Which product said it, if the words give that away.
    pub says: Option<&'a str>,
    /// How specific the fingerprint is, 1 to 100.
    pub rank: u8,
}

impl Finding<'_> {
    /// The topic of the entry.
    pub fn topic(&self) -> &'static str {
        self.entry.topic.name
    }
}

/// Every fingerprint of an FAQ, compiled for one pass.
#[derive(Debug, Clone)]
pub(super) struct Fingerprints {
    watchlist: PatternSet,
    prints: Vec<CompiledFingerprint>,
}

#[derive(Debug, Clone)]
struct CompiledFingerprint {
    entry: usize,
    nth: usize,
    all: Vec<usize>,
    any: Vec<usize>,
    none: Vec<usize>,
}

/// A place where a fingerprint holds.
pub(super) struct FingerprintMatch {
    /// The place of its entry among all.
    pub(super) entry: usize,
    nth: usize,
    pub(super) rank: u8,
    /// Whether it holds by nothing but the names of products.
    pub(super) only_names: bool,
    length: usize,
    quote: Range<usize>,
    line: usize,
}

impl Fingerprints {
    pub(super) fn of(entries: &[FaqEntry]) -> Self {
        let mut wanted = PatternSetBuilder::default();
        let mut prints = Vec::new();
        for (entry, owner) in entries.iter().enumerate() {
            for (nth, print) in owner.fingerprints.iter().enumerate() {
                let mut keys = |literals: &[String]| {
                    literals.iter().map(|literal| wanted.literal(literal)).collect::<Vec<_>>()
                };
                let (mut all, any, none) = (keys(&print.all), keys(&print.any), keys(&print.none));
                all.extend(print.flag.as_deref().map(|flag| wanted.flag(flag)));
                prints.push(CompiledFingerprint { entry, nth, all, any, none });
            }
        }
        Self { watchlist: PatternSet::of(wanted), prints }
    }
}

impl Faq {
    /// Recognises the errors in pasted text: an error message, a log, a trace, the output of `curl`.
    pub fn diagnose(&self, pasted: &str) -> Diagnosis<'_> {
        // cannot fail: endless fuel neither runs out nor is cancelled
        self.diagnose_within(pasted, &mut Fuel::endless()).expect("endless fuel")
    }

    /// The same, as long as there is fuel.
    pub fn diagnose_within(&self, pasted: &str, fuel: &mut Fuel) -> Result<Diagnosis<'_>, OutOfFuel> {
        let clean = redact::redact_within(pasted, fuel)?;
        fuel.spend(clean.text.len())?;
        let paste = Paste::read(&clean.text);
        let findings: Vec<Finding<'_>> = self
            .recognise(&paste, fuel)?
            .into_iter()
            .map(|found| {
                let entry = &self.entries[found.entry];
                Finding {
                    entry,
                    matched: quote(paste.original(found.quote)),
                    line: found.line + 1,
                    says: entry.fingerprints.get(found.nth).and_then(|print| print.says.as_deref()),
                    rank: found.rank,
                }
            })
            .collect();
        let verdict = if findings.is_empty() { DiagnosisVerdict::None } else { DiagnosisVerdict::Found };
        Ok(Diagnosis { verdict, findings, secrets: clean.secrets })
    }

    /// The fingerprints that hold in a paste, the most specific first, at most [`FINDINGS`], one for an entry.
    pub(super) fn recognise(
        &self,
        paste: &Paste<'_>,
        fuel: &mut Fuel,
    ) -> Result<Vec<FingerprintMatch>, OutOfFuel> {
        let seen = self.prints.watchlist.watch(paste, fuel)?;
        let mut matches: Vec<FingerprintMatch> = Vec::new();
        for print in &self.prints.prints {
            matches.extend(self.probe(print, paste, &seen, fuel)?);
        }
        matches.sort_by(|a, b| {
            let key = |found: &FingerprintMatch| {
                (std::cmp::Reverse((found.rank, found.length)), found.line, found.entry)
            };
            key(a).cmp(&key(b))
        });
        let mut stored: Vec<FingerprintMatch> = Vec::new();
        for found in matches {
            let reported = stored.iter().any(|better| {
                better.entry == found.entry
                    || (better.line.abs_diff(found.line) <= REACH
                        && better.rank >= found.rank.saturating_add(OVERSHADOWED))
            });
            if !reported {
                stored.push(found);
            }
        }
        stored.truncate(FINDINGS);
        Ok(stored)
    }

    /// The first place where a fingerprint holds.
    fn probe(
        &self,
        print: &CompiledFingerprint,
        paste: &Paste<'_>,
        seen: &PatternMatches,
        fuel: &mut Fuel,
    ) -> Result<Option<FingerprintMatch>, OutOfFuel> {
        let rule = self.entries.get(print.entry).and_then(|entry| entry.fingerprints.get(print.nth));
        let Some(rule) = rule else { return Ok(None) };
        // The rarest literal that must occur leads: where it is not, nothing else needs looking at.
        let lead = print.all.iter().copied().min_by_key(|key| seen.of(*key).len());
        let tries = match (rule.scope, &rule.regex) {
            // Anywhere in the paste is the same from each place.
            (FingerprintScope::Paste, _) => 1,
            (FingerprintScope::Line, Some(_)) => REGEX_TRIES,
            (FingerprintScope::Line, None) => TRIES,
        };
        let some = |key: usize| seen.of(key).iter().take(tries);
        let leads: Vec<PatternMatch> = if let Some(key) = lead {
            some(key).copied().collect()
        } else {
            let mut leads: Vec<PatternMatch> = print.any.iter().flat_map(|key| some(*key)).copied().collect();
            leads.sort_by_key(|place| place.start);
            leads.dedup_by_key(|place| place.line);
            leads.truncate(tries);
            leads
        };
        for lead in leads {
            fuel.spend(print.all.len() + print.any.len() + print.none.len() + 1)?;
            let found = hold(print, rule, lead, paste, seen, fuel)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// The places around a lead at which a fingerprint's literals are, if it has them all.
fn spans(
    print: &CompiledFingerprint,
    lead: PatternMatch,
    lines: &Range<usize>,
    seen: &PatternMatches,
) -> Option<Vec<PatternMatch>> {
    let near = |key: usize| seen.nearest(key, lead.line, lines);
    let mut spans = vec![lead];
    for &key in &print.all {
        spans.push(near(key)?);
    }
    if !print.any.is_empty() {
        let chosen =
            print.any.iter().filter_map(|key| near(*key)).min_by_key(|seen| seen.line.abs_diff(lead.line));
        spans.push(chosen?);
    }
    print.none.iter().all(|key| near(*key).is_none()).then_some(spans)
}

/// Whether a fingerprint holds around one of its literals.
fn hold(
    print: &CompiledFingerprint,
    rule: &Fingerprint,
    lead: PatternMatch,
    paste: &Paste<'_>,
    seen: &PatternMatches,
    fuel: &mut Fuel,
) -> Result<Option<FingerprintMatch>, OutOfFuel> {
    let line = lead.line;
    let (lines, around) = match rule.scope {
        FingerprintScope::Line => (line.saturating_sub(REACH)..line + REACH + 1, AROUND),
        FingerprintScope::Paste => (0..usize::MAX, usize::MAX),
    };
    let Some(spans) = spans(print, lead, &lines, seen) else { return Ok(None) };
    if let Some(regex) = &rule.regex {
        let window = paste.window(lines, lead.start..lead.end, around);
        // A byte costs an expression several times what it costs anything else here.
        fuel.spend(window.len().saturating_mul(4))?;
        if !regex.is_match(window) {
            return Ok(None);
        }
    }
    let length = spans.iter().map(|seen| seen.end - seen.start).sum();
    // Quoted is what stands together on one line; else the longest literal alone.
    let longest = spans.iter().copied().max_by_key(|seen| seen.end - seen.start).unwrap_or(lead);
    let home = longest.line;
    let together = spans.iter().filter(|seen| seen.line == home && paste.line(seen.end) == home);
    let whole = together
        .fold(longest.start..longest.end, |span, seen| span.start.min(seen.start)..span.end.max(seen.end));
    let quote = if whole.len() <= QUOTE { whole } else { longest.start..longest.end };
    let named = |seen: &PatternMatch| {
        paste.text.get(seen.start..seen.end).is_some_and(|words| Lexicon::builtin().is_names(words))
    };
    // A weak regex beside a name asks for no more than a word such as "error".
    let tells_more = rule.flag.is_some() || (rule.regex.is_some() && rule.rank >= CERTAIN);
    let only_names = !tells_more && spans.iter().all(named);
    let CompiledFingerprint { entry, nth, .. } = *print;
    Ok(Some(FingerprintMatch { entry, nth, rank: rule.rank, only_names, length, quote, line: home }))
}

/// One line of the paste, cut where it is too long.
fn quote(words: &str) -> String {
    let words: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= QUOTE {
        return words;
    }
    words.chars().take(QUOTE - 1).chain(['…']).collect()
}
