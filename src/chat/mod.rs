//! What we say, in no vendor's types.
//!
//! Text from outside (a status page, a pasted log) is escaped once, here, when it enters a message.

pub mod announce;
pub mod answers;
pub mod escape;
pub mod limits;
pub mod message;
pub mod reason;
pub mod sign;
pub mod time;
pub mod voices;

pub use message::{
    Button, Choice, Field, Form, Mentions, Menu, MenuChoice, MenuOf, Message, Picture, Png, Reply, Row,
    Style, TextFile, Where,
};
