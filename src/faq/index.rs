//! What the search knows of each entry, made once: its words, its pairs of words, and its phrases.
//!
//! Never: no verdict; how much is enough is decided in [`search`](super::search).

use std::collections::{HashMap, HashSet};

use super::{entry::Entry, lexicon::Lexicon, nearness::Vocabulary, terms::Terms, topics::Place};

// The numbers below were set on tests/data/faq/tune.jsonl and are measured on report.jsonl by tests/it/faq_measure.rs.

/// What a word counts for, by where the entry uses it.
const IN_TITLE: f32 = 3.0;
const IN_ALIAS: f32 = 2.5;
const IN_KEYWORD: f32 = 3.0;
const IN_FINGERPRINT: f32 = 2.0;
const IN_SHORT: f32 = 1.2;
const IN_TEXT: f32 = 0.5;
/// How soon more uses of a word stop counting (BM25's k1).
const SATURATION: f32 = 1.6;
/// What two words side by side count for, against one of the same rarity.
const PAIR: f32 = 0.6;
/// What a repeated phrase counts for, against its words alone, and what it counts for when it is repeated whole.
const PHRASE: f32 = 0.9;
const WHOLE: f32 = 2.5;
/// How much of a product's name counts for belief: that somebody uses Envoy does not say that this is about our Envoy.
const NAME: f32 = 0.4;
/// Beyond so many words a text is a story: what it does not share with an entry counts no further.
const STORY: usize = 14;

/// The index of a handbook.
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
    entries: usize,
}

/// A title, an alias or a keyword.
#[derive(Debug, Clone)]
struct Phrase {
    entry: usize,
    terms: Vec<String>,
    mass: f32,
}

/// A question as the index understands it.
pub(super) struct Asked {
    words: Vec<Word>,
    pairs: Vec<Word>,
    /// The mass of all its words.
    total: f32,
    /// Where the products that it names are met.
    pub(super) places: HashSet<Place>,
}

/// A word as the handbook spells it, and how sure that spelling is (1 for the very word).
struct Word {
    term: String,
    sure: f32,
    mass: f32,
    /// Whether it is a product's name.
    name: bool,
}

/// What speaks for an entry.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Support {
    /// The mass that speaks for it.
    pub(super) mass: f32,
    /// The part of the question's mass that it explains, 0 to 1.
    pub(super) share: f32,
    /// What of its mass is owed to product names alone.
    names: f32,
}

impl Support {
    /// How much the question is about this entry: much that agrees, and little that does not.
    pub(super) fn belief(self) -> f32 {
        (self.mass - (1.0 - NAME) * self.names) * self.share
    }
}

impl Index {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut weights: HashMap<String, HashMap<usize, f32>> = HashMap::new();
        let mut strong: HashSet<String> = HashSet::new();
        let mut phrases = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            for (text, weight) in fields(entry) {
                let terms = Terms::of(&text);
                if weight >= IN_FINGERPRINT {
                    strong.extend(terms.0.iter().cloned());
                    for pair in terms.pairs() {
                        *weights.entry(pair).or_default().entry(at).or_default() += weight;
                    }
                }
                for term in terms.distinct() {
                    *weights.entry(term).or_default().entry(at).or_default() += weight;
                }
            }
            for said in std::iter::once(&entry.title).chain(&entry.aliases).chain(&entry.keywords) {
                phrases.push(Phrase { entry: at, terms: Terms::of(said).distinct(), mass: 0.0 });
            }
        }
        let topics = |users: &HashMap<usize, f32>| {
            users
                .keys()
                .filter_map(|at| entries.get(*at))
                .map(|entry| entry.topic.name)
                .collect::<HashSet<_>>()
                .len()
        };
        let all = entries.iter().map(|entry| entry.topic.name).collect::<HashSet<_>>().len();
        let rarity_of = |topics: usize| ((1.0 + count(all)) / (0.5 + count(topics))).ln().max(0.1);
        let rarity: HashMap<String, f32> =
            weights.iter().map(|(term, users)| (term.clone(), rarity_of(topics(users)))).collect();
        for phrase in &mut phrases {
            phrase.mass = phrase.terms.iter().filter_map(|term| rarity.get(term)).sum();
        }
        let saturate = |users: HashMap<usize, f32>| {
            users.into_iter().map(|(at, w)| (at, w / (w + SATURATION))).collect()
        };
        Self {
            uses: weights.into_iter().map(|(term, users)| (term, saturate(users))).collect(),
            rarity,
            unknown: rarity_of(1),
            phrases,
            vocabulary: Vocabulary::of(strong),
            entries: entries.len(),
        }
    }

    /// Reads a question's words as the handbook spells them.
    pub(super) fn read(&self, text: &str) -> Asked {
        let lexicon = Lexicon::builtin();
        let mut guesses = 0;
        let words: Vec<Word> = Terms::of(text)
            .0
            .into_iter()
            .map(|term| {
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
                let name = lexicon.place(&term).is_some();
                Word { mass: self.rarity.get(&term).copied().unwrap_or(self.unknown), term, sure, name }
            })
            .collect();
        let places = words.iter().filter_map(|word| lexicon.place(&word.term)).collect();
        let pairs = words
            .windows(2)
            .filter_map(|two| {
                let term = format!("{} {}", two[0].term, two[1].term);
                let mass = PAIR * self.rarity.get(&term)?;
                Some(Word { term, sure: two[0].sure * two[1].sure, mass, name: false })
            })
            .collect();
        let words = once_each(words);
        Asked {
            total: words.iter().take(STORY).map(|word| word.mass).sum(),
            pairs: once_each(pairs),
            words,
            places,
        }
    }

    /// What speaks for each entry.
    pub(super) fn weigh(&self, asked: &Asked) -> Vec<Support> {
        let mut support = vec![Support::default(); self.entries];
        let users = |term: &str| self.uses.get(term).map(Vec::as_slice).unwrap_or_default();
        for word in &asked.words {
            for &(entry, weight) in users(&word.term) {
                support[entry].mass += word.mass * word.sure * weight;
                if word.name {
                    support[entry].names += word.mass * word.sure * weight;
                }
                support[entry].share += word.mass * word.sure * (weight * 2.0).min(1.0);
            }
        }
        for pair in &asked.pairs {
            for &(entry, weight) in users(&pair.term) {
                support[entry].mass += pair.mass * pair.sure * weight;
            }
        }
        for (entry, bonus) in self.repeated(asked).into_iter().enumerate() {
            support[entry].mass += bonus;
        }
        for entry in &mut support {
            entry.share = if asked.total > 0.0 { (entry.share / asked.total).min(1.0) } else { 0.0 };
        }
        support
    }

    /// For each entry, what the phrase of its counts for that the question repeats best.
    fn repeated(&self, asked: &Asked) -> Vec<f32> {
        let sure: HashMap<&str, f32> =
            asked.words.iter().map(|word| (word.term.as_str(), word.sure)).collect();
        let mut best = vec![0.0_f32; self.entries];
        for phrase in self.phrases.iter().filter(|phrase| phrase.mass > 0.0) {
            let mass = |term: &String| {
                sure.get(term.as_str()).map_or(0.0, |sure| sure * self.rarity.get(term).unwrap_or(&0.0))
            };
            let matched: f32 = phrase.terms.iter().map(mass).sum();
            let part = matched / phrase.mass;
            let whole = if phrase.terms.len() > 1 { WHOLE * part.powi(4) } else { 0.0 };
            best[phrase.entry] = best[phrase.entry].max(PHRASE * matched * part * part + whole);
        }
        best
    }
}

/// The texts of an entry, each with what a word in it counts for.
fn fields(entry: &Entry) -> Vec<(String, f32)> {
    let mut fields = vec![(entry.title.clone(), IN_TITLE), (entry.short.clone(), IN_SHORT)];
    fields.extend(entry.aliases.iter().map(|alias| (alias.clone(), IN_ALIAS)));
    fields.extend(entry.keywords.iter().map(|keyword| (keyword.clone(), IN_KEYWORD)));
    let literals: HashSet<&String> = entry
        .fingerprints
        .iter()
        .flat_map(|print| print.all.iter().chain(&print.any).chain(&print.flag))
        .collect();
    fields.extend(literals.into_iter().map(|literal| (literal.clone(), IN_FINGERPRINT)));
    let optional =
        [&entry.developers, &entry.causes, &entry.dont].map(|text| text.as_deref().unwrap_or_default());
    let body = format!("{} {} {} {}", entry.meaning, entry.yours, entry.steps.join(" "), optional.join(" "));
    fields.push((body, IN_TEXT));
    fields
}

/// Each word once, in order of first appearance.
fn once_each(words: Vec<Word>) -> Vec<Word> {
    let mut seen = HashSet::new();
    words.into_iter().filter(|word| seen.insert(word.term.clone())).collect()
}

/// Counts here are of words and entries: far below what an `f32` holds exactly.
fn count(n: usize) -> f32 {
    u16::try_from(n).map_or(f32::from(u16::MAX), f32::from)
}
