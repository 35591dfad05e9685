//! Every message that the sources use exists in every language, every message is used, and names stay within Discord's
//! limits.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use healthy_upstream::chat::limits::{CHOICE, DESCRIPTION, FORM, HINT, LABEL, NAME, PLACEHOLDER, length};
use healthy_upstream::commands::{ALL, OptionKind, OptionSpec};
use healthy_upstream::discord::codec::command_bodies;
use healthy_upstream::faq::TopicPath;
use healthy_upstream::i18n::{Fragment, Language};
use regex::Regex;
use serde_json::Value;

/// Returns all Rust sources of the program as one text.
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

/// Returns all messages of a language as written in its files.
fn written(language: Language) -> BTreeMap<String, String> {
    let mut messages = BTreeMap::new();
    for file in std::fs::read_dir(format!("src/i18n/{}", language.tag())).expect("the language's folder") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a file of messages");
        let mut name = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                let (key, value) = line.split_once(" =").expect("a name and a text");
                let twice = messages.insert(key.to_owned(), value.trim_start().to_owned());
                assert_eq!(twice, None, "{language:?}: {key} occurs twice");
                key.clone_into(&mut name);
            } else if let Some(value) = messages.get_mut(&name) {
                value.push('\n');
                value.push_str(line);
            }
        }
    }
    messages
}

/// Returns the names of all messages in the English files.
fn messages() -> BTreeSet<String> {
    written(Language::ENGLISH).into_keys().collect()
}

/// Returns every language except English.
fn others() -> impl Iterator<Item = Language> {
    Language::all().filter(|language| *language != Language::ENGLISH)
}

/// Returns the names of the messages that name and describe commands and options, with the longest text that Discord allows.
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
fn every_command_and_option_is_named_within_discords_limits() {
    // Discord's regular expression (reference, "Application command naming").
    let name_like = Regex::new(r"^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$").expect("a pattern");
    for (name, most) in registered() {
        for language in Language::all() {
            assert!(language.has(&name), "{language:?}: {name} is missing");
            let said = language.say(&name);
            assert!(
                (1..=most).contains(&length(&said)),
                "{language:?}: {name} is {} long: {said}",
                length(&said)
            );
            if most == NAME && !name.ends_with("-on-message") {
                assert_eq!(said, said.to_lowercase(), "{language:?}: {name}");
                assert!(name_like.is_match(&said), "{language:?}: {name}: {said}");
            }
        }
        let said = Language::ENGLISH.say(&name);
        let is_name = most == NAME && !name.ends_with("-on-message");
        assert!(!is_name || name.ends_with(&said), "in English the message is the name: {name} = {said}");
    }
}

#[test]
fn sibling_commands_and_options_have_distinct_names() {
    for language in Language::all() {
        let apart = |parent: &str, children: Vec<&str>| {
            let named = |child: &&str| language.say(&format!("{parent}-{child}"));
            let distinct: BTreeSet<String> = children.iter().map(named).collect();
            assert_eq!(distinct.len(), children.len(), "{language:?}, {parent}: {distinct:?}");
        };
        let specs: Vec<_> = ALL.iter().map(|command| command.spec()).collect();
        apart("command", specs.iter().map(|spec| spec.name).collect());
        for spec in &specs {
            let key = format!("command-{}", spec.name);
            apart(&key, spec.options.iter().map(|it| it.name).collect());
            apart(&key, spec.subcommands.iter().map(|it| it.name).collect());
            for sub in &spec.subcommands {
                apart(&format!("{key}-{}", sub.name), sub.options.iter().map(|it| it.name).collect());
            }
        }
    }
}

#[test]
fn every_command_is_localized_in_every_language() {
    fn check(it: &Value, described: bool) {
        for language in others() {
            for key in ["name", "description"].into_iter().filter(|key| described || *key == "name") {
                let localised = &it[format!("{key}_localizations")][language.tag()];
                assert!(localised.is_string(), "{language:?} has no {key} for {}", it["name"]);
            }
        }
        it["options"].as_array().into_iter().flatten().for_each(|option| check(option, true));
        it["choices"].as_array().into_iter().flatten().for_each(|choice| check(choice, false));
    }
    // Discord's locales (reference, "Locales") except its two variants of English.
    let discords = "id da de es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja \
                    zh-TW ko";
    for language in others() {
        assert!(discords.split_whitespace().any(|tag| tag == language.tag()), "Discord has no {language:?}");
    }
    let specs: Vec<_> = ALL.iter().map(|command| command.spec()).collect();
    for body in command_bodies(&specs) {
        check(&body, body["type"] == 1);
    }
}

#[test]
fn every_language_has_the_same_fragments() {
    let (part, chosen) = (Regex::new(r"\{ \$(\w+) ").expect("a pattern"), Regex::new(r"\{ \$(\w+) ->"));
    let chosen = chosen.expect("a pattern");
    let found = |pattern: &Regex, text: &str| -> BTreeSet<String> {
        pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    let shown = |text: &str| found(&part, &chosen.replace_all(text, ""));
    let english = written(Language::ENGLISH);
    for language in others() {
        let theirs = written(language);
        let (ours, their): (BTreeSet<_>, BTreeSet<_>) = (english.keys().collect(), theirs.keys().collect());
        let missing: Vec<_> = ours.symmetric_difference(&their).collect();
        assert!(missing.is_empty(), "{language:?} and English differ in {missing:?}");
        for (name, ours) in &english {
            let theirs = &theirs[name];
            // A count that only inflects English words may inflect none in another language, or be shown there.
            let (bent, all) = (found(&chosen, ours), found(&part, ours));
            let stored: BTreeSet<_> = shown(ours).into_iter().filter(|it| !bent.contains(it)).collect();
            let used = found(&part, theirs);
            assert!(
                stored.is_subset(&used) && used.is_subset(&all),
                "{language:?}: {name} has the parts {used:?}"
            );
            let signs = |text: &str| -> Vec<char> {
                text.chars().filter(|c| "🟢🟡🔴🔧⚪⚠✅🔎❔⚙".contains(*c)).collect()
            };
            let symbol = |text: &str| signs(text).first().copied();
            assert_eq!(symbol(theirs), symbol(ours), "{language:?}: {name} begins with another symbol");
            assert_eq!(theirs.starts_with('•'), ours.starts_with('•'), "{language:?}: {name}");
            assert_eq!(theirs.contains("**"), ours.contains("**"), "{language:?}: {name} is bold elsewhere");
        }
    }
}

#[test]
fn messages_have_no_open_placeholders_for_any_count() {
    let part = Regex::new(r"\{ \$(\w+) ").expect("a pattern");
    for language in Language::all() {
        let messages = written(language);
        // All fragments of all messages, because a message may contain another one.
        let all: String = messages.values().map(String::as_str).collect();
        let used: BTreeSet<String> = part.captures_iter(&all).map(|found| found[1].to_owned()).collect();
        for name in messages.keys() {
            for count in [0_u64, 1, 2, 5, 11, 21, 1_000_000] {
                let parts: Vec<(&str, Fragment<'_>)> =
                    used.iter().map(|it| (it.as_str(), count.into())).collect();
                let said = language.say_with(name, &parts);
                assert!(!said.contains(['{', '}']), "{language:?}: {name}: {said}");
                assert_eq!(said.matches("**").count() % 2, 0, "{language:?}: {name}: {said}");
                assert_eq!(said.matches('`').count() % 2, 0, "{language:?}: {name}: {said}");
            }
        }
    }
}

#[test]
fn buttons_menus_and_modals_fit_their_labels() {
    for language in Language::all() {
        for (name, text) in written(language) {
            let most = match name.as_str() {
                "form-title" | "form-error" => FORM,
                "form-error-hint" => PLACEHOLDER,
                it if it.starts_with("button-") || it.starts_with("where-") => LABEL,
                it if it.starts_with("hint-") || it.ends_with("-hint") => HINT,
                it if it.starts_with("event-") || it.starts_with("mode-") => CHOICE,
                _ => continue,
            };
            assert!(length(&text) <= most, "{language:?}: {name} is {} characters: {text}", length(&text));
        }
    }
}

#[test]
fn commands_are_called_by_their_localized_name() {
    let mention = Regex::new(r"(?:^|[^\w/<.])/(\p{L}\S*)(?: (\S+))?").expect("a pattern");
    let specs: Vec<_> = ALL.iter().map(|command| command.spec()).collect();
    for language in Language::all() {
        let of = |name: &str| language.say(&format!("command-{name}"));
        for (name, text) in written(language).into_iter().filter(|(name, _)| !name.starts_with("command-")) {
            for found in mention.captures_iter(&text) {
                let known = specs.iter().find(|spec| found[1].starts_with(&of(spec.name)));
                let known =
                    known.unwrap_or_else(|| panic!("{language:?}: {name} names no command: {}", &found[0]));
                let next = found.get(2).map_or("", |it| it.as_str());
                for sub in &known.subcommands {
                    let said = of(&format!("{}-{}", known.name, sub.name));
                    assert!(
                        next != sub.name || said == sub.name,
                        "{language:?}: {name}: {next} is {said} here"
                    );
                }
            }
        }
    }
}

/// Returns the names of messages that the sources compose from parts.
fn put_together() -> BTreeSet<String> {
    let mut names: BTreeSet<String> = registered().into_iter().map(|(name, _)| name).collect();
    names.extend(TopicPath::OFFERED.map(|place| format!("where-{}", place.id())));
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
    let stored = ["subscriptions", "set-aside", "deliveries", "given-up", "told", "boards"];
    names.extend(stored.map(|kind| format!("stored-{kind}")));
    let switches = ["quiet", "reminders", "weekly"];
    names.extend(switches.iter().flat_map(|it| [format!("button-{it}-on"), format!("button-{it}-off")]));
    let secrets = "bearer-token basic-header client-secret refresh-token oauth-code discord-token discord-webhook \
                   private-key login-cookie made password";
    names.extend(
        secrets.split_whitespace().flat_map(|kind| [format!("secret-{kind}"), format!("secret-{kind}-fix")]),
    );
    names
}

#[test]
fn every_message_is_used_and_every_use_exists() {
    let (sources, messages, made) = (sources(), messages(), put_together());
    for name in &made {
        assert!(messages.contains(name), "{name} is composed in the sources, but missing in the files");
    }
    let files: String = std::fs::read_dir("src/i18n/en")
        .expect("the folder of English messages")
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("a file of messages"))
        .collect();
    for name in messages.difference(&made) {
        let said = sources.contains(&format!("\"{name}\"")) || files.contains(&format!("{{ {name} }}"));
        assert!(said, "{name} is in the files, but unused");
    }
    let said = Regex::new(r#"say(?:_with|_about)?\(\s*"([a-z][a-z0-9-]*)""#).expect("a pattern");
    for found in said.captures_iter(&sources) {
        let name = &found[1];
        assert!(
            messages.contains(name) || name == "no-such-message",
            "{name} is used, but missing in the files"
        );
    }
}
