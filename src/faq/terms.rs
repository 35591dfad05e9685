//! Words as the search sees them: folded, split, stemmed, with synonyms made one.

use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};

use super::lexicon::Lexicon;

/// The terms of a question, in order; words that say nothing are left out.
pub(super) fn read(text: &str) -> Vec<String> {
    let lexicon = Lexicon::builtin();
    let words = lexicon.unify(&split(text));
    words.into_iter().filter(|word| !lexicon.is_empty(word)).map(|word| stem(&word)).collect()
}

/// The number of a term.
pub(super) type Term = u32;

/// Reads a whole FAQ: each word is looked up and stemmed once, and a term is a number.
#[derive(Debug, Default)]
pub(super) struct TermReader {
    /// By word as it is split off: its place in `i18n`.
    known: HashMap<String, usize>,
    words: Vec<Word>,
    terms: HashMap<String, Term>,
}

/// A word of the FAQ.
#[derive(Debug)]
struct Word {
    text: String,
    term: Term,
    /// Whether it says anything.
    says: bool,
    /// Whether a phrase with a common form may start here.
    opens: bool,
}

impl TermReader {
    /// The terms of a text, in order; words that say nothing are left out.
    pub(super) fn read(&mut self, text: &str) -> Vec<Term> {
        let words = self.words(text);
        words.into_iter().map(|at| &self.words[at]).filter(|word| word.says).map(|word| word.term).collect()
    }

    /// Every term of a text, in order.
    pub(super) fn every(&mut self, text: &str) -> Vec<Term> {
        let words = self.words(text);
        words.into_iter().map(|at| self.words[at].term).collect()
    }

    /// The words of a text as places in `i18n`, synonyms made one as [`Lexicon::unify`] does.
    fn words(&mut self, text: &str) -> Vec<usize> {
        let lexicon = Lexicon::builtin();
        let mut found = Vec::with_capacity(text.len() / 6);
        each_word(text, |word| found.push(self.word(lexicon, word)));
        let mut out = Vec::with_capacity(found.len());
        let mut rest = found.as_slice();
        while let [first, after @ ..] = rest {
            let first = *first;
            let word = &self.words[first];
            let phrase = if word.opens {
                lexicon.phrases(&word.text).iter().find(|phrase| {
                    let texts = after.iter().map(|at| &self.words[*at].text).take(phrase.rest.len());
                    texts.eq(&phrase.rest)
                })
            } else {
                None
            };
            if let Some(phrase) = phrase {
                out.extend(phrase.becomes.iter().map(|word| self.word(lexicon, word)));
                rest = &after[phrase.rest.len()..];
            } else {
                out.push(first);
                rest = after;
            }
        }
        out
    }

    fn word(&mut self, lexicon: &Lexicon, word: &str) -> usize {
        if let Some(known) = self.known.get(word) {
            return *known;
        }
        // Past 2^32 different words, which no FAQ has, all further ones would be the same.
        let next = Term::try_from(self.terms.len()).unwrap_or(Term::MAX);
        let term = *self.terms.entry(stem(word)).or_insert(next);
        let opens = !lexicon.phrases(word).is_empty();
        self.words.push(Word { text: word.to_owned(), term, says: !lexicon.is_empty(word), opens });
        self.known.insert(word.to_owned(), self.words.len() - 1);
        self.words.len() - 1
    }

    /// Every term that was read, with its number.
    pub(super) fn into_terms(self) -> HashMap<String, Term> {
        self.terms
    }
}

/// Each once, by number.
pub(super) fn distinct(mut terms: Vec<Term>) -> Vec<Term> {
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// The stem of a word: what "retry", "retries" and "retrying" have in common.
pub(super) fn stem(word: &str) -> String {
    thread_local!(static STEMMER: Stemmer = Stemmer::create(Algorithm::English));
    if word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        STEMMER.with(|stemmer| stemmer.stem(word).into_owned())
    } else {
        word.to_owned()
    }
}

/// Splits at everything that is no letter or digit and at camelCase humps; drops apostrophes and ids.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, |word| words.push(word.to_owned()));
    words
}

fn each_word(text: &str, mut take: impl FnMut(&str)) {
    let mut word = String::with_capacity(32);
    let mut small = false;
    for c in text.chars().chain([' ']) {
        // Nearly every letter is one of these; Unicode's tables are for the rest.
        if matches!(c, 'a'..='z' | '0'..='9') {
            word.push(c);
            small = c.is_ascii_lowercase();
            continue;
        }
        if matches!(c, '\'' | '’' | '\u{200b}' | '\u{ad}') {
            continue;
        }
        let (letter, hump) = (c.is_alphanumeric(), small && c.is_uppercase());
        if (!letter || hump) && !word.is_empty() {
            if let Some(whole) = finish(&word) {
                take(whole);
            }
            word.clear();
        }
        if letter {
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
}

fn finish(word: &str) -> Option<&str> {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 {
        return Some(word);
    }
    // "429s" and "503's" are the code; sixteen characters with digits among them are an id, a hash or a token.
    let word = match word.strip_suffix('s') {
        Some(code) if digits == code.len() => code,
        _ => word,
    };
    (word.len() < 16).then_some(word)
}
