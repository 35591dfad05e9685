//! Entries in other languages than English: one file per entry, `<tag>/<id>.md`. An untranslated entry is in English.
//!
//! A language is parsed when it is first requested: a bot that speaks only English never parses another.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::{Faq, FaqEntry, FaqEntryError, index, lint, terms};

/// A file: its name, with the folder of its language, and its text.
pub(super) type TranslationFile = (String, Cow<'static, str>);

/// The files of an FAQ in one language.
#[derive(Debug, Clone)]
pub(super) struct Translation {
    tag: String,
    files: Vec<TranslationFile>,
    /// The whole FAQ as readers of this language get it. `None` if a file is wrong, which is found before.
    made: OnceLock<Option<Box<Faq>>>,
}

/// Returns the tag of a file that is a translation: `de` of `de/spotify-nhu.md`, `pt-BR` of `pt-BR/spotify-nhu.md`.
pub(super) fn tag_of(name: &str) -> Option<&str> {
    let (tag, _) = name.split_once('/')?;
    let (language, country) = tag.split_once('-').map_or((tag, None), |(of, country)| (of, Some(country)));
    let two = |text: &str, kind: fn(&u8) -> bool| text.len() == 2 && text.as_bytes().iter().all(kind);
    let is_tag = two(language, u8::is_ascii_lowercase)
        && country.is_none_or(|country| two(country, u8::is_ascii_uppercase));
    is_tag.then_some(tag)
}

fn id_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name).trim_end_matches(".md")
}

impl Faq {
    /// Returns this FAQ as readers of a language get it: what is not translated is in English.
    pub fn in_language(&self, tag: &str) -> &Self {
        let Some(translation) = self.translations.iter().find(|it| it.tag == tag) else { return self };
        let made = translation.made.get_or_init(|| self.translated(translation).ok().map(Box::new));
        made.as_deref().unwrap_or(self)
    }

    /// Returns every mistake in every translation.
    pub fn check_translations(&self) -> Vec<FaqEntryError> {
        self.translations.iter().filter_map(|it| self.translated(it).err()).flatten().collect()
    }

    /// Returns the same with these translations added; each replaces the one of the same name.
    pub(super) fn with_translations(mut self, files: impl IntoIterator<Item = TranslationFile>) -> Self {
        for (name, text) in files {
            let Some(tag) = tag_of(&name).map(str::to_owned) else { continue };
            let at = self.translations.iter().position(|it| it.tag == tag).unwrap_or_else(|| {
                self.translations.push(Translation { tag, files: Vec::new(), made: OnceLock::new() });
                self.translations.len() - 1
            });
            let files = &mut self.translations[at].files;
            files.retain(|(known, _)| *known != name);
            files.push((name, text));
            self.translations[at].made = OnceLock::new();
        }
        self
    }

    /// Returns the files of all translations except those of these entries: our translations do not fit an operator's own entry.
    pub(super) fn translations_but(&self, entries: &[FaqEntry]) -> Vec<TranslationFile> {
        let files = self.translations.iter().flat_map(|it| &it.files);
        files.filter(|(name, _)| entries.iter().all(|entry| entry.id != id_of(name))).cloned().collect()
    }

    fn translated(&self, translation: &Translation) -> Result<Self, Vec<FaqEntryError>> {
        let mut entries = self.entries.clone();
        let mut errors = Vec::new();
        for (name, text) in &translation.files {
            let Some(entry) = entries.iter_mut().find(|entry| entry.id == id_of(name)) else {
                let what = "there is no such entry to translate: a translation has the name of its entry";
                errors.push(FaqEntryError::new(name, 1, what));
                continue;
            };
            match entry.translate(&translation.tag, name, text) {
                Ok(translated) => *entry = translated,
                Err(wrong) => errors.extend(wrong),
            }
        }
        let mut reader = terms::TermReader::default();
        errors.extend(lint::check_set(&entries, &mut reader));
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            by_id: self.by_id.clone(),
            index: index::Index::of(&entries, reader),
            prints: Arc::clone(&self.prints),
            labels: OnceLock::new(),
            translations: Vec::new(),
            entries,
        })
    }
}
