//! `faq "question"`: the FAQ in the terminal.

use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::{CliError, ask, terminal};
use crate::config::Config;
use crate::faq::{Faq, FaqEntry, FaqEntryError};
use crate::files;
use crate::i18n::Language;

/// The longest of ours has 6 KiB.
const MOST_OF_AN_ENTRY: u64 = 1 << 20;
/// Ours are some 200.
const MOST_ENTRIES: usize = 2_000;

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Show this entry
    #[arg(long, value_name = "ID", conflicts_with_all = ["question", "entry_file", "list"])]
    entry: Option<String>,
    /// Preview an entry that is being written
    #[arg(long, value_name = "FILE", conflicts_with_all = ["question", "list"])]
    entry_file: Option<PathBuf>,
    /// List all entries by topic
    #[arg(long, conflicts_with = "question")]
    list: bool,
    /// What you want to know; "-" reads it from standard input
    question: Option<String>,
}

pub(super) fn answer(args: &Args, config: &Config) -> Result<(), CliError> {
    let faq = faq(config)?;
    if let Some(file) = &args.entry_file {
        return preview(file, &faq);
    }
    if args.list {
        list(&faq, args.json);
        return Ok(());
    }
    if let Some(id) = &args.entry {
        let faq = faq.in_language(config.language.tag());
        let entry = faq.entry(id).ok_or_else(|| unknown_entry(faq, id))?;
        super::print(&show_entry(entry, args.json));
        return Ok(());
    }
    let Some(question) = &args.question else {
        return Err(CliError::Input(
            "faq: what do you want to know? Give a question, --entry, --entry-file or --list".into(),
        ));
    };
    let question = if question == "-" { read_standard_input()? } else { question.clone() };
    if args.json {
        super::print(&search_as_json(&faq, &question));
        return Ok(());
    }
    let reply = ask::in_terminal(&faq, config, "faq", &[("question", &question)])?;
    super::print(&terminal::show(&reply.message, ask::now()));
    Ok(())
}

/// The built-in FAQ, with the operator's own entries over it.
pub(super) fn faq(config: &Config) -> Result<Arc<Faq>, CliError> {
    let builtin = Faq::builtin();
    let Some(folder) = &config.faq else { return Ok(builtin) };
    let files = read_folder(folder)?;
    builtin.overlay(files).map(Arc::new).map_err(|errors| CliError::Input(all(&errors)))
}

/// The Markdown files of a folder, by name; those that begin with `_` are templates. Translations stand in folders that are
/// called by the tag of their language.
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

/// Shows an entry that is being written; one in the folder of a language is a translation of the entry of its name.
fn preview(file: &Path, faq: &Faq) -> Result<(), CliError> {
    let text = read_entry(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let of_language = Language::all().filter(|it| *it != Language::ENGLISH).find(|it| it.tag() == folder);
    let english = of_language.and(faq.entry(name.trim_end_matches(".md")));
    let read = match (of_language, english) {
        (Some(language), Some(english)) => english.translate(language.tag(), &name, &text),
        _ => FaqEntry::parse(&name, &text),
    };
    let entry = read.map_err(|errors| CliError::Input(all(&errors)))?;
    super::print(&show_entry(&entry, false));
    Ok(())
}

fn unknown_entry(faq: &Faq, id: &str) -> CliError {
    let near = faq
        .entries()
        .iter()
        .map(|e| (strsim::normalized_damerau_levenshtein(id, &e.id), &e.id))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let near = near.map_or_else(String::new, |(_, near)| format!(" Nearest: {near}."));
    CliError::Input(format!("there is no entry \"{id}\".{near} `faq --list` shows all."))
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

/// The promised form: verdict and at most five entries, best first.
fn search_as_json(faq: &Faq, question: &str) -> String {
    let found = faq.search(question);
    let entries: Vec<_> = found
        .hits
        .iter()
        .map(|hit| json!({"id": hit.entry.id, "topic": hit.entry.topic.name, "title": hit.entry.title, "score": hit.score}))
        .collect();
    // What was asked may hold a secret: it is echoed without it.
    let query = crate::faq::redact::redact(question).text;
    json!({"query": query, "verdict": found.verdict.id(), "entries": entries}).to_string()
}

/// All of standard input as text, up to 1 MiB; what is not UTF-8 is replaced.
pub(super) fn read_standard_input() -> Result<String, CliError> {
    read_capped(std::io::stdin().lock(), "standard input")
}

/// Text of at most 1 MiB; more is cut, which a log bears.
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
