//! Free text to entries, or an honest "I do not know this one".
//!
//! Three kinds of evidence are added up in one currency, the rarity of the words that agree (their *mass*): words that
//! an entry uses, phrases (titles and aliases) that the question repeats, and fingerprints that it quotes.
//!
//! Never: no list of questions and their answers; what an entry answers stands in the entry.

use std::collections::{HashMap, HashSet};

use super::{
    Handbook,
    entry::Entry,
    lexicon::Lexicon,
    nearness::Vocabulary,
    terms::{self, Terms},
    topics::Place,
};

/// The most hits of an answer: what a menu under it can show without scrolling on a phone.
pub const HITS: usize = 5;

/// How sure the handbook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The first hit answers the question.
    Answer,
    /// One of the hits may answer it.
    Suggest,
    /// The handbook does not know this one; there are no hits.
    None,
}

impl Verdict {
    /// The word for it in `--json`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Suggest => "suggest",
            Self::None => "none",
        }
    }
}

/// What a question found.
#[derive(Debug, Clone)]
pub struct Search<'a> {
    /// How sure the handbook is.
    pub verdict: Verdict,
    /// At most [`HITS`], best first.
    pub hits: Vec<Hit<'a>>,
    /// Whether "where did you see it?" would help: the question names no product, and the best hits differ in it.
    pub ask_where: bool,
}

/// One entry that was found.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// The mass that speaks for it; comparable within one search only.
    pub score: f32,
}

// The numbers below were set on tests/data/faq/tune.jsonl and are measured on report.jsonl by tests/it/faq.rs.

/// What a word counts for, by where the entry uses it.
const IN_TITLE: f32 = 3.0;
const IN_ALIAS: f32 = 2.5;
const IN_KEYWORD: f32 = 3.0;
const IN_FINGERPRINT: f32 = 2.0;
const IN_SHORT: f32 = 1.2;
const IN_TEXT: f32 = 0.5;
/// How soon more uses of a word stop counting (BM25's k1).
const SATURATION: f32 = 1.6;
/// What a wholly repeated phrase counts for, against its words alone.
const PHRASE: f32 = 0.9;
/// The mass of a fingerprint of rank 100.
const FINGERPRINT: f32 = 9.0;
/// What is left of an entry's mass when the question names products of another place.
const ELSEWHERE: f32 = 0.55;
const NEARBY: f32 = 0.9;
/// Mass under which nothing is said, and from which the first hit may be the answer.
const SUGGEST_FROM: f32 = 4.5;
const ANSWER_FROM: f32 = 9.0;
/// The part of the question's mass that the first hit must explain to be even suggested, and to be the answer.
const SUGGEST_SHARE: f32 = 0.22;
const ANSWER_SHARE: f32 = 0.5;
/// How much the first hit must lead the first one about something else to be the answer.
const ANSWER_LEAD: f32 = 1.15;
/// Beyond so many words a text is a story: what it does not share with an entry counts no further.
const STORY: usize = 14;

/// What the search knows of each entry, made once.
#[derive(Debug, Clone)]
pub(super) struct Index {
    /// By term: in which entries, and its weight there after saturation (0 to 1).
    uses: HashMap<String, Vec<(usize, f32)>>,
    /// By term: how rare it is.
    rarity: HashMap<String, f32>,
    /// The rarity of a word that the handbook never uses.
    unknown: f32,
    phrases: Vec<Phrase>,
    vocabulary: Vocabulary,
}

#[derive(Debug, Clone)]
struct Phrase {
    entry: usize,
    terms: Vec<String>,
    mass: f32,
}

/// A question's term: as the handbook spells it, and how sure that spelling is (1 for the very word).
struct Asked {
    term: String,
    sure: f32,
    mass: f32,
}

impl Index {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut uses: HashMap<String, Vec<(usize, f32)>> = HashMap::new();
        let mut topics: HashMap<String, HashSet<&str>> = HashMap::new();
        let mut strong: HashSet<String> = HashSet::new();
        let mut phrases = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let mut weights: HashMap<String, f32> = HashMap::new();
            let mut add = |text: &str, weight: f32, once: bool| {
                let terms = Terms::of(text);
                for term in if once { terms.distinct() } else { terms.0 } {
                    if weight >= IN_FINGERPRINT {
                        strong.insert(term.clone());
                    }
                    topics.entry(term.clone()).or_default().insert(entry.topic.name);
                    *weights.entry(term).or_default() += weight;
                }
            };
            add(&entry.title, IN_TITLE, true);
            add(&entry.aliases.join(" \n "), IN_ALIAS, false);
            add(&entry.keywords.join(" \n "), IN_KEYWORD, true);
            let literals: Vec<&str> = entry
                .fingerprints
                .iter()
                .flat_map(|print| print.all.iter().chain(&print.any))
                .map(String::as_str)
                .collect();
            add(&literals.join(" \n "), IN_FINGERPRINT, true);
            add(&entry.short, IN_SHORT, true);
            let more = [entry.developers.as_deref(), entry.causes.as_deref(), entry.dont.as_deref()]
                .map(Option::unwrap_or_default);
            let body =
                format!("{} {} {} {}", entry.meaning, entry.yours, entry.steps.join(" "), more.join(" "));
            add(&body, IN_TEXT, true);
            for (term, weight) in weights {
                uses.entry(term).or_default().push((at, weight / (weight + SATURATION)));
            }
            for said in std::iter::once(&entry.title).chain(&entry.aliases).chain(&entry.keywords) {
                phrases.push(Phrase { entry: at, terms: Terms::of(said).distinct(), mass: 0.0 });
            }
        }
        let all: HashSet<&str> = entries.iter().map(|entry| entry.topic.name).collect();
        let rarity_of = |topics: usize| ((1.0 + count(all.len())) / (0.5 + count(topics))).ln().max(0.1);
        let rarity: HashMap<String, f32> =
            topics.iter().map(|(term, topics)| (term.clone(), rarity_of(topics.len()))).collect();
        for phrase in &mut phrases {
            phrase.mass = phrase.terms.iter().filter_map(|term| rarity.get(term)).sum();
        }
        Self { uses, rarity, unknown: rarity_of(1), phrases, vocabulary: Vocabulary::of(strong) }
    }

    /// The question's terms as the handbook spells them, and the mass of the question.
    fn read(&self, text: &str) -> (Vec<Asked>, f32) {
        let mut asked = Vec::new();
        let mut total = 0.0;
        let mut guesses = 0;
        for (at, term) in Terms::of(text).distinct().into_iter().enumerate() {
            let (term, sure) = if self.rarity.contains_key(&term) {
                (term, 1.0)
            } else {
                guesses += 1;
                // A long paste is full of names that are nobody's typo.
                match self.vocabulary.nearest(&term).filter(|_| guesses <= 2 * STORY) {
                    Some((near, sure)) => (near.to_owned(), sure),
                    None => (term, 0.0),
                }
            };
            let mass = self.rarity.get(&term).copied().unwrap_or(self.unknown);
            if at < STORY {
                total += mass;
            }
            if sure > 0.0 {
                asked.push(Asked { term, sure, mass });
            }
        }
        (asked, total)
    }
}

impl Handbook {
    /// Finds the entries that answer a question: a few words, a sentence, or a story with an error pasted into it.
    pub fn search(&self, question: &str) -> Search<'_> {
        let index = &self.index;
        let (asked, total) = index.read(question);
        let mut scores = vec![0.0_f32; self.entries.len()];
        let mut explained = vec![0.0_f32; self.entries.len()];
        for word in &asked {
            for &(entry, weight) in index.uses.get(&word.term).map(Vec::as_slice).unwrap_or_default() {
                scores[entry] += word.mass * word.sure * weight;
                explained[entry] += word.mass * word.sure * (weight * 2.0).min(1.0);
            }
        }
        for (entry, bonus) in index.repeated(&asked).into_iter().enumerate() {
            scores[entry] += bonus;
        }
        let mut certain = vec![false; self.entries.len()];
        for finding in self.diagnose(question).findings {
            let Some(&entry) = self.by_id.get(&finding.entry.id) else { continue };
            scores[entry] += FINGERPRINT * f32::from(finding.rank) / 100.0;
            certain[entry] |= finding.rank >= 60;
        }
        let words = terms::split(question);
        let places = Lexicon::builtin().places(&words);
        for (at, entry) in self.entries.iter().enumerate() {
            scores[at] *= fit(entry.topic.place, &places);
        }
        let mut order: Vec<usize> = (0..self.entries.len()).filter(|at| scores[*at] > 0.0).collect();
        order.sort_by(|a, b| {
            scores[*b].total_cmp(&scores[*a]).then_with(|| self.entries[*a].id.cmp(&self.entries[*b].id))
        });
        let Some(&first) = order.first() else {
            return Search { verdict: Verdict::None, hits: Vec::new(), ask_where: false };
        };
        let rival = order
            .iter()
            .find(|at| self.entries[**at].topic != self.entries[first].topic)
            .map_or(0.0, |at| scores[*at]);
        let share = if total > 0.0 { explained[first] / total } else { 0.0 };
        let wish = Lexicon::builtin().is_wish(&words);
        let verdict = if scores[first] < SUGGEST_FROM || (share < SUGGEST_SHARE && !certain[first]) {
            Verdict::None
        } else if wish || scores[first] < ANSWER_FROM || scores[first] < rival * ANSWER_LEAD {
            Verdict::Suggest
        } else if share >= ANSWER_SHARE || certain[first] {
            Verdict::Answer
        } else {
            Verdict::Suggest
        };
        if verdict == Verdict::None {
            return Search { verdict, hits: Vec::new(), ask_where: false };
        }
        let hits: Vec<Hit<'_>> =
            order.iter().take(HITS).map(|at| Hit { entry: &self.entries[*at], score: scores[*at] }).collect();
        let close: HashSet<Place> = hits
            .iter()
            .filter(|hit| hit.score >= scores[first] * 0.7)
            .map(|hit| hit.entry.topic.place)
            .collect();
        Search { verdict, ask_where: places.is_empty() && close.len() > 1, hits }
    }
}

impl Index {
    /// For each entry, the mass of the phrase of its that the question repeats best.
    fn repeated(&self, asked: &[Asked]) -> Vec<f32> {
        let sure: HashMap<&str, f32> = asked.iter().map(|word| (word.term.as_str(), word.sure)).collect();
        let entries = self.phrases.last().map_or(0, |phrase| phrase.entry + 1);
        let mut best = vec![0.0_f32; entries];
        for phrase in &self.phrases {
            let matched: f32 = phrase
                .terms
                .iter()
                .map(|term| {
                    sure.get(term.as_str()).copied().unwrap_or(0.0)
                        * self.rarity.get(term).copied().unwrap_or(0.0)
                })
                .sum();
            if phrase.mass > 0.0 {
                let whole = matched / phrase.mass;
                best[phrase.entry] = best[phrase.entry].max(PHRASE * matched * whole * whole);
            }
        }
        best
    }
}

/// How well an entry's place fits the places that a question names.
fn fit(place: Place, named: &HashSet<Place>) -> f32 {
    if named.is_empty() || named.contains(&place) || place == Place::Anywhere {
        1.0
    } else if place == Place::Spotify
        || named.iter().all(|named| matches!(named, Place::Spotify | Place::VCenter))
        || place == Place::VCenter
    {
        ELSEWHERE
    } else {
        NEARBY
    }
}

/// Counts here are of words and entries: far below what an `f32` holds exactly.
fn count(n: usize) -> f32 {
    u16::try_from(n).map_or(f32::from(u16::MAX), f32::from)
}
