//! The FAQ: what people ask and paste, and our answers.
//!
//! ```text
//! entries/*.md ──▶ entry (lint) ──▶ FAQ ──▶ search    a question      ──▶ answer, suggest or none
//!                                           ├──▶ suggest   a half-typed one ──▶ at most 25 lines
//!                                           └──▶ diagnose  a pasted error  ──▶ findings, without secrets (redact)
//! ```

mod asked;
mod credentials;
pub mod diagnose;
pub mod entry;
pub mod fuel;
mod index;
mod lexicon;
pub mod lint;
mod markdown;
mod packed_lists;
mod paste;
mod pattern;
mod pattern_matches;
pub mod redact;
mod seams;
pub mod search;
mod spelling;
mod status;
pub mod suggest;
mod terms;
pub mod topics;
mod translation;

use std::{
    borrow::Cow,
    collections::HashMap,
    ops::Deref,
    sync::{Arc, LazyLock, OnceLock},
};

pub use entry::{FaqEntry, FaqEntryError};
pub use lexicon::ForeignService;
pub use pattern::Pattern;
pub use topics::{Topic, TopicPath};

/// The files of the built-in FAQ: name and text, listed by `build.rs`.
const BUILTIN_FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/faq_entries.rs"));

/// The same of its translations, each named with the folder of its language.
const BUILTIN_TRANSLATIONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/faq_translations.rs"));

static BUILTIN: LazyLock<Faq> = LazyLock::new(|| match Faq::read(BUILTIN_FILES.iter().copied()) {
    Ok(faq) => {
        let translations = BUILTIN_TRANSLATIONS.iter();
        let files = translations.map(|(name, text)| ((*name).to_owned(), Cow::Borrowed(*text)));
        faq.with_translations(files)
    }
    // cannot fail: the files are part of the program and tests/it/faq.rs reads them
    Err(errors) => panic!("the built-in FAQ is read by a test: {errors:?}"),
});

/// All entries, with their search index. Searching is cheap and building is expensive: build it once and share it.
#[derive(Debug, Clone)]
pub struct Faq {
    /// In order of id.
    entries: Vec<FaqEntry>,
    by_id: HashMap<String, usize>,
    index: index::Index,
    prints: Arc<diagnose::Fingerprints>,
    /// In the order of entries; built at the first autocomplete.
    labels: OnceLock<Vec<suggest::Label>>,
    translations: Vec<translation::Translation>,
}

/// The built-in FAQ, or one with an operator's own entries. The built-in one takes 2 MB in memory, which a bot that was asked
/// nothing yet does without.
#[derive(Clone, Debug)]
pub enum SharedFaq {
    Builtin,
    Read(Arc<Faq>),
}

impl Deref for SharedFaq {
    type Target = Faq;

    fn deref(&self) -> &Faq {
        match self {
            Self::Builtin => &BUILTIN,
            Self::Read(faq) => faq,
        }
    }
}

impl Faq {
    /// The FAQ that ships with the program. It is read when it is first used.
    pub fn builtin() -> SharedFaq {
        SharedFaq::Builtin
    }

    /// Returns the files of the built-in FAQ, as name and text, without translations.
    pub fn builtin_files() -> impl Iterator<Item = (&'static str, &'static str)> {
        BUILTIN_FILES.iter().copied()
    }

    /// Returns the files of its translations, as name (`de/spotify-nhu.md`) and text.
    pub fn builtin_translations() -> impl Iterator<Item = (&'static str, &'static str)> {
        BUILTIN_TRANSLATIONS.iter().copied()
    }

    /// Reads a whole FAQ from the names and texts of its files. Names that start with `_` are skipped, and a name
    /// with a folder (`de/spotify-nhu.md`) is a translation. Reports every mistake in every file at once.
    pub fn read<N: AsRef<str>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, Vec<FaqEntryError>> {
        let (entries, translations) = parse_all(files)?;
        Self::of(entries)?.with_translations(translations).checked()
    }

    /// Returns this FAQ with an operator's own entries: one with a known id replaces the built-in one, any other is added.
    /// Translations are handled alike; the built-in translations of a replaced entry are dropped.
    /// On any mistake nothing changes; the caller continues to use this FAQ.
    pub fn overlay<N: AsRef<str>, T: AsRef<str>>(
        &self,
        files: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, Vec<FaqEntryError>> {
        let (own, translations) = parse_all(files)?;
        let ours = self.translations_but(&own);
        let stored = self.entries.iter().filter(|entry| !own.iter().any(|theirs| theirs.id == entry.id));
        let entries = stored.cloned().collect::<Vec<_>>();
        let whole = Self::of(entries.into_iter().chain(own).collect())?;
        if translations.is_empty() {
            return Ok(whole.with_translations(ours));
        }
        whole.with_translations(ours).with_translations(translations).checked()
    }

    /// Returns this FAQ, or every mistake in its translations. They are parsed for the check only, and dropped afterwards.
    fn checked(self) -> Result<Self, Vec<FaqEntryError>> {
        let errors = self.check_translations();
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    fn of(mut entries: Vec<FaqEntry>) -> Result<Self, Vec<FaqEntryError>> {
        let mut reader = terms::TermReader::default();
        let errors = lint::check_set(&entries, &mut reader);
        if !errors.is_empty() {
            return Err(errors);
        }
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            by_id: entries.iter().enumerate().map(|(at, entry)| (entry.id.clone(), at)).collect(),
            index: index::Index::of(&entries, reader),
            prints: Arc::new(diagnose::Fingerprints::of(&entries)),
            labels: OnceLock::new(),
            translations: Vec::new(),
            entries,
        })
    }

    /// Returns all entries, in order of id.
    pub fn entries(&self) -> &[FaqEntry] {
        &self.entries
    }

    pub fn entry(&self, id: &str) -> Option<&FaqEntry> {
        self.by_id.get(id).and_then(|at| self.entries.get(*at))
    }

    /// Returns the pinned entries, in their order.
    pub fn pinned(&self) -> impl Iterator<Item = &FaqEntry> {
        let mut pinned: Vec<&FaqEntry> = self.entries.iter().filter(|entry| entry.pinned.is_some()).collect();
        pinned.sort_by_key(|entry| (entry.pinned, entry.id.as_str()));
        pinned.into_iter()
    }
}

fn parse_all<N: AsRef<str>, T: AsRef<str>>(
    files: impl IntoIterator<Item = (N, T)>,
) -> Result<(Vec<FaqEntry>, Vec<translation::TranslationFile>), Vec<FaqEntryError>> {
    let mut entries = Vec::new();
    let mut translations = Vec::new();
    let mut errors = Vec::new();
    for (name, text) in files {
        let name = name.as_ref();
        if name.rsplit(['/', '\\']).next().is_some_and(|last| last.starts_with('_')) {
            continue;
        }
        if translation::tag_of(name).is_some() {
            translations.push((name.to_owned(), Cow::Owned(text.as_ref().to_owned())));
            continue;
        }
        match FaqEntry::parse(name, text.as_ref()) {
            Ok(entry) => entries.push(entry),
            Err(wrong) => errors.extend(wrong),
        }
    }
    if errors.is_empty() { Ok((entries, translations)) } else { Err(errors) }
}
