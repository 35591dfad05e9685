//! The declaration of a command.
//!
//! Names and descriptions are not here. They are translated messages, `command-<name>` and `command-<name>-<option>` with a
//! `-description` each, in every language.

/// The declaration of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// The name, in lower case.
    pub name: &'static str,
    /// The message command that it also answers.
    pub message_command: Option<&'static str>,
    /// Its options, if it has no subcommands.
    pub options: Vec<OptionSpec>,
    pub subcommands: Vec<Subcommand>,
    /// Only for users who may manage channels (checked again in code).
    pub managers_only: bool,
    /// Where it can be used.
    pub contexts: CommandContexts,
}

/// Where a command can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommandContexts {
    /// Anywhere: in servers, in direct messages, and by user install where the bot is no member.
    #[default]
    Anywhere,
    /// In servers that the bot was invited to.
    Servers,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subcommand {
    /// The name, in lower case.
    pub name: &'static str,
    pub options: Vec<OptionSpec>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// The name, in lower case.
    pub name: &'static str,
    pub kind: OptionKind,
    pub required: bool,
}

/// What an option accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// Text, with suggestions while typing.
    Suggested,
    /// Text of up to this many characters.
    Text {
        most: u16,
    },
    /// One of these; each name has a translation too: `command-<name>-<option>-<value>`.
    OneOf(&'static [&'static str]),
    /// A whole number in this range.
    Number {
        least: i64,
        most: i64,
    },
    /// Yes or no.
    Flag,
    /// A channel that can hold messages.
    Channel,
    Role,
    Person,
    File,
}

impl OptionSpec {
    /// An optional option.
    pub const fn optional(name: &'static str, kind: OptionKind) -> Self {
        Self { name, kind, required: false }
    }

    /// A required option.
    pub const fn required(name: &'static str, kind: OptionKind) -> Self {
        Self { name, kind, required: true }
    }
}
