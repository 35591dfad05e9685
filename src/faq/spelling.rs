//! Typos: finds the word of the FAQ that was meant.

/// The words that a typo may mean, each with the set of its letters, so that one comparison rules most of them out.
#[derive(Debug, Clone)]
pub(super) struct Vocabulary(Vec<(u32, Box<str>)>);

impl Vocabulary {
    pub(super) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut words: Vec<_> =
            words.filter(|word| guessable(word)).map(|word| (letters(word), word.into())).collect();
        words.sort();
        Self(words)
    }

    /// Returns the nearest word, and how sure it is (below 1); `None` if none is near.
    pub(super) fn nearest(&self, word: &str) -> Option<(&str, f32)> {
        if !guessable(word) {
            return None;
        }
        let own = letters(word);
        let mut best: Option<(usize, &str)> = None;
        for (theirs, known) in &self.0 {
            // A letter in the wrong position costs two edits.
            let allowed = if word.len() > 7 || word.len() > 5 && own == *theirs { 2 } else { 1 };
            // Too many words have four letters: of one that is meant, a letter is missing.
            if word.len() == 4 && known.len() == 4 {
                continue;
            }
            // One edit changes at most two letters of the set.
            if (own ^ theirs).count_ones() as usize > 2 * allowed
                || known.len().abs_diff(word.len()) > allowed
            {
                continue;
            }
            let distance = strsim::osa_distance(known, word);
            if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, known));
            }
        }
        best.map(|(distance, known)| (known, if distance == 1 { 0.85 } else { 0.65 }))
    }
}

fn guessable(word: &str) -> bool {
    (4..=24).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn letters(word: &str) -> u32 {
    word.bytes().filter(u8::is_ascii_lowercase).fold(0, |set, byte| set | 1 << (byte - b'a'))
}
