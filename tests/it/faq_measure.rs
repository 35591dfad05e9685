//! How often the FAQ gives the right answer, on lines that it was not tuned on.
//!
//! Numbers and words were tuned with `tests/data/faq/tune.jsonl`, and are measured with `report.jsonl`. `asked.jsonl` has forty
//! lines from public threads. The two `people-*.jsonl` hold what people wrote in public trackers, split by source:
//! `people-tune.jsonl` may be read while tuning, and `src/faq/asked.toml` holds its lines; of `people-unseen.jsonl` only the
//! numbers may be. `fresh.jsonl` was written before `asked.toml`, and shares no tracker with it: there too only the numbers
//! count. `known-texts.jsonl` holds error texts, each with the entries that explain it. To see the tables, run
//! `cargo test faq_measure -- --nocapture`.
//!
//! No embedding was tried: the search uses only words, pairs of words, phrases and quoted errors.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use healthy_upstream::faq::{Faq, FaqEntry, diagnose, search};
use serde::Deserialize;

/// A line of the corpus: what somebody typed or pasted, and what answers it: any entry of these topics, or one of these entries.
#[derive(Deserialize)]
struct Line {
    id: String,
    kind: String,
    text: String,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    entries: Vec<String>,
    #[serde(default)]
    source: String,
    /// The locale of the invoker; empty for English.
    #[serde(default)]
    lang: String,
}

impl Line {
    fn is_off_topic(&self) -> bool {
        self.topics == ["none"] || self.entries == ["none"]
    }

    fn is_answered_by(&self, entry: &FaqEntry) -> bool {
        self.entries.contains(&entry.id) || self.topics.iter().any(|known| known == entry.topic.name)
    }

    /// Returns the site or the repository of the source.
    fn origin(&self) -> &str {
        let address = self.source.strip_prefix("https://").unwrap_or(&self.source);
        let parts = if address.starts_with("github.com/") { 3 } else { 1 };
        let end = address.match_indices('/').nth(parts - 1).map_or(address.len(), |(at, _)| at);
        &address[..end]
    }
}

/// The reply of the FAQ to a line.
struct Outcome {
    /// For each hit, whether it is a right answer.
    right: Vec<bool>,
    /// The first hit is given as the answer.
    confident: bool,
    /// The first hit is shown, with others below it.
    shown: bool,
    log: String,
}

/// Sends questions to `/faq` and pastes to `/diagnose`, in the language of the line.
fn ask(faq: &Faq, line: &Line) -> Outcome {
    let faq = faq.in_language(&line.lang);
    if line.kind == "paste" {
        let found = faq.diagnose(&line.text);
        Outcome {
            right: found.findings.iter().map(|finding| line.is_answered_by(finding.entry)).collect(),
            confident: found.verdict == diagnose::DiagnosisVerdict::Found,
            shown: false,
            log: found.findings.iter().take(3).fold(String::new(), |mut log, finding| {
                let _ = write!(log, " {}({}: {})", finding.entry.id, finding.rank, finding.matched);
                log
            }),
        }
    } else {
        let found = faq.search(&line.text);
        Outcome {
            right: found.hits.iter().map(|hit| line.is_answered_by(hit.entry)).collect(),
            confident: found.verdict == search::SearchVerdict::Answer,
            shown: found.shows_best,
            log: found.hits.iter().take(3).fold(format!("{:?}", found.why), |mut log, hit| {
                let _ = write!(log, " {}({:.1})", hit.entry.id, hit.score);
                log
            }),
        }
    }
}

/// Counts of all lines, or of the lines of one source.
#[derive(Default, Clone)]
struct Row {
    questions: u32,
    first: u32,
    in_three: u32,
    answered: u32,
    shown: u32,
    asked_back: u32,
    silent: u32,
    pastes: u32,
    pastes_first: u32,
    off_topic: u32,
    refused: u32,
    wrong: u32,
    lines: u32,
}

impl Row {
    fn count(&mut self, line: &Line, outcome: &Outcome) {
        let first = outcome.right.first().is_some_and(|right| *right);
        let three = outcome.right.iter().take(3).any(|right| *right);
        let off_topic = line.is_off_topic();
        self.lines += 1;
        self.wrong += u32::from(outcome.confident && (off_topic || !first));
        if off_topic {
            self.off_topic += 1;
            self.refused += u32::from(!outcome.confident);
        } else if line.kind == "paste" {
            self.pastes += 1;
            self.pastes_first += u32::from(first);
        } else {
            let silent = outcome.right.is_empty();
            self.questions += 1;
            self.first += u32::from(first);
            self.in_three += u32::from(three);
            self.answered += u32::from(outcome.confident);
            self.shown += u32::from(outcome.shown);
            self.silent += u32::from(silent);
            self.asked_back += u32::from(!(outcome.confident || outcome.shown || silent));
        }
    }

    fn show(&self, name: &str) -> String {
        format!(
            "{name:<40} {:>4} {:>5} {:>5} {:>5} {:>5} {:>5} {:>6} | {:>4} {:>5} | {:>4} {:>5} | {:>5}\n",
            self.questions,
            self.first,
            self.in_three,
            self.answered,
            self.shown,
            self.asked_back,
            self.silent,
            self.pastes,
            self.pastes_first,
            self.off_topic,
            self.refused,
            self.wrong
        )
    }
}

/// Returns the share in percent, 100 if `of` is 0.
fn percent(good: u32, of: u32) -> f64 {
    if of == 0 { 100.0 } else { 100.0 * f64::from(good) / f64::from(of) }
}

struct Table {
    all: Row,
    by_source: BTreeMap<String, Row>,
    misses: String,
}

impl Table {
    fn show(&self, name: &str) -> String {
        let mut text = format!(
            "\n{name:<40}    q first   in3  answ shown asked silent |    p first |  off refus | wrong\n"
        );
        for (source, row) in &self.by_source {
            text += &row.show(source);
        }
        text + &self.all.show("all")
    }

    /// Asserts the least percentages of questions first, in three, answered outright, pastes and refused, and the most of wrong.
    #[track_caller]
    fn reaches(&self, [first, three, answered, pastes, refused, wrong]: [f64; 6]) {
        let all = &self.all;
        for (what, reached, bar) in [
            ("questions, first", percent(all.first, all.questions), first),
            ("questions, in three", percent(all.in_three, all.questions), three),
            ("questions, answered outright", percent(all.answered, all.questions), answered),
            ("pastes, first", percent(all.pastes_first, all.pastes), pastes),
            ("off-topic, not answered", percent(all.refused, all.off_topic), refused),
        ] {
            assert!(reached >= bar, "{what}: {reached:.1} %, at least {bar} %\n{}", self.misses);
        }
        let reached = percent(all.wrong, all.lines);
        assert!(reached <= wrong, "confident and wrong: {reached:.1} %, at most {wrong} %\n{}", self.misses);
    }
}

fn read(names: &[&str]) -> Vec<Line> {
    let folder = format!("{}/tests/data/faq", env!("CARGO_MANIFEST_DIR"));
    let mut lines = Vec::new();
    for name in names {
        let text = std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        lines.extend(text.lines().map(|line| {
            serde_json::from_str::<Line>(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"))
        }));
    }
    lines
}

/// Asks every line. With `show_misses` the table lists the wrong answers.
fn measure(lines: &[Line], show_misses: bool) -> Table {
    let faq = Faq::builtin();
    let mut table = Table { all: Row::default(), by_source: BTreeMap::new(), misses: String::new() };
    for line in lines {
        let outcome = ask(&faq, line);
        table.all.count(line, &outcome);
        if !line.source.is_empty() {
            table.by_source.entry(line.origin().to_owned()).or_default().count(line, &outcome);
        }
        let first = outcome.right.first().is_some_and(|right| *right);
        if show_misses && (if line.is_off_topic() { outcome.confident } else { !first }) {
            let text: String = line.text.replace('\n', "⏎").chars().take(110).collect();
            let right = [line.topics.as_slice(), line.entries.as_slice()].concat().join(",");
            let _ = writeln!(
                table.misses,
                "{} {} [{right}]\n      {text}\n      → {}",
                line.id, line.kind, outcome.log
            );
        }
    }
    table
}

#[test]
fn faq_meets_its_promised_accuracy() {
    let table = measure(&read(&["asked.jsonl", "report.jsonl"]), false);
    println!("{}", table.show("not tuned on: report.jsonl, asked.jsonl"));
    table.reaches([96.0, 98.0, 88.0, 98.0, 97.0, 1.5]);
}

/// The lines for tuning may show their misses; those of the report stay unread.
#[test]
fn accuracy_on_tuning_lines_does_not_drop() {
    let table = measure(&read(&["tune.jsonl"]), true);
    println!("{}\n{}", table.show("tune.jsonl"), table.misses);
    table.reaches([98.0, 99.0, 87.0, 98.0, 98.0, 1.0]);
}

#[test]
fn public_tuning_questions_are_answered() {
    let table = measure(&read(&["people-tune.jsonl"]), true);
    println!("{}\n{}", table.show("people-tune.jsonl"), table.misses);
    table.reaches([96.0, 98.0, 78.0, 98.0, 98.0, 1.0]);
}

/// Shows no line, so that nobody tunes on it by accident. The bars are what was reached, rounded down; the aim is 90, 95, 70, 92,
/// 95 and 2.
#[test]
fn unseen_public_questions_are_answered() {
    let table = measure(&read(&["people-unseen.jsonl"]), false);
    println!("{}", table.show("people-unseen.jsonl"));
    table.reaches([85.0, 94.0, 69.0, 88.0, 95.0, 3.0]);
}

#[test]
fn fresh_questions_of_strangers_are_answered() {
    let table = measure(&read(&["fresh.jsonl"]), false);
    println!("{}", table.show("fresh.jsonl"));
    table.reaches([80.0, 89.0, 64.0, 95.0, 95.0, 5.0]);
}

#[test]
fn every_known_error_text_finds_its_entry() {
    let faq = Faq::builtin();
    for line in read(&["known-texts.jsonl"]) {
        let findings = faq.diagnose(&line.text).findings;
        let first = findings.first().map(|finding| finding.entry);
        let found = first.map(|entry| entry.id.as_str());
        assert!(
            first.is_some_and(|entry| line.is_answered_by(entry)),
            "{}: {found:?} and not {:?}: {}",
            line.id,
            line.entries,
            line.text
        );
    }
}

#[test]
fn public_lines_are_split_by_source_and_name_existing_entries() {
    let faq = Faq::builtin();
    let (tune, unseen) = (read(&["people-tune.jsonl"]), read(&["people-unseen.jsonl"]));
    let fresh = read(&["fresh.jsonl"]);
    assert!(tune.len() + unseen.len() >= 300);
    let seen: HashSet<&str> = tune.iter().map(Line::origin).collect();
    let mut ids = HashSet::new();
    for line in tune.iter().chain(&unseen) {
        assert!(ids.insert(&line.id), "{} occurs twice", line.id);
        assert!(
            !line.source.is_empty() && !line.entries.is_empty(),
            "{} has no source or no entries",
            line.id
        );
        for id in &line.entries {
            assert!(id == "none" || faq.entry(id).is_some(), "{}: there is no entry {id}", line.id);
        }
    }
    // A line that names no site was written for the corpus, in a language that is rare in trackers.
    for line in unseen.iter().chain(&fresh).filter(|line| line.source.starts_with("https://")) {
        assert!(!seen.contains(line.origin()), "{}: {} is in both files", line.id, line.origin());
    }
}
