//! What the search stores of each entry, built once: its words, its pairs of words, and its phrases.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::{
    asked,
    entry::FaqEntry,
    lexicon::{ForeignService, Lexicon, QuestionKind},
    packed_lists::PackedLists,
    spelling::Vocabulary,
    terms::{self, Term, TermReader},
    topics::{TOPICS, TopicPath},
};

// The numbers below were set on tests/data/faq/tune.jsonl and are measured on report.jsonl by tests/it/faq_measure.rs.

/// The weight of a word, by where the entry uses it. What weighs more than a fingerprint is also a phrase.
const IN_TITLE: f32 = 3.0;
const IN_ALIAS: f32 = 2.5;
const IN_KEYWORD: f32 = 3.0;
const IN_FINGERPRINT: f32 = 2.0;
const IN_ASKED: f32 = 2.0;
const IN_SHORT: f32 = 1.2;
const IN_TEXT: f32 = 0.5;
/// How soon more uses of a word stop adding weight (BM25's k1).
const SATURATION: f32 = 1.6;
/// The weight of two adjacent words, relative to one word of the same rarity.
const PAIR: f32 = 0.6;
/// The weight of a repeated phrase relative to its words alone, and its weight when it is repeated whole.
const PHRASE: f32 = 0.9;
const WHOLE: f32 = 2.5;
/// A question is one of an entry's phrases if it repeats at least the first share of the phrase, and the phrase is at least
/// the second share of the question. Then the entry's weight is multiplied by the third.
const WHOLLY: f32 = 0.98;
const MOSTLY: f32 = 0.8;
const SAID: f32 = 1.6;
/// How much of a product's name counts for belief: a question from a user of Envoy need not be about our Envoy.
const NAME: f32 = 0.4;
/// How much must count for an entry beside the names of products, before it may be the answer.
const BEYOND_NAMES: f32 = 1.0;
/// The weight of a pair of characters of a script without spaces, relative to a word: a word there is two to four of them.
const PAIR_OF_CHARACTERS: f32 = 0.4;
/// The weight of a word that the FAQ never uses in a question of another language, relative to an unknown English word.
const STRANGE: f32 = 0.3;
/// The weight of a word that the FAQ never uses beside trouble with one of its products.
const BESIDE_OURS: f32 = 0.5;
/// A text with more words than this is a story: what it does not share with an entry counts no further.
const STORY: usize = 14;

/// The index of an FAQ. A *slot* is the number of a term, or after all terms that of a pair of them.
#[derive(Debug, Clone)]
pub(super) struct Index {
    /// Every term that an entry uses.
    terms: HashMap<Box<str>, Term>,
    /// The slots of two adjacent terms.
    pairs: HashMap<(Term, Term), u32>,
    /// By slot: its rarity.
    rarity: Vec<f32>,
    /// By slot: the entries that use it, with its weight there after saturation (0 to 1).
    uses: PackedLists<(u16, f32)>,
    /// The rarity of a word that the FAQ never uses.
    unknown: f32,
    phrases: Vec<Phrase>,
    /// By term: the phrases that contain it.
    said: PackedLists<u16>,
    vocabulary: Vocabulary,
    /// By entry: whether it answers visitors of any service.
    visitors: Vec<bool>,
}

/// A title, an alias or a keyword.
#[derive(Debug, Clone)]
struct Phrase {
    entry: u16,
    several: bool,
    weight: f32,
    /// Whether it is a question: a title or an alias, no keyword.
    question: bool,
}

/// A question as the index understands it.
pub(super) struct ParsedQuestion {
    words: Vec<Word>,
    pairs: Vec<Pair>,
    /// The weight of all its words.
    total: f32,
    /// The same, but for a question about trouble in another language without the words that the FAQ does not know.
    understood: f32,
    /// Where people meet the products that it names.
    pub(super) places: HashSet<TopicPath>,
    /// The service without an entry that it is about.
    pub(super) service: Option<&'static ForeignService>,
    /// Whether it says "Spotify".
    pub(super) names_spotify: bool,
}

/// A word as the FAQ spells it, and how sure that spelling is (1 for an exact match).
struct Word {
    text: String,
    term: Option<Term>,
    sure: f32,
    weight: f32,
    /// Whether it is a product's name.
    name: bool,
    /// Whether it is a part of the name of a service that has no entry.
    service: bool,
}

/// Two adjacent words, as some entry has them.
struct Pair {
    slot: u32,
    /// Whether both are names of products.
    names: bool,
    /// Its weight, scaled by how sure its spelling is.
    weight: f32,
}

/// The evidence for an entry.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Score {
    /// The weight of the evidence.
    pub(super) weight: f32,
    /// The part of the question's weight that it explains, 0 to 1.
    pub(super) share: f32,
    /// The part of its weight that comes from product names alone.
    pub(super) names: f32,
    /// Whether the question is one of its phrases, with hardly any other words.
    pub(super) said: bool,
}

impl Score {
    /// Returns how much the question is about this entry: high if much agrees and little does not.
    pub(super) fn belief(self) -> f32 {
        (self.weight - (1.0 - NAME) * self.names) * self.share
    }

    /// Returns whether hardly more than a product's name matches: such a question may be about anything in that product.
    pub(super) fn is_bare_name(self) -> bool {
        self.weight - self.names < BEYOND_NAMES
    }
}

impl Index {
    pub(super) fn of(entries: &[FaqEntry], mut reader: TermReader) -> Self {
        // By slot: the entries, and the slot's weight there. Terms come first. Pairs are numbered separately until all
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
                    let question = weight == IN_ALIAS || text == entry.title;
                    phrases.push(Phrase { entry: at, several: terms.len() > 1, weight: 0.0, question });
                    holders.extend(terms.into_iter().map(|term| (term, number)));
                }
            }
        }
        // A topic is a bit.
        let bits: Vec<u64> = entries.iter().map(|entry| 1 << entry.topic.number()).collect();
        let topics = |slots: &[Vec<(u16, f32)>]| -> Vec<u32> {
            let set = |users: &Vec<(u16, f32)>| {
                users.iter().fold(0, |set, user| set | bits[usize::from(user.0)]).count_ones()
            };
            slots.iter().map(set).collect()
        };
        // What people asked says which words mean an entry, but not how rare a word is in the FAQ.
        let (written_terms, written_pairs) = (topics(&of_terms), topics(&of_pairs));
        let lines = (0..)
            .zip(entries)
            .flat_map(|(at, entry)| asked::of(&entry.id).iter().map(move |line| (at, line)));
        for (at, line) in lines {
            let terms = reader.read(line);
            let mut twos: Vec<(Term, Term)> = terms.windows(2).map(|two| (two[0], two[1])).collect();
            twos.sort_unstable();
            twos.dedup();
            for two in twos {
                let next = u32_of(pairs.len());
                add(&mut of_pairs, *pairs.entry(two).or_insert(next), at, IN_ASKED);
            }
            for term in terms::distinct(terms) {
                add(&mut of_terms, term, at, IN_ASKED);
            }
        }
        let terms = reader.into_terms();
        of_terms.resize_with(terms.len(), Vec::new);
        let first_pair = u32_of(terms.len());
        let all = bits.iter().fold(0, |set, bit| set | bit).count_ones();
        let rarity_of = |topics: u32| ((1.0 + count(all)) / (0.5 + count(topics))).ln().max(0.1);
        let slots = || of_terms.iter().chain(&of_pairs);
        let rarities = |slots: &[Vec<(u16, f32)>], written: &[u32]| -> Vec<f32> {
            let known = written.iter().copied().chain(std::iter::repeat(0));
            let each = topics(slots).into_iter().zip(known);
            each.map(|(all, written)| rarity_of(if written > 0 { written } else { all })).collect()
        };
        let mut rarity = rarities(&of_terms, &written_terms);
        rarity.extend(rarities(&of_pairs, &written_pairs));
        let mut said = vec![Vec::new(); terms.len()];
        for (term, number) in holders {
            let (phrase, weight) = (&mut phrases[usize::from(number)], rarity[term as usize]);
            phrase.weight += weight;
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
            visitors: entries.iter().map(|entry| entry.visitor).collect(),
        }
    }

    /// Spells a question's words as the FAQ spells them.
    pub(super) fn read(
        &self,
        text: &str,
        QuestionKind { service, foreign, trouble, .. }: QuestionKind,
    ) -> ParsedQuestion {
        let lexicon = Lexicon::builtin();
        let mut guesses = 0;
        let mut words: Vec<Word> = terms::read(text)
            .into_iter()
            .map(|text| {
                let (text, sure) = if self.terms.contains_key(text.as_str()) {
                    (text, 1.0)
                } else {
                    guesses += 1;
                    // A long paste is full of names that are no typos.
                    let nearest = if foreign { None } else { self.vocabulary.nearest(&text) };
                    match nearest.filter(|_| guesses <= 2 * STORY) {
                        Some((near, sure)) => (near.to_owned(), sure),
                        None => (text, 0.0),
                    }
                };
                let term = self.terms.get(text.as_str()).copied();
                let part = if terms::is_pair(&text) { PAIR_OF_CHARACTERS } else { 1.0 };
                let weight = term.map_or(self.unknown, |term| self.rarity(term)) * part;
                let service = service.is_some_and(|it| it.is_called(&text));
                let name = lexicon.place(&text).is_some() || service;
                Word { text, term, sure, weight, name, service }
            })
            .collect();
        let unknown = words.iter().filter(|word| word.term.is_none()).count();
        let is_foreign = foreign || unknown * 2 > words.len();
        for word in words.iter_mut().filter(|word| word.term.is_none()) {
            if is_foreign || !word.text.is_ascii() {
                word.weight *= STRANGE;
            }
        }
        let ours = words.iter().any(|word| lexicon.place(&word.text).is_some());
        if trouble && ours && !is_foreign {
            words.iter_mut().filter(|word| word.term.is_none()).for_each(|word| word.weight *= BESIDE_OURS);
        }
        let places: HashSet<TopicPath> = words.iter().filter_map(|word| lexicon.place(&word.text)).collect();
        let service = service.filter(|_| places.is_empty());
        let spotify = terms::stem("spotify");
        let names_spotify = words.iter().any(|word| word.text == spotify);
        let mut seen = HashSet::new();
        let pairs = words
            .windows(2)
            .filter_map(|two| {
                let slot = *self.pairs.get(&two[0].term.zip(two[1].term)?)?;
                let part = if terms::is_pair(&two[1].text) { PAIR_OF_CHARACTERS } else { 1.0 };
                let weight = part * PAIR * self.rarity(slot) * two[0].sure * two[1].sure;
                let names = two[0].name && two[1].name;
                seen.insert(slot).then_some(Pair { slot, names, weight })
            })
            .collect();
        let mut seen = HashSet::new();
        let words: Vec<Word> = words.into_iter().filter(|word| seen.insert(word.text.clone())).collect();
        let story = words.iter().take(STORY);
        let total = story.clone().map(|word| word.weight).sum();
        let understood =
            story.filter(|word| !(foreign && trouble) || word.term.is_some()).map(|word| word.weight).sum();
        ParsedQuestion { words, pairs, total, understood, places, service, names_spotify }
    }

    fn rarity(&self, slot: u32) -> f32 {
        self.rarity.get(slot as usize).copied().unwrap_or(self.unknown)
    }

    /// Returns the evidence for each entry.
    pub(super) fn weigh(&self, asked: &ParsedQuestion) -> Vec<Score> {
        let mut support = vec![Score::default(); self.visitors.len()];
        let users = |slot: u32| self.uses.row(slot as usize).iter().map(|&(at, w)| (usize::from(at), w));
        for word in &asked.words {
            for (entry, usage) in word.term.into_iter().flat_map(users) {
                support[entry].weight += word.weight * word.sure * usage;
                if word.name {
                    support[entry].names += word.weight * word.sure * usage;
                }
                support[entry].share += word.weight * word.sure * (usage * 2.0).min(1.0);
            }
        }
        if asked.service.is_some() {
            let named: f32 = asked.words.iter().filter(|word| word.service).map(|word| word.weight).sum();
            for (support, _) in support.iter_mut().zip(&self.visitors).filter(|(_, visitor)| **visitor) {
                support.share += named;
            }
        }
        for pair in &asked.pairs {
            for (entry, usage) in users(pair.slot) {
                support[entry].weight += pair.weight * usage;
                if pair.names {
                    support[entry].names += pair.weight * usage;
                }
            }
        }
        for (support, best) in support.iter_mut().zip(self.repeated(asked)) {
            support.weight += best.bonus;
            if best.names {
                support.names += best.bonus;
            }
            if best.said {
                support.said = true;
                support.weight *= SAID;
            }
        }
        for entry in &mut support {
            entry.share = if asked.total > 0.0 { (entry.share / asked.total).min(1.0) } else { 0.0 };
        }
        support
    }

    /// Returns for each entry its phrase that the question repeats best.
    fn repeated(&self, asked: &ParsedQuestion) -> Vec<Repeated> {
        let mut matched = vec![(0.0, true); self.phrases.len()];
        for word in &asked.words {
            for &phrase in word.term.iter().flat_map(|term| self.said.row(*term as usize)) {
                let (weight, names) = &mut matched[usize::from(phrase)];
                *weight += word.sure * word.weight;
                *names &= word.name;
            }
        }
        let mut best = vec![Repeated::default(); self.visitors.len()];
        for (phrase, (weight, names)) in
            self.phrases.iter().zip(matched).filter(|(_, matched)| matched.0 > 0.0)
        {
            let part = weight / phrase.weight;
            let whole = if phrase.several { WHOLE * part.powi(4) } else { 0.0 };
            let bonus = PHRASE * weight * part * part + whole;
            let best = &mut best[usize::from(phrase.entry)];
            best.said |= phrase.question
                && part > WHOLLY
                && weight > (if phrase.several { asked.understood } else { asked.total }) * MOSTLY;
            if bonus > best.bonus {
                (best.bonus, best.names) = (bonus, names);
            }
        }
        best
    }
}

/// How a question repeats the phrases of an entry.
#[derive(Debug, Clone, Copy, Default)]
struct Repeated {
    /// The weight of the best one.
    bonus: f32,
    /// Whether all of its repeated words are names of products.
    names: bool,
    /// Whether the question is one of them, with hardly any other words.
    said: bool,
}

/// Adds a slot's weight in an entry.
fn add(weights: &mut Vec<Vec<(u16, f32)>>, slot: u32, entry: u16, weight: f32) {
    let slot = slot as usize;
    if weights.len() <= slot {
        weights.resize_with(slot + 1, Vec::new);
    }
    match weights[slot].iter_mut().rev().find(|(known, _)| *known == entry) {
        Some((_, sum)) => *sum += weight,
        None => weights[slot].push((entry, weight)),
    }
}

const _: () = assert!(TOPICS.len() <= 64, "a topic is a bit here");

/// Returns the texts of an entry, each with the weight of a word in it.
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
