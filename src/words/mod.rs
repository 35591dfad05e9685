//! Every sentence we say, in each language.
//!
//! One folder a language, one Fluent file an area. What a language lacks is said in English, message by message.
//!
//! Never: no decision; a sentence is chosen by whoever knows why it is said.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// A language's tag, as Discord writes it, and its files: the folder's name is the tag.
macro_rules! language {
    ($tag:literal) => {
        language!($tag, "alerts", "answers", "commands", "handbook", "health", "pictures", "settings", "time")
    };
    ($tag:literal, $($area:literal),+) => {
        ($tag, &[$((concat!($area, ".ftl"), include_str!(concat!($tag, "/", $area, ".ftl")))),+])
    };
}

/// The languages that we speak: each with its tag and its files. English first: what another lacks is said in it.
const LANGUAGES: &[(&str, &[(&str, &str)])] = &[
    language!("en"),
    language!("de"),
    language!("es-ES"),
    language!("fr"),
    language!("ja"),
    language!("pt-BR"),
];

static BUNDLES: LazyLock<BTreeMap<&'static str, FluentBundle<FluentResource>>> =
    LazyLock::new(|| LANGUAGES.iter().map(|(tag, files)| (*tag, bundle(tag, files))).collect());

fn bundle(tag: &str, files: &[(&str, &str)]) -> FluentBundle<FluentResource> {
    let language: LanguageIdentifier = tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Isolation marks would stand as boxes in Discord's notifications.
    bundle.set_use_isolating(false);
    for (_, text) in files {
        // A broken message is left out here and named by the tests, which read every file.
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(rest, _)| rest);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// A message in the first of these that has it.
fn first_said<'b>(
    bundles: impl IntoIterator<Item = &'b FluentBundle<FluentResource>>,
    message: &str,
    args: &FluentArgs<'_>,
) -> Option<String> {
    bundles.into_iter().find_map(|bundle| {
        let pattern = bundle.get_message(message)?.value()?;
        Some(bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned())
    })
}

/// A language that we speak.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(&'static str);

impl Language {
    /// English, which has every message.
    pub const ENGLISH: Self = Self("en");

    /// The nearest language that we speak for a tag such as `de`, `pt-BR` or `es-419`; English if none is near.
    pub fn nearest(tag: &str) -> Self {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let stem = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
        let exact = LANGUAGES.iter().find(|(ours, _)| same(ours, tag));
        let near = || LANGUAGES.iter().find(|(ours, _)| same(&stem(ours), &stem(tag)));
        exact.or_else(near).map_or(Self::ENGLISH, |(ours, _)| Self(ours))
    }

    /// All languages that we speak, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        LANGUAGES.iter().map(|(tag, _)| Self(tag))
    }

    /// Its tag, as Discord writes it (reference, "Locales"), but for English: `en`, `de`, `es-ES`.
    pub fn tag(self) -> &'static str {
        self.0
    }

    /// Says a message without parts.
    pub fn say(self, message: &str) -> String {
        self.say_with(message, &[])
    }

    /// Says a message with its parts. A message that exists nowhere is said as its own name, which the tests find.
    pub fn say_with(self, message: &str, parts: &[(&str, Part<'_>)]) -> String {
        let mut args = FluentArgs::with_capacity(parts.len());
        for (name, part) in parts {
            args.set(*name, part.value());
        }
        let bundles = [self, Self::ENGLISH].into_iter().filter_map(|language| BUNDLES.get(language.0));
        first_said(bundles, message, &args).unwrap_or_else(|| message.to_owned())
    }

    /// Whether a message exists in this very language.
    pub fn has(self, message: &str) -> bool {
        BUNDLES.get(self.0).is_some_and(|b| b.get_message(message).is_some_and(|m| m.value().is_some()))
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Part<'a> {
    /// Words that stand as they are; text from outside must have been escaped before.
    Text(Cow<'a, str>),
    /// A count, which chooses singular or plural.
    Count(u64),
}

impl<'a> Part<'a> {
    fn value(&'a self) -> FluentValue<'a> {
        match self {
            Self::Text(text) => FluentValue::from(text.as_ref()),
            Self::Count(count) => FluentValue::from(*count),
        }
    }
}

impl<'a> From<&'a str> for Part<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a String> for Part<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Part<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u64> for Part<'_> {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_we_do_not_speak_is_answered_in_english() {
        assert_eq!(Language::nearest("tlh"), Language::ENGLISH);
        assert_eq!(Language::nearest("en-GB"), Language::ENGLISH);
        assert_eq!(Language::ENGLISH.say("no-such-message"), "no-such-message");
    }

    #[test]
    fn a_tag_is_answered_in_the_nearest_language() {
        let nearest = |tag| Language::nearest(tag).tag();
        assert_eq!(nearest("de"), "de");
        assert_eq!(nearest("de-AT"), "de");
        assert_eq!(nearest("FR"), "fr");
        assert_eq!(nearest("es-419"), "es-ES");
        assert_eq!(nearest("es"), "es-ES");
        for language in Language::all() {
            assert_eq!(Language::nearest(language.tag()), language);
        }
    }

    #[test]
    fn what_a_language_lacks_is_said_in_english_message_by_message() {
        let young = bundle("de", &[("young.ftl", "level-outage = ausgefallen")]);
        let said = |message| first_said([&young, &BUNDLES["en"]], message, &FluentArgs::new());
        assert_eq!(said("level-outage").as_deref(), Some("ausgefallen"));
        assert_eq!(said("level-maintenance").as_deref(), Some("maintenance"));
        assert_eq!(said("no-such-message"), None);
    }

    #[test]
    fn every_file_can_be_read() {
        for (tag, files) in LANGUAGES {
            for (name, text) in *files {
                if let Err((_, errors)) = FluentResource::try_new((*text).to_owned()) {
                    panic!("{tag}/{name}: {errors:?}");
                }
            }
        }
    }

    #[test]
    fn durations_are_said_in_words() {
        let en = Language::ENGLISH;
        assert_eq!(en.say_with("duration-minutes", &[("m", 7.into()), ("s", 0.into())]), "7 min 0 s");
    }
}
