//! What the bot says, without any vendor's types.
//!
//! Text from outside (a status page, a pasted log) is escaped once, here, when it enters a message.

pub mod announce;
pub mod escape;
pub mod limits;
pub mod message;
pub mod reason;
pub mod replies;
pub mod symbols;
pub mod time;
pub mod voices;

pub use message::{
    ActionRow, Button, ButtonStyle, Choice, Image, Mentions, Menu, MenuChoice, MenuKind, Message, Modal,
    ModalField, Png, Reply, TextFile, Visibility,
};
