//! Translates the command table into Discord's registration.
//!
//! Names and descriptions are texts of `i18n`: `command-<name>`, `command-<name>-description`, `command-<name>-<option>`,
//! `command-<name>-<sub>-<option>-<value>` and so on. English is the base; each other language that has a text adds its
//! localisation.

use serde_json::Value;
use serenity::all as discord;
use serenity::builder::{CreateCommand, CreateCommandOption};

use crate::commands::{CommandContexts, OptionKind, OptionSpec, Spec};
use crate::i18n::Language;

/// Returns every command's registration, including message commands.
pub fn command_bodies(specs: &[Spec]) -> Vec<Value> {
    let slash = specs.iter().map(slash);
    let message = specs.iter().filter_map(message);
    // cannot fail: the builders are plain data with text keys.
    slash.chain(message).map(|c| serde_json::to_value(c).unwrap_or_default()).collect()
}

fn slash(spec: &Spec) -> CreateCommand {
    let key = format!("command-{}", spec.name);
    let mut command = CreateCommand::new(spec.name)
        .kind(discord::CommandType::ChatInput)
        .description(Language::ENGLISH.say(&format!("{key}-description")));
    for (language, locale) in others() {
        if let Some(name) = said(language, &key) {
            command = command.name_localized(locale, name);
        }
        if let Some(text) = said(language, &format!("{key}-description")) {
            command = command.description_localized(locale, text);
        }
    }
    let subcommands = spec.subcommands.iter().map(|sub| {
        let key = format!("{key}-{}", sub.name);
        let option = named(discord::CommandOptionType::SubCommand, sub.name, &key);
        option.set_sub_options(sub.options.iter().map(|o| option_of(o, &key)).collect::<Vec<_>>())
    });
    let options = spec.options.iter().map(|o| option_of(o, &key));
    command = placed(command, spec).set_options(subcommands.chain(options).collect());
    if spec.managers_only {
        command = command.default_member_permissions(discord::Permissions::MANAGE_CHANNELS);
    }
    command
}

fn message(spec: &Spec) -> Option<CreateCommand> {
    let name = spec.message_command?;
    let mut command = CreateCommand::new(name).kind(discord::CommandType::Message);
    for (language, locale) in others() {
        if let Some(text) = said(language, &format!("command-{}-on-message", spec.name)) {
            command = command.name_localized(locale, text);
        }
    }
    Some(placed(command, spec))
}

fn placed(command: CreateCommand, spec: &Spec) -> CreateCommand {
    use discord::{InstallationContext as Install, InteractionContext as Context};
    match spec.contexts {
        CommandContexts::Anywhere => command
            .integration_types(vec![Install::Guild, Install::User])
            .contexts(vec![Context::Guild, Context::BotDm, Context::PrivateChannel]),
        CommandContexts::Servers => {
            command.integration_types(vec![Install::Guild]).contexts(vec![Context::Guild])
        }
    }
}

fn named(kind: discord::CommandOptionType, name: &str, key: &str) -> CreateCommandOption {
    let description = format!("{key}-description");
    let mut option = CreateCommandOption::new(kind, name, Language::ENGLISH.say(&description));
    for (language, locale) in others() {
        if let Some(text) = said(language, key) {
            option = option.name_localized(locale, text);
        }
        if let Some(text) = said(language, &description) {
            option = option.description_localized(locale, text);
        }
    }
    option
}

fn option_of(spec: &OptionSpec, parent: &str) -> CreateCommandOption {
    use discord::CommandOptionType as Kind;
    let key = format!("{parent}-{}", spec.name);
    let option = |kind| named(kind, spec.name, &key).required(spec.required);
    match &spec.kind {
        OptionKind::Suggested => option(Kind::String).set_autocomplete(true),
        OptionKind::Text { most } => option(Kind::String).max_length(*most),
        OptionKind::OneOf(values) => values.iter().fold(option(Kind::String), |option, value| {
            let key = format!("{key}-{value}");
            let localised = others().filter_map(|(language, locale)| Some((locale, said(language, &key)?)));
            option.add_string_choice_localized(Language::ENGLISH.say(&key), *value, localised)
        }),
        OptionKind::Number { least, most } => option(Kind::Integer)
            .min_int_value(u64::try_from(*least).unwrap_or(0))
            .max_int_value(u64::try_from(*most).unwrap_or(0)),
        OptionKind::Flag => option(Kind::Boolean),
        OptionKind::Channel => option(Kind::Channel).channel_types(vec![
            discord::ChannelType::Text,
            discord::ChannelType::News,
            discord::ChannelType::NewsThread,
            discord::ChannelType::PublicThread,
            discord::ChannelType::PrivateThread,
            discord::ChannelType::Forum,
        ]),
        OptionKind::Role => option(Kind::Role),
        OptionKind::Person => option(Kind::User),
        OptionKind::File => option(Kind::Attachment),
    }
}

/// Returns a text if the language itself has it.
fn said(language: Language, key: &str) -> Option<String> {
    language.has(key).then(|| language.say(key))
}

/// Returns every language but English with Discord's name for it, which is its tag. Latin American Spanish (`es-419`) is not
/// needed: Discord falls back to `es-ES` (reference, "Locale fallbacks").
fn others() -> impl Iterator<Item = (Language, &'static str)> {
    Language::all().filter(|l| *l != Language::ENGLISH).map(|l| (l, l.tag()))
}
