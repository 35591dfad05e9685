//! What we say, in no vendor's types.
//!
//! Text from outside (a status page, a pasted log) is escaped once, here, when it enters a message.
//!
//! Never: no sending, no storing, no clock; ages are counted from a `now` that is handed in.

pub mod message;

pub use message::{Button, Choice, Field, Form, Mentions, Menu, Message, Picture, Reply, Row, Style, Where};
