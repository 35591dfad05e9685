//! Parses a command as somebody types it: `/alerts subscribe channel:#ops role:@ops`.
//!
//! Discord's own client builds the same from its fields; the simulator, the demo's prompt and the tests parse text. Text
//! before the first `option:` is the value of the command's first option.

use std::collections::BTreeMap;

use crate::alerts::ChannelKind;
use crate::commands::{Attachment, Input, OptionKind, OptionSpec, OptionValue, Spec};
use crate::ids::{ChannelId, RoleId, UserId};

/// Resolves names in a typed command.
pub trait NameResolver {
    /// Resolves a channel: `#ops`.
    fn channel(&self, name: &str) -> Option<(ChannelId, Option<ChannelKind>)>;
    /// Resolves a role, and whether anybody may mention it: `@ops`.
    fn role(&self, name: &str) -> Option<(RoleId, bool)>;
    /// Resolves a user: `@ada`.
    fn person(&self, name: &str) -> Option<UserId>;
    /// Resolves a file to attach.
    fn file(&self, name: &str) -> Option<Attachment>;
}

/// Resolves no names, for a terminal without a server.
pub struct UnknownName;

impl NameResolver for UnknownName {
    fn channel(&self, _: &str) -> Option<(ChannelId, Option<ChannelKind>)> {
        None
    }
    fn role(&self, _: &str) -> Option<(RoleId, bool)> {
        None
    }
    fn person(&self, _: &str) -> Option<UserId> {
        None
    }
    fn file(&self, _: &str) -> Option<Attachment> {
        None
    }
}

/// Parses a typed command. Returns the command's name and the input. The error says what to type instead.
pub fn parse(text: &str, specs: &[Spec], names: &dyn NameResolver) -> Result<(String, Input), String> {
    let line = Line::split(text, specs)?;
    let mut options = BTreeMap::new();
    for (spec, value) in line.values() {
        options.insert(spec.name.to_owned(), read(spec, value, names)?);
    }
    if let Some(missing) = line.options.iter().find(|o| o.required && !options.contains_key(o.name)) {
        return Err(format!("{} needs {}:…", line.said(), missing.name));
    }
    let subcommand = line.subcommand.map(str::to_owned);
    let options = options.into_iter().collect();
    Ok((line.command.to_owned(), Input::Command { subcommand, options }))
}

/// Parses a command that is still being typed; suggestions are for its last option.
pub fn parse_typing(text: &str, specs: &[Spec]) -> Result<(String, Input), String> {
    let line = Line::split(text, specs)?;
    let first = || line.options.first().map(|o| (o, ""));
    let (option, text) = line.values().into_iter().last().or_else(first).ok_or("nothing to suggest there")?;
    if option.kind != OptionKind::Suggested {
        return Err(format!("{} has no suggestions", option.name));
    }
    let subcommand = line.subcommand.map(str::to_owned);
    let input = Input::Autocomplete { subcommand, option: option.name.to_owned(), text: text.to_owned() };
    Ok((line.command.to_owned(), input))
}

struct Line<'a> {
    command: &'static str,
    subcommand: Option<&'static str>,
    options: &'a [OptionSpec],
    rest: &'a str,
}

impl<'a> Line<'a> {
    fn split(text: &'a str, specs: &'a [Spec]) -> Result<Self, String> {
        let text = text.trim().strip_prefix('/').ok_or("a command begins with /")?;
        let (name, rest) = first_word(text);
        let spec = specs
            .iter()
            .find(|s| s.name == name)
            .ok_or_else(|| unknown(&format!("/{name}"), specs.iter().map(|s| format!("/{}", s.name))))?;
        if spec.subcommands.is_empty() {
            return Ok(Self { command: spec.name, subcommand: None, options: &spec.options, rest });
        }
        let (name, rest) = first_word(rest);
        let sub = spec.subcommands.iter().find(|s| s.name == name).ok_or_else(|| {
            let all = spec.subcommands.iter().map(|s| format!("/{} {}", spec.name, s.name));
            unknown(&format!("/{} {name}", spec.name), all)
        })?;
        Ok(Self { command: spec.name, subcommand: Some(sub.name), options: &sub.options, rest })
    }

    fn said(&self) -> String {
        let sub = self.subcommand.map(|s| format!(" {s}")).unwrap_or_default();
        format!("/{}{sub}", self.command)
    }

    /// Returns the options that were given, in their order.
    fn values(&self) -> Vec<(&'a OptionSpec, &'a str)> {
        let mut starts: Vec<(usize, usize, &OptionSpec)> = Vec::new();
        for option in self.options {
            let mark = format!("{}:", option.name);
            let begins = |at: usize| self.rest[..at].chars().next_back().is_none_or(char::is_whitespace);
            let found = self.rest.match_indices(&mark).find(|(at, _)| begins(*at));
            starts.extend(found.map(|(at, _)| (at, at + mark.len(), option)));
        }
        starts.sort_by_key(|(at, ..)| *at);
        let first = starts.first().map_or(self.rest.len(), |(at, ..)| *at);
        let free = self.rest[..first].trim();
        let mut values = Vec::new();
        if let Some(option) = self.options.first().filter(|_| !free.is_empty()) {
            values.push((option, free));
        }
        for (index, (_, begin, option)) in starts.iter().enumerate() {
            let end = starts.get(index + 1).map_or(self.rest.len(), |(at, ..)| *at);
            values.push((*option, unquoted(self.rest[*begin..end].trim())));
        }
        values
    }
}

fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}

fn unknown(said: &str, known: impl Iterator<Item = String>) -> String {
    let known: Vec<String> = known.collect();
    let near = known.iter().map(|k| (strsim::jaro_winkler(said, k), k)).max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        // Below 0.8, the nearest spelling is seldom what was meant.
        Some((likeness, near)) if likeness > 0.8 => format!("there is no {said}; did you mean {near}?"),
        _ => format!("there is no {said}; there are {}", known.join(", ")),
    }
}

fn read(option: &OptionSpec, text: &str, names: &dyn NameResolver) -> Result<OptionValue, String> {
    let name = option.name;
    let no = |what: &str| format!("{name}: there is no {what} {text:?}");
    Ok(match &option.kind {
        OptionKind::Text { most } if text.chars().count() > usize::from(*most) => {
            return Err(format!("{name}: at most {most} characters"));
        }
        OptionKind::Suggested | OptionKind::Text { .. } => OptionValue::Text(text.to_owned()),
        OptionKind::OneOf(values) if values.contains(&text) => OptionValue::Text(text.to_owned()),
        OptionKind::OneOf(values) => return Err(format!("{name}: one of {}", values.join(", "))),
        OptionKind::Number { least, most } => {
            let number = text.parse().ok().filter(|n| (*least..=*most).contains(n));
            OptionValue::Number(
                number.ok_or_else(|| format!("{name}: a whole number from {least} to {most}"))?,
            )
        }
        OptionKind::Flag => match text.to_lowercase().as_str() {
            "" | "true" | "yes" | "on" => OptionValue::Flag(true),
            "false" | "no" | "off" => OptionValue::Flag(false),
            _ => return Err(format!("{name}: yes or no")),
        },
        OptionKind::Channel => {
            let (id, channel_kind) = names.channel(text).ok_or_else(|| no("channel"))?;
            OptionValue::Channel(id, channel_kind)
        }
        OptionKind::Role => {
            let (id, mentionable) = names.role(text).ok_or_else(|| no("role"))?;
            OptionValue::Role { id, mentionable }
        }
        OptionKind::Person => OptionValue::Person(names.person(text).ok_or_else(|| no("person"))?),
        OptionKind::File => OptionValue::File(names.file(text).ok_or_else(|| no("file"))?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Subcommand;

    fn specs() -> Vec<Spec> {
        let faq = vec![
            OptionSpec::required("question", OptionKind::Suggested),
            OptionSpec::optional("private", OptionKind::Flag),
        ];
        let days = vec![OptionSpec::optional("days", OptionKind::Number { least: 1, most: 90 })];
        vec![
            Spec { name: "faq", options: faq, ..Spec::default() },
            Spec {
                name: "alerts",
                subcommands: vec![Subcommand { name: "list", options: days }],
                ..Spec::default()
            },
        ]
    }

    fn typed(text: &str) -> Result<(String, Input), String> {
        parse(text, &specs(), &UnknownName)
    }

    #[test]
    fn free_text_fills_the_first_option_and_keeps_colons() {
        let (command, input) = typed("/faq error: no healthy upstream private:yes").expect("a command");
        let Input::Command { options, .. } = input else { panic!("{input:?}") };
        assert_eq!(command, "faq");
        let private = ("private".into(), OptionValue::Flag(true));
        let question = ("question".into(), OptionValue::Text("error: no healthy upstream".into()));
        assert_eq!(options, [private, question]);
    }

    #[test]
    fn unknown_command_line_suggests_what_to_type() {
        assert_eq!(typed("/fq x"), Err("there is no /fq; did you mean /faq?".into()));
        assert_eq!(typed("/faq"), Err("/faq needs question:…".into()));
        assert_eq!(typed("/alerts lst"), Err("there is no /alerts lst; did you mean /alerts list?".into()));
        assert_eq!(typed("/alerts list days:91"), Err("days: a whole number from 1 to 90".into()));
        assert_eq!(typed("hello"), Err("a command begins with /".into()));
    }

    #[test]
    fn suggestions_are_wanted_for_what_is_typed_last() {
        let (_, input) = parse_typing("/faq no hea", &specs()).expect("a command");
        assert!(
            matches!(input, Input::Autocomplete { option, text, .. } if option == "question" && text == "no hea")
        );
    }
}
