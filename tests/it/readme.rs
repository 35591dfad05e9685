//! The README is accurate: the commands that it names exist, and its transcript is what the demo shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use healthy_upstream::clock::Clock;
use healthy_upstream::commands;
use healthy_upstream::demo::{BEGINS, Demo};
use healthy_upstream::faq::Faq;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md")
}

/// The demo's transcript on owned time, without the spaces at the ends of lines.
async fn story() -> String {
    let _ = Faq::builtin().entries();
    let mut text_so_far = String::new();
    let mut demo =
        Demo::start(Clock::owned(BEGINS.parse().expect("an instant"))).await.expect("the demo starts");
    let mut listen = |text: &str| {
        text_so_far.push_str(text);
        text_so_far.push('\n');
    };
    demo.play(&mut listen).await.expect("the story is played to its end");
    demo.stop().await;
    text_so_far.lines().fold(String::new(), |all, line| all + line.trim_end() + "\n")
}

#[tokio::test(start_paused = true)]
async fn readme_transcript_is_what_the_demo_shows() {
    let story = story().await;
    let readme = readme();
    let (before, rest) = readme.split_once("<!-- demo").expect("a transcript");
    let (_, rest) = rest.split_once("```text\n").expect("a fence");
    let (shown, after) = rest.split_once("```").expect("its end");
    if std::env::var_os("UPDATE_EXPECT").is_some() && shown != story {
        let head = &readme[before.len()..readme.len() - rest.len()];
        fs::write(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"),
            format!("{before}{head}{story}```{after}"),
        )
        .expect("README.md is written");
        return;
    }
    assert_eq!(shown, story, "the README's transcript is old: UPDATE_EXPECT=1 cargo test readme");
}

#[test]
fn readme_names_every_command_and_no_other() {
    let readme = readme();
    let (_, table) = readme.split_once("<!-- commands").expect("the table of commands");
    let (table, _) = table.split_once("\n\n").expect("its end");
    let named: BTreeSet<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `/"))
        .filter_map(|line| line.split([' ', '`']).next())
        .collect();
    let known: BTreeSet<&str> = commands::specs().iter().map(|spec| spec.name).collect();
    assert_eq!(named, known);
    for spec in commands::specs() {
        for option in &spec.options {
            assert!(
                table.contains(&format!("[{}]", option.name)) || table.contains(&format!(" {}", option.name))
            );
        }
        for subcommand in &spec.subcommands {
            assert!(table.contains(subcommand.name), "/{} {}", spec.name, subcommand.name);
        }
    }
}

#[test]
fn files_named_in_the_readme_exist() {
    let pattern =
        regex::Regex::new(r"`((?:src|commands|tests|deploy|benches)/[\w./-]+)`").expect("a pattern");
    for found in pattern.captures_iter(&readme()) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&found[1]);
        assert!(path.exists(), "the README names {}, which is not there", &found[1]);
    }
}

#[test]
fn ci_runs_the_test_command_in_the_readme() {
    let ci = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run")).expect(".ci/run");
    assert!(readme().contains("cargo test "), "the README says how to test");
    assert!(ci.contains(" cargo test --locked\n"), "CI runs it");
}
