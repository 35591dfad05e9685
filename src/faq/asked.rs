//! How people asked for the built-in entries, in their own words: evidence for the search that is no alias.
//!
//! An alias is a phrase that may be offered and that a question may repeat whole. These lines only teach which words go
//! with an entry. To teach more, add a line to `asked.toml`.

use std::{collections::HashMap, sync::LazyLock};

static BUILTIN: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    // cannot fail: the file is part of the program and a test reads it
    toml::from_str(include_str!("asked.toml")).expect("asked.toml is read by a test")
});

/// Returns what people asked for the entry with this id.
pub(super) fn of(id: &str) -> &'static [String] {
    BUILTIN.get(id).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::BUILTIN;
    use crate::faq::Faq;

    #[test]
    fn every_line_is_short_and_belongs_to_one_entry() {
        let faq = Faq::builtin();
        let mut seen = HashSet::new();
        for (id, lines) in BUILTIN.iter() {
            assert!(faq.entry(id).is_some(), "there is no entry {id}");
            for line in lines {
                assert!(line.chars().count() <= 240, "too long: {line}");
                assert!(seen.insert(line.to_lowercase()), "occurs twice: {line}");
            }
        }
    }
}
