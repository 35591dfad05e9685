//! General synonyms, empty words and product names: what no single entry can own.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde::Deserialize;

use super::{terms, topics::TopicPath};

/// The words of `lexicon.toml`, ready to ask.
pub(super) struct Lexicon {
    empty: HashSet<String>,
    /// By first word, the longest phrase first.
    same: HashMap<String, Vec<Synonym>>,
    products: HashMap<String, TopicPath>,
    wishes: Vec<Vec<String>>,
    trouble: HashSet<String>,
    elsewhere: HashSet<String>,
}

/// What a question is like, beside what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QuestionKind {
    /// It wishes for a feature.
    pub(super) wish: bool,
    /// It tells of trouble.
    pub(super) trouble: bool,
    /// It names a product that the FAQ does not cover.
    pub(super) elsewhere: bool,
}

/// A phrase with a common form.
pub(super) struct Synonym {
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
    elsewhere: String,
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
        for (phrase, becomes) in file.same {
            let mut words = terms::split(&phrase).into_iter();
            if let Some(first) = words.next() {
                let becomes = terms::split(&becomes);
                same.entry(first).or_default().push(Synonym { rest: words.collect(), becomes });
            }
        }
        for phrases in same.values_mut() {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
        }
        let products = file
            .products
            .into_iter()
            .filter_map(|(place, words)| Some((TopicPath::from_id(&place)?, words)))
            .flat_map(|(place, words)| {
                words.split_whitespace().map(|word| (terms::stem(word), place)).collect::<Vec<_>>()
            })
            .collect();
        let words = |list: &str| list.split_whitespace().map(str::to_owned).collect();
        Self {
            empty: words(&file.empty),
            trouble: words(&file.trouble),
            elsewhere: words(&file.elsewhere),
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
    pub(super) fn phrases(&self, word: &str) -> &[Synonym] {
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
    pub(super) fn place(&self, term: &str) -> Option<TopicPath> {
        self.products.get(term).copied()
    }

    /// Whether a text is made of products' names, and of words that say nothing.
    pub(super) fn is_names(&self, text: &str) -> bool {
        let terms = terms::read(text);
        !terms.is_empty() && terms.iter().all(|term| self.products.contains_key(term))
    }

    /// What a question is like.
    pub(super) fn manner(&self, words: &[String]) -> QuestionKind {
        let wish = self
            .wishes
            .iter()
            .any(|wish| words.windows(wish.len().max(1)).any(|part| part == wish.as_slice()));
        let status =
            |word: &String| word.len() == 3 && word.parse().is_ok_and(|code: u16| (400..600).contains(&code));
        QuestionKind {
            wish,
            trouble: words.iter().any(|word| self.trouble.contains(word) || status(word)),
            elsewhere: words.iter().any(|word| self.elsewhere.contains(word)),
        }
    }
}
