//! Turns a pasted error or log into findings: what was recognised, on which line, and what to read about it.
//!
//! The fingerprints are data in the entries. This file only knows how text is built: words, lines, and the field of an
//! Envoy access log that holds response flags. All literals are searched for in one pass over the text.

use std::ops::Range;

use super::{
    Faq,
    entry::{FaqEntry, Fingerprint, FingerprintScope},
    fuel::{Fuel, OutOfFuel},
    lexicon::{ForeignService, Lexicon},
    paste::Paste,
    pattern_matches::{PatternMatch, PatternMatches, PatternSet, PatternSetBuilder},
    redact,
};

/// The most findings that are reported: a longer answer is a wall of text.
pub const FINDINGS: usize = 8;
/// How many lines apart the literals of one fingerprint may be.
const REACH: usize = 5;
/// How many characters of a paste are quoted.
const QUOTE: usize = 160;
/// A finding whose rank is this much lower than that of one at the same position adds nothing.
const OVERSHADOWED: u8 = 25;
/// How many positions of a fingerprint are tried: enough for a log that repeats a line a million times.
const TRIES: usize = 300;
/// The same for a fingerprint with a regex, which reads the lines around each position.
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
    /// Returns its name in `--json`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::None => "none",
        }
    }
}

/// What was found in a paste.
#[derive(Debug, Clone)]
pub struct Diagnosis<'a> {
    /// Whether anything was recognised.
    pub verdict: DiagnosisVerdict,
    /// At most [`FINDINGS`], the most specific first, one per entry.
    pub findings: Vec<Finding<'a>>,
    /// Credentials in the paste; none of them is in a finding.
    pub secrets: Vec<redact::FoundCredential>,
}

/// One error that was recognised.
#[derive(Debug, Clone)]
pub struct Finding<'a> {
    /// The entry that explains it.
    pub entry: &'a FaqEntry,
    /// The words by which it was recognised, as the paste has them, without secrets. Text from outside: escape it.
    pub matched: String,
    /// The line of the paste that holds them, from 1.
    pub line: usize,
    /// The product that wrote the error, if the words show it.
    pub says: Option<&'a str>,
    /// How specific the fingerprint is, 1 to 100.
    pub rank: u8,
    /// The service that it is about, if the paste names one that has no entry.
    pub service: Option<&'static ForeignService>,
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
    patterns: PatternSet,
    known: Vec<CompiledFingerprint>,
    /// Every name of a service, by its key.
    services: Vec<(usize, &'static ForeignService)>,
}

#[derive(Debug, Clone)]
struct CompiledFingerprint {
    entry: usize,
    nth: usize,
    all: Vec<usize>,
    any: Vec<usize>,
    none: Vec<usize>,
}

/// A position where a fingerprint matches.
pub(super) struct FingerprintMatch {
    /// The index of its entry.
    pub(super) entry: usize,
    nth: usize,
    pub(super) rank: u8,
    /// Whether it matches only by the names of products.
    pub(super) only_names: bool,
    /// Whether it is a status, and no text that a program writes.
    pub(super) only_status: bool,
    length: usize,
    quote: Range<usize>,
    line: usize,
    service: Option<&'static ForeignService>,
}

impl Fingerprints {
    pub(super) fn of(entries: &[FaqEntry]) -> Self {
        let mut wanted = PatternSetBuilder::default();
        let mut prints = Vec::new();
        let lexicon = Lexicon::builtin();
        let names = lexicon.service_words().map(|(name, service)| (wanted.name(&name), service));
        let mut services: Vec<_> = names.collect();
        services.extend(lexicon.service_signs().map(|(sign, service)| (wanted.literal(&sign), service)));
        for (entry, owner) in entries.iter().enumerate() {
            for (nth, print) in owner.fingerprints.iter().enumerate() {
                let mut keys = |literals: &[String]| {
                    literals.iter().map(|literal| wanted.literal(literal)).collect::<Vec<_>>()
                };
                let (mut all, any, none) = (keys(&print.all), keys(&print.any), keys(&print.none));
                all.extend(print.flag.as_deref().map(|flag| wanted.flag(flag)));
                // One per status: the position of a status leads like that of any required literal.
                let statuses = print.status.iter().map(|status| Some(wanted.status(*status)));
                let statuses: Vec<Option<usize>> =
                    if print.status.is_empty() { vec![None] } else { statuses.collect() };
                for status in statuses {
                    let all = all.iter().copied().chain(status).collect();
                    prints.push(CompiledFingerprint {
                        entry,
                        nth,
                        all,
                        any: any.clone(),
                        none: none.clone(),
                    });
                }
            }
        }
        Self { patterns: PatternSet::of(wanted), known: prints, services }
    }
}

impl Faq {
    /// Recognises the errors in pasted text: an error message, a log, a trace, the output of `curl`.
    pub fn diagnose(&self, pasted: &str) -> Diagnosis<'_> {
        // cannot fail: endless fuel neither runs out nor is cancelled
        self.diagnose_within(pasted, &mut Fuel::endless()).expect("endless fuel")
    }

    /// The same, limited by fuel.
    pub fn diagnose_within(&self, pasted: &str, fuel: &mut Fuel) -> Result<Diagnosis<'_>, OutOfFuel> {
        let clean = redact::redact_within(pasted, fuel)?;
        fuel.spend(clean.text.len())?;
        let paste = Paste::read(&clean.text);
        let findings: Vec<Finding<'_>> = self
            .identify(&paste, fuel)?
            .into_iter()
            .map(|found| {
                let entry = &self.entries[found.entry];
                Finding {
                    entry,
                    matched: quote(paste.original(found.quote)),
                    line: found.line + 1,
                    says: entry.fingerprints.get(found.nth).and_then(|print| print.says.as_deref()),
                    rank: found.rank,
                    service: found.service,
                }
            })
            .collect();
        let verdict = if findings.is_empty() { DiagnosisVerdict::None } else { DiagnosisVerdict::Found };
        Ok(Diagnosis { verdict, findings, secrets: clean.secrets })
    }

    /// Returns the fingerprints that match a paste, the most specific first, at most [`FINDINGS`], one per entry.
    pub(super) fn identify(
        &self,
        paste: &Paste<'_>,
        fuel: &mut Fuel,
    ) -> Result<Vec<FingerprintMatch>, OutOfFuel> {
        let seen = self.prints.patterns.watch(paste, fuel)?;
        let mut matches: Vec<FingerprintMatch> = Vec::new();
        for print in &self.prints.known {
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

    /// Returns the first position where a fingerprint matches.
    fn probe(
        &self,
        print: &CompiledFingerprint,
        paste: &Paste<'_>,
        seen: &PatternMatches,
        fuel: &mut Fuel,
    ) -> Result<Option<FingerprintMatch>, OutOfFuel> {
        let rule = self.entries.get(print.entry).and_then(|entry| entry.fingerprints.get(print.nth));
        let Some(rule) = rule else { return Ok(None) };
        // The rarest required literal leads: if it is absent, nothing else needs a check.
        let lead = print.all.iter().copied().min_by_key(|key| seen.of(*key).len());
        let tries = match (rule.scope, &rule.regex) {
            // "Anywhere in the paste" has the same result from each position.
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
        let services: &[_] = if rule.service { &self.prints.services } else { &[] };
        for lead in leads {
            fuel.spend(print.all.len() + print.any.len() + print.none.len() + services.len() + 1)?;
            let service = services
                .iter()
                .filter_map(|(key, service)| Some((seen.of(*key).first()?.start, service)))
                .min_by_key(|(start, _)| *start)
                .map(|(_, service)| *service);
            if rule.service && service.is_none() {
                return Ok(None);
            }
            let found = hold(print, rule, lead, paste, seen, fuel)?;
            if let Some(found) = found {
                return Ok(Some(FingerprintMatch { service, ..found }));
            }
        }
        Ok(None)
    }
}

/// Returns the positions around a lead that hold a fingerprint's literals, if all are there.
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

/// Returns whether a fingerprint matches around one of its literals.
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
        // A byte costs a regex several times what it costs anything else here.
        fuel.spend(window.len().saturating_mul(4))?;
        if !regex.is_match(window) {
            return Ok(None);
        }
    }
    let length = spans.iter().map(|seen| seen.end - seen.start).sum();
    // Quotes the literals that share a line; otherwise only the longest literal.
    let longest = spans.iter().copied().max_by_key(|seen| seen.end - seen.start).unwrap_or(lead);
    let home = longest.line;
    let together = spans.iter().filter(|seen| seen.line == home && paste.line(seen.end) == home);
    let whole = together
        .fold(longest.start..longest.end, |span, seen| span.start.min(seen.start)..span.end.max(seen.end));
    let line_of = paste.line_range(home);
    let quote = if !rule.status.is_empty() && line_of.len() <= QUOTE {
        // A bare number says little, so its whole line is quoted.
        line_of
    } else if whole.len() <= QUOTE {
        whole
    } else {
        longest.start..longest.end
    };
    let named = |seen: &PatternMatch| {
        paste.text.get(seen.start..seen.end).is_some_and(|words| Lexicon::builtin().is_names(words))
    };
    // A weak regex beside a name needs no more than a word such as "error".
    let tells_more =
        rule.flag.is_some() || !rule.status.is_empty() || (rule.regex.is_some() && rule.rank >= CERTAIN);
    let only_names = !tells_more && spans.iter().all(named);
    let CompiledFingerprint { entry, nth, .. } = *print;
    let only_status = !rule.status.is_empty();
    let rank = rule.rank;
    Ok(Some(FingerprintMatch {
        entry,
        nth,
        rank,
        only_names,
        only_status,
        length,
        quote,
        line: home,
        service: None,
    }))
}

/// Returns one line of the paste, cut if it is too long.
fn quote(words: &str) -> String {
    let words: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= QUOTE {
        return words;
    }
    words.chars().take(QUOTE - 1).chain(['…']).collect()
}
