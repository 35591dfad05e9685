//! Words as the search sees them: folded, split, stemmed, with synonyms made one.
//!
//! Never: no ranking; that is [`search`](super::search)'s.

use std::collections::HashSet;

use rust_stemmers::{Algorithm, Stemmer};

use super::lexicon::Lexicon;

/// The terms of a text, in order; words that say nothing are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Terms(pub(super) Vec<String>);

impl Terms {
    /// Reads the terms of a text.
    pub(super) fn of(text: &str) -> Self {
        let lexicon = Lexicon::builtin();
        let words = lexicon.unify(&split(text));
        Self(words.into_iter().filter(|word| !lexicon.is_empty(word)).map(|word| stem(&word)).collect())
    }

    /// Reads every term of a text, those that say nothing as well.
    pub(super) fn every(text: &str) -> Self {
        Self(Lexicon::builtin().unify(&split(text)).into_iter().map(|word| stem(&word)).collect())
    }

    /// Each two terms that stand side by side.
    pub(super) fn pairs(&self) -> HashSet<String> {
        self.0.windows(2).map(|two| two.join(" ")).collect()
    }

    /// Each term once, in order of first appearance.
    pub(super) fn distinct(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        self.0.iter().filter(|term| seen.insert(term.as_str())).cloned().collect()
    }
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
