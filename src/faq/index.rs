//! What the search knows of each entry, made once: its words, its pairs of words, and its phrases.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::{
    entry::FaqEntry,
    lexicon::Lexicon,
    packed_lists::PackedLists,
    spelling::Vocabulary,
    terms::{self, Term, TermReader},
    topics::{TOPICS, TopicPath},
};

// The numbers below were set on tests/data/faq/tune.jsonl and are measured on report.jsonl by tests/it/faq_measure.rs.

/// What a word counts for, by where the entry uses it. What counts more than a fingerprint is also a phrase.
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
/// What must speak for an entry beside the names of products, before it may be the answer.
const BEYOND_NAMES: f32 = 1.0;
/// Beyond so many words a text is a story: what it does not share with an entry counts no further.
const STORY: usize = 14;

/// The index of an FAQ. A *slot* is the number of a term, or after all terms that of a pair of them.
#[derive(Debug, Clone)]
pub(super) struct Index {
    /// Every term that an entry uses.
    terms: HashMap<Box<str>, Term>,
    /// The slots of two terms that stand side by side.
    pairs: HashMap<(Term, Term), u32>,
    /// By slot: how rare it is.
    rarity: Vec<f32>,
    /// By slot: in which entries, and its weight there after saturation (0 to 1).
    uses: PackedLists<(u16, f32)>,
    /// The rarity of a word that the FAQ never uses.
    unknown: f32,
    phrases: Vec<Phrase>,
    /// By term: the phrases that it stands in.
    said: PackedLists<u16>,
    vocabulary: Vocabulary,
    entries: usize,
}

/// A title, an alias or a keyword.
#[derive(Debug, Clone)]
struct Phrase {
    entry: u16,
    several: bool,
    mass: f32,
}

/// A question as the index understands it.
pub(super) struct ParsedQuestion {
    words: Vec<Word>,
    pairs: Vec<Pair>,
    /// The mass of all its words.
    total: f32,
    /// Where the products that it names are met.
    pub(super) places: HashSet<TopicPath>,
}

/// A word as the FAQ spells it, and how sure that spelling is (1 for the very word).
struct Word {
    text: String,
    term: Option<Term>,
    sure: f32,
    mass: f32,
    /// Whether it is a product's name.
    name: bool,
}

/// Two words side by side, as some entry has them.
struct Pair {
    slot: u32,
    /// Whether both are names of products.
    names: bool,
    /// Its mass, as far as its spelling is sure.
    mass: f32,
}

/// What speaks for an entry.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Score {
    /// The mass that speaks for it.
    pub(super) mass: f32,
    /// The part of the question's mass that it explains, 0 to 1.
    pub(super) share: f32,
    /// What of its mass is owed to product names alone.
    pub(super) names: f32,
}

impl Score {
    /// How much the question is about this entry: much that agrees, and little that does not.
    pub(super) fn belief(self) -> f32 {
        (self.mass - (1.0 - NAME) * self.names) * self.share
    }

    /// Whether hardly more than a product's name speaks for it: that is about the product, and may be about anything.
    pub(super) fn is_bare_name(self) -> bool {
        self.mass - self.names < BEYOND_NAMES
    }
}

impl Index {
    pub(super) fn of(entries: &[FaqEntry], mut reader: TermReader) -> Self {
        // By slot: in which entries, and its weight there. Terms have theirs first; pairs are numbered apart until all
        // terms are known.
        let mut of_terms: Vec<Vec<(u16, f32)>> = Vec::new();
        let mut of_pairs: Vec<Vec<(u16, f32)>> = Vec::new();
        let mut pairs: HashMap<(Term, Term), u32> = HashMap::new();
        let mut strong: HashSet<Term> = HashSet::new();
        let mut phrases = Vec::new();
        let mut holders: Vec<(Term, u16)> = Vec::new();
        for (at, entry) in (0..).zip(entries) {
            for (text, weight) in fields(entry) {
                let terms = reader.read(&text);
                if weight >= IN_FINGERPRINT {
                    strong.extend(&terms);
                    let mut twos: Vec<(Term, Term)> = terms.windows(2).map(|two| (two[0], two[1])).collect();
                    twos.sort_unstable();
                    twos.dedup();
                    for two in twos {
                        let next = u32_of(pairs.len());
                        add(&mut of_pairs, *pairs.entry(two).or_insert(next), at, weight);
                    }
                }
                let terms = terms::distinct(terms);
                for &term in &terms {
                    add(&mut of_terms, term, at, weight);
                }
                if weight > IN_FINGERPRINT {
                    let number = u16::try_from(phrases.len()).unwrap_or(u16::MAX);
                    phrases.push(Phrase { entry: at, several: terms.len() > 1, mass: 0.0 });
                    holders.extend(terms.into_iter().map(|term| (term, number)));
                }
            }
        }
        let terms = reader.into_terms();
        of_terms.resize_with(terms.len(), Vec::new);
        let first_pair = u32_of(terms.len());
        // A topic is a bit.
        let bits: Vec<u64> = entries.iter().map(|entry| 1 << entry.topic.number()).collect();
        let all = bits.iter().fold(0, |set, bit| set | bit).count_ones();
        let topics = |users: &Vec<(u16, f32)>| {
            users.iter().fold(0, |set, user| set | bits[usize::from(user.0)]).count_ones()
        };
        let rarity_of = |topics: u32| ((1.0 + count(all)) / (0.5 + count(topics))).ln().max(0.1);
        let slots = || of_terms.iter().chain(&of_pairs);
        let rarity: Vec<f32> = slots().map(|users| rarity_of(topics(users))).collect();
        let mut said = vec![Vec::new(); terms.len()];
        for (term, number) in holders {
            let (phrase, mass) = (&mut phrases[usize::from(number)], rarity[term as usize]);
            phrase.mass += mass;
            said[term as usize].push(number);
        }
        let saturate = |users: &Vec<(u16, f32)>| {
            users.iter().map(|&(at, weight)| (at, weight / (weight + SATURATION))).collect::<Vec<_>>()
        };
        Self {
            uses: PackedLists::of(slots().map(saturate)),
            unknown: rarity_of(1),
            said: PackedLists::of(said),
            vocabulary: Vocabulary::of(
                terms.iter().filter(|(_, term)| strong.contains(term)).map(|(word, _)| word.as_str()),
            ),
            terms: terms
                .into_iter()
                .filter(|(_, term)| of_terms.get(*term as usize).is_some_and(|users| !users.is_empty()))
                .map(|(word, term)| (word.into(), term))
                .collect(),
            pairs: pairs.into_iter().map(|(two, nth)| (two, first_pair + nth)).collect(),
            rarity,
            phrases,
            entries: entries.len(),
        }
    }

    /// Reads a question's words as the FAQ spells them.
    pub(super) fn read(&self, text: &str) -> ParsedQuestion {
        let lexicon = Lexicon::builtin();
        let mut guesses = 0;
        let words: Vec<Word> = terms::read(text)
            .into_iter()
            .map(|text| {
                let (text, sure) = if self.terms.contains_key(text.as_str()) {
                    (text, 1.0)
                } else {
                    guesses += 1;
                    // A long paste is full of names that are nobody's typo.
                    match self.vocabulary.nearest(&text).filter(|_| guesses <= 2 * STORY) {
                        Some((near, sure)) => (near.to_owned(), sure),
                        None => (text, 0.0),
                    }
                };
                let term = self.terms.get(text.as_str()).copied();
                let mass = term.map_or(self.unknown, |term| self.rarity(term));
                Word { name: lexicon.place(&text).is_some(), text, term, sure, mass }
            })
            .collect();
        let places = words.iter().filter_map(|word| lexicon.place(&word.text)).collect();
        let mut seen = HashSet::new();
        let pairs = words
            .windows(2)
            .filter_map(|two| {
                let slot = *self.pairs.get(&two[0].term.zip(two[1].term)?)?;
                let mass = PAIR * self.rarity(slot) * two[0].sure * two[1].sure;
                let names = two[0].name && two[1].name;
                seen.insert(slot).then_some(Pair { slot, names, mass })
            })
            .collect();
        let mut seen = HashSet::new();
        let words: Vec<Word> = words.into_iter().filter(|word| seen.insert(word.text.clone())).collect();
        ParsedQuestion { total: words.iter().take(STORY).map(|word| word.mass).sum(), pairs, words, places }
    }

    fn rarity(&self, slot: u32) -> f32 {
        self.rarity.get(slot as usize).copied().unwrap_or(self.unknown)
    }

    /// What speaks for each entry.
    pub(super) fn weigh(&self, asked: &ParsedQuestion) -> Vec<Score> {
        let mut support = vec![Score::default(); self.entries];
        let users = |slot: u32| self.uses.row(slot as usize).iter().map(|&(at, w)| (usize::from(at), w));
        for word in &asked.words {
            for (entry, weight) in word.term.into_iter().flat_map(users) {
                support[entry].mass += word.mass * word.sure * weight;
                if word.name {
                    support[entry].names += word.mass * word.sure * weight;
                }
                support[entry].share += word.mass * word.sure * (weight * 2.0).min(1.0);
            }
        }
        for pair in &asked.pairs {
            for (entry, weight) in users(pair.slot) {
                support[entry].mass += pair.mass * weight;
                if pair.names {
                    support[entry].names += pair.mass * weight;
                }
            }
        }
        for (support, (bonus, names)) in support.iter_mut().zip(self.repeated(asked)) {
            support.mass += bonus;
            if names {
                support.names += bonus;
            }
        }
        for entry in &mut support {
            entry.share = if asked.total > 0.0 { (entry.share / asked.total).min(1.0) } else { 0.0 };
        }
        support
    }

    /// For each entry, what the phrase of its counts for that the question repeats best, and whether all that is
    /// repeated are names of products.
    fn repeated(&self, asked: &ParsedQuestion) -> Vec<(f32, bool)> {
        let mut matched = vec![(0.0, true); self.phrases.len()];
        for word in &asked.words {
            for &phrase in word.term.iter().flat_map(|term| self.said.row(*term as usize)) {
                let (mass, names) = &mut matched[usize::from(phrase)];
                *mass += word.sure * word.mass;
                *names &= word.name;
            }
        }
        let mut best = vec![(0.0_f32, true); self.entries];
        for (phrase, (mass, names)) in self.phrases.iter().zip(matched).filter(|(_, matched)| matched.0 > 0.0)
        {
            let part = mass / phrase.mass;
            let whole = if phrase.several { WHOLE * part.powi(4) } else { 0.0 };
            let bonus = PHRASE * mass * part * part + whole;
            let best = &mut best[usize::from(phrase.entry)];
            if bonus > best.0 {
                *best = (bonus, names);
            }
        }
        best
    }
}

/// Adds what a slot counts for in an entry; entries come in order.
fn add(weights: &mut Vec<Vec<(u16, f32)>>, slot: u32, entry: u16, weight: f32) {
    let slot = slot as usize;
    if weights.len() <= slot {
        weights.resize_with(slot + 1, Vec::new);
    }
    match weights[slot].last_mut() {
        Some((last, sum)) if *last == entry => *sum += weight,
        _ => weights[slot].push((entry, weight)),
    }
}

const _: () = assert!(TOPICS.len() <= 64, "a topic is a bit here");

/// The texts of an entry, each with what a word in it counts for.
fn fields(entry: &FaqEntry) -> Vec<(Cow<'_, str>, f32)> {
    let mut fields: Vec<(Cow<'_, str>, f32)> =
        vec![(entry.title.as_str().into(), IN_TITLE), (entry.short.as_str().into(), IN_SHORT)];
    fields.extend(entry.aliases.iter().map(|alias| (alias.into(), IN_ALIAS)));
    fields.extend(entry.keywords.iter().map(|keyword| (keyword.into(), IN_KEYWORD)));
    let literals: HashSet<&String> = entry
        .fingerprints
        .iter()
        .flat_map(|print| print.all.iter().chain(&print.any).chain(&print.flag))
        .collect();
    fields.extend(literals.into_iter().map(|literal| (literal.into(), IN_FINGERPRINT)));
    let optional =
        [&entry.developers, &entry.causes, &entry.dont].map(|text| text.as_deref().unwrap_or_default());
    let body = format!("{} {} {} {}", entry.meaning, entry.yours, entry.steps.join(" "), optional.join(" "));
    fields.push((body.into(), IN_TEXT));
    fields
}

/// Counts here are of topics: far below what an `f32` holds exactly.
fn count(n: u32) -> f32 {
    u16::try_from(n).map_or(f32::from(u16::MAX), f32::from)
}

/// Counts here are of terms and pairs: far below 2^32.
fn u32_of(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
