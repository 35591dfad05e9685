//! General synonyms, stop words and product names: words that belong to no single entry.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde::Deserialize;

use super::{terms, topics::TopicPath};

/// The parsed words of `lexicon.toml`.
pub(super) struct Lexicon {
    empty: HashSet<String>,
    /// Stop words that are not English.
    elsewhere: HashSet<String>,
    /// By first word, the longest phrase first.
    same: HashMap<String, Vec<Synonym>>,
    /// By the first letters ([`OPENING`]) of a first word that is only a prefix, the longest phrase first.
    begun: HashMap<String, Vec<Synonym>>,
    products: HashMap<String, TopicPath>,
    wishes: Vec<Vec<String>>,
    trouble: HashSet<String>,
    /// Prefixes of words of trouble, in languages that inflect them.
    troubles: Vec<String>,
    no_answer: HashSet<String>,
    services: Vec<ForeignService>,
    /// By first word: the names of services, each with its index in `services`.
    named: HashMap<String, Vec<(Vec<String>, usize)>>,
}

/// A service without an FAQ entry of its own: its visitors get the visitor's answer, with its name.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignService {
    /// The name that people use.
    pub name: String,
    /// Its status page, if it has one.
    pub page: Option<String>,
    /// The words by which a question or a paste names it.
    words: Vec<String>,
    /// What occurs only in its pastes.
    #[serde(default)]
    signs: Vec<String>,
    /// Whether it plays music as Spotify does, in the same bots and players: what is said about those is then about it.
    #[serde(default)]
    pub(super) rival: bool,
}

impl ForeignService {
    /// Returns whether this stem is a part of its name.
    pub(super) fn is_called(&self, stem: &str) -> bool {
        self.words.iter().any(|name| terms::split(name).iter().any(|word| terms::stem(word) == stem))
    }
}

/// What kind of question it is, apart from its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QuestionKind {
    /// It wishes for a feature.
    pub(super) wish: bool,
    /// It reports trouble.
    pub(super) trouble: bool,
    /// It reports a server that does not answer.
    pub(super) no_answer: bool,
    /// It is in another language than English.
    pub(super) foreign: bool,
    /// The service that it names and that the FAQ does not cover.
    pub(super) service: Option<&'static ForeignService>,
}

/// A phrase with a common form.
pub(super) struct Synonym {
    words: Vec<PhraseWord>,
    pub(super) becomes: Vec<String>,
}

/// A word of a phrase, or the prefix of one.
struct PhraseWord {
    text: String,
    begins: bool,
}

impl PhraseWord {
    fn fits(&self, word: &str) -> bool {
        if self.begins { word.starts_with(&self.text) } else { word == self.text }
    }
}

impl Synonym {
    /// Reads a phrase: a word that ends in `*` matches all words with that prefix.
    fn read(phrase: &str, becomes: &str) -> Self {
        let mut parts = Vec::new();
        for word in phrase.split_whitespace() {
            parts.extend(terms::split(word).into_iter().map(|text| PhraseWord { text, begins: false }));
            if let Some(last) = parts.last_mut() {
                last.begins = word.ends_with('*');
            }
        }
        Self { words: parts, becomes: terms::split(becomes) }
    }

    /// Returns how many words follow its first one.
    pub(super) fn follows(&self) -> usize {
        self.words.len().saturating_sub(1)
    }

    fn fits<'a>(&self, first: &str, mut after: impl Iterator<Item = &'a str>) -> bool {
        self.words.first().is_some_and(|part| part.fits(first))
            && self.words.iter().skip(1).all(|part| after.next().is_some_and(|word| part.fits(word)))
    }
}

/// The length of the prefix that finds a phrase whose first word is only a prefix.
const OPENING: usize = 3;

/// Returns the first letters of a word. `None` if it is shorter.
fn opening(word: &str) -> Option<&str> {
    let end = word.char_indices().map(|(at, _)| at).chain([word.len()]).nth(OPENING)?;
    word.get(..end)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    empty: String,
    elsewhere: String,
    wishes: Vec<String>,
    trouble: String,
    no_answer: String,
    services: Vec<ForeignService>,
    same: HashMap<String, String>,
    products: HashMap<String, String>,
}

static BUILTIN: LazyLock<Lexicon> = LazyLock::new(|| {
    // cannot fail: the file is part of the program and a test reads it
    let file: File = toml::from_str(include_str!("lexicon.toml")).expect("lexicon.toml is read by a test");
    Lexicon::of(file)
});

impl Lexicon {
    /// The lexicon that ships with the program.
    pub(super) fn builtin() -> &'static Self {
        &BUILTIN
    }

    fn of(file: File) -> Self {
        let mut same: HashMap<String, Vec<Synonym>> = HashMap::new();
        let mut begun: HashMap<String, Vec<Synonym>> = HashMap::new();
        for (phrase, becomes) in &file.same {
            let phrase = Synonym::read(phrase, becomes);
            let Some(first) = phrase.words.first() else { continue };
            let (home, key) = match opening(&first.text) {
                Some(opening) if first.begins => (&mut begun, opening),
                _ => (&mut same, first.text.as_str()),
            };
            let key = key.to_owned();
            home.entry(key).or_default().push(phrase);
        }
        for phrases in same.values_mut().chain(begun.values_mut()) {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
        }
        let products = file
            .products
            .into_iter()
            .filter_map(|(place, words)| Some((TopicPath::from_id(&place)?, words)))
            .flat_map(|(place, words)| {
                words.split_whitespace().map(|word| (terms::stem(word), place)).collect::<Vec<_>>()
            })
            .collect();
        let mut named: HashMap<String, Vec<(Vec<String>, usize)>> = HashMap::new();
        for (at, service) in file.services.iter().enumerate() {
            for name in &service.words {
                let mut words = terms::split(name).into_iter();
                if let Some(first) = words.next() {
                    named.entry(first).or_default().push((words.collect(), at));
                }
            }
        }
        let words = |list: &str| terms::split(list).into_iter().collect::<HashSet<String>>();
        let empty = words(&file.empty);
        let elsewhere = words(&file.elsewhere).difference(&empty).cloned().collect();
        let (begins, whole): (Vec<&str>, Vec<&str>) =
            file.trouble.split_whitespace().partition(|word| word.ends_with('*'));
        Self {
            empty,
            elsewhere,
            trouble: words(&whole.join(" ")),
            troubles: begins.into_iter().flat_map(terms::split).collect(),
            no_answer: words(&file.no_answer),
            services: file.services,
            named,
            same,
            begun,
            products,
            wishes: file.wishes.iter().map(|wish| terms::split(wish)).collect(),
        }
    }

    /// Returns whether a word says nothing about the subject of a question.
    pub(super) fn is_empty(&self, word: &str) -> bool {
        self.empty.contains(word) || self.elsewhere.contains(word)
    }

    /// Returns whether these words, as typed, are of another language than English.
    pub(super) fn is_foreign(&self, words: &[String]) -> bool {
        let foreign = words.iter().filter(|word| !word.is_ascii() || self.elsewhere.contains(*word)).count();
        foreign >= 2 && foreign * 4 >= words.len()
    }

    /// Returns whether a phrase that has a common form may start with this word.
    pub(super) fn opens(&self, word: &str) -> bool {
        self.phrases(word).any(|phrase| phrase.words.first().is_some_and(|part| part.fits(word)))
    }

    /// Returns the longest phrase with a common form that starts with this word and continues with these.
    pub(super) fn phrase<'a>(
        &self,
        first: &str,
        after: &(impl Iterator<Item = &'a str> + Clone),
    ) -> Option<&Synonym> {
        self.phrases(first)
            .filter(|phrase| phrase.fits(first, after.clone()))
            .reduce(|best, next| if next.words.len() > best.words.len() { next } else { best })
    }

    /// Returns the phrases that may start with this word.
    fn phrases(&self, word: &str) -> impl Iterator<Item = &Synonym> {
        let begun = opening(word).and_then(|opening| self.begun.get(opening));
        self.same.get(word).into_iter().chain(begun).flatten()
    }

    /// Replaces each phrase that has a common form by that form.
    pub(super) fn unify(&self, words: &[String]) -> Vec<String> {
        let mut out = Vec::with_capacity(words.len());
        let mut rest = words;
        while let [word, after @ ..] = rest {
            if let Some(phrase) = self.phrase(word, &after.iter().map(String::as_str)) {
                out.extend_from_slice(&phrase.becomes);
                rest = &after[phrase.follows()..];
            } else {
                out.push(word.clone());
                rest = after;
            }
        }
        out
    }

    /// Returns the location whose product this term names.
    pub(super) fn place(&self, term: &str) -> Option<TopicPath> {
        self.products.get(term).copied()
    }

    /// Returns whether a text consists of product names and stop words.
    pub(super) fn is_names(&self, text: &str) -> bool {
        let terms = terms::read(text);
        !terms.is_empty() && terms.iter().all(|term| self.products.contains_key(term))
    }

    /// Returns the names of services, folded.
    pub(super) fn service_words(&self) -> impl Iterator<Item = (String, &ForeignService)> {
        self.services.iter().flat_map(|it| it.words.iter().map(move |word| (word.to_lowercase(), it)))
    }

    /// Returns what occurs only in pastes of services, folded.
    pub(super) fn service_signs(&self) -> impl Iterator<Item = (String, &ForeignService)> {
        self.services.iter().flat_map(|it| it.signs.iter().map(move |symbols| (symbols.to_lowercase(), it)))
    }

    /// Returns the first service that these words name.
    fn service(&self, words: &[String]) -> Option<&ForeignService> {
        let starts = words.iter().enumerate();
        let found = starts.filter_map(|(at, first)| {
            let after = &words[at + 1..];
            let names = self.named.get(first)?.iter();
            names.filter(|(rest, _)| after.starts_with(rest)).max_by_key(|(rest, _)| rest.len())
        });
        found.map(|(_, service)| &self.services[*service]).next()
    }

    /// Returns the kind of a question: by its words, and by their common forms.
    pub(super) fn kind(&'static self, words: &[String], unified: &[String]) -> QuestionKind {
        let wish = self
            .wishes
            .iter()
            .any(|wish| words.windows(wish.len().max(1)).any(|part| part == wish.as_slice()));
        let status =
            |word: &String| word.len() == 3 && word.parse().is_ok_and(|code: u16| (400..600).contains(&code));
        let begun = |word: &String| self.troubles.iter().any(|begins| word.starts_with(begins));
        let trouble = |word: &String| self.trouble.contains(word) || status(word) || begun(word);
        QuestionKind {
            wish,
            trouble: words.iter().chain(unified).any(trouble),
            foreign: self.is_foreign(words),
            no_answer: unified.iter().any(|word| self.no_answer.contains(word)),
            service: self.service(words),
        }
    }
}
