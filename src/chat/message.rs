//! Messages, buttons, menus and forms.

use serde::{Deserialize, Serialize};

use super::limits::{self, shorten};
use crate::charts::ChartSpec;
use crate::ids::{RoleId, UserId};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text in Discord's Markdown, at most 2,000 characters. The first line is understood alone.
    pub text: String,
    /// Rows of buttons or menus, at most five.
    pub rows: Vec<ActionRow>,
    #[serde(rename = "pictures")]
    pub images: Vec<Image>,
    /// An attached text file.
    pub file: Option<TextFile>,
    /// Who is pinged: nobody, unless a line says who.
    pub mentions: Mentions,
    /// The message causes no notification sound.
    pub quiet: bool,
}

/// Who a message pings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mentions {
    pub roles: Vec<RoleId>,
    /// People who asked for it themselves, or who were named with `for:`.
    pub people: Vec<UserId>,
}

/// A text file with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFile {
    /// For example `data.json`.
    pub name: String,
    pub text: String,
}

/// A PNG with its alt text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The file's name, for example `status.png`.
    pub name: String,
    /// The alt text, for people who do not see the image; at most 1,024 characters.
    pub alt: String,
    pub png: Png,
}

/// A PNG, or a chart that is yet to be rendered. The code that composes a message renders nothing, so that equal charts are
/// rendered once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Png {
    /// Not rendered yet.
    ToDraw(Box<ChartSpec>),
    Drawn(Vec<u8>),
}

impl Png {
    /// The bytes, rendered now if needed. Empty if the chart cannot be rendered.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::ToDraw(drawing) => drawing.png().unwrap_or_default(),
            Self::Drawn(bytes) => bytes.clone(),
        }
    }
}

impl Image {
    /// An image that is not rendered yet.
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
    /// Invokes one of our commands.
    Ask {
        /// The label, at most 80 characters.
        label: String,
        /// The command and its action: `status:refresh`, `faq:more:spotify-nhu`. At most 100 characters, unique within a message.
        action: String,
        style: ButtonStyle,
        /// The button is disabled.
        disabled: bool,
    },
    /// Opens an address.
    Link {
        /// The label, at most 80 characters.
        label: String,
        url: String,
    },
}

impl Button {
    /// Invokes one of our commands. An action that is too long is cut at its end: its last part is for people, or is looked up.
    pub fn ask(label: String, action: &str, style: ButtonStyle) -> Self {
        Self::Ask { label, action: shorten(action, limits::ACTION), style, disabled: false }
    }
}

/// A button's style.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ButtonStyle {
    #[default]
    Plain,
    /// Blurple: the main thing to do.
    Main,
    Good,
    /// Red: something will be deleted.
    Danger,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// The command and its action, as for a button.
    pub action: String,
    /// The placeholder while nothing is chosen; at most 150 characters.
    pub hint: String,
    pub of: MenuKind,
    /// The smallest and the largest number of options that may be chosen.
    pub count: (u8, u8),
}

/// What a menu offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MenuKind {
    /// Our own options, at most 25.
    Choices(Vec<MenuChoice>),
    /// The server's roles, with those that are already chosen.
    Roles(Vec<RoleId>),
}

/// One option of a menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuChoice {
    /// The label, at most 100 characters.
    pub label: String,
    /// The description, at most 100 characters; may be empty.
    pub about: String,
    /// The value that Discord sends back, at most 100 characters.
    pub value: String,
    pub chosen: bool,
}

/// One autocomplete suggestion.
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
    /// The command and its action, as for a button.
    pub action: String,
    /// Its title, at most 45 characters.
    pub title: String,
    /// Its fields, at most five.
    pub fields: Vec<ModalField>,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModalField {
    /// The name under which the text is sent back.
    pub name: String,
    /// The label, at most 45 characters.
    pub label: String,
    /// The placeholder while the field is empty, at most 100 characters.
    pub hint: String,
    /// The field accepts several lines.
    pub paragraph: bool,
    /// The maximum length; at most 4,000 characters.
    pub most: u16,
}

/// The response to one interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub message: Message,
    #[serde(rename = "place")]
    pub visibility: Visibility,
    /// A public answer's name, for example `faq:spotify-nhu`. The name is remembered with its channel, so that the same question
    /// soon after is answered privately with a link. `None` for answers that may be repeated.
    pub stands_as: Option<String>,
}

/// Who sees an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Visibility {
    /// Everybody in the channel sees it.
    Public,
    /// Only the invoker sees it.
    Private,
    /// It replaces the message that the button belongs to.
    InPlace,
}

impl Reply {
    pub fn public(message: Message) -> Self {
        Self { message, visibility: Visibility::Public, stands_as: None }
    }

    pub fn private(message: Message) -> Self {
        Self { message, visibility: Visibility::Private, stands_as: None }
    }

    pub fn in_place(message: Message) -> Self {
        Self { message, visibility: Visibility::InPlace, stands_as: None }
    }
}

impl Message {
    /// A message that is only text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}
