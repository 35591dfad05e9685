//! The FAQ's linter: rules for one entry, and rules that only the whole set can break.

use std::collections::HashMap;

use super::{
    entry::{FaqEntry, FaqEntryError},
    markdown::{self, HEADINGS, Section, html_tag},
    terms::{self, Term, TermReader},
    topics::TOPICS,
};

/// The most characters of a title: a select menu's label holds 100, and the symbol before it needs some.
pub const TITLE: usize = 90;
/// The most characters of the short answer: about what a phone's notification shows.
pub const SHORT: usize = 240;
/// The most characters of “What it means”.
pub const MEANING: usize = 500;
/// The most characters of everything that a public answer shows: a phone's screen and a half.
pub const PUBLIC: usize = 1_300;
/// The most characters behind **More**: Discord's card holds 4,096.
pub const MORE: usize = 3_800;
/// The most characters of an alias: what Discord's autocomplete shows of one choice.
pub const ALIAS: usize = 100;
/// The most steps.
pub const STEPS: usize = 3;

/// The template's texts: no entry may still hold one.
const TEMPLATE: &str = include_str!("entries/_template.md");

/// Checks that the headings are the known ones, in their order, and that none is missing.
pub(super) fn check_headings(file: &str, sections: &[Section<'_>], errors: &mut Vec<FaqEntryError>) {
    let mut last = 0;
    for section in &sections[1..] {
        match HEADINGS.iter().position(|(heading, _)| *heading == section.heading) {
            None => {
                let known: Vec<&str> = HEADINGS.iter().map(|(heading, _)| *heading).collect();
                let what =
                    format!("unknown heading “## {}”; known are: {}", section.heading, known.join(" · "));
                errors.push(FaqEntryError::new(file, section.line, what));
            }
            Some(at) if at < last => {
                let what = format!(
                    "“## {}” comes too late: move it before “## {}”",
                    section.heading, HEADINGS[last].0
                );
                errors.push(FaqEntryError::new(file, section.line, what));
            }
            Some(at) => last = at,
        }
        if section.text().is_empty() {
            let what = format!("“## {}” is empty: write it or remove the heading", section.heading);
            errors.push(FaqEntryError::new(file, section.line, what));
        }
        let first = sections.iter().find(|other| other.heading == section.heading).map(|other| other.line);
        if first != Some(section.line) {
            let what = format!("“## {}” occurs a second time: join the two", section.heading);
            errors.push(FaqEntryError::new(file, section.line, what));
        }
    }
    for (heading, _) in HEADINGS.iter().filter(|(_, required)| *required) {
        if !sections.iter().any(|section| section.heading == *heading) {
            let line = sections.last().map_or(1, |section| section.line);
            errors.push(FaqEntryError::new(file, line, format!("“## {heading}” is missing: add it")));
        }
    }
    if sections[0].text().is_empty() {
        let what =
            "the short answer is missing: write one or two sentences between the head and the first heading";
        errors.push(FaqEntryError::new(file, sections[0].line, what));
    }
}

/// Checks one parsed entry.
pub(super) fn check_entry(
    file: &str,
    entry: &FaqEntry,
    sections: &[Section<'_>],
    place: &dyn Fn(&str) -> usize,
    errors: &mut Vec<FaqEntryError>,
) {
    check_lengths(file, entry, sections, errors);
    check_template(file, entry, sections, place, errors);
    let mut report = |key: &str, what: String| errors.push(FaqEntryError::new(file, place(key), what));
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file).trim_end_matches(".md");
    if entry.id != name {
        report(
            "id",
            format!("`id` is “{}” but the file is called “{name}.md”: make them the same", entry.id),
        );
    }
    if entry.id.len() > 60
        || !entry.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        report("id", "`id` may have at most 60 characters of a-z, 0-9 and -".to_owned());
    }
    let length = entry.title.chars().count();
    if length > TITLE {
        report("title", format!("`title` has {length} characters, at most {TITLE}: shorten it"));
    }
    if let Some(tag) = html_tag(&entry.title) {
        report("title", format!("Discord does not draw HTML: leave {tag} out"));
    }
    for alias in &entry.aliases {
        let length = alias.chars().count();
        if length > ALIAS {
            report(alias, format!("an alias has {length} characters, at most {ALIAS}: shorten it"));
        }
    }
    if entry.title.trim().is_empty() {
        report("title", "`title` is empty: say in a headline what the entry answers".to_owned());
    }
    if entry.aliases.is_empty() {
        report("aliases", "`aliases` is empty: say how people really ask for this".to_owned());
    }
    if entry.sources.is_empty() {
        report("sources", "`sources` is empty: name where the facts can be checked".to_owned());
    }
    for source in &entry.sources {
        let plain = source.starts_with("https://") && !source.contains(char::is_whitespace);
        if !plain {
            report(source, format!("“{source}” is not an https link: sources are https links"));
        }
    }
    if entry.related.contains(&entry.id) {
        report("related", "an entry cannot be related to itself: remove it from `related`".to_owned());
    }
}

/// Checks that nothing of the template is left.
fn check_template(
    file: &str,
    entry: &FaqEntry,
    sections: &[Section<'_>],
    place: &dyn Fn(&str) -> usize,
    errors: &mut Vec<FaqEntryError>,
) {
    let (head, body) = TEMPLATE.split_once("\n```\n").unwrap_or_default();
    let lines: Vec<(usize, &str)> = (1..).zip(body.lines()).collect();
    let untouched = markdown::cut(&lines);
    for section in sections.iter().filter(|section| !section.text().is_empty()) {
        if untouched.iter().any(|it| it.heading == section.heading && it.text() == section.text()) {
            let name = if section.heading.is_empty() { "the short answer" } else { section.heading };
            let what =
                format!("“{name}” is still the template's text: write it, or remove what may be left out");
            errors.push(FaqEntryError::new(file, section.first_line(), what));
        }
    }
    let named = [&entry.title].into_iter().chain(&entry.aliases).chain(&entry.sources);
    for text in named.filter(|text| head.contains(&format!("\"{text}\""))) {
        errors.push(FaqEntryError::new(
            file,
            place(text),
            format!("“{text}” is still the template's: write your own"),
        ));
    }
}

/// Checks how long an entry is, and reports each line from which on a section is too long.
fn check_lengths(file: &str, entry: &FaqEntry, sections: &[Section<'_>], errors: &mut Vec<FaqEntryError>) {
    let long = |text: &str, limit: usize| Some(text.chars().count()).filter(|length| *length > limit);
    let section = |heading: &str| sections.iter().find(|section| section.heading == heading);
    let mut report = |line: usize, what: String| errors.push(FaqEntryError::new(file, line, what));
    for (heading, name, text, limit) in [
        ("", "the short answer", &entry.short, SHORT),
        ("What it means", "“## What it means”", &entry.meaning, MEANING),
    ] {
        if let Some(length) = long(text, limit) {
            let line = section(heading).map_or(1, |section| section.line_past(limit));
            report(line, format!("{name} has {length} characters, at most {limit}: shorten it from here on"));
        }
    }
    if !(1..=STEPS).contains(&entry.steps.len()) {
        let line = section("What to do").map_or(1, |section| section.line);
        report(line, format!("“## What to do” has {} steps: give one to {STEPS}", entry.steps.len()));
    }
    let longest = |headings: &[&str]| {
        let of_these = sections.iter().filter(|section| headings.contains(&section.heading));
        of_these.max_by_key(|section| section.text().chars().count()).map_or(1, Section::first_line)
    };
    if let Some(length) = long(&entry.public_text(), PUBLIC) {
        let line = longest(&["", "What it means", "Is it you?", "What to do", "Don't"]);
        report(
            line,
            format!(
                "what a public answer shows (title to “Don't”) has {length} characters, at most {PUBLIC}: shorten \
                 it, first its longest section, which starts here"
            ),
        );
    }
    let more = [entry.developers.as_deref(), entry.causes.as_deref(), Some(&entry.sources.join("\n"))];
    if let Some(length) = long(&more.map(Option::unwrap_or_default).concat(), MORE) {
        report(
            longest(&["For developers", "All causes"]),
            format!(
                "“For developers”, “All causes” and the sources together have {length} characters, at most {MORE}: \
                 shorten them, first the longer section, which starts here"
            ),
        );
    }
}

/// Returns the known topic whose name is nearest to this one.
pub(super) fn nearest_topic(name: &str) -> &'static str {
    TOPICS
        .iter()
        .map(|topic| topic.name)
        .min_by_key(|known| strsim::osa_distance(known, name))
        .unwrap_or("nhu-meaning")
}

/// Checks rules for the whole set: ids, aliases, related entries, and entries that answer the same words.
/// The reported line is that of the head, since each entry is parsed already.
pub(super) fn check_set(entries: &[FaqEntry], reader: &mut TermReader) -> Vec<FaqEntryError> {
    let mut errors = Vec::new();
    let mut ids: HashMap<&str, usize> = HashMap::new();
    for entry in entries {
        *ids.entry(&entry.id).or_default() += 1;
    }
    for (id, _) in ids.iter().filter(|(_, count)| **count > 1) {
        errors.push(FaqEntryError::new(
            &format!("{id}.md"),
            2,
            format!("two entries have the id “{id}”: rename one"),
        ));
    }
    // The same words in another order are the same question, so no two entries may have them.
    let mut said: HashMap<Vec<Term>, (&str, &str)> = HashMap::new();
    for entry in entries {
        let file = format!("{}.md", entry.id);
        for other in &entry.related {
            if !ids.contains_key(other.as_str()) {
                let what = format!("`related` names “{other}”, which is no entry: fix the id or remove it");
                errors.push(FaqEntryError::new(&file, 2, what));
            }
        }
        for words in std::iter::once(&entry.title).chain(&entry.aliases) {
            // `no_healthy_upstream` is a detail in a log, “no healthy upstream” a sentence on a page.
            let terms = terms::distinct(reader.every(&words.replace('_', "")));
            if let Some((owner, theirs)) = said.insert(terms, (&entry.id, words))
                && owner != entry.id
            {
                let what =
                    format!("“{words}” asks the same as “{theirs}” of {owner}.md: keep it in one of them");
                errors.push(FaqEntryError::new(&file, 2, what));
            }
        }
    }
    errors.sort();
    errors
}
