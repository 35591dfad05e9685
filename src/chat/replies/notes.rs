//! Short private sentences that several commands say.

use crate::alerts::Remains;
use crate::chat::limits::{self, fit};
use crate::chat::message::Message;
use crate::chat::symbols::Subject;
use crate::i18n::Language;

/// The channel already has this answer: the invoker gets it privately, with the link.
pub fn stands_already(mut message: Message, link: &str, language: Language) -> Message {
    let tail = format!("-# {}", language.say_with("note-stands-already", &[("link", link.into())]));
    message.text = fit(&message.text, "…", &tail, limits::MESSAGE);
    message
}

/// The user already reported the outage.
pub fn counted_already(language: Language) -> Message {
    Message::text(language.say("note-counted-already"))
}

/// As many people wait for this recovery in this channel as one message can mention.
pub fn enough_wait(language: Language) -> Message {
    Message::text(language.say("note-enough-wait"))
}

pub fn not_deleted(language: Language) -> Message {
    Message::text(language.say("delete-not-done"))
}

/// A change could not be saved.
pub fn not_saved(language: Language) -> Message {
    Message::text(language.say("note-not-saved"))
}

/// It is unknown whether a change was saved.
pub fn in_doubt(language: Language) -> Message {
    Message::text(language.say("note-in-doubt"))
}

/// The same for a server's alerts; their list shows whether it was saved.
pub fn alerts_in_doubt(language: Language) -> Message {
    Message::text(language.say("note-alerts-in-doubt"))
}

/// The store is unreachable.
pub fn store_away(language: Language) -> Message {
    Message::text(language.say("note-store-away"))
}

/// The user will be notified of the recovery.
pub fn will_notify(subject: &Subject, direct: bool, language: Language) -> Message {
    let message = if direct { "note-will-notify-direct" } else { "note-will-notify-here" };
    let parts = [("subject", (&subject.names).into()), ("n", subject.count.into())];
    Message::text(language.say_with(message, &parts))
}

/// The user withdrew their request for a notification.
pub fn will_not_notify(language: Language) -> Message {
    Message::text(language.say("note-will-not-notify"))
}

/// Everything about a user was deleted.
pub fn forgotten(remains: Remains, language: Language) -> Message {
    let gone = match remains {
        Remains::Nowhere => "forgotten",
        Remains::Files => "forgotten-files",
        Remains::Database => "forgotten-database",
    };
    Message::text(language.say(gone))
}

/// An internal error; the log has the same id.
pub fn sorry(id: &str, language: Language) -> Message {
    Message::text(language.say_with("note-sorry", &[("id", id.into())]))
}

/// Too many commands in a short time; `again` is when the next one is answered.
pub fn slow_down(again: jiff::Timestamp, language: Language) -> Message {
    let at = crate::chat::time::relative(again);
    Message::text(language.say_with("note-slow-down", &[("at", at.into())]))
}

/// The store refuses writes for now.
pub fn server_is_full(allowed: usize, language: Language) -> Message {
    let n = u64::try_from(allowed).unwrap_or(u64::MAX);
    Message::text(language.say_with("misuse-full", &[("n", n.into())]))
}
