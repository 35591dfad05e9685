//! How a command is declared.
//!
//! Names and descriptions are not here: they are words, `command-<name>` and `command-<name>-<option>` with a
//! `-description` each, in every language.

/// How a command is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// Its name, lower case.
    pub name: &'static str,
    /// The message command that it answers too.
    pub message_command: Option<&'static str>,
    /// Its options, when it has no subcommands.
    pub options: Vec<OptionSpec>,
    pub subcommands: Vec<Subcommand>,
    /// Only for those who may manage channels (checked again in code).
    pub managers_only: bool,
    /// Where it can be used.
    pub contexts: CommandContexts,
}

/// Where a command can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommandContexts {
    /// Anywhere: servers, direct conversations, and by user install where the bot is no member.
    #[default]
    Anywhere,
    /// In servers that the bot was invited to.
    Servers,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subcommand {
    /// Its name, lower case.
    pub name: &'static str,
    pub options: Vec<OptionSpec>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Its name, lower case.
    pub name: &'static str,
    pub kind: OptionKind,
    /// It must be given.
    pub required: bool,
}

/// What an option takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// Text, with suggestions while typing.
    Suggested,
    /// Text of up to so many characters.
    Text {
        most: u16,
    },
    /// One of these; each name is a word too: `command-<name>-<option>-<value>`.
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
    /// An option that may be left out.
    pub const fn optional(name: &'static str, kind: OptionKind) -> Self {
        Self { name, kind, required: false }
    }

    /// An option that must be given.
    pub const fn required(name: &'static str, kind: OptionKind) -> Self {
        Self { name, kind, required: true }
    }
}
