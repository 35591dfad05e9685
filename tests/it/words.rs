//! Every sentence that the sources say exists, every sentence that exists is said, and names keep Discord's limits.

use std::collections::BTreeSet;
use std::path::Path;

use healthy_upstream::chat::limits::{DESCRIPTION, NAME, length};
use healthy_upstream::commands::{ALL, OptionKind, OptionSpec};
use healthy_upstream::faq::Place;
use healthy_upstream::words::Language;

/// All Rust sources of the program, as one text.
fn sources() -> String {
    let mut text = String::new();
    let mut folders = vec![Path::new("src").to_owned(), Path::new("commands").to_owned()];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).expect("a folder of the sources") {
            let path = file.expect("a file of the sources").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                text.push_str(&std::fs::read_to_string(path).expect("a source file"));
            }
        }
    }
    text
}

/// The names of all messages of the English files.
fn messages() -> BTreeSet<String> {
    let files = std::fs::read_dir("src/words/en").expect("the folder of English words");
    let mut names = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a file of words");
        for line in text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            let name = line.split(" =").next().unwrap_or_default();
            assert!(names.insert(name.to_owned()), "{name} stands twice");
        }
    }
    names
}

/// The names of messages that commands and options are registered with.
fn registered() -> Vec<(String, usize)> {
    let mut names = Vec::new();
    let mut name = |key: &str| {
        names.push((key.to_owned(), NAME));
        names.push((format!("{key}-description"), DESCRIPTION));
    };
    let option = |name: &mut dyn FnMut(&str), parent: &str, option: &OptionSpec| {
        name(&format!("{parent}-{}", option.name));
    };
    let mut values = Vec::new();
    for command in ALL {
        let spec = command.spec();
        let key = format!("command-{}", spec.name);
        name(&key);
        for it in &spec.options {
            option(&mut name, &key, it);
            if let OptionKind::OneOf(of) = &it.kind {
                values.extend(of.iter().map(|value| (format!("{key}-{}-{value}", it.name), 100)));
            }
        }
        for sub in &spec.subcommands {
            let key = format!("{key}-{}", sub.name);
            name(&key);
            sub.options.iter().for_each(|it| option(&mut name, &key, it));
        }
        if spec.message_command.is_some() {
            values.push((format!("{key}-on-message"), NAME));
        }
    }
    names.extend(values);
    names
}

#[test]
fn every_command_and_option_has_its_words_within_discords_limits() {
    for (name, most) in registered() {
        let en = Language::ENGLISH;
        assert!(en.has(&name), "{name} is missing");
        let said = en.say(&name);
        assert!((1..=most).contains(&length(&said)), "{name} is {} characters: {said}", length(&said));
        if most == NAME && !name.ends_with("-on-message") {
            assert_eq!(said, said.to_lowercase(), "{name}");
            assert!(!said.contains(' '), "{name}: {said}");
            assert!(name.ends_with(&said), "in English the word is the name: {name} = {said}");
        }
    }
}

/// Names of messages that are put together from parts.
fn put_together() -> BTreeSet<String> {
    let mut names: BTreeSet<String> = registered().into_iter().map(|(name, _)| name).collect();
    names.extend(Place::OFFERED.map(|place| format!("where-{}", place.id())));
    names.extend(["24h", "7d", "30d", "90d"].map(|window| format!("window-{window}")));
    names.extend(["services", "events", "roles", "mode"].map(|menu| format!("hint-{menu}")));
    for (kind, values) in [
        ("event", &["start", "worse", "end", "maintenance", "slowdowns", "publish"][..]),
        ("mode", &["edit", "posts", "thread"]),
    ] {
        names.extend(
            values.iter().flat_map(|value| [format!("{kind}-{value}"), format!("{kind}-{value}-about")]),
        );
    }
    let switches = ["quiet", "reminders", "weekly"];
    names.extend(switches.iter().flat_map(|it| [format!("button-{it}-on"), format!("button-{it}-off")]));
    let secrets = "bearer-token basic-header client-secret refresh-token oauth-code discord-token discord-webhook \
                   private-key login-cookie github-token password";
    names.extend(secrets.split_whitespace().map(|kind| format!("secret-{kind}")));
    names
}

#[test]
fn every_message_is_used_and_every_used_message_exists() {
    let (sources, messages, made) = (sources(), messages(), put_together());
    for name in &made {
        assert!(messages.contains(name), "{name} is put together in the sources, but no file has it");
    }
    let files: String = std::fs::read_dir("src/words/en")
        .expect("the folder of English words")
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("a file of words"))
        .collect();
    for name in messages.difference(&made) {
        let said = sources.contains(&format!("\"{name}\"")) || files.contains(&format!("{{ {name} }}"));
        assert!(said, "{name} is in the files, but nobody says it");
    }
    let said = regex::Regex::new(r#"say(?:_with|_about)?\(\s*"([a-z][a-z0-9-]*)""#).expect("a pattern");
    for found in said.captures_iter(&sources) {
        let name = &found[1];
        assert!(messages.contains(name) || name == "no-such-message", "{name} is said, but no file has it");
    }
}
