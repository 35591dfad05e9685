//! Words as the search compares them: folded, split, stemmed, with synonyms unified.

use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};

use super::lexicon::Lexicon;

/// Returns the terms of a question, in order, without words that say nothing.
pub(super) fn read(text: &str) -> Vec<String> {
    let lexicon = Lexicon::builtin();
    let words = lexicon.unify(&split(text));
    words.into_iter().filter(|word| !lexicon.is_empty(word)).map(|word| stem(&word)).collect()
}

/// The number of a term.
pub(super) type Term = u32;

/// Reads a whole FAQ: each word is stemmed once, and a term is a number.
#[derive(Debug, Default)]
pub(super) struct TermReader {
    /// By word as it is split off: its index in `words`.
    known: HashMap<String, usize>,
    words: Vec<Word>,
    terms: HashMap<String, Term>,
}

/// A word of the FAQ.
#[derive(Debug)]
struct Word {
    text: String,
    term: Term,
    /// Whether it is no stop word.
    says: bool,
    /// Whether a phrase with a common form may start here.
    opens: bool,
}

impl TermReader {
    /// Returns the terms of a text, in order, without words that say nothing.
    pub(super) fn read(&mut self, text: &str) -> Vec<Term> {
        let words = self.words(text);
        words.into_iter().map(|at| &self.words[at]).filter(|word| word.says).map(|word| word.term).collect()
    }

    /// Returns every term of a text, in order.
    pub(super) fn every(&mut self, text: &str) -> Vec<Term> {
        let words = self.words(text);
        words.into_iter().map(|at| self.words[at].term).collect()
    }

    /// Returns the words of a text as indexes into `words`, with synonyms unified as [`Lexicon::unify`] does.
    fn words(&mut self, text: &str) -> Vec<usize> {
        let lexicon = Lexicon::builtin();
        let mut found = Vec::with_capacity(text.len() / 6);
        each_word(text, |word| found.push(self.word(lexicon, word)));
        let mut out = Vec::with_capacity(found.len());
        let mut rest = found.as_slice();
        while let [first, after @ ..] = rest {
            let first = *first;
            let word = &self.words[first];
            let texts = after.iter().map(|at| self.words[*at].text.as_str());
            let phrase = if word.opens { lexicon.phrase(&word.text, &texts) } else { None };
            if let Some(phrase) = phrase {
                out.extend(phrase.becomes.iter().map(|word| self.word(lexicon, word)));
                rest = &after[phrase.follows()..];
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
        let opens = lexicon.opens(word);
        self.words.push(Word { text: word.to_owned(), term, says: !lexicon.is_empty(word), opens });
        self.known.insert(word.to_owned(), self.words.len() - 1);
        self.words.len() - 1
    }

    /// Returns every term that was read, with its number.
    pub(super) fn into_terms(self) -> HashMap<String, Term> {
        self.terms
    }
}

/// Removes duplicates and sorts by number.
pub(super) fn distinct(mut terms: Vec<Term>) -> Vec<Term> {
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// Returns the stem of a word: what "retry", "retries" and "retrying" have in common.
pub(super) fn stem(word: &str) -> String {
    thread_local!(static STEMMER: Stemmer = Stemmer::create(Algorithm::English));
    if word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        STEMMER.with(|stemmer| stemmer.stem(word).into_owned())
    } else {
        word.to_owned()
    }
}

/// Splits at everything that is no letter or digit, at camelCase humps, and where a script without spaces begins or ends.
/// Drops apostrophes, accents and ids. A run of a script without spaces becomes its pairs of characters.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, |word| words.push(word.to_owned()));
    words
}

fn each_word(text: &str, mut take: impl FnMut(&str)) {
    let mut word = String::with_capacity(32);
    let mut small = false;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        // Nearly every letter is one of these. Only the rest needs Unicode's tables.
        if matches!(c, 'a'..='z' | '0'..='9') && !word.starts_with(is_spaceless) {
            word.push(c);
            small = c.is_ascii_lowercase();
            continue;
        }
        if matches!(c, '\u{200b}' | '\u{ad}' | '\u{300}'..='\u{36f}') {
            continue;
        }
        if matches!(c, '\'' | '’') && (word.is_empty() || is_short_form(&text[at + c.len_utf8()..])) {
            continue;
        }
        let (letter, hump) = (c.is_alphanumeric(), small && c.is_uppercase());
        let seam =
            letter && word.chars().next_back().is_some_and(|last| is_spaceless(last) != is_spaceless(c));
        if (!letter || hump || seam) && !word.is_empty() {
            if word.starts_with(is_spaceless) {
                each_pair(&word, &mut take);
            } else if let Some(whole) = finish(&word) {
                take(whole);
            }
            word.clear();
        }
        if letter {
            c.to_lowercase().for_each(|lower| plain(lower, &mut word));
        }
        small = c.is_lowercase();
    }
}

/// Returns whether the apostrophe before this is English's, as in "don't" and "it's", and its word goes on. In "l'erreur" and
/// "Spotify'da" it separates two words.
fn is_short_form(rest: &str) -> bool {
    let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    end == 0
        || ["s", "t", "d", "m", "re", "ve", "ll"].iter().any(|form| rest[..end].eq_ignore_ascii_case(form))
}

/// Adds a letter in lower case without its diacritics: people in a hurry leave them out.
fn plain(letter: char, word: &mut String) {
    let letter = match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ß' => {
            word.push('s');
            's'
        }
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ё' => 'е',
        // What a capital İ becomes in lower case, beside the i.
        '\u{300}'..='\u{36f}' => return,
        other => other,
    };
    word.push(letter);
}

/// Han, kana and Hangul: written without spaces, or with endings that no stemmer here takes off.
fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// Returns whether a word is a pair of characters of a script without spaces.
pub(super) fn is_pair(word: &str) -> bool {
    word.starts_with(is_spaceless)
}

/// Returns the pairs of adjacent characters in a run; a single character is its own result.
fn each_pair(run: &str, mut take: impl FnMut(&str)) {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    if starts.len() == 2 {
        take(run);
    }
    for three in starts.windows(3) {
        take(&run[three[0]..three[2]]);
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
