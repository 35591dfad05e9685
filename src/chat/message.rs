//! Messages, buttons, menus and forms.

use serde::{Deserialize, Serialize};

use super::limits::{self, shorten};
use crate::charts::ChartSpec;
use crate::ids::{RoleId, UserId};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its text, in Discord's Markdown, at most 2,000 characters. The first line can be read alone.
    pub text: String,
    /// Rows of buttons or menus, at most five.
    pub rows: Vec<ActionRow>,
    #[serde(rename = "pictures")]
    pub images: Vec<Image>,
    /// A text file, besides.
    pub file: Option<TextFile>,
    /// Who is pinged: nobody, unless a line says who.
    pub mentions: Mentions,
    /// It makes no sound.
    pub quiet: bool,
}

/// Who a message pings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mentions {
    /// Roles that a moderator chose.
    pub roles: Vec<RoleId>,
    /// People who asked for it themselves, or whom `for:` names.
    pub people: Vec<UserId>,
}

/// A text file with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFile {
    /// Its name, `data.json`.
    pub name: String,
    pub text: String,
}

/// A PNG with the words that stand for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The file's name, `status.png`.
    pub name: String,
    /// What it shows, for those who do not see it; at most 1,024 characters.
    pub alt: String,
    pub png: Png,
}

/// A PNG, or what will be drawn: whoever decides what to say draws nothing, so that equal pictures are drawn once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Png {
    /// Still to be drawn.
    ToDraw(Box<ChartSpec>),
    Drawn(Vec<u8>),
}

impl Png {
    /// Its bytes, drawn now if nobody has; empty if it cannot be drawn.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::ToDraw(drawing) => drawing.png().unwrap_or_default(),
            Self::Drawn(bytes) => bytes.clone(),
        }
    }
}

impl Image {
    /// A picture that is still to be drawn.
    pub fn to_draw(name: impl Into<String>, drawing: ChartSpec) -> Self {
        let alt = shorten(drawing.alt(), limits::ALT);
        Self { name: name.into(), alt, png: Png::ToDraw(Box::new(drawing)) }
    }
}

/// One row below a message: up to five buttons, or one menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionRow {
    /// Up to five buttons.
    Buttons(Vec<Button>),
    Menu(Menu),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Button {
    /// Asks one of our commands.
    Ask {
        /// What it says, at most 80 characters.
        label: String,
        /// Which command and what: `status:refresh`, `faq:more:spotify-nhu`; at most 100 characters, never twice in a
        /// message.
        action: String,
        style: ButtonStyle,
        /// It cannot be pressed now.
        disabled: bool,
    },
    /// Opens an address.
    Link {
        /// What it says, at most 80 characters.
        label: String,
        url: String,
    },
}

impl Button {
    /// Asks one of our commands. An action that is too long loses its end: what stands there is for people, or looked up.
    pub fn ask(label: String, action: &str, style: ButtonStyle) -> Self {
        Self::Ask { label, action: shorten(action, limits::ACTION), style, disabled: false }
    }
}

/// How a button looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ButtonStyle {
    #[default]
    Plain,
    /// Blurple: the one thing to do.
    Main,
    Good,
    /// Red: something will be lost.
    Danger,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// Which command and what, as for a button.
    pub action: String,
    /// What it says while nothing is chosen; at most 150 characters.
    pub hint: String,
    /// What can be chosen.
    pub of: MenuKind,
    /// At least this many, at most that many.
    pub count: (u8, u8),
}

/// What a menu offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MenuKind {
    /// Texts of ours, at most 25.
    Choices(Vec<MenuChoice>),
    /// The server's roles; those already chosen.
    Roles(Vec<RoleId>),
}

/// One line of a menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuChoice {
    /// What it says, at most 100 characters.
    pub label: String,
    /// More about it, at most 100 characters; may be empty.
    pub about: String,
    /// What comes back, at most 100 characters.
    pub value: String,
    /// Whether it is chosen already.
    pub chosen: bool,
}

/// One suggestion while somebody types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is shown, at most 100 characters.
    pub label: String,
    /// What is filled in, at most 100 characters.
    pub value: String,
}

/// A form with paragraph fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modal {
    /// Which command and what, as for a button.
    pub action: String,
    /// Its title, at most 45 characters.
    pub title: String,
    /// Its fields, at most five.
    pub fields: Vec<ModalField>,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModalField {
    /// The name under which the text comes back.
    pub name: String,
    /// What it says, at most 45 characters.
    pub label: String,
    /// What stands in it while it is empty, at most 100 characters.
    pub hint: String,
    /// Several lines.
    pub paragraph: bool,
    /// At most this many characters, at most 4,000.
    pub most: u16,
}

/// An answer to one interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub message: Message,
    pub place: Visibility,
    /// A public answer's name, `faq:spotify-nhu`: remembered with its channel, so that the same question soon after is
    /// answered privately with a link to it. None for what may stand twice.
    pub stands_as: Option<String>,
}

/// Where an answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Visibility {
    /// Everybody in the channel reads it.
    Public,
    /// The asker alone reads it.
    Private,
    /// It replaces the message on which the button stands.
    InPlace,
}

impl Reply {
    /// For everybody in the channel.
    pub fn public(message: Message) -> Self {
        Self { message, place: Visibility::Public, stands_as: None }
    }

    /// For the asker alone.
    pub fn private(message: Message) -> Self {
        Self { message, place: Visibility::Private, stands_as: None }
    }

    /// In place of the message on which the button stands.
    pub fn in_place(message: Message) -> Self {
        Self { message, place: Visibility::InPlace, stands_as: None }
    }
}

impl Message {
    /// A message of text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}
