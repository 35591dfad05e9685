//! One entry of the FAQ: one Markdown file with a TOML head, parsed and checked.

use std::fmt;

use jiff::civil::Date;
use serde::Deserialize;

use super::{lint, markdown, pattern::Pattern, topics::Topic};

/// One answer, with everything that finds it.
#[derive(Debug, Clone)]
pub struct FaqEntry {
    /// The file's name without `.md`.
    pub id: String,
    /// Its subject; one of [`TOPICS`](super::topics::TOPICS).
    pub topic: Topic,
    /// Its headline, at most 90 characters.
    pub title: String,
    /// How people really phrase it; unique over the FAQ.
    pub aliases: Vec<String>,
    /// Words that count for this entry: products and error strings.
    pub keywords: Vec<String>,
    /// Whose live state is shown above the answer.
    pub live: Option<Live>,
    /// Its position among the suggestions on an empty field.
    pub pinned: Option<u16>,
    /// Whether it also answers visitors of a service that has no entry of its own.
    pub visitor: bool,
    /// Ids of entries to read next.
    pub related: Vec<String>,
    /// When somebody last checked it against its sources.
    pub reviewed: Date,
    /// The sources of its facts; https links.
    pub sources: Vec<String>,
    /// What it recognises in pasted text.
    pub fingerprints: Vec<Fingerprint>,
    /// The answer in one or two sentences, readable alone.
    pub short: String,
    pub meaning: String,
    pub yours: String,
    /// “What to do”: one to three steps, without their numbers.
    pub steps: Vec<String>,
    /// “Don't”: the one thing that does harm.
    pub dont: Option<String>,
    /// “For developers”: snippet and details, for **More**.
    pub developers: Option<String>,
    /// “All causes”, for **More**.
    pub causes: Option<String>,
    /// The tag of the language that it was translated to. `None` for English.
    pub language: Option<String>,
}

/// Whose live state an answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Live {
    /// Spotify as a whole.
    Any,
    WebApi,
    Login,
    /// Desktop and mobile apps.
    Apps,
    WebPlayer,
}

impl Live {
    /// Returns the service's name in the built-in catalog; `None` for Spotify as a whole.
    pub fn service(self) -> Option<&'static str> {
        match self {
            Self::Any => None,
            Self::WebApi => Some("web-api"),
            Self::Login => Some("login"),
            Self::Apps => Some("apps"),
            Self::WebPlayer => Some("web-player"),
        }
    }
}

/// What identifies an error in pasted text. Literals are compared in lower case with whitespace folded.
#[derive(Debug, Clone)]
pub struct Fingerprint {
    /// Every one of these must occur.
    pub all: Vec<String>,
    /// At least one of these must occur, if there are any.
    pub any: Vec<String>,
    /// None of these may occur.
    pub none: Vec<String>,
    /// Must also match, in any case.
    pub regex: Option<Pattern>,
    /// An Envoy response flag that must be alone in a log field.
    pub flag: Option<String>,
    /// One of these HTTP statuses must be reported, if there are any.
    pub status: Vec<u16>,
    /// A service of `lexicon.toml` must be named.
    pub service: bool,
    /// 1 to 100: the more specific, the higher.
    pub rank: u8,
    /// The product that wrote the error.
    pub says: Option<String>,
    /// How far apart its literals may be.
    pub scope: FingerprintScope,
}

/// How far apart the literals of a fingerprint may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FingerprintScope {
    /// Within five lines of each other.
    #[default]
    Line,
    /// Anywhere in the paste.
    Paste,
}

/// A mistake in an entry: its location, what is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FaqEntryError {
    /// The file, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

impl FaqEntryError {
    pub(super) fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for FaqEntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}: {}", self.file, self.line, self.what)
    }
}

impl std::error::Error for FaqEntryError {}

/// The TOML head as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    topic: String,
    title: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    keywords: Vec<String>,
    live: Option<Live>,
    pinned: Option<u16>,
    #[serde(default)]
    visitor: bool,
    #[serde(default)]
    related: Vec<String>,
    reviewed: toml::value::Datetime,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    fingerprint: Vec<Print>,
}

/// The head of a translation: only what is translated. The rest is in the English entry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TranslatedHead {
    id: String,
    title: String,
    aliases: Vec<String>,
    #[serde(default)]
    keywords: Vec<String>,
    reviewed: toml::value::Datetime,
}

impl TranslatedHead {
    fn over(self, english: &FaqEntry) -> Head {
        Head {
            id: self.id,
            topic: english.topic.name.to_owned(),
            title: self.title,
            aliases: self.aliases,
            keywords: english.keywords.iter().cloned().chain(self.keywords).collect(),
            live: english.live,
            pinned: english.pinned,
            visitor: english.visitor,
            related: english.related.clone(),
            reviewed: self.reviewed,
            sources: english.sources.clone(),
            fingerprint: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Print {
    #[serde(default)]
    all: Vec<String>,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    none: Vec<String>,
    regex: Option<String>,
    flag: Option<String>,
    #[serde(default)]
    status: Vec<u16>,
    #[serde(default)]
    service: bool,
    rank: u8,
    says: Option<String>,
    #[serde(default)]
    scope: FingerprintScope,
}

impl FaqEntry {
    /// Reads one file. `file` is its name, whose last part without `.md` must be the entry's id.
    /// Reports every mistake at once.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<FaqEntryError>> {
        Self::read(file, text, |head| toml::from_str(head))
    }

    /// Reads a translation of this entry to the language of a tag: the same template, with a head of `id`, `title`,
    /// `aliases`, `reviewed`, and `keywords` where there are some. It is also found by what finds this one.
    pub fn translate(&self, tag: &str, file: &str, text: &str) -> Result<Self, Vec<FaqEntryError>> {
        let head = |head: &str| toml::from_str(head).map(|head: TranslatedHead| head.over(self));
        let mut entry = Self::read(file, text, head)?;
        entry.aliases.extend(std::iter::once(&self.title).chain(&self.aliases).cloned());
        entry.fingerprints.clone_from(&self.fingerprints);
        entry.language = Some(tag.to_owned());
        Ok(entry)
    }

    fn read(
        file: &str,
        text: &str,
        head_of: impl FnOnce(&str) -> Result<Head, toml::de::Error>,
    ) -> Result<Self, Vec<FaqEntryError>> {
        let text = text.trim_start_matches('\u{feff}');
        let lines: Vec<(usize, &str)> = (1..).zip(text.lines()).collect();
        let Some(close) = head_end(&lines) else {
            let what =
                "an entry starts with a ```toml block that holds its head, closed by ```; see _template.md";
            return Err(vec![FaqEntryError::new(file, 1, what)]);
        };
        // The head keeps its offset in the file, so that an error's offset also gives its line there.
        let opening = lines.first().map_or(0, |(_, line)| line.len());
        let length: usize = lines.iter().take(close).map(|(_, line)| line.len() + 1).sum();
        let head_text: String =
            lines.iter().take(close).skip(1).flat_map(|(_, line)| [*line, "\n"]).collect();
        let padded = format!("{}\n{head_text}", " ".repeat(opening));
        debug_assert_eq!(padded.len(), length);
        let mut errors = Vec::new();
        let sections = markdown::cut(&lines[close + 1..]);
        for section in &sections {
            section.check(file, &mut errors);
        }
        lint::check_headings(file, &sections, &mut errors);
        let head = match head_of(&padded) {
            Ok(head) => head,
            Err(error) => {
                let offset = error.span().map_or(0, |span| span.start);
                let line = padded.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
                errors.insert(
                    0,
                    FaqEntryError::new(file, line, format!("the head is not right: {}", error.message())),
                );
                return Err(errors);
            }
        };
        let place = |key: &str| line_of(&lines[..close], key);
        let entry = assemble(file, head, &sections, &place, &mut errors);
        if let Some(entry) = &entry {
            lint::check_entry(file, entry, &sections, &place, &mut errors);
        }
        errors.sort();
        entry.filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// Returns the text that a public answer shows, to measure its length.
    pub fn public_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n{}\n", self.title, self.short, self.meaning, self.yours);
        for step in self.steps.iter().chain(&self.dont) {
            text.push_str(step);
            text.push('\n');
        }
        text
    }
}

/// Returns the index of the line that closes the head.
fn head_end(lines: &[(usize, &str)]) -> Option<usize> {
    let (_, first) = lines.first()?;
    if first.trim_end() != "```toml" {
        return None;
    }
    lines.iter().skip(1).position(|(_, line)| line.trim_end() == "```").map(|at| at + 1)
}

/// Returns the line of a key in the head, or of one of its values; `key#n` is the n-th value, from 0.
fn line_of(head: &[(usize, &str)], key: &str) -> usize {
    let numbered = key.rsplit_once('#').and_then(|(key, nth)| Some((key, nth.parse::<usize>().ok()?)));
    let (key, nth) = numbered.unwrap_or((key, 0));
    let keyed = head.iter().filter(|(_, line)| line.trim_start().starts_with(key)).nth(nth);
    keyed.or_else(|| head.iter().find(|(_, line)| line.contains(key))).map_or(1, |(line, _)| *line)
}

fn assemble(
    file: &str,
    head: Head,
    sections: &[markdown::Section<'_>],
    place: &dyn Fn(&str) -> usize,
    errors: &mut Vec<FaqEntryError>,
) -> Option<FaqEntry> {
    let topic = Topic::named(&head.topic);
    if topic.is_none() {
        let near = lint::nearest_topic(&head.topic);
        let what = format!("unknown topic “{}”; the nearest known one is “{near}”", head.topic);
        errors.push(FaqEntryError::new(file, place("topic"), what));
    }
    let reviewed = head.reviewed.to_string().parse::<Date>().ok();
    if reviewed.is_none() {
        errors.push(FaqEntryError::new(
            file,
            place("reviewed"),
            "`reviewed` must be a date such as 2026-11-20",
        ));
    }
    let mut fingerprints = Vec::new();
    for (nth, print) in head.fingerprint.into_iter().enumerate() {
        match read_fingerprint(print) {
            Ok(fingerprint) => fingerprints.push(fingerprint),
            Err(what) => {
                errors.push(FaqEntryError::new(file, place(&format!("[[fingerprint]]#{nth}")), what));
            }
        }
    }
    let find = |heading: &str| sections.iter().find(|section| section.heading == heading);
    let text = |heading: &str| find(heading).map(markdown::Section::text);
    let steps = find("What to do").map(|section| section.steps(file, errors)).unwrap_or_default();
    let dont = find("Don't").and_then(|section| section.one_item(file, errors));
    Some(FaqEntry {
        id: head.id,
        topic: topic?,
        title: head.title,
        aliases: head.aliases,
        keywords: head.keywords,
        live: head.live,
        pinned: head.pinned,
        visitor: head.visitor,
        related: head.related,
        reviewed: reviewed?,
        sources: head.sources,
        fingerprints,
        short: text("").unwrap_or_default(),
        meaning: text("What it means").unwrap_or_default(),
        yours: text("Is it you?").unwrap_or_default(),
        steps,
        dont,
        developers: text("For developers"),
        causes: text("All causes"),
        language: None,
    })
}

fn read_fingerprint(print: Print) -> Result<Fingerprint, String> {
    if !(1..=100).contains(&print.rank) {
        return Err("`rank` must be 1 to 100: the more specific, the higher".to_owned());
    }
    if print.all.is_empty() && print.any.is_empty() && print.flag.is_none() && print.status.is_empty() {
        return Err(
            "a fingerprint needs `all`, `any`, `flag` or `status`: a `regex` alone would be tried on every line"
                .to_owned(),
        );
    }
    if let Some(flag) = &print.flag
        && !(flag.len() >= 2 && flag.bytes().all(|byte| byte.is_ascii_uppercase()))
    {
        return Err(format!("`flag` must be an Envoy response flag in capitals such as UH, not “{flag}”"));
    }
    if let Some(status) = print.status.iter().find(|status| !(400..600).contains(*status)) {
        return Err(format!("`status` lists HTTP statuses of failures, 400 to 599, not {status}"));
    }
    let regex = print.regex.map(Pattern::read).transpose()?;
    let fold = |literals: Vec<String>| -> Result<Vec<String>, String> {
        literals
            .into_iter()
            .map(|literal| {
                let folded = super::paste::Paste::read(&literal).text;
                if folded.trim().len() < 2 {
                    return Err(format!("the literal “{literal}” is too short to mean anything"));
                }
                Ok(folded)
            })
            .collect()
    };
    Ok(Fingerprint {
        all: fold(print.all)?,
        any: fold(print.any)?,
        none: fold(print.none)?,
        regex,
        flag: print.flag,
        status: print.status,
        service: print.service,
        rank: print.rank,
        says: print.says,
        scope: print.scope,
    })
}
