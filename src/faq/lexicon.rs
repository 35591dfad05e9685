//! General synonyms, empty words and product names: what no single entry can own.
//!
//! Never: no word that belongs to one entry only; that is an alias or a keyword there.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde::Deserialize;

use super::{terms, topics::Place};

/// The words of `lexicon.toml`, ready to ask.
pub(super) struct Lexicon {
    empty: HashSet<String>,
    /// By first word, the longest phrase first.
    same: HashMap<String, Vec<Same>>,
    /// By term.
    products: HashMap<String, Place>,
    wishes: Vec<Vec<String>>,
    trouble: HashSet<String>,
    no_answer: HashSet<String>,
    services: Vec<Service>,
    /// By first word: the names of services, each with its place in `services`.
    named: HashMap<String, Vec<(Vec<String>, usize)>>,
}

/// A service that the handbook has no entry of its own for: its visitors get the visitor's answer, by its name.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// What people call it.
    pub name: String,
    /// Its status page, if it has one.
    pub page: Option<String>,
    /// By which words a question or a paste names it.
    words: Vec<String>,
    /// What only its pastes hold.
    #[serde(default)]
    signs: Vec<String>,
}

impl Service {
    /// Whether this stem is a part of its name.
    pub(super) fn is_called(&self, stem: &str) -> bool {
        self.words.iter().any(|name| terms::split(name).iter().any(|word| terms::stem(word) == stem))
    }
}

/// What a question is like, beside what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// It wishes for a feature.
    pub(super) wish: bool,
    /// It tells of trouble.
    pub(super) trouble: bool,
    /// It tells of a server that does not answer.
    pub(super) no_answer: bool,
    /// The service that it names and that the handbook does not cover.
    pub(super) service: Option<&'static Service>,
}

/// A phrase with a common form.
pub(super) struct Same {
    /// What follows its first word.
    pub(super) rest: Vec<String>,
    pub(super) becomes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    empty: String,
    wishes: Vec<String>,
    trouble: String,
    no_answer: String,
    services: Vec<Service>,
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
        let mut same: HashMap<String, Vec<Same>> = HashMap::new();
        for (phrase, becomes) in file.same {
            let mut words = terms::split(&phrase).into_iter();
            if let Some(first) = words.next() {
                let becomes = terms::split(&becomes);
                same.entry(first).or_default().push(Same { rest: words.collect(), becomes });
            }
        }
        for phrases in same.values_mut() {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
        }
        let products = file
            .products
            .into_iter()
            .filter_map(|(place, words)| Some((Place::from_id(&place)?, words)))
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
        let words = |list: &str| list.split_whitespace().map(str::to_owned).collect();
        Self {
            empty: words(&file.empty),
            trouble: words(&file.trouble),
            no_answer: words(&file.no_answer),
            services: file.services,
            named,
            same,
            products,
            wishes: file.wishes.iter().map(|wish| terms::split(wish)).collect(),
        }
    }

    /// Whether a word says nothing about what is asked.
    pub(super) fn is_empty(&self, word: &str) -> bool {
        self.empty.contains(word)
    }

    /// The phrases that start with this word and have a common form, the longest first.
    pub(super) fn phrases(&self, word: &str) -> &[Same] {
        self.same.get(word).map(Vec::as_slice).unwrap_or_default()
    }

    /// Replaces each phrase that has a common form by that form.
    pub(super) fn unify(&self, words: &[String]) -> Vec<String> {
        let mut out = Vec::with_capacity(words.len());
        let mut rest = words;
        while let [word, after @ ..] = rest {
            if let Some(phrase) = self.phrases(word).iter().find(|phrase| after.starts_with(&phrase.rest)) {
                out.extend_from_slice(&phrase.becomes);
                rest = &after[phrase.rest.len()..];
            } else {
                out.push(word.clone());
                rest = after;
            }
        }
        out
    }

    /// The place whose product this term names.
    pub(super) fn place(&self, term: &str) -> Option<Place> {
        self.products.get(term).copied()
    }

    /// Whether a text is made of products' names, and of words that say nothing.
    pub(super) fn is_names(&self, text: &str) -> bool {
        let terms = terms::read(text);
        !terms.is_empty() && terms.iter().all(|term| self.products.contains_key(term))
    }

    /// The names of services, folded.
    pub(super) fn service_words(&self) -> impl Iterator<Item = (String, &Service)> {
        self.services.iter().flat_map(|it| it.words.iter().map(move |word| (word.to_lowercase(), it)))
    }

    /// What only the pastes of services hold, folded.
    pub(super) fn service_signs(&self) -> impl Iterator<Item = (String, &Service)> {
        self.services.iter().flat_map(|it| it.signs.iter().map(move |sign| (sign.to_lowercase(), it)))
    }

    /// The first service that these words name.
    fn service(&self, words: &[String]) -> Option<&Service> {
        let starts = words.iter().enumerate();
        let found = starts.filter_map(|(at, first)| {
            let after = &words[at + 1..];
            let names = self.named.get(first)?.iter();
            names.filter(|(rest, _)| after.starts_with(rest)).max_by_key(|(rest, _)| rest.len())
        });
        found.map(|(_, service)| &self.services[*service]).next()
    }

    /// What a question is like: by its words, and by what they become.
    pub(super) fn manner(&'static self, words: &[String], unified: &[String]) -> Manner {
        let wish = self
            .wishes
            .iter()
            .any(|wish| words.windows(wish.len().max(1)).any(|part| part == wish.as_slice()));
        let status =
            |word: &String| word.len() == 3 && word.parse().is_ok_and(|code: u16| (400..600).contains(&code));
        Manner {
            wish,
            trouble: words.iter().chain(unified).any(|word| self.trouble.contains(word) || status(word)),
            no_answer: unified.iter().any(|word| self.no_answer.contains(word)),
            service: self.service(words),
        }
    }
}
