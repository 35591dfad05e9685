//! Every sentence we say, in each language.
//!
//! One folder a language, one Fluent file an area. What a language lacks is said in English, message by message. A file is
//! read when something of it is first said: most bots speak one language, and a language in memory is 0.4 MB.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use intl_memoizer::concurrent::IntlLangMemoizer;
use unic_langid::LanguageIdentifier;

/// A language's tag, as Discord writes it, the sign before its decimals, how it groups digits, and its files: the
/// folder's name is the tag.
macro_rules! language {
    ($tag:literal, $decimal:literal, $grouped:expr) => {
        language!(
            $tag, $decimal, $grouped,
            "alerts", "charts", "commands", "faq", "health", "replies", "settings", "time"
        )
    };
    ($tag:literal, $decimal:literal, $grouped:expr, $($area:literal),+) => {
        Spoken {
            tag: $tag,
            decimal: $decimal,
            grouped: $grouped,
            files: &[$((concat!($area, ".ftl"), include_str!(concat!($tag, "/", $area, ".ftl")))),+],
            commands: OnceLock::new(),
            others: OnceLock::new(),
        }
    };
}

/// A narrow space that does not break.
const NARROW: char = '\u{202f}';

/// The languages that we speak. English first: what another lacks is said in it. Numbers as Unicode's CLDR 45 has them,
/// but for Spanish, which by its academies groups five digits and more, by a space.
static LANGUAGES: [Spoken; 6] = [
    language!("en", ".", grouped::<',', 4>),
    language!("de", ",", grouped::<'.', 4>),
    language!("es-ES", ",", grouped::<NARROW, 5>),
    language!("fr", ",", grouped::<NARROW, 4>),
    language!("ja", ".", grouped::<',', 4>),
    language!("pt-BR", ",", grouped::<'.', 4>),
];

/// How counts are written.
type Grouped = fn(&FluentValue<'_>, &IntlLangMemoizer) -> Option<String>;

/// One language.
struct Spoken {
    tag: &'static str,
    decimal: &'static str,
    grouped: Grouped,
    files: &'static [(&'static str, &'static str)],
    commands: OnceLock<Bundle>,
    others: OnceLock<Bundle>,
}

type Bundle = FluentBundle<FluentResource>;

/// The file with the names and descriptions of commands, and what all its messages begin with. It stands apart from the other
/// files, because it is the only one of which every bot says all languages: when it registers its commands.
const COMMANDS: &str = "commands.ftl";
const OF_COMMANDS: &str = "command-";

impl Spoken {
    /// The messages among which this one is, read now if they were not.
    fn bundle_of(&self, message: &str) -> &Bundle {
        let of_commands = message.starts_with(OF_COMMANDS);
        let files = || self.files.iter().filter(|(name, _)| (*name == COMMANDS) == of_commands);
        let bundle = if of_commands { &self.commands } else { &self.others };
        bundle.get_or_init(|| bundle_of(self.tag, self.grouped, files()))
    }
}

/// A count in groups of three digits, where it has at least so many.
fn grouped<const SIGN: char, const LEAST: usize>(
    count: &FluentValue<'_>,
    _: &IntlLangMemoizer,
) -> Option<String> {
    let FluentValue::Number(count) = count else { return None };
    let digits = count.as_string();
    if digits.len() < LEAST || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let mut written = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            written.push(SIGN);
        }
        written.push(digit);
    }
    Some(written)
}

fn bundle_of<'f>(tag: &str, grouped: Grouped, files: impl Iterator<Item = &'f (&'f str, &'f str)>) -> Bundle {
    let language: LanguageIdentifier = tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Isolation marks would stand as boxes in Discord's notifications.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(grouped));
    for (_, text) in files {
        // A broken message is left out here and named by the tests, which read every file.
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(rest, _)| rest);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// A message in the first of these that has it.
fn first_said<'b>(
    bundles: impl IntoIterator<Item = &'b Bundle>,
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
        let exact = LANGUAGES.iter().find(|ours| same(ours.tag, tag));
        let near = || LANGUAGES.iter().find(|ours| same(&stem(ours.tag), &stem(tag)));
        exact.or_else(near).map_or(Self::ENGLISH, |ours| Self(ours.tag))
    }

    /// All languages that we speak, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        LANGUAGES.iter().map(|ours| Self(ours.tag))
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
    pub fn say_with(self, message: &str, parts: &[(&str, Fragment<'_>)]) -> String {
        let mut args = FluentArgs::with_capacity(parts.len());
        for (name, part) in parts {
            args.set(*name, part.value(self));
        }
        let bundles = [self, Self::ENGLISH].into_iter().filter_map(Self::spoken);
        first_said(bundles.map(|spoken| spoken.bundle_of(message)), message, &args)
            .unwrap_or_else(|| message.to_owned())
    }

    /// The sign before its decimals.
    fn decimal(self) -> &'static str {
        self.spoken().map_or(".", |ours| ours.decimal)
    }

    /// Whether a message exists in this very language.
    pub fn has(self, message: &str) -> bool {
        let found = self.spoken().and_then(|spoken| spoken.bundle_of(message).get_message(message));
        found.is_some_and(|message| message.value().is_some())
    }

    fn spoken(self) -> Option<&'static Spoken> {
        LANGUAGES.iter().find(|spoken| spoken.tag == self.0)
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Fragment<'a> {
    /// Words that stand as they are; text from outside must have been escaped before.
    Text(Cow<'a, str>),
    /// A count, which chooses singular or plural.
    Count(u64),
    /// A number with decimals, as `92.61`: the language has its own sign for the point.
    Decimal(Cow<'a, str>),
}

impl<'a> Fragment<'a> {
    fn value(&'a self, language: Language) -> FluentValue<'a> {
        match self {
            Self::Text(text) => FluentValue::from(text.as_ref()),
            Self::Decimal(number) => FluentValue::from(number.replacen('.', language.decimal(), 1)),
            Self::Count(count) => FluentValue::from(*count),
        }
    }
}

impl<'a> From<&'a str> for Fragment<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a String> for Fragment<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Fragment<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u64> for Fragment<'_> {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_language_falls_back_to_english() {
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
    fn missing_message_falls_back_to_english() {
        let young = bundle_of("de", grouped::<'.', 4>, [("young.ftl", "level-outage = ausgefallen")].iter());
        let english = Language::ENGLISH.spoken().expect("English");
        let said = |message| first_said([&young, english.bundle_of(message)], message, &FluentArgs::new());
        assert_eq!(said("level-outage").as_deref(), Some("ausgefallen"));
        assert_eq!(said("level-maintenance").as_deref(), Some("maintenance"));
        assert_eq!(said("no-such-message"), None);
    }

    #[test]
    fn command_texts_live_in_their_own_file() {
        for Spoken { tag, files, .. } in &LANGUAGES {
            for (name, text) in *files {
                let messages =
                    text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
                for message in messages {
                    assert_eq!(
                        message.starts_with(OF_COMMANDS),
                        *name == COMMANDS,
                        "{tag}/{name}: {message}"
                    );
                }
                let another = if *name == COMMANDS { "{ " } else { "{ command" };
                let refers = text.split("{ $").any(|part| part.contains(another)) || text.contains("{ -");
                assert!(!refers, "{tag}/{name} refers to a message that may stand in another bundle");
            }
        }
    }

    #[test]
    fn every_file_can_be_read() {
        for Spoken { tag, files, .. } in &LANGUAGES {
            for (name, text) in *files {
                if let Err((_, errors)) = FluentResource::try_new((*text).to_owned()) {
                    panic!("{tag}/{name}: {errors:?}");
                }
            }
        }
    }

    #[test]
    fn numbers_are_written_as_the_language_writes_them() {
        let said = |count: u64, share: &str| {
            let parts = |language: Language| {
                let n = language.say_with("about-faq", &[("n", count.into())]);
                let digits = n.trim_start_matches(|c: char| !c.is_ascii_digit());
                let n: String = digits.chars().take_while(|c| !c.is_alphabetic() && *c != ' ').collect();
                let share = language
                    .say_with("chart-share", &[("share", Fragment::Decimal(share.to_owned().into()))]);
                format!("{}: {n} · {share}", language.tag())
            };
            Language::all().map(parts).collect::<Vec<_>>()
        };
        let narrow = |text: &str| text.replace('_', "\u{202f}").replace('~', "\u{a0}");
        let expected = [
            "en: 230,330 · 92.61 %",
            "de: 230.330 · 92,61~%",
            "es-ES: 230_330 · 92,61~%",
            "fr: 230_330 · 92,61_%",
            "ja: 230,330 · 92.61%",
            "pt-BR: 230.330 · 92,61%",
        ];
        assert_eq!(said(230_330, "92.61"), expected.map(narrow));
        let expected = [
            "en: 1,000 · 100 %",
            "de: 1.000 · 100~%",
            "es-ES: 1000 · 100~%",
            "fr: 1_000 · 100_%",
            "ja: 1,000 · 100%",
            "pt-BR: 1.000 · 100%",
        ];
        assert_eq!(said(1_000, "100"), expected.map(narrow));
    }

    #[test]
    fn durations_are_written_out() {
        let en = Language::ENGLISH;
        assert_eq!(en.say_with("duration-minutes", &[("m", 7.into()), ("s", 0.into())]), "7 min 0 s");
    }
}
