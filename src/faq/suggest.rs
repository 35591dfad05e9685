//! Autocomplete: what to offer while a user types.

use super::{Faq, TopicPath, entry::FaqEntry};

/// The most choices that Discord accepts in one autocomplete answer (docs: application commands, autocomplete).
pub const CHOICES: usize = 25;

/// What of an entry matched, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuggestionKind {
    /// Shown on an empty field.
    Pinned,
    /// The id, the title or an alias equals what was typed.
    Exact,
    /// An alias contains what was typed.
    Alias,
    /// The title contains what was typed.
    Title,
    /// The text or a keyword contains what was typed.
    Body,
}

/// One choice of the autocomplete.
#[derive(Debug, Clone, Copy)]
pub struct Suggestion<'a> {
    /// The entry that is offered.
    pub entry: &'a FaqEntry,
    /// Why it is offered.
    pub kind: SuggestionKind,
}

/// An entry's texts, folded once for comparing.
#[derive(Debug, Clone)]
pub(super) struct Label {
    title: String,
    aliases: Vec<String>,
    body: String,
}

impl Label {
    pub(super) fn of(entry: &FaqEntry) -> Self {
        let body = [&entry.short, &entry.meaning, &entry.yours]
            .into_iter()
            .chain(&entry.steps)
            .chain(&entry.keywords);
        Self {
            title: fold(&entry.title),
            aliases: entry.aliases.iter().map(|alias| fold(alias)).collect(),
            body: body.map(|text| fold(text)).collect::<Vec<_>>().join(" "),
        }
    }

    /// Returns why this entry is offered for what was typed, or `None` if it is not.
    fn matched(&self, id: &str, typed: &str) -> Option<SuggestionKind> {
        let holds = |text: &str| typed.split(' ').all(|word| holds_start(text, word));
        if id == typed || self.title == typed || self.aliases.iter().any(|alias| alias == typed) {
            Some(SuggestionKind::Exact)
        } else if self.aliases.iter().any(|alias| holds(alias)) {
            Some(SuggestionKind::Alias)
        } else if holds(&self.title) {
            Some(SuggestionKind::Title)
        } else {
            holds(&self.body).then_some(SuggestionKind::Body)
        }
    }
}

impl Faq {
    /// Offers at most [`CHOICES`] entries for what has been typed so far; the pinned ones if nothing was typed.
    pub fn suggest(&self, typed: &str) -> Vec<Suggestion<'_>> {
        let typed = fold(typed);
        if typed.is_empty() {
            let pinned = self.pinned().map(|entry| Suggestion { entry, kind: SuggestionKind::Pinned });
            return pinned.take(CHOICES).collect();
        }
        let ranked = self.search(&typed);
        let place = |entry: &FaqEntry| {
            ranked.hits.iter().position(|hit| hit.entry.id == entry.id).unwrap_or(usize::MAX)
        };
        let labels = self.labels.get_or_init(|| self.entries.iter().map(Label::of).collect());
        let labelled = self.entries.iter().zip(labels);
        let mut offered: Vec<Suggestion<'_>> = labelled
            .filter_map(|(entry, label)| Some(Suggestion { entry, kind: label.matched(&entry.id, &typed)? }))
            .collect();
        // A typo matches nothing letter by letter, but the search still finds what was meant.
        for hit in &ranked.hits {
            if !offered.iter().any(|known| known.entry.id == hit.entry.id) {
                offered.push(Suggestion { entry: hit.entry, kind: SuggestionKind::Body });
            }
        }
        // In a tie Spotify's own entry comes first.
        let key = |it: &Suggestion<'_>| {
            (it.kind, place(it.entry), it.entry.topic.path != TopicPath::Spotify, it.entry.title.clone())
        };
        offered.sort_by_cached_key(key);
        offered.truncate(CHOICES);
        offered
    }
}

/// Returns whether a word of the text starts with this one: the last word may be unfinished.
fn holds_start(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| at == 0 || !text[..at].ends_with(char::is_alphanumeric))
}

/// Returns the text in lower case, without quotes, with single spaces.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !matches!(c, '“' | '”' | '"' | '`' | '\'')) {
        if c.is_ascii() && !c.is_ascii_whitespace() {
            out.push(c.to_ascii_lowercase());
        } else if !c.is_whitespace() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}
