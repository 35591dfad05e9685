//! Words as the search sees them: folded, split, stemmed, with synonyms made one.
//!
//! Never: no ranking; that is [`search`](super::search)'s.

use std::collections::{HashMap, HashSet};

use rust_stemmers::{Algorithm, Stemmer};

use super::lexicon::Lexicon;

/// The terms of a question, in order; words that say nothing are left out.
pub(super) fn read(text: &str) -> Vec<String> {
    let lexicon = Lexicon::builtin();
    let words = lexicon.unify(split(text));
    words.into_iter().filter(|word| !lexicon.is_empty(word)).map(|word| stem(&word)).collect()
}

/// The number of a term.
pub(super) type Term = u32;

/// Reads a whole handbook: each word is stemmed once, and a term is a number.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// By word as it is written: its term, and whether it says anything.
    words: HashMap<String, (Term, bool)>,
    terms: HashMap<String, Term>,
}

impl Reader {
    /// The terms of a text, in order; words that say nothing are left out.
    pub(super) fn read(&mut self, text: &str) -> Vec<Term> {
        self.every(text).into_iter().filter_map(|(term, says)| says.then_some(term)).collect()
    }

    /// Every term of a text, and whether it says anything.
    pub(super) fn every(&mut self, text: &str) -> Vec<(Term, bool)> {
        let lexicon = Lexicon::builtin();
        lexicon.unify(split(text)).into_iter().map(|word| self.term(lexicon, word)).collect()
    }

    fn term(&mut self, lexicon: &Lexicon, word: String) -> (Term, bool) {
        if let Some(known) = self.words.get(&word) {
            return *known;
        }
        // Past 2^32 different words, which no handbook has, all further ones would be the same.
        let next = Term::try_from(self.terms.len()).unwrap_or(Term::MAX);
        let term = *self.terms.entry(stem(&word)).or_insert(next);
        let says = !lexicon.is_empty(&word);
        self.words.insert(word, (term, says));
        (term, says)
    }

    /// Every term that was read, with its number.
    pub(super) fn into_terms(self) -> HashMap<String, Term> {
        self.terms
    }
}

/// Each once, in order of first appearance.
pub(super) fn distinct(terms: &[Term]) -> Vec<Term> {
    let mut once = Vec::with_capacity(terms.len());
    let mut seen = HashSet::with_capacity(terms.len());
    once.extend(terms.iter().copied().filter(|term| seen.insert(*term)));
    once
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
    let mut word = String::new();
    let mut before = ' ';
    for c in text.chars().chain([' ']) {
        if matches!(c, '\'' | '’' | '\u{200b}' | '\u{ad}') {
            continue;
        }
        let hump = c.is_uppercase() && before.is_lowercase();
        if (!c.is_alphanumeric() || hump) && !word.is_empty() {
            finish(std::mem::take(&mut word), &mut words);
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

fn finish(mut word: String, words: &mut Vec<String>) {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    // "429s" and "503's" are the code; sixteen characters with digits among them are an id, a hash or a token.
    if digits > 0 && word.ends_with('s') && digits + 1 == word.len() {
        word.pop();
    }
    if word.len() < 16 || digits == 0 {
        words.push(word);
    }
}
