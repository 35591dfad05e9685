//! Translation between Discord's JSON and our own types. Pure.
//!
//! serenity's models read what comes in; serenity's builders make what goes out.
//!
//! Never: no socket, no clock, no decision; what cannot be read is an error with a reason, never a guess.

mod comparison;
mod incoming;
mod outgoing;
mod own;
mod refusal;
mod registration;
mod unreadable;

pub use comparison::{is_same_command, is_same_name};
pub use incoming::{Interaction, read_interaction, venue};
pub use outgoing::{
    answer_body, edit_answer_body, edit_body, follow_up_body, forum_post_body, post_body, thread_body,
};
pub use own::{carries, snowflake_at};
pub use refusal::post_error;
pub use registration::command_bodies;
pub use unreadable::read;
