//! `faq "question"`: the FAQ in the terminal.

use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::{CliError, ask, terminal};
use crate::config::Config;
use crate::faq::{Faq, FaqEntry, FaqEntryError, SharedFaq, topics::TOPICS};
use crate::files;
use crate::i18n::Language;

/// The largest built-in entry has 6 KiB.
const MOST_OF_AN_ENTRY: u64 = 1 << 20;
/// The built-in FAQ has some 200.
const MOST_ENTRIES: usize = 2_000;
/// How many near ids are suggested for an unknown one.
const NEAR_IDS: usize = 3;

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Answer in this language: en, de, es-ES, fr, ja or pt-BR [default: that of the configuration]
    #[arg(long, value_name = "TAG")]
    lang: Option<String>,
    /// Show this entry
    #[arg(long, value_name = "ID", conflicts_with_all = ["question", "entry_file", "list", "topics", "lint"])]
    entry: Option<String>,
    /// Check an entry that is being written, and show it as a member sees it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["question", "list", "topics", "lint"])]
    entry_file: Option<PathBuf>,
    /// List all entries by topic
    #[arg(long, conflicts_with_all = ["question", "topics", "lint"])]
    list: bool,
    /// List the topics that an entry may name, with how many entries each has
    #[arg(long, conflicts_with_all = ["question", "lint"])]
    topics: bool,
    /// Check these entries, or all of them; exit code 2 if any has a mistake
    #[arg(long, value_name = "FILE", num_args = 0.., conflicts_with = "question")]
    lint: Option<Vec<PathBuf>>,
    /// What you want to know, quotes are not needed; "-" reads it from standard input
    question: Vec<String>,
}

pub(super) fn answer(args: &Args, config: &Config) -> Result<(), CliError> {
    let mut config = config.clone();
    if let Some(tag) = &args.lang {
        config.language = language(tag)?;
    }
    let faq = faq(&config)?;
    if let Some(file) = &args.entry_file {
        return preview(file, &faq, &config);
    }
    if let Some(files) = &args.lint {
        return lint(files, &faq);
    }
    if args.topics {
        topics(&faq, args.json);
        return Ok(());
    }
    if args.list {
        list(faq.in_language(config.language.tag()), args.json);
        return Ok(());
    }
    if let Some(id) = &args.entry {
        let faq = faq.in_language(config.language.tag());
        let entry = faq.entry(id).ok_or_else(|| unknown_entry(faq, id))?;
        super::print(&show_entry(entry, args.json));
        return Ok(());
    }
    let question = args.question.join(" ");
    if question.trim().is_empty() {
        return Err(CliError::Input(
            "faq: what do you want to know? Give a question, --entry, --entry-file, --list, --topics or --lint".into(),
        ));
    }
    let question = if question == "-" { read_standard_input()? } else { question };
    if args.json {
        super::print(&search_as_json(faq.in_language(config.language.tag()), &question));
        return Ok(());
    }
    let reply = ask::in_terminal(&faq, &config, "faq", &[("question", &question)])?;
    super::print(&terminal::show(&reply.message, ask::now()));
    Ok(())
}

/// Returns the language of a tag that was typed.
fn language(tag: &str) -> Result<Language, CliError> {
    let near = Language::nearest(tag);
    let stem = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    if stem(near.tag()) == stem(tag) {
        return Ok(near);
    }
    let known: Vec<&str> = Language::all().map(Language::tag).collect();
    Err(CliError::Input(format!("--lang: \"{tag}\" is none of {}", known.join(", "))))
}

/// Returns the built-in FAQ, with the operator's own entries over it.
pub(super) fn faq(config: &Config) -> Result<SharedFaq, CliError> {
    let builtin = Faq::builtin();
    let Some(folder) = &config.faq else { return Ok(builtin) };
    let files = read_folder(folder)?;
    builtin
        .overlay(files)
        .map(|faq| SharedFaq::Read(Arc::new(faq)))
        .map_err(|errors| CliError::Input(all(&errors)))
}

/// Reads the Markdown files of a folder, sorted by name; those whose name begins with `_` are templates.
/// Translations are in subfolders named by the tag of their language.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, CliError> {
    let mut files = files_of(folder)?;
    for tag in Language::all().filter(|it| *it != Language::ENGLISH).map(Language::tag) {
        let translated = folder.join(tag);
        if translated.is_dir() {
            files.extend(
                files_of(&translated)?.into_iter().map(|(name, text)| (format!("{tag}/{name}"), text)),
            );
        }
    }
    Ok(files)
}

fn files_of(folder: &Path) -> Result<Vec<(String, String)>, CliError> {
    let unreadable =
        |path: &Path, e: std::io::Error| CliError::Input(format!("{}: cannot be read: {e}", path.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))? {
        let path = entry.map_err(|e| unreadable(folder, e))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|e| e == "md") && !name.starts_with('_') {
            if files.len() == MOST_ENTRIES {
                let path = folder.display();
                return Err(CliError::Input(format!("{path}: holds more than {MOST_ENTRIES} entries")));
            }
            files.push((name, read_entry(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

fn read_entry(path: &Path) -> Result<String, CliError> {
    let text = files::read_text(path, MOST_OF_AN_ENTRY);
    text.map_err(|why| CliError::Input(format!("{}: {why}", path.display())))
}

fn all(errors: &[FaqEntryError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Returns the name that a file has in the FAQ: with the folder of its language, if it is a translation.
fn name_in_faq(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let translated = Language::all().filter(|it| *it != Language::ENGLISH).any(|it| it.tag() == folder);
    if translated { format!("{folder}/{name}") } else { name.into_owned() }
}

/// Returns the FAQ with these files over it, or every mistake in them.
fn with_files(files: &[PathBuf], faq: &Faq) -> Result<Faq, CliError> {
    let mut texts = Vec::new();
    for file in files {
        let name = name_in_faq(file);
        if name.rsplit('/').next().is_some_and(|last| last.starts_with('_')) {
            return Err(CliError::Input(format!(
                "{}: a name that begins with “_” is no entry: copy the template to <id>.md",
                file.display()
            )));
        }
        texts.push((name, read_entry(file)?));
    }
    faq.overlay(texts).map_err(|errors| CliError::Input(all(&errors)))
}

/// Checks these entries as a part of the FAQ, or without files the FAQ alone, which loaded without a mistake.
fn lint(files: &[PathBuf], faq: &Faq) -> Result<(), CliError> {
    if files.is_empty() {
        let errors = faq.check_translations();
        if !errors.is_empty() {
            return Err(CliError::Input(all(&errors)));
        }
        super::print(&format!("{} entries, no mistake", faq.entries().len()));
        return Ok(());
    }
    with_files(files, faq)?;
    super::print(&format!("{} checked, no mistake", files.len()));
    Ok(())
}

/// Shows an entry that is being written: its card, and what **More** opens.
fn preview(file: &PathBuf, faq: &Faq, config: &Config) -> Result<(), CliError> {
    let whole = SharedFaq::Read(Arc::new(with_files(std::slice::from_ref(file), faq)?));
    let name = name_in_faq(file);
    let mut config = config.clone();
    if let Some((tag, _)) = name.split_once('/') {
        config.language = Language::nearest(tag);
    }
    let id = name.rsplit('/').next().unwrap_or(&name).trim_end_matches(".md");
    let card = ask::in_terminal(&whole, &config, "faq", &[("question", id)])?;
    super::print(&terminal::show(&card.message, ask::now()));
    let entry =
        whole.in_language(config.language.tag()).entry(id).ok_or_else(|| unknown_entry(&whole, id))?;
    let more = crate::chat::replies::faq::more(entry, config.language);
    super::print(&format!("\n{}", terminal::show(&more, ask::now())));
    Ok(())
}

fn unknown_entry(faq: &Faq, id: &str) -> CliError {
    let mut near: Vec<(f64, &str)> = faq
        .entries()
        .iter()
        .map(|e| {
            let holds = if e.id.contains(id) { 1.0 } else { 0.0 };
            (holds + strsim::normalized_damerau_levenshtein(id, &e.id), e.id.as_str())
        })
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let near: Vec<&str> = near.iter().take(NEAR_IDS).map(|(_, id)| *id).collect();
    CliError::Input(format!(
        "there is no entry \"{id}\". Nearest: {}. `faq --list` shows all.",
        near.join(", ")
    ))
}

fn topics(faq: &Faq, as_json: bool) {
    for topic in TOPICS {
        let count = faq.entries().iter().filter(|entry| entry.topic == topic).count();
        super::print(&if as_json {
            json!({"topic": topic.name, "place": topic.path.id(), "entries": count}).to_string()
        } else {
            format!("{:<32} {:<12} {count}", topic.name, topic.path.id())
        });
    }
}

fn list(faq: &Faq, as_json: bool) {
    let mut entries: Vec<&FaqEntry> = faq.entries().iter().collect();
    entries.sort_by(|a, b| (a.topic.name, &a.id).cmp(&(b.topic.name, &b.id)));
    for entry in entries {
        if as_json {
            super::print(
                &json!({"id": entry.id, "topic": entry.topic.name, "title": entry.title}).to_string(),
            );
        } else {
            super::print(&format!("{:<34} {:<32} {}", entry.id, entry.topic.name, entry.title));
        }
    }
}

fn show_entry(entry: &FaqEntry, as_json: bool) -> String {
    if as_json {
        return json!({
            "id": entry.id, "topic": entry.topic.name, "title": entry.title, "short": entry.short,
            "meaning": entry.meaning, "yours": entry.yours, "steps": entry.steps, "dont": entry.dont,
            "developers": entry.developers, "causes": entry.causes, "sources": entry.sources,
            "related": entry.related, "reviewed": entry.reviewed.to_string(),
            "language": entry.language.as_deref().unwrap_or("en"),
        })
        .to_string();
    }
    let mut text = entry.public_text();
    for (heading, part) in [("For developers", &entry.developers), ("All causes", &entry.causes)] {
        if let Some(part) = part {
            let _ = write!(text, "\n\n{heading}\n{part}");
        }
    }
    if !entry.sources.is_empty() {
        let _ = write!(text, "\n\nSources\n{}", entry.sources.join("\n"));
    }
    if !entry.related.is_empty() {
        let _ = write!(text, "\n\nRelated: {}", entry.related.join(", "));
    }
    terminal::plain(&text, ask::now())
}

/// Prints the documented JSON: the verdict, at most five entries with the best first, and what a member would see of them.
fn search_as_json(faq: &Faq, question: &str) -> String {
    let found = faq.search(question);
    let entries: Vec<_> = found
        .hits
        .iter()
        .map(|hit| json!({
                "id": hit.entry.id, "topic": hit.entry.topic.name, "title": hit.entry.title, "score": hit.score,
                "language": hit.entry.language.as_deref().unwrap_or("en"),
            }))
        .collect();
    // The question may hold a secret, so it is echoed redacted.
    let query = crate::faq::redact::redact(question).text;
    let why = json!({"belief": found.why.belief, "needed": found.why.needed, "lead": found.why.lead});
    json!({
        "query": query, "verdict": found.verdict.id(), "shows_best": found.shows_best, "asks_where": found.ask_where,
        "service": found.service.map(|service| &service.name), "why": why, "entries": entries,
    })
    .to_string()
}

/// All of standard input as text, up to 1 MiB; what is not UTF-8 is replaced.
pub(super) fn read_standard_input() -> Result<String, CliError> {
    read_capped(std::io::stdin().lock(), "standard input")
}

/// Returns text of at most 1 MiB. More is cut off: a log can be diagnosed without its rest.
pub(super) fn read_capped(from: impl Read, name: &str) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    from.take(1 << 20)
        .read_to_end(&mut bytes)
        .map_err(|e| CliError::Input(format!("{name}: cannot be read: {e}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Args {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            args: Args,
        }
        let line = std::iter::once("faq").chain(words.iter().copied());
        <Line as clap::Parser>::try_parse_from(line).unwrap_or_else(|error| panic!("{words:?}: {error}")).args
    }

    #[test]
    fn question_needs_no_quotes_and_flags_may_follow_it() {
        let args = typed(&["spotify", "not", "working", "--json", "--lang", "de"]);
        assert_eq!(args.question.join(" "), "spotify not working");
        assert!(args.json && args.lang.as_deref() == Some("de"));
        assert_eq!(typed(&["--lint"]).lint, Some(Vec::new()));
        assert_eq!(typed(&["--lint", "a.md", "b.md"]).lint.map(|files| files.len()), Some(2));
    }

    #[test]
    fn unknown_language_tag_is_refused_with_the_known_ones() {
        assert_eq!(language("pt").expect("known").tag(), "pt-BR");
        assert_eq!(language("EN-gb").expect("known"), Language::ENGLISH);
        let error = language("tlh").expect_err("unknown").to_string();
        assert!(error.contains("\"tlh\" is none of en, de,"), "{error}");
    }

    #[test]
    fn an_unknown_id_names_those_that_are_near() {
        let reported = unknown_entry(&Faq::builtin(), "premium").to_string();
        assert!(reported.contains("nhu-premium") && reported.contains("librespot-premium"), "{reported}");
    }

    #[test]
    fn entry_is_linted_as_part_of_the_faq() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("this-bot-too.md");
        let text = Faq::builtin_files().find(|(name, _)| *name == "this-bot.md").expect("an entry").1;
        let text = text
            .replace("id = \"this-bot\"", "id = \"this-bot-too\"")
            .replace("\"nhu-meaning\"", "\"nowhere\"");
        std::fs::write(&file, text).expect("written");
        let reported =
            lint(std::slice::from_ref(&file), &Faq::builtin()).expect_err("two mistakes").to_string();
        assert!(
            reported.contains("“nowhere”, which is no entry") && reported.contains("asks the same as"),
            "{reported}"
        );
        assert!(lint(&[], &Faq::builtin()).is_ok());
        let template = folder.path().join("_template.md");
        assert!(
            lint(&[template], &Faq::builtin())
                .expect_err("no entry")
                .to_string()
                .contains("copy the template")
        );
    }

    #[test]
    fn folder_of_entries_is_read_within_a_size_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = |name: &str| {
            let reported = read_folder(folder.path()).expect_err(name).to_string();
            std::fs::remove_file(folder.path().join(name)).expect("removed");
            assert!(reported.contains(name), "{reported}");
            reported
        };
        std::fs::write(folder.path().join("a.md"), "x").expect("written");
        assert_eq!(read_folder(folder.path()).expect("read").len(), 1);
        let pipe = std::process::Command::new("mkfifo").arg(folder.path().join("b.md")).status();
        assert!(pipe.expect("mkfifo").success());
        assert!(refused("b.md").ends_with("is not a regular file"));
        std::os::unix::fs::symlink("c.md", folder.path().join("c.md")).expect("linked");
        assert!(refused("c.md").contains("Too many levels of symbolic links"));
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("d.md")).expect("linked");
        assert!(refused("d.md").ends_with("is not a regular file"));
        std::fs::write(folder.path().join("e.md"), " ".repeat((1 << 20) + 1)).expect("written");
        assert!(refused("e.md").ends_with("is larger than 1024 KiB"));
    }
}
