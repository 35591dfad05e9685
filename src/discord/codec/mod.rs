//! Translation between Discord's JSON and our own types. Pure.
//!
//! Incoming JSON is read by our own narrow readers on `json`, field by field; serenity's builders make outgoing JSON.

mod api_error;
mod channel;
mod comparison;
mod incoming;
mod json;
mod message;
mod outgoing;
mod own;
mod registration;
mod unreadable;

pub use api_error::post_error;
pub use channel::{
    ApiChannel, ApiGuild, ApiThread, ChannelType, GatewayBotInfo, OwnMember, read_gateway, read_identity,
    read_ready, read_threads,
};
pub use comparison::{is_same_command, is_same_name};
pub use incoming::{IncomingInteraction, read_interaction};
pub use json::{Node, Unread};
pub use outgoing::{
    answer_body, edit_answer_body, edit_body, follow_up_body, forum_post_body, post_body, thread_body,
};
pub use own::{carries, is_by, posted_before};
pub use registration::command_bodies;
pub use unreadable::read;
