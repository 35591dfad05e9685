//! Recent outages, and one of them as a timeline.
//!
//! Never: an outage that goes on is not called over.

use super::status::Seen;
use crate::chat::announce::{self, Telling};
use crate::chat::message::Message;
use crate::health::Outage;

/// Somebody wants to be told of the end of an outage that is over.
pub fn over_already(outage: &Outage, seen: &Seen<'_>) -> Message {
    let telling = Telling::new(seen.profile, seen.language, seen.now);
    let ended = announce::current(outage, &telling);
    Message::text(format!("{} {}", seen.language.say("over-already"), ended.text))
}
